/**
 * Forecasts of every decision day. They do not depend on what is held, so they are computed once for all strategies, on
 * worker threads, and kept in a checkpoint. The same bytes come out whatever the number of workers.
 */
import { Worker } from "node:worker_threads";
import { buildFeatures, DEFAULT_FEATURES_CONFIG, type FeaturesConfig } from "../features/index.ts";
import { type ForecastConfig, forecast } from "../forecast/index.ts";
import { withMeans } from "../forecast/shrink.ts";
import type { Features, ForecastSet, StrategyForecast } from "../kernel/artifacts.ts";
import { HoldError } from "../kernel/errors.ts";
import type { Hash } from "../kernel/units.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { WorkerFailedError } from "./errors.ts";
import { snapshotAt } from "./market.ts";
import type { Panel } from "./panel.ts";

/** A day's forecasts without the scenarios, which the means and the features determine. */
export type Prepared =
  | { readonly kind: "ready"; readonly horizonDays: number; readonly strategies: readonly StrategyForecast[] }
  | { readonly kind: "held"; readonly code: string; readonly reason: string };

export interface ForecastJob {
  readonly panel: Panel;
  readonly panelHash: Hash;
  readonly forecast: ForecastConfig;
  /** Days a venue must have. */
  readonly minimumDays: number;
  readonly seed: number;
}

/** Least training window and origins of a short history; the horizon gives way before they do. */
const SHORT = { minimumTrainingDays: 20, minimumOrigins: 20, intervalLevels: [0.8] } as const;

/**
 * The configuration that a history of `days` can carry: with less than about 90 days the horizon is shorter than asked for.
 */
export function configFor(days: number, config: ForecastConfig): ForecastConfig {
  const horizonDays = Math.min(config.horizonDays, days - SHORT.minimumTrainingDays - SHORT.minimumOrigins + 1);
  return { ...config, ...SHORT, horizonDays: Math.max(1, horizonDays) };
}

export const featuresConfig = (minimumDays: number): FeaturesConfig => ({
  ...DEFAULT_FEATURES_CONFIG,
  minimumDays: Math.min(DEFAULT_FEATURES_CONFIG.minimumDays, minimumDays),
});

const NOTHING_HELD = (panel: Panel) => ({
  weights: panel.venues.map(() => 0),
  idle: 1,
  pending: panel.venues.map(() => 0),
});

/** What the stages see at the end of day `known - 1`. @throws {HoldError} when the gates let nothing through. */
export function featuresAt(job: Omit<ForecastJob, "forecast">, known: number): Features {
  const none = job.panel.venues.map(() => 0);
  const terms = {
    nav: 1,
    minimumIdle: 0,
    enter: none,
    exit: none,
    fixedCost: 0,
    legCost: 0,
    seed: job.seed,
    panelHash: job.panelHash,
  };
  const { snapshot } = snapshotAt(job.panel, known, NOTHING_HELD(job.panel), terms, () => false);
  return buildFeatures(snapshot, featuresConfig(job.minimumDays));
}

export function prepare(job: ForecastJob, known: number): Prepared {
  try {
    const features = featuresAt(job, known);
    const set = forecast(features, { ...configFor(features.days.length, job.forecast), scenarios: 1 });
    // Paths and their bands are for charts of the live run.
    return { kind: "ready", horizonDays: set.horizonDays, strategies: set.strategies.map((s) => ({ ...s, path: [] })) };
  } catch (error) {
    if (!(error instanceof HoldError)) throw error;
    return { kind: "held", code: error.code, reason: error.message };
  }
}

/** The forecast set of a prepared day; with scenarios when nothing that follows will make others. */
export function forecastSetOf(
  job: ForecastJob,
  prepared: Prepared & { kind: "ready" },
  features: Features,
  withScenarios: boolean,
): ForecastSet {
  const { horizonDays, strategies } = prepared;
  const bare: ForecastSet = { provenance: features.provenance, horizonDays, strategies, scenarios: [] };
  if (!withScenarios) return bare;
  const means = strategies.map(({ meanDaily }) => meanDaily);
  return withMeans(bare, features, job.forecast, means);
}

export interface PrepareOptions {
  readonly workers: number;
  readonly checkpoint: Checkpoint | null;
  readonly progress: (done: number, of: number) => void;
}

export async function prepareAll(
  job: ForecastJob,
  days: readonly number[],
  { workers, checkpoint, progress }: PrepareOptions,
): Promise<Map<number, Prepared>> {
  const found = new Map<number, Prepared>();
  for (const day of days) {
    const kept = checkpoint?.get(day);
    if (kept !== undefined) found.set(day, kept);
  }
  const missing = days.filter((day) => !found.has(day));
  const take = (day: number, prepared: Prepared): void => {
    found.set(day, prepared);
    checkpoint?.put(day, prepared);
    progress(found.size, days.length);
  };
  if (workers <= 1 || missing.length < 4) for (const day of missing) take(day, prepare(job, day));
  else await onWorkers(job, missing, workers, take);
  return found;
}

function onWorkers(
  job: ForecastJob,
  days: readonly number[],
  count: number,
  take: (day: number, prepared: Prepared) => void,
): Promise<void> {
  // Late days have the longest history: they first, so that no worker ends long after the others.
  const queue = [...days].sort((a, b) => a - b);
  return new Promise((resolve, reject) => {
    const pool = new Set<Worker>();
    const end = (error: unknown): void => {
      for (const worker of pool) void worker.terminate();
      pool.clear();
      if (error === null) resolve();
      else reject(new WorkerFailedError("forecasts", error));
    };
    for (let k = 0; k < Math.min(count, days.length); k++) {
      const worker = new Worker(new URL("./worker.ts", import.meta.url), { workerData: job });
      pool.add(worker);
      const next = (): void => {
        const day = queue.pop();
        if (day !== undefined) {
          worker.postMessage(day);
          return;
        }
        pool.delete(worker);
        void worker.terminate();
        if (pool.size === 0) end(null);
      };
      worker.on("message", ({ day, prepared }: { day: number; prepared: Prepared }) => {
        take(day, prepared);
        next();
      });
      worker.on("error", end);
      next();
    }
  });
}

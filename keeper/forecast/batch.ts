/**
 * Many series at once, on worker threads. Every forecast depends on its own series alone, so the answers are the bytes that one
 * thread gives; a series that cannot be forecast reports why and stops nobody else.
 */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { EngineError } from "../kernel/errors.ts";
import { requireCount } from "../math/checks.ts";
import { type AutomaticSettings, automaticForecast } from "./automatic.ts";
import type { Member } from "./combine.ts";
import { WorkerFailedError } from "./errors.ts";

export interface BatchSeries {
  readonly name: string;
  /** Equally spaced, oldest first; NaN for a missing value. */
  readonly values: readonly number[];
  /** Steps per season; 1 for none. */
  readonly period: number;
}

export interface BatchBand {
  readonly level: number;
  readonly lower: readonly number[];
  readonly upper: readonly number[];
}

export interface BatchForecast {
  readonly name: string;
  readonly model: string;
  readonly mean: readonly number[];
  readonly horizonMean: number;
  readonly bands: readonly BatchBand[];
  readonly horizonBands: readonly { readonly level: number; readonly lower: number; readonly upper: number }[];
  /** Mean absolute error of the horizon mean at past origins, of the combination before the gate. */
  readonly mae: number;
  /** The same of the naive forecast. */
  readonly naiveMae: number;
  /** Past origins whose horizon is known. */
  readonly origins: number;
  readonly members: readonly { readonly name: string; readonly mae: number; readonly weight: number }[];
}

/** Why a series has no forecast: the typed error's code and words. */
export interface BatchRefusal {
  readonly name: string;
  readonly refused: { readonly code: string; readonly message: string };
}

export type BatchAnswer = BatchForecast | BatchRefusal;
export const isRefusal = (answer: BatchAnswer): answer is BatchRefusal => "refused" in answer;

export interface BatchOptions {
  readonly horizon: number;
  /** Stated probabilities of the intervals, each in (0, 1). */
  readonly levels: readonly number[];
  /** What the combination is made of and how it learns; the defaults of each series' period when absent. */
  readonly settings?: AutomaticSettings;
  /** Worker threads; 0 computes in the calling thread. Default: one for each core, no more than there are series. */
  readonly threads?: number;
  /** Called after each series, in the order they finish. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** What is asked of every series. */
export type BatchRequest = Pick<BatchOptions, "horizon" | "levels" | "settings">;

/**
 * One series; what the worker runs and what a single thread runs.
 * @param others members that cannot travel to a thread.
 */
export function forecastSeries(
  series: BatchSeries,
  { horizon, levels, settings }: BatchRequest,
  others: readonly Member[] = [],
): BatchAnswer {
  const { name } = series;
  try {
    const found = automaticForecast(series, horizon, levels, settings, others);
    return {
      name,
      model: found.model,
      mean: Array.from(found.mean),
      horizonMean: found.horizonMean,
      bands: found.bands.map(({ level, lower, upper }) => ({
        level,
        lower: Array.from(lower),
        upper: Array.from(upper),
      })),
      horizonBands: found.horizonBands,
      mae: found.combination.mae,
      naiveMae: found.combination.naiveMae,
      origins: found.combination.residuals.length,
      members: found.combination.members,
    };
  } catch (error) {
    // Anything but a typed refusal is a fault of ours and must not pass for one of the data.
    if (!(error instanceof EngineError)) throw error;
    return { name, refused: { code: error.code, message: error.message } };
  }
}

export interface BatchTask {
  readonly index: number;
  readonly series: BatchSeries;
  readonly request: BatchRequest;
}

export interface BatchReply {
  readonly index: number;
  readonly answer: BatchAnswer;
}

/**
 * Forecasts every series; answers in the order of the series.
 * @throws {ParameterOutOfRangeError} for a bad count of threads or horizon.
 * @throws {WorkerFailedError} when a thread dies or meets an error that no series explains.
 */
export async function forecastBatch(series: readonly BatchSeries[], options: BatchOptions): Promise<BatchAnswer[]> {
  const { horizon, levels, settings, onProgress } = options;
  requireCount("forecast horizon", horizon, 1);
  const request: BatchRequest = { horizon, levels, ...(settings === undefined ? {} : { settings }) };
  const threads = options.threads ?? Math.min(series.length, availableParallelism());
  requireCount("threads", threads, 0);
  if (threads === 0) {
    return series.map((one, k) => {
      const answer = forecastSeries(one, request);
      onProgress?.(k + 1, series.length);
      return answer;
    });
  }
  const answers = new Map<number, BatchAnswer>();
  let next = 0;
  const serve = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(new URL("./batch-worker.ts", import.meta.url));
      const fail = (cause: unknown): void => {
        void worker.terminate();
        reject(new WorkerFailedError(cause));
      };
      let isDone = false;
      const feed = (): void => {
        const index = next++;
        const one = series[index];
        if (one === undefined) {
          isDone = true;
          void worker.terminate().then(() => resolve());
          return;
        }
        worker.postMessage({ index, series: one, request } satisfies BatchTask);
      };
      worker.on("error", fail);
      worker.on("exit", (code) => {
        if (!isDone) fail(code);
      });
      worker.on("message", ({ index, answer }: BatchReply) => {
        answers.set(index, answer);
        onProgress?.(answers.size, series.length);
        feed();
      });
      feed();
    });
  await Promise.all(Array.from({ length: Math.min(threads, series.length) }, serve));
  return series.flatMap((_, index) => answers.get(index) ?? []);
}

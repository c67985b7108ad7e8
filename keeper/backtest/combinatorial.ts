/**
 * Combinatorial purged cross-validation (Lopez de Prado 2018, chapter 12). Time is cut into groups; every choice of some of them is
 * tested with what the others teach. Days next to a test group are purged before it and embargoed after it, so that no horizon
 * reaches across. It asks whether a choice depends on one lucky order of events; it is no walk-forward, since what comes after a
 * test group teaches too, and its returns are not what anyone could have earned.
 */
import { DEFAULT_FORECAST_CONFIG } from "../forecast/index.ts";
import { createRng } from "../kernel/rng.ts";
import { DAYS_PER_YEAR } from "../kernel/units.ts";
import { requireBetween, requireCount } from "../math/checks.ts";
import { HistoryTooShortError } from "./errors.ts";
import { type ForecastJob, prepare } from "./forecasts.ts";
import type { Panel } from "./panel.ts";
import { type ParsedStrategy, ruleOf } from "./rules/index.ts";
import { viewOf } from "./rules/rule.ts";
import { type BacktestOptions, type Benchmark, inputsHash } from "./run.ts";
import { annualised, sharpeRatio } from "./statistics.ts";
import { strategiesOf } from "./strategies.ts";

export interface Folds {
  readonly groups: number;
  /** Groups tested at a time. */
  readonly tested: number;
  /** Days dropped before and after every test group. */
  readonly purgeDays: number;
  readonly embargoDays: number;
}

/** The purge is the forecast horizon: a label that begins earlier ends within the test. */
export const DEFAULT_FOLDS: Folds = { groups: 6, tested: 2, purgeDays: 30, embargoDays: 5 };

export interface PathFigures {
  readonly return: number;
  readonly excess: number;
  readonly excessSharpe: number | null;
}

export interface CombinatorialResult {
  readonly splits: number;
  readonly folds: Folds;
  readonly strategies: readonly { readonly strategy: string; readonly paths: readonly PathFigures[] }[];
}

/** All choices of `size` out of `count`, ascending. */
export function choices(count: number, size: number): number[][] {
  if (size === 0) return [[]];
  const out: number[][] = [];
  const extend = (chosen: number[], from: number): void => {
    if (chosen.length === size) {
      out.push(chosen);
      return;
    }
    for (let i = from; i < count; i++) extend([...chosen, i], i + 1);
  };
  extend([], 0);
  return out;
}

/** First day and day after the last of each group. */
export const bordersOf = (days: number, groups: number): { from: number; to: number }[] =>
  Array.from({ length: groups }, (_, g) => ({
    from: Math.round((g * days) / groups),
    to: Math.round(((g + 1) * days) / groups),
  }));

/** Days that may teach when these groups are tested. */
export function trainingDays(days: number, tested: readonly { from: number; to: number }[], folds: Folds): number[] {
  return Array.from({ length: days }, (_, t) => t).filter((t) =>
    tested.every(({ from, to }) => t < from - folds.purgeDays || t >= to + folds.embargoDays),
  );
}

/** The chosen days as a history of their own, on consecutive dates that end where the panel begins. */
function taught(panel: Panel, days: readonly number[]): Panel {
  const pick = (series: readonly number[]): number[] => days.map((t) => series[t] ?? Number.NaN);
  return {
    dates: panel.dates.slice(0, days.length),
    ends: panel.ends.slice(0, days.length),
    notes: [],
    venues: panel.venues.map((venue) => ({
      ...venue,
      realised: pick(venue.realised),
      signal: pick(venue.signal),
      // The level belongs to its day; a guard over a history put together anew would mean nothing.
      marketLevel: null,
    })),
  };
}

/** Weights bought at the start of a group and left alone until its end; missing figures earn nothing. */
function held(panel: Panel, weights: readonly number[], { from, to }: { from: number; to: number }): number[] {
  let values = [...weights];
  const idle = 1 - weights.reduce((total, w) => total + w, 0);
  const out: number[] = [];
  for (let t = from; t < to; t++) {
    const before = values.reduce((total, value) => total + value, idle);
    values = values.map((value, i) => {
      const earned = panel.venues[i]?.realised[t] ?? Number.NaN;
      return value * (1 + (Number.isNaN(earned) ? 0 : earned));
    });
    const after = values.reduce((total, value) => total + value, idle);
    out.push(after / before - 1);
  }
  return out;
}

async function weightsFrom(
  training: Panel,
  strategy: ParsedStrategy,
  options: BacktestOptions,
  benchmark: Benchmark,
): Promise<readonly number[]> {
  const known = training.dates.length;
  const none = training.venues.map(() => 0);
  const panelHash = inputsHash(training, options, { ...benchmark, returns: [] });
  const linear = training.venues.map((venue) => (venue.costBps ?? options.costBps) / 1e4);
  const job: ForecastJob = {
    panel: training,
    panelHash,
    forecast: strategy.engine?.profile.forecast ?? DEFAULT_FORECAST_CONFIG,
    minimumDays: options.warmup,
    seed: options.seed,
  };
  const forecasts = new Map(strategy.engine === null ? [] : [[known, prepare(job, known)] as const]);
  const rule = ruleOf(strategy, {
    panel: training,
    job,
    forecasts,
    terms: () => ({
      nav: options.nav,
      minimumIdle: options.minimumIdle,
      enter: linear,
      exit: linear,
      fixedCost: 0,
      legCost: 0,
      seed: options.seed,
      panelHash,
    }),
  });
  const view = viewOf(
    training,
    known,
    { weights: none, idle: 1, pending: none },
    linear,
    createRng(options.seed).fork("fold"),
  );
  return (await rule.decide(view)).weights ?? none;
}

/** @throws {HistoryTooShortError} when what is left to learn from is shorter than the warm-up. */
export async function runCombinatorial(
  panel: Panel,
  benchmark: Benchmark,
  options: BacktestOptions,
  folds: Folds,
  progress: (done: number, of: number) => void,
): Promise<CombinatorialResult> {
  requireCount("groups", folds.groups, 2);
  requireBetween("tested groups", folds.tested, 1, folds.groups - 1);
  requireCount("purge days", folds.purgeDays, 0);
  requireCount("embargo days", folds.embargoDays, 0);
  const days = panel.dates.length;
  const borders = bordersOf(days, folds.groups);
  const splits = choices(folds.groups, folds.tested);
  const parsed = strategiesOf(panel, options.strategies, options.profile);
  const of = (g: number) => borders[g] ?? { from: 0, to: 0 };
  // Results of each group, in the order of the splits that test it: the j-th of every group make the j-th path.
  const found = parsed.map(() => borders.map((): number[][] => []));
  for (const [s, tested] of splits.entries()) {
    const training = trainingDays(days, tested.map(of), folds);
    if (training.length < options.warmup) {
      throw new HistoryTooShortError(training.length, options.warmup, "what the other groups leave to learn from");
    }
    const past = taught(panel, training);
    for (const [k, strategy] of parsed.entries()) {
      const weights = await weightsFrom(past, strategy, options, benchmark);
      for (const g of tested) found[k]?.[g]?.push(held(panel, weights, of(g)));
    }
    progress(s + 1, splits.length);
  }
  const paths = found[0]?.[0]?.length ?? 0;
  const comparison = benchmark.returns.map((value) => (Number.isNaN(value) ? 0 : value));
  return {
    splits: splits.length,
    folds,
    strategies: parsed.map(({ name }, k) => ({
      strategy: name,
      paths: Array.from({ length: paths }, (_, j): PathFigures => {
        const returns = borders.flatMap((_border, g) => found[k]?.[g]?.[j] ?? []);
        const difference = returns.map((r, t) => r - (comparison[t] ?? 0));
        const total = difference.reduce((sum, value) => sum + value, 0);
        return {
          return: annualised(returns),
          excess: (total / difference.length) * DAYS_PER_YEAR,
          excessSharpe: sharpeRatio(difference),
        };
      }),
    })),
  };
}

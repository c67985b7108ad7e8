/**
 * What to plan with. A forecast of the next weeks and the long-run trend of the same yield are two readings of one quantity;
 * both are weighed by their errors, and what is left uncertain is pulled toward what the strategies have in common
 * (empirical Bayes, Efron and Morris 1975). Without it an optimizer buys whatever was overestimated most.
 */
import type { Features, ForecastSet, StrategyForecast } from "../kernel/artifacts.ts";
import { createRng } from "../kernel/rng.ts";
import { requireBetween } from "../math/checks.ts";
import type { ForecastConfig } from "./config.ts";
import { bootstrapScenarios } from "./scenarios.ts";
import { longRunYield } from "./trend.ts";

export interface ShrinkConfig {
  /** Days a move must last to pay: the forecast counts for its own horizon of them, the long-run yield for the rest. */
  readonly planningDays: number;
  /** Half-life of the long-run yield, days. */
  readonly halfLifeDays: number;
  /** Two readings further apart than this many standard errors do not describe one yield: the less certain one is dropped. */
  readonly incompatible: number;
}

/** The planning days are the policy's holding days; the half-life is the forecast horizon. */
export const DEFAULT_SHRINK_CONFIG: ShrinkConfig = { planningDays: 90, halfLifeDays: 30, incompatible: 5 };

export interface Reading {
  readonly mean: number;
  readonly error: number;
}

/** Standard deviation of a normal variable whose mean absolute deviation is one. */
const DEVIATION_PER_MAE = Math.sqrt(Math.PI / 2);
/** Errors below this, per day, are rounding: 1e-9 is a few millionths of a percent a year. */
const LEAST_ERROR = 1e-9;

/**
 * Two readings as one, by DerSimonian and Laird (1986): disagreement beyond the stated errors is added to both.
 */
export function pool(a: Reading, b: Reading, incompatible: number): Reading {
  const gap = a.mean - b.mean;
  const own = a.error ** 2 + b.error ** 2;
  if (gap * gap > incompatible ** 2 * own) {
    const surer = a.error <= b.error ? a : b;
    const other = surer === a ? b : a;
    // Near-certain readings that differ by a drift are both right about their own time; wild ones are not.
    if (other.error > 2 * surer.error) return surer;
  }
  const extra = Math.max(0, gap * gap - own) / 2;
  const weightA = 1 / Math.max(a.error ** 2 + extra, LEAST_ERROR ** 2);
  const weightB = 1 / Math.max(b.error ** 2 + extra, LEAST_ERROR ** 2);
  const mean = (weightA * a.mean + weightB * b.mean) / (weightA + weightB);
  return { mean, error: Math.sqrt(1 / (weightA + weightB)) };
}

/**
 * Standard deviation of the next error of a forecast, from past ones over `horizonDays` at origins a day apart: those overlap, so
 * they count as origins / horizon independent ones, and the next error is a Student variable with as many degrees of freedom.
 * Two or fewer leave its variance without a bound: such a forecast says nothing yet.
 */
export function nextError(past: { readonly mae: number; readonly origins: number }, horizonDays: number): number {
  const independent = past.origins / horizonDays;
  if (!(independent > 2)) return Number.POSITIVE_INFINITY;
  return DEVIATION_PER_MAE * past.mae * Math.sqrt(independent / (independent - 2));
}

export interface Shrunk {
  readonly means: readonly number[];
  /** Standard errors of the means around the centre: what of a difference between two of them is not known. */
  readonly errors: readonly number[];
  /** What all have in common. */
  readonly centre: number;
  /** Standard deviation of the true yields around it, as far as the readings show one. */
  readonly spread: number;
}

/** Pulls readings toward their centre by what their errors leave open. Fewer than three have no spread to estimate. */
export function towardCentre(readings: readonly Reading[]): Shrunk {
  const n = readings.length;
  const errors = readings.map(({ error }) => Math.max(error, LEAST_ERROR));
  if (n < 3) return { means: readings.map(({ mean }) => mean), errors, centre: Number.NaN, spread: Number.NaN };
  const centreAt = (variance: number): { centre: number; statistic: number } => {
    const weights = errors.map((error) => 1 / (error * error + variance));
    const total = weights.reduce((sum, w) => sum + w, 0);
    const centre = readings.reduce((sum, { mean }, i) => sum + ((weights[i] ?? 0) * mean) / total, 0);
    const statistic = readings.reduce((sum, { mean }, i) => sum + (weights[i] ?? 0) * (mean - centre) ** 2, 0);
    return { centre, statistic };
  };
  // Paule and Mandel (1982): the variance at which the weighted sum of squares has its expected value; it falls in the variance.
  let variance = 0;
  if (centreAt(0).statistic > n - 1) {
    let low = 0;
    let high = 1e-12;
    while (centreAt(high).statistic > n - 1) high *= 4;
    for (let k = 0; k < 100; k++) {
      const middle = (low + high) / 2;
      if (centreAt(middle).statistic > n - 1) low = middle;
      else high = middle;
    }
    variance = high;
  }
  const { centre } = centreAt(variance);
  const means = readings.map(({ mean }, i) => {
    const error = errors[i] ?? LEAST_ERROR;
    return centre + (variance / (variance + error * error)) * (mean - centre);
  });
  // In this form an error without a bound leaves the whole spread, and none where there is no spread.
  const left = errors.map((error) => 1 / Math.sqrt(1 / variance + 1 / (error * error)));
  return { means, errors: left, centre, spread: Math.sqrt(variance) };
}

const moved = (forecast: StrategyForecast, meanDaily: number): StrategyForecast => {
  const by = meanDaily - forecast.meanDaily;
  const move = <T extends { readonly lower: number; readonly upper: number }>(interval: T): T => ({
    ...interval,
    lower: interval.lower + by,
    upper: interval.upper + by,
  });
  return { ...forecast, meanDaily, intervals: forecast.intervals.map(move) };
};

/** The same forecasts with means to plan with, and scenarios around them. Paths stay as the models gave them. */
export function shrink(
  set: ForecastSet,
  features: Features,
  config: ForecastConfig,
  shrinking: ShrinkConfig,
): ForecastSet {
  requireBetween("incompatible", shrinking.incompatible, 1, 100);
  requireBetween("planningDays", shrinking.planningDays, 1, 3650);
  const readings = set.strategies.map((forecast) => {
    const series = features.strategies.find(({ id }) => id === forecast.id)?.yieldReturns ?? [];
    const used = forecast.errors.find(({ model }) => model === forecast.model) ?? forecast.errors[0];
    const error = used === undefined ? Number.POSITIVE_INFINITY : nextError(used, set.horizonDays);
    const own = { mean: forecast.meanDaily, error };
    if (series.length < 3) return own;
    const long = longRunYield(series, shrinking.halfLifeDays);
    const slow = { mean: long.daily, error: long.error };
    const near = pool(slow, own, shrinking.incompatible);
    const share = Math.min(1, set.horizonDays / shrinking.planningDays);
    // Both rest on the same history: their errors add up rather than cancel.
    return {
      mean: share * near.mean + (1 - share) * slow.mean,
      error: share * near.error + (1 - share) * slow.error,
    };
  });
  const { means, errors } = towardCentre(readings);
  const settled = withMeans(set, features, config, means);
  const strategies = settled.strategies.map((forecast, i) => ({ ...forecast, meanError: errors[i] ?? Number.NaN }));
  return { ...settled, strategies };
}

/** The set with other means per day and the scenarios that belong to them. */
export function withMeans(
  set: ForecastSet,
  features: Features,
  config: ForecastConfig,
  means: readonly number[],
): ForecastSet {
  const strategies = set.strategies.map((forecast, i) => moved(forecast, means[i] ?? forecast.meanDaily));
  const histories = strategies.map(({ id }) => features.strategies.find((s) => s.id === id)?.totalReturns ?? []);
  return {
    ...set,
    strategies,
    scenarios: bootstrapScenarios(
      histories.map((series) => series.slice(-config.scenarioLookbackDays)),
      strategies.map(({ meanDaily }) => meanDaily),
      { count: config.scenarios, horizonDays: set.horizonDays, blockDays: config.blockDays },
      createRng(set.provenance.seed).fork("forecast.scenarios"),
    ),
  };
}

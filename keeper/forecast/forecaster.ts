/** One interface over all forecasters: fit a series, then ask for any horizon and any levels. */
import { requireCount, requireInside } from "../math/checks.ts";
import { EmptySampleError, SampleNotFiniteError } from "../math/errors.ts";
import { normalQuantile } from "../math/normal.ts";

export interface Series {
  /** Equally spaced, oldest first; NaN for a missing value. */
  readonly values: ArrayLike<number>;
  /** Steps per season; 1 for none. */
  readonly period: number;
  /** Where a new level is known to begin, ascending: exponential means start anew there. */
  readonly levels?: readonly number[];
}

export interface Band {
  readonly level: number;
  readonly lower: Float64Array;
  readonly upper: Float64Array;
}

export interface PathForecast {
  /** Expected value 1..h steps ahead. */
  readonly mean: Float64Array;
  /** Mean of the path: what an allocator earns over the horizon. */
  readonly horizonMean: number;
  readonly bands: readonly Band[];
}

export interface FittedModel {
  /** What was fitted, with its orders: "ARIMA(1,1,1)", "ETS(A,Ad,N)". */
  readonly name: string;
  /** Information criterion, for models that have one. */
  readonly aicc?: number;
  forecast(horizon: number, levels?: readonly number[]): PathForecast;
  /** The same parameters with other data, usually a longer history of the same series: one rolling origin further on. */
  on(values: ArrayLike<number>): FittedModel;
  /** As `on`, for values that begin with those the model has seen, at the cost of the new ones. Absent where `on` is cheap. */
  extend?(values: ArrayLike<number>): FittedModel;
  /** New parameters for the same form or order: far cheaper than choosing it again. Absent where fitting is cheap. */
  refit?(values: ArrayLike<number>): FittedModel;
}

export interface Forecaster {
  readonly name: string;
  fit(series: Series): FittedModel;
}

/** @throws {EmptySampleError | SampleNotFiniteError} unless something was observed and all of it is finite. */
export function checkSeries({ values, period }: Series, atLeast = 1): void {
  requireCount("seasonal period", period, 1);
  let observed = 0;
  for (let t = 0; t < values.length; t++) {
    const value = values[t] ?? Number.NaN;
    if (Number.isNaN(value)) continue;
    if (!Number.isFinite(value)) throw new SampleNotFiniteError("series to forecast", t, value);
    observed++;
  }
  if (observed < atLeast) throw new EmptySampleError("series to forecast", atLeast, observed);
}

/** How many values are missing before the first observation: they say nothing of what comes. */
export function leadingGap(values: ArrayLike<number>): number {
  let gap = 0;
  while (gap < values.length && Number.isNaN(values[gap] ?? Number.NaN)) gap++;
  return gap;
}

/** Mean around the first value: exact for a constant path. */
export function average(values: ArrayLike<number>): number {
  const first = values[0] ?? Number.NaN;
  let total = 0;
  for (let i = 0; i < values.length; i++) total += (values[i] ?? 0) - first;
  return first + total / values.length;
}

/**
 * A path forecast with Gaussian bands around a mean.
 * @param deviation standard error `step` steps after the first; asked for only where a level needs it.
 */
export function gaussianPath(
  mean: Float64Array,
  deviation: (step: number) => number,
  levels: readonly number[],
): PathForecast {
  const errors = levels.length === 0 ? mean : mean.map((_, k) => deviation(k));
  const bands = levels.map((level) => {
    requireInside("interval level", level, 0, 1);
    const z = normalQuantile(0.5 + level / 2);
    return {
      level,
      lower: mean.map((value, k) => value - z * (errors[k] ?? 0)),
      upper: mean.map((value, k) => value + z * (errors[k] ?? 0)),
    };
  });
  return { mean, horizonMean: average(mean), bands };
}

/**
 * Inputs and targets of the LSTM. Everything at index t is computed from values before t only, by recursions that run
 * forward, so a longer history never changes what an earlier origin saw.
 */
import type { LstmConfig } from "./config.ts";
import { gridOf, quantilesOf } from "./config.ts";

/** Features of one step; see `writeWindow`. */
export const INPUTS = 8;

export interface PanelSeries {
  readonly id: string;
  /** One value per time, NaN where missing or not yet begun. */
  readonly values: ArrayLike<number>;
  /** Utilization, liquidity or another positive quantity that moves the yield; NaN where missing. */
  readonly liquidity?: ArrayLike<number>;
}

export interface Panel {
  /** Unix seconds of each step, ascending; null when unknown, then the calendar says nothing. */
  readonly times: ArrayLike<number> | null;
  readonly series: readonly PanelSeries[];
}

/** Causal state of one series: element t is known once values[0 .. t) are. */
export interface Trail {
  /** Last observed value before t. */
  readonly filled: Float64Array;
  /** Exponential mean: the anchor that the network corrects, and the centre of the scaling. */
  readonly centre: Float64Array;
  /** Typical distance of a value from the anchor: the scale. */
  readonly spread: Float64Array;
  /** Typical move from step to step of late. */
  readonly volatility: Float64Array;
  /** Number of observed values before t. */
  readonly observed: Int32Array;
}

const ANCHOR = 0.2;
const SPREAD = 0.05;
const VOLATILITY = 0.3;
/** Mean absolute deviation to standard deviation, for normal data. */
const TO_DEVIATION = Math.sqrt(Math.PI / 2);
/** A quieter series would turn its rounding into features. */
const LEAST_SPREAD = 5e-3;
const TINY = 1e-12;
const WEEK = 604_800;

export function trailOf(values: ArrayLike<number>): Trail {
  const n = values.length;
  const trail = {
    filled: new Float64Array(n + 1),
    centre: new Float64Array(n + 1),
    spread: new Float64Array(n + 1),
    volatility: new Float64Array(n + 1),
    observed: new Int32Array(n + 1),
  };
  let last = Number.NaN;
  let centre = Number.NaN;
  let distance = 0;
  let move = 0;
  let count = 0;
  for (let t = 0; ; t++) {
    const floor = LEAST_SPREAD * Math.abs(centre) + TINY;
    trail.filled[t] = last;
    trail.centre[t] = centre;
    trail.spread[t] = Math.max(TO_DEVIATION * distance, floor);
    trail.volatility[t] = Math.max(TO_DEVIATION * move, floor);
    trail.observed[t] = count;
    if (t === n) return trail;
    const value = values[t] ?? Number.NaN;
    if (Number.isNaN(value)) continue;
    if (count === 0) centre = value;
    else {
      // The first few deviations count as in a plain mean; a fixed factor would start from zero.
      distance += Math.max(SPREAD, 1 / count) * (Math.abs(value - centre) - distance);
      move += Math.max(VOLATILITY, 1 / count) * (Math.abs(value - last) - move);
      centre += ANCHOR * (value - centre);
    }
    last = value;
    count++;
  }
}

const clamp = (value: number, bound: number): number =>
  Number.isNaN(value) ? 0 : Math.max(-bound, Math.min(bound, value));

export interface SeriesTrails {
  readonly values: ArrayLike<number>;
  readonly liquidity: ArrayLike<number> | null;
  readonly trail: Trail;
}

/** A window may begin once half of it was observed and the last value is not older than a week. */
export function canBegin({ values, trail }: SeriesTrails, t: number, lookback: number): boolean {
  if (t < lookback || t > values.length) return false;
  const seen = (trail.observed[t] ?? 0) - (trail.observed[t - lookback] ?? 0);
  const fresh = (trail.observed[t] ?? 0) - (trail.observed[Math.max(0, t - 7)] ?? 0);
  return 2 * seen >= lookback && fresh > 0;
}

/**
 * Writes steps [t - lookback, t) as rows of: value, volatility, liquidity, whether that is known, whether the value is
 * missing, day of the week as an angle (2), and the scale against the level. Scaled by centre and spread as of t.
 */
export function writeWindow(
  out: Float32Array,
  at: number,
  { values, liquidity, trail }: SeriesTrails,
  times: ArrayLike<number> | null,
  t: number,
  lookback: number,
): void {
  const centre = trail.centre[t] ?? Number.NaN;
  const spread = trail.spread[t] ?? Number.NaN;
  const latest = liquidity?.[t - 1] ?? Number.NaN;
  const quiet = clamp(0.5 * Math.log10(spread / (Math.abs(centre) + spread)), 3);
  let k = at;
  for (let s = t - lookback; s < t; s++) {
    const value = trail.filled[s + 1] ?? Number.NaN;
    const amount = liquidity?.[s] ?? Number.NaN;
    const angle = times === null ? null : (2 * Math.PI * ((times[s] ?? 0) % WEEK)) / WEEK;
    const ratio = Math.log(amount / latest);
    out[k] = clamp((value - centre) / spread, 8);
    out[k + 1] = clamp(Math.log((trail.volatility[s + 1] ?? Number.NaN) / spread), 4);
    out[k + 2] = clamp(2 * ratio, 4);
    out[k + 3] = Number.isFinite(ratio) ? 1 : 0;
    out[k + 4] = Number.isNaN(values[s] ?? Number.NaN) ? 1 : 0;
    out[k + 5] = angle === null ? 0 : Math.sin(angle);
    out[k + 6] = angle === null ? 0 : Math.cos(angle);
    out[k + 7] = quiet;
    k += INPUTS;
  }
}

/** Mean over [t, t + horizon) where at least half of it is known, else NaN. */
export function meanAhead(values: ArrayLike<number>, t: number, horizon: number): number {
  let total = 0;
  let count = 0;
  for (let s = t; s < t + horizon; s++) {
    const value = values[s] ?? Number.NaN;
    if (Number.isNaN(value)) continue;
    total += value;
    count++;
  }
  return 2 * count >= horizon ? total / count : Number.NaN;
}

/** Scaled targets beyond this teach nothing about quantiles inside the trained levels. */
const FARTHEST = 12;

/** Writes the targets of origin t: for each quantile the mean ahead, then each step of the grid. */
export function writeTargets(
  out: Float32Array,
  at: number,
  realized: ArrayLike<number>,
  { centre, spread }: Trail,
  t: number,
  config: LstmConfig,
): void {
  const steps = [meanAhead(realized, t, config.horizon), ...gridOf(config.horizon).map((k) => realized[t + k - 1])];
  const quantiles = quantilesOf(config.levels).length;
  steps.forEach((value, i) => {
    const scaled = ((value ?? Number.NaN) - (centre[t] ?? Number.NaN)) / (spread[t] ?? Number.NaN);
    const target = Number.isNaN(scaled) ? Number.NaN : clamp(scaled, FARTHEST);
    out.fill(target, at + i * quantiles, at + (i + 1) * quantiles);
  });
}

export const outputsOf = (config: LstmConfig): number =>
  (1 + gridOf(config.horizon).length) * quantilesOf(config.levels).length;

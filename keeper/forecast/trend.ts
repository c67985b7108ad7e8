/**
 * Growth of an index as the slope of its logarithm: the estimator for a series whose level is observed with noise, such as the
 * market price of a staked token. Noise of the level enters a mean of returns at both ends of the window in full; here it is
 * averaged out.
 */
import { requireBetween, requireFinite } from "../math/checks.ts";

export interface Trend {
  /** Growth per day, simple return. */
  readonly daily: number;
  /** Standard error of `daily`, with residuals that remember (first order). */
  readonly error: number;
  /** Memory of the residuals from one day to the next, corrected for its bias in short samples. */
  readonly memory: number;
}

/** Above this the residuals are a random walk and the error below has no limit. */
const LONGEST_MEMORY = 0.98;
/**
 * Least memory of level noise: half of a discount is still there after two weeks. A short sample shows neither the slow part of a
 * discount nor, therefore, how wrong its own slope is.
 */
const LEAST_MEMORY = 0.5 ** (1 / 14);

/** Variance of a linear combination of first-order noise of unit variance, in one pass. */
function combinationVariance(n: number, coefficient: (t: number) => number, memory: number): number {
  let variance = 0;
  let carried = 0;
  for (let t = 0; t < n; t++) {
    const a = coefficient(t);
    variance += a * a + 2 * a * carried;
    carried = memory * (carried + a);
  }
  return Math.max(0, variance);
}

/** What is left of a sum of squares may be little, and is never less than rounding leaves of it. */
const LEAST_REMAINING = 1e-9;
/**
 * Expected weighted sum of squared residuals for noise of unit variance. A fit takes the slow part of noise that remembers for its
 * own: what is left in the residuals of a short sample is a fraction of the noise, and the independent-noise correction
 * n / (n - 2) does not bring it back.
 */
const remaining = (total: number, left: number): number => Math.max(left, LEAST_REMAINING * total);

/**
 * Least squares of cumulated log returns on time, with weights that halve every `halfLifeDays`.
 * @param returns simple returns per day, oldest first, at least three.
 */
export function trendOf(returns: readonly number[], halfLifeDays: number): Trend {
  requireFinite("returns of a trend", returns, 3);
  requireBetween("half-life of a trend", halfLifeDays, 1, 1e6);
  const n = returns.length;
  const level = new Float64Array(n);
  const weight = new Float64Array(n);
  let total = 0;
  let sumW = 0;
  let meanX = 0;
  let meanY = 0;
  for (let t = 0; t < n; t++) {
    total += Math.log1p(returns[t] ?? 0);
    level[t] = total;
    const w = 0.5 ** ((n - 1 - t) / halfLifeDays);
    weight[t] = w;
    sumW += w;
    meanX += w * t;
    meanY += w * total;
  }
  meanX /= sumW;
  meanY /= sumW;
  let squares = 0;
  let products = 0;
  for (let t = 0; t < n; t++) {
    const w = weight[t] ?? 0;
    squares += w * (t - meanX) ** 2;
    products += w * (t - meanX) * ((level[t] ?? 0) - meanY);
  }
  const slope = products / squares;
  const residual = level.map((value, t) => value - meanY - slope * (t - meanX));
  let own = 0;
  let lagged = 0;
  let before = 0;
  for (let t = 0; t < n; t++) {
    const e = residual[t] ?? 0;
    own += (weight[t] ?? 0) * e * e;
    if (t === 0) continue;
    const last = residual[t - 1] ?? 0;
    lagged += e * last;
    before += last * last;
  }
  // Detrended residuals look less persistent than they are: -2 (1 + 2 rho) / n to first order (Kendall 1954, with a trend).
  const raw = before > 0 ? lagged / before : 0;
  const memory = Math.min(LONGEST_MEMORY, Math.max(LEAST_MEMORY, raw + (2 * (1 + 2 * Math.max(0, raw))) / n));
  const ofLevel = combinationVariance(n, (t) => weight[t] ?? 0, memory);
  const ofSlope = combinationVariance(n, (t) => (weight[t] ?? 0) * (t - meanX), memory);
  const spread = own / remaining(sumW, sumW - ofLevel / sumW - ofSlope / squares);
  return { daily: Math.expm1(slope), error: Math.sqrt(spread * ofSlope) / squares, memory };
}

/** Below this, neighbouring returns cancel each other: what is seen is noise of the level. */
const LEVEL_NOISE = -0.1;

/** Correlation of neighbouring values. */
function neighbourCorrelation(values: ArrayLike<number>): number {
  let centre = 0;
  for (let t = 0; t < values.length; t++) centre += (values[t] ?? 0) / values.length;
  let own = 0;
  let crossed = 0;
  for (let t = 0; t < values.length; t++) {
    const value = (values[t] ?? 0) - centre;
    own += value * value;
    if (t > 0) crossed += value * ((values[t - 1] ?? 0) - centre);
  }
  return own > 0 ? crossed / own : 0;
}

/** Exponentially weighted mean of returns and its standard error under first-order dependence. */
export function smoothedMean(returns: readonly number[], halfLifeDays: number): { daily: number; error: number } {
  requireFinite("returns of a smoothed mean", returns, 3);
  requireBetween("half-life of a smoothed mean", halfLifeDays, 1, 1e6);
  const n = returns.length;
  const weights = Float64Array.from({ length: n }, (_, t) => 0.5 ** ((n - 1 - t) / halfLifeDays));
  const total = weights.reduce((sum, w) => sum + w, 0);
  const daily = returns.reduce((sum, value, t) => sum + ((weights[t] ?? 0) / total) * value, 0);
  const spread = returns.reduce((sum, value, t) => sum + ((weights[t] ?? 0) / total) * (value - daily) ** 2, 0);
  const raw = neighbourCorrelation(returns);
  const memory = Math.min(LONGEST_MEMORY, Math.max(0, raw + (1 + 3 * Math.max(0, raw)) / n));
  const variance = combinationVariance(n, (t) => (weights[t] ?? 0) / total, memory);
  return { daily, error: Math.sqrt((spread / remaining(1, 1 - variance)) * variance) };
}

/**
 * What a yield has been for some time, and how well that is known: the smoothed mean where returns are the yield itself, the
 * slope of the level where they are dominated by its noise.
 */
export function longRunYield(returns: readonly number[], halfLifeDays: number): { daily: number; error: number } {
  if (neighbourCorrelation(returns) < LEVEL_NOISE) return trendOf(returns, 2 * halfLifeDays);
  return smoothedMean(returns, halfLifeDays);
}

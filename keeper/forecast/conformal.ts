/**
 * Prediction intervals from past errors instead of from a model's own variance: split conformal (Vovk; Lei et al. 2018,
 * Theorem 2.2) and adaptive conformal (Gibbs and Candes 2021).
 */
import { requireCount, requireInside } from "../math/checks.ts";

/** Residuals needed for a finite interval of this level. */
export const residualsNeeded = (level: number): number => Math.ceil(level / (1 - level) - 1e-9);

const rankOf = (count: number, level: number): number => Math.ceil((count + 1) * level - 1e-9);

/**
 * The ceil((n + 1) level)-th smallest absolute residual: half the interval's width.
 * Infinite when there are too few residuals; callers check `residualsNeeded` first.
 */
export function conformalRadius(residuals: readonly number[], level: number): number {
  const sorted = Float64Array.from(residuals, Math.abs).sort();
  const rank = rankOf(sorted.length, level);
  return rank > sorted.length ? Number.POSITIVE_INFINITY : (sorted[rank - 1] ?? Number.NaN);
}

/** How fast the working level follows missed intervals; the step size of Gibbs and Candes' experiments. */
const LEARNING_RATE = 0.02;

/**
 * Radius whose level has followed the past misses: after a miss the next intervals widen, after a hit they narrow a
 * little, so that long-run coverage holds even where residuals are not exchangeable.
 * @param residuals in time order.
 * @param lag steps until a residual is known: the horizon for overlapping forecasts.
 */
export function adaptiveRadius(residuals: readonly number[], level: number, lag = 1): number {
  requireInside("interval level", level, 0, 1);
  requireCount("lag", lag, 1);
  const sorted: number[] = [];
  const missed: number[] = [];
  let working = level;
  const radius = (): number => {
    const rank = rankOf(sorted.length, working);
    // A working level beyond the evidence gives the largest error seen: finite, and the honest limit of the data.
    return sorted[Math.max(0, Math.min(sorted.length, rank) - 1)] ?? Number.POSITIVE_INFINITY;
  };
  residuals.forEach((residual, t) => {
    const known = t - lag;
    if (known >= 0) {
      const size = Math.abs(residuals[known] ?? 0);
      let at = sorted.length;
      while (at > 0 && (sorted[at - 1] ?? 0) > size) at--;
      sorted.splice(at, 0, size);
      working = Math.min(1, Math.max(0, working + LEARNING_RATE * ((missed[known] ?? 0) - (1 - level))));
    }
    missed.push(sorted.length >= residualsNeeded(level) ? Number(Math.abs(residual) > radius()) : 1 - level);
  });
  for (let known = Math.max(0, residuals.length - lag); known < residuals.length; known++) {
    sorted.push(Math.abs(residuals[known] ?? 0));
    working = Math.min(1, Math.max(0, working + LEARNING_RATE * ((missed[known] ?? 0) - (1 - level))));
  }
  sorted.sort((a, b) => a - b);
  return radius();
}

export type ConformalKind = "split" | "adaptive";

export interface StepBand {
  readonly level: number;
  /** Half the width of the interval of each step, not falling with the distance. */
  readonly radii: Float64Array;
  /** Half the width of the interval of the mean over the horizon. */
  readonly horizonRadius: number;
}

/**
 * Half widths per step and for the horizon mean, from the paths forecast at past origins.
 * @param realized what came after each origin, step by step, NaN where it is not known.
 */
export function conformalBands(
  paths: readonly Float64Array[],
  realized: readonly Float64Array[],
  horizonResiduals: readonly number[],
  levels: readonly number[],
  kind: ConformalKind,
): StepBand[] {
  const horizon = paths[0]?.length ?? 0;
  const radiusOf = (residuals: readonly number[], level: number, lag: number): number =>
    kind === "split" ? conformalRadius(residuals, level) : adaptiveRadius(residuals, level, lag);
  const byStep = Array.from({ length: horizon }, (_, h) =>
    paths
      .map((path, k) => (realized[k]?.[h] ?? Number.NaN) - (path[h] ?? Number.NaN))
      .filter((residual) => !Number.isNaN(residual)),
  );
  return levels.map((level) => ({
    level,
    radii: nonDecreasing(Float64Array.from(byStep, (residuals, h) => radiusOf(residuals, level, h + 1))),
    horizonRadius: radiusOf(horizonResiduals, level, horizon),
  }));
}

/**
 * The nearest sequence that does not fall: neighbours out of order share their mean (pool adjacent violators, Barlow et al.
 * 1972). Sampling noise must not make a later day look surer, and the running maximum instead would only ever widen.
 */
export function nonDecreasing(values: Float64Array): Float64Array {
  const sums: number[] = [];
  const counts: number[] = [];
  for (const value of values) {
    let sum = value;
    let count = 1;
    while (sums.length > 0 && (sums[sums.length - 1] ?? 0) / (counts[counts.length - 1] ?? 1) > sum / count) {
      sum += sums.pop() ?? 0;
      count += counts.pop() ?? 0;
    }
    sums.push(sum);
    counts.push(count);
  }
  const out = new Float64Array(values.length);
  let at = 0;
  sums.forEach((sum, k) => {
    const count = counts[k] ?? 0;
    // One value stays the value that it was.
    out.fill(count === 1 ? sum : sum / count, at, at + count);
    at += count;
  });
  return out;
}

/** What came in the `horizon` steps after each origin. */
export const realizedPaths = (values: ArrayLike<number>, origins: readonly number[], horizon: number): Float64Array[] =>
  origins.map((t) => Float64Array.from({ length: horizon }, (_, h) => values[t + h] ?? Number.NaN));

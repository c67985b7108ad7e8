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
  return adaptiveRadii(residuals, [level], lag)[0] ?? Number.NaN;
}

/** The same for several levels, which share the residuals in order. */
export function adaptiveRadii(residuals: readonly number[], levels: readonly number[], lag: number): number[] {
  requireCount("lag", lag, 1);
  const sorted = new Float64Array(residuals.length);
  let count = 0;
  const take = (size: number): void => {
    let at = 0;
    for (let end = count; at < end; ) {
      const middle = (at + end) >> 1;
      if ((sorted[middle] ?? 0) > size) end = middle;
      else at = middle + 1;
    }
    sorted.copyWithin(at + 1, at, count);
    sorted[at] = size;
    count++;
  };
  const states = levels.map((level) => {
    requireInside("interval level", level, 0, 1);
    return { level, needed: residualsNeeded(level), working: level, missed: new Float64Array(residuals.length) };
  });
  // A working level beyond the evidence gives the largest error seen: finite, and the honest limit of the data.
  const radius = (working: number): number =>
    count === 0 ? Number.POSITIVE_INFINITY : (sorted[Math.max(0, Math.min(count, rankOf(count, working)) - 1)] ?? 0);
  for (let t = 0; t < residuals.length + lag; t++) {
    const known = t - lag;
    if (known >= 0 && known < residuals.length) {
      take(Math.abs(residuals[known] ?? 0));
      for (const state of states) {
        const miss = (state.missed[known] ?? 0) - (1 - state.level);
        state.working = Math.min(1, Math.max(0, state.working + LEARNING_RATE * miss));
      }
    }
    if (t >= residuals.length) continue;
    const size = Math.abs(residuals[t] ?? 0);
    for (const state of states) {
      state.missed[t] = count >= state.needed ? Number(size > radius(state.working)) : 1 - state.level;
    }
  }
  return states.map(({ working }) => radius(working));
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
  const radiiOf = (residuals: readonly number[], lag: number): number[] =>
    nested(
      kind === "split"
        ? levels.map((level) => conformalRadius(residuals, level))
        : adaptiveRadii(residuals, levels, lag),
      levels,
    );
  const byStep = Array.from({ length: horizon }, (_, h) => {
    const residuals: number[] = [];
    paths.forEach((path, k) => {
      const residual = (realized[k]?.[h] ?? Number.NaN) - (path[h] ?? Number.NaN);
      if (!Number.isNaN(residual)) residuals.push(residual);
    });
    return radiiOf(residuals, h + 1);
  });
  const overHorizon = radiiOf(horizonResiduals, horizon);
  return levels.map((level, b) => ({
    level,
    radii: nonDecreasing(Float64Array.from(byStep, (radii) => radii[b] ?? Number.NaN)),
    horizonRadius: overHorizon[b] ?? Number.NaN,
  }));
}

/**
 * Adaptive levels follow their own misses and may cross: sorted, a higher level has the wider interval (rearrangement,
 * Chernozhukov, Fernandez-Val, Galichon 2010), and each width was one that some level asked for.
 */
function nested(radii: readonly number[], levels: readonly number[]): number[] {
  const sorted = radii.toSorted((a, b) => a - b);
  return levels.map((level) => sorted[levels.filter((other) => other < level).length] ?? Number.NaN);
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

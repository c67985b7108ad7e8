/** Risk measures of a sample of simple returns with equal probabilities. Losses are -return; positive is bad. */
import { requireFinite, requireInside } from "./checks.ts";
import { sum } from "./statistics.ts";

/** Losses, worst first. */
function sortedLosses(returns: ArrayLike<number>, beta: number): Float64Array {
  requireInside("beta", beta, 0, 1);
  requireFinite("returns of a risk measure", returns);
  return Float64Array.from(returns, (value) => -value)
    .sort()
    .reverse();
}

/**
 * Number of observations in the tail, (1 - beta) S. Written as S - beta S and snapped to an integer within rounding:
 * (1 - 0.95) * 1000 is 50.00000000000004 in floating point, and that must count as 50.
 */
function tailCount(size: number, beta: number): number {
  const count = size - beta * size;
  const nearest = Math.round(count);
  return Math.abs(count - nearest) < 1e-9 * size ? nearest : count;
}

/**
 * VaR: the largest observed loss x with P(L >= x) >= 1 - beta, without interpolation. Where (1 - beta) S is an integer
 * the quantile is an interval; this is its upper, careful end.
 */
export function valueAtRisk(returns: ArrayLike<number>, beta: number): number {
  const losses = sortedLosses(returns, beta);
  const rank = Math.max(1, Math.ceil(tailCount(losses.length, beta)));
  return losses[rank - 1] ?? Number.NaN;
}

/**
 * CVaR by Rockafellar and Uryasev (2000), exact for a discrete sample: the mean of the worst (1 - beta) S
 * observations, where the last one counts for the fraction that is left.
 */
export function conditionalValueAtRisk(returns: ArrayLike<number>, beta: number): number {
  const losses = sortedLosses(returns, beta);
  const tail = tailCount(losses.length, beta);
  // A tail thinner than one observation is the worst one: its average over itself.
  const whole = Math.floor(tail);
  const rest = (losses[Math.min(whole, losses.length - 1)] ?? Number.NaN) * (tail - whole);
  if (tail === 0) return losses[0] ?? Number.NaN;
  return (sum(losses.subarray(0, whole)) + rest) / tail;
}

/** The largest loss of the sample. */
export const worstLoss = (returns: ArrayLike<number>): number => sortedLosses(returns, 0.5)[0] ?? Number.NaN;

/**
 * Largest fall from a running peak.
 * - compounded: fraction of the peak value, what a holder sees.
 * - cumulative: in sums of returns, the convention of linear programmes and of several reference libraries.
 */
export function maximumDrawdown(returns: ArrayLike<number>, convention: "compounded" | "cumulative"): number {
  requireFinite("returns of a drawdown", returns);
  let level = convention === "compounded" ? 1 : 0;
  let peak = level;
  let worst = 0;
  for (let i = 0; i < returns.length; i++) {
    const value = returns[i] ?? 0;
    level = convention === "compounded" ? level * (1 + value) : level + value;
    peak = Math.max(peak, level);
    worst = Math.max(worst, convention === "compounded" ? 1 - level / peak : peak - level);
  }
  return worst;
}

/** Risk measures of a sample of simple returns with equal probabilities. Losses are -return; positive is bad. */
import { requireFinite, requireInside } from "./checks.ts";
import { sum } from "./statistics.ts";

function checkSample(returns: ArrayLike<number>, beta: number): void {
  requireInside("beta", beta, 0, 1);
  requireFinite("returns of a risk measure", returns);
}

/**
 * Number of observations in the tail, (1 - beta) S. Written as S - beta S and snapped to an integer within rounding:
 * (1 - 0.95) * 1000 is 50.00000000000004 in floating point, and that must count as 50.
 */
export function tailCount(size: number, beta: number): number {
  const count = size - beta * size;
  const nearest = Math.round(count);
  return Math.abs(count - nearest) < 1e-9 * size ? nearest : count;
}

/**
 * Losses rearranged so that the element at `rank` is the one of that rank, worst first, and nothing before it is smaller.
 * Selection (Hoare 1961, median of three) instead of sorting: the tail is all that is needed.
 */
export function selectWorst(returns: ArrayLike<number>, rank: number): Float64Array {
  const losses = new Float64Array(returns.length);
  for (let i = 0; i < losses.length; i++) losses[i] = -(returns[i] ?? 0);
  let low = 0;
  let high = losses.length - 1;
  while (low < high) {
    const a = losses[low] ?? 0;
    const b = losses[(low + high) >> 1] ?? 0;
    const c = losses[high] ?? 0;
    const pivot = Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
    let i = low;
    let j = high;
    while (i <= j) {
      while ((losses[i] ?? 0) > pivot) i++;
      while ((losses[j] ?? 0) < pivot) j--;
      if (i > j) break;
      const held = losses[i] ?? 0;
      losses[i++] = losses[j] ?? 0;
      losses[j--] = held;
    }
    if (rank <= j) high = j;
    else if (rank >= i) low = i;
    else break;
  }
  return losses;
}

/**
 * VaR: the largest observed loss x with P(L >= x) >= 1 - beta, without interpolation. Where (1 - beta) S is an integer
 * the quantile is an interval; this is its upper, careful end.
 */
export function valueAtRisk(returns: ArrayLike<number>, beta: number): number {
  checkSample(returns, beta);
  const rank = Math.max(1, Math.ceil(tailCount(returns.length, beta))) - 1;
  return selectWorst(returns, rank)[rank] ?? Number.NaN;
}

/**
 * CVaR by Rockafellar and Uryasev (2000), exact for a discrete sample: the mean of the worst (1 - beta) S
 * observations, where the last one counts for the fraction that is left.
 */
export function conditionalValueAtRisk(returns: ArrayLike<number>, beta: number): number {
  checkSample(returns, beta);
  const tail = tailCount(returns.length, beta);
  const last = Math.max(1, Math.ceil(tail)) - 1;
  const losses = selectWorst(returns, last);
  const least = losses[last] ?? Number.NaN;
  // A tail thinner than one observation is the worst one: its average over itself.
  if (tail <= 1) return least;
  const worse = losses.subarray(0, last);
  let worst = least;
  for (let i = 0; i < last; i++) worst = Math.max(worst, worse[i] ?? 0);
  // A mean lies between the least and the greatest of its numbers, whatever the rounding.
  return Math.min(worst, Math.max(least, (sum(worse) + least * (tail - last)) / tail));
}

/** The largest loss of the sample. */
export function worstLoss(returns: ArrayLike<number>): number {
  requireFinite("returns of a risk measure", returns);
  let worst = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < returns.length; i++) worst = Math.max(worst, -(returns[i] ?? 0));
  return worst;
}

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

/** CDaR (Chekhlov, Uryasev, Zabarankin 2005): the CVaR of the drawdowns. */
export function conditionalDrawdownAtRisk(depths: ArrayLike<number>, beta: number): number {
  // Depths are losses already; the measure above negates returns.
  return conditionalValueAtRisk(
    Float64Array.from(depths, (depth) => -depth),
    beta,
  );
}

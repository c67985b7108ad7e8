/**
 * Exchanges between two variables at a time for minimise 1/2 x'Qx + c'x, sum x = budget, lower <= x <= upper (Platt 1998, sequential
 * minimal optimization; the pair of the largest second-order gain, Fan, Chen, Lin 2005). An exchange reads two rows of Q, so few
 * of them say which bounds hold at a small part of the cost of a gradient step. They converge slowly; ./box-quadratic.ts ends exactly.
 */
import type { BoxQuadratic } from "./box-quadratic.ts";

/** out += Q x for symmetric Q, by the rows of the variables that are not zero, four at a time. */
export function addRows(matrix: Float64Array, x: Float64Array, out: Float64Array): void {
  const n = x.length;
  let a = -1;
  let b = -1;
  let c = -1;
  for (let d = 0; d < n; d++) {
    if (x[d] === 0) continue;
    if (a < 0) a = d;
    else if (b < 0) b = d;
    else if (c < 0) c = d;
    else {
      const wa = x[a] ?? 0;
      const wb = x[b] ?? 0;
      const wc = x[c] ?? 0;
      const wd = x[d] ?? 0;
      const ra = a * n;
      const rb = b * n;
      const rc = c * n;
      const rd = d * n;
      for (let k = 0; k < n; k++) {
        const first = wa * (matrix[ra + k] ?? 0) + wb * (matrix[rb + k] ?? 0);
        const second = wc * (matrix[rc + k] ?? 0) + wd * (matrix[rd + k] ?? 0);
        out[k] = (out[k] ?? 0) + (first + second);
      }
      a = -1;
      b = -1;
      c = -1;
    }
  }
  for (const i of [a, b, c]) {
    if (i < 0) break;
    const w = x[i] ?? 0;
    const row = i * n;
    for (let k = 0; k < n; k++) out[k] = (out[k] ?? 0) + w * (matrix[row + k] ?? 0);
  }
}

/** Fills x from its lower bounds, cheapest variable first by its own cost at the upper bound; false when the budget does not fit. */
export function fillCheapest({ matrix, cost, lower, upper, budget }: BoxQuadratic, x: Float64Array): boolean {
  const n = x.length;
  let left = budget;
  const price = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const high = upper[i] ?? 0;
    const low = lower[i] ?? 0;
    x[i] = low;
    left -= low;
    price[i] = high > low ? 0.5 * (matrix[i * n + i] ?? 0) * high + (cost[i] ?? 0) : Number.POSITIVE_INFINITY;
  }
  const tiny = 1e-12 * (1 + Math.abs(budget));
  if (left < -tiny) return false;
  while (left > 0) {
    let next = -1;
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i < n; i++) {
      if ((price[i] ?? 0) < least) {
        least = price[i] ?? 0;
        next = i;
      }
    }
    if (next < 0) return left <= tiny;
    const room = (upper[next] ?? 0) - (x[next] ?? 0);
    x[next] = left < room ? (x[next] ?? 0) + left : (upper[next] ?? 0);
    left -= room;
    price[next] = Number.POSITIVE_INFINITY;
  }
  return true;
}

/** Below this difference of slopes, relative to the slopes, a pair has nothing left to exchange. */
const LEVEL = 1e-6;

/** Moves x within the limits by at most `steps` exchanges; ends early when all slopes are level. Returns Qx + c. */
export function exchangePairs(problem: BoxQuadratic, x: Float64Array, steps: number): Float64Array {
  const { matrix, cost, lower, upper } = problem;
  const n = x.length;
  const slopes = cost.slice();
  addRows(matrix, x, slopes);
  const own = new Float64Array(n);
  for (let i = 0; i < n; i++) own[i] = matrix[i * n + i] ?? 0;
  for (let step = 0; step < steps; step++) {
    let up = -1;
    let least = Number.POSITIVE_INFINITY;
    let most = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < n; i++) {
      const slope = slopes[i] ?? 0;
      if (slope < least && (x[i] ?? 0) < (upper[i] ?? 0)) {
        least = slope;
        up = i;
      }
      if (slope > most && (x[i] ?? 0) > (lower[i] ?? 0)) most = slope;
    }
    if (up < 0 || !(most - least > LEVEL * Math.max(Math.abs(least), Math.abs(most)))) break;
    const buy = up * n;
    const ownUp = own[up] ?? 0;
    let down = -1;
    let best = 0;
    let bend = 1;
    for (let i = 0; i < n; i++) {
      if (!((x[i] ?? 0) > (lower[i] ?? 0))) continue;
      const fall = (slopes[i] ?? 0) - least;
      if (!(fall > 0)) continue;
      // Twins have no curvature between them: a full exchange, bounded by the limits.
      const between = Math.max(ownUp + (own[i] ?? 0) - 2 * (matrix[buy + i] ?? 0), 1e-14 * ownUp + Number.MIN_VALUE);
      const gain = (fall * fall) / between;
      if (gain > best) {
        best = gain;
        down = i;
        bend = between;
      }
    }
    if (down < 0) break;
    const roomUp = (upper[up] ?? 0) - (x[up] ?? 0);
    const roomDown = (x[down] ?? 0) - (lower[down] ?? 0);
    const moved = Math.min(((slopes[down] ?? 0) - least) / bend, roomUp, roomDown);
    x[up] = moved === roomUp ? (upper[up] ?? 0) : (x[up] ?? 0) + moved;
    x[down] = moved === roomDown ? (lower[down] ?? 0) : (x[down] ?? 0) - moved;
    const sell = down * n;
    for (let i = 0; i < n; i++)
      slopes[i] = (slopes[i] ?? 0) + moved * ((matrix[buy + i] ?? 0) - (matrix[sell + i] ?? 0));
  }
  return slopes;
}

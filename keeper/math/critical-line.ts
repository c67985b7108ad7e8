/**
 * The whole efficient frontier of box + budget mean-variance by the critical line (Markowitz 1956; Markowitz and Todd 2000).
 * minimise 1/2 w'Sw - tolerance m'w: the optimal weights are piecewise linear in the tolerance, so the corners where a weight
 * reaches or leaves a bound say everything; least variance, target return, target risk and maximum Sharpe are read off exactly.
 */
import { type BoxQuadratic, solveBoxQuadratic } from "./box-quadratic.ts";
import { UpdatableFactor } from "./cholesky.ts";
import { dot, interpolate } from "./statistics.ts";

export interface Corner {
  readonly tolerance: number;
  readonly weights: Float64Array;
  readonly expectedReturn: number;
}

/** Corners by ascending tolerance: from least variance to greatest return. */
export interface CriticalLine {
  readonly corners: readonly Corner[];
}

/** Quantities of one segment as value + tolerance x slope. */
interface Line {
  readonly value: Float64Array;
  readonly slope: Float64Array;
}

function times(matrix: Float64Array, line: Line, n: number, members: readonly number[]): Line {
  const value = new Float64Array(n);
  const slope = new Float64Array(n);
  const moving = Int32Array.from(members);
  const still: number[] = [];
  for (let i = 0; i < n; i++) if ((line.slope[i] ?? 0) === 0 && (line.value[i] ?? 0) !== 0) still.push(i);
  for (let i = 0; i < n; i++) {
    let v = 0;
    let s = 0;
    const row = i * n;
    for (let k = 0; k < moving.length; k++) {
      const j = moving[k] ?? 0;
      const entry = matrix[row + j] ?? 0;
      if ((line.slope[j] ?? 0) === 0) continue;
      v += entry * (line.value[j] ?? 0);
      s += entry * (line.slope[j] ?? 0);
    }
    for (const j of still) v += (matrix[row + j] ?? 0) * (line.value[j] ?? 0);
    value[i] = v;
    slope[i] = s;
  }
  return { value, slope };
}

/** The weights of the free members on the current segment, and the budget's price. */
function segment(
  problem: BoxQuadratic,
  mu: Float64Array,
  factor: UpdatableFactor,
  state: Int8Array,
): { weights: Line; price: readonly [number, number] } {
  const { matrix, lower, upper, budget } = problem;
  const n = mu.length;
  const members = factor.members;
  const size = members.length;
  const value = new Float64Array(n);
  const slope = new Float64Array(n);
  let left = budget;
  const fixed: number[] = [];
  for (let i = 0; i < n; i++) {
    if (state[i] === 0) continue;
    value[i] = (state[i] === -1 ? lower[i] : upper[i]) ?? 0;
    left -= value[i] ?? 0;
    if (value[i] !== 0) fixed.push(i);
  }
  const ones = new Float64Array(size).fill(1);
  const returns = Float64Array.from(members, (i) => mu[i] ?? 0);
  const base = Float64Array.from(members, (i) => {
    let total = 0;
    for (const j of fixed) total += (matrix[i * n + j] ?? 0) * (value[j] ?? 0);
    return total;
  });
  for (const vector of [ones, returns, base]) factor.solve(vector);
  const total = (v: Float64Array): number => v.reduce((all, x) => all + x, 0);
  const onesTotal = total(ones);
  const price0 = (left + total(base)) / onesTotal;
  const price1 = -total(returns) / onesTotal;
  for (let k = 0; k < size; k++) {
    const i = members[k] ?? 0;
    value[i] = price0 * (ones[k] ?? 0) - (base[k] ?? 0);
    // A single free weight is what the budget leaves: its slope is zero and must not be rounding.
    slope[i] = size === 1 ? 0 : (returns[k] ?? 0) + price1 * (ones[k] ?? 0);
  }
  return { weights: { value, slope }, price: [price0, price1] };
}

interface Event {
  readonly index: number;
  readonly tolerance: number;
  /** New state: 0 becomes free, -1 or 1 reaches that bound. */
  readonly to: -1 | 0 | 1;
}

/** Where the segment ends: the nearest tolerance at which a weight meets a bound or a bound stops binding. */
function nextEvent(
  problem: BoxQuadratic,
  mu: Float64Array,
  state: Int8Array,
  from: number,
  line: Line,
  gradient: Line,
  price: readonly [number, number],
  justChanged: number,
): Event | null {
  let best: Event | null = null;
  const consider = (index: number, at: number, to: -1 | 0 | 1): void => {
    const tolerance = Math.max(at, from);
    if (best === null || tolerance < best.tolerance) best = { index, tolerance, to };
  };
  for (let i = 0; i < mu.length; i++) {
    const low = problem.lower[i] ?? 0;
    const high = problem.upper[i] ?? 0;
    if (low === high) continue;
    if (state[i] === 0) {
      const slope = line.slope[i] ?? 0;
      const value = line.value[i] ?? 0;
      if (Math.abs(slope) * (1 + from) < 1e-15) continue;
      const at = ((slope < 0 ? low : high) - value) / slope;
      // A weight that has just become free stands on its bound and moves away from it.
      if (i === justChanged && at <= from * (1 + 1e-9)) continue;
      consider(i, at, slope < 0 ? -1 : 1);
    } else {
      const value = (gradient.value[i] ?? 0) - price[0];
      const slope = (gradient.slope[i] ?? 0) - (mu[i] ?? 0) - price[1];
      // At a lower bound the reduced gradient is positive and matters when it falls; at an upper one the reverse.
      if (i === justChanged || slope === 0 || slope < 0 !== (state[i] === -1)) continue;
      consider(i, -value / slope, 0);
    }
  }
  return best;
}

/** Largest miss of the budget, relatively, that is rounding. */
const BUDGET_ROOM = 1e-10;

/** @returns null when degeneracy stops the walk: the caller solves point by point. */
export function traceCriticalLine(problem: BoxQuadratic, mu: Float64Array): CriticalLine | null {
  const n = mu.length;
  const start = solveBoxQuadratic({ ...problem, cost: new Float64Array(n) });
  if (start === null) return null;
  const state = start.state.slice();
  const factor = new UpdatableFactor(n);
  for (let i = 0; i < n; i++) if (state[i] === 0 && !factor.add(problem.matrix, n, i)) return null;
  const corners: Corner[] = [{ tolerance: 0, weights: start.x, expectedReturn: dot(mu, start.x) }];
  let tolerance = 0;
  let justChanged = -1;
  let stalled = 0;
  for (let step = 0; step < 20 * n + 100; step++) {
    const { weights, price } = segment(problem, mu, factor, state);
    const gradient = times(problem.matrix, weights, n, factor.members);
    const event = nextEvent(problem, mu, state, tolerance, weights, gradient, price, justChanged);
    if (event === null) return { corners };
    if (!Number.isFinite(event.tolerance)) return null;
    stalled = event.tolerance > tolerance ? 0 : stalled + 1;
    if (stalled > n + 10) return null;
    tolerance = event.tolerance;
    const at = weights.value.map((value, i) => {
      const w = value + tolerance * (weights.slope[i] ?? 0);
      return Math.min(problem.upper[i] ?? 0, Math.max(problem.lower[i] ?? 0, w));
    });
    // A singular covariance leaves the slopes to rounding, and a corner off the budget shows it.
    const total = at.reduce((all, w) => all + w, 0);
    if (!(Math.abs(total - problem.budget) <= BUDGET_ROOM * (1 + Math.abs(problem.budget)))) return null;
    // Corners of equal weights and different tolerance stay: between them the tolerance moves and nothing else.
    corners.push({ tolerance, weights: at, expectedReturn: dot(mu, at) });
    if (event.to === 0) {
      if (!factor.add(problem.matrix, n, event.index)) return null;
    } else factor.remove(event.index);
    state[event.index] = event.to;
    justChanged = event.index;
    if (factor.members.length === 0) return null;
  }
  return null;
}

/** Weights on the frontier at an expected return, or null outside its range. */
export function atReturn({ corners }: CriticalLine, wanted: number): Float64Array | null {
  const first = corners[0];
  const last = corners.at(-1);
  if (first === undefined || last === undefined || wanted > last.expectedReturn) return null;
  if (wanted <= first.expectedReturn) return first.weights;
  let low = 0;
  let high = corners.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((corners[middle]?.expectedReturn ?? 0) <= wanted) low = middle;
    else high = middle;
  }
  const a = corners[low] ?? first;
  const b = corners[high] ?? last;
  const width = b.expectedReturn - a.expectedReturn;
  return between(a, b, width > 0 ? Math.min(1, (wanted - a.expectedReturn) / width) : 1);
}

/** Variance between two corners is a quadratic of the share walked: v0 + share v1 + share^2 v2. */
function quadraticBetween(matrix: Float64Array, a: Corner, b: Corner): readonly [number, number, number] {
  const n = a.weights.length;
  const step = b.weights.map((w, i) => w - (a.weights[i] ?? 0));
  let v0 = 0;
  let v1 = 0;
  let v2 = 0;
  for (let i = 0; i < n; i++) {
    let qa = 0;
    let qs = 0;
    for (let j = 0; j < n; j++) {
      qa += (matrix[i * n + j] ?? 0) * (a.weights[j] ?? 0);
      qs += (matrix[i * n + j] ?? 0) * (step[j] ?? 0);
    }
    v0 += qa * (a.weights[i] ?? 0);
    v1 += 2 * qa * (step[i] ?? 0);
    v2 += qs * (step[i] ?? 0);
  }
  return [v0, v1, v2];
}

const between = (a: Corner, b: Corner, share: number): Float64Array => interpolate(a.weights, b.weights, share);

/** The greatest return at a standard deviation of at most `risk`, or null when even the least one is above it. */
export function atRisk({ corners }: CriticalLine, matrix: Float64Array, risk: number): Float64Array | null {
  const last = corners.at(-1);
  for (let k = 0; k + 1 < corners.length; k++) {
    const a = corners[k];
    const b = corners[k + 1];
    if (a === undefined || b === undefined) continue;
    const [v0, v1, v2] = quadraticBetween(matrix, a, b);
    const excess = v0 - risk * risk;
    if (k === 0 && excess > 0) return excess <= 1e-12 * v0 ? a.weights : null;
    if (v0 + v1 + v2 < risk * risk) continue;
    // The root of v2 s^2 + v1 s + excess that cancels nothing: v1 >= 0 and excess <= 0 on an ascending segment.
    const divisor = v1 + Math.sqrt(Math.max(0, v1 * v1 - 4 * v2 * excess));
    return between(a, b, divisor > 0 ? Math.min(1, Math.max(0, (-2 * excess) / divisor)) : 0);
  }
  if (corners.length === 1 && last !== undefined) {
    const [v0] = quadraticBetween(matrix, last, last);
    return v0 <= risk * risk ? last.weights : null;
  }
  return last?.weights ?? null;
}

/** Weights of the greatest (return - riskFree) / risk; null when no portfolio earns more than riskFree. */
export function atMaximumSharpe(
  { corners }: CriticalLine,
  matrix: Float64Array,
  riskFree: number,
): Float64Array | null {
  const last = corners.at(-1);
  if (last === undefined || last.expectedReturn <= riskFree) return null;
  for (let k = 0; k + 1 < corners.length; k++) {
    const a = corners[k];
    const b = corners[k + 1];
    if (a === undefined || b === undefined || b.expectedReturn <= riskFree) continue;
    const [v0, v1, v2] = quadraticBetween(matrix, a, b);
    const m0 = a.expectedReturn - riskFree;
    const m1 = b.expectedReturn - a.expectedReturn;
    if (m1 <= 1e-14 * Math.abs(b.expectedReturn)) continue;
    // d/ds (m0 + s m1) / sqrt(v0 + s v1 + s^2 v2) = 0 is linear in s; the ratio rises where rising(s) > 0.
    const constant = m1 * v0 - (m0 * v1) / 2;
    const linear = (m1 * v1) / 2 - m0 * v2;
    if (constant + linear > 0) continue;
    return between(a, b, linear === 0 ? 0 : Math.min(1, Math.max(0, -constant / linear)));
  }
  return last.weights;
}

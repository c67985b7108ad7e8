/**
 * minimise 1/2 x'Qx + c'x subject to sum x = budget, lower <= x <= upper, for positive definite Q: a primal-dual active set
 * (Hintermueller, Ito, Kunisch 2003, SIAM J. Optim. 13:865-888). Each round guesses which variables are at a bound, solves the
 * rest exactly and corrects the guess; it ends with an exact solution after a few rounds, or says that it did not.
 */
import { factorize, solveFactored } from "./cholesky.ts";

export interface BoxQuadratic {
  /** Row-major, n x n, symmetric. */
  readonly matrix: Float64Array;
  readonly cost: Float64Array;
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  readonly budget: number;
}

export interface BoxSolution {
  readonly x: Float64Array;
  /** Multiplier of the budget: the objective's slope in it. */
  readonly price: number;
  /** Qx + c. */
  readonly gradient: Float64Array;
  /** -1 at its lower bound, 1 at its upper, 0 between. */
  readonly state: Int8Array;
  readonly rounds: number;
}

/** Rounds that may correct every wrong guess at once. Such rounds can cycle; later ones correct one guess each. */
const BOLD_ROUNDS = 14;
/** Careful rounds, per variable, before the caller is told to take the sturdier way. */
const CAREFUL_ROUNDS = 4;

/** Projection onto {sum x = budget, lower <= x <= upper}: x_i = clamp(v_i - shift), the shift by Newton on a monotone sum. */
export function projectOntoBudget(v: Float64Array, { lower, upper, budget }: BoxQuadratic, out: Float64Array): void {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < v.length; i++) {
    low = Math.min(low, (v[i] ?? 0) - (upper[i] ?? 0));
    high = Math.max(high, (v[i] ?? 0) - (lower[i] ?? 0));
  }
  let shift = (low + high) / 2;
  for (let round = 0; round < 100; round++) {
    let total = 0;
    let moving = 0;
    for (let i = 0; i < v.length; i++) {
      const value = (v[i] ?? 0) - shift;
      const clamped = Math.min(upper[i] ?? 0, Math.max(lower[i] ?? 0, value));
      out[i] = clamped;
      total += clamped;
      if (clamped === value) moving++;
    }
    const excess = total - budget;
    if (Math.abs(excess) < 1e-14 * (1 + Math.abs(budget))) return;
    if (excess > 0) low = shift;
    else high = shift;
    const newton = shift + excess / Math.max(moving, 1);
    shift = newton > low && newton < high ? newton : (low + high) / 2;
  }
}

function multiply(matrix: Float64Array, x: Float64Array, out: Float64Array, n: number): void {
  for (let i = 0; i < n; i++) {
    const row = i * n;
    let even = 0;
    let odd = 0;
    let k = 0;
    for (; k + 1 < n; k += 2) {
      even += (matrix[row + k] ?? 0) * (x[k] ?? 0);
      odd += (matrix[row + k + 1] ?? 0) * (x[k + 1] ?? 0);
    }
    if (k < n) even += (matrix[row + k] ?? 0) * (x[k] ?? 0);
    out[i] = even + odd;
  }
}

/** A few steps of accelerated projected gradient: enough to guess the bounds, far from solving. */
function guess(problem: BoxQuadratic, state: Int8Array): void {
  const { matrix, cost, lower, upper, budget } = problem;
  const n = cost.length;
  const x = new Float64Array(n).fill(budget / n);
  projectOntoBudget(x, problem, x);
  const gradient = new Float64Array(n);
  // Power iteration bounds the step; an eigenvalue taken too small only makes the guess worse.
  const direction = new Float64Array(n).fill(1);
  let largest = 1;
  for (let k = 0; k < 4; k++) {
    multiply(matrix, direction, gradient, n);
    let norm = 0;
    for (let i = 0; i < n; i++) norm = Math.max(norm, Math.abs(gradient[i] ?? 0));
    if (!(norm > 0)) return;
    largest = norm;
    for (let i = 0; i < n; i++) direction[i] = (gradient[i] ?? 0) / norm;
  }
  const step = 0.9 / largest;
  const trial = x.slice();
  const previous = x.slice();
  const steps = 14;
  for (let k = 0; k < steps; k++) {
    multiply(matrix, trial, gradient, n);
    for (let i = 0; i < n; i++) trial[i] = (trial[i] ?? 0) - step * ((gradient[i] ?? 0) + (cost[i] ?? 0));
    projectOntoBudget(trial, problem, x);
    const momentum = k / (k + 3);
    for (let i = 0; i < n; i++) {
      trial[i] = (x[i] ?? 0) + momentum * ((x[i] ?? 0) - (previous[i] ?? 0));
      previous[i] = x[i] ?? 0;
    }
  }
  for (let i = 0; i < n; i++) state[i] = x[i] === lower[i] ? -1 : x[i] === upper[i] ? 1 : 0;
}

/**
 * Frees the variable at its lower bound with the steepest gain and the one at its upper with the steepest loss.
 * False when the budget is not met and nothing can move, or nothing wants to.
 */
function freePair(
  { matrix, cost, lower, upper }: BoxQuadratic,
  x: Float64Array,
  state: Int8Array,
  left: number,
): boolean {
  const n = x.length;
  const gradient = new Float64Array(n);
  multiply(matrix, x, gradient, n);
  let up = -1;
  let down = -1;
  for (let i = 0; i < n; i++) {
    if (!((lower[i] ?? 0) < (upper[i] ?? 0))) continue;
    const slope = (gradient[i] ?? 0) + (cost[i] ?? 0);
    if (state[i] === -1 && (up < 0 || slope < (gradient[up] ?? 0) + (cost[up] ?? 0))) up = i;
    if (state[i] === 1 && (down < 0 || slope > (gradient[down] ?? 0) + (cost[down] ?? 0))) down = i;
  }
  if (up < 0 && down < 0) return false;
  const tiny = 1e-15 * (1 + Math.abs(left));
  if (up >= 0 && left >= -tiny) state[up] = 0;
  if (down >= 0 && left <= tiny) state[down] = 0;
  if (up >= 0 && down < 0) state[up] = 0;
  if (down >= 0 && up < 0) state[down] = 0;
  return true;
}

/** Sizes from which the guess costs less than the factorisations it saves. */
const GUESS_FROM = 120;

/**
 * @param start states to begin from, e.g. those of a neighbouring problem.
 * @returns null when the guesses cycle, Q is singular on the free variables, or no x fits: the caller has a sturdier way.
 */
export function solveBoxQuadratic(problem: BoxQuadratic, start?: Int8Array): BoxSolution | null {
  const { matrix, cost, lower, upper, budget } = problem;
  const n = cost.length;
  const state = new Int8Array(n);
  if (start !== undefined) state.set(start);
  else if (n >= GUESS_FROM) guess(problem, state);
  const free = new Int32Array(n);
  const x = new Float64Array(n);
  const ones = new Float64Array(n);
  const base = new Float64Array(n);
  const gradient = new Float64Array(n);
  let factor = new Float64Array(0);
  let scale = 0;
  for (let i = 0; i < n; i++) scale = Math.max(scale, Math.abs(matrix[i * n + i] ?? 0));

  const rounds = BOLD_ROUNDS + CAREFUL_ROUNDS * n;
  for (let round = 1; round <= rounds; round++) {
    const isBold = round <= BOLD_ROUNDS;
    let size = 0;
    let left = budget;
    for (let i = 0; i < n; i++) {
      if (state[i] === 0) {
        free[size++] = i;
        x[i] = 0;
      } else {
        x[i] = (state[i] === -1 ? lower[i] : upper[i]) ?? 0;
        left -= x[i] ?? 0;
      }
    }
    if (size === 0) {
      // Everything is at a bound: let go of the two that most want to trade with each other.
      if (!freePair(problem, x, state, left)) return null;
      continue;
    }
    if (factor.length < size * size) factor = new Float64Array(size * size);
    // base = c_F + Q_FB x_B
    let fixed = 0;
    for (let i = 0; i < n; i++) if (x[i] !== 0) fixed++;
    for (let a = 0; a < size; a++) {
      const row = (free[a] ?? 0) * n;
      for (let b = 0; b <= a; b++) factor[a * size + b] = matrix[row + (free[b] ?? 0)] ?? 0;
      let slope = cost[free[a] ?? 0] ?? 0;
      if (fixed > 0) for (let k = 0; k < n; k++) slope += (matrix[row + k] ?? 0) * (x[k] ?? 0);
      base[a] = slope;
      ones[a] = 1;
    }
    if (!factorize(factor, size)) return null;
    solveFactored(factor, ones, size);
    solveFactored(factor, base, size);
    let onesTotal = 0;
    let baseTotal = 0;
    for (let a = 0; a < size; a++) {
      onesTotal += ones[a] ?? 0;
      baseTotal += base[a] ?? 0;
    }
    const price = (left + baseTotal) / onesTotal;
    if (!Number.isFinite(price)) return null;
    for (let a = 0; a < size; a++) x[free[a] ?? 0] = price * (ones[a] ?? 0) - (base[a] ?? 0);
    multiply(matrix, x, gradient, n);

    let changed = 0;
    for (let i = 0; i < n; i++) {
      gradient[i] = (gradient[i] ?? 0) + (cost[i] ?? 0);
      if (changed > 0 && !isBold) continue;
      const low = lower[i] ?? 0;
      const high = upper[i] ?? 0;
      const before = state[i] ?? 0;
      let after = before;
      // Rounding of the solve itself; a smaller tolerance makes exactly degenerate variables flicker.
      const room = 1e-13 * scale + 1e-12 * Math.abs(price);
      const reduced = (gradient[i] ?? 0) - price;
      if (before === 0) {
        const slack = 1e-14 * (1 + Math.abs(high));
        if ((x[i] ?? 0) < low - slack) after = -1;
        else if ((x[i] ?? 0) > high + slack) after = 1;
      } else if (low < high && (before === -1 ? reduced < -room : reduced > room)) after = 0;
      state[i] = after;
      if (after !== before) changed++;
    }
    if (changed === 0) {
      for (let i = 0; i < n; i++) x[i] = Math.min(upper[i] ?? 0, Math.max(lower[i] ?? 0, x[i] ?? 0));
      return { x, price, gradient, state, rounds: round };
    }
  }
  return null;
}

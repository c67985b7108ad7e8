/**
 * minimise 1/2 x'Qx + c'x subject to sum x = budget, lower <= x <= upper, for positive definite Q: a primal-dual active set
 * (Hintermueller, Ito, Kunisch 2003, SIAM J. Optim. 13:865-888). Each round guesses which variables are at a bound, solves the
 * rest exactly and corrects the guess; it ends with an exact solution after a few rounds, or says that it did not. The first guess
 * comes from exchanges between two variables at a time (Platt 1998; the pair by Fan, Chen, Lin 2005, JMLR 6:1889-1918).
 */
import { factorize, solveFactored } from "./cholesky.ts";
import { addRows, exchangePairs, fillCheapest } from "./pair-exchange.ts";

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
/** Exchanges for a first guess: a constant and a share of the variables. Each costs a few passes over one row. */
const FIRST_EXCHANGES = 20;
const EXCHANGES_PER_VARIABLE = 0.25;
/** Exchanges per variable when the bold rounds have cycled: enough to be right about most bounds. */
const MORE_EXCHANGES = 20;
/** Largest miss of the budget, relatively, that is rounding. */
const BUDGET_ROOM = 1e-10;
/** Below this size a factorisation of everything costs less than looking for a guess. */
const GUESS_FROM = 16;

/** Arrays that all rounds of one solve share. */
interface Workspace {
  readonly free: Int32Array;
  readonly ones: Float64Array;
  readonly base: Float64Array;
  readonly x: Float64Array;
  readonly gradient: Float64Array;
  factor: Float64Array;
}

/**
 * Frees the variable at its lower bound with the steepest gain and the one at its upper with the steepest loss.
 * False when the budget is not met and nothing can move, or nothing wants to.
 */
function freePair({ lower, upper }: BoxQuadratic, gradient: Float64Array, state: Int8Array, left: number): boolean {
  const n = gradient.length;
  let up = -1;
  let down = -1;
  for (let i = 0; i < n; i++) {
    if (!((lower[i] ?? 0) < (upper[i] ?? 0))) continue;
    const slope = gradient[i] ?? 0;
    if (state[i] === -1 && (up < 0 || slope < (gradient[up] ?? 0))) up = i;
    if (state[i] === 1 && (down < 0 || slope > (gradient[down] ?? 0))) down = i;
  }
  if (up < 0 && down < 0) return false;
  const tiny = 1e-15 * (1 + Math.abs(left));
  if (up >= 0 && left >= -tiny) state[up] = 0;
  if (down >= 0 && left <= tiny) state[down] = 0;
  if (up >= 0 && down < 0) state[up] = 0;
  if (down >= 0 && up < 0) state[down] = 0;
  return true;
}

/** Active-set rounds from the guess in `state`; null when they do not end within the rounds allowed. */
function correct(problem: BoxQuadratic, state: Int8Array, careful: number, work: Workspace): BoxSolution | null {
  const { matrix, cost, lower, upper, budget } = problem;
  const { free, ones, base, x, gradient } = work;
  const n = cost.length;
  let scale = 0;
  for (let i = 0; i < n; i++) scale = Math.max(scale, Math.abs(matrix[i * n + i] ?? 0));

  for (let round = 1; round <= BOLD_ROUNDS + careful; round++) {
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
    // c + Q_.B x_B: what the bounds alone leave of the gradient. Most bounds are zero, and cost nothing.
    gradient.set(cost);
    addRows(matrix, x, gradient);
    if (size === 0) {
      // Everything is at a bound: let go of the two that most want to trade with each other.
      if (!freePair(problem, gradient, state, left)) return null;
      continue;
    }
    if (work.factor.length < size * size) work.factor = new Float64Array(size * size);
    const { factor } = work;
    for (let a = 0; a < size; a++) {
      const row = (free[a] ?? 0) * n;
      for (let b = 0; b <= a; b++) factor[a * size + b] = matrix[row + (free[b] ?? 0)] ?? 0;
      base[a] = gradient[free[a] ?? 0] ?? 0;
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
    gradient.set(cost);
    addRows(matrix, x, gradient);

    let changed = 0;
    for (let i = 0; i < n; i++) {
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
      let total = 0;
      for (let i = 0; i < n; i++) {
        x[i] = Math.min(upper[i] ?? 0, Math.max(lower[i] ?? 0, x[i] ?? 0));
        total += x[i] ?? 0;
      }
      // Curvature far below the slopes drowns the budget in rounding.
      if (!(Math.abs(total - budget) <= BUDGET_ROOM * (1 + Math.abs(budget)))) return null;
      return { x, price, gradient, state, rounds: round };
    }
  }
  return null;
}

/** States of x, and free what wants to leave its bound at the price that the free ones have in the mean. */
function statesOf({ lower, upper }: BoxQuadratic, x: Float64Array, slopes: Float64Array, state: Int8Array): void {
  let price = 0;
  let free = 0;
  for (let i = 0; i < x.length; i++) {
    state[i] = x[i] === lower[i] ? -1 : x[i] === upper[i] ? 1 : 0;
    if (state[i] !== 0) continue;
    price += slopes[i] ?? 0;
    free++;
  }
  if (free === 0) return;
  price /= free;
  for (let i = 0; i < x.length; i++)
    if (((slopes[i] ?? 0) - price) * (state[i] ?? 0) > 0 && (lower[i] ?? 0) < (upper[i] ?? 0)) state[i] = 0;
}

/**
 * @param start states to begin from, e.g. those of a neighbouring problem.
 * @returns null when the guesses cycle, Q is singular on the free variables, or no x fits: the caller has a sturdier way.
 */
export function solveBoxQuadratic(problem: BoxQuadratic, start?: Int8Array): BoxSolution | null {
  const n = problem.cost.length;
  const state = new Int8Array(n);
  const work: Workspace = {
    free: new Int32Array(n),
    ones: new Float64Array(n),
    base: new Float64Array(n),
    x: new Float64Array(n),
    gradient: new Float64Array(n),
    factor: new Float64Array(0),
  };
  if (start !== undefined || n < GUESS_FROM) {
    if (start !== undefined) state.set(start);
    const found = correct(problem, state, 0, work);
    if (found !== null) return found;
  }
  const x = new Float64Array(n);
  if (!fillCheapest(problem, x)) return null;
  const exchanged = exchangePairs(problem, x, Math.ceil(FIRST_EXCHANGES + EXCHANGES_PER_VARIABLE * n));
  statesOf(problem, x, exchanged, state);
  const found = correct(problem, state, 0, work);
  if (found !== null) return found;
  statesOf(problem, x, exchangePairs(problem, x, MORE_EXCHANGES * n), state);
  return correct(problem, state, CAREFUL_ROUNDS * n, work);
}

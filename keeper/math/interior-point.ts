/**
 * A primal-dual interior point for convex quadratics with general rows (Mehrotra 1992, SIAM J. Optim. 2:575-601).
 * It neither pivots nor cycles, so degenerate programmes do not stop it; what it returns is judged by ./certificate.ts.
 */
import type { ConvexProgramme } from "./certificate.ts";
import { NewtonSystem } from "./newton-system.ts";

export interface InteriorPoint {
  readonly x: Float64Array;
  /** One per row, in the sign of certificate.ts: positive pushes the row up. */
  readonly multipliers: Float64Array;
  readonly rounds: number;
}

const MAX_ROUNDS = 100;
/** Largest residual or complementarity, relative, below which rounding takes over. */
const DONE = 1e-14;
/** Rounds without a better point after which the programme is given up (infeasible, or rounding has taken over). */
const PATIENCE = 12;

/** A quantity kept strictly between two sides, with the multiplier of each side that exists. */
interface Sides {
  readonly value: Float64Array;
  readonly low: ArrayLike<number>;
  readonly high: ArrayLike<number>;
  readonly onLow: Float64Array;
  readonly onHigh: Float64Array;
  readonly isActive: Uint8Array;
}

function startInside(low: ArrayLike<number>, high: ArrayLike<number>, size: number): Sides {
  const value = new Float64Array(size);
  const onLow = new Float64Array(size);
  const onHigh = new Float64Array(size);
  const isActive = new Uint8Array(size);
  for (let i = 0; i < size; i++) {
    const a = low[i] ?? 0;
    const b = high[i] ?? 0;
    isActive[i] = b > a ? 1 : 0;
    if (!(b > a)) {
      value[i] = a;
      continue;
    }
    const hasLow = Number.isFinite(a);
    const hasHigh = Number.isFinite(b);
    // Wide boxes are mostly slack: the start stays near the side where weights and trades end up.
    if (hasLow && hasHigh) value[i] = a + Math.min((b - a) / 2, 0.25);
    else value[i] = hasLow ? a + 0.25 : hasHigh ? b - 0.25 : 0;
    onLow[i] = hasLow ? 1 : 0;
    onHigh[i] = hasHigh ? 1 : 0;
  }
  return { value, low, high, onLow, onHigh, isActive };
}

const lowRoom = (s: Sides, i: number): number => (s.value[i] ?? 0) - (s.low[i] ?? 0);
const highRoom = (s: Sides, i: number): number => (s.high[i] ?? 0) - (s.value[i] ?? 0);

/** Sum of room x multiplier over all sides, and how many there are. */
function complementarity(sides: Sides, alpha = 0, moves?: Moves): { total: number; count: number } {
  let total = 0;
  let count = 0;
  for (let i = 0; i < sides.value.length; i++) {
    if (sides.isActive[i] !== 1) continue;
    const step = alpha * (moves?.value[i] ?? 0);
    const zl = sides.onLow[i] ?? 0;
    const zu = sides.onHigh[i] ?? 0;
    if (zl > 0) {
      total += (lowRoom(sides, i) + step) * (zl + alpha * (moves?.onLow[i] ?? 0));
      count++;
    }
    if (zu > 0) {
      total += (highRoom(sides, i) - step) * (zu + alpha * (moves?.onHigh[i] ?? 0));
      count++;
    }
  }
  return { total, count };
}

interface Moves {
  readonly value: Float64Array;
  readonly onLow: Float64Array;
  readonly onHigh: Float64Array;
}

const noMoves = (size: number): Moves => ({
  value: new Float64Array(size),
  onLow: new Float64Array(size),
  onHigh: new Float64Array(size),
});

/** What the complementarity equations add to the right-hand side of variable i, for a wanted product `target`. */
function pull(sides: Sides, i: number, target: number, predicted: Moves | null): number {
  const zl = sides.onLow[i] ?? 0;
  const zu = sides.onHigh[i] ?? 0;
  const bend = predicted?.value[i] ?? 0;
  let total = 0;
  if (zl > 0) total += (target - bend * (predicted?.onLow[i] ?? 0)) / lowRoom(sides, i) - zl;
  if (zu > 0) total -= (target + bend * (predicted?.onHigh[i] ?? 0)) / highRoom(sides, i) - zu;
  return total;
}

const stiffness = (sides: Sides, i: number): number => {
  const zl = sides.onLow[i] ?? 0;
  const zu = sides.onHigh[i] ?? 0;
  return (zl > 0 ? zl / lowRoom(sides, i) : 0) + (zu > 0 ? zu / highRoom(sides, i) : 0);
};

/** Multiplier moves that belong to the moves of the values. */
function completeMoves(sides: Sides, moves: Moves, target: number, predicted: Moves | null): void {
  for (let i = 0; i < sides.value.length; i++) {
    if (sides.isActive[i] !== 1) continue;
    const zl = sides.onLow[i] ?? 0;
    const zu = sides.onHigh[i] ?? 0;
    const d = moves.value[i] ?? 0;
    const bend = predicted?.value[i] ?? 0;
    if (zl > 0) {
      const room = lowRoom(sides, i);
      moves.onLow[i] = (target - bend * (predicted?.onLow[i] ?? 0) - zl * d) / room - zl;
    }
    if (zu > 0) {
      const room = highRoom(sides, i);
      moves.onHigh[i] = (target + bend * (predicted?.onHigh[i] ?? 0) + zu * d) / room - zu;
    }
  }
}

/** The longest step that keeps every room and multiplier positive. */
function longestStep(sides: Sides, moves: Moves): number {
  let alpha = Number.POSITIVE_INFINITY;
  for (let i = 0; i < sides.value.length; i++) {
    if (sides.isActive[i] !== 1) continue;
    const d = moves.value[i] ?? 0;
    const zl = sides.onLow[i] ?? 0;
    const zu = sides.onHigh[i] ?? 0;
    const dl = moves.onLow[i] ?? 0;
    const du = moves.onHigh[i] ?? 0;
    if (zl > 0 && d < 0) alpha = Math.min(alpha, -lowRoom(sides, i) / d);
    if (zu > 0 && d > 0) alpha = Math.min(alpha, highRoom(sides, i) / d);
    if (zl > 0 && dl < 0) alpha = Math.min(alpha, -zl / dl);
    if (zu > 0 && du < 0) alpha = Math.min(alpha, -zu / du);
  }
  return alpha;
}

function advance(sides: Sides, moves: Moves, alpha: number): void {
  for (let i = 0; i < sides.value.length; i++) {
    if (sides.isActive[i] !== 1) continue;
    const low = sides.low[i] ?? 0;
    const high = sides.high[i] ?? 0;
    let next = (sides.value[i] ?? 0) + alpha * (moves.value[i] ?? 0);
    // A room that rounds to nothing would divide by zero in the next round.
    if (Number.isFinite(low)) next = Math.max(next, low + 1e-16 * Math.max(1e-12, Math.abs(low)));
    if (Number.isFinite(high)) next = Math.min(next, high - 1.2e-16 * Math.max(1e-12, Math.abs(high)));
    if (!(next > low && next < high)) next = sides.value[i] ?? 0;
    sides.value[i] = next;
    if ((sides.onLow[i] ?? 0) > 0)
      sides.onLow[i] = Math.max(1e-300, (sides.onLow[i] ?? 0) + alpha * (moves.onLow[i] ?? 0));
    if ((sides.onHigh[i] ?? 0) > 0) {
      sides.onHigh[i] = Math.max(1e-300, (sides.onHigh[i] ?? 0) + alpha * (moves.onHigh[i] ?? 0));
    }
  }
}

const largest = (values: Float64Array): number => {
  let most = 0;
  for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i] ?? 0));
  return most;
};

/** Dense symmetric product over the Hessian block, flattened once. */
function hessianProduct(flat: Float64Array, order: number, x: Float64Array, out: Float64Array): void {
  for (let i = 0; i < order; i++) {
    let even = 0;
    let odd = 0;
    let k = 0;
    const row = i * order;
    for (; k + 1 < order; k += 2) {
      even += (flat[row + k] ?? 0) * (x[k] ?? 0);
      odd += (flat[row + k + 1] ?? 0) * (x[k + 1] ?? 0);
    }
    if (k < order) even += (flat[row + k] ?? 0) * (x[k] ?? 0);
    out[i] = (out[i] ?? 0) + even + odd;
  }
}

/** The point with values that are a rounding away from a pressing bound put on it, so that a zero weight is zero. */
function snapped(sides: Sides): Float64Array {
  return sides.value.map((value, i) => {
    if ((sides.onLow[i] ?? 0) > 0 && lowRoom(sides, i) < Math.min(1e-13, sides.onLow[i] ?? 0))
      return sides.low[i] ?? value;
    if ((sides.onHigh[i] ?? 0) > 0 && highRoom(sides, i) < Math.min(1e-13, sides.onHigh[i] ?? 0))
      return sides.high[i] ?? value;
    return value;
  });
}

/** Never throws: an infeasible programme ends in a point that fails its certificate. */
export function solveInterior(programme: ConvexProgramme): InteriorPoint {
  const columns = programme.cost.length;
  const rowCount = programme.rows.length;
  const order = programme.hessian?.length ?? 0;
  const flat = new Float64Array(order * order);
  programme.hessian?.forEach((row, i) => {
    for (let j = 0; j < order; j++) flat[i * order + j] = row[j] ?? 0;
  });
  // The objective in units of its largest coefficient: residuals, products and tolerances are then comparable.
  const unit = Math.max(largest(programme.cost), largest(flat)) || 1;
  for (let k = 0; k < flat.length; k++) flat[k] = (flat[k] ?? 0) / unit;
  const cost = programme.cost.map((c) => c / unit);

  const x = startInside(programme.lower, programme.upper, columns);
  const s = startInside(programme.rowLower, programme.rowUpper, rowCount);
  const y = new Float64Array(rowCount);
  const system = new NewtonSystem(programme, flat, x.isActive);
  const isMoving = x.isActive;

  const dual = new Float64Array(columns);
  const primal = new Float64Array(rowCount);
  const diagonal = new Float64Array(columns);
  const softness = new Float64Array(rowCount);
  const right = new Float64Array(columns);
  const rightRows = new Float64Array(rowCount);
  const rowPull = new Float64Array(rowCount);
  const dy = new Float64Array(rowCount);
  let best = { merit: Number.POSITIVE_INFINITY, x: snapped(x), y: y.slice() };
  let idleRounds = 0;

  const residuals = (): void => {
    for (let j = 0; j < columns; j++) dual[j] = cost[j] ?? 0;
    hessianProduct(flat, order, x.value, dual);
    for (let i = 0; i < rowCount; i++) {
      const row = programme.rows[i];
      if (row === undefined) continue;
      let activity = 0;
      for (let e = 0; e < row.indices.length; e++) {
        const j = row.indices[e] ?? 0;
        const value = row.values[e] ?? 0;
        activity += value * (x.value[j] ?? 0);
        dual[j] = (dual[j] ?? 0) - value * (y[i] ?? 0);
      }
      primal[i] = (s.value[i] ?? 0) - activity;
    }
    for (let j = 0; j < columns; j++) {
      dual[j] = isMoving[j] === 1 ? -((dual[j] ?? 0) - (x.onLow[j] ?? 0) + (x.onHigh[j] ?? 0)) : 0;
    }
  };

  /** Solves for the moves at a wanted complementarity. */
  const direction = (
    target: number,
    predictedX: Moves | null,
    predictedS: Moves | null,
    mx: Moves,
    ms: Moves,
  ): void => {
    for (let j = 0; j < columns; j++) {
      right[j] = isMoving[j] === 1 ? (dual[j] ?? 0) + pull(x, j, target, predictedX) : 0;
    }
    for (let i = 0; i < rowCount; i++) {
      if (s.isActive[i] === 1) {
        const rowDual = -((y[i] ?? 0) - (s.onLow[i] ?? 0) + (s.onHigh[i] ?? 0));
        rowPull[i] = rowDual + pull(s, i, target, predictedS);
        rightRows[i] = (primal[i] ?? 0) + (rowPull[i] ?? 0) * (softness[i] ?? 0);
      } else rightRows[i] = primal[i] ?? 0;
    }
    system.solve(right, rightRows, mx.value, dy);
    for (let i = 0; i < rowCount; i++) {
      ms.value[i] = s.isActive[i] === 1 ? ((rowPull[i] ?? 0) - (dy[i] ?? 0)) * (softness[i] ?? 0) : 0;
    }
    completeMoves(x, mx, target, predictedX);
    completeMoves(s, ms, target, predictedS);
  };

  const mx = noMoves(columns);
  const ms = noMoves(rowCount);
  const px = noMoves(columns);
  const ps = noMoves(rowCount);
  let round = 0;
  for (; round < MAX_ROUNDS; round++) {
    residuals();
    const cx = complementarity(x);
    const cs = complementarity(s);
    const count = cx.count + cs.count;
    const mu = count > 0 ? (cx.total + cs.total) / count : 0;
    const merit = Math.max(largest(primal), largest(dual), cx.total + cs.total);
    if (merit < 0.9 * best.merit) idleRounds = 0;
    else idleRounds++;
    if (merit < best.merit) best = { merit, x: snapped(x), y: y.slice() };
    if (!(merit > DONE) || idleRounds > PATIENCE || !Number.isFinite(merit)) break;

    for (let j = 0; j < columns; j++) diagonal[j] = isMoving[j] === 1 ? stiffness(x, j) : 1;
    for (let i = 0; i < rowCount; i++) softness[i] = s.isActive[i] === 1 ? 1 / Math.max(stiffness(s, i), 1e-100) : 0;
    if (!system.factorize(diagonal, softness)) break;
    direction(0, null, null, px, ps);
    const affine = Math.min(1, longestStep(x, px), longestStep(s, ps));
    const after = complementarity(x, affine, px).total + complementarity(s, affine, ps).total;
    const centring = count > 0 && mu > 0 ? Math.min(1, (after / count / mu) ** 3) : 0;
    direction(centring * mu, px, ps, mx, ms);
    const step = Math.min(1, 0.995 * Math.min(longestStep(x, mx), longestStep(s, ms)));
    advance(x, mx, step);
    advance(s, ms, step);
    for (let i = 0; i < rowCount; i++) y[i] = (y[i] ?? 0) + step * (dy[i] ?? 0);
  }
  return { x: best.x, multipliers: best.y.map((value) => value * unit), rounds: round };
}

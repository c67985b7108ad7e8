/**
 * A lower bound on a convex programme, computed from any point and any row multipliers. The solver's word is not needed:
 * for convex f, f(x) >= f(x0) + f'(x0)(x - x0), and the minimum of that line over the constraints is at least its
 * Lagrangian, which separates over box-bounded variables. Wrong multipliers give a weak bound, never a false one.
 */

/** minimise 1/2 x'Qx + c'x subject to rowLower <= Ax <= rowUpper, lower <= x <= upper (finite). */
export interface ConvexProgramme {
  readonly cost: Float64Array;
  /** Dense symmetric block over the first columns; null for a linear programme. */
  readonly hessian: readonly (readonly number[])[] | null;
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  readonly rowLower: Float64Array;
  readonly rowUpper: Float64Array;
  readonly rows: readonly { readonly indices: readonly number[]; readonly values: readonly number[] }[];
}

/** Q x over all columns. */
export function curvature(programme: ConvexProgramme, x: ArrayLike<number>): Float64Array {
  const out = new Float64Array(programme.cost.length);
  programme.hessian?.forEach((row, i) => {
    let total = 0;
    for (let j = 0; j < row.length; j++) total += (row[j] ?? 0) * (x[j] ?? 0);
    out[i] = total;
  });
  return out;
}

export function objectiveAt(programme: ConvexProgramme, x: ArrayLike<number>): number {
  const qx = curvature(programme, x);
  let total = 0;
  for (let j = 0; j < programme.cost.length; j++) {
    total += (programme.cost[j] ?? 0) * (x[j] ?? 0) + 0.5 * (qx[j] ?? 0) * (x[j] ?? 0);
  }
  return total;
}

export function gradientAt(programme: ConvexProgramme, x: ArrayLike<number>): Float64Array {
  return curvature(programme, x).map((value, j) => value + (programme.cost[j] ?? 0));
}

/** Largest violation of a bound or row, in the programme's own units. */
export function infeasibility(programme: ConvexProgramme, x: ArrayLike<number>): number {
  let worst = 0;
  for (let j = 0; j < programme.cost.length; j++) {
    const value = x[j] ?? Number.NaN;
    worst = Math.max(worst, (programme.lower[j] ?? 0) - value, value - (programme.upper[j] ?? 0));
  }
  programme.rows.forEach((row, i) => {
    let activity = 0;
    row.indices.forEach((column, k) => {
      activity += (row.values[k] ?? 0) * (x[column] ?? 0);
    });
    worst = Math.max(worst, (programme.rowLower[i] ?? 0) - activity, activity - (programme.rowUpper[i] ?? 0));
  });
  return worst;
}

/** The best objective that any feasible point could have, at the least. */
export function lowerBound(programme: ConvexProgramme, x: ArrayLike<number>, multipliers: ArrayLike<number>): number {
  const reduced = gradientAt(programme, x);
  let bound = 0;
  // f(x0) - f'(x0) x0 = -1/2 x0'Q x0
  const qx = curvature(programme, x);
  for (let j = 0; j < reduced.length; j++) bound -= 0.5 * (qx[j] ?? 0) * (x[j] ?? 0);
  programme.rows.forEach((row, i) => {
    const y = multipliers[i] ?? 0;
    const side = y > 0 ? programme.rowLower[i] : programme.rowUpper[i];
    // A multiplier that pushes against a side that does not exist has no finite bound: drop it.
    if (y === 0 || side === undefined || !Number.isFinite(side)) return;
    bound += y * side;
    row.indices.forEach((column, k) => {
      reduced[column] = (reduced[column] ?? 0) - y * (row.values[k] ?? 0);
    });
  });
  for (let j = 0; j < reduced.length; j++) {
    const slope = reduced[j] ?? 0;
    bound += slope > 0 ? slope * (programme.lower[j] ?? 0) : slope * (programme.upper[j] ?? 0);
  }
  return bound;
}

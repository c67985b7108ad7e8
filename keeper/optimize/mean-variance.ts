/** Markowitz programmes (convex QP): utility, least variance for a return, greatest return. */
import { dot } from "../math/statistics.ts";
import { addCommonConstraints, addReturnFloor, ProgrammeBuilder } from "./programme.ts";
import type { Optimum, Solver } from "./solver.ts";
import type { Universe } from "./universe.ts";

/** An optimum with its objective back in units of return. */
export interface Solved {
  readonly weights: readonly number[];
  readonly primal: number;
  readonly dual: number;
  readonly gap: number;
}

/** Weights without the rounding dust outside their bounds, and the objective in its own unit. */
export function toSolved(universe: Universe, optimum: Optimum, scale: number): Solved {
  const weights = universe.ids.map((_, i) =>
    Math.min(universe.upper[i] ?? 0, Math.max(universe.lower[i] ?? 0, optimum.x[i] ?? Number.NaN)),
  );
  return { weights, primal: optimum.primal * scale, dual: optimum.dual * scale, gap: optimum.gap };
}

export const portfolioVariance = (universe: Universe, weights: readonly number[]): number =>
  dot(
    universe.covariance.map((row) => dot(row, weights)),
    weights,
  );

/** Largest magnitude, or 1 when all are zero: dividing by it makes the programme's numbers of order one. */
export function magnitude(values: readonly number[]): number {
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return largest > 0 ? largest : 1;
}

/** Minimises -mu'w + gamma/2 w'Sigma w + weighted cost: the certificate's objective is the negated utility. */
export function maximizeUtility(universe: Universe, solver: Solver, riskAversion: number): Solved {
  const diagonal = universe.covariance.map((row, i) => riskAversion * (row[i] ?? 0));
  const costs = [...universe.enter, ...universe.exit].map((cost) => universe.costWeight * cost);
  const scale = magnitude([...universe.mu, ...diagonal, ...costs]);
  const builder = new ProgrammeBuilder();
  const trades = addCommonConstraints(builder, universe);
  for (const [i, value] of universe.mu.entries()) builder.setCost(i, -value / scale);
  for (const [column, cost] of trades.priced) builder.setCost(column, (universe.costWeight * cost) / scale);
  const hasCurvature = diagonal.some((value) => value > 0);
  const hessian = universe.covariance.map((row) => row.map((value) => (riskAversion * value) / scale));
  return toSolved(universe, solver.minimize(builder.build(hasCurvature ? hessian : null)), scale);
}

/** Least 1/2 w'Sigma w with a net return of at least `floor`; without a floor when it is null. */
export function minimizeVariance(universe: Universe, solver: Solver, floor: number | null): Solved {
  const scale = magnitude(universe.covariance.map((row, i) => row[i] ?? 0));
  const builder = new ProgrammeBuilder();
  const trades = addCommonConstraints(builder, universe);
  if (floor !== null) addReturnFloor(builder, universe, trades, floor, magnitude(universe.mu));
  const hessian = universe.covariance.map((row) => row.map((value) => value / scale));
  // Variance is of order one only for concentrated weights; a tenth keeps the relative gap meaningful for spread ones.
  return toSolved(universe, solver.minimize(builder.build(hessian), 1e-3), scale);
}

/** The greatest reachable return net of weighted cost. */
export const maximizeReturn = (universe: Universe, solver: Solver): Solved => maximizeUtility(universe, solver, 0);

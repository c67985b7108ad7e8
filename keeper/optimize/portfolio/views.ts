/**
 * Black and Litterman (1992), in the form of He and Litterman (1999): returns that make the market portfolio optimal, bent by
 * views P r = q with uncertainty Omega. Posterior mean pi + tau S P'(P tau S P' + Omega)^-1 (q - P pi).
 */
import { requireBetween, requireFinite, requireInside } from "../../math/checks.ts";
import { factorize, solveFactored } from "../../math/cholesky.ts";
import { DimensionMismatchError } from "../../math/errors.ts";
import { dot } from "../../math/statistics.ts";
import { ViewsSingularError } from "./errors.ts";

export interface View {
  /** Weights of the assets the view is about; +1 and -1 for "this one by so much more than that one". */
  readonly weights: readonly number[];
  readonly expected: number;
  /** Variance of the view's error; null takes tau P S P', He and Litterman's choice. */
  readonly variance: number | null;
}

export interface Posterior {
  readonly mean: readonly number[];
  /** Covariance of returns including what is not known about their mean. */
  readonly covariance: readonly (readonly number[])[];
  /** Returns at which the market portfolio is optimal. */
  readonly equilibrium: readonly number[];
}

type Rows = readonly (readonly number[])[];

/** Share of a view's variance below which what the other views leave of it is rounding. */
const SPENT = 1e-12;

/** A pivot is what is left of a view's variance once the views before it are known. */
const isPivot = (factor: Float64Array, system: Float64Array, k: number, a: number): boolean =>
  (factor[a * k + a] ?? 0) ** 2 > SPENT * (system[a * k + a] ?? 0);

/** The first view that adds nothing to those before it. */
function firstSpent(system: Float64Array, k: number): number {
  for (let a = 0; a < k; a++) {
    const leading = system.slice();
    if (!(factorize(leading, a + 1, k) && isPivot(leading, system, k, a))) return a;
  }
  return 0;
}

/**
 * @throws {DimensionMismatchError | SampleNotFiniteError | ParameterOutOfRangeError}
 * @throws {ViewsSingularError} for views that say nothing of their own.
 */
export function blackLitterman(
  covariance: Rows,
  market: readonly number[],
  riskAversion: number,
  tau: number,
  views: readonly View[],
): Posterior {
  const n = market.length;
  if (covariance.length !== n) throw new DimensionMismatchError("covariance", n, covariance.length);
  requireFinite("market weights", market);
  for (const row of covariance) {
    if (row.length !== n) throw new DimensionMismatchError("covariance row", n, row.length);
    requireFinite("covariance row", row);
  }
  requireInside("tau", tau, 0, 10);
  requireInside("risk aversion", riskAversion, 0, 1e9);
  const equilibrium = covariance.map((row) => riskAversion * dot(row, market));
  const k = views.length;
  for (const view of views) {
    if (view.weights.length !== n) throw new DimensionMismatchError("view", n, view.weights.length);
    requireFinite("view", [...view.weights, view.expected]);
    if (view.variance !== null) requireBetween("variance of a view", view.variance, 0, Number.MAX_VALUE);
  }
  // tau S P', one vector per view
  const reach = views.map((view) => covariance.map((row) => tau * dot(row, view.weights)));
  const system = new Float64Array(k * k);
  views.forEach((view, a) => {
    reach.forEach((vector, b) => {
      system[a * k + b] = dot(view.weights, vector);
    });
    const implied = system[a * k + a] ?? 0;
    system[a * k + a] = implied + (view.variance ?? implied);
  });
  const given = system.slice();
  const isRegular = factorize(system, k) && views.every((_, a) => isPivot(system, given, k, a));
  if (!isRegular) throw new ViewsSingularError(firstSpent(given, k));
  const surprise = Float64Array.from(views, (view) => view.expected - dot(view.weights, equilibrium));
  solveFactored(system, surprise, k);
  const mean = equilibrium.map(
    (value, i) => value + reach.reduce((total, vector, a) => total + (vector[i] ?? 0) * (surprise[a] ?? 0), 0),
  );
  const gains = Array.from({ length: n }, (_, j) => {
    const column = Float64Array.from(reach, (vector) => vector[j] ?? 0);
    solveFactored(system, column, k);
    return column;
  });
  const posterior = covariance.map((row, i) =>
    row.map(
      (value, j) =>
        value + tau * value - reach.reduce((total, vector, a) => total + (vector[i] ?? 0) * (gains[j]?.[a] ?? 0), 0),
    ),
  );
  return { mean, covariance: posterior, equilibrium };
}

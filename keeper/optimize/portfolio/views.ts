/**
 * Black and Litterman (1992), in the form of He and Litterman (1999): returns that make the market portfolio optimal, bent by
 * views P r = q with uncertainty Omega. Posterior mean pi + tau S P'(P tau S P' + Omega)^-1 (q - P pi).
 */
import { requireFinite, requireInside } from "../../math/checks.ts";
import { factorize, solveFactored } from "../../math/cholesky.ts";
import { DimensionMismatchError, NotPositiveSemidefiniteError } from "../../math/errors.ts";
import { dot } from "../../math/statistics.ts";

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
  requireInside("tau", tau, 0, 10);
  requireInside("risk aversion", riskAversion, 0, 1e9);
  const equilibrium = covariance.map((row) => riskAversion * dot(row, market));
  const k = views.length;
  for (const view of views) {
    if (view.weights.length !== n) throw new DimensionMismatchError("view", n, view.weights.length);
    requireFinite("view", [...view.weights, view.expected]);
  }
  // tau S P', one vector per view
  const reach = views.map((view) => covariance.map((row) => tau * dot(row, view.weights)));
  const system = new Float64Array(k * k);
  views.forEach((view, a) => {
    reach.forEach((vector, b) => {
      system[a * k + b] = dot(view.weights, vector);
    });
    const own = system[a * k + a] ?? 0;
    system[a * k + a] = own + (view.variance ?? own);
  });
  if (!factorize(system, k)) throw new NotPositiveSemidefiniteError(Math.min(...system), Math.max(...system));
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

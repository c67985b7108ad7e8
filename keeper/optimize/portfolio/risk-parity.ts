/**
 * Risk parity: weights whose shares of the variance are the given budgets. Minimising 1/2 x'Sx - sum b_i ln x_i (Spinu 2013)
 * has the unique solution x_i (Sx)_i = b_i; scaled to sum one it is the portfolio. Newton with a step that stays positive.
 */
import { requireFinite } from "../../math/checks.ts";
import { factorize, solveFactored } from "../../math/cholesky.ts";
import { DimensionMismatchError, EmptySampleError, ParameterOutOfRangeError } from "../../math/errors.ts";
import { dot, sum } from "../../math/statistics.ts";
import { NotConvergedError } from "../errors.ts";
import { RisklessError } from "./errors.ts";
import type { Portfolio } from "./problem.ts";

/** Largest relative difference between a share of the risk and its budget that we accept. */
const ACCEPTED = 1e-9;
/** Share of the assets' own variance below which a mix of them counts as riskless. */
const RISKLESS = 1e-9;

/** @param budgets shares of the risk, positive; equal when left out. */
export function riskParity(
  names: readonly string[],
  covariance: readonly (readonly number[])[],
  budgets: readonly number[] = names.map(() => 1 / names.length),
): Portfolio {
  const n = names.length;
  if (covariance.length !== n) throw new DimensionMismatchError("covariance", n, covariance.length);
  if (n === 0) throw new EmptySampleError("assets of a portfolio", 1, 0);
  if (budgets.length !== n) throw new DimensionMismatchError("risk budgets", n, budgets.length);
  covariance.forEach((row, i) => {
    if (row.length !== n) throw new DimensionMismatchError("covariance row", n, row.length);
    requireFinite("covariance row", row);
    const own = row[i] ?? 0;
    if (!(own > 0)) throw new RisklessError(names[i] ?? "", own);
  });
  budgets.forEach((budget, i) => {
    if (!(budget > 0 && budget < Number.POSITIVE_INFINITY))
      throw new ParameterOutOfRangeError(`risk budget of ${names[i]}`, budget, "above 0 and finite");
  });
  const whole = sum(budgets);
  const b = budgets.map((budget) => budget / whole);
  // Correlations instead of covariances: the same problem with every asset in units of its own risk.
  const deviation = covariance.map((row, i) => Math.sqrt(row[i] ?? 0));
  const rho = covariance.map((row, i) => row.map((value, j) => value / ((deviation[i] ?? 1) * (deviation[j] ?? 1))));
  let y = Float64Array.from(b, Math.sqrt);
  const objective = (at: Float64Array): number => {
    let total = 0;
    for (let i = 0; i < n; i++)
      total += 0.5 * (at[i] ?? 0) * dot(rho[i] ?? [], at) - (b[i] ?? 0) * Math.log(at[i] ?? 0);
    return total;
  };
  const missOf = (at: Float64Array): number =>
    b.reduce((most, budget, i) => Math.max(most, Math.abs(((at[i] ?? 0) * dot(rho[i] ?? [], at)) / budget - 1)), 0);
  let rounds = 0;
  for (; rounds < 200 && missOf(y) > 1e-14; rounds++) {
    const hessian = new Float64Array(n * n);
    const step = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      hessian.set(rho[i] ?? [], i * n);
      const at = y[i] ?? 1;
      hessian[i * n + i] = (hessian[i * n + i] ?? 0) + (b[i] ?? 0) / (at * at);
      step[i] = -(dot(rho[i] ?? [], y) - (b[i] ?? 0) / at);
    }
    if (!factorize(hessian, n)) break;
    const slope = step.slice();
    solveFactored(hessian, step, n);
    const decrement = -dot(slope, step);
    let length = 1;
    for (let i = 0; i < n; i++)
      if ((step[i] ?? 0) < 0) length = Math.min(length, (-0.99 * (y[i] ?? 0)) / (step[i] ?? 1));
    const start = objective(y);
    const before = missOf(y);
    let next = y;
    for (let k = 0; k < 60; k++) {
      next = y.map((value, i) => value + length * (step[i] ?? 0));
      // Near the end the objective's gain is less than its rounding, and only the equation tells the better point.
      if (objective(next) <= start + 1e-4 * length * decrement || missOf(next) < before) break;
      length /= 2;
    }
    y = next;
    if (before < 1e-12 && missOf(y) >= before) break;
  }
  const miss = missOf(y);
  if (!(miss <= ACCEPTED)) {
    // A mix without risk lets y grow along it without end: shares of nothing cannot be balanced.
    const size = sum(y);
    const left =
      Math.max(
        0,
        dot(
          rho.map((row) => dot(row, y)),
          y,
        ),
      ) /
      (size * size);
    if (left <= RISKLESS)
      throw new RisklessError("a mix of the assets", left, "Give more rows than assets, or a shrunk covariance.");
    throw new NotConvergedError(rounds, miss, 0);
  }
  const x = y.map((value, i) => value / (deviation[i] ?? 1));
  const total = sum(x);
  const weights = [...x].map((value) => value / total);
  const variance = dot(
    covariance.map((row) => dot(row, weights)),
    weights,
  );
  return {
    weights,
    objective: Math.sqrt(variance),
    // What is certified is the equation that defines the portfolio: share of risk over budget, less one.
    certificate: { primal: miss, dual: 0, gap: miss, infeasibility: Math.abs(sum(weights) - 1) },
    method: "newton on the log barrier",
    rounds,
  };
}

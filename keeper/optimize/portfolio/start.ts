/** Where the tail objectives begin: the least-variance portfolio of the sample, or any that keeps the limits. */
import { solveBoxQuadratic } from "../../math/box-quadratic.ts";
import type { Solver } from "../solver.ts";
import { commonProgramme, isSoundBox, type PortfolioProblem } from "./problem.ts";
import { covarianceOf, type Sample, thinnedBy } from "./sample.ts";

/** Observations that a start is estimated from, at most: its covariance is most of the cost of a fast solve. */
const ENOUGH = 500;

/** Fewer observations than four to an asset would make the covariance itself poor. */
const enoughOf = (sample: Sample): Sample =>
  thinnedBy(sample, Math.max(1, Math.floor(sample.size / Math.max(ENOUGH, 4 * sample.assets))));

/** @throws {InfeasibleError} when the limits contradict each other. */
export const startingWeights = (problem: PortfolioProblem, solver: Solver, sample: Sample): Float64Array =>
  startFrom(problem, solver, covarianceOf(sample));

/** The same from part of a large sample: for methods whose rounds are cheap beside its covariance. */
export const roughStart = (problem: PortfolioProblem, solver: Solver, sample: Sample): Float64Array =>
  startFrom(problem, solver, covarianceOf(enoughOf(sample)));

function startFrom(problem: PortfolioProblem, solver: Solver, matrix: Float64Array): Float64Array {
  const n = problem.names.length;
  let largest = 0;
  for (let i = 0; i < n; i++) largest = Math.max(largest, matrix[i * n + i] ?? 0);
  if (largest === 0) largest = 1;
  for (let k = 0; k < matrix.length; k++) matrix[k] = (matrix[k] ?? 0) / largest;
  // A sample shorter than the number of assets has a singular covariance; a start needs no exactness.
  for (let i = 0; i < n; i++) matrix[i * n + i] = (matrix[i * n + i] ?? 0) + 1e-6;
  if (isSoundBox(problem)) {
    const lower = Float64Array.from(problem.lower);
    const upper = Float64Array.from(problem.upper);
    const found = solveBoxQuadratic({ matrix, cost: new Float64Array(n), lower, upper, budget: 1 });
    if (found !== null) return found.x;
  }
  const hessian = Array.from({ length: n }, (_, i) => [...matrix.subarray(i * n, (i + 1) * n)]);
  return solver.minimize(commonProgramme(problem).build(hessian), 1e-3).x.slice(0, n);
}

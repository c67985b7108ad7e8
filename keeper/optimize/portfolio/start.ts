/** Where the tail objectives begin: the least-variance portfolio of the sample, or any that keeps the limits. */
import { solveBoxQuadratic } from "../../math/box-quadratic.ts";
import type { Solver } from "../solver.ts";
import { commonProgramme, isSoundBox, type PortfolioProblem } from "./problem.ts";
import { covarianceOf, lossesOf, type Sample, secondMoments } from "./sample.ts";

/** Share of the observations that a start for the far tail is estimated from. */
const WORST = 0.1;
/** Observations for each asset, at least: fewer would make the moments themselves poor. */
const PER_ASSET = 2;

/** @throws {InfeasibleError} when the limits contradict each other. */
export const startingWeights = (problem: PortfolioProblem, solver: Solver, sample: Sample): Float64Array =>
  startFrom(problem, solver, covarianceOf(sample));

/**
 * Least second moment over the days on which equal weights lost most: nearer to the optimum of a far tail than the least variance
 * of all days, and at a tenth of its cost.
 * @throws {InfeasibleError} when the limits contradict each other.
 */
export function tailStart(problem: PortfolioProblem, solver: Solver, sample: Sample): Float64Array {
  const { size, assets: n } = sample;
  const losses = lossesOf(sample, new Float64Array(n).fill(1 / n), new Float64Array(size));
  const kept = Math.min(size, Math.max(Math.ceil(WORST * size), PER_ASSET * n));
  const cut = losses.slice().sort()[size - kept] ?? Number.NEGATIVE_INFINITY;
  const matrix = secondMoments(sample, new Float64Array(n), (s) => (losses[s] ?? 0) >= cut);
  return startFrom(problem, solver, matrix);
}

function startFrom(problem: PortfolioProblem, solver: Solver, matrix: Float64Array): Float64Array {
  const n = problem.names.length;
  let largest = 0;
  for (let i = 0; i < n; i++) largest = Math.max(largest, matrix[i * n + i] ?? 0);
  if (!(largest > 0)) largest = 1;
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

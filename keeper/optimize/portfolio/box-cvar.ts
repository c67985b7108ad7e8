/**
 * Least CVaR where box limits are all there is: the simplex of `math/tail-simplex` and a proof that does not need its word.
 * CVaR(v) >= E_q[-Rv] for tail weights q of at most 1 / (alpha S) each, so the cheapest mix of E_q[-R] bounds every portfolio.
 */
import { conditionalValueAtRisk, tailCount } from "../../math/risk-measures.ts";
import { solveTail } from "../../math/tail-simplex.ts";
import type { Solver } from "../solver.ts";
import { cheapestMix, type Portfolio, type PortfolioProblem, violation } from "./problem.ts";
import { lossesOf, type Sample, unitNear } from "./sample.ts";
import { tailStart } from "./start.ts";

/** What is not proven this closely goes to the linear programme. */
const GAP = 1e-10;
const OFF = 1e-12;
/** Pivots for each asset, and a constant, before the walk counts as lost. */
const PER_ASSET = 30;
const AT_LEAST = 200;

/** Tail weights mixed with uniform ones until none is above its share: rounding must not prove too much. */
function insideTail(q: Float64Array, tail: number): Float64Array {
  const total = q.reduce((all, share) => all + share, 0);
  const most = q.reduce((largest, share) => Math.max(largest, share), 0) / total;
  const mixed = most * tail > 1 && q.length > tail ? (most * tail - 1) / (most * tail - tail / q.length) : 0;
  return q.map((share) => ((1 - mixed) * share) / total + mixed / q.length);
}

/** @returns null when the walk ends without a proof: degenerate samples. */
export function leastCvarOfBox(
  problem: PortfolioProblem,
  solver: Solver,
  sample: Sample,
  beta: number,
): Portfolio | null {
  const { values, size, assets, unit } = sample;
  const tail = Math.max(1, tailCount(size, beta));
  const losses = values.map((value) => -value / unit);
  const start = tailStart(problem, solver, sample);
  const { lower, upper } = problem;
  const most = AT_LEAST + PER_ASSET * assets;
  const found = solveTail({ losses, size, assets, lower, upper, tail }, start, most);
  if (found === null) return null;
  const weights = found.weights.map((w, i) => Math.min(upper[i] ?? 0, Math.max(lower[i] ?? 0, w)));
  const q = insideTail(found.tailWeights, tail);
  const slopes = new Float64Array(assets);
  for (let s = 0; s < size; s++) {
    const share = q[s] ?? 0;
    if (share === 0) continue;
    for (let i = 0; i < assets; i++) slopes[i] = (slopes[i] ?? 0) + share * (losses[s * assets + i] ?? 0);
  }
  const bound = cheapestMix(slopes, problem);
  if (bound === null) return null;
  const returns = lossesOf(sample, weights, new Float64Array(size)).map((loss) => -loss);
  const primal = conditionalValueAtRisk(returns, beta);
  const dual = bound.value * unit;
  const infeasibility = violation(problem, weights);
  // An optimum near zero is measured by the returns it is made of.
  const least = 1e-3 * unitNear(sample, start);
  if (!(primal - dual <= GAP * Math.max(Math.abs(primal), least) && infeasibility <= OFF)) return null;
  return {
    weights: [...weights],
    objective: primal,
    certificate: { primal, dual, gap: (primal - dual) / (Math.abs(primal) || 1), infeasibility },
    method: "simplex over the kinks of the tail",
    rounds: found.pivots,
  };
}

/** The efficient frontier: least risk for net returns spread evenly between the safest and the best-paid portfolio. */
import type { FrontierPoint } from "../kernel/artifacts.ts";
import { conditionalValueAtRisk } from "../math/risk-measures.ts";
import { portfolioReturns } from "../math/statistics.ts";
import type { OptimizeConfig } from "./config.ts";
import { maximizeReturn, minimizeVariance, portfolioVariance, type Solved } from "./mean-variance.ts";
import { minimizeCvar } from "./min-cvar.ts";
import { netReturn } from "./programme.ts";
import type { Solver } from "./solver.ts";
import type { Universe } from "./universe.ts";

/** Risk in the frontier's unit: standard deviation or CVaR of the horizon loss. */
export function riskOf(universe: Universe, config: OptimizeConfig, weights: readonly number[]): number {
  return config.objective === "mean-variance"
    ? Math.sqrt(Math.max(0, portfolioVariance(universe, weights)))
    : conditionalValueAtRisk(portfolioReturns(universe.scenarios, weights), config.beta);
}

/** Least risk at a net return of at least `floor`. */
export function leastRisk(universe: Universe, solver: Solver, config: OptimizeConfig, floor: number | null): Solved {
  return config.objective === "mean-variance"
    ? minimizeVariance(universe, solver, floor)
    : minimizeCvar(universe, solver, config.beta, floor);
}

/** Net return between the safest portfolio (share 0) and the best-paid one (share 1). */
export function returnRange(universe: Universe, solver: Solver, config: OptimizeConfig): (share: number) => number {
  const safest = netReturn(universe, leastRisk(universe, solver, config, null).weights);
  const best = netReturn(universe, maximizeReturn(universe, solver).weights);
  // Both ends carry the solver's rounding; a floor at the very top would be infeasible by an ulp.
  const slack = 1e-9 * Math.max(Math.abs(best), Math.abs(safest));
  return (share) => Math.min(safest + share * (best - safest), best - slack);
}

export function traceFrontier(universe: Universe, solver: Solver, config: OptimizeConfig): FrontierPoint[] {
  if (config.frontierPoints === 0) return [];
  const at = returnRange(universe, solver, config);
  return Array.from({ length: config.frontierPoints }, (_, k) => {
    const { weights } = leastRisk(universe, solver, config, at(k / (config.frontierPoints - 1)));
    return { expectedReturn: netReturn(universe, weights), risk: riskOf(universe, config, weights) };
  });
}

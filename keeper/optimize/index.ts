/** optimize: forecast and constraints in, target allocation with its own certificate out. */
import type { AllocationConstraints, ForecastSet, TargetAllocation } from "../kernel/artifacts.ts";
import { dot, sum } from "../math/statistics.ts";
import { checkOptimizeConfig, type OptimizeConfig } from "./config.ts";
import { InfeasibleError } from "./errors.ts";
import { leastRisk, returnRange, riskOf, traceFrontier } from "./frontier.ts";
import { maximizeUtility, type Solved } from "./mean-variance.ts";
import { linearCost } from "./programme.ts";
import { Solver } from "./solver.ts";
import { buildUniverse, type Universe } from "./universe.ts";

export { DEFAULT_OPTIMIZE_CONFIG, type OptimizeConfig } from "./config.ts";

function solve(universe: Universe, solver: Solver, config: OptimizeConfig): Solved {
  if (config.objective === "mean-variance") return maximizeUtility(universe, solver, config.riskAversion);
  const floor = config.minimumNetReturn ?? returnRange(universe, solver, config)(config.returnFloorShare);
  return leastRisk(universe, solver, config, floor);
}

/** The universe with strategies pinned whose move is too small to be made or to pay the gas of its own leg. */
function pinSmallMoves(universe: Universe, weights: readonly number[], minimum: number): Universe | null {
  const isSmall = universe.ids.map((_, i) => {
    const start = universe.current[i] ?? 0;
    const move = Math.abs((weights[i] ?? 0) - start);
    const mayStay = start >= (universe.lower[i] ?? 0) && start <= (universe.upper[i] ?? 0);
    return move > 0 && move < minimum && mayStay;
  });
  if (!isSmall.includes(true)) return null;
  const pin = (bounds: readonly number[]): number[] =>
    bounds.map((bound, i) => (isSmall[i] === true ? (universe.current[i] ?? bound) : bound));
  return { ...universe, lower: pin(universe.lower), upper: pin(universe.upper) };
}

/**
 * The smallest move that can earn the gas of its leg: moving one unit gains at most the spread of expected returns.
 * Fixed charges make the exact problem combinatorial; this drops the legs that cannot pay under any allocation.
 */
function smallestUsefulMove(universe: Universe, legShare: number, config: OptimizeConfig): number {
  const spread = Math.max(...universe.mu, 0) - Math.min(...universe.mu, 0);
  const paying = spread > 0 ? (universe.costWeight * legShare) / spread : 0;
  return Math.max(config.minimumMove, Math.min(paying, 1));
}

function solveWithoutSmallMoves(universe: Universe, solver: Solver, config: OptimizeConfig, legShare: number): Solved {
  const minimum = smallestUsefulMove(universe, legShare, config);
  let solved = solve(universe, solver, config);
  let pinned: Universe | null = universe;
  // Each round pins at least one more strategy, so this ends.
  for (;;) {
    pinned = pinSmallMoves(pinned, solved.weights, minimum);
    if (pinned === null) return solved;
    try {
      solved = solve(pinned, solver, config);
    } catch (error) {
      // The small moves are forced by a cap or by the idle minimum: they are made.
      if (error instanceof InfeasibleError) return solved;
      throw error;
    }
  }
}

/**
 * The allocation with the best objective within the constraints.
 * @throws {InfeasibleError | UnboundedError | NotConvergedError} when there is none, no finite one, or none we can certify.
 */
export async function optimize(
  forecast: ForecastSet,
  constraints: AllocationConstraints,
  config: OptimizeConfig,
): Promise<TargetAllocation> {
  checkOptimizeConfig(config);
  const universe = buildUniverse(forecast, constraints, config);
  const solver = await Solver.load();
  const navFloat = Number(constraints.nav);
  const legShare = Number(constraints.legCost) / navFloat;
  const { weights, primal, dual, gap } = solveWithoutSmallMoves(universe, solver, config, legShare);

  const legs = weights.filter((weight, i) => Math.abs(weight - (universe.current[i] ?? 0)) > 1e-12).length;
  const gas = legs === 0 ? 0 : Number(constraints.fixedCost) / navFloat + legs * legShare;
  return {
    provenance: forecast.provenance,
    objective: config.objective,
    weights: universe.ids.map((id, i) => ({ id, weight: weights[i] ?? 0 })),
    idleWeight: 1 - sum(weights),
    horizonDays: forecast.horizonDays,
    expectedReturn: dot(universe.mu, weights),
    expectedCost: linearCost(universe, weights) + gas,
    currentReturn: dot(universe.mu, universe.current),
    status: "optimal",
    certificate: { primal, dual, gap },
    frontier: traceFrontier(universe, solver, config),
    risk: riskOf(universe, config, weights),
  };
}

/**
 * Least variance with at most so many positions, each of at least a size: branch and bound. A node allows, forces or forbids
 * each asset; its quadratic without the count is a bound, so what is returned is proven best, or its distance is stated.
 */
import { requireBetween, requireCount } from "../../math/checks.ts";
import { InfeasibleError } from "../errors.ts";
import type { Solver } from "../solver.ts";
import { TooManyCombinationsError } from "./errors.ts";
import { MeanVariance, type Rows } from "./mean-variance.ts";
import type { Portfolio, PortfolioProblem } from "./problem.ts";

export interface CardinalityLimit {
  readonly positions: number;
  /** Least size of a position that is held. */
  readonly leastSize: number;
  /** Nodes after which the search gives up. */
  readonly maxNodes: number;
}

interface Node {
  readonly forced: ReadonlySet<number>;
  readonly forbidden: ReadonlySet<number>;
  readonly bound: number;
  readonly weights: readonly number[];
}

const HELD = 1e-9;

export function leastVarianceOf(
  problem: PortfolioProblem,
  solver: Solver,
  covariance: Rows,
  limit: CardinalityLimit,
): Portfolio {
  const n = problem.names.length;
  requireCount("positions", limit.positions, 1);
  requireBetween("least size of a position", limit.leastSize, 0, 1);
  requireCount("maxNodes", limit.maxNodes, 1);
  let nodes = 0;
  let best: Portfolio | null = null;
  const solve = (forced: ReadonlySet<number>, forbidden: ReadonlySet<number>): Portfolio | null => {
    nodes++;
    const isFull = forced.size >= limit.positions;
    const out = (i: number): boolean => forbidden.has(i) || (isFull && !forced.has(i));
    const lower = problem.lower.map((low, i) => (out(i) ? 0 : forced.has(i) ? Math.max(low, limit.leastSize) : low));
    const upper = problem.upper.map((high, i) => (out(i) ? 0 : high));
    try {
      return new MeanVariance(
        { ...problem, lower, upper },
        solver,
        problem.names.map(() => 0),
        covariance,
      ).leastVariance();
    } catch (error) {
      if (error instanceof InfeasibleError) return null;
      throw error;
    }
  };
  const consider = (found: Portfolio): void => {
    const held = found.weights.filter((w) => w > HELD);
    const isAllowed = held.length <= limit.positions && held.every((w) => w >= limit.leastSize - 1e-12);
    if (isAllowed && (best === null || found.objective < best.objective)) best = found;
  };
  const bestValue = (): number => best?.objective ?? Number.POSITIVE_INFINITY;

  // What must be held takes a place from the start: leaving it out would break its own limit.
  const pinned = new Set([...problem.names.keys()].filter((i) => (problem.lower[i] ?? 0) > 0));
  if (pinned.size > limit.positions) {
    const held = [...pinned].map((i) => `weight of ${problem.names[i]} must be at least ${problem.lower[i]}`);
    throw new InfeasibleError(
      [`at most ${limit.positions} positions`, ...held],
      [{ constraint: "number of positions", by: pinned.size - limit.positions }],
    );
  }
  const small = [...pinned].filter((i) => (problem.upper[i] ?? 0) < limit.leastSize);
  if (small.length > 0) {
    const most = small.map((i) => `weight of ${problem.names[i]} must be held and at most ${problem.upper[i]}`);
    const by = limit.leastSize - Math.min(...small.map((i) => problem.upper[i] ?? 0));
    throw new InfeasibleError(
      [`positions of at least ${limit.leastSize} each`, ...most],
      [{ constraint: "least size of a position", by }],
    );
  }
  const root = solve(pinned, new Set());
  if (root === null)
    throw new InfeasibleError(["the limits together, even without a limit on the number of positions"]);
  const rootBound = root.certificate.dual;
  // A first answer: the largest positions of the unlimited portfolio, held alone.
  const largest = [...problem.names.keys()].sort(
    (a, b) => Number(pinned.has(b)) - Number(pinned.has(a)) || (root.weights[b] ?? 0) - (root.weights[a] ?? 0),
  );
  const first = solve(new Set(largest.slice(0, limit.positions)), new Set());
  if (first !== null) consider(first);
  let open: Node[] = [{ forced: pinned, forbidden: new Set(), bound: rootBound, weights: root.weights }];
  consider(root);
  while (open.length > 0) {
    open.sort((a, b) => b.bound - a.bound);
    const node = open.pop();
    if (node === undefined || node.bound >= bestValue() * (1 - 1e-12)) break;
    if (nodes > limit.maxNodes) throw new TooManyCombinationsError(nodes, 1 - node.bound / bestValue());
    let branch = -1;
    for (let i = 0; i < n; i++) {
      if (node.forced.has(i) || node.forbidden.has(i) || (node.weights[i] ?? 0) <= HELD) continue;
      if (branch < 0 || (node.weights[i] ?? 0) > (node.weights[branch] ?? 0)) branch = i;
    }
    if (branch < 0) continue;
    const children = [
      { forced: new Set([...node.forced, branch]), forbidden: node.forbidden },
      { forced: node.forced, forbidden: new Set([...node.forbidden, branch]) },
    ];
    for (const child of children) {
      const found = solve(child.forced, child.forbidden);
      if (found === null) continue;
      consider(found);
      if (found.certificate.dual < bestValue()) {
        open.push({ ...child, bound: Math.max(node.bound, found.certificate.dual), weights: found.weights });
      }
    }
    open = open.filter((other) => other.bound < bestValue());
  }
  const answer: Portfolio | null = best;
  if (answer === null) {
    throw new InfeasibleError([
      `at most ${limit.positions} positions of at least ${limit.leastSize} each, within the limits`,
    ]);
  }
  return finished(answer, nodes);
}

/** The search has ended: nothing undecided is below the answer. */
const finished = (answer: Portfolio, nodes: number): Portfolio => ({
  ...answer,
  method: "branch and bound",
  rounds: nodes,
});

/**
 * Least variance with at most so many positions, each of at least a size: branch and bound. A node allows, forces or forbids
 * each asset; its quadratic without the count is a bound, so what is returned is proven best, or its distance is stated.
 */
import { requireBetween, requireCount } from "../../math/checks.ts";
import { InfeasibleError } from "../errors.ts";
import type { Relaxation } from "../relaxation.ts";
import type { Solver } from "../solver.ts";
import { TooManyCombinationsError, UnsupportedLimitError } from "./errors.ts";
import { MeanVariance, type Rows } from "./mean-variance.ts";
import type { Portfolio, PortfolioProblem } from "./problem.ts";

export interface CardinalityLimit {
  /** Weights that are not zero, sold short or held. */
  readonly positions: number;
  /** Least size of a position that is held; above 0 without short positions only. */
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
/** Share of the least variance of an asset by which one of no risk at all may differ from another by rounding. */
const ROUNDING = 1e-12;
/** Halvings that find the largest size for which there is a portfolio. */
const HALVINGS = 30;

const isHeld = (weight: number): boolean => Math.abs(weight) > HELD;

/** One search, for one limit. */
class Search {
  readonly #problem: PortfolioProblem;
  readonly #solver: Solver;
  readonly #covariance: Rows;
  readonly #limit: CardinalityLimit;
  readonly #pinned: ReadonlySet<number>;
  readonly #room: number;
  nodes = 0;

  constructor(
    problem: PortfolioProblem,
    solver: Solver,
    covariance: Rows,
    limit: CardinalityLimit,
    pinned: ReadonlySet<number>,
  ) {
    this.#problem = problem;
    this.#solver = solver;
    this.#covariance = covariance;
    this.#limit = limit;
    this.#pinned = pinned;
    const variances = covariance.map((row, i) => row[i] ?? 0).filter((value) => value > 0);
    this.#room = ROUNDING * variances.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
  }

  /** @throws {InfeasibleError} when nothing keeps the limits and these choices. */
  solve(forced: ReadonlySet<number>, forbidden: ReadonlySet<number>): Portfolio {
    this.nodes++;
    const { names, lower: low, upper: high } = this.#problem;
    const isFull = forced.size >= this.#limit.positions;
    const out = (i: number): boolean => forbidden.has(i) || (isFull && !forced.has(i));
    const least = this.#limit.leastSize;
    const lower = low.map((value, i) => (out(i) ? 0 : forced.has(i) && least > 0 ? Math.max(value, least) : value));
    const upper = high.map((value, i) => (out(i) ? 0 : value));
    const problem = { ...this.#problem, lower, upper };
    return new MeanVariance(
      problem,
      this.#solver,
      names.map(() => 0),
      this.#covariance,
    ).leastVariance();
  }

  /** The same, or null; without a solve where the largest weights that so many positions may have do not reach the whole. */
  #attempt(forced: ReadonlySet<number>, forbidden: ReadonlySet<number>): Portfolio | null {
    const { upper } = this.#problem;
    const free = [...upper.keys()].filter((i) => !forced.has(i) && !forbidden.has(i));
    const largest = free.map((i) => Math.max(0, upper[i] ?? 0)).sort((a, b) => b - a);
    let most = 0;
    for (const i of forced) most += upper[i] ?? 0;
    for (const value of largest.slice(0, Math.max(0, this.#limit.positions - forced.size))) most += value;
    if (most < 1 - HELD) return null;
    try {
      return this.solve(forced, forbidden);
    } catch (error) {
      if (error instanceof InfeasibleError) return null;
      throw error;
    }
  }

  /**
   * @param isEnough true to take the first portfolio found.
   * @returns null when there is none.
   * @throws {TooManyCombinationsError}
   */
  run(root: Portfolio, isEnough = false): Portfolio | null {
    const { positions, leastSize, maxNodes } = this.#limit;
    const n = this.#problem.names.length;
    let best: Portfolio | null = null;
    const bestValue = (): number => best?.objective ?? Number.POSITIVE_INFINITY;
    // Where a riskless mix is the best, bounds differ from it by rounding only.
    const isOpen = (bound: number): boolean => bound < bestValue() * (1 - 1e-12) - this.#room || best === null;
    const consider = (found: Portfolio | null): void => {
      if (found === null) return;
      const held = found.weights.filter(isHeld);
      const isAllowed = held.length <= positions && held.every((w) => Math.abs(w) >= leastSize - 1e-12);
      if (isAllowed && found.objective < bestValue()) best = found;
    };
    consider(root);
    // A first answer: the largest positions of the unlimited portfolio, held alone.
    const size = (i: number): number => Math.abs(root.weights[i] ?? 0);
    const isPinned = (i: number): number => Number(this.#pinned.has(i));
    const largest = [...this.#problem.names.keys()].sort((a, b) => isPinned(b) - isPinned(a) || size(b) - size(a));
    consider(this.#attempt(new Set(largest.slice(0, positions)), new Set()));
    let open: Node[] = [
      { forced: this.#pinned, forbidden: new Set(), bound: root.certificate.dual, weights: root.weights },
    ];
    while (open.length > 0 && !(isEnough && best !== null)) {
      open.sort((a, b) => b.bound - a.bound);
      const node = open.pop();
      if (node === undefined || !isOpen(node.bound)) break;
      if (this.nodes > maxNodes) throw new TooManyCombinationsError(this.nodes, 1 - node.bound / bestValue());
      let branch = -1;
      for (let i = 0; i < n; i++) {
        const weight = Math.abs(node.weights[i] ?? 0);
        if (node.forced.has(i) || node.forbidden.has(i) || !isHeld(weight)) continue;
        if (branch < 0 || weight > Math.abs(node.weights[branch] ?? 0)) branch = i;
      }
      if (branch < 0) continue;
      const children = [
        { forced: new Set([...node.forced, branch]), forbidden: node.forbidden },
        { forced: node.forced, forbidden: new Set([...node.forbidden, branch]) },
      ];
      for (const child of children) {
        const found = this.#attempt(child.forced, child.forbidden);
        consider(found);
        if (found !== null && isOpen(found.certificate.dual))
          open.push({ ...child, bound: Math.max(node.bound, found.certificate.dual), weights: found.weights });
      }
      open = open.filter((other) => isOpen(other.bound));
    }
    return best === null ? null : this.#settled(best);
  }

  /** Solved once more with what is held alone: what is not held is then zero, and no remainder of a search direction. */
  #settled(found: Portfolio): Portfolio {
    const held = new Set([...found.weights.keys()].filter((i) => isHeld(found.weights[i] ?? 0)));
    const rest = new Set([...found.weights.keys()].filter((i) => !held.has(i)));
    const alone = this.#attempt(held, rest);
    return alone !== null && alone.objective <= found.objective * (1 + 1e-12) + this.#room ? alone : found;
  }
}

/** What must be held takes a place from the start: leaving it out would break its own limit. */
function pinnedOf({ names, lower, upper }: PortfolioProblem, { positions, leastSize }: CardinalityLimit): Set<number> {
  const pinned = [...names.keys()].filter((i) => (lower[i] ?? 0) > 0 || (upper[i] ?? 0) < 0);
  if (pinned.length > positions) {
    const held = pinned.map((i) =>
      (lower[i] ?? 0) > 0
        ? `weight of ${names[i]} must be at least ${lower[i]}`
        : `weight of ${names[i]} must be at most ${upper[i]}`,
    );
    throw new InfeasibleError(
      [`at most ${positions} positions`, ...held],
      [{ constraint: "number of positions", by: pinned.length - positions }],
    );
  }
  const small = pinned.filter((i) => (upper[i] ?? 0) < leastSize);
  if (leastSize > 0 && small.length > 0) {
    const most = small.map((i) => `weight of ${names[i]} must be held and at most ${upper[i]}`);
    const by = leastSize - Math.min(...small.map((i) => upper[i] ?? 0));
    throw new InfeasibleError(
      [`positions of at least ${leastSize} each`, ...most],
      [{ constraint: "least size of a position", by }],
    );
  }
  return new Set(pinned);
}

/**
 * @throws {InfeasibleError} with the fewest more positions, or else the largest size, for which there is a portfolio.
 * @throws {TooManyCombinationsError | UnsupportedLimitError | ParameterOutOfRangeError}
 */
export function leastVarianceOf(
  problem: PortfolioProblem,
  solver: Solver,
  covariance: Rows,
  limit: CardinalityLimit,
): Portfolio {
  requireCount("positions", limit.positions, 1);
  requireBetween("least size of a position", limit.leastSize, 0, 1);
  requireCount("maxNodes", limit.maxNodes, 1);
  if (limit.leastSize > 0 && problem.lower.some((low) => low < 0))
    throw new UnsupportedLimitError("least size of a position", "short positions");
  const pinned = pinnedOf(problem, limit);
  const search = (changed: CardinalityLimit): Search => new Search(problem, solver, covariance, changed, pinned);
  const own = search(limit);
  // Without a limit on their number: what contradicts itself here is named by the solver.
  const root = search({ ...limit, positions: problem.names.length }).solve(pinned, new Set());
  const found = own.run(root);
  if (found !== null) return { ...found, method: "branch and bound", rounds: own.nodes };
  const exists = (changed: CardinalityLimit): boolean => search(changed).run(root, true) !== null;
  throw new InfeasibleError(
    [
      `at most ${limit.positions} positions`,
      ...(limit.leastSize > 0 ? [`positions of at least ${limit.leastSize} each`] : []),
      "the limits on the weights",
    ],
    relaxationOf(limit, problem.names.length, exists),
  );
}

/** More positions when they help, else smaller ones, else both; empty when that cannot be told within the nodes allowed. */
function relaxationOf(
  limit: CardinalityLimit,
  assets: number,
  exists: (changed: CardinalityLimit) => boolean,
): readonly Relaxation[] {
  const morePositions = (leastSize: number): number | null => {
    for (let by = 1; limit.positions + by <= assets; by++)
      if (exists({ ...limit, leastSize, positions: limit.positions + by })) return by;
    return null;
  };
  try {
    const more = morePositions(limit.leastSize);
    if (more !== null) return [{ constraint: "number of positions", by: more }];
    const smaller = { constraint: "least size of a position", by: limit.leastSize };
    if (!exists({ ...limit, leastSize: 0 })) {
      const both = morePositions(0);
      return both === null ? [] : [{ constraint: "number of positions", by: both }, smaller];
    }
    let fits = 0;
    let fails = limit.leastSize;
    for (let k = 0; k < HALVINGS; k++) {
      const middle = (fits + fails) / 2;
      if (exists({ ...limit, leastSize: middle })) fits = middle;
      else fails = middle;
    }
    return [{ ...smaller, by: limit.leastSize - fits }];
  } catch (error) {
    if (error instanceof TooManyCombinationsError) return [];
    throw error;
  }
}

/** A fully invested portfolio under box, group and turnover limits: what every objective of this folder shares. */
import { requireBetween, requireCount, requireFinite } from "../../math/checks.ts";
import { DimensionMismatchError, EmptySampleError, ParameterOutOfRangeError } from "../../math/errors.ts";
import { ProgrammeBuilder } from "../programme.ts";

export interface GroupLimit {
  readonly name: string;
  readonly members: readonly number[];
  /** Least and greatest total weight of the members. */
  readonly lower: number;
  readonly upper: number;
}

export interface TurnoverLimit {
  /** Current weights. */
  readonly from: readonly number[];
  /** Greatest half-sum of |w - from|. */
  readonly limit: number;
}

export interface PortfolioProblem {
  readonly names: readonly string[];
  readonly lower: readonly number[];
  readonly upper: readonly number[];
  readonly groups: readonly GroupLimit[];
  readonly turnover: TurnoverLimit | null;
}

export interface Certificate {
  /** Objective at the weights; for maximised objectives its negative. */
  readonly primal: number;
  /** Proven bound that no weights within the limits can pass. */
  readonly dual: number;
  /** (primal - dual) / |primal|; of an optimum of zero, in units of the sample's losses or variances. */
  readonly gap: number;
  /** Largest violation of a limit, in weight. */
  readonly infeasibility: number;
}

export interface Portfolio {
  readonly weights: readonly number[];
  /** Value of what was optimized: variance, Sharpe ratio, CVaR, ... */
  readonly objective: number;
  readonly certificate: Certificate;
  readonly method: string;
  readonly rounds: number;
}

/** Weights between zero and `cap`, nothing else. */
export const longOnly = (names: readonly string[], cap = 1): PortfolioProblem => ({
  names,
  lower: names.map(() => 0),
  upper: names.map(() => cap),
  groups: [],
  turnover: null,
});

/** A total of weights of at most 10 each can be no larger; an unlimited side is infinite. */
function checkGroup({ name, members, lower, upper }: GroupLimit, size: number): void {
  for (const [k, member] of members.entries()) {
    requireCount(`member of group ${name}`, member, 0);
    requireBetween(`member of group ${name}`, member, 0, size - 1);
    // Named twice, its weight would count twice.
    if (members.indexOf(member) < k)
      throw new ParameterOutOfRangeError(`member of group ${name}`, member, "named once");
  }
  const most = 10 * size;
  if (lower !== Number.NEGATIVE_INFINITY) requireBetween(`least total of group ${name}`, lower, -most, most);
  if (upper !== Number.POSITIVE_INFINITY) requireBetween(`greatest total of group ${name}`, upper, -most, most);
}

/** @throws {DimensionMismatchError | EmptySampleError | ParameterOutOfRangeError | SampleNotFiniteError} */
export function checkProblem(problem: PortfolioProblem, size: number): void {
  if (size === 0) throw new EmptySampleError("assets of a portfolio", 1, 0);
  const lengths = { names: problem.names, lower: problem.lower, upper: problem.upper };
  for (const [what, values] of Object.entries(lengths)) {
    if (values.length !== size) throw new DimensionMismatchError(`${what} of the portfolio`, size, values.length);
  }
  problem.names.forEach((name, i) => {
    requireBetween(`least weight of ${name}`, problem.lower[i] ?? Number.NaN, -10, 10);
    requireBetween(`greatest weight of ${name}`, problem.upper[i] ?? Number.NaN, -10, 10);
  });
  for (const group of problem.groups) checkGroup(group, size);
  if (problem.turnover !== null) {
    if (problem.turnover.from.length !== size) {
      throw new DimensionMismatchError("current weights", size, problem.turnover.from.length);
    }
    requireFinite("current weights", problem.turnover.from);
    requireBetween("turnover", problem.turnover.limit, 0, 100);
  }
}

export const isBoxOnly = (problem: PortfolioProblem): boolean =>
  problem.groups.length === 0 && problem.turnover === null;

/**
 * True when there are box limits only, and weights within them that sum to one: what the solvers for boxes take for granted.
 * A contradictory box goes the general way, which names the contradiction.
 */
export function isSoundBox(problem: PortfolioProblem): boolean {
  if (!isBoxOnly(problem)) return false;
  let least = 0;
  let most = 0;
  for (let i = 0; i < problem.names.length; i++) {
    const low = problem.lower[i] ?? Number.NaN;
    const high = problem.upper[i] ?? Number.NaN;
    if (!(low <= high)) return false;
    least += low;
    most += high;
  }
  return least <= 1 && most >= 1;
}

/**
 * Columns 0..n-1 are the weights.
 * @param budget what they sum to: 1, or what the assets left out of the problem leave.
 */
export function commonProgramme(problem: PortfolioProblem, budget = 1): ProgrammeBuilder {
  const builder = new ProgrammeBuilder();
  const { names, lower, upper, groups, turnover } = problem;
  names.forEach((name, i) => {
    builder.addColumn(`weight of ${name}`, lower[i] ?? 0, upper[i] ?? 0);
  });
  const one = (i: number): readonly [number, number] => [i, 1];
  builder.addRow("sum of weights", budget, budget, [...names.keys()].map(one), true);
  for (const group of groups)
    builder.addRow(`total of ${group.name}`, group.lower, group.upper, group.members.map(one));
  if (turnover === null) return builder;
  const trades: (readonly [number, number])[] = [];
  names.forEach((name, i) => {
    const from = turnover.from[i] ?? 0;
    const up = builder.addColumn(`purchase of ${name}`, 0, Math.max(0, (upper[i] ?? 0) - from), true);
    const down = builder.addColumn(`sale of ${name}`, 0, Math.max(0, from - (lower[i] ?? 0)), true);
    builder.addRow(`trade of ${name}`, from, from, [one(i), [up, -1], [down, 1]], true);
    trades.push([up, 1], [down, 1]);
  });
  // Purchases and sales both count: twice the turnover.
  builder.addRow("purchases and sales (twice the turnover)", Number.NEGATIVE_INFINITY, 2 * turnover.limit, trades);
  return builder;
}

/** Largest violation of the problem's limits, judged from the weights alone. */
export function violation(problem: PortfolioProblem, weights: ArrayLike<number>): number {
  let worst = 0;
  let total = 0;
  for (let i = 0; i < problem.names.length; i++) {
    const w = weights[i] ?? Number.NaN;
    total += w;
    worst = Math.max(worst, (problem.lower[i] ?? 0) - w, w - (problem.upper[i] ?? 0));
  }
  worst = Math.max(worst, Math.abs(total - 1));
  for (const group of problem.groups) {
    const held = group.members.reduce((sum, i) => sum + (weights[i] ?? 0), 0);
    worst = Math.max(worst, group.lower - held, held - group.upper);
  }
  if (problem.turnover !== null) {
    const { from, limit } = problem.turnover;
    const moved = from.reduce((sum, start, i) => sum + Math.abs((weights[i] ?? 0) - start), 0) / 2;
    worst = Math.max(worst, moved - limit);
  }
  return worst;
}

/** Least value of slopes'w over box + budget: fill the cheapest first. Also the weights that attain it. */
export function cheapestMix(
  slopes: ArrayLike<number>,
  { lower, upper }: PortfolioProblem,
): { value: number; weights: Float64Array } | null {
  const weights = Float64Array.from(lower);
  let left = 1 - weights.reduce((all, w) => all + w, 0);
  const order = [...lower.keys()].sort((a, b) => (slopes[a] ?? 0) - (slopes[b] ?? 0) || a - b);
  for (const i of order) {
    if (left <= 0) break;
    const room = Math.min(left, (upper[i] ?? 0) - (lower[i] ?? 0));
    weights[i] = (weights[i] ?? 0) + room;
    left -= room;
  }
  if (Math.abs(left) > 1e-12) return null;
  let value = 0;
  for (let i = 0; i < weights.length; i++) value += (slopes[i] ?? 0) * (weights[i] ?? 0);
  return { value, weights };
}

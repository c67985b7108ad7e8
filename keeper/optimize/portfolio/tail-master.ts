/**
 * The linear programme over the tail losses met so far, and what its multipliers prove about all of them. It only grows, so each
 * round starts from the basis of the one before it.
 */
import { lowerBound } from "../../math/certificate.ts";
import { sum } from "../../math/statistics.ts";
import type { ProgrammeBuilder } from "../programme.ts";
import type { GrowingModel } from "../solver.ts";
import { cheapestMix, commonProgramme, isBoxOnly, type PortfolioProblem } from "./problem.ts";

/** What a step of the horizon can cost: loss_t(w) is the greatest of its cuts' values. */
export interface TailModel {
  readonly size: number;
  /** Value of every loss at these weights, and the cut that gives it. */
  evaluate(weights: Float64Array): { losses: Float64Array; cuts: Int32Array };
  /** Loss that counts as one: what portfolios near the answer lose. */
  readonly unit: number;
  /** Coefficients over the assets of a cut of loss t, in the model's unit. */
  coefficients(t: number, cut: number): Float64Array;
  /** Coefficients of the mean of all losses; null where they are not linear and known to be at least zero only. */
  readonly mean: Float64Array | null;
  /** The measure itself, in the model's unit. */
  measure(weights: Float64Array): number;
}

/** What is optimized over the tail: the measure itself, or the return while the measure stays below a limit. */
export interface Goal {
  readonly kind: "least-tail" | "most-return";
  readonly mu: readonly number[] | null;
  /** Least return, in its unit; null without one. */
  readonly floor: number | null;
  /** Return of one unit of floor and limit. */
  readonly unit: number;
  /** Limit of the measure, in the model's unit. */
  readonly limit: number;
}

export interface MasterAnswer {
  readonly weights: Float64Array;
  readonly threshold: number;
  /** Excess over the threshold that the programme knows of loss t; null when it does not know the loss. */
  excess(t: number): number | null;
  /** Value of the goal that no portfolio within the limits is below. */
  readonly bound: number;
}

/** Limits on weights, purchases and sales alone, with the least return where one is asked for. */
function limitsOf(problem: PortfolioProblem, goal: Goal): ProgrammeBuilder {
  const builder = commonProgramme(problem);
  if (goal.mu !== null && goal.floor !== null) {
    const entries = goal.mu.map((m, i) => [i, m] as const);
    builder.addRow("least expected return", goal.floor, Number.POSITIVE_INFINITY, entries, false, goal.unit);
  }
  return builder;
}

export class TailMaster {
  readonly #problem: PortfolioProblem;
  readonly #model: TailModel;
  readonly #goal: Goal;
  readonly #grow: GrowingModel;
  readonly #builder: ProgrammeBuilder;
  /** Observations in the tail; fewer than one are one. */
  readonly #tail: number;
  /** Rows before those of the losses. */
  readonly #limits: number;
  readonly #threshold: number;
  /** Column of each loss's excess, and the cuts of it that are in. */
  readonly #known = new Map<number, { readonly column: number; readonly cuts: Set<number> }>();
  /** Coefficients of the losses' rows, in their order, and whose they are. */
  readonly #cuts: { readonly t: number; readonly cut: number; readonly coefficients: Float64Array }[] = [];
  /** Losses that count in full, threshold or not: those so deep in the tail that nothing but a later look takes them out. */
  readonly #sure = new Set<number>();
  #multipliers: ArrayLike<number> = [];

  constructor(problem: PortfolioProblem, model: TailModel, goal: Goal, alpha: number, grow: GrowingModel) {
    this.#problem = problem;
    this.#model = model;
    this.#goal = goal;
    this.#grow = grow;
    this.#tail = Math.max(1, alpha * model.size);
    this.#builder = limitsOf(problem, goal);
    this.#threshold = this.#builder.addColumn(
      "tail threshold",
      Number.NEGATIVE_INFINITY,
      Number.POSITIVE_INFINITY,
      true,
    );
    this.#limits = this.#builder.rowCount;
    if (goal.kind === "least-tail") this.#builder.setCost(this.#threshold, 1);
    else {
      goal.mu?.forEach((m, i) => {
        this.#builder.setCost(i, -m);
      });
      const measure = [[this.#threshold, 1]] as const;
      this.#builder.addRow("tail risk", Number.NEGATIVE_INFINITY, goal.limit, measure, false, goal.unit);
    }
  }

  /** Cuts that the last answer leans on. */
  binding(): (readonly [number, number])[] {
    const first = this.#limits + (this.#goal.kind === "least-tail" ? 0 : 1);
    return this.#cuts.filter((_, k) => (this.#multipliers[first + k] ?? 0) > 0).map(({ t, cut }) => [t, cut]);
  }

  /** Takes loss t, of one cut, for one beyond the threshold; fewer than the tail of them, for the least tail alone. */
  assume(t: number): void {
    this.#sure.add(t);
  }

  isAssumed(t: number): boolean {
    return this.#sure.has(t);
  }

  has(t: number, cut: number): boolean {
    return this.#known.get(t)?.cuts.has(cut) === true;
  }

  include(t: number, cut: number): void {
    this.#sure.delete(t);
    let known = this.#known.get(t);
    if (known === undefined) {
      const column = this.#builder.addColumn(`excess of step ${t + 1}`, 0, Number.POSITIVE_INFINITY, true);
      if (this.#goal.kind === "least-tail") this.#builder.setCost(column, 1 / this.#tail);
      else this.#builder.addEntry(this.#limits, column, 1 / this.#tail);
      known = { column, cuts: new Set() };
      this.#known.set(t, known);
    }
    if (known.cuts.has(cut)) return;
    known.cuts.add(cut);
    const coefficients = this.#model.coefficients(t, cut);
    const entries: (readonly [number, number])[] = [
      [known.column, 1],
      [this.#threshold, 1],
    ];
    coefficients.forEach((value, i) => {
      if (value !== 0) entries.push([i, -value]);
    });
    this.#builder.addRow(`step ${t + 1}`, 0, Number.POSITIVE_INFINITY, entries, true);
    this.#cuts.push({ t, cut, coefficients });
  }

  /** @throws {InfeasibleError | UnboundedError | NotConvergedError} */
  solve(): MasterAnswer {
    const assumed = this.#assumedLosses();
    if (this.#goal.kind === "least-tail") {
      assumed.forEach((value, i) => {
        this.#builder.setCost(i, value);
      });
      this.#builder.setCost(this.#threshold, 1 - this.#sure.size / this.#tail);
    }
    const { x, multipliers } = this.#grow.solve(this.#builder.build(null));
    this.#multipliers = multipliers;
    const weights = x.slice(0, this.#problem.names.length);
    weights.forEach((w, i) => {
      weights[i] = Math.min(this.#problem.upper[i] ?? 0, Math.max(this.#problem.lower[i] ?? 0, w));
    });
    const excess = (t: number): number | null => {
      const known = this.#known.get(t);
      return known === undefined ? null : (x[known.column] ?? 0);
    };
    return { weights, threshold: x[this.#threshold] ?? 0, excess, bound: this.#bound(x, multipliers) };
  }

  /** What the assumed losses add to the measure, over the assets; each has its whole share of the tail. */
  #assumedLosses(): Float64Array {
    const total = new Float64Array(this.#problem.names.length);
    for (const t of this.#sure) {
      const coefficients = this.#model.coefficients(t, 0);
      for (let i = 0; i < total.length; i++) total[i] = (total[i] ?? 0) + (coefficients[i] ?? 0) / this.#tail;
    }
    return total;
  }

  /**
   * The measure is at least sum q_t loss_t(w) for q of sum one with no more than its share of the tail for any loss, and a loss is
   * at least any of its cuts. The multipliers are such a q to the solver's tolerance: cut to their shares, with the rest spread over
   * what room the shares leave, they are one.
   */
  #bound(x: Float64Array, multipliers: Float64Array): number {
    const isLeast = this.#goal.kind === "least-tail";
    const price = isLeast ? 1 : Math.max(0, -(multipliers[this.#limits] ?? 0));
    const slopes = this.#expectedLosses(multipliers, this.#limits + (isLeast ? 0 : 1), price);
    for (let i = 0; i < slopes.length; i++)
      slopes[i] = price * (slopes[i] ?? 0) - (isLeast ? 0 : (this.#goal.mu?.[i] ?? 0));
    const limits = limitsOf(this.#problem, this.#goal);
    slopes.forEach((slope, i) => {
      limits.setCost(i, slope);
    });
    const constant = isLeast ? 0 : -price * this.#goal.limit;
    const relaxed = lowerBound(limits.build(null), x, multipliers);
    const sorted =
      isBoxOnly(this.#problem) && this.#goal.floor === null ? cheapestMix(slopes, this.#problem)?.value : undefined;
    return constant + Math.max(relaxed, sorted ?? Number.NEGATIVE_INFINITY);
  }

  /** E_q of the losses for the q above, over the assets. */
  #expectedLosses(multipliers: Float64Array, first: number, price: number): Float64Array {
    const { size, mean } = this.#model;
    const most = 1 / this.#tail;
    const shareOf = (k: number): number => (price > 0 ? Math.max(0, multipliers[first + k] ?? 0) / price : 0);
    const perLoss = new Map<number, number>();
    this.#cuts.forEach(({ t }, k) => {
      perLoss.set(t, (perLoss.get(t) ?? 0) + shareOf(k));
    });
    const assumed = this.#sure.size * most;
    const kept = assumed + sum([...perLoss.values()].map((share) => Math.min(share, most)));
    const total = Math.max(1, kept);
    const slopes = this.#assumedLosses().map((value) => value / total);
    this.#cuts.forEach(({ t, coefficients }, k) => {
      const share = (shareOf(k) * Math.min(1, most / (perLoss.get(t) ?? most))) / total;
      if (share > 0)
        for (let i = 0; i < slopes.length; i++) slopes[i] = (slopes[i] ?? 0) + share * (coefficients[i] ?? 0);
    });
    const given = kept / total;
    const room = size * most - given;
    if (mean === null || !(room > 0)) return slopes;
    const spread = (1 - given) / room;
    return slopes.map((slope, i) => slope + spread * (size * most * (mean[i] ?? 0) - slope));
  }
}

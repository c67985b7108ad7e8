/**
 * Least CVaR (Rockafellar and Uryasev 2000) and least CDaR (Chekhlov, Uryasev, Zabarankin 2005) as linear programmes over the
 * losses that matter. Only tail scenarios enter; each round adds those that the solution shows to be missing. A programme with
 * fewer scenarios can only be too optimistic, so its proven bound is one for the whole, and the loop ends when the two meet.
 */
import { requireFinite, requireInside } from "../../math/checks.ts";
import { drawdowns } from "../../math/entropic.ts";
import { DimensionMismatchError } from "../../math/errors.ts";
import { conditionalDrawdownAtRisk, conditionalValueAtRisk } from "../../math/risk-measures.ts";
import { dot } from "../../math/statistics.ts";
import { NotConvergedError } from "../errors.ts";
import type { Solver } from "../solver.ts";
import { leastCvarOfBox } from "./box-cvar.ts";
import {
  checkProblem,
  commonProgramme,
  isSoundBox,
  type Portfolio,
  type PortfolioProblem,
  violation,
} from "./problem.ts";
import { requireProof } from "./proof.ts";
import { lossesOf, type Sample } from "./sample.ts";
import { startingWeights } from "./start.ts";

/** What a step of the horizon can cost: loss_t(w) is the greatest of its cuts' values. */
interface TailModel {
  readonly size: number;
  /** Value of every loss at these weights, and the cut that gives it. */
  evaluate(weights: Float64Array): { losses: Float64Array; cuts: Int32Array };
  /** Loss that counts as one: at weights that sum to one and sell nothing short, no loss is larger. */
  readonly unit: number;
  /** Coefficients over the assets of a cut of loss t, in the model's unit. */
  coefficients(t: number, cut: number): Float64Array;
  /** The measure itself, in the model's unit. */
  measure(weights: Float64Array): number;
}

const isLongOnly = ({ lower }: PortfolioProblem): boolean => lower.every((low) => low >= 0);

const GAP = 1e-10;
const MAX_ROUNDS = 200;
/** Share of the threshold from which a scenario is taken in although it is not missing yet. */
const NEAR = 0.85;

function scenarioTail(sample: Sample, beta: number): TailModel {
  const { size, assets, values, unit } = sample;
  const cuts = new Int32Array(size);
  return {
    size,
    unit,
    evaluate(weights) {
      const losses = lossesOf(sample, weights, new Float64Array(size));
      for (let s = 0; s < size; s++) losses[s] = (losses[s] ?? 0) / unit;
      return { losses, cuts };
    },
    coefficients: (t) => Float64Array.from({ length: assets }, (_, i) => -(values[t * assets + i] ?? 0) / unit),
    measure(weights) {
      const losses = lossesOf(sample, weights, new Float64Array(size));
      return (
        conditionalValueAtRisk(
          losses.map((loss) => -loss),
          beta,
        ) / unit
      );
    },
  };
}

/**
 * Drawdowns of the running sum of returns: the convention in which CDaR is linear. Counted in the largest drawdown of any asset
 * (or rise, where assets may be sold short): in returns they would grow with the length of the sample, and the proof's rounding too.
 */
function drawdownTail(sample: Sample, beta: number, isLongOnly: boolean): TailModel {
  const { size, assets, values } = sample;
  // Row t is the running sum after step t; row 0 is the start.
  const level = new Float64Array((size + 1) * assets);
  const highest = new Float64Array(assets);
  const lowest = new Float64Array(assets);
  let reach = 0;
  for (let t = 0; t < size; t++) {
    for (let i = 0; i < assets; i++) {
      const next = (level[t * assets + i] ?? 0) + (values[t * assets + i] ?? 0);
      level[(t + 1) * assets + i] = next;
      highest[i] = Math.max(highest[i] ?? 0, next);
      lowest[i] = Math.min(lowest[i] ?? 0, next);
      reach = Math.max(reach, (highest[i] ?? 0) - next, isLongOnly ? 0 : next - (lowest[i] ?? 0));
    }
  }
  const unit = reach > 0 ? reach : sample.unit;
  for (let k = 0; k < level.length; k++) level[k] = (level[k] ?? 0) / unit;
  const returnsOf = (weights: Float64Array): Float64Array =>
    lossesOf(sample, weights, new Float64Array(size)).map((loss) => -loss / unit);
  return {
    size,
    unit,
    evaluate(weights) {
      const returns = returnsOf(weights);
      const losses = new Float64Array(size);
      const cuts = new Int32Array(size);
      let running = 0;
      let peak = 0;
      let peakAt = 0;
      for (let t = 0; t < size; t++) {
        running += returns[t] ?? 0;
        if (running > peak) {
          peak = running;
          peakAt = t + 1;
        }
        losses[t] = peak - running;
        cuts[t] = peakAt;
      }
      return { losses, cuts };
    },
    coefficients: (t, cut) =>
      Float64Array.from(
        { length: assets },
        (_, i) => (level[cut * assets + i] ?? 0) - (level[(t + 1) * assets + i] ?? 0),
      ),
    measure: (weights) => conditionalDrawdownAtRisk(drawdowns(returnsOf(weights), "cumulative"), beta),
  };
}

/** What is optimized over the tail: the measure itself, or the return while the measure stays below a limit. */
interface Goal {
  readonly kind: "least-tail" | "most-return";
  readonly mu: readonly number[] | null;
  /** Least return, in its unit; null without one. */
  readonly floor: number | null;
  /** Return of one unit of floor and limit: the sample's. */
  readonly unit: number;
  /** Limit of the measure, in the model's unit. */
  readonly limit: number;
}

interface Included {
  /** Cuts of each loss that is in the programme. */
  readonly cuts: Map<number, Set<number>>;
  readonly order: (readonly [number, number])[];
}

function include(included: Included, t: number, cut: number): boolean {
  const known = included.cuts.get(t) ?? new Set<number>();
  if (known.has(cut)) return false;
  known.add(cut);
  included.cuts.set(t, known);
  included.order.push([t, cut]);
  return true;
}

/** The master programme over the included cuts. */
function master(
  problem: PortfolioProblem,
  model: TailModel,
  included: Included,
  alpha: number,
  goal: Goal,
  solver: Solver,
) {
  const builder = commonProgramme(problem);
  const exposure = problem.names.reduce(
    (total, _, i) => total + Math.max(Math.abs(problem.lower[i] ?? 0), Math.abs(problem.upper[i] ?? 0)),
    0,
  );
  // Weights that sum to one and sell nothing short lose no more than the asset that loses most.
  const bound = isLongOnly(problem) ? 1 : Math.max(1, exposure);
  const threshold = builder.addColumn("tail threshold", -bound, bound, true);
  const columns = new Map<number, number>();
  const tail = 1 / (alpha * model.size);
  const measure: (readonly [number, number])[] = [[threshold, 1]];
  for (const t of included.cuts.keys()) {
    const column = builder.addColumn(`excess of step ${t + 1}`, 0, 2 * bound, true);
    columns.set(t, column);
    measure.push([column, tail]);
  }
  for (const [t, cut] of included.order) {
    const entries: (readonly [number, number])[] = [
      [columns.get(t) ?? 0, 1],
      [threshold, 1],
    ];
    model.coefficients(t, cut).forEach((value, i) => {
      if (value !== 0) entries.push([i, -value]);
    });
    builder.addRow(`step ${t + 1}`, 0, Number.POSITIVE_INFINITY, entries, true);
  }
  if (goal.kind === "least-tail") for (const [column, cost] of measure) builder.setCost(column, cost);
  else {
    goal.mu?.forEach((m, i) => {
      builder.setCost(i, -m);
    });
    builder.addRow("tail risk", Number.NEGATIVE_INFINITY, goal.limit, measure, false, goal.unit);
  }
  if (goal.mu !== null && goal.floor !== null) {
    const entries = goal.mu.map((m, i) => [i, m] as const);
    builder.addRow("least expected return", goal.floor, Number.POSITIVE_INFINITY, entries, false, goal.unit);
  }
  const optimum = solver.minimize(builder.build(null), 1e-3);
  return { optimum, threshold: optimum.x[threshold] ?? 0, columns };
}

function solveTail(
  problem: PortfolioProblem,
  solver: Solver,
  sample: Sample,
  model: TailModel,
  beta: number,
  goal: Goal,
): Portfolio {
  const alpha = 1 - beta;
  let weights = startingWeights(problem, solver, sample);
  const included: Included = { cuts: new Map(), order: [] };
  const first = model.evaluate(weights);
  const worst = [...first.losses.keys()].sort((a, b) => (first.losses[b] ?? 0) - (first.losses[a] ?? 0) || a - b);
  const wanted = Math.min(model.size, Math.max(problem.names.length + 2, Math.ceil(2 * alpha * model.size)));
  for (const t of worst.slice(0, wanted)) include(included, t, first.cuts[t] ?? 0);
  let best: { weights: Float64Array; primal: number } | null = null;
  let dual = Number.NEGATIVE_INFINITY;
  for (let round = 1; round <= MAX_ROUNDS; round++) {
    const { optimum, threshold, columns } = master(problem, model, included, alpha, goal, solver);
    weights = optimum.x.slice(0, problem.names.length);
    weights.forEach((w, i) => {
      weights[i] = Math.min(problem.upper[i] ?? 0, Math.max(problem.lower[i] ?? 0, w));
    });
    dual = Math.max(dual, optimum.dual);
    const measured = model.measure(weights);
    const isLeast = goal.kind === "least-tail";
    const primal = isLeast ? measured : -dot(goal.mu ?? [], weights);
    const isWithin = isLeast || measured <= goal.limit + 1e-9 * Math.max(1e-3, Math.abs(goal.limit));
    if (isWithin && (best === null || primal < best.primal)) best = { weights, primal };
    const gap = best === null ? Number.POSITIVE_INFINITY : (best.primal - dual) / Math.max(Math.abs(best.primal), 1e-3);
    const { losses, cuts } = model.evaluate(weights);
    let missing = 0;
    const candidates: number[] = [];
    for (let t = 0; t < model.size; t++) {
      const column = columns.get(t);
      const allowed = threshold + (column === undefined ? 0 : (optimum.x[column] ?? 0));
      const loss = losses[t] ?? 0;
      const isMissing = loss > allowed + 1e-12 && included.cuts.get(t)?.has(cuts[t] ?? 0) !== true;
      if (isMissing) missing++;
      // Losses just below the threshold come in early: most of them would be missing in the next round.
      if (isMissing || (column === undefined && threshold > 0 && loss > NEAR * threshold)) candidates.push(t);
    }
    // A portfolio of few losses makes most of the others missing: the worst of them are enough to send it elsewhere.
    candidates.sort((a, b) => (losses[b] ?? 0) - (losses[a] ?? 0) || a - b);
    for (const t of candidates.slice(0, wanted)) include(included, t, cuts[t] ?? 0);
    if (best !== null && (gap <= GAP || missing === 0)) {
      const unit = isLeast ? model.unit : goal.unit;
      const found: Portfolio = {
        weights: [...best.weights],
        objective: (isLeast ? best.primal : -best.primal) * unit,
        certificate: {
          primal: best.primal * unit,
          dual: dual * unit,
          gap: (best.primal - dual) / (Math.abs(best.primal) || 1),
          infeasibility: violation(problem, best.weights),
        },
        method: "scenario generation",
        rounds: round,
      };
      return requireProof(found, unit);
    }
    if (missing === 0) throw new NotConvergedError(round, gap, violation(problem, weights));
  }
  throw new NotConvergedError(
    MAX_ROUNDS,
    (best?.primal ?? Number.POSITIVE_INFINITY) - dual,
    violation(problem, weights),
  );
}

export interface ReturnFloor {
  readonly mu: readonly number[];
  readonly floor: number;
}

function goalOf(sample: Sample, floor: ReturnFloor | null): Goal {
  if (floor === null) return { kind: "least-tail", mu: null, floor: null, limit: 0, unit: sample.unit };
  return {
    kind: "least-tail",
    mu: scaled(sample, floor.mu),
    floor: floor.floor / sample.unit,
    limit: 0,
    unit: sample.unit,
  };
}

function scaled(sample: Sample, mu: readonly number[]): number[] {
  if (mu.length !== sample.assets) throw new DimensionMismatchError("expected returns", sample.assets, mu.length);
  requireFinite("expected returns", mu);
  return mu.map((m) => m / sample.unit);
}

/** Least CVaR of the loss at confidence beta. */
export function leastCvar(
  problem: PortfolioProblem,
  solver: Solver,
  sample: Sample,
  beta: number,
  floor: ReturnFloor | null = null,
): Portfolio {
  requireInside("beta", beta, 0, 1);
  checkProblem(problem, sample.assets);
  if (floor === null && isSoundBox(problem)) {
    const found = leastCvarOfBox(problem, solver, sample, beta);
    if (found !== null) return found;
  }
  return solveTail(problem, solver, sample, scenarioTail(sample, beta), beta, goalOf(sample, floor));
}

/** Least CDaR at confidence beta, drawdowns of the running sum of returns. */
export function leastCdar(
  problem: PortfolioProblem,
  solver: Solver,
  sample: Sample,
  beta: number,
  floor: ReturnFloor | null = null,
): Portfolio {
  requireInside("beta", beta, 0, 1);
  checkProblem(problem, sample.assets);
  const model = drawdownTail(sample, beta, isLongOnly(problem));
  return solveTail(problem, solver, sample, model, beta, goalOf(sample, floor));
}

/** Greatest expected return with a CVaR of at most `limit`. */
export function mostReturnWithinCvar(
  problem: PortfolioProblem,
  solver: Solver,
  sample: Sample,
  beta: number,
  mu: readonly number[],
  limit: number,
): Portfolio {
  requireInside("beta", beta, 0, 1);
  requireFinite("CVaR limit", [limit]);
  checkProblem(problem, sample.assets);
  const goal: Goal = {
    kind: "most-return",
    mu: scaled(sample, mu),
    floor: null,
    limit: limit / sample.unit,
    unit: sample.unit,
  };
  return solveTail(problem, solver, sample, scenarioTail(sample, beta), beta, goal);
}

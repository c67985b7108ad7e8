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
import { checkProblem, isSoundBox, type Portfolio, type PortfolioProblem, violation } from "./problem.ts";
import { requireProof } from "./proof.ts";
import { lossesOf, meansOf, type Sample, unitNear } from "./sample.ts";
import { startingWeights } from "./start.ts";
import { type Goal, TailMaster, type TailModel } from "./tail-master.ts";

const GAP = 1e-10;
const MAX_ROUNDS = 200;
/** Share of the threshold from which a scenario is taken in although it is not missing yet. */
const NEAR = 0.85;
/** Share of a large tail on either side of the threshold that is told apart from the start. */
const BAND = 0.1;

function scenarioTail(sample: Sample, beta: number, unit: number): TailModel {
  const { size, assets, values } = sample;
  const cuts = new Int32Array(size);
  const scaledLosses = (weights: Float64Array): Float64Array => {
    const losses = lossesOf(sample, weights, new Float64Array(size));
    for (let s = 0; s < size; s++) losses[s] = (losses[s] ?? 0) / unit;
    return losses;
  };
  return {
    size,
    unit,
    evaluate: (weights) => ({ losses: scaledLosses(weights), cuts }),
    coefficients: (t) => Float64Array.from({ length: assets }, (_, i) => -(values[t * assets + i] ?? 0) / unit),
    mean: Float64Array.from(meansOf(sample), (m) => -m / unit),
    measure: (weights) =>
      conditionalValueAtRisk(
        scaledLosses(weights).map((loss) => -loss),
        beta,
      ),
  };
}

/**
 * Drawdowns of the running sum of returns: the convention in which CDaR is linear. Counted in the largest of the portfolio to begin
 * with, or of the asset that falls least: in returns they would grow with the length of the sample, and the proof's rounding too.
 */
function drawdownTail(sample: Sample, beta: number, start: Float64Array): TailModel {
  const { size, assets, values } = sample;
  // Row t is the running sum after step t; row 0 is the start.
  const level = new Float64Array((size + 1) * assets);
  const highest = new Float64Array(assets);
  const deepest = new Float64Array(assets);
  for (let t = 0; t < size; t++) {
    for (let i = 0; i < assets; i++) {
      const next = (level[t * assets + i] ?? 0) + (values[t * assets + i] ?? 0);
      level[(t + 1) * assets + i] = next;
      highest[i] = Math.max(highest[i] ?? 0, next);
      deepest[i] = Math.max(deepest[i] ?? 0, (highest[i] ?? 0) - next);
    }
  }
  const starting = drawdowns(
    lossesOf(sample, start, new Float64Array(size)).map((loss) => -loss),
    "cumulative",
  );
  const calmest = deepest.reduce((least, depth) => Math.min(least, depth), Number.POSITIVE_INFINITY);
  const unit = starting.reduce((most, depth) => Math.max(most, depth), Math.max(calmest, unitNear(sample, start)));
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
    mean: null,
    measure: (weights) => conditionalDrawdownAtRisk(drawdowns(returnsOf(weights), "cumulative"), beta),
  };
}

/** Where a search begins: weights, and cuts that are likely to matter. */
interface Warm {
  readonly weights: Float64Array;
  readonly cuts: readonly (readonly [number, number])[];
}

interface Found {
  readonly weights: Float64Array;
  readonly primal: number;
  readonly dual: number;
  readonly rounds: number;
  readonly binding: readonly (readonly [number, number])[];
}

/**
 * @param enough gap at which the search ends, of the objective or of a thousandth of the model's unit.
 * @throws {InfeasibleError | NotConvergedError}
 */
function search(
  problem: PortfolioProblem,
  solver: Solver,
  warm: Warm,
  model: TailModel,
  beta: number,
  goal: Goal,
  enough: number,
): Found {
  const alpha = 1 - beta;
  const wanted = Math.min(model.size, Math.max(problem.names.length + 2, Math.ceil(2 * alpha * model.size)));
  return solver.growing((grow) => {
    const master = new TailMaster(problem, model, goal, alpha, grow);
    for (const [t, cut] of warm.cuts) master.include(t, cut);
    const first = model.evaluate(warm.weights);
    const worst = [...first.losses.keys()].sort((a, b) => (first.losses[b] ?? 0) - (first.losses[a] ?? 0) || a - b);
    // Of a large tail most losses are in it whatever the weights: rows and columns are for those near the threshold.
    const tail = Math.ceil(alpha * model.size);
    const around = Math.max(problem.names.length + 2, Math.ceil(BAND * tail));
    const isBanded = goal.kind === "least-tail" && model.mean !== null && tail > 2 * around;
    const from = isBanded ? tail - around : 0;
    for (const t of worst.slice(0, from)) master.assume(t);
    for (const t of worst.slice(from, isBanded ? tail + around : wanted)) master.include(t, first.cuts[t] ?? 0);
    let best: { weights: Float64Array; primal: number } | null = null;
    let dual = Number.NEGATIVE_INFINITY;
    let violated = Number.POSITIVE_INFINITY;
    for (let round = 1; round <= MAX_ROUNDS; round++) {
      const { weights, threshold, excess, bound } = master.solve();
      dual = Math.max(dual, bound);
      const measured = model.measure(weights);
      const isLeast = goal.kind === "least-tail";
      const primal = isLeast ? measured : -dot(goal.mu ?? [], weights);
      const isWithin = isLeast || measured <= goal.limit + 1e-9 * Math.max(1e-3, Math.abs(goal.limit));
      if (isWithin && (best === null || primal < best.primal)) best = { weights, primal };
      violated = violation(problem, weights);
      const gap =
        best === null ? Number.POSITIVE_INFINITY : (best.primal - dual) / Math.max(Math.abs(best.primal), 1e-3);
      const { losses, cuts } = model.evaluate(weights);
      let missing = 0;
      const candidates: number[] = [];
      for (let t = 0; t < model.size; t++) {
        const known = excess(t);
        const loss = losses[t] ?? 0;
        if (master.isAssumed(t)) {
          if (loss >= threshold - 1e-12) continue;
          missing++;
          candidates.push(t);
          continue;
        }
        const isMissing = loss > threshold + (known ?? 0) + 1e-12 && !master.has(t, cuts[t] ?? 0);
        if (isMissing) missing++;
        // Losses just below the threshold come in early: most of them would be missing in the next round.
        const isNear = !isBanded && known === null && threshold > 0 && loss > NEAR * threshold;
        if (isMissing || isNear) candidates.push(t);
      }
      if (best !== null && (gap <= enough || missing === 0))
        return { ...best, dual, rounds: round, binding: master.binding() };
      if (missing === 0) throw new NotConvergedError(round, gap, violated);
      // A portfolio of few losses makes most of the others missing: the worst of them are enough to send it elsewhere.
      const off = (t: number): number => (isBanded ? Math.abs((losses[t] ?? 0) - threshold) : (losses[t] ?? 0));
      candidates.sort((a, b) => off(b) - off(a) || a - b);
      for (const t of candidates.slice(0, wanted)) master.include(t, cuts[t] ?? 0);
    }
    throw new NotConvergedError(MAX_ROUNDS, (best?.primal ?? Number.POSITIVE_INFINITY) - dual, violated);
  });
}

function solveTail(
  problem: PortfolioProblem,
  solver: Solver,
  warm: Warm,
  model: TailModel,
  beta: number,
  goal: Goal,
): Portfolio {
  const { weights, primal, dual, rounds } = search(problem, solver, warm, model, beta, goal, GAP);
  const isLeast = goal.kind === "least-tail";
  const unit = isLeast ? model.unit : goal.unit;
  const found: Portfolio = {
    weights: [...weights],
    objective: (isLeast ? primal : -primal) * unit,
    certificate: {
      primal: primal * unit,
      dual: dual * unit,
      gap: (primal - dual) / (Math.abs(primal) || 1),
      infeasibility: violation(problem, weights),
    },
    method: "scenario generation",
    rounds,
  };
  return requireProof(found, unit);
}

/** Steps from which drawdowns are first looked at on a coarser grid, how much coarser it is, and how exactly it is solved. */
const COARSE_FROM = 600;
const COARSER = 5;
const ROUGH = 1e-3;

/**
 * Drawdowns between every few steps only are drawdowns too, and a programme of a fifth of the steps tells at a small part of the
 * cost which of them matter: without it the first rounds hold one asset after the other.
 */
function drawdownWarm(
  problem: PortfolioProblem,
  solver: Solver,
  sample: Sample,
  beta: number,
  floor: ReturnFloor | null,
  start: Float64Array,
): Warm {
  const { size, assets, values } = sample;
  if (size < COARSE_FROM) return { weights: start, cuts: [] };
  const coarseSize = Math.ceil(size / COARSER);
  const sums = new Float64Array(coarseSize * assets);
  for (let t = 0; t < size; t++) {
    const row = Math.floor(t / COARSER) * assets;
    for (let i = 0; i < assets; i++) sums[row + i] = (sums[row + i] ?? 0) + (values[t * assets + i] ?? 0);
  }
  const coarse = { ...sample, values: sums, size: coarseSize };
  const warm = drawdownWarm(problem, solver, coarse, beta, floor, start);
  const model = drawdownTail(coarse, beta, start);
  const goal = goalOf(sample, floor, unitNear(sample, start));
  try {
    const { weights, binding } = search(problem, solver, warm, model, beta, goal, ROUGH);
    // Step t of the coarse grid ends where the last of its steps does; its level k is the one after k of them.
    const at = (k: number): number => Math.min(size, k * COARSER);
    return { weights, cuts: binding.map(([t, cut]) => [at(t + 1) - 1, at(cut)]) };
  } catch (error) {
    if (error instanceof NotConvergedError) return { weights: start, cuts: [] };
    throw error;
  }
}

export interface ReturnFloor {
  readonly mu: readonly number[];
  readonly floor: number;
}

function goalOf(sample: Sample, floor: ReturnFloor | null, unit: number): Goal {
  if (floor === null) return { kind: "least-tail", mu: null, floor: null, limit: 0, unit };
  requireFinite("least expected return", [floor.floor]);
  return { kind: "least-tail", mu: scaled(sample, floor.mu, unit), floor: floor.floor / unit, limit: 0, unit };
}

function scaled(sample: Sample, mu: readonly number[], unit: number): number[] {
  if (mu.length !== sample.assets) throw new DimensionMismatchError("expected returns", sample.assets, mu.length);
  requireFinite("expected returns", mu);
  return mu.map((m) => m / unit);
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
  const start = startingWeights(problem, solver, sample);
  const unit = unitNear(sample, start);
  const warm = { weights: start, cuts: [] };
  return solveTail(problem, solver, warm, scenarioTail(sample, beta, unit), beta, goalOf(sample, floor, unit));
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
  const start = startingWeights(problem, solver, sample);
  const warm = drawdownWarm(problem, solver, sample, beta, floor, start);
  const model = drawdownTail(sample, beta, start);
  return solveTail(problem, solver, warm, model, beta, goalOf(sample, floor, unitNear(sample, start)));
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
  const start = startingWeights(problem, solver, sample);
  const unit = unitNear(sample, start);
  const goal: Goal = { kind: "most-return", mu: scaled(sample, mu, unit), floor: null, limit: limit / unit, unit };
  return solveTail(problem, solver, { weights: start, cuts: [] }, scenarioTail(sample, beta, unit), beta, goal);
}

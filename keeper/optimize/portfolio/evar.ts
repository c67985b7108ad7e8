/**
 * Least EVaR (Ahmadi-Javid and Fallah-Tafti 2019): the measure is minimised over t for every portfolio, which leaves a smooth
 * convex function of the weights; Newton steps are quadratics over the limits, so limits hold at every iterate.
 *
 * Proof of optimality, independent of the path: EVaR(v) >= E_q[-Rv] for every q with KL(q | uniform) <= -ln alpha, so with the
 * tail weights q of the final portfolio the cheapest mix of E_q[-R] is a bound for every portfolio.
 */
import { solveBoxQuadratic } from "../../math/box-quadratic.ts";
import { lowerBound } from "../../math/certificate.ts";
import { requireInside } from "../../math/checks.ts";
import { type EntropicTail, entropicTail } from "../../math/entropic.ts";
import { addGram, PANEL_ROWS, panelFor } from "../../math/gram.ts";
import { dot, interpolate, median, sum } from "../../math/statistics.ts";
import { NotConvergedError } from "../errors.ts";
import type { Solver } from "../solver.ts";
import { expectedLosses, type LossColumns, portfolioLosses, toLossColumns } from "./loss-columns.ts";
import {
  cheapestMix,
  checkProblem,
  commonProgramme,
  isBoxOnly,
  type Portfolio,
  type PortfolioProblem,
  violation,
} from "./problem.ts";
import { requireProof } from "./proof.ts";
import { type Sample, unitNear } from "./sample.ts";
import { tailStart } from "./start.ts";
import { leastCvar } from "./tail.ts";

const GAP = 1e-9;
const ACCEPTED_GAP = 1e-8;
const MAX_ROUNDS = 100;
/** Rounds in which the gap must at least have halved. */
const PATIENCE = 12;
/** Tail weights below this share of the largest bend no Newton step that matters; values and proofs use them all. */
const FAINT = 1e-6;
/** The same while the gap is above FAR: the first rounds look for the assets that matter, not for digits. */
const FAINT_EARLY = 1e-2;
const FAR = 0.2;
/** Steps to theta end at this share of the gap: the square of it is what they leave, and the next gap is the square of this one. */
const THETA_SHARE = 0.1;
const THETA_ROUGH = 0.03;
const THETA_EXACT = 1e-7;

interface Point {
  readonly weights: Float64Array;
  readonly losses: Float64Array;
  readonly tail: EntropicTail;
  readonly value: number;
}

function tailAt(losses: Float64Array, weights: Float64Array, alpha: number, theta: number, tolerance: number): Point {
  const tail = entropicTail(losses, alpha, theta, tolerance);
  return { weights, losses, tail, value: tail.evar };
}

const pointAt = (
  columns: LossColumns,
  weights: Float64Array,
  alpha: number,
  theta: number,
  tolerance = THETA_EXACT,
): Point => tailAt(portfolioLosses(columns, weights), weights, alpha, theta, tolerance);

/** Least value of slopes'w within all limits. */
function leastLinear(problem: PortfolioProblem, solver: Solver, slopes: Float64Array): number {
  if (isBoxOnly(problem)) {
    const mix = cheapestMix(slopes, problem);
    if (mix !== null) return mix.value;
  }
  const builder = commonProgramme(problem);
  // Where gains and losses cancel the slopes are small, and the solver's tolerances are not relative to them.
  // The middle one: a single asset of great losses must not make the others' small instead.
  const unit = median([...slopes].map(Math.abs)) || 1;
  slopes.forEach((slope, i) => {
    builder.setCost(i, slope / unit);
  });
  const programme = builder.build(null);
  const { x, multipliers } = solver.vertex(programme);
  return unit * lowerBound(programme, x, multipliers);
}

/** E_q[-R] of tail weights in the entropy ball: those a rounding outside are mixed with uniform ones until they are inside. */
function insideBall(means: Float64Array, q: Float64Array, gradient: Float64Array, alpha: number): Float64Array {
  let entropy = Math.log(q.length);
  for (let s = 0; s < q.length; s++) {
    const share = q[s] ?? 0;
    if (share > 0) entropy += share * Math.log(share);
  }
  const allowed = -Math.log(alpha);
  const mixed = (entropy > allowed ? 1 - allowed / entropy : 0) + 1e-14;
  const inside = new Float64Array(gradient.length);
  for (let i = 0; i < inside.length; i++) inside[i] = (1 - mixed) * (gradient[i] ?? 0) + mixed * (means[i] ?? 0);
  return inside;
}

/** What every look at a problem needs. */
interface Setting {
  readonly problem: PortfolioProblem;
  readonly solver: Solver;
  readonly columns: LossColumns;
  /** Mean loss of each asset, in the columns' unit. */
  readonly means: Float64Array;
  readonly alpha: number;
}

/** The proven bound. */
const boundFrom = ({ problem, solver, means, alpha }: Setting, q: Float64Array, gradient: Float64Array): number =>
  leastLinear(problem, solver, insideBall(means, q, gradient, alpha));

/**
 * Second derivatives of EVaR over the chosen assets: theta (Cov_q(R) - c c' / Var_q(L)), c = Cov_q(R, L).
 * The measure is homogeneous, so the matrix is flat along w itself; a multiple of ones makes it definite and changes no
 * comparison between portfolios of the same budget.
 */
interface Curvature {
  /** Row-major over the chosen assets. */
  readonly matrix: Float64Array;
  /** Cov_q(L, L_i) / Var_q(L): by how much, relatively, theta falls for each unit of weight. */
  readonly thetaFall: Float64Array;
}

function curvature(
  { values, size }: LossColumns,
  point: Point,
  gradient: Float64Array,
  chosen: Int32Array,
  share: number,
): Curvature {
  const { losses } = point;
  const { weights: q, theta } = point.tail;
  const k = chosen.length;
  let most = 0;
  let mean = 0;
  for (let s = 0; s < size; s++) {
    const weight = q[s] ?? 0;
    if (weight > most) most = weight;
    mean += weight * (losses[s] ?? 0);
  }
  const faint = share * most;
  // The portfolio's own loss is one column more: its products are the c and Var_q(L) above.
  const width = k + 1;
  const moments = new Float64Array(width * width);
  const panel = panelFor(width);
  const steps = new Int32Array(PANEL_ROWS);
  const roots = new Float64Array(PANEL_ROWS);
  for (let s = 0; s < size; ) {
    let rows = 0;
    for (; s < size && rows < PANEL_ROWS; s++) {
      const weight = q[s] ?? 0;
      if (weight <= faint) continue;
      steps[rows] = s;
      roots[rows++] = Math.sqrt(weight);
    }
    for (let a = 0; a < k; a++) {
      const asset = chosen[a] ?? 0;
      const from = asset * size;
      const centre = gradient[asset] ?? 0;
      const to = a * PANEL_ROWS;
      for (let r = 0; r < rows; r++) panel[to + r] = (roots[r] ?? 0) * ((values[from + (steps[r] ?? 0)] ?? 0) - centre);
    }
    for (let r = 0; r < rows; r++) panel[k * PANEL_ROWS + r] = (roots[r] ?? 0) * ((losses[steps[r] ?? 0] ?? 0) - mean);
    addGram(panel, width, rows, moments);
  }
  const own = k * width;
  const variance = moments[own + k] ?? 0;
  // In the measure of the assets held: one that is avoided for its size must not drown the others in rounding.
  let lift = 0;
  for (let a = 0; a < k; a++) lift += Math.abs(point.weights[chosen[a] ?? 0] ?? 0) * (moments[a * width + a] ?? 0);
  if (!(lift > 0)) for (let a = 0; a < k; a++) lift += (moments[a * width + a] ?? 0) / k;
  const matrix = new Float64Array(k * k);
  const thetaFall = new Float64Array(k);
  for (let a = 0; a < k; a++) {
    const fall = variance > 0 ? (moments[own + a] ?? 0) / variance : 0;
    thetaFall[a] = fall;
    for (let b = 0; b <= a; b++) {
      const bent = fall * (moments[own + b] ?? 0);
      const value = theta * ((moments[a * width + b] ?? 0) - bent + lift + (a === b ? 1e-12 * lift : 0));
      matrix[a * k + b] = value;
      matrix[b * k + a] = value;
    }
  }
  return { matrix, thetaFall };
}

interface Step {
  readonly target: Float64Array;
  /** Relative fall of theta on the way there, to first order. */
  readonly thetaFall: number;
}

/** What one more unit of weight costs: the mean over weights between their bounds, since one at its cap is cheaper and cannot grow. */
function marginalPrice(problem: PortfolioProblem, weights: Float64Array, gradient: Float64Array): number {
  let total = 0;
  let between = 0;
  for (let i = 0; i < weights.length; i++) {
    const w = weights[i] ?? 0;
    if (!(w > (problem.lower[i] ?? 0) && w < (problem.upper[i] ?? 0))) continue;
    total += w * (gradient[i] ?? 0);
    between += w;
  }
  return between > 0 ? total / between : dot(gradient, weights);
}

/** Where the quadratic model at this point is least, within the limits. */
function newtonTarget(
  { problem, solver, columns }: Setting,
  point: Point,
  gradient: Float64Array,
  faint: number,
): Step {
  const n = columns.assets;
  const isBox = isBoxOnly(problem);
  // Assets at zero whose price is far above the best stay where they are; who is wrong to stay out comes in next round.
  const price = marginalPrice(problem, point.weights, gradient);
  const reach = 0.25 * Math.abs(price);
  const chosen: number[] = [];
  for (let i = 0; i < n; i++) {
    const w = point.weights[i] ?? 0;
    const isIn = w > (problem.lower[i] ?? 0) || (gradient[i] ?? 0) < price + reach;
    if (!isBox || isIn) chosen.push(i);
  }
  const index = Int32Array.from(chosen);
  const k = index.length;
  const { matrix, thetaFall } = curvature(columns, point, gradient, index, faint);
  // 1/2 (x - w)'H(x - w) + g'(x - w) = 1/2 x'Hx + (g - Hw)'x + constant
  const cost = new Float64Array(k);
  for (let a = 0; a < k; a++) {
    let total = gradient[index[a] ?? 0] ?? 0;
    for (let b = 0; b < k; b++) total -= (matrix[a * k + b] ?? 0) * (point.weights[index[b] ?? 0] ?? 0);
    cost[a] = total;
  }
  const target = point.weights.slice();
  const place = (x: ArrayLike<number>): Step => {
    let fall = 0;
    for (let a = 0; a < k; a++) {
      const i = index[a] ?? 0;
      target[i] = x[a] ?? 0;
      fall += (thetaFall[a] ?? 0) * ((x[a] ?? 0) - (point.weights[i] ?? 0));
    }
    return { target, thetaFall: fall };
  };
  let budget = 0;
  for (let a = 0; a < k; a++) budget += point.weights[index[a] ?? 0] ?? 0;
  if (isBox) {
    const lower = Float64Array.from(index, (i) => problem.lower[i] ?? 0);
    const upper = Float64Array.from(index, (i) => problem.upper[i] ?? 0);
    const start = Int8Array.from(index, (i) => {
      const w = point.weights[i] ?? 0;
      return w <= (problem.lower[i] ?? 0) ? -1 : w >= (problem.upper[i] ?? 0) ? 1 : 0;
    });
    const box = { matrix, cost, lower, upper, budget };
    const found = solveBoxQuadratic(box, start);
    if (found !== null) return place(found.x);
  }
  const builder = isBox ? commonProgramme(narrowed(problem, index), budget) : commonProgramme(problem);
  const scale = matrix.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
  const width = isBox ? k : n;
  for (let a = 0; a < width; a++) builder.setCost(a, (cost[a] ?? 0) / scale);
  const hessian = Array.from({ length: k }, (_, a) => [...matrix.subarray(a * k, (a + 1) * k)].map((v) => v / scale));
  return place(solver.minimize(builder.build(hessian), 1e-3).x.subarray(0, width));
}

/** The box problem over some assets, in the weights they have. */
function narrowed(problem: PortfolioProblem, index: Int32Array): PortfolioProblem {
  const pick = (values: readonly number[]): number[] => [...index].map((i) => values[i] ?? 0);
  return {
    names: [...index].map((i) => problem.names[i] ?? ""),
    lower: pick(problem.lower),
    upper: pick(problem.upper),
    groups: [],
    turnover: null,
  };
}

interface Found {
  readonly point: Point;
  readonly dual: number;
  readonly rounds: number;
}

function descend(setting: Setting, from: Float64Array, enough = GAP): Found {
  const { columns, alpha } = setting;
  let point = pointAt(columns, from, alpha, 0, THETA_ROUGH);
  let dual = Number.NEGATIVE_INFINITY;
  let round = 1;
  let weak = 0;
  const gaps: number[] = [];
  for (; round <= MAX_ROUNDS; round++) {
    const gradient = expectedLosses(columns, point.tail.weights);
    const bound = boundFrom(setting, point.tail.weights, gradient);
    dual = Math.max(dual, bound);
    const size = Math.max(Math.abs(point.value), 1e-6);
    const gap = (point.value - dual) / size;
    if (gap <= enough) return { point, dual, rounds: round };
    if (!Number.isFinite(point.tail.theta)) break;
    // At a kink theta runs away and the steps shrink: other ways lead on from there.
    if (gap > 0.5 * (gaps[round - 1 - PATIENCE] ?? Number.POSITIVE_INFINITY)) break;
    gaps.push(gap);
    const { target, thetaFall } = newtonTarget(setting, point, gradient, gap > FAR ? FAINT_EARLY : FAINT);
    const tolerance = Math.min(THETA_ROUGH, Math.max(THETA_EXACT, THETA_SHARE * gap));
    let slope = 0;
    for (let i = 0; i < target.length; i++) slope += (gradient[i] ?? 0) * ((target[i] ?? 0) - (point.weights[i] ?? 0));
    if (!(slope < 1e-13 * size)) break;
    let next: Point | null = null;
    const ahead = portfolioLosses(columns, target);
    for (let step = 1; step > 1e-10; ) {
      const fall = Math.max(-0.5, step * thetaFall);
      // Losses are linear on the way: shorter steps need no look at the sample.
      const weights = step === 1 ? target : interpolate(point.weights, target, step);
      const losses = step === 1 ? ahead : interpolate(point.losses, ahead, step);
      const trial = tailAt(losses, weights, alpha, point.tail.theta / (1 + fall), tolerance);
      if (trial.value <= point.value + 1e-4 * step * slope + 2e-14 * size) {
        next = trial;
        break;
      }
      // Where the parabola through both values and the slope is least.
      const bend = trial.value - point.value - step * slope;
      const least = bend > 0 ? (-0.5 * step * step * slope) / bend : 0.5 * step;
      step = Math.min(0.5 * step, Math.max(0.1 * step, least));
    }
    if (next === null) break;
    // At the level of rounding steps no longer gain: the proof decides whether that is the end.
    weak = point.value - next.value <= 2e-14 * size ? weak + 1 : 0;
    point = next;
    if (weak >= 5) break;
  }
  // The last theta may be a rough one.
  const settled = pointAt(columns, point.weights, alpha, point.tail.theta);
  const { weights: q } = settled.tail;
  const bound = boundFrom(setting, q, expectedLosses(columns, q));
  return { point: settled, dual: Math.max(dual, bound), rounds: round };
}

/** Tail that a path to a thin one begins with, at most a half, and its fall from one stage to the next. */
const WIDEST_TAIL = 0.5;
const THINNER = 0.9;
const ROUGH = 1e-2;

/**
 * Where the worst losses are nearly as many as the tail, theta is large and Newton steps are good close to the optimum only: wider
 * tails, which are smoother, lead there one after the other.
 */
function alongTails(setting: Setting, from: Float64Array): Found {
  const { alpha } = setting;
  let weights = from;
  const stages = Math.ceil(Math.log(alpha / WIDEST_TAIL) / Math.log(THINNER));
  for (let k = stages - 1; k > 0; k--)
    weights = descend({ ...setting, alpha: alpha / THINNER ** k }, weights, ROUGH).point.weights;
  return descend(setting, weights);
}

/** No portfolio within the limits loses or gains more in a step. A narrower range of a programme's level would cut optima off. */
function furthestLoss({ lower, upper }: PortfolioProblem, { values, size, assets }: LossColumns): number {
  let total = 0;
  for (let i = 0; i < assets; i++) {
    let most = 0;
    for (let k = i * size; k < (i + 1) * size; k++) most = Math.max(most, Math.abs(values[k] ?? 0));
    total += most * Math.max(Math.abs(lower[i] ?? 0), Math.abs(upper[i] ?? 0));
  }
  return total;
}

/** The portfolio of least worst loss, and what its linear programme's multipliers, as tail weights, prove about EVaR. */
function leastWorstLoss(setting: Setting, sample: Sample): { point: Point; dual: number } {
  const { problem, solver, columns, alpha } = setting;
  const { size, assets, values } = columns;
  // The CVaR of a tail of one observation is the worst loss.
  const single = leastCvar(problem, solver, sample, 1 - (1 - 1e-9) / size);
  const point = pointAt(columns, Float64Array.from(single.weights), alpha, 0);
  const worst = point.losses.reduce((most, loss) => Math.max(most, loss), Number.NEGATIVE_INFINITY);
  const builder = commonProgramme(problem);
  const most = furthestLoss(problem, columns);
  const level = builder.addColumn("worst loss", -most, most, true);
  builder.setCost(level, 1);
  const first = builder.rowCount;
  const binding: number[] = [];
  point.losses.forEach((loss, s) => {
    if (loss < worst - 1e-7) return;
    binding.push(s);
    const entries: (readonly [number, number])[] = [[level, 1]];
    for (let i = 0; i < assets; i++) entries.push([i, -(values[i * size + s] ?? 0)]);
    builder.addRow(`step ${s + 1}`, 0, Number.POSITIVE_INFINITY, entries, true);
  });
  const { multipliers } = solver.vertex(builder.build(null));
  const q = new Float64Array(size);
  let total = 0;
  binding.forEach((s, k) => {
    q[s] = Math.max(0, multipliers[first + k] ?? 0);
    total += q[s] ?? 0;
  });
  if (!(total > 0)) return { point, dual: Number.NEGATIVE_INFINITY };
  for (let s = 0; s < size; s++) q[s] = (q[s] ?? 0) / total;
  return { point, dual: boundFrom(setting, q, expectedLosses(columns, q)) };
}

const MAX_CUTS = 400;

/**
 * Cutting planes (Kelley 1960): EVaR is the greatest of E_q[-Rw] over the entropy ball, so every q met on the way bounds it from
 * below, and a linear programme over these bounds proves the optimum, kinks and riskless assets included. Slow, and last.
 */
function byCuts({ problem, solver, columns, means, alpha }: Setting, from: Float64Array): Found {
  const cuts: Float64Array[] = [];
  const most = furthestLoss(problem, columns);
  let best = pointAt(columns, from, alpha, 0);
  let dual = Number.NEGATIVE_INFINITY;
  const cutAt = (point: Point): void => {
    const { weights: q } = point.tail;
    cuts.push(insideBall(means, q, expectedLosses(columns, q), alpha));
    if (point.value < best.value) best = point;
  };
  cutAt(best);
  let round = 1;
  for (; round <= MAX_CUTS; round++) {
    const builder = commonProgramme(problem);
    const level = builder.addColumn("EVaR", -most, most, true);
    builder.setCost(level, 1);
    const first = builder.rowCount;
    for (const cut of cuts) {
      const entries: (readonly [number, number])[] = [[level, 1]];
      cut.forEach((slope, i) => {
        entries.push([i, -slope]);
      });
      builder.addRow("cut", 0, Number.POSITIVE_INFINITY, entries, true);
    }
    const optimum = solver.vertex(builder.build(null));
    // A mix of cuts is a cut: what it costs at least is a bound, whatever the solver's tolerances.
    const shares = cuts.map((_, k) => Math.max(0, optimum.multipliers[first + k] ?? 0));
    const total = sum(shares);
    const mixed = new Float64Array(columns.assets);
    cuts.forEach((cut, k) => {
      for (let i = 0; i < mixed.length; i++) mixed[i] = (mixed[i] ?? 0) + ((shares[k] ?? 0) / total) * (cut[i] ?? 0);
    });
    if (total > 0) dual = Math.max(dual, leastLinear(problem, solver, mixed));
    if (best.value - dual <= GAP * Math.max(Math.abs(best.value), 1e-6)) break;
    const corner = optimum.x.slice(0, columns.assets);
    cutAt(pointAt(columns, corner, alpha, 0));
    // Corners jump about; a point on the way to the best one settles them.
    const halfway = corner.map((w, i) => (w + (best.weights[i] ?? 0)) / 2);
    cutAt(pointAt(columns, halfway, alpha, 0));
  }
  return { point: best, dual, rounds: round };
}

/** Least EVaR of the loss at confidence beta. */
export function leastEvar(problem: PortfolioProblem, solver: Solver, returns: Sample, beta: number): Portfolio {
  requireInside("beta", beta, 0, 1);
  checkProblem(problem, returns.assets);
  const alpha = 1 - beta;
  const start = tailStart(problem, solver, returns);
  const columns = toLossColumns(returns, unitNear(returns, start));
  const means = expectedLosses(columns, new Float64Array(columns.size).fill(1 / columns.size));
  const setting: Setting = { problem, solver, columns, means, alpha };
  let found = descend(setting, start);
  let gap = (found.point.value - found.dual) / Math.max(Math.abs(found.point.value), 1e-6);
  let method = "newton on the profile of t";
  if (!(gap <= ACCEPTED_GAP)) {
    // Few observations: the tail may be nothing but the worst losses, where EVaR has a kink. There it is the worst loss.
    const cuts = (): { point: Point; dual: number } => byCuts(setting, found.point.weights);
    const path = (): { point: Point; dual: number } => alongTails(setting, start);
    for (const attempt of [() => leastWorstLoss(setting, { ...returns, unit: columns.unit }), path, cuts]) {
      const other = attempt();
      const dual = Math.max(found.dual, other.dual);
      const point = other.point.value < found.point.value ? other.point : found.point;
      found = { point, dual, rounds: found.rounds };
      gap = (point.value - dual) / Math.max(Math.abs(point.value), 1e-6);
      method =
        attempt === cuts
          ? "newton, then cutting planes"
          : attempt === path
            ? "newton along wider tails"
            : "newton, then least worst loss";
      if (gap <= ACCEPTED_GAP) break;
    }
  }
  const { point, dual, rounds } = found;
  const off = violation(problem, point.weights);
  if (!(gap <= ACCEPTED_GAP)) throw new NotConvergedError(rounds, gap, off);
  const answer: Portfolio = {
    weights: [...point.weights],
    objective: point.value * columns.unit,
    certificate: {
      primal: point.value * columns.unit,
      dual: dual * columns.unit,
      gap: (point.value - dual) / (Math.abs(point.value) || 1),
      infeasibility: off,
    },
    method,
    rounds,
  };
  return requireProof(answer, columns.unit);
}

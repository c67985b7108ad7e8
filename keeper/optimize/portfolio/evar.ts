/**
 * Least EVaR (Ahmadi-Javid and Fallah-Tafti 2019): the measure is minimised over t for every portfolio, which leaves a smooth
 * convex function of the weights; Newton steps are quadratics over the limits, so limits hold at every iterate.
 *
 * Proof of optimality, independent of the path: EVaR(v) >= E_q[-Rv] for every q with KL(q | uniform) <= -ln alpha, so with the
 * tail weights q of the final portfolio the cheapest mix of E_q[-R] is a bound for every portfolio.
 */
import { solveBoxQuadratic } from "../../math/box-quadratic.ts";
import { requireInside } from "../../math/checks.ts";
import { type EntropicTail, entropicTail } from "../../math/entropic.ts";
import { dot, median } from "../../math/statistics.ts";
import { NotConvergedError } from "../errors.ts";
import type { Solver } from "../solver.ts";
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
import { lossesOf, meansOf, type Sample } from "./sample.ts";
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

function pointAt(sample: Sample, weights: Float64Array, alpha: number, theta: number, tolerance = THETA_EXACT): Point {
  const losses = lossesOf(sample, weights, new Float64Array(sample.size));
  for (let s = 0; s < losses.length; s++) losses[s] = (losses[s] ?? 0) / sample.unit;
  const tail = entropicTail(losses, alpha, theta, tolerance);
  return { weights, losses, tail, value: tail.evar };
}

/** E_q[-R] per asset, in the sample's unit. */
function gradientOf(sample: Sample, q: ArrayLike<number>): Float64Array {
  const { values, size, assets, unit } = sample;
  const gradient = new Float64Array(assets);
  for (let s = 0; s < size; s++) {
    const share = (q[s] ?? 0) / unit;
    if (share === 0) continue;
    const row = s * assets;
    for (let i = 0; i < assets; i++) gradient[i] = (gradient[i] ?? 0) - share * (values[row + i] ?? 0);
  }
  return gradient;
}

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
  return unit * solver.minimize(builder.build(null), 1e-3).dual;
}

/** E_q[-R] of tail weights in the entropy ball: those a rounding outside are mixed with uniform ones until they are inside. */
function insideBall(
  sample: Sample,
  means: readonly number[],
  q: Float64Array,
  gradient: Float64Array,
  alpha: number,
): Float64Array {
  let entropy = Math.log(sample.size);
  for (let s = 0; s < q.length; s++) {
    const share = q[s] ?? 0;
    if (share > 0) entropy += share * Math.log(share);
  }
  const allowed = -Math.log(alpha);
  const mixed = (entropy > allowed ? 1 - allowed / entropy : 0) + 1e-14;
  return gradient.map((g, i) => (1 - mixed) * g - (mixed * (means[i] ?? 0)) / sample.unit);
}

/** The proven bound. */
function boundFrom(
  problem: PortfolioProblem,
  solver: Solver,
  sample: Sample,
  means: readonly number[],
  q: Float64Array,
  gradient: Float64Array,
  alpha: number,
): number {
  return leastLinear(problem, solver, insideBall(sample, means, q, gradient, alpha));
}

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

function curvature(sample: Sample, point: Point, gradient: Float64Array, chosen: Int32Array, share: number): Curvature {
  const { values, size, assets, unit } = sample;
  const { weights: q, theta } = point.tail;
  const k = chosen.length;
  const out = new Float64Array(k * k);
  const cross = new Float64Array(k);
  const centred = new Float64Array(k);
  let most = 0;
  for (let s = 0; s < size; s++) most = Math.max(most, q[s] ?? 0);
  const faint = share * most;
  const mean = dot(q, point.losses);
  let variance = 0;
  // Two observations a pass: half the traffic over the matrix, which is what this loop costs.
  const other = new Float64Array(k);
  let waiting = -1;
  const fill = (row: Float64Array, s: number): void => {
    const from = s * assets;
    const root = Math.sqrt(q[s] ?? 0);
    for (let a = 0; a < k; a++) {
      const i = chosen[a] ?? 0;
      row[a] = root * (-(values[from + i] ?? 0) / unit - (gradient[i] ?? 0));
    }
    const gap = root * ((point.losses[s] ?? 0) - mean);
    variance += gap * gap;
    for (let a = 0; a < k; a++) cross[a] = (cross[a] ?? 0) + (row[a] ?? 0) * gap;
  };
  for (let s = 0; s <= size; s++) {
    if (s < size && (q[s] ?? 0) <= faint) continue;
    if (s < size && waiting < 0) {
      fill(centred, s);
      waiting = s;
      continue;
    }
    if (s < size) fill(other, s);
    else if (waiting >= 0) other.fill(0);
    else break;
    waiting = -1;
    for (let a = 0; a < k; a++) {
      const x = centred[a] ?? 0;
      const y = other[a] ?? 0;
      const at = a * k;
      for (let b = 0; b <= a; b++) out[at + b] = (out[at + b] ?? 0) + x * (centred[b] ?? 0) + y * (other[b] ?? 0);
    }
  }
  // In the measure of the assets held: one that is avoided for its size must not drown the others in rounding.
  let lift = 0;
  for (let a = 0; a < k; a++) lift += Math.abs(point.weights[chosen[a] ?? 0] ?? 0) * (out[a * k + a] ?? 0);
  if (!(lift > 0)) for (let a = 0; a < k; a++) lift += (out[a * k + a] ?? 0) / k;
  for (let a = 0; a < k; a++) {
    for (let b = 0; b <= a; b++) {
      const bent = variance > 0 ? ((cross[a] ?? 0) * (cross[b] ?? 0)) / variance : 0;
      const value = theta * ((out[a * k + b] ?? 0) - bent + lift + (a === b ? 1e-12 * lift : 0));
      out[a * k + b] = value;
      out[b * k + a] = value;
    }
  }
  return { matrix: out, thetaFall: cross.map((c) => (variance > 0 ? c / variance : 0)) };
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
  problem: PortfolioProblem,
  solver: Solver,
  sample: Sample,
  point: Point,
  gradient: Float64Array,
  faint: number,
): Step {
  const n = sample.assets;
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
  const { matrix, thetaFall } = curvature(sample, point, gradient, index, faint);
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

function descend(problem: PortfolioProblem, solver: Solver, sample: Sample, alpha: number, from: Float64Array): Found {
  const means = meansOf(sample);
  let point = pointAt(sample, from, alpha, 0, THETA_ROUGH);
  let dual = Number.NEGATIVE_INFINITY;
  let round = 1;
  let weak = 0;
  const gaps: number[] = [];
  for (; round <= MAX_ROUNDS; round++) {
    const gradient = gradientOf(sample, point.tail.weights);
    const bound = boundFrom(problem, solver, sample, means, point.tail.weights, gradient, alpha);
    dual = Math.max(dual, bound);
    const size = Math.max(Math.abs(point.value), 1e-6);
    const gap = (point.value - dual) / size;
    if (gap <= GAP || !Number.isFinite(point.tail.theta)) break;
    // At a kink theta runs away and the steps shrink: other ways lead on from there.
    if (gap > 0.5 * (gaps[round - 1 - PATIENCE] ?? Number.POSITIVE_INFINITY)) break;
    gaps.push(gap);
    const { target, thetaFall } = newtonTarget(
      problem,
      solver,
      sample,
      point,
      gradient,
      gap > FAR ? FAINT_EARLY : FAINT,
    );
    const tolerance = Math.min(THETA_ROUGH, Math.max(THETA_EXACT, THETA_SHARE * gap));
    let slope = 0;
    for (let i = 0; i < target.length; i++) slope += (gradient[i] ?? 0) * ((target[i] ?? 0) - (point.weights[i] ?? 0));
    if (!(slope < 1e-13 * size)) break;
    let next: Point | null = null;
    for (let step = 1; step > 1e-10; step /= 2) {
      const weights = point.weights.map((w, i) => w + step * ((target[i] ?? 0) - w));
      const fall = Math.max(-0.5, step * thetaFall);
      const trial = pointAt(sample, weights, alpha, point.tail.theta / (1 + fall), tolerance);
      if (trial.value <= point.value + 1e-4 * step * slope + 2e-14 * size) {
        next = trial;
        break;
      }
    }
    if (next === null) break;
    // At the level of rounding steps no longer gain: the proof decides whether that is the end.
    weak = point.value - next.value <= 2e-14 * size ? weak + 1 : 0;
    point = next;
    if (weak >= 5) break;
  }
  // The last theta may be a rough one.
  const settled = pointAt(sample, point.weights, alpha, point.tail.theta);
  const { weights: q } = settled.tail;
  const bound = boundFrom(problem, solver, sample, means, q, gradientOf(sample, q), alpha);
  return { point: settled, dual: Math.max(dual, bound), rounds: round };
}

/** The portfolio of least worst loss, and what its linear programme's multipliers, as tail weights, prove about EVaR. */
function leastWorstLoss(
  problem: PortfolioProblem,
  solver: Solver,
  sample: Sample,
  alpha: number,
): { point: Point; dual: number } {
  const { size, assets, values, unit } = sample;
  // The CVaR of a tail of one observation is the worst loss.
  const single = leastCvar(problem, solver, sample, 1 - (1 - 1e-9) / size);
  const point = pointAt(sample, Float64Array.from(single.weights), alpha, 0);
  const worst = point.losses.reduce((most, loss) => Math.max(most, loss), Number.NEGATIVE_INFINITY);
  const builder = commonProgramme(problem);
  const level = builder.addColumn("worst loss", -1e3, 1e3, true);
  builder.setCost(level, 1);
  const first = builder.rowCount;
  const binding: number[] = [];
  point.losses.forEach((loss, s) => {
    if (loss < worst - 1e-7) return;
    binding.push(s);
    const entries: (readonly [number, number])[] = [[level, 1]];
    for (let i = 0; i < assets; i++) entries.push([i, (values[s * assets + i] ?? 0) / unit]);
    builder.addRow(`step ${s + 1}`, 0, Number.POSITIVE_INFINITY, entries, true);
  });
  const { multipliers } = solver.minimize(builder.build(null), 1e-3);
  const q = new Float64Array(size);
  let total = 0;
  binding.forEach((s, k) => {
    q[s] = Math.max(0, multipliers[first + k] ?? 0);
    total += q[s] ?? 0;
  });
  if (!(total > 0)) return { point, dual: Number.NEGATIVE_INFINITY };
  for (let s = 0; s < size; s++) q[s] = (q[s] ?? 0) / total;
  return { point, dual: boundFrom(problem, solver, sample, meansOf(sample), q, gradientOf(sample, q), alpha) };
}

const MAX_CUTS = 400;

/**
 * Cutting planes (Kelley 1960): EVaR is the greatest of E_q[-Rw] over the entropy ball, so every q met on the way bounds it from
 * below, and a linear programme over these bounds proves the optimum, kinks and riskless assets included. Slow, and last.
 */
function byCuts(problem: PortfolioProblem, solver: Solver, sample: Sample, alpha: number, from: Float64Array): Found {
  const means = meansOf(sample);
  const cuts: Float64Array[] = [];
  let best = pointAt(sample, from, alpha, 0);
  let dual = Number.NEGATIVE_INFINITY;
  const cutAt = (point: Point): void => {
    cuts.push(insideBall(sample, means, point.tail.weights, gradientOf(sample, point.tail.weights), alpha));
    if (point.value < best.value) best = point;
  };
  cutAt(best);
  let round = 1;
  for (; round <= MAX_CUTS; round++) {
    const builder = commonProgramme(problem);
    const level = builder.addColumn("EVaR", -1e3, 1e3, true);
    builder.setCost(level, 1);
    for (const cut of cuts) {
      const entries: (readonly [number, number])[] = [[level, 1]];
      cut.forEach((slope, i) => {
        entries.push([i, -slope]);
      });
      builder.addRow("cut", 0, Number.POSITIVE_INFINITY, entries, true);
    }
    const optimum = solver.minimize(builder.build(null), 1e-3);
    dual = Math.max(dual, optimum.dual);
    if (best.value - dual <= GAP * Math.max(Math.abs(best.value), 1e-6)) break;
    const corner = optimum.x.slice(0, sample.assets);
    cutAt(pointAt(sample, corner, alpha, 0));
    // Corners jump about; a point on the way to the best one settles them.
    const halfway = corner.map((w, i) => (w + (best.weights[i] ?? 0)) / 2);
    cutAt(pointAt(sample, halfway, alpha, 0));
  }
  return { point: best, dual, rounds: round };
}

/** Least EVaR of the loss at confidence beta. */
export function leastEvar(problem: PortfolioProblem, solver: Solver, returns: Sample, beta: number): Portfolio {
  requireInside("beta", beta, 0, 1);
  checkProblem(problem, returns.assets);
  const alpha = 1 - beta;
  const start = tailStart(problem, solver, returns);
  // In units of what portfolios near the answer lose: one asset's single return far beyond them would leave few digits.
  const unit = lossesOf(returns, start, new Float64Array(returns.size)).reduce(
    (m, loss) => Math.max(m, Math.abs(loss)),
    0,
  );
  const sample = unit > 0 ? { ...returns, unit } : returns;
  let found = descend(problem, solver, sample, alpha, start);
  let gap = (found.point.value - found.dual) / Math.max(Math.abs(found.point.value), 1e-6);
  let method = "newton on the profile of t";
  if (!(gap <= ACCEPTED_GAP)) {
    // Few observations: the tail may be nothing but the worst losses, where EVaR has a kink. There it is the worst loss.
    const cuts = (): { point: Point; dual: number } => byCuts(problem, solver, sample, alpha, found.point.weights);
    for (const attempt of [() => leastWorstLoss(problem, solver, sample, alpha), cuts]) {
      const other = attempt();
      const dual = Math.max(found.dual, other.dual);
      const point = other.point.value < found.point.value ? other.point : found.point;
      found = { point, dual, rounds: found.rounds };
      gap = (point.value - dual) / Math.max(Math.abs(point.value), 1e-6);
      method = attempt === cuts ? "newton, then cutting planes" : "newton, then least worst loss";
      if (gap <= ACCEPTED_GAP) break;
    }
  }
  const { point, dual, rounds } = found;
  const off = violation(problem, point.weights);
  if (!(gap <= ACCEPTED_GAP)) throw new NotConvergedError(rounds, gap, off);
  const answer: Portfolio = {
    weights: [...point.weights],
    objective: point.value * sample.unit,
    certificate: {
      primal: point.value * sample.unit,
      dual: dual * sample.unit,
      gap: (point.value - dual) / (Math.abs(point.value) || 1),
      infeasibility: off,
    },
    method,
    rounds,
  };
  return requireProof(answer, sample.unit);
}

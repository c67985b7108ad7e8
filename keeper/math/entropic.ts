/**
 * EVaR (Ahmadi-Javid 2012, J. Optim. Theory Appl. 155:1105-1123) of a sample with equal probabilities:
 * inf over t > 0 of t (ln mean exp(L/t) - ln(1 - beta)). With theta = 1/t the minimum lies where the tail weights
 * q = softmax(theta L) have the relative entropy KL(q | uniform) = -ln(1 - beta), and KL grows with theta: one root.
 */
import { requireFinite, requireInside } from "./checks.ts";
import { maximumDrawdown } from "./risk-measures.ts";

export interface EntropicTail {
  readonly evar: number;
  /** 1/t; infinite when the worst losses alone hold the tail. */
  readonly theta: number;
  /** Tail weights, sum 1. */
  readonly weights: Float64Array;
}

/** exp(-745) is the smallest positive double; terms below exp(-46) are less than the rounding of a sum that holds a 1. */
const NEGLIGIBLE = -46;

interface Moments {
  /** ln sum exp(theta (L - worst)). */
  readonly logSum: number;
  /** Mean and variance of L - worst under q. */
  readonly mean: number;
  readonly variance: number;
}

/** Leaves exp(theta gap) in `weights`. */
function momentsAt(gaps: Float64Array, theta: number, weights: Float64Array): Moments {
  let total = 0;
  let first = 0;
  let second = 0;
  for (let i = 0; i < gaps.length; i++) {
    const gap = gaps[i] ?? 0;
    const exponent = theta * gap;
    const weight = exponent < NEGLIGIBLE ? 0 : Math.exp(exponent);
    weights[i] = weight;
    total += weight;
    const moment = weight * gap;
    first += moment;
    second += moment * gap;
  }
  const mean = first / total;
  return { logSum: Math.log(total), mean, variance: Math.max(0, second / total - mean * mean) };
}

/** Up to this change of an exponent four terms of its series are exact to rounding. */
const SERIES = 1e-3;

/** Takes exp(theta gap) to exp((theta + change) gap), normalises, and returns ln of the sum before that. */
function finish(gaps: Float64Array, theta: number, change: number, weights: Float64Array): number {
  let total = 0;
  // Gaps are at least -1 and matter only above NEGLIGIBLE / theta.
  if (Math.abs(change) * Math.min(1, -NEGLIGIBLE / theta) <= SERIES) {
    for (let i = 0; i < gaps.length; i++) {
      const u = change * (gaps[i] ?? 0);
      const weight = (weights[i] ?? 0) * (1 + u * (1 + (u / 2) * (1 + (u / 3) * (1 + u / 4))));
      weights[i] = weight;
      total += weight;
    }
  } else total = Math.exp(momentsAt(gaps, theta + change, weights).logSum);
  const share = 1 / total;
  for (let i = 0; i < gaps.length; i++) weights[i] = (weights[i] ?? 0) * share;
  return Math.log(total);
}

/** Of a long sample this many losses say nearly where theta lies, at a fraction of what a round over all of them costs. */
const ROUGH = 512;
const LONG = 8 * ROUGH;
const ROUGH_TOLERANCE = 1e-2;

/** Theta of evenly spaced losses; 0 where they do not tell. */
function roughTheta(losses: ArrayLike<number>, alpha: number): number {
  const some = Float64Array.from({ length: ROUGH }, (_, k) => losses[Math.floor((k * losses.length) / ROUGH)] ?? 0);
  const { theta } = entropicTail(some, alpha, 0, ROUGH_TOLERANCE);
  return Number.isFinite(theta) ? theta : 0;
}

/**
 * @param start a theta to begin from, e.g. that of a neighbouring portfolio; 0 when none is known.
 * @param tolerance relative length of the last step to theta; what it leaves is of the order of its square.
 */
export function entropicTail(losses: ArrayLike<number>, alpha: number, start = 0, tolerance = 1e-7): EntropicTail {
  const size = losses.length;
  let worst = Number.NEGATIVE_INFINITY;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < size; i++) {
    const loss = losses[i] ?? 0;
    worst = Math.max(worst, loss);
    least = Math.min(least, loss);
  }
  const range = worst - least;
  const weights = new Float64Array(size);
  if (!(range > 0)) return { evar: worst, theta: 0, weights: weights.fill(1 / size) };
  // In units of the range: theta is then of order one to a few hundred whatever the returns are measured in.
  const gaps = new Float64Array(size);
  let ties = 0;
  for (let i = 0; i < size; i++) {
    const gap = ((losses[i] ?? 0) - worst) / range;
    gaps[i] = gap;
    if (gap === 0) ties++;
  }
  const entropy = -Math.log(alpha);
  const logSize = Math.log(size);
  // As theta grows, q ends on the worst losses; when those already weigh alpha or more, EVaR is the worst loss.
  if (logSize - Math.log(ties) <= entropy) {
    for (let i = 0; i < size; i++) weights[i] = gaps[i] === 0 ? 1 / ties : 0;
    return { evar: worst, theta: Number.POSITIVE_INFINITY, weights };
  }
  let low = 0;
  let high = Number.POSITIVE_INFINITY;
  const known = start > 0 || size < LONG ? start : roughTheta(losses, alpha);
  let theta = known > 0 && Number.isFinite(known) ? known * range : 4 * Math.sqrt(2 * entropy);
  let logSum = 0;
  for (let round = 1; ; round++) {
    const moments = momentsAt(gaps, theta, weights);
    // KL(q | uniform) = theta E_q[L] - ln mean exp(theta L)
    const excess = theta * moments.mean - moments.logSum + logSize - entropy;
    if (excess > 0) high = theta;
    else low = theta;
    const slope = theta * moments.variance;
    const newton = slope > 0 ? theta - excess / slope : Number.NaN;
    const safe = Number.isFinite(high) ? (low + high) / 2 : 2 * theta;
    const isNewton = newton >= low && newton <= high && newton <= 4 * theta;
    const next = isNewton ? newton : safe;
    const change = next > 0 ? next - theta : 0;
    // EVaR is stationary in theta, its tail weights are not: contributions need the last digits.
    // A Newton step leaves the square of its length.
    if (!(next > 0) || Math.abs(change) <= (isNewton ? tolerance : 1e-12) * next || round >= 100) {
      logSum = finish(gaps, theta, change, weights);
      theta += change;
      break;
    }
    theta = next;
  }
  const evar = worst + (range * (logSum - logSize + entropy)) / theta;
  return { evar: Math.min(worst, evar), theta: theta / range, weights };
}

function requireLevel(values: ArrayLike<number>, beta: number): void {
  requireInside("beta", beta, 0, 1);
  requireFinite("returns of a risk measure", values);
}

/** EVaR is stationary in theta: what a last step of this length leaves of it is below rounding. */
const VALUE_TOLERANCE = 3e-5;

/** EVaR of simple returns at confidence beta. */
export function entropicValueAtRisk(returns: ArrayLike<number>, beta: number): number {
  requireLevel(returns, beta);
  const losses = new Float64Array(returns.length);
  for (let i = 0; i < losses.length; i++) losses[i] = -(returns[i] ?? 0);
  return entropicTail(losses, 1 - beta, 0, VALUE_TOLERANCE).evar;
}

/** Depth below the running peak after each step; the start counts as a peak. */
export function drawdowns(returns: ArrayLike<number>, convention: "compounded" | "cumulative"): Float64Array {
  requireFinite("returns of a drawdown", returns);
  const depths = new Float64Array(returns.length);
  const isCompounded = convention === "compounded";
  let level = isCompounded ? 1 : 0;
  let peak = level;
  for (let i = 0; i < returns.length; i++) {
    const value = returns[i] ?? 0;
    level = isCompounded ? level * (1 + value) : level + value;
    peak = Math.max(peak, level);
    depths[i] = isCompounded ? 1 - level / peak : peak - level;
  }
  return depths;
}

/** EDaR: the EVaR of the drawdowns. Never above the maximum drawdown. */
export function entropicDrawdownAtRisk(
  returns: ArrayLike<number>,
  beta: number,
  convention: "compounded" | "cumulative",
): number {
  requireLevel(returns, beta);
  const depths = drawdowns(returns, convention);
  return Math.min(entropicTail(depths, 1 - beta, 0, VALUE_TOLERANCE).evar, maximumDrawdown(returns, convention));
}

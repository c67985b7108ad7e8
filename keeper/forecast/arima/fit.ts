/** Maximum likelihood for a given ARIMA order: starting values, the optimizer, standard errors and criteria. */

import { createRng } from "../../kernel/rng.ts";
import {
  levenbergMarquardt,
  linearLeastSquares,
  type NonlinearFit,
  type ResidualFunction,
} from "../../math/least-squares.ts";
import { Coordinates, coefficientsAt, fromPartial, parametersFrom } from "./coordinates.ts";
import { type ArimaCoefficients, type ArimaOrder, armaOf } from "./order.ts";
import type { ArimaProblem } from "./problem.ts";

export interface Estimate {
  readonly order: ArimaOrder;
  readonly coefficients: ArimaCoefficients;
  readonly beta: readonly number[];
  readonly loglik: number;
  /** Innovation variance, degrees of freedom corrected as in R's forecast: squares / (used - coefficients). */
  readonly sigma2: number;
  readonly aic: number;
  readonly aicc: number;
  readonly bic: number;
  readonly used: number;
  /** The optimizer's own coordinates: a start for a neighbouring order. */
  readonly parameters: Float64Array;
}

/** Residuals of a long autoregression by Levinson-Durbin; zero where its lags do not reach. */
function longResiduals(w: Float64Array, lags: number): Float64Array {
  const n = w.length;
  const gamma = new Float64Array(lags + 1);
  for (let k = 0; k <= lags; k++) {
    let value = 0;
    for (let t = k; t < n; t++) value += (w[t] ?? 0) * (w[t - k] ?? 0);
    gamma[k] = value / n;
  }
  let phi: number[] = [];
  let variance = (gamma[0] ?? 0) * (1 + 1e-9);
  for (let k = 1; k <= lags && variance > 0; k++) {
    let value = gamma[k] ?? 0;
    phi.forEach((coefficient, j) => {
      value -= coefficient * (gamma[k - 1 - j] ?? 0);
    });
    const a = value / variance;
    phi = [...phi.map((coefficient, j) => coefficient - a * (phi[k - 2 - j] ?? 0)), a];
    variance *= 1 - a * a;
  }
  const out = new Float64Array(n);
  for (let t = phi.length; t < n; t++) {
    let value = w[t] ?? 0;
    for (let j = 0; j < phi.length; j++) value -= (phi[j] ?? 0) * (w[t - 1 - j] ?? 0);
    out[t] = value;
  }
  return out;
}

/** The series that ARMA starts are estimated from: differenced, regressors taken out by ordinary least squares. */
export interface StartingData {
  readonly w: Float64Array;
  readonly innovations: Float64Array;
  readonly longLag: number;
}

export function startingData(problem: ArimaProblem, m: number): StartingData {
  const [y = new Float64Array(0), ...columns] = problem.startingSeries();
  const { coefficients } = linearLeastSquares(columns, y);
  const w = Float64Array.from(y, (value, t) =>
    columns.reduce((rest, column, j) => rest - (coefficients[j] ?? 0) * (column[t] ?? 0), value),
  );
  const longLag = Math.max(
    1,
    Math.min(Math.floor(w.length / 4), Math.max(Math.ceil(10 * Math.log10(w.length + 1)), m > 1 ? m + 4 : 0)),
  );
  return { w, innovations: longResiduals(w, longLag), longLag };
}

/** Hannan and Rissanen (1982): regress the series on its own lags and on the residuals of a long autoregression. */
export function hannanRissanen(data: StartingData, order: ArimaOrder): Float64Array {
  const { w, innovations: e, longLag } = data;
  const { p, q, P, Q, m } = order;
  const from = Math.max(p, q, P * m, Q * m, q + Q > 0 ? longLag : 0);
  const rows = w.length - from;
  const lagged = (source: Float64Array, lag: number): Float64Array => source.slice(from - lag, w.length - lag);
  const lagsOf = (count: number, step: number): number[] => Array.from({ length: count }, (_, i) => (i + 1) * step);
  const columns = [
    ...lagsOf(p, 1).map((lag) => lagged(w, lag)),
    ...lagsOf(P, m).map((lag) => lagged(w, lag)),
    ...lagsOf(q, 1).map((lag) => lagged(e, lag)),
    ...lagsOf(Q, m).map((lag) => lagged(e, lag)),
  ];
  if (rows < 2 * columns.length + 2) return new Float64Array(columns.length);
  const { coefficients } = linearLeastSquares(columns, w.slice(from));
  const take = (start: number, count: number): number[] => Array.from(coefficients.slice(start, start + count));
  return parametersFrom({ ar: take(0, p), sar: take(p, P), ma: take(p + P, q), sma: take(p + P + q, Q) });
}

function bestStart(f: ResidualFunction, starts: readonly Float64Array[]): Float64Array {
  const scratch = new Float64Array(f.length);
  let least = Number.POSITIVE_INFINITY;
  let best = starts[0] ?? new Float64Array(0);
  for (const start of starts) {
    const squares = f.evaluate(start, scratch);
    if (squares < least) {
      least = squares;
      best = start;
    }
  }
  return best;
}

export interface FitOptions {
  /** Optimize pure AR and MA models from the start with the smallest residuals only. */
  readonly bestStartOnly?: boolean;
  /** Starts that go on, best first, after the approximate descent from all of them. */
  readonly finalists: number;
  /** Steps with the true derivatives, from each finalist. */
  readonly maxIterations: number;
  readonly tolerance: number;
  readonly secant: "loose" | "confirmed";
  /** Start that ends its approximate descent so far behind the best, in log-likelihood, that it goes no further; BEHIND when absent. */
  readonly behind?: number;
  /** Roots stay beyond it; 1, the whole stationary and invertible region, when absent. */
  readonly radius?: number;
}
export const THOROUGH: FitOptions = { maxIterations: 200, tolerance: 1e-13, finalists: 3, secant: "confirmed" };
/** Every start to its end: what a single order may cost. */
const EXHAUSTIVE: FitOptions = {
  ...THOROUGH,
  finalists: Number.POSITIVE_INFINITY,
  behind: Number.POSITIVE_INFINITY,
};
/** For orders that are nearly the best: their log-likelihood to a millionth. */
export const POLISH: FitOptions = { maxIterations: 60, tolerance: 1e-9, finalists: 3, secant: "confirmed" };
/** Enough to rank orders by; the contenders are fitted again. */
export const QUICK: FitOptions = {
  maxIterations: 16,
  tolerance: 1e-6,
  finalists: 2,
  secant: "loose",
  bestStartOnly: true,
};
/** To the optimum of one start, as when a known model meets new data. */
export const NEAR: FitOptions = { maxIterations: 25, tolerance: 1e-6, finalists: 1, secant: "confirmed" };
/** From the maximum of one likelihood to that of another nearby. */
export const LAST_STEPS: FitOptions = { ...NEAR, tolerance: 1e-10 };
/** The descent that every start begins with. */
const DESCENT = { maxIterations: 20, tolerance: 1e-5, approximate: true } as const;

/** log-likelihood from its ingredients. */
export const logLikelihood = (used: number, squares: number, logs: number): number =>
  -0.5 * (used * (Math.log(2 * Math.PI) + 1 + Math.log(squares / used)) + logs);

/**
 * As R states it where a diffuse starting value counts as an observation: the mean over those that count, times the length of the
 * differenced series.
 * @param counted innovations that `squares` and `logs` are sums over.
 */
export const statedLikelihood = (used: number, counted: number, squares: number, logs: number): number =>
  (used / counted) * logLikelihood(counted, squares, logs);

export function criteria(loglik: number, parameters: number, used: number): { aic: number; aicc: number; bic: number } {
  const aic = -2 * loglik + 2 * parameters;
  const spare = used - parameters - 1;
  return {
    aic,
    aicc: spare > 0 ? aic + (2 * parameters * (parameters + 1)) / spare : Number.POSITIVE_INFINITY,
    bic: aic + parameters * (Math.log(used) - 2),
  };
}

/** The same when the residuals already carry the determinant: their sum of squares is all there is to it. */
const concentratedLogLikelihood = (used: number, squares: number): number => logLikelihood(used, squares, 0);

/** A descent that ends this far below the best, in log-likelihood, has found the basin of a lesser maximum. */
const BEHIND = 4;

/**
 * The optimizer from each start; the best end wins.
 * @param hopeless AICc after the descent beyond which the last steps are not worth taking.
 */
export function optimizeFrom(
  problem: ArimaProblem,
  order: ArimaOrder,
  starts: readonly Float64Array[],
  options: FitOptions,
  hopeless = Number.POSITIVE_INFINITY,
): NonlinearFit | null {
  const { p, P, q, Q } = order;
  // Buffers that serve every evaluation: this is the inner loop of everything.
  const at = new Coordinates(order, problem.length, options.radius ?? 1);
  const f: ResidualFunction = {
    length: problem.length,
    evaluate(x, out) {
      at.set(x);
      return problem.residuals(at, out);
    },
    approximate(x, residuals, normal, gradient) {
      at.set(x);
      at.gaussNewton(residuals, normal, gradient);
    },
  };
  // Pure AR and pure MA likelihoods have one relevant maximum in practice; mixed ones need every start.
  const mixed = p + P > 0 && q + Q > 0;
  const tried = options.bestStartOnly && !mixed ? [bestStart(f, starts)] : starts;
  const found: NonlinearFit[] = [];
  for (const start of tried) {
    const end = levenbergMarquardt(f, start, DESCENT);
    if (Number.isFinite(end.squares)) found.push(end);
  }
  found.sort((a, b) => a.squares - b.squares);
  let best: NonlinearFit | null = found[0] ?? null;
  const reached = concentratedLogLikelihood(problem.used, best?.squares ?? Number.NaN);
  const { aicc } = criteria(reached, order.p + order.P + order.q + order.Q + problem.regressors + 1, problem.used);
  if (aicc > hopeless) return best;
  for (const { x, squares } of found.slice(0, options.finalists)) {
    if (reached - concentratedLogLikelihood(problem.used, squares) > (options.behind ?? BEHIND)) break;
    const end = levenbergMarquardt(f, x, options);
    if (Number.isFinite(end.squares) && (best === null || end.squares < best.squares)) best = end;
  }
  return best;
}

/** Estimate at the optimizer's coordinates; null when the likelihood does not exist there. */
export function estimateAt(problem: ArimaProblem, order: ArimaOrder, parameters: Float64Array): Estimate | null {
  const coefficients = coefficientsAt(parameters, order);
  const found = problem.innovations(armaOf(coefficients, order.m));
  if (found === null || found.used <= 0 || !(found.squares > problem.rounding)) return null;
  const { squares, logs } = found;
  const { used } = problem;
  const count = parameters.length + problem.regressors;
  const loglik = statedLikelihood(used, found.used, squares, logs);
  return {
    order,
    coefficients,
    beta: Array.from(found.beta),
    loglik,
    sigma2: squares / Math.max(1, used - count),
    ...criteria(loglik, count + 1, used),
    used,
    parameters,
  };
}

/** Partial autocorrelations of an estimate are what they are; only 1 itself has no coordinate. */
const ALL_BUT_ONE = 1 - 1e-15;

/** The greatest likelihood with every root beyond a radius, from maxima outside that region and places within. */
export function estimateWithin(
  problem: ArimaProblem,
  order: ArimaOrder,
  from: readonly ArimaCoefficients[],
  radius: number,
  options: FitOptions,
): Estimate | null {
  const starts = from.map((coefficients) => parametersFrom(coefficients, order.m, radius));
  const found = optimizeFrom(problem, order, starts, { ...options, radius });
  if (found === null) return null;
  const inside = coefficientsAt(found.x, order, radius);
  return estimateAt(problem, order, parametersFrom(inside, order.m, 1, ALL_BUT_ONE));
}

/** Several starts: the likelihood of mixed models has local maxima, and the fit must not depend on luck. */
export function startsFor(data: StartingData, order: ArimaOrder): Float64Array[] {
  const regression = hannanRissanen(data, order);
  const zero = new Float64Array(regression.length);
  const shrunk = regression.map((x) => 0.5 * x);
  const { p, P, q, Q } = order;
  const airline = zero.map((_, i) => (i < p + P ? 0.3 : 0.5));
  const opposite = zero.map((_, i) => (i < p + P ? -0.3 : -0.3));
  const mixed = p + P > 0 && q + Q > 0 ? [airline, opposite, zero.map((_, i) => (i < p + P ? 1.5 : 1.5))] : [];
  return [regression, zero, shrunk, ...mixed];
}

/** Partial autocorrelations of scattered starts stay below these, by turns: maxima lie near the edge and far from it. */
const NEAR_EDGE = 0.9;
const INSIDE = 0.6;
const SEED = 1982;

/** Starts all over the stationary and invertible region; fixed seed, so that the same data give the same fit. */
export function scatteredStarts(size: number, count: number): Float64Array[] {
  const rng = createRng(SEED);
  return Array.from({ length: count }, (_, k) =>
    Float64Array.from({ length: size }, () =>
      fromPartial((k % 2 === 0 ? NEAR_EDGE : INSIDE) * (2 * rng.uniform() - 1)),
    ),
  );
}

/** Maximum likelihood at a given order from several starts, and from `more` of them. */
export function estimate(
  problem: ArimaProblem,
  order: ArimaOrder,
  options: FitOptions = THOROUGH,
  more: readonly Float64Array[] = [],
  data = startingData(problem, order.m),
): Estimate | null {
  const { p, P, q, Q } = order;
  if (p + P + q + Q === 0) return estimateAt(problem, order, new Float64Array(0));
  const starts = [...more, ...startsFor(data, order)];
  const found = optimizeFrom(problem, order, starts, options);
  return found === null ? null : estimateAt(problem, order, found.x);
}

/** Coordinate of a root that is one to the eye: many a likelihood has its greatest value there. */
const AT_EDGE = 100;

/**
 * From every start to its end, then from the best end with each coordinate at either edge.
 * @param scattered starts beside the usual ones; without any only the best of those go to their end.
 */
export function estimateThoroughly(
  problem: ArimaProblem,
  order: ArimaOrder,
  scattered: readonly Float64Array[],
): Estimate | null {
  if (scattered.length === 0) return estimate(problem, order);
  const best = estimate(problem, order, EXHAUSTIVE, scattered);
  if (best === null || best.parameters.length === 0) return best;
  const edges = Array.from(best.parameters.keys()).flatMap((at) =>
    [-AT_EDGE, AT_EDGE].map((value) => best.parameters.with(at, value)),
  );
  const found = optimizeFrom(problem, order, edges, EXHAUSTIVE);
  const end = found === null ? null : estimateAt(problem, order, found.x);
  return end !== null && end.loglik > best.loglik ? end : best;
}

/** A cheap fit from given starts only. */
export function estimateFrom(
  problem: ArimaProblem,
  order: ArimaOrder,
  starts: readonly Float64Array[],
  options: FitOptions = NEAR,
): Estimate | null {
  const found = optimizeFrom(problem, order, starts, options);
  return found === null ? null : estimateAt(problem, order, found.x);
}

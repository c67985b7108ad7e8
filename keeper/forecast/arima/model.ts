/** A fitted ARIMA model with its regression, and what it says about the future. */
import { requireCount, requireFinite } from "../../math/checks.ts";
import { DimensionMismatchError, EmptySampleError, ParameterOutOfRangeError } from "../../math/errors.ts";
import { parametersFrom } from "./coordinates.ts";
import {
  criteria,
  type Estimate,
  estimate,
  estimateAt,
  estimateFrom,
  estimateThoroughly,
  LAST_STEPS,
  scatteredStarts,
  statedLikelihood,
  THOROUGH,
} from "./fit.ts";
import {
  type ArimaCoefficients,
  type ArimaOrder,
  armaOf,
  checkOrder,
  differencingLoss,
  differencingPolynomial,
} from "./order.ts";
import { ArimaProblem, interpolate } from "./problem.ts";
import { ArimaFilter } from "./state-space.ts";

/** "mean": a level, for undifferenced models. "drift": a slope, for models differenced once. */
export type Constant = "none" | "mean" | "drift";

export interface ArimaFit {
  readonly order: ArimaOrder;
  readonly constant: Constant;
  readonly coefficients: ArimaCoefficients;
  /** Mean or drift, when there is one. */
  readonly constantValue: number | null;
  /** Coefficients of the user's regressors. */
  readonly xreg: readonly number[];
  readonly loglik: number;
  readonly sigma2: number;
  readonly aic: number;
  readonly aicc: number;
  readonly bic: number;
  /** Observations that the likelihood counts: observed, less those that differencing takes. */
  readonly used: number;
}

export interface ArimaInput {
  /** NaN for missing. */
  readonly y: ArrayLike<number>;
  /** Regressors of y's length, complete. */
  readonly xreg?: readonly ArrayLike<number>[];
}

/** Regressor columns of the constant. A drift counts from 1, as in R. */
function constantColumn(constant: Constant, from: number, length: number): Float64Array[] {
  if (constant === "none") return [];
  return [Float64Array.from({ length }, (_, t) => (constant === "mean" ? 1 : from + t + 1))];
}

/** A mean or a drift that differencing would turn into zero or a polynomial is refused, not dropped in silence. */
function checkConstant(constant: Constant, { d, D }: ArimaOrder): void {
  if (constant === "mean" && d + D !== 0)
    throw new ParameterOutOfRangeError("d + D of a model with a mean", d + D, "0");
  if (constant === "drift" && d + D !== 1)
    throw new ParameterOutOfRangeError("d + D of a model with a drift", d + D, "1");
}

export function checkInput({ y, xreg = [] }: ArimaInput): void {
  let observed = 0;
  for (let t = 0; t < y.length; t++) {
    const value = y[t] ?? Number.NaN;
    if (Number.isNaN(value)) continue;
    if (!Number.isFinite(value)) requireFinite("series to forecast", [value]);
    observed++;
  }
  if (observed === 0) throw new EmptySampleError("series to forecast", 1, 0);
  for (const column of xreg) {
    if (column.length !== y.length) throw new DimensionMismatchError("regressor", y.length, column.length);
    requireFinite("regressor", column);
  }
}

export const problemOf = (
  { y, xreg = [] }: ArimaInput,
  order: ArimaOrder,
  constant: Constant,
  isDiffuse = false,
): ArimaProblem => new ArimaProblem(y, [...constantColumn(constant, 0, y.length), ...xreg], order, isDiffuse);

/** The fit at an estimate, with the likelihood restated in the diffuse convention that R and statsmodels publish. */
export function fitFrom(input: ArimaInput, found: Estimate, constant: Constant): ArimaFit {
  const { order, coefficients, beta } = found;
  const diffuse = differencingLoss(order) === 0 ? null : diffuseLikelihood(input, order, constant, coefficients, beta);
  const loglik = diffuse ?? found.loglik;
  const parameters = found.parameters.length + beta.length + 1;
  return {
    order,
    constant,
    coefficients,
    constantValue: constant === "none" ? null : (beta[0] ?? null),
    xreg: beta.slice(constant === "none" ? 0 : 1),
    loglik,
    sigma2: found.sigma2,
    ...criteria(loglik, parameters, found.used),
    used: found.used,
  };
}

/** Log-likelihood with unknown starting values of variance 1e6; null where the model is not stationary. */
export function diffuseLikelihood(
  { y, xreg = [] }: ArimaInput,
  order: ArimaOrder,
  constant: Constant,
  coefficients: ArimaCoefficients,
  beta: readonly number[],
): number | null {
  const columns = [...constantColumn(constant, 0, y.length), ...xreg];
  const filter = ArimaFilter.create(armaOf(coefficients, order.m), differencingPolynomial(order), 1, null);
  if (filter === null) return null;
  const out = [new Float64Array(1)];
  let logs = 0;
  let squares = 0;
  let counted = 0;
  let observed = 0;
  for (let t = 0; t < y.length; t++) {
    let value = y[t] ?? Number.NaN;
    if (!Number.isNaN(value)) observed++;
    columns.forEach((column, j) => {
      value -= (beta[j] ?? 0) * (column[t] ?? 0);
    });
    const log = filter.feed([value], Number.isNaN(value), out, 0);
    if (Number.isNaN(log)) continue;
    logs += log;
    squares += (out[0]?.[0] ?? 0) ** 2;
    counted++;
  }
  return statedLikelihood(observed - differencingLoss(order), counted, squares, logs);
}

/**
 * Fits a given order by exact maximum likelihood.
 * @throws {EmptySampleError | ParameterOutOfRangeError | SampleNotFiniteError | DimensionMismatchError}
 */
export function fitArima(input: ArimaInput, order: ArimaOrder, constant: Constant): ArimaFit {
  checkOrder(order);
  checkConstant(constant, order);
  checkInput(input);
  const problem = problemOf(input, order, constant);
  const { p, q, P, Q, m } = order;
  // A coefficient whose lag no two observations span is not in the likelihood.
  const needed = Math.max(p + q + P + Q + problem.regressors + 2, p + P * m + 1, q + Q * m + 1);
  if (problem.used < needed) throw new EmptySampleError(`likelihood after differencing`, needed, problem.used);
  const starts = scatteredStarts(p + q + P + Q, scatterOf(p + q + P + Q, problem.used));
  const found = bestEstimate(input, problem, order, constant, starts);
  return found === null ? fitFrom(input, exactLine(problem, order), constant) : publishedFit(input, found, constant);
}

/** Log-likelihoods further apart than this belong to different maxima. */
const SAME_LIKELIHOOD = 1e-4;
/** State elements squared times observations: beyond it the likelihood with diffuse starting values takes too long to come back to. */
const DIFFUSE_WORK = 5e6;

/** Whether the published likelihood of an order is cheap enough to be evaluated many times. */
export function isQuickToPublish({ order }: Pick<Estimate, "order">, length: number): boolean {
  const { p, q, P, Q, m } = order;
  const size = Math.max(p + P * m, q + Q * m + 1) + differencingLoss(order);
  return size * size * length <= DIFFUSE_WORK;
}

/**
 * The fit at an estimate. Where the level of a series is large against its noise, the likelihood that is published has its
 * maximum elsewhere than the exact one: the last steps are taken on the one that the fit is stated in.
 */
export function publishedFit(input: ArimaInput, found: Estimate, constant: Constant): ArimaFit {
  const fit = fitFrom(input, found, constant);
  if (Math.abs(fit.loglik - found.loglik) <= SAME_LIKELIHOOD || !isQuickToPublish(found, input.y.length)) return fit;
  const problem = problemOf(input, found.order, constant, true);
  const near =
    found.parameters.length === 0 ? null : estimateFrom(problem, found.order, [found.parameters], LAST_STEPS);
  const end = near ?? estimateAt(problem, found.order, found.parameters);
  if (end === null) return fit;
  const again = fitFrom(input, end, constant);
  return again.loglik > fit.loglik ? again : fit;
}

/** Observations times scattered starts: short series have many maxima, long ones few and dear. */
const SCATTER_WORK = 12_800;
const MOST_SCATTERED = 32;
const FEWEST_SCATTERED = 4;
/** Models with more coefficients take seconds from every start. */
const LARGE_MODEL = 12;

/** How many scattered starts an order is worth: none where even a few would take long. */
function scatterOf(size: number, used: number): number {
  const count = Math.min(MOST_SCATTERED, Math.round(SCATTER_WORK / used));
  if (size > LARGE_MODEL || count < FEWEST_SCATTERED) return 0;
  return size === 1 ? FEWEST_SCATTERED : count;
}

/** The best end of all starts. With missing values, whose likelihood is slow, from the best one of the interpolated series too. */
function bestEstimate(
  input: ArimaInput,
  problem: ArimaProblem,
  order: ArimaOrder,
  constant: Constant,
  scattered: readonly Float64Array[],
): Estimate | null {
  if (problem.isComplete) return estimateThoroughly(problem, order, scattered);
  const filled = problemOf({ ...input, y: interpolate(input.y) }, order, constant);
  const near = estimateThoroughly(filled, order, scattered);
  return estimate(problem, order, THOROUGH, near === null ? [] : [near.parameters]);
}

/** New parameters for a fitted order on other data, from the old ones; the old fit where none can be found. */
export function refitArima(input: ArimaInput, fit: ArimaFit): ArimaFit {
  checkInput(input);
  const problem = problemOf(input, fit.order, fit.constant);
  if (problem.used < fit.used / 2) return fit;
  const start = parametersFrom(fit.coefficients);
  const found = start.length === 0 ? estimateAt(problem, fit.order, start) : estimateFrom(problem, fit.order, [start]);
  return found === null ? fit : fitFrom(input, found, fit.constant);
}

/**
 * A series that its regressors and differences explain without error has no finite likelihood. Its coefficients are
 * zero, its variance is zero, and its forecast is a line: the honest answer for a constant series.
 */
function exactLine(problem: ArimaProblem, order: ArimaOrder): Estimate {
  const zero = (count: number): number[] => new Array<number>(count).fill(0);
  const coefficients = { ar: zero(order.p), ma: zero(order.q), sar: zero(order.P), sma: zero(order.Q) };
  const found = problem.innovations(armaOf(coefficients, order.m));
  const infinite = Number.POSITIVE_INFINITY;
  return {
    order,
    coefficients,
    beta: Array.from(found?.beta ?? []),
    loglik: infinite,
    sigma2: 0,
    aic: -infinite,
    aicc: -infinite,
    bic: -infinite,
    used: problem.used,
    parameters: new Float64Array(order.p + order.q + order.P + order.Q),
  };
}

export interface ArimaPrediction {
  readonly mean: Float64Array;
  /** Standard error of each step, parameter uncertainty not included (as in R). */
  readonly standardError: Float64Array;
}

/** Forecasts the next `horizon` values. `future` continues every regressor. */
export function predictArima(
  input: ArimaInput,
  fit: ArimaFit,
  horizon: number,
  future: readonly ArrayLike<number>[] = [],
): ArimaPrediction {
  requireCount("forecast horizon", horizon, 1);
  const { y, xreg = [] } = input;
  if (future.length !== xreg.length) throw new DimensionMismatchError("future regressors", xreg.length, future.length);
  for (const column of future) {
    if (column.length !== horizon) throw new DimensionMismatchError("future regressor", horizon, column.length);
    requireFinite("future regressor", column);
  }
  const beta = [...(fit.constantValue === null ? [] : [fit.constantValue]), ...fit.xreg];
  const past = [...constantColumn(fit.constant, 0, y.length), ...xreg];
  const ahead = [...constantColumn(fit.constant, y.length, horizon), ...future];
  const explained = (columns: readonly ArrayLike<number>[], t: number): number =>
    columns.reduce((total, column, j) => total + (beta[j] ?? 0) * (column[t] ?? 0), 0);
  const rest = Float64Array.from(y, (value, t) => value - explained(past, t));
  const filter = filterOf(rest, fit);
  return {
    mean: filter.mean(horizon).map((value, k) => value + explained(ahead, k)),
    standardError: filter.variance(horizon).map((value) => Math.sqrt(value * fit.sigma2)),
  };
}

/** The filter of a fit after a series that its constant and regressors have been taken out of. */
export function filterOf(rest: Float64Array, { order, coefficients }: ArimaFit): ArimaFilter {
  const delta = differencingPolynomial(order);
  const lost = delta.length;
  const gap = rest.subarray(0, lost).some(Number.isNaN);
  const model = armaOf(coefficients, order.m);
  // Starting values that were all observed are known exactly; otherwise they are learned from a diffuse start.
  const filter = ArimaFilter.create(model, delta, 1, gap ? null : [rest.subarray(0, lost)]);
  if (filter === null) throw new ParameterOutOfRangeError("largest autoregressive root", 1, "inside the unit circle");
  for (let t = gap ? 0 : lost; t < rest.length; t++) {
    const value = rest[t] ?? Number.NaN;
    filter.feed([value], Number.isNaN(value), [], 0);
  }
  return filter;
}

/** Coefficients by R's names, for people and for comparison. */
export function namedCoefficients({ coefficients, constant, constantValue, xreg }: ArimaFit): Record<string, number> {
  const named: Record<string, number> = {};
  for (const kind of ["ar", "ma", "sar", "sma"] as const) {
    coefficients[kind].forEach((value, i) => {
      named[`${kind}${i + 1}`] = value;
    });
  }
  if (constantValue !== null) named[constant === "mean" ? "intercept" : "drift"] = constantValue;
  xreg.forEach((value, i) => {
    named[`xreg${i + 1}`] = value;
  });
  return named;
}

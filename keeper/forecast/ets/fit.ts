/** Exponential smoothing by maximum likelihood, with the form chosen by AICc. */
import { levenbergMarquardt, linearLeastSquares } from "../../math/least-squares.ts";
import { interpolate } from "../arima/problem.ts";
import { type EtsShape, type EtsState, type EtsWeights, runEts, shapeName } from "./recursion.ts";

export interface EtsFit {
  readonly shape: EtsShape;
  readonly weights: EtsWeights;
  readonly start: EtsState;
  /** What a multiplicative model takes for nothing, in units of the series. */
  readonly floor: number;
  /** After the last observation. */
  readonly state: EtsState;
  readonly sigma2: number;
  readonly loglik: number;
  readonly aicc: number;
}

/** Seasons longer than this are not smoothed: their many starting states leave nothing to judge the model by. */
const LONGEST_SEASON = 24;

const logistic = (x: number): number => 1 / (1 + Math.exp(-x));
const logit = (p: number): number => Math.log(p / (1 - p));

/** The usual region: 0 < beta < alpha < 1, 0 < gamma < 1 - alpha, 0.8 <= phi <= 0.98. */
function weightsAt(x: Float64Array, { trend, season }: EtsShape): { weights: EtsWeights; used: number } {
  let at = 0;
  const alpha = 1e-4 + 0.9998 * logistic(x[at++] ?? 0);
  const beta = trend === "N" ? 0 : alpha * logistic(x[at++] ?? 0);
  const gamma = season === "N" ? 0 : (1 - alpha) * logistic(x[at++] ?? 0);
  const phi = trend === "Ad" ? 0.8 + 0.18 * logistic(x[at++] ?? 0) : trend === "A" ? 1 : 0;
  return { weights: { alpha, beta, gamma, phi }, used: at };
}

function stateAt(x: Float64Array, from: number, { trend, season, period }: EtsShape, scale: number): EtsState {
  let at = from;
  const level = (x[at++] ?? 0) * scale;
  const slope = trend === "N" ? 0 : (x[at++] ?? 0) * scale;
  const terms = new Float64Array(season === "N" ? 0 : period);
  if (season !== "N") {
    // Terms add up to zero, or to the period: one of them is not free.
    const unit = season === "A" ? scale : 1;
    let total = season === "A" ? 0 : period;
    for (let k = 0; k < period - 1; k++) {
      const term = (x[at++] ?? 0) * unit;
      terms[k] = term;
      total -= term;
    }
    terms[period - 1] = total;
  }
  return { level, slope, season: terms, phase: 0 };
}

/** Level, slope and seasonal terms of the first seasons by least squares: where the optimizer starts. */
function startOf(values: Float64Array, shape: EtsShape): { level: number; slope: number; season: number[] } {
  const { period, season } = shape;
  const filled = interpolate(values);
  const head = Math.min(filled.length, season === "N" ? Math.max(10, 2) : Math.max(3 * period, 10));
  const y = filled.slice(0, head);
  const ones = new Float64Array(head).fill(1);
  const time = ones.map((_, t) => t + 1);
  const dummies =
    season === "N"
      ? []
      : Array.from({ length: period - 1 }, (_, k) =>
          ones.map((_, t) => (t % period === k ? 1 : 0) - (t % period === period - 1 ? 1 : 0)),
        );
  const { coefficients } = linearLeastSquares([ones, time, ...dummies], y);
  const level = coefficients[0] ?? 0;
  const terms = Array.from(coefficients.slice(2));
  if (season === "M") {
    let centre = 0;
    for (const value of y) centre += value / head;
    return { level, slope: coefficients[1] ?? 0, season: terms.map((term) => Math.max(0.05, 1 + term / centre)) };
  }
  return { level, slope: coefficients[1] ?? 0, season: terms };
}

/** Largest ratio between two terms of a multiplicative season. */
const WIDEST_SEASON = 1000;

/** Share of a series' mean size that a multiplicative model divides by as little as by zero. */
const NOTHING = 1e-12;

/**
 * Variance of relative errors from which on a Gaussian one makes a positive series negative every sixth time: such a form describes
 * nothing, and its intervals grow by a factor with every step.
 */
const LARGEST_RELATIVE = 1;

/** Fits one form; null when it cannot describe the data. */
export function fitShape(values: Float64Array, shape: EtsShape): EtsFit | null {
  const { trend, season, error } = shape;
  let observed = 0;
  let scale = 0;
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    observed++;
    scale += Math.abs(value);
  }
  scale = scale > 0 ? scale / observed : 1;
  const floor = NOTHING * scale;
  const start = startOf(values, shape);
  const unit = season === "M" ? 1 : scale;
  const initial = Float64Array.from([
    logit(0.3),
    ...(trend === "N" ? [] : [logit(0.1)]),
    ...(season === "N" ? [] : [logit(0.1)]),
    ...(trend === "Ad" ? [logit(0.8)] : []),
    (error === "M" || season === "M" ? Math.max(start.level, 0.05 * scale) : start.level) / scale,
    ...(trend === "N" ? [] : [start.slope / scale]),
    ...start.season.map((term) => term / unit),
  ]);
  const parameters = initial.length + 1;
  if (observed <= parameters + 1) return null;
  const scratch = new Float64Array(values.length);
  const f = {
    length: values.length,
    evaluate(x: Float64Array, out: Float64Array): number {
      const { weights, used } = weightsAt(x, shape);
      const run = runEts(shape, stateAt(x, used, shape, scale), weights, values, out, floor);
      if (run === null) return Number.NaN;
      const factor = Math.exp(run.logs / run.observed);
      let squares = 0;
      for (let t = 0; t < out.length; t++) {
        const e = (out[t] ?? 0) * factor;
        out[t] = e;
        squares += e * e;
      }
      return squares;
    },
  };
  let best: Float64Array | null = null;
  let least = Number.POSITIVE_INFINITY;
  // Slow and fast smoothing are often two local optima.
  for (const alpha of [0.1, 0.7]) {
    const from = Float64Array.from(initial);
    from[0] = logit(alpha);
    const found = levenbergMarquardt(f, from, { maxIterations: 40, tolerance: 1e-8 });
    if (found.squares < least) {
      least = found.squares;
      best = found.x;
    }
  }
  if (best === null) return null;
  const { weights, used } = weightsAt(best, shape);
  const first = stateAt(best, used, shape, scale);
  // Ratios this far apart are a change of level told as a season: the forecast would repeat the change in every round of it.
  if (season === "M" && Math.max(...first.season) > WIDEST_SEASON * Math.min(...first.season)) return null;
  const run = runEts(shape, first, weights, values, scratch, floor);
  if (run === null) return null;
  let squares = 0;
  for (const e of run.innovations) squares += e * e;
  const sigma2 = squares / Math.max(1, observed - parameters + 1);
  if (error === "M" && sigma2 >= LARGEST_RELATIVE) return null;
  const loglik =
    squares > 0
      ? -0.5 * (observed * (Math.log((2 * Math.PI * squares) / observed) + 1) + 2 * run.logs)
      : Number.POSITIVE_INFINITY;
  const aicc = -2 * loglik + 2 * parameters + (2 * parameters * (parameters + 1)) / (observed - parameters - 1);
  return {
    shape,
    weights,
    start: first,
    floor,
    state: run.state,
    sigma2,
    loglik,
    aicc,
  };
}

/** The forms that compete: multiplicative ones only for positive data, and none whose variance is not finite. */
export function shapesFor(values: Float64Array, period: number): EtsShape[] {
  const observed = values.filter((value) => !Number.isNaN(value));
  const positive = observed.every((value) => value > 0);
  const seasonal = period > 1 && period <= LONGEST_SEASON && values.length >= 2 * period + 3;
  const shapes: EtsShape[] = [];
  for (const error of positive ? (["A", "M"] as const) : (["A"] as const)) {
    for (const trend of ["N", "A", "Ad"] as const) {
      const seasons = !seasonal ? (["N"] as const) : error === "M" ? (["N", "A", "M"] as const) : (["N", "A"] as const);
      for (const season of seasons) shapes.push({ error, trend, season, period: season === "N" ? 1 : period });
    }
  }
  return shapes;
}

/** The form with the smallest AICc; null when the series is too short for any. */
export function autoEts(values: Float64Array, period: number): EtsFit | null {
  let best: EtsFit | null = null;
  for (const shape of shapesFor(values, period)) {
    const fit = fitShape(values, shape);
    if (fit !== null && (best === null || fit.aicc < best.aicc)) best = fit;
  }
  return best;
}

/** The same parameters over other data; null where a multiplicative model meets data that are not positive. */
export function filterEts(fit: EtsFit, values: Float64Array): EtsFit | null {
  const run = runEts(fit.shape, fit.start, fit.weights, values, new Float64Array(values.length), fit.floor);
  return run === null ? null : { ...fit, state: run.state };
}

export const etsName = ({ shape }: EtsFit): string => shapeName(shape);

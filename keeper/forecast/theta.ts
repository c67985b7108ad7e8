/**
 * The Theta method (Assimakopoulos and Nikolopoulos 2000) as simple exponential smoothing with half the linear trend as
 * drift (Hyndman and Billah 2003), on seasonally adjusted data when the season passes a test.
 */
import { stl } from "../math/stl.ts";
import { interpolate } from "./arima/problem.ts";
import { naiveForecaster } from "./baselines.ts";
import { fitShape } from "./ets/fit.ts";
import { checkSeries, type FittedModel, type Forecaster, gaussianPath } from "./forecaster.ts";

/** One-sided 10 % normal quantile of the seasonality test used in M3 and M4. */
const SEASONALITY_QUANTILE = 1.645;
const SHORTEST = 5;

/** Autocorrelation at the seasonal lag against its standard error under a moving average of the lags before it. */
export function isSeasonal(y: Float64Array, period: number): boolean {
  const n = y.length;
  if (period <= 1 || n <= 2 * period) return false;
  let centre = 0;
  for (const value of y) centre += value / n;
  const covariance = (lag: number): number => {
    let total = 0;
    for (let t = lag; t < n; t++) total += ((y[t] ?? 0) - centre) * ((y[t - lag] ?? 0) - centre);
    return total;
  };
  const origin = covariance(0);
  if (!(origin > 0)) return false;
  let sum = 0;
  for (let k = 1; k < period; k++) sum += (covariance(k) / origin) ** 2;
  return Math.abs(covariance(period) / origin) > SEASONALITY_QUANTILE * Math.sqrt((1 + 2 * sum) / n);
}

interface Season {
  /** Of each step that was fitted. */
  readonly past: Float64Array;
  /** By phase, from the end of what was fitted on. */
  readonly terms: Float64Array;
  readonly multiplicative: boolean;
}

/**
 * Ratios cannot describe data that reach zero or below. Their seasons are differences that may drift: a decomposition by loess
 * follows them, where one fixed pattern would be last year's.
 */
function driftingSeason(y: Float64Array, period: number): Season {
  const past = stl(y, period).seasonal;
  const terms = new Float64Array(period);
  for (let t = Math.max(0, y.length - period); t < y.length; t++) terms[t % period] = past[t] ?? 0;
  return { past, terms, multiplicative: false };
}

/** Classical decomposition: seasonal ratios to a centred moving average. */
function seasonalRatios(y: Float64Array, period: number): Season {
  const half = Math.floor(period / 2);
  const totals = new Float64Array(period);
  const counts = new Float64Array(period);
  for (let t = half; t + half < y.length; t++) {
    let trend = 0;
    for (let k = -half; k <= half; k++) {
      const edge = period % 2 === 0 && Math.abs(k) === half ? 0.5 : 1;
      trend += (edge * (y[t + k] ?? 0)) / period;
    }
    const phase = t % period;
    totals[phase] = (totals[phase] ?? 0) + (y[t] ?? 0) / trend;
    counts[phase] = (counts[phase] ?? 0) + 1;
  }
  const raw = totals.map((total, phase) => total / Math.max(1, counts[phase] ?? 0));
  let centre = 0;
  for (const term of raw) centre += term / period;
  const terms = raw.map((term) => term / centre);
  return { past: y.map((_, t) => terms[t % period] ?? 1), terms, multiplicative: true };
}

interface ThetaParameters {
  readonly period: number;
  readonly season: Season | null;
  readonly alpha: number;
  readonly start: number;
  readonly sigma: number;
}

/** What one pass over a series leaves: the smoothed level, and the sums of its trend line, around the first value. */
interface Running {
  readonly n: number;
  readonly level: number;
  readonly first: number;
  readonly total: number;
  readonly moment: number;
}

function thetaModel(
  parameters: ThetaParameters,
  values: ArrayLike<number>,
  before: Running | null = null,
): FittedModel {
  const { season, alpha, start, sigma, period } = parameters;
  const term = (t: number): number => season?.past[t] ?? season?.terms[t % period] ?? 0;
  const y = before === null ? interpolate(values) : values;
  const n = y.length;
  const adjusted = (t: number): number => {
    const raw = y[t] ?? 0;
    return season === null ? raw : season.multiplicative ? raw / term(t) : raw - term(t);
  };
  let { level, first, total, moment } = before ?? { level: start, first: adjusted(0), total: 0, moment: 0 };
  for (let t = before?.n ?? 0; t < n; t++) {
    const value = adjusted(t);
    level += alpha * (value - level);
    total += value - first;
    moment += t * (value - first);
  }
  const running: Running = { n, level, first, total, moment };
  const slope = moment - ((n - 1) / 2) * total;
  const drift = n > 1 ? slope / ((n * (n * n - 1)) / 12) / 2 : 0;
  const offset = (1 - (1 - alpha) ** n) / alpha;
  return {
    name: "theta",
    on: (next) => thetaModel(parameters, next),
    extend(next) {
      // A gap is filled from both of its ends: what is added after one changes what came before.
      for (let t = n - 1; t < next.length; t++)
        if (Number.isNaN(next[t] ?? Number.NaN)) return thetaModel(parameters, next);
      return thetaModel(parameters, next, running);
    },
    forecast(horizon, levels = []) {
      const mean = Float64Array.from({ length: horizon }, (_, k) => {
        const value = level + drift * (k + offset);
        return season === null ? value : season.multiplicative ? value * term(n + k) : value + term(n + k);
      });
      return gaussianPath(mean, (step) => sigma * Math.sqrt(1 + step * alpha * alpha), levels);
    },
  };
}

export const thetaForecaster: Forecaster = {
  name: "theta",
  fit(series) {
    checkSeries(series);
    const { period } = series;
    const y = interpolate(series.values);
    if (y.length < SHORTEST) return { ...naiveForecaster.fit(series), name: "theta" };
    const describe = y.every((value) => value > 0) ? seasonalRatios : driftingSeason;
    const found = isSeasonal(y, period) ? describe(y, period) : null;
    // A ratio near zero would blow the adjusted series up.
    const season = found?.multiplicative && !found.terms.every((value) => value > 1e-10) ? null : found;
    const adjusted = y.map((value, t) => {
      const term = season?.past[t] ?? 0;
      return season === null ? value : season.multiplicative ? value / term : value - term;
    });
    const smooth = fitShape(adjusted, { error: "A", trend: "N", season: "N", period: 1 });
    const alpha = Math.max(smooth?.weights.alpha ?? 0.999, 1e-10);
    const start = smooth?.start.level ?? adjusted[0] ?? Number.NaN;
    return thetaModel({ period, season, alpha, start, sigma: Math.sqrt(smooth?.sigma2 ?? 0) }, series.values);
  },
};

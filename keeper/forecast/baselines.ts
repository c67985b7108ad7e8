/** The forecasters that everything else has to beat: naive, seasonal naive, drift, mean. */
import { median } from "../math/statistics.ts";
import { average, checkSeries, type FittedModel, type Forecaster, gaussianPath, type Series } from "./forecaster.ts";

const observedOf = (values: ArrayLike<number>): { at: number; value: number }[] => {
  const out: { at: number; value: number }[] = [];
  for (let t = 0; t < values.length; t++) {
    const value = values[t] ?? Number.NaN;
    if (!Number.isNaN(value)) out.push({ at: t, value });
  }
  return out;
};

/** Root mean square of one-step errors, each scaled by the number of steps a gap took. */
function stepDeviation(points: readonly { at: number; value: number }[], slope: number): number {
  let squares = 0;
  for (let i = 1; i < points.length; i++) {
    const now = points[i];
    const before = points[i - 1];
    if (now === undefined || before === undefined) continue;
    const steps = now.at - before.at;
    squares += (now.value - before.value - slope * steps) ** 2 / steps;
  }
  return points.length > 1 ? Math.sqrt(squares / (points.length - 1)) : 0;
}

/** Random walk: tomorrow is as today. */
export const naiveForecaster: Forecaster = {
  name: "naive",
  fit(series) {
    checkSeries(series);
    const points = observedOf(series.values);
    const last = points[points.length - 1] ?? { at: 0, value: Number.NaN };
    const stale = series.values.length - 1 - last.at;
    const deviation = stepDeviation(points, 0);
    return {
      name: "naive",
      on: (values) => naiveForecaster.fit({ ...series, values }),
      forecast: (horizon, levels = []) =>
        gaussianPath(
          new Float64Array(horizon).fill(last.value),
          Float64Array.from({ length: horizon }, (_, k) => deviation * Math.sqrt(k + 1 + stale)),
          levels,
        ),
    };
  },
};

/** Random walk with the slope between the first and the last observation. */
export const driftForecaster: Forecaster = {
  name: "drift",
  fit(series) {
    checkSeries(series);
    const points = observedOf(series.values);
    const first = points[0] ?? { at: 0, value: Number.NaN };
    const last = points[points.length - 1] ?? first;
    const span = last.at - first.at;
    const slope = span > 0 ? (last.value - first.value) / span : 0;
    const stale = series.values.length - 1 - last.at;
    const deviation = stepDeviation(points, slope);
    return {
      name: "drift",
      on: (values) => driftForecaster.fit({ ...series, values }),
      forecast(horizon, levels = []) {
        const ahead = Float64Array.from({ length: horizon }, (_, k) => k + 1 + stale);
        // The slope is estimated from `span` steps: its own error grows with the distance.
        return gaussianPath(
          ahead.map((h) => last.value + slope * h),
          ahead.map((h) => deviation * Math.sqrt(h * (1 + (span > 0 ? h / span : 0)))),
          levels,
        );
      },
    };
  },
};

/** The value one season ago; naive while there is no full season. */
export const seasonalNaiveForecaster: Forecaster = {
  name: "seasonal-naive",
  fit(series) {
    const { values, period } = series;
    if (period === 1 || values.length <= period) return { ...naiveForecaster.fit(series), name: "seasonal-naive" };
    checkSeries(series);
    const latest = Array.from({ length: period }, (_, phase) =>
      latestOfPhase(values, values.length - period + phase, period),
    );
    let squares = 0;
    let count = 0;
    for (let t = period; t < values.length; t++) {
      const error = (values[t] ?? Number.NaN) - (values[t - period] ?? Number.NaN);
      if (Number.isNaN(error)) continue;
      squares += error * error;
      count++;
    }
    const deviation = count > 0 ? Math.sqrt(squares / count) : 0;
    return {
      name: "seasonal-naive",
      on: (next) => seasonalNaiveForecaster.fit({ ...series, values: next }),
      forecast: (horizon, levels = []) =>
        gaussianPath(
          Float64Array.from({ length: horizon }, (_, k) => latest[k % period] ?? Number.NaN),
          Float64Array.from({ length: horizon }, (_, k) => deviation * Math.sqrt(Math.floor(k / period) + 1)),
          levels,
        ),
    };
  },
};

/** Last observed value of a phase; the last observed value at all where the phase was never seen. */
function latestOfPhase(values: ArrayLike<number>, at: number, period: number): number {
  for (let t = at; t >= 0; t -= period) {
    const value = values[t] ?? Number.NaN;
    if (!Number.isNaN(value)) return value;
  }
  const points = observedOf(values);
  return points[points.length - 1]?.value ?? Number.NaN;
}

/** Mean of the last `window` observations, or of all. */
export const meanForecaster = (window?: number): Forecaster => ({
  name: window === undefined ? "mean" : `mean-${window}`,
  fit(series) {
    checkSeries(series);
    const from = window === undefined ? 0 : Math.max(0, series.values.length - window);
    const inside = observedOf(series.values).filter(({ at }) => at >= from);
    const points = inside.length > 0 ? inside : observedOf(series.values).slice(-1);
    const centre = average(points.map(({ value }) => value));
    const squares = points.reduce((total, { value }) => total + (value - centre) ** 2, 0);
    const deviation = points.length > 1 ? Math.sqrt((squares / (points.length - 1)) * (1 + 1 / points.length)) : 0;
    return constantModel(this, series, centre, () => deviation);
  },
});

/** Exponential mean with a fixed factor, as an operator would compute it; gaps leave it where it was. */
export const exponentialForecaster = (alpha: number): Forecaster => ({
  name: `exponential-${alpha}`,
  fit(series) {
    checkSeries(series);
    const points = observedOf(series.values);
    let level = points[0]?.value ?? Number.NaN;
    let squares = 0;
    for (const { value } of points.slice(1)) {
      squares += (value - level) ** 2;
      level += alpha * (value - level);
    }
    const deviation = points.length > 1 ? Math.sqrt(squares / (points.length - 1)) : 0;
    return constantModel(this, series, level, (k) => deviation * Math.sqrt(1 + k * alpha * alpha));
  },
});

const constantModel = (
  forecaster: Forecaster,
  series: Series,
  level: number,
  deviation: (step: number) => number,
): FittedModel => ({
  name: forecaster.name,
  on: (values) => forecaster.fit({ ...series, values }),
  forecast: (horizon, levels = []) =>
    gaussianPath(
      new Float64Array(horizon).fill(level),
      Float64Array.from({ length: horizon }, (_, k) => deviation(k)),
      levels,
    ),
});

/** Median of the last `window` observations: a spike of one day does not move it. */
export const medianForecaster = (window: number): Forecaster => ({
  name: `median-${window}`,
  fit(series) {
    checkSeries(series);
    const from = Math.max(0, series.values.length - window);
    const all = observedOf(series.values);
    const inside = all.filter(({ at }) => at >= from);
    const values = (inside.length > 0 ? inside : all.slice(-1)).map(({ value }) => value);
    const centre = median(values);
    // 1.4826 makes the median absolute deviation a standard deviation for normal data.
    const deviation = 1.4826 * median(values.map((value) => Math.abs(value - centre)));
    return constantModel(this, series, centre, () => deviation);
  },
});

/** The forecasters that everything else has to beat: naive, seasonal naive, drift, mean. */
import { median } from "../math/statistics.ts";
import {
  average,
  checkSeries,
  type FittedModel,
  type Forecaster,
  gaussianPath,
  type PathForecast,
  type Series,
} from "./forecaster.ts";

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

/** What a forecaster that goes through a series once remembers of it. */
interface Memory<State> {
  readonly name: string;
  readonly start: Readonly<State>;
  /** Takes in an observed value; missing ones are passed over. */
  take(state: State, value: number, at: number): void;
  /** A new level begins with the next value. */
  restart?(state: State): void;
  path(state: Readonly<State>, length: number, horizon: number, levels: readonly number[]): PathForecast;
}

/** A forecaster that takes in more of the same series without going back to its beginning. */
function recursive<State extends object>(memory: Memory<State>): Forecaster {
  const fitTo = ({ levels = [], ...series }: Series): FittedModel => {
    checkSeries(series);
    const starts = new Set(memory.restart === undefined ? [] : levels);
    const after = (state: Readonly<State>, values: ArrayLike<number>, from: number): FittedModel => {
      const moved = { ...state };
      for (let t = from; t < values.length; t++) {
        if (starts.has(t)) memory.restart?.(moved);
        const value = values[t] ?? Number.NaN;
        if (!Number.isNaN(value)) memory.take(moved, value, t);
      }
      return {
        name: memory.name,
        on: (next) => fitTo({ ...series, levels, values: next }),
        extend: (next) => after(moved, next, values.length),
        forecast: (horizon, bands = []) => memory.path(moved, values.length, horizon, bands),
      };
    };
    return after(memory.start, series.values, 0);
  };
  return { name: memory.name, fit: fitTo };
}

/** Random walk: tomorrow is as today. */
export const naiveForecaster: Forecaster = recursive({
  name: "naive",
  start: { last: Number.NaN, at: 0, count: 0, squares: 0 },
  take(state, value, at) {
    // A gap's step counts as the many that it took.
    if (state.count > 0) state.squares += (value - state.last) ** 2 / (at - state.at);
    state.last = value;
    state.at = at;
    state.count++;
  },
  path({ last, at, count, squares }, length, horizon, levels) {
    const stale = length - 1 - at;
    const deviation = count > 1 ? Math.sqrt(squares / (count - 1)) : 0;
    return gaussianPath(
      new Float64Array(horizon).fill(last),
      (step) => deviation * Math.sqrt(step + 1 + stale),
      levels,
    );
  },
});

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
        const ahead = (step: number): number => step + 1 + stale;
        // The slope is estimated from `span` steps: its own error grows with the distance.
        const error = (h: number): number => deviation * Math.sqrt(h * (1 + (span > 0 ? h / span : 0)));
        return gaussianPath(
          Float64Array.from({ length: horizon }, (_, k) => last.value + slope * ahead(k)),
          (step) => error(ahead(step)),
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
          (step) => deviation * Math.sqrt(Math.floor(step / period) + 1),
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
    return meanModel(this, series.values, window);
  },
});

/** Standard deviation around the mean; zero for one value. */
function spreadOf(values: readonly number[]): number {
  const centre = average(values);
  const squares = values.reduce((total, value) => total + (value - centre) ** 2, 0);
  return values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : 0;
}

function meanModel(forecaster: Forecaster, values: ArrayLike<number>, window?: number): FittedModel {
  const inside: number[] = [];
  // A window without a single observation falls back to the last one before it.
  const from = window === undefined ? 0 : Math.max(0, values.length - window);
  for (let t = values.length - 1; t >= 0 && (t >= from || inside.length === 0); t--) {
    const value = values[t] ?? Number.NaN;
    if (!Number.isNaN(value)) inside.push(value);
  }
  inside.reverse();
  const centre = average(inside);
  const n = inside.length;
  // One observation shows no spread: then that of all of them.
  const deviation = (): number =>
    spreadOf(n > 1 ? inside : observedOf(values).map(({ value }) => value)) * Math.sqrt(1 + 1 / n);
  return {
    ...constantModel(forecaster, centre, deviation),
    extend: (next) => meanModel(forecaster, next, window),
  };
}

/** Exponential mean with a fixed factor, as an operator would compute it; gaps leave it where it was. */
export const exponentialForecaster = (alpha: number): Forecaster =>
  recursive({
    name: `exponential-${alpha}`,
    start: { level: Number.NaN, count: 0, squares: 0 },
    take(state, value) {
      const error = value - state.level;
      if (Number.isNaN(error)) {
        state.level = value;
        return;
      }
      state.count++;
      state.squares += error ** 2;
      state.level += alpha * error;
    },
    restart(state) {
      state.level = Number.NaN;
    },
    path({ level, count, squares }, _, horizon, levels) {
      const deviation = count > 0 ? Math.sqrt(squares / count) : 0;
      return gaussianPath(
        new Float64Array(horizon).fill(level),
        (step) => deviation * Math.sqrt(1 + step * alpha * alpha),
        levels,
      );
    },
  });

const constantModel = (forecaster: Forecaster, level: number, deviation: () => number): FittedModel => ({
  name: forecaster.name,
  on: (values) => forecaster.fit({ values, period: 1 }),
  forecast: (horizon, levels = []) => {
    const error = levels.length > 0 ? deviation() : 0;
    return gaussianPath(new Float64Array(horizon).fill(level), () => error, levels);
  },
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
    const robust = 1.4826 * median(values.map((value) => Math.abs(value - centre)));
    // Where more than half of the values are one, the others still happen; and one value alone shows no spread.
    const deviation = (): number =>
      robust > 0 ? robust : spreadOf(values.length > 1 ? values : all.map(({ value }) => value));
    return constantModel(this, centre, deviation);
  },
});

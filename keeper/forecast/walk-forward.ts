/** Walk-forward evaluation of forecasters: what each would have said at every past origin, from what was known then. */
import { requireCount } from "../math/checks.ts";
import { average, type Band, checkSeries, type FittedModel, type Forecaster, type Series } from "./forecaster.ts";

/** Growth of the history below which a new fit says nothing new: from 20 x `refitEvery` observations on, fits become rarer. */
const REFIT_GROWTH = 0.05;

export interface WalkOptions {
  /** Observations before the first origin. */
  readonly firstOrigin: number;
  readonly horizon: number;
  /** Origins after which parameters are estimated anew; between them the model only takes in the new values. */
  readonly refitEvery: number;
  /** Steps between origins. */
  readonly step: number;
  /** Levels of the models' own intervals to keep; none by default. */
  readonly levels?: readonly number[];
}

export interface Walk {
  readonly name: string;
  /** Number of observations known at each origin; the last one is the end of the series, whose future is not known. */
  readonly origins: readonly number[];
  /** Path forecast at each origin. */
  readonly paths: readonly Float64Array[];
  /** The model's own intervals of that path, level by level. */
  readonly bands: readonly (readonly Band[])[];
  /** Mean of that path. */
  readonly means: Float64Array;
  /** The fitted model at the end of the series. */
  readonly last: FittedModel;
}

export function walkForward(forecaster: Forecaster, series: Series, options: WalkOptions): Walk {
  const { firstOrigin, horizon, refitEvery, step, levels = [] } = options;
  requireCount("first origin", firstOrigin, 1);
  requireCount("forecast horizon", horizon, 1);
  requireCount("origins between fits", refitEvery, 1);
  requireCount("steps between origins", step, 1);
  checkSeries(series);
  const values = Float64Array.from(series.values);
  const origins: number[] = [];
  for (let t = firstOrigin; t < values.length; t += step) origins.push(t);
  origins.push(values.length);
  const [start = values.length] = origins;
  // The form is chosen at the first origin and for the forecast in use; parameters also in between.
  let fitted = forecaster.fit({ ...series, values: values.subarray(0, start) });
  let current = fitted;
  const paths: Float64Array[] = [];
  const bands: (readonly Band[])[] = [];
  let fittedAt = 0;
  origins.forEach((t, k) => {
    const known = values.subarray(0, t);
    const grown = t - (origins[fittedAt] ?? 0);
    if (k === origins.length - 1 && k > 0) current = forecaster.fit({ ...series, values: known });
    else if (k - fittedAt >= refitEvery && grown >= REFIT_GROWTH * (t - grown)) {
      fittedAt = k;
      fitted = fitted.refit?.(known) ?? forecaster.fit({ ...series, values: known });
      current = fitted;
    } else if (k > 0)
      current = fitted.extend === undefined ? fitted.on(known) : (current.extend?.(known) ?? fitted.on(known));
    const ahead = current.forecast(horizon, levels);
    paths.push(ahead.mean);
    bands.push(ahead.bands);
  });
  return { name: forecaster.name, origins, paths, bands, means: Float64Array.from(paths, average), last: current };
}

/** Mean of what was observed over the horizon after each origin; NaN where less than half of it is known. */
export function realizedMeans(values: ArrayLike<number>, origins: readonly number[], horizon: number): Float64Array {
  return Float64Array.from(origins, (t) => {
    if (t + horizon > values.length) return Number.NaN;
    let total = 0;
    let count = 0;
    for (let k = 0; k < horizon; k++) {
      const value = values[t + k] ?? Number.NaN;
      if (Number.isNaN(value)) continue;
      total += value;
      count++;
    }
    return count * 2 >= horizon ? total / count : Number.NaN;
  });
}

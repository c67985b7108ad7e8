/** ARIMA and exponential smoothing behind the common interface. */
import { requireCount } from "../math/checks.ts";
import { type ArimaFit, type Constant, fitArima, refitArima } from "./arima/model.ts";
import { type ArimaOrder, orderName } from "./arima/order.ts";
import { autoArima, MEMBER_LIMITS, type SearchLimits } from "./arima/search.ts";
import { ArimaTrack } from "./arima/track.ts";
import { naiveForecaster } from "./baselines.ts";
import { autoEts, type EtsFit, etsName, filterEts, fitShape } from "./ets/fit.ts";
import { predictEts } from "./ets/predict.ts";
import { checkSeries, type FittedModel, type Forecaster, gaussianPath, type Series } from "./forecaster.ts";

const CONSTANT_NAMES = { none: "", mean: " with mean", drift: " with drift" } as const;

/** @param known the filter that has seen these values, where there is one. */
export function arimaModel({ values, period }: Series, fit: ArimaFit, known?: ArimaTrack): FittedModel {
  let track = known;
  const seen = (): ArimaTrack => {
    track ??= ArimaTrack.of(values, fit);
    return track;
  };
  return {
    on: (next) => arimaModel({ values: next, period }, fit),
    extend: (next) => arimaModel({ values: next, period }, fit, seen().extended(next)),
    refit: (next) => arimaModel({ values: next, period }, refitArima({ y: next }, fit)),
    name: orderName(fit.order) + CONSTANT_NAMES[fit.constant],
    aicc: fit.aicc,
    forecast(horizon, levels = []) {
      requireCount("forecast horizon", horizon, 1);
      const mean = seen().mean(horizon);
      if (levels.length === 0) return gaussianPath(mean, () => Number.NaN, levels);
      const standardError = seen().standardError(horizon);
      return gaussianPath(mean, (step) => standardError[step] ?? Number.NaN, levels);
    },
  };
}

/** ARIMA with the order chosen by AICc within limits. */
export const arimaWithin = (limits: SearchLimits): Forecaster => ({
  name: "arima",
  fit(series) {
    checkSeries(series);
    return arimaModel(series, autoArima({ y: series.values }, series.period, limits));
  },
});

export const arimaForecaster = arimaWithin(MEMBER_LIMITS);

/** ARIMA of a given order. */
export const fixedArima = (order: ArimaOrder, constant: Constant): Forecaster => ({
  name: orderName(order),
  fit(series) {
    checkSeries(series);
    return arimaModel(series, fitArima({ y: series.values }, order, constant));
  },
});

/** Exponential smoothing with the form chosen by AICc; naive when the series is too short for any form. */
export const etsForecaster: Forecaster = {
  name: "ets",
  fit(series) {
    checkSeries(series);
    const fit = autoEts(Float64Array.from(series.values), series.period);
    return fit === null ? { ...naiveForecaster.fit(series), name: "ets" } : etsModel(fit, series);
  },
};

const etsModel = (fit: EtsFit, series: Series): FittedModel => ({
  name: etsName(fit),
  aicc: fit.aicc,
  on(values) {
    const moved = filterEts(fit, Float64Array.from(values));
    // A multiplicative model cannot follow data that stopped being positive.
    return moved === null ? naiveForecaster.fit({ ...series, values }) : etsModel(moved, series);
  },
  refit(values) {
    const again = fitShape(Float64Array.from(values), fit.shape);
    return again === null ? etsModel(fit, series).on(values) : etsModel(again, series);
  },
  forecast(horizon, levels = []) {
    const { mean, standardError } = predictEts(fit, horizon);
    return gaussianPath(mean, (step) => standardError[step] ?? Number.NaN, levels);
  },
});

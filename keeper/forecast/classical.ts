/** ARIMA and exponential smoothing behind the common interface. */
import { fitArima, type ArimaFit, type Constant, predictArima } from "./arima/model.ts";
import { type ArimaOrder, orderName } from "./arima/order.ts";
import { autoArima } from "./arima/search.ts";
import { naiveForecaster } from "./baselines.ts";
import { autoEts, etsName } from "./ets/fit.ts";
import { predictEts } from "./ets/predict.ts";
import { checkSeries, type FittedModel, type Forecaster, gaussianPath, type Series } from "./forecaster.ts";

const CONSTANT_NAMES = { none: "", mean: " with mean", drift: " with drift" } as const;

export function arimaModel({ values }: Series, fit: ArimaFit): FittedModel {
  return {
    name: orderName(fit.order) + CONSTANT_NAMES[fit.constant],
    aicc: fit.aicc,
    forecast(horizon, levels = []) {
      const { mean, standardError } = predictArima({ y: values }, fit, horizon);
      return gaussianPath(mean, standardError, levels);
    },
  };
}

/** ARIMA with the order chosen by AICc. */
export const arimaForecaster: Forecaster = {
  name: "arima",
  fit(series) {
    checkSeries(series);
    return arimaModel(series, autoArima({ y: series.values }, series.period));
  },
};

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
    if (fit === null) return { ...naiveForecaster.fit(series), name: "ets" };
    return {
      name: etsName(fit),
      aicc: fit.aicc,
      forecast(horizon, levels = []) {
        const { mean, standardError } = predictEts(fit, horizon);
        return gaussianPath(mean, standardError, levels);
      },
    };
  },
};

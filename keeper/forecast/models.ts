/** The forecasters: each maps a history to the mean daily return it expects from the next day on. */
import { mean } from "../math/statistics.ts";
import type { ForecastConfig } from "./config.ts";

export interface ForecastModel {
  readonly name: string;
  /** Level forecasts of all prefixes at once: element t has seen history[0..t] and nothing later. */
  levels(history: readonly number[]): number[];
}

/** Tomorrow is as today: the bar to beat. */
export const naive: ForecastModel = { name: "naive", levels: (history) => [...history] };

/** Exponential mean: level = alpha x + (1 - alpha) level, started at the first observation. */
export const exponentialMean = (alpha: number): ForecastModel => ({
  name: `exponential-${alpha}`,
  levels(history) {
    let level = history[0] ?? Number.NaN;
    return history.map((value) => {
      level += alpha * (value - level);
      return level;
    });
  },
});

/** Mean of the last `days` observations; of all there are while there are fewer. */
export const movingMean = (days: number): ForecastModel => ({
  name: `mean-${days}`,
  levels: (history) => history.map((_, t) => mean(history.slice(Math.max(0, t + 1 - days), t + 1))),
});

export const candidateModels = (config: ForecastConfig): ForecastModel[] => [
  naive,
  ...config.smoothingFactors.map(exponentialMean),
  movingMean(config.meanDays),
];

/** Rolling-origin evaluation: what each model would have said, against what then happened. */
import { mean } from "../math/statistics.ts";
import type { ForecastModel } from "./models.ts";

export interface RollingErrors {
  readonly model: string;
  /** Level of the model at the last day: the forecast in use. */
  readonly level: number;
  /** Mean absolute error of the horizon mean, return per day. */
  readonly mae: number;
  /** Realized horizon mean minus forecast, one per origin, ascending in time. */
  readonly horizonResiduals: readonly number[];
  /** Row k: realized return k + 1 days ahead minus forecast, one per origin. */
  readonly dayResiduals: readonly (readonly number[])[];
}

/**
 * Origins t = training - 1 .. T - 1 - horizon: every one whose horizon has fully happened.
 * Consecutive origins share horizon - 1 days, so their residuals are correlated: the count overstates the evidence.
 */
export function rollingErrors(
  model: ForecastModel,
  history: readonly number[],
  trainingDays: number,
  horizon: number,
): RollingErrors {
  const levels = model.levels(history);
  const horizonResiduals: number[] = [];
  const dayResiduals: number[][] = Array.from({ length: horizon }, () => []);
  for (let origin = trainingDays - 1; origin + horizon < history.length; origin++) {
    const level = levels[origin] ?? Number.NaN;
    const ahead = history.slice(origin + 1, origin + 1 + horizon);
    horizonResiduals.push(mean(ahead) - level);
    for (const [k, value] of ahead.entries()) dayResiduals[k]?.push(value - level);
  }
  return {
    model: model.name,
    level: levels[levels.length - 1] ?? Number.NaN,
    mae: mean(horizonResiduals.map(Math.abs)),
    horizonResiduals,
    dayResiduals,
  };
}

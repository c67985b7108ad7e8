/** What the operator chooses about the forecasts. */

import { requireBetween, requireCount, requireInside } from "../math/checks.ts";
import { DEFAULT_EVIDENCE, DEFAULT_SMOOTHING } from "./automatic.ts";
import type { LstmConfig } from "./lstm/config.ts";

export interface ForecastConfig {
  /** Days ahead. */
  readonly horizonDays: number;
  /** Days of history the first origin has. */
  readonly minimumTrainingDays: number;
  /** Rolling origins that model choice and intervals need. */
  readonly minimumOrigins: number;
  /** Smoothing factors of the exponential means that compete; each in (0, 1]. */
  readonly smoothingFactors: readonly number[];
  /**
   * Most days of yields that models are fitted to and judged on: what bounds the cost of a forecast. Eight horizons of a month: longer
   * histories gained nothing on the yields measured (docs/MODELS.md).
   */
  readonly modelDays: number;
  /** Window of the moving mean, days. */
  readonly meanDays: number;
  /** Probability of the naive forecast before any error is known, in (0, 1); see gateShare. */
  readonly caution: number;
  /** Stated probabilities of the prediction intervals, each in (0, 1). */
  readonly intervalLevels: readonly number[];
  /** Joint scenarios. */
  readonly scenarios: number;
  /** Length of a bootstrap block, days: long enough to keep a price's way back after a shock. */
  readonly blockDays: number;
  /** How far back the deviations of the scenarios reach, days. */
  readonly scenarioLookbackDays: number;
  /**
   * Changes to the LSTM's defaults where one global network over all strategies shall be a member of the combination; null
   * for none. Off by default: it costs more than it gains on the yields measured (docs/MODELS.md). Horizon, levels and seed
   * are the stage's own.
   */
  readonly lstm: Partial<Omit<LstmConfig, "horizon" | "levels" | "seed">> | null;
}

export const DEFAULT_FORECAST_CONFIG: ForecastConfig = {
  horizonDays: 30,
  minimumTrainingDays: 30,
  minimumOrigins: 30,
  smoothingFactors: DEFAULT_SMOOTHING,
  modelDays: 240,
  meanDays: 30,
  caution: DEFAULT_EVIDENCE.caution,
  intervalLevels: [0.8, 0.95],
  scenarios: 1000,
  blockDays: 5,
  scenarioLookbackDays: 365,
  lstm: null,
};

/** @throws {ParameterOutOfRangeError} */
export function checkForecastConfig(config: ForecastConfig): void {
  requireCount("horizonDays", config.horizonDays, 1);
  requireCount("minimumTrainingDays", config.minimumTrainingDays, 2);
  requireCount("minimumOrigins", config.minimumOrigins, 2);
  for (const factor of config.smoothingFactors) requireBetween("smoothing factor", factor, 1e-6, 1);
  requireCount("modelDays", config.modelDays, config.minimumTrainingDays + config.horizonDays);
  requireCount("meanDays", config.meanDays, 1);
  requireInside("caution", config.caution, 0, 1);
  for (const level of config.intervalLevels) requireInside("interval level", level, 0, 1);
  requireCount("scenarios", config.scenarios, 1);
  requireCount("blockDays", config.blockDays, 1);
  requireCount("scenarioLookbackDays", config.scenarioLookbackDays, config.blockDays);
}

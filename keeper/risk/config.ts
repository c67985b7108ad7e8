/** Limits an allocation must keep, judged from scenarios and history. */
import { requireBetween, requireCount, requireInside } from "../math/checks.ts";

export interface RiskConfig {
  /** Confidence level of VaR and CVaR. */
  readonly beta: number;
  /** Largest VaR of the horizon loss, share of NAV. */
  readonly varLimit: number;
  /** Largest CVaR of the horizon loss, share of NAV. */
  readonly cvarLimit: number;
  /** Largest drawdown these weights would have had over the aligned history, share of the peak. */
  readonly drawdownLimit: number;
  /** Fewest scenarios and days of history that support these figures. */
  readonly minimumScenarios: number;
  readonly minimumHistoryDays: number;
  /** Weight that may sit in strategies without a forecast, whose risk these figures therefore miss. */
  readonly maximumUnmeasuredWeight: number;
  /** Difference between a stated figure and our own beyond which it is not believed. */
  readonly tolerance: number;
}

export const DEFAULT_RISK_CONFIG: RiskConfig = {
  beta: 0.95,
  varLimit: 0.01,
  cvarLimit: 0.015,
  drawdownLimit: 0.03,
  minimumScenarios: 200,
  minimumHistoryDays: 60,
  maximumUnmeasuredWeight: 1e-6,
  tolerance: 1e-7,
};

/** @throws {ParameterOutOfRangeError} */
export function checkRiskConfig(config: RiskConfig): void {
  requireInside("beta", config.beta, 0.5, 1);
  requireBetween("varLimit", config.varLimit, 0, 1);
  requireBetween("cvarLimit", config.cvarLimit, 0, 1);
  requireBetween("drawdownLimit", config.drawdownLimit, 0, 1);
  requireCount("minimumScenarios", config.minimumScenarios, 1);
  requireCount("minimumHistoryDays", config.minimumHistoryDays, 2);
  requireBetween("maximumUnmeasuredWeight", config.maximumUnmeasuredWeight, 0, 1);
  requireBetween("tolerance", config.tolerance, 0, 1e-3);
}

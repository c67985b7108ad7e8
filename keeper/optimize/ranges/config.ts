/** What the operator chooses about ranges. */
import { requireBetween, requireCount, requireInside } from "../../math/checks.ts";

export interface RangeConfig {
  /** Days a range is meant to stand. */
  readonly horizonDays: number;
  /** Days of history that the model is fitted to. */
  readonly lookbackDays: number;
  /** Least observations of the fit. */
  readonly minimumObservations: number;
  /** Days of the time-weighted mean price, where there is no protocol rate. */
  readonly twapDays: number;
  /** Weight of yesterday's variance in today's. */
  readonly decayDaily: number;
  /** Robust standard deviations beyond which an observation moves the variance no further. */
  readonly clip: number;
  readonly paths: number;
  /** Confidence level of the tail. */
  readonly beta: number;
  /** Largest CVaR of the net result over the horizon. */
  readonly cvarLimit: number;
  /** Largest distance of the pool's price from the anchor at which anything moves. */
  readonly maxDeviation: number;
  /** A move must be expected to gain this multiple of its cost. */
  readonly gainFactor: number;
  /** Oldest last observation, in steps of the series. */
  readonly maxAgeSteps: number;
  /** Distances of the range's ends from the anchor that are tried, log price. */
  readonly halfWidths: readonly number[];
  readonly seed: number;
}

/**
 * The deviation bound is the oracle guard's normal band. 0.94 a day is RiskMetrics' weight. The tail bound is the report
 * trip of the registry (50 bps) with as much again for the market's own moves.
 */
export const DEFAULT_RANGE_CONFIG: RangeConfig = {
  horizonDays: 14,
  lookbackDays: 90,
  minimumObservations: 60,
  twapDays: 2,
  decayDaily: 0.94,
  clip: 5,
  paths: 400,
  beta: 0.95,
  cvarLimit: 0.01,
  maxDeviation: 0.005,
  gainFactor: 2,
  maxAgeSteps: 2,
  halfWidths: [0.0005, 0.001, 0.0015, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.2],
  seed: 1,
};

/** @throws {ParameterOutOfRangeError} */
export function checkRangeConfig(config: RangeConfig): void {
  requireBetween("horizonDays", config.horizonDays, 1, 365);
  requireBetween("lookbackDays", config.lookbackDays, 2, 3_650);
  requireCount("minimumObservations", config.minimumObservations, 20);
  requireBetween("twapDays", config.twapDays, 1 / 24, 365);
  requireInside("decayDaily", config.decayDaily, 0, 1);
  requireBetween("clip", config.clip, 2, 20);
  requireCount("paths", config.paths, 50);
  requireInside("beta", config.beta, 0, 1);
  requireBetween("cvarLimit", config.cvarLimit, 0, 1);
  requireBetween("maxDeviation", config.maxDeviation, 0, 0.2);
  requireBetween("gainFactor", config.gainFactor, 1, 100);
  requireBetween("maxAgeSteps", config.maxAgeSteps, 1, 100);
  requireCount("number of half widths", config.halfWidths.length, 1);
  for (const width of config.halfWidths) requireBetween("half width", width, 1e-4, 2);
}

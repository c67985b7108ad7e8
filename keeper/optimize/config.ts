/** What the operator chooses about the optimization; everything else follows from the data. */
import { requireBetween, requireCount, requireInside } from "../math/checks.ts";

export interface OptimizeConfig {
  readonly objective: "mean-variance" | "min-cvar";
  /** Price of variance, 1/return. 0 ignores risk except through the caps. */
  readonly riskAversion: number;
  /** Confidence level of CVaR. */
  readonly beta: number;
  /** min-cvar: least net return, as a share of the way from the safest portfolio's to the greatest reachable one; 0..1. */
  readonly returnFloorShare: number;
  /** min-cvar: least net return over the horizon as a number; overrides the share when not null. */
  readonly minimumNetReturn: number | null;
  /** Days over which the one-off cost of a move is spread: how long a position is expected to be kept. */
  readonly holdingDays: number;
  /** Multiple of the cost that the objective charges: above 1, moves must pay for more than themselves. */
  readonly costMultiple: number;
  /** Points of the frontier, 0 to leave it out, otherwise at least 2. */
  readonly frontierPoints: number;
  /**
   * Share of each cap that inflows leave free: caps are checked against the NAV at execution, which may be a little
   * lower than the one this run saw.
   */
  readonly capHeadroom: number;
  /** Moves below this share of NAV are not made. */
  readonly minimumMove: number;
}

/** Low risk aversion and strong cost discipline: what carries over on the development data is yield, not covariance. */
export const DEFAULT_OPTIMIZE_CONFIG: OptimizeConfig = {
  objective: "mean-variance",
  riskAversion: 1,
  beta: 0.95,
  returnFloorShare: 0.8,
  minimumNetReturn: null,
  holdingDays: 90,
  costMultiple: 2,
  frontierPoints: 20,
  capHeadroom: 0.002,
  minimumMove: 1e-6,
};

/** @throws {ParameterOutOfRangeError} */
export function checkOptimizeConfig(config: OptimizeConfig): void {
  requireBetween("riskAversion", config.riskAversion, 0, 1e18);
  requireInside("beta", config.beta, 0, 1);
  requireBetween("returnFloorShare", config.returnFloorShare, 0, 1);
  requireBetween("holdingDays", config.holdingDays, 1, 3650);
  requireBetween("costMultiple", config.costMultiple, 0, 100);
  requireCount("frontierPoints", config.frontierPoints, 0);
  if (config.frontierPoints > 0) requireCount("frontierPoints", config.frontierPoints, 2);
  requireBetween("capHeadroom", config.capHeadroom, 0, 0.5);
  requireBetween("minimumMove", config.minimumMove, 0, 0.01);
  if (config.minimumNetReturn !== null) requireBetween("minimumNetReturn", config.minimumNetReturn, -1, 1e3);
}

/** When a move is worth making. */
import { requireBetween } from "../math/checks.ts";

export interface PolicyConfig {
  /** Days the new allocation is expected to be kept: the gain that must pay for the move. */
  readonly holdingDays: number;
  /** The gain over the holding time must exceed this multiple of the cost. */
  readonly costMultiple: number;
  /** Turnover below this share of NAV is not worth a proposal and its signatures. */
  readonly band: number;
  /**
   * A cap or the idle minimum must be missed by more than this share of NAV before mending it needs no gain. Positions
   * grow past a cap by their own yield; the contracts forbid only to add to them.
   */
  readonly mendAbove: number;
  /** Most turnover of one proposal, share of NAV. */
  readonly maximumTurnover: number;
  /**
   * Most that switching may cost in one proposal, as days of what the target is expected to earn; null: no limit. NAV then does
   * not fall by the engine's own trades where yields are all there is.
   */
  readonly maximumCostDays: number | null;
}

export const DEFAULT_POLICY_CONFIG: PolicyConfig = {
  holdingDays: 90,
  costMultiple: 2,
  band: 0.02,
  mendAbove: 0.005,
  maximumTurnover: 1,
  maximumCostDays: null,
};

/** @throws {ParameterOutOfRangeError} */
export function checkPolicyConfig(config: PolicyConfig): void {
  requireBetween("holdingDays", config.holdingDays, 1, 3650);
  requireBetween("costMultiple", config.costMultiple, 1, 100);
  requireBetween("band", config.band, 0, 1);
  requireBetween("mendAbove", config.mendAbove, 0, 1);
  requireBetween("maximumTurnover", config.maximumTurnover, 1e-4, 1);
  if (config.maximumCostDays !== null) requireBetween("maximumCostDays", config.maximumCostDays, 0.01, 3650);
}

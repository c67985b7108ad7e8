/** Gates that a history passes before it may be used. */
import { requireBetween, requireCount } from "../math/checks.ts";

export interface FeaturesConfig {
  /** Most days of history used. */
  readonly lookbackDays: number;
  /** Fewer usable days exclude the strategy. */
  readonly minimumDays: number;
  /** Gaps up to this many days are bridged by their average daily growth (and flagged); longer ones cut history off. */
  readonly maximumGapDays: number;
  /** The last sample must be this fresh, days before the pinned block. */
  readonly maximumAgeDays: number;
  /** Daily change beyond which a rate or a market ratio is not believed, fraction. */
  readonly maximumDailyJump: number;
  /** A jump of the market ratio within this many days of the pinned block excludes the strategy. */
  readonly jumpQuarantineDays: number;
  /** A rate that stood still this many days up to now excludes the strategy: its feed may be dead. */
  readonly maximumFlatDays: number;
}

export const DEFAULT_FEATURES_CONFIG: FeaturesConfig = {
  lookbackDays: 365,
  minimumDays: 90,
  maximumGapDays: 3,
  maximumAgeDays: 2,
  maximumDailyJump: 0.02,
  jumpQuarantineDays: 30,
  maximumFlatDays: 14,
};

/** @throws {ParameterOutOfRangeError} */
export function checkFeaturesConfig(config: FeaturesConfig): void {
  requireCount("minimumDays", config.minimumDays, 2);
  requireCount("lookbackDays", config.lookbackDays, config.minimumDays);
  requireCount("maximumGapDays", config.maximumGapDays, 1);
  requireBetween("maximumAgeDays", config.maximumAgeDays, 0.5, 30);
  requireBetween("maximumDailyJump", config.maximumDailyJump, 1e-6, 1);
  requireCount("jumpQuarantineDays", config.jumpQuarantineDays, 0);
  requireCount("maximumFlatDays", config.maximumFlatDays, 2);
}

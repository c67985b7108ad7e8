/**
 * What the range policy reads and decides: the artifact between `optimize/ranges` and `propose`. Prices are asset per unit of
 * the other token (ETH per wstETH), whatever the pool's token order; growth, fees and losses are shares of the position's value.
 */
import type { Assets } from "./units.ts";

/** Where a concentrated position stands and what trades against it. */
export interface RangePool {
  /** Hundredths of a basis point. */
  readonly fee: number;
  readonly tickSpacing: number;
  readonly assetIsToken0: boolean;
  /** The pool's own price now. Compared with the anchor only; nothing is centred on it. */
  readonly price: number;
  /** Trade a day in asset units that leaves the price where it was; 0 counts arbitrage alone. */
  readonly volumePerDay: Assets;
  /** Others' liquidity in range (the contracts' L), which shares in that volume's fees. */
  readonly othersLiquidity: bigint;
}

export interface HeldRange {
  readonly tickLower: number;
  readonly tickUpper: number;
}

/** One pair's past up to `asOf`, and the position. Nothing later is known. */
export interface RangeMarket {
  /** Unix seconds. */
  readonly asOf: number;
  /** Unix seconds, ascending, none after `asOf`. */
  readonly times: readonly number[];
  /** Market price at those times. */
  readonly prices: readonly number[];
  /** Protocol rate at those times; null where the pair has none: the anchor is then a time-weighted mean price. */
  readonly rates: readonly number[] | null;
  /** Prices of both tokens in a third currency, for their correlation; null when unknown. */
  readonly legs: { readonly asset: readonly number[]; readonly other: readonly number[] } | null;
  readonly pool: RangePool;
  /** Worth of the position, asset units. */
  readonly value: Assets;
  /** Present range; null before the first. */
  readonly current: HeldRange | null;
  /** Gas of one reposition, asset units. */
  readonly gasCost: Assets;
  /** Share of the amount sold that a change of range loses besides the pool's fee. */
  readonly slippage: number;
}

/** What a range is expected to do over the horizon if it is left alone. */
export interface RangeEvaluation extends HeldRange {
  readonly lowerPrice: number;
  readonly upperPrice: number;
  /** Mean of ln(value + fees) over ln(value now). */
  readonly expectedGrowth: number;
  /** Mean fees. */
  readonly fees: number;
  /** Mean value without fees, less the value of the same tokens held outside. */
  readonly divergence: number;
  /** Mean loss of the worst 1 - beta of outcomes; negative is a gain. */
  readonly cvar: number;
  /** Share of the time that the pool's price is inside. */
  readonly inRange: number;
}

/** The fitted behaviour of the pair, with what it came from. */
export interface RangeModel {
  readonly anchor: number;
  readonly anchorSource: "protocol rate" | "time-weighted mean price";
  /** Pool price over anchor, minus one. */
  readonly deviation: number;
  /** Seconds of a step. */
  readonly stepSeconds: number;
  readonly observations: number;
  /** Prints that jumped and came straight back; left out. */
  readonly badPrints: number;
  /** Standard deviation of the log basis per day, exponentially weighted, outliers bounded. */
  readonly volatilityDaily: number;
  /** Growth of the anchor, log per day. */
  readonly driftDaily: number;
  /** Share of a deviation from its median that survives a step; 1 = a random walk. */
  readonly persistence: number;
  /** Median log deviation of market from anchor. */
  readonly basis: number;
  /** Correlation of both tokens' log returns in the third currency; null when not given. */
  readonly correlation: number | null;
}

export interface ClosedForm {
  /** Expected value without fees, less holding, under a lognormal price without mean reversion. */
  readonly divergence: number;
  readonly inRange: number;
}

interface RangeFindings {
  readonly model: RangeModel;
  readonly horizonDays: number;
  readonly beta: number;
  readonly cvarLimit: number;
  /** Every range that was tried, narrow to wide. */
  readonly candidates: readonly RangeEvaluation[];
  readonly current: RangeEvaluation | null;
}

export type RangeDecision =
  | ({
      readonly kind: "reposition";
      readonly tickLower: number;
      readonly tickUpper: number;
      readonly chosen: RangeEvaluation;
      readonly closedForm: ClosedForm;
      /** Expected over the horizon against the present range, asset units. */
      readonly expectedGain: Assets;
      readonly cost: Assets;
      readonly reasons: readonly string[];
    } & RangeFindings)
  | ({
      readonly kind: "hold";
      /** The best range within the tail bound, when there is one. */
      readonly best: RangeEvaluation | null;
      readonly reasons: readonly [string, ...string[]];
    } & Partial<RangeFindings>);

/** What observe found of one range strategy: a market to decide on, or why there is none. */
export type RangeReading =
  | { readonly kind: "market"; readonly strategyId: number; readonly market: RangeMarket }
  | { readonly kind: "unknown"; readonly strategyId: number; readonly reason: string };

/** The policy's answer for one strategy of the run. */
export interface RangeOutcome {
  readonly strategyId: number;
  readonly decision: RangeDecision;
}

/** What one deployment of the engine consists of. Amounts are asset units (wei of WETH), times are seconds. */

import { ZeroAddress } from "ethers";

export type AdapterName =
  | "AaveV3Adapter"
  | "GearboxAdapter"
  | "LidoAdapter"
  | "EtherFiAdapter"
  | "SwellAdapter"
  | "StaderAdapter"
  | "KelpAdapter"
  | "RenzoAdapter"
  | "BedrockAdapter"
  | "YearnV3Adapter"
  | "SommelierAdapter"
  | "BeefyAdapter"
  | "FraxAdapter"
  | "PufferAdapter"
  | "ArrakisAdapter"
  | "UniswapV3Adapter"
  | "UniswapV4Adapter"
  | "CurveAdapter"
  | "PendleAdapter"
  | "PendleLpAdapter";

/** Order of `OracleKind` in contracts/types/Strategy.sol. */
export const ORACLE_KIND = { assetDenominated: 1, marketOfToken: 2, marketOfUnderlying: 3, rateOnly: 4 } as const;

export interface OraclePlan {
  readonly kind: (typeof ORACLE_KIND)[keyof typeof ORACLE_KIND];
  /** Chainlink proxy; the zero address where the kind has no feed. */
  readonly feed: string;
  readonly heartbeat: number;
  readonly margin: number;
  readonly maxRateGrowthBps: number;
  readonly slashBudgetBps: number;
  readonly minAnswer: bigint;
  readonly maxAnswer: bigint;
}

export interface StrategyPlan {
  /** Unique in the plan; letters and digits. */
  readonly key: string;
  readonly name: string;
  readonly adapter: AdapterName;
  /** Constructor arguments after vault and asset. */
  readonly targets: readonly (string | number | boolean)[];
  readonly riskIds: readonly number[];
  readonly limits: {
    readonly absoluteCap: bigint;
    readonly dailyInflowBudget: bigint;
    readonly relativeCapBps: number;
    readonly lossTripBps: number;
  };
  readonly oracle: OraclePlan;
}

export interface EnginePlan {
  readonly asset: string;
  readonly name: string;
  readonly symbol: string;
  readonly vault: {
    readonly bufferBps: number;
    readonly unlockSeconds: number;
    readonly minReportInterval: number;
    readonly maxNavAge: number;
  };
  readonly policy: {
    readonly cooldown: number;
    readonly maxTtl: number;
    readonly maxLossBps: number;
    readonly windowLossBps: number;
    readonly maxNavToleranceBps: number;
  };
  /** Fee terms from the first block on; the zero address as recipient means none. */
  readonly fees: { readonly recipient: string; readonly managementBps: number; readonly performanceBps: number };
  /** Keys of strategies that sync exits pull from, first one first; at most eight, only those that pay at once. */
  readonly withdrawalOrder: readonly string[];
  /** Signatures by the size of a move; `largeBps` 0 leaves it to the Safe's threshold. */
  readonly signerTiers: {
    readonly smallBps: number;
    readonly smallSigners: number;
    readonly largeBps: number;
    readonly largeSigners: number;
  };
  /** Length of a batch of the redeem queue, seconds; the default when left out. */
  readonly batchSeconds?: number;
  /** The Safe whose owners approve proposals, and which owns the AccessManager after the hand-over. */
  readonly safe: string;
  readonly curator: string;
  readonly guardian: string;
  /** The keeper: may propose, and nothing else. */
  readonly proposer: string;
  readonly curatorDelay: number;
  readonly ownerDelay: number;
  /** Registry ids follow this order: the first is 1. */
  readonly strategies: readonly StrategyPlan[];
  readonly riskCaps: readonly {
    readonly riskId: number;
    readonly absoluteCap: bigint;
    readonly relativeCapBps: number;
  }[];
}

const DAY = 86_400;

/** The defaults of the design: what a deployment takes unless its own parameters say otherwise. */
export const DEFAULT_VAULT = {
  bufferBps: 500,
  unlockSeconds: 5 * DAY,
  minReportInterval: 3_600,
  maxNavAge: 2 * DAY,
} as const;
export const DEFAULT_POLICY = {
  cooldown: 6 * 3_600,
  maxTtl: 3 * DAY,
  maxLossBps: 5,
  windowLossBps: 20,
  maxNavToleranceBps: 100,
} as const;
/** Nobody is paid unless the parameters name a recipient. */
export const NO_FEES = { recipient: ZeroAddress, managementBps: 0, performanceBps: 0 } as const;
/**
 * Never fewer than the Safe's threshold. Up to a tenth of the NAV one would do, up to two fifths two, above all owners: the
 * move that could hurt most is the one that every owner has looked at.
 */
export const DEFAULT_SIGNER_TIERS = { smallBps: 1_000, smallSigners: 1, largeBps: 4_000, largeSigners: 2 } as const;
/** Four batches a day: each is priced by the first reports after its end. */
export const DEFAULT_BATCH_SECONDS = 6 * 3_600;
export const DEFAULT_CURATOR_DELAY = 3 * DAY;
export const DEFAULT_LOSS_TRIP_BPS = 50;

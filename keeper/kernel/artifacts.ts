/**
 * What each stage hands to the next. Stages never import each other; they share these types only.
 * Floats are fractions (0.03 = 3 %), returns are simple and per day unless named otherwise; money is `bigint`.
 */
import type { Address, Assets, Hash, Shares, Wad } from "./units.ts";
import type { VenueReading } from "./venue-state.ts";

/** Where a number comes from: enough to recompute it. */
export interface Provenance {
  readonly chainId: number;
  readonly blockNumber: number;
  readonly blockHash: Hash;
  /** Unix seconds of the pinned block: the as-of time. */
  readonly timestamp: number;
  /** keccak256 of the canonical JSON of the policy and model configuration. */
  readonly configHash: Hash;
  readonly seed: number;
}

// ---- observe ----

export type StrategyStateName = "None" | "Active" | "ReduceOnly" | "Frozen" | "Revoked";
export type PriceStatusName = "Closed" | "Normal" | "NoInflow" | "ExitOnly" | "Frozen";

/** One strategy at the pinned block. */
export interface StrategyReading {
  readonly id: number;
  /** Protocol key of `keeper/protocols`, e.g. "aave-v3". */
  readonly protocol: string;
  readonly name: string;
  readonly adapter: Address;
  readonly state: StrategyStateName;
  /** Shared risk ids, ascending. */
  readonly riskIds: readonly number[];
  readonly absoluteCap: Assets;
  readonly relativeCapBps: number;
  readonly inflowLeft: Assets;
  /** Debt by the vault's books. */
  readonly debt: Assets;
  /** Present value by OracleGuard: liquid x sell factor + pending + claimable. */
  readonly value: Assets;
  readonly liquid: Assets;
  readonly pending: Assets;
  readonly claimable: Assets;
  readonly maxAllocate: Assets;
  readonly maxDeallocate: Assets;
  readonly price: {
    readonly status: PriceStatusName;
    readonly sellFactor: Wad;
    readonly buyFactor: Wad;
    readonly rate: Wad;
    readonly marketWad: Wad;
    readonly updatedAt: number;
  };
  /** True when leaving takes an exit request and a wait. */
  readonly hasAsyncExit: boolean;
  /** Expected wait of an asynchronous exit, days; 0 when exits are instant. */
  readonly exitDelayDays: number;
  /**
   * What the adapter refused to tell; null when it told everything. Then `value` is the vault's own book value, which is
   * what the contracts count, all other amounts are 0, and nothing enters or leaves.
   */
  readonly fault: string | null;
}

export interface RiskCapReading {
  readonly riskId: number;
  readonly absoluteCap: Assets;
  readonly relativeCapBps: number;
}

/** One strategy's past, one sample per day at real block timestamps, ascending. */
export interface StrategyHistory {
  readonly id: number;
  readonly timestamps: readonly number[];
  /** Protocol rate, WAD of asset per unit. */
  readonly rates: readonly bigint[];
  /** Market price over redemption value, WAD (1e18 = at par); null for strategies without a market feed. */
  readonly marketRatios: readonly bigint[] | null;
}

/** Something the data shows that a reader must know; never silently repaired. */
export interface DataFlag {
  readonly strategyId: number | null;
  readonly code: string;
  readonly message: string;
  /** True when the strategy must not be used in this run. */
  readonly excludes: boolean;
}

export interface MarketSnapshot {
  readonly provenance: Provenance;
  readonly vault: {
    readonly address: Address;
    readonly nav: Assets;
    readonly idle: Assets;
    readonly totalDebt: Assets;
    readonly totalAssets: Assets;
    readonly totalSupply: Shares;
    readonly lockedProfit: Assets;
    /** Buffer and `queueOwed`: what must remain idle after a rebalance. */
    readonly minimumIdle: Assets;
    /** Owed to priced requests of the redeem queue: held in idle or debts, no part of `nav`. */
    readonly queueOwed: Assets;
    /** What requests that still wait for a price are worth today: part of `nav`, about to leave. */
    readonly queuePending: Assets;
  };
  readonly configEpoch: bigint;
  readonly nextExecutionAt: number;
  readonly policy: {
    readonly cooldown: number;
    readonly maxTtl: number;
    readonly maxLossBps: number;
    readonly windowLossBps: number;
    readonly maxNavToleranceBps: number;
  };
  readonly strategies: readonly StrategyReading[];
  readonly riskCaps: readonly RiskCapReading[];
  /** What the venues are at the pinned block; none of a strategy whose adapter does not answer, or that was written off. */
  readonly venues: readonly VenueReading[];
  readonly history: readonly StrategyHistory[];
  readonly gas: {
    /** Base fee of the pinned block, wei. */
    readonly baseFee: bigint;
    /** Past base fees, ascending in time. */
    readonly timestamps: readonly number[];
    readonly baseFees: readonly bigint[];
  };
  readonly flags: readonly DataFlag[];
  /** HTTP requests this snapshot took. */
  readonly httpRequests: number;
}

// ---- build ----

/** One strategy's series, aligned over all strategies: element t of each is the same day. */
export interface StrategyFeatures {
  readonly id: number;
  readonly name: string;
  /** Simple daily return by protocol rate: what the venue pays. */
  readonly yieldReturns: readonly number[];
  /** Simple daily return at the value the vault counts (market, where there is a feed): what the holder experiences. */
  readonly totalReturns: readonly number[];
  /** Compounded yield of the last 1, 7 and 30 days, annualised, fractions; null when history is too short. */
  readonly apy1: number | null;
  readonly apy7: number | null;
  readonly apy30: number | null;
  /** Annualised standard deviation of total returns over the lookback. */
  readonly volatility: number;
}

export interface Features {
  readonly provenance: Provenance;
  /** End of each day, Unix seconds, ascending; same length as every series. */
  readonly days: readonly number[];
  readonly strategies: readonly StrategyFeatures[];
  /** Median base fee by hour of day (UTC), wei as float; 24 entries. */
  readonly baseFeeByHour: readonly number[];
  readonly flags: readonly DataFlag[];
}

// ---- forecast ----

export interface PredictionInterval {
  /** Stated probability, e.g. 0.8. */
  readonly level: number;
  readonly lower: number;
  readonly upper: number;
}

export interface StrategyForecast {
  readonly id: number;
  readonly name: string;
  /** Model chosen by rolling error. */
  readonly model: string;
  /** Mean simple return per day over the horizon. */
  readonly meanDaily: number;
  /** Standard error of that mean as a yield to plan with, per day; absent where nobody has weighed it. */
  readonly meanError?: number;
  /** Intervals of that mean. */
  readonly intervals: readonly PredictionInterval[];
  /** Per-day path with intervals, for charts: index 0 = first day ahead. */
  readonly path: readonly { readonly mean: number; readonly intervals: readonly PredictionInterval[] }[];
  /** Rolling-origin mean absolute error of the horizon mean, per candidate model, per-day return. */
  readonly errors: readonly { readonly model: string; readonly mae: number; readonly origins: number }[];
  /** First and last day of the training window, Unix seconds. */
  readonly trainedFrom: number;
  readonly trainedTo: number;
}

export interface ForecastSet {
  readonly provenance: Provenance;
  readonly horizonDays: number;
  readonly strategies: readonly StrategyForecast[];
  /** Joint scenarios of horizon total return: S rows, one column per strategy in the order above. */
  readonly scenarios: readonly (readonly number[])[];
}

/** Base fee of each of the next hours, wei per gas as floats; quantiles of equal probability mass, ascending. */
export interface GasForecast {
  readonly asOf: number;
  readonly hours: readonly {
    readonly timestamp: number;
    readonly quantiles: readonly { readonly probability: number; readonly fee: number }[];
  }[];
}

/** When to send, by the forecast of base fees; fees in wei per gas. `unknown` where the past is too short to say. */
export interface SendPlan {
  readonly now: number;
  readonly kind: "send" | "wait" | "unknown";
  /** Cheapest expected hour, Unix seconds; null unless waiting. */
  readonly until: number | null;
  /** Expected price when waiting by the rule; null unless waiting. */
  readonly expectedFee: number | null;
  readonly reason: string;
}

// ---- optimize ----

export interface StrategyWeight {
  readonly id: number;
  /** Share of NAV, 0..1. */
  readonly weight: number;
}

export interface FrontierPoint {
  readonly expectedReturn: number;
  /** Standard deviation or CVaR of the horizon loss. */
  readonly risk: number;
}

export interface TargetAllocation {
  readonly provenance: Provenance;
  readonly objective: "mean-variance" | "min-cvar";
  readonly weights: readonly StrategyWeight[];
  readonly idleWeight: number;
  /** Horizon of the returns below, days. */
  readonly horizonDays: number;
  /** Expected simple return of the whole vault over the horizon at these weights, before costs. */
  readonly expectedReturn: number;
  /** Cost of getting there from the current weights, paid once, share of NAV. */
  readonly expectedCost: number;
  /** Expected simple return over the horizon of the current weights left alone. */
  readonly currentReturn: number;
  readonly status: "optimal";
  readonly certificate: { readonly primal: number; readonly dual: number; readonly gap: number };
  readonly frontier: readonly FrontierPoint[];
  /** Annual-free risk of the chosen point in the frontier's unit. */
  readonly risk: number;
}

// ---- decide ----

export type Decision =
  | {
      readonly kind: "move";
      readonly provenance: Provenance;
      readonly weights: readonly StrategyWeight[];
      readonly idleWeight: number;
      /** Expected net gain over the horizon, asset units, after costs. */
      readonly expectedGain: Assets;
      readonly expectedCost: Assets;
      readonly turnover: number;
      readonly reasons: readonly string[];
    }
  | { readonly kind: "hold"; readonly provenance: Provenance; readonly reasons: readonly [string, ...string[]] };

// ---- assess ----

export interface RiskFigures {
  /** Confidence level of VaR and CVaR. */
  readonly beta: number;
  readonly horizonDays: number;
  readonly var: number;
  readonly cvar: number;
  readonly maxDrawdown: number;
  readonly volatility: number;
}

export type Breach =
  | { readonly type: "cvarAboveLimit"; readonly cvar: number; readonly limit: number }
  | { readonly type: "varAboveLimit"; readonly var: number; readonly limit: number }
  | { readonly type: "drawdownAboveLimit"; readonly maxDrawdown: number; readonly limit: number }
  | { readonly type: "capExceeded"; readonly strategyId: number; readonly weight: number; readonly cap: number }
  | { readonly type: "riskIdCapExceeded"; readonly riskId: number; readonly weight: number; readonly cap: number }
  | { readonly type: "inflowNotAllowed"; readonly strategyId: number; readonly reason: string }
  | { readonly type: "idleBelowMinimum"; readonly idle: number; readonly minimum: number }
  | { readonly type: "weightsDoNotSum"; readonly sum: number }
  | {
      readonly type: "recomputationDiffers";
      readonly what: string;
      readonly stated: number;
      readonly recomputed: number;
    };

/** Where the risk of an allocation comes from: components add up to the measure (Euler). */
export interface RiskContribution {
  readonly name: string;
  readonly weight: number;
  /** Part of CVaR and of EVaR, share of NAV. */
  readonly cvar: number;
  readonly evar: number;
}

/** A named hypothetical and what it would cost; `locked` is the share of NAV that cannot be withdrawn while it lasts. */
export interface StressFigure {
  readonly name: string;
  readonly assumes: string;
  readonly loss: number;
  readonly locked: number;
}

/** Every risk figure of one allocation, shares of NAV; positive is a loss. */
export interface AllocationRisk {
  readonly var: number;
  readonly cvar: number;
  readonly evar: number;
  /** Of these weights over the aligned daily history, share of the peak. */
  readonly maxDrawdown: number;
  readonly cdar: number;
  /** Weight whose risk no scenario covers. */
  readonly unmeasured: number;
  /** Share of NAV, idle included, that can be paid out today. */
  readonly liquid: number;
  /** One day's VaR with the cost of selling what can be sold and of waiting for the rest. */
  readonly liquidityAdjustedLoss: number;
  readonly contributions: readonly RiskContribution[];
  readonly stresses: readonly StressFigure[];
}

/** The risk of what is held and of what is proposed, side by side. */
export interface RiskPanel {
  readonly beta: number;
  readonly horizonDays: number;
  readonly current: AllocationRisk;
  /** Null when nothing is proposed. */
  readonly proposed: AllocationRisk | null;
}

declare const approval: unique symbol;

/** Only `keeper/risk/approve.ts` may make one. */
export interface ApprovedAllocation {
  readonly kind: "approved";
  readonly provenance: Provenance;
  readonly weights: readonly StrategyWeight[];
  readonly idleWeight: number;
  readonly risk: RiskFigures;
  readonly [approval]: true;
}

export interface Rejection {
  readonly kind: "rejected";
  readonly provenance: Provenance;
  readonly risk: RiskFigures;
  readonly breaches: readonly [Breach, ...Breach[]];
}

// ---- propose ----

export type LegKindName = "Deallocate" | "RequestExit" | "Allocate" | "Reposition";

export interface Leg {
  readonly strategyId: number;
  readonly kind: LegKindName;
  readonly amount: Assets;
  readonly minValue: Assets;
  readonly tickLower: number;
  readonly tickUpper: number;
}

/** One leg as a row of a table; amounts in WETH, exact. */
export interface LegRow {
  readonly does: "takes out" | "asks back" | "puts in" | "moves range";
  readonly strategy: string;
  readonly amount: string;
  /** What must arrive, be requested or be there afterwards at least; the execution is undone otherwise. */
  readonly atLeast: string;
}

export interface Proposal {
  readonly nonce: bigint;
  readonly notBefore: number;
  readonly deadline: number;
  readonly configEpoch: bigint;
  readonly refNav: Assets;
  readonly navToleranceBps: number;
  readonly maxLoss: Assets;
  /** keccak256 of the evidence report's canonical JSON bytes. */
  readonly evidence: Hash;
  readonly legs: readonly Leg[];
}

// ---- inputs shared by optimize, decide and assess ----

/** What moving money costs; supplied by quotes and gas readings, never guessed by a stage. */
export interface CostInputs {
  /** Loss per unit moved (fee, price impact, slippage), fractions. Every strategy of the run must be listed. */
  readonly perStrategy: readonly { readonly id: number; readonly enter: number; readonly exit: number }[];
  /** Gas of one execution whatever it moves, asset units. */
  readonly fixedCost: Assets;
  /** Gas of each further leg, asset units. */
  readonly legCost: Assets;
}

/**
 * One strategy's bounds for this run, shares of NAV. Weights mean the open position: what waits in an exit queue has left
 * it, and counts as idle that cannot be spent.
 */
export interface StrategyLimits {
  readonly id: number;
  readonly name: string;
  readonly currentWeight: number;
  /** What cannot be asked to leave: illiquid, or without a price. */
  readonly minWeight: number;
  /** The tighter of the relative and the absolute cap. */
  readonly capWeight: number;
  /** The most this execution can bring the weight to: current + inflow budget + room at the venue. */
  readonly reachableWeight: number;
  /** Why nothing may enter; null when the strategy is investable. */
  readonly entryBlockedBy: string | null;
  /** Why nothing may leave; null when something can. */
  readonly exitBlockedBy: string | null;
  readonly riskIds: readonly number[];
  readonly costs: { readonly enter: number; readonly exit: number };
}

export interface RiskIdLimit {
  readonly riskId: number;
  readonly capWeight: number;
}

/** Bounds and costs of one run, built once from the snapshot by `keeper/kernel/constraints.ts`. */
export interface AllocationConstraints {
  readonly nav: Assets;
  /** Ascending by id; every strategy of the snapshot except those that were never active. */
  readonly strategies: readonly StrategyLimits[];
  readonly riskIds: readonly RiskIdLimit[];
  readonly idle: { readonly current: number; readonly minimum: number };
  readonly fixedCost: Assets;
  readonly legCost: Assets;
}

/**
 * What a run leaves behind, as written to `out/run.json`. Amounts are decimal strings in WETH; percentages are per cent;
 * dates are ISO days (UTC). Only `timings` differ between two runs of the same seed.
 */
import type { FrontierPoint, LegRow, PredictionInterval, RiskPanel, SendPlan } from "../kernel/artifacts.ts";
import type { VenueFigure } from "./venues.ts";

export interface NamedWeight {
  readonly id: number;
  readonly name: string;
  /** Share of NAV, 0..1. Idle has id 0. */
  readonly weight: number;
}

export interface ForecastFigure {
  readonly id: number;
  readonly name: string;
  readonly model: string;
  /** Forecast of the mean over the horizon, annualised, per cent. */
  readonly apyPct: number;
  readonly intervals: readonly PredictionInterval[];
  /** Past daily yields and the fan ahead, both annualised per cent, for the chart. */
  readonly history: readonly { readonly date: string; readonly apyPct: number }[];
  readonly path: readonly {
    readonly date: string;
    readonly apyPct: number;
    readonly intervals: readonly PredictionInterval[];
  }[];
  readonly errors: readonly { readonly model: string; readonly maePct: number; readonly origins: number }[];
}

export interface CycleResult {
  readonly index: number;
  readonly date: string;
  readonly block: number;
  readonly status: "executed" | "refused" | "held";
  readonly reasons: readonly string[];
  readonly proposalId: string | null;
  /** One sentence: what was proposed. */
  readonly sentence: string | null;
  /** The proposal leg by leg, amounts in WETH; empty when nothing was proposed. */
  readonly legs: readonly LegRow[];
  /** What the proposal may lose at most, WETH; null when nothing was proposed. */
  readonly maxLoss: string | null;
  readonly signers: readonly string[];
  /** How the Safe approved: owners' typed signatures, or an ordinary Safe transaction. */
  readonly approvedBy: "signatures" | "safe-transaction" | null;
  readonly executedBy: string | null;
  readonly transaction: string | null;
  readonly gasUsed: number | null;
  readonly baseFeeGwei: number;
  readonly navBefore: string;
  readonly navAfter: string;
  readonly allocationBefore: readonly NamedWeight[];
  readonly allocationAfter: readonly NamedWeight[];
  readonly expectedNetApyPct: number | null;
  /** Change of NAV per year from this cycle to the next, net of the gas paid, per cent. */
  readonly realizedNetApyPct: number | null;
  readonly cvarPct: number | null;
  readonly varPct: number | null;
  readonly maxDrawdownPct: number | null;
  readonly httpRequests: number;
  readonly forecasts: readonly ForecastFigure[];
  readonly frontier: readonly FrontierPoint[];
  readonly chosen: FrontierPoint | null;
  /** How many owners had to approve and why; null when nothing was proposed. */
  readonly signersNeeded: { readonly required: number; readonly owners: number; readonly reason: string } | null;
  /** Risk of what was held and of what was proposed; null when the run ended before. */
  readonly panel: RiskPanel | null;
  /** What each venue paid and charged at the cycle's block; empty when the run ended before. */
  readonly venues: readonly VenueFigure[];
  /** When execution was expected to be cheap; null when nothing was proposed. */
  readonly send: SendPlan | null;
}

/** Something people did besides the cycles: money in and out, the redeem queue, a freeze. */
export interface RunEvent {
  readonly date: string;
  readonly kind:
    | "deposit"
    | "withdraw"
    | "redeem-request"
    | "priced"
    | "claimed"
    | "frozen"
    | "scheduled"
    | "returned"
    | "feeds";
  readonly text: string;
}

export interface DayPoint {
  readonly date: string;
  /** Everything relative to the first day = 1, net of gas for the vault. */
  readonly vault: number;
  readonly sharePrice: number;
  readonly equalWeight: number;
  readonly hold: number;
  readonly weights: readonly NamedWeight[];
}

export interface RunSummary {
  readonly netApyPct: number;
  readonly grossApyPct: number;
  readonly equalWeightApyPct: number;
  readonly holdApyPct: number;
  readonly maxDrawdownPct: number;
  readonly volatilityPct: number;
  readonly gasWeth: string;
  /** Worth of the fee shares when they were minted, WETH. */
  readonly feesWeth: string;
  /** Paid out through the redeem queue, WETH. */
  readonly queuePaidWeth: string;
  readonly executed: number;
  readonly refused: number;
  readonly held: number;
  readonly verdict: string;
  readonly from: string;
  readonly to: string;
}

export interface RunResult {
  readonly seed: number;
  readonly days: number;
  readonly market: {
    readonly kind: "synthetic" | "recorded";
    readonly describes: string;
    readonly mapping: readonly { readonly column: string; readonly feeds: string }[];
    /** What the recorded file itself says was earned over the same dates; null for a synthetic market. */
    readonly recorded:
      | readonly { readonly name: string; readonly apyPct: number; readonly onChainApyPct: number | null }[]
      | null;
  };
  readonly contracts: Readonly<Record<string, string>>;
  readonly safe: { readonly address: string; readonly owners: readonly string[]; readonly threshold: number };
  readonly horizonDays: number;
  readonly fees: { readonly managementBps: number; readonly performanceBps: number; readonly recipient: string };
  readonly cycles: readonly CycleResult[];
  readonly events: readonly RunEvent[];
  readonly series: readonly DayPoint[];
  readonly summary: RunSummary;
  readonly timings: Readonly<Record<string, number>>;
}

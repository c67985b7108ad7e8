/** What every strategy of a backtest is: a function of what was known on the day. */
import type { Rng } from "../../kernel/rng.ts";
import type { Holding } from "../market.ts";
import type { Panel } from "../panel.ts";

/** The past up to a decision. There is no way from here to a later day. */
export interface View {
  /** Days known. */
  readonly known: number;
  readonly names: readonly string[];
  /** Realised returns and signals, one series per venue, oldest first, NaN where nothing was recorded. */
  readonly realised: readonly (readonly number[])[];
  readonly signal: readonly (readonly number[])[];
  /** False where the series has not begun, has ended, or has been silent for days. */
  readonly isOpen: readonly boolean[];
  readonly holding: Holding;
  /** One-way cost of a move of a tenth of NAV, fraction, by venue. */
  readonly cost: readonly number[];
  readonly rng: Rng;
}

export interface Verdict {
  /** Target weights, sum at most one; null: hold. */
  readonly weights: readonly number[] | null;
  readonly reasons: readonly string[];
}

export interface Rule {
  readonly name: string;
  readonly describes: string;
  decide(view: View): Verdict | Promise<Verdict>;
}

/** Days without a figure after which a series counts as ended. */
export const SILENT_DAYS = 3;

export function isOpen(series: readonly number[], known: number): boolean {
  for (let t = known - 1; t >= Math.max(0, known - SILENT_DAYS); t--) {
    if (!Number.isNaN(series[t] ?? Number.NaN)) return true;
  }
  return false;
}

/** The view of the first `known` days: copies, so that a rule cannot reach behind them. */
export function viewOf(panel: Panel, known: number, holding: Holding, cost: readonly number[], rng: Rng): View {
  const realised = panel.venues.map((venue) => venue.realised.slice(0, known));
  return {
    known,
    names: panel.venues.map(({ name }) => name),
    realised,
    signal: panel.venues.map((venue) => venue.signal.slice(0, known)),
    isOpen: realised.map((series) => isOpen(series, known)),
    holding,
    cost,
    rng,
  };
}

/** Equal shares of the venues in `members`. */
export const equalOver = (size: number, members: readonly number[]): number[] =>
  Array.from({ length: size }, (_, i) => (members.includes(i) ? 1 / members.length : 0));

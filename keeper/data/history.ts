/** A venue's past from samples at past blocks. What did not exist is absent; what is odd is flagged; nothing is filled in. */
import type { Outcome, ViewCall } from "../chain/multicall.ts";
import type { DataFlag, StrategyHistory } from "../kernel/artifacts.ts";
import { WAD } from "../kernel/units.ts";
import { NoHistoryError } from "./errors.ts";
import { type AdapterState, feedRound, type RegisteredStrategy } from "./state.ts";

/** What one strategy needs at each past block. */
export interface HistoryReads {
  readonly strategy: RegisteredStrategy;
  readonly venue: AdapterState;
  readonly rate: ViewCall<bigint>;
  readonly round: ViewCall<{ readonly answer: bigint; readonly updatedAt: number }> | null;
}

/** What one strategy answered at one block. */
export interface HistorySample {
  readonly timestamp: number;
  readonly rate: Outcome<bigint>;
  readonly round: Outcome<{ readonly answer: bigint; readonly updatedAt: number }> | null;
}

export function historyReads(strategy: RegisteredStrategy, venue: AdapterState, asset: VaultAsset): HistoryReads {
  const { feed } = strategy.oracle;
  return {
    strategy,
    venue,
    rate: strategy.protocol.rateAt(venue.targets, asset),
    round: feed === null ? null : feedRound(feed),
  };
}
type VaultAsset = Parameters<RegisteredStrategy["protocol"]["rateAt"]>[1];

/** Market price over redemption value, WAD. */
export function marketRatio(
  kind: RegisteredStrategy["oracle"]["kind"],
  answer: bigint,
  decimals: number,
  rate: bigint,
): bigint {
  const market = (answer * WAD) / 10n ** BigInt(decimals);
  return kind === "MarketOfToken" ? (market * WAD) / rate : market;
}

const day = (timestamp: number): string => new Date(timestamp * 1000).toISOString().slice(0, 10);

/** One strategy's history and what a reader must know about it. @throws {NoHistoryError} when nothing usable is left. */
export function buildHistory(
  reads: HistoryReads,
  samples: readonly HistorySample[],
  wantedFrom: number,
): { readonly history: StrategyHistory; readonly flags: readonly DataFlag[] } {
  const { strategy, venue } = reads;
  const { id, name, oracle } = strategy;
  const flags: DataFlag[] = [];
  const flag = (code: string, message: string): void => {
    flags.push({ strategyId: id, code, message: `${name}: ${message}`, excludes: false });
  };

  const usable = samples.map(({ rate }) => (rate.ok && rate.value > 0n ? rate.value : null));
  const start = usable.findIndex((rate) => rate !== null);
  if (start < 0) {
    const reason =
      samples.map(({ rate }) => (rate.ok ? "its rate is zero" : rate.reason)).at(-1) ?? "no block was sampled";
    throw new NoHistoryError(name, reason);
  }
  const timestamps: number[] = [];
  const rates: bigint[] = [];
  const ratios: bigint[] = [];
  let gaps = 0;
  let withoutMarket = 0;
  let stale = 0;
  samples.slice(start).forEach(({ timestamp, round }, offset) => {
    const rate = usable[start + offset];
    if (rate === null || rate === undefined) {
      gaps += 1;
      return;
    }
    if (round !== null && venue.feedDecimals !== null) {
      if (!round.ok || round.value.answer <= 0n || round.value.updatedAt === 0) {
        withoutMarket += 1;
        return;
      }
      if (timestamp - round.value.updatedAt > oracle.heartbeat + oracle.margin) stale += 1;
      ratios.push(marketRatio(oracle.kind, round.value.answer, venue.feedDecimals, rate));
    }
    timestamps.push(timestamp);
    rates.push(rate);
  });
  const first = timestamps[0];
  if (first === undefined) throw new NoHistoryError(name, "its market feed answered at none of the sampled blocks");
  // Two days of slack: the first sample of a full history lies at its target or a block beside it.
  if (first > wantedFrom + 2 * 86_400)
    flag("HISTORY_STARTS_LATE", `history starts on ${day(first)}, not on ${day(wantedFrom)}`);
  if (gaps > 0)
    flag("HISTORY_GAP", `the venue gave no rate at ${gaps} sample(s) after its first; they are missing, not filled`);
  if (withoutMarket > 0) flag("MARKET_GAP", `the feed gave no price at ${withoutMarket} sample(s); they are left out`);
  if (stale > 0) flag("MARKET_WAS_STALE", `the feed was older than heartbeat plus margin at ${stale} sample(s)`);
  const falls = rates.filter((rate, index) => index > 0 && rate < (rates[index - 1] ?? 0n)).length;
  if (falls > 0) flag("RATE_FELL", `the protocol rate fell ${falls} time(s): slashing or a loss, kept as it is`);
  return { history: { id, timestamps, rates, marketRatios: reads.round === null ? null : ratios }, flags };
}

/** What the present price says a reader must know. */
export function priceFlags(strategy: RegisteredStrategy, now: number): readonly DataFlag[] {
  const { id, name, quote, oracle, state } = strategy;
  const flags: DataFlag[] = [];
  if (oracle.feed !== null && now - quote.updatedAt > oracle.heartbeat + oracle.margin) {
    const message = `${name}: the feed's answer is ${now - quote.updatedAt} s old, promised are ${oracle.heartbeat} s and ${oracle.margin} s of grace`;
    flags.push({ strategyId: id, code: "FEED_STALE", message, excludes: true });
  }
  if (quote.status !== "Normal") {
    const closed = quote.status === "Closed" || quote.status === "Frozen";
    flags.push({
      strategyId: id,
      code: "PRICE_NOT_NORMAL",
      message: `${name}: the price guard says ${quote.status}`,
      excludes: closed,
    });
  }
  if (state !== "Active") {
    flags.push({
      strategyId: id,
      code: "STATE_NOT_ACTIVE",
      message: `${name}: the registry says ${state}`,
      excludes: state === "Revoked" || state === "None",
    });
  }
  return flags;
}

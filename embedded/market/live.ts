/**
 * Makes the chain live through a market. Each day: twenty-four hourly blocks with that hour's base fee; at 00:00 UTC one
 * block in which the staking tokens report the day's growth, the feeds publish its closing prices, finished withdrawal
 * requests are paid, and borrow demand moves until the lending venues pay the coming day's rates.
 */
import { SECONDS_PER_DAY, toWad } from "../../keeper/kernel/units.ts";
import { type Call, mineBlock } from "../block.ts";
import type { Chain } from "../chain.ts";
import type { Feed } from "../chainlink.ts";
import { EmbeddedClockError, MarketExhaustedError } from "../errors.ts";
import type { EmbeddedVenue } from "../venues/venue.ts";
import type { LendingDemand } from "./lending.ts";
import { addDays, firstDay, formatDate, HOURS_PER_DAY, type Market, type MarketDay } from "./market.ts";

/** A staking token whose protocol rate the market sets. */
export interface StakingVenue {
  readonly name: string;
  /** Calls after which one share is worth `rate` (WAD of ETH). */
  rateCalls(rate: bigint): Promise<readonly Call[]>;
  /** Calls that finalize every withdrawal request made at or before `time` (Unix seconds) at `rate` (WAD of ETH per share). */
  finalizeCalls(time: number, rate: bigint): Promise<readonly Call[]>;
  /** WAD of ETH per share. */
  rate(): Promise<bigint>;
}

export interface MarketVenues {
  /** Those beside the ones below. */
  readonly venues: readonly EmbeddedVenue[];
  readonly steth: StakingVenue;
  readonly weeth: StakingVenue;
  readonly aave: LendingDemand;
  /** Null when the market has no such series. */
  readonly gearbox: LendingDemand | null;
  readonly stethEth: Feed;
  readonly weethEth: Feed;
  readonly ethUsd: Feed | null;
}

/** Remembers levels and rounds beside the chain: do not `evm_revert` a chain past what a driver has done and go on with it. */
export type FeedName = "stethEth" | "weethEth" | "ethUsd";

export interface Driver {
  /** The day the chain is in; after the market's last day, a continuation of it. */
  today(): MarketDay;
  /** Feeds whose publisher has stopped: they get no rounds while they are in here, and grow stale. */
  readonly silent: Set<FeedName>;
  /** Days that can still be lived through. */
  daysLeft(): number;
  /** @throws {MarketExhaustedError} when the market is shorter. */
  advance(days: number): Promise<void>;
  /** One block, one slot later, after which the lending venues pay today's rates again: call it after the vault moved. */
  holdRates(): Promise<void>;
}

interface Levels {
  readonly stethRate: number;
  readonly weethRate: number;
}

const HOUR = 3_600;
const USD_SCALE = 100_000_000;

/**
 * Opens the market: the next block is 00:00 UTC of its first day. Requirements: the chain is not past that time.
 * @throws {EmbeddedClockError} when it is.
 */
export async function createDriver(chain: Chain, venues: MarketVenues, market: Market): Promise<Driver> {
  let levels: Levels = { stethRate: market.initial.stethRate, weethRate: market.initial.weethRate };
  let index = 0;
  const silent = new Set<FeedName>();
  let today = firstDay(market);
  const now = await chain.now();
  if (now >= today.start) throw new EmbeddedClockError(now, today.start);
  await mineBlock(chain, {
    timestamp: today.start,
    ...feeOf(today, 0),
    calls: [
      ...(await venues.steth.rateCalls(toWad(levels.stethRate))),
      ...(await venues.weeth.rateCalls(toWad(levels.weethRate))),
      ...priceCalls(venues, silent, levels, market.initial, today.start),
      ...(await lendingCalls(venues, today, today.start)),
    ],
  });

  const liveHours = async (day: MarketDay): Promise<void> => {
    const latest = await chain.now();
    for (let hour = 1; hour < HOURS_PER_DAY; hour += 1) {
      const timestamp = day.start + hour * HOUR;
      // Transactions of others may have carried the clock past an hour; that hour has had its blocks.
      if (timestamp > latest) await mineBlock(chain, { timestamp, ...feeOf(day, hour), calls: [] });
    }
  };

  const closeDay = async (day: MarketDay, next: MarketDay | undefined): Promise<void> => {
    const midnight = day.start + SECONDS_PER_DAY;
    const closing: Levels = {
      stethRate: levels.stethRate * (1 + day.stethReturn),
      weethRate: levels.weethRate * (1 + day.weethReturn),
    };
    const [stethRate, weethRate] = [toWad(closing.stethRate), toWad(closing.weethRate)];
    const finalizable = midnight - day.queueDelayDays * SECONDS_PER_DAY;
    // After the last day its own rates and fees stay in force: nothing is known of the day after.
    const coming = next ?? day;
    await mineBlock(chain, {
      timestamp: midnight,
      ...feeOf(coming, 0),
      calls: async () => [
        // Paid first, reported after: whatever payment does to the rate, the day's exact rate stands at the end.
        ...(await venues.steth.finalizeCalls(finalizable, stethRate)),
        ...(await venues.weeth.finalizeCalls(finalizable, weethRate)),
        ...(await venues.steth.rateCalls(stethRate)),
        ...(await venues.weeth.rateCalls(weethRate)),
        ...priceCalls(venues, silent, closing, day, midnight),
        ...(await venueCalls(venues, day, { time: midnight, finalizable, stakingRate: stethRate })),
        ...(await lendingCalls(venues, coming, midnight)),
      ],
    });
    levels = closing;
  };

  return {
    today: () => today,
    silent,
    daysLeft: () => market.days.length - index,
    advance: async (days) => {
      if (days > market.days.length - index) throw new MarketExhaustedError(days, market.days.length - index);
      for (let lived = 0; lived < days; lived += 1) {
        const next = market.days[index + 1];
        await liveHours(today);
        await closeDay(today, next);
        index += 1;
        today = next ?? dayAfter(today);
      }
    },
    holdRates: async () => {
      await mineBlock(chain, { calls: (timestamp) => lendingCalls(venues, today, timestamp) });
    },
  };
}

/** The day that follows the market's last: nothing is known of it, so what was in force stays in force. */
function dayAfter(last: MarketDay): MarketDay {
  const start = addDays(last.start, 1);
  return { ...last, start, date: formatDate(start) };
}

function feeOf(day: MarketDay, hour: number): { readonly baseFee: bigint } | Record<string, never> {
  const baseFee = day.baseFees[hour];
  return baseFee === undefined ? {} : { baseFee };
}

function priceCalls(
  venues: MarketVenues,
  silent: ReadonlySet<FeedName>,
  levels: Levels,
  prices: { readonly stethPrice: number; readonly weethRatio: number; readonly ethUsd: number | null },
  time: number,
): readonly Call[] {
  const calls: Call[] = [];
  if (!silent.has("stethEth")) calls.push(venues.stethEth.roundCall(toWad(prices.stethPrice), time));
  if (!silent.has("weethEth")) calls.push(venues.weethEth.roundCall(toWad(prices.weethRatio * levels.weethRate), time));
  // A day without a recorded ETH/USD publishes none: the feed grows stale, as a feed without news does.
  if (venues.ethUsd !== null && prices.ethUsd !== null && !silent.has("ethUsd")) {
    calls.push(venues.ethUsd.roundCall(BigInt(Math.round(prices.ethUsd * USD_SCALE)), time));
  }
  return calls;
}

async function lendingCalls(venues: MarketVenues, day: MarketDay, timestamp: number): Promise<readonly Call[]> {
  const aave = await venues.aave.calls(day.aaveSupplyRate, timestamp);
  if (venues.gearbox === null || day.gearboxSupplyRate === null) return aave;
  return [...aave, ...(await venues.gearbox.calls(day.gearboxSupplyRate, timestamp))];
}

async function venueCalls(
  { venues }: MarketVenues,
  day: MarketDay,
  at: { readonly time: number; readonly finalizable: number; readonly stakingRate: bigint },
): Promise<readonly Call[]> {
  const { venues: days, stethPrice } = day;
  if (days === null) return [];
  const calls: Call[] = [];
  for (const venue of venues) {
    calls.push(...(await venue.midnightCalls({ ...days[venue.key], ...at, stakingRatio: stethPrice })));
  }
  return calls;
}

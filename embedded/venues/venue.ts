/** What the embedded chain needs to know of a venue: how the engine deploys onto it, and what it does at midnight. */
import type { AdapterName, OraclePlan } from "../../deploy/plan.ts";
import type { Address } from "../../keeper/kernel/units.ts";
import type { ProtocolId } from "../../keeper/protocols/ids.ts";
import type { Call } from "../block.ts";
import type { Chain } from "../chain.ts";
import type { Feed } from "../chainlink.ts";
import type { LidoDeployment } from "../lido.ts";

/** Venues beside the four that recorded markets know, in the order in which the engine numbers them. */
export const VENUE_KEYS = [
  "swell",
  "rswell",
  "stader",
  "kelp",
  "renzo",
  "bedrock",
  "frax",
  "puffer",
  "yearn",
  "sommelier",
  "beefy",
  "curve",
  "uniswapv3",
  "uniswapv4",
  "pendle",
  "arrakis",
] as const;
export type VenueKey = (typeof VENUE_KEYS)[number];

/** Shared risks of the demonstration: bit in the registry, meaning. */
export const RISK_ID = { lending: 0, liquidStaking: 1, restaking: 2, pools: 3 } as const;
export type Risk = keyof typeof RISK_ID;

/** One UTC day of a venue. */
export interface VenueDay {
  /** Growth of one unit in ETH, simple, over the day; 0 where trades and another token make it. */
  readonly growth: number;
  /** ETH traded over the day, in pools. */
  readonly volume: number;
  /** Market price over rate at the end of the day; read only where the venue has a feed. */
  readonly ratio: number;
}

/** A midnight: the end of one day of a venue. */
export interface Midnight extends VenueDay {
  /** Unix seconds. */
  readonly time: number;
  /** Requests made at or before this time are due. */
  readonly finalizable: number;
  /** WAD of ETH per wstETH from now on, and its market price over that. */
  readonly stakingRate: bigint;
  readonly stakingRatio: number;
}

export interface EmbeddedVenue {
  readonly key: VenueKey;
  readonly protocol: ProtocolId;
  readonly name: string;
  readonly adapter: AdapterName;
  /** Constructor arguments after vault and asset. */
  readonly targets: readonly (string | number | boolean)[];
  readonly risks: readonly Risk[];
  readonly oracle: Pick<OraclePlan, "kind" | "feed" | "maxRateGrowthBps" | "slashBudgetBps">;
  /** Null where nobody publishes a price. */
  readonly feed: Feed | null;
  midnightCalls(day: Midnight): Promise<readonly Call[]>;
}

/** Where venues are deployed. `operator` drives them, is the network's first account, and is rich. */
export interface Site {
  readonly chain: Chain;
  readonly operator: Address;
  readonly weth: Address;
  readonly lido: LidoDeployment;
  /** WAD of ETH per wstETH at the start. */
  readonly stakingRate: bigint;
  /** The stETH/ETH feed, for what holds wstETH. */
  readonly stakingFeed: Feed;
}

/** Aave's CAPO caps for staking tokens lie between 8.75 and 9.68 % a year. */
export const STAKING_GROWTH_BPS = 970;

/** A venue's own level, WAD of ETH per unit: what the market says it grew by, from `initial` on. */
export function level(initial: bigint): (growth: number) => bigint {
  let rate = initial;
  return (growth) => {
    // Twelve digits of a day's growth: finer than any protocol reports, and exact to repeat.
    rate += (rate * BigInt(Math.round(growth * 1e12))) / 10n ** 12n;
    return rate;
  };
}

/**
 * Which requests are due, where the venue does not say when they were made: a request counts from the first midnight that
 * sees it.
 */
export function dueRequests(): (day: Midnight, last: bigint) => bigint | null {
  const seen: { readonly time: number; readonly last: bigint }[] = [];
  let finalized = -1n;
  return (day, last) => {
    seen.push({ time: day.time, last });
    let due: bigint | null = null;
    while (seen[0] !== undefined && seen[0].time <= day.finalizable) due = seen.shift()?.last ?? null;
    if (due === null || due <= finalized) return null;
    finalized = due;
    return due;
  };
}

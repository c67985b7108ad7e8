/** A market: what the outside world does to the chain, day by day. Pure data; nothing here knows a chain. */

import { SECONDS_PER_DAY } from "../../keeper/kernel/units.ts";
import { MarketParameterError } from "../errors.ts";
import type { VenueDay, VenueKey } from "../venues/venue.ts";

export const HOURS_PER_DAY = 24;

/** One UTC day. Returns and prices are those at its end; lending rates and base fees are in force during it. */
export interface MarketDay {
  /** YYYY-MM-DD, UTC. */
  readonly date: string;
  /** 00:00 UTC, Unix seconds. */
  readonly start: number;
  /** Growth of ETH per stETH share (and so of wstETH in stETH), simple, over the day. */
  readonly stethReturn: number;
  /** Growth of eETH per weETH, simple, over the day. */
  readonly weethReturn: number;
  /** Market price of 1 stETH in ETH at the end of the day; 1 = at par. */
  readonly stethPrice: number;
  /** Market price of 1 weETH over its protocol rate at the end of the day; 1 = at par. */
  readonly weethRatio: number;
  /** Aave WETH supply rate, simple annual (what `currentLiquidityRate` says), fraction. */
  readonly aaveSupplyRate: number;
  /** Gearbox WETH supply rate, simple annual, fraction; null when the source has no such series. */
  readonly gearboxSupplyRate: number | null;
  /** USD per ETH at the end of the day; null when the source has no such series. */
  readonly ethUsd: number | null;
  /** Base fee of each hour, wei; 24 entries, 00:00 first. */
  readonly baseFees: readonly bigint[];
  /** A withdrawal request is finalized at the end of the first day on which it is at least this many days old. */
  readonly queueDelayDays: number;
  /** The venues beside these; null when the source has no such series. */
  readonly venues: Readonly<Record<VenueKey, VenueDay>> | null;
}

/** Levels at 00:00 UTC of the first day, before anything happens. */
export interface MarketLevels {
  /** stETH per wstETH. */
  readonly stethRate: number;
  /** eETH per weETH. */
  readonly weethRate: number;
  readonly stethPrice: number;
  readonly weethRatio: number;
  readonly ethUsd: number | null;
}

export interface Market {
  /** One line: where the days come from. */
  readonly source: string;
  readonly initial: MarketLevels;
  /** Consecutive, ascending. */
  readonly days: readonly MarketDay[];
}

/** First day of a market. @throws {MarketParameterError} when it is empty. */
export function firstDay(market: Market): MarketDay {
  const day = market.days[0];
  if (day === undefined) throw new MarketParameterError("days", 0, "A market needs at least one day.");
  return day;
}

const DATE = /^\d{4}-\d{2}-\d{2}$/;

/** Unix seconds of 00:00 UTC; null when the text is not a date of the calendar. */
export function parseDate(text: string): number | null {
  if (!DATE.test(text)) return null;
  const milliseconds = Date.parse(`${text}T00:00:00Z`);
  // Date.parse accepts 2024-02-30 in some forms and moves it to March.
  if (Number.isNaN(milliseconds) || formatDate(milliseconds / 1000) !== text) return null;
  return milliseconds / 1000;
}

export const formatDate = (start: number): string => new Date(start * 1000).toISOString().slice(0, 10);

export const addDays = (start: number, days: number): number => start + days * SECONDS_PER_DAY;

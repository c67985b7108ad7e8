/**
 * A synthetic market: every day a function of the seed. Levels and speeds are set by hand so that the series look like
 * 2024-2025 (staking 2.8-3.4 %, restaking 3.0-3.8 %, WETH lending around 2 % with demand shocks); they are no forecast
 * and no evidence about real venues. One depeg of the restaking token is always there: see {@link DEPEG}.
 */

import { createRng, type Rng } from "../../keeper/kernel/rng.ts";
import { DAYS_PER_YEAR } from "../../keeper/kernel/units.ts";
import { MarketParameterError } from "../errors.ts";
import { addDays, formatDate, HOURS_PER_DAY, type Market, type MarketDay, parseDate } from "./market.ts";
import { bounded, clamp, lending, ratio } from "./processes.ts";
import { syntheticVenues } from "./synthetic-venues.ts";

/** The depeg: weETH's market price falls below its protocol rate in two days, and comes back by the fifth. */
export const DEPEG = {
  /** Index of the first day of the depeg. */
  day: 210,
  /** Shortfall at the end of each of its days, fraction of the protocol rate. */
  shortfalls: [0.014, 0.025, 0.021, 0.012, 0.004],
} as const;

export const MINIMUM_SYNTHETIC_DAYS = 300;

export interface SyntheticOptions {
  readonly seed: number;
  /** At least {@link MINIMUM_SYNTHETIC_DAYS}. */
  readonly days?: number;
  /** YYYY-MM-DD. */
  readonly firstDate?: string;
}

/** @throws {MarketParameterError} on a date that is none or too few days. */
export function syntheticMarket(options: SyntheticOptions): Market {
  const { seed, days: count = 420, firstDate = "2025-01-01" } = options;
  if (!Number.isInteger(count) || count < MINIMUM_SYNTHETIC_DAYS) {
    throw new MarketParameterError("days", count, `Ask for a whole number of at least ${MINIMUM_SYNTHETIC_DAYS} days.`);
  }
  const start = parseDate(firstDate);
  if (start === null) throw new MarketParameterError("firstDate", firstDate, "Write it as YYYY-MM-DD.");
  const rng = createRng(seed);
  const series = {
    staking: bounded(rng.fork("staking"), { mean: 0.031, reversion: 0.02, shock: 0.0006, low: 0.028, high: 0.034 }),
    restaking: bounded(rng.fork("restaking"), { mean: 0.034, reversion: 0.02, shock: 0.0008, low: 0.03, high: 0.038 }),
    aave: lending(rng.fork("aave"), {
      mean: 0.021,
      floor: 0.008,
      ceiling: 0.12,
      shockChance: 0.02,
      shockSize: 0.03,
      weekly: 0.0015,
    }),
    gearbox: lending(rng.fork("gearbox"), {
      mean: 0.024,
      floor: 0.006,
      ceiling: 0.1,
      shockChance: 0.015,
      shockSize: 0.02,
      weekly: 0.001,
    }),
    stethRatio: ratio(rng.fork("stethRatio")),
    weethRatio: ratio(rng.fork("weethRatio")),
    ethUsd: ethUsd(rng.fork("ethUsd")),
    baseFees: baseFees(rng.fork("baseFees")),
    queueDelay: queueDelay(rng.fork("queueDelay")),
    venues: syntheticVenues(rng),
  };
  const initial = { stethRate: 1.19, weethRate: 1.055, stethPrice: 0.9995, weethRatio: 0.9995, ethUsd: 3_000 };
  const days: MarketDay[] = [];
  for (let index = 0; index < count; index += 1) {
    const dayStart = addDays(start, index);
    const weekday = new Date(dayStart * 1000).getUTCDay();
    const calm = series.weethRatio();
    days.push({
      date: formatDate(dayStart),
      start: dayStart,
      stethReturn: series.staking() / DAYS_PER_YEAR,
      weethReturn: series.restaking() / DAYS_PER_YEAR,
      stethPrice: series.stethRatio(),
      weethRatio: calm - (DEPEG.shortfalls[index - DEPEG.day] ?? 0),
      aaveSupplyRate: series.aave(weekday),
      gearboxSupplyRate: series.gearbox(weekday),
      ethUsd: series.ethUsd(),
      baseFees: series.baseFees(),
      queueDelayDays: series.queueDelay(),
      venues: series.venues(weekday),
    });
  }
  return { source: `synthetic, seed ${seed}, ${count} days from ${firstDate}`, initial, days };
}

/** Geometric Brownian motion without drift, 60 % annual volatility. */
function ethUsd(rng: Rng): () => number {
  const daily = 0.6 / Math.sqrt(DAYS_PER_YEAR);
  let level = 3_000;
  return () => {
    level *= Math.exp(daily * rng.normal() - daily ** 2 / 2);
    return level;
  };
}

/** Hourly base fee: Ornstein-Uhlenbeck in the logarithm, times an hour-of-day shape with its trough at 05 and peak at 16 UTC. */
function baseFees(rng: Rng): () => readonly bigint[] {
  const persistence = 0.97;
  const innovation = 0.5 * Math.sqrt(1 - persistence ** 2);
  let deviation = 0;
  return () =>
    Array.from({ length: HOURS_PER_DAY }, (_, hour) => {
      deviation = persistence * deviation + innovation * rng.normal();
      const gwei = 4 * hourShape(hour) * Math.exp(deviation);
      return BigInt(Math.round(Math.max(gwei, 0.05) * 1e9));
    });
}

/** 0.55 at 05:00, 1.8 at 16:00, half cosines between: eleven hours up, thirteen down. */
function hourShape(hour: number): number {
  const sinceTrough = (hour - 5 + HOURS_PER_DAY) % HOURS_PER_DAY;
  const phase = sinceTrough <= 11 ? sinceTrough / 11 : 1 + (sinceTrough - 11) / 13;
  return Math.exp(Math.log(0.55) + (Math.log(1.8 / 0.55) * (1 - Math.cos(Math.PI * phase))) / 2);
}

/** Withdrawal queue: one to five days, moving by at most a day at a time. */
function queueDelay(rng: Rng): () => number {
  let delay = 2;
  return () => {
    const draw = rng.uniform();
    if (draw < 0.1) delay += 1;
    else if (draw < 0.22) delay -= 1;
    delay = clamp(delay, 1, 5);
    return delay;
  };
}

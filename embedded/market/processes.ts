/** Seeded processes of which synthetic markets are made. */
import type { Rng } from "../../keeper/kernel/rng.ts";

export const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));

export interface Reverting {
  readonly mean: number;
  /** Share of the gap closed per day. */
  readonly reversion: number;
  /** Standard deviation of the daily innovation. */
  readonly shock: number;
  readonly low: number;
  readonly high: number;
}

/** Mean-reverting annual rate inside hard bounds. */
export function bounded(rng: Rng, process: Reverting): () => number {
  let level = process.mean;
  return () => {
    level = clamp(
      level + process.reversion * (process.mean - level) + process.shock * rng.normal(),
      process.low,
      process.high,
    );
    return level;
  };
}

export interface Lending {
  readonly mean: number;
  readonly floor: number;
  readonly ceiling: number;
  /** Probability of a demand shock on a day. */
  readonly shockChance: number;
  /** Mean size of a demand shock, added to the annual rate. */
  readonly shockSize: number;
  /** Amplitude of the weekly pattern: demand is higher on working days. */
  readonly weekly: number;
}

/** Lending rate: a slow level, borrowing rushes that arrive at random and halve in two days, and a week. */
export function lending(rng: Rng, process: Lending): (weekday: number) => number {
  let level = process.mean;
  let rush = 0;
  return (weekday) => {
    level += 0.05 * (process.mean - level) + 0.0009 * rng.normal();
    rush *= Math.SQRT1_2;
    // Exponential sizes: most rushes are small, a few are not.
    if (rng.uniform() < process.shockChance) rush += -process.shockSize * Math.log(1 - rng.uniform());
    const isWeekend = weekday === 0 || weekday === 6;
    return clamp(level + rush + (isWeekend ? -process.weekly : 0.4 * process.weekly), process.floor, process.ceiling);
  };
}

/** Market price over redemption value: Ornstein-Uhlenbeck around 0.9995 with a stationary deviation of 5 bp. */
export function ratio(rng: Rng): () => number {
  const mean = 0.9995;
  const persistence = 0.8;
  const innovation = 0.0005 * Math.sqrt(1 - persistence ** 2);
  let level = mean;
  return () => {
    level = mean + persistence * (level - mean) + innovation * rng.normal();
    return level;
  };
}

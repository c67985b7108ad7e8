/**
 * Trading fees of a range over a span: by the counters inside the range itself where the adapter held it at both ends, else by
 * the pool's counters for as much of the time as both ends tell. Before losses to arbitrage. Counters are Q128 per unit of
 * liquidity and wrap at 2^256 (Uniswap v3 core, Tick.getFeeGrowthInside; v4 the same).
 */
import type { Outcome } from "../chain/multicall.ts";
import { fromWad, WAD } from "../kernel/units.ts";
import type { YieldPart } from "../kernel/venue-state.ts";
import { answer, known, missing, refusal, YEAR_SECONDS } from "./quotes.ts";
import { legs, type RangePool } from "./range.ts";

const Q128 = 2n ** 128n;
const Q256 = 2n ** 256n;

/** Of token0 and token1. */
export type FeeGrowth = readonly [bigint, bigint];

const wrapped = (value: bigint): bigint => ((value % Q256) + Q256) % Q256;
const difference = (now: FeeGrowth, past: FeeGrowth): FeeGrowth => [
  wrapped(now[0] - past[0]),
  wrapped(now[1] - past[1]),
];

/** Fees grown between two ticks, from the pool's counters and those outside each tick. */
export function growthInside(
  global: FeeGrowth,
  tick: number,
  lower: { readonly tick: number; readonly outside: FeeGrowth },
  upper: { readonly tick: number; readonly outside: FeeGrowth },
): FeeGrowth {
  const inside = (token: 0 | 1): bigint => {
    const below = tick >= lower.tick ? lower.outside[token] : global[token] - lower.outside[token];
    const above = tick < upper.tick ? upper.outside[token] : global[token] - upper.outside[token];
    return wrapped(global[token] - below - above);
  };
  return [inside(0), inside(1)];
}

/** A range at one block. */
export interface RangeAt {
  /** Of the pool as a whole. */
  readonly global: Outcome<FeeGrowth>;
  /** Between the range's ticks; an outcome without value where one of them was not open. */
  readonly inside: Outcome<FeeGrowth>;
  /** True when the adapter held this very range with liquidity. */
  readonly isHeld: boolean;
  /** Whether the pool stood inside; null where that was not answered. */
  readonly isInRange: boolean | null;
}

/** Both counters' growth as tokens per unit of liquidity, worth in ether, a year, over the worth of the unit. */
function yearly(grown: FeeGrowth, seconds: number, pool: RangePool, isAssetToken0: boolean): number {
  const [first, second] = grown.map((value) => fromWad((value * WAD) / Q128));
  const { eth, lst } = legs(pool);
  const [ownAsset, ownLst] = isAssetToken0 ? [first ?? 0, second ?? 0] : [second ?? 0, first ?? 0];
  return ((ownAsset + ownLst * pool.price) / (eth + lst * pool.price)) * (YEAR_SECONDS / seconds);
}

/** Growth inside the held range, or why its counters cannot be compared. */
function heldGrowth(now: RangeAt, past: RangeAt, whole: FeeGrowth): Outcome<FeeGrowth> {
  if (!now.isHeld || !past.isHeld) return refusal("the adapter did not hold this range at both ends");
  if (!now.inside.ok) return now.inside;
  if (!past.inside.ok) return past.inside;
  const grown = difference(now.inside.value, past.inside.value);
  // A tick that was closed and opened again in between counts from another start: its difference means nothing.
  const isReset = grown[0] > whole[0] || grown[1] > whole[1];
  return isReset ? refusal("the range's counters were started anew in between") : answer(grown);
}

/** @param seconds Between the two ends; 0 where there is no earlier one. */
export function feeYield(
  now: RangeAt,
  past: RangeAt,
  seconds: number,
  pool: RangePool,
  isAssetToken0: boolean,
): YieldPart {
  if (!now.global.ok) return missing(`the pool's fee counters are not answered: ${now.global.reason}`);
  if (seconds <= 0 || !past.global.ok) return missing("the pool's fee counters have no earlier reading");
  const days = (seconds / 86_400).toFixed(1);
  const whole = difference(now.global.value, past.global.value);
  const held = heldGrowth(now, past, whole);
  if (held.ok) {
    const stands = now.isInRange === false ? "; the pool stands outside it now" : "";
    return known(
      yearly(held.value, seconds, pool, isAssetToken0),
      `feeGrowthInside of the adapter's range over ${days} days${stands}, before losses to arbitrage`,
    );
  }
  const ends = [now.isInRange, past.isInRange].filter((isInRange) => isInRange !== null);
  if (ends.length === 0) return missing("the pool's price is not answered at either end");
  const part = ends.filter((isInRange) => isInRange).length / ends.length;
  const assumed =
    part === 0
      ? "the pool stands outside the range"
      : `feeGrowthGlobal over ${days} days, assumed in range ${part === 1 ? "throughout" : "half of the time"} as the pool was at ${ends.length === 2 ? (part === 1 ? "both ends" : "one of both ends") : "the one end that answers"} (${held.reason}), before losses to arbitrage`;
  return known(part * yearly(whole, seconds, pool, isAssetToken0), assumed);
}

/**
 * A position in floating point, for expectations over thousands of paths; the integers are `math/concentrated`. Prices are
 * asset per unit of the other token. Holdings per unit of L: other = 1/sqrt(q) - 1/sqrt(b), asset = sqrt(q) - sqrt(a) for a
 * pool price q clamped to [a, b] (Uniswap v3 whitepaper, section 6.2); inverting the token order changes neither.
 */
import type { HeldRange, RangeMarket } from "../../kernel/ranges.ts";
import { ceilToSpacing, floorToSpacing, MAX_TICK, priceOfTick, tickOfPrice } from "../../math/concentrated/ticks.ts";

export interface PriceRange {
  readonly lowerPrice: number;
  readonly upperPrice: number;
}

export interface Holdings {
  readonly asset: number;
  readonly other: number;
}

/** Tokens per unit of L while the pool stands at `price`. */
export function holdingsAt(price: number, { lowerPrice, upperPrice }: PriceRange): Holdings {
  const root = Math.sqrt(Math.min(Math.max(price, lowerPrice), upperPrice));
  return { asset: root - Math.sqrt(lowerPrice), other: 1 / root - 1 / Math.sqrt(upperPrice) };
}

/** Worth per unit of L when the pool stands at `price` and the other token is counted at `market`. */
export function worthAt(price: number, market: number, range: PriceRange): number {
  const { asset, other } = holdingsAt(price, range);
  return asset + other * market;
}

/** Prices between the ticks of a pool in either token order. */
export function pricesOf({ tickLower, tickUpper }: HeldRange, assetIsToken0: boolean): PriceRange {
  return assetIsToken0
    ? { lowerPrice: priceOfTick(-tickUpper), upperPrice: priceOfTick(-tickLower) }
    : { lowerPrice: priceOfTick(tickLower), upperPrice: priceOfTick(tickUpper) };
}

/** True when the whole position has become the asset: the pool stands at or beyond the end where the other token is sold out. */
export const holdsAssetOnly = ({ current, pool }: RangeMarket): boolean =>
  current !== null && pool.price >= pricesOf(current, pool.assetIsToken0).upperPrice;

/** Ticks on the pool's spacing that enclose the prices. */
export function ticksOf({ lowerPrice, upperPrice }: PriceRange, spacing: number, assetIsToken0: boolean): HeldRange {
  const [low, high] = assetIsToken0
    ? [-tickOfPrice(upperPrice), -tickOfPrice(lowerPrice)]
    : [tickOfPrice(lowerPrice), tickOfPrice(upperPrice)];
  const limit = floorToSpacing(MAX_TICK, spacing);
  const tickLower = Math.max(floorToSpacing(low, spacing), -limit);
  const tickUpper = Math.min(ceilToSpacing(high, spacing), limit);
  // -0 is not 0 to a reader of JSON or to a deep comparison.
  return { tickLower: tickLower + 0, tickUpper: Math.max(tickUpper, tickLower + spacing) + 0 };
}

/**
 * Prices at ticks, exactly as Uniswap v3 and v4 compute them. A price is the square root of token1 per token0 with 96 binary
 * digits (Q64.96); tick t stands for 1.0001^t. Source: Uniswap v3 whitepaper, section 6; held to the contracts' bits by test.
 */
import { RangeTicksError, SqrtPriceOutOfRangeError, TickOutOfRangeError } from "./errors.ts";

export const MAX_TICK = 887_272;
export const MIN_TICK = -MAX_TICK;
export const Q96 = 1n << 96n;
export const Q128 = 1n << 128n;
export const Q192 = 1n << 192n;
const MAX_UINT256 = (1n << 256n) - 1n;
const MAX_UINT128 = (1n << 128n) - 1n;
const TICK_BASE = Math.log(1.0001);

/** 1 / sqrt(1.0001)^(2^i) in Q128.128, rounded to nearest: the constants that define the pools' prices. */
const FACTORS = [
  0xfffcb933bd6fad37aa2d162d1a594001n,
  0xfff97272373d413259a46990580e213an,
  0xfff2e50f5f656932ef12357cf3c7fdccn,
  0xffe5caca7e10e4e61c3624eaa0941cd0n,
  0xffcb9843d60f6159c9db58835c926644n,
  0xff973b41fa98c081472e6896dfb254c0n,
  0xff2ea16466c96a3843ec78b326b52861n,
  0xfe5dee046a99a2a811c461f1969c3053n,
  0xfcbe86c7900a88aedcffc83b479aa3a4n,
  0xf987a7253ac413176f2b074cf7815e54n,
  0xf3392b0822b70005940c7a398e4b70f3n,
  0xe7159475a2c29b7443b29c7fa6e889d9n,
  0xd097f3bdfd2022b8845ad8f792aa5825n,
  0xa9f746462d870fdf8a65dc1f90e061e5n,
  0x70d869a156d2a1b890bb3df62baf32f7n,
  0x31be135f97d08fd981231505542fcfa6n,
  0x9aa508b5b7a84e1c677de54f3e99bc9n,
  0x5d6af8dedb81196699c329225ee604n,
  0x2216e584f5fa1ea926041bedfe98n,
  0x48a170391f7dc42444e8fa2n,
] as const;

/**
 * sqrt(1.0001^tick) in Q64.96, rounded up.
 * @throws {TickOutOfRangeError} unless an integer within MIN_TICK..MAX_TICK.
 */
export function sqrtPriceAtTick(tick: number): bigint {
  if (!Number.isInteger(tick) || tick < MIN_TICK || tick > MAX_TICK) throw new TickOutOfRangeError(tick);
  const distance = Math.abs(tick);
  let price = Q128;
  FACTORS.forEach((factor, bit) => {
    if (((distance >> bit) & 1) === 1) price = (price * factor) >> 128n;
  });
  if (tick > 0) price = MAX_UINT256 / price;
  return (price + 0xffff_ffffn) >> 32n;
}

/** Lowest price of a pool, and the first one beyond the highest. */
export const MIN_SQRT_PRICE = sqrtPriceAtTick(MIN_TICK);
export const MAX_SQRT_PRICE = sqrtPriceAtTick(MAX_TICK);

/**
 * Greatest tick whose price is at or below `sqrtPrice`. A logarithm in floating point lands within a tick of the answer;
 * exact prices decide.
 * @throws {SqrtPriceOutOfRangeError} unless MIN_SQRT_PRICE <= sqrtPrice < MAX_SQRT_PRICE.
 */
export function tickAtSqrtPrice(sqrtPrice: bigint): number {
  if (sqrtPrice < MIN_SQRT_PRICE || sqrtPrice >= MAX_SQRT_PRICE) throw new SqrtPriceOutOfRangeError(sqrtPrice);
  // Prices have up to 160 bits: beyond a double's integers, well within its exponents.
  const guess = Math.floor((2 * Math.log(Number(sqrtPrice) / 2 ** 96)) / TICK_BASE);
  let tick = Math.min(Math.max(guess, MIN_TICK), MAX_TICK - 1);
  while (sqrtPriceAtTick(tick) > sqrtPrice) tick--;
  while (sqrtPriceAtTick(tick + 1) <= sqrtPrice) tick++;
  return tick;
}

/** Integer square root, rounded down (Newton from above). */
export function sqrtDown(value: bigint): bigint {
  if (value < 2n) return value;
  let root = 1n << BigInt((value.toString(2).length + 1) >> 1);
  for (;;) {
    const next = (root + value / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

/**
 * Square-root price (Q64.96) of a price in WAD: asset per unit of the other token; `assetIsToken0` inverts it. Rounded as
 * `contracts/libraries/RangeMath.sol` rounds.
 * @throws {SqrtPriceOutOfRangeError}
 */
export function sqrtPriceOfWad(priceWad: bigint, assetIsToken0: boolean): bigint {
  if (priceWad <= 0n) throw new SqrtPriceOutOfRangeError(priceWad);
  const wad = 10n ** 18n;
  const sqrtPrice = sqrtDown(assetIsToken0 ? (wad << 192n) / priceWad : (priceWad << 192n) / wad);
  if (sqrtPrice < MIN_SQRT_PRICE || sqrtPrice >= MAX_SQRT_PRICE) throw new SqrtPriceOutOfRangeError(sqrtPrice);
  return sqrtPrice;
}

/** Price of token1 per token0 as a float, for statistics and display only. */
export const priceOfSqrt = (sqrtPrice: bigint): number => (Number(sqrtPrice) / 2 ** 96) ** 2;

/** Greatest multiple of the spacing at or below `tick`. */
export const floorToSpacing = (tick: number, spacing: number): number => Math.floor(tick / spacing) * spacing;
/** Least multiple of the spacing at or above `tick`. */
export const ceilToSpacing = (tick: number, spacing: number): number => Math.ceil(tick / spacing) * spacing;

/** Tick of a float price, not rounded: ln(price) / ln(1.0001). */
export const tickOfPrice = (price: number): number => Math.log(price) / TICK_BASE;
export const priceOfTick = (tick: number): number => Math.exp(tick * TICK_BASE);

/** @throws {RangeTicksError} unless the ends ascend, are inside the limits and lie on the spacing. */
export function requireRange(tickLower: number, tickUpper: number, spacing: number): void {
  const isGood =
    tickLower < tickUpper &&
    tickLower >= MIN_TICK &&
    tickUpper <= MAX_TICK &&
    tickLower % spacing === 0 &&
    tickUpper % spacing === 0;
  if (!isGood) throw new RangeTicksError(tickLower, tickUpper, spacing);
}

/** Most liquidity one tick may reference. v3 counts ticks from the truncated lowest multiple, v4 from the floor. */
export function maxLiquidityPerTick(spacing: number, version: "v3" | "v4"): bigint {
  const highest = Math.floor(MAX_TICK / spacing);
  const lowest = version === "v3" ? -highest : Math.floor(MIN_TICK / spacing);
  return MAX_UINT128 / BigInt(highest - lowest + 1);
}

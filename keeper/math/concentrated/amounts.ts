/**
 * Amounts of tokens that a liquidity stands for, and prices that amounts lead to, in the pools' integers and with their
 * rounding: what the pool receives rounds up, what it pays rounds down. Source: Uniswap v3 whitepaper, equations 6.13 to 6.16
 * and 6.29, 6.30.
 */
import { PriceStepError } from "./errors.ts";
import { Q96 } from "./ticks.ts";

const UINT160 = 1n << 160n;
const UINT256 = 1n << 256n;
const MAX_UINT128 = (1n << 128n) - 1n;

const divUp = (value: bigint, by: bigint): bigint => (value + by - 1n) / by;

/** token0 of `liquidity` between two square-root prices in any order. */
export function amount0Between(a: bigint, b: bigint, liquidity: bigint, roundUp: boolean): bigint {
  const [low, high] = a < b ? [a, b] : [b, a];
  const product = (liquidity << 96n) * (high - low);
  return roundUp ? divUp(divUp(product, high), low) : product / high / low;
}

/** token1 of `liquidity` between two square-root prices in any order. */
export function amount1Between(a: bigint, b: bigint, liquidity: bigint, roundUp: boolean): bigint {
  const product = liquidity * (a < b ? b - a : a - b);
  return roundUp ? divUp(product, Q96) : product / Q96;
}

export interface Amounts {
  readonly amount0: bigint;
  readonly amount1: bigint;
}

/** What `liquidity` between `lower` and `upper` holds while the pool stands at `price`; paid out, so rounded down. */
export function amountsOf(price: bigint, lower: bigint, upper: bigint, liquidity: bigint, roundUp = false): Amounts {
  const inside = price < lower ? lower : price > upper ? upper : price;
  return {
    amount0: inside < upper ? amount0Between(inside, upper, liquidity, roundUp) : 0n,
    amount1: inside > lower ? amount1Between(lower, inside, liquidity, roundUp) : 0n,
  };
}

/** Most liquidity that both amounts pay for at `price`, rounded as the periphery's LiquidityAmounts rounds. */
export function liquidityFor(price: bigint, lower: bigint, upper: bigint, { amount0, amount1 }: Amounts): bigint {
  let liquidity = MAX_UINT128;
  if (price < upper) {
    const low = price < lower ? lower : price;
    const by0 = (amount0 * ((low * upper) / Q96)) / (upper - low);
    liquidity = by0 < liquidity ? by0 : liquidity;
  }
  if (price > lower) {
    const high = price > upper ? upper : price;
    const by1 = (amount1 * Q96) / (high - lower);
    liquidity = by1 < liquidity ? by1 : liquidity;
  }
  return liquidity;
}

/** Price after `amount` of token0 enters (`adds`) or leaves, rounded up. @throws {PriceStepError} */
function priceAfterToken0(price: bigint, liquidity: bigint, amount: bigint, adds: boolean): bigint {
  if (amount === 0n) return price;
  const scaled = liquidity << 96n;
  const product = amount * price;
  if (adds) {
    const denominator = scaled + product;
    // Beyond 256 bits the contracts take a coarser form, and so must the replay.
    return product < UINT256 && denominator < UINT256
      ? divUp(scaled * price, denominator)
      : divUp(scaled, scaled / price + amount);
  }
  if (product >= UINT256 || scaled <= product) throw new PriceStepError(price, amount);
  const next = divUp(scaled * price, scaled - product);
  if (next >= UINT160) throw new PriceStepError(price, amount);
  return next;
}

/** Price after `amount` of token1 enters (`adds`) or leaves, rounded down. @throws {PriceStepError} */
function priceAfterToken1(price: bigint, liquidity: bigint, amount: bigint, adds: boolean): bigint {
  const scaled = amount << 96n;
  const next = adds ? price + scaled / liquidity : price - divUp(scaled, liquidity);
  if (next <= 0n || next >= UINT160) throw new PriceStepError(price, amount);
  return next;
}

/** Price after `amountIn` (fee already taken) enters a pool of positive `liquidity`. @throws {PriceStepError} */
export const priceAfterInput = (price: bigint, liquidity: bigint, amountIn: bigint, zeroForOne: boolean): bigint =>
  zeroForOne ? priceAfterToken0(price, liquidity, amountIn, true) : priceAfterToken1(price, liquidity, amountIn, true);

/** Price after `amountOut` leaves a pool of positive `liquidity`. @throws {PriceStepError} */
export const priceAfterOutput = (price: bigint, liquidity: bigint, amountOut: bigint, zeroForOne: boolean): bigint =>
  zeroForOne
    ? priceAfterToken1(price, liquidity, amountOut, false)
    : priceAfterToken0(price, liquidity, amountOut, false);

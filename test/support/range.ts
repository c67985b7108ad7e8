/** Range mathematics for tests, in integers and apart from the contracts': what a position holds at a price. */

const Q96 = 1n << 96n;
const WAD = 10n ** 18n;

/** Integer square root by Newton's method. */
export function sqrt(value: bigint): bigint {
  if (value < 2n) return value;
  let guess = 1n << BigInt((value.toString(2).length + 1) >> 1);
  for (;;) {
    const next = (guess + value / guess) >> 1n;
    if (next >= guess) return guess;
    guess = next;
  }
}

/** Square root of token1 per token0 in Q64.96, from a price in WAD of ether per wstETH. */
export const sqrtPriceOf = (price: bigint, etherIsToken0: boolean): bigint =>
  sqrt(etherIsToken0 ? (WAD << 192n) / price : (price << 192n) / WAD);

/** The tick whose price is nearest to a square-root price; exact enough to choose ranges with. */
export const tickNear = (sqrtPrice: bigint): number =>
  Math.round((2 * Math.log(Number(sqrtPrice) / Number(Q96))) / Math.log(1.0001));

/** 1.0001^(tick/2) by floating point, for choosing amounts only. */
export const sqrtPriceNear = (tick: number): bigint => BigInt(Math.round(1.0001 ** (tick / 2) * 2 ** 48)) << 48n;

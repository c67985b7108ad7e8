/**
 * A range position of ether and wstETH in one pool, for the twins of Uniswap v3 and v4: what an exit fetches when it sells
 * its wstETH leg into the liquidity of others. Prices are ether per wstETH; `u` is the square root of one. Floating point:
 * fifteen digits against curves of basis points.
 */
import { TwinRangeError } from "./targets.ts";

const TICK_BASE = 1.0001;
/** Fees are hundredths of a basis point. */
const FEE_UNIT = 1e6;
const Q96 = 2 ** 96;

/** Tick in the direction of ether per wstETH, whichever token the pool counts first. */
export const orient = (tick: number, isAssetToken0: boolean): number => (isAssetToken0 ? -tick : tick);
export const rootAt = (orientedTick: number): number => TICK_BASE ** (orientedTick / 2);
export const tickOf = (price: number): number => Math.log(price) / Math.log(TICK_BASE);

/** Square root of ether per wstETH from a pool's Q64.96 square root of token1 per token0. */
export const rootOf = (sqrtPriceX96: bigint, isAssetToken0: boolean): number => {
  const root = Number(sqrtPriceX96) / Q96;
  return isAssetToken0 ? 1 / root : root;
};

export interface RangePool {
  /** Square root of the pool's price. */
  readonly root: number;
  /** Active liquidity at the pool's price, raw units. */
  readonly active: number;
  /** Protocol's price, ether per wstETH. */
  readonly price: number;
  /** Distance of the floor price below the protocol's, fraction. */
  readonly band: number;
  /** Fee of a sale, fraction. */
  readonly fee: number;
  /** Ends of the range, square roots, ascending. */
  readonly lower: number;
  readonly upper: number;
  /** Own active liquidity, which leaves before a sale. */
  readonly own: number;
  /** Liquidity gained when the price rises through each root; in any order, complete between floor and pool price. */
  readonly ticks: readonly { readonly root: number; readonly net: number }[];
}

export const feeOf = (hundredthsOfBps: bigint): number => Number(hundredthsOfBps) / FEE_UNIT;

/** Ether and wstETH of one unit of liquidity at the pool's price. */
export function legs({ root, lower, upper }: Pick<RangePool, "root" | "lower" | "upper">): {
  readonly eth: number;
  readonly lst: number;
} {
  const at = Math.min(Math.max(root, lower), upper);
  return { eth: at - lower, lst: 1 / at - 1 / upper };
}

/** The part of a position's worth at the protocol's price that is wstETH. */
export function lstShare(pool: Pick<RangePool, "root" | "lower" | "upper" | "price">): number {
  const { eth, lst } = legs(pool);
  const worth = eth + lst * pool.price;
  if (worth <= 0) throw new TwinRangeError(pool.lower, pool.upper);
  return (lst * pool.price) / worth;
}

/** Lowest root at which the adapter sells: the floor price and the fee on top. */
const limitRoot = ({ price, band, fee }: RangePool): number => Math.sqrt((price * (1 - band)) / (1 - fee));

/**
 * Ether that a sale of wstETH fetches from others' liquidity, no lower than the limit. `sold` is less than asked where the
 * limit ended it. Amounts in raw units of 1e18.
 */
export function sell(pool: RangePool, lstAmount: number): { readonly received: number; readonly sold: number } {
  const limit = limitRoot(pool);
  const steps = [...pool.ticks].filter(({ root }) => root <= pool.root).sort((a, b) => b.root - a.root);
  let root = pool.root;
  let active = pool.active - (pool.root > pool.lower && pool.root < pool.upper ? pool.own : 0);
  let left = lstAmount * (1 - pool.fee);
  let received = 0;
  // Summed up by itself: what is left of a very large amount has lost the digits that matter.
  let taken = 0;
  for (const step of [...steps, { root: 0, net: 0 }]) {
    const stop = Math.max(step.root, limit);
    if (stop < root && active > 0) {
      const room = active * (1 / stop - 1 / root);
      if (left <= room) {
        const end = 1 / (1 / root + left / active);
        return { received: received + active * (root - end), sold: lstAmount };
      }
      received += active * (root - stop);
      taken += room;
      left -= room;
    }
    if (stop <= limit) break;
    root = stop;
    // Downwards the gain of the way up is lost. Own liquidity is not among the others'.
    const mine = step.root === pool.lower ? pool.own : step.root === pool.upper ? -pool.own : 0;
    active -= step.net - mine;
  }
  return { received, sold: taken / (1 - pool.fee) };
}

/** The initialized ticks of a pool: liquidity that starts or ends there, and the fees earned on their far side. */
import { LiquidityAmountError } from "./errors.ts";

const UINT256 = 1n << 256n;
/** Counters wrap around at 256 bits on purpose: only their differences mean anything. */
export const wrap = (value: bigint): bigint => BigInt.asUintN(256, value);

export interface FeeGrowth {
  /** Fees per unit of liquidity since the start, Q128.128, modulo 2^256. */
  readonly growth0: bigint;
  readonly growth1: bigint;
}

export interface Tick {
  /** Sum of all liquidity that refers to this tick. */
  readonly gross: bigint;
  /** Change of active liquidity when the price crosses upward. */
  readonly net: bigint;
  readonly outside: FeeGrowth;
}

export const NO_GROWTH: FeeGrowth = { growth0: 0n, growth1: 0n };
const EMPTY: Tick = { gross: 0n, net: 0n, outside: NO_GROWTH };

export const minus = (a: FeeGrowth, b: FeeGrowth): FeeGrowth => ({
  growth0: wrap(a.growth0 - b.growth0 + UINT256),
  growth1: wrap(a.growth1 - b.growth1 + UINT256),
});

export class TickTable {
  readonly #ticks = new Map<number, Tick>();
  readonly #spacing: number;

  constructor(spacing: number) {
    this.#spacing = spacing;
  }

  /** The tick as the contract's `ticks` reads it: zeros where it is not initialized. */
  at(tick: number): Tick {
    return this.#ticks.get(tick) ?? EMPTY;
  }

  set(tick: number, value: Tick): void {
    if (value.gross === 0n) this.#ticks.delete(tick);
    else this.#ticks.set(tick, value);
  }

  /** Initialized ticks, ascending. */
  get initialized(): readonly number[] {
    return [...this.#ticks.keys()].sort((a, b) => a - b);
  }

  /**
   * The next initialized tick in the direction of the swap, or the last one of the 256 spacings that share a word of the
   * contracts' bitmap. Swaps pause at the word's end, and a pause rounds: the replay must pause at the same places.
   */
  next(tick: number, zeroForOne: boolean): { readonly tick: number; readonly isInitialized: boolean } {
    const spacing = this.#spacing;
    const compressed = Math.floor(tick / spacing);
    if (zeroForOne) {
      const end = Math.floor(compressed / 256) * 256;
      for (let i = compressed; i >= end; i--) {
        if (this.#ticks.has(i * spacing)) return { tick: i * spacing, isInitialized: true };
      }
      return { tick: end * spacing, isInitialized: false };
    }
    const start = compressed + 1;
    const end = Math.floor(start / 256) * 256 + 255;
    for (let i = start; i <= end; i++) {
      if (this.#ticks.has(i * spacing)) return { tick: i * spacing, isInitialized: true };
    }
    return { tick: end * spacing, isInitialized: false };
  }

  /** Fees per unit of liquidity earned between two ticks (whitepaper, equations 6.17 to 6.19). */
  inside(lower: number, upper: number, current: number, global: FeeGrowth): FeeGrowth {
    const low = this.at(lower).outside;
    const high = this.at(upper).outside;
    if (current < lower) return minus(low, high);
    if (current >= upper) return minus(high, low);
    return minus(minus(global, low), high);
  }

  /**
   * The tick after `delta` of liquidity begins (or, with `isUpper`, ends) there. By convention everything before a tick's
   * initialization happened below it.
   * @throws {LiquidityAmountError} when more leaves than is there, or more refers to the tick than the pool allows.
   */
  updated(tick: number, delta: bigint, isUpper: boolean, current: number, global: FeeGrowth, most: bigint): Tick {
    const before = this.at(tick);
    const gross = before.gross + delta;
    if (gross < 0n) throw new LiquidityAmountError(delta, before.gross, "no more than is there can leave a tick");
    if (delta > 0n && gross > most)
      throw new LiquidityAmountError(delta, before.gross, `a tick of this pool takes at most ${most}`);
    const outside = before.gross > 0n ? before.outside : tick <= current ? global : NO_GROWTH;
    return { gross, net: before.net + (isUpper ? -delta : delta), outside };
  }
}

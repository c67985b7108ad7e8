/** The books of one strategy in a replayed pool: tokens outside, at most one position inside. Integers throughout. */
import type { HeldRange } from "../../kernel/ranges.ts";
import { fromWad, mulDivDown, mulDivUp, toWad, WAD } from "../../kernel/units.ts";
import { type Amounts, amountsOf, liquidityFor } from "../../math/concentrated/amounts.ts";
import type { ConcentratedPool } from "../../math/concentrated/pool.ts";
import { sqrtPriceAtTick } from "../../math/concentrated/ticks.ts";

export const OURS = "ours";

/** Prices that a change of tokens meets, asset per unit of the other token. */
export interface Dealing {
  /** What buying pays. */
  readonly buy: number;
  /** What selling fetches: the market less fee and slippage. */
  readonly sell: number;
}

export class Account {
  readonly #pool: ConcentratedPool;
  /** token1 of the replay is the asset. */
  asset: bigint;
  other = 0n;
  range: HeldRange | null = null;
  liquidity = 0n;
  fees: Amounts = { amount0: 0n, amount1: 0n };
  /** Paid for gas and lost by dealing, asset units. */
  costs = 0n;
  moves = 0;

  constructor(pool: ConcentratedPool, asset: bigint) {
    this.#pool = pool;
    this.asset = asset;
  }

  /** Everything at a price: tokens, position and uncollected fees. */
  worth(price: number): number {
    const tokens = { amount0: this.other, amount1: this.asset };
    const { amount0, amount1 } = this.#add(tokens, this.#inside());
    return fromWad(amount1) + fromWad(amount0) * price;
  }

  #add(a: Amounts, b: Amounts): Amounts {
    return { amount0: a.amount0 + b.amount0, amount1: a.amount1 + b.amount1 };
  }

  #inside(): Amounts {
    if (this.range === null) return { amount0: 0n, amount1: 0n };
    const { tickLower, tickUpper } = this.range;
    const [low, high] = [sqrtPriceAtTick(tickLower), sqrtPriceAtTick(tickUpper)];
    const principal = amountsOf(this.#pool.sqrtPrice, low, high, this.liquidity);
    return this.#add(principal, this.#pool.feesOf(OURS, tickLower, tickUpper));
  }

  /** Fees earned so far, collected or not, at a price. */
  feesWorth(price: number): number {
    const open =
      this.range === null
        ? { amount0: 0n, amount1: 0n }
        : this.#pool.feesOf(OURS, this.range.tickLower, this.range.tickUpper);
    const { amount0, amount1 } = this.#add(this.fees, open);
    return fromWad(amount1) + fromWad(amount0) * price;
  }

  /** Takes position and fees out of the pool. */
  leave(): void {
    if (this.range === null) return;
    const { tickLower, tickUpper } = this.range;
    this.fees = this.#add(this.fees, this.#pool.feesOf(OURS, tickLower, tickUpper));
    this.#pool.burn(OURS, tickLower, tickUpper, this.liquidity);
    const { amount0, amount1 } = this.#pool.collect(OURS, tickLower, tickUpper);
    this.other += amount0;
    this.asset += amount1;
    this.range = null;
    this.liquidity = 0n;
  }

  /**
   * Brings the share of the other token, counted at `price`, to `share`: x units change hands at the dealing price d so that
   * (other + x) price = share (asset - x d + (other + x) price).
   */
  balance(share: number, price: number, dealing: Dealing): void {
    const [priceWad, shareWad] = [toWad(price), toWad(share)];
    const held = mulDivDown(this.other, priceWad, WAD);
    const total = this.asset + held;
    const missing = mulDivDown(total, shareWad, WAD) - held;
    const dealingWad = toWad(missing > 0n ? dealing.buy : dealing.sell);
    const perUnit = mulDivDown(priceWad, WAD - shareWad, WAD) + mulDivDown(dealingWad, shareWad, WAD);
    if (missing > 0n) {
      const wanted = mulDivDown(missing, WAD, perUnit);
      const cost = mulDivUp(wanted, dealingWad, WAD);
      // Rounding up may ask for a wei more than there is.
      this.asset -= cost < this.asset ? cost : this.asset;
      this.other += wanted;
    } else {
      const sold = mulDivDown(-missing, WAD, perUnit);
      this.other -= sold;
      this.asset += mulDivDown(sold, dealingWad, WAD);
    }
    this.costs += total - (this.asset + mulDivDown(this.other, priceWad, WAD));
  }

  /** Leaves, deals, pays gas and enters the range with what fits; the rest stays outside. */
  enter(range: HeldRange, price: number, dealing: Dealing, gas: bigint): void {
    this.leave();
    const gasPaid = gas < this.asset ? gas : this.asset;
    this.asset -= gasPaid;
    this.costs += gasPaid;
    const [low, high] = [sqrtPriceAtTick(range.tickLower), sqrtPriceAtTick(range.tickUpper)];
    // The proportion of the range at the pool's price, measured on a large liquidity.
    const unit = amountsOf(this.#pool.sqrtPrice, low, high, 10n ** 24n);
    const inOther = fromWad(unit.amount0) * price;
    this.balance(inOther / (inOther + fromWad(unit.amount1)), price, dealing);
    const liquidity = liquidityFor(this.#pool.sqrtPrice, low, high, { amount0: this.other, amount1: this.asset });
    this.moves++;
    if (liquidity === 0n) return;
    const { amount0, amount1 } = this.#pool.mint(OURS, range.tickLower, range.tickUpper, liquidity);
    this.other -= amount0;
    this.asset -= amount1;
    this.range = range;
    this.liquidity = liquidity;
  }
}

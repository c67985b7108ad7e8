/** What a concentrated-liquidity pool refuses, as the genuine contracts do; `pool` names their own reason. */
import { InputError } from "../../kernel/errors.ts";

export class TickOutOfRangeError extends InputError {
  readonly code = "TICK_OUT_OF_RANGE";
  readonly tick: number;
  constructor(tick: number) {
    super(`The tick ${tick} is not an integer from -887272 to 887272. Pools know no price there.`);
    this.tick = tick;
  }
}

export class SqrtPriceOutOfRangeError extends InputError {
  readonly code = "SQRT_PRICE_OUT_OF_RANGE";
  readonly sqrtPrice: bigint;
  constructor(sqrtPrice: bigint) {
    super(
      `The square-root price ${sqrtPrice} (Q64.96) is outside what a pool can hold. Check the order of the tokens.`,
    );
    this.sqrtPrice = sqrtPrice;
  }
}

export class RangeTicksError extends InputError {
  readonly code = "RANGE_TICKS";
  readonly tickLower: number;
  readonly tickUpper: number;
  readonly tickSpacing: number;
  constructor(tickLower: number, tickUpper: number, tickSpacing: number) {
    super(
      `The range ${tickLower}..${tickUpper} does not ascend, leaves the pool's limits or is no multiple of the spacing ` +
        `${tickSpacing}. Round its ends to the spacing.`,
    );
    this.tickLower = tickLower;
    this.tickUpper = tickUpper;
    this.tickSpacing = tickSpacing;
  }
}

export class PriceLimitError extends InputError {
  readonly code = "SWAP_PRICE_LIMIT";
  readonly sqrtPrice: bigint;
  readonly limit: bigint;
  constructor(sqrtPrice: bigint, limit: bigint) {
    super(
      `A swap from ${sqrtPrice} cannot end at ${limit} (square roots, Q64.96). ` +
        "Put the limit in the direction of the swap and inside the pool's bounds.",
    );
    this.sqrtPrice = sqrtPrice;
    this.limit = limit;
  }
}

export class SwapAmountError extends InputError {
  readonly code = "SWAP_AMOUNT";
  readonly amount: bigint;
  constructor(amount: bigint, why: string) {
    super(`A swap of ${amount} is not possible: ${why}.`);
    this.amount = amount;
  }
}

export class LiquidityAmountError extends InputError {
  readonly code = "LIQUIDITY_AMOUNT";
  readonly amount: bigint;
  readonly held: bigint;
  constructor(amount: bigint, held: bigint, why: string) {
    super(`Liquidity cannot change by ${amount} where ${held} is: ${why}.`);
    this.amount = amount;
    this.held = held;
  }
}

/** A step whose result does not fit the pool's 160-bit price or leaves it at or below zero. */
export class PriceStepError extends InputError {
  readonly code = "PRICE_STEP";
  readonly sqrtPrice: bigint;
  readonly amount: bigint;
  constructor(sqrtPrice: bigint, amount: bigint) {
    super(`The amount ${amount} moves the square-root price ${sqrtPrice} beyond what a pool can hold. Reduce it.`);
    this.sqrtPrice = sqrtPrice;
    this.amount = amount;
  }
}

export class FeeOutOfRangeError extends InputError {
  readonly code = "POOL_FEE";
  readonly fee: number;
  constructor(fee: number, what: string, range: string) {
    super(`The ${what} ${fee} is not ${range}.`);
    this.fee = fee;
  }
}

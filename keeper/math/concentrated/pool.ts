/**
 * A replay of one Uniswap v3 or v4 pool (without hooks): the same operations give the same amounts, prices and fees as the
 * genuine contracts, to the wei (test/keeper/alm). State changes only when an operation succeeds, as a revert leaves none.
 * Amounts are raw units; what the pool receives and what it pays are both positive unless a field says otherwise.
 */
import { type Amounts, amount0Between, amount1Between } from "./amounts.ts";
import { FeeOutOfRangeError, LiquidityAmountError, PriceLimitError, SwapAmountError } from "./errors.ts";
import { type PoolVersion, swapStep } from "./swap-step.ts";
import { type FeeGrowth, minus, NO_GROWTH, type Tick, TickTable, wrap } from "./tick-table.ts";
import {
  MAX_SQRT_PRICE,
  MAX_TICK,
  MIN_SQRT_PRICE,
  MIN_TICK,
  maxLiquidityPerTick,
  Q128,
  requireRange,
  sqrtPriceAtTick,
  tickAtSqrtPrice,
} from "./ticks.ts";

const FEE_UNIT = 1_000_000n;
const MAX_UINT128 = (1n << 128n) - 1n;

export interface PoolSettings {
  readonly version: PoolVersion;
  /** Liquidity providers' fee, hundredths of a basis point. */
  readonly fee: number;
  readonly tickSpacing: number;
  /** Q64.96. */
  readonly sqrtPrice: bigint;
  /**
   * The protocol's share. v3: one part in N of the fee (0, or 4 to 10) of token0 and token1 as inputs. v4: hundredths of a
   * basis point of the input (0 to 1000) of swaps zero for one and one for zero.
   */
  readonly protocolFee?: readonly [number, number];
}

export interface Position {
  readonly liquidity: bigint;
  readonly insideLast: FeeGrowth;
  /** What `collect` may take (v3); v4 pays fees with every change. */
  readonly owed0: bigint;
  readonly owed1: bigint;
}

export interface SwapResult {
  /** Signed as the v3 pool reports: positive enters the pool, negative leaves it. */
  readonly amount0: bigint;
  readonly amount1: bigint;
  readonly sqrtPrice: bigint;
  readonly tick: number;
  readonly liquidity: bigint;
  /** Initialized ticks that the price crossed. */
  readonly crossed: number;
}

const NO_POSITION: Position = { liquidity: 0n, insideLast: NO_GROWTH, owed0: 0n, owed1: 0n };

export class ConcentratedPool {
  readonly version: PoolVersion;
  readonly fee: number;
  readonly tickSpacing: number;
  readonly maxLiquidityPerTick: bigint;
  readonly #ticks: TickTable;
  readonly #positions = new Map<string, Position>();
  #protocolFee: readonly [number, number] = [0, 0];
  #sqrtPrice: bigint;
  #tick: number;
  #liquidity = 0n;
  #global: FeeGrowth = NO_GROWTH;
  #protocolOwed: Amounts = { amount0: 0n, amount1: 0n };

  /** @throws {SqrtPriceOutOfRangeError | FeeOutOfRangeError} */
  constructor({ version, fee, tickSpacing, sqrtPrice, protocolFee = [0, 0] }: PoolSettings) {
    const highest = version === "v3" ? 999_999 : 1_000_000;
    if (!Number.isInteger(fee) || fee < 0 || fee > highest)
      throw new FeeOutOfRangeError(fee, "fee", `a whole number of hundredths of a basis point from 0 to ${highest}`);
    if (!Number.isInteger(tickSpacing) || tickSpacing < 1 || tickSpacing > 32_767)
      throw new FeeOutOfRangeError(tickSpacing, "tick spacing", "a whole number from 1 to 32767");
    this.version = version;
    this.fee = fee;
    this.tickSpacing = tickSpacing;
    this.maxLiquidityPerTick = maxLiquidityPerTick(tickSpacing, version);
    this.#ticks = new TickTable(tickSpacing);
    this.#sqrtPrice = sqrtPrice;
    this.#tick = tickAtSqrtPrice(sqrtPrice);
    this.setProtocolFee(protocolFee);
  }

  get sqrtPrice(): bigint {
    return this.#sqrtPrice;
  }
  /** One below `tickAtSqrtPrice` after a downward swap that ended exactly on a tick, as in the contracts. */
  get tick(): number {
    return this.#tick;
  }
  /** Liquidity in range at the present price. */
  get liquidity(): bigint {
    return this.#liquidity;
  }
  get feeGrowthGlobal(): FeeGrowth {
    return this.#global;
  }
  get protocolOwed(): Amounts {
    return this.#protocolOwed;
  }
  get initializedTicks(): readonly number[] {
    return this.#ticks.initialized;
  }

  tickAt(tick: number): Tick {
    return this.#ticks.at(tick);
  }

  position(owner: string, tickLower: number, tickUpper: number): Position {
    return this.#positions.get(`${owner}:${tickLower}:${tickUpper}`) ?? NO_POSITION;
  }

  /** @throws {FeeOutOfRangeError} */
  setProtocolFee(fees: readonly [number, number]): void {
    const isGood = (fee: number): boolean =>
      Number.isInteger(fee) &&
      (this.version === "v3" ? fee === 0 || (fee >= 4 && fee <= 10) : fee >= 0 && fee <= 1_000);
    const range = this.version === "v3" ? "0 or a whole number from 4 to 10" : "a whole number from 0 to 1000";
    for (const fee of fees) if (!isGood(fee)) throw new FeeOutOfRangeError(fee, "protocol fee", range);
    this.#protocolFee = [...fees];
  }

  /** The protocol's share leaves: all of it (v4) or all but a wei of each token (v3 keeps the slot warm). */
  collectProtocol(): Amounts {
    const rest = this.version === "v3" ? 1n : 0n;
    const taken = (owed: bigint): bigint => (owed > rest ? owed - rest : 0n);
    const { amount0, amount1 } = this.#protocolOwed;
    const paid = { amount0: taken(amount0), amount1: taken(amount1) };
    this.#protocolOwed = { amount0: amount0 - paid.amount0, amount1: amount1 - paid.amount1 };
    return paid;
  }

  /** Adds liquidity; returns what the pool receives. @throws {RangeTicksError | LiquidityAmountError} */
  mint(owner: string, tickLower: number, tickUpper: number, liquidity: bigint): Amounts {
    if (liquidity <= 0n) throw new LiquidityAmountError(liquidity, 0n, "a mint adds a positive amount");
    return this.#change(owner, tickLower, tickUpper, liquidity).principal;
  }

  /**
   * Removes liquidity, or with 0 brings the position's fees up to date. v3 adds the principal to what `collect` may take.
   * @throws {RangeTicksError | LiquidityAmountError}
   */
  burn(owner: string, tickLower: number, tickUpper: number, liquidity: bigint): Amounts {
    if (liquidity < 0n) throw new LiquidityAmountError(liquidity, 0n, "a burn removes an amount that is not negative");
    const { principal } = this.#change(owner, tickLower, tickUpper, -liquidity);
    const position = this.position(owner, tickLower, tickUpper);
    this.#positions.set(`${owner}:${tickLower}:${tickUpper}`, {
      ...position,
      owed0: BigInt.asUintN(128, position.owed0 + principal.amount0),
      owed1: BigInt.asUintN(128, position.owed1 + principal.amount1),
    });
    return principal;
  }

  /** Pays out what a v3 position is owed, at most the amounts asked for. */
  collect(owner: string, tickLower: number, tickUpper: number, most: Amounts = ALL): Amounts {
    const position = this.position(owner, tickLower, tickUpper);
    const amount0 = most.amount0 < position.owed0 ? most.amount0 : position.owed0;
    const amount1 = most.amount1 < position.owed1 ? most.amount1 : position.owed1;
    if (amount0 > 0n || amount1 > 0n) {
      this.#positions.set(`${owner}:${tickLower}:${tickUpper}`, {
        ...position,
        owed0: position.owed0 - amount0,
        owed1: position.owed1 - amount1,
      });
    }
    return { amount0, amount1 };
  }

  /**
   * v4's one door for liquidity: changes it by `delta` (0 collects) and pays the fees earned since.
   * @returns principal (received by the pool when delta > 0, paid otherwise) and fees, all positive.
   * @throws {RangeTicksError | LiquidityAmountError}
   */
  modify(owner: string, tickLower: number, tickUpper: number, delta: bigint) {
    const changed = this.#change(owner, tickLower, tickUpper, delta);
    this.#positions.set(`${owner}:${tickLower}:${tickUpper}`, {
      ...this.position(owner, tickLower, tickUpper),
      owed0: 0n,
      owed1: 0n,
    });
    return changed;
  }

  /** v4: a gift to the liquidity in range. @throws {LiquidityAmountError} when there is none. */
  donate({ amount0, amount1 }: Amounts): void {
    if (this.#liquidity === 0n)
      throw new LiquidityAmountError(0n, 0n, "a donation needs liquidity in range to receive it");
    this.#global = {
      growth0: wrap(this.#global.growth0 + (amount0 * Q128) / this.#liquidity),
      growth1: wrap(this.#global.growth1 + (amount1 * Q128) / this.#liquidity),
    };
  }

  /** Fees a position would be paid if it were touched now, what it is owed already included. */
  feesOf(owner: string, tickLower: number, tickUpper: number): Amounts {
    const { liquidity, insideLast, owed0, owed1 } = this.position(owner, tickLower, tickUpper);
    const inside = this.#ticks.inside(tickLower, tickUpper, this.#tick, this.#global);
    const { growth0, growth1 } = minus(inside, insideLast);
    return { amount0: owed0 + (growth0 * liquidity) / Q128, amount1: owed1 + (growth1 * liquidity) / Q128 };
  }

  #change(owner: string, tickLower: number, tickUpper: number, delta: bigint) {
    requireRange(tickLower, tickUpper, delta === 0n ? 1 : this.tickSpacing);
    const ticks = this.#ticks;
    const held = this.position(owner, tickLower, tickUpper);
    if (delta === 0n && held.liquidity === 0n)
      throw new LiquidityAmountError(0n, 0n, "a position without liquidity has no fees to bring up to date");
    if (held.liquidity + delta < 0n)
      throw new LiquidityAmountError(delta, held.liquidity, "no more than is there can leave a position");
    if (delta !== 0n) {
      const update = (tick: number, isUpper: boolean): Tick =>
        ticks.updated(tick, delta, isUpper, this.#tick, this.#global, this.maxLiquidityPerTick);
      // Both are computed before either is stored: a refusal of the second must leave the first as it was.
      const [low, high] = [update(tickLower, false), update(tickUpper, true)];
      // Fees are read while ticks that end here still exist.
      const read = new TickTable(this.tickSpacing);
      read.set(tickLower, low.gross === 0n ? ticks.at(tickLower) : low);
      read.set(tickUpper, high.gross === 0n ? ticks.at(tickUpper) : high);
      const changed = this.#settle(owner, tickLower, tickUpper, held, delta, read);
      ticks.set(tickLower, low);
      ticks.set(tickUpper, high);
      return changed;
    }
    return this.#settle(owner, tickLower, tickUpper, held, delta, ticks);
  }

  #settle(owner: string, lower: number, upper: number, held: Position, delta: bigint, ticks: TickTable) {
    const inside = ticks.inside(lower, upper, this.#tick, this.#global);
    const { growth0, growth1 } = minus(inside, held.insideLast);
    const fees = { amount0: (growth0 * held.liquidity) / Q128, amount1: (growth1 * held.liquidity) / Q128 };
    this.#positions.set(`${owner}:${lower}:${upper}`, {
      liquidity: held.liquidity + delta,
      insideLast: inside,
      owed0: BigInt.asUintN(128, held.owed0 + fees.amount0),
      owed1: BigInt.asUintN(128, held.owed1 + fees.amount1),
    });
    const principal = this.#principal(lower, upper, delta);
    if (this.#tick >= lower && this.#tick < upper) this.#liquidity += delta;
    return { principal, fees };
  }

  #principal(lower: number, upper: number, delta: bigint): Amounts {
    const roundUp = delta > 0n;
    const size = delta < 0n ? -delta : delta;
    const [low, high] = [sqrtPriceAtTick(lower), sqrtPriceAtTick(upper)];
    // The tick decides, not the price: on the boundary the two may disagree by one.
    const at = this.#tick < lower ? low : this.#tick >= upper ? high : this.#sqrtPrice;
    return {
      amount0: at < high && this.#tick < upper ? amount0Between(at, high, size, roundUp) : 0n,
      amount1: at > low && this.#tick >= lower ? amount1Between(low, at, size, roundUp) : 0n,
    };
  }

  /** Fee of one direction, hundredths of a basis point: v4 takes the protocol's part first and the providers' of the rest. */
  #swapFee(protocol: bigint): bigint {
    const fee = BigInt(this.fee);
    return this.version === "v3" ? fee : protocol + fee - (protocol * fee) / FEE_UNIT;
  }

  #protocolPart(paid: bigint, amountIn: bigint, protocol: bigint, swapFee: bigint): bigint {
    if (protocol === 0n) return 0n;
    if (this.version === "v3") return paid / protocol;
    return swapFee === protocol ? paid : ((amountIn + paid) * protocol) / FEE_UNIT;
  }

  /**
   * Swaps until `amount` is used up, or the price reaches `limit`.
   * @param amount v3's sign: positive is an exact input, negative an exact output.
   * @throws {SwapAmountError | PriceLimitError | PriceStepError}
   */
  swap(zeroForOne: boolean, amount: bigint, limit: bigint): SwapResult {
    if (amount === 0n) throw new SwapAmountError(amount, "the amount is zero");
    const isLimitGood = zeroForOne
      ? limit < this.#sqrtPrice && limit > MIN_SQRT_PRICE
      : limit > this.#sqrtPrice && limit < MAX_SQRT_PRICE;
    if (!isLimitGood) throw new PriceLimitError(this.#sqrtPrice, limit);
    const exactIn = amount > 0n;
    const protocol = BigInt(this.#protocolFee[zeroForOne ? 0 : 1]);
    const swapFee = this.#swapFee(protocol);
    if (!exactIn && swapFee >= FEE_UNIT) throw new SwapAmountError(amount, "the fee takes the whole input");

    let remaining = exactIn ? amount : -amount;
    let calculated = 0n;
    let price = this.#sqrtPrice;
    let tick = this.#tick;
    let liquidity = this.#liquidity;
    let growth = zeroForOne ? this.#global.growth0 : this.#global.growth1;
    let protocolOwed = 0n;
    const crossings: [number, Tick][] = [];
    const globalWith = (input: bigint): FeeGrowth =>
      zeroForOne ? { ...this.#global, growth0: input } : { ...this.#global, growth1: input };

    while (remaining !== 0n && price !== limit) {
      const start = price;
      const next = this.#ticks.next(tick, zeroForOne);
      const nextTick = Math.min(Math.max(next.tick, MIN_TICK), MAX_TICK);
      const nextPrice = sqrtPriceAtTick(nextTick);
      const target = (zeroForOne ? nextPrice < limit : nextPrice > limit) ? limit : nextPrice;
      const step = swapStep(this.version, price, target, liquidity, remaining, exactIn, swapFee);
      price = step.price;
      remaining -= exactIn ? step.amountIn + step.fee : step.amountOut;
      calculated += exactIn ? step.amountOut : step.amountIn + step.fee;
      const part = this.#protocolPart(step.fee, step.amountIn, protocol, swapFee);
      protocolOwed += part;
      if (liquidity > 0n) growth = wrap(growth + ((step.fee - part) * Q128) / liquidity);
      if (price === nextPrice) {
        if (next.isInitialized) {
          const crossed = this.#ticks.at(nextTick);
          crossings.push([nextTick, { ...crossed, outside: minus(globalWith(growth), crossed.outside) }]);
          liquidity += zeroForOne ? -crossed.net : crossed.net;
        }
        tick = zeroForOne ? nextTick - 1 : nextTick;
      } else if (price !== start) tick = tickAtSqrtPrice(price);
    }

    for (const [crossed, value] of crossings) this.#ticks.set(crossed, value);
    this.#sqrtPrice = price;
    this.#tick = tick;
    this.#liquidity = liquidity;
    this.#global = globalWith(growth);
    const { amount0, amount1 } = this.#protocolOwed;
    this.#protocolOwed = zeroForOne
      ? { amount0: BigInt.asUintN(this.#owedBits, amount0 + protocolOwed), amount1 }
      : { amount0, amount1: BigInt.asUintN(this.#owedBits, amount1 + protocolOwed) };
    const used = (exactIn ? amount : -amount) - remaining;
    const [input, output] = exactIn ? [used, calculated] : [calculated, used];
    const [amountIn0, amountIn1] = zeroForOne ? [input, -output] : [-output, input];
    return { amount0: amountIn0, amount1: amountIn1, sqrtPrice: price, tick, liquidity, crossed: crossings.length };
  }

  /** v3 keeps the protocol's share in 128 bits, v4 in 256. */
  get #owedBits(): number {
    return this.version === "v3" ? 128 : 256;
  }
}

const ALL: Amounts = { amount0: MAX_UINT128, amount1: MAX_UINT128 };

/** Concentrated-liquidity integers against facts of the whitepaper and against each other; the contracts themselves: test/keeper/alm. */
import { strict as assert } from "node:assert";
import { createRng } from "../../../keeper/kernel/rng.ts";
import { amount0Between, amount1Between, amountsOf, liquidityFor } from "../../../keeper/math/concentrated/amounts.ts";
import {
  LiquidityAmountError,
  PriceLimitError,
  RangeTicksError,
  SqrtPriceOutOfRangeError,
  SwapAmountError,
  TickOutOfRangeError,
} from "../../../keeper/math/concentrated/errors.ts";
import { ConcentratedPool } from "../../../keeper/math/concentrated/pool.ts";
import {
  ceilToSpacing,
  floorToSpacing,
  MAX_SQRT_PRICE,
  MAX_TICK,
  MIN_SQRT_PRICE,
  MIN_TICK,
  maxLiquidityPerTick,
  Q96,
  sqrtPriceAtTick,
  sqrtPriceOfWad,
  tickAtSqrtPrice,
} from "../../../keeper/math/concentrated/ticks.ts";

const ETHER = 10n ** 18n;
const poolAt = (tick: number, spacing = 1, fee = 100) =>
  new ConcentratedPool({ version: "v3", fee, tickSpacing: spacing, sqrtPrice: sqrtPriceAtTick(tick) });

describe("prices at ticks", () => {
  it("default: the published ends of the scale and its middle", () => {
    assert.equal(sqrtPriceAtTick(0), Q96);
    assert.equal(MIN_SQRT_PRICE, 4295128739n);
    assert.equal(MAX_SQRT_PRICE, 1461446703485210103287273052203988822378723970342n);
  });

  it("behavior: a tick is the greatest at or below its price, on both sides of the boundary", () => {
    const rng = createRng(11);
    const ticks = [
      MIN_TICK,
      -1,
      0,
      1,
      MAX_TICK - 1,
      ...Array.from({ length: 2_000 }, () => rng.int(1_774_543) - MAX_TICK),
    ];
    for (const tick of ticks) {
      const price = sqrtPriceAtTick(tick);
      assert.equal(tickAtSqrtPrice(price), tick);
      if (tick > MIN_TICK) assert.equal(tickAtSqrtPrice(price - 1n), tick - 1);
    }
    assert.equal(tickAtSqrtPrice(MAX_SQRT_PRICE - 1n), MAX_TICK - 1);
  });

  it("behavior: prices rise by the root of 1.0001 from tick to tick", () => {
    for (const tick of [-800_000, -50_000, -7, 1_513, 90_001, 800_000]) {
      const ratio = Number((sqrtPriceAtTick(tick + 1) * 10n ** 30n) / sqrtPriceAtTick(tick)) / 1e30;
      assert.ok(Math.abs(ratio / Math.sqrt(1.0001) - 1) < 1e-9, `${tick}: ${ratio}`);
    }
  });

  it("behavior: a price in WAD of asset per unit lies on the side its token order says", () => {
    const rate = 1_163_456_789_012_345_677n;
    const above = tickAtSqrtPrice(sqrtPriceOfWad(rate, false));
    assert.equal(above, Math.floor(Math.log(1.1634567890123457) / Math.log(1.0001)));
    assert.equal(tickAtSqrtPrice(sqrtPriceOfWad(rate, true)), -above - 1);
  });

  it("behavior: spacing rounds down and up across zero", () => {
    assert.deepEqual([floorToSpacing(-1, 60), ceilToSpacing(-1, 60), floorToSpacing(119, 60)], [-60, -0, 60]);
  });

  it("behavior: the published maximum of liquidity per tick", () => {
    assert.equal(maxLiquidityPerTick(10, "v3"), 1917569901783203986719870431555990n);
    assert.equal(maxLiquidityPerTick(60, "v3"), 11505743598341114571880798222544994n);
    assert.equal(maxLiquidityPerTick(200, "v3"), 38350317471085141830651933667504588n);
  });

  it("error: ticks and prices beyond the scale", () => {
    for (const tick of [MAX_TICK + 1, MIN_TICK - 1, 0.5, Number.NaN])
      assert.throws(() => sqrtPriceAtTick(tick), TickOutOfRangeError);
    for (const price of [MIN_SQRT_PRICE - 1n, MAX_SQRT_PRICE])
      assert.throws(() => tickAtSqrtPrice(price), SqrtPriceOutOfRangeError);
    assert.throws(() => sqrtPriceOfWad(0n, false), SqrtPriceOutOfRangeError);
  });
});

describe("amounts and liquidity", () => {
  it("behavior: rounding up exceeds rounding down by at most what two divisions lose", () => {
    const rng = createRng(3);
    for (let i = 0; i < 500; i++) {
      const a = sqrtPriceAtTick(rng.int(20_000) - 10_000);
      const b = sqrtPriceAtTick(rng.int(20_000) - 10_000);
      const liquidity = BigInt(rng.int(4_000_000_000)) * BigInt(1 + rng.int(4_000_000_000));
      const spread = amount0Between(a, b, liquidity, true) - amount0Between(a, b, liquidity, false);
      assert.ok(spread >= 0n && spread <= 2n);
      assert.equal(amount0Between(a, b, liquidity, true), amount0Between(b, a, liquidity, true));
      assert.ok(amount1Between(a, b, liquidity, true) - amount1Between(a, b, liquidity, false) <= 1n);
    }
  });

  it("behavior: the liquidity of amounts costs no more than the amounts, and one more unit would cost about all of one", () => {
    const rng = createRng(5);
    for (let i = 0; i < 300; i++) {
      const lower = rng.int(4_000) - 2_000;
      const upper = lower + 1 + rng.int(4_000);
      const price = sqrtPriceAtTick(rng.int(6_000) - 3_000);
      const [low, high] = [sqrtPriceAtTick(lower), sqrtPriceAtTick(upper)];
      const given = { amount0: BigInt(1 + rng.int(1e9)) * ETHER, amount1: BigInt(1 + rng.int(1e9)) * ETHER };
      const liquidity = liquidityFor(price, low, high, given);
      const cost = amountsOf(price, low, high, liquidity, true);
      assert.ok(cost.amount0 <= given.amount0 && cost.amount1 <= given.amount1);
      const more = amountsOf(price, low, high, (liquidity * 1_000_001n) / 1_000_000n, true);
      assert.ok(more.amount0 > given.amount0 || more.amount1 > given.amount1);
    }
  });
});

describe("replayed pool", () => {
  it("behavior: nothing is lost: what entered and did not leave is what positions and protocol are owed", () => {
    const pool = poolAt(1_500);
    pool.setProtocolFee([4, 10]);
    let [in0, in1] = [0n, 0n];
    for (const [lower, upper] of [
      [1_400, 1_600],
      [1_490, 1_520],
      [-1_000, 4_000],
    ] as const) {
      const { amount0, amount1 } = pool.mint("a", lower, upper, 1_000n * ETHER);
      in0 += amount0;
      in1 += amount1;
    }
    const rng = createRng(17);
    for (let i = 0; i < 200; i++) {
      const zeroForOne = rng.int(2) === 0;
      const limit = sqrtPriceAtTick(zeroForOne ? -990 : 3_990);
      const result = pool.swap(zeroForOne, BigInt(1 + rng.int(1_000_000)) * 10n ** 12n, limit);
      in0 += result.amount0;
      in1 += result.amount1;
    }
    for (const [lower, upper] of [
      [1_400, 1_600],
      [1_490, 1_520],
      [-1_000, 4_000],
    ] as const) {
      pool.burn("a", lower, upper, 1_000n * ETHER);
      const { amount0, amount1 } = pool.collect("a", lower, upper);
      in0 -= amount0;
      in1 -= amount1;
    }
    const { amount0, amount1 } = pool.protocolOwed;
    assert.ok(amount0 > 0n && amount1 > 0n);
    assert.deepEqual(pool.initializedTicks, []);
    assert.equal(pool.liquidity, 0n);
    // Rounding stays with the pool: at most a few wei for each of about 600 roundings.
    assert.ok(in0 - amount0 >= 0n && in0 - amount0 < 2_000n, `${in0 - amount0}`);
    assert.ok(in1 - amount1 >= 0n && in1 - amount1 < 2_000n, `${in1 - amount1}`);
  });

  it("behavior: fees go by liquidity in range and to nobody outside", () => {
    const pool = poolAt(0);
    pool.mint("in", -100, 100, 3n * ETHER);
    pool.mint("half", -100, 100, ETHER);
    pool.mint("out", 200, 300, 50n * ETHER);
    pool.swap(false, 10n ** 15n, sqrtPriceAtTick(99));
    const [most, least, none] = [
      pool.feesOf("in", -100, 100).amount1,
      pool.feesOf("half", -100, 100).amount1,
      pool.feesOf("out", 200, 300).amount1,
    ];
    assert.ok(most >= 3n * least && most <= 3n * least + 3n && least > 0n);
    assert.equal(none, 0n);
    // 1 bp of 1e15, in four equal parts, rounded down.
    assert.ok(most + least <= 10n ** 11n && most + least >= 10n ** 11n - 2n);
  });

  it("behavior: a swap beyond the last liquidity goes to its limit and takes no more than the liquidity held", () => {
    const pool = poolAt(0);
    const { amount0 } = pool.mint("a", -10, 10, ETHER);
    const result = pool.swap(false, 10n ** 30n, sqrtPriceAtTick(5_000));
    assert.equal(result.sqrtPrice, sqrtPriceAtTick(5_000));
    assert.equal(result.liquidity, 0n);
    assert.ok(-result.amount0 <= amount0 && -result.amount0 >= amount0 - 2n);
    assert.ok(result.amount1 < 10n ** 30n);
  });

  it("error: a refused operation leaves the pool as it was", () => {
    const pool = poolAt(0, 60, 3_000);
    pool.mint("a", -60, 60, ETHER);
    const before = [pool.liquidity, pool.initializedTicks, pool.position("a", -60, 60), pool.sqrtPrice];
    assert.throws(() => pool.mint("a", -60, 61, 1n), RangeTicksError);
    assert.throws(() => pool.mint("a", 60, -60, 1n), RangeTicksError);
    assert.throws(() => pool.mint("a", -120, 60, pool.maxLiquidityPerTick), LiquidityAmountError);
    assert.throws(() => pool.burn("a", -60, 60, ETHER + 1n), LiquidityAmountError);
    assert.throws(() => pool.burn("b", -60, 60, 0n), LiquidityAmountError);
    assert.throws(() => pool.swap(true, 0n, MIN_SQRT_PRICE + 1n), SwapAmountError);
    assert.throws(() => pool.swap(true, 1n, pool.sqrtPrice), PriceLimitError);
    assert.throws(() => pool.swap(false, 1n, MAX_SQRT_PRICE), PriceLimitError);
    assert.deepEqual([pool.liquidity, pool.initializedTicks, pool.position("a", -60, 60), pool.sqrtPrice], before);
  });
});

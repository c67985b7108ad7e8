/** The walk-forward replay: it agrees with the policy's own floats, keeps its books, and never sees the future. */
import { strict as assert } from "node:assert";
import { assets } from "../../../keeper/kernel/units.ts";
import { DEFAULT_RANGE_CONFIG } from "../../../keeper/optimize/ranges/config.ts";
import {
  bandStrategy,
  fullRangeStrategy,
  holdStrategy,
  policyStrategy,
  type RangeStrategy,
  type ReplaySettings,
  replay,
} from "../../../keeper/optimize/ranges/replay.ts";
import { arbitraged, evaluateRange, type Paths } from "../../../keeper/optimize/ranges/simulate.ts";
import { marketOf, seriesOf } from "./support.ts";

const ETHER = 10n ** 18n;
const SETTINGS: ReplaySettings = {
  fee: 500,
  tickSpacing: 10,
  capital: assets(100n * ETHER),
  gasCost: assets(0n),
  slippage: 0,
  volumePerDay: assets(0n),
  othersLiquidity: 0n,
  decisionDays: 1,
  warmUp: 70,
};
const SERIES = seriesOf({ days: 150, volatility: 0.003, persistence: 0.7, rateGrowth: 0.03, seed: 12 });
const CONFIG = { ...DEFAULT_RANGE_CONFIG, paths: 60 };
const RANGE = { tickLower: 1_390, tickUpper: 1_590 };
/** Enters once and stays: what the policy's evaluation assumes. */
const once: RangeStrategy = {
  name: "once",
  wish: ({ market }) => (market.current === null ? { kind: "range", range: RANGE } : { kind: "stay" }),
};

describe("replay of range strategies", () => {
  it("behavior: a range left alone earns in the exact pool what the policy's floats expect along the same path", () => {
    for (const volume of [0n, 10n]) {
      const flow = { volumePerDay: assets(volume * ETHER), othersLiquidity: volume * 100n * ETHER };
      const settings = { ...SETTINGS, ...flow };
      const result = replay(SERIES, settings, once);
      const first = settings.warmUp;
      const prices = Float64Array.from(SERIES.prices.slice(first + 1));
      const start = SERIES.prices[first] ?? 1;
      const paths: Paths = { prices, count: 1, steps: prices.length, stepDays: 1, start };
      const base = marketOf(SERIES);
      const market = { ...base, pool: { ...base.pool, fee: settings.fee, tickSpacing: 10, ...flow } };
      const expected = evaluateRange(RANGE, paths, market, arbitraged(start, start, 0.0005), CONFIG);
      const entered = result.worth[0] ?? 1;
      const growth = Math.log((1 + result.growth) / entered);
      // Without other trade the two differ by rounding and by what did not fit the range; with it by the price that trade moves
      // and moves back.
      const tolerance = volume === 0n ? 2e-6 : 3e-5;
      assert.ok(
        Math.abs(growth - expected.expectedGrowth) < tolerance,
        `volume ${volume}: ${growth} against ${expected.expectedGrowth}, fees ${result.fees} against ${expected.fees}`,
      );
      assert.ok(Math.abs(result.fees / expected.fees - 1) < 0.02, `${result.fees} against ${expected.fees}`);
      assert.ok(result.fees > 1e-4);
    }
  });

  it("behavior: other trade pays fees and, alone, takes nothing", () => {
    const still = { ...SERIES, prices: SERIES.rates.map(() => 1.15), rates: SERIES.rates.map(() => 1.15) };
    const flow = { volumePerDay: assets(30n * ETHER), othersLiquidity: 1_000n * ETHER };
    const result = replay(still, { ...SETTINGS, ...flow }, once);
    const silent = replay(still, SETTINGS, once);
    assert.ok(Math.abs(silent.growth - ((silent.worth[0] ?? 1) - 1)) < 1e-12);
    assert.ok(result.growth > silent.growth + 1e-4, `${result.growth} against ${silent.growth}`);
    assert.ok(Math.abs(result.growth - silent.growth - result.fees) < 1e-9);
  });

  it("behavior: holding tokens follows their prices and costs nothing but what dealing costs", () => {
    const result = replay(SERIES, SETTINGS, holdStrategy("all other", 1));
    const first = SETTINGS.warmUp;
    const expected = (SERIES.prices.at(-1) ?? 1) / (SERIES.rates[first] ?? 1) - 1;
    assert.ok(Math.abs(result.growth - expected) < 1e-12, `${result.growth} against ${expected}`);
    assert.equal(result.fees, 0);
  });

  it("behavior: buys at the protocol's rate through a depeg, as the adapters do, though the market is cheaper", () => {
    const prices = SERIES.rates.map((rate) => rate * 0.95);
    const result = replay({ ...SERIES, prices }, SETTINGS, holdStrategy("all other", 1));
    assert.ok(Math.abs((result.worth[0] ?? 0) - 0.95) < 1e-12, `${result.worth[0]}`);
    // Without a protocol to mint at, the market is all there is.
    const bought = replay({ ...SERIES, prices, rates: null }, SETTINGS, holdStrategy("all other", 1));
    assert.ok(Math.abs((bought.worth[0] ?? 0) - (1 - SETTINGS.fee / 1e6)) < 1e-12, `${bought.worth[0]}`);
  });

  it("behavior: liquidity everywhere is always in range; a band recentres only when left", () => {
    assert.equal(replay(SERIES, SETTINGS, fullRangeStrategy(10)).inRange, 1);
    const still = replay(SERIES, SETTINGS, bandStrategy("fixed", 0.005, false));
    const moved = replay(SERIES, SETTINGS, bandStrategy("recentred", 0.005, true));
    assert.equal(still.moves, 1);
    assert.ok(moved.moves > 1 && moved.inRange > still.inRange);
  });

  it("behavior: gas leaves the books once a move", () => {
    const gasCost = assets(ETHER / 100n);
    const free = replay(SERIES, SETTINGS, once);
    const paid = replay(SERIES, { ...SETTINGS, gasCost }, once);
    assert.equal(paid.moves, 1);
    assert.ok(Math.abs(free.growth - paid.growth - 1e-4) < 2e-6);
    // The rest deals with a ten-thousandth less.
    assert.ok(Math.abs(paid.costs - free.costs - 1e-4) < 1e-6);
  });

  it("behavior: the policy never sees the future: any change after a row leaves every decision up to it as it was", () => {
    const flow = { volumePerDay: assets(400n * ETHER), othersLiquidity: 20_000n * ETHER };
    const settings = { ...SETTINGS, ...flow };
    const before = replay(SERIES, settings, policyStrategy(CONFIG));
    const cut = 110;
    const changed = {
      ...SERIES,
      prices: SERIES.prices.map((price, i) => (i <= cut ? price : price * (1 + 0.01 * Math.sin(i)))),
      rates: SERIES.rates.map((rate, i) => (i <= cut ? rate : rate * 1.01)),
    };
    const after = replay(changed, settings, policyStrategy(CONFIG));
    const upTo = (decisions: typeof before.decisions) => decisions.filter(({ row }) => row <= cut);
    assert.deepEqual(upTo(after.decisions), upTo(before.decisions));
    assert.deepEqual(after.worth.slice(0, cut - 69), before.worth.slice(0, cut - 69));
    assert.ok(
      upTo(before.decisions).some(({ range }) => range !== null),
      "nothing was decided before the cut",
    );
    assert.notDeepEqual(after.worth.slice(cut - 69), before.worth.slice(cut - 69));
    // The comparison can fail: a strategy that peeks one row ahead is caught by it.
    const peek: RangeStrategy = {
      name: "peek",
      wish: ({ row }) => {
        const next = Math.floor(Math.log(changed.prices[row + 1] ?? 1.15) / Math.log(1.0001) / 10) * 10;
        return { kind: "range", range: { tickLower: next - 50, tickUpper: next + 50 } };
      },
    };
    const peeked = replay(changed, settings, peek);
    const honest: RangeStrategy = {
      ...peek,
      wish: ({ row }) => {
        const next = Math.floor(Math.log(SERIES.prices[row + 1] ?? 1.15) / Math.log(1.0001) / 10) * 10;
        return { kind: "range", range: { tickLower: next - 50, tickUpper: next + 50 } };
      },
    };
    assert.notDeepEqual(upTo(peeked.decisions), upTo(replay(SERIES, settings, honest).decisions));
  });
});

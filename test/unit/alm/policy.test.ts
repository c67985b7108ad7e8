/** The range policy: closed form against simulation against the exact pool, what it chooses, when it holds, what it may know. */
import { strict as assert } from "node:assert";
import type { RangeDecision, RangeMarket } from "../../../keeper/kernel/ranges.ts";
import { createRng } from "../../../keeper/kernel/rng.ts";
import { assets, SECONDS_PER_DAY } from "../../../keeper/kernel/units.ts";
import { ParameterOutOfRangeError } from "../../../keeper/math/errors.ts";
import { closedForm, expectedWorth, lossVersusRebalancing } from "../../../keeper/optimize/ranges/closed-form.ts";
import { DEFAULT_RANGE_CONFIG, type RangeConfig } from "../../../keeper/optimize/ranges/config.ts";
import { candidateRanges, decideRange } from "../../../keeper/optimize/ranges/decide.ts";
import { RangeSeriesError, RangeStillError } from "../../../keeper/optimize/ranges/errors.ts";
import { correlationOf, fitModel } from "../../../keeper/optimize/ranges/model.ts";
import { holdsAssetOnly, pricesOf, ticksOf, worthAt } from "../../../keeper/optimize/ranges/position.ts";
import { evaluateRange, simulatePaths } from "../../../keeper/optimize/ranges/simulate.ts";
import { rangesInAsset } from "../../../keeper/run.ts";
import { marketOf, seriesOf } from "./support.ts";

const close = (actual: number, expected: number, tolerance: number, what = "") =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${what} ${actual} is not within ${tolerance} of ${expected}`);
const CONFIG: RangeConfig = { ...DEFAULT_RANGE_CONFIG, paths: 200 };
const decided = (market: RangeMarket, changes: Partial<RangeConfig> = {}): RangeDecision =>
  decideRange(market, { ...CONFIG, ...changes });

describe("positions in floating point", () => {
  it("behavior: ticks of either token order stand for the same prices, and enclose what was asked for", () => {
    const bounds = { lowerPrice: 1.15, upperPrice: 1.19 };
    for (const isToken0 of [false, true]) {
      const ticks = ticksOf(bounds, 10, isToken0);
      const back = pricesOf(ticks, isToken0);
      assert.ok(back.lowerPrice <= bounds.lowerPrice && back.upperPrice >= bounds.upperPrice);
      close(back.lowerPrice, bounds.lowerPrice, 0.0012);
      assert.equal(Math.abs(ticks.tickLower % 10), 0);
    }
  });
});

describe("a range on the asset's side", () => {
  it("behavior: is known by the pool's price in either token order, and no other range is taken for one", () => {
    const base = marketOf(seriesOf({ days: 70, volatility: 0.001, persistence: 0.7, rateGrowth: 0.03, seed: 3 }));
    for (const assetIsToken0 of [false, true]) {
      const current = ticksOf({ lowerPrice: 1.1, upperPrice: 1.2 }, 10, assetIsToken0);
      const at = (price: number): RangeMarket => ({ ...base, current, pool: { ...base.pool, price, assetIsToken0 } });
      const upper = pricesOf(current, assetIsToken0).upperPrice;
      assert.equal(holdsAssetOnly(at(upper * 1.0001)), true);
      assert.equal(holdsAssetOnly(at(1.15)), false);
      assert.equal(holdsAssetOnly(at(1)), false, "below the range everything is the other token, which earns");
      assert.equal(holdsAssetOnly({ ...at(1.3), current: null }), false);
      const reading = { kind: "market", strategyId: 7, market: at(1.3) } as const;
      const unknown = { kind: "unknown", strategyId: 8, reason: "no feed" } as const;
      assert.deepEqual([...rangesInAsset([reading, unknown])], [7]);
      assert.deepEqual([...rangesInAsset([{ ...reading, market: at(1.15) }])], []);
    }
  });
});

describe("closed form", () => {
  const range = { lowerPrice: 0.97, upperPrice: 1.05 };

  it("behavior: expected worth equals an integral over the density, which knows nothing of the partial moments", () => {
    for (const [mean, deviation] of [
      [0, 0.02],
      [0.01, 0.05],
      [-0.03, 0.01],
    ] as const) {
      let integral = 0;
      const n = 20_000;
      for (let i = 0; i < n; i++) {
        const z = -10 + (20 * (i + 0.5)) / n;
        const price = 1.01 * Math.exp(mean + deviation * z);
        integral += worthAt(price, price, range) * Math.exp((-z * z) / 2) * (20 / n);
      }
      close(expectedWorth(1.01, range, mean, deviation), integral / Math.sqrt(2 * Math.PI), 1e-9);
    }
  });

  it("behavior: divergence without drift is the loss to rebalancing for short times", () => {
    const volatility = 0.002;
    const day = 0.01;
    const { divergence, inRange } = closedForm(1.01, range, day, (-volatility * volatility) / 2, volatility);
    close(divergence / (-lossVersusRebalancing(1.01, range, volatility) * day), 1, 0.01);
    close(inRange, 1, 1e-9);
  });

  it("behavior: a fee-free simulation of a lognormal random walk agrees within four standard errors", () => {
    const market = marketOf(seriesOf({ days: 200, volatility: 0.004, persistence: 1, rateGrowth: 0, seed: 5 }), {
      pool: { fee: 0 },
    });
    const fitted = fitModel(market, CONFIG);
    assert.ok(fitted !== null);
    const rng = createRng(9);
    const gaussian = {
      ...fitted,
      standardized: Float64Array.from({ length: 20_000 }, () => rng.normal()),
      model: { ...fitted.model, persistence: 1, driftDaily: 0 },
    };
    const config = { ...CONFIG, paths: 4_000 };
    const paths = simulatePaths(gaussian, config, createRng(3));
    const held = ticksOf({ lowerPrice: paths.start * 0.98, upperPrice: paths.start * 1.03 }, 1, false);
    const simulated = evaluateRange(held, paths, market, paths.start, config);
    const exact = closedForm(paths.start, pricesOf(held, false), config.horizonDays, 0, fitted.model.volatilityDaily);
    // Divergence is about minus half a variance over the range; its spread over paths is of the same size.
    close(simulated.divergence, exact.divergence, (4 * (Math.abs(exact.divergence) * 2)) / Math.sqrt(config.paths));
    close(simulated.inRange, exact.inRange, 0.02);
  });
});

describe("fitted model", () => {
  it("behavior: recovers volatility, drift and reversion of a seeded pair", () => {
    const series = seriesOf({
      days: 90,
      stepHours: 1,
      volatility: 0.003,
      persistence: 0.98,
      rateGrowth: 0.03,
      seed: 2,
    });
    const fitted = fitModel(marketOf(series), CONFIG);
    assert.ok(fitted !== null);
    close(fitted.model.volatilityDaily, 0.003, 0.0005, "volatility");
    close(fitted.model.driftDaily * 365, 0.03, 0.002, "drift");
    close(fitted.model.persistence, 0.98, 0.012, "persistence");
    assert.equal(fitted.model.anchor, series.rates.at(-1));
  });

  it("behavior: one bad print moves neither model nor decision by more than its absence", () => {
    const series = seriesOf({ days: 90, volatility: 0.001, persistence: 0.5, rateGrowth: 0.03, seed: 4 });
    const clean = fitModel(marketOf(series), CONFIG);
    const prices = series.prices.map((price, i) => (i === 60 ? price * 0.8 : price));
    const dirty = fitModel(marketOf({ ...series, prices }), CONFIG);
    assert.ok(clean !== null && dirty !== null);
    assert.equal(dirty.model.badPrints, 1);
    close(dirty.model.volatilityDaily / clean.model.volatilityDaily, 1, 0.05);
    close(dirty.model.persistence, clean.model.persistence, 0.1);
  });

  it("behavior: without a rate there is no reversion, and the anchor is a mean over time, not the last print", () => {
    const series = seriesOf({ days: 90, volatility: 0.002, persistence: 0.9, rateGrowth: 0, seed: 6 });
    const prices = series.prices.map((price, i) => (i === series.prices.length - 1 ? price * 1.04 : price));
    const fitted = fitModel(marketOf({ times: series.times, prices, rates: null }), CONFIG);
    assert.ok(fitted !== null);
    assert.equal(fitted.model.persistence, 1);
    close(fitted.model.anchor / (prices.at(-2) ?? 1), 1, 0.01);
  });

  it("behavior: correlation of two legs is that of their returns", () => {
    const rng = createRng(8);
    const [a, b] = [[100], [50]];
    for (let i = 0; i < 4_000; i++) {
      const common = rng.normal();
      a.push((a.at(-1) ?? 1) * Math.exp(0.02 * common));
      b.push((b.at(-1) ?? 1) * Math.exp(0.02 * (0.8 * common + 0.6 * rng.normal())));
    }
    close(correlationOf(a, b) ?? 0, 0.8, 0.02);
    assert.equal(correlationOf([1, 1, 1], [1, 2, 3]), null);
  });
});

describe("range decision", () => {
  const calm = seriesOf({ days: 120, volatility: 0.0015, persistence: 0.6, rateGrowth: 0.03, seed: 1 });

  it("default: enters a range on the spacing that encloses the anchor and reaches farther where the rate drifts to", () => {
    const market = marketOf(calm, { pool: { tickSpacing: 10 } });
    const decision = decided(market);
    assert.equal(decision.kind, "reposition");
    if (decision.kind !== "reposition") return;
    const { chosen, model } = decision;
    assert.ok(chosen.lowerPrice < model.anchor && chosen.upperPrice > model.anchor);
    assert.equal(Math.abs(chosen.tickLower % 10) + Math.abs(chosen.tickUpper % 10), 0);
    const [below, above] = [Math.log(model.anchor / chosen.lowerPrice), Math.log(chosen.upperPrice / model.anchor)];
    close(above - below, model.driftDaily * decision.horizonDays, 0.0021);
    assert.ok(chosen.cvar <= CONFIG.cvarLimit);
    const allowed = decision.candidates.filter((c) => c.cvar <= CONFIG.cvarLimit);
    assert.equal(chosen.expectedGrowth, Math.max(...allowed.map((c) => c.expectedGrowth)));
  });

  it("behavior: the mirrored token order mirrors the ticks", () => {
    const straight = decided(marketOf(calm));
    const mirrored = decided(marketOf(calm, { pool: { assetIsToken0: true } }));
    assert.ok(straight.kind === "reposition" && mirrored.kind === "reposition");
    assert.deepEqual([mirrored.tickLower, mirrored.tickUpper], [-straight.tickUpper + 0, -straight.tickLower + 0]);
  });

  it("behavior: a falling rate puts the longer side below", () => {
    const falling = seriesOf({ days: 120, volatility: 0.0015, persistence: 0.6, rateGrowth: -0.1, seed: 1 });
    const market = marketOf(falling);
    const fitted = fitModel(market, CONFIG);
    assert.ok(fitted !== null);
    for (const range of candidateRanges(fitted.model, market, CONFIG)) {
      const { lowerPrice, upperPrice } = pricesOf(range, false);
      assert.ok(Math.log(fitted.model.anchor / lowerPrice) > Math.log(upperPrice / fitted.model.anchor));
    }
  });

  it("behavior: a more volatile pair is given a wider range", () => {
    const width = (volatility: number): number => {
      const series = seriesOf({ days: 120, volatility, persistence: 0.6, rateGrowth: 0.03, seed: 1 });
      const volumePerDay = assets(2_000n * 10n ** 18n);
      const decision = decided(marketOf(series, { pool: { volumePerDay, othersLiquidity: 10n ** 23n } }), {
        cvarLimit: 0.2,
        maxDeviation: 0.1,
      });
      // Whether it pays to move is another question than how wide the best range is.
      const range = decision.kind === "hold" ? decision.best : decision.chosen;
      assert.ok(range, JSON.stringify(decision.reasons));
      return range.tickUpper - range.tickLower;
    };
    assert.ok(width(0.01) > 2 * width(0.001), `${width(0.01)} against ${width(0.001)}`);
  });

  it("behavior: the same inputs give the same decision, another seed other scenarios", () => {
    const market = marketOf(calm);
    assert.deepEqual(decided(market), decided(market));
    assert.notDeepEqual(decided(market), decided(market, { seed: 2 }));
  });

  it("behavior: holds when the range stands, when the gain does not pay, and moves when it does", () => {
    const market = marketOf(calm);
    const first = decided(market);
    assert.ok(first.kind === "reposition");
    const current = { tickLower: first.tickLower, tickUpper: first.tickUpper };
    assert.match(decided({ ...market, current }).reasons[0] ?? "", /already stands/);
    const near = { tickLower: first.tickLower - 1, tickUpper: first.tickUpper + 1 };
    const stays = decided({ ...market, current: near });
    assert.equal(stays.kind, "hold");
    assert.match(stays.reasons[0] ?? "", /does not pay its cost: expected gain/);
    const far = { tickLower: first.tickLower - 3_000, tickUpper: first.tickLower - 2_900 };
    assert.equal(decided({ ...market, current: far }).kind, "reposition");
    assert.equal(decided({ ...market, current: far, gasCost: market.value }).kind, "hold");
  });

  it("behavior: holds while the pool stands away from the anchor, and centres on the anchor whatever the pool says", () => {
    const market = marketOf(calm);
    const away = { ...market, pool: { ...market.pool, price: market.pool.price * 1.02 } };
    const held = decided(away);
    assert.equal(held.kind, "hold");
    assert.match(held.reasons[0] ?? "", /from the protocol rate/);
    const fitted = fitModel(market, CONFIG);
    const pushed = fitModel(away, CONFIG);
    assert.ok(fitted !== null && pushed !== null);
    assert.deepEqual(candidateRanges(pushed.model, away, CONFIG), candidateRanges(fitted.model, market, CONFIG));
  });

  it("behavior: holds without enough history, with stale prices, without a position, and beyond the tail bound", () => {
    const market = marketOf(calm);
    const short = marketOf({
      times: calm.times.slice(-30),
      prices: calm.prices.slice(-30),
      rates: calm.rates.slice(-30),
    });
    assert.match(decided(short).reasons[0] ?? "", /fewer than 60 observations/);
    assert.match(decided({ ...market, asOf: market.asOf + 3 * SECONDS_PER_DAY }).reasons[0] ?? "", /old/);
    assert.match(decided({ ...market, value: assets(0n) }).reasons[0] ?? "", /empty/);
    const strict = decided(market, { cvarLimit: 0 });
    assert.equal(strict.kind, "hold");
    assert.match(strict.reasons[0] ?? "", /no width keeps the CVaR/);
  });

  it("behavior: the future does not reach a decision", () => {
    const row = 100;
    const cut = (prices: readonly number[]) =>
      decided(
        marketOf({ times: calm.times.slice(0, row), prices: prices.slice(0, row), rates: calm.rates.slice(0, row) }),
      );
    assert.deepEqual(cut(calm.prices.map((price, i) => (i < row ? price : price * 0.5))), cut(calm.prices));
    assert.throws(() => decided({ ...marketOf(calm), asOf: (calm.times.at(-1) ?? 0) - 1 }), RangeSeriesError);
  });

  it("error: unusable series and configurations", () => {
    const market = marketOf(calm);
    assert.throws(() => decided({ ...market, prices: calm.prices.slice(1) }), RangeSeriesError);
    assert.throws(
      () => decided({ ...market, prices: calm.prices.map((p, i) => (i === 5 ? Number.NaN : p)) }),
      RangeSeriesError,
    );
    assert.throws(() => decided({ ...market, times: [...calm.times].reverse() }), RangeSeriesError);
    assert.throws(
      () => decided(marketOf({ ...calm, prices: calm.prices.map(() => 1.1), rates: calm.rates.map(() => 1.1) })),
      RangeStillError,
    );
    assert.throws(() => decided(market, { beta: 1 }), ParameterOutOfRangeError);
    assert.throws(() => decided(market, { halfWidths: [] }), ParameterOutOfRangeError);
  });
});

import { expect } from "chai";
import { NoUsableStrategyError } from "../../../keeper/features/errors.ts";
import { buildFeatures, DEFAULT_FEATURES_CONFIG } from "../../../keeper/features/index.ts";
import type { MarketSnapshot, StrategyHistory } from "../../../keeper/kernel/artifacts.ts";
import { createRng } from "../../../keeper/kernel/rng.ts";
import { SECONDS_PER_DAY } from "../../../keeper/kernel/units.ts";
import { ParameterOutOfRangeError } from "../../../keeper/math/errors.ts";
import { history, provenance, reading, snapshot } from "../../support/quant.ts";

const config = DEFAULT_FEATURES_CONFIG;
const asOf = provenance().timestamp;
const rng = createRng(1);
const clean = (id: number, days = 150): StrategyHistory => history(rng.fork(`history ${id}`), id, asOf, days);

/** A clean strategy 1 beside a strategy 2 whose history is changed. */
function withSecond(change: (second: StrategyHistory) => StrategyHistory): MarketSnapshot {
  return snapshot([reading(1), reading(2)], [clean(1), change(clean(2))]);
}
const codesOf = (market: MarketSnapshot): string[] =>
  buildFeatures(market, config)
    .flags.filter((f) => f.strategyId === 2)
    .map((f) => `${f.code}${f.excludes ? "!" : ""}`);
const replaced = <T>(values: readonly T[], index: number, change: (value: T) => T): T[] =>
  values.map((value, i) => (i === index ? change(value) : value));

describe("buildFeatures", () => {
  it("brings irregular samples to exactly one day: a constant rate of growth gives a constant return", () => {
    const offsets = createRng(3);
    const timestamps = Array.from({ length: 121 }, (_, t) => asOf - (120 - t) * SECONDS_PER_DAY - offsets.int(30_000));
    const rates = timestamps.map(
      (t) => BigInt(Math.round(1e15 * Math.exp((1e-4 * (t - asOf)) / SECONDS_PER_DAY))) * 1000n,
    );
    const features = buildFeatures(snapshot([reading(1)], [{ id: 1, timestamps, rates, marketRatios: null }]), config);
    const [strategy] = features.strategies;
    expect(strategy?.yieldReturns).to.have.length(120);
    for (const value of strategy?.yieldReturns ?? []) expect(value).to.be.closeTo(Math.expm1(1e-4), 1e-13);
    expect(strategy?.apy7).to.be.closeTo(Math.expm1(0.0365), 1e-10);
    expect(strategy?.totalReturns).to.deep.equal(strategy?.yieldReturns);
    expect(features.days[119]).to.equal(asOf);
  });

  it("counts a discount of the market and ignores a premium", () => {
    const market = withSecond((second) => ({
      ...second,
      marketRatios: second.timestamps.map((_, i) =>
        i === 100 ? 990_000_000_000_000_000n : 1_050_000_000_000_000_000n,
      ),
    }));
    const strategy = buildFeatures({ ...market, history: market.history }, { ...config, maximumDailyJump: 0.1 })
      .strategies[1];
    const excess = strategy?.totalReturns.map((value, t) => value - (strategy.yieldReturns[t] ?? 0)) ?? [];
    expect(excess.filter((value) => Math.abs(value) > 1e-6)).to.have.length(2);
    expect(excess[99]).to.be.closeTo(-0.01, 2e-4);
    expect(excess[100]).to.be.closeTo(0.0101, 2e-4);
  });

  it("aligns different starts to the days all have, and excludes a history that is too short without padding it", () => {
    const market = snapshot([reading(1), reading(2), reading(3)], [clean(1, 200), clean(2, 120), clean(3, 40)]);
    const features = buildFeatures(market, config);
    expect(features.strategies.map((s) => s.id)).to.deep.equal([1, 2]);
    expect(features.strategies.map((s) => s.yieldReturns.length)).to.deep.equal([120, 120]);
    expect(features.flags.filter((f) => f.excludes).map((f) => f.code)).to.deep.equal(["history-short"]);
    const alone = buildFeatures(snapshot([reading(1)], [clean(1, 200)]), config);
    expect(features.strategies[0]?.yieldReturns).to.deep.equal(alone.strategies[0]?.yieldReturns.slice(-120));
  });

  it("does not change by a byte when the future is perturbed", () => {
    const market = snapshot([reading(1)], [clean(1)]);
    const [past] = market.history;
    if (past === undefined) return;
    const future: StrategyHistory = {
      id: 1,
      timestamps: [...past.timestamps, asOf + 1, asOf + 2 * SECONDS_PER_DAY],
      rates: [...past.rates, 5n, 10n ** 30n],
      marketRatios: [...(past.marketRatios ?? []), 1n, 10n ** 20n],
    };
    const gas = {
      ...market.gas,
      timestamps: [...market.gas.timestamps, asOf + 60],
      baseFees: [...market.gas.baseFees, 10n ** 15n],
    };
    const perturbed = buildFeatures({ ...market, history: [future], gas }, config);
    expect(JSON.stringify(perturbed)).to.equal(JSON.stringify(buildFeatures(market, config)));
  });

  it("gives past days the same returns when it is built a week later", () => {
    const long = clean(1, 200);
    const later = buildFeatures(snapshot([reading(1)], [long]), config);
    const earlier = buildFeatures(snapshot([reading(1)], [long], asOf - 7 * SECONDS_PER_DAY), config);
    expect(earlier.strategies[0]?.totalReturns).to.deep.equal(later.strategies[0]?.totalReturns.slice(0, -7));
    expect(earlier.days).to.deep.equal(later.days.slice(0, -7));
  });

  const dirty: readonly (readonly [string, (second: StrategyHistory) => StrategyHistory, readonly string[]])[] = [
    ["an index of zero", (h) => ({ ...h, rates: h.rates.map(() => 0n) }), ["rate-not-positive!"]],
    ["an index that stays 1.0", (h) => ({ ...h, rates: h.rates.map(() => 10n ** 18n) }), ["flat-index!"]],
    ["an index that drops", (h) => ({ ...h, rates: replaced(h.rates, 80, (r) => (r * 999n) / 1000n) }), ["index-drop"]],
    [
      "an index in another unit",
      (h) => ({ ...h, rates: replaced(h.rates, 80, (r) => r * 100n) }),
      ["rate-jump!", "index-drop"],
    ],
    [
      "unsorted timestamps",
      (h) => ({ ...h, timestamps: replaced(h.timestamps, 80, (t) => t - 5e6) }),
      ["timestamps-unsorted!"],
    ],
    [
      "a stale feed",
      (h) => ({ ...h, timestamps: h.timestamps.map((t) => t - 3 * SECONDS_PER_DAY) }),
      ["history-stale!"],
    ],
    ["arrays of different length", (h) => ({ ...h, rates: h.rates.slice(1) }), ["history-ragged!"]],
    [
      "an old jump of the market",
      (h) => ({ ...h, marketRatios: replaced(h.marketRatios ?? [], 60, (m) => (m * 95n) / 100n) }),
      ["market-jump"],
    ],
    [
      "a fresh jump of the market",
      (h) => ({ ...h, marketRatios: replaced(h.marketRatios ?? [], 149, (m) => (m * 95n) / 100n) }),
      ["market-jump!"],
    ],
    [
      "a repeated reading",
      (h) => ({
        ...h,
        timestamps: [...h.timestamps, h.timestamps[150] ?? 0],
        rates: [...h.rates, h.rates[150] ?? 0n],
        marketRatios: [...(h.marketRatios ?? []), h.marketRatios?.[150] ?? 0n],
      }),
      ["timestamp-duplicated"],
    ],
    [
      "two readings of one moment",
      (h) => ({ ...h, timestamps: replaced(h.timestamps, 80, () => h.timestamps[79] ?? 0) }),
      ["timestamp-conflict!"],
    ],
    [
      "an interpolated index",
      (h) => ({
        ...h,
        timestamps: h.timestamps.map((_, i) => asOf - (150 - i) * SECONDS_PER_DAY),
        rates: h.rates.map((_, i) => 10n ** 18n + BigInt(i) * 10n ** 14n),
      }),
      ["index-interpolated"],
    ],
  ];
  for (const [name, change, codes] of dirty) {
    it(`flags ${name} as ${codes.join(" and ")}`, () => {
      expect(codesOf(withSecond(change))).to.deep.equal(codes);
    });
  }

  it("lets a rate stand still where the range holds the asset alone, and only there", () => {
    const still = (h: StrategyHistory) => ({
      ...h,
      rates: h.rates.map((rate, i) => (i < 130 ? rate : (h.rates[130] ?? 0n))),
    });
    const market = withSecond(still);
    expect(buildFeatures(market, config).strategies.map(({ id }) => id)).to.deep.equal([1]);
    const kept = buildFeatures(market, config, new Set([2]));
    expect(kept.strategies.map(({ id }) => id)).to.deep.equal([1, 2]);
    const flag = kept.flags.find(({ code }) => code === "flat-index");
    expect(flag).to.include({ strategyId: 2, excludes: false });
    expect(flag?.message).to.include("holds the asset alone");
    // Another strategy's range explains nothing.
    expect(buildFeatures(market, config, new Set([1])).strategies.map(({ id }) => id)).to.deep.equal([1]);
  });

  it("bridges a short gap and cuts history off at a long one, both flagged", () => {
    const without = (h: StrategyHistory, from: number, to: number): StrategyHistory => ({
      id: h.id,
      timestamps: h.timestamps.filter((_, i) => i < from || i >= to),
      rates: h.rates.filter((_, i) => i < from || i >= to),
      marketRatios: h.marketRatios?.filter((_, i) => i < from || i >= to) ?? null,
    });
    expect(codesOf(withSecond((h) => without(h, 100, 102)))).to.deep.equal(["gap-bridged"]);
    const cut = buildFeatures(
      withSecond((h) => without(h, 40, 50)),
      config,
    );
    expect(cut.flags.filter((f) => f.strategyId === 2).map((f) => f.code)).to.deep.equal(["gap-cut"]);
    expect(cut.days).to.have.length(100);
  });

  it("gives the median base fee of each hour, and says so when hours are missing", () => {
    const market = snapshot([reading(1)], [clean(1)]);
    const features = buildFeatures(market, config);
    expect(features.baseFeeByHour).to.have.length(24);
    expect(new Set(features.baseFeeByHour).size).to.equal(24);
    const bare = { ...market, gas: { baseFee: 7n, timestamps: [], baseFees: [] } };
    expect(buildFeatures(bare, config).flags.map((f) => f.code)).to.include("gas-hours-missing");
  });

  it("error: nothing usable names every exclusion; nonsense configuration is refused", () => {
    const market = snapshot([reading(1)], [clean(1, 10)]);
    expect(() => buildFeatures(market, config))
      .to.throw(NoUsableStrategyError)
      .with.property("exclusions")
      .deep.equal(["1: history-short"]);
    expect(() => buildFeatures(snapshot([], []), config)).to.throw(NoUsableStrategyError);
    expect(() => buildFeatures(market, { ...config, minimumDays: 0 })).to.throw(ParameterOutOfRangeError);
  });
});

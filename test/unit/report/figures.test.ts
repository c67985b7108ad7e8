import { strict as assert } from "node:assert";
import type { Features, TargetAllocation } from "../../../keeper/kernel/artifacts.ts";
import { assets, hash, wad } from "../../../keeper/kernel/units.ts";
import { blockAtTime } from "../../../keeper/recompute.ts";
import { cycleFigures, exclusions } from "../../../keeper/report/figures.ts";
import { shortNames } from "../../../keeper/report/names.ts";
import { constraints, forecastOf, limits, provenance, reading, snapshot } from "../../support/quant.ts";

const near = (actual: number | null | undefined, expected: number, tolerance = 1e-9) =>
  assert.ok(Math.abs((actual ?? Number.NaN) - expected) <= tolerance, `${actual} is not ${expected}`);

const features = (yields: readonly (readonly number[])[]): Features => ({
  provenance: provenance(),
  days: (yields[0] ?? []).map((_, day) => Date.UTC(2025, 0, 1 + day) / 1000),
  strategies: yields.map((yieldReturns, index) => ({
    id: index + 1,
    name: `strategy ${index + 1}`,
    yieldReturns,
    totalReturns: yieldReturns,
    apy1: null,
    apy7: null,
    apy30: null,
    volatility: 0,
  })),
  baseFeeByHour: [],
  flags: [],
});
const target = (changes: Partial<TargetAllocation> = {}): TargetAllocation => ({
  provenance: provenance(),
  objective: "mean-variance",
  weights: [],
  idleWeight: 1,
  horizonDays: 30,
  expectedReturn: 0.003,
  expectedCost: 0.001,
  currentReturn: 0,
  status: "optimal",
  certificate: { primal: 0, dual: 0, gap: 0 },
  frontier: [{ expectedReturn: 0.001, risk: 0.01 }],
  risk: 0.02,
  ...changes,
});

describe("figures of a cycle", () => {
  it("are empty, not zero, when the stages found nothing", () => {
    const found = cycleFigures(null);
    assert.deepEqual([found.expectedNetApyPct, found.cvarPct, found.chosen], [null, null, null]);
    assert.deepEqual([found.forecasts, found.frontier], [[], []]);
  });

  it("charge the cost of moving to the horizon before annualising", () => {
    const found = cycleFigures({
      features: features([[1e-4]]),
      forecast: forecastOf([1e-4], []),
      target: target(),
      risk: null,
    });
    near(found.expectedNetApyPct, (1.002 ** (365 / 30) - 1) * 100);
    assert.deepEqual(found.chosen, { expectedReturn: 0.003, risk: 0.02 });
    assert.equal(found.cvarPct, null);
  });

  it("state risk in per cent of NAV", () => {
    const risk = { beta: 0.95, horizonDays: 30, var: 0.001, cvar: 0.002, maxDrawdown: 0.003, volatility: 0.01 };
    const found = cycleFigures({
      features: features([[1e-4]]),
      forecast: forecastOf([1e-4], []),
      target: target(),
      risk,
    });
    near(found.varPct, 0.1);
    near(found.cvarPct, 0.2);
    near(found.maxDrawdownPct, 0.3);
  });

  it("show the last 90 days of yields, annualised, and a path that starts the day after training", () => {
    const forecast = forecastOf([2e-4], []);
    const [only] = forecast.strategies;
    if (only === undefined) assert.fail("a strategy was expected");
    const trainedTo = Date.UTC(2025, 3, 10) / 1000;
    const path = [{ mean: 1e-4, intervals: [{ level: 0.8, lower: 0, upper: 2e-4 }] }];
    const strategies = [{ ...only, trainedTo, path, errors: [{ model: "naive", mae: 1e-5, origins: 30 }] }];
    const past = features([Array.from({ length: 100 }, (_, day) => day * 1e-6)]);
    const [figure] = cycleFigures({
      features: past,
      forecast: { ...forecast, strategies },
      target: target(),
      risk: null,
    }).forecasts;
    assert.equal(figure?.history.length, 90);
    assert.equal(figure?.history[0]?.date, "2025-01-11");
    near(figure?.history[0]?.apyPct, (1.00001 ** 365 - 1) * 100);
    assert.equal(figure?.path[0]?.date, "2025-04-11");
    near(figure?.path[0]?.intervals[0]?.upper, (1.0002 ** 365 - 1) * 100);
    near(figure?.errors[0]?.maePct, 0.365);
    near(figure?.apyPct, (1.0002 ** 365 - 1) * 100);
  });

  it("leave out a strategy's past that is not there, instead of drawing a number", () => {
    const found = cycleFigures({
      features: features([]),
      forecast: forecastOf([1e-4], []),
      target: target(),
      risk: null,
    });
    assert.deepEqual(found.forecasts[0]?.history, []);
  });
});

describe("what a run left out", () => {
  it("is named with its reason and its price, once", () => {
    const frozen = { ...reading(2).price, status: "Frozen" as const, marketWad: wad(0n), updatedAt: 1_700_000_000 };
    const market = snapshot([reading(1), reading(2, { price: frozen }), reading(3)], []);
    const bounds = constraints([
      limits(1),
      limits(2, { name: "Lido", entryBlockedBy: "price status is Frozen" }),
      limits(3, { name: "Aave", entryBlockedBy: "cap is zero" }),
    ]);
    const flag = { strategyId: 2, code: "X", message: "Lido: its feed is stale", excludes: true };
    const flags = [flag, flag, { ...flag, message: "only a note", excludes: false }];
    assert.deepEqual(exclusions({ snapshot: market, features: { ...features([]), flags }, constraints: bounds }), [
      "Lido: its feed is stale",
      "Lido: nothing may enter, price status is Frozen (market price 0, updated at 1700000000, rate 1)",
      "Aave: nothing may enter, cap is zero",
    ]);
  });
});

describe("short names", () => {
  it("are the last word, or the first where last words collide", () => {
    const names = ["Aave v3 WETH", "Gearbox WETH", "Lido wstETH", "ether.fi weETH", "idle"];
    assert.deepEqual(shortNames(names), ["Aave", "Gearbox", "wstETH", "weETH", "idle"]);
  });
  it("are whole where nothing shorter differs, and always as many", () => {
    assert.deepEqual(shortNames(["Aave v3 WETH", "Aave v2 WETH"]), ["Aave v3 WETH", "Aave v2 WETH"]);
    assert.deepEqual(shortNames(["Aave", "Aave WETH"]), ["Aave", "WETH"]);
    assert.deepEqual(shortNames([]), []);
  });
});

describe("the block a proposal was made from", () => {
  const times = [10, 22, 34, 58, 70, 82];
  const asked: number[] = [];
  const client = {
    header: async (block: unknown) => {
      const number = Number(block);
      asked.push(number);
      return {
        number,
        hash: hash(`0x${"00".repeat(32)}`),
        timestamp: times[number] ?? Number.NaN,
        baseFee: assets(0n),
      };
    },
  };

  it("is found by its exact time, first and last included", async () => {
    for (const [number, time] of times.entries())
      assert.equal(await blockAtTime(client, time, times.length - 1), number);
  });
  it("is none when no block has that time, or only a later one than may be", async () => {
    for (const time of [0, 46, 59, 100]) assert.equal(await blockAtTime(client, time, times.length - 1), null);
    assert.equal(await blockAtTime(client, 82, 4), null);
  });
  it("takes as many headers as halving needs", async () => {
    asked.length = 0;
    await blockAtTime(client, 46, times.length - 1);
    assert.ok(asked.length <= 3, `${asked.length} headers`);
  });
});

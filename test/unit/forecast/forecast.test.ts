import { expect } from "chai";
import { plainOrder } from "../../../keeper/forecast/arima/order.ts";
import { exponentialForecaster, meanForecaster, naiveForecaster } from "../../../keeper/forecast/baselines.ts";
import { fixedArima } from "../../../keeper/forecast/classical.ts";
import { conformalRadius, residualsNeeded } from "../../../keeper/forecast/conformal.ts";
import { ReturnImpossibleError, SeriesMisalignedError, TooFewOriginsError } from "../../../keeper/forecast/errors.ts";
import type { Forecaster } from "../../../keeper/forecast/forecaster.ts";
import {
  DEFAULT_FORECAST_CONFIG,
  type ForecastConfig,
  forecast,
  forecastOnThreads,
} from "../../../keeper/forecast/index.ts";
import { thetaForecaster } from "../../../keeper/forecast/theta.ts";
import { realizedMeans, walkForward } from "../../../keeper/forecast/walk-forward.ts";
import type { Features } from "../../../keeper/kernel/artifacts.ts";
import { createRng } from "../../../keeper/kernel/rng.ts";
import { EmptySampleError, ParameterOutOfRangeError, SampleNotFiniteError } from "../../../keeper/math/errors.ts";
import { mean } from "../../../keeper/math/statistics.ts";
import { provenance } from "../../support/quant.ts";
import { sharedColumns } from "../../support/shared-data.ts";

const config: ForecastConfig = { ...DEFAULT_FORECAST_CONFIG, scenarios: 300 };

function featuresOf(series: readonly (readonly number[])[], totals = series): Features {
  const asOf = provenance().timestamp;
  const days = (series[0] ?? []).map((_, t, all) => asOf - (all.length - 1 - t) * 86_400);
  return {
    provenance: provenance(),
    days,
    strategies: series.map((yieldReturns, i) => ({
      id: i + 1,
      name: `strategy ${i + 1}`,
      yieldReturns,
      totalReturns: totals[i] ?? [],
      apy1: null,
      apy7: null,
      apy30: null,
      volatility: 0,
    })),
    baseFeeByHour: [],
    flags: [],
  };
}

/** Mean-reverting yield with noise. */
function yieldSeries(seed: number, days: number): number[] {
  const rng = createRng(seed);
  let level = 8e-5;
  return Array.from({ length: days }, () => {
    level += 0.05 * (8e-5 - level) + 3e-6 * rng.normal();
    return level + 5e-6 * rng.normal();
  });
}

describe("forecast models", () => {
  it("see no later day: a perturbed future leaves every earlier forecast unchanged", () => {
    const past = yieldSeries(1, 100);
    const options = { firstOrigin: 30, horizon: 5, refitEvery: 7, step: 1 };
    for (const model of [naiveForecaster, exponentialForecaster(0.2), meanForecaster(30)]) {
      const at = (values: number[]) => walkForward(model, { values, period: 1 }, options).means.slice(0, 71);
      expect(at([...past, 1e9, -0.5]), model.name).to.deep.equal(at(past));
    }
  });

  it("that go on from where they were say what they would say afresh, gaps, new levels and seasons of prices included", () => {
    const values = yieldSeries(4, 140).map((value, t) => (t % 13 === 5 ? Number.NaN : 1e4 * value));
    const series = { period: 1, levels: [70, 96] };
    const forecasters: readonly Forecaster[] = [
      naiveForecaster,
      ...[0.05, 0.4].map(exponentialForecaster),
      meanForecaster(),
      meanForecaster(30),
      thetaForecaster,
      fixedArima(plainOrder(2, 0, 1), "mean"),
      fixedArima(plainOrder(1, 1, 1), "drift"),
      fixedArima({ p: 1, d: 0, q: 0, P: 0, D: 1, Q: 1, m: 7 }, "none"),
    ];
    for (const forecaster of forecasters) {
      let model = forecaster.fit({ ...series, values: values.slice(0, 60) });
      for (let t = 61; t <= values.length; t += t % 3 === 0 ? 4 : 1) {
        const moved = model.extend?.(values.slice(0, t));
        if (moved === undefined) expect.fail(`${forecaster.name} cannot go on`);
        const afresh = model.on(values.slice(0, t));
        expect(moved.forecast(9, [0.8]), `${forecaster.name} at ${t}`).to.deep.equal(afresh.forecast(9, [0.8]));
        // What went on leaves the model before it as it was.
        expect(model.extend?.(values.slice(0, t)).forecast(9)).to.deep.equal(moved.forecast(9));
        model = moved;
      }
    }
  });

  it("are fitted anew as often as asked, and rarer once a new fit would see hardly more than the last", () => {
    const fits: number[] = [];
    const counting: Forecaster = {
      name: "counting",
      fit: (series) => {
        fits.push(series.values.length);
        return naiveForecaster.fit(series);
      },
    };
    const values = Array.from({ length: 4000 }, (_, t) => Math.sin(t));
    walkForward(counting, { values, period: 1 }, { firstOrigin: 30, horizon: 1, refitEvery: 60, step: 1 });
    expect(fits.filter((t) => t <= 1200)).to.deep.equal(Array.from({ length: 20 }, (_, k) => 30 + 60 * k));
    const later = fits.filter((t) => t >= 1200 && t < values.length);
    later.slice(1).forEach((t, k) => {
      expect(t / (later[k] ?? 1)).to.be.within(1.05, 1.052);
    });
    expect(later.length).to.be.at.least(20);
    expect(fits.at(-1)).to.equal(values.length);
  });

  it("an exponential mean begins anew where a new level is known to begin", () => {
    const values = [1, 1, 1, 1, 9, 9.5];
    const at = (levels: readonly number[]): number =>
      exponentialForecaster(0.5).fit({ values, period: 1, levels }).forecast(1).horizonMean;
    expect(at([4])).to.equal(9.25);
    expect(at([])).to.equal(7.25);
    expect(at([6])).to.equal(7.25);
  });

  it("score the mean over the horizon, not its last day", () => {
    expect(Array.from(realizedMeans([1, 2, 3, 4, 5], [2, 3, 4], 2))).to.deep.equal([3.5, 4.5, Number.NaN]);
  });
});

describe("conformal intervals", () => {
  it("cover at least the stated share of exchangeable residuals", () => {
    const rng = createRng(9);
    let covered = 0;
    const trials = 4000;
    for (let i = 0; i < trials; i++) {
      const radius = conformalRadius(
        Array.from({ length: 39 }, () => rng.normal()),
        0.8,
      );
      covered += Number(Math.abs(rng.normal()) <= radius);
    }
    expect(covered / trials).to.be.within(0.78, 0.83);
  });

  it("need 19 residuals for 95 % and are infinite with fewer", () => {
    expect(residualsNeeded(0.95)).to.equal(19);
    expect(
      conformalRadius(
        Array.from({ length: 18 }, () => 1),
        0.95,
      ),
    ).to.equal(Number.POSITIVE_INFINITY);
    expect(
      conformalRadius(
        Array.from({ length: 19 }, () => 1),
        0.95,
      ),
    ).to.equal(1);
  });
});

describe("forecast", function () {
  this.timeout(60_000);
  it("models see the last days only: what came before changes the scenarios and nothing else", () => {
    const yields = yieldSeries(4, 300);
    const older = yields.map((value, t) => (t < 300 - config.modelDays ? 3 * value : value));
    const [a] = forecast(featuresOf([yields]), config).strategies;
    const [b] = forecast(featuresOf([older]), config).strategies;
    expect(b).to.deep.equal(a);
    expect((a?.trainedTo ?? 0) - (a?.trainedFrom ?? 0)).to.equal((config.modelDays - 1) * 86_400);
    const shifted = yields.map((value, t) => (t < 301 - config.modelDays ? 3 * value : value));
    expect(forecast(featuresOf([shifted]), config).strategies[0]?.errors).to.not.deep.equal(a?.errors);
    expect(() => forecast(featuresOf([yields]), { ...config, modelDays: 59 })).to.throw(ParameterOutOfRangeError);
  });

  it("passes the gate on mean-reverting yields, and states every member's error with its count", () => {
    // Of the last 240 days: a month before the first origin, a month after the last.
    const { strategies } = forecast(featuresOf([yieldSeries(4, 300)]), config);
    const [chosen] = strategies;
    expect(chosen?.model).to.equal("combination");
    expect(chosen?.errors.map((e) => e.origins)).to.deep.equal(Array.from({ length: 19 }, () => 181));
    const maeOf = (model: string): number => chosen?.errors.find((e) => e.model === model)?.mae ?? Number.NaN;
    expect(maeOf("combination")).to.be.below(maeOf("naive"));
  });

  it("gives little away on random walks, where the naive forecast is all there is to know", () => {
    let naive = 0;
    let used = 0;
    for (let seed = 0; seed < 6; seed++) {
      const rng = createRng(210 + seed);
      let level = 1e-4;
      const walk = Array.from({ length: 330 }, () => {
        level += 1e-6 * rng.normal();
        return level;
      });
      const known = walk.slice(0, 300);
      const [found] = forecast(featuresOf([known]), config).strategies;
      const truth = mean(walk.slice(300));
      naive += Math.abs(truth - (known[299] ?? 0));
      used += Math.abs(truth - (found?.meanDaily ?? Number.NaN));
    }
    expect(used / naive).to.be.below(1.02);
  });

  it("is the last value to the digit while a yield stands still, and the naive error is reported beside it", () => {
    const [chosen] = forecast(featuresOf([new Array<number>(120).fill(1e-4)]), config).strategies;
    expect(chosen?.model).to.equal("naive");
    expect(chosen?.meanDaily).to.equal(1e-4);
    expect(chosen?.errors.find(({ model }) => model === "naive")?.mae).to.be.closeTo(0, 1e-18);
  });

  it("gives the same bytes on threads as in one, and names the strategy that was refused", async () => {
    const features = featuresOf([1, 2, 3].map((seed) => yieldSeries(seed, 130)));
    const alone = JSON.stringify(forecast(features, config));
    for (const threads of [0, 2]) {
      expect(JSON.stringify(await forecastOnThreads(features, config, threads)), `${threads}`).to.equal(alone);
    }
    const short = featuresOf([yieldSeries(1, 60)]);
    const error: unknown = await forecastOnThreads(short, config, 2).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(TooFewOriginsError);
  });

  it("widens the path with the distance and keeps the mean inside", () => {
    const [strategy] = forecast(featuresOf([yieldSeries(4, 300)]), config).strategies;
    expect(strategy?.path).to.have.length(30);
    const widths = strategy?.path.map((day) => (day.intervals[1]?.upper ?? 0) - (day.intervals[1]?.lower ?? 0)) ?? [];
    widths.slice(1).forEach((width, k) => {
      // Equal half widths around means that differ: to rounding.
      expect(width).to.be.at.least((widths[k] ?? 1) * (1 - 1e-12));
    });
    expect(strategy?.intervals.map((i) => i.level)).to.deep.equal([0.8, 0.95]);
  });

  it("replays to the byte and changes with the seed", () => {
    const features = featuresOf([yieldSeries(1, 200), yieldSeries(2, 200)]);
    const again = { ...features, provenance: { ...features.provenance, seed: 8 } };
    expect(JSON.stringify(forecast(features, config))).to.equal(JSON.stringify(forecast(features, config)));
    expect(forecast(again, config).scenarios).to.not.deep.equal(forecast(features, config).scenarios);
  });

  it("does not read beyond the last day: appended days change nothing of a forecast cut before them", () => {
    const long = yieldSeries(6, 260);
    const changed = [...long.slice(0, 200), ...long.slice(200).map((r) => r + 0.01)];
    const cut = (series: readonly number[]): string =>
      JSON.stringify(forecast(featuresOf([series.slice(0, 200)]), config));
    expect(cut(changed)).to.equal(cut(long));
  });

  it("centres scenarios on the forecast and keeps the correlation of the data", () => {
    const rng = createRng(12);
    const shocks = Array.from({ length: 300 }, () => 1e-3 * rng.normal());
    const totals = [shocks, shocks.map((s) => -s), shocks.map(() => 1e-3 * rng.normal())];
    const yields = [1, 2, 3].map((seed) => yieldSeries(seed, 300));
    const { scenarios, strategies } = forecast(featuresOf(yields, totals), { ...config, scenarios: 2000 });
    strategies.forEach((s, i) => {
      expect(mean(scenarios.map((row) => row[i] ?? Number.NaN))).to.be.closeTo(
        Math.expm1(30 * Math.log1p(s.meanDaily)),
        1e-15,
      );
    });
    const centre = (i: number): number[] =>
      scenarios.map((row) => (row[i] ?? 0) - Math.expm1(30 * Math.log1p(strategies[i]?.meanDaily ?? 0)));
    const correlation = (a: number[], b: number[]): number => {
      const product = (x: number[], y: number[]): number => mean(x.map((value, k) => value * (y[k] ?? 0)));
      return product(a, b) / Math.sqrt(product(a, a) * product(b, b));
    };
    expect(correlation(centre(0), centre(1))).to.be.below(-0.99);
    expect(Math.abs(correlation(centre(0), centre(2)))).to.be.below(0.2);
  });

  it("beats the naive forecast of the horizon mean on the development data by rolling choice (needs ../shared)", function () {
    const columns = sharedColumns(this, "data/core_returns_eth_2024-05_2025-09_dev.csv");
    const horizon = 30;
    const scores = ["wstETH_prot", "weETH_prot", "aave_WETH"].map((name) => {
      const series = columns.get(name) ?? [];
      const chosen: number[] = [];
      const last: number[] = [];
      let inside = 0;
      for (let t = 150; t + horizon <= series.length; t += 5) {
        const [s] = forecast(featuresOf([series.slice(0, t)]), { ...config, scenarios: 1 }).strategies;
        const realized = mean(series.slice(t, t + horizon));
        chosen.push(Math.abs(realized - (s?.meanDaily ?? Number.NaN)));
        last.push(Math.abs(realized - (series[t - 1] ?? Number.NaN)));
        inside += Number(realized >= (s?.intervals[0]?.lower ?? 0) && realized <= (s?.intervals[0]?.upper ?? 0));
      }
      return { name, ratio: mean(chosen) / mean(last), coverage: inside / chosen.length, origins: chosen.length };
    });
    if (process.env["REPORT"] === "1") console.log(scores);
    expect(mean(scores.map((s) => s.ratio))).to.be.below(1);
  });

  it("error: too little, empty, ragged, non-finite and impossible series are typed; constants are fine", () => {
    expect(() => forecast(featuresOf([yieldSeries(1, 88)]), config))
      .to.throw(TooFewOriginsError)
      .with.property("origins", 29);
    expect(() => forecast(featuresOf([]), config)).to.throw(EmptySampleError);
    expect(() => forecast(featuresOf([yieldSeries(1, 100), yieldSeries(1, 99)]), config)).to.throw(
      SeriesMisalignedError,
    );
    const broken = yieldSeries(1, 100);
    expect(() => forecast(featuresOf([[...broken.slice(1), Number.NaN]]), config)).to.throw(SampleNotFiniteError);
    expect(() => forecast(featuresOf([[...broken.slice(1), -1]]), config)).to.throw(ReturnImpossibleError);
    expect(() => forecast(featuresOf([broken]), { ...config, intervalLevels: [1] })).to.throw(ParameterOutOfRangeError);
    const [constant] = forecast(featuresOf([broken.map(() => 1e-4)]), config).strategies;
    expect(constant?.model).to.equal("naive");
    expect(constant?.meanDaily).to.equal(1e-4);
  });
});

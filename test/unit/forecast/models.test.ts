import { expect } from "chai";
import { faultOf, randomSeries } from "../../../bench/quant/forecast.ts";
import { fitArima, predictArima } from "../../../keeper/forecast/arima/model.ts";
import { plainOrder } from "../../../keeper/forecast/arima/order.ts";
import { autoArima } from "../../../keeper/forecast/arima/search.ts";
import { automaticForecast } from "../../../keeper/forecast/automatic.ts";
import { driftForecaster, naiveForecaster, seasonalNaiveForecaster } from "../../../keeper/forecast/baselines.ts";
import { arimaForecaster, etsForecaster } from "../../../keeper/forecast/classical.ts";
import { adaptiveRadius, conformalBands, conformalRadius } from "../../../keeper/forecast/conformal.ts";
import { TooFewOriginsError } from "../../../keeper/forecast/errors.ts";
import {
  dieboldMariano,
  evidenceHorizons,
  gateShare,
  independentErrors,
  logRatio,
} from "../../../keeper/forecast/gate.ts";
import { withoutSpikes } from "../../../keeper/forecast/spikes.ts";
import { thetaForecaster } from "../../../keeper/forecast/theta.ts";
import { createRng } from "../../../keeper/kernel/rng.ts";
import { arToPartial, partialToAr } from "../../../keeper/math/arma.ts";
import { EmptySampleError, ParameterOutOfRangeError, SampleNotFiniteError } from "../../../keeper/math/errors.ts";
import { standardizedInnovations } from "../../../keeper/math/innovations.ts";
import { normalCdf, normalQuantile } from "../../../keeper/math/normal.ts";

const noise = (seed: number, n: number): number[] => {
  const rng = createRng(seed);
  return Array.from({ length: n }, () => rng.normal());
};

const autoregression = (seed: number, n: number, phi: number, level: number): number[] => {
  let deviation = 0;
  return noise(seed, n).map((e) => {
    deviation = phi * deviation + e;
    return level + deviation;
  });
};

describe("ARMA numerics", () => {
  it("map partial autocorrelations to stationary coefficients and back", () => {
    const rng = createRng(3);
    for (let k = 0; k < 200; k++) {
      const partial = Array.from({ length: 1 + rng.int(8) }, () => 1.9 * rng.uniform() - 0.95);
      const back = arToPartial(partialToAr(partial));
      for (const [i, value] of partial.entries()) expect(back?.[i]).to.be.closeTo(value, 1e-9);
    }
    expect(arToPartial([1])).to.equal(null);
  });

  it("give the density of an AR(1) by hand", () => {
    const y = Float64Array.from([1, 2, -1]);
    const out = new Float64Array(3);
    const logs = standardizedInnovations({ phi: Float64Array.of(0.5), theta: new Float64Array(0) }, y, 3, out);
    expect(logs).to.be.closeTo(Math.log(1 / (1 - 0.25)), 1e-12);
    expect(Array.from(out)).to.deep.equal([1 / Math.sqrt(1 / 0.75), 1.5, -2]);
  });

  it("invert the normal distribution to rounding", () => {
    expect(normalQuantile(0.975)).to.be.closeTo(1.959963984540054, 1e-14);
    for (const p of [1e-12, 1e-5, 0.3, 0.5, 0.999]) expect(normalCdf(normalQuantile(p)) / p).to.be.closeTo(1, 1e-10);
  });
});

describe("ARIMA", () => {
  it("estimates a mean with missing values as the complete series would, nearly", () => {
    const y = autoregression(5, 400, 0.6, 10);
    const gaps = y.map((value, t) => (t % 9 === 4 ? Number.NaN : value));
    const complete = fitArima({ y }, plainOrder(1, 0, 0), "mean");
    const holed = fitArima({ y: gaps }, plainOrder(1, 0, 0), "mean");
    expect(holed.coefficients.ar[0]).to.be.closeTo(complete.coefficients.ar[0] ?? 0, 0.06);
    expect(holed.used).to.equal(gaps.filter((value) => !Number.isNaN(value)).length);
  });

  it("recovers a regressor's coefficient and needs its future to forecast", () => {
    const x = noise(7, 200);
    const y = noise(8, 200).map((e, t) => 3 * (x[t] ?? 0) + 0.1 * e);
    const fit = fitArima({ y, xreg: [x] }, plainOrder(1, 0, 0), "mean");
    expect(fit.xreg[0]).to.be.closeTo(3, 0.03);
    expect(predictArima({ y, xreg: [x] }, fit, 1, [[2]]).mean[0]).to.be.closeTo(6, 0.3);
    expect(() => predictArima({ y, xreg: [x] }, fit, 1)).to.throw();
  });

  it("scales with the series from 1e-9 to 1e9", () => {
    const y = autoregression(11, 120, 0.5, 5);
    const unit = autoArima({ y });
    for (const scale of [1e-9, 1e9]) {
      const scaled = autoArima({ y: y.map((value) => value * scale) });
      expect(scaled.order).to.deep.equal(unit.order);
      expect(Math.sqrt(scaled.sigma2) / scale / Math.sqrt(unit.sigma2)).to.be.closeTo(1, 1e-4);
    }
  });

  it("ETS does not take a change of level for a season and repeat it", () => {
    for (const [n, period] of [
      [65, 24],
      [147, 7],
      [60, 12],
    ] as const) {
      const rng = createRng(n);
      const values = Array.from({ length: n }, (_, t) => (t < n / 2 ? 1 : 1e6 + rng.normal()));
      const { mean } = etsForecaster.fit({ values, period }).forecast(30);
      expect(Math.max(...mean.map(Math.abs)), `${n}, ${period}`).to.be.at.most(3e6);
    }
  });

  it("never fails or explodes on 200 random series of any kind", function () {
    this.timeout(120_000);
    for (let seed = 0; seed < 200; seed++) expect(faultOf(randomSeries(seed)), `seed ${seed}`).to.equal(null);
  });

  it("error: empty, infinite and impossible input is typed", () => {
    expect(() => fitArima({ y: [] }, plainOrder(0, 0, 0), "mean")).to.throw(EmptySampleError);
    expect(() => fitArima({ y: [1, Number.POSITIVE_INFINITY] }, plainOrder(0, 0, 0), "mean")).to.throw(
      SampleNotFiniteError,
    );
    expect(() => fitArima({ y: [1, 2, 3] }, plainOrder(2, 0, 2), "mean")).to.throw(EmptySampleError);
    expect(() => fitArima({ y: noise(1, 30) }, plainOrder(0, 1, 0), "mean")).to.throw(ParameterOutOfRangeError);
  });
});

describe("forecasters", () => {
  it("continue what they are made for: a season, a line, a level", () => {
    const season = Array.from({ length: 60 }, (_, t) => 10 + ([3, -1, -2, 0][t % 4] ?? 0) + 0.01 * (t % 7));
    for (const forecaster of [etsForecaster, seasonalNaiveForecaster, arimaForecaster]) {
      const { mean } = forecaster.fit({ values: season, period: 4 }).forecast(4);
      expect((mean[0] ?? 0) - (mean[1] ?? 0), forecaster.name).to.be.closeTo(4, 0.3);
    }
    const line = Array.from({ length: 50 }, (_, t) => 2 * t);
    expect(driftForecaster.fit({ values: line, period: 1 }).forecast(3).mean[2]).to.be.closeTo(104, 1e-9);
    expect(thetaForecaster.fit({ values: line, period: 1 }).forecast(1).mean[0]).to.be.closeTo(100, 2);
    expect(naiveForecaster.fit({ values: [1, 2, Number.NaN], period: 1 }).forecast(2).mean[1]).to.equal(2);
  });

  it("follow a season that grows on data below zero: Theta forecasts the last one, not the average one", () => {
    const pattern = [3, 1, -2, -4, 0, 1, 1];
    const weeks = 30;
    const e = noise(12, 7 * weeks);
    const y = e.map((value, t) => (pattern[t % 7] ?? 0) * (1 + Math.floor(t / 7) / 5) + 0.1 * value);
    const { mean } = thetaForecaster.fit({ values: y, period: 7 }).forecast(7);
    const now = 1 + weeks / 5;
    pattern.forEach((shape, phase) => {
      expect(mean[phase], `phase ${phase}`).to.be.closeTo(shape * now, 0.1 * 4 * now);
    });
  });

  it("take out one-day spikes, keep new levels, and look back only", () => {
    const y = noise(31, 120).map((e) => 5 + 0.1 * e);
    const spiked = y.map((value, t) => (t === 80 ? 20 : t >= 100 ? value + 3 : value));
    const { values, spikes, levels } = withoutSpikes(spiked);
    expect(spikes).to.deep.equal([80, 100, 101]);
    expect(levels).to.deep.equal([102]);
    expect(values[80]).to.be.closeTo(5, 0.2);
    expect(values[102]).to.equal(spiked[102]);
    expect(Array.from(withoutSpikes(spiked.slice(0, 90)).values)).to.deep.equal(Array.from(values.slice(0, 90)));
  });

  it("error: too short a history for stated intervals", () => {
    expect(() => automaticForecast({ values: noise(1, 55), period: 1 }, 7, [0.95])).to.throw(TooFewOriginsError);
  });
});

describe("gate and intervals", () => {
  it("the test has its size: equal forecasts pass at 10 % about one time in ten", () => {
    let passed = 0;
    for (let seed = 0; seed < 1000; seed++) passed += Number(dieboldMariano(noise(seed, 100), 0).pValue < 0.1);
    expect(passed / 1000).to.be.within(0.07, 0.13);
    expect(
      dieboldMariano(
        noise(1, 100).map((e) => e + 1),
        0,
      ).pValue,
    ).to.be.below(1e-6);
  });

  it("the gate is a posterior: prior without evidence, one or the other with much, naive for what stands still", () => {
    expect(gateShare(0, 1 / 3, 1)).to.be.closeTo(2 / 3, 1e-12);
    expect(gateShare(0, 1 / 3, 0)).to.equal(0);
    expect(gateShare(0, 0.5, 0.25)).to.be.closeTo(0.2, 1e-12);
    // Ten independent errors that are each a factor of e against the model, then for it.
    expect(gateShare(10, 0.5, 1)).to.be.closeTo(Math.exp(-10), 1e-6);
    expect(gateShare(-10, 0.5, 1)).to.be.closeTo(1 - Math.exp(-10), 1e-6);
    expect(gateShare(800, 0.5, 1)).to.equal(0);
    expect(gateShare(-800, 0.5, 1)).to.equal(1);
  });

  it("evidence counts errors that do not overlap, and those over a quarter of the horizon by half", () => {
    expect(evidenceHorizons(7)).to.deep.equal([7]);
    expect(evidenceHorizons(30)).to.deep.equal([30, 7]);
    expect(independentErrors({ steps: 30, count: 60 }, 0)).to.equal(2);
    expect(independentErrors({ steps: 7, count: 70 }, 1)).to.equal(5);
    expect(independentErrors({ steps: 7, count: 2 }, 0)).to.equal(0);
    expect(logRatio(0, 0)).to.equal(0);
    expect(logRatio(2, 1)).to.be.closeTo(Math.LN2, 1e-15);
    // No error at all is as good as a thousandth of the other's: one value must not decide for ever.
    expect(logRatio(0, 1)).to.equal(-Math.log(1000));
    expect(logRatio(1, 0)).to.equal(Math.log(1000));
  });

  it("learns which it is: next to the last value on a walk, at the level where there is one", () => {
    const rng = createRng(77);
    let level = 5;
    const walk = Array.from({ length: 800 }, () => {
      level += 0.2 * rng.normal();
      return level;
    });
    const meanOf = (values: readonly number[]): number => automaticForecast({ values, period: 1 }, 7, []).horizonMean;
    // Half a day's move from the last value; the exponential mean with factor 0.2 is three days' moves away.
    expect(Math.abs(meanOf([...walk, level + 0.6]) - level - 0.6)).to.be.below(0.1);
    expect(meanOf([...noise(78, 365).map((e) => 5 + e), 9])).to.be.within(4.6, 5.4);
  });

  it("a series that stands still is the last value to the digit, and one that wakes nearly so", () => {
    const still = new Array<number>(200).fill(3.25);
    const found = automaticForecast({ values: still, period: 1 }, 7, []);
    expect(found.combination.share).to.equal(0);
    expect(found.horizonMean).to.equal(3.25);
    const woken = [...new Array<number>(199).fill(0), 5];
    expect(automaticForecast({ values: woken, period: 1 }, 7, []).horizonMean).to.be.within(4.9, 5);
  });

  it("adaptive intervals are nested: a higher level is never the narrower one, in any order of the levels", () => {
    for (let seed = 0; seed < 200; seed++) {
      const rng = createRng(91_000 + seed);
      const levels = seed % 2 === 0 ? [0.8, 0.9, 0.95] : [0.95, 0.8, 0.9];
      const wild = (k: number): number => (1 + 4 * Number(k > 40 && k % 9 < 3)) * rng.normal();
      const realized = Array.from({ length: 60 }, (_, k) => Float64Array.from({ length: 6 }, () => wild(k)));
      const paths = realized.map((path) => new Float64Array(path.length));
      const means = realized.map((path) => path.reduce((a, b) => a + b, 0) / path.length);
      const bands = conformalBands(paths, realized, means, levels, "adaptive").toSorted((a, b) => a.level - b.level);
      bands.slice(1).forEach((wide, b) => {
        const narrow = bands[b];
        wide.radii.forEach((radius, h) => {
          expect(radius, `seed ${seed}`).to.be.at.least((narrow?.radii[h] ?? 0) * (1 - 1e-12));
        });
        expect(wide.horizonRadius).to.be.at.least(narrow?.horizonRadius ?? Number.NaN);
      });
    }
  });

  it("adaptive intervals widen after a change of scale that split ones average away", () => {
    const residuals = [...noise(41, 150), ...noise(42, 60).map((e) => 4 * e)];
    expect(adaptiveRadius(residuals, 0.8)).to.be.above(1.3 * conformalRadius(residuals, 0.8));
    expect(adaptiveRadius(noise(43, 400), 0.8)).to.be.closeTo(conformalRadius(noise(43, 400), 0.8), 0.35);
  });
});

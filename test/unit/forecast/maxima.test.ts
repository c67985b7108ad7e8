/** Likelihoods with several maxima, stated as R states them; figures of R 4.2.2's arima() on the same numbers. */
import { expect } from "chai";
import { haveFixtures, rFits } from "../../../bench/quant/fixtures.ts";
import { Coordinates, coefficientsAt, parametersFrom } from "../../../keeper/forecast/arima/coordinates.ts";
import { diffuseLikelihood, fitArima } from "../../../keeper/forecast/arima/model.ts";
import { type ArimaOrder, armaOf, plainOrder } from "../../../keeper/forecast/arima/order.ts";
import { autoArima, DEFAULT_LIMITS, MEMBER_LIMITS } from "../../../keeper/forecast/arima/search.ts";
import { meanForecaster, medianForecaster } from "../../../keeper/forecast/baselines.ts";
import { etsForecaster } from "../../../keeper/forecast/classical.ts";
import { fitShape } from "../../../keeper/forecast/ets/fit.ts";
import { predictEts } from "../../../keeper/forecast/ets/predict.ts";
import type { Forecaster } from "../../../keeper/forecast/forecaster.ts";
import { createRng } from "../../../keeper/kernel/rng.ts";
import { rootsBeyond } from "../../../keeper/math/arma.ts";
import { EmptySampleError } from "../../../keeper/math/errors.ts";

const noise = (seed: number, n: number): number[] => {
  const rng = createRng(seed);
  return Array.from({ length: n }, () => rng.normal());
};
/** Running sums, of every `lag`-th value. */
const summed = (e: readonly number[], lag = 1): number[] => {
  const out: number[] = [];
  e.forEach((value, t) => {
    out.push(value + (out[t - lag] ?? 0));
  });
  return out;
};
const SEASONAL: ArimaOrder = { p: 1, d: 0, q: 1, P: 1, D: 0, Q: 1, m: 4 };

describe("ARIMA maxima", () => {
  it("a given order is fitted to the greatest of its maxima: never behind R's, from either of its methods", () => {
    for (const [seed, loglik] of [
      [17, -88.6259489549],
      [36, -98.0391953528],
      [51, -89.3099959348],
    ] as const) {
      const e = noise(seed, 70);
      const y = summed(e.map((value, t) => value - 0.6 * (e[t - 1] ?? 0)));
      expect(fitArima({ y }, plainOrder(2, 1, 2), "none").loglik, `seed ${seed}`).to.be.at.least(loglik - 1e-3);
    }
    for (const [seed, loglik] of [
      [1, -91.4000514095],
      [28, -102.69823504],
      [46, -94.9045273464],
      [53, -98.0107882517],
    ] as const) {
      const e = noise(seed, 70);
      const y = e.map((value, t) => value + 0.5 * (e[t - 4] ?? 0) + 3);
      expect(fitArima({ y }, SEASONAL, "mean").loglik, `seed ${seed}`).to.be.at.least(loglik - 1e-3);
    }
  });

  it("a starting value that counts as an observation does not make the series longer: R's likelihood at given coefficients", () => {
    const order: ArimaOrder = { p: 1, d: 2, q: 1, P: 2, D: 1, Q: 1, m: 12 };
    const coefficients = { ar: [-0.2], ma: [-0.9], sar: [-0.4, 0.3], sma: [0.2] };
    const y = summed(summed(summed(noise(1, 80))), 12);
    const found = diffuseLikelihood({ y }, order, "none", coefficients, []) ?? Number.NaN;
    expect(found / -157.39354842366).to.be.closeTo(1, 1e-8);
    // The last steps of a fit are taken on the likelihood that it is stated in.
    expect(fitArima({ y }, order, "none").loglik).to.be.at.least(found);
  });

  it("the search reaches orders of more than five terms that none of five leads to", function () {
    if (!haveFixtures) this.skip();
    const y = rFits().find(({ name }) => name === "arma11")?.y ?? [];
    const whole = autoArima({ y }, 1, { ...MEMBER_LIMITS, maxTerms: 10 }).aicc;
    expect(autoArima({ y }, 1, MEMBER_LIMITS).aicc).to.be.above(whole + 1);
    expect(autoArima({ y }, 1, DEFAULT_LIMITS).aicc).to.be.at.most(whole + 0.01);
  });

  it("the order of a series that has ended is that of what was observed", () => {
    const e = noise(12, 40);
    const y = e.map((value, t) => 5 + value + 0.8 * (e[t - 1] ?? 0));
    const ended = autoArima({ y: [...y, ...new Array<number>(60).fill(Number.NaN)] });
    const { order, constant, loglik } = autoArima({ y });
    expect(ended).to.deep.include({ order, constant });
    expect(ended.loglik).to.be.closeTo(loglik, 1e-4);
  });

  it("coordinates within a radius reach every polynomial whose roots lie beyond it, and no other", () => {
    const order: ArimaOrder = { p: 2, d: 0, q: 1, P: 1, D: 0, Q: 1, m: 4 };
    const rng = createRng(8);
    const at = new Coordinates(order, 10, 1.01);
    for (let k = 0; k < 200; k++) {
      const x = Float64Array.from({ length: 5 }, () => 20 * rng.normal());
      const inside = coefficientsAt(x, order, 1.01);
      const { phi, theta } = armaOf(inside, order.m);
      expect(rootsBeyond(phi, 1.01 - 1e-9), `${k}`).to.equal(true);
      at.set(x);
      at.phi.forEach((value, i) => {
        expect(value, `${k}`).to.be.closeTo(phi[i] ?? 0, 1e-12);
      });
      at.theta.forEach((value, i) => {
        expect(value, `${k}`).to.be.closeTo(theta[i] ?? 0, 1e-12);
      });
      const back = parametersFrom(inside, order.m, 1.01, 1 - 1e-15);
      back.forEach((value, i) => {
        expect(value / (x[i] ?? 0), `${k}`).to.be.closeTo(1, 1e-6);
      });
    }
  });
});

describe("means and medians of a window", () => {
  const widthOf = (forecaster: Forecaster, values: readonly number[]): number => {
    const [band] = forecaster.fit({ values, period: 1 }).forecast(1, [0.8]).bands;
    return (band?.upper[0] ?? Number.NaN) - (band?.lower[0] ?? Number.NaN);
  };

  it("are not certain where most values are one, or where the window holds a single one", () => {
    const counts = Array.from({ length: 60 }, (_, t) => (t % 5 === 0 ? 1 + (t % 3) : 0));
    expect(widthOf(medianForecaster(30), counts)).to.be.within(1, 4);
    const gone = [...noise(9, 30).map((e) => 5 + e), 6, ...new Array<number>(29).fill(Number.NaN)];
    for (const forecaster of [medianForecaster(30), meanForecaster(30)])
      expect(widthOf(forecaster, gone), forecaster.name).to.be.within(1.5, 5);
    expect(widthOf(medianForecaster(30), new Array<number>(40).fill(2))).to.equal(0);
  });
});

describe("multiplicative smoothing", () => {
  const season = noise(3, 96).map((e, t) => (10 + 0.1 * t) * (1 + 0.3 * Math.sin(t / 2)) * (1 + 0.05 * e));

  it("chooses the same form and says the same at any scale", () => {
    const unit = etsForecaster.fit({ values: season, period: 12 });
    expect(unit.name).to.match(/M/);
    for (const scale of [2 ** -60, 1e-13, 1e12]) {
      const other = etsForecaster.fit({ values: season.map((value) => scale * value), period: 12 });
      expect(other.name, `${scale}`).to.equal(unit.name);
      expect(other.forecast(5).horizonMean / scale / unit.forecast(5).horizonMean).to.be.closeTo(1, 1e-6);
    }
  });

  it("gives way to additive errors where relative ones would be larger than the series: no interval of 1e37", () => {
    const values = noise(6, 20).map((e, t) => (t === 19 ? 5000 : 5 + 0.3 * e));
    const model = etsForecaster.fit({ values, period: 1 });
    expect(model.name).to.match(/ETS\(A/);
    const [band] = model.forecast(30, [0.8]).bands;
    expect(band?.upper[29]).to.be.below(1e5);
  });

  it("has an interval where errors are a millionth of a millionth of the level", () => {
    const values = noise(4, 40).map((e) => 1e9 + 1e-2 * e);
    const fit = fitShape(Float64Array.from(values), { error: "M", trend: "N", season: "N", period: 1 });
    if (fit === null) throw new EmptySampleError("smoothing", 40, 0);
    const { standardError } = predictEts(fit, 3);
    for (const error of standardError) expect(error).to.be.within(0.5e-2, 2e-2);
  });
});

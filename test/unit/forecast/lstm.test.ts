import { expect } from "chai";
import { exponentialForecaster, naiveForecaster } from "../../../keeper/forecast/baselines.ts";
import { combine } from "../../../keeper/forecast/combine.ts";
import { average } from "../../../keeper/forecast/forecaster.ts";
import { DEFAULT_FORECAST_CONFIG, forecast } from "../../../keeper/forecast/index.ts";
import { DEFAULT_LSTM_CONFIG, type LstmConfig } from "../../../keeper/forecast/lstm/config.ts";
import {
  LstmHistoryError,
  LstmHorizonError,
  LstmLevelError,
  LstmSeriesError,
} from "../../../keeper/forecast/lstm/errors.ts";
import { globalLstm } from "../../../keeper/forecast/lstm/forecaster.ts";
import { stepsNeeded } from "../../../keeper/forecast/lstm/train.ts";
import type { Panel } from "../../../keeper/forecast/lstm/windows.ts";
import type { Features } from "../../../keeper/kernel/artifacts.ts";
import { createRng } from "../../../keeper/kernel/rng.ts";
import { ParameterOutOfRangeError, SampleNotFiniteError } from "../../../keeper/math/errors.ts";
import { createLstm } from "../../../keeper/math/neural/lstm.ts";
import { provenance } from "../../support/quant.ts";

const config: LstmConfig = {
  ...DEFAULT_LSTM_CONFIG,
  horizon: 7,
  units: 8,
  lookback: 14,
  members: 2,
  epochs: 4,
  warmEpochs: 2,
  refitEvery: 40,
};
const STEPS = 200;
const START = 1_700_006_400;

/** Yields that fall back to a level with a weekly rhythm; liquidity that leads them. */
function panelOf(count: number, seed = 3, steps = STEPS): Panel {
  const rng = createRng(seed);
  return {
    times: Array.from({ length: steps }, (_, t) => START + 86_400 * t),
    series: Array.from({ length: count }, (_, i) => {
      let level = 0;
      const values = Array.from({ length: steps }, (_v, t) => {
        level = 0.9 * level + 0.2 * rng.normal();
        return 3 + i + level + 0.3 * Math.sin((2 * Math.PI * t) / 7);
      });
      return { id: `pool ${i}`, values, liquidity: values.map((value) => Math.exp(-0.1 * value)) };
    }),
  };
}
/** The panel with everything at or after `t` replaced. */
const perturbed = ({ times, series }: Panel, t: number): Panel => ({
  times,
  series: series.map((one) => ({
    ...one,
    values: Array.from(one.values, (value, k) => (k < t ? value : 50 - value)),
    liquidity: Array.from(one.liquidity ?? [], (value, k) => (k < t ? value : 9 * value)),
  })),
});
const upTo = (panel: Panel, i: number, t: number) => ({
  values: Array.from(panel.series[i]?.values ?? []).slice(0, t),
  period: 1,
});
/** Everything a forecast says, bit by bit. */
const said = (panel: Panel, role: "alone" | "member", t: number, order: readonly number[] = []): string => {
  const lstm = globalLstm(panel, config);
  for (const early of order) lstm.forecasterFor("pool 0", role).fit(upTo(panel, 0, early));
  const found = lstm
    .forecasterFor("pool 1", role)
    .fit(upTo(panel, 1, t))
    .forecast(7, [0.8, 0.95]);
  return JSON.stringify([...found.mean, found.horizonMean, found.bands, found.horizonQuantiles]);
};

describe("LSTM forecaster", function () {
  this.timeout(60_000);

  it("leakage: what lies at or after t changes nothing that is said at t, alone or as a member", () => {
    const panel = panelOf(3);
    for (const role of ["alone", "member"] as const)
      for (const t of [120, 163]) {
        expect(said(perturbed(panel, t), role, t)).to.equal(said(panel, role, t));
        expect(said(perturbed(panel, t - 1), role, t)).not.to.equal(said(panel, role, t));
      }
  });

  it("the same seed says the same bytes, in whatever order fits were asked for; another seed other ones", () => {
    const panel = panelOf(3);
    const once = said(panel, "alone", 170);
    expect(said(panel, "alone", 170)).to.equal(once);
    expect(said(panel, "alone", 170, [190, 130, 160])).to.equal(once);
    const other = globalLstm(panel, { ...config, seed: 2 })
      .forecasterFor("pool 1")
      .fit(upTo(panel, 1, 170));
    expect(other.forecast(7).horizonMean).not.to.equal(JSON.parse(once)[7]);
  });

  it("learns a rhythm that its anchor cannot see: the mean of three days ahead is better than exponential smoothing's", () => {
    const panel = panelOf(6, 4, 320);
    const weekly = { ...config, horizon: 3, members: 1, units: 16, epochs: 15, learningRate: 5e-3, weightDecay: 0 };
    const lstm = globalLstm(panel, weekly);
    let ours = 0;
    let smooth = 0;
    for (let i = 0; i < 6; i++)
      for (let t = 281; t + 3 <= 320; t++) {
        const series = upTo(panel, i, t);
        const truth = average(Array.from(panel.series[i]?.values ?? []).slice(t, t + 3));
        ours += Math.abs(lstm.forecasterFor(`pool ${i}`, "member").fit(series).forecast(3).horizonMean - truth);
        smooth += Math.abs(exponentialForecaster(0.2).fit(series).forecast(3).horizonMean - truth);
      }
    expect(ours).to.be.below(0.9 * smooth);
  });

  it("path, mean and bands fit together: the path's mean is the horizon's, bands are nested around it", () => {
    const panel = panelOf(3);
    const found = globalLstm(panel, config)
      .forecasterFor("pool 2")
      .fit(upTo(panel, 2, 180))
      .forecast(7, [0.8, 0.95]);
    expect(average(found.mean)).to.be.closeTo(found.horizonMean, 1e-12);
    const [narrow, wide] = found.bands;
    found.mean.forEach((value, k) => {
      expect(wide?.lower[k]).to.be.at.most(narrow?.lower[k] ?? Number.NaN);
      expect(narrow?.lower[k]).to.be.at.most(value);
      expect(narrow?.upper[k]).to.be.at.least(value);
      expect(wide?.upper[k]).to.be.at.least(narrow?.upper[k] ?? Number.NaN);
    });
    const quantiles = found.horizonQuantiles.map(({ value }) => value);
    expect(quantiles).to.deep.equal([...quantiles].sort((a, b) => a - b));
    expect(quantiles).to.have.length(5);
  });

  it("every scheduled fit after the first starts from the one before, and validation never gets worse than its start", () => {
    const lstm = globalLstm(panelOf(3), config);
    const [first, second] = [lstm.scheduledAt(119), lstm.scheduledAt(120)];
    expect(first?.asOf).to.equal(80);
    expect(second?.asOf).to.equal(120);
    if (first === null || second === null) return;
    expect(second.members[0]?.epochs).to.be.at.most(config.warmEpochs);
    expect(second.members[0]?.weights).not.to.deep.equal(first.members[0]?.weights);
    for (const { members } of [first, second])
      for (const { validationLoss, initialLoss } of members) expect(validationLoss).to.be.at.most(initialLoss);
  });

  it("missing values, late starts and an end before today are allowed; a constant series stays where it is", () => {
    const panel = panelOf(4);
    const holed: Panel = {
      times: panel.times,
      series: panel.series.map((one, i) => ({
        id: one.id,
        values: Array.from(one.values, (value, t) => {
          if (i === 0 && t % 5 === 2) return Number.NaN;
          if (i === 1 && t < 90) return Number.NaN;
          if (i === 2 && t > 150) return Number.NaN;
          return i === 3 ? 4 : value;
        }),
      })),
    };
    const lstm = globalLstm(holed, config);
    for (let i = 0; i < 4; i++) {
      const { mean } = lstm
        .forecasterFor(`pool ${i}`)
        .fit(upTo(holed, i, 180))
        .forecast(7, [0.8]);
      expect(mean.every(Number.isFinite), `pool ${i}`).to.equal(true);
    }
    const constant = lstm
      .forecasterFor("pool 3")
      .fit(upTo(holed, 3, 180))
      .forecast(7);
    expect(constant.horizonMean).to.be.closeTo(4, 0.05);
  });

  it("scaling: yields in percent and as fractions give the same forecast in their own unit", () => {
    const panel = panelOf(3);
    const small: Panel = {
      times: panel.times,
      series: panel.series.map(({ id, values }) => ({ id, values: Array.from(values, (value) => value / 128) })),
    };
    const plain: Panel = { times: panel.times, series: panel.series.map(({ id, values }) => ({ id, values })) };
    const [a, b] = [plain, small].map((one) =>
      globalLstm(one, config)
        .forecasterFor("pool 0")
        .fit(upTo(one, 0, 180)),
    );
    expect(128 * (b?.forecast(7).horizonMean ?? 0)).to.be.closeTo(a?.forecast(7).horizonMean ?? 0, 1e-6);
  });

  it("enters a combination as a member: before it can be trained it says what its anchor says", () => {
    const panel = panelOf(3);
    const member = globalLstm(panel, config).forecasterFor("pool 0", "member");
    const series = upTo(panel, 0, STEPS);
    expect(member.fit(upTo(panel, 0, 50)).ensemble).to.equal(null);
    expect(member.fit(upTo(panel, 0, 50)).forecast(7).horizonMean).to.be.closeTo(
      exponentialForecaster(0.2)
        .fit(upTo(panel, 0, 50))
        .forecast(7).horizonMean,
      1e-12,
    );
    const options = { firstOrigin: 60, horizon: 7, refitEvery: 40, step: 5, temper: 0.4, caution: 0.3 };
    const found = combine(
      series,
      naiveForecaster,
      [exponentialForecaster(0.2), member].map((forecaster) => ({ forecaster, sees: "raw" as const })),
      options,
    );
    expect(found.members.map(({ name }) => name)).to.deep.equal(["exponential-0.2", "lstm"]);
    expect(found.members[1]?.weight).to.be.within(0, 1);
    const moved = member.fit(upTo(panel, 0, 125)).on(upTo(panel, 0, 165).values);
    expect(moved.ensemble?.asOf).to.equal(160);
  });

  it("joins the forecast stage's combination when it is configured, and leaves the other members as they are", () => {
    const { times, series } = panelOf(2);
    const features: Features = {
      provenance: provenance(),
      days: Array.from(times ?? []),
      strategies: series.map(({ values }, i) => ({
        ...{ id: i + 1, name: `strategy ${i + 1}`, apy1: null, apy7: null, apy30: null, volatility: 0 },
        yieldReturns: Array.from(values, (value) => value / 36_500),
        totalReturns: Array.from(values, (value) => value / 36_500),
      })),
      baseFeeByHour: [],
      flags: [],
    };
    const plain = { ...DEFAULT_FORECAST_CONFIG, horizonDays: 7, scenarios: 50 };
    const { units, lookback, members, epochs, refitEvery } = config;
    const without = forecast(features, plain).strategies[0];
    const joined = { ...plain, lstm: { units, lookback, members, epochs, refitEvery } };
    const withLstm = forecast(features, joined).strategies[0];
    const others = (list: typeof without) =>
      list?.errors.filter(({ model }) => !["lstm without spikes", "combination"].includes(model));
    expect(without?.errors.map(({ model }) => model)).not.to.include("lstm without spikes");
    expect(withLstm?.errors.map(({ model }) => model)).to.include("lstm without spikes");
    expect(others(withLstm)).to.deep.equal(others(without));
    expect(forecast(features, joined).strategies).to.deep.equal(forecast(features, joined).strategies);
  });

  it("both backends say the same bytes", () => {
    const panel = panelOf(2);
    const using = (backend: "wasm" | "typescript") =>
      globalLstm(panel, config, {
        network: (shape, capacity, options) => createLstm(shape, capacity, { ...options, backend }),
      })
        .forecasterFor("pool 0")
        .fit(upTo(panel, 0, 150))
        .forecast(7, [0.8]);
    expect(using("wasm")).to.deep.equal(using("typescript"));
  });

  it("error: too little history says how much is needed; horizons, levels and series are named", () => {
    const panel = panelOf(2);
    const lstm = globalLstm(panel, config);
    const needed = stepsNeeded(config);
    const alone = lstm.forecasterFor("pool 0");
    expect(() => alone.fit(upTo(panel, 0, needed - 1))).to.throw(LstmHistoryError, new RegExp(`needs ${needed} steps`));
    const model = alone.fit(upTo(panel, 0, needed));
    expect(() => model.forecast(8)).to.throw(LstmHorizonError);
    expect(() => model.forecast(7, [0.5])).to.throw(LstmLevelError);
    expect(() => lstm.forecasterFor("pool 9")).to.throw(LstmSeriesError);
    const [one] = panel.series;
    if (one === undefined) return;
    expect(() => globalLstm({ times: null, series: [one, one] }, config)).to.throw(LstmSeriesError, /twice/);
    expect(() => globalLstm({ times: [1], series: [one] }, config)).to.throw(LstmSeriesError, /200 values for 1 times/);
    const broken = { ...one, values: Array.from(one.values, (v, t) => (t === 9 ? Number.POSITIVE_INFINITY : v)) };
    expect(() => globalLstm({ times: null, series: [broken] }, config)).to.throw(SampleNotFiniteError);
    expect(() => globalLstm(panel, { ...config, units: 0 })).to.throw(ParameterOutOfRangeError, /lstm.units/);
  });
});

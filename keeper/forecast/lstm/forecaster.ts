/**
 * The LSTM behind the interface of all forecasters: one global network, trained on every series of a panel, that corrects an
 * exponential mean and states quantiles around it. A fit as of step t is a function of the panel before t alone (and of the
 * fit that was handed in, if that is not younger), in whatever order fits are asked for.
 */
import { requireCount } from "../../math/checks.ts";
import { createLstm, type LstmNetwork } from "../../math/neural/lstm.ts";
import {
  average,
  type Band,
  checkSeries,
  type FittedModel,
  type Forecaster,
  type PathForecast,
} from "../forecaster.ts";
import { withoutSpikes } from "../spikes.ts";
import { checkLstmConfig, gridOf, type LstmConfig, quantilesOf } from "./config.ts";
import { LstmHistoryError, LstmHorizonError, LstmLevelError, LstmSeriesError } from "./errors.ts";
import { type Ensemble, type NetworkFactory, shapeOf, type TrainingSeries, trainEnsemble } from "./train.ts";
import { canBegin, INPUTS, type Panel, trailOf, writeWindow } from "./windows.ts";

export interface LstmForecast extends PathForecast {
  /** Quantiles of the mean over the horizon: the trained levels, ascending, and the values. */
  readonly horizonQuantiles: readonly { readonly level: number; readonly value: number }[];
}

export interface LstmModel extends FittedModel {
  on(values: ArrayLike<number>): LstmModel;
  /** Null where there was too little history to train and the anchor alone is the forecast. */
  readonly ensemble: Ensemble | null;
  forecast(horizon: number, levels?: readonly number[]): LstmForecast;
}

export interface LstmForecaster extends Forecaster {
  fit(series: Parameters<Forecaster["fit"]>[0]): LstmModel;
}

export interface GlobalLstm {
  /**
   * A fit of its own as of a step, begun from the one that was handed in.
   * @throws {LstmHistoryError} when there is too little history before `asOf`.
   */
  trainedAt(asOf: number): Ensemble;
  /** The last scheduled fit at or before a step, each begun from the one before; null while there is too little history. */
  scheduledAt(asOf: number): Ensemble | null;
  /**
   * A forecaster of one series of the panel. The series it is given must be the panel's up to some step, for a member
   * without its spikes. Its length is the as-of time of everything else that is used.
   * @param role "alone" fits as of the last value and throws when there is too little history. "member" uses the last
   * scheduled fit, so that what a combination uses today is what it judged at past origins, and forecasts the exponential mean
   * until there is one, because a member must say something at every origin.
   */
  forecasterFor(id: string, role?: "alone" | "member"): LstmForecaster;
}

export interface GlobalLstmOptions {
  /** How networks are made: the compiled kernel or its twin unless told otherwise. */
  readonly network?: NetworkFactory;
  /** A fit from an earlier run, from which fits of their own begin; it must not be younger than they are. */
  readonly from?: Ensemble | null;
  readonly onProgress?: (line: string) => void;
}

function checkPanel({ times, series }: Panel): void {
  const ids = new Set<string>();
  const length = times?.length ?? series[0]?.values.length ?? 0;
  for (const { id, values, liquidity } of series) {
    if (ids.has(id)) throw new LstmSeriesError(id, "occurs twice");
    ids.add(id);
    if (values.length !== length) throw new LstmSeriesError(id, `has ${values.length} values for ${length} times`);
    if (liquidity !== undefined && liquidity.length !== length)
      throw new LstmSeriesError(id, `has ${liquidity.length} values of liquidity for ${length} times`);
    if (length > 0) checkSeries({ values, period: 1 }, 0);
  }
}

/** @throws {LstmSeriesError | ParameterOutOfRangeError} */
export function globalLstm(panel: Panel, config: LstmConfig, options: GlobalLstmOptions = {}): GlobalLstm {
  checkLstmConfig(config);
  checkPanel(panel);
  const { network: build = createLstm, from = null } = options;
  const prepared = panel.series.map(({ values, liquidity }): TrainingSeries => {
    // The rule for spikes looks back only, so cleaning all at once is cleaning at every origin.
    const cleaned = withoutSpikes(values).values;
    return { realized: values, values: cleaned, liquidity: liquidity ?? null, trail: trailOf(cleaned) };
  });
  const alone = new Map<number, Ensemble>();
  const scheduled = new Map<number, Ensemble | null>();
  const networks = new Map<Ensemble, readonly LstmNetwork[]>();

  const train = (asOf: number, start: Ensemble | null): Ensemble => {
    requireCount("as-of step", asOf, 1);
    // Series are cut here: what lies at or after `asOf` cannot be reached from the training.
    const cut = prepared.map((series) => ({
      ...series,
      realized: Array.from({ length: asOf }, (_, t) => series.realized[t] ?? Number.NaN),
    }));
    return trainEnsemble(cut, panel.times, asOf, config, { ...options, from: start });
  };

  function trainedAt(asOf: number): Ensemble {
    const known = alone.get(asOf);
    if (known !== undefined) return known;
    const trained = train(asOf, from !== null && from.asOf <= asOf ? from : null);
    alone.set(asOf, trained);
    return trained;
  }

  /** The last scheduled fit at or before a step, each begun from the one before; null while there is too little history. */
  function scheduledAt(asOf: number): Ensemble | null {
    const step = Math.floor(asOf / config.refitEvery) * config.refitEvery;
    if (step === 0) return null;
    const known = scheduled.get(step);
    if (known !== undefined) return known;
    let trained: Ensemble | null = null;
    try {
      trained = train(step, scheduledAt(step - 1));
    } catch (error) {
      if (!(error instanceof LstmHistoryError)) throw error;
    }
    scheduled.set(step, trained);
    return trained;
  }

  const networksOf = (ensemble: Ensemble): readonly LstmNetwork[] => {
    const known = networks.get(ensemble);
    if (known !== undefined) return known;
    const made = ensemble.members.map(({ weights }) => {
      const network = build(shapeOf(config), { batch: 1, rows: config.lookback, samples: 1 }, {});
      network.setWeights(weights);
      return network;
    });
    networks.set(ensemble, made);
    return made;
  };

  const modelOf = (
    id: string,
    position: number,
    values: ArrayLike<number>,
    ensemble: Ensemble | null,
    seen: (values: ArrayLike<number>) => ArrayLike<number>,
  ): LstmModel => {
    const cleaned = seen(values);
    const series = { values: cleaned, liquidity: prepared[position]?.liquidity ?? null, trail: trailOf(cleaned) };
    const t = values.length;
    return {
      name: ensemble === null ? "lstm (too little history: exponential mean)" : "lstm",
      ensemble,
      on: (next) => modelOf(id, position, next, ensemble, seen),
      forecast(horizon, levels = []) {
        requireCount("forecast horizon", horizon, 1);
        if (horizon > config.horizon) throw new LstmHorizonError(horizon, config.horizon);
        const heads = quantilesOf(config.levels);
        const centre = series.trail.centre[t] ?? Number.NaN;
        const spread = series.trail.spread[t] ?? Number.NaN;
        if (ensemble === null || !canBegin(series, t, config.lookback))
          return anchorOnly(horizon, centre, spread, levels, config.levels);
        const window = new Float32Array(config.lookback * INPUTS);
        writeWindow(window, 0, series, panel.times, t, config.lookback);
        const scaled = new Float64Array(shapeOf(config).outputs);
        const members = networksOf(ensemble);
        for (const network of members) {
          network.load({ rows: window, starts: Int32Array.of(0) });
          network.predict([0]).forEach((value, o) => {
            scaled[o] = (scaled[o] ?? 0) + value / members.length;
          });
        }
        return pathOf(
          scaled.map((value) => centre + spread * value),
          heads,
          horizon,
          levels,
          config,
        );
      },
    };
  };

  return {
    trainedAt,
    scheduledAt,
    forecasterFor(id, role = "alone") {
      const position = panel.series.findIndex((series) => series.id === id);
      if (position < 0) throw new LstmSeriesError(id, "is not in the panel");
      return {
        name: "lstm",
        fit(series): LstmModel {
          checkSeries(series);
          const asOf = series.values.length;
          const most = panel.series[position]?.values.length ?? 0;
          if (asOf > most) throw new LstmSeriesError(id, `has ${most} values in the panel and ${asOf} here`);
          const ensemble = role === "alone" ? trainedAt(asOf) : scheduledAt(asOf);
          // A combination removes spikes before any member sees the series; alone it happens here.
          const seen = role === "alone" ? (values: ArrayLike<number>) => withoutSpikes(values).values : asGiven;
          const model = modelOf(id, position, series.values, ensemble, seen);
          // A member moves to the next scheduled fit when its day has come, not only where the combination fits anew.
          return role === "alone" ? model : { ...model, on: (values) => this.fit({ ...series, values }) };
        },
      };
    },
  };
}

const asGiven = (values: ArrayLike<number>): ArrayLike<number> => values;

/** Bands of a level need its two heads; asking for another is an error, not an interpolation. */
function headsOfLevel(heads: readonly number[], level: number, trained: readonly number[]): readonly [number, number] {
  if (!trained.includes(level)) throw new LstmLevelError(level, trained);
  return [heads.indexOf(0.5 - level / 2), heads.indexOf(0.5 + level / 2)];
}

function anchorOnly(
  horizon: number,
  centre: number,
  spread: number,
  levels: readonly number[],
  trained: readonly number[],
): LstmForecast {
  const mean = new Float64Array(horizon).fill(centre);
  const bands = levels.map((level): Band => {
    headsOfLevel(quantilesOf(trained), level, trained);
    // Chebyshev: without a trained quantile nothing is assumed about the distribution's shape.
    const radius = spread / Math.sqrt(1 - level);
    return { level, lower: mean.map((value) => value - radius), upper: mean.map((value) => value + radius) };
  });
  return { mean, horizonMean: centre, bands, horizonQuantiles: [] };
}

/** From the outputs, in units of the series, to a path whose mean is the output for the mean over the horizon. */
function pathOf(
  outputs: Float64Array,
  heads: readonly number[],
  horizon: number,
  levels: readonly number[],
  config: LstmConfig,
): LstmForecast {
  const grid = gridOf(config.horizon);
  // Crossing quantiles are put in order (Chernozhukov, Fernandez-Val and Galichon 2010).
  const sorted = (group: number): Float64Array =>
    outputs.slice(group * heads.length, (group + 1) * heads.length).sort();
  const overall = sorted(0);
  const middle = heads.indexOf(0.5);
  const points =
    grid.length === 0 ? [{ step: 1, values: overall }] : grid.map((step, i) => ({ step, values: sorted(i + 1) }));
  /** Value of a head at a step: linear between the steps that have outputs. */
  const at = (head: number, step: number): number => {
    const next = points.findIndex((point) => point.step >= step);
    const [low, high] = [points[Math.max(0, next - 1)], points[next]];
    const [a, b] = [low?.values[head] ?? Number.NaN, high?.values[head] ?? Number.NaN];
    const width = (high?.step ?? 1) - (low?.step ?? 1);
    return width === 0 ? b : a + ((b - a) * (step - (low?.step ?? 1))) / width;
  };
  const steps = Array.from({ length: config.horizon }, (_, k) => k + 1);
  const whole = Float64Array.from(steps, (step) => at(middle, step));
  // The mean over the horizon has an output of its own, trained for just that: the path follows it.
  const shift = (overall[middle] ?? Number.NaN) - average(whole);
  const line = (head: number): Float64Array =>
    Float64Array.from(steps.slice(0, horizon), (step) => at(head, step) + shift);
  const mean = line(middle);
  return {
    mean,
    horizonMean: horizon === config.horizon ? (overall[middle] ?? Number.NaN) : average(mean),
    bands: levels.map((level) => {
      const [lower, upper] = headsOfLevel(heads, level, config.levels);
      return { level, lower: line(lower), upper: line(upper) };
    }),
    horizonQuantiles:
      horizon === config.horizon ? heads.map((level, i) => ({ level, value: overall[i] ?? Number.NaN })) : [],
  };
}

/**
 * The LSTM behind the interface of all forecasters: one global network, trained on every series of a panel, that corrects an
 * exponential mean and states quantiles around it. A fit as of step t is a function of the panel before t alone, in whatever
 * order fits are asked for: it begins from the fit at the last multiple of `refitEvery` before t, never from a later one.
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
import {
  type Ensemble,
  type NetworkFactory,
  shapeOf,
  stepsNeeded,
  type TrainingSeries,
  trainEnsemble,
} from "./train.ts";
import { canBegin, INPUTS, type Panel, trailOf, writeWindow } from "./windows.ts";

export interface LstmForecast extends PathForecast {
  /** Quantiles of the mean over the horizon: the trained levels, ascending, and the values. */
  readonly horizonQuantiles: readonly { readonly level: number; readonly value: number }[];
}

export interface LstmModel extends FittedModel {
  /** Null where there was too little history to train and the anchor alone is the forecast. */
  readonly ensemble: Ensemble | null;
  forecast(horizon: number, levels?: readonly number[]): LstmForecast;
}

export interface LstmForecaster extends Forecaster {
  fit(series: Parameters<Forecaster["fit"]>[0]): LstmModel;
}

export interface GlobalLstm {
  /** @throws {LstmHistoryError} when there is too little history before `asOf`. */
  trainedAt(asOf: number): Ensemble;
  /**
   * A forecaster of one series of the panel. The series it is given must be the panel's up to some step; it may be cleaned of
   * spikes. Its length is the as-of time of everything else that is used.
   * @param role "alone" fits as of the last value and throws when there is too little history. "member" uses the last
   * scheduled fit, so that what a combination uses today is what it judged at past origins, and forecasts the exponential mean
   * until there is one, because a member must say something at every origin.
   */
  forecasterFor(id: string, role?: "alone" | "member"): LstmForecaster;
}

export interface GlobalLstmOptions {
  /** How networks are made: the compiled kernel or its twin unless told otherwise. */
  readonly network?: NetworkFactory;
  /** A fit from an earlier run, used as the start of any fit after its own as-of step. */
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
  const fits = new Map<number, Ensemble>();
  const networks = new Map<Ensemble, readonly LstmNetwork[]>();

  /** The last scheduled fit as of a step before `end`; without one, the fit that was handed in, if it is old enough. */
  const scheduledBefore = (end: number): Ensemble | null => {
    const step = Math.floor((end - 1) / config.refitEvery) * config.refitEvery;
    const handed = from !== null && from.asOf < end ? from : null;
    if (step === 0) return handed;
    try {
      return trainedAt(step);
    } catch (error) {
      if (error instanceof LstmHistoryError) return handed;
      throw error;
    }
  };

  function trainedAt(asOf: number): Ensemble {
    requireCount("as-of step", asOf, 1);
    const known = fits.get(asOf);
    if (known !== undefined) return known;
    // Series are cut here: what lies at or after `asOf` cannot be reached from the training.
    const cut = prepared.map((series) => ({
      ...series,
      realized: Array.from({ length: asOf }, (_, t) => series.realized[t] ?? Number.NaN),
    }));
    if (asOf < stepsNeeded(config)) throw new LstmHistoryError(asOf, stepsNeeded(config), 0, 1);
    const trained = trainEnsemble(cut, panel.times, asOf, config, { ...options, from: scheduledBefore(asOf) });
    fits.set(asOf, trained);
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

  const modelOf = (id: string, position: number, values: ArrayLike<number>, ensemble: Ensemble | null): LstmModel => {
    const series = { values, liquidity: prepared[position]?.liquidity ?? null, trail: trailOf(values) };
    const t = values.length;
    return {
      name: ensemble === null ? "lstm (too little history: exponential mean)" : "lstm",
      ensemble,
      on: (next) => modelOf(id, position, next, ensemble),
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
    forecasterFor(id, role = "alone") {
      const position = panel.series.findIndex((series) => series.id === id);
      if (position < 0) throw new LstmSeriesError(id, "is not in the panel");
      return {
        name: "lstm",
        fit(series) {
          checkSeries(series);
          const asOf = series.values.length;
          const most = panel.series[position]?.values.length ?? 0;
          if (asOf > most) throw new LstmSeriesError(id, `has ${most} values in the panel and ${asOf} here`);
          const ensemble = role === "alone" ? trainedAt(asOf) : scheduledBefore(asOf + 1);
          return modelOf(id, position, series.values, ensemble);
        },
      };
    },
  };
}

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

/** forecast: features in; per strategy a mean, intervals and a path, and joint scenarios, out. */
import { availableParallelism } from "node:os";
import type { Features, ForecastSet, StrategyFeatures, StrategyForecast } from "../kernel/artifacts.ts";
import { createRng } from "../kernel/rng.ts";
import { requireFinite } from "../math/checks.ts";
import { EmptySampleError } from "../math/errors.ts";
import { type AutomaticSettings, defaultSettings } from "./automatic.ts";
import {
  type BatchAnswer,
  type BatchBand,
  type BatchRequest,
  type BatchSeries,
  forecastBatch,
  forecastSeries,
  isRefusal,
} from "./batch.ts";
import type { Member } from "./combine.ts";
import { checkForecastConfig, type ForecastConfig } from "./config.ts";
import { residualsNeeded } from "./conformal.ts";
import { ReturnImpossibleError, SeriesMisalignedError, StrategyRefusedError, TooFewOriginsError } from "./errors.ts";
import { DEFAULT_LSTM_CONFIG } from "./lstm/config.ts";
import { globalLstm } from "./lstm/forecaster.ts";
import { bootstrapScenarios } from "./scenarios.ts";

export { DEFAULT_FORECAST_CONFIG, type ForecastConfig } from "./config.ts";

function checkSeries(strategy: StrategyFeatures, days: number): void {
  for (const series of [strategy.yieldReturns, strategy.totalReturns]) {
    if (series.length !== days) throw new SeriesMisalignedError(strategy.id, days, series.length);
    requireFinite(`returns of strategy ${strategy.id}`, series);
    const impossible = series.find((value) => value <= -1);
    if (impossible !== undefined) throw new ReturnImpossibleError(strategy.id, impossible);
  }
}

/** Small enough to search at every cycle; a longer search gains nothing on yields (docs/MODELS.md). */
const STAGE_ARIMA = { maxP: 2, maxQ: 2, maxSeasonalP: 0, maxSeasonalQ: 0, maxTerms: 3, isDeep: false } as const;

const settingsOf = (config: ForecastConfig): AutomaticSettings => ({
  ...defaultSettings(1),
  firstOrigin: config.minimumTrainingDays,
  minimumOrigins: config.minimumOrigins,
  smoothing: config.smoothingFactors,
  meanWindow: config.meanDays,
  arima: STAGE_ARIMA,
  caution: config.caution,
});

/** Members from one global network over all strategies, by strategy; none where the configuration does not ask for it. */
function lstmMembers({ strategies, days, provenance }: Features, config: ForecastConfig): Map<number, Member> {
  if (config.lstm === null) return new Map();
  const series = strategies.map(({ id, yieldReturns }) => ({ id: String(id), values: yieldReturns }));
  const lstm = globalLstm(
    { times: days, series },
    {
      ...DEFAULT_LSTM_CONFIG,
      ...config.lstm,
      horizon: config.horizonDays,
      levels: config.intervalLevels,
      seed: provenance.seed,
    },
  );
  return new Map(
    strategies.map(({ id }) => [id, { forecaster: lstm.forecasterFor(String(id), "member"), sees: "cleaned" }]),
  );
}

const intervalsAt = (bands: readonly BatchBand[], step: number) =>
  bands.map(({ level, lower, upper }) => ({
    level,
    lower: lower[step] ?? Number.NaN,
    upper: upper[step] ?? Number.NaN,
  }));

function strategyForecast(
  { id, name }: StrategyFeatures,
  days: readonly number[],
  answer: BatchAnswer,
): StrategyForecast {
  if (isRefusal(answer)) throw new StrategyRefusedError(id, answer.refused.code, answer.refused.message);
  const { mae, naiveMae, origins, members } = answer;
  return {
    id,
    name,
    model: answer.model,
    meanDaily: answer.horizonMean,
    intervals: answer.horizonBands,
    path: answer.mean.map((mean, step) => ({ mean, intervals: intervalsAt(answer.bands, step) })),
    errors: [
      { model: "combination", mae, origins },
      { model: "naive", mae: naiveMae, origins },
      ...members.map((member) => ({ model: member.name, mae: member.mae, origins })),
    ],
    trainedFrom: days[0] ?? Number.NaN,
    trainedTo: days[days.length - 1] ?? Number.NaN,
  };
}

/** What must hold before any model is fitted. */
function check({ days, strategies }: Features, config: ForecastConfig): void {
  checkForecastConfig(config);
  if (strategies.length === 0) throw new EmptySampleError("set of strategies to forecast", 1, 0);
  for (const strategy of strategies) checkSeries(strategy, days.length);
  const known = Math.min(days.length, config.modelDays);
  const origins = Math.max(0, known - config.horizonDays - config.minimumTrainingDays + 1);
  const needed = Math.max(config.minimumOrigins, ...config.intervalLevels.map(residualsNeeded));
  if (origins < needed) throw new TooFewOriginsError(days.length, origins, needed);
}

const seriesOf = ({ strategies }: Features): BatchSeries[] =>
  strategies.map(({ name, yieldReturns }) => ({ name, values: yieldReturns, period: 1 }));

const requestOf = (config: ForecastConfig): BatchRequest => ({
  horizon: config.horizonDays,
  levels: config.intervalLevels,
  settings: settingsOf(config),
});

function setOf(
  { strategies, provenance }: Features,
  trained: readonly number[],
  config: ForecastConfig,
  answers: readonly BatchAnswer[],
): ForecastSet {
  const forecasts = strategies.flatMap((strategy, i) => {
    const answer = answers[i];
    return answer === undefined ? [] : [strategyForecast(strategy, trained, answer)];
  });
  return {
    provenance,
    horizonDays: config.horizonDays,
    strategies: forecasts,
    scenarios: bootstrapScenarios(
      strategies.map((strategy) => strategy.totalReturns.slice(-config.scenarioLookbackDays)),
      forecasts.map((strategy) => strategy.meanDaily),
      { count: config.scenarios, horizonDays: config.horizonDays, blockDays: config.blockDays },
      createRng(provenance.seed).fork("forecast.scenarios"),
    ),
  };
}

/** The days that models see; scenarios draw on all of them. */
function latest(features: Features, { modelDays }: ForecastConfig): Features {
  return {
    ...features,
    days: features.days.slice(-modelDays),
    strategies: features.strategies.map((s) => ({ ...s, yieldReturns: s.yieldReturns.slice(-modelDays) })),
  };
}

/**
 * Forecasts every strategy of the features in the calling thread.
 * @throws {TooFewOriginsError} when the stated intervals have too little evidence behind them.
 */
export function forecast(features: Features, config: ForecastConfig): ForecastSet {
  check(features, config);
  const seen = latest(features, config);
  const lstm = lstmMembers(seen, config);
  const request = requestOf(config);
  const answers = seriesOf(seen).map((series, i) => {
    const member = lstm.get(seen.strategies[i]?.id ?? Number.NaN);
    return forecastSeries(series, request, member === undefined ? [] : [member]);
  });
  return setOf(features, seen.days, config, answers);
}

/** Fewer are forecast before a thread has loaded its code: about half a second a thread against 45 ms a strategy. */
const FEWEST_FOR_THREADS = 40;

/**
 * The same bytes, on worker threads where there are strategies enough to pay for them. A network that all strategies share
 * stays in one thread.
 * @param threads default: one for each core from 40 strategies on, none below.
 */
export async function forecastOnThreads(
  features: Features,
  config: ForecastConfig,
  threads = features.strategies.length < FEWEST_FOR_THREADS ? 0 : availableParallelism(),
): Promise<ForecastSet> {
  if (threads === 0 || config.lstm !== null) return forecast(features, config);
  check(features, config);
  const seen = latest(features, config);
  const answers = await forecastBatch(seriesOf(seen), { ...requestOf(config), threads });
  return setOf(features, seen.days, config, answers);
}

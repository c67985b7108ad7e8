/** forecast: features in; per strategy a mean, intervals and a path, and joint scenarios, out. */
import type { Features, ForecastSet, StrategyFeatures, StrategyForecast } from "../kernel/artifacts.ts";
import { createRng } from "../kernel/rng.ts";
import { requireFinite } from "../math/checks.ts";
import { EmptySampleError } from "../math/errors.ts";
import { DEFAULT_COMBINE, membersOf } from "./automatic.ts";
import { meanForecaster, naiveForecaster } from "./baselines.ts";
import { arimaWithin } from "./classical.ts";
import { combine, type Member } from "./combine.ts";
import { checkForecastConfig, type ForecastConfig } from "./config.ts";
import { conformalBands, realizedPaths, residualsNeeded } from "./conformal.ts";
import { ReturnImpossibleError, SeriesMisalignedError, TooFewOriginsError } from "./errors.ts";
import { DEFAULT_LSTM_CONFIG } from "./lstm/config.ts";
import { globalLstm } from "./lstm/forecaster.ts";
import { bootstrapScenarios } from "./scenarios.ts";
import { thetaForecaster } from "./theta.ts";

export { DEFAULT_FORECAST_CONFIG, type ForecastConfig } from "./config.ts";

function checkSeries(strategy: StrategyFeatures, days: number): void {
  for (const series of [strategy.yieldReturns, strategy.totalReturns]) {
    if (series.length !== days) throw new SeriesMisalignedError(strategy.id, days, series.length);
    requireFinite(`returns of strategy ${strategy.id}`, series);
    const impossible = series.find((value) => value <= -1);
    if (impossible !== undefined) throw new ReturnImpossibleError(strategy.id, impossible);
  }
}

const intervals = (centre: number, radii: readonly { level: number; radius: number }[]) =>
  radii.map(({ level, radius }) => ({ level, lower: centre - radius, upper: centre + radius }));

/** Small enough to search at every cycle; a longer search gains nothing on yields (docs/MODELS.md). */
const STAGE_ARIMA = arimaWithin({ maxP: 2, maxQ: 2, maxSeasonalP: 0, maxSeasonalQ: 0, maxTerms: 3 });

const stageMembers = ({ smoothingFactors, meanDays }: ForecastConfig): Member[] =>
  membersOf(smoothingFactors, [meanForecaster(meanDays), meanForecaster(3 * meanDays), thetaForecaster, STAGE_ARIMA]);

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

function forecastOne(
  strategy: StrategyFeatures,
  days: readonly number[],
  config: ForecastConfig,
  learned: readonly Member[],
): StrategyForecast {
  const { horizonDays, minimumTrainingDays, intervalLevels } = config;
  const series = { values: strategy.yieldReturns, period: 1 };
  const combination = combine(series, naiveForecaster, [...stageMembers(config), ...learned], {
    ...DEFAULT_COMBINE,
    firstOrigin: minimumTrainingDays,
    horizon: horizonDays,
    caution: config.caution,
  });
  const { share, used, origins, residuals, members, realized } = combination;
  const bands = conformalBands(
    used,
    realizedPaths(series.values, origins, horizonDays),
    residuals,
    intervalLevels,
    "adaptive",
  );
  const known = realized.filter((value) => !Number.isNaN(value)).length;
  return {
    id: strategy.id,
    name: strategy.name,
    model: share > 0 ? "combination" : "naive",
    meanDaily: combination.mean,
    intervals: intervals(
      combination.mean,
      bands.map(({ level, horizonRadius }) => ({ level, radius: horizonRadius })),
    ),
    path: Array.from(combination.path, (mean, k) => ({
      mean,
      intervals: intervals(
        mean,
        bands.map(({ level, radii }) => ({ level, radius: radii[k] ?? Number.NaN })),
      ),
    })),
    errors: [
      { model: "combination", mae: combination.mae, origins: known },
      ...members.map(({ name, mae }) => ({ model: name, mae, origins: known })),
    ],
    trainedFrom: days[0] ?? Number.NaN,
    trainedTo: days[days.length - 1] ?? Number.NaN,
  };
}

/**
 * Forecasts every strategy of the features.
 * @throws {TooFewOriginsError} when the stated intervals have too little evidence behind them.
 */
export function forecast(features: Features, config: ForecastConfig): ForecastSet {
  checkForecastConfig(config);
  const { days, strategies, provenance } = features;
  if (strategies.length === 0) throw new EmptySampleError("set of strategies to forecast", 1, 0);
  for (const strategy of strategies) checkSeries(strategy, days.length);

  const origins = Math.max(0, days.length - config.horizonDays - config.minimumTrainingDays + 1);
  const needed = Math.max(config.minimumOrigins, ...config.intervalLevels.map(residualsNeeded));
  if (origins < needed) throw new TooFewOriginsError(days.length, origins, needed);

  const lstm = lstmMembers(features, config);
  const forecasts = strategies.map((strategy) => {
    const member = lstm.get(strategy.id);
    return forecastOne(strategy, days, config, member === undefined ? [] : [member]);
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

/** forecast: features in; per strategy a mean, intervals and a path, and joint scenarios, out. */
import type { Features, ForecastSet, StrategyFeatures, StrategyForecast } from "../kernel/artifacts.ts";
import { createRng } from "../kernel/rng.ts";
import { requireFinite } from "../math/checks.ts";
import { EmptySampleError } from "../math/errors.ts";
import { checkForecastConfig, type ForecastConfig } from "./config.ts";
import { conformalRadius, residualsNeeded } from "./conformal.ts";
import { ReturnImpossibleError, SeriesMisalignedError, TooFewOriginsError } from "./errors.ts";
import { candidateModels } from "./models.ts";
import { type RollingErrors, rollingErrors } from "./rolling.ts";
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

/** The candidate with the smallest rolling error; the first listed wins a tie, so naive needs beating. */
function choose(candidates: readonly RollingErrors[]): RollingErrors {
  const [first, ...rest] = candidates;
  if (first === undefined) throw new EmptySampleError("candidate models", 1, 0);
  return rest.reduce((best, next) => (next.mae < best.mae ? next : best), first);
}

const intervals = (centre: number, radii: readonly { level: number; radius: number }[]) =>
  radii.map(({ level, radius }) => ({ level, lower: centre - radius, upper: centre + radius }));

/** Intervals per day ahead. Sampling noise must not make a later day look surer, so widths never shrink. */
function pathOf(chosen: RollingErrors, levels: readonly number[]): StrategyForecast["path"] {
  const widest = levels.map(() => 0);
  return chosen.dayResiduals.map((residuals) => {
    const radii = levels.map((level, i) => {
      const radius = Math.max(widest[i] ?? 0, conformalRadius(residuals, level));
      widest[i] = radius;
      return { level, radius };
    });
    return { mean: chosen.level, intervals: intervals(chosen.level, radii) };
  });
}

function forecastOne(strategy: StrategyFeatures, days: readonly number[], config: ForecastConfig): StrategyForecast {
  const candidates = candidateModels(config).map((model) =>
    rollingErrors(model, strategy.yieldReturns, config.minimumTrainingDays, config.horizonDays),
  );
  const chosen = choose(candidates);
  const radii = config.intervalLevels.map((level) => ({
    level,
    radius: conformalRadius(chosen.horizonResiduals, level),
  }));
  return {
    id: strategy.id,
    name: strategy.name,
    model: chosen.model,
    meanDaily: chosen.level,
    intervals: intervals(chosen.level, radii),
    path: pathOf(chosen, config.intervalLevels),
    errors: candidates.map(({ model, mae, horizonResiduals }) => ({ model, mae, origins: horizonResiduals.length })),
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

  const forecasts = strategies.map((strategy) => forecastOne(strategy, days, config));
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

/**
 * The forecaster for a series nobody has studied: a combination of simple and fitted members with weights from its own
 * walk-forward errors, behind the naive gate, with conformal intervals.
 */
import { requireCount, requireInside } from "../math/checks.ts";
import { exponentialForecaster, meanForecaster, naiveForecaster, seasonalNaiveForecaster } from "./baselines.ts";
import { arimaForecaster, etsForecaster } from "./classical.ts";
import { type Combination, type CombineOptions, combine, type Member } from "./combine.ts";
import { type ConformalKind, conformalBands, realizedPaths, residualsNeeded } from "./conformal.ts";
import { TooFewOriginsError } from "./errors.ts";
import { checkSeries, type Forecaster, type PathForecast, type Series } from "./forecaster.ts";
import { thetaForecaster } from "./theta.ts";

export const DEFAULT_COMBINE = { refitEvery: 60, step: 1, sharpness: 4, warmUp: 10, caution: 0.3 } as const;

/** Observations before the first origin: two months of days, or three seasons. */
export const firstOriginOf = (period: number): number => Math.max(60, 3 * period);

/** Fewer origins than this say nothing about which member is better. */
const MINIMUM_ORIGINS = 20;

const SMOOTHING = [0.05, 0.1, 0.2, 0.4];

const members = (sees: Member["sees"], forecasters: readonly Forecaster[]): Member[] =>
  forecasters.map((forecaster) => ({ forecaster, sees }));

/**
 * Exponential means twice: spikes say nothing about tomorrow on most yields, and on some a jump is the new level from its first
 * day on. The weights find out which. Means and fitted models see the series without spikes.
 */
export const membersOf = (smoothing: readonly number[], calm: readonly Forecaster[]): Member[] => {
  const exponential = smoothing.map(exponentialForecaster);
  return [...members("raw", [naiveForecaster, ...exponential]), ...members("cleaned", [...exponential, ...calm])];
};

export function membersFor(period: number): Member[] {
  const fitted = [thetaForecaster, arimaForecaster];
  const calm =
    period > 1
      ? [seasonalNaiveForecaster, etsForecaster, ...fitted]
      : [meanForecaster(30), meanForecaster(90), ...fitted];
  return membersOf(SMOOTHING, calm);
}

export interface AutomaticForecast extends PathForecast {
  /** "combination", in whatever share, or "naive" when the gate stayed shut. */
  readonly model: "combination" | "naive";
  readonly combination: Combination;
  readonly horizonBands: readonly { readonly level: number; readonly lower: number; readonly upper: number }[];
}

/** Observations that the automatic forecast needs for a horizon and these levels. */
export function observationsNeeded(period: number, horizon: number, levels: readonly number[]): number {
  return firstOriginOf(period) + horizon + Math.max(MINIMUM_ORIGINS, ...levels.map(residualsNeeded)) - 1;
}

/** @throws {TooFewOriginsError} when the history cannot carry the weights and the stated intervals. */
export function automaticForecast(
  series: Series,
  horizon: number,
  levels: readonly number[],
  kind: ConformalKind = "adaptive",
  changes: Partial<CombineOptions> = {},
): AutomaticForecast {
  checkSeries(series);
  requireCount("forecast horizon", horizon, 1);
  for (const level of levels) requireInside("interval level", level, 0, 1);
  const firstOrigin = firstOriginOf(series.period);
  const needed = observationsNeeded(series.period, horizon, levels);
  if (series.values.length < needed) {
    const origins = Math.max(0, series.values.length - horizon - firstOrigin + 1);
    throw new TooFewOriginsError(series.values.length, origins, needed - horizon - firstOrigin + 1);
  }
  const options = { ...DEFAULT_COMBINE, firstOrigin, horizon, ...changes };
  const combination = combine(series, naiveForecaster, membersFor(series.period), options);
  const { share, used, origins, path, mean } = combination;
  const bands = conformalBands(
    used,
    realizedPaths(series.values, origins, horizon),
    combination.residuals,
    levels,
    kind,
  );
  return {
    model: share > 0 ? "combination" : "naive",
    combination,
    mean: path,
    horizonMean: mean,
    bands: bands.map(({ level, radii }) => ({
      level,
      lower: path.map((value, h) => value - (radii[h] ?? 0)),
      upper: path.map((value, h) => value + (radii[h] ?? 0)),
    })),
    horizonBands: bands.map(({ level, horizonRadius }) => ({
      level,
      lower: mean - horizonRadius,
      upper: mean + horizonRadius,
    })),
  };
}

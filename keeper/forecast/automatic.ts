/**
 * The forecaster for a series nobody has studied: a combination of simple and fitted members with weights from its own
 * walk-forward errors, behind the naive gate, with conformal intervals.
 */
import { requireCount, requireInside } from "../math/checks.ts";
import { MEMBER_LIMITS, type SearchLimits } from "./arima/search.ts";
import { exponentialForecaster, meanForecaster, naiveForecaster, seasonalNaiveForecaster } from "./baselines.ts";
import { arimaWithin, etsForecaster } from "./classical.ts";
import { type Combination, type CombineOptions, combine, type Member } from "./combine.ts";
import { type ConformalKind, conformalBands, realizedPaths, residualsNeeded } from "./conformal.ts";
import { TooFewOriginsError } from "./errors.ts";
import { checkSeries, type Forecaster, leadingGap, type PathForecast, type Series } from "./forecaster.ts";
import { thetaForecaster } from "./theta.ts";
import { realizedMeans } from "./walk-forward.ts";

/** What can be chosen about the combination: plain data, so that it reaches a worker thread. */
export interface AutomaticSettings {
  /** Observations before the first origin. */
  readonly firstOrigin: number;
  /** Fewer known origins than this say nothing about which member is better. */
  readonly minimumOrigins: number;
  /** Origins after which members are estimated anew. */
  readonly refitEvery: number;
  /** Smoothing factors of the exponential means that compete, each in (0, 1]. */
  readonly smoothing: readonly number[];
  /** Window of the moving mean of a series without season; another of three times it competes too. */
  readonly meanWindow: number;
  readonly arima: SearchLimits;
  /** See CombineOptions. */
  readonly temper: number;
  readonly caution: number;
  readonly intervals: ConformalKind;
}

/** A month of days, or three seasons. */
const firstOriginOf = (period: number): number => Math.max(30, 3 * period);

/** From slow to nearly the last value itself. */
export const DEFAULT_SMOOTHING: readonly number[] = [0.05, 0.1, 0.2, 0.4, 0.6, 0.8];

export const DEFAULT_EVIDENCE = {
  temper: 0.3,
  // The last value, a mean of the last days and a mean of the last months: three views of a yield, each as good as another.
  caution: 1 / 3,
} as const;

export const defaultSettings = (period: number): AutomaticSettings => ({
  firstOrigin: firstOriginOf(period),
  minimumOrigins: 20,
  refitEvery: 60,
  smoothing: DEFAULT_SMOOTHING,
  meanWindow: 30,
  arima: MEMBER_LIMITS,
  ...DEFAULT_EVIDENCE,
  intervals: "adaptive",
});

const members = (sees: Member["sees"], forecasters: readonly Forecaster[]): Member[] =>
  forecasters.map((forecaster) => ({ forecaster, sees }));

/**
 * Exponential means twice: spikes say nothing about tomorrow on most yields, and on some a jump is the new level from its first
 * day on. The weights find out which. Fitted models see the series without spikes.
 */
export function membersFor(period: number, { smoothing, meanWindow, arima }: AutomaticSettings): Member[] {
  const exponential = smoothing.map(exponentialForecaster);
  const fitted = [thetaForecaster, arimaWithin(arima)];
  if (period > 1) {
    return [
      ...members("raw", exponential),
      ...members("cleaned", [...exponential, seasonalNaiveForecaster, etsForecaster, ...fitted]),
    ];
  }
  const mean = meanForecaster(meanWindow);
  return [
    ...members("raw", [...exponential, mean]),
    ...members("cleaned", [...exponential, mean, meanForecaster(3 * meanWindow), ...fitted]),
  ];
}

export interface AutomaticForecast extends PathForecast {
  /** "combination", in whatever share, or "naive" when the gate stayed shut. */
  readonly model: "combination" | "naive";
  readonly combination: Combination;
  readonly horizonBands: readonly { readonly level: number; readonly lower: number; readonly upper: number }[];
}

const originsNeeded = (levels: readonly number[], { minimumOrigins }: AutomaticSettings): number =>
  Math.max(minimumOrigins, ...levels.map(residualsNeeded));

/** Observations that the automatic forecast needs for a horizon and these levels. */
export function observationsNeeded(
  period: number,
  horizon: number,
  levels: readonly number[],
  settings = defaultSettings(period),
): number {
  return settings.firstOrigin + horizon + originsNeeded(levels, settings) - 1;
}

/** Whether enough past errors of every step and of the horizon mean are known for the weights and the stated intervals. */
export function canVouch(
  series: Series,
  horizon: number,
  levels: readonly number[],
  settings = defaultSettings(series.period),
): boolean {
  return knownOrigins(startedAt(series).values, horizon, settings) >= originsNeeded(levels, settings);
}

/** Origins whose horizon mean is known, or fewer where a single step of it was observed after fewer of them. */
function knownOrigins(values: ArrayLike<number>, horizon: number, { firstOrigin }: AutomaticSettings): number {
  const last = values.length - horizon;
  const origins = Array.from({ length: Math.max(0, last - firstOrigin + 1) }, (_, k) => firstOrigin + k);
  const isKnown = (value: number | undefined): boolean => !Number.isNaN(value ?? Number.NaN);
  let least = realizedMeans(values, origins, horizon).filter(isKnown).length;
  let known = 0;
  // The first step after an origin goes from the first origin to the end, the last one starts a horizon later.
  for (let t = firstOrigin; t < values.length; t++) known += Number(isKnown(values[t]));
  for (let h = 0; h < horizon && least > 0; h++) {
    least = Math.min(least, known);
    known -= Number(isKnown(values[firstOrigin + h]));
  }
  return least;
}

/** The series from its first observation on: what stands before says nothing, and no origin can lie there. */
function startedAt(series: Series): Series {
  const gap = leadingGap(series.values);
  return gap === 0 ? series : { ...series, values: Array.from(series.values).slice(gap) };
}

/**
 * @param series missing values before the first observation are left out: positions in the combination count from there.
 * @param others further members, such as a network trained on more than this series.
 * @param onProgress called after each member.
 * @throws {TooFewOriginsError} when the history cannot carry the weights and the stated intervals.
 */
export function automaticForecast(
  series: Series,
  horizon: number,
  levels: readonly number[],
  settings: AutomaticSettings = defaultSettings(series.period),
  others: readonly Member[] = [],
  onProgress?: CombineOptions["onProgress"],
): AutomaticForecast {
  checkSeries(series);
  requireCount("forecast horizon", horizon, 1);
  for (const level of levels) requireInside("interval level", level, 0, 1);
  const seen = startedAt(series);
  const { values } = seen;
  const known = knownOrigins(values, horizon, settings);
  const needed = originsNeeded(levels, settings);
  if (known < needed) throw new TooFewOriginsError(values.length, known, needed);
  const combination = combine(seen, naiveForecaster, [...membersFor(series.period, settings), ...others], {
    ...settings,
    horizon,
    step: 1,
    ...(onProgress === undefined ? {} : { onProgress }),
  });
  const { share, used, origins, path, mean, residuals } = combination;
  const ahead = realizedPaths(values, origins, horizon);
  const bands = conformalBands(used, ahead, residuals, levels, settings.intervals);
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

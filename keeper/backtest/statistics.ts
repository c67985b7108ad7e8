/**
 * Figures of a series of daily simple returns: growth, risk, and how far luck alone explains them.
 * Fractions, a year of 365 days.
 */
import type { Rng } from "../kernel/rng.ts";
import { DAYS_PER_YEAR } from "../kernel/units.ts";
import { requireBetween, requireCount, requireFinite } from "../math/checks.ts";
import { normalCdf, normalQuantile } from "../math/normal.ts";
import { quantile } from "../math/quantiles.ts";
import { maximumDrawdown } from "../math/risk-measures.ts";
import { compound, mean, standardDeviation, sum } from "../math/statistics.ts";
import { dependenceOf } from "./dependence.ts";

/** A standard deviation below this, per day, is rounding, not risk. */
const RIPPLE = 1e-12;

/** Compounded growth a year. */
export const annualised = (returns: ArrayLike<number>): number =>
  Math.expm1((Math.log1p(compound(returns)) * DAYS_PER_YEAR) / returns.length);

/** Mean over standard deviation, a year's; null when there is no variation to divide by. */
export function sharpeRatio(returns: ArrayLike<number>): number | null {
  if (returns.length < 2) return null;
  const deviation = standardDeviation(returns);
  return deviation > RIPPLE ? (mean(returns) / deviation) * Math.sqrt(DAYS_PER_YEAR) : null;
}

export interface Interval {
  readonly level: number;
  readonly lower: number;
  readonly upper: number;
}

/**
 * Percentile interval of a statistic by the circular block bootstrap (Politis and Romano 1992): whole blocks of days are
 * drawn, so that what one day has to do with the next survives. Days are drawn jointly when `returns` are differences.
 */
export function blockBootstrap(
  returns: readonly number[],
  statistic: (sample: Float64Array) => number | null,
  options: { readonly draws: number; readonly blockDays: number; readonly level: number },
  rng: Rng,
): Interval | null {
  requireFinite("returns of a bootstrap", returns, 2);
  requireCount("bootstrap draws", options.draws, 20);
  requireCount("bootstrap block", options.blockDays, 1);
  requireBetween("interval level", options.level, 0.5, 0.999);
  const n = returns.length;
  const block = Math.min(options.blockDays, n);
  const sample = new Float64Array(n);
  const found: number[] = [];
  for (let draw = 0; draw < options.draws; draw++) {
    for (let filled = 0; filled < n; ) {
      const start = rng.int(n);
      for (let k = 0; k < block && filled < n; k++) sample[filled++] = returns[(start + k) % n] ?? 0;
    }
    const value = statistic(sample);
    if (value !== null) found.push(value);
  }
  // A statistic that most samples do not have (a Sharpe ratio without variation) has no interval either.
  if (found.length < options.draws / 2) return null;
  found.sort((a, b) => a - b);
  const tail = (1 - options.level) / 2;
  return { level: options.level, lower: quantile(found, tail), upper: quantile(found, 1 - tail) };
}

/** Skewness and kurtosis (3 for a normal sample) by moments. */
function shape(returns: readonly number[]): { skewness: number; kurtosis: number } {
  const centre = mean(returns);
  const power = (k: number): number => sum(returns.map((r) => (r - centre) ** k)) / returns.length;
  const variance = power(2);
  if (!(variance > 0)) return { skewness: 0, kurtosis: 3 };
  return { skewness: power(3) / variance ** 1.5, kurtosis: power(4) / variance ** 2 };
}

export interface DeflatedSharpe {
  /** Number of configurations that were tried, this one included. */
  readonly trials: number;
  /** The daily Sharpe ratio that the best of as many worthless trials would show on average. */
  readonly expectedMaximum: number;
  /** Probability that the true Sharpe ratio is above that. */
  readonly probability: number;
}

/** Fewer scored days have neither an interval nor a deflated ratio: three of the shortest blocks. */
const FEWEST_DAYS = 30;

const EULER = 0.5772156649015329;

/** Average of the greatest of `trials` Sharpe ratios without skill, whose standard deviation is `spread`. */
export function expectedMaximumSharpe(spread: number, trials: number): number {
  if (trials <= 1) return 0;
  return spread * ((1 - EULER) * normalQuantile(1 - 1 / trials) + EULER * normalQuantile(1 - 1 / (trials * Math.E)));
}

/**
 * Probability that the true Sharpe ratio is above `threshold`; both per observation.
 * Null where the moments leave no variance.
 */
export function probabilisticSharpe(
  sharpe: number,
  observations: number,
  moments: { readonly skewness: number; readonly kurtosis: number },
  threshold: number,
): number | null {
  const variance = 1 - moments.skewness * sharpe + ((moments.kurtosis - 1) / 4) * sharpe * sharpe;
  if (!(variance > 0)) return null;
  return normalCdf(((sharpe - threshold) * Math.sqrt(observations - 1)) / Math.sqrt(variance));
}

/**
 * Deflated Sharpe ratio (Bailey and Lopez de Prado 2014). Days that repeat each other are not evidence of their own: the
 * observations are divided by the inflation of the mean's variance (Lo 2002), where that is above one.
 * @param returns daily excess returns of the strategy that was chosen.
 * @param trialSharpes daily Sharpe ratios of what was tried; their spread says how far luck reaches.
 * @param untold configurations tried elsewhere, of which only the number is known.
 */
export function deflatedSharpe(
  returns: readonly number[],
  trialSharpes: readonly number[],
  untold = 0,
): DeflatedSharpe | null {
  const annual = sharpeRatio(returns);
  const trials = trialSharpes.length + untold;
  if (annual === null || trials === 0 || returns.length < FEWEST_DAYS) return null;
  const spread = trialSharpes.length > 1 ? standardDeviation(trialSharpes) : 0;
  const expectedMaximum = expectedMaximumSharpe(spread, trials);
  const daily = annual / Math.sqrt(DAYS_PER_YEAR);
  const independent = Math.max(2, returns.length / Math.max(1, dependenceOf(returns).inflation));
  const probability = probabilisticSharpe(daily, independent, shape(returns), expectedMaximum);
  return probability === null ? null : { trials, expectedMaximum, probability };
}

export interface MonthFigure {
  /** YYYY-MM. */
  readonly month: string;
  readonly days: number;
  readonly return: number;
}

/** Compounded return of each calendar month; the first and the last may be parts of one. */
export function byMonth(dates: readonly string[], returns: readonly number[]): MonthFigure[] {
  const months = new Map<string, number[]>();
  dates.forEach((date, t) => {
    const month = date.slice(0, 7);
    const list = months.get(month);
    if (list === undefined) months.set(month, [returns[t] ?? Number.NaN]);
    else list.push(returns[t] ?? Number.NaN);
  });
  return [...months].map(([month, list]) => ({ month, days: list.length, return: compound(list) }));
}

export interface Excess {
  /** Mean daily difference times 365. */
  readonly annual: number;
  readonly sharpe: number | null;
  readonly annualInterval: Interval | null;
  readonly sharpeInterval: Interval | null;
  readonly deflated: DeflatedSharpe | null;
}

export interface Figures {
  readonly days: number;
  /** Compounded growth a year, net. */
  readonly return: number;
  /** Growth over the scored days, net. */
  readonly totalReturn: number;
  readonly volatility: number;
  /** Against a riskless rate of zero: in units of the asset this says little; the excess says more. */
  readonly sharpe: number | null;
  readonly maximumDrawdown: number;
  readonly months: readonly MonthFigure[];
}

export function figuresOf(dates: readonly string[], returns: readonly number[]): Figures {
  requireFinite("scored returns", returns, 2);
  return {
    days: returns.length,
    return: annualised(returns),
    totalReturn: compound(returns),
    volatility: standardDeviation(returns) * Math.sqrt(DAYS_PER_YEAR),
    sharpe: sharpeRatio(returns),
    maximumDrawdown: maximumDrawdown(returns, "compounded"),
    months: byMonth(dates, returns),
  };
}

/** `blockDays` is the shortest block; series whose days repeat each other for longer get longer ones. */
const BOOTSTRAP = { draws: 1000, blockDays: 10, level: 0.9 } as const;

/** What a strategy earned above a benchmark, day by day on the same days. */
export function excessOf(
  returns: readonly number[],
  benchmark: readonly number[],
  trials: { readonly sharpes: readonly number[]; readonly untold: number },
  rng: Rng,
): Excess {
  const difference = returns.map((r, t) => r - (benchmark[t] ?? Number.NaN));
  const annualMean = (sample: ArrayLike<number>): number => mean(sample) * DAYS_PER_YEAR;
  const { inflation, blockDays } = dependenceOf(difference);
  // Where days take back what others gave, longer blocks narrow the interval, on the word of a few of them: not used.
  const longest = inflation > 1 ? Math.ceil(blockDays) : 0;
  const options = { ...BOOTSTRAP, blockDays: Math.max(BOOTSTRAP.blockDays, longest) };
  const interval = (statistic: (sample: Float64Array) => number | null, name: string): Interval | null =>
    difference.length < FEWEST_DAYS ? null : blockBootstrap(difference, statistic, options, rng.fork(name));
  return {
    annual: annualMean(difference),
    sharpe: sharpeRatio(difference),
    annualInterval: interval(annualMean, "annual"),
    sharpeInterval: interval(sharpeRatio, "sharpe"),
    deflated: deflatedSharpe(difference, trials.sharpes, trials.untold),
  };
}

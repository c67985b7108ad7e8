/**
 * Base fees of the next hours as quantiles. Model, in logarithms: hour-of-week pattern + level that reverts to the recent
 * mean; the spread of each horizon is what this model missed by in the past. Only hours up to the as-of hour are used.
 */
import type { GasForecast } from "../kernel/artifacts.ts";
import { HoldError } from "../kernel/errors.ts";
import { median, quantile } from "../math/quantiles.ts";

const HOUR = 3_600;
const HOURS_PER_WEEK = 168;

export interface GasForecastConfig {
  /** Hours of history the pattern is taken from. */
  readonly patternHours: number;
  /** Hours of the exponential mean that the level reverts to. */
  readonly meanHours: number;
  /** Probabilities of the quantiles, ascending. */
  readonly probabilities: readonly number[];
  /** Hours ahead. */
  readonly horizon: number;
}

export const DEFAULT_GAS_FORECAST_CONFIG: GasForecastConfig = {
  patternHours: 28 * 24,
  meanHours: 48,
  probabilities: [0.05, 0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85, 0.95],
  horizon: 24,
};

/** A forecast needs two weeks: each hour of the week seen twice. */
export const MINIMUM_GAS_HOURS = 2 * HOURS_PER_WEEK;

export class TooLittleGasHistoryError extends HoldError {
  readonly code = "GAS_HISTORY_SHORT";
  constructor(hours: number) {
    super(
      `${hours} hours of base fees were read; ${MINIMUM_GAS_HOURS} are needed for a forecast. Raise history.gasDays to 14 or more.`,
    );
  }
}

interface Split {
  /** Log effect of each hour of the week, median zero. */
  readonly pattern: readonly number[];
  /** Deseasonalised logs, oldest first. */
  readonly levels: readonly number[];
  /** Hour of the week of the last level. */
  readonly lastHour: number;
}

/** Hourly logs on a full grid; a missing hour carries its neighbours' mean level, as a gap of a feed would be bridged. */
function hourlyLogs(
  timestamps: readonly number[],
  fees: readonly number[],
  hours: number,
): { logs: number[]; last: number } {
  const last = Math.floor((timestamps[timestamps.length - 1] ?? 0) / HOUR);
  const sums = new Map<number, { sum: number; count: number }>();
  timestamps.forEach((time, i) => {
    const hour = Math.floor(time / HOUR);
    const fee = fees[i] ?? 0;
    if (hour <= last - hours || !(fee > 0)) return;
    const entry = sums.get(hour) ?? { sum: 0, count: 0 };
    sums.set(hour, { sum: entry.sum + Math.log(fee), count: entry.count + 1 });
  });
  const logs: number[] = [];
  let carried: number | null = null;
  for (let hour = last - hours + 1; hour <= last; hour++) {
    const entry = sums.get(hour);
    const value: number | null = entry ? entry.sum / entry.count : carried;
    if (value === null) continue;
    logs.push(value);
    carried = value;
  }
  return { logs, last };
}

function split(logs: readonly number[], lastHour: number): Split {
  const centre = median(logs);
  const hourAt = (index: number): number =>
    (((lastHour - (logs.length - 1 - index)) % HOURS_PER_WEEK) + HOURS_PER_WEEK) % HOURS_PER_WEEK;
  // Hour of day by many samples, hour of week by few: the first is subtracted before the second is taken.
  const byDay = Array.from({ length: 24 }, (_, h) => median(logs.filter((_, i) => hourAt(i) % 24 === h)) - centre);
  const rest = logs.map((value, i) => value - centre - (byDay[hourAt(i) % 24] ?? 0));
  const day = Array.from({ length: 7 }, (_, d) => median(rest.filter((_, i) => Math.floor(hourAt(i) / 24) === d)));
  const pattern = Array.from(
    { length: HOURS_PER_WEEK },
    (_, h) => (byDay[h % 24] ?? 0) + (day[Math.floor(h / 24)] ?? 0),
  );
  return {
    pattern,
    levels: logs.map((value, i) => value - (pattern[hourAt(i)] ?? 0)),
    lastHour: lastHour % HOURS_PER_WEEK,
  };
}

/** Exponential mean of the levels up to and including `index`. */
function means(levels: readonly number[], hours: number): number[] {
  const alpha = 2 / (hours + 1);
  let mean = levels[0] ?? 0;
  return levels.map((level) => {
    mean += alpha * (level - mean);
    return mean;
  });
}

/** Share of the distance to the mean that is left after each hour ahead: least squares over the past, one per horizon. */
function persistence(levels: readonly number[], mean: readonly number[], horizon: number): number[] {
  return Array.from({ length: horizon }, (_, k) => {
    let cross = 0;
    let own = 0;
    for (let t = 0; t + k + 1 < levels.length; t++) {
      const gap = (levels[t] ?? 0) - (mean[t] ?? 0);
      cross += gap * ((levels[t + k + 1] ?? 0) - (mean[t] ?? 0));
      own += gap * gap;
    }
    return own > 0 ? Math.min(1, Math.max(0, cross / own)) : 0;
  });
}

/**
 * @param timestamps Unix seconds, ascending; fees in wei as floats.
 * @throws {TooLittleGasHistoryError}
 */
export function forecastGas(
  timestamps: readonly number[],
  fees: readonly number[],
  config: GasForecastConfig,
): GasForecast {
  const { logs, last } = hourlyLogs(timestamps, fees, config.patternHours);
  if (logs.length < MINIMUM_GAS_HOURS) throw new TooLittleGasHistoryError(logs.length);
  const { pattern, levels, lastHour } = split(logs, last);
  const mean = means(levels, config.meanHours);
  const kept = persistence(levels, mean, config.horizon);
  const end = levels.length - 1;
  const hours = kept.map((share, k) => {
    const centre =
      (mean[end] ?? 0) +
      share * ((levels[end] ?? 0) - (mean[end] ?? 0)) +
      (pattern[(lastHour + k + 1) % HOURS_PER_WEEK] ?? 0);
    const misses: number[] = [];
    for (let t = 0; t + k + 1 <= end; t++) {
      misses.push((levels[t + k + 1] ?? 0) - (mean[t] ?? 0) - share * ((levels[t] ?? 0) - (mean[t] ?? 0)));
    }
    misses.sort((a, b) => a - b);
    return {
      timestamp: (last + k + 1) * HOUR,
      quantiles: config.probabilities.map((probability) => ({
        probability,
        fee: Math.exp(centre + quantile(misses, probability)),
      })),
    };
  });
  return { asOf: timestamps[timestamps.length - 1] ?? 0, hours };
}

/** How far neighbouring days of a series belong together: what a day more of it is worth as evidence. */
import { mean } from "../math/statistics.ts";

export interface Dependence {
  /** Block length at which a circular block bootstrap of the mean is most accurate, days, not rounded. */
  readonly blockDays: number;
  /** Variance of the mean over what independent days would give it; below one where days take back what others gave. */
  readonly inflation: number;
}

/** Of the threshold 2 sqrt(log10 n / n) below which an autocorrelation counts as none; Politis and White's own value. */
const SIGNIFICANT = 2;

const flatTop = (share: number): number => (share <= 0.5 ? 1 : Math.max(0, 2 * (1 - share)));

/**
 * Automatic block length and long-run variance (Politis and White 2004, corrected by Patton, Politis and White 2009): the
 * autocovariances up to twice the last lag that shows one, under a flat-top window.
 * A series without variation has none to measure: no inflation, blocks of one day.
 */
export function dependenceOf(series: readonly number[]): Dependence {
  const n = series.length;
  const centre = mean(series);
  const covariance = (lag: number): number => {
    let total = 0;
    for (let t = lag; t < n; t++) total += ((series[t] ?? 0) - centre) * ((series[t - lag] ?? 0) - centre);
    return total / n;
  };
  const variance = covariance(0);
  if (!(n > 2 && variance > 0)) return { blockDays: 1, inflation: 1 };
  const run = Math.max(5, Math.ceil(Math.log10(n)));
  const farthest = Math.min(n - 1, Math.ceil(Math.sqrt(n)) + run);
  const covariances = Array.from({ length: farthest + 1 }, (_, lag) => (lag === 0 ? variance : covariance(lag)));
  const threshold = SIGNIFICANT * Math.sqrt(Math.log10(n) / n) * variance;
  const isQuiet = (lag: number): boolean => Math.abs(covariances[lag] ?? 0) < threshold;
  // The last lag before a run of insignificant ones; where no such run comes, as far as the series can be asked.
  let last = 0;
  while (last + run <= farthest && !Array.from({ length: run }, (_, k) => last + 1 + k).every(isQuiet)) last++;
  const width = Math.min(farthest, Math.max(1, 2 * last));
  let longRun = variance;
  let slope = 0;
  for (let lag = 1; lag <= width; lag++) {
    const part = 2 * flatTop(lag / width) * (covariances[lag] ?? 0);
    longRun += part;
    slope += lag * part;
  }
  const most = Math.ceil(Math.min(3 * Math.sqrt(n), n / 3));
  // A window can leave a variance that is none; then nothing is known but that the days are no evidence of their own.
  if (!(longRun > 0)) return { blockDays: most, inflation: 1 };
  const length = Math.cbrt((1.5 * slope * slope * n) / (longRun * longRun));
  return { blockDays: Math.min(most, Math.max(1, length)), inflation: longRun / variance };
}

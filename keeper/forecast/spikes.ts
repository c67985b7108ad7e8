/**
 * One-day spikes: a value far from the days before it, by the series' own habit. The rule looks back only, so cleaning a
 * prefix and taking a prefix of the cleaned series are the same, and walk-forward tests stay honest.
 */

/** Days whose median a value is compared with. */
const LEVEL_DAYS = 7;
/** Days whose deviations say what is usual. */
const SCALE_DAYS = 90;
const FEWEST_DEVIATIONS = 20;
/** Robust standard deviations; a Gaussian random walk never gets there. */
const THRESHOLD = 5;
/** A move that lasts longer than this is a new level, not a spike. */
const LONGEST_SPIKE = 2;

function medianOf(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  const high = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? high : ((sorted[middle - 1] ?? Number.NaN) + high) / 2;
}

export interface Cleaned {
  /** Spikes replaced by the median of the days before; missing values stay missing. */
  readonly values: Float64Array;
  readonly spikes: readonly number[];
  /** Where a move had outlasted a spike, so that a new level holds. */
  readonly levels: readonly number[];
}

export function withoutSpikes(series: ArrayLike<number>): Cleaned {
  const values = Float64Array.from(series);
  const spikes: number[] = [];
  const levels: number[] = [];
  const recent: number[] = [];
  const deviations: number[] = [];
  let run = 0;
  for (let t = 0; t < values.length; t++) {
    const value = values[t] ?? Number.NaN;
    if (Number.isNaN(value)) continue;
    const level = recent.length > 0 ? medianOf(recent) : value;
    const deviation = Math.abs(value - level);
    // 1.4826 makes a median absolute deviation a standard deviation for normal data.
    const scale = deviations.length >= FEWEST_DEVIATIONS ? 1.4826 * medianOf(deviations) : Number.POSITIVE_INFINITY;
    const spike = scale > 0 && deviation > THRESHOLD * scale && run < LONGEST_SPIKE;
    // A move that outlasts a spike is the new level: what came before no longer says where the series is.
    if (!spike && run >= LONGEST_SPIKE && deviation > THRESHOLD * scale) {
      recent.length = 0;
      levels.push(t);
    }
    run = spike ? run + 1 : 0;
    if (spike) {
      spikes.push(t);
      values[t] = level;
    } else {
      recent.push(value);
      if (recent.length > LEVEL_DAYS) recent.shift();
    }
    deviations.push(deviation);
    if (deviations.length > SCALE_DAYS) deviations.shift();
  }
  return { values, spikes, levels };
}

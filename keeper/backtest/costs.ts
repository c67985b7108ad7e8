/** What a move costs in a backtest: a linear fee, price impact that grows with the size, gas. */
import { requireBetween } from "../math/checks.ts";
import { median } from "../math/statistics.ts";

/** Impact of selling `size` (asset units), fraction; ascending in size. */
export interface ImpactPoint {
  readonly size: number;
  readonly impact: number;
}

export interface CostModel {
  /** One-way, fraction, by venue. */
  readonly linear: readonly number[];
  /** Empty: no impact beyond the linear cost. */
  readonly curve: readonly ImpactPoint[];
  /** Gas of an execution and of each leg, asset units, by day of the panel; empty: not charged. */
  readonly gas: readonly { readonly fixed: number; readonly leg: number }[];
}

/** Linear in the size between points, proportional to it below the first and above the last: a size nobody quoted is not cheaper. */
export function impactAt(curve: readonly ImpactPoint[], size: number): number {
  const [first] = curve;
  if (first === undefined || size <= 0) return 0;
  if (size <= first.size) return (first.impact * size) / first.size;
  for (let k = 1; k < curve.length; k++) {
    const low = curve[k - 1];
    const high = curve[k];
    if (low === undefined || high === undefined || size > high.size) continue;
    return low.impact + ((high.impact - low.impact) * (size - low.size)) / (high.size - low.size);
  }
  const last = curve[curve.length - 1] ?? first;
  return Math.min(1, (last.impact * size) / last.size);
}

/** Fraction of a move of `move` x NAV that is lost, one way. */
export function costRate(model: CostModel, venue: number, move: number, nav: number): number {
  return (model.linear[venue] ?? 0) + impactAt(model.curve, Math.abs(move) * nav);
}

const FEWEST_QUOTES = 5;

/**
 * A curve from quotes: median impact by powers of two of the size, made non-decreasing.
 * Sizes with fewer than five quotes say nothing.
 */
export function curveOfQuotes(quotes: readonly { readonly size: number; readonly impact: number }[]): ImpactPoint[] {
  const buckets = new Map<number, number[]>();
  for (const { size, impact } of quotes) {
    if (!(size > 0)) continue;
    requireBetween("price impact of a quote", impact, -1, 1);
    const bucket = Math.floor(Math.log2(size));
    buckets.set(bucket, [...(buckets.get(bucket) ?? []), Math.max(0, impact)]);
  }
  let most = 0;
  return [...buckets]
    .filter(([, impacts]) => impacts.length >= FEWEST_QUOTES)
    .sort(([a], [b]) => a - b)
    .map(([bucket, impacts]) => {
      most = Math.max(most, median(impacts));
      return { size: 2 ** (bucket + 0.5), impact: most };
    });
}

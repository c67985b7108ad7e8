/** How often to difference: the rules of R's forecast 8.20, so that criteria of the two searches can be compared. */
import { seasonalStrength } from "../../math/stl.ts";
import { difference, plainOrder } from "./order.ts";
import { interpolate } from "./problem.ts";

/** 5 % critical value of the KPSS level test. */
const KPSS_CRITICAL = 0.463;
/** Seasonal strength above which a seasonal difference is taken. */
const SEASONAL_STRENGTH = 0.64;
const MAX_D = 2;

/** KPSS statistic for stationarity around a level, Bartlett window of trunc(3 sqrt(n) / 13) lags. */
export function kpss(y: Float64Array): number {
  const n = y.length;
  const lags = Math.trunc((3 * Math.sqrt(n)) / 13);
  let centre = 0;
  for (const value of y) centre += value / n;
  const e = y.map((value) => value - centre);
  let partial = 0;
  let squares = 0;
  let longRun = 0;
  for (const value of e) {
    partial += value;
    squares += partial * partial;
    longRun += value * value;
  }
  for (let k = 1; k <= lags; k++) {
    let product = 0;
    for (let t = k; t < n; t++) product += (e[t] ?? 0) * (e[t - k] ?? 0);
    longRun += 2 * (1 - k / (lags + 1)) * product;
  }
  return longRun > 0 ? squares / (n * longRun) : 0;
}

export function isConstant(y: Float64Array): boolean {
  const observed = y.filter((value) => !Number.isNaN(value));
  const [first = 0] = observed;
  let low = first;
  let high = first;
  for (const value of observed) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  // Differences of rounded numbers leave rounding noise behind; it is not variation.
  return high - low <= 1e-12 * Math.max(Math.abs(high), Math.abs(low));
}

const withoutMissing = (y: Float64Array): Float64Array => y.filter((value) => !Number.isNaN(value));

/** Ordinary differences until the KPSS test at 5 % no longer rejects, at most two. */
export function ordinaryDifferences(series: Float64Array, max = MAX_D): number {
  let y = withoutMissing(series);
  let d = 0;
  while (d < max && y.length > 2 && !isConstant(y) && kpss(y) > KPSS_CRITICAL) {
    d++;
    y = difference(y, plainOrder(0, 1, 0));
    if (isConstant(y)) break;
  }
  return d;
}

/** One seasonal difference when the season is strong and at least two periods are there. */
export function seasonalDifferences(series: ArrayLike<number>, m: number): number {
  const y = interpolate(series);
  if (m <= 1 || y.length < 2 * m || isConstant(y)) return 0;
  return seasonalStrength(y, m) > SEASONAL_STRENGTH ? 1 : 0;
}

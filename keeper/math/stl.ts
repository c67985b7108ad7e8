/** Seasonal-trend decomposition by loess (Cleveland, Cleveland, McRae and Terpenning 1990), without robustness weights. */

/** Loess of degree 1 of y at the points at.. of a unit grid, window of `width` points, tricube weights. */
function loess(y: Float64Array, width: number, from: number, to: number): Float64Array {
  const n = y.length;
  const out = new Float64Array(to - from + 1);
  const q = Math.min(width, n);
  for (let at = from; at <= to; at++) {
    let left = Math.max(0, Math.min(n - q, at - Math.floor((q - 1) / 2)));
    if (at < 0) left = 0;
    const right = left + q - 1;
    // STL widens the bandwidth of a window longer than the series.
    let h = Math.max(at - left, right - at);
    if (width > n) h += Math.floor((width - n) / 2);
    let total = 0;
    const weights = new Float64Array(q);
    for (let j = 0; j < q; j++) {
      const r = Math.abs(left + j - at);
      if (r <= 0.999 * h) {
        const weight = r <= 0.001 * h ? 1 : (1 - (r / h) ** 3) ** 3;
        weights[j] = weight;
        total += weight;
      }
    }
    if (!(total > 0)) {
      out[at - from] = y[Math.max(0, Math.min(n - 1, at))] ?? 0;
      continue;
    }
    let centre = 0;
    for (let j = 0; j < q; j++) centre += ((weights[j] ?? 0) / total) * (left + j);
    let spread = 0;
    for (let j = 0; j < q; j++) spread += ((weights[j] ?? 0) / total) * (left + j - centre) ** 2;
    const slope = Math.sqrt(spread) > 0.001 * (n - 1) ? (at - centre) / spread : 0;
    let value = 0;
    for (let j = 0; j < q; j++)
      value += ((weights[j] ?? 0) / total) * (1 + slope * (left + j - centre)) * (y[left + j] ?? 0);
    out[at - from] = value;
  }
  return out;
}

function movingAverage(y: Float64Array, width: number): Float64Array {
  const out = new Float64Array(Math.max(0, y.length - width + 1));
  let total = 0;
  for (let t = 0; t < y.length; t++) {
    total += y[t] ?? 0;
    if (t >= width) total -= y[t - width] ?? 0;
    if (t >= width - 1) out[t - width + 1] = total / width;
  }
  return out;
}

const nextOdd = (x: number): number => {
  const whole = Math.ceil(x);
  return whole % 2 === 0 ? whole + 1 : whole;
};

export interface Decomposition {
  readonly seasonal: Float64Array;
  readonly trend: Float64Array;
  readonly remainder: Float64Array;
}

/** @param y complete, at least two periods long. */
export function stl(y: Float64Array, period: number, seasonalWidth = 11, passes = 2): Decomposition {
  const n = y.length;
  const trendWidth = nextOdd((1.5 * period) / (1 - 1.5 / seasonalWidth));
  const lowWidth = nextOdd(period);
  let trend: Float64Array = new Float64Array(n);
  let seasonal: Float64Array = new Float64Array(n);
  for (let pass = 0; pass < passes; pass++) {
    // Each cycle-subseries is smoothed and extended by one period at both ends.
    const extended = new Float64Array(n + 2 * period);
    for (let phase = 0; phase < period; phase++) {
      const count = Math.floor((n - 1 - phase) / period) + 1;
      const sub = Float64Array.from(
        { length: count },
        (_, k) => (y[phase + k * period] ?? 0) - (trend[phase + k * period] ?? 0),
      );
      const smooth = loess(sub, seasonalWidth, -1, count);
      for (let k = 0; k < smooth.length; k++) extended[phase + k * period] = smooth[k] ?? 0;
    }
    const low = loess(movingAverage(movingAverage(movingAverage(extended, period), period), 3), lowWidth, 0, n - 1);
    seasonal = Float64Array.from({ length: n }, (_, t) => (extended[t + period] ?? 0) - (low[t] ?? 0));
    trend = loess(
      y.map((value, t) => value - (seasonal[t] ?? 0)),
      trendWidth,
      0,
      n - 1,
    );
  }
  return { seasonal, trend, remainder: y.map((value, t) => value - (seasonal[t] ?? 0) - (trend[t] ?? 0)) };
}

function variance(values: Float64Array): number {
  let centre = 0;
  for (const value of values) centre += value / values.length;
  let total = 0;
  for (const value of values) total += (value - centre) ** 2;
  return total / Math.max(1, values.length - 1);
}

/** Wang, Smith and Hyndman's strength of seasonality: 1 - var(remainder) / var(remainder + seasonal), at least 0. */
export function seasonalStrength(y: Float64Array, period: number): number {
  const { seasonal, remainder } = stl(y, period);
  const both = variance(remainder.map((value, t) => value + (seasonal[t] ?? 0)));
  return both > 0 ? Math.max(0, Math.min(1, 1 - variance(remainder) / both)) : 0;
}

/**
 * The exact Gaussian likelihood of a complete series under an ARMA model, evaluated thousands of times by an order search: every
 * buffer is kept between evaluations, because allocating them costs as much as the arithmetic of a short series.
 */
import type { Arma } from "./arma.ts";
import { DimensionMismatchError } from "./errors.ts";

/** The gain counts as steady when what is left could not move the innovation variance by more than this share. */
const STEADY = 1e-12;

/** Non-zero lags of a polynomial: seasonal ones are mostly zeros, and the likelihood's cost is in these loops. */
export class Taps {
  readonly lags: Int32Array;
  readonly values: Float64Array;
  count = 0;
  constructor(length: number) {
    this.lags = new Int32Array(length);
    this.values = new Float64Array(length);
  }
  read(coefficients: Float64Array): void {
    this.count = 0;
    for (let i = 0; i < coefficients.length; i++) {
      const value = coefficients[i] ?? 0;
      if (value === 0) continue;
      this.lags[this.count] = i + 1;
      this.values[this.count++] = value;
    }
  }
}

/**
 * Covariances of the state of Harvey's ARMA form with y_t, unit innovations: the first column of the stationary state
 * covariance, for polynomials of fixed lengths.
 */
export class StationaryColumn {
  readonly #p: number;
  readonly #q: number;
  readonly size: number;
  readonly ar: Taps;
  readonly ma: Taps;
  readonly #partial: Float64Array;
  readonly #before: Float64Array;
  readonly #predictor: Float64Array;
  /** Autocovariances of the AR part alone, then of the process, and psi weights. */
  readonly #u: Float64Array;
  readonly #gamma: Float64Array;
  readonly #psi: Float64Array;
  readonly #column: Float64Array;

  /** @param p, q lengths of the polynomials beyond their leading 1. */
  constructor(p: number, q: number) {
    this.#p = p;
    this.#q = q;
    const r = Math.max(p, q + 1);
    this.size = r;
    this.ar = new Taps(p);
    this.ma = new Taps(q);
    this.#partial = new Float64Array(p);
    this.#before = new Float64Array(p);
    this.#predictor = new Float64Array(p);
    this.#u = new Float64Array(r + q + 1);
    this.#gamma = new Float64Array(r + 1);
    this.#psi = new Float64Array(r);
    this.#column = new Float64Array(r);
  }

  /** Schur-Cohn: partial autocorrelations of phi; false when the process is not stationary. */
  #toPartial(phi: Float64Array): boolean {
    const partial = this.#partial;
    const next = this.#before;
    partial.set(phi);
    for (let k = this.#p - 1; k >= 0; k--) {
      const a = partial[k] ?? 0;
      if (!(Math.abs(a) < 1)) return false;
      const scale = 1 / (1 - a * a);
      for (let j = 0; j < k; j++) next[j] = ((partial[j] ?? 0) + a * (partial[k - 1 - j] ?? 0)) * scale;
      for (let j = 0; j < k; j++) partial[j] = next[j] ?? 0;
    }
    return true;
  }

  #arAutocovariances(): void {
    const u = this.#u;
    const partial = this.#partial;
    const coefficients = this.#predictor;
    const before = this.#before;
    const lags = u.length - 1;
    let residual = 1;
    for (let k = 0; k < this.#p; k++) residual /= 1 - (partial[k] ?? 0) ** 2;
    u[0] = residual;
    // Levinson: the order-k predictor gives the k-th autocovariance from those before it.
    for (let k = 1; k <= this.#p && k <= lags; k++) {
      const a = partial[k - 1] ?? 0;
      let value = a * residual;
      for (let j = 0; j < k - 1; j++) value += (coefficients[j] ?? 0) * (u[k - 1 - j] ?? 0);
      u[k] = value;
      for (let j = 0; j < k - 1; j++) before[j] = coefficients[j] ?? 0;
      coefficients[k - 1] = a;
      for (let j = 0; j < k - 1; j++) coefficients[j] = (before[j] ?? 0) - a * (before[k - 2 - j] ?? 0);
      residual *= 1 - a * a;
    }
    const { lags: at, values, count } = this.ar;
    for (let k = this.#p + 1; k <= lags; k++) {
      let value = 0;
      for (let i = 0; i < count; i++) value += (values[i] ?? 0) * (u[k - (at[i] ?? 0)] ?? 0);
      u[k] = value;
    }
  }

  /** The column, in a buffer that the next call overwrites; null when the process is not stationary. */
  at(phi: Float64Array, theta: Float64Array): Float64Array | null {
    if (phi.length !== this.#p) throw new DimensionMismatchError("AR polynomial", this.#p, phi.length);
    if (theta.length !== this.#q) throw new DimensionMismatchError("MA polynomial", this.#q, theta.length);
    if (!this.#toPartial(phi)) return null;
    const { ar, ma, size: r } = this;
    ar.read(phi);
    ma.read(theta);
    this.#arAutocovariances();
    const u = this.#u;
    const gamma = this.#gamma;
    // Autocorrelation of the MA polynomial, then gamma_y(k) = sum_d R(d) gamma_u(|k - d|).
    gamma.fill(0);
    for (let a = -1; a < ma.count; a++) {
      const lagA = a < 0 ? 0 : (ma.lags[a] ?? 0);
      const weightA = a < 0 ? 1 : (ma.values[a] ?? 0);
      for (let b = -1; b < ma.count; b++) {
        const d = lagA - (b < 0 ? 0 : (ma.lags[b] ?? 0));
        const product = weightA * (b < 0 ? 1 : (ma.values[b] ?? 0));
        for (let k = 0; k <= r; k++) gamma[k] = (gamma[k] ?? 0) + product * (u[k < d ? d - k : k - d] ?? 0);
      }
    }
    const psi = this.#psi;
    for (let j = 0; j < r; j++) {
      let value = j === 0 ? 1 : j <= this.#q ? (theta[j - 1] ?? 0) : 0;
      for (let i = 0; i < ar.count; i++) {
        const lag = ar.lags[i] ?? 0;
        if (lag > j) break;
        value += (ar.values[i] ?? 0) * (psi[j - lag] ?? 0);
      }
      psi[j] = value;
    }
    const column = this.#column;
    for (let i = 0; i < r; i++) {
      let value = i === 0 ? 1 : 0;
      for (let k = 0; k < ar.count; k++) {
        const lag = ar.lags[k] ?? 0;
        if (lag > i) value += (ar.values[k] ?? 0) * (gamma[lag - i] ?? 0);
      }
      for (let k = 0; k < ma.count; k++) {
        const lag = ma.lags[k] ?? 0;
        if (lag >= i) value += (ma.values[k] ?? 0) * (psi[lag - i] ?? 0);
      }
      column[i] = value;
    }
    return column;
  }
}

/** First column of the stationary state covariance; null when the process is not stationary. */
export const stateCovarianceColumn = ({ phi, theta }: Arma): Float64Array | null =>
  new StationaryColumn(phi.length, theta.length).at(phi, theta);

/**
 * Standardized innovations v_t / sqrt(F_t) of several series under one complete-data ARMA model, by the Chandrasekhar
 * recursions (Morf, Sidhu and Kailath 1974): O(r) per step, and O(non-zero coefficients) once the gain is steady. The series
 * share the gains, so that regression coefficients can be concentrated out exactly.
 */
export class Innovations {
  readonly #column: StationaryColumn;
  readonly #n: number;
  readonly #gain: Float64Array;
  readonly #w: Float64Array;
  readonly #coefficients: Float64Array;
  readonly #states: Float64Array;

  /**
   * @param p, q lengths of the polynomials beyond their leading 1.
   * @param n length of each series.
   * @param series how many there are.
   */
  constructor(p: number, q: number, n: number, series: number) {
    this.#column = new StationaryColumn(p, q);
    const r = this.#column.size;
    this.#n = n;
    this.#gain = new Float64Array(r);
    this.#w = new Float64Array(r);
    this.#coefficients = new Float64Array(r);
    this.#states = new Float64Array(series * r);
  }

  /**
   * @param series the series one after the other.
   * @param out written in the same layout.
   * @returns sum of log F_t, or NaN when the model is not stationary.
   */
  standardize(phi: Float64Array, theta: Float64Array, series: Float64Array, out: Float64Array): number {
    const n = this.#n;
    if (out.length < series.length) throw new DimensionMismatchError("innovation buffer", series.length, out.length);
    const column = this.#column.at(phi, theta);
    if (column === null) return Number.NaN;
    const r = column.length;
    const last = r - 1;
    const gain = this.#gain;
    const w = this.#w;
    const coefficients = this.#coefficients;
    const states = this.#states;
    let f = column[0] ?? Number.NaN;
    coefficients.set(phi);
    for (let i = 0; i < r; i++) {
      const g = (coefficients[i] ?? 0) * f + (i < last ? (column[i + 1] ?? 0) : 0);
      gain[i] = g;
      w[i] = g;
    }
    states.fill(0);
    let m = -1 / f;
    let logs = 0;
    // The product of the variances is logged now and then: a logarithm per step would cost as much as the step.
    let product = 1;
    let steadySteps = -1;
    let t = 0;
    for (; t < n; t++) {
      const root = Math.sqrt(f);
      product *= f;
      if (product > 1e100 || product < 1e-100) {
        logs += Math.log(product);
        product = 1;
      }
      for (let at = t, s = 0; at < series.length; at += n, s += r) {
        const first = states[s] ?? 0;
        const v = (series[at] ?? 0) - first;
        out[at] = v / root;
        const push = v / f;
        for (let i = 0; i < last; i++) {
          states[s + i] = (states[s + i + 1] ?? 0) + (coefficients[i] ?? 0) * first + (gain[i] ?? 0) * push;
        }
        states[s + last] = (coefficients[last] ?? 0) * first + (gain[last] ?? 0) * push;
      }
      if (steadySteps >= 0) {
        // The state forgets the unsteady past after r steps; then the plain recursion is exact.
        if (++steadySteps > r) {
          t++;
          break;
        }
        continue;
      }
      const w0 = w[0] ?? 0;
      const mw = m * w0;
      const next = f + mw * w0;
      m *= 1 + (mw * w0) / f;
      f = next;
      const inverse = w0 / f;
      let largest = 0;
      for (let i = 0; i < last; i++) {
        const moved = (coefficients[i] ?? 0) * w0 + (w[i + 1] ?? 0);
        const g = (gain[i] ?? 0) + moved * mw;
        gain[i] = g;
        const rest = moved - g * inverse;
        w[i] = rest;
        const size = rest * rest;
        if (size > largest) largest = size;
      }
      const moved = (coefficients[last] ?? 0) * w0;
      const g = (gain[last] ?? 0) + moved * mw;
      gain[last] = g;
      const rest = moved - g * inverse;
      w[last] = rest;
      if (rest * rest > largest) largest = rest * rest;
      if (largest * -m < STEADY * f) steadySteps = 0;
    }
    logs += Math.log(product);
    if (t < n) {
      const root = 1 / Math.sqrt(f);
      logs += (n - t) * Math.log(f);
      for (let base = 0; base < series.length; base += n) this.#steady(series, out, base + t, base + n, root);
    }
    return logs;
  }

  /** The plain recursion from `from` to `to`, with a constant innovation variance of 1 / scale^2. */
  #steady(series: Float64Array, out: Float64Array, from: number, to: number, scale: number): void {
    const { ar, ma } = this.#column;
    for (let k = from; k < to; k++) out[k] = (series[k] ?? 0) * scale;
    for (let i = 0; i < ar.count; i++) {
      const lag = ar.lags[i] ?? 0;
      const value = (ar.values[i] ?? 0) * scale;
      for (let k = from; k < to; k++) out[k] = (out[k] ?? 0) - value * (series[k - lag] ?? 0);
    }
    recurse(ma, out, from, to);
  }
}

/** out_k -= sum of taps times earlier out: dense short polynomials, the usual ones, keep their past in registers. */
export function recurse({ lags, values, count }: Taps, out: Float64Array, from: number, to: number): void {
  if (count === 0) return;
  if (lags[count - 1] === count && count <= 3) {
    const a = values[0] ?? 0;
    const b = count > 1 ? (values[1] ?? 0) : 0;
    const c = count > 2 ? (values[2] ?? 0) : 0;
    let one = from >= 1 ? (out[from - 1] ?? 0) : 0;
    let two = from >= 2 ? (out[from - 2] ?? 0) : 0;
    let three = from >= 3 ? (out[from - 3] ?? 0) : 0;
    for (let k = from; k < to; k++) {
      const value = (out[k] ?? 0) - c * three - b * two - a * one;
      out[k] = value;
      three = two;
      two = one;
      one = value;
    }
    return;
  }
  for (let k = from; k < to; k++) {
    let value = out[k] ?? 0;
    for (let i = 0; i < count; i++) {
      const lag = lags[i] ?? 0;
      if (lag > k) break;
      value -= (values[i] ?? 0) * (out[k - lag] ?? 0);
    }
    out[k] = value;
  }
}

/** One evaluation for callers that need no second. See Innovations. */
export function standardizedInnovations(model: Arma, series: Float64Array, n: number, out: Float64Array): number {
  const { phi, theta } = model;
  return new Innovations(phi.length, theta.length, n, series.length / n).standardize(phi, theta, series, out);
}

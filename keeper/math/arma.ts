/**
 * ARMA processes phi(B) y = theta(B) e with unit innovation variance: polynomials, autocovariances, and the exact
 * Gaussian likelihood. phi holds phi_1.. of 1 - phi_1 B - ..., theta holds theta_1.. of 1 + theta_1 B + ...
 */
import { DimensionMismatchError } from "./errors.ts";

export interface Arma {
  readonly phi: Float64Array;
  readonly theta: Float64Array;
}

/**
 * AR coefficients from partial autocorrelations in (-1, 1) by the Durbin-Levinson recursion: a bijection onto the
 * stationary region (Barndorff-Nielsen and Schou 1973).
 */
export function partialToAr(partial: ArrayLike<number>): Float64Array {
  const p = partial.length;
  const phi = new Float64Array(p);
  const before = new Float64Array(p);
  for (let k = 0; k < p; k++) {
    const a = partial[k] ?? 0;
    before.set(phi);
    phi[k] = a;
    for (let j = 0; j < k; j++) phi[j] = (before[j] ?? 0) - a * (before[k - 1 - j] ?? 0);
  }
  return phi;
}

/** Inverse of partialToAr; null when the polynomial is not stationary (Schur-Cohn). */
export function arToPartial(phi: ArrayLike<number>): Float64Array | null {
  const p = phi.length;
  const partial = Float64Array.from(phi);
  const next = new Float64Array(p);
  for (let k = p - 1; k >= 0; k--) {
    const a = partial[k] ?? 0;
    if (!(Math.abs(a) < 1)) return null;
    const scale = 1 - a * a;
    for (let j = 0; j < k; j++) next[j] = ((partial[j] ?? 0) + a * (partial[k - 1 - j] ?? 0)) / scale;
    for (let j = 0; j < k; j++) partial[j] = next[j] ?? 0;
  }
  return partial;
}

/** True when every root of 1 - phi_1 z - ... lies outside the circle of this radius. */
export const rootsBeyond = (phi: ArrayLike<number>, radius: number): boolean =>
  arToPartial(Float64Array.from(phi, (c, i) => c * radius ** (i + 1))) !== null;

/** Coefficients beyond the leading 1 of (1 + s a(B)) (1 + s A(B^m)); s = -1 for AR, +1 for MA. */
export function seasonalProduct(
  plain: ArrayLike<number>,
  seasonal: ArrayLike<number>,
  period: number,
  sign: 1 | -1,
): Float64Array {
  const out = new Float64Array(plain.length + seasonal.length * period);
  for (let i = 0; i < plain.length; i++) out[i] = plain[i] ?? 0;
  for (let k = 0; k < seasonal.length; k++) {
    const c = seasonal[k] ?? 0;
    const at = (k + 1) * period;
    out[at - 1] = (out[at - 1] ?? 0) + c;
    for (let i = 0; i < plain.length; i++) out[at + i] = (out[at + i] ?? 0) + sign * c * (plain[i] ?? 0);
  }
  return out;
}

/** Non-zero entries: seasonal polynomials are mostly zeros, and the likelihood's cost is in these loops. */
function sparse(coefficients: Float64Array): { lags: Int32Array; values: Float64Array } {
  let count = 0;
  for (let i = 0; i < coefficients.length; i++) if (coefficients[i] !== 0) count++;
  const lags = new Int32Array(count);
  const values = new Float64Array(count);
  count = 0;
  for (let i = 0; i < coefficients.length; i++) {
    const value = coefficients[i] ?? 0;
    if (value === 0) continue;
    lags[count] = i;
    values[count++] = value;
  }
  return { lags, values };
}

/** psi weights: y_t = sum psi_j e_{t-j}, psi_0 = 1. */
export function psiWeights({ phi, theta }: Arma, count: number): Float64Array {
  const psi = new Float64Array(count);
  const ar = sparse(phi);
  for (let j = 0; j < count; j++) {
    let value = j === 0 ? 1 : (theta[j - 1] ?? 0);
    for (let i = 0; i < ar.lags.length; i++) {
      const lag = (ar.lags[i] ?? 0) + 1;
      if (lag > j) break;
      value += (ar.values[i] ?? 0) * (psi[j - lag] ?? 0);
    }
    psi[j] = value;
  }
  return psi;
}

/** Autocovariances 0..lags of the AR part alone, unit innovations; null when it is not stationary. */
function arAutocovariance(phi: Float64Array, lags: number): Float64Array | null {
  const partial = arToPartial(phi);
  if (partial === null) return null;
  const gamma = new Float64Array(lags + 1);
  let variance = 1;
  for (const a of partial) variance /= 1 - a * a;
  gamma[0] = variance;
  // Levinson: the order-k predictor gives gamma_k from those before it.
  const coefficients = new Float64Array(phi.length);
  const before = new Float64Array(phi.length);
  let residual = variance;
  const p = phi.length;
  for (let k = 1; k <= Math.min(p, lags); k++) {
    const a = partial[k - 1] ?? 0;
    let value = a * residual;
    for (let j = 0; j < k - 1; j++) value += (coefficients[j] ?? 0) * (gamma[k - 1 - j] ?? 0);
    gamma[k] = value;
    before.set(coefficients);
    coefficients[k - 1] = a;
    for (let j = 0; j < k - 1; j++) coefficients[j] = (before[j] ?? 0) - a * (before[k - 2 - j] ?? 0);
    residual *= 1 - a * a;
  }
  const ar = sparse(phi);
  for (let k = p + 1; k <= lags; k++) {
    let value = 0;
    for (let i = 0; i < ar.lags.length; i++) value += (ar.values[i] ?? 0) * (gamma[k - 1 - (ar.lags[i] ?? 0)] ?? 0);
    gamma[k] = value;
  }
  return gamma;
}

/**
 * Covariances of the state of Harvey's ARMA form with y_t: the first column of the stationary state covariance.
 * Null when the process is not stationary.
 */
export function stateCovarianceColumn(model: Arma): Float64Array | null {
  const { phi, theta } = model;
  const r = Math.max(phi.length, theta.length + 1);
  const q = theta.length;
  const u = arAutocovariance(phi, r + q);
  if (u === null) return null;
  // Autocorrelation of the MA polynomial, then gamma_y(k) = sum_d R(d) gamma_u(|k - d|).
  const ma = sparse(theta);
  const gamma = new Float64Array(r + 1);
  const terms = ma.lags.length;
  for (let a = -1; a < terms; a++) {
    const lagA = a < 0 ? 0 : (ma.lags[a] ?? 0) + 1;
    const weightA = a < 0 ? 1 : (ma.values[a] ?? 0);
    for (let b = -1; b < terms; b++) {
      const d = lagA - (b < 0 ? 0 : (ma.lags[b] ?? 0) + 1);
      const product = weightA * (b < 0 ? 1 : (ma.values[b] ?? 0));
      for (let k = 0; k <= r; k++) gamma[k] = (gamma[k] ?? 0) + product * (u[k < d ? d - k : k - d] ?? 0);
    }
  }
  const psi = psiWeights(model, r);
  const column = new Float64Array(r);
  const ar = sparse(phi);
  for (let i = 0; i < r; i++) {
    let value = i === 0 ? 1 : 0;
    for (let k = 0; k < ar.lags.length; k++) {
      const j = ar.lags[k] ?? 0;
      if (j >= i) value += (ar.values[k] ?? 0) * (gamma[1 + j - i] ?? 0);
    }
    for (let k = 0; k < ma.lags.length; k++) {
      const j = (ma.lags[k] ?? 0) + 1;
      if (j >= i) value += (ma.values[k] ?? 0) * (psi[j - i] ?? 0);
    }
    column[i] = value;
  }
  return column;
}

/** Stationary covariance of the whole state, row by row: P = T P T' + R R' solved from its known first row. */
export function stateCovariance(model: Arma): Float64Array | null {
  const column = stateCovarianceColumn(model);
  if (column === null) return null;
  const r = column.length;
  const { phi, theta } = model;
  const p = new Float64Array(r * r);
  const noise = (i: number): number => (i === 0 ? 1 : (theta[i - 1] ?? 0));
  const origin = column[0] ?? 0;
  for (let i = 0; i < r; i++) {
    p[i] = column[i] ?? 0;
    p[i * r] = column[i] ?? 0;
  }
  for (let i = r - 1; i >= 1; i--) {
    for (let j = r - 1; j >= i; j--) {
      const fi = phi[i] ?? 0;
      const fj = phi[j] ?? 0;
      let value = fi * fj * origin + noise(i) * noise(j);
      if (j + 1 < r) value += fi * (column[j + 1] ?? 0);
      if (i + 1 < r) value += fj * (column[i + 1] ?? 0);
      if (i + 1 < r && j + 1 < r) value += p[(i + 1) * r + j + 1] ?? 0;
      p[i * r + j] = value;
      p[j * r + i] = value;
    }
  }
  return p;
}

/** The gain counts as steady when what is left could not move the innovation variance by more than this share. */
const STEADY = 1e-12;

/**
 * Standardized innovations v_t / sqrt(F_t) of every series under one complete-data ARMA model, by the Chandrasekhar
 * recursions (Morf, Sidhu and Kailath 1974): O(r) per step, and O(non-zero coefficients) once the gain is steady. Several
 * series share the gains, so that regression coefficients can be concentrated out exactly.
 * @param series the series one after the other, each of length n.
 * @param out written in the same layout.
 * @returns sum of log F_t, or NaN when the model is not stationary.
 */
export function standardizedInnovations(model: Arma, series: Float64Array, n: number, out: Float64Array): number {
  const { phi, theta } = model;
  if (out.length < series.length) throw new DimensionMismatchError("innovation buffer", series.length, out.length);
  const column = stateCovarianceColumn(model);
  if (column === null) return Number.NaN;
  const r = column.length;
  const last = r - 1;
  let f = column[0] ?? Number.NaN;
  const gain = new Float64Array(r);
  const coefficients = new Float64Array(r);
  for (let i = 0; i < r; i++) {
    coefficients[i] = phi[i] ?? 0;
    gain[i] = (phi[i] ?? 0) * f + (i < last ? (column[i + 1] ?? 0) : 0);
  }
  const w = Float64Array.from(gain);
  let m = -1 / f;
  const states = new Float64Array((series.length / n) * r);
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
    const ar = sparse(phi);
    const ma = sparse(theta);
    const root = Math.sqrt(f);
    logs += (n - t) * Math.log(f);
    for (let base = 0; base < series.length; base += n) {
      for (let k = base + t; k < base + n; k++) {
        let v = series[k] ?? 0;
        for (let i = 0; i < ar.lags.length; i++) v -= (ar.values[i] ?? 0) * (series[k - 1 - (ar.lags[i] ?? 0)] ?? 0);
        let shocks = 0;
        for (let i = 0; i < ma.lags.length; i++) shocks += (ma.values[i] ?? 0) * (out[k - 1 - (ma.lags[i] ?? 0)] ?? 0);
        out[k] = v / root - shocks;
      }
    }
  }
  return logs;
}

/**
 * ARMA processes phi(B) y = theta(B) e with unit innovation variance: polynomials, autocovariances, and the exact
 * Gaussian likelihood. phi holds phi_1.. of 1 - phi_1 B - ..., theta holds theta_1.. of 1 + theta_1 B + ...
 */
export interface Arma {
  readonly phi: Float64Array;
  readonly theta: Float64Array;
}

/**
 * AR coefficients from partial autocorrelations in (-1, 1) by the Durbin-Levinson recursion: a bijection onto the
 * stationary region (Barndorff-Nielsen and Schou 1973).
 */
export function partialToAr(partial: ArrayLike<number>): Float64Array {
  const phi = new Float64Array(partial.length);
  partialToArInto(partial, phi);
  return phi;
}

/** The same into a buffer of that length. The recursion pairs mirrored entries, so it works in place. */
export function partialToArInto(partial: ArrayLike<number>, phi: Float64Array): void {
  const p = partial.length;
  for (let k = 0; k < p; k++) {
    const a = partial[k] ?? 0;
    for (let i = 0, j = k - 1; i <= j; i++, j--) {
      const left = phi[i] ?? 0;
      const right = phi[j] ?? 0;
      phi[i] = left - a * right;
      phi[j] = right - a * left;
    }
    phi[k] = a;
  }
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
  seasonalProductInto(plain, seasonal, period, sign, out);
  return out;
}

/** The same into a buffer of the product's length. */
export function seasonalProductInto(
  plain: ArrayLike<number>,
  seasonal: ArrayLike<number>,
  period: number,
  sign: 1 | -1,
  out: Float64Array,
): void {
  for (let i = 0; i < out.length; i++) out[i] = plain[i] ?? 0;
  for (let k = 0; k < seasonal.length; k++) {
    const c = seasonal[k] ?? 0;
    const at = (k + 1) * period;
    out[at - 1] = (out[at - 1] ?? 0) + c;
    for (let i = 0; i < plain.length; i++) out[at + i] = (out[at + i] ?? 0) + sign * c * (plain[i] ?? 0);
  }
}

/**
 * Stationary covariance of the whole state, row by row: P = T P T' + R R' solved from its known first row.
 * @param column the first column, length r: see StationaryColumn.
 */
export function stateCovariance(model: Arma, column: Float64Array): Float64Array {
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

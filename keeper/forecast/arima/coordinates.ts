/**
 * The optimizer's coordinates of an ARMA order: x maps to partial autocorrelations x / sqrt(1 + x^2), block by block. Within a
 * radius, coefficient i is divided by radius^i: every root then lies beyond it, and all such polynomials are reached.
 */
import { arToPartial, partialToAr, partialToArInto, seasonalProductInto } from "../../math/arma.ts";
import { recurse, Taps } from "../../math/innovations.ts";
import type { ArimaCoefficients, ArimaOrder } from "./order.ts";

/** Largest partial autocorrelation a start may have: closer to 1 the optimizer's coordinates are too flat to leave. */
const START_BOUND = 0.95;

const toPartial = (x: number): number => x / Math.sqrt(1 + x * x);
export const fromPartial = (a: number): number => a / Math.sqrt(1 - a * a);

export function coefficientsAt(x: ArrayLike<number>, { p, P, q, Q, m }: ArimaOrder, radius = 1): ArimaCoefficients {
  let at = 0;
  const block = (size: number, sign: number, step: number): number[] => {
    const partial = new Float64Array(size);
    for (let i = 0; i < size; i++) partial[i] = toPartial(x[at + i] ?? 0);
    at += size;
    return Array.from(partialToAr(partial), (value, i) => (sign * value) / radius ** (step * (i + 1)) + 0);
  };
  return { ar: block(p, 1, 1), sar: block(P, 1, m), ma: block(q, -1, 1), sma: block(Q, -1, m) };
}

/**
 * Coefficients as coordinates within a radius; blocks outside of it are damped until they fit.
 * @param bound largest size of a partial autocorrelation.
 */
export function parametersFrom(c: ArimaCoefficients, m = 1, radius = 1, bound = START_BOUND): Float64Array {
  const block = (values: readonly number[], sign: number, step: number): number[] => {
    for (let damp = 1; damp > 0.01; damp *= 0.9) {
      const partial = arToPartial(values.map((value, i) => sign * value * (damp * radius ** step) ** (i + 1)));
      if (partial !== null) return Array.from(partial, (a) => fromPartial(Math.max(-bound, Math.min(bound, a))));
    }
    return values.map(() => 0);
  };
  return Float64Array.from([
    ...block(c.ar, 1, 1),
    ...block(c.sar, 1, m),
    ...block(c.ma, -1, 1),
    ...block(c.sma, -1, m),
  ]);
}

/** A start from a neighbour's parameters: shared coefficients are kept, new ones are zero. */
export function extendParameters(from: Float64Array, was: ArimaOrder, to: ArimaOrder): Float64Array {
  const out: number[] = [];
  let at = 0;
  for (const name of ["p", "P", "q", "Q"] as const) {
    for (let i = 0; i < to[name]; i++) out.push(i < was[name] ? (from[at + i] ?? 0) : 0);
    at += was[name];
  }
  return Float64Array.from(out);
}

/** One of the four polynomials: its coefficients, and the residuals filtered through its inverse. */
interface Block {
  readonly size: number;
  readonly at: number;
  readonly step: number;
  /** 1 for AR, -1 for MA: coefficients are sign x the autoregressive form of the partial autocorrelations. */
  readonly sign: 1 | -1;
  /** What coefficients are multiplied by, so that roots lie beyond the radius. */
  readonly shrink: Float64Array;
  readonly coefficients: Float64Array;
  readonly moved: Float64Array;
  readonly partial: Float64Array;
  readonly taps: Taps;
  readonly filtered: Float64Array;
}

/** Coordinates to polynomials, and the Gauss-Newton system of the residuals, in buffers that belong to one order. */
export class Coordinates {
  readonly phi: Float64Array;
  readonly theta: Float64Array;
  readonly size: number;
  readonly #m: number;
  readonly #n: number;
  readonly #ar: Block;
  readonly #sar: Block;
  readonly #ma: Block;
  readonly #sma: Block;
  readonly #blocks: readonly Block[];
  readonly #lags: Int32Array;
  readonly #products: Float64Array;
  readonly #half: Float64Array;
  readonly #slopes: Float64Array;
  readonly #scores: Float64Array;

  /**
   * @param n length of the residuals.
   * @param radius roots lie beyond it, at least 1.
   */
  constructor({ p, P, q, Q, m }: ArimaOrder, n: number, radius = 1) {
    this.phi = new Float64Array(p + P * m);
    this.theta = new Float64Array(q + Q * m);
    this.size = p + P + q + Q;
    this.#m = m;
    this.#n = n;
    const block = (size: number, at: number, step: number, sign: 1 | -1): Block => ({
      size,
      at,
      step,
      sign,
      shrink: Float64Array.from({ length: size }, (_, i) => radius ** (-step * (i + 1))),
      coefficients: new Float64Array(size),
      moved: new Float64Array(size),
      partial: new Float64Array(size),
      taps: new Taps(size * step),
      filtered: new Float64Array(size > 0 ? n : 0),
    });
    this.#ar = block(p, 0, 1, 1);
    this.#sar = block(P, p, m, 1);
    this.#ma = block(q, p + P, 1, -1);
    this.#sma = block(Q, p + P + q, m, -1);
    this.#blocks = [this.#ar, this.#sar, this.#ma, this.#sma].filter(({ size }) => size > 0);
    const k = this.size;
    this.#lags = new Int32Array(k);
    for (const { size, at, step } of this.#blocks) for (let i = 0; i < size; i++) this.#lags[at + i] = (i + 1) * step;
    this.#products = new Float64Array(k * k);
    this.#half = new Float64Array(k * k);
    this.#slopes = new Float64Array(k * k);
    this.#scores = new Float64Array(k);
  }

  /** Sets phi and theta from the coordinates. */
  set(x: Float64Array): void {
    for (const { size, at, sign, shrink, partial, coefficients } of this.#blocks) {
      for (let i = 0; i < size; i++) partial[i] = toPartial(x[at + i] ?? 0);
      partialToArInto(partial, coefficients);
      for (let i = 0; i < size; i++) coefficients[i] = sign * (shrink[i] ?? 1) * (coefficients[i] ?? 0);
    }
    seasonalProductInto(this.#ar.coefficients, this.#sar.coefficients, this.#m, -1, this.phi);
    seasonalProductInto(this.#ma.coefficients, this.#sma.coefficients, this.#m, 1, this.theta);
  }

  /**
   * J'J and -J'r at the coordinates last set, as if the residuals were conditional on what came before the first:
   * de/d ar_i = -(e / ar(B))_(t-i), and so for each polynomial. One filter per polynomial instead of one likelihood per
   * coefficient; what it leaves out, the start and the determinant, does not grow with the length of the series.
   */
  gaussNewton(residuals: Float64Array, normal: Float64Array, gradient: Float64Array): void {
    const n = this.#n;
    const k = this.size;
    for (const { size, step, sign, coefficients, taps, filtered } of this.#blocks) {
      // ar(B) = 1 - ar_1 B - ..., ma(B) = 1 + ma_1 B + ...: `recurse` subtracts taps.
      taps.count = size;
      for (let i = 0; i < size; i++) {
        taps.lags[i] = (i + 1) * step;
        taps.values[i] = -sign * (coefficients[i] ?? 0);
      }
      filtered.set(residuals);
      recurse(taps, filtered, 0, n);
    }
    this.#fillProducts(residuals);
    this.#fillSlopes();
    const products = this.#products;
    const half = this.#half;
    const slopes = this.#slopes;
    const scores = this.#scores;
    // Chain rule, block diagonal: normal = D' S'S D, gradient = D' S'r.
    for (let a = 0; a < k; a++) {
      for (const { size, at } of this.#blocks) {
        for (let b = at; b < at + size; b++) {
          let value = 0;
          for (let c = at; c < at + size; c++) value += (products[a * k + c] ?? 0) * (slopes[c * k + b] ?? 0);
          half[a * k + b] = value;
        }
      }
    }
    for (const { size, at } of this.#blocks) {
      for (let a = at; a < at + size; a++) {
        let score = 0;
        for (let c = at; c < at + size; c++) score += (slopes[c * k + a] ?? 0) * (scores[c] ?? 0);
        gradient[a] = score;
        for (let b = 0; b < k; b++) {
          let value = 0;
          for (let c = at; c < at + size; c++) value += (slopes[c * k + a] ?? 0) * (half[c * k + b] ?? 0);
          normal[a * k + b] = value;
        }
      }
    }
  }

  /** S'S and S'r of the lagged, filtered residuals. */
  #fillProducts(residuals: Float64Array): void {
    const n = this.#n;
    const k = this.size;
    const products = this.#products;
    const lags = this.#lags;
    for (const left of this.#blocks) {
      for (let a = left.at; a < left.at + left.size; a++) {
        this.#scores[a] = crossProduct(left.filtered, lags[a] ?? 0, residuals, 0, n);
      }
      for (const right of this.#blocks) {
        if (right.at > left.at) continue;
        for (let a = left.at; a < left.at + left.size; a++) {
          for (let b = right.at; b < right.at + right.size && b <= a; b++) {
            const lagA = lags[a] ?? 0;
            const lagB = lags[b] ?? 0;
            const isShift = left.step === 1 && right.step === 1 && a > left.at && b > right.at;
            // One step further back, the same products but the last.
            const value = isShift
              ? (products[(a - 1) * k + b - 1] ?? 0) - (left.filtered[n - lagA] ?? 0) * (right.filtered[n - lagB] ?? 0)
              : crossProduct(left.filtered, lagA, right.filtered, lagB, n);
            products[a * k + b] = value;
            products[b * k + a] = value;
          }
        }
      }
    }
  }

  /** Derivatives of coefficients in coordinates, by differences: the map costs a few products. */
  #fillSlopes(): void {
    const k = this.size;
    for (const { size, at, sign, shrink, partial, coefficients, moved } of this.#blocks) {
      for (let j = 0; j < size; j++) {
        const a = partial[j] ?? 0;
        const h = 1e-7 * (a > 0 ? -1 : 1);
        const slope = (1 - a * a) ** 1.5;
        partial[j] = a + h;
        partialToArInto(partial, moved);
        partial[j] = a;
        for (let i = 0; i < size; i++) {
          this.#slopes[(at + i) * k + at + j] =
            ((sign * (shrink[i] ?? 1) * (moved[i] ?? 0) - (coefficients[i] ?? 0)) / h) * slope;
        }
      }
    }
  }
}

/** sum over t of a_(t - lagA) b_(t - lagB), zero before the start. */
function crossProduct(a: Float64Array, lagA: number, b: Float64Array, lagB: number, n: number): number {
  let even = 0;
  let odd = 0;
  const from = Math.max(lagA, lagB);
  let t = from;
  for (; t + 1 < n; t += 2) {
    even += (a[t - lagA] ?? 0) * (b[t - lagB] ?? 0);
    odd += (a[t + 1 - lagA] ?? 0) * (b[t + 1 - lagB] ?? 0);
  }
  if (t < n) even += (a[t - lagA] ?? 0) * (b[t - lagB] ?? 0);
  return even + odd;
}

/**
 * The exact Gaussian likelihood of an ARIMA model as a nonlinear least-squares problem: with the innovation variance and
 * the regression coefficients concentrated out, -2 log L / n is the log of sum(v_t^2 / F_t) (prod F_t)^(1/n), so the
 * residuals v_t / sqrt(F_t) times the geometric mean of sqrt(F) are to be made small (Ansley 1979).
 */
import type { Arma } from "../../math/arma.ts";
import { Innovations as InnovationFilter } from "../../math/innovations.ts";
import { type LinearFit, linearLeastSquares } from "../../math/least-squares.ts";
import { type ArimaOrder, difference, differencingPolynomial } from "./order.ts";
import { ArimaFilter } from "./state-space.ts";

export interface Innovations {
  /** Sum of log F over the observations that count. */
  readonly logs: number;
  /** Observations that count. */
  readonly used: number;
  readonly squares: number;
  readonly beta: Float64Array;
  readonly regression: LinearFit | null;
  /** Standardized innovations after regression, of the observations that count, in time order. */
  readonly standardized: Float64Array;
}

/** Errors below this share of the largest value are rounding. */
const ROUNDING = 1e-14;

export class ArimaProblem {
  readonly #order: ArimaOrder;
  /** Observations that the likelihood counts. */
  readonly used: number;
  /** Length of the least-squares residuals: of diffuse starting values one may count, and the rest are zero. */
  readonly length: number;
  readonly regressors: number;
  /** Sum of squares that rounding alone leaves of a series that is explained exactly. */
  readonly rounding: number;
  readonly #complete: boolean;
  /** Complete: differenced y and regressors. With missing values: the series themselves. */
  readonly #series: readonly Float64Array[];
  readonly #missing: readonly boolean[];
  readonly #delta: Float64Array;
  /** Innovations of all series in one buffer, and the views of it that belong to each. */
  readonly #buffer: Float64Array;
  readonly #packed: Float64Array;
  readonly #out: Float64Array[];
  readonly #columns: Float64Array[];
  #filter: InnovationFilter | null = null;
  #filterKey = -1;

  /**
   * @param columns regressors of y's length, complete. y may hold NaN for missing values.
   * @param order only its differencing counts here: one problem serves all orders that difference alike.
   * @param isDiffuse gives a complete series too the likelihood with starting values of variance 1e6, which is slower.
   */
  constructor(y: ArrayLike<number>, columns: readonly ArrayLike<number>[], order: ArimaOrder, isDiffuse = false) {
    this.#order = order;
    this.regressors = columns.length;
    this.#delta = differencingPolynomial(order);
    this.#missing = Array.from(y, (value) => Number.isNaN(value));
    this.#complete = !isDiffuse && !this.#missing.some(Boolean);
    const all = [y, ...columns];
    this.#series = this.#complete ? all.map((s) => difference(s, order)) : all.map((s) => Float64Array.from(s));
    const observed = this.#missing.filter((gone) => !gone).length;
    this.used = Math.max(0, observed - this.#delta.length);
    this.length = this.#complete ? this.used : observed;
    let largest = 0;
    for (let t = 0; t < y.length; t++) largest = Math.max(largest, Math.abs(y[t] ?? 0) || 0);
    this.rounding = this.used * (ROUNDING * largest) ** 2;
    const length = this.#series[0]?.length ?? 0;
    this.#buffer = new Float64Array(length * all.length);
    this.#packed = new Float64Array(length * all.length);
    this.#series.forEach((s, i) => {
      this.#packed.set(s, i * length);
    });
    this.#out = this.#series.map((_, i) => this.#buffer.subarray(i * length, (i + 1) * length));
    this.#columns = columns.map(() => new Float64Array(this.length));
  }

  /** Whether no value is missing: then the likelihood is fast. */
  get isComplete(): boolean {
    return this.#complete;
  }

  /** The differenced series with missing values interpolated: good enough to start from, not to judge by. */
  startingSeries(): Float64Array[] {
    if (this.#complete) return this.#series.map((s) => Float64Array.from(s));
    return this.#series.map((s, i) => difference(i === 0 ? interpolate(s) : s, this.#order));
  }

  /** Orders come back thousands of times during a search: each keeps its buffers. */
  #filterFor({ phi, theta }: Arma): InnovationFilter {
    const key = phi.length * 1e6 + theta.length;
    if (this.#filter === null || this.#filterKey !== key) {
      this.#filter = new InnovationFilter(phi.length, theta.length, this.used, this.#series.length);
      this.#filterKey = key;
    }
    return this.#filter;
  }

  #innovate(model: Arma): { logs: number; count: number } {
    if (this.#complete) {
      const logs = this.#filterFor(model).standardize(model.phi, model.theta, this.#packed, this.#buffer);
      return { logs, count: this.used };
    }
    const filter = ArimaFilter.create(model, this.#delta, this.#series.length, null);
    if (filter === null) return { logs: Number.NaN, count: 0 };
    let logs = 0;
    let count = 0;
    const values = this.#series.map(() => 0);
    for (let t = 0; t < this.#missing.length; t++) {
      for (let s = 0; s < values.length; s++) values[s] = this.#series[s]?.[t] ?? 0;
      const log = filter.feed(values, this.#missing[t] ?? true, this.#out, count);
      if (Number.isNaN(log)) continue;
      logs += log;
      count++;
    }
    return { logs, count };
  }

  /** The likelihood's ingredients at a model; null when it is not stationary. `beta` fixes the regression when given. */
  innovations(model: Arma, beta?: ArrayLike<number>): Innovations | null {
    const { logs, count } = this.#innovate(model);
    const y = this.#out[0]?.subarray(0, count);
    if (!Number.isFinite(logs) || y === undefined) return null;
    const columns = this.#out.slice(1).map((column) => column.subarray(0, count));
    const regression = beta === undefined && columns.length > 0 ? linearLeastSquares(columns, y) : null;
    const coefficients = regression?.coefficients ?? Float64Array.from(beta ?? []);
    const standardized = Float64Array.from(y);
    columns.forEach((column, j) => {
      const b = coefficients[j] ?? 0;
      for (let t = 0; t < count; t++) standardized[t] = (standardized[t] ?? 0) - b * (column[t] ?? 0);
    });
    let squares = 0;
    for (const e of standardized) squares += e * e;
    return { logs, used: count, squares, beta: coefficients, regression, standardized };
  }

  /** Writes the least-squares residuals of the likelihood, `length` of them, and returns their sum of squares; NaN outside stationarity. */
  residuals(model: Arma, out: Float64Array): number {
    const { logs, count } = this.#innovate(model);
    const y = this.#out[0];
    if (!Number.isFinite(logs) || y === undefined || count === 0) return Number.NaN;
    // What was left of other parameters.
    if (!this.#complete) for (const column of this.#out) column.fill(0, count);
    const scale = Math.exp(logs / (2 * count)) * Math.sqrt(this.used / count);
    let squares = 0;
    if (this.regressors === 0) {
      for (let t = 0; t < out.length; t++) {
        const e = t < count ? (y[t] ?? 0) * scale : 0;
        out[t] = e;
        squares += e * e;
      }
      return squares;
    }
    if (this.regressors === 1) {
      const x = this.#out[1];
      if (x === undefined) return Number.NaN;
      let xx = 0;
      let xy = 0;
      for (let t = 0; t < count; t++) {
        const value = x[t] ?? 0;
        xx += value * value;
        xy += value * (y[t] ?? 0);
      }
      const b = xx > 0 ? xy / xx : 0;
      for (let t = 0; t < out.length; t++) {
        const e = t < count ? ((y[t] ?? 0) - b * (x[t] ?? 0)) * scale : 0;
        out[t] = e;
        squares += e * e;
      }
      return squares;
    }
    this.#columns.forEach((column, j) => {
      column.set(this.#out[j + 1]?.subarray(0, column.length) ?? []);
    });
    const { coefficients } = linearLeastSquares(this.#columns, y.subarray(0, out.length));
    for (let t = 0; t < out.length; t++) {
      let e = y[t] ?? 0;
      for (let j = 0; j < coefficients.length; j++) e -= (coefficients[j] ?? 0) * (this.#columns[j]?.[t] ?? 0);
      e *= scale;
      out[t] = e;
      squares += e * e;
    }
    return squares;
  }
}

/** Linear interpolation of missing values, constant beyond the ends. */
export function interpolate(series: ArrayLike<number>): Float64Array {
  const out = Float64Array.from(series);
  let before = -1;
  for (let t = 0; t <= out.length; t++) {
    if (t < out.length && Number.isNaN(out[t] ?? Number.NaN)) continue;
    for (let k = before + 1; k < t; k++) {
      const left = before >= 0 ? (out[before] ?? 0) : (out[t] ?? 0);
      const right = t < out.length ? (out[t] ?? 0) : left;
      out[k] = before >= 0 ? left + ((right - left) * (k - before)) / (t - before) : right;
    }
    before = t;
  }
  return out;
}

/**
 * ARIMA in state-space form with its differencing inside (Harvey 1989; Gardner, Harvey and Phillips 1980): what missing
 * values and exact forecast variances need. State: r ARMA elements, then the last d + D m values of the series.
 */
import { type Arma, stateCovariance } from "../../math/arma.ts";
import { stateCovarianceColumn } from "../../math/innovations.ts";

/** Variance of the unknown starting values, in innovation variances; R's and statsmodels' convention. */
const DIFFUSE = 1e6;
/** Innovations with a larger variance only settle the starting values and do not count in the likelihood. */
const DIFFUSE_GAIN = 1e4;

interface FilterStart {
  readonly phi: Float64Array;
  readonly noise: Float64Array;
  readonly delta: Float64Array;
  /** Covariance of the state, row by row; belongs to the filter from here on, as do the states. */
  readonly p: Float64Array;
  readonly states: readonly Float64Array[];
}

export class ArimaFilter {
  readonly #phi: Float64Array;
  readonly #r: number;
  readonly #size: number;
  readonly #delta: Float64Array;
  readonly #seen: readonly { readonly at: number; readonly weight: number }[];
  readonly #noise: Float64Array;
  readonly #p: Float64Array;
  readonly #scratch: Float64Array;
  readonly #states: readonly Float64Array[];
  readonly #gain: Float64Array;

  /**
   * @param known the first d + D m values of each series, or null to start diffuse.
   * @returns null when the ARMA part is not stationary.
   */
  static create(
    model: Arma,
    delta: Float64Array,
    series: number,
    known: readonly Float64Array[] | null,
  ): ArimaFilter | null {
    const column = stateCovarianceColumn(model);
    if (column === null) return null;
    const armaCovariance = stateCovariance(model, column);
    const { phi, theta } = model;
    const r = Math.max(phi.length, theta.length + 1);
    const size = r + delta.length;
    const p = new Float64Array(size * size);
    for (let i = 0; i < r; i++) {
      for (let j = 0; j < r; j++) p[i * size + j] = armaCovariance[i * r + j] ?? 0;
    }
    if (known === null) for (let i = r; i < size; i++) p[i * size + i] = DIFFUSE;
    return new ArimaFilter({
      phi: Float64Array.from({ length: r }, (_, i) => phi[i] ?? 0),
      noise: Float64Array.from({ length: r }, (_, i) => (i === 0 ? 1 : (theta[i - 1] ?? 0))),
      delta,
      p,
      states: Array.from({ length: series }, (_, s) => {
        const state = new Float64Array(size);
        for (let j = 0; j < delta.length; j++) state[r + j] = known?.[s]?.[delta.length - 1 - j] ?? 0;
        return state;
      }),
    });
  }

  private constructor({ phi, noise, delta, p, states }: FilterStart) {
    const r = phi.length;
    const size = r + delta.length;
    this.#r = r;
    this.#size = size;
    this.#delta = delta;
    this.#phi = phi;
    this.#noise = noise;
    this.#seen = [
      { at: 0, weight: 1 },
      ...Array.from(delta, (weight, j) => ({ at: r + j, weight })).filter(({ weight }) => weight !== 0),
    ];
    this.#p = p;
    this.#scratch = new Float64Array(size * size);
    this.#gain = new Float64Array(size);
    this.#states = states;
  }

  #observed(state: Float64Array): number {
    let value = 0;
    for (const { at, weight } of this.#seen) value += weight * (state[at] ?? 0);
    return value;
  }

  /** Covariance of the state with the next observation into #gain; returns that observation's variance. */
  #project(): number {
    const size = this.#size;
    for (let i = 0; i < size; i++) {
      let value = 0;
      for (const { at, weight } of this.#seen) value += weight * (this.#p[i * size + at] ?? 0);
      this.#gain[i] = value;
    }
    return this.#observed(this.#gain);
  }

  #advanceState(state: Float64Array): void {
    const size = this.#size;
    const r = this.#r;
    const next = this.#observed(state);
    const first = state[0] ?? 0;
    for (let i = 0; i < r; i++) state[i] = (this.#phi[i] ?? 0) * first + (i + 1 < r ? (state[i + 1] ?? 0) : 0);
    for (let i = size - 1; i > r; i--) state[i] = state[i - 1] ?? 0;
    if (size > r) state[r] = next;
  }

  #advanceCovariance(): void {
    const size = this.#size;
    const r = this.#r;
    // P becomes T P T' + R R': T acts on the rows first, then the same on the columns by symmetry.
    const p = this.#p;
    const half = this.#scratch;
    for (let i = 0; i < r; i++) {
      const f = this.#phi[i] ?? 0;
      for (let j = 0; j < size; j++) {
        half[i * size + j] = f * (p[j] ?? 0) + (i + 1 < r ? (p[(i + 1) * size + j] ?? 0) : 0);
      }
    }
    if (size > r) {
      for (let j = 0; j < size; j++) {
        let value = 0;
        for (const { at, weight } of this.#seen) value += weight * (p[at * size + j] ?? 0);
        half[r * size + j] = value;
      }
      for (let i = r + 1; i < size; i++) half.set(p.subarray((i - 1) * size, i * size), i * size);
    }
    for (let i = 0; i < size; i++) {
      const row = i * size;
      const first = half[row] ?? 0;
      for (let j = 0; j < r; j++) {
        let value = (this.#phi[j] ?? 0) * first + (j + 1 < r ? (half[row + j + 1] ?? 0) : 0);
        if (i < r) value += (this.#noise[i] ?? 0) * (this.#noise[j] ?? 0);
        p[row + j] = value;
      }
      if (size > r) {
        let value = 0;
        for (const { at, weight } of this.#seen) value += weight * (half[row + at] ?? 0);
        p[row + r] = value;
        for (let j = r + 1; j < size; j++) p[row + j] = half[row + j - 1] ?? 0;
      }
    }
  }

  /**
   * Feeds values of all series at one time; they are missing together. Standardized innovations go to `out[s][at]`.
   * @returns log of the innovation variance, or NaN when the value is missing or still diffuse and does not count.
   */
  feed(values: readonly number[], missing: boolean, out: readonly Float64Array[], at: number): number {
    const size = this.#size;
    let log = Number.NaN;
    if (!missing) {
      const f = this.#project();
      const counts = f < DIFFUSE_GAIN;
      const root = Math.sqrt(f);
      this.#states.forEach((state, s) => {
        const v = (values[s] ?? 0) - this.#observed(state);
        const e = out[s];
        if (e !== undefined && counts) e[at] = v / root;
        const push = v / f;
        for (let i = 0; i < size; i++) state[i] = (state[i] ?? 0) + (this.#gain[i] ?? 0) * push;
      });
      for (let i = 0; i < size; i++) {
        const g = (this.#gain[i] ?? 0) / f;
        if (g === 0) continue;
        for (let j = 0; j < size; j++) this.#p[i * size + j] = (this.#p[i * size + j] ?? 0) - g * (this.#gain[j] ?? 0);
      }
      if (counts) log = Math.log(f);
    }
    for (const state of this.#states) this.#advanceState(state);
    this.#advanceCovariance();
    return log;
  }

  /** A filter with the same past that takes in values of its own. */
  copy(): ArimaFilter {
    return new ArimaFilter({
      phi: this.#phi,
      noise: this.#noise,
      delta: this.#delta,
      p: this.#p.slice(),
      states: this.#states.map((state) => state.slice()),
    });
  }

  /** Means of the next `count` values of the first series. */
  mean(count: number): Float64Array {
    const state = this.#states[0]?.slice();
    const mean = new Float64Array(count).fill(Number.NaN);
    if (state === undefined) return mean;
    for (let k = 0; k < count; k++) {
      mean[k] = this.#observed(state);
      this.#advanceState(state);
    }
    return mean;
  }

  /** Variances of the next `count` values, in innovation variances. */
  variance(count: number): Float64Array {
    const filter = this.copy();
    return Float64Array.from({ length: count }, () => {
      const variance = filter.#project();
      filter.#advanceCovariance();
      return variance;
    });
  }

  /** Number of values that differencing takes. */
  get lost(): number {
    return this.#delta.length;
  }
}

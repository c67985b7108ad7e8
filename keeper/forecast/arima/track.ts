/** A fitted model moving along its series: what a walk-forward test asks of it at every origin, at the cost of one step each. */
import { type ArimaFit, filterOf } from "./model.ts";
import type { ArimaFilter } from "./state-space.ts";

/** What the model's mean or drift explains at a time; a drift counts from 1, as in R. */
const explainedBy = ({ constant, constantValue }: ArimaFit, t: number): number =>
  constant === "none" ? 0 : (constantValue ?? 0) * (constant === "mean" ? 1 : t + 1);

export class ArimaTrack {
  readonly #fit: ArimaFit;
  readonly #filter: ArimaFilter;
  readonly #length: number;

  private constructor(fit: ArimaFit, filter: ArimaFilter, length: number) {
    this.#fit = fit;
    this.#filter = filter;
    this.#length = length;
  }

  /** A model without regressors after all of a series; NaN for missing values. */
  static of(values: ArrayLike<number>, fit: ArimaFit): ArimaTrack {
    const rest = Float64Array.from(values, (value, t) => value - explainedBy(fit, t));
    return new ArimaTrack(fit, filterOf(rest, fit), rest.length);
  }

  /** The same after more of the series: `values` begins with what was seen. */
  extended(values: ArrayLike<number>): ArimaTrack {
    const filter = this.#filter.copy();
    for (let t = this.#length; t < values.length; t++) {
      const value = (values[t] ?? Number.NaN) - explainedBy(this.#fit, t);
      filter.feed([value], Number.isNaN(value), [], 0);
    }
    return new ArimaTrack(this.#fit, filter, values.length);
  }

  mean(horizon: number): Float64Array {
    return this.#filter.mean(horizon).map((value, k) => value + explainedBy(this.#fit, this.#length + k));
  }

  /** Parameter uncertainty not included (as in R). */
  standardError(horizon: number): Float64Array {
    return this.#filter.variance(horizon).map((value) => Math.sqrt(value * this.#fit.sigma2));
  }
}

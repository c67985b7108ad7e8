/** A return sample as one flat array, and what portfolios of it lose. */
import { requireFinite } from "../../math/checks.ts";
import { DimensionMismatchError, EmptySampleError } from "../../math/errors.ts";
import { addGram, PANEL_ROWS, panelFor } from "../../math/gram.ts";

export interface Sample {
  /** Row-major, size x assets, simple returns. */
  readonly values: Float64Array;
  readonly size: number;
  readonly assets: number;
  /** Largest absolute return, 1 when all are zero: dividing by it makes every objective independent of units. */
  readonly unit: number;
}

/** @throws {EmptySampleError | DimensionMismatchError | SampleNotFiniteError} */
export function toSample(rows: readonly (readonly number[])[]): Sample {
  const assets = rows[0]?.length ?? 0;
  if (rows.length < 2) throw new EmptySampleError("return sample", 2, rows.length);
  if (assets === 0) throw new EmptySampleError("assets of the return sample", 1, 0);
  const values = new Float64Array(rows.length * assets);
  let unit = 0;
  rows.forEach((row, s) => {
    if (row.length !== assets) throw new DimensionMismatchError(`return row ${s}`, assets, row.length);
    requireFinite(`return row ${s}`, row);
    values.set(row, s * assets);
    for (const value of row) unit = Math.max(unit, Math.abs(value));
  });
  return { values, size: rows.length, assets, unit: unit > 0 ? unit : 1 };
}

/** -Rw. Assets without weight cost nothing. */
export function lossesOf(
  { values, size, assets }: Sample,
  weights: ArrayLike<number>,
  out: Float64Array,
): Float64Array {
  const held: number[] = [];
  for (let i = 0; i < assets; i++) if ((weights[i] ?? 0) !== 0) held.push(i);
  const index = Int32Array.from(held);
  const share = Float64Array.from(held, (i) => weights[i] ?? 0);
  for (let s = 0; s < size; s++) {
    const row = s * assets;
    let total = 0;
    for (let k = 0; k < index.length; k++) total -= (values[row + (index[k] ?? 0)] ?? 0) * (share[k] ?? 0);
    out[s] = total;
  }
  return out;
}

/**
 * What portfolios near these weights lose or gain at the most: one asset's single return far beyond them would leave few digits as
 * a unit. Never less than the calmest asset's largest return, since weights without any risk leave nothing but rounding.
 */
export function unitNear(sample: Sample, weights: ArrayLike<number>): number {
  const { values, size, assets, unit } = sample;
  const largest = new Float64Array(assets);
  for (let s = 0, at = 0; s < size; s++) {
    for (let i = 0; i < assets; i++, at++) {
      const move = Math.abs(values[at] ?? 0);
      if (move > (largest[i] ?? 0)) largest[i] = move;
    }
  }
  const calmest = largest.reduce((least, value) => (value > 0 ? Math.min(least, value) : least), unit);
  const losses = lossesOf(sample, weights, new Float64Array(size));
  return losses.reduce((most, loss) => Math.max(most, Math.abs(loss)), calmest);
}

/** Column means. */
export function meansOf({ values, size, assets }: Sample): number[] {
  const totals = new Array<number>(assets).fill(0);
  for (let s = 0; s < size; s++)
    for (let i = 0; i < assets; i++) totals[i] = (totals[i] ?? 0) + (values[s * assets + i] ?? 0);
  return totals.map((total) => total / size);
}

/** Sums of (r - centre)(r - centre)' over the steps that count, in squares of the sample's unit, flat. */
export function secondMoments(
  { values, size, assets: n, unit }: Sample,
  centre: Float64Array,
  counts: (step: number) => boolean = () => true,
): Float64Array {
  const out = new Float64Array(n * n);
  const panel = panelFor(n);
  let rows = 0;
  for (let s = 0; s < size; s++) {
    if (counts(s)) {
      const from = s * n;
      for (let i = 0; i < n; i++) panel[i * PANEL_ROWS + rows] = ((values[from + i] ?? 0) - (centre[i] ?? 0)) / unit;
      rows++;
    }
    if (rows < PANEL_ROWS && s + 1 < size) continue;
    addGram(panel, n, rows, out);
    rows = 0;
  }
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) out[j * n + i] = out[i * n + j] ?? 0;
  return out;
}

/** Population covariance, flat. */
export function covarianceOf(sample: Sample): Float64Array {
  const scale = sample.unit ** 2 / sample.size;
  return secondMoments(sample, Float64Array.from(meansOf(sample))).map((total) => total * scale);
}

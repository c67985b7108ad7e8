/** Sample statistics. Every function refuses empty and non-finite samples. */
import { requireFinite } from "./checks.ts";

/** Neumaier's compensated sum: independent of the magnitude order of its terms to the last bits. */
export function sum(values: ArrayLike<number>): number {
  let total = 0;
  let lost = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0;
    const next = total + value;
    lost += Math.abs(total) >= Math.abs(value) ? total - next + value : value - next + total;
    total = next;
  }
  return total + lost;
}

export function mean(values: ArrayLike<number>): number {
  requireFinite("sample of a mean", values);
  return sum(values) / values.length;
}

/** Unbiased (n - 1) standard deviation. */
export function standardDeviation(values: ArrayLike<number>): number {
  requireFinite("sample of a standard deviation", values, 2);
  const centre = sum(values) / values.length;
  const squares = Array.from(values, (value) => (value - centre) ** 2);
  return Math.sqrt(sum(squares) / (values.length - 1));
}

export function median(values: ArrayLike<number>): number {
  requireFinite("sample of a median", values);
  const sorted = Float64Array.from(values).sort();
  const upper = sorted.length >> 1;
  const high = sorted[upper] ?? 0;
  return sorted.length % 2 === 1 ? high : ((sorted[upper - 1] ?? 0) + high) / 2;
}

/** Growth over all steps, minus one: prod(1 + r) - 1, exact for small returns. */
export function compound(returns: ArrayLike<number>): number {
  const logs = Array.from(returns, (value) => Math.log1p(value));
  return Math.expm1(sum(logs));
}

/** Dot product of two vectors of the same length. */
export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += (a[i] ?? 0) * (b[i] ?? 0);
  return total;
}

/** a + share (b - a), for two vectors of the same length. */
export function interpolate(a: Float64Array, b: Float64Array, share: number): Float64Array {
  const out = new Float64Array(a.length);
  for (let i = 0; i < out.length; i++) out[i] = (a[i] ?? 0) + share * ((b[i] ?? 0) - (a[i] ?? 0));
  return out;
}

/** Portfolio return of each row of a return matrix at constant weights. */
export const portfolioReturns = (rows: readonly (readonly number[])[], weights: readonly number[]): number[] =>
  rows.map((row) => dot(row, weights));

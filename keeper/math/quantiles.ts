/** Order statistics. */

/** Quantile of an ascending sample by linear interpolation (Hyndman and Fan's type 7). The sample must not be empty. */
export function quantile(ascending: readonly number[], probability: number): number {
  const at = (ascending.length - 1) * probability;
  const below = Math.floor(at);
  const low = ascending[below] ?? Number.NaN;
  const high = ascending[Math.min(below + 1, ascending.length - 1)] ?? Number.NaN;
  return low + (at - below) * (high - low);
}

/** Middle value of a sample in any order; 0 for an empty one, as an effect nobody has seen. */
export function median(values: readonly number[]): number {
  if (values.length === 0) return 0;
  return quantile(
    [...values].sort((a, b) => a - b),
    0.5,
  );
}

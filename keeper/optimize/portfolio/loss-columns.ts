/**
 * A return sample as losses, one asset after the other, in a unit of the caller's choice. Portfolio losses and tail prices read
 * four assets at a time, so that the sums they share are loaded and stored once for four.
 */
import type { Sample } from "./sample.ts";

export interface LossColumns {
  /** assets x size, row-major: what asset i loses at step s is at i * size + s. */
  readonly values: Float64Array;
  readonly size: number;
  readonly assets: number;
  /** Return that counts as one. */
  readonly unit: number;
}

export function toLossColumns({ values, size, assets }: Sample, unit: number): LossColumns {
  const columns = new Float64Array(size * assets);
  for (let s = 0; s < size; s++) {
    const row = s * assets;
    for (let i = 0; i < assets; i++) columns[i * size + s] = -(values[row + i] ?? 0) / unit;
  }
  return { values: columns, size, assets, unit };
}

/** Losses of a portfolio. Assets without weight cost nothing. */
export function portfolioLosses({ values, size, assets }: LossColumns, weights: Float64Array): Float64Array {
  const out = new Float64Array(size);
  const held = new Int32Array(assets);
  let count = 0;
  for (let i = 0; i < assets; i++) if ((weights[i] ?? 0) !== 0) held[count++] = i;
  for (let k = 0; k < count; k += 4) {
    // Beyond the last asset held: its own column again, with weight zero.
    const last = count - 1;
    const i0 = held[k] ?? 0;
    const i1 = held[Math.min(k + 1, last)] ?? 0;
    const i2 = held[Math.min(k + 2, last)] ?? 0;
    const i3 = held[Math.min(k + 3, last)] ?? 0;
    const w0 = weights[i0] ?? 0;
    const w1 = k + 1 < count ? (weights[i1] ?? 0) : 0;
    const w2 = k + 2 < count ? (weights[i2] ?? 0) : 0;
    const w3 = k + 3 < count ? (weights[i3] ?? 0) : 0;
    let a = i0 * size;
    let b = i1 * size;
    let c = i2 * size;
    let d = i3 * size;
    for (let s = 0; s < size; s++, a++, b++, c++, d++) {
      const pair = w0 * (values[a] ?? 0) + w1 * (values[b] ?? 0);
      const other = w2 * (values[c] ?? 0) + w3 * (values[d] ?? 0);
      out[s] = (out[s] ?? 0) + (pair + other);
    }
  }
  return out;
}

/** E_q of each asset's loss. */
export function expectedLosses({ values, size, assets }: LossColumns, q: Float64Array): Float64Array {
  const out = new Float64Array(assets);
  for (let i = 0; i < assets; i += 4) {
    const last = assets - 1;
    let a = i * size;
    let b = Math.min(i + 1, last) * size;
    let c = Math.min(i + 2, last) * size;
    let d = Math.min(i + 3, last) * size;
    let first = 0;
    let second = 0;
    let third = 0;
    let fourth = 0;
    for (let s = 0; s < size; s++, a++, b++, c++, d++) {
      const share = q[s] ?? 0;
      first += share * (values[a] ?? 0);
      second += share * (values[b] ?? 0);
      third += share * (values[c] ?? 0);
      fourth += share * (values[d] ?? 0);
    }
    out[i] = first;
    if (i + 1 < assets) out[i + 1] = second;
    if (i + 2 < assets) out[i + 2] = third;
    if (i + 3 < assets) out[i + 3] = fourth;
  }
  return out;
}

/**
 * Dense products of row-major f32 matrices: the twin of assembly/shared/linear.ts, with the same sums in the same order.
 * Every matrix is a range of one Float32Array; offsets and strides count floats. Widths are multiples of four.
 */
const f = Math.fround;

/** A matrix inside the memory: where its first element stands, and the floats from one row to the next. */
export interface Place {
  readonly at: number;
  readonly stride: number;
}

/** C[r, j] = sum over k of A[r, k] W[k, j]; A is rows x depth, W depth x width. */
export function multiply(
  m: Float32Array,
  a: Place,
  rows: number,
  depth: number,
  w: Place,
  c: Place,
  width: number,
): void {
  const step = w.stride;
  for (let r = 0; r < rows; r++) {
    const from = a.at + r * a.stride;
    const to = c.at + r * c.stride;
    let j = 0;
    for (; j + 8 <= width; j += 8) {
      let s0 = 0;
      let s1 = 0;
      let s2 = 0;
      let s3 = 0;
      let s4 = 0;
      let s5 = 0;
      let s6 = 0;
      let s7 = 0;
      let wk = w.at + j;
      for (let k = 0; k < depth; k++, wk += step) {
        const x = m[from + k] ?? 0;
        s0 = f(s0 + f(x * (m[wk] ?? 0)));
        s1 = f(s1 + f(x * (m[wk + 1] ?? 0)));
        s2 = f(s2 + f(x * (m[wk + 2] ?? 0)));
        s3 = f(s3 + f(x * (m[wk + 3] ?? 0)));
        s4 = f(s4 + f(x * (m[wk + 4] ?? 0)));
        s5 = f(s5 + f(x * (m[wk + 5] ?? 0)));
        s6 = f(s6 + f(x * (m[wk + 6] ?? 0)));
        s7 = f(s7 + f(x * (m[wk + 7] ?? 0)));
      }
      m[to + j] = s0;
      m[to + j + 1] = s1;
      m[to + j + 2] = s2;
      m[to + j + 3] = s3;
      m[to + j + 4] = s4;
      m[to + j + 5] = s5;
      m[to + j + 6] = s6;
      m[to + j + 7] = s7;
    }
    for (; j < width; j++) {
      let s = 0;
      let wk = w.at + j;
      for (let k = 0; k < depth; k++, wk += step) s = f(s + f((m[from + k] ?? 0) * (m[wk] ?? 0)));
      m[to + j] = s;
    }
  }
}

/** dA[r, k] = sum over j of dC[r, j] W[k, j], for k below `depth`; four interleaved sums added as (0 + 1) + (2 + 3). */
export function backward(
  m: Float32Array,
  dc: Place,
  rows: number,
  width: number,
  w: Place,
  da: Place,
  depth: number,
): void {
  for (let r = 0; r < rows; r++) {
    const from = dc.at + r * dc.stride;
    const to = da.at + r * da.stride;
    // Two rows of W side by side: eight sums that do not wait for each other. `depth` is a multiple of four.
    for (let k = 0; k < depth; k += 2) {
      let s0 = 0;
      let s1 = 0;
      let s2 = 0;
      let s3 = 0;
      let t0 = 0;
      let t1 = 0;
      let t2 = 0;
      let t3 = 0;
      const w0 = w.at + k * w.stride;
      const w1 = w0 + w.stride;
      for (let j = 0; j < width; j += 4) {
        const d0 = m[from + j] ?? 0;
        const d1 = m[from + j + 1] ?? 0;
        const d2 = m[from + j + 2] ?? 0;
        const d3 = m[from + j + 3] ?? 0;
        s0 = f(s0 + f(d0 * (m[w0 + j] ?? 0)));
        s1 = f(s1 + f(d1 * (m[w0 + j + 1] ?? 0)));
        s2 = f(s2 + f(d2 * (m[w0 + j + 2] ?? 0)));
        s3 = f(s3 + f(d3 * (m[w0 + j + 3] ?? 0)));
        t0 = f(t0 + f(d0 * (m[w1 + j] ?? 0)));
        t1 = f(t1 + f(d1 * (m[w1 + j + 1] ?? 0)));
        t2 = f(t2 + f(d2 * (m[w1 + j + 2] ?? 0)));
        t3 = f(t3 + f(d3 * (m[w1 + j + 3] ?? 0)));
      }
      m[to + k] = f(f(s0 + s1) + f(s2 + s3));
      m[to + k + 1] = f(f(t0 + t1) + f(t2 + t3));
    }
  }
}

/** dW[k, j] = sum over r of A[r, k] dC[r, j]. */
export function outer(
  m: Float32Array,
  a: Place,
  rows: number,
  depth: number,
  dc: Place,
  dw: Place,
  width: number,
): void {
  const last = a.at + rows * a.stride;
  for (let k = 0; k < depth; k++) {
    const to = dw.at + k * dw.stride;
    let j = 0;
    for (; j + 8 <= width; j += 8) {
      let s0 = 0;
      let s1 = 0;
      let s2 = 0;
      let s3 = 0;
      let s4 = 0;
      let s5 = 0;
      let s6 = 0;
      let s7 = 0;
      let dr = dc.at + j;
      for (let ar = a.at + k; ar < last + k; ar += a.stride, dr += dc.stride) {
        const x = m[ar] ?? 0;
        s0 = f(s0 + f(x * (m[dr] ?? 0)));
        s1 = f(s1 + f(x * (m[dr + 1] ?? 0)));
        s2 = f(s2 + f(x * (m[dr + 2] ?? 0)));
        s3 = f(s3 + f(x * (m[dr + 3] ?? 0)));
        s4 = f(s4 + f(x * (m[dr + 4] ?? 0)));
        s5 = f(s5 + f(x * (m[dr + 5] ?? 0)));
        s6 = f(s6 + f(x * (m[dr + 6] ?? 0)));
        s7 = f(s7 + f(x * (m[dr + 7] ?? 0)));
      }
      m[to + j] = s0;
      m[to + j + 1] = s1;
      m[to + j + 2] = s2;
      m[to + j + 3] = s3;
      m[to + j + 4] = s4;
      m[to + j + 5] = s5;
      m[to + j + 6] = s6;
      m[to + j + 7] = s7;
    }
    for (; j < width; j++) {
      let s = 0;
      let dr = dc.at + j;
      for (let ar = a.at + k; ar < last + k; ar += a.stride, dr += dc.stride) s = f(s + f((m[ar] ?? 0) * (m[dr] ?? 0)));
      m[to + j] = s;
    }
  }
}

// Dense products of row-major f32 matrices, without fused multiply-add: every product and every sum is rounded on its own,
// so the numbers are the same on every machine and in keeper/math/neural/products.ts. An element of a result is one sum in
// ascending order of the inner index (multiply, outer) or four interleaved sums added as (0 + 1) + (2 + 3) (backward),
// whatever the tile: tiles only decide how many sums run side by side.
// Addresses and strides are in bytes; `vectors` counts groups of four floats.

// @ts-ignore: decorator
@inline
function madd(sum: v128, a: v128, at: usize): v128 {
  return f32x4.add(sum, f32x4.mul(a, v128.load(at)));
}

/** C[r, j] = sum over k of A[r, k] W[k, j]. */
export function multiply(
  a: usize, lda: usize, rows: i32, depth: i32, w: usize, ldw: usize, c: usize, ldc: usize, vectors: i32,
): void {
  let r = 0;
  for (; r + 4 <= rows; r += 4, a += 4 * lda, c += 4 * ldc) {
    let v = 0;
    for (; v + 2 <= vectors; v += 2) {
      let s00 = f32x4.splat(0), s01 = f32x4.splat(0), s10 = f32x4.splat(0), s11 = f32x4.splat(0);
      let s20 = f32x4.splat(0), s21 = f32x4.splat(0), s30 = f32x4.splat(0), s31 = f32x4.splat(0);
      let wk = w + (<usize>v << 4);
      let a0 = a, a1 = a + lda, a2 = a + 2 * lda, a3 = a + 3 * lda;
      for (const end = a + (<usize>depth << 2); a0 < end; a0 += 4, a1 += 4, a2 += 4, a3 += 4, wk += ldw) {
        const w0 = v128.load(wk), w1 = v128.load(wk, 16);
        let x = v128.load_splat<f32>(a0);
        s00 = f32x4.add(s00, f32x4.mul(x, w0));
        s01 = f32x4.add(s01, f32x4.mul(x, w1));
        x = v128.load_splat<f32>(a1);
        s10 = f32x4.add(s10, f32x4.mul(x, w0));
        s11 = f32x4.add(s11, f32x4.mul(x, w1));
        x = v128.load_splat<f32>(a2);
        s20 = f32x4.add(s20, f32x4.mul(x, w0));
        s21 = f32x4.add(s21, f32x4.mul(x, w1));
        x = v128.load_splat<f32>(a3);
        s30 = f32x4.add(s30, f32x4.mul(x, w0));
        s31 = f32x4.add(s31, f32x4.mul(x, w1));
      }
      let to = c + (<usize>v << 4);
      v128.store(to, s00);
      v128.store(to, s01, 16);
      to += ldc;
      v128.store(to, s10);
      v128.store(to, s11, 16);
      to += ldc;
      v128.store(to, s20);
      v128.store(to, s21, 16);
      to += ldc;
      v128.store(to, s30);
      v128.store(to, s31, 16);
    }
    if (v < vectors) {
      let s0 = f32x4.splat(0), s1 = f32x4.splat(0), s2 = f32x4.splat(0), s3 = f32x4.splat(0);
      let wk = w + (<usize>v << 4);
      let a0 = a;
      for (const end = a + (<usize>depth << 2); a0 < end; a0 += 4, wk += ldw) {
        const w0 = v128.load(wk);
        s0 = f32x4.add(s0, f32x4.mul(v128.load_splat<f32>(a0), w0));
        s1 = f32x4.add(s1, f32x4.mul(v128.load_splat<f32>(a0 + lda), w0));
        s2 = f32x4.add(s2, f32x4.mul(v128.load_splat<f32>(a0 + 2 * lda), w0));
        s3 = f32x4.add(s3, f32x4.mul(v128.load_splat<f32>(a0 + 3 * lda), w0));
      }
      const to = c + (<usize>v << 4);
      v128.store(to, s0);
      v128.store(to + ldc, s1);
      v128.store(to + 2 * ldc, s2);
      v128.store(to + 3 * ldc, s3);
    }
  }
  for (; r < rows; r++, a += lda, c += ldc) multiplyRow(a, depth, w, ldw, c, vectors);
}

function multiplyRow(a: usize, depth: i32, w: usize, ldw: usize, c: usize, vectors: i32): void {
  const end = a + (<usize>depth << 2);
  let v = 0;
  for (; v + 8 <= vectors; v += 8) {
    let s0 = f32x4.splat(0), s1 = f32x4.splat(0), s2 = f32x4.splat(0), s3 = f32x4.splat(0);
    let s4 = f32x4.splat(0), s5 = f32x4.splat(0), s6 = f32x4.splat(0), s7 = f32x4.splat(0);
    let wk = w + (<usize>v << 4);
    for (let ak = a; ak < end; ak += 4, wk += ldw) {
      const x = v128.load_splat<f32>(ak);
      s0 = f32x4.add(s0, f32x4.mul(x, v128.load(wk)));
      s1 = f32x4.add(s1, f32x4.mul(x, v128.load(wk, 16)));
      s2 = f32x4.add(s2, f32x4.mul(x, v128.load(wk, 32)));
      s3 = f32x4.add(s3, f32x4.mul(x, v128.load(wk, 48)));
      s4 = f32x4.add(s4, f32x4.mul(x, v128.load(wk, 64)));
      s5 = f32x4.add(s5, f32x4.mul(x, v128.load(wk, 80)));
      s6 = f32x4.add(s6, f32x4.mul(x, v128.load(wk, 96)));
      s7 = f32x4.add(s7, f32x4.mul(x, v128.load(wk, 112)));
    }
    const to = c + (<usize>v << 4);
    v128.store(to, s0);
    v128.store(to, s1, 16);
    v128.store(to, s2, 32);
    v128.store(to, s3, 48);
    v128.store(to, s4, 64);
    v128.store(to, s5, 80);
    v128.store(to, s6, 96);
    v128.store(to, s7, 112);
  }
  for (; v + 4 <= vectors; v += 4) {
    let s0 = f32x4.splat(0), s1 = f32x4.splat(0), s2 = f32x4.splat(0), s3 = f32x4.splat(0);
    let wk = w + (<usize>v << 4);
    for (let ak = a; ak < end; ak += 4, wk += ldw) {
      const x = v128.load_splat<f32>(ak);
      s0 = f32x4.add(s0, f32x4.mul(x, v128.load(wk)));
      s1 = f32x4.add(s1, f32x4.mul(x, v128.load(wk, 16)));
      s2 = f32x4.add(s2, f32x4.mul(x, v128.load(wk, 32)));
      s3 = f32x4.add(s3, f32x4.mul(x, v128.load(wk, 48)));
    }
    const to = c + (<usize>v << 4);
    v128.store(to, s0);
    v128.store(to, s1, 16);
    v128.store(to, s2, 32);
    v128.store(to, s3, 48);
  }
  for (; v < vectors; v++) {
    let s = f32x4.splat(0);
    let wk = w + (<usize>v << 4);
    for (let ak = a; ak < end; ak += 4, wk += ldw) s = madd(s, v128.load_splat<f32>(ak), wk);
    v128.store(c + (<usize>v << 4), s);
  }
}

/** The sums of the lanes of four vectors, each as (0 + 1) + (2 + 3). */
// @ts-ignore: decorator
@inline
function laneSums(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab02 = v128.shuffle<f32>(a, b, 0, 4, 2, 6);
  const ab13 = v128.shuffle<f32>(a, b, 1, 5, 3, 7);
  const cd02 = v128.shuffle<f32>(c, d, 0, 4, 2, 6);
  const cd13 = v128.shuffle<f32>(c, d, 1, 5, 3, 7);
  // Lanes: a0 + a1, b0 + b1, a2 + a3, b2 + b3.
  const ab = f32x4.add(ab02, ab13);
  const cd = f32x4.add(cd02, cd13);
  return f32x4.add(v128.shuffle<f32>(ab, cd, 0, 1, 4, 5), v128.shuffle<f32>(ab, cd, 2, 3, 6, 7));
}

/** dA[r, k] = sum over j of dC[r, j] W[k, j], for k below `depth`, a multiple of four. */
export function backward(
  dc: usize, ldc: usize, rows: i32, vectors: i32, w: usize, ldw: usize, da: usize, lda: usize, depth: i32,
): void {
  let r = 0;
  const bytes = <usize>vectors << 4;
  for (; r + 2 <= rows; r += 2, dc += 2 * ldc, da += 2 * lda) {
    for (let k = 0; k < depth; k += 4) {
      let s0 = f32x4.splat(0), s1 = f32x4.splat(0), s2 = f32x4.splat(0), s3 = f32x4.splat(0);
      let t0 = f32x4.splat(0), t1 = f32x4.splat(0), t2 = f32x4.splat(0), t3 = f32x4.splat(0);
      let w0 = w + <usize>k * ldw, w1 = w0 + ldw, w2 = w1 + ldw, w3 = w2 + ldw;
      let x = dc;
      for (const end = dc + bytes; x < end; x += 16, w0 += 16, w1 += 16, w2 += 16, w3 += 16) {
        const d0 = v128.load(x), d1 = v128.load(x + ldc);
        let y = v128.load(w0);
        s0 = f32x4.add(s0, f32x4.mul(d0, y));
        t0 = f32x4.add(t0, f32x4.mul(d1, y));
        y = v128.load(w1);
        s1 = f32x4.add(s1, f32x4.mul(d0, y));
        t1 = f32x4.add(t1, f32x4.mul(d1, y));
        y = v128.load(w2);
        s2 = f32x4.add(s2, f32x4.mul(d0, y));
        t2 = f32x4.add(t2, f32x4.mul(d1, y));
        y = v128.load(w3);
        s3 = f32x4.add(s3, f32x4.mul(d0, y));
        t3 = f32x4.add(t3, f32x4.mul(d1, y));
      }
      const to = da + (<usize>k << 2);
      v128.store(to, laneSums(s0, s1, s2, s3));
      v128.store(to + lda, laneSums(t0, t1, t2, t3));
    }
  }
  if (r < rows) {
    let k = 0;
    for (; k + 8 <= depth; k += 8) {
      let s0 = f32x4.splat(0), s1 = f32x4.splat(0), s2 = f32x4.splat(0), s3 = f32x4.splat(0);
      let s4 = f32x4.splat(0), s5 = f32x4.splat(0), s6 = f32x4.splat(0), s7 = f32x4.splat(0);
      const w0 = w + <usize>k * ldw, w1 = w0 + ldw, w2 = w1 + ldw, w3 = w2 + ldw;
      const w4 = w3 + ldw, w5 = w4 + ldw, w6 = w5 + ldw, w7 = w6 + ldw;
      for (let j: usize = 0; j < bytes; j += 16) {
        const d = v128.load(dc + j);
        s0 = madd(s0, d, w0 + j);
        s1 = madd(s1, d, w1 + j);
        s2 = madd(s2, d, w2 + j);
        s3 = madd(s3, d, w3 + j);
        s4 = madd(s4, d, w4 + j);
        s5 = madd(s5, d, w5 + j);
        s6 = madd(s6, d, w6 + j);
        s7 = madd(s7, d, w7 + j);
      }
      const to = da + (<usize>k << 2);
      v128.store(to, laneSums(s0, s1, s2, s3));
      v128.store(to, laneSums(s4, s5, s6, s7), 16);
    }
    for (; k < depth; k += 4) {
      let s0 = f32x4.splat(0), s1 = f32x4.splat(0), s2 = f32x4.splat(0), s3 = f32x4.splat(0);
      const w0 = w + <usize>k * ldw, w1 = w0 + ldw, w2 = w1 + ldw, w3 = w2 + ldw;
      for (let j: usize = 0; j < bytes; j += 16) {
        const d = v128.load(dc + j);
        s0 = madd(s0, d, w0 + j);
        s1 = madd(s1, d, w1 + j);
        s2 = madd(s2, d, w2 + j);
        s3 = madd(s3, d, w3 + j);
      }
      v128.store(da + (<usize>k << 2), laneSums(s0, s1, s2, s3));
    }
  }
}

/** dW[k, j] = sum over r of A[r, k] dC[r, j]. */
export function outer(
  a: usize, lda: usize, rows: i32, depth: i32, dc: usize, ldc: usize, dw: usize, ldw: usize, vectors: i32,
): void {
  let k = 0;
  const end = a + <usize>rows * lda;
  for (; k + 4 <= depth; k += 4, dw += 4 * ldw) {
    let v = 0;
    for (; v + 2 <= vectors; v += 2) {
      let s00 = f32x4.splat(0), s01 = f32x4.splat(0), s10 = f32x4.splat(0), s11 = f32x4.splat(0);
      let s20 = f32x4.splat(0), s21 = f32x4.splat(0), s30 = f32x4.splat(0), s31 = f32x4.splat(0);
      let dr = dc + (<usize>v << 4);
      const last = end + (<usize>k << 2);
      for (let ar = a + (<usize>k << 2); ar < last; ar += lda, dr += ldc) {
        const d0 = v128.load(dr), d1 = v128.load(dr, 16);
        let x = v128.load_splat<f32>(ar);
        s00 = f32x4.add(s00, f32x4.mul(x, d0));
        s01 = f32x4.add(s01, f32x4.mul(x, d1));
        x = v128.load_splat<f32>(ar, 4);
        s10 = f32x4.add(s10, f32x4.mul(x, d0));
        s11 = f32x4.add(s11, f32x4.mul(x, d1));
        x = v128.load_splat<f32>(ar, 8);
        s20 = f32x4.add(s20, f32x4.mul(x, d0));
        s21 = f32x4.add(s21, f32x4.mul(x, d1));
        x = v128.load_splat<f32>(ar, 12);
        s30 = f32x4.add(s30, f32x4.mul(x, d0));
        s31 = f32x4.add(s31, f32x4.mul(x, d1));
      }
      let to = dw + (<usize>v << 4);
      v128.store(to, s00);
      v128.store(to, s01, 16);
      to += ldw;
      v128.store(to, s10);
      v128.store(to, s11, 16);
      to += ldw;
      v128.store(to, s20);
      v128.store(to, s21, 16);
      to += ldw;
      v128.store(to, s30);
      v128.store(to, s31, 16);
    }
    if (v < vectors) {
      let s0 = f32x4.splat(0), s1 = f32x4.splat(0), s2 = f32x4.splat(0), s3 = f32x4.splat(0);
      let dr = dc + (<usize>v << 4);
      const last = end + (<usize>k << 2);
      for (let ar = a + (<usize>k << 2); ar < last; ar += lda, dr += ldc) {
        const d = v128.load(dr);
        s0 = f32x4.add(s0, f32x4.mul(v128.load_splat<f32>(ar), d));
        s1 = f32x4.add(s1, f32x4.mul(v128.load_splat<f32>(ar, 4), d));
        s2 = f32x4.add(s2, f32x4.mul(v128.load_splat<f32>(ar, 8), d));
        s3 = f32x4.add(s3, f32x4.mul(v128.load_splat<f32>(ar, 12), d));
      }
      const to = dw + (<usize>v << 4);
      v128.store(to, s0);
      v128.store(to + ldw, s1);
      v128.store(to + 2 * ldw, s2);
      v128.store(to + 3 * ldw, s3);
    }
  }
  for (; k < depth; k++, dw += ldw) {
    const last = end + (<usize>k << 2);
    let v = 0;
    for (; v + 4 <= vectors; v += 4) {
      let s0 = f32x4.splat(0), s1 = f32x4.splat(0), s2 = f32x4.splat(0), s3 = f32x4.splat(0);
      let dr = dc + (<usize>v << 4);
      for (let ar = a + (<usize>k << 2); ar < last; ar += lda, dr += ldc) {
        const x = v128.load_splat<f32>(ar);
        s0 = f32x4.add(s0, f32x4.mul(x, v128.load(dr)));
        s1 = f32x4.add(s1, f32x4.mul(x, v128.load(dr, 16)));
        s2 = f32x4.add(s2, f32x4.mul(x, v128.load(dr, 32)));
        s3 = f32x4.add(s3, f32x4.mul(x, v128.load(dr, 48)));
      }
      const to = dw + (<usize>v << 4);
      v128.store(to, s0);
      v128.store(to, s1, 16);
      v128.store(to, s2, 32);
      v128.store(to, s3, 48);
    }
    for (; v < vectors; v++) {
      let s = f32x4.splat(0);
      let dr = dc + (<usize>v << 4);
      for (let ar = a + (<usize>k << 2); ar < last; ar += lda, dr += ldc) s = madd(s, v128.load_splat<f32>(ar), dr);
      v128.store(dw + (<usize>v << 4), s);
    }
  }
}

/**
 * Dense products of row-major f32 matrices without a compiled kernel: the twin of assembly/shared/linear.ts, operation by
 * operation, so that both give the same bits. Written in the asm.js subset of the language: ordinary code to every engine, but one that knows
 * the subset keeps f32 in f32, where plain code converts to f64 and back around every rounding and takes six times as
 * long. Where the subset is not recognised only the speed is lost.
 *
 * Addresses and strides are in bytes, widths and depths in floats. An element of a product is one sum in ascending order of
 * the inner index (multiply, outer) or four interleaved sums added as (0 + 1) + (2 + 3) (backward).
 */
// biome-ignore-all lint/style/noParameterAssign: the subset declares the type of a parameter by assigning it to itself.
// biome-ignore-all lint/correctness/noUnusedFunctionParameters: the place of a module's second parameter is fixed.

export interface Products {
  /** C[r, j] = sum over k of A[r, k] W[k, j]; A is rows x depth, C rows x width, width a multiple of 4. */
  multiply(
    a: number,
    lda: number,
    rows: number,
    depth: number,
    w: number,
    ldw: number,
    c: number,
    ldc: number,
    width: number,
  ): void;
  /** dA[r, k] = sum over j of dC[r, j] W[k, j] for k below depth, a multiple of 4. */
  backward(
    dc: number,
    ldc: number,
    rows: number,
    width: number,
    w: number,
    ldw: number,
    da: number,
    lda: number,
    depth: number,
  ): void;
  /** dW[k, j] = sum over r of A[r, k] dC[r, j]. */
  outer(
    a: number,
    lda: number,
    rows: number,
    depth: number,
    dc: number,
    ldc: number,
    dw: number,
    ldw: number,
    width: number,
  ): void;
}

interface Library {
  readonly Math: {
    // Loads are typed as possibly missing; the layout keeps every index inside the heap.
    fround(x: number | undefined): number;
  };
  readonly Float32Array: new (heap: ArrayBuffer) => Float32Array;
}

function productsModule(stdlib: Library, foreign: undefined, heap: ArrayBuffer): Products {
  "use asm";
  var f = stdlib.Math.fround;
  var m32 = new stdlib.Float32Array(heap);

  function multiply(
    a: number,
    lda: number,
    rows: number,
    depth: number,
    w: number,
    ldw: number,
    c: number,
    ldc: number,
    width: number,
  ): void {
    a = a | 0;
    lda = lda | 0;
    rows = rows | 0;
    depth = depth | 0;
    w = w | 0;
    ldw = ldw | 0;
    c = c | 0;
    ldc = ldc | 0;
    width = width | 0;
    var r = 0,
      j = 0,
      ak = 0,
      end = 0,
      wk = 0,
      to = 0;
    var x = f(0),
      y = f(0),
      s0 = f(0),
      s1 = f(0),
      s2 = f(0),
      s3 = f(0),
      s4 = f(0),
      s5 = f(0),
      s6 = f(0),
      s7 = f(0);
    for (; (r | 0) < (rows | 0); r = (r + 1) | 0) {
      end = (a + (depth << 2)) | 0;
      for (j = 0; ((j + 8) | 0) <= (width | 0); j = (j + 8) | 0) {
        s0 = f(0);
        s1 = f(0);
        s2 = f(0);
        s3 = f(0);
        s4 = f(0);
        s5 = f(0);
        s6 = f(0);
        s7 = f(0);
        wk = (w + (j << 2)) | 0;
        for (ak = a; (ak | 0) < (end | 0); ak = (ak + 4) | 0) {
          x = f(m32[ak >> 2]);
          y = f(m32[wk >> 2]);
          s0 = f(s0 + f(x * y));
          y = f(m32[(wk + 4) >> 2]);
          s1 = f(s1 + f(x * y));
          y = f(m32[(wk + 8) >> 2]);
          s2 = f(s2 + f(x * y));
          y = f(m32[(wk + 12) >> 2]);
          s3 = f(s3 + f(x * y));
          y = f(m32[(wk + 16) >> 2]);
          s4 = f(s4 + f(x * y));
          y = f(m32[(wk + 20) >> 2]);
          s5 = f(s5 + f(x * y));
          y = f(m32[(wk + 24) >> 2]);
          s6 = f(s6 + f(x * y));
          y = f(m32[(wk + 28) >> 2]);
          s7 = f(s7 + f(x * y));
          wk = (wk + ldw) | 0;
        }
        to = (c + (j << 2)) | 0;
        m32[to >> 2] = s0;
        m32[(to + 4) >> 2] = s1;
        m32[(to + 8) >> 2] = s2;
        m32[(to + 12) >> 2] = s3;
        m32[(to + 16) >> 2] = s4;
        m32[(to + 20) >> 2] = s5;
        m32[(to + 24) >> 2] = s6;
        m32[(to + 28) >> 2] = s7;
      }
      for (; (j | 0) < (width | 0); j = (j + 4) | 0) {
        s0 = f(0);
        s1 = f(0);
        s2 = f(0);
        s3 = f(0);
        wk = (w + (j << 2)) | 0;
        for (ak = a; (ak | 0) < (end | 0); ak = (ak + 4) | 0) {
          x = f(m32[ak >> 2]);
          y = f(m32[wk >> 2]);
          s0 = f(s0 + f(x * y));
          y = f(m32[(wk + 4) >> 2]);
          s1 = f(s1 + f(x * y));
          y = f(m32[(wk + 8) >> 2]);
          s2 = f(s2 + f(x * y));
          y = f(m32[(wk + 12) >> 2]);
          s3 = f(s3 + f(x * y));
          wk = (wk + ldw) | 0;
        }
        to = (c + (j << 2)) | 0;
        m32[to >> 2] = s0;
        m32[(to + 4) >> 2] = s1;
        m32[(to + 8) >> 2] = s2;
        m32[(to + 12) >> 2] = s3;
      }
      a = (a + lda) | 0;
      c = (c + ldc) | 0;
    }
  }

  function backward(
    dc: number,
    ldc: number,
    rows: number,
    width: number,
    w: number,
    ldw: number,
    da: number,
    lda: number,
    depth: number,
  ): void {
    dc = dc | 0;
    ldc = ldc | 0;
    rows = rows | 0;
    width = width | 0;
    w = w | 0;
    ldw = ldw | 0;
    da = da | 0;
    lda = lda | 0;
    depth = depth | 0;
    var r = 0,
      k = 0,
      j = 0,
      end = 0,
      w0 = 0,
      w1 = 0,
      to = 0;
    var d = f(0),
      y = f(0),
      s0 = f(0),
      s1 = f(0),
      s2 = f(0),
      s3 = f(0),
      t0 = f(0),
      t1 = f(0),
      t2 = f(0),
      t3 = f(0);
    for (; (r | 0) < (rows | 0); r = (r + 1) | 0) {
      end = (dc + (width << 2)) | 0;
      w0 = w;
      to = da;
      // Two rows of W at once: eight sums that do not wait for each other.
      for (k = 0; (k | 0) < (depth | 0); k = (k + 2) | 0) {
        w1 = (w0 + ldw) | 0;
        s0 = f(0);
        s1 = f(0);
        s2 = f(0);
        s3 = f(0);
        t0 = f(0);
        t1 = f(0);
        t2 = f(0);
        t3 = f(0);
        for (j = dc; (j | 0) < (end | 0); j = (j + 16) | 0) {
          d = f(m32[j >> 2]);
          y = f(m32[w0 >> 2]);
          s0 = f(s0 + f(d * y));
          y = f(m32[w1 >> 2]);
          t0 = f(t0 + f(d * y));
          d = f(m32[(j + 4) >> 2]);
          y = f(m32[(w0 + 4) >> 2]);
          s1 = f(s1 + f(d * y));
          y = f(m32[(w1 + 4) >> 2]);
          t1 = f(t1 + f(d * y));
          d = f(m32[(j + 8) >> 2]);
          y = f(m32[(w0 + 8) >> 2]);
          s2 = f(s2 + f(d * y));
          y = f(m32[(w1 + 8) >> 2]);
          t2 = f(t2 + f(d * y));
          d = f(m32[(j + 12) >> 2]);
          y = f(m32[(w0 + 12) >> 2]);
          s3 = f(s3 + f(d * y));
          y = f(m32[(w1 + 12) >> 2]);
          t3 = f(t3 + f(d * y));
          w0 = (w0 + 16) | 0;
          w1 = (w1 + 16) | 0;
        }
        m32[to >> 2] = f(f(s0 + s1) + f(s2 + s3));
        m32[(to + 4) >> 2] = f(f(t0 + t1) + f(t2 + t3));
        to = (to + 8) | 0;
        w0 = (((w0 - (width << 2)) | 0) + (ldw << 1)) | 0;
      }
      dc = (dc + ldc) | 0;
      da = (da + lda) | 0;
    }
  }

  function outer(
    a: number,
    lda: number,
    rows: number,
    depth: number,
    dc: number,
    ldc: number,
    dw: number,
    ldw: number,
    width: number,
  ): void {
    a = a | 0;
    lda = lda | 0;
    rows = rows | 0;
    depth = depth | 0;
    dc = dc | 0;
    ldc = ldc | 0;
    dw = dw | 0;
    ldw = ldw | 0;
    width = width | 0;
    var k = 0,
      j = 0,
      r = 0,
      ar = 0,
      dr = 0,
      to = 0;
    var x = f(0),
      y = f(0),
      s0 = f(0),
      s1 = f(0),
      s2 = f(0),
      s3 = f(0),
      s4 = f(0),
      s5 = f(0),
      s6 = f(0),
      s7 = f(0);
    for (; (k | 0) < (depth | 0); k = (k + 1) | 0) {
      for (j = 0; ((j + 8) | 0) <= (width | 0); j = (j + 8) | 0) {
        s0 = f(0);
        s1 = f(0);
        s2 = f(0);
        s3 = f(0);
        s4 = f(0);
        s5 = f(0);
        s6 = f(0);
        s7 = f(0);
        ar = (a + (k << 2)) | 0;
        dr = (dc + (j << 2)) | 0;
        for (r = 0; (r | 0) < (rows | 0); r = (r + 1) | 0) {
          x = f(m32[ar >> 2]);
          y = f(m32[dr >> 2]);
          s0 = f(s0 + f(x * y));
          y = f(m32[(dr + 4) >> 2]);
          s1 = f(s1 + f(x * y));
          y = f(m32[(dr + 8) >> 2]);
          s2 = f(s2 + f(x * y));
          y = f(m32[(dr + 12) >> 2]);
          s3 = f(s3 + f(x * y));
          y = f(m32[(dr + 16) >> 2]);
          s4 = f(s4 + f(x * y));
          y = f(m32[(dr + 20) >> 2]);
          s5 = f(s5 + f(x * y));
          y = f(m32[(dr + 24) >> 2]);
          s6 = f(s6 + f(x * y));
          y = f(m32[(dr + 28) >> 2]);
          s7 = f(s7 + f(x * y));
          ar = (ar + lda) | 0;
          dr = (dr + ldc) | 0;
        }
        to = (dw + (j << 2)) | 0;
        m32[to >> 2] = s0;
        m32[(to + 4) >> 2] = s1;
        m32[(to + 8) >> 2] = s2;
        m32[(to + 12) >> 2] = s3;
        m32[(to + 16) >> 2] = s4;
        m32[(to + 20) >> 2] = s5;
        m32[(to + 24) >> 2] = s6;
        m32[(to + 28) >> 2] = s7;
      }
      for (; (j | 0) < (width | 0); j = (j + 1) | 0) {
        s0 = f(0);
        ar = (a + (k << 2)) | 0;
        dr = (dc + (j << 2)) | 0;
        for (r = 0; (r | 0) < (rows | 0); r = (r + 1) | 0) {
          x = f(m32[ar >> 2]);
          y = f(m32[dr >> 2]);
          s0 = f(s0 + f(x * y));
          ar = (ar + lda) | 0;
          dr = (dr + ldc) | 0;
        }
        m32[(dw + (j << 2)) >> 2] = s0;
      }
      dw = (dw + ldw) | 0;
    }
  }

  return {
    multiply: multiply,
    backward: backward,
    outer: outer,
  };
}

/** @param heap from `heapFor`. */
export const productsOn = (heap: ArrayBuffer): Products => productsModule({ Math, Float32Array }, undefined, heap);

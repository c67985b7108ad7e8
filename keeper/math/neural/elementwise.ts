/**
 * The f32 loops over single elements without a compiled kernel: activations, LSTM gates, Adam. The twin of assembly/shared,
 * operation by operation, so that both give the same bits. Written in the asm.js subset for the reason given in products.ts.
 * Addresses are in bytes, counts in floats.
 */
// biome-ignore-all lint/style/noParameterAssign: the subset declares the type of a parameter by assigning it to itself.
// biome-ignore-all lint/correctness/noUnusedFunctionParameters: the place of a module's second parameter is fixed.
// biome-ignore-all lint/suspicious/noApproximativeNumericConstant: the subset takes literals only.

export interface Elementwise {
  /** Gates i, f, g, o of one sample from their sums at z; next cell, its tanh and the state. */
  gatesForward(z: number, units: number, c: number, next: number, s: number, h: number): void;
  /** Derivatives of the gates' sums in place of the gates; the cell's derivative moves one step back. */
  gatesBackward(z: number, units: number, c: number, s: number, dh: number, dc: number): void;
  /** p = p decay - rate m / (sqrt(v) correction + epsilon), the gradient scaled first. */
  adam(
    p: number,
    g: number,
    m: number,
    v: number,
    count: number,
    beta1: number,
    beta2: number,
    rate: number,
    correction: number,
    epsilon: number,
    decay: number,
    scale: number,
  ): void;
  /** Sum of squares, four interleaved sums added as (0 + 1) + (2 + 3). */
  squaredNorm(g: number, count: number): number;
  /** e^x within 2 units in the last place; beyond +-87 the value of the bound. Cephes' expf (S. Moshier). */
  exp(x: number): number;
  /** 1 / (1 + e^-x). */
  logistic(x: number): number;
  /** Cephes' odd polynomial below 0.625, 1 - 2 / (1 + e^2x) above, where nothing cancels. */
  tanh(x: number): number;
}

interface Library {
  readonly Math: {
    // Loads are typed as possibly missing; the layout keeps every index inside the heap.
    fround(x: number | undefined): number;
    sqrt(x: number): number;
    floor(x: number): number;
    abs(x: number): number;
  };
  readonly Float32Array: new (heap: ArrayBuffer) => Float32Array;
  readonly Int32Array: new (heap: ArrayBuffer) => Int32Array;
}

function elementwiseModule(stdlib: Library, foreign: undefined, heap: ArrayBuffer): Elementwise {
  "use asm";
  var f = stdlib.Math.fround;
  var sqrt = stdlib.Math.sqrt;
  var floor = stdlib.Math.floor;
  var abs = stdlib.Math.abs;
  var m32 = new stdlib.Float32Array(heap);
  var i32 = new stdlib.Int32Array(heap);

  function exp(x: number): number {
    x = f(x);
    var n = f(0),
      r = f(0),
      p = f(0);
    if (x > f(87)) x = f(87);
    if (x < f(-87)) x = f(-87);
    n = f(floor(f(f(x * f(1.4426950408889634)) + f(0.5))));
    r = f(x - f(n * f(0.693359375)));
    r = f(r - f(n * f(-0.00021219444)));
    p = f(f(f(0.000198756915) * r) + f(0.0013981999507));
    p = f(f(p * r) + f(0.0083334519073));
    p = f(f(p * r) + f(0.041665795894));
    p = f(f(p * r) + f(0.16666665459));
    p = f(f(p * r) + f(0.50000001201));
    p = f(f(f(p * r) * r) + f(r + f(1)));
    i32[62] = ((~~n + 127) | 0) << 23;
    return f(p * f(m32[62]));
  }

  function logistic(x: number): number {
    x = f(x);
    return f(f(1) / f(f(1) + f(exp(f(-x)))));
  }

  function tanh(x: number): number {
    x = f(x);
    var s = f(0),
      p = f(0);
    if (f(abs(x)) < f(0.625)) {
      s = f(x * x);
      p = f(f(f(-0.00570498872745) * s) + f(0.0206390887954));
      p = f(f(p * s) + f(-0.0537397155531));
      p = f(f(p * s) + f(0.133314422036));
      p = f(f(p * s) + f(-0.333332819422));
      return f(f(f(p * s) * x) + x);
    }
    return f(f(1) - f(f(2) / f(f(1) + f(exp(f(x + x))))));
  }

  function gatesForward(z: number, units: number, c: number, next: number, s: number, h: number): void {
    z = z | 0;
    units = units | 0;
    c = c | 0;
    next = next | 0;
    s = s | 0;
    h = h | 0;
    var u = 0,
      bytes = 0;
    var i = f(0),
      o = f(0),
      g = f(0),
      forget = f(0),
      cell = f(0),
      flat = f(0);
    bytes = units << 2;
    for (; (u | 0) < (bytes | 0); u = (u + 4) | 0) {
      i = f(logistic(f(m32[(z + u) >> 2])));
      forget = f(logistic(f(m32[(z + bytes + u) >> 2])));
      g = f(tanh(f(m32[(z + (bytes << 1) + u) >> 2])));
      o = f(logistic(f(m32[(z + (bytes << 1) + bytes + u) >> 2])));
      cell = f(m32[(c + u) >> 2]);
      cell = f(f(forget * cell) + f(i * g));
      flat = f(tanh(cell));
      m32[(z + u) >> 2] = i;
      m32[(z + bytes + u) >> 2] = forget;
      m32[(z + (bytes << 1) + u) >> 2] = g;
      m32[(z + (bytes << 1) + bytes + u) >> 2] = o;
      m32[(next + u) >> 2] = cell;
      m32[(s + u) >> 2] = flat;
      m32[(h + u) >> 2] = f(o * flat);
    }
  }

  function gatesBackward(z: number, units: number, c: number, s: number, dh: number, dc: number): void {
    z = z | 0;
    units = units | 0;
    c = c | 0;
    s = s | 0;
    dh = dh | 0;
    dc = dc | 0;
    var u = 0,
      bytes = 0;
    var i = f(0),
      o = f(0),
      g = f(0),
      forget = f(0),
      cell = f(0),
      flat = f(0),
      down = f(0),
      d = f(0);
    bytes = units << 2;
    for (; (u | 0) < (bytes | 0); u = (u + 4) | 0) {
      i = f(m32[(z + u) >> 2]);
      forget = f(m32[(z + bytes + u) >> 2]);
      g = f(m32[(z + (bytes << 1) + u) >> 2]);
      o = f(m32[(z + (bytes << 1) + bytes + u) >> 2]);
      cell = f(m32[(c + u) >> 2]);
      flat = f(m32[(s + u) >> 2]);
      down = f(m32[(dh + u) >> 2]);
      d = f(m32[(dc + u) >> 2]);
      d = f(d + f(f(down * o) * f(f(1) - f(flat * flat))));
      m32[(z + u) >> 2] = f(f(d * g) * f(i * f(f(1) - i)));
      m32[(z + bytes + u) >> 2] = f(f(d * cell) * f(forget * f(f(1) - forget)));
      m32[(z + (bytes << 1) + u) >> 2] = f(f(d * i) * f(f(1) - f(g * g)));
      m32[(z + (bytes << 1) + bytes + u) >> 2] = f(f(down * flat) * f(o * f(f(1) - o)));
      m32[(dc + u) >> 2] = f(d * forget);
    }
  }

  function adam(
    p: number,
    g: number,
    m: number,
    v: number,
    count: number,
    beta1: number,
    beta2: number,
    rate: number,
    correction: number,
    epsilon: number,
    decay: number,
    scale: number,
  ): void {
    p = p | 0;
    g = g | 0;
    m = m | 0;
    v = v | 0;
    count = count | 0;
    beta1 = f(beta1);
    beta2 = f(beta2);
    rate = f(rate);
    correction = f(correction);
    epsilon = f(epsilon);
    decay = f(decay);
    scale = f(scale);
    var i = 0;
    var rest1 = f(0),
      rest2 = f(0),
      gradient = f(0),
      first = f(0),
      second = f(0),
      was = f(0);
    rest1 = f(f(1) - beta1);
    rest2 = f(f(1) - beta2);
    count = count << 2;
    for (; (i | 0) < (count | 0); i = (i + 4) | 0) {
      gradient = f(m32[(g + i) >> 2]);
      gradient = f(gradient * scale);
      first = f(m32[(m + i) >> 2]);
      first = f(f(beta1 * first) + f(rest1 * gradient));
      second = f(m32[(v + i) >> 2]);
      second = f(f(beta2 * second) + f(rest2 * f(gradient * gradient)));
      m32[(m + i) >> 2] = first;
      m32[(v + i) >> 2] = second;
      was = f(m32[(p + i) >> 2]);
      m32[(p + i) >> 2] = f(f(was * decay) - f(f(rate * first) / f(f(f(sqrt(second)) * correction) + epsilon)));
    }
  }

  function squaredNorm(g: number, count: number): number {
    g = g | 0;
    count = count | 0;
    var end = 0;
    var x = f(0),
      s0 = f(0),
      s1 = f(0),
      s2 = f(0),
      s3 = f(0);
    end = (g + (count << 2)) | 0;
    for (; (g | 0) < (end | 0); g = (g + 16) | 0) {
      x = f(m32[g >> 2]);
      s0 = f(s0 + f(x * x));
      x = f(m32[(g + 4) >> 2]);
      s1 = f(s1 + f(x * x));
      x = f(m32[(g + 8) >> 2]);
      s2 = f(s2 + f(x * x));
      x = f(m32[(g + 12) >> 2]);
      s3 = f(s3 + f(x * x));
    }
    return f(f(s0 + s1) + f(s2 + s3));
  }

  return {
    gatesForward: gatesForward,
    gatesBackward: gatesBackward,
    adam: adam,
    squaredNorm: squaredNorm,
    exp: exp,
    logistic: logistic,
    tanh: tanh,
  };
}

/** @param heap from `heapFor`; the word at byte 248, through which a float's exponent is written, belongs to this module. */
export const elementwiseOn = (heap: ArrayBuffer): Elementwise =>
  elementwiseModule({ Math, Float32Array, Int32Array }, undefined, heap);

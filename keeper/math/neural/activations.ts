/**
 * exp, the logistic function and tanh in f32, one value at a time: the twin of assembly/shared/activations.ts, operation by
 * operation, so that both kernels give the same bits. Coefficients of Cephes' expf and tanhf (S. Moshier).
 */
const f = Math.fround;

const LOG2E = f(1.44269504088896341);
const LN2_HIGH = f(0.693359375);
const LN2_LOW = f(-2.1219444e-4);
const E0 = f(1.98756915e-4);
const E1 = f(1.3981999507e-3);
const E2 = f(8.3334519073e-3);
const E3 = f(4.1665795894e-2);
const E4 = f(1.6666665459e-1);
const E5 = f(5.0000001201e-1);
const T0 = f(-5.70498872745e-3);
const T1 = f(2.06390887954e-2);
const T2 = f(-5.37397155531e-2);
const T3 = f(1.33314422036e-1);
const T4 = f(-3.33332819422e-1);

/** 2^n for n from -127 to 127, at n + 127. */
const POWERS = Float32Array.from({ length: 255 }, (_, i) => (i === 0 ? 0 : 2 ** (i - 127)));

/** e^x within 2 units in the last place of f32; beyond +-87 the value of the bound. x must be an f32. */
export function exp32(x: number): number {
  const clamped = x > 87 ? 87 : x < -87 ? -87 : x;
  const n = Math.floor(f(f(clamped * LOG2E) + 0.5));
  const r = f(f(clamped - f(n * LN2_HIGH)) - f(n * LN2_LOW));
  let p = f(f(E0 * r) + E1);
  p = f(f(p * r) + E2);
  p = f(f(p * r) + E3);
  p = f(f(p * r) + E4);
  p = f(f(p * r) + E5);
  p = f(f(f(p * r) * r) + f(r + 1));
  return f(p * (POWERS[n + 127] ?? Number.NaN));
}

/** 1 / (1 + e^-x). x must be an f32. */
export const logistic32 = (x: number): number => f(1 / f(1 + exp32(-x)));

/** tanh: an odd polynomial below 0.625, 1 - 2 / (1 + e^2x) above. x must be an f32. */
export function tanh32(x: number): number {
  if (!(Math.abs(x) < 0.625)) return f(1 - f(2 / f(1 + exp32(f(x + x)))));
  const s = f(x * x);
  let p = f(f(T0 * s) + T1);
  p = f(f(p * s) + T2);
  p = f(f(p * s) + T3);
  p = f(f(p * s) + T4);
  return f(f(f(p * s) * x) + x);
}

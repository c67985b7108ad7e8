/** The standard normal distribution. */
import { requireInside } from "./checks.ts";

/** Complementary error function by its continued fraction or series; relative error near 1e-15. */
function erfc(x: number): number {
  const z = Math.abs(x);
  let value: number;
  if (z < 2) {
    // erf by its all-positive series: 2/sqrt(pi) e^(-z^2) sum 2^n z^(2n+1) / (2n+1)!!
    let term = z;
    let total = z;
    for (let n = 1; n < 100 && term > 1e-17 * total; n++) {
      term *= (2 * z * z) / (2 * n + 1);
      total += term;
    }
    value = 1 - (2 / Math.sqrt(Math.PI)) * Math.exp(-z * z) * total;
  } else {
    let fraction = 0;
    for (let n = 80; n >= 1; n--) fraction = n / 2 / (z + fraction);
    value = Math.exp(-z * z) / (Math.sqrt(Math.PI) * (z + fraction));
  }
  return x < 0 ? 2 - value : value;
}

export const normalCdf = (x: number): number => 0.5 * erfc(-x / Math.SQRT2);

/** Inverse of normalCdf: a rational start (Abramowitz and Stegun 26.2.23) and Newton steps to rounding. */
export function normalQuantile(probability: number): number {
  requireInside("probability", probability, 0, 1);
  const tail = Math.min(probability, 1 - probability);
  const t = Math.sqrt(-2 * Math.log(tail));
  let x = t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
  for (let i = 0; i < 6; i++) {
    const density = Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);
    const error = 0.5 * erfc(x / Math.SQRT2) - tail;
    const step = error / density;
    // Halley's correction: the tail is convex and plain Newton overshoots far out.
    x += step / (1 - (x * step) / 2);
    if (Math.abs(step) < 1e-15 * Math.max(1, x)) break;
  }
  return probability < 0.5 ? -x : x;
}

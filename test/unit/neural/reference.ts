/** An LSTM with a dense head in f64, written for clarity: what the kernels are checked against. */
import type { LstmShape, LstmWeights } from "../../../keeper/math/neural/lstm.ts";

const logistic = (x: number): number => 1 / (1 + Math.exp(-x));

/** Outputs for one window, steps x inputs row-major. */
export function referenceOutputs(
  { units, inputs, steps, outputs }: LstmShape,
  weights: Readonly<Record<keyof LstmWeights, ArrayLike<number>>>,
  window: ArrayLike<number>,
): number[] {
  let h = new Array<number>(units).fill(0);
  let c = new Array<number>(units).fill(0);
  const { kernel, recurrent, bias, dense, denseBias } = weights;
  for (let t = 0; t < steps; t++) {
    const z = Array.from({ length: 4 * units }, (_, j) => {
      let total = bias[j] ?? 0;
      for (let i = 0; i < inputs; i++) total += (window[t * inputs + i] ?? 0) * (kernel[i * 4 * units + j] ?? 0);
      for (let k = 0; k < units; k++) total += (h[k] ?? 0) * (recurrent[k * 4 * units + j] ?? 0);
      return total;
    });
    const gate = (g: number, u: number): number => z[g * units + u] ?? 0;
    c = c.map((cell, u) => logistic(gate(1, u)) * cell + logistic(gate(0, u)) * Math.tanh(gate(2, u)));
    h = c.map((cell, u) => logistic(gate(3, u)) * Math.tanh(cell));
  }
  return Array.from({ length: outputs }, (_, o) =>
    h.reduce((total, value, k) => total + value * (dense[k * outputs + o] ?? 0), denseBias[o] ?? 0),
  );
}

/** Mean loss over samples and outputs; NaN targets count as zero. */
export function referenceLoss(
  results: readonly number[],
  targets: ArrayLike<number>,
  levels: readonly number[],
): number {
  const total = results.reduce((sum, result, k) => {
    const error = result - (targets[k] ?? Number.NaN);
    if (Number.isNaN(error)) return sum;
    const level = levels[k % levels.length] ?? Number.NaN;
    return sum + (Number.isNaN(level) ? error * error : Math.max((1 - level) * error, -level * error));
  }, 0);
  return total / results.length;
}

/** Adam with decoupled weight decay, and the squared norm for clipping: the twin of assembly/shared/adam.ts. */
const f = Math.fround;

/** Numbers of one step, all f32; the caller has folded the bias corrections into `rate` and `correction`. */
export interface AdamStep {
  readonly beta1: number;
  readonly beta2: number;
  /** Learning rate / (1 - beta1^t). */
  readonly rate: number;
  /** 1 / sqrt(1 - beta2^t). */
  readonly correction: number;
  readonly epsilon: number;
  /** 1 - learning rate x weight decay. */
  readonly decay: number;
  /** Factor of the gradient, below 1 where it is clipped. */
  readonly scale: number;
}

/** p = p decay - rate m / (sqrt(v) correction + epsilon). Offsets and `count` are in floats. */
export function adam(
  memory: Float32Array,
  p: number,
  g: number,
  m: number,
  v: number,
  count: number,
  { beta1, beta2, rate, correction, epsilon, decay, scale }: AdamStep,
): void {
  const rest1 = f(1 - beta1);
  const rest2 = f(1 - beta2);
  for (let i = 0; i < count; i++) {
    const gradient = f((memory[g + i] ?? 0) * scale);
    const first = f(f(beta1 * (memory[m + i] ?? 0)) + f(rest1 * gradient));
    const second = f(f(beta2 * (memory[v + i] ?? 0)) + f(rest2 * f(gradient * gradient)));
    memory[m + i] = first;
    memory[v + i] = second;
    const move = f(f(rate * first) / f(f(f(Math.sqrt(second)) * correction) + epsilon));
    memory[p + i] = f(f((memory[p + i] ?? 0) * decay) - move);
  }
}

/** Four interleaved sums added as (0 + 1) + (2 + 3); `count` is a multiple of four. */
export function squaredNorm(memory: Float32Array, g: number, count: number): number {
  const sums = new Float32Array(4);
  for (let i = 0; i < count; i++) {
    const x = memory[g + i] ?? 0;
    sums[i & 3] = (sums[i & 3] ?? 0) + f(x * x);
  }
  const [a = 0, b = 0, c = 0, d = 0] = sums;
  return f(f(a + b) + f(c + d));
}

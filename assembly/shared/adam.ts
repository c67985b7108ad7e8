// Adam (Kingma and Ba 2015) with decoupled weight decay (Loshchilov and Hutter 2019), and the squared norm for clipping.

/**
 * p = p decay - rate m / (sqrt(v) correction + epsilon) over `count` floats (a multiple of four). The caller folds the bias
 * corrections: rate = learning rate / (1 - beta1^t), correction = 1 / sqrt(1 - beta2^t). The gradient is scaled first.
 */
export function adam(
  p: usize, g: usize, m: usize, v: usize, count: i32,
  beta1: f32, beta2: f32, rate: f32, correction: f32, epsilon: f32, decay: f32, scale: f32,
): void {
  const b1 = f32x4.splat(beta1), c1 = f32x4.splat(<f32>1.0 - beta1);
  const b2 = f32x4.splat(beta2), c2 = f32x4.splat(<f32>1.0 - beta2);
  const step = f32x4.splat(rate), root = f32x4.splat(correction), floor = f32x4.splat(epsilon);
  const keep = f32x4.splat(decay), scaled = f32x4.splat(scale);
  for (let i: usize = 0, end = <usize>count << 2; i < end; i += 16) {
    const gradient = f32x4.mul(v128.load(g + i), scaled);
    const first = f32x4.add(f32x4.mul(b1, v128.load(m + i)), f32x4.mul(c1, gradient));
    const second = f32x4.add(f32x4.mul(b2, v128.load(v + i)), f32x4.mul(c2, f32x4.mul(gradient, gradient)));
    v128.store(m + i, first);
    v128.store(v + i, second);
    const move = f32x4.div(f32x4.mul(step, first), f32x4.add(f32x4.mul(f32x4.sqrt(second), root), floor));
    v128.store(p + i, f32x4.sub(f32x4.mul(v128.load(p + i), keep), move));
  }
}

/** Sum of squares of `count` floats (a multiple of four), four interleaved sums added as (0 + 1) + (2 + 3). */
export function squaredNorm(g: usize, count: i32): f32 {
  let sum = f32x4.splat(0);
  for (let i: usize = 0, end = <usize>count << 2; i < end; i += 16) {
    const x = v128.load(g + i);
    sum = f32x4.add(sum, f32x4.mul(x, x));
  }
  return (
    f32x4.extract_lane(sum, 0) + f32x4.extract_lane(sum, 1) +
    (f32x4.extract_lane(sum, 2) + f32x4.extract_lane(sum, 3))
  );
}

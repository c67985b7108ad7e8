// Double DQN on a dueling network of two hidden layers: forward, bootstrap targets, Huber loss, back-propagation and Adam over
// a batch, in f32 SIMD. The same operations in the same order as keeper/math/neural/mlp-kernel.ts; the memory's layout is
// written down in keeper/math/neural/mlp-layout.ts.
//
// A row of activations is [units | 1 | padding], so that one product with the stacked [kernel; bias] gives the next layer. The
// head's columns are [value | advantages | padding].
import { adam, squaredNorm } from "./shared/adam";
import { backward, multiply, outer } from "./shared/linear";

// Word indices of the descriptor at the start of memory.
// @ts-ignore: decorator
@inline
function word(index: i32): i32 {
  return load<i32>(<usize>index << 2);
}
// @ts-ignore: decorator
@inline
function real(index: i32): f32 {
  return load<f32>(<usize>index << 2);
}

const INPUTS = 0, FIRST = 1, SECOND = 2, ACTIONS = 3, HEAD = 4, ROW0 = 5, ROW1 = 6, ROW2 = 7;
const WEIGHTS = 8, TARGET = 9, GRADIENT = 10, MOMENT1 = 11, MOMENT2 = 12, COUNT = 13;
const STATES = 14, NEXT = 15, A1 = 16, A2 = 17, OUT = 18, Q = 19, D_OUT = 20, D2 = 21, D1 = 22;
const ACTION = 23, REWARD = 24, DISCOUNT = 25, IMPORTANCE = 26, ERROR = 27, GOAL = 28, BEST = 29;
const BETA1 = 30, BETA2 = 31, EPSILON = 32, CLIP = 33, HUBER = 34;

function rectify(at: usize, row: usize, batch: i32, units: i32): void {
  const zero = f32x4.splat(0);
  for (let b = 0; b < batch; b++, at += row) {
    for (let p = at, end = at + (<usize>units << 2); p < end; p += 16) v128.store(p, f32x4.pmax(zero, v128.load(p)));
  }
}

/** Stops the derivative where the unit was off. `units` derivatives stand side by side, activations in rows. */
function gate(d: usize, a: usize, row: usize, batch: i32, units: i32): void {
  const zero = f32x4.splat(0);
  for (let b = 0; b < batch; b++, a += row) {
    for (let p = a, end = a + (<usize>units << 2); p < end; p += 16, d += 16)
      v128.store(d, v128.and(v128.load(d), f32x4.gt(v128.load(p), zero)));
  }
}

/** Action values of the states at `input` by the parameters at `weights`. */
export function forward(weights: i32, input: i32, batch: i32): void {
  const inputs = word(INPUTS), first = word(FIRST), second = word(SECOND), actions = word(ACTIONS), head = word(HEAD);
  const row0 = <usize>word(ROW0) << 2, row1 = <usize>word(ROW1) << 2, row2 = <usize>word(ROW2) << 2;
  const a1 = <usize>word(A1), a2 = <usize>word(A2), out = <usize>word(OUT);
  const w1 = <usize>weights, w2 = w1 + (<usize>((inputs + 1) * first) << 2), w3 = w2 + (<usize>((first + 1) * second) << 2);
  multiply(<usize>input, row0, batch, inputs + 1, w1, <usize>first << 2, a1, row1, first >> 2);
  rectify(a1, row1, batch, first);
  multiply(a1, row1, batch, first + 1, w2, <usize>second << 2, a2, row2, second >> 2);
  rectify(a2, row2, batch, second);
  multiply(a2, row2, batch, second + 1, w3, <usize>head << 2, out, <usize>head << 2, head >> 2);
  const share: f32 = <f32>1.0 / <f32>actions;
  let q = <usize>word(Q);
  for (let b: usize = 0; b < <usize>batch; b++) {
    const at = out + b * (<usize>head << 2);
    let total: f32 = 0.0;
    for (let j = 1; j <= actions; j++) total += load<f32>(at + (<usize>j << 2));
    const mean: f32 = total * share;
    const value = load<f32>(at);
    for (let j = 1; j <= actions; j++, q += 4) store<f32>(q, value + load<f32>(at + (<usize>j << 2)) - mean);
  }
}

/** The goals of the batch: reward + discount x the target network's value of the online network's best next action. */
export function bootstrap(batch: i32): void {
  const actions = word(ACTIONS), q = <usize>word(Q), best = <usize>word(BEST);
  forward(word(WEIGHTS), word(NEXT), batch);
  for (let b = 0; b < batch; b++) {
    const at = q + (<usize>(b * actions) << 2);
    let chosen = 0;
    let most = load<f32>(at);
    for (let j = 1; j < actions; j++) {
      const value = load<f32>(at + (<usize>j << 2));
      if (value > most) {
        most = value;
        chosen = j;
      }
    }
    store<i32>(best + (<usize>b << 2), chosen);
  }
  forward(word(TARGET), word(NEXT), batch);
  for (let b: usize = 0; b < <usize>batch; b++) {
    const at = q + (((b * <usize>actions) + <usize>load<i32>(best + (b << 2))) << 2);
    const goal: f32 = load<f32>(<usize>word(REWARD) + (b << 2)) + load<f32>(<usize>word(DISCOUNT) + (b << 2)) * load<f32>(at);
    store<f32>(<usize>word(GOAL) + (b << 2), goal);
  }
}

/** Mean weighted Huber loss of the values that forward left behind; fills the errors and the derivative by the head. */
export function loss(batch: i32): f64 {
  const actions = word(ACTIONS), head = word(HEAD), width = real(HUBER);
  const share: f32 = <f32>1.0 / <f32>actions, part: f32 = <f32>1.0 / <f32>batch;
  let total: f64 = 0.0;
  for (let b: usize = 0; b < <usize>batch; b++) {
    const action = load<i32>(<usize>word(ACTION) + (b << 2));
    const q = load<f32>(<usize>word(Q) + ((b * <usize>actions + <usize>action) << 2));
    const error: f32 = q - load<f32>(<usize>word(GOAL) + (b << 2));
    const importance = load<f32>(<usize>word(IMPORTANCE) + (b << 2));
    const size: f32 = abs<f32>(error);
    const cut: f32 = error > width ? width : error < -width ? -width : error;
    const one: f32 = size <= width ? <f32>0.5 * error * error : width * (size - <f32>0.5 * width);
    total += <f64>importance * <f64>one;
    store<f32>(<usize>word(ERROR) + (b << 2), error);
    const slope: f32 = importance * cut * part;
    const even: f32 = slope * share;
    const at = <usize>word(D_OUT) + b * (<usize>head << 2);
    store<f32>(at, slope);
    for (let j = 0; j < actions; j++) store<f32>(at + (<usize>(j + 1) << 2), j == action ? slope - even : -even);
  }
  return total / <f64>batch;
}

/** Gradient of the loss by all parameters, from the head's derivative and what forward left behind. */
export function backpropagate(batch: i32): void {
  const inputs = word(INPUTS), first = word(FIRST), second = word(SECOND), head = word(HEAD);
  const row0 = <usize>word(ROW0) << 2, row1 = <usize>word(ROW1) << 2, row2 = <usize>word(ROW2) << 2;
  const a1 = <usize>word(A1), a2 = <usize>word(A2), dOut = <usize>word(D_OUT), d2 = <usize>word(D2), d1 = <usize>word(D1);
  const skip1 = <usize>((inputs + 1) * first) << 2, skip2 = <usize>((first + 1) * second) << 2;
  const w2 = <usize>word(WEIGHTS) + skip1, w3 = w2 + skip2;
  const g1 = <usize>word(GRADIENT), g2 = g1 + skip1, g3 = g2 + skip2;
  const headRow = <usize>head << 2, row2d = <usize>second << 2, row1d = <usize>first << 2;
  outer(a2, row2, batch, second + 1, dOut, headRow, g3, headRow, head >> 2);
  backward(dOut, headRow, batch, head >> 2, w3, headRow, d2, row2d, second);
  gate(d2, a2, row2, batch, second);
  outer(a1, row1, batch, first + 1, d2, row2d, g2, row2d, second >> 2);
  backward(d2, row2d, batch, second >> 2, w2, row2d, d1, row1d, first);
  gate(d1, a1, row1, batch, first);
  outer(<usize>word(STATES), row0, batch, inputs + 1, d1, row1d, g1, row1d, first >> 2);
}

/** One Adam step; the gradient is scaled down to the descriptor's norm where that is positive. Returns the gradient's norm. */
export function update(rate: f32, correction: f32): f32 {
  const count = word(COUNT), clip = real(CLIP), gradient = <usize>word(GRADIENT);
  let norm: f32 = 0.0;
  let scale: f32 = 1.0;
  if (clip > 0) {
    norm = sqrt<f32>(squaredNorm(gradient, count));
    if (norm > clip) scale = clip / norm;
  }
  adam(
    <usize>word(WEIGHTS), gradient, <usize>word(MOMENT1), <usize>word(MOMENT2), count,
    real(BETA1), real(BETA2), rate, correction, real(EPSILON), 1.0, scale,
  );
  return norm;
}

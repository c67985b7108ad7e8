// LSTM with a dense head: forward, back-propagation through time and Adam over a batch, in f32 SIMD. The same operations in
// the same order as keeper/math/neural/lstm-kernel.ts; the memory's layout is written down in keeper/math/neural/lstm-layout.ts.
//
// A row of state is [h (units, padded to 4) | 1 | x (inputs) | padding], so that one product with the stacked weights
// [recurrent; bias; kernel] gives the gates, and its prefix [h | 1] feeds the dense head. Gates stand as i, f, g, o.
import { logistic, tanh } from "./shared/activations";
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

const UNITS = 0, INPUTS = 1, STEPS = 2, OUTPUTS = 3, ROW = 4, HEAD = 5;
const WEIGHTS = 6, DENSE = 7, GRADIENT = 8, DENSE_GRADIENT = 9, FIRST = 10, SECOND = 11, COUNT = 12;
const STATE = 13, GATES = 14, CELL = 15, SQUASHED = 16, D_STATE = 17, D_CELL = 18, RESULT = 19, D_RESULT = 20;
const ROWS = 21, STARTS = 22, TARGETS = 23, ORDER = 24, LEVELS = 25;
const BETA1 = 26, BETA2 = 27, EPSILON = 28, CLIP = 29;

/** Fills the results of samples order[first .. first + batch). */
export function forward(first: i32, batch: i32): void {
  const units = word(UNITS), inputs = word(INPUTS), steps = word(STEPS), head = word(HEAD);
  const row = <usize>word(ROW) << 2, gateRow = <usize>units << 4, unitRow = <usize>units << 2;
  const state = <usize>word(STATE), gates = <usize>word(GATES), cell = <usize>word(CELL);
  const squashed = <usize>word(SQUASHED), weights = <usize>word(WEIGHTS);
  const n = <usize>batch;

  // h and c before the first step are zero; the constant and the inputs of all steps.
  memory.fill(cell, 0, n * unitRow);
  for (let b: usize = 0; b < n; b++) {
    memory.fill(state + b * row, 0, unitRow);
    const sample = load<i32>(<usize>word(ORDER) + ((<usize>first + b) << 2));
    let from = <usize>word(ROWS) + <usize>load<i32>(<usize>word(STARTS) + (<usize>sample << 2)) * <usize>inputs * 4;
    for (let t: usize = 0; t < <usize>steps; t++) {
      let to = state + (t * n + b) * row + unitRow;
      store<f32>(to, 1.0);
      for (let i = 0; i < inputs; i++, from += 4) store<f32>((to += 4), load<f32>(from));
    }
    store<f32>(state + (<usize>steps * n + b) * row + unitRow, 1.0);
  }

  for (let t: usize = 0; t < <usize>steps; t++) {
    const z = gates + t * n * gateRow;
    // Before the first step h is zero and its products add nothing, not even a rounding: only [1 | x] counts.
    const known: i32 = t == 0 ? units : 0;
    multiply(
      state + t * n * row + ((<usize>known) << 2), row, batch, units + 1 + inputs - known,
      weights + <usize>known * gateRow, gateRow, z, gateRow, units,
    );
    for (let b: usize = 0; b < n; b++) {
      let at = z + b * gateRow;
      let c = cell + (t * n + b) * unitRow;
      let s = squashed + (t * n + b) * unitRow;
      let h = state + ((t + 1) * n + b) * row;
      for (const end = at + unitRow; at < end; at += 16, c += 16, s += 16, h += 16) {
        const i = logistic(v128.load(at));
        const f = logistic(v128.load(at + unitRow));
        const g = tanh(v128.load(at + 2 * unitRow));
        const o = logistic(v128.load(at + 3 * unitRow));
        const next = f32x4.add(f32x4.mul(f, v128.load(c)), f32x4.mul(i, g));
        const flat = tanh(next);
        v128.store(at, i);
        v128.store(at + unitRow, f);
        v128.store(at + 2 * unitRow, g);
        v128.store(at + 3 * unitRow, o);
        v128.store(c + n * unitRow, next);
        v128.store(s, flat);
        v128.store(h, f32x4.mul(o, flat));
      }
    }
  }
  multiply(
    state + <usize>steps * n * row, row, batch, units + 1,
    <usize>word(DENSE), <usize>head << 2, <usize>word(RESULT), <usize>head << 2, head >> 2,
  );
}

/**
 * Loss of the results against the targets, summed over samples and outputs, and its derivative by the results, divided by
 * batch x outputs. A level of NaN means squared error for that output, else the pinball loss at that level. Targets that are
 * NaN are left out.
 */
export function loss(first: i32, batch: i32): f64 {
  const outputs = word(OUTPUTS), head = word(HEAD);
  const share: f32 = <f32>1.0 / <f32>(batch * outputs);
  const width = <usize>head << 2;
  let total: f64 = 0.0;
  for (let b: usize = 0; b < <usize>batch; b++) {
    const sample = load<i32>(<usize>word(ORDER) + ((<usize>first + b) << 2));
    for (let o: usize = 0; o < <usize>outputs; o++) {
      const target = load<f32>(<usize>word(TARGETS) + <usize>sample * width + (o << 2));
      const error: f32 = load<f32>(<usize>word(RESULT) + b * width + (o << 2)) - target;
      const level = load<f32>(<usize>word(LEVELS) + (o << 2));
      let slope: f32 = 0.0;
      if (target == target) {
        if (level != level) {
          slope = <f32>2.0 * error * share;
          total += <f64>(error * error);
        } else if (error > 0) {
          slope = (<f32>1.0 - level) * share;
          total += <f64>((<f32>1.0 - level) * error);
        } else {
          slope = -level * share;
          total -= <f64>(level * error);
        }
      }
      store<f32>(<usize>word(D_RESULT) + b * width + (o << 2), slope);
    }
  }
  return total;
}

/** Gradient of the loss by all parameters, from the results' derivative and what forward left behind. */
export function backpropagate(batch: i32): void {
  const units = word(UNITS), inputs = word(INPUTS), steps = word(STEPS), head = word(HEAD);
  const row = <usize>word(ROW) << 2, gateRow = <usize>units << 4, unitRow = <usize>units << 2;
  const state = <usize>word(STATE), gates = <usize>word(GATES), cell = <usize>word(CELL);
  const squashed = <usize>word(SQUASHED), weights = <usize>word(WEIGHTS);
  const dState = <usize>word(D_STATE), dCell = <usize>word(D_CELL), dResult = <usize>word(D_RESULT);
  const n = <usize>batch;
  const headRow = <usize>head << 2;

  outer(
    state + <usize>steps * n * row, row, batch, units + 1, dResult, headRow, <usize>word(DENSE_GRADIENT), headRow, head >> 2,
  );
  backward(dResult, headRow, batch, head >> 2, <usize>word(DENSE), headRow, dState, unitRow, units);
  memory.fill(dCell, 0, n * unitRow);
  const one = f32x4.splat(1.0);
  for (let t = <usize>steps; t-- > 0; ) {
    const z = gates + t * n * gateRow;
    for (let b: usize = 0; b < n; b++) {
      let at = z + b * gateRow;
      let c = cell + (t * n + b) * unitRow;
      let s = squashed + (t * n + b) * unitRow;
      let dh = dState + b * unitRow;
      let dc = dCell + b * unitRow;
      for (const end = at + unitRow; at < end; at += 16, c += 16, s += 16, dh += 16, dc += 16) {
        const i = v128.load(at), f = v128.load(at + unitRow);
        const g = v128.load(at + 2 * unitRow), o = v128.load(at + 3 * unitRow);
        const flat = v128.load(s), down = v128.load(dh);
        const through = f32x4.mul(f32x4.mul(down, o), f32x4.sub(one, f32x4.mul(flat, flat)));
        const d = f32x4.add(v128.load(dc), through);
        v128.store(at, f32x4.mul(f32x4.mul(d, g), f32x4.mul(i, f32x4.sub(one, i))));
        v128.store(at + unitRow, f32x4.mul(f32x4.mul(d, v128.load(c)), f32x4.mul(f, f32x4.sub(one, f))));
        v128.store(at + 2 * unitRow, f32x4.mul(f32x4.mul(d, i), f32x4.sub(one, f32x4.mul(g, g))));
        v128.store(at + 3 * unitRow, f32x4.mul(f32x4.mul(down, flat), f32x4.mul(o, f32x4.sub(one, o))));
        v128.store(dc, f32x4.mul(d, f));
      }
    }
    if (t > 0) backward(z, gateRow, batch, units, weights, gateRow, dState, unitRow, units);
  }
  outer(
    state, row, batch * steps, units + 1 + inputs, gates, gateRow, <usize>word(GRADIENT), gateRow, units,
  );
}

/** One Adam step; the gradient is scaled down to the descriptor's norm where that is positive. Returns the gradient's norm. */
export function update(rate: f32, correction: f32, decay: f32): f32 {
  const count = word(COUNT), clip = real(CLIP), gradient = <usize>word(GRADIENT);
  let norm: f32 = 0.0;
  let scale: f32 = 1.0;
  if (clip > 0) {
    norm = sqrt<f32>(squaredNorm(gradient, count));
    if (norm > clip) scale = clip / norm;
  }
  adam(
    <usize>word(WEIGHTS), gradient, <usize>word(FIRST), <usize>word(SECOND), count,
    real(BETA1), real(BETA2), rate, correction, real(EPSILON), decay, scale,
  );
  return norm;
}

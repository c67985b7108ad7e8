/**
 * Where everything of a dueling network stands in its memory. Both kernels (assembly/mlp.ts and mlp-kernel.ts) read the
 * descriptor at the start of that memory, so that a network can be handed from one to the other byte for byte.
 *
 * Parameters are three matrices of [kernel; bias] rows, one after the other: inputs x first, first x second, second x head,
 * where a row of the head is [value | advantages]. The head is padded to a multiple of four; padding is zero and stays zero.
 */
import { requireCount } from "../checks.ts";
import { ParameterOutOfRangeError } from "../errors.ts";

export interface MlpShape {
  readonly inputs: number;
  /** Units of the hidden layers, multiples of four. */
  readonly first: number;
  readonly second: number;
  readonly actions: number;
}

export interface MlpLayout {
  readonly shape: MlpShape;
  /** Most states in one call. */
  readonly batch: number;
  /** Columns of the last matrix. */
  readonly head: number;
  /** Floats in a row of states and of each hidden layer's activations. */
  readonly row0: number;
  readonly row1: number;
  readonly row2: number;
  /** Byte offsets. */
  readonly weights: number;
  readonly target: number;
  readonly gradient: number;
  readonly moment1: number;
  readonly moment2: number;
  /** Floats of all parameters, padded to a multiple of four. */
  readonly count: number;
  readonly states: number;
  readonly next: number;
  readonly a1: number;
  readonly a2: number;
  readonly out: number;
  readonly q: number;
  readonly dOut: number;
  readonly d2: number;
  readonly d1: number;
  readonly action: number;
  readonly reward: number;
  readonly discount: number;
  readonly importance: number;
  readonly error: number;
  readonly goal: number;
  readonly best: number;
  readonly bytes: number;
}

/** Index of each word of the descriptor; the last five are floats. */
export const MLP_WORD = {
  inputs: 0,
  first: 1,
  second: 2,
  actions: 3,
  head: 4,
  row0: 5,
  row1: 6,
  row2: 7,
  weights: 8,
  target: 9,
  gradient: 10,
  moment1: 11,
  moment2: 12,
  count: 13,
  states: 14,
  next: 15,
  a1: 16,
  a2: 17,
  out: 18,
  q: 19,
  dOut: 20,
  d2: 21,
  d1: 22,
  action: 23,
  reward: 24,
  discount: 25,
  importance: 26,
  error: 27,
  goal: 28,
  best: 29,
  beta1: 30,
  beta2: 31,
  epsilon: 32,
  clip: 33,
  huber: 34,
} as const;

const padded = (count: number): number => (count + 3) & ~3;

function requireUnits(what: string, value: number): void {
  requireCount(what, value, 4);
  if (value % 4 !== 0) throw new ParameterOutOfRangeError(what, value, "a multiple of 4");
}

/** @throws {ParameterOutOfRangeError} unless all sizes are positive and the hidden layers multiples of four. */
export function mlpLayout(shape: MlpShape, batch: number): MlpLayout {
  requireCount("network inputs", shape.inputs, 1);
  requireUnits("units of the first hidden layer", shape.first);
  requireUnits("units of the second hidden layer", shape.second);
  requireCount("network actions", shape.actions, 2);
  requireCount("batch", batch, 1);
  const { inputs, first, second, actions } = shape;
  const head = padded(1 + actions);
  const row0 = padded(inputs + 1);
  const row1 = first + 4;
  const row2 = second + 4;
  // Cache lines, so that no block begins in the middle of one.
  let next = 256;
  const take = (floats: number): number => {
    const at = next;
    next += ((floats * 4 + 63) >> 6) << 6;
    return at;
  };
  const count = (inputs + 1) * first + (first + 1) * second + (second + 1) * head;
  return {
    ...{ shape, batch, head, row0, row1, row2, count },
    weights: take(count),
    target: take(count),
    gradient: take(count),
    moment1: take(count),
    moment2: take(count),
    states: take(batch * row0),
    next: take(batch * row0),
    a1: take(batch * row1),
    a2: take(batch * row2),
    out: take(batch * head),
    q: take(batch * actions),
    dOut: take(batch * head),
    d2: take(batch * second),
    d1: take(batch * first),
    action: take(batch),
    reward: take(batch),
    discount: take(batch),
    importance: take(batch),
    error: take(batch),
    goal: take(batch),
    best: take(batch),
    bytes: next,
  };
}

export interface MlpSettings {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Norm to which a longer gradient is scaled down; 0 for none. */
  readonly clip: number;
  /** Error at which the loss turns from quadratic to linear. */
  readonly huber: number;
}

/** Writes the descriptor that both kernels read, and the constants that feed the biases. */
export function describeMlp(memory: ArrayBuffer, layout: MlpLayout, settings: MlpSettings): void {
  const words = new Int32Array(memory, 0, 64);
  const reals = new Float32Array(memory);
  for (const name of ["inputs", "first", "second", "actions"] as const) words[MLP_WORD[name]] = layout.shape[name];
  const names = [
    ...(["head", "row0", "row1", "row2", "weights", "target", "gradient", "moment1", "moment2", "count"] as const),
    ...(["states", "next", "a1", "a2", "out", "q", "dOut", "d2", "d1"] as const),
    ...(["action", "reward", "discount", "importance", "error", "goal", "best"] as const),
  ];
  for (const name of names) words[MLP_WORD[name]] = layout[name];
  for (const name of ["beta1", "beta2", "epsilon", "clip", "huber"] as const) reals[MLP_WORD[name]] = settings[name];
  const { inputs, first, second } = layout.shape;
  for (let b = 0; b < layout.batch; b++) {
    reals[(layout.states >> 2) + b * layout.row0 + inputs] = 1;
    reals[(layout.next >> 2) + b * layout.row0 + inputs] = 1;
    reals[(layout.a1 >> 2) + b * layout.row1 + first] = 1;
    reals[(layout.a2 >> 2) + b * layout.row2 + second] = 1;
  }
}

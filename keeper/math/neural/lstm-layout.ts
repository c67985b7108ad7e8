/**
 * Where everything of an LSTM network stands in its memory. Both kernels (assembly/lstm.ts and lstm-kernel.ts) read the
 * descriptor at the start of that memory, so a network can be handed from one to the other byte for byte.
 *
 * Units and outputs are padded to multiples of four; padding is zero and stays zero. The gates' weights are one matrix of
 * [recurrent (units); bias (1); kernel (inputs)] rows by [i | f | g | o] columns, the head's one of [dense (units); bias].
 */
import { requireCount } from "../checks.ts";

export interface LstmShape {
  readonly units: number;
  /** Features per step. */
  readonly inputs: number;
  /** Steps a window has. */
  readonly steps: number;
  readonly outputs: number;
}

export interface LstmCapacity {
  /** Samples in one training step or one prediction. */
  readonly batch: number;
  /** Rows of features, windows of `steps` of which are the samples' inputs. */
  readonly rows: number;
  readonly samples: number;
}

/** Byte offsets, in the order of the descriptor's words from WEIGHTS on. */
export interface LstmLayout {
  readonly shape: LstmShape;
  readonly capacity: LstmCapacity;
  /** Units and outputs with padding. */
  readonly units: number;
  readonly head: number;
  /** Floats in a row of state. */
  readonly row: number;
  readonly weights: number;
  readonly dense: number;
  readonly gradient: number;
  readonly denseGradient: number;
  readonly first: number;
  readonly second: number;
  /** Floats of all parameters with padding. */
  readonly count: number;
  readonly state: number;
  readonly gates: number;
  readonly cell: number;
  readonly squashed: number;
  readonly dState: number;
  readonly dCell: number;
  readonly result: number;
  readonly dResult: number;
  readonly rows: number;
  readonly starts: number;
  readonly targets: number;
  readonly order: number;
  readonly levels: number;
  readonly bytes: number;
}

/** Index of each word of the descriptor; the last four are floats. */
export const WORD = {
  units: 0,
  inputs: 1,
  steps: 2,
  outputs: 3,
  row: 4,
  head: 5,
  weights: 6,
  dense: 7,
  gradient: 8,
  denseGradient: 9,
  first: 10,
  second: 11,
  count: 12,
  state: 13,
  gates: 14,
  cell: 15,
  squashed: 16,
  dState: 17,
  dCell: 18,
  result: 19,
  dResult: 20,
  rows: 21,
  starts: 22,
  targets: 23,
  order: 24,
  levels: 25,
  beta1: 26,
  beta2: 27,
  epsilon: 28,
  clip: 29,
} as const;

const padded = (count: number): number => (count + 3) & ~3;

/** @throws {ParameterOutOfRangeError} unless all sizes are positive integers. */
export function lstmLayout(shape: LstmShape, capacity: LstmCapacity): LstmLayout {
  requireCount("LSTM units", shape.units, 1);
  requireCount("LSTM inputs", shape.inputs, 1);
  requireCount("LSTM steps", shape.steps, 1);
  requireCount("LSTM outputs", shape.outputs, 1);
  requireCount("batch", capacity.batch, 1);
  requireCount("rows of features", capacity.rows, shape.steps);
  requireCount("samples", capacity.samples, 1);
  const units = padded(shape.units);
  const head = padded(shape.outputs);
  const row = padded(units + 1 + shape.inputs);
  const { batch } = capacity;
  const { steps } = shape;
  // Cache lines, so that no block begins in the middle of one.
  let next = 256;
  const take = (floats: number): number => {
    const at = next;
    next += ((floats * 4 + 63) >> 6) << 6;
    return at;
  };
  const gateFloats = (units + 1 + shape.inputs) * 4 * units;
  const count = gateFloats + (units + 1) * head;
  const weights = take(count);
  const gradient = take(count);
  return {
    shape,
    capacity,
    units,
    head,
    row,
    weights,
    dense: weights + gateFloats * 4,
    gradient,
    denseGradient: gradient + gateFloats * 4,
    count,
    first: take(count),
    second: take(count),
    state: take((steps + 1) * batch * row),
    gates: take(steps * batch * 4 * units),
    cell: take((steps + 1) * batch * units),
    squashed: take(steps * batch * units),
    dState: take(batch * units),
    dCell: take(batch * units),
    result: take(batch * head),
    dResult: take(batch * head),
    rows: take(capacity.rows * shape.inputs),
    starts: take(capacity.samples),
    targets: take(capacity.samples * head),
    order: take(capacity.samples),
    levels: take(head),
    bytes: next,
  };
}

export interface AdamSettings {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Norm to which a longer gradient is scaled down; 0 for none. */
  readonly clip: number;
}

/** Writes the descriptor that both kernels read. */
export function describe(memory: ArrayBuffer, layout: LstmLayout, settings: AdamSettings): void {
  const words = new Int32Array(memory, 0, 64);
  const reals = new Float32Array(memory, 0, 64);
  const { shape } = layout;
  words[WORD.inputs] = shape.inputs;
  words[WORD.steps] = shape.steps;
  words[WORD.outputs] = shape.outputs;
  const names = [
    ...(["units", "row", "head", "weights", "dense", "gradient", "denseGradient", "first", "second", "count"] as const),
    ...(["state", "gates", "cell", "squashed", "dState", "dCell", "result", "dResult"] as const),
    ...(["rows", "starts", "targets", "order", "levels"] as const),
  ];
  for (const name of names) words[WORD[name]] = layout[name];
  for (const name of ["beta1", "beta2", "epsilon", "clip"] as const) reals[WORD[name]] = settings[name];
}

/**
 * An LSTM network with a dense head, trained by Adam on the squared or the pinball loss. The numbers do not depend on the
 * backend: the compiled kernel and its TypeScript twin give the same bits.
 */
import type { Rng } from "../../kernel/rng.ts";
import { requireBetween, requireCount } from "../checks.ts";
import { DimensionMismatchError, ParameterOutOfRangeError } from "../errors.ts";
import { heapFor } from "./heap.ts";
import { type LstmKernel, typescriptLstm } from "./lstm-kernel.ts";
import { describe, type LstmCapacity, type LstmLayout, type LstmShape, lstmLayout } from "./lstm-layout.ts";
import { type Backend, compiledKernel, instantiate, wasmMemory } from "./wasm.ts";

export type { LstmCapacity, LstmShape } from "./lstm-layout.ts";

/** Row-major, in the layout of a Keras layer: gates i, f, c, o side by side. */
export interface LstmWeights {
  /** inputs x 4 units. */
  readonly kernel: Float32Array;
  /** units x 4 units. */
  readonly recurrent: Float32Array;
  /** 4 units. */
  readonly bias: Float32Array;
  /** units x outputs. */
  readonly dense: Float32Array;
  /** outputs. */
  readonly denseBias: Float32Array;
}

export interface LstmOptions {
  /** Without it: wasm when it has been built, else typescript. */
  readonly backend?: Backend;
  /** Per output: NaN for the squared error, else the level of the pinball loss, in (0, 1). */
  readonly levels?: readonly number[];
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  /** Norm to which a longer gradient is scaled down; 0 for none. */
  readonly clip?: number;
}

export interface LstmData {
  /** Features, row-major, `inputs` wide. */
  readonly rows: Float32Array;
  /** Row at which each sample's window begins. */
  readonly starts: Int32Array;
  /** samples x outputs; NaN where the target is not known. Absent for prediction. */
  readonly targets?: Float32Array;
}

export interface EpochSettings {
  readonly batch: number;
  readonly learningRate: number;
  /** Share of every weight that a step at learning rate 1 takes away (Loshchilov and Hutter 2019). */
  readonly weightDecay?: number;
}

export interface LstmNetwork {
  readonly shape: LstmShape;
  readonly backend: Backend | "tfjs" | "tfjs-node";
  /** Why the compiled kernel is not used; null when it is, or was not asked for. */
  readonly fallback: string | null;
  load(data: LstmData): void;
  setWeights(weights: LstmWeights): void;
  weights(): LstmWeights;
  /** Gradient of the last training step or of `differentiate`, in the layout of the weights. */
  gradient(): LstmWeights;
  /** Forgets the moments of Adam and the count of its steps. */
  restart(): void;
  /** samples x outputs, row-major, of the samples named. */
  predict(samples: ArrayLike<number>): Float32Array;
  /** Mean loss over the samples and outputs named, without a step. */
  loss(samples: ArrayLike<number>): number;
  /** Loss of one batch, leaving its gradient behind. */
  differentiate(samples: ArrayLike<number>): number;
  /** One pass over the samples in the order given; returns the mean loss per sample and output. */
  epoch(samples: ArrayLike<number>, settings: EpochSettings): number;
}

const WASM_EXPORTS = ["forward", "loss", "backpropagate", "update"] as const;
type Exported = (...values: number[]) => unknown;
const isFunction = (value: unknown): value is Exported => typeof value === "function";

function wasmLstm(module: WebAssembly.Module, memory: WebAssembly.Memory): LstmKernel {
  const exported = instantiate(module, memory);
  const [forward, loss, backpropagate, update] = WASM_EXPORTS.map((name) => exported[name]).filter(isFunction);
  if (forward === undefined || loss === undefined || backpropagate === undefined || update === undefined)
    throw new ParameterOutOfRangeError("exports of lstm.wasm", Object.keys(exported).length, WASM_EXPORTS.join(", "));
  return {
    forward: (first, batch) => void forward(first, batch),
    loss: (first, batch) => Number(loss(first, batch)),
    backpropagate: (batch) => void backpropagate(batch),
    update: (rate, correction, decay) => Number(update(rate, correction, decay)),
  };
}

function memoryAndKernel(layout: LstmLayout, wanted: Backend | undefined) {
  const found = wanted === "typescript" ? { module: null, missing: null } : compiledKernel("lstm");
  if (found.module === null) {
    const memory = heapFor(layout.bytes);
    return { memory, kernel: () => typescriptLstm(memory), backend: "typescript" as const, fallback: found.missing };
  }
  const { module } = found;
  const memory = wasmMemory(layout.bytes);
  return { memory: memory.buffer, kernel: () => wasmLstm(module, memory), backend: "wasm" as const, fallback: null };
}

/** Copies between a Keras matrix and the padded one; column gate g, unit u stands at g x padded + u. */
function eachWeight(
  { shape, units, head, weights, dense }: LstmLayout,
  visit: (name: keyof LstmWeights, index: number, at: number) => void,
): void {
  const columns = 4 * shape.units;
  const column = (j: number): number => Math.floor(j / shape.units) * units + (j % shape.units);
  const gate = (row: number, j: number): number => (weights >> 2) + row * 4 * units + column(j);
  for (let j = 0; j < columns; j++) {
    for (let k = 0; k < shape.units; k++) visit("recurrent", k * columns + j, gate(k, j));
    visit("bias", j, gate(units, j));
    for (let i = 0; i < shape.inputs; i++) visit("kernel", i * columns + j, gate(units + 1 + i, j));
  }
  for (let o = 0; o < shape.outputs; o++) {
    for (let k = 0; k < shape.units; k++) visit("dense", k * shape.outputs + o, (dense >> 2) + k * head + o);
    visit("denseBias", o, (dense >> 2) + units * head + o);
  }
}

/** Length of each tensor. */
export const weightSizes = ({ units, inputs, outputs }: LstmShape): Readonly<Record<keyof LstmWeights, number>> => ({
  kernel: inputs * 4 * units,
  recurrent: units * 4 * units,
  bias: 4 * units,
  dense: units * outputs,
  denseBias: outputs,
});

export const emptyWeights = (shape: LstmShape): LstmWeights => {
  const sizes = weightSizes(shape);
  return {
    kernel: new Float32Array(sizes.kernel),
    recurrent: new Float32Array(sizes.recurrent),
    bias: new Float32Array(sizes.bias),
    dense: new Float32Array(sizes.dense),
    denseBias: new Float32Array(sizes.denseBias),
  };
};

/** Uniform by Glorot and Bengio 2010; forget gates start open (bias 1, Jozefowicz et al. 2015). */
export function initialWeights(shape: LstmShape, rng: Rng): LstmWeights {
  const weights = emptyWeights(shape);
  const fill = (values: Float32Array, fanIn: number, fanOut: number): void => {
    const bound = Math.sqrt(6 / (fanIn + fanOut));
    for (let i = 0; i < values.length; i++) values[i] = bound * (2 * rng.uniform() - 1);
  };
  fill(weights.kernel, shape.inputs, 4 * shape.units);
  fill(weights.recurrent, shape.units, 4 * shape.units);
  fill(weights.dense, shape.units, shape.outputs);
  weights.bias.fill(1, shape.units, 2 * shape.units);
  return weights;
}

/** @throws {ParameterOutOfRangeError | DimensionMismatchError} */
export function createLstm(shape: LstmShape, capacity: LstmCapacity, options: LstmOptions = {}): LstmNetwork {
  const layout = lstmLayout(shape, capacity);
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, clip = 0, levels } = options;
  if (levels !== undefined && levels.length !== shape.outputs)
    throw new DimensionMismatchError("list of loss levels", shape.outputs, levels.length);
  const { memory, kernel: build, backend, fallback } = memoryAndKernel(layout, options.backend);
  describe(memory, layout, { beta1, beta2, epsilon, clip });
  const kernel = build();
  const m = new Float32Array(memory);
  const words = new Int32Array(memory);
  m.set(levels ?? new Array<number>(shape.outputs).fill(Number.NaN), layout.levels >> 2);
  let samples = 0;
  let step = 0;

  const select = (chosen: ArrayLike<number>): void => {
    if (chosen.length > capacity.samples)
      throw new DimensionMismatchError("list of samples", capacity.samples, chosen.length);
    for (let k = 0; k < chosen.length; k++) {
      const sample = chosen[k] ?? -1;
      if (!(sample >= 0 && sample < samples))
        throw new ParameterOutOfRangeError("sample", sample, `from 0 to ${samples - 1}`);
      words[(layout.order >> 2) + k] = sample;
    }
  };
  /** Calls back for each batch of the selected samples. */
  const batches = (count: number, size: number, each: (first: number, batch: number) => void): void => {
    for (let first = 0; first < count; first += size) each(first, Math.min(size, count - first));
  };
  const read = (from: number): LstmWeights => {
    const out = emptyWeights(shape);
    eachWeight(layout, (name, index, at) => {
      out[name][index] = m[at + ((from - layout.weights) >> 2)] ?? Number.NaN;
    });
    return out;
  };

  return {
    shape,
    backend,
    fallback,
    load({ rows, starts, targets }) {
      const { inputs, steps, outputs } = shape;
      if (rows.length > capacity.rows * inputs)
        throw new DimensionMismatchError("table of features", capacity.rows * inputs, rows.length);
      if (starts.length > capacity.samples)
        throw new DimensionMismatchError("list of windows", capacity.samples, starts.length);
      if (targets !== undefined && targets.length !== starts.length * outputs)
        throw new DimensionMismatchError("table of targets", starts.length * outputs, targets.length);
      const latest = rows.length / inputs - steps;
      for (const start of starts)
        if (!(start >= 0 && start <= latest))
          throw new ParameterOutOfRangeError("window", start, `from 0 to ${latest}`);
      m.set(rows, layout.rows >> 2);
      words.set(starts, layout.starts >> 2);
      samples = starts.length;
      for (let s = 0; s < samples; s++)
        for (let o = 0; o < outputs; o++)
          m[(layout.targets >> 2) + s * layout.head + o] = targets?.[s * outputs + o] ?? Number.NaN;
    },
    setWeights(weights) {
      for (const [name, size] of Object.entries(weightSizes(shape)))
        if (!Object.entries(weights).some(([key, values]) => key === name && values.length === size))
          throw new DimensionMismatchError(
            `tensor ${name}`,
            size,
            new Map(Object.entries(weights)).get(name)?.length ?? 0,
          );
      eachWeight(layout, (name, index, at) => {
        m[at] = weights[name][index] ?? Number.NaN;
      });
    },
    weights: () => read(layout.weights),
    gradient: () => read(layout.gradient),
    restart() {
      m.fill(0, layout.first >> 2, (layout.first >> 2) + layout.count);
      m.fill(0, layout.second >> 2, (layout.second >> 2) + layout.count);
      step = 0;
    },
    predict(chosen) {
      select(chosen);
      const { outputs } = shape;
      const out = new Float32Array(chosen.length * outputs);
      batches(chosen.length, capacity.batch, (first, batch) => {
        kernel.forward(first, batch);
        for (let b = 0; b < batch; b++)
          for (let o = 0; o < outputs; o++)
            out[(first + b) * outputs + o] = m[(layout.result >> 2) + b * layout.head + o] ?? Number.NaN;
      });
      return out;
    },
    loss(chosen) {
      select(chosen);
      let total = 0;
      batches(chosen.length, capacity.batch, (first, batch) => {
        kernel.forward(first, batch);
        total += kernel.loss(first, batch);
      });
      return total / (chosen.length * shape.outputs);
    },
    differentiate(chosen) {
      requireBetween("samples of one batch", chosen.length, 1, capacity.batch);
      select(chosen);
      kernel.forward(0, chosen.length);
      const total = kernel.loss(0, chosen.length);
      kernel.backpropagate(chosen.length);
      return total / (chosen.length * shape.outputs);
    },
    epoch(chosen, { batch: size, learningRate, weightDecay = 0 }) {
      requireCount("batch", size, 1);
      requireBetween("batch", size, 1, capacity.batch);
      select(chosen);
      let total = 0;
      batches(chosen.length, size, (first, batch) => {
        kernel.forward(first, batch);
        total += kernel.loss(first, batch);
        kernel.backpropagate(batch);
        step++;
        const rate = learningRate / (1 - beta1 ** step);
        kernel.update(rate, 1 / Math.sqrt(1 - beta2 ** step), 1 - learningRate * weightDecay);
      });
      return total / (chosen.length * shape.outputs);
    },
  };
}

/**
 * The same network on TensorFlow.js, an optional dependency: @tensorflow/tfjs with its WebAssembly backend, or
 * @tensorflow/tfjs-node with its native library. It computes with other rounding, so its numbers agree to about 1e-6 only.
 */
import { DimensionMismatchError } from "../errors.ts";
import { BackendMissingError } from "./errors.ts";
import type {
  EpochSettings,
  LstmCapacity,
  LstmData,
  LstmNetwork,
  LstmOptions,
  LstmShape,
  LstmWeights,
} from "./lstm.ts";
import { weightSizes } from "./lstm.ts";

export type TensorFlowBackend = "tfjs" | "tfjs-node";

/** The part of TensorFlow.js that is used here. */
export interface Tensor {
  readonly shape: readonly number[];
  dataSync(): Float32Array;
  dispose(): void;
  sub(other: Tensor | number): Tensor;
  mul(other: Tensor | number): Tensor;
  div(other: Tensor | number): Tensor;
  add(other: Tensor | number): Tensor;
  square(): Tensor;
  sum(): Tensor;
  maximum(other: Tensor): Tensor;
}
interface Variable extends Tensor {
  readonly name: string;
  assign(value: Tensor): void;
}
interface LayersModel {
  apply(inputs: Tensor): Tensor;
  setWeights(weights: readonly Tensor[]): void;
  readonly trainableWeights: readonly { read(): Variable }[];
}
interface Optimizer {
  applyGradients(gradients: Readonly<Record<string, Tensor>>): void;
  learningRate: number;
  dispose(): void;
}
export interface TensorFlow {
  tensor(values: Float32Array, shape: readonly number[]): Tensor;
  tidy<T>(run: () => T): T;
  sequential(): LayersModel & { add(layer: unknown): void };
  variableGrads(loss: () => Tensor): { readonly value: Tensor; readonly grads: Readonly<Record<string, Tensor>> };
  setBackend(name: string): Promise<boolean>;
  ready(): Promise<void>;
  getBackend(): string;
  readonly layers: { lstm(options: unknown): unknown; dense(options: unknown): unknown };
  readonly train: { adam(rate: number, beta1: number, beta2: number, epsilon: number): Optimizer };
}

const isTensorFlow = (value: unknown): value is TensorFlow =>
  typeof value === "object" &&
  value !== null &&
  ["tensor", "tidy", "sequential", "variableGrads", "setBackend", "layers", "train"].every((name) => name in value);

async function imported(backend: TensorFlowBackend, name: string): Promise<unknown> {
  try {
    const found: unknown = await import(name);
    return found;
  } catch (cause) {
    throw new BackendMissingError(backend, name, cause);
  }
}

/** @throws {BackendMissingError} */
export async function loadTensorFlow(backend: TensorFlowBackend): Promise<TensorFlow> {
  const name = backend === "tfjs" ? "@tensorflow/tfjs" : "@tensorflow/tfjs-node";
  const tf = await imported(backend, name);
  if (!isTensorFlow(tf)) throw new BackendMissingError(backend, `${name} 4.22`);
  if (backend === "tfjs") {
    await imported(backend, "@tensorflow/tfjs-backend-wasm");
    if (!(await tf.setBackend("wasm"))) throw new BackendMissingError(backend, "@tensorflow/tfjs-backend-wasm 4.22");
  }
  await tf.ready();
  return tf;
}

const ORDER = ["kernel", "recurrent", "bias", "dense", "denseBias"] as const;

export function tensorFlowLstm(
  tf: TensorFlow,
  backend: TensorFlowBackend,
  shape: LstmShape,
  capacity: LstmCapacity,
  options: LstmOptions = {},
): LstmNetwork {
  const { units, inputs, steps, outputs } = shape;
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, clip = 0, levels } = options;
  const model = tf.sequential();
  model.add(
    tf.layers.lstm({
      units,
      inputShape: [steps, inputs],
      // The Keras default of TensorFlow.js is the hard sigmoid.
      recurrentActivation: "sigmoid",
      // Weights are always set: an orthogonal start would be computed for nothing.
      recurrentInitializer: "zeros",
    }),
  );
  model.add(tf.layers.dense({ units: outputs }));
  const variables = model.trainableWeights.map((weight) => weight.read());
  const sizes = weightSizes(shape);
  // The subgradient at a zero error is that of an error below zero, as in the kernels.
  const above = Float32Array.from(levels ?? new Array<number>(outputs).fill(Number.NaN));
  const squared = above.map((level) => (Number.isNaN(level) ? 1 : 0));
  const over = above.map((level) => (Number.isNaN(level) ? 0 : 1 - level));
  const under = above.map((level) => (Number.isNaN(level) ? 0 : -level));
  let data: LstmData = { rows: new Float32Array(0), starts: new Int32Array(0) };
  let optimizer: Optimizer | null = null;
  let gradients: LstmWeights | null = null;

  const inputsOf = (chosen: ArrayLike<number>): Float32Array => {
    const out = new Float32Array(chosen.length * steps * inputs);
    for (let k = 0; k < chosen.length; k++) {
      const from = (data.starts[chosen[k] ?? 0] ?? 0) * inputs;
      out.set(data.rows.subarray(from, from + steps * inputs), k * steps * inputs);
    }
    return out;
  };
  /** Targets and a mask of the known ones. */
  const targetsOf = (chosen: ArrayLike<number>) => {
    const targets = new Float32Array(chosen.length * outputs);
    const mask = new Float32Array(chosen.length * outputs);
    for (let k = 0; k < chosen.length; k++)
      for (let o = 0; o < outputs; o++) {
        const value = data.targets?.[(chosen[k] ?? 0) * outputs + o] ?? Number.NaN;
        targets[k * outputs + o] = Number.isNaN(value) ? 0 : value;
        mask[k * outputs + o] = Number.isNaN(value) ? 0 : 1;
      }
    return { targets, mask };
  };
  const lossOf = (chosen: ArrayLike<number>): Tensor => {
    const { targets, mask } = targetsOf(chosen);
    const size = [chosen.length, outputs];
    const results = model.apply(tf.tensor(inputsOf(chosen), [chosen.length, steps, inputs]));
    const error = results.sub(tf.tensor(targets, size)).mul(tf.tensor(mask, size));
    const row = (values: Float32Array): Tensor => tf.tensor(values, [1, outputs]);
    const pinball = error.mul(row(under)).maximum(error.mul(row(over)));
    return error
      .square()
      .mul(row(squared))
      .add(pinball)
      .sum()
      .div(chosen.length * outputs);
  };
  const asWeights = (read: (k: number) => Float32Array): LstmWeights => ({
    kernel: read(0),
    recurrent: read(1),
    bias: read(2),
    dense: read(3),
    denseBias: read(4),
  });
  /** Loss of a batch; its gradients stay as arrays and, when asked for, as tensors for a step. */
  const differentiate = (chosen: ArrayLike<number>, apply: ((named: Record<string, Tensor>) => void) | null): number =>
    tf.tidy(() => {
      const { value, grads } = tf.variableGrads(() => lossOf(chosen));
      if (apply === null) {
        gradients = asWeights((k) => Float32Array.from(grads[variables[k]?.name ?? ""]?.dataSync() ?? []));
      } else {
        apply({ ...grads });
      }
      return value.dataSync()[0] ?? Number.NaN;
    });

  const network: LstmNetwork = {
    shape,
    backend,
    fallback: null,
    load(next) {
      data = next;
    },
    setWeights(weights) {
      for (const name of ORDER)
        if (weights[name].length !== sizes[name])
          throw new DimensionMismatchError(`tensor ${name}`, sizes[name], weights[name].length);
      tf.tidy(() => model.setWeights(ORDER.map((name, k) => tf.tensor(weights[name], variables[k]?.shape ?? []))));
    },
    weights: () => asWeights((k) => Float32Array.from(variables[k]?.dataSync() ?? [])),
    gradient: () => gradients ?? asWeights((k) => new Float32Array(sizes[ORDER[k] ?? "bias"])),
    restart() {
      optimizer?.dispose();
      optimizer = null;
    },
    predict: (chosen) => {
      const out = new Float32Array(chosen.length * outputs);
      for (let first = 0; first < chosen.length; first += capacity.batch) {
        const part = Array.from(chosen).slice(first, first + capacity.batch);
        const values = tf.tidy(() => model.apply(tf.tensor(inputsOf(part), [part.length, steps, inputs])).dataSync());
        out.set(values, first * outputs);
      }
      return out;
    },
    loss(chosen) {
      let total = 0;
      for (let first = 0; first < chosen.length; first += capacity.batch) {
        const part = Array.from(chosen).slice(first, first + capacity.batch);
        total += part.length * tf.tidy(() => lossOf(part).dataSync()[0] ?? Number.NaN);
      }
      return total / chosen.length;
    },
    differentiate: (chosen) => differentiate(chosen, null),
    epoch(chosen, { batch, learningRate, weightDecay = 0 }: EpochSettings) {
      optimizer ??= tf.train.adam(learningRate, beta1, beta2, epsilon);
      const steps = optimizer;
      steps.learningRate = learningRate;
      let total = 0;
      for (let first = 0; first < chosen.length; first += batch) {
        const part = Array.from(chosen).slice(first, first + batch);
        const value = differentiate(part, (named) => {
          if (clip > 0) {
            const squares = Object.values(named).map((g) => g.square().sum().dataSync()[0] ?? 0);
            const norm = Math.sqrt(squares.reduce((sum, square) => sum + square, 0));
            if (norm > clip) for (const [key, g] of Object.entries(named)) named[key] = g.mul(clip / norm);
          }
          if (weightDecay > 0) for (const v of variables) v.assign(v.mul(1 - learningRate * weightDecay));
          steps.applyGradients(named);
        });
        total += value * part.length;
      }
      return total / chosen.length;
    },
  };
  return network;
}

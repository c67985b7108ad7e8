/**
 * A dueling action-value network (Wang et al. 2016) of two rectified hidden layers, trained by double Q-learning (van Hasselt et
 * al. 2016): Huber loss with importance weights, Adam. The compiled kernel and its TypeScript twin give the same bits.
 */
import type { Rng } from "../../kernel/rng.ts";
import { requireBetween } from "../checks.ts";
import { DimensionMismatchError, ParameterOutOfRangeError } from "../errors.ts";
import { heapFor } from "./heap.ts";
import { type MlpKernel, typescriptMlp } from "./mlp-kernel.ts";
import { describeMlp, type MlpLayout, type MlpSettings, type MlpShape, mlpLayout } from "./mlp-layout.ts";
import { type Backend, compiledKernel, instantiate, wasmMemory } from "./wasm.ts";

export type { MlpShape } from "./mlp-layout.ts";

/** Row-major; the head's columns are [value | advantages]. */
export interface Layer {
  readonly inputs: number;
  readonly units: number;
  readonly kernel: Float32Array;
  readonly bias: Float32Array;
}

export interface MlpOptions extends Partial<MlpSettings> {
  /** Without it: wasm when it has been built, else typescript. */
  readonly backend?: Backend;
}

/** All that training goes on from, padded as in memory. */
export interface TrainingState {
  readonly online: Float32Array;
  readonly target: Float32Array;
  readonly moment1: Float32Array;
  readonly moment2: Float32Array;
  /** Adam steps made. */
  readonly steps: number;
}

export interface DuelingNetwork {
  readonly shape: MlpShape;
  readonly batch: number;
  readonly backend: Backend;
  /** Why the compiled kernel is not used; null when it is, or was not asked for. */
  readonly fallback: string | null;
  /** Floats from one state to the next in `states` and `nextStates`; only the first `shape.inputs` are to be written. */
  readonly row: number;
  /** Views of the network's memory: what a call works on is written here first. */
  readonly states: Float32Array;
  readonly nextStates: Float32Array;
  readonly actions: Int32Array;
  readonly rewards: Float32Array;
  /** Discount of the bootstrapped value; 0 behind a terminal state. */
  readonly discounts: Float32Array;
  readonly importances: Float32Array;
  /** batch x actions, of the last `values`. */
  readonly q: Float32Array;
  /** Value minus goal of each sample of the last `train` or `differentiate`. */
  readonly errors: Float32Array;
  readonly steps: number;
  /** Fills `q` with the action values of the first `batch` states. */
  values(batch: number, of?: "online" | "target"): Float32Array;
  /** The action of the highest value; the first of equals. */
  best(state: ArrayLike<number>): number;
  /** Loss of the first `batch` samples, leaving errors and gradient behind. */
  differentiate(batch: number): number;
  /** One gradient step on the first `batch` samples; returns their loss before it. */
  train(batch: number, learningRate: number): number;
  /** Makes the target network equal to the online one. */
  synchronise(): void;
  layers(): readonly Layer[];
  setLayers(layers: readonly Layer[]): void;
  gradient(): readonly Layer[];
  save(): TrainingState;
  /** @throws {DimensionMismatchError} when an array has another length. */
  restore(state: TrainingState): void;
}

const EXPORTS = ["forward", "bootstrap", "loss", "backpropagate", "update"] as const;
type Exported = (...values: number[]) => unknown;
const isFunction = (value: unknown): value is Exported => typeof value === "function";

function wasmMlp(module: WebAssembly.Module, memory: WebAssembly.Memory): MlpKernel {
  const exported = instantiate(module, memory);
  const [forward, bootstrap, loss, backpropagate, update] = EXPORTS.map((name) => exported[name]).filter(isFunction);
  if (!forward || !bootstrap || !loss || !backpropagate || !update)
    throw new ParameterOutOfRangeError("exports of mlp.wasm", Object.keys(exported).length, EXPORTS.join(", "));
  return {
    forward: (weights, input, batch) => void forward(weights, input, batch),
    bootstrap: (batch) => void bootstrap(batch),
    loss: (batch) => Number(loss(batch)),
    backpropagate: (batch) => void backpropagate(batch),
    update: (rate, correction) => Number(update(rate, correction)),
  };
}

function memoryAndKernel(layout: MlpLayout, wanted: Backend | undefined) {
  const found = wanted === "typescript" ? { module: null, missing: null } : compiledKernel("mlp");
  if (found.module === null) {
    const memory = heapFor(layout.bytes);
    return { memory, kernel: () => typescriptMlp(memory), backend: "typescript" as const, fallback: found.missing };
  }
  const { module } = found;
  const memory = wasmMemory(layout.bytes);
  return { memory: memory.buffer, kernel: () => wasmMlp(module, memory), backend: "wasm" as const, fallback: null };
}

const sizesOf = ({ inputs, first, second, actions }: MlpShape): readonly (readonly [number, number])[] => [
  [inputs, first],
  [first, second],
  [second, 1 + actions],
];

/** He et al. 2015, uniform; a small head, so that all actions start nearly equal. */
export function initialLayers(shape: MlpShape, rng: Rng): Layer[] {
  return sizesOf(shape).map(([inputs, units], index) => {
    const bound = Math.sqrt(6 / inputs) * (index === 2 ? 0.1 : 1);
    return {
      inputs,
      units,
      kernel: Float32Array.from({ length: inputs * units }, () => (2 * rng.uniform() - 1) * bound),
      bias: new Float32Array(units),
    };
  });
}

const DEFAULTS: MlpSettings = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, clip: 0, huber: 1 };

/** @param batch most states in one call. @throws {ParameterOutOfRangeError} */
export function createMlp(shape: MlpShape, batch: number, options: MlpOptions = {}): DuelingNetwork {
  const { backend: wanted, ...given } = options;
  const settings = { ...DEFAULTS, ...given };
  requireBetween("beta1", settings.beta1, 0, 0.9999);
  requireBetween("beta2", settings.beta2, 0, 0.999999);
  requireBetween("epsilon", settings.epsilon, 1e-12, 1);
  requireBetween("clip", settings.clip, 0, 1e9);
  requireBetween("huber", settings.huber, 1e-6, 1e9);
  const layout = mlpLayout(shape, batch);
  const { memory, kernel: start, backend, fallback } = memoryAndKernel(layout, wanted);
  describeMlp(memory, layout, settings);
  const kernel = start();
  const floats = (offset: number, length: number) => new Float32Array(memory, offset, length);
  const blocks = {
    online: floats(layout.weights, layout.count),
    target: floats(layout.target, layout.count),
    moment1: floats(layout.moment1, layout.count),
    moment2: floats(layout.moment2, layout.count),
  };
  const states = floats(layout.states, batch * layout.row0);
  const q = floats(layout.q, batch * shape.actions);
  let steps = 0;

  const requireBatch = (count: number): void => {
    if (!Number.isInteger(count) || count < 1 || count > batch)
      throw new ParameterOutOfRangeError("batch", count, `a whole number from 1 to ${batch}`);
  };
  /** Visits every weight: layer, index in its kernel (or bias, where row = inputs), index among the parameters. */
  function eachRow(visit: (layer: number, row: number, column: number, at: number) => void): void {
    let base = 0;
    sizesOf(shape).forEach(([inputs, units], layer) => {
      const width = layer === 2 ? layout.head : units;
      for (let row = 0; row <= inputs; row++)
        for (let column = 0; column < units; column++) visit(layer, row, column, base + row * width + column);
      base += (inputs + 1) * width;
    });
  }
  function read(from: Float32Array): Layer[] {
    const out = sizesOf(shape).map(([inputs, units]) => ({
      ...{ inputs, units },
      kernel: new Float32Array(inputs * units),
      bias: new Float32Array(units),
    }));
    eachRow((index, row, column, at) => {
      const layer = out[index];
      if (layer === undefined) return;
      if (row === layer.inputs) layer.bias[column] = from[at] ?? 0;
      else layer.kernel[row * layer.units + column] = from[at] ?? 0;
    });
    return out;
  }
  function differentiate(count: number): number {
    requireBatch(count);
    kernel.bootstrap(count);
    kernel.forward(layout.weights, layout.states, count);
    const loss = kernel.loss(count);
    kernel.backpropagate(count);
    return loss;
  }

  return {
    ...{ shape, batch, backend, fallback, row: layout.row0, states, q },
    nextStates: floats(layout.next, batch * layout.row0),
    actions: new Int32Array(memory, layout.action, batch),
    rewards: floats(layout.reward, batch),
    discounts: floats(layout.discount, batch),
    importances: floats(layout.importance, batch),
    errors: floats(layout.error, batch),
    get steps() {
      return steps;
    },
    values(count, of = "online") {
      requireBatch(count);
      kernel.forward(of === "online" ? layout.weights : layout.target, layout.states, count);
      return q;
    },
    best(state) {
      if (state.length !== shape.inputs) throw new DimensionMismatchError("state", shape.inputs, state.length);
      for (let i = 0; i < shape.inputs; i++) states[i] = state[i] ?? 0;
      kernel.forward(layout.weights, layout.states, 1);
      let chosen = 0;
      for (let j = 1; j < shape.actions; j++) if ((q[j] ?? 0) > (q[chosen] ?? 0)) chosen = j;
      return chosen;
    },
    differentiate,
    train(count, learningRate) {
      const loss = differentiate(count);
      steps++;
      kernel.update(learningRate / (1 - settings.beta1 ** steps), 1 / Math.sqrt(1 - settings.beta2 ** steps));
      return loss;
    },
    synchronise: () => blocks.target.set(blocks.online),
    layers: () => read(blocks.online),
    setLayers(layers) {
      sizesOf(shape).forEach(([inputs, units], index) => {
        const layer = layers[index];
        if (layer?.kernel.length !== inputs * units || layer.bias.length !== units)
          throw new DimensionMismatchError(`layer ${index}`, inputs * units, layer?.kernel.length ?? 0);
      });
      eachRow((index, row, column, at) => {
        const layer = layers[index];
        if (layer === undefined) return;
        const value = row === layer.inputs ? layer.bias[column] : layer.kernel[row * layer.units + column];
        blocks.online[at] = value ?? 0;
      });
    },
    gradient: () => read(floats(layout.gradient, layout.count)),
    save: () => ({
      online: blocks.online.slice(),
      target: blocks.target.slice(),
      moment1: blocks.moment1.slice(),
      moment2: blocks.moment2.slice(),
      steps,
    }),
    restore(state) {
      for (const name of ["online", "target", "moment1", "moment2"] as const)
        if (state[name].length !== layout.count)
          throw new DimensionMismatchError(name, layout.count, state[name].length);
      for (const name of ["online", "target", "moment1", "moment2"] as const) blocks[name].set(state[name]);
      steps = state.steps;
    },
  };
}

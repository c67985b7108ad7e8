import { expect } from "chai";
import { createRng } from "../../../keeper/kernel/rng.ts";
import { DimensionMismatchError, ParameterOutOfRangeError } from "../../../keeper/math/errors.ts";
import { BackendMissingError } from "../../../keeper/math/neural/errors.ts";
import { createMlp, type DuelingNetwork, initialLayers } from "../../../keeper/math/neural/mlp.ts";
import { loadTensorFlow } from "../../../keeper/math/neural/tensorflow.ts";
import { type Backend, compiledKernel } from "../../../keeper/math/neural/wasm.ts";

const shape = { inputs: 7, first: 12, second: 8, actions: 5 };
const BATCH = 11;

/** A network with a batch of random samples in its memory; the target network differs from the online one. */
function filled(backend: Backend, seed = 3, size = shape, batch = BATCH): DuelingNetwork {
  const rng = createRng(seed);
  const network = createMlp(size, batch, { backend });
  network.setLayers(initialLayers(size, rng.fork("target")));
  network.synchronise();
  network.setLayers(initialLayers(size, rng.fork("online")));
  for (let b = 0; b < batch; b++) {
    for (let i = 0; i < size.inputs; i++) {
      network.states[b * network.row + i] = rng.normal();
      network.nextStates[b * network.row + i] = rng.normal();
    }
    network.actions[b] = rng.int(size.actions);
    network.rewards[b] = 2 * rng.normal();
    network.discounts[b] = b % 4 === 0 ? 0 : 0.9;
    network.importances[b] = rng.uniform() + 0.1;
  }
  return network;
}

interface PlainLayer {
  readonly inputs: number;
  readonly units: number;
  readonly kernel: ArrayLike<number>;
  readonly bias: ArrayLike<number>;
}

/** The same in f64, written from the definition. */
function valuesOf(layers: readonly PlainLayer[], state: readonly number[]): number[] {
  let row = [...state];
  layers.forEach(({ inputs, units, kernel, bias }, index) => {
    const next = Array.from({ length: units }, (_, j) => {
      let sum = bias[j] ?? 0;
      for (let i = 0; i < inputs; i++) sum += (row[i] ?? 0) * (kernel[i * units + j] ?? 0);
      return index < 2 ? Math.max(0, sum) : sum;
    });
    row = next;
  });
  const [value = 0, ...advantages] = row;
  const mean = advantages.reduce((a, b) => a + b, 0) / advantages.length;
  return advantages.map((advantage) => value + advantage - mean);
}

const stateOf = (network: DuelingNetwork, block: Float32Array, b: number): number[] =>
  Array.from(block.subarray(b * network.row, b * network.row + network.shape.inputs));

function referenceLoss(network: DuelingNetwork, online: readonly PlainLayer[], goals: readonly number[]): number {
  let total = 0;
  goals.forEach((goal, b) => {
    const q = valuesOf(online, stateOf(network, network.states, b))[network.actions[b] ?? 0] ?? 0;
    const size = Math.abs(q - goal);
    total += (network.importances[b] ?? 0) * (size <= 1 ? 0.5 * size ** 2 : size - 0.5);
  });
  return total / goals.length;
}

function goalsOf(network: DuelingNetwork, online: readonly PlainLayer[], target: readonly PlainLayer[]): number[] {
  return Array.from({ length: BATCH }, (_, b) => {
    const next = stateOf(network, network.nextStates, b);
    const first = valuesOf(online, next);
    const value = valuesOf(target, next)[first.indexOf(Math.max(...first))] ?? 0;
    return (network.rewards[b] ?? 0) + (network.discounts[b] ?? 0) * value;
  });
}

const bytes = (network: DuelingNetwork): string => {
  const { online, moment1, moment2 } = network.save();
  return [online, moment1, moment2].map((block) => Buffer.from(block.buffer).toString("base64")).join();
};

const backends: readonly Backend[] = compiledKernel("mlp").module === null ? ["typescript"] : ["typescript", "wasm"];

describe("dueling network", () => {
  for (const backend of backends) {
    it(`gives the values, the loss and the gradient of the definition (${backend})`, () => {
      const network = filled(backend);
      const online = network.layers();
      const target = initialLayers(shape, createRng(3).fork("target"));
      const loss = network.differentiate(BATCH);
      const goals = goalsOf(network, online, target);
      expect(loss).to.be.closeTo(referenceLoss(network, online, goals), 1e-6);
      goals.forEach((goal, b) => {
        const q = valuesOf(online, stateOf(network, network.states, b))[network.actions[b] ?? 0] ?? 0;
        expect(network.errors[b]).to.be.closeTo(q - goal, 1e-5);
      });
      let worst = 0;
      let largest = 0;
      network.gradient().forEach((gradient, index) => {
        for (const name of ["kernel", "bias"] as const)
          gradient[name].forEach((given, at) => {
            const at64 = (delta: number): number => {
              const changed = online.map((layer) => ({
                ...layer,
                kernel: Float64Array.from(layer.kernel),
                bias: Float64Array.from(layer.bias),
              }));
              const block = changed[index]?.[name];
              if (block !== undefined) block[at] = (block[at] ?? 0) + delta;
              return referenceLoss(network, changed, goals);
            };
            const numeric = (at64(1e-5) - at64(-1e-5)) / 2e-5;
            worst = Math.max(worst, Math.abs(numeric - given));
            largest = Math.max(largest, Math.abs(numeric));
          });
      });
      expect(largest).to.be.above(0.05);
      expect(worst / largest).to.be.below(1e-5);
    });
  }

  it("gives the same bits compiled and in TypeScript, over 200 steps and in every size of batch", function () {
    if (backends.length === 1) this.skip();
    const [own, twin] = [filled("wasm"), filled("typescript")];
    for (let k = 0; k < 200; k++) {
      const batch = 1 + (k % BATCH);
      expect(own.train(batch, 1e-2)).to.equal(twin.train(batch, 1e-2));
      if (k % 50 === 0) for (const network of [own, twin]) network.synchronise();
    }
    expect(bytes(own)).to.equal(bytes(twin));
    expect(bytes(own)).to.not.equal(bytes(filled("wasm")));
  });

  it("lowers the loss on a fixed batch, and repeats itself to the byte", () => {
    const [one, other] = [filled(backends[0] ?? "typescript"), filled(backends[0] ?? "typescript")];
    const first = one.differentiate(BATCH);
    for (const network of [one, other]) {
      network.discounts.fill(0);
      for (let k = 0; k < 400; k++) network.train(BATCH, 1e-2);
    }
    expect(one.differentiate(BATCH)).to.be.below(first / 100);
    one.restore(other.save());
    expect(bytes(one)).to.equal(bytes(other));
  });

  it("goes on from a saved state with the same bytes", () => {
    const network = filled(backends[0] ?? "typescript");
    for (let k = 0; k < 5; k++) network.train(BATCH, 1e-2);
    const saved = network.save();
    for (let k = 0; k < 5; k++) network.train(BATCH, 1e-2);
    const resumed = filled(backends[0] ?? "typescript");
    resumed.restore(saved);
    for (let k = 0; k < 5; k++) resumed.train(BATCH, 1e-2);
    expect(bytes(resumed)).to.equal(bytes(network));
  });

  it("agrees with TensorFlow.js on values and gradient to 1e-5", async function () {
    this.timeout(60_000);
    const tf = await loadTensorFlow("tfjs").catch((error: unknown) => {
      if (error instanceof BackendMissingError) return null;
      throw error;
    });
    if (tf === null) return this.skip();
    const size = { inputs: 32, first: 64, second: 64, actions: 8 };
    const network = filled(backends[backends.length - 1] ?? "typescript", 9, size, 64);
    const layers = network.layers();
    const model = tf.sequential();
    layers.forEach(({ units, inputs }, index) => {
      const activation = index < 2 ? "relu" : "linear";
      model.add(tf.layers.dense({ units, activation, inputShape: [inputs] }));
    });
    const given = layers.flatMap(({ kernel, bias, inputs, units }) => [
      tf.tensor(kernel, [inputs, units]),
      tf.tensor(bias, [units]),
    ]);
    model.setWeights(given);
    const states = Float32Array.from(
      { length: 64 * 32 },
      (_, k) => network.states[Math.floor(k / 32) * network.row + (k % 32)] ?? 0,
    );
    network.differentiate(64);
    const ours = Float32Array.from(network.q);
    // The dueling sum and the choice of the action as one matrix: q = out M, and a weight on each q.
    const goals = Float32Array.from(
      { length: 64 },
      (_, b) => (ours[b * 8 + (network.actions[b] ?? 0)] ?? 0) - (network.errors[b] ?? 0),
    );
    const out = model.apply(tf.tensor(states, [64, 32])).dataSync();
    let worst = 0;
    const slopes = new Float32Array(64 * 9);
    for (let b = 0; b < 64; b++) {
      const advantages = out.subarray(b * 9 + 1, b * 9 + 9);
      const mean = advantages.reduce((sum, a) => sum + a, 0) / 8;
      advantages.forEach((advantage, j) => {
        worst = Math.max(worst, Math.abs((out[b * 9] ?? 0) + advantage - mean - (ours[b * 8 + j] ?? 0)));
      });
      const action = network.actions[b] ?? 0;
      const error = (out[b * 9] ?? 0) + (advantages[action] ?? 0) - mean - (goals[b] ?? 0);
      const slope = ((network.importances[b] ?? 0) * Math.max(-1, Math.min(1, error))) / 64;
      slopes[b * 9] = slope;
      for (let j = 0; j < 8; j++) slopes[b * 9 + 1 + j] = slope * ((j === action ? 1 : 0) - 1 / 8);
    }
    expect(worst).to.be.below(1e-5);
    // With the derivative by the head fixed, the gradient of sum(head x slopes) is the loss's own.
    const weighting = tf.tensor(slopes, [64, 9]);
    const { grads } = tf.variableGrads(() =>
      model
        .apply(tf.tensor(states, [64, 32]))
        .mul(weighting)
        .sum(),
    );
    const theirs = model.trainableWeights.map((weight) => grads[weight.read().name]?.dataSync() ?? new Float32Array());
    const own = network.gradient().flatMap(({ kernel, bias }) => [kernel, bias]);
    own.forEach((block, k) => {
      const peer = theirs[k];
      expect(peer?.length).to.equal(block.length);
      block.forEach((value, i) => {
        worst = Math.max(worst, Math.abs(value - (peer?.[i] ?? Number.NaN)));
      });
    });
    expect(worst).to.be.below(1e-5);
  });

  it("refuses what it cannot run", () => {
    expect(() => createMlp({ ...shape, first: 10 }, 4)).to.throw(ParameterOutOfRangeError, "multiple of 4");
    expect(() => createMlp(shape, 0)).to.throw(ParameterOutOfRangeError);
    const network = createMlp(shape, 4);
    expect(() => network.values(5)).to.throw(ParameterOutOfRangeError, "1 to 4");
    expect(() => network.best([1, 2])).to.throw(DimensionMismatchError);
    expect(() => network.setLayers([])).to.throw(DimensionMismatchError);
    expect(() => network.restore({ ...network.save(), online: new Float32Array(3) })).to.throw(DimensionMismatchError);
  });
});

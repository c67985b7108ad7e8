import { expect } from "chai";
import { createRng } from "../../../keeper/kernel/rng.ts";
import { DimensionMismatchError, ParameterOutOfRangeError } from "../../../keeper/math/errors.ts";
import { elementwiseOn } from "../../../keeper/math/neural/elementwise.ts";
import { BackendMissingError } from "../../../keeper/math/neural/errors.ts";
import { heapFor } from "../../../keeper/math/neural/heap.ts";
import { createLstm, initialWeights, type LstmNetwork, type LstmShape } from "../../../keeper/math/neural/lstm.ts";
import { loadTensorFlow, tensorFlowLstm } from "../../../keeper/math/neural/tensorflow.ts";
import { compiledKernel } from "../../../keeper/math/neural/wasm.ts";
import { referenceLoss, referenceOutputs } from "./reference.ts";

const NAMES = ["kernel", "recurrent", "bias", "dense", "denseBias"] as const;
const SAMPLES = 23;

/** Sizes that leave every kind of remainder in the tiles. */
const SHAPES: readonly LstmShape[] = [
  { units: 50, inputs: 1, steps: 10, outputs: 1 },
  { units: 7, inputs: 3, steps: 5, outputs: 6 },
  { units: 24, inputs: 7, steps: 4, outputs: 25 },
];

function problem(shape: LstmShape, seed: number) {
  const rng = createRng(seed);
  const { steps, inputs, outputs } = shape;
  const rows = Float32Array.from({ length: (SAMPLES + steps) * inputs }, () => rng.normal());
  const starts = Int32Array.from({ length: SAMPLES }, (_, k) => k);
  const targets = Float32Array.from({ length: SAMPLES * outputs }, () =>
    rng.int(12) === 0 ? Number.NaN : rng.normal(),
  );
  const levels = Array.from({ length: outputs }, (_, o) => (o % 3 === 0 ? Number.NaN : (o % 9) / 10 + 0.05));
  const weights = initialWeights(shape, rng);
  for (let i = 0; i < weights.bias.length; i++) weights.bias[i] = (weights.bias[i] ?? 0) + 0.1 * rng.normal();
  return { data: { rows, starts, targets }, levels, weights };
}

function network(shape: LstmShape, backend: "wasm" | "typescript", seed = 1, clip = 0): LstmNetwork {
  const { data, levels, weights } = problem(shape, seed);
  const capacity = { batch: SAMPLES, rows: SAMPLES + shape.steps, samples: SAMPLES };
  const made = createLstm(shape, capacity, { backend, levels, clip });
  made.load(data);
  made.setWeights(weights);
  return made;
}

const all = Array.from({ length: SAMPLES }, (_, k) => k);
const bytesOf = (made: LstmNetwork): string =>
  NAMES.map((name) => Buffer.from(made.weights()[name].buffer).toString("hex")).join("|");
const isBuilt = compiledKernel("lstm").module !== null;

describe("LSTM kernel", () => {
  it("outputs equal an f64 reference to 1e-5", () => {
    for (const shape of SHAPES) {
      const { data, weights } = problem(shape, 1);
      const results = network(shape, "typescript").predict(all);
      for (const k of all) {
        const window = data.rows.subarray(k * shape.inputs, (k + shape.steps) * shape.inputs);
        referenceOutputs(shape, weights, window).forEach((value, o) => {
          expect(results[k * shape.outputs + o]).to.be.closeTo(value, 1e-5);
        });
      }
    }
  });

  it("gradients equal central differences of the f64 reference to 1e-5 of their norm", function () {
    this.timeout(60_000);
    const shape = { units: 7, inputs: 3, steps: 5, outputs: 6 };
    const { data, levels, weights } = problem(shape, 2);
    const made = network(shape, "typescript", 2);
    const batch = [3, 0, 19, 7, 7];
    const lossAt = (changed: Readonly<Record<(typeof NAMES)[number], ArrayLike<number>>>): number => {
      const results = batch.flatMap((k) =>
        referenceOutputs(shape, changed, data.rows.subarray(k * shape.inputs, (k + shape.steps) * shape.inputs)),
      );
      const targets = batch.flatMap((k) => [...data.targets.subarray(k * shape.outputs, (k + 1) * shape.outputs)]);
      return referenceLoss(results, targets, levels.map(Math.fround));
    };
    expect(made.differentiate(batch)).to.be.closeTo(lossAt(weights), 1e-6);
    const gradient = made.gradient();
    let worst = 0;
    let squares = 0;
    for (const name of NAMES)
      for (let i = 0; i < weights[name].length; i++) {
        const wide = Float64Array.from(weights[name]);
        const h = 1e-5;
        const at = (delta: number): number => {
          const moved = wide.slice();
          moved[i] = (moved[i] ?? 0) + delta;
          return lossAt({ ...weights, [name]: moved });
        };
        const slope = (at(h) - at(-h)) / (2 * h);
        squares += slope * slope;
        worst = Math.max(worst, Math.abs(slope - (gradient[name][i] ?? Number.NaN)));
      }
    expect(worst / Math.sqrt(squares)).to.be.below(1e-5);
  });

  it("both kernels give the same bits: outputs, losses, gradients, clipped and decayed steps", function () {
    if (!isBuilt) this.skip();
    for (const shape of SHAPES)
      for (const size of [1, 2, 4, 5, 23]) {
        const [a, b] = [network(shape, "wasm", 3, 0.5), network(shape, "typescript", 3, 0.5)];
        expect(a.backend).to.equal("wasm");
        for (let epoch = 0; epoch < 3; epoch++) {
          const settings = { batch: size, learningRate: 0.01, weightDecay: 0.1 };
          expect(a.epoch(all, settings)).to.equal(b.epoch(all, settings));
        }
        expect(bytesOf(a)).to.equal(bytesOf(b));
        expect([...a.predict(all)]).to.deep.equal([...b.predict(all)]);
        expect(a.loss(all)).to.equal(b.loss(all));
        a.differentiate([1, 2, 3]);
        b.differentiate([1, 2, 3]);
        expect(a.gradient()).to.deep.equal(b.gradient());
      }
  });

  it("the same seed trains to the same bytes, another seed to others", () => {
    const train = (seed: number): string => {
      const made = network(SHAPES[1] ?? { units: 1, inputs: 1, steps: 1, outputs: 1 }, "typescript", seed);
      made.epoch(all, { batch: 4, learningRate: 0.01 });
      return bytesOf(made);
    };
    expect(train(5)).to.equal(train(5));
    expect(train(5)).not.to.equal(train(6));
  });

  it("restart forgets the moments: the next step is the first step again", () => {
    const shape = { units: 7, inputs: 3, steps: 5, outputs: 6 };
    const [a, b] = [network(shape, "typescript", 8), network(shape, "typescript", 8)];
    a.epoch(all, { batch: 23, learningRate: 0.01 });
    a.setWeights(problem(shape, 8).weights);
    a.restart();
    for (const made of [a, b]) made.epoch(all, { batch: 23, learningRate: 0.01 });
    expect(bytesOf(a)).to.equal(bytesOf(b));
  });

  it("exp, the logistic function and tanh are within 3e-7 of the exact ones", () => {
    const { exp, logistic, tanh } = elementwiseOn(heapFor(1024));
    for (let x = -30; x <= 30; x += 0.01) {
      const at = Math.fround(x);
      expect(Math.abs(exp(at) / Math.exp(at) - 1), `exp(${at})`).to.be.below(3e-7);
      expect(Math.abs(logistic(at) - 1 / (1 + Math.exp(-at))), `logistic(${at})`).to.be.below(3e-7);
      expect(Math.abs(tanh(at) - Math.tanh(at)), `tanh(${at})`).to.be.below(3e-7);
    }
    expect(exp(1000)).to.equal(exp(87));
    expect(tanh(Number.NaN)).to.be.NaN;
  });

  it("outputs, losses and gradients equal TensorFlow.js' to 1e-5 from the same weights (needs @tensorflow/tfjs)", async function () {
    this.timeout(60_000);
    let tf: Awaited<ReturnType<typeof loadTensorFlow>>;
    try {
      tf = await loadTensorFlow("tfjs");
    } catch (error) {
      if (!(error instanceof BackendMissingError)) throw error;
      console.log(`      skipped: ${error.message}`);
      return this.skip();
    }
    for (const shape of SHAPES) {
      const { data, levels, weights } = problem(shape, 4);
      const theirs = tensorFlowLstm(tf, "tfjs", shape, { batch: SAMPLES, rows: 0, samples: SAMPLES }, { levels });
      theirs.load(data);
      theirs.setWeights(weights);
      const ours = network(shape, "typescript", 4);
      const expected = theirs.predict(all);
      ours.predict(all).forEach((value, k) => {
        expect(value).to.be.closeTo(expected[k] ?? Number.NaN, 1e-5);
      });
      const batch = [4, 9, 2, 2, 11];
      expect(ours.differentiate(batch)).to.be.closeTo(theirs.differentiate(batch), 1e-5);
      for (const name of NAMES) {
        const gradient = theirs.gradient()[name];
        expect(gradient.some((value) => value !== 0)).to.equal(true);
        ours.gradient()[name].forEach((value, k) => {
          expect(value).to.be.closeTo(gradient[k] ?? Number.NaN, 1e-5);
        });
      }
      for (const made of [ours, theirs]) made.epoch(all, { batch: 5, learningRate: 1e-3 });
      for (const name of NAMES) {
        const trained = theirs.weights()[name];
        ours.weights()[name].forEach((value, k) => {
          expect(value).to.be.closeTo(trained[k] ?? Number.NaN, 1e-4);
        });
      }
    }
  });

  it("error: wrong sizes, samples and windows are named", () => {
    const shape = { units: 4, inputs: 2, steps: 3, outputs: 1 };
    const made = createLstm(shape, { batch: 2, rows: 10, samples: 4 }, { backend: "typescript" });
    expect(() => createLstm({ ...shape, units: 0 }, { batch: 1, rows: 9, samples: 1 })).to.throw(
      ParameterOutOfRangeError,
    );
    expect(() => made.load({ rows: new Float32Array(99), starts: new Int32Array(1) })).to.throw(DimensionMismatchError);
    expect(() => made.load({ rows: new Float32Array(20), starts: Int32Array.of(8) })).to.throw(/window/);
    made.load({ rows: new Float32Array(20), starts: Int32Array.of(0, 7), targets: new Float32Array(2) });
    expect(() => made.predict([2])).to.throw(/sample/);
    expect(() => made.epoch([0, 1], { batch: 3, learningRate: 0.1 })).to.throw(/batch/);
    const weights = made.weights();
    expect(() => made.setWeights({ ...weights, dense: new Float32Array(3) })).to.throw(DimensionMismatchError, /dense/);
  });
});

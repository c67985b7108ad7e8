import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { createRng } from "../../../keeper/kernel/rng.ts";
import { SavedModelError } from "../../../keeper/math/neural/errors.ts";
import { loadLayersModel, saveLayersModel } from "../../../keeper/math/neural/layers-model.ts";
import { createLstm, initialWeights } from "../../../keeper/math/neural/lstm.ts";

const shape = { units: 6, inputs: 2, steps: 4, outputs: 3 };

interface Reader {
  loadLayersModel(from: unknown): Promise<{ predict(input: unknown): { dataSync(): ArrayLike<number> } }>;
  tensor(values: Float32Array, shape: readonly number[]): unknown;
}
const isReader = (value: unknown): value is Reader =>
  typeof value === "object" && value !== null && "loadLayersModel" in value && "tensor" in value;
// By name: the types must not be needed where the optional package is absent.
const OPTIONAL = "@tensorflow/tfjs";

describe("saved LSTM models", () => {
  let folder: string;
  const weights = initialWeights(shape, createRng(3));
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "amplified-lstm-"));
    saveLayersModel(folder, { shape, weights, note: { trainedTo: 12 } });
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("come back as they were", () => {
    const back = loadLayersModel(folder, shape);
    expect(back.weights).to.deep.equal(weights);
    expect(back.note).to.deep.equal({ trainedTo: 12 });
  });

  it("load into TensorFlow.js and give the same outputs (needs @tensorflow/tfjs)", async function () {
    this.timeout(60_000);
    const tf: unknown = await import(OPTIONAL).catch(() => null);
    if (!isReader(tf)) return this.skip();
    const json = JSON.parse(readFileSync(join(folder, "model.json"), "utf8"));
    const bytes = readFileSync(join(folder, "weights.bin"));
    const model = await tf.loadLayersModel({
      load: async () => ({
        modelTopology: json.modelTopology,
        weightSpecs: json.weightsManifest[0].weights,
        weightData: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength),
      }),
    });
    const rng = createRng(9);
    const rows = Float32Array.from({ length: shape.steps * shape.inputs }, () => rng.normal());
    const ours = createLstm(shape, { batch: 1, rows: shape.steps, samples: 1 });
    ours.load({ rows, starts: Int32Array.of(0) });
    ours.setWeights(weights);
    const theirs = model.predict(tf.tensor(rows, [1, shape.steps, shape.inputs])).dataSync();
    ours.predict([0]).forEach((value, k) => {
      expect(value).to.be.closeTo(theirs[k] ?? Number.NaN, 1e-5);
    });
  });

  it("error: another shape, another version, damage and absence are told apart in one error", () => {
    const refusal = (change: () => void, words: RegExp): void => {
      change();
      expect(() => loadLayersModel(folder, shape)).to.throw(SavedModelError, words);
      saveLayersModel(folder, { shape, weights, note: {} });
    };
    const edit = (name: string, from: string, to: string) => () => {
      const path = join(folder, name);
      const text = readFileSync(path, "utf8");
      expect(text).to.contain(from);
      writeFileSync(path, text.replace(from, to));
    };
    expect(() => loadLayersModel(folder, { ...shape, units: 8 })).to.throw(SavedModelError, /shape/);
    refusal(edit("model.json", '"version": 1', '"version": 2'), /version is 2/);
    refusal(edit("model.json", '"format": "layers-model"', '"format": "graph-model"'), /not written by this engine/);
    refusal(() => writeFileSync(join(folder, "model.json"), "{"), /not valid JSON/);
    refusal(() => writeFileSync(join(folder, "weights.bin"), Buffer.alloc(8)), /8 bytes/);
    refusal(() => {
      const bytes = readFileSync(join(folder, "weights.bin"));
      bytes[17] = (bytes[17] ?? 0) ^ 1;
      writeFileSync(join(folder, "weights.bin"), bytes);
    }, /checksum/);
    refusal(() => rmSync(join(folder, "weights.bin")), /cannot be read/);
  });
});

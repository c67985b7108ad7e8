/**
 * LSTM networks in TensorFlow.js' LayersModel format: model.json beside weights.bin, which `tf.loadLayersModel` reads. The
 * metadata holds our version, the shape and a checksum, so that a file of another version or shape, or a damaged one, is
 * refused with one error instead of giving numbers.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SavedModelError } from "./errors.ts";
import { emptyWeights, type LstmShape, type LstmWeights, weightSizes } from "./lstm.ts";

const FORMAT_VERSION = 1;
/** The tensors in the order in which a Sequential model of an LSTM and a dense layer lists them. */
const TENSORS = ["kernel", "recurrent", "bias", "dense", "denseBias"] as const;
const NAMES = ["lstm/kernel", "lstm/recurrent_kernel", "lstm/bias", "dense/kernel", "dense/bias"] as const;

export interface SavedModel {
  readonly shape: LstmShape;
  readonly weights: LstmWeights;
  /** What the writer put beside the weights. */
  readonly note: Readonly<Record<string, unknown>>;
}

export interface ModelFiles {
  readonly json: string;
  readonly bytes: Uint8Array;
}

const shapesOf = ({ units, inputs, outputs }: LstmShape): readonly (readonly number[])[] => [
  [inputs, 4 * units],
  [units, 4 * units],
  [4 * units],
  [units, outputs],
  [outputs],
];

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

function topology({ units, inputs, steps, outputs }: LstmShape): Readonly<Record<string, unknown>> {
  const lstm = {
    name: "lstm",
    trainable: true,
    batch_input_shape: [null, steps, inputs],
    dtype: "float32",
    units,
    activation: "tanh",
    recurrent_activation: "sigmoid",
    use_bias: true,
    unit_forget_bias: true,
    implementation: 1,
    return_sequences: false,
    return_state: false,
    go_backwards: false,
    stateful: false,
    unroll: false,
    dropout: 0,
    recurrent_dropout: 0,
  };
  const dense = { name: "dense", trainable: true, units: outputs, activation: "linear", use_bias: true };
  return {
    class_name: "Sequential",
    config: {
      name: "sequential",
      layers: [
        { class_name: "LSTM", config: lstm },
        { class_name: "Dense", config: dense },
      ],
    },
    keras_version: "tfjs-layers 4.22.0",
    backend: "tensor_flow.js",
  };
}

export function toLayersModel({ shape, weights, note }: SavedModel): ModelFiles {
  const bytes = new Uint8Array(4 * TENSORS.reduce((total, name) => total + weights[name].length, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const name of TENSORS)
    for (const value of weights[name]) {
      view.setFloat32(at, value, true);
      at += 4;
    }
  const shapes = shapesOf(shape);
  const json = {
    modelTopology: topology(shape),
    format: "layers-model",
    generatedBy: "amplified-liquidity-engine",
    convertedBy: null,
    weightsManifest: [
      {
        paths: ["weights.bin"],
        weights: NAMES.map((name, i) => ({ name, shape: shapes[i], dtype: "float32" })),
      },
    ],
    userDefinedMetadata: { version: FORMAT_VERSION, shape, sha256: sha256(bytes), note },
  };
  return { json: `${JSON.stringify(json, null, 2)}\n`, bytes };
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const memberOf = (value: unknown, name: string): unknown => (isRecord(value) ? value[name] : undefined);

/**
 * @param source name of the file in errors.
 * @param expected the shape the caller runs; omitted where any will do.
 * @throws {SavedModelError}
 */
export function fromLayersModel(files: ModelFiles, source: string, expected?: LstmShape): SavedModel {
  let document: unknown;
  try {
    document = JSON.parse(files.json);
  } catch (cause) {
    throw new SavedModelError(source, "model.json is not valid JSON", cause);
  }
  const metadata = memberOf(document, "userDefinedMetadata");
  const version = memberOf(metadata, "version");
  if (memberOf(document, "format") !== "layers-model" || version === undefined)
    throw new SavedModelError(source, "it was not written by this engine");
  if (version !== FORMAT_VERSION)
    throw new SavedModelError(source, `its version is ${String(version)} and this engine reads ${FORMAT_VERSION}`);
  const given = memberOf(metadata, "shape");
  const size = (name: keyof LstmShape): number => {
    const value = memberOf(given, name);
    if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 1)
      throw new SavedModelError(source, `its shape has no ${name}`);
    return value;
  };
  const shape = { units: size("units"), inputs: size("inputs"), steps: size("steps"), outputs: size("outputs") };
  if (expected !== undefined && JSON.stringify(shape) !== JSON.stringify({ ...shape, ...expected }))
    throw new SavedModelError(
      source,
      `its shape is ${JSON.stringify(shape)} and ${JSON.stringify(expected)} is needed`,
    );
  const sizes = weightSizes(shape);
  const floats = TENSORS.reduce((total, name) => total + sizes[name], 0);
  if (files.bytes.length !== 4 * floats)
    throw new SavedModelError(
      source,
      `weights.bin has ${files.bytes.length} bytes where the shape needs ${4 * floats}`,
    );
  if (sha256(files.bytes) !== memberOf(metadata, "sha256"))
    throw new SavedModelError(source, "weights.bin does not match its checksum");
  const view = new DataView(files.bytes.buffer, files.bytes.byteOffset, files.bytes.byteLength);
  const weights = emptyWeights(shape);
  let at = 0;
  for (const name of TENSORS)
    for (let i = 0; i < sizes[name]; i++, at += 4) weights[name][i] = view.getFloat32(at, true);
  const note = memberOf(metadata, "note");
  return { shape, weights, note: isRecord(note) ? note : {} };
}

/** Writes model.json and weights.bin; a reader never sees half a file, and a mixture of two writes fails its checksum. */
export function saveLayersModel(folder: string, model: SavedModel): void {
  const { json, bytes } = toLayersModel(model);
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of [
    ["weights.bin", bytes],
    ["model.json", json],
  ] as const) {
    const partial = join(folder, `${name}.partial`);
    writeFileSync(partial, content);
    renameSync(partial, join(folder, name));
  }
}

/** @throws {SavedModelError} */
export function loadLayersModel(folder: string, expected?: LstmShape): SavedModel {
  let files: ModelFiles;
  try {
    files = {
      json: readFileSync(join(folder, "model.json"), "utf8"),
      bytes: readFileSync(join(folder, "weights.bin")),
    };
  } catch (cause) {
    throw new SavedModelError(folder, "model.json or weights.bin cannot be read", cause);
  }
  return fromLayersModel(files, folder, expected);
}

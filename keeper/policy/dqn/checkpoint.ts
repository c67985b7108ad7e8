/**
 * A trained policy, and a training that can go on, as one JSON document: version, shape, arrays in base64 (little endian), and a
 * checksum over all of it. A damaged file, one of another version or of another shape is refused with one error.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { z } from "zod";
import { canonicalJson } from "../../kernel/canonical.ts";
import { SavedModelError } from "../../math/neural/errors.ts";
import { type MlpShape, mlpLayout } from "../../math/neural/mlp-layout.ts";
import type { AgentState, DqnAgent } from "./agent.ts";

const FORMAT = "amplified-dqn";
const VERSION = 1;

const base64 = z.string();
const count = z.number().int().min(0);
const documentSchema = z.strictObject({
  format: z.literal(FORMAT),
  version: z.literal(VERSION),
  shape: z.strictObject({ inputs: count, first: count, second: count, actions: count }),
  /** Online parameters, and the least and greatest value of each input in training. */
  online: base64,
  low: base64,
  high: base64,
  steps: count,
  episodes: count,
  /** What the writer says about the training. */
  note: z.string(),
  /** What a training goes on from; null in a policy that is only used. */
  training: z
    .strictObject({
      target: base64,
      moment1: base64,
      moment2: base64,
      updates: count,
      states: base64,
      next: base64,
      actions: base64,
      rewards: base64,
      discounts: base64,
      priorities: base64,
      filled: count,
      at: count,
      highest: z.number(),
    })
    .nullable(),
  sha256: z.string(),
});
type Document = z.infer<typeof documentSchema>;

export interface SavedPolicy {
  readonly shape: MlpShape;
  readonly online: Float32Array;
  readonly low: Float32Array;
  readonly high: Float32Array;
  readonly note: string;
  readonly steps: number;
  /** Null in a file without it. */
  readonly training: AgentState | null;
}

const encode = (values: Float32Array | Float64Array | Int32Array): string =>
  Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString("base64");
const sumOf = (document: Omit<Document, "sha256">): string =>
  createHash("sha256")
    .update(canonicalJson({ ...document, sha256: undefined }))
    .digest("hex");

/** @param withTraining true: all that training goes on from, replay included. */
export function toCheckpoint(agent: DqnAgent, note: string, withTraining: boolean): string {
  const { network, replay, ...counts } = agent.save();
  const document: Omit<Document, "sha256"> = {
    ...({ format: FORMAT, version: VERSION } as const),
    ...{ shape: agent.network.shape, note },
    ...{ online: encode(network.online), low: encode(counts.low), high: encode(counts.high) },
    ...{ steps: counts.steps, episodes: counts.episodes },
    training: withTraining
      ? {
          ...{ target: encode(network.target), moment1: encode(network.moment1), moment2: encode(network.moment2) },
          ...{ updates: network.steps, filled: replay.filled, at: replay.at, highest: replay.highest },
          ...{ states: encode(replay.states), next: encode(replay.next), actions: encode(replay.actions) },
          ...{ rewards: encode(replay.rewards), discounts: encode(replay.discounts) },
          priorities: encode(replay.priorities),
        }
      : null,
  };
  return `${JSON.stringify({ ...document, sha256: sumOf(document) }, null, 1)}\n`;
}

/**
 * @param source name of the file in errors.
 * @param expected inputs and actions that the caller has; omitted where any will do.
 * @throws {SavedModelError}
 */
export function fromCheckpoint(
  text: string,
  source: string,
  expected?: { readonly inputs: number; readonly actions: number },
): SavedPolicy {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (cause) {
    throw new SavedModelError(source, "it is not valid JSON", cause);
  }
  const version = typeof raw === "object" && raw !== null && "version" in raw ? raw.version : undefined;
  if (version !== VERSION)
    throw new SavedModelError(source, `its version is ${String(version)} and this engine reads ${VERSION}`);
  const parsed = documentSchema.safeParse(raw);
  if (!parsed.success)
    throw new SavedModelError(source, `it has no valid ${parsed.error.issues[0]?.path.join(".") ?? "content"}`);
  const { data } = parsed;
  if (data.sha256 !== sumOf(data)) throw new SavedModelError(source, "it does not match its checksum");
  const { shape } = data;
  if (expected !== undefined && (shape.inputs !== expected.inputs || shape.actions !== expected.actions))
    throw new SavedModelError(
      source,
      `it reads ${shape.inputs} inputs and knows ${shape.actions} actions, and ${expected.inputs} and ${expected.actions} are needed`,
    );
  const bytesOf = (what: string, encoded: string, bytes: number): ArrayBuffer => {
    const buffer = Buffer.from(encoded, "base64");
    if (buffer.length !== bytes)
      throw new SavedModelError(source, `${what} has ${buffer.length} bytes where ${bytes} are needed`);
    const copy = new ArrayBuffer(bytes);
    new Uint8Array(copy).set(buffer);
    return copy;
  };
  const floats = (what: string, encoded: string, length: number): Float32Array =>
    new Float32Array(bytesOf(what, encoded, 4 * length));
  const size = mlpLayout(shape, 1).count;
  const online = floats("online", data.online, size);
  const low = floats("low", data.low, shape.inputs);
  const high = floats("high", data.high, shape.inputs);
  if (![...online, ...low, ...high].every(Number.isFinite)) throw new SavedModelError(source, "a number is not finite");
  const { training } = data;
  const saved = { shape, online, low, high, note: data.note, steps: data.steps };
  if (training === null) return { ...saved, training: null };
  const { filled } = training;
  return {
    ...saved,
    training: {
      ...{ episodes: data.episodes, steps: data.steps, low, high },
      network: {
        online,
        target: floats("target", training.target, size),
        moment1: floats("moment1", training.moment1, size),
        moment2: floats("moment2", training.moment2, size),
        steps: training.updates,
      },
      replay: {
        ...{ filled, at: training.at, highest: training.highest },
        states: floats("states", training.states, filled * shape.inputs),
        next: floats("next", training.next, filled * shape.inputs),
        actions: new Int32Array(bytesOf("actions", training.actions, 4 * filled)),
        rewards: floats("rewards", training.rewards, filled),
        discounts: floats("discounts", training.discounts, filled),
        priorities: new Float64Array(bytesOf("priorities", training.priorities, 8 * filled)),
      },
    },
  };
}

/** A reader never sees half a file. */
export function saveCheckpoint(file: string, agent: DqnAgent, note: string, withTraining: boolean): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.partial`, toCheckpoint(agent, note, withTraining));
  renameSync(`${file}.partial`, file);
}

/** @param sha256 what the file's digest must be, where the caller knows it. @throws {SavedModelError} */
export function loadCheckpoint(
  file: string,
  expected?: { readonly inputs: number; readonly actions: number },
  sha256?: string,
): SavedPolicy {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw new SavedModelError(file, "it cannot be read", cause);
  }
  const found = createHash("sha256").update(text).digest("hex");
  if (sha256 !== undefined && found !== sha256)
    throw new SavedModelError(file, `its SHA-256 is ${found} and the configuration names ${sha256}`);
  return fromCheckpoint(text, file, expected);
}

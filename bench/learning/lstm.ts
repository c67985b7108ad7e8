/** Target F6: the LSTM kernel and its forecaster against PyTorch and TensorFlow.js, same weights, same order, same run. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { DEFAULT_LSTM_CONFIG } from "../../keeper/forecast/lstm/config.ts";
import { globalLstm } from "../../keeper/forecast/lstm/forecaster.ts";
import { createRng } from "../../keeper/kernel/rng.ts";
import { BackendMissingError } from "../../keeper/math/neural/errors.ts";
import { createLstm, initialWeights, type LstmNetwork } from "../../keeper/math/neural/lstm.ts";
import { loadTensorFlow, tensorFlowLstm } from "../../keeper/math/neural/tensorflow.ts";
import type { Backend } from "../../keeper/math/neural/wasm.ts";
import { median } from "../../keeper/math/statistics.ts";
import type { Measured as Target } from "../quant/target.ts";

const SAMPLES = 355;
const EPOCHS = 20;
const shape = { units: 50, inputs: 1, steps: 10, outputs: 1 };
const say = (line: string): void => void process.stderr.write(`${line}\n`);

/** The reference job: a noisy wave, one value ahead from ten, in a new order every epoch. */
function job() {
  const rng = createRng(11);
  const wave = Array.from({ length: SAMPLES + shape.steps }, (_, t) =>
    Math.fround(0.5 + 0.3 * Math.sin(t / 9) + 0.05 * rng.normal()),
  );
  const order = Array.from({ length: EPOCHS }, () => {
    const list = Array.from({ length: SAMPLES }, (_, k) => k);
    for (let i = list.length - 1; i > 0; i--) {
      const j = rng.int(i + 1);
      [list[i], list[j]] = [list[j] ?? 0, list[i] ?? 0];
    }
    return list;
  });
  return { wave, order, weights: initialWeights(shape, rng.fork("weights")) };
}
const { wave, order, weights } = job();

function start(network: LstmNetwork): LstmNetwork {
  network.load({
    rows: Float32Array.from(wave),
    starts: Int32Array.from({ length: SAMPLES }, (_, k) => k),
    targets: Float32Array.from(wave.slice(shape.steps)),
  });
  network.setWeights(weights);
  network.restart();
  return network;
}

const capacity = (batch: number) => ({ batch, rows: wave.length, samples: SAMPLES });
const ours = (batch: number, backend: Backend): LstmNetwork => start(createLstm(shape, capacity(batch), { backend }));

function trained(network: LstmNetwork, batch: number, epochs = EPOCHS) {
  const started = performance.now();
  let loss = Number.NaN;
  for (let e = 0; e < epochs; e++) loss = network.epoch(order[e] ?? [], { batch, learningRate: 1e-3 });
  return { seconds: (performance.now() - started) / 1000, loss };
}

const bytesOf = (network: LstmNetwork): string => {
  const { kernel, recurrent, bias, dense, denseBias } = network.weights();
  return [kernel, recurrent, bias, dense, denseBias].map((w) => Buffer.from(w.buffer).toString("base64")).join();
};

interface PyTorch {
  readonly seconds: readonly number[];
  readonly loss: number;
  readonly inferenceMicroseconds: number;
}
const isPyTorch = (value: unknown): value is PyTorch =>
  typeof value === "object" && value !== null && "seconds" in value && "loss" in value;

/** Debian installs torch for its own interpreter, which need not be the first on the path. */
const INTERPRETERS = [process.env["PYTHON"] ?? "python3", "/usr/bin/python3"];
const environment = { ...process.env, OPENBLAS_NUM_THREADS: "1", OMP_NUM_THREADS: "1" };
const python = INTERPRETERS.find((name) => spawnSync(name, ["-c", "import torch"], { env: environment }).status === 0);

function pytorch(batch: number): PyTorch | null {
  if (python === undefined) return null;
  const inputs = Array.from({ length: SAMPLES }, (_, k) => wave.slice(k, k + shape.steps));
  const given = Object.fromEntries(Object.entries(weights).map(([name, values]) => [name, Array.from(values)]));
  const input = JSON.stringify({
    ...{ units: shape.units, steps: shape.steps, inputs, targets: wave.slice(shape.steps) },
    ...{ order, batch, epochs: EPOCHS, repeats: 1, weights: given },
  });
  const script = fileURLToPath(new URL("peer-lstm.py", import.meta.url));
  const run = spawnSync(python, [script], { input, encoding: "utf8", env: environment, maxBuffer: 1 << 26 });
  if (run.status !== 0) return null;
  const found: unknown = JSON.parse(run.stdout);
  return isPyTorch(found) ? found : null;
}

/**
 * Seconds of the whole job on TensorFlow.js with its WebAssembly backend, from some of its epochs, measured whenever called; null
 * without it. One epoch warms it up.
 */
async function tensorflow(batch: number, epochs: number): Promise<(() => number) | null> {
  try {
    const tf = await loadTensorFlow("tfjs");
    const network = start(tensorFlowLstm(tf, "tfjs", shape, capacity(batch)));
    trained(network, 32, 1);
    return () => (trained(network, batch, epochs).seconds * EPOCHS) / epochs;
  } catch (error) {
    if (error instanceof BackendMissingError) return null;
    throw error;
  }
}

async function speed(batch: number, repeats: number, against: { torch: number; tfjs: number }): Promise<Target[]> {
  const own: number[] = [];
  const plain: number[] = [];
  const torch: PyTorch[] = [];
  const tfjs: number[] = [];
  const epochs = batch === 1 ? 1 : EPOCHS;
  const tensorflowJob = await tensorflow(batch, epochs);
  let loss = Number.NaN;
  let bits = "";
  let same = true;
  for (let r = 0; r < repeats; r++) {
    // Side by side in time, so that a busy machine slows all of them.
    const network = ours(batch, "wasm");
    const run = trained(network, batch);
    own.push(run.seconds);
    loss = run.loss;
    const now = bytesOf(network);
    same &&= bits === "" || bits === now;
    bits = now;
    const peer = pytorch(batch);
    if (peer !== null) torch.push(peer);
    const other = tensorflowJob?.();
    if (other !== undefined) tfjs.push(other);
    say(
      `lstm batch ${batch}, run ${r + 1}/${repeats}: ${run.seconds.toFixed(3)} s, PyTorch ${peer?.seconds[0]?.toFixed(2) ?? "absent"} s, tfjs ${other?.toFixed(2) ?? "absent"} s`,
    );
  }
  for (let r = 0; r < Math.min(3, repeats); r++) {
    const network = ours(batch, "typescript");
    plain.push(trained(network, batch).seconds);
    same &&= bytesOf(network) === bits;
  }
  const seconds = median(own);
  const peers: Record<string, number | string> = { "own s": seconds, "own TypeScript s": median(plain) };
  const out: Target[] = [
    {
      id: `F6-b${batch}-bits`,
      target: "bit-identical across runs and between both kernels",
      value: same ? 1 : 0,
      unit: "of 1",
      pass: same,
      peers: {},
    },
  ];
  if (torch.length > 0) {
    const their = median(torch.map((peer) => peer.seconds[0] ?? Number.NaN));
    const difference = Math.abs(loss / (torch[0]?.loss ?? Number.NaN) - 1);
    const beside = { ...peers, "PyTorch 1 thread s": their };
    const faster = (id: string, value: number, least: number): Target => ({
      id,
      target: `>= ${least}x PyTorch, one thread`,
      value,
      unit: "x",
      pass: value >= least,
      peers: beside,
    });
    out.push(faster(`F6-b${batch}-pytorch`, their / seconds, against.torch));
    if (batch === 1) out.push(faster("F6-b1-typescript", their / median(plain), 3));
    out.push({
      id: `F6-b${batch}-loss`,
      target: `loss after ${EPOCHS} epochs equal to PyTorch's to 1e-3 relative`,
      value: difference,
      unit: "relative",
      pass: difference <= 1e-3,
      peers: { own: loss, PyTorch: torch[0]?.loss ?? Number.NaN },
    });
  } else say("PyTorch is not installed: its ratios are left out.");
  if (tfjs.length === 0) say("@tensorflow/tfjs is not installed: its ratios are left out.");
  else {
    const their = median(tfjs);
    out.push({
      id: `F6-b${batch}-tfjs`,
      target: `>= ${against.tfjs}x @tensorflow/tfjs on WebAssembly`,
      value: their / seconds,
      unit: "x",
      pass: their / seconds >= against.tfjs,
      peers: { ...peers, [`tfjs-wasm s (from ${epochs} of ${EPOCHS} epochs)`]: their },
    });
  }
  return out;
}

function inference(): Target {
  const network = ours(1, "wasm");
  for (let i = 0; i < 5000; i++) network.predict([i % SAMPLES]);
  const times = Array.from({ length: 20 }, () => {
    const started = performance.now();
    for (let i = 0; i < 500; i++) network.predict([i % SAMPLES]);
    return (performance.now() - started) * 2;
  });
  const value = median(times);
  return { id: "F6-inference", target: "one inference <= 20 us", value, unit: "us", pass: value <= 20, peers: {} };
}

/** 100 pools x 365 days: mean reversion, spikes, gaps. */
function globalFit(): Target {
  const rng = createRng(5);
  const series = Array.from({ length: 100 }, (_, i) => {
    let level = 0;
    return {
      id: `pool ${i}`,
      values: Array.from({ length: 365 }, () => {
        level = 0.95 * level + 0.1 * rng.normal();
        return rng.int(60) === 0 ? Number.NaN : 3 + (i % 7) + level + (rng.int(100) === 0 ? 5 : 0);
      }),
    };
  });
  const times = Array.from({ length: 365 }, (_, t) => 1_700_006_400 + 86_400 * t);
  const started = performance.now();
  const { trainingWindows, members } = globalLstm({ times, series }, DEFAULT_LSTM_CONFIG).trainedAt(365);
  const value = (performance.now() - started) / 1000;
  return {
    id: "F6-global",
    target: "global LSTM over 100 pools x 365 days, ensemble of 3, <= 30 s",
    value,
    unit: "s",
    pass: value <= 30,
    peers: {
      "training windows": trainingWindows,
      "epochs to the best": members.map(({ epochs }) => epochs).join(", "),
    },
  };
}

export async function learningTargets(quick: boolean): Promise<Target[]> {
  const repeats = quick ? 1 : 5;
  return [
    ...(await speed(1, repeats, { torch: 25, tfjs: 150 })),
    ...(await speed(32, repeats, { torch: 1.5, tfjs: 15 })),
    inference(),
    globalFit(),
  ];
}

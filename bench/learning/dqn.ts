/** Targets R1 to R4: the learned policy's kernel beside PyTorch, what it learns, and whether it beats the no-trade band. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { DEFAULT_BACKTEST, QUIET, runBacktest } from "../../keeper/backtest/run.ts";
import { deflatedSharpe, sharpeRatio } from "../../keeper/backtest/statistics.ts";
import { readMarket } from "../../keeper/cli/backtest-files.ts";
import { createRng } from "../../keeper/kernel/rng.ts";
import { createMlp, type DuelingNetwork, initialLayers } from "../../keeper/math/neural/mlp.ts";
import type { Backend } from "../../keeper/math/neural/wasm.ts";
import { mean, median } from "../../keeper/math/statistics.ts";
import { DqnAgent } from "../../keeper/policy/dqn/agent.ts";
import { toCheckpoint } from "../../keeper/policy/dqn/checkpoint.ts";
import { loadPolicy } from "../../keeper/policy/dqn/index.ts";
import { SHIPPED_POLICY } from "../../keeper/policy/dqn/shipped.ts";
import * as problem from "../../test/support/rebalancing-mdp.ts";
import type { Measured as Target } from "../quant/target.ts";
import { compare } from "./dqn-worlds.ts";

const shape = { inputs: 32, first: 64, second: 64, actions: 8 };
const BATCH = 64;
const say = (line: string): void => void process.stderr.write(`${line}\n`);

function filled(backend: Backend): DuelingNetwork {
  const rng = createRng(8);
  const network = createMlp(shape, BATCH, { backend });
  network.setLayers(initialLayers(shape, rng));
  network.synchronise();
  for (let b = 0; b < BATCH; b++) {
    for (let i = 0; i < shape.inputs; i++) {
      network.states[b * network.row + i] = rng.normal();
      network.nextStates[b * network.row + i] = rng.normal();
    }
    network.actions[b] = rng.int(shape.actions);
    network.rewards[b] = rng.normal();
  }
  network.discounts.fill(0.9);
  network.importances.fill(1);
  return network;
}

function stepsPerSecond(backend: Backend, steps: number): number {
  const network = filled(backend);
  for (let k = 0; k < 200; k++) network.train(BATCH, 5e-4);
  const started = performance.now();
  for (let k = 0; k < steps; k++) network.train(BATCH, 5e-4);
  return (1000 * steps) / (performance.now() - started);
}

function actionMicroseconds(): number {
  const network = filled("wasm");
  const state = Array.from({ length: shape.inputs }, (_, i) => Math.sin(i));
  for (let k = 0; k < 20_000; k++) network.best(state);
  return median(
    Array.from({ length: 21 }, () => {
      const started = performance.now();
      for (let k = 0; k < 2000; k++) network.best(state);
      return (performance.now() - started) / 2;
    }),
  );
}

interface Peer {
  readonly stepsPerSecond: number;
  readonly actionMicroseconds: number;
}
const isPeer = (value: unknown): value is Peer =>
  typeof value === "object" && value !== null && "stepsPerSecond" in value && "actionMicroseconds" in value;

/** Debian installs torch for its own interpreter, which need not be the first on the path. */
const INTERPRETERS = [process.env["PYTHON"] ?? "python3", "/usr/bin/python3"];
const environment = { ...process.env, OPENBLAS_NUM_THREADS: "1", OMP_NUM_THREADS: "1" };

function pytorch(steps: number): Peer | null {
  const script = fileURLToPath(new URL("peer-dqn.py", import.meta.url));
  const input = JSON.stringify({ ...shape, batch: BATCH, steps, seed: 1 });
  for (const python of INTERPRETERS) {
    const run = spawnSync(python, [script], { input, encoding: "utf8", env: environment });
    if (run.status !== 0) continue;
    const found: unknown = JSON.parse(run.stdout);
    if (isPeer(found)) return found;
  }
  return null;
}

function speed(quick: boolean): Target[] {
  const own: number[] = [];
  const peers: Peer[] = [];
  for (let r = 0; r < (quick ? 1 : 5); r++) {
    // Side by side in time, so that a busy machine slows both.
    own.push(stepsPerSecond("wasm", 2000));
    const peer = pytorch(1000);
    if (peer !== null) peers.push(peer);
    say(`dqn speed ${r + 1}: ${own[r]?.toFixed(0)} steps/s, PyTorch ${peer?.stepsPerSecond.toFixed(0) ?? "absent"}`);
  }
  const action = actionMicroseconds();
  const beside = {
    "own steps/s": median(own),
    "own TypeScript steps/s": stepsPerSecond("typescript", 300),
    ...(peers.length === 0
      ? {}
      : {
          "PyTorch 1 thread steps/s": median(peers.map((peer) => peer.stepsPerSecond)),
          "PyTorch action us": median(peers.map((peer) => peer.actionMicroseconds)),
        }),
  };
  const ratio = peers.length === 0 ? Number.NaN : median(own) / median(peers.map((peer) => peer.stepsPerSecond));
  if (peers.length === 0) say("PyTorch is not installed: its ratio is left out.");
  const what = "double dueling 32-64-64-8, batch 64, Huber, Adam";
  return [
    ...(peers.length === 0
      ? []
      : [
          {
            ...{ id: "R1-pytorch", target: `>= 3x PyTorch, one thread: ${what}`, value: ratio, unit: "x" },
            ...{ pass: ratio >= 3, peers: beside },
          },
        ]),
    { id: "R1-action", target: "one action <= 2 us", value: action, unit: "us", pass: action <= 2, peers: beside },
  ];
}

function exact(quick: boolean): Target[] {
  const size = { inputs: problem.INPUTS, actions: problem.ACTIONS };
  const seeds = Array.from({ length: quick ? 2 : 10 }, (_, k) => k + 1);
  const train = (seed: number, backend?: Backend, episodes = problem.MDP_EPISODES): DqnAgent => {
    const agent = new DqnAgent(size, problem.MDP_CONFIG, seed, backend);
    const world = problem.environment();
    for (let e = 0; e < episodes; e++) agent.trainEpisode(world);
    return agent;
  };
  const shares = seeds.map((seed) => {
    const share = problem.shareOfOptimum(problem.learned(train(seed)));
    say(`dqn exact problem, seed ${seed}: ${(100 * share).toFixed(2)} % of the optimum`);
    return share;
  });
  const [worst, best] = [Math.min(...shares), Math.max(...shares)];
  const bytes = (backend: Backend): string => toCheckpoint(train(1, backend, 100), "", true);
  const runs = (["wasm", "wasm", "typescript"] as const).map(bytes);
  const same = new Set(runs).size === 1;
  const constant = Math.max(
    ...Array.from({ length: problem.ACTIONS }, (_, a) => problem.shareOfOptimum(problem.always(a))),
  );
  const chance = problem.shareOfOptimum(problem.uniform);
  const peers = { "mean %": 100 * mean(shares), "best constant action %": 100 * constant, "random %": 100 * chance };
  return [
    {
      id: "R2-optimum",
      target: `>= 95 % of the optimal value of an exactly solved problem, ${seeds.length}/${seeds.length} seeds: the worst`,
      ...{ value: 100 * worst, unit: "%", pass: worst >= 0.95, peers },
    },
    {
      id: "R2-spread",
      target: "spread across the seeds, best less worst, < 3 % of the optimum",
      ...{ value: 100 * (best - worst), unit: "%", pass: best - worst < 0.03, peers: {} },
    },
    {
      id: "R3-bits",
      target: "same seed, same bytes: whole training state, twice and in both kernels",
      ...{ value: same ? 1 : 0, unit: "of 1", pass: same, peers: {} },
    },
  ];
}

function worlds(quick: boolean): Target[] {
  const policy = loadPolicy(SHIPPED_POLICY);
  const results = compare(policy, quick ? 2 : 12);
  const gains = results.map(({ band, learned }) => learned - band);
  const [worst, average] = [Math.min(...gains), mean(gains)];
  for (const { name, band, learned } of results)
    say(`dqn ${name}: band ${(100 * band).toFixed(3)} %, learned ${(100 * learned).toFixed(3)} %`);
  // Every regime is a look at the same policy: the ratio counts them all, and their spread says how far luck reaches.
  const sharpes = results.map(({ difference }) => (sharpeRatio(difference) ?? 0) / Math.sqrt(365));
  const all = results.flatMap(({ difference }) => difference);
  const deflated = deflatedSharpe(all, sharpes, 0);
  const peers = {
    "regimes where it is ahead": gains.filter((gain) => gain > 0).length,
    "band moves in 13 months": mean(results.map(({ bandMoves }) => bandMoves)),
    "learned moves in 13 months": mean(results.map(({ learnedMoves }) => learnedMoves)),
    "left to the band %": 100 * mean(results.map(({ strange }) => strange)),
  };
  return [
    {
      id: "R4-worst",
      target: `net of cost, ${results.length} simulated regimes: not worse than the band by more than 0.5 % a year in any`,
      ...{ value: 100 * worst, unit: "% a year", pass: worst >= -0.005, peers },
    },
    {
      id: "R4-mean",
      target: `net of cost, ${results.length} simulated regimes: better than the band on average`,
      ...{ value: 100 * average, unit: "% a year", pass: average > 0, peers },
    },
    {
      id: "R4-deflated",
      target: "deflated Sharpe ratio of the difference, probability, >= 0.95",
      ...{ value: deflated?.probability ?? 0, unit: "", pass: (deflated?.probability ?? 0) >= 0.95, peers: {} },
    },
  ];
}

const DATA = fileURLToPath(new URL("../../../shared/data/", import.meta.url));
const SETS = [
  { id: "core", data: `${DATA}core_returns_eth_2024-05_2025-09_dev.csv`, venues: null },
  { id: "LST-3", data: `${DATA}eth_prices_daily_dev.csv`, venues: ["flip_WSTETH", "flip_RETH", "flip_SFRXETH"] },
] as const;

async function onData(): Promise<Target[]> {
  const out: Target[] = [];
  for (const { id, data, venues } of SETS) {
    if (!existsSync(data)) {
      say(`dqn: ${id} is skipped, its file is not at hand`);
      continue;
    }
    say(`dqn: backtest on ${id}`);
    const { panel, benchmark } = await readMarket({
      ...{ data, apy: null, kind: "auto", apyUnit: "percent", venues, benchmark: null, from: null, to: null },
      ...{ minimumCoverage: 0.9, minimumDays: 63, terms: {} },
    });
    const strategies = ["ai:cautious", "ai-dqn:cautious", "ai:growth", "ai-dqn:growth"];
    const result = await runBacktest(panel, benchmark, { ...DEFAULT_BACKTEST, strategies }, { ...QUIET, workers: 2 });
    for (const profile of ["cautious", "growth"]) {
      const band = result.strategies.find(({ strategy }) => strategy === `ai:${profile}`);
      const learned = result.strategies.find(({ strategy }) => strategy === `ai-dqn:${profile}`);
      if (band === undefined || learned === undefined) continue;
      const strange = learned.decisions.filter(({ reasons }) => reasons.some((r) => r.includes("unlike training")));
      const gain = learned.return - band.return;
      out.push({
        id: `R4-${id}-${profile}`,
        target: `${id}, ${profile}: return net of cost not below the band's`,
        ...{ value: 100 * gain, unit: "%", pass: gain >= 0 },
        peers: {
          "band %": 100 * band.return,
          "learned %": 100 * learned.return,
          "band drawdown %": 100 * band.maximumDrawdown,
          "learned drawdown %": 100 * learned.maximumDrawdown,
          "band turnover a year": band.turnoverPerYear,
          "learned turnover a year": learned.turnoverPerYear,
          "learned deflated Sharpe": learned.excess.deflated?.probability ?? "not defined",
          "left to the band %": (100 * strange.length) / learned.decisions.length,
        },
      });
    }
  }
  return out;
}

export async function learningTargets(quick: boolean): Promise<Target[]> {
  return [...speed(quick), ...exact(quick), ...worlds(quick), ...(quick ? [] : await onData())];
}

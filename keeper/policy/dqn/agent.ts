/**
 * Q-learning with a network (Mnih et al. 2015): double, dueling, n-step, prioritized. All randomness of a step comes from a fork of
 * the seed by the step's number, so training that was interrupted between two episodes goes on with the same bytes.
 */
import { createRng, type Rng } from "../../kernel/rng.ts";
import { TrainingDivergedError } from "../../math/neural/errors.ts";
import { createMlp, type DuelingNetwork, initialLayers, type TrainingState } from "../../math/neural/mlp.ts";
import type { Backend } from "../../math/neural/wasm.ts";
import { type AgentConfig, checkAgentConfig } from "./config.ts";
import { Replay, type ReplayState } from "./replay.ts";

export interface StepResult {
  readonly reward: number;
  readonly state: ArrayLike<number>;
  /** "terminal": nothing follows. "cut": the episode stops here though the world goes on. */
  readonly end: "terminal" | "cut" | null;
}

export interface Environment {
  readonly inputs: number;
  readonly actions: number;
  /** Begins an episode. */
  reset(rng: Rng): ArrayLike<number>;
  step(action: number): StepResult;
}

export interface AgentState {
  readonly network: TrainingState;
  readonly replay: ReplayState;
  readonly episodes: number;
  readonly steps: number;
  readonly low: Float32Array;
  readonly high: Float32Array;
}

interface Pending {
  readonly state: ArrayLike<number>;
  readonly action: number;
  readonly reward: number;
}

export class DqnAgent {
  readonly config: AgentConfig;
  readonly network: DuelingNetwork;
  readonly #seed: Rng;
  readonly #replay: Replay;
  readonly #indices: Int32Array;
  #episodes = 0;
  #steps = 0;
  /** Least and greatest value of each input seen in training. */
  readonly low: Float32Array;
  readonly high: Float32Array;

  /** @throws {ParameterOutOfRangeError} */
  constructor(
    size: { readonly inputs: number; readonly actions: number },
    config: AgentConfig,
    seed: number,
    backend?: Backend,
  ) {
    checkAgentConfig(config);
    this.config = config;
    this.#seed = createRng(seed);
    const shape = { inputs: size.inputs, first: config.first, second: config.second, actions: size.actions };
    const options = { clip: config.clip, ...(backend === undefined ? {} : { backend }) };
    this.network = createMlp(shape, config.batch, options);
    this.network.setLayers(initialLayers(shape, this.#seed.fork("weights")));
    this.network.synchronise();
    this.#replay = new Replay(config.capacity, size.inputs);
    this.#indices = new Int32Array(config.batch);
    this.low = new Float32Array(size.inputs).fill(Number.POSITIVE_INFINITY);
    this.high = new Float32Array(size.inputs).fill(Number.NEGATIVE_INFINITY);
  }

  get episodes(): number {
    return this.#episodes;
  }

  get steps(): number {
    return this.#steps;
  }

  get exploration(): number {
    const { finalExploration, explorationSteps } = this.config;
    return Math.max(finalExploration, 1 - ((1 - finalExploration) * this.#steps) / explorationSteps);
  }

  /** Plays one episode while learning; returns the sum of its rewards. @throws {TrainingDivergedError} */
  trainEpisode(environment: Environment): number {
    const { steps: horizon, discount } = this.config;
    let state = environment.reset(this.#seed.fork(`episode ${this.#episodes}`));
    this.#see(state);
    const pending: Pending[] = [];
    let total = 0;
    for (;;) {
      const rng = this.#seed.fork(`step ${this.#steps}`);
      const random = rng.uniform() < this.exploration;
      const action = random ? rng.int(environment.actions) : this.network.best(state);
      const { reward, state: next, end } = environment.step(action);
      this.#see(next);
      total += reward;
      pending.push({ state, action, reward });
      if (pending.length === horizon) this.#store(pending, next, end === "terminal" ? 0 : discount ** horizon);
      this.#steps++;
      if (this.#replay.filled >= this.config.warmup && this.#steps % this.config.every === 0) this.#learn(rng);
      if (end !== null) {
        while (pending.length > 0) this.#store(pending, next, end === "terminal" ? 0 : discount ** pending.length);
        break;
      }
      state = next;
    }
    this.#episodes++;
    return total;
  }

  #see(state: ArrayLike<number>): void {
    for (let i = 0; i < state.length; i++) {
      const value = state[i] ?? 0;
      this.low[i] = Math.min(this.low[i] ?? value, value);
      this.high[i] = Math.max(this.high[i] ?? value, value);
    }
  }

  #store(pending: Pending[], next: ArrayLike<number>, discount: number): void {
    const [first] = pending;
    if (first === undefined) return;
    const reward = pending.reduce((sum, step, k) => sum + this.config.discount ** k * step.reward, 0);
    this.#replay.add({ state: first.state, action: first.action, reward, discount, next });
    pending.shift();
  }

  #learn(rng: Rng): void {
    const { batch, alpha, beta, learningRate, finalRateShare, explorationSteps } = this.config;
    const { network } = this;
    const replay = this.#replay;
    const indices = this.#indices;
    const progress = Math.min(1, this.#steps / (2 * explorationSteps));
    replay.sample(rng, batch, beta + (1 - beta) * progress, indices, network.importances);
    const { inputs } = network.shape;
    for (let b = 0; b < batch; b++) {
      const index = indices[b] ?? 0;
      const from = index * inputs;
      const to = b * network.row;
      for (let i = 0; i < inputs; i++) {
        network.states[to + i] = replay.states[from + i] ?? 0;
        network.nextStates[to + i] = replay.next[from + i] ?? 0;
      }
      network.actions[b] = replay.actions[index] ?? 0;
      network.rewards[b] = replay.rewards[index] ?? 0;
      network.discounts[b] = replay.discounts[index] ?? 0;
    }
    const loss = network.train(batch, learningRate * (1 - (1 - finalRateShare) * progress));
    if (!Number.isFinite(loss)) throw new TrainingDivergedError(this.#episodes, loss);
    for (let b = 0; b < batch; b++) replay.setPriority(indices[b] ?? 0, network.errors[b] ?? 0, alpha);
    if (network.steps % this.config.synchroniseEvery === 0) network.synchronise();
  }

  /** Between two episodes only. */
  save(): AgentState {
    return {
      network: this.network.save(),
      replay: this.#replay.save(),
      episodes: this.#episodes,
      steps: this.#steps,
      low: this.low.slice(),
      high: this.high.slice(),
    };
  }

  /** @throws {DimensionMismatchError} */
  restore(state: AgentState): void {
    this.network.restore(state.network);
    this.#replay.restore(state.replay);
    this.#episodes = state.episodes;
    this.#steps = state.steps;
    this.low.set(state.low);
    this.high.set(state.high);
  }
}

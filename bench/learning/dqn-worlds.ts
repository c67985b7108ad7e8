/** The learned policy against the no-trade band in simulated worlds: the same targets, costs and days for both. */
import type { Rng } from "../../keeper/kernel/rng.ts";
import { createRng } from "../../keeper/kernel/rng.ts";
import { mean } from "../../keeper/math/statistics.ts";
import type { DqnAgent } from "../../keeper/policy/dqn/agent.ts";
import { DqnAgent as Agent } from "../../keeper/policy/dqn/agent.ts";
import { DEFAULT_AGENT_CONFIG } from "../../keeper/policy/dqn/config.ts";
import { rebalancing, Vault } from "../../keeper/policy/dqn/environment.ts";
import { decideLearned, type LearnedPolicy } from "../../keeper/policy/dqn/index.ts";
import type { DqnInput } from "../../keeper/policy/dqn/state.ts";
import { ACTIONS, INPUTS } from "../../keeper/policy/dqn/state.ts";
import { DEFAULT_REGIMES, type RegimeSettings, regimeWorld } from "../../keeper/policy/dqn/world.ts";
import { DEFAULT_POLICY_CONFIG, decide } from "../../keeper/policy/index.ts";

export const MAXIMUM_TURNOVER = 0.25;
const CONFIG = { ...DEFAULT_POLICY_CONFIG, maximumTurnover: MAXIMUM_TURNOVER };
const LIMITS = { beta: 0.95, maximumCvar: 1 };

/** Wider than any of the judged regimes: what training has not seen is left to the band. */
const trainingWorld = (rng: Rng) =>
  regimeWorld(rng, {
    ...DEFAULT_REGIMES,
    regimeDays: 20 + rng.int(200),
    regimeSpread: 0.025 * rng.uniform(),
    priceNoise: 2 * rng.uniform(),
  });

/** @param say told after every tenth of the episodes. */
export function trainPolicy(seed: number, episodes: number, say: (line: string) => void): DqnAgent {
  const agent = new Agent({ inputs: INPUTS.length, actions: ACTIONS.length }, AGENT, seed);
  const environment = rebalancing({ world: trainingWorld, limits: CONFIG, reward: "paid" });
  const rewards: number[] = [];
  for (let e = 1; e <= episodes; e++) {
    rewards.push(agent.trainEpisode(environment));
    const part = Math.max(1, Math.floor(episodes / 10));
    if (e % part === 0) say(`dqn: ${e}/${episodes} episodes, mean reward ${mean(rewards.slice(-part)).toFixed(2)}`);
  }
  return agent;
}

/** Weeks are noisy and moves rare: a far horizon, a large memory and a slow end. */
export const AGENT = {
  ...DEFAULT_AGENT_CONFIG,
  ...{ discount: 0.95, capacity: 50_000, explorationSteps: 60_000, finalRateShare: 0.02, beta: 0.6, every: 2 },
} as const;

/** Twenty-four regimes: persistence x spread x price noise x cost. None of their worlds occurs in training. */
export const JUDGED: readonly { readonly name: string; readonly settings: RegimeSettings }[] = [30, 90, 180].flatMap(
  (regimeDays) =>
    [0.006, 0.02].flatMap((regimeSpread) =>
      [0.25, 1.5].flatMap((priceNoise) =>
        [2e-4, 1e-3].map((cost) => ({
          name: `${regimeDays} days, spread ${regimeSpread}, price noise ${priceNoise}, cost ${cost}`,
          settings: {
            ...DEFAULT_REGIMES,
            ...{ regimeDays, regimeSpread, priceNoise, cost: { least: cost, most: cost * 1.0001 } },
          },
        })),
      ),
    ),
);

type Choice = (input: DqnInput) => readonly number[] | null;

const bandChoice: Choice = ({ target, constraints }) => {
  const decision = decide(target, constraints, CONFIG);
  return decision.kind === "hold" ? null : decision.weights.map(({ weight }) => weight);
};

export interface WorldResult {
  readonly returns: readonly number[];
  readonly moves: number;
}

function walkWorld(settings: RegimeSettings, seed: string, choose: Choice): WorldResult {
  const rng = createRng(20_261).fork(seed);
  const vault = new Vault(regimeWorld(rng, settings), 2);
  const returns: number[] = [];
  let moves = 0;
  while (!vault.isOver) {
    const input = vault.input();
    const weights = choose(input);
    if (weights !== null) moves++;
    returns.push(...vault.live(weights ?? vault.weights, input.constraints));
  }
  return { returns, moves };
}

export interface Comparison {
  readonly name: string;
  /** Net return a year, mean over the worlds. */
  readonly band: number;
  readonly learned: number;
  readonly bandMoves: number;
  readonly learnedMoves: number;
  /** Share of decisions that were left to the band as unlike training. */
  readonly strange: number;
  /** Daily returns of the learned policy less those of the band, all worlds in a row. */
  readonly difference: readonly number[];
}

const annual = (returns: readonly number[]): number =>
  Math.exp((returns.reduce((sum, r) => sum + Math.log1p(r), 0) * 365) / returns.length) - 1;

/** @param worlds simulated worlds per regime. */
export function compare(policy: LearnedPolicy, worlds: number): Comparison[] {
  return JUDGED.map(({ name, settings }) => {
    let asked = 0;
    let strange = 0;
    const learnedChoice: Choice = (input) => {
      const decision = decideLearned(policy, input, CONFIG, LIMITS);
      asked++;
      if (decision.reasons[0]?.includes("unlike training")) strange++;
      return decision.kind === "hold" ? null : decision.weights.map(({ weight }) => weight);
    };
    const pairs = Array.from({ length: worlds }, (_, w) => {
      const seed = `judged ${name} ${w}`;
      return { band: walkWorld(settings, seed, bandChoice), learned: walkWorld(settings, seed, learnedChoice) };
    });
    return {
      name,
      band: mean(pairs.map(({ band }) => annual(band.returns))),
      learned: mean(pairs.map(({ learned }) => annual(learned.returns))),
      bandMoves: mean(pairs.map(({ band }) => band.moves)),
      learnedMoves: mean(pairs.map(({ learned }) => learned.moves)),
      strange: strange / asked,
      difference: pairs.flatMap(({ band, learned }) => learned.returns.map((r, t) => r - (band.returns[t] ?? 0))),
    };
  });
}

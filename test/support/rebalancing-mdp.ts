/**
 * A rebalancing problem small enough to be solved exactly: a share of 0, 25, 50, 75 or 100 % in a risky venue, three regimes of
 * what it pays, two levels of gas. The share drifts by itself; a move pays a linear cost and gas. Value iteration gives the optimum,
 * and the value of any policy is found by solving for it, so that nothing here is estimated.
 */
import type { Rng } from "../../keeper/kernel/rng.ts";
import type { DqnAgent, Environment } from "../../keeper/policy/dqn/agent.ts";
import { type AgentConfig, DEFAULT_AGENT_CONFIG } from "../../keeper/policy/dqn/config.ts";

const LEVELS = 5;
const MEANS = [-0.6, 0.2, 1.2];
const GAS = [0.02, 0.3];
const TARGETS = [0, 2, 4];
export const DISCOUNT = 0.9;
export const STATES = LEVELS * MEANS.length * GAS.length;
/** Hold; 25, 50, 100 % of the way to the regime's target; equal weight; idle. */
export const ACTIONS = 6;
const STAY = 0.85;
const GAS_STAY = 0.7;
const DRIFT = 0.1;
const RISK = 0.5;
const COST = 0.25;

const decode = (s: number) => ({ share: s % LEVELS, regime: Math.floor(s / LEVELS) % 3, gas: Math.floor(s / 15) });
const encode = (share: number, regime: number, gas: number): number => share + LEVELS * regime + 15 * gas;

function moved(share: number, regime: number, action: number): number {
  if (action === 4) return 2;
  if (action === 5) return 0;
  const way = [0, 0.25, 0.5, 1][action] ?? 0;
  const step = way * ((TARGETS[regime] ?? 0) - share);
  return share + Math.sign(step) * Math.ceil(Math.abs(step));
}

function rewardOf(s: number, action: number): number {
  const { share, regime, gas } = decode(s);
  const next = moved(share, regime, action);
  const weight = next / 4;
  const change = Math.abs(next - share) / 4;
  return weight * (MEANS[regime] ?? 0) - RISK * weight ** 2 - COST * change - (change > 0 ? (GAS[gas] ?? 0) : 0);
}

/** Probability of each next state. */
function outcomes(s: number, action: number): Map<number, number> {
  const { share, regime, gas } = decode(s);
  const next = moved(share, regime, action);
  const out = new Map<number, number>();
  for (let r = 0; r < 3; r++)
    for (let g = 0; g < 2; g++)
      for (const d of [-1, 0, 1]) {
        const to = Math.min(LEVELS - 1, Math.max(0, next + d));
        const chance =
          (r === regime ? STAY : (1 - STAY) / 2) *
          (g === gas ? GAS_STAY : 1 - GAS_STAY) *
          (d === 0 ? 1 - 2 * DRIFT : DRIFT);
        const key = encode(to, r, g);
        out.set(key, (out.get(key) ?? 0) + chance);
      }
  return out;
}

const states = Array.from({ length: STATES }, (_, s) => s);
const actions = Array.from({ length: ACTIONS }, (_, a) => a);
const table = states.map((s) => actions.map((a) => ({ reward: rewardOf(s, a), next: [...outcomes(s, a)] as const })));

const backup = (values: readonly number[], s: number, a: number): number => {
  const entry = table[s]?.[a];
  if (entry === undefined) return Number.NaN;
  return entry.reward + DISCOUNT * entry.next.reduce((sum, [to, chance]) => sum + chance * (values[to] ?? 0), 0);
};

function fixedPoint(update: (values: readonly number[], s: number) => number): number[] {
  let values = states.map(() => 0);
  for (;;) {
    const next = states.map((s) => update(values, s));
    const change = Math.max(...states.map((s) => Math.abs((next[s] ?? 0) - (values[s] ?? 0))));
    values = next;
    if (change < 1e-12) return values;
  }
}

/** Optimal value of every state. */
export const optimalValues = (): number[] => fixedPoint((v, s) => Math.max(...actions.map((a) => backup(v, s, a))));

/** Value of every state under action probabilities. */
export const valuesOf = (policy: (s: number) => readonly number[]): number[] =>
  fixedPoint((v, s) => policy(s).reduce((sum, chance, a) => sum + (chance > 0 ? chance * backup(v, s, a) : 0), 0));

export const always = (action: number) => (): number[] => actions.map((a) => (a === action ? 1 : 0));
export const uniform = (): number[] => actions.map(() => 1 / ACTIONS);

/** What the agent sees: share, regime, gas. */
export function observe(s: number): number[] {
  const { share, regime, gas } = decode(s);
  return [share / 2 - 1, ...[0, 1, 2].map((r) => (r === regime ? 1 : 0)), gas];
}
export const INPUTS = observe(0).length;

/** Steps of an episode; then it is cut. */
const EPISODE = 50;

export function environment(): Environment {
  let state = 0;
  let left = EPISODE;
  let rng: Rng | null = null;
  return {
    inputs: INPUTS,
    actions: ACTIONS,
    reset(given) {
      rng = given;
      state = given.int(STATES);
      left = EPISODE;
      return observe(state);
    },
    step(action) {
      const reward = rewardOf(state, action);
      let rest = rng?.uniform() ?? 0;
      for (const [to, chance] of outcomes(state, action)) {
        rest -= chance;
        if (rest < 0) {
          state = to;
          break;
        }
      }
      left--;
      return { reward, state: observe(state), end: left === 0 ? "cut" : null };
    },
  };
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Mean value over all states as a share of the optimum. */
export const shareOfOptimum = (policy: (s: number) => readonly number[]): number =>
  mean(valuesOf(policy)) / mean(optimalValues());

/** Settings and length of the training that is judged; found on seeds 11 to 16, judged on 1 to 10. */
export const MDP_CONFIG: AgentConfig = {
  ...DEFAULT_AGENT_CONFIG,
  ...{ first: 32, second: 32, discount: DISCOUNT, steps: 2, learningRate: 1e-3, finalRateShare: 0.02 },
  ...{ warmup: 500, synchroniseEvery: 200, beta: 1, finalExploration: 0.2, explorationSteps: 40_000 },
};
export const MDP_EPISODES = 2000;

/** The agent's greedy policy. */
export const learned =
  (agent: DqnAgent) =>
  (s: number): number[] =>
    always(agent.network.best(observe(s)))();

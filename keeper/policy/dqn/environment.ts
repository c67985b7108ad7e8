/**
 * Weekly rebalancing in a world of `world.ts`. The state, the shield and the costs are those of the live run; the target is a simple
 * one, capped and greedy by smoothed yield less a charge for risk, because the optimizer is another stage.
 */
import type { AllocationConstraints, Features, ForecastSet, TargetAllocation } from "../../kernel/artifacts.ts";
import type { Rng } from "../../kernel/rng.ts";
import { assets, DAYS_PER_YEAR, hash } from "../../kernel/units.ts";
import { standardDeviation, sum } from "../../math/statistics.ts";
import type { PolicyConfig } from "../config.ts";
import type { Environment } from "./agent.ts";
import { shield, turnoverBetween } from "./shield.ts";
import { ACTIONS, costOf, type DqnInput, INPUTS, stateOf, wishes } from "./state.ts";
import type { World } from "./world.ts";

export const EVERY = 7;
const HORIZON = 30;
const WARMUP = 60;
const HALF_LIFE = 20;
/** 80 % of a normal lies within so many standard deviations. */
const INTERVAL = 1.2816;
/** Rewards of a week are of the order of a basis point: brought near one for the network. */
const REWARD_SCALE = 2_000;
/** Charge for variance, per year: a return of 1 % is worth a volatility of about 4.5 %. */
export const RISK_AVERSION = 10;

const nav = 1000n * 10n ** 18n;
const provenance = {
  ...{ chainId: 0, blockNumber: 0, blockHash: hash(`0x${"0".repeat(64)}`), timestamp: 0 },
  ...{ configHash: hash(`0x${"0".repeat(64)}`), seed: 0 },
};

/** Fills by score up to caps and group caps. */
function greedy(world: World, scores: readonly number[]): number[] {
  const order = scores.map((_, i) => i).sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b);
  const weights = scores.map(() => 0);
  const room = new Map(world.riskIds.map(({ riskId, capWeight }) => [riskId, capWeight]));
  let left = 1;
  for (const i of order) {
    const venue = world.venues[i];
    if (venue === undefined) continue;
    const most = Math.min(venue.cap, left, ...venue.riskIds.map((id) => room.get(id) ?? 1));
    weights[i] = most;
    left -= most;
    for (const id of venue.riskIds) room.set(id, (room.get(id) ?? 1) - most);
  }
  return weights;
}

/** One vault walking through a world; policies act on it by choosing weights. */
export class Vault {
  readonly world: World;
  /** Incumbents' advantage in the target, multiples of the cost of leaving them. */
  readonly #loyalty: number;
  weights: number[];
  day = WARMUP;
  daysSinceMove: number | null = null;

  constructor(world: World, loyalty: number) {
    this.world = world;
    this.#loyalty = loyalty;
    this.weights = greedy(
      world,
      world.venues.map((_, i) => -i),
    );
  }

  get isOver(): boolean {
    return this.day + EVERY > this.world.days;
  }

  /** What the stages would hand to the policy today: days before `day` only. */
  input(): DqnInput {
    const { world, day, weights } = this;
    const known = world.venues.map(({ yields }) => yields.slice(0, day));
    const means = known.map((series) => {
      let level = series[0] ?? 0;
      const gain = 1 - 0.5 ** (1 / HALF_LIFE);
      for (const value of series) level += gain * (value - level);
      return level;
    });
    const totals = world.venues.map(({ returns }) => returns.slice(day - WARMUP, day));
    const volatility = totals.map((series) => standardDeviation(series) * Math.sqrt(DAYS_PER_YEAR));
    const constraints: AllocationConstraints = {
      nav: assets(nav),
      strategies: world.venues.map((venue, i) => ({
        ...{ id: i + 1, name: `venue ${i + 1}`, currentWeight: weights[i] ?? 0, minWeight: 0, capWeight: venue.cap },
        ...{ reachableWeight: 1, entryBlockedBy: null, exitBlockedBy: null, riskIds: venue.riskIds },
        costs: { enter: venue.enter, exit: venue.exit },
      })),
      riskIds: world.riskIds,
      idle: { current: Math.max(0, 1 - sum(weights)), minimum: 0 },
      fixedCost: assets(BigInt(Math.round(2 * (world.gas[day - 1] ?? 0) * Number(nav)))),
      legCost: assets(BigInt(Math.round((world.gas[day - 1] ?? 0) * Number(nav)))),
    };
    const scores = means.map((value, i) => {
      const venue = world.venues[i];
      const held =
        (weights[i] ?? 0) > 0.01 && venue !== undefined ? (this.#loyalty * (venue.enter + venue.exit)) / 90 : 0;
      return value + held - ((RISK_AVERSION / 2) * (volatility[i] ?? 0) ** 2) / DAYS_PER_YEAR;
    });
    const aim = greedy(world, scores);
    const expected = (of: readonly number[]): number => HORIZON * sum(of.map((w, i) => w * (means[i] ?? 0)));
    const target: TargetAllocation = {
      ...{ provenance, objective: "mean-variance", idleWeight: Math.max(0, 1 - sum(aim)), horizonDays: HORIZON },
      weights: aim.map((weight, i) => ({ id: i + 1, weight })),
      ...{ expectedReturn: expected(aim), currentReturn: expected(weights), expectedCost: costOf(constraints, aim) },
      ...{ status: "optimal", certificate: { primal: 0, dual: 0, gap: 0 }, frontier: [], risk: 0 },
    };
    const forecast: ForecastSet = {
      ...{ provenance, horizonDays: HORIZON, scenarios: [] },
      strategies: means.map((meanDaily, i) => {
        const half = INTERVAL * standardDeviation(known[i]?.slice(-WARMUP) ?? [0, 0]);
        return {
          ...{ id: i + 1, name: `venue ${i + 1}`, model: "exponential mean", meanDaily, path: [], errors: [] },
          intervals: [{ level: 0.8, lower: meanDaily - half, upper: meanDaily + half }],
          ...{ trainedFrom: 0, trainedTo: 0 },
        };
      }),
    };
    const features: Features = {
      ...{ provenance, days: [], baseFeeByHour: [], flags: [] },
      strategies: totals.map((totalReturns, i) => ({
        ...{ id: i + 1, name: `venue ${i + 1}`, yieldReturns: [], totalReturns, apy1: null, apy7: null, apy30: null },
        volatility: volatility[i] ?? 0,
      })),
    };
    return { target, constraints, forecast, features, daysSinceMove: this.daysSinceMove };
  }

  /** Moves to the weights, pays, and lives a week. Returns the daily net returns. */
  live(to: readonly number[], constraints: AllocationConstraints): number[] {
    const cost = costOf(constraints, to);
    const moved = to.some((weight, i) => Math.abs(weight - (this.weights[i] ?? 0)) > 1e-9);
    this.daysSinceMove = moved ? 0 : this.daysSinceMove;
    this.weights = [...to];
    const out: number[] = [];
    for (let k = 0; k < EVERY; k++) {
      const grown = this.weights.map((w, i) => w * (1 + (this.world.venues[i]?.returns[this.day] ?? 0)));
      const growth = Math.max(0, 1 - sum(this.weights)) + sum(grown);
      this.weights = grown.map((value) => value / growth);
      out.push(growth * (k === 0 ? 1 - cost : 1) - 1);
      this.day++;
    }
    if (this.daysSinceMove !== null) this.daysSinceMove += EVERY;
    return out;
  }
}

/** Weights that an action leads to, inside every limit; those held where the move is too small to be proposed. */
export function allowed(input: DqnInput, action: number, limits: Pick<PolicyConfig, "maximumTurnover" | "band">) {
  const { constraints } = input;
  const current = constraints.strategies.map((s) => s.currentWeight);
  const { maximumTurnover } = limits;
  const to = shield(wishes(input)[action] ?? [], constraints, {
    ...{ maximumTurnover, scenarios: [], beta: 0.95, maximumCvar: 1 },
  });
  return turnoverBetween(current, to) <= limits.band ? current : to;
}

export interface EnvironmentSettings {
  readonly world: (rng: Rng) => World;
  readonly limits: Pick<PolicyConfig, "maximumTurnover" | "band">;
  /**
   * "paid": what the venues pay; the moves of prices, which are noise around it in a simulation, are left out of the reward though
   * not of what is seen. "realised": what the holder got, for recorded days, where nobody knows which part was noise.
   */
  readonly reward: "paid" | "realised";
}

/**
 * Reward of a week: return net of cost above the plain mean of the venues' returns, which no action can change, less the charge
 * for variance; scaled.
 */
export function rebalancing({ world, limits, reward }: EnvironmentSettings): Environment {
  let vault: Vault | null = null;
  let input: DqnInput | null = null;
  return {
    inputs: INPUTS.length,
    actions: ACTIONS.length,
    reset(rng) {
      vault = new Vault(world(rng), rng.int(2) * 4 * rng.uniform());
      input = vault.input();
      return stateOf(input);
    },
    step(action) {
      if (vault === null || input === null) return { reward: 0, state: INPUTS.map(() => 0), end: "cut" };
      const { day } = vault;
      const { venues } = vault.world;
      const to = allowed(input, action, limits);
      const volatility = input.features.strategies.map((s) => s.volatility);
      const variance = sum(to.map((w, i) => (w * (volatility[i] ?? 0)) ** 2));
      const week = venues.map((venue) =>
        sum((reward === "paid" ? venue.yields : venue.returns).slice(day, day + EVERY)),
      );
      const above = sum(week.map((value, i) => ((to[i] ?? 0) - 1 / venues.length) * value));
      const charge = ((RISK_AVERSION / 2) * variance * EVERY) / DAYS_PER_YEAR;
      const net = above - costOf(input.constraints, to) - charge;
      vault.live(to, input.constraints);
      input = vault.input();
      return { reward: REWARD_SCALE * net, state: stateOf(input), end: vault.isOver ? "cut" : null };
    },
  };
}

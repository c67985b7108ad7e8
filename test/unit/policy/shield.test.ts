import { expect } from "chai";
import type { AllocationConstraints } from "../../../keeper/kernel/artifacts.ts";
import { createRng, type Rng } from "../../../keeper/kernel/rng.ts";
import { sum } from "../../../keeper/math/statistics.ts";
import { cvarOf, type ShieldLimits, shield } from "../../../keeper/policy/dqn/shield.ts";
import { constraints, limits } from "../../support/quant.ts";

const ROUNDING = 1e-9;

/** Any allocation, inside its limits or not, and any limits: stuck money, closed venues, groups, no room, tight idle. */
function randomState(rng: Rng): { problem: AllocationConstraints; given: ShieldLimits; wanted: number[] } {
  const size = 1 + rng.int(8);
  const raw = Array.from({ length: size }, () => (rng.int(4) === 0 ? 0 : rng.uniform()));
  const total = sum(raw);
  const invested = rng.int(10) === 0 ? 0 : rng.uniform();
  const strategies = raw.map((value, i) => {
    const currentWeight = total > 0 ? (value / total) * invested : 0;
    return limits(i + 1, {
      currentWeight,
      minWeight: rng.int(4) === 0 ? currentWeight * rng.uniform() : 0,
      capWeight: rng.int(6) === 0 ? 0 : rng.uniform(),
      reachableWeight: currentWeight + rng.uniform() * rng.int(3),
      entryBlockedBy: rng.int(5) === 0 ? "state is Frozen" : null,
      riskIds: [1, 2, 3].filter(() => rng.int(3) === 0),
    });
  });
  const problem = constraints(strategies, {
    riskIds: [1, 2, 3].map((riskId) => ({ riskId, capWeight: rng.uniform() })),
    idle: { current: 1 - sum(strategies.map((s) => s.currentWeight)), minimum: rng.int(2) * 0.3 * rng.uniform() },
  });
  const wide = rng.int(3) === 0 ? 3 : 1;
  const wanted = strategies.map(() => (wide * (rng.uniform() - 0.1) * 2) / size);
  if (rng.int(50) === 0) wanted[0] = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY][rng.int(3)] ?? 0;
  const withTail = rng.int(20) === 0;
  const scenarios = withTail ? Array.from({ length: 25 }, () => strategies.map(() => 0.05 * rng.normal())) : [];
  const given = {
    maximumTurnover: rng.int(3) === 0 ? 1 : 0.5 * rng.uniform(),
    ...{ scenarios, beta: 0.9, maximumCvar: 0.05 * rng.uniform() },
  };
  return { problem, given, wanted };
}

/** What is broken, each limit read from the constraints anew. */
function broken(problem: AllocationConstraints, given: ShieldLimits, weights: readonly number[]): string[] {
  const out: string[] = [];
  const { strategies } = problem;
  const current = strategies.map((s) => s.currentWeight);
  if (weights.length !== strategies.length || !weights.every(Number.isFinite)) return ["not an allocation"];
  strategies.forEach((s, i) => {
    const weight = weights[i] ?? 0;
    if (weight < -ROUNDING) out.push(`strategy ${s.id} below zero`);
    if (weight < s.minWeight - ROUNDING) out.push(`strategy ${s.id} gives more than it can`);
    const bought = weight > s.currentWeight + ROUNDING;
    if (bought && s.entryBlockedBy !== null) out.push(`strategy ${s.id} is closed`);
    if (bought && weight > s.capWeight + ROUNDING) out.push(`strategy ${s.id} over its cap`);
    if (bought && weight > s.reachableWeight + ROUNDING) out.push(`strategy ${s.id} has no room`);
  });
  for (const { riskId, capWeight } of problem.riskIds) {
    const held = (of: readonly number[]): number =>
      sum(strategies.map((s, i) => (s.riskIds.includes(riskId) ? (of[i] ?? 0) : 0)));
    if (held(weights) > Math.max(capWeight, held(current)) + ROUNDING) out.push(`risk id ${riskId}`);
  }
  const idle = 1 - sum([...weights]);
  if (idle < Math.min(problem.idle.minimum, problem.idle.current) - ROUNDING) out.push(`idle ${idle}`);
  const changes = weights.map((weight, i) => Math.abs(weight - (current[i] ?? 0)));
  const turnover = (sum(changes) + Math.abs(idle - problem.idle.current)) / 2;
  if (turnover > given.maximumTurnover + ROUNDING) out.push(`turnover ${turnover}`);
  if (given.scenarios.length > 0) {
    const most = Math.max(given.maximumCvar, cvarOf(current, given));
    if (cvarOf(weights, given) > most + ROUNDING) out.push("tail");
  }
  return out;
}

describe("shield of the learned policy", () => {
  it("breaks no limit in 100,000 random states, whatever is wanted", function () {
    this.timeout(60_000);
    const rng = createRng(17);
    let changed = 0;
    let moved = 0;
    for (let k = 0; k < 100_000; k++) {
      const { problem, given, wanted } = randomState(rng);
      const weights = shield(wanted, problem, given);
      const faults = broken(problem, given, weights);
      if (faults.length > 0) expect.fail(`state ${k}: ${faults.join("; ")}`);
      if (weights.some((w, i) => Math.abs(w - (wanted[i] ?? 0)) > ROUNDING)) changed++;
      if (weights.some((w, i) => Math.abs(w - (problem.strategies[i]?.currentWeight ?? 0)) > 1e-3)) moved++;
    }
    // It is neither always idle nor always frozen: most wishes break something, and most end in a move.
    expect(changed).to.be.above(90_000);
    expect(moved).to.be.above(60_000);
  });

  it("finds the wishes themselves broken, so the check can see a breach", () => {
    const rng = createRng(17);
    let seen = 0;
    for (let k = 0; k < 1000; k++) {
      const { problem, given, wanted } = randomState(rng);
      if (broken(problem, given, wanted).length > 0) seen++;
    }
    expect(seen).to.be.above(900);
  });

  it("leaves an allowed wish as it is", () => {
    const problem = constraints([limits(1, { currentWeight: 0.5, capWeight: 0.8 }), limits(2, { capWeight: 0.4 })]);
    const given = { maximumTurnover: 1, scenarios: [], beta: 0.95, maximumCvar: 1 };
    expect(shield([0.3, 0.35], problem, given)).to.deep.equal([0.3, 0.35]);
  });

  it("does not sell what only grew past its cap, and buys none of it", () => {
    const problem = constraints([limits(1, { currentWeight: 0.6, capWeight: 0.5 }), limits(2, { currentWeight: 0.2 })]);
    const given = { maximumTurnover: 1, scenarios: [], beta: 0.95, maximumCvar: 1 };
    expect(shield([0.9, 0.2], problem, given)).to.deep.equal([0.6, 0.2]);
    expect(shield([0.4, 0.2], problem, given)).to.deep.equal([0.4, 0.2]);
  });

  it("stops a move where the tail limit is reached", () => {
    const problem = constraints([limits(1, { currentWeight: 0.2 }), limits(2, { currentWeight: 0.8 })]);
    const scenarios = Array.from({ length: 20 }, (_, k) => [k === 0 ? -0.2 : 0.01, 0]);
    const given = { maximumTurnover: 1, scenarios, beta: 0.95, maximumCvar: 0.1 };
    const [risky = 0] = shield([1, 0], problem, given);
    expect(risky).to.be.closeTo(0.5, 1e-6);
  });
});

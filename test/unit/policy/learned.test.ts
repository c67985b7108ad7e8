import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { createRng } from "../../../keeper/kernel/rng.ts";
import { SavedModelError } from "../../../keeper/math/neural/errors.ts";
import { DqnAgent } from "../../../keeper/policy/dqn/agent.ts";
import { toCheckpoint } from "../../../keeper/policy/dqn/checkpoint.ts";
import { DEFAULT_AGENT_CONFIG } from "../../../keeper/policy/dqn/config.ts";
import { rebalancing, Vault } from "../../../keeper/policy/dqn/environment.ts";
import { decideLearned, loadPolicy, policyOf } from "../../../keeper/policy/dqn/index.ts";
import { SHIPPED_POLICY } from "../../../keeper/policy/dqn/shipped.ts";
import { ACTIONS, type DqnInput, INPUTS, stateOf, wishes } from "../../../keeper/policy/dqn/state.ts";
import { DEFAULT_REGIMES, ReplayTooShortError, regimeWorld, replayedWorld } from "../../../keeper/policy/dqn/world.ts";
import { DEFAULT_POLICY_CONFIG, decide } from "../../../keeper/policy/index.ts";

const LIMITS = { beta: 0.95, maximumCvar: 1 };
const shipped = loadPolicy(SHIPPED_POLICY);

const vaultOf = (seed: number): Vault => new Vault(regimeWorld(createRng(seed)), 1);

/** A policy that always wants one action: its head has that advantage and no weights. */
function stubborn(action: number) {
  const size = { inputs: INPUTS.length, actions: ACTIONS.length };
  const agent = new DqnAgent(size, { ...DEFAULT_AGENT_CONFIG, first: 4, second: 4 }, 1);
  const [one, two, head] = agent.network.layers();
  if (one === undefined || two === undefined || head === undefined) expect.fail("three layers");
  head.kernel.fill(0);
  head.bias[1 + action] = 1;
  agent.network.setLayers([one, two, head]);
  agent.low.fill(-1e3);
  agent.high.fill(1e3);
  return policyOf(toCheckpoint(agent, "test", false), "test");
}

describe("learned policy", () => {
  it("sees eighteen finite numbers and wants six allocations in every simulated week", () => {
    for (let seed = 0; seed < 20; seed++) {
      const vault = vaultOf(seed);
      while (!vault.isOver) {
        const input = vault.input();
        const state = stateOf(input);
        expect(state.length).to.equal(INPUTS.length);
        expect(state.every(Number.isFinite)).to.equal(true);
        const all = wishes(input);
        expect(all.length).to.equal(ACTIONS.length);
        vault.live(vault.weights, input.constraints);
      }
    }
  });

  it("does what its network wants, in parts of the way, and says so", () => {
    const input = Array.from({ length: 20 }, (_, seed) => vaultOf(seed).input()).find(
      (given) => (stateOf(given)[INPUTS.indexOf("drift from the target")] ?? 0) > 0.2,
    );
    if (input === undefined) expect.fail("a world whose target is far");
    const current = input.constraints.strategies.map((s) => s.currentWeight);
    const config = { ...DEFAULT_POLICY_CONFIG, mendAbove: 1 };
    const turnovers = [1, 2, 3].map((action) => {
      const decision = decideLearned(stubborn(action), input, config, LIMITS);
      expect(decision.reasons[0]).to.match(/^learned policy/);
      return decision.kind === "move" ? decision.turnover : 0;
    });
    const [quarter = 0, half = 0, whole = 0] = turnovers;
    expect(whole).to.be.above(0.01);
    expect(quarter / whole).to.be.closeTo(0.25, 1e-9);
    expect(half / whole).to.be.closeTo(0.5, 1e-9);
    const small = decideLearned(stubborn(1), input, { ...config, band: quarter + 1e-9 }, LIMITS);
    expect(small.kind === "hold" && small.reasons[0]).to.match(/25 % of the way.* is within the band/);
    expect(decideLearned(stubborn(0), input, config, LIMITS).kind).to.equal("hold");
    const idle = decideLearned(stubborn(5), input, config, LIMITS);
    expect(idle.kind === "move" && idle.idleWeight).to.be.closeTo(1, 1e-9);
    const limited = decideLearned(stubborn(5), input, { ...config, maximumTurnover: 0.1 }, LIMITS);
    expect(limited.kind === "move" && limited.turnover).to.be.closeTo(0.1, 1e-9);
    expect(current.every((w, i) => limited.kind === "move" && (limited.weights[i]?.weight ?? 1) <= w)).to.equal(true);
  });

  it("leaves the decision to the band where a limit is broken, all is idle, or the state is strange, with the reason", () => {
    const policy = stubborn(5);
    const vault = vaultOf(5);
    const input = vault.input();
    const same = (given: DqnInput, reason: RegExp, from = policy, breaches: readonly string[] = []) => {
      const decision = decideLearned(from, given, DEFAULT_POLICY_CONFIG, LIMITS, breaches);
      const banded = decide(given.target, given.constraints, DEFAULT_POLICY_CONFIG, breaches);
      expect(decision.reasons[0]).to.match(reason);
      expect({ ...decision, reasons: decision.reasons.slice(1) }).to.deep.equal({ ...banded });
    };
    same(input, /limit is broken/, policy, ["the tail is too long"]);
    const over = {
      ...input.constraints,
      strategies: input.constraints.strategies.map((s) => ({ ...s, capWeight: 0.01 })),
    };
    same({ ...input, constraints: over }, /limit is broken/);
    const idle = {
      ...input.constraints,
      strategies: input.constraints.strategies.map((s) => ({ ...s, currentWeight: 0 })),
      idle: { current: 1, minimum: 0 },
    };
    same({ ...input, constraints: idle }, /all is idle/);
    same({ ...input, forecast: { ...input.forecast, strategies: [] } }, /has no forecast/);
    const narrow = { ...policy, high: policy.high.map(() => 1e-9), low: policy.low.map(() => 0) };
    same(input, /unlike training: .* in training it was/, narrow);
    const wild = {
      ...input.forecast,
      strategies: input.forecast.strategies.map((s) => ({ ...s, meanDaily: 1e9 * (s.id % 2) })),
    };
    same({ ...input, forecast: wild }, /unlike training/, shipped);
  });

  it("never decides on NaN", () => {
    const input = vaultOf(5).input();
    const broken = {
      ...input.forecast,
      strategies: input.forecast.strategies.map((s) => ({ ...s, meanDaily: Number.NaN })),
    };
    const decision = decideLearned(shipped, { ...input, forecast: broken }, DEFAULT_POLICY_CONFIG, LIMITS);
    expect(decision.reasons[0]).to.match(/unlike training: .*NaN/);
  });

  it("comes with a policy that is whole, is pinned by its digest, and knows the simulated worlds", () => {
    const digest = createHash("sha256").update(readFileSync(SHIPPED_POLICY)).digest("hex");
    expect(loadPolicy(SHIPPED_POLICY, digest).low.length).to.equal(INPUTS.length);
    expect(() => loadPolicy(SHIPPED_POLICY, "0".repeat(64))).to.throw(SavedModelError, "the configuration names 000");
    expect(() => loadPolicy("no-such-file.json")).to.throw(SavedModelError, "cannot be read");
    const vault = vaultOf(77);
    let asked = 0;
    let own = 0;
    while (!vault.isOver) {
      const input = vault.input();
      const decision = decideLearned(shipped, input, { ...DEFAULT_POLICY_CONFIG, mendAbove: 1 }, LIMITS);
      asked++;
      if (decision.reasons[0]?.startsWith("learned policy")) own++;
      const weights = decision.kind === "hold" ? vault.weights : decision.weights.map(({ weight }) => weight);
      vault.live(weights, input.constraints);
    }
    expect(own / asked).to.be.above(0.9);
  });
});

describe("worlds of the learned policy", () => {
  const history = (changedFrom: number) =>
    [0, 1, 2].map((venue) => {
      const rng = createRng(venue);
      const yields = Array.from({ length: 200 }, (_, t) => (t < changedFrom ? 1e-4 * rng.uniform() : 9));
      return { yields, returns: yields };
    });

  it("replays no day at or after the one named", () => {
    const world = (changedFrom: number) => JSON.stringify(replayedWorld(createRng(4), history(changedFrom), 120));
    expect(world(120)).to.equal(world(200));
    expect(world(119)).to.not.equal(world(200));
    const drawn = replayedWorld(createRng(4), history(120), 120).venues.flatMap(({ returns }) => returns);
    expect(Math.max(...drawn)).to.be.below(1);
    expect(() => replayedWorld(createRng(4), history(200), 30)).to.throw(ReplayTooShortError, "Only 30 recorded days");
  });

  it("shows a vault no day that has not ended", () => {
    const world = regimeWorld(createRng(9));
    const later = (series: readonly number[], day: number) => series.map((value, t) => (t < day ? value : 1e6));
    const day = 60;
    const changed = {
      ...world,
      venues: world.venues.map((v) => ({ ...v, yields: later(v.yields, day), returns: later(v.returns, day) })),
      gas: later(world.gas, day),
    };
    expect(stateOf(new Vault(changed, 1).input())).to.deep.equal(stateOf(new Vault(world, 1).input()));
    const seen = { ...world, venues: world.venues.map((v) => ({ ...v, yields: later(v.yields, day - 1) })) };
    expect(stateOf(new Vault(seen, 1).input())).to.not.deep.equal(stateOf(new Vault(world, 1).input()));
  });

  it("is the same from the same generator, and rewards a week's net return", () => {
    const settings = { ...DEFAULT_REGIMES, days: 100 };
    expect(regimeWorld(createRng(1), settings)).to.deep.equal(regimeWorld(createRng(1), settings));
    const run = () => {
      const env = rebalancing({
        world: (rng) => regimeWorld(rng, settings),
        limits: { maximumTurnover: 1, band: 0 },
        reward: "realised",
      });
      env.reset(createRng(2));
      return Array.from({ length: 5 }, (_, k) => env.step(k % ACTIONS.length).reward);
    };
    expect(run()).to.deep.equal(run());
    expect(new Set(run()).size).to.equal(5);
  });
});

import { expect } from "chai";
import { createRng } from "../../../keeper/kernel/rng.ts";
import { SavedModelError } from "../../../keeper/math/neural/errors.ts";
import { DqnAgent } from "../../../keeper/policy/dqn/agent.ts";
import { fromCheckpoint, toCheckpoint } from "../../../keeper/policy/dqn/checkpoint.ts";
import { DEFAULT_AGENT_CONFIG } from "../../../keeper/policy/dqn/config.ts";
import { Replay, SumTree } from "../../../keeper/policy/dqn/replay.ts";
import {
  ACTIONS,
  always,
  environment,
  INPUTS,
  learned,
  MDP_CONFIG,
  MDP_EPISODES,
  optimalValues,
  shareOfOptimum,
  uniform,
  valuesOf,
} from "../../support/rebalancing-mdp.ts";

const size = { inputs: INPUTS, actions: ACTIONS };
const SMALL = {
  ...DEFAULT_AGENT_CONFIG,
  first: 8,
  second: 8,
  batch: 8,
  capacity: 300,
  warmup: 20,
  synchroniseEvery: 10,
};

function trained(episodes: number, seed = 4): DqnAgent {
  const agent = new DqnAgent(size, SMALL, seed);
  const world = environment();
  for (let e = 0; e < episodes; e++) agent.trainEpisode(world);
  return agent;
}

describe("sum tree", () => {
  it("finds leaves in proportion to their mass and never an empty one", () => {
    const tree = new SumTree(5);
    [1, 0, 3, 0, 4].forEach((mass, i) => {
      tree.set(i, mass);
    });
    expect(tree.total).to.equal(8);
    expect([0, 0.999, 1, 3.999, 4, 7.999].map((mass) => tree.find(mass))).to.deep.equal([0, 0, 2, 2, 4, 4]);
    // A mass that rounding carried to the total still falls in a leaf that has some.
    expect(tree.find(8)).to.equal(4);
    tree.set(4, 0);
    expect(tree.find(4)).to.equal(2);
  });

  it("holds its total after 10,000 changes", () => {
    const rng = createRng(1);
    const tree = new SumTree(37);
    for (let k = 0; k < 10_000; k++) tree.set(rng.int(37), rng.uniform() * 10 ** (rng.int(12) - 6));
    const exact = Array.from({ length: 37 }, (_, i) => tree.get(i)).reduce((a, b) => a + b, 0);
    expect(tree.total / exact).to.be.closeTo(1, 1e-14);
  });
});

describe("prioritized replay", () => {
  it("draws by priority, weighs the bias away, and forgets the oldest", () => {
    const replay = new Replay(4, 1);
    for (let k = 0; k < 6; k++) replay.add({ state: [k], action: k, reward: k, discount: 0.9, next: [k + 1] });
    expect(replay.filled).to.equal(4);
    expect([...replay.actions].sort()).to.deep.equal([2, 3, 4, 5]);
    [1, 1, 2, 4].forEach((priority, i) => {
      replay.setPriority(i, priority - 1e-3, 1);
    });
    const seen = [0, 0, 0, 0];
    const indices = new Int32Array(8);
    const weights = new Float32Array(8);
    const rng = createRng(2);
    for (let k = 0; k < 4000; k++) {
      replay.sample(rng, 8, 1, indices, weights);
      for (const index of indices) seen[index] = (seen[index] ?? 0) + 1;
    }
    expect(seen).to.deep.equal([4000, 4000, 8000, 16_000]);
    // Importance x probability is the same for all: the estimate is unbiased.
    indices.forEach((index, k) => {
      expect((weights[k] ?? 0) * ([1, 1, 2, 4][index] ?? 0)).to.be.closeTo(1, 1e-6);
    });
  });
});

describe("agent", () => {
  it("gives the same bytes from the same seed and others from another", () => {
    const text = toCheckpoint(trained(12), "test", true);
    expect(toCheckpoint(trained(12), "test", true)).to.equal(text);
    expect(toCheckpoint(trained(12, 5), "test", true)).to.not.equal(text);
  });

  it("goes on after an interruption with the same bytes, replay wrapped round or not", () => {
    for (const cut of [2, 9]) {
      const saved = fromCheckpoint(toCheckpoint(trained(cut), "test", true), "file", size);
      const resumed = new DqnAgent(size, SMALL, 4);
      if (saved.training === null) expect.fail("the training was saved");
      resumed.restore(saved.training);
      const world = environment();
      for (let e = cut; e < 14; e++) resumed.trainEpisode(world);
      expect(toCheckpoint(resumed, "test", true)).to.equal(toCheckpoint(trained(14), "test", true));
    }
  });

  it("refuses a damaged file, another version and another shape, each with one error", () => {
    const text = toCheckpoint(trained(2), "test", false);
    const changed = text.replace(
      /"online": "(....)/,
      (_, four: string) => `"online": "${four === "AAAA" ? "BBBB" : "AAAA"}`,
    );
    expect(changed).to.not.equal(text);
    const read = (content: string, expected = size) => fromCheckpoint(content, "policy.json", expected);
    expect(() => read(changed)).to.throw(SavedModelError, "policy.json cannot be used: it does not match its checksum");
    expect(() => read(text.slice(0, -20))).to.throw(SavedModelError, "not valid JSON");
    expect(() => read(text.replace('"version": 1', '"version": 2'))).to.throw(SavedModelError, "its version is 2");
    expect(() => read(text.replace('"low"', '"lower"'))).to.throw(SavedModelError, "no valid");
    expect(() => read(text, { inputs: 9, actions: 6 })).to.throw(SavedModelError, "9 and 6 are needed");
    expect(read(text).training).to.equal(null);
  });
});

describe("the exact rebalancing problem", () => {
  it("is not won by doing one thing always, nor by chance", () => {
    const constant = Array.from({ length: ACTIONS }, (_, a) => shareOfOptimum(always(a)));
    expect(Math.max(...constant, shareOfOptimum(uniform))).to.be.below(0.85);
  });

  it("has the optimum of its own greedy policy", () => {
    const best = optimalValues();
    const other = valuesOf(always(3));
    best.forEach((value, s) => {
      expect(value).to.be.at.least((other[s] ?? 0) - 1e-9);
    });
  });

  it("is learned to 95 % of the optimum from two seeds", function () {
    this.timeout(120_000);
    for (const seed of [1, 2]) {
      const agent = new DqnAgent(size, MDP_CONFIG, seed);
      const world = environment();
      for (let e = 0; e < MDP_EPISODES; e++) agent.trainEpisode(world);
      expect(shareOfOptimum(learned(agent)), `seed ${seed}`).to.be.at.least(0.95);
    }
  });
});

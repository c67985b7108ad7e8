import { expect } from "chai";
import type { AllocationConstraints, Decision, TargetAllocation } from "../../../keeper/kernel/artifacts.ts";
import { createRng } from "../../../keeper/kernel/rng.ts";
import { assets } from "../../../keeper/kernel/units.ts";
import { ParameterOutOfRangeError, SampleNotFiniteError } from "../../../keeper/math/errors.ts";
import { sum } from "../../../keeper/math/statistics.ts";
import { TargetMismatchError } from "../../../keeper/policy/errors.ts";
import { DEFAULT_POLICY_CONFIG, decide } from "../../../keeper/policy/index.ts";
import { constraints, ETHER, limits, provenance } from "../../support/quant.ts";

const config = DEFAULT_POLICY_CONFIG;

/** A target over a 30-day horizon. */
const targetOf = (weights: readonly number[], expectedReturn: number, currentReturn: number): TargetAllocation => ({
  provenance: provenance(),
  objective: "mean-variance",
  weights: weights.map((weight, i) => ({ id: i + 1, weight })),
  idleWeight: 1 - sum(weights),
  horizonDays: 30,
  expectedReturn,
  expectedCost: 0,
  currentReturn,
  status: "optimal",
  certificate: { primal: 0, dual: 0, gap: 0 },
  frontier: [],
  risk: 0,
});

/** Two strategies at 50 % and 40 %, 5 bp to enter each. */
const held = (changes: Partial<AllocationConstraints> = {}): AllocationConstraints =>
  constraints(
    [
      limits(1, { currentWeight: 0.5, costs: { enter: 5e-4, exit: 0 } }),
      limits(2, { currentWeight: 0.4, costs: { enter: 5e-4, exit: 0 } }),
    ],
    changes,
  );

function moveOf(decision: Decision): Extract<Decision, { kind: "move" }> {
  expect(decision.kind, JSON.stringify("reasons" in decision ? decision.reasons : "")).to.equal("move");
  if (decision.kind !== "move") expect.fail("asserted above");
  return decision;
}

describe("decide", () => {
  it("moves when 90 days of gain exceed twice the cost, and holds just below", () => {
    // 20 % moved into strategy 1 costs 1 bp of NAV; twice that over 90 days is 2/3 bp over 30.
    const enough = decide(targetOf([0.7, 0.2], 0.001 + 0.667e-4, 0.001), held(), config);
    const move = moveOf(enough);
    expect(move.turnover).to.be.closeTo(0.2, 1e-12);
    expect(Number(move.expectedCost) / 1e18).to.be.closeTo(0.1, 1e-9);
    expect(Number(move.expectedGain) / 1e18).to.be.closeTo(0.1001, 1e-4);
    const tooLittle = decide(targetOf([0.7, 0.2], 0.001 + 0.666e-4, 0.001), held(), config);
    expect(tooLittle.kind).to.equal("hold");
    expect(tooLittle.kind === "hold" && tooLittle.reasons[0]).to.match(
      /gain 0\.0200 % .* cost 0\.0100 %: below 2 x cost/,
    );
  });

  it("holds while the gain is within its own standard error, whatever the cost; not when mending or leaving idle", () => {
    // 0.3 % over 90 days, thirty times the cost; each mean known to 1e-4 a day: 90 x 0.2 x 1e-4 x sqrt 2 = 0.2546 %.
    const target = targetOf([0.7, 0.2], 0.002, 0.001);
    const known = (error: number) => new Map([1, 2].map((id) => [id, error]));
    expect(decide(target, held(), config, [], known(1e-4)).kind).to.equal("move");
    const unsure = decide(target, held(), config, [], known(1.2e-4));
    expect(unsure.kind === "hold" && unsure.reasons[0]).to.match(
      /gain 0\.3000 % is within its standard error 0\.3055 %/,
    );
    expect(decide(target, held(), config, ["a tail limit"], known(1)).kind).to.equal("move");
    for (const unknown of [Number.POSITIVE_INFINITY, Number.NaN])
      expect(decide(target, held(), config, [], known(unknown)).kind).to.equal("hold");
    const still = new Map([...known(1e-4), [3, Number.POSITIVE_INFINITY]]);
    expect(decide(target, held(), config, [], still).kind).to.equal("move");
    const idle = constraints([limits(1, {}), limits(2, {})]);
    expect(decide(targetOf([0.7, 0.2], 0.002, 0), idle, config, [], known(1)).kind).to.equal("move");
  });

  it("holds within the band however large the gain", () => {
    const decision = decide(targetOf([0.51, 0.39], 0.5, 0.001), held(), config);
    expect(decision.kind === "hold" && decision.reasons[0]).to.match(/drift 1\.0000 % is within the band 2\.0000 %/);
  });

  it("holds on the target itself", () => {
    expect(decide(targetOf([0.5, 0.4], 0.001, 0.001), held(), config).kind).to.equal("hold");
  });

  it("leaves all idle at once for any positive net gain, and for none stays", () => {
    const empty = constraints([limits(1, { costs: { enter: 5e-4, exit: 0 } })], { fixedCost: assets(ETHER / 100n) });
    expect(decide(targetOf([0.95], 0.0002, 0), empty, config).kind).to.equal("move");
    const held0 = decide(targetOf([0.95], 0.0001, 0), empty, config);
    expect(held0.kind === "hold" && held0.reasons[0]).to.match(/all idle, but .*no net gain/);
  });

  it("mends an exceeded cap, risk id or idle minimum without waiting for a gain", () => {
    const overCap = held();
    const capped = {
      ...overCap,
      strategies: overCap.strategies.map((s) => ({ ...s, capWeight: s.id === 1 ? 0.3 : 1 })),
    };
    const move = moveOf(decide(targetOf([0.3, 0.4], 0.0009, 0.001), capped, config));
    expect(move.reasons[0]).to.match(/strategy 1 holds 50\.0000 %, its cap is 30\.0000 %/);
    expect(move.expectedGain < 0n).to.equal(true);
    const dry = held({ idle: { current: 0.1, minimum: 0.2 } });
    expect(moveOf(decide(targetOf([0.4, 0.4], 0.0009, 0.001), dry, config)).reasons[0]).to.match(/idle is 10/);
    const grouped = held({ riskIds: [{ riskId: 4, capWeight: 0.6 }] });
    const shared = { ...grouped, strategies: grouped.strategies.map((s) => ({ ...s, riskIds: [4] })) };
    expect(moveOf(decide(targetOf([0.3, 0.3], 0.0009, 0.001), shared, config)).reasons[0]).to.match(
      /risk id 4 holds 90/,
    );
  });

  it("does not trade because yield carried a position a little over its cap", () => {
    const grown = held();
    const over = { ...grown, strategies: grown.strategies.map((s) => ({ ...s, capWeight: s.currentWeight - 0.004 })) };
    expect(decide(targetOf([0.496, 0.396], 0.001, 0.001), over, config).kind).to.equal("hold");
  });

  it("does not call stuck money a violation that could be mended", () => {
    const stuck = held();
    const locked = {
      ...stuck,
      strategies: stuck.strategies.map((s) => ({ ...s, capWeight: 0.3, minWeight: s.currentWeight })),
    };
    expect(decide(targetOf([0.5, 0.4], 0.001, 0.001), locked, config).kind).to.equal("hold");
  });

  it("goes only as far as the turnover limit, and charges gas in full", () => {
    const dear = held({ fixedCost: assets(ETHER / 10n), legCost: assets(ETHER / 100n) });
    const move = moveOf(decide(targetOf([0.9, 0], 0.01, 0.001), dear, { ...config, maximumTurnover: 0.1 }));
    expect(move.turnover).to.be.closeTo(0.1, 1e-12);
    expect(move.weights[0]?.weight).to.be.closeTo(0.6, 1e-12);
    expect(sum([...move.weights.map((w) => w.weight), move.idleWeight])).to.be.closeTo(1, 1e-12);
    expect(Number(move.expectedCost) / 1e18).to.be.closeTo(0.05 + 0.1 + 0.02, 1e-9);
  });

  it("switches no more at once than the target earns in the stated days; mending, idle money and the band do not wait", () => {
    const switchable = constraints(
      [1, 2].map((id) => limits(id, { currentWeight: 0.5, costs: { enter: 5e-4, exit: 5e-4 } })),
      { idle: { current: 0, minimum: 0 } },
    );
    const bounded = { ...config, maximumCostDays: 0.5 };
    // 40 % sold and bought costs 4 bp; the target earns 2 bp a day, so half a day pays for a quarter of the way.
    const target = targetOf([0.9, 0.1], 0.006, 0.003);
    const move = moveOf(decide(target, switchable, bounded));
    expect(move.turnover).to.be.closeTo(0.1, 1e-12);
    expect(Number(move.expectedCost) / 1e18 / 1000).to.be.closeTo(1e-4, 1e-12);
    expect(move.reasons.at(-1)).to.match(/a step may cost 0\.5 days of the expected return/);
    expect(moveOf(decide(target, switchable, config)).turnover).to.be.closeTo(0.4, 1e-12);
    expect(moveOf(decide(target, switchable, bounded, ["a tail limit"])).turnover).to.be.closeTo(0.4, 1e-12);
    // A target that earns next to nothing is reached in steps of twice the band, and one that ends losses by what it saves.
    const poor = { ...bounded, costMultiple: 1, band: 0.03, holdingDays: 3650 };
    expect(moveOf(decide(targetOf([0.9, 0.1], 1e-4, 0), switchable, poor)).turnover).to.be.closeTo(0.06, 1e-12);
    expect(moveOf(decide(targetOf([0.9, 0.1], 0, -0.006), switchable, bounded)).turnover).to.be.closeTo(0.1, 1e-12);
    const waiting = constraints(
      [1, 2].map((id) => limits(id, { currentWeight: 0.1, costs: { enter: 5e-4, exit: 5e-4 } })),
      { idle: { current: 0.8, minimum: 0 } },
    );
    expect(moveOf(decide(target, waiting, bounded)).turnover).to.be.closeTo(0.8, 1e-12);
  });

  it("never turns over more than the limit and always keeps the sum on 300 random targets", () => {
    const rng = createRng(77);
    let moves = 0;
    for (let k = 0; k < 300; k++) {
      const raw = [rng.uniform(), rng.uniform()];
      const total = sum(raw) + rng.uniform();
      const limit = 0.05 + 0.9 * rng.uniform();
      const target = targetOf(
        raw.map((w) => w / total),
        0.001 * rng.normal(),
        0,
      );
      const decision = decide(target, held(), { ...config, maximumTurnover: limit });
      if (decision.kind === "hold") continue;
      moves++;
      expect(decision.turnover).to.be.at.most(limit + 1e-12);
      expect(sum([...decision.weights.map((w) => w.weight), decision.idleWeight])).to.be.closeTo(1, 1e-12);
      expect(decision.expectedGain > 0n).to.equal(true);
    }
    expect(moves).to.be.within(20, 280);
  });

  it("error: other strategies, NaN and nonsense configuration are typed", () => {
    expect(() => decide(targetOf([0.5], 0, 0), held(), config)).to.throw(TargetMismatchError);
    expect(() => decide(targetOf([0.5, Number.NaN], 0, 0), held(), config)).to.throw(SampleNotFiniteError);
    for (const wrong of [{ band: -1 }, { maximumCostDays: 0 }])
      expect(() => decide(targetOf([0.5, 0.4], 0, 0), held(), { ...config, ...wrong })).to.throw(
        ParameterOutOfRangeError,
      );
  });
});

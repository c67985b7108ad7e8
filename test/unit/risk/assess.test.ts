import { expect } from "chai";
import type { AllocationConstraints, Decision, Features, StrategyLimits } from "../../../keeper/kernel/artifacts.ts";
import { createRng } from "../../../keeper/kernel/rng.ts";
import { assets, hash } from "../../../keeper/kernel/units.ts";
import { EmptySampleError, ParameterOutOfRangeError, SampleNotFiniteError } from "../../../keeper/math/errors.ts";
import {
  DecisionMismatchError,
  ProvenanceMismatchError,
  UnmeasuredPositionError,
} from "../../../keeper/risk/errors.ts";
import { type AssessInput, assess, DEFAULT_RISK_CONFIG } from "../../../keeper/risk/index.ts";
import { constraints, ETHER, forecastOf, limits, provenance } from "../../support/quant.ts";

const config = DEFAULT_RISK_CONFIG;
type Move = Extract<Decision, { kind: "move" }>;

/** A move from all idle into two strategies, stated truthfully, with scenarios of sd 0.1 %. */
function inputOf(
  weights: readonly number[],
  changes: {
    limits?: Partial<StrategyLimits>;
    constraints?: Partial<AllocationConstraints>;
    move?: Partial<Move>;
    scale?: number;
  } = {},
): AssessInput {
  const rng = createRng(3);
  const scale = changes.scale ?? 1e-3;
  const rows = Array.from({ length: 1000 }, () => weights.map(() => 1e-4 + scale * rng.normal()));
  const invested = weights.reduce((total, weight) => total + weight, 0);
  const problem = constraints(
    weights.map((_, i) => limits(i + 1, { capWeight: 0.6, ...changes.limits })),
    {
      idle: { current: 1, minimum: 0.05 },
      ...changes.constraints,
    },
  );
  const decision: Move = {
    kind: "move",
    provenance: provenance(),
    weights: weights.map((weight, i) => ({ id: i + 1, weight })),
    idleWeight: 1 - invested,
    expectedGain: assets(0n),
    expectedCost: assets(0n),
    turnover: invested,
    reasons: [],
    ...changes.move,
  };
  const features: Features = {
    provenance: provenance(),
    days: rows.slice(0, 365).map((_, t) => t),
    strategies: weights.map((_, i) => ({
      id: i + 1,
      name: `strategy ${i + 1}`,
      yieldReturns: [],
      totalReturns: rows.slice(0, 365).map((row) => (row[i] ?? Number.NaN) / 10),
      apy1: null,
      apy7: null,
      apy30: null,
      volatility: 0,
    })),
    baseFeeByHour: [],
    flags: [],
  };
  return {
    decision,
    forecast: forecastOf(
      weights.map(() => 1e-4),
      rows,
    ),
    features,
    constraints: problem,
  };
}

function breachTypes(input: AssessInput, changes: Partial<typeof config> = {}): string[] {
  const verdict = assess(input, { ...config, ...changes });
  return verdict.kind === "rejected" ? verdict.breaches.map((breach) => breach.type) : [];
}

describe("assess", () => {
  it("approves a move within every limit, with figures of a normal loss", () => {
    const verdict = assess(inputOf([0.5, 0.45]), config);
    expect(verdict.kind).to.equal("approved");
    const sd = 1e-3 * Math.hypot(0.5, 0.45);
    expect(verdict.risk.var).to.be.closeTo(1.645 * sd - 0.95e-4, 0.15 * sd);
    expect(verdict.risk.cvar).to.be.closeTo(2.063 * sd - 0.95e-4, 0.15 * sd);
    expect(verdict.risk.volatility).to.be.closeTo((sd / 10) * Math.sqrt(365), 0.1 * sd * 2);
    expect(verdict.risk.var).to.be.at.most(verdict.risk.cvar);
    expect(verdict.risk.maxDrawdown).to.be.within(0, 0.01);
  });

  it("rejects what exceeds VaR, CVaR and drawdown limits, each by its own figure", () => {
    const input = inputOf([0.5, 0.45]);
    expect(breachTypes(input, { varLimit: 1e-4 })).to.deep.equal(["varAboveLimit"]);
    expect(breachTypes(input, { cvarLimit: 1e-4 })).to.deep.equal(["cvarAboveLimit"]);
    expect(breachTypes(input, { drawdownLimit: 1e-5 })).to.deep.equal(["drawdownAboveLimit"]);
  });

  it("rejects weights that break a cap, a risk id, the idle minimum, an entry block or the sum", () => {
    expect(breachTypes(inputOf([0.7, 0.1]))).to.deep.equal(["capExceeded"]);
    expect(breachTypes(inputOf([0.5, 0.47]))).to.deep.equal(["idleBelowMinimum"]);
    expect(breachTypes(inputOf([0.5, 0.4], { limits: { entryBlockedBy: "state is Frozen" } }))).to.deep.equal([
      "inflowNotAllowed",
      "inflowNotAllowed",
    ]);
    expect(breachTypes(inputOf([0.5, 0.2], { limits: { reachableWeight: 0.3 } }))).to.deep.equal(["inflowNotAllowed"]);
    expect(
      breachTypes(
        inputOf([0.4, 0.4], { limits: { riskIds: [9] }, constraints: { riskIds: [{ riskId: 9, capWeight: 0.5 }] } }),
      ),
    ).to.deep.equal(["riskIdCapExceeded"]);
    expect(breachTypes(inputOf([0.4, 0.4], { move: { idleWeight: 0.3, turnover: 0.75 } }))).to.deep.equal([
      "weightsDoNotSum",
    ]);
  });

  it("rejects a turnover or a cost that the weights do not give", () => {
    expect(breachTypes(inputOf([0.5, 0.4], { move: { turnover: 0.5 } }))).to.deep.equal(["recomputationDiffers"]);
    const priced = inputOf([0.5, 0.4], { limits: { costs: { enter: 1e-3, exit: 0 } } });
    expect(breachTypes(priced)).to.deep.equal(["recomputationDiffers"]);
    const truthful = { ...priced, decision: { ...priced.decision, expectedCost: assets((9n * ETHER) / 10n) } };
    expect(breachTypes(truthful)).to.deep.equal([]);
  });

  it("rejects taking out what cannot leave", () => {
    const input = inputOf([0.2, 0.2], {
      limits: { currentWeight: 0.4, minWeight: 0.3 },
      constraints: { idle: { current: 0.2, minimum: 0.05 } },
      move: { turnover: 0.4 },
    });
    expect(breachTypes(input)).to.deep.equal(["recomputationDiffers", "recomputationDiffers"]);
  });

  it("lets a move pass that only reduces, although what is left exceeds caps and risk limits", () => {
    const reducing = inputOf([0.45, 0.3], {
      limits: { currentWeight: 0.46, capWeight: 0.2, entryBlockedBy: "price status is ExitOnly" },
      constraints: { idle: { current: 0.08, minimum: 0.05 } },
      move: { turnover: 0.17 },
      scale: 0.1,
    });
    expect(breachTypes(reducing)).to.deep.equal([]);
  });

  it("error: positions without figures, foreign artifacts and bad numbers are typed", () => {
    const input = inputOf([0.5, 0.4]);
    const blind = {
      ...input,
      forecast: forecastOf(
        [1e-4],
        input.forecast.scenarios.map((row) => row.slice(0, 1)),
      ),
    };
    expect(() => assess(blind, config))
      .to.throw(UnmeasuredPositionError)
      .with.property("weight", 0.4);
    // What cannot leave is no reason to hold: the same weight stays whether the others move or not.
    const [open, closed] = blind.constraints.strategies;
    if (open === undefined || closed === undefined) expect.fail("two strategies");
    const stuck = { ...closed, currentWeight: 0.4, minWeight: 0.4 };
    const others = { ...blind, constraints: { ...blind.constraints, strategies: [open, stuck] } };
    expect(() => assess(others, config)).not.to.throw();
    expect(() =>
      assess(
        {
          ...others,
          constraints: { ...others.constraints, strategies: [open, { ...stuck, currentWeight: 0.3, minWeight: 0.3 }] },
        },
        config,
      ),
    ).to.throw(UnmeasuredPositionError);
    // What is being left in steps is less than it was; what is only kept, although it could leave, is not.
    const leaving = (currentWeight: number) => ({
      ...others,
      constraints: { ...others.constraints, strategies: [open, { ...stuck, currentWeight, minWeight: 0 }] },
    });
    expect(() => assess(leaving(0.6), config)).not.to.throw();
    expect(() => assess(leaving(0.4), config)).to.throw(UnmeasuredPositionError);
    const foreign = { ...provenance(), blockHash: hash(`0x${"00".repeat(32)}`) };
    expect(() => assess({ ...input, features: { ...input.features, provenance: foreign } }, config)).to.throw(
      ProvenanceMismatchError,
    );
    expect(() => assess({ ...input, constraints: constraints([limits(1)]) }, config)).to.throw(DecisionMismatchError);
    expect(() => assess({ ...input, forecast: { ...input.forecast, scenarios: [] } }, config)).to.throw(
      EmptySampleError,
    );
    expect(() => assess(inputOf([0.5, Number.NaN]), config)).to.throw(SampleNotFiniteError);
    expect(() => assess(input, { ...config, beta: 0 })).to.throw(ParameterOutOfRangeError);
  });
});

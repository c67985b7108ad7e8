import { expect } from "chai";
import { createRng } from "../../../keeper/kernel/rng.ts";
import { DimensionMismatchError, ParameterOutOfRangeError, SampleNotFiniteError } from "../../../keeper/math/errors.ts";
import { portfolioRisk } from "../../../keeper/risk/portfolio.ts";
import { liquidityAdjustedLoss, type Position, stressTests } from "../../../keeper/risk/stress.ts";
import { factorSample, named } from "../../support/portfolio.ts";

const position = (changes: Partial<Position>): Position => ({
  name: "p",
  weight: 1,
  stakedShare: 0,
  isLent: false,
  hasFeed: false,
  liquidShare: 1,
  exitCost: 0,
  exitDays: 0,
  dailyReturn: 0,
  ...changes,
});

describe("portfolioRisk", () => {
  it("splits volatility, CVaR and EVaR into components that add up, and marginals that are slopes", () => {
    for (let seed = 0; seed < 100; seed++) {
      const rng = createRng(seed);
      const n = 2 + rng.int(5);
      const rows = factorSample(rng, n, 30 + rng.int(100));
      const weights = Array.from({ length: n }, () => rng.uniform());
      const risk = portfolioRisk(named(n), rows, weights, 0.9);
      const total = (list: readonly { component: number }[]): number => list.reduce((all, c) => all + c.component, 0);
      expect(total(risk.contributions.volatility), `seed ${seed}`).to.be.closeTo(risk.deviation, 1e-14);
      expect(total(risk.contributions.cvar), `seed ${seed}`).to.be.closeTo(risk.historical.cvar, 1e-14);
      expect(total(risk.contributions.evar), `seed ${seed}`).to.be.closeTo(risk.historical.evar, 1e-12);
      const step = 1e-6;
      const bumped = portfolioRisk(named(n), rows, [(weights[0] ?? 0) + step, ...weights.slice(1)], 0.9);
      const slope = (bumped.historical.evar - risk.historical.evar) / step;
      expect(slope, `seed ${seed}`).to.be.closeTo(risk.contributions.evar[0]?.marginal ?? Number.NaN, 1e-5);
      const { drawdown } = risk;
      expect(drawdown.cdar).to.be.at.most(drawdown.edar + 1e-15);
      expect(drawdown.edar).to.be.at.most(drawdown.maximum);
    }
  });

  it("measures a riskless portfolio without dividing by its risk", () => {
    const risk = portfolioRisk(["cash"], [[0.001], [0.001], [0.001]], [1], 0.95);
    expect(risk.deviation).to.equal(0);
    expect(risk.historical.evar).to.equal(-0.001);
    expect(risk.contributions.volatility[0]?.component).to.equal(0);
    expect(Number.isFinite(risk.cornishFisher.cvar)).to.equal(true);
  });

  it("error: ragged rows, NaN and impossible levels are typed", () => {
    expect(() =>
      portfolioRisk(
        ["a"],
        [
          [1, 2],
          [1, 2],
        ],
        [1],
        0.95,
      ),
    ).to.throw(DimensionMismatchError);
    expect(() => portfolioRisk(["a"], [[1], [Number.NaN]], [1], 0.95)).to.throw(SampleNotFiniteError);
    expect(() => portfolioRisk(["a"], [[1], [2]], [1], 1)).to.throw(ParameterOutOfRangeError);
  });
});

describe("stressTests", () => {
  it("charges each position with what the stress touches, and nothing else", () => {
    const positions = [
      position({ name: "lend", weight: 0.5, isLent: true }),
      position({
        name: "stake",
        weight: 0.4,
        stakedShare: 1,
        hasFeed: true,
        liquidShare: 0.25,
        exitDays: 20,
        dailyReturn: 1e-4,
      }),
      position({ name: "idle", weight: 0.1 }),
    ];
    const byName = new Map(stressTests(positions).map((result) => [result.name, result]));
    expect(byName.size).to.equal(5);
    expect(byName.get("depeg 5 %")?.loss).to.be.closeTo(0.02, 1e-15);
    expect(byName.get("slashing 1 %")?.loss).to.be.closeTo(0.004, 1e-15);
    expect(byName.get("utilization 100 %")?.locked).to.equal(0.5);
    expect(byName.get("dead feed")?.locked).to.equal(0.4);
    expect(byName.get("exit queue 10 days")?.locked).to.be.closeTo(0.3, 1e-15);
    expect(byName.get("exit queue 10 days")?.loss).to.be.closeTo(0.3 * 1e-4 * 20, 1e-15);
  });

  it("liquidity adds the exit cost of what can leave and the waiting of what cannot", () => {
    expect(liquidityAdjustedLoss([position({ exitCost: 0.01 })], 0.02)).to.be.closeTo(0.03, 1e-15);
    expect(liquidityAdjustedLoss([position({ liquidShare: 0, exitDays: 9 })], 0.02)).to.be.closeTo(0.06, 1e-15);
    expect(() => stressTests([position({ liquidShare: 2 })])).to.throw(ParameterOutOfRangeError);
  });
});

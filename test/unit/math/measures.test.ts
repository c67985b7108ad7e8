import { expect } from "chai";
import { z } from "zod";
import { createRng } from "../../../keeper/kernel/rng.ts";
import { ledoitWolf, requirePositiveSemidefinite } from "../../../keeper/math/covariance.ts";
import {
  DimensionMismatchError,
  EmptySampleError,
  NotPositiveSemidefiniteError,
  ParameterOutOfRangeError,
  SampleNotFiniteError,
} from "../../../keeper/math/errors.ts";
import { conditionalValueAtRisk, maximumDrawdown, valueAtRisk, worstLoss } from "../../../keeper/math/risk-measures.ts";
import { compound, mean, median, portfolioReturns, standardDeviation, sum } from "../../../keeper/math/statistics.ts";
import { factorReturns } from "../../support/quant.ts";
import { sharedJson, sharedMatrix } from "../../support/shared-data.ts";

const riskCases = z.object({
  samples: z.array(
    z.object({
      n: z.number(),
      S: z.number(),
      w: z.enum(["ew", "asset0"]),
      alpha: z.number(),
      var: z.number(),
      cvar: z.number(),
      mdd: z.number(),
      worst: z.number(),
    }),
  ),
});
const shrinkCases = z.array(
  z.object({
    n: z.number(),
    S: z.number(),
    lw_shrinkage: z.number(),
    lw_trace: z.number(),
    lw_00: z.number(),
    lw_01: z.number(),
  }),
);
const hasFile = (n: number): boolean => n <= 50;

describe("risk measures", () => {
  it("of returns that never differ are one number: no mean of equal losses rounds above the worst of them", () => {
    for (let seed = 0; seed < 400; seed++) {
      const rng = createRng(seed);
      const value = 0.01 * rng.normal();
      const returns = new Float64Array(1 + rng.int(300)).fill(value);
      const beta = [0.1, 0.5, 0.75, 0.95, 0.99][seed % 5] ?? 0.95;
      expect(conditionalValueAtRisk(returns, beta), `seed ${seed}`).to.equal(-value);
    }
  });

  it("equal the mpmath-checked references to 1e-12 on all 18 samples (needs ../shared)", function () {
    const { samples } = riskCases.parse(sharedJson(this, "fixtures/evar_ref.json"));
    const measured = samples.map((reference) => {
      const rows = sharedMatrix(this, `fixtures/ret_${reference.n}_${reference.S}.csv`);
      const weights = Array.from({ length: reference.n }, (_, i) =>
        reference.w === "ew" ? 1 / reference.n : Number(i === 0),
      );
      const returns = portfolioReturns(rows, weights);
      const beta = 1 - reference.alpha;
      expect(valueAtRisk(returns, beta)).to.be.closeTo(reference.var, 1e-12);
      expect(conditionalValueAtRisk(returns, beta)).to.be.closeTo(reference.cvar, 1e-12);
      expect(maximumDrawdown(returns, "cumulative")).to.be.closeTo(reference.mdd, 1e-12);
      expect(worstLoss(returns)).to.be.closeTo(reference.worst, 1e-15);
      return returns.length;
    });
    expect(measured).to.have.length(18);
  });

  it("keep VaR <= CVaR <= worst loss, and CVaR stays positively homogeneous and translation equivariant", () => {
    for (let seed = 0; seed < 1000; seed++) {
      const rng = createRng(seed);
      const returns = Array.from({ length: 1 + rng.int(300) }, () => 0.01 * rng.normal());
      const beta = 0.5 + 0.49 * rng.uniform();
      const cvar = conditionalValueAtRisk(returns, beta);
      expect(valueAtRisk(returns, beta), `seed ${seed}`).to.be.at.most(cvar + 1e-15);
      expect(cvar, `seed ${seed}`).to.be.at.most(worstLoss(returns) + 1e-15);
      const moved = returns.map((value) => 3 * value - 0.5);
      expect(conditionalValueAtRisk(moved, beta), `seed ${seed}`).to.be.closeTo(3 * cvar + 0.5, 1e-12);
    }
  });

  it("count the fraction of the last tail observation: 5 % of 30 is one and a half", () => {
    const returns = Array.from({ length: 30 }, (_, i) => -(i + 1) / 100);
    expect(conditionalValueAtRisk(returns, 0.95)).to.be.closeTo((0.3 + 0.5 * 0.29) / 1.5, 1e-15);
    expect(valueAtRisk(returns, 0.95)).to.equal(0.29);
  });

  it("give the compounded drawdown as a fraction of the peak", () => {
    expect(maximumDrawdown([0.1, -0.5, 0.2], "compounded")).to.be.closeTo(0.5, 1e-15);
    expect(maximumDrawdown([0.01, 0.02], "compounded")).to.equal(0);
  });

  it("error: empty, NaN and impossible levels are three typed errors", () => {
    expect(() => valueAtRisk([], 0.95)).to.throw(EmptySampleError);
    expect(() => conditionalValueAtRisk([0.1, Number.NaN], 0.95)).to.throw(SampleNotFiniteError);
    expect(() => valueAtRisk([0.1], 1)).to.throw(ParameterOutOfRangeError);
  });
});

describe("ledoitWolf", () => {
  it("equals scikit-learn to 1e-12 (needs ../shared)", function () {
    const cases = shrinkCases.parse(sharedJson(this, "fixtures/ledoit_wolf_sklearn.json")).filter((c) => hasFile(c.n));
    for (const reference of cases) {
      const rows = sharedMatrix(this, `fixtures/ret_${reference.n}_${reference.S}.csv`);
      const { matrix, shrinkage } = ledoitWolf(rows);
      expect(shrinkage).to.be.closeTo(reference.lw_shrinkage, 1e-12);
      expect(sum(matrix.map((row, i) => row[i] ?? Number.NaN))).to.be.closeTo(reference.lw_trace, 1e-12);
      expect(matrix[0]?.[0]).to.be.closeTo(reference.lw_00, 1e-15);
      expect(matrix[0]?.[1]).to.be.closeTo(reference.lw_01, 1e-15);
    }
    expect(cases).to.have.length(2);
  });

  it("is positive definite with more strategies than observations, and zero for constants", () => {
    const wide = ledoitWolf(factorReturns(createRng(3), 10, 40, 0.01));
    expect(requirePositiveSemidefinite(wide.matrix).min).to.be.above(0);
    expect(
      ledoitWolf([
        [1, 1],
        [1, 1],
        [1, 1],
      ]).matrix.flat(),
    ).to.deep.equal([0, 0, 0, 0]);
  });

  it("error: one row, ragged rows and NaN are typed", () => {
    expect(() => ledoitWolf([[1, 2]])).to.throw(EmptySampleError);
    expect(() => ledoitWolf([[1, 2], [1]])).to.throw(DimensionMismatchError);
    expect(() =>
      ledoitWolf([
        [1, 2],
        [1, Number.NaN],
      ]),
    ).to.throw(SampleNotFiniteError);
    expect(() =>
      requirePositiveSemidefinite([
        [1, 2],
        [2, 1],
      ]),
    ).to.throw(NotPositiveSemidefiniteError);
  });
});

describe("statistics", () => {
  it("sum without losing small terms, and compound small returns exactly", () => {
    expect(sum([1, 1e100, 1, -1e100])).to.equal(2);
    expect(compound([1e-12, 1e-12])).to.be.closeTo(2e-12, 1e-23);
    expect(median([3, 1, 2, 10])).to.equal(2.5);
    expect(standardDeviation([1, 2, 3, 4])).to.be.closeTo(Math.sqrt(5 / 3), 1e-15);
    expect(() => mean([])).to.throw(EmptySampleError);
  });
});

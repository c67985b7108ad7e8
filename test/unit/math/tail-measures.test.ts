import { expect } from "chai";
import { z } from "zod";
import { createRng } from "../../../keeper/kernel/rng.ts";
import {
  conditionOf,
  ewmaCovariance,
  ledoitWolf,
  oracleShrinkage,
  repairCovariance,
  requirePositiveSemidefinite,
  sampleCovariance,
} from "../../../keeper/math/covariance.ts";
import { drawdowns, entropicDrawdownAtRisk, entropicTail, entropicValueAtRisk } from "../../../keeper/math/entropic.ts";
import { cornishFisherRisk, momentsOf, normalRisk } from "../../../keeper/math/parametric-risk.ts";
import {
  conditionalDrawdownAtRisk,
  conditionalValueAtRisk,
  valueAtRisk,
  worstLoss,
} from "../../../keeper/math/risk-measures.ts";
import { portfolioReturns } from "../../../keeper/math/statistics.ts";
import { factorSample } from "../../support/portfolio.ts";
import { sharedJson, sharedMatrix } from "../../support/shared-data.ts";

const cases = z.object({
  samples: z.array(
    z.object({
      n: z.number(),
      S: z.number(),
      w: z.enum(["ew", "asset0"]),
      alpha: z.number(),
      evar: z.number(),
      cdar: z.number(),
      edar: z.number(),
      var_normal: z.number(),
    }),
  ),
});
const shrink = z.array(
  z.object({ n: z.number(), S: z.number(), oas_shrinkage: z.number(), cond_lw: z.number(), cond_sample: z.number() }),
);

describe("entropic and drawdown measures", () => {
  it("equal mpmath on 18 samples: EVaR to 1e-13, CDaR, EDaR and normal VaR to 1e-12 (needs ../shared)", function () {
    const { samples } = cases.parse(sharedJson(this, "fixtures/evar_ref.json"));
    for (const reference of samples) {
      const rows = sharedMatrix(this, `fixtures/ret_${reference.n}_${reference.S}.csv`);
      const weights = Array.from({ length: reference.n }, (_, i) =>
        reference.w === "ew" ? 1 / reference.n : Number(i === 0),
      );
      const returns = portfolioReturns(rows, weights);
      const beta = 1 - reference.alpha;
      expect(entropicValueAtRisk(returns, beta) / reference.evar - 1).to.be.within(-1e-13, 1e-13);
      expect(conditionalDrawdownAtRisk(drawdowns(returns, "cumulative"), beta)).to.be.closeTo(reference.cdar, 1e-12);
      expect(entropicDrawdownAtRisk(returns, beta, "cumulative")).to.be.closeTo(reference.edar, 1e-12);
      expect(normalRisk(momentsOf(returns), beta).var).to.be.closeTo(reference.var_normal, 1e-12);
    }
    expect(samples).to.have.length(18);
  });

  it("keep VaR <= CVaR <= EVaR <= worst loss on 10,000 samples of every scale, and EVaR moves and scales with them", () => {
    for (let seed = 0; seed < 10_000; seed++) {
      const rng = createRng(seed);
      const scale = 10 ** (-6 + 12 * rng.uniform());
      const size = 1 + rng.int(60);
      const returns = Array.from({ length: size }, () => scale * (seed % 5 === 0 ? rng.int(4) - 2 : rng.normal()));
      const beta = 0.01 + 0.98 * rng.uniform();
      const cvar = conditionalValueAtRisk(returns, beta);
      const evar = entropicValueAtRisk(returns, beta);
      const worst = worstLoss(returns);
      const rounding = 4e-15 * Math.max(...returns.map(Math.abs));
      expect(valueAtRisk(returns, beta), `seed ${seed}`).to.be.at.most(cvar);
      expect(cvar, `seed ${seed}`).to.be.at.most(evar + rounding);
      expect(evar, `seed ${seed}`).to.be.at.most(worst);
      const moved = entropicValueAtRisk(
        returns.map((value) => 2 * value - scale),
        beta,
      );
      expect(moved, `seed ${seed}`).to.be.closeTo(2 * evar + scale, 1e-12 * scale);
    }
  });

  it("EVaR of a long sample, which starts from a few of its losses, is that of a search to the last digit", () => {
    for (const size of [4_096, 10_001]) {
      const rng = createRng(size);
      // Calm; heavy tails; one loss that no coarse look meets; ties; and a cycle as long as the distance between the losses looked at.
      const samples: ((i: number) => number)[] = [
        () => 0.01 * rng.normal(),
        () => 0.001 * rng.normal() ** 3,
        (i) => (i === 7 ? -0.9 : 1e-6 * rng.normal()),
        () => Math.round(10 * rng.normal()) / 100,
        (i) => (i % Math.floor(size / 512) === 0 ? 1e-4 : -0.02) + 1e-5 * rng.normal(),
      ];
      for (const [k, draw] of samples.entries()) {
        const returns = Float64Array.from({ length: size }, (_, i) => draw(i));
        const losses = returns.map((value) => -value);
        const elsewhere = 10 / (Math.max(...losses) - Math.min(...losses));
        for (const beta of [0.9, 0.99, 0.9995]) {
          const exact = entropicTail(losses, 1 - beta, elsewhere, 1e-13).evar;
          expect(entropicValueAtRisk(returns, beta) / exact, `sample ${k}, ${beta}`).to.be.closeTo(1, 1e-12);
        }
      }
    }
  });

  it("EVaR is subadditive, and its tail weights lie in the entropy ball", () => {
    for (let seed = 0; seed < 500; seed++) {
      const rng = createRng(70_000 + seed);
      const a = Array.from({ length: 80 }, () => rng.normal());
      const b = a.map((value) => 0.5 * value + rng.normal());
      const both = a.map((value, i) => value + (b[i] ?? 0));
      const beta = 0.5 + 0.45 * rng.uniform();
      const evar = (values: number[]): number => entropicValueAtRisk(values, beta);
      expect(evar(both), `seed ${seed}`).to.be.at.most(evar(a) + evar(b) + 1e-12);
      const { weights } = entropicTail(a, 1 - beta);
      const entropy = weights.reduce((total, q) => total + (q > 0 ? q * Math.log(80 * q) : 0), 0);
      expect(entropy, `seed ${seed}`).to.be.closeTo(-Math.log(1 - beta), 1e-8);
    }
  });

  it("Cornish-Fisher is the normal figure without skew, and says where it means nothing", () => {
    const moments = { mean: 0.01, deviation: 0.02, skewness: 0, excessKurtosis: 0 };
    const plain = normalRisk(moments, 0.95);
    const expanded = cornishFisherRisk(moments, 0.95);
    expect(expanded.var).to.be.closeTo(plain.var, 1e-14);
    expect(expanded.cvar).to.be.closeTo(plain.cvar, 1e-14);
    expect(cornishFisherRisk({ ...moments, skewness: -1, excessKurtosis: 2 }, 0.95).var).to.be.above(plain.var);
    expect(cornishFisherRisk({ ...moments, skewness: 3.5, excessKurtosis: 1 }, 0.99).isValid).to.equal(false);
  });
});

describe("covariance estimators", () => {
  it("OAS equals scikit-learn to 1e-12, and so do the condition numbers to 1e-9 (needs ../shared)", function () {
    const known = shrink.parse(sharedJson(this, "fixtures/ledoit_wolf_sklearn.json")).filter((c) => c.n <= 50);
    for (const reference of known) {
      const rows = sharedMatrix(this, `fixtures/ret_${reference.n}_${reference.S}.csv`);
      expect(oracleShrinkage(rows).shrinkage).to.be.closeTo(reference.oas_shrinkage, 1e-12);
      expect(conditionOf(ledoitWolf(rows).matrix).condition / reference.cond_lw - 1).to.be.within(-1e-9, 1e-9);
      expect(conditionOf(sampleCovariance(rows)).condition / reference.cond_sample - 1).to.be.within(-1e-9, 1e-9);
    }
    expect(known).to.have.length(2);
  });

  it("EWMA tends to the population covariance as the half-life grows, and forgets as it shrinks", () => {
    const rows = factorSample(createRng(5), 3, 100);
    const plain = sampleCovariance(rows);
    const slow = ewmaCovariance(rows, 1e9);
    slow.forEach((row, i) => {
      row.forEach((value, j) => {
        expect(value).to.be.closeTo(((plain[i]?.[j] ?? Number.NaN) * 99) / 100, 1e-12);
      });
    });
    const changed = [...rows.slice(0, 50).map((row) => row.map((v) => 100 * v)), ...rows.slice(50)];
    expect(ewmaCovariance(changed, 2)[0]?.[0]).to.be.closeTo(ewmaCovariance(rows, 2)[0]?.[0] ?? Number.NaN, 1e-5);
  });

  it("repair gives a semidefinite matrix no farther away than clipping, and keeps variances when asked", () => {
    for (let seed = 0; seed < 100; seed++) {
      const rng = createRng(seed);
      const n = 2 + rng.int(7);
      const broken = Array.from({ length: n }, () => new Array<number>(n).fill(1));
      for (let i = 0; i < n; i++)
        for (let j = 0; j < i; j++) {
          const rho = 2 * rng.uniform() - 1;
          (broken[i] ?? [])[j] = rho;
          (broken[j] ?? [])[i] = rho;
        }
      const nearest = repairCovariance(broken);
      const kept = repairCovariance(broken, true);
      expect(requirePositiveSemidefinite(nearest.matrix).min, `seed ${seed}`).to.be.at.least(0);
      expect(requirePositiveSemidefinite(kept.matrix).min, `seed ${seed}`).to.be.at.least(0);
      for (let i = 0; i < n; i++) expect(kept.matrix[i]?.[i], `seed ${seed}`).to.equal(1);
      expect(kept.distance, `seed ${seed}`).to.be.at.least(nearest.distance - 1e-12);
    }
    expect(
      conditionOf([
        [1, 1 - 1e-12],
        [1 - 1e-12, 1],
      ]).warning,
    ).to.match(/condition number/);
    expect(
      conditionOf([
        [1, 0],
        [0, 1],
      ]).warning,
    ).to.equal(null);
  });
});

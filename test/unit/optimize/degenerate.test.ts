/** Samples that real files hold and solvers stumble over: idle money, twins, positions that cannot move, fewer days than assets. */
import { expect } from "chai";
import { createRng, type Rng } from "../../../keeper/kernel/rng.ts";
import { ledoitWolf, sampleCovariance } from "../../../keeper/math/covariance.ts";
import { InfeasibleError } from "../../../keeper/optimize/errors.ts";
import { leastCvarOfBox } from "../../../keeper/optimize/portfolio/box-cvar.ts";
import { leastVarianceOf } from "../../../keeper/optimize/portfolio/cardinality.ts";
import {
  RisklessError,
  SharpeUnboundedError,
  UnreachableTargetError,
} from "../../../keeper/optimize/portfolio/errors.ts";
import { leastEvar } from "../../../keeper/optimize/portfolio/evar.ts";
import { MeanVariance } from "../../../keeper/optimize/portfolio/mean-variance.ts";
import { longOnly, type PortfolioProblem, violation } from "../../../keeper/optimize/portfolio/problem.ts";
import { riskParity } from "../../../keeper/optimize/portfolio/risk-parity.ts";
import { meansOf, toSample } from "../../../keeper/optimize/portfolio/sample.ts";
import { leastCdar, leastCvar } from "../../../keeper/optimize/portfolio/tail.ts";
import { Solver } from "../../../keeper/optimize/solver.ts";
import { factorSample, named } from "../../support/portfolio.ts";

/** A third of the assets, the first among them, can be neither bought nor sold. */
function withIlliquid(rng: Rng, n: number): PortfolioProblem {
  const raw = Array.from({ length: n }, () => rng.uniform());
  const total = raw.reduce((all, value) => all + value, 0);
  const held = raw.map((value) => value / total);
  const fixed = (i: number): boolean => i % 3 === 0;
  return {
    ...longOnly(named(n)),
    lower: held.map((w, i) => (fixed(i) ? w : 0)),
    upper: held.map((w, i) => (fixed(i) ? w : 1)),
  };
}

/** The first asset earns the same every day. */
const withConstant = (rows: readonly (readonly number[])[], value: number): number[][] =>
  rows.map((row) => row.map((cell, i) => (i === 0 ? value : cell)));

describe("portfolios of degenerate samples", function () {
  this.timeout(120_000);
  let solver: Solver;
  before(async () => {
    solver = await Solver.load();
  });

  it("CVaR by the simplex over kinks is the linear programme's, ties, zeros and positions that cannot move included", () => {
    let own = 0;
    for (let seed = 0; seed < 150; seed++) {
      const rng = createRng(31_000 + seed);
      const n = 2 + rng.int(20);
      const scale = 10 ** (rng.int(13) - 6);
      const coarse = seed % 3 === 0;
      const rows = factorSample(rng, n, 5 + rng.int(300)).map((row) =>
        row.map((value) => scale * (coarse ? Math.round(100 * value) / 100 : value)),
      );
      if (seed % 5 === 1) for (const row of rows) row[1] = row[0] ?? 0;
      if (seed % 5 === 2) for (const row of rows) row[0] = 0;
      const problem = seed % 2 === 0 ? withIlliquid(rng, n) : longOnly(named(n), Math.min(1, 2 / n));
      const beta = [0.95, 0.99, 0.5][seed % 3] ?? 0.95;
      const sample = toSample(rows);
      const found = leastCvarOfBox(problem, solver, sample, beta);
      // A floor that binds nothing leads to the linear programme.
      const floor = { mu: named(n).map(() => 0), floor: -sample.unit };
      const reference = leastCvar(problem, solver, sample, beta, floor);
      if (found === null) continue;
      own++;
      const room = 1e-9 * Math.max(Math.abs(reference.objective), 1e-3 * sample.unit);
      expect(Math.abs(found.objective - reference.objective), `seed ${seed}`).to.be.at.most(room);
      expect(violation(problem, found.weights)).to.be.at.most(1e-12);
    }
    expect(own).to.be.at.least(145);
  });

  it("cardinality never drops a position that must be held, and says when there are too many of them", () => {
    for (let seed = 0; seed < 20; seed++) {
      const rng = createRng(32_000 + seed);
      const n = 4 + rng.int(5);
      const problem = withIlliquid(rng, n);
      const pinned = problem.lower.filter((low) => low > 0).length;
      const covariance = ledoitWolf(factorSample(rng, n, 40)).matrix;
      const limit = { positions: pinned + 1, leastSize: 0, maxNodes: 1000 };
      const { weights } = leastVarianceOf(problem, solver, covariance, limit);
      expect(violation(problem, weights), `seed ${seed}`).to.be.at.most(1e-8);
      expect(weights.filter((w) => w > 1e-9)).to.have.length.at.most(pinned + 1);
      expect(() => leastVarianceOf(problem, solver, covariance, { ...limit, positions: pinned - 1 || 1 }))
        .to.throw(InfeasibleError)
        .with.property("conflict")
        .that.satisfies((conflict: readonly string[]) => conflict.length > 0);
      const tooLarge = { ...limit, leastSize: 1.01 * Math.max(...problem.lower) };
      expect(() => leastVarianceOf(problem, solver, covariance, tooLarge)).to.throw(
        InfeasibleError,
        "asset 1 must be held",
      );
    }
  });

  it("EVaR keeps positions that cannot move, with twins and short histories", () => {
    for (let seed = 0; seed < 110; seed++) {
      const rng = createRng(33_000 + seed);
      const n = seed % 2 === 0 ? 5 : 8;
      const rows = factorSample(rng, n, 20);
      for (const row of rows) for (let i = 1; i < n; i += 2) row[i] = row[i - 1] ?? 0;
      const problem = withIlliquid(rng, n);
      const { weights, certificate } = leastEvar(problem, solver, toSample(rows), 0.95);
      expect(violation(problem, weights), `seed ${seed}`).to.be.at.most(1e-8);
      expect(certificate.gap).to.be.at.most(1e-8);
    }
  });

  it("EVaR under caps ends by its own steps: what an asset at its cap costs is not what one more unit costs", () => {
    for (let seed = 0; seed < 40; seed++) {
      const rng = createRng(38_000 + seed);
      const n = 7 + rng.int(6);
      const rows = factorSample(rng, n, 150, 1e-4);
      rows[rng.int(150)] = named(n).map((_, i) => (i === 0 ? -0.9 : 0));
      const beta = seed % 2 === 0 ? 0.99 : 0.5;
      const { method, certificate } = leastEvar(longOnly(named(n), 2 / n), solver, toSample(rows), beta);
      expect(method, `seed ${seed}`).not.to.include("cutting planes");
      expect(certificate.gap).to.be.at.most(1e-8);
    }
  });

  it("EVaR with groups is certified beside an asset with one loss thousands of times the others'", () => {
    for (let seed = 0; seed < 24; seed++) {
      const rng = createRng(39_000 + seed);
      const n = 8 + (seed % 18);
      const rows = factorSample(rng, n, 200, 1e-4);
      const day = rows[rng.int(200)] ?? [];
      day[rng.int(n)] = -0.9;
      const half = { name: "half", members: [...named(n >> 1).keys()], lower: Number.NEGATIVE_INFINITY, upper: 0.4 };
      const problem = { ...longOnly(named(n)), groups: [half] };
      const { weights, certificate } = leastEvar(problem, solver, toSample(rows), 0.95);
      expect(certificate.gap, `seed ${seed}`).to.be.at.most(1e-8);
      expect(violation(problem, weights)).to.be.at.most(1e-8);
    }
  });

  it("a frontier with idle money in it keeps the budget and never gains return by less risk", () => {
    for (let seed = 0; seed < 40; seed++) {
      const rng = createRng(34_000 + seed);
      const n = 2 + rng.int(20);
      const scale = 10 ** (rng.int(9) - 6);
      const rows = withConstant(factorSample(rng, n, 8 + rng.int(100), 0.01 * scale), 1e-4 * scale * rng.normal());
      const problem = longOnly(named(n), seed % 2 === 0 ? 1 : Math.min(1, 2 / n));
      const sample = toSample(rows);
      const points = new MeanVariance(problem, solver, meansOf(sample), sampleCovariance(rows)).frontier(10);
      points.forEach(({ weights, risk, expectedReturn }, k) => {
        expect(violation(problem, weights), `seed ${seed}, point ${k}`).to.be.at.most(1e-8);
        const before = points[k - 1] ?? { risk: 0, expectedReturn: Number.NEGATIVE_INFINITY };
        expect(risk).to.be.at.least(before.risk * (1 - 1e-6) - 1e-7 * sample.unit);
        expect(expectedReturn).to.be.at.least(before.expectedReturn - 1e-9 * sample.unit);
      });
    }
  });

  it("the Sharpe ratio is certified beside an asset that loses without risk, and beside cash at the risk-free return", () => {
    for (let seed = 0; seed < 40; seed++) {
      const rng = createRng(35_000 + seed);
      const n = 3 + rng.int(10);
      const rows = factorSample(rng, n, 60);
      const means = meansOf(toSample(rows));
      const riskFree = Math.min(...means);
      for (const constant of [riskFree - 0.001, riskFree]) {
        const mixed = withConstant(rows, constant);
        const mu = meansOf(toSample(mixed));
        mu[0] = constant;
        const covariance = sampleCovariance(mixed).map((row, i) => row.map((v, j) => (i * j === 0 ? 0 : v)));
        const found = new MeanVariance(longOnly(named(n)), solver, mu, covariance).maximumSharpe(riskFree);
        expect(found.certificate.gap, `seed ${seed}`).to.be.at.most(1e-8);
        const rest = mu.slice(1);
        const alone = new MeanVariance(
          longOnly(named(n - 1)),
          solver,
          rest,
          covariance.slice(1).map((row) => row.slice(1)),
        ).maximumSharpe(riskFree);
        expect(found.objective / alone.objective - 1).to.be.within(-1e-8, 1e-8);
      }
      const more = withConstant(rows, riskFree + 0.001);
      const mu = means.with(0, riskFree + 0.001);
      const gain = new MeanVariance(longOnly(named(n)), solver, mu, sampleCovariance(more));
      expect(() => gain.maximumSharpe(riskFree)).to.throw(SharpeUnboundedError);
    }
  });

  it("variances of zero stay zero, and target risk is certified where all assets earn the same", () => {
    for (let seed = 0; seed < 60; seed++) {
      const rng = createRng(36_000 + seed);
      const n = 4 + rng.int(6);
      const few = factorSample(rng, n, 3, 100);
      const least = new MeanVariance(longOnly(named(n)), solver, meansOf(toSample(few)), sampleCovariance(few));
      expect(least.leastVariance().objective).to.be.at.least(0);

      const covariance = ledoitWolf(factorSample(rng, n, 40)).matrix;
      const alike = new MeanVariance(
        longOnly(named(n), 2 / n),
        solver,
        named(n).map(() => 0.001),
        covariance,
      );
      const risk = Math.max(...covariance.map((row, i) => Math.sqrt(row[i] ?? 0)));
      const found = alike.targetRisk(risk);
      expect(found.objective).to.be.closeTo(0.001, 1e-15);
      expect(found.certificate.gap).to.be.at.most(1e-8);
    }
  });

  it("CDaR of a long fall or rise is certified: its unit is the deepest drawdown, not a day's return", () => {
    const n = 50;
    const half = n / 2;
    const groups = [
      { name: "first", members: [...named(half).keys()], lower: 0, upper: 0.4 },
      { name: "second", members: [...named(half).keys()].map((i) => i + half), lower: 0.6, upper: 0.6 },
    ];
    const problem = { ...longOnly(named(n)), groups };
    for (const daily of [-0.003, 0.003]) {
      const rows = Array.from({ length: 1500 }, () => named(n).map(() => daily));
      const { certificate, objective } = leastCdar(problem, solver, toSample(rows), 0.95);
      expect(Math.abs(certificate.primal - certificate.dual)).to.be.at.most(1e-12);
      // The mean of the deepest 75 of 1,500 drawdowns of one step more each, and none where all days gain.
      expect(objective).to.be.closeTo(daily < 0 ? 0.003 * (1500 - 37) : 0, 1e-9);
    }
  });

  it("beside idle money the frontier reaches the greatest return and targets below it are met, in any unit", () => {
    for (let seed = 0; seed < 120; seed++) {
      const rng = createRng(39_000 + seed);
      const n = 2 + rng.int(6);
      const base = withConstant(factorSample(rng, n, 46), 1e-4);
      const limits = longOnly(named(n), seed % 2 === 0 ? 1 : Math.min(1, 1.7 / n));
      for (const scale of [1e-6, 0.1, 1, 10, 1e6]) {
        const rows = base.map((row) => row.map((value) => scale * value));
        const mu = meansOf(toSample(rows));
        const mv = new MeanVariance(limits, solver, mu, sampleCovariance(rows));
        const earns = (weights: readonly number[]): number => weights.reduce((all, w, i) => all + w * (mu[i] ?? 0), 0);
        // Caps are equal: the best assets to their caps, one after the other.
        let left = 1;
        const most = [...mu]
          .sort((a, b) => b - a)
          .reduce((all, m) => {
            const share = Math.min(left, limits.upper[0] ?? 1);
            left -= share;
            return all + share * m;
          }, 0);
        const calm = earns(mv.leastVariance().weights);
        const room = 1e-9 * Math.max(...mu.map(Math.abs));
        const end = mv.frontier(5).at(-1);
        expect(end?.expectedReturn ?? Number.NaN, `seed ${seed}, scale ${scale}`).to.be.closeTo(most, room);
        const wanted = (calm + most) / 2;
        const { weights } = mv.targetReturn(wanted);
        expect(earns(weights), `seed ${seed}, scale ${scale}`).to.be.at.least(wanted - room);
        expect(violation(limits, weights)).to.be.at.most(1e-9);
        expect(() => mv.targetReturn(most + 1e3 * room)).to.throw(UnreachableTargetError);
      }
    }
  });

  it("error: risk parity of assets that can be mixed into no risk is riskless, not a solver that did not converge", () => {
    let riskless = 0;
    for (let seed = 0; seed < 60; seed++) {
      const rng = createRng(37_000 + seed);
      const n = 6 + rng.int(6);
      const covariance = sampleCovariance(factorSample(rng, n, 3));
      try {
        riskParity(named(n), covariance);
      } catch (error) {
        expect(error, `seed ${seed}`).to.be.instanceOf(RisklessError);
        riskless++;
      }
    }
    expect(riskless).to.be.at.least(5);
  });
});

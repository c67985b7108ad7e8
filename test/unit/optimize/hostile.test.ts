/** Inputs that no solver may believe: limits that are no numbers, matrices that are none, samples of mixed sizes. */
import { expect } from "chai";
import { createRng } from "../../../keeper/kernel/rng.ts";
import { ledoitWolf, sampleCovariance } from "../../../keeper/math/covariance.ts";
import {
  DimensionMismatchError,
  EmptySampleError,
  NotPositiveSemidefiniteError,
  ParameterOutOfRangeError,
  SampleNotFiniteError,
} from "../../../keeper/math/errors.ts";
import { InfeasibleError } from "../../../keeper/optimize/errors.ts";
import { breakEven } from "../../../keeper/optimize/portfolio/costs.ts";
import { UnreachableTargetError, ViewsSingularError } from "../../../keeper/optimize/portfolio/errors.ts";
import { leastEvar } from "../../../keeper/optimize/portfolio/evar.ts";
import { hierarchicalRiskParity } from "../../../keeper/optimize/portfolio/hierarchical.ts";
import { MeanVariance } from "../../../keeper/optimize/portfolio/mean-variance.ts";
import { longOnly, type PortfolioProblem, violation } from "../../../keeper/optimize/portfolio/problem.ts";
import { riskParity } from "../../../keeper/optimize/portfolio/risk-parity.ts";
import { meansOf, toSample } from "../../../keeper/optimize/portfolio/sample.ts";
import { leastCdar, leastCvar } from "../../../keeper/optimize/portfolio/tail.ts";
import { blackLitterman, type View } from "../../../keeper/optimize/portfolio/views.ts";
import { Solver } from "../../../keeper/optimize/solver.ts";
import { factorSample, named } from "../../support/portfolio.ts";

/** Every third column in hundredths, every third in thousands of its unit: an idle rate beside an index level. */
const mixedSizes = (rows: readonly (readonly number[])[]): number[][] =>
  rows.map((row) => row.map((value, i) => value * ([1e-2, 1, 1e3][i % 3] ?? 1)));

/** Random groups that may overlap. */
function overlapping(seed: number, n: number): PortfolioProblem {
  const rng = createRng(seed);
  const groups = [0, 1].map((g) => ({
    name: `group ${g + 1}`,
    members: [...named(n).keys()].filter((i) => i === g || (i + 1 < n && rng.uniform() < 0.5)),
    lower: 0.1,
    upper: 0.5 + 0.4 * rng.uniform(),
  }));
  return { ...longOnly(named(n)), groups };
}

function refusal(action: () => unknown): InfeasibleError {
  try {
    action();
  } catch (error) {
    if (error instanceof InfeasibleError) return error;
    throw error;
  }
  throw new Error("was not refused");
}

/** The limits with a share of what an infeasibility report asks for. */
function relaxed(problem: PortfolioProblem, { relaxation }: InfeasibleError, share: number): PortfolioProblem {
  const lower = [...problem.lower];
  const upper = [...problem.upper];
  const groups = problem.groups.map((group) => ({ ...group }));
  let turnover = problem.turnover;
  for (const { constraint, by } of relaxation) {
    const [, name = "", side] = /^(.*) \(at (most|least)/.exec(constraint) ?? [];
    const sign = side === "most" ? 1 : -1;
    const i = problem.names.findIndex((asset) => name === `weight of ${asset}`);
    const group = groups.find(({ name: own }) => name === `total of ${own}`);
    const bounds = sign > 0 ? upper : lower;
    if (i >= 0) bounds[i] = (bounds[i] ?? 0) + sign * share * by;
    else if (group !== undefined && sign > 0) group.upper += share * by;
    else if (group !== undefined) group.lower -= share * by;
    else if (turnover !== null && name.startsWith("purchases and sales"))
      turnover = { ...turnover, limit: turnover.limit + (share * by) / 2 };
    else throw new Error(`an unknown limit: ${constraint}`);
  }
  return { ...problem, lower, upper, groups, turnover };
}

describe("portfolios of hostile inputs", function () {
  this.timeout(120_000);
  let solver: Solver;
  before(async () => {
    solver = await Solver.load();
  });
  const identity = (n: number): number[][] => named(n).map((_, i) => named(n).map((__, j) => Number(i === j)));
  const leastVariance = (problem: PortfolioProblem) =>
    new MeanVariance(
      problem,
      solver,
      problem.names.map(() => 0),
      identity(problem.names.length),
    ).leastVariance();

  it("names every crossed pair of bounds, and the relaxation of the whole: it is enough, and half of it is not", () => {
    const base = longOnly(named(4));
    const cases: PortfolioProblem[] = [
      { ...base, lower: [0.5, 0.5, 0, 0], upper: [0.4, 0.3, 1, 1] },
      { ...base, lower: [0.3, 0, 0, 0], upper: [0.2, 0.2, 0.2, 0.2] },
      // What may be bought follows from the caps, and grows with them.
      { ...base, upper: [0.2, 0.2, 0.2, 0.2], turnover: { from: [0.1, 0.1, 0.1, 0.1], limit: 0.5 } },
    ];
    for (const problem of cases) {
      const error = refusal(() => leastVariance(problem));
      expect(error.relaxation, error.message).not.to.have.length(0);
      expect(violation(problem, leastVariance(relaxed(problem, error, 1 + 1e-7)).weights)).to.be.above(0.01);
      expect(() => leastVariance(relaxed(problem, error, 0.5))).to.throw(InfeasibleError);
    }
    const [first] = cases;
    if (first !== undefined) expect(refusal(() => leastVariance(first)).conflict).to.have.length(2);
  });

  it("a conflict speaks of limits, not of the programme's own columns", () => {
    const problem = { ...longOnly(named(3)), turnover: { from: [0.2, 0.2, 0.2], limit: 0.1 } };
    const { conflict } = refusal(() => leastVariance(problem));
    expect(conflict.join("; ")).to.include("twice the turnover");
    for (const line of conflict) expect(line).not.to.match(/^(purchase of|sale of|excess|tail threshold)/);
  });

  it("error: group limits that are no numbers or name a member that is none", () => {
    const base = longOnly(named(3));
    const group = { name: "g", members: [0, 1], lower: 0, upper: 0.5 };
    const bad = [
      { upper: Number.NaN },
      { lower: Number.NaN },
      { lower: Number.POSITIVE_INFINITY },
      { members: [0.5, 1] },
      { members: [0, 3] },
      { members: [0, 0] },
    ];
    for (const change of bad)
      expect(() => leastVariance({ ...base, groups: [{ ...group, ...change }] }), JSON.stringify(change)).to.throw(
        ParameterOutOfRangeError,
        /of group g/,
      );
    const sample = toSample(factorSample(createRng(1), 3, 30));
    for (const floor of [Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => leastCvar(base, solver, sample, 0.95, { mu: [0, 0, 0], floor })).to.throw(SampleNotFiniteError);
  });

  it("error: covariances, views, budgets and returns that are none", () => {
    const two = ["a", "b"];
    const broken = [
      [1, Number.NaN],
      [Number.NaN, 1],
    ];
    expect(() => hierarchicalRiskParity(two, broken)).to.throw(SampleNotFiniteError);
    expect(() => hierarchicalRiskParity([], [])).to.throw(EmptySampleError);
    expect(() => riskParity([], [])).to.throw(EmptySampleError);
    expect(() => riskParity(two, identity(2), [Number.POSITIVE_INFINITY, 1])).to.throw(ParameterOutOfRangeError);
    const negative = [
      [-1, 0],
      [0, 1],
    ];
    expect(() => new MeanVariance(longOnly(two), solver, [0, 0], negative)).to.throw(NotPositiveSemidefiniteError);
    const posterior = (covariance: readonly (readonly number[])[], views: readonly View[]) =>
      blackLitterman(covariance, [0.5, 0.5], 2.5, 0.05, views);
    const view = { weights: [1, 0], expected: 0.1, variance: 0 };
    expect(() => posterior(broken, [])).to.throw(SampleNotFiniteError);
    expect(() => posterior([[1], [0, 1]], [])).to.throw(DimensionMismatchError);
    expect(() => posterior(identity(2), [{ ...view, variance: -1e-9 }])).to.throw(ParameterOutOfRangeError);
    expect(() => posterior(identity(2), [view, { ...view, expected: 0.2 }]))
      .to.throw(ViewsSingularError)
      .with.property("view", 1);
    expect(() => posterior(identity(2), [{ ...view, weights: [0, 0], variance: null }])).to.throw(ViewsSingularError);
    const costs = two.map(() => ({ fixed: 0, linear: 0.001, impact: 0 }));
    expect(() => breakEven([1, 0], [0, 1], [Number.NaN, 0.1], costs)).to.throw(SampleNotFiniteError);
  });

  it("columns a hundred thousand times as large as others leave the small ones' digits: variance with groups and a floor", () => {
    for (let seed = 0; seed < 40; seed++) {
      const n = 6 + (seed % 5);
      const rows = mixedSizes(factorSample(createRng(41_000 + seed), n, 80));
      const mu = meansOf(toSample(rows));
      const exact = new MeanVariance(overlapping(seed, n), solver, mu, sampleCovariance(rows));
      const least = exact.leastVariance();
      expect(least.certificate.gap, `seed ${seed}`).to.be.within(-1e-9, 1e-9);
      const earned = least.weights.reduce((all, w, i) => all + w * (mu[i] ?? 0), 0);
      const more = exact.targetReturn(earned + 0.1 * Math.abs(earned));
      expect(more.certificate.gap, `seed ${seed}`).to.be.within(-1e-9, 1e-9);
    }
  });

  it("CVaR, CDaR and EVaR with groups are proven beside one return thousands of times the others', and in mixed sizes", () => {
    for (let seed = 0; seed < 30; seed++) {
      const rng = createRng(42_000 + seed);
      const n = 8 + (seed % 4);
      const plain = factorSample(rng, n, 100, 1e-4);
      const day = plain[rng.int(100)] ?? [];
      if (seed % 2 === 0) day[rng.int(n)] = -0.9;
      const rows = seed % 2 === 0 ? plain : mixedSizes(plain);
      const problem = overlapping(seed, n);
      const sample = toSample(rows);
      for (const alpha of [0.05, 0.5]) {
        expect(leastCvar(problem, solver, sample, 1 - alpha).certificate.gap, `CVaR ${seed}`).to.be.within(-1e-9, 1e-9);
        expect(leastCdar(problem, solver, sample, 1 - alpha).certificate.gap, `CDaR ${seed}`).to.be.within(-1e-9, 1e-9);
        expect(leastEvar(problem, solver, sample, 1 - alpha).certificate.gap, `EVaR ${seed}`).to.be.within(-1e-9, 1e-8);
      }
    }
  });

  it("EVaR's bound is one where a mix of the assets has no risk: never above what some portfolio reaches", () => {
    for (let seed = 0; seed < 60; seed++) {
      const rng = createRng(43_000 + seed);
      const n = 3 + rng.int(9);
      // Two days, or an asset that does nothing and others that may be sold short.
      const isShort = seed % 2 === 0;
      const rows = factorSample(rng, n, isShort ? 30 + rng.int(100) : 2);
      if (isShort) for (const row of rows) row[0] = 0;
      const problem = { ...longOnly(named(n)), lower: named(n).map(() => (isShort ? -0.3 : 0)) };
      const { certificate } = leastEvar(problem, solver, toSample(rows), seed % 3 === 0 ? 0.999 : 0.95);
      const { primal, dual } = certificate;
      expect(dual, `seed ${seed}`).to.be.at.most(primal + 1e-12);
      expect(primal - dual, `seed ${seed}`).to.be.at.most(1e-8 * Math.abs(primal) + 1e-12);
    }
  });

  it("error: means that differ in their last digits hold no Sharpe ratio", () => {
    const rows = factorSample(createRng(44), 1, 90);
    const same = rows.map(([value = 0]) => named(12).map(() => value));
    const mu = meansOf(toSample(same)).map((m, i) => m * (1 + (i % 3) * 2e-16));
    const flat = new MeanVariance(longOnly(named(12), (1 + 1e-9) / 12), solver, mu, ledoitWolf(same).matrix);
    expect(() => flat.maximumSharpe(Math.min(...mu))).to.throw(UnreachableTargetError);
  });

  it("risk parity of assets that nearly cancel ends at its equation: the objective's gain is rounding before that", () => {
    for (const seed of [190, 1816, 1821, 2181, 2208, 2923]) {
      const rng = createRng(45_000 + seed);
      const n = 4 + rng.int(3);
      const rows = factorSample(rng, n, 60 + rng.int(120));
      for (const row of rows) {
        row[1] = -(row[0] ?? 0);
        row[3] = -2 * (row[2] ?? 0);
      }
      const { certificate, rounds } = riskParity(named(n), ledoitWolf(rows).matrix);
      expect(certificate.gap, `seed ${seed}`).to.be.below(1e-9);
      expect(rounds).to.be.below(100);
    }
  });

  it("a search along the frontier ends after a few solves, and drawdowns after a few rounds", () => {
    const n = 30;
    const rows = factorSample(createRng(50), n, 1200);
    const sample = toSample(rows);
    const mu = meansOf(sample);
    const group = { name: "half", members: [...named(n >> 1).keys()], lower: Number.NEGATIVE_INFINITY, upper: 0.4 };
    const problem = {
      ...longOnly(named(n)),
      groups: [group],
      turnover: { from: named(n).map(() => 1 / n), limit: 0.5 },
    };
    let solves = 0;
    const minimize = solver.minimize.bind(solver);
    const counting = Object.assign(Object.create(solver), {
      minimize: (...given: Parameters<typeof minimize>) => {
        solves++;
        return minimize(...given);
      },
    });
    const covariance = ledoitWolf(rows).matrix;
    const { certificate } = new MeanVariance(problem, counting, mu, covariance).maximumSharpe(0);
    expect(certificate.gap).to.be.below(1e-10);
    expect(solves).to.be.within(3, 30);
    solves = 0;
    const exact = new MeanVariance(problem, counting, mu, covariance);
    const risk = 1.3 * Math.sqrt(exact.leastVariance().objective);
    expect(Math.sqrt(exact.variance(exact.targetRisk(risk).weights)) / risk).to.be.closeTo(1, 1e-9);
    expect(solves).to.be.within(3, 30);
    const drawdown = leastCdar(longOnly(named(n)), solver, sample, 0.95);
    expect(drawdown.certificate.gap).to.be.below(1e-9);
    expect(drawdown.rounds).to.be.below(7);
  });

  it("EVaR of as many assets as days, the worst of them nearly as many as the tail, is reached through wider tails", () => {
    for (const seed of [1, 6, 15, 17, 33, 35]) {
      const rng = createRng(51_000 + seed);
      const n = 50 + rng.int(20);
      const sample = toSample(factorSample(rng, n, n));
      const { method, certificate } = leastEvar(longOnly(named(n)), solver, sample, seed % 2 === 0 ? 0.9 : 0.85);
      expect(method, `seed ${seed}`).not.to.include("cutting planes");
      expect(certificate.gap).to.be.within(-1e-9, 1e-8);
    }
  });

  it("the Sharpe ratio with groups is found where the frontier has a kink: steep on one side of it and flat on the other", () => {
    for (let seed = 0; seed < 60; seed++) {
      const rng = createRng(52_000 + seed);
      const rows = factorSample(rng, 3, 100 + rng.int(100)).map(([a = 0, , c = 0]) => [a, -1e-4, c]);
      const mu = meansOf(toSample(rows));
      const riskFree = Math.min(...mu);
      const group = { name: "g", members: [2], lower: 0.1, upper: 0.6 + 0.3 * rng.uniform() };
      const exact = new MeanVariance({ ...longOnly(named(3)), groups: [group] }, solver, mu, ledoitWolf(rows).matrix);
      try {
        expect(exact.maximumSharpe(riskFree).certificate.gap, `seed ${seed}`).to.be.below(1e-8);
      } catch (error) {
        if (!(error instanceof UnreachableTargetError)) throw error;
      }
    }
  });

  it("an optimum of zero is proven in units of the sample, not as a share of nothing", () => {
    const rng = createRng(53_000);
    const rows = Array.from({ length: 60 }, () => Array.from({ length: 120 }, () => 1e-4 + 1e-3 * rng.normal()));
    const drawdown = leastCdar(longOnly(named(120)), solver, toSample(rows), 0.95);
    expect(Math.abs(drawdown.objective)).to.be.below(1e-12);
    expect(drawdown.certificate.gap).to.be.within(-1e-9, 1e-9);
    const one = factorSample(createRng(53_001), 1, 60).map(([value = 0]) => value);
    const mirrored = one.map((value) => [value, 1e-3 - value]);
    const covariance = sampleCovariance(mirrored);
    const calm = new MeanVariance(longOnly(named(2)), solver, meansOf(toSample(mirrored)), covariance).leastVariance();
    expect(calm.certificate.gap).to.be.within(-1e-9, 1e-9);
    expect(calm.weights[0]).to.be.closeTo(0.5, 1e-9);
  });
});

import { expect } from "chai";
import { createRng, type Rng } from "../../../keeper/kernel/rng.ts";
import { sampleCovariance } from "../../../keeper/math/covariance.ts";
import { InfeasibleError } from "../../../keeper/optimize/errors.ts";
import { type CardinalityLimit, leastVarianceOf } from "../../../keeper/optimize/portfolio/cardinality.ts";
import { UnsupportedLimitError } from "../../../keeper/optimize/portfolio/errors.ts";
import { MeanVariance, type Rows } from "../../../keeper/optimize/portfolio/mean-variance.ts";
import { longOnly, type PortfolioProblem, violation } from "../../../keeper/optimize/portfolio/problem.ts";
import { Solver } from "../../../keeper/optimize/solver.ts";
import { factorSample, named } from "../../support/portfolio.ts";

/** Caps, groups or short positions, at random. */
function limitsOf(rng: Rng, n: number): PortfolioProblem {
  const isShort = rng.uniform() < 0.4;
  const members = [...named(n).keys()].filter((i) => i > 0 && rng.uniform() < 0.4);
  return {
    ...longOnly(named(n), 0.3 + 0.7 * rng.uniform()),
    lower: named(n).map(() => (isShort ? -0.3 * rng.uniform() : 0)),
    groups: members.length > 0 && rng.uniform() < 0.5 ? [{ name: "g", members, lower: -1, upper: 0.4 }] : [],
  };
}

describe("least variance of so many positions", function () {
  this.timeout(120_000);
  let solver: Solver;
  before(async () => {
    solver = await Solver.load();
  });

  /** Every set of positions, each solved alone; infinite when none keeps the limits. */
  function byEnumeration(
    problem: PortfolioProblem,
    covariance: Rows,
    { positions, leastSize }: CardinalityLimit,
  ): number {
    const n = problem.names.length;
    let best = Number.POSITIVE_INFINITY;
    for (let set = 1; set < 2 ** n; set++) {
      const isIn = (i: number): boolean => ((set >> i) & 1) === 1;
      if ([...problem.names.keys()].filter(isIn).length > positions) continue;
      const lower = problem.lower.map((low, i) => (isIn(i) ? Math.max(low, leastSize > 0 ? leastSize : low) : 0));
      const upper = problem.upper.map((high, i) => (isIn(i) ? high : 0));
      try {
        const mu = problem.names.map(() => 0);
        best = Math.min(
          best,
          new MeanVariance({ ...problem, lower, upper }, solver, mu, covariance).leastVariance().objective,
        );
      } catch (error) {
        if (!(error instanceof InfeasibleError)) throw error;
      }
    }
    return best;
  }

  it("equals enumeration under caps, groups and short positions, and leaves what is not held at zero", () => {
    let solved = 0;
    for (let seed = 0; seed < 60; seed++) {
      const rng = createRng(46_000 + seed);
      const n = 3 + rng.int(4);
      const problem = limitsOf(rng, n);
      const covariance = sampleCovariance(factorSample(rng, n, 60));
      const isShort = problem.lower.some((low) => low < 0);
      const limit = { positions: 1 + rng.int(n), leastSize: isShort ? 0 : 0.1 * rng.int(4), maxNodes: 10_000 };
      const wanted = byEnumeration(problem, covariance, limit);
      if (wanted === Number.POSITIVE_INFINITY) {
        expect(() => leastVarianceOf(problem, solver, covariance, limit), `seed ${seed}`).to.throw(InfeasibleError);
        continue;
      }
      const { weights, objective } = leastVarianceOf(problem, solver, covariance, limit);
      expect(objective / wanted - 1, `seed ${seed}`).to.be.within(-1e-9, 1e-9);
      expect(
        weights.filter((w) => w !== 0),
        `seed ${seed}`,
      ).to.have.length.at.most(limit.positions);
      expect(violation(problem, weights)).to.be.at.most(1e-9);
      solved++;
    }
    expect(solved).to.be.at.least(40);
  });

  it("says how many more positions, or how much smaller ones, there is a portfolio for", () => {
    const covariance = sampleCovariance(factorSample(createRng(47), 4, 60));
    const cases = [
      { cap: 0.3, positions: 2, leastSize: 0, constraint: "number of positions", by: 2 },
      { cap: 0.4, positions: 3, leastSize: 0.45, constraint: "least size of a position", by: 0.45 - 1 / 3 },
    ];
    for (const { cap, positions, leastSize, constraint, by } of cases) {
      const problem = longOnly(named(4), cap);
      const solve = (p: number, s: number) =>
        leastVarianceOf(problem, solver, covariance, { positions: p, leastSize: s, maxNodes: 1000 });
      expect(() => solve(positions, leastSize))
        .to.throw(InfeasibleError)
        .with.property("relaxation")
        .that.satisfies(
          ([only]: readonly { constraint: string; by: number }[]) =>
            only?.constraint === constraint && Math.abs(only.by - by) < 1e-6,
        );
      const isCount = constraint === "number of positions";
      expect(() => solve(positions + (isCount ? by : 0), leastSize - (isCount ? 0 : by + 1e-6))).not.to.throw();
      expect(() => solve(positions + (isCount ? by / 2 : 0), leastSize - (isCount ? 0 : by / 2))).to.throw(
        InfeasibleError,
      );
    }
    // What no number of positions mends is named as without one.
    expect(() =>
      leastVarianceOf(longOnly(named(4), 0.2), solver, covariance, { positions: 2, leastSize: 0, maxNodes: 10 }),
    )
      .to.throw(InfeasibleError, "sum of weights")
      .with.property("relaxation")
      .that.has.length.above(0);
  });

  it("ends early where the best has no risk: bounds differ from it by rounding only", () => {
    for (let seed = 0; seed < 6; seed++) {
      const rng = createRng(48_000 + seed);
      const n = 16;
      const rows = factorSample(rng, n, 60);
      // Every second asset cancels the one before it.
      for (const row of rows) for (let i = 1; i < n; i += 2) row[i] = -(row[i - 1] ?? 0) * (0.5 + i / n);
      const limit = { positions: 6, leastSize: 0, maxNodes: 200 };
      const { objective } = leastVarianceOf(longOnly(named(n)), solver, sampleCovariance(rows), limit);
      expect(objective, `seed ${seed}`).to.be.below(1e-17);
    }
  });

  it("error: a least size of positions that may be sold short", () => {
    const problem = { ...longOnly(named(3)), lower: [-0.1, 0, 0] };
    const covariance = sampleCovariance(factorSample(createRng(49), 3, 30));
    expect(() => leastVarianceOf(problem, solver, covariance, { positions: 2, leastSize: 0.1, maxNodes: 10 })).to.throw(
      UnsupportedLimitError,
    );
  });
});

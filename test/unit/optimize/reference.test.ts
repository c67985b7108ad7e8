import { expect } from "chai";
import { z } from "zod";
import { conditionalValueAtRisk } from "../../../keeper/math/risk-measures.ts";
import { mean, portfolioReturns } from "../../../keeper/math/statistics.ts";
import { minimizeVariance } from "../../../keeper/optimize/mean-variance.ts";
import { minimizeCvar } from "../../../keeper/optimize/min-cvar.ts";
import { Solver } from "../../../keeper/optimize/solver.ts";
import type { Universe } from "../../../keeper/optimize/universe.ts";
import { sharedJson, sharedMatrix } from "../../support/shared-data.ts";

const vector = z.array(z.number());
const meanVarianceCases = z.array(
  z.object({
    n: z.number(),
    cap: z.number(),
    mu: vector.optional(),
    Sigma: z.array(vector).optional(),
    minvar: z.object({ var: z.number() }),
    target: z.object({ target: z.number(), var: z.number() }),
    frontier: z.array(z.tuple([z.number(), z.number(), z.string()])).optional(),
    weights: z.object({ minvar: vector, target: vector }).optional(),
  }),
);
const cvarCases = z.array(
  z.object({ n: z.number(), S: z.number(), alpha: z.number(), lp_obj: z.number(), lp_w: vector }),
);

/** Fully invested, capped, free of cost: the problem of the reference solvers. */
function referenceUniverse(mu: readonly number[], covariance: readonly (readonly number[])[], cap: number): Universe {
  const zeros = mu.map(() => 0);
  return {
    ids: mu.map((_, i) => i + 1),
    names: mu.map(String),
    current: zeros,
    lower: zeros,
    upper: mu.map(() => cap),
    mu,
    covariance,
    scenarios: [],
    enter: zeros,
    exit: zeros,
    groups: [],
    minimumIdle: 0,
    costWeight: 0,
    maximumIdle: 0,
  };
}

describe("optimize against references", function () {
  this.timeout(120_000);

  it("gives the minimum variance, target return and frontier of cvxopt and quadprog (needs ../shared)", async function () {
    const cases = meanVarianceCases.parse(sharedJson(this, "fixtures/mvo_ref.json"));
    const solver = await Solver.load();
    let points = 0;
    for (const reference of cases) {
      if (reference.mu === undefined || reference.Sigma === undefined) continue;
      const universe = referenceUniverse(reference.mu, reference.Sigma, reference.cap);
      const least = minimizeVariance(universe, solver, null);
      expect((2 * least.primal) / reference.minvar.var - 1, `n ${reference.n}`).to.be.within(-1e-11, 1e-11);
      least.weights.forEach((w, i) => {
        expect(w).to.be.closeTo(reference.weights?.minvar[i] ?? Number.NaN, 1e-7);
      });
      const wanted = minimizeVariance(universe, solver, reference.target.target);
      expect((2 * wanted.primal) / reference.target.var - 1, `n ${reference.n}`).to.be.within(-1e-9, 1e-9);
      // The references' last frontier points carry their solver's rounding at the greatest return: at most 1e-7.
      for (const [floor, variance] of reference.frontier ?? []) {
        const point = minimizeVariance(universe, solver, floor * (1 - 1e-10));
        expect((2 * point.primal) / variance - 1, `n ${reference.n}, return ${floor}`).to.be.within(-1e-6, 1e-7);
        expect(point.gap).to.be.below(1e-8);
        points++;
      }
    }
    expect(points).to.equal(40);
  });

  it("gives the LP optimum of min-CVaR on the reference samples (needs ../shared)", async function () {
    const cases = cvarCases.parse(sharedJson(this, "fixtures/cvar_ref.json"));
    const solver = await Solver.load();
    let compared = 0;
    for (const reference of cases) {
      if (!((reference.n === 10 && reference.S === 365) || (reference.n === 30 && reference.S === 1000))) continue;
      const rows = sharedMatrix(this, `fixtures/ret_${reference.n}_${reference.S}.csv`);
      const means = Array.from({ length: reference.n }, (_, i) => mean(rows.map((row) => row[i] ?? Number.NaN)));
      const universe = { ...referenceUniverse(means, [], 1), scenarios: rows };
      const least = minimizeCvar(universe, solver, 1 - reference.alpha, null);
      expect(least.primal).to.be.closeTo(reference.lp_obj, 1e-13);
      expect(least.gap).to.be.below(1e-9);
      const returns = portfolioReturns(rows, least.weights);
      expect(conditionalValueAtRisk(returns, 1 - reference.alpha)).to.be.closeTo(reference.lp_obj, 1e-13);
      compared++;
    }
    expect(compared).to.equal(2);
  });
});

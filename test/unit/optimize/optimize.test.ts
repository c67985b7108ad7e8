import { expect } from "chai";
import type { AllocationConstraints, TargetAllocation } from "../../../keeper/kernel/artifacts.ts";
import { createRng, type Rng } from "../../../keeper/kernel/rng.ts";
import { assets } from "../../../keeper/kernel/units.ts";
import { EmptySampleError, ParameterOutOfRangeError, SampleNotFiniteError } from "../../../keeper/math/errors.ts";
import { sum } from "../../../keeper/math/statistics.ts";
import {
  ForecastUnknownStrategyError,
  InfeasibleError,
  ScenariosTooFewError,
} from "../../../keeper/optimize/errors.ts";
import { DEFAULT_OPTIMIZE_CONFIG, type OptimizeConfig, optimize } from "../../../keeper/optimize/index.ts";
import { constraints, ETHER, factorReturns, forecastOf, limits } from "../../support/quant.ts";

const meanVariance: OptimizeConfig = {
  ...DEFAULT_OPTIMIZE_CONFIG,
  frontierPoints: 0,
  costMultiple: 1,
  holdingDays: 1,
  capHeadroom: 0,
};
const minCvar: OptimizeConfig = { ...meanVariance, objective: "min-cvar" };

const weightsOf = (target: TargetAllocation): number[] => target.weights.map((w) => w.weight);

async function failure(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  return null;
}

/** A random feasible problem: current weights within caps, some entries blocked, some money stuck, two risk ids. */
function randomProblem(rng: Rng) {
  const n = 2 + rng.int(6);
  const size = n + 20 + rng.int(60);
  const scale = 10 ** (-5 + 4 * rng.uniform());
  const rows = factorReturns(rng, size, n, scale);
  const means = Array.from({ length: n }, () => scale * rng.normal());
  const strategies = Array.from({ length: n }, (_, i) => {
    const currentWeight = rng.uniform() < 0.3 ? 0 : (0.9 * rng.uniform()) / n;
    return limits(i + 1, {
      currentWeight,
      minWeight: rng.uniform() < 0.2 ? currentWeight * rng.uniform() : 0,
      capWeight: Math.max(currentWeight, 0.1 + 0.9 * rng.uniform()),
      reachableWeight: currentWeight + rng.uniform(),
      entryBlockedBy: rng.uniform() < 0.2 ? "state is ReduceOnly" : null,
      riskIds: rng.uniform() < 0.5 ? [rng.int(2)] : [],
      costs: { enter: 0.001 * rng.uniform() * Number(rng.uniform() < 0.7), exit: 0.001 * rng.uniform() },
    });
  });
  const problem = constraints(strategies, {
    riskIds: [0, 1].map((riskId) => {
      const held = sum(strategies.map((s) => (s.riskIds.includes(riskId) ? s.currentWeight : 0)));
      return { riskId, capWeight: Math.max(held, rng.uniform()) };
    }),
    idle: { current: 1 - sum(strategies.map((s) => s.currentWeight)), minimum: 0.1 * rng.uniform() },
    fixedCost: assets(BigInt(rng.int(1000)) * 10n ** 12n),
    legCost: assets(BigInt(rng.int(1000)) * 10n ** 11n),
  });
  return { forecast: forecastOf(means, rows), problem };
}

function expectWithinLimits(target: TargetAllocation, problem: AllocationConstraints, label: string): void {
  expect(sum([...weightsOf(target), target.idleWeight]), label).to.be.closeTo(1, 1e-12);
  expect(target.idleWeight, label).to.be.at.least(problem.idle.minimum - 1e-8);
  problem.strategies.forEach((s, i) => {
    const weight = target.weights[i]?.weight ?? Number.NaN;
    expect(weight, label).to.be.within(s.minWeight - 1e-8, Math.min(s.capWeight, s.reachableWeight) + 1e-8);
    if (s.entryBlockedBy !== null) expect(weight, label).to.be.at.most(s.currentWeight + 1e-8);
  });
  for (const { riskId, capWeight } of problem.riskIds) {
    const held = problem.strategies.map((s, i) => (s.riskIds.includes(riskId) ? (target.weights[i]?.weight ?? 0) : 0));
    expect(sum(held), label).to.be.at.most(capWeight + 1e-8);
  }
  expect(target.certificate.gap, label).to.be.within(-1e-12, 1e-8);
}

describe("optimize", function () {
  this.timeout(300_000);

  it("keeps every limit and certifies a gap of 1e-8 on 500 random problems", async () => {
    for (let seed = 0; seed < 500; seed++) {
      const { forecast, problem } = randomProblem(createRng(seed));
      const config = seed % 2 === 0 ? { ...meanVariance, riskAversion: 10 ** (seed % 7) } : minCvar;
      expectWithinLimits(await optimize(forecast, problem, config), problem, `seed ${seed}`);
    }
  });

  it("gives the same weights to 1e-7 when returns are scaled by 1e-6 to 1e6", async () => {
    const rows = factorReturns(createRng(11), 200, 5, 1e-3);
    const means = [1e-4, 2e-4, 3e-4, 1.5e-4, 0.5e-4];
    const solveAt = async (factor: number, config: OptimizeConfig): Promise<number[]> => {
      // Costs and 1/risk aversion are returns too: the same problem in another unit scales them along.
      const scaled = constraints(
        means.map((_, i) => limits(i + 1, { capWeight: 0.4, costs: { enter: 1e-9 * factor, exit: 0 } })),
      );
      const forecast = forecastOf(
        means.map((m) => m * factor),
        rows.map((row) => row.map((r) => r * factor)),
      );
      return weightsOf(await optimize(forecast, scaled, { ...config, riskAversion: config.riskAversion / factor }));
    };
    // Daily returns of 1e-3 times 1e6 would be no returns any more, so the middle of the range is 1e-9.
    const middle = 1e-6;
    for (const config of [{ ...meanVariance, riskAversion: 200 }, minCvar]) {
      const base = await solveAt(middle, config);
      expect(Math.max(...base)).to.be.above(0.05);
      for (const factor of [1e-6, 1e-3, 1e3, 1e6]) {
        const again = await solveAt(factor * middle, config);
        again.forEach((w, i) => {
          expect(w, `factor ${factor}`).to.be.closeTo(base[i] ?? Number.NaN, 1e-7);
        });
      }
    }
  });

  it("stops inflows short of the cap and lets stay what lies between there and the cap", async () => {
    const rows = factorReturns(createRng(5), 100, 2, 1e-6);
    const strategies = [limits(1, { capWeight: 0.5 }), limits(2, { capWeight: 0.4, currentWeight: 0.3999 })];
    const config = { ...meanVariance, capHeadroom: 0.01 };
    const target = await optimize(forecastOf([1e-4, 1e-4], rows), constraints(strategies), config);
    expect(weightsOf(target)[0]).to.be.closeTo(0.495, 1e-9);
    expect(weightsOf(target)[1]).to.be.closeTo(0.3999, 1e-9);
  });

  it("moves nothing when every gain is below its cost", async () => {
    const rows = factorReturns(createRng(5), 100, 2, 1e-6);
    const held = [
      limits(1, { currentWeight: 0.5, costs: { enter: 0.01, exit: 0.01 } }),
      limits(2, { currentWeight: 0.4, costs: { enter: 0.01, exit: 0.01 } }),
    ];
    const target = await optimize(forecastOf([1e-4, 2e-4], rows), constraints(held), meanVariance);
    weightsOf(target).forEach((w, i) => {
      expect(w).to.be.closeTo(held[i]?.currentWeight ?? Number.NaN, 1e-9);
    });
    expect(target.expectedCost).to.be.below(1e-9);
  });

  it("leaves out a leg that cannot earn its own gas", async () => {
    const rows = factorReturns(createRng(5), 100, 2, 1e-6);
    const strategies = [limits(1, { capWeight: 0.5 }), limits(2, { capWeight: 0.001 })];
    const forecast = forecastOf([1e-4, 1e-4], rows);
    const dear = await optimize(forecast, constraints(strategies, { legCost: assets(ETHER / 1000n) }), meanVariance);
    expect(weightsOf(dear)).to.deep.equal([0.5, 0]);
    const free = await optimize(forecast, constraints(strategies), meanVariance);
    expect(weightsOf(free)[1]).to.be.closeTo(0.001, 1e-9);
  });

  it("does not let a strategy without a forecast move", async () => {
    const rows = factorReturns(createRng(8), 100, 1, 1e-5);
    const strategies = [limits(1), limits(2, { currentWeight: 0.3 })];
    const target = await optimize(forecastOf([1e-4], rows), constraints(strategies), meanVariance);
    expect(weightsOf(target)[1]).to.equal(0.3);
  });

  it("traces a frontier that rises in return and in risk", async () => {
    const rows = factorReturns(createRng(21), 150, 4, 1e-3);
    const forecast = forecastOf([1e-4, 3e-4, 5e-4, 2e-4], rows);
    const problem = constraints([1, 2, 3, 4].map((id) => limits(id, { capWeight: 0.4 })));
    for (const config of [meanVariance, minCvar]) {
      const { frontier } = await optimize(forecast, problem, { ...config, frontierPoints: 20 });
      expect(frontier).to.have.length(20);
      frontier.slice(1).forEach((point, k) => {
        expect(point.expectedReturn).to.be.at.least((frontier[k]?.expectedReturn ?? 1) - 1e-10);
        expect(point.risk).to.be.at.least((frontier[k]?.risk ?? 1) - 1e-9);
      });
    }
  });

  it("error: InfeasibleError names the constraints that conflict, and only those", async () => {
    const rows = factorReturns(createRng(2), 50, 2, 1e-3);
    const stuck = [limits(1, { currentWeight: 0.98, minWeight: 0.98 }), limits(2)];
    const error = await failure(
      optimize(
        forecastOf([1e-4, 1e-4], rows),
        constraints(stuck, { idle: { current: 0.02, minimum: 0.05 } }),
        meanVariance,
      ),
    );
    expect(error).to.be.instanceOf(InfeasibleError);
    if (!(error instanceof InfeasibleError)) return;
    expect(error.conflict.join("\n"))
      .to.match(/sum of weights and idle/)
      .and.match(/weight of strategy 1/)
      .and.match(/idle must lie/);
    expect(error.conflict.join("\n")).to.not.match(/trade of/);
  });

  it("error: InfeasibleError when the asked return is out of reach", async () => {
    const rows = factorReturns(createRng(2), 50, 2, 1e-3);
    const config = { ...minCvar, minimumNetReturn: 0.5 };
    const error = await failure(optimize(forecastOf([1e-4, 1e-4], rows), constraints([limits(1), limits(2)]), config));
    expect(error).to.be.instanceOf(InfeasibleError);
    if (error instanceof InfeasibleError) expect(error.conflict.join("\n")).to.match(/least net return/);
  });

  it("error: every bad input is one typed error", async () => {
    const rows = factorReturns(createRng(2), 50, 2, 1e-3);
    const open = constraints([limits(1), limits(2)]);
    const cases: readonly (readonly [Promise<unknown>, new (...args: never[]) => Error])[] = [
      [optimize(forecastOf([], []), open, meanVariance), EmptySampleError],
      [optimize(forecastOf([1, 1], [[0, 0]]), open, meanVariance), ScenariosTooFewError],
      [optimize(forecastOf([1e-4, Number.NaN], rows), open, meanVariance), SampleNotFiniteError],
      [optimize(forecastOf([1e-4, 1e-4], [...rows, [0, Number.NaN]]), open, meanVariance), SampleNotFiniteError],
      [optimize(forecastOf([1e-4, 1e-4], rows), constraints([limits(1)]), meanVariance), ForecastUnknownStrategyError],
      [optimize(forecastOf([1e-4, 1e-4], rows), open, { ...meanVariance, beta: 1 }), ParameterOutOfRangeError],
      [optimize(forecastOf([1e-4, 1e-4], rows), open, { ...meanVariance, riskAversion: -1 }), ParameterOutOfRangeError],
      [
        optimize(forecastOf([1e-4, 1e-4], rows), constraints([limits(1, { minWeight: 0.5 }), limits(2)]), meanVariance),
        ParameterOutOfRangeError,
      ],
    ];
    for (const [promise, type] of cases) expect(await failure(promise)).to.be.instanceOf(type);
  });
});

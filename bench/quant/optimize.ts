/** The optimization and risk targets: O6, O7, Riskfolio and Risk, and the list of all of them. */
import { createRng, type Rng } from "../../keeper/kernel/rng.ts";
import { ledoitWolf, oracleShrinkage, sampleCovariance } from "../../keeper/math/covariance.ts";
import { entropicValueAtRisk } from "../../keeper/math/entropic.ts";
import { conditionalValueAtRisk } from "../../keeper/math/risk-measures.ts";
import { dot, portfolioReturns } from "../../keeper/math/statistics.ts";
import { InfeasibleError } from "../../keeper/optimize/errors.ts";
import { leastEvar } from "../../keeper/optimize/portfolio/evar.ts";
import { MeanVariance } from "../../keeper/optimize/portfolio/mean-variance.ts";
import { longOnly } from "../../keeper/optimize/portfolio/problem.ts";
import { riskParity } from "../../keeper/optimize/portfolio/risk-parity.ts";
import { meansOf, toSample } from "../../keeper/optimize/portfolio/sample.ts";
import { Solver } from "../../keeper/optimize/solver.ts";
import { factorSample, randomLimits, riskfolioCases } from "../../test/support/portfolio.ts";
import { ALPHA, fixture, furthest, matrixOf, median } from "./beside.ts";
import { o3, o4 } from "./tail.ts";
import { type Measurement, quick, type Target } from "./target.ts";
import { o1, o2, o5 } from "./variance.ts";

/** One random set of limits: certified, or refused with a conflict and a change. */
function judge(rng: Rng, solver: Solver): boolean {
  const n = 2 + rng.int(8);
  const rows = factorSample(rng, n, 30);
  const problem = randomLimits(rng, n);
  const covariance = ledoitWolf(rows).matrix;
  try {
    const { certificate, weights } = new MeanVariance(
      problem,
      solver,
      meansOf(toSample(rows)),
      covariance,
    ).leastVariance();
    return weights.every(Number.isFinite) && certificate.gap <= 1e-8 && certificate.infeasibility <= 1e-8;
  } catch (error) {
    return error instanceof InfeasibleError && error.conflict.length > 0 && error.relaxation.length > 0;
  }
}

function o6(solver: Solver, count: number): Target {
  let unexplained = 0;
  for (let seed = 0; seed < count; seed++) if (!judge(createRng(1_000_000 + seed), solver)) unexplained++;
  return {
    id: "O6",
    group: "O6",
    target: `${count} random sets of limits: each certified, or infeasible with conflict and smallest relaxation`,
    value: unexplained,
    unit: "unexplained",
    pass: unexplained === 0,
    peers: {},
  };
}

function o7(): Target[] {
  const text = fixture("ledoit_wolf_sklearn.json");
  if (text === null) return [];
  const known: readonly { n: number; S: number; lw_shrinkage: number; oas_shrinkage: number }[] = JSON.parse(text);
  let worst = 0;
  let compared = 0;
  for (const { n, S, lw_shrinkage, oas_shrinkage } of known) {
    const returns = fixture(`ret_${n}_${S}.csv`);
    if (returns === null) continue;
    const rows = matrixOf(returns);
    worst = Math.max(
      worst,
      Math.abs(ledoitWolf(rows).shrinkage - lw_shrinkage),
      Math.abs(oracleShrinkage(rows).shrinkage - oas_shrinkage),
    );
    compared++;
  }
  return [
    {
      id: "O7",
      group: "O7",
      target: "Ledoit-Wolf and OAS shrinkage equal scikit-learn to 1e-12",
      value: worst,
      unit: "1",
      pass: compared > 0 && worst <= 1e-12,
      peers: {},
    },
  ];
}

function riskSpeed(): Target[] {
  const rng = createRng(77);
  const returns = Float64Array.from({ length: 10_000 }, () => 0.01 * rng.normal());
  const evar = median(() => {
    entropicValueAtRisk(returns, 0.95);
  });
  const cvar = median(() => {
    conditionalValueAtRisk(returns, 0.95);
  });
  return [
    {
      id: "Risk EVaR",
      group: "Risk",
      target: "EVaR of 10,000 scenarios in at most 1 ms",
      value: evar,
      unit: "ms",
      pass: evar <= 1,
      peers: {},
    },
    {
      id: "Risk CVaR",
      group: "Risk",
      target: "CVaR of 10,000 scenarios in at most 0.2 ms",
      value: cvar,
      unit: "ms",
      pass: cvar <= 0.2,
      peers: {},
    },
  ];
}

/** Published weights that are less exact than ours: who is nearer to the optimum, by the measure itself. */
function riskfolio(solver: Solver): Target[] {
  const published = riskfolioCases(fixture);
  if (published === null) return [];
  const { names, returns, column } = published;
  const sample = toSample(returns);
  const covariance = sampleCovariance(returns);
  const evar = leastEvar(longOnly(names), solver, sample, 1 - ALPHA);
  const theirEvar = column("Classic_MinRisk.csv", "EVaR");
  const measure = (weights: readonly number[]): number =>
    entropicValueAtRisk(portfolioReturns(returns, weights), 1 - ALPHA);
  const parity = riskParity(names, covariance);
  const theirParity = column("Classic_RP.csv", "MV");
  const spread = (weights: readonly number[]): number => {
    const raw = weights.map((w, i) => w * dot(covariance[i] ?? [], weights));
    const total = raw.reduce((a, b) => a + b, 0);
    return (Math.max(...raw) - Math.min(...raw)) / total;
  };
  return [
    {
      id: "Riskfolio EVaR",
      group: "Riskfolio",
      target: "EVaR below that of the published weights, certified",
      value: measure(evar.weights),
      unit: "EVaR",
      pass: measure(evar.weights) < measure(theirEvar) && evar.certificate.gap <= 1e-8,
      peers: {
        "Riskfolio-Lib EVaR": measure(theirEvar),
        "published above ours, relative": measure(theirEvar) / measure(evar.weights) - 1,
        "largest difference of weights": furthest(evar.weights, theirEvar),
        gap: evar.certificate.gap,
      },
    },
    {
      id: "Riskfolio parity",
      group: "Riskfolio",
      target: "shares of risk at least as equal as those of the published weights",
      value: spread(parity.weights),
      unit: "largest less smallest share",
      pass: spread(parity.weights) < spread(theirParity),
      peers: {
        "Riskfolio-Lib spread": spread(theirParity),
        "largest difference of weights": furthest(parity.weights, theirParity),
      },
    },
  ];
}

let loaded: Promise<Solver> | null = null;
const solver = (): Promise<Solver> => {
  loaded ??= Solver.load();
  return loaded;
};

/** By group, each measured when called. */
export const optimizeMeasurements: Readonly<Record<string, Measurement>> = {
  O1: () => o1(),
  O2: () => [o2()],
  O3: async () => o3(await solver()),
  O4: async () => o4(await solver()),
  O5: async () => [o5(await solver())],
  O6: async () => [o6(await solver(), quick ? 500 : 20_000)],
  O7: () => o7(),
  Riskfolio: async () => riskfolio(await solver()),
  Risk: () => riskSpeed(),
};

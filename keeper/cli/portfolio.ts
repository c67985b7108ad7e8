/** `amplified optimize` and `amplified risk`: the optimizers and risk measures on anyone's own returns. */

import { conditionOf, ledoitWolf, oracleShrinkage, sampleCovariance } from "../math/covariance.ts";
import { UnsupportedLimitError } from "../optimize/portfolio/errors.ts";
import { leastEvar } from "../optimize/portfolio/evar.ts";
import { hierarchicalRiskParity } from "../optimize/portfolio/hierarchical.ts";
import { MeanVariance } from "../optimize/portfolio/mean-variance.ts";
import { isBoxOnly, type Portfolio, type PortfolioProblem } from "../optimize/portfolio/problem.ts";
import { riskParity } from "../optimize/portfolio/risk-parity.ts";
import { meansOf, toSample } from "../optimize/portfolio/sample.ts";
import { leastCdar, leastCvar, type ReturnFloor } from "../optimize/portfolio/tail.ts";
import { Solver } from "../optimize/solver.ts";
import { type Contribution, portfolioRisk } from "../risk/portfolio.ts";
import { decimal, OptionError } from "./context.ts";
import type { CommandResult } from "./output.ts";
import { RowsTooFewError, readGroups, readHoldings, readReturns, readWeights } from "./portfolio-files.ts";
import type { Table } from "./table.ts";
import { largeReturnHints } from "./unit-hints.ts";

export const OBJECTIVES = [
  "min-variance",
  "max-sharpe",
  "target-return",
  "cvar",
  "evar",
  "cdar",
  "risk-parity",
  "hrp",
] as const;
export type Objective = (typeof OBJECTIVES)[number];
export const ESTIMATORS = ["sample", "ledoit-wolf", "oas"] as const;
export type Estimator = (typeof ESTIMATORS)[number];

export interface OptimizeFlags {
  readonly returns: string;
  readonly objective: Objective;
  readonly alpha: string;
  readonly cap: string;
  readonly floor: string;
  readonly groups?: string;
  readonly turnover?: string;
  readonly from?: string;
  readonly target?: string;
  readonly riskFree: string;
  readonly covariance: Estimator;
}

export interface RiskFlags {
  readonly returns: string;
  readonly weights: string;
  readonly alpha: string;
}

/** A number between two ends, or one clear error. */
function fraction(option: string, value: string, low: number, high: number, isOpen = false): number {
  const number = decimal(value.trim());
  const isInside = isOpen ? number > low && number < high : number >= low && number <= high;
  if (!isInside)
    throw new OptionError(
      option,
      value,
      `Give a number ${isOpen ? "between" : "from"} ${low} ${isOpen ? "and" : "to"} ${high}.` +
        (high === 1 && number > 1 && number <= 100 ? ` As a fraction ${value} % is ${number / 100}.` : ""),
    );
  return number;
}

/** Below this share of observations the confidence level is no longer told apart from 1. */
const LEAST_TAIL = 1e-12;

/** Confidence level from the share of the worst outcomes. */
function confidence(value: string): number {
  const alpha = fraction("--alpha", value, 0, 1, true);
  if (alpha < LEAST_TAIL) throw new OptionError("--alpha", value, `Give at least ${LEAST_TAIL}.`);
  return 1 - alpha;
}

/** What a number in the "objective" field means. */
const MEANING: Readonly<Record<Objective, string>> = {
  "min-variance": "variance per step",
  "max-sharpe": "Sharpe ratio per step",
  "target-return": "variance per step",
  cvar: "CVaR per step",
  evar: "EVaR per step",
  cdar: "CDaR of the running sum of returns",
  "risk-parity": "standard deviation per step",
  hrp: "standard deviation per step",
};

/** An option that would do nothing is refused, so that nobody believes it did something. */
function refuseTarget({ objective, target }: OptimizeFlags): void {
  if (target !== undefined && !["target-return", "cvar", "cdar", "evar"].includes(objective))
    throw new OptionError("--target", target, `${objective} reaches for no return: drop it, or use target-return.`);
}

async function problemOf(flags: OptimizeFlags, assets: readonly string[]): Promise<PortfolioProblem> {
  const cap = fraction("--cap", flags.cap, 0, 1);
  const floor = fraction("--floor", flags.floor, 0, 1);
  const limit = flags.turnover === undefined ? null : fraction("--turnover", flags.turnover, 0, 2);
  if ((limit === null) !== (flags.from === undefined)) {
    const [given, missing] = limit === null ? ["--from", "--turnover"] : ["--turnover", "--from"];
    throw new OptionError(
      missing,
      "",
      `${given} needs it: the turnover limit and the current weights belong together.`,
    );
  }
  return {
    names: assets,
    lower: assets.map(() => floor),
    upper: assets.map(() => cap),
    groups: flags.groups === undefined ? [] : await readGroups(flags.groups, assets),
    turnover:
      limit === null || flags.from === undefined ? null : { from: await readHoldings(flags.from, assets), limit },
  };
}

function covarianceOf(estimator: Estimator, table: Table): readonly (readonly number[])[] {
  switch (estimator) {
    case "sample":
      return sampleCovariance(table.rows);
    case "ledoit-wolf":
      return ledoitWolf(table.rows).matrix;
    case "oas":
      return oracleShrinkage(table.rows).matrix;
  }
}

/** Risk parity and HRP define their weights; limits would make them something else. */
function refuseLimits(objective: string, problem: PortfolioProblem): void {
  if (!isBoxOnly(problem)) throw new UnsupportedLimitError(objective, "groups or turnover");
  if (problem.upper.some((high) => high < 1)) throw new UnsupportedLimitError(objective, "cap below 1");
  if (problem.lower.some((low) => low > 0)) throw new UnsupportedLimitError(objective, "least weight");
}

function run(
  flags: OptimizeFlags,
  problem: PortfolioProblem,
  table: Table,
  covariance: readonly (readonly number[])[],
  solver: Solver,
): Portfolio {
  const beta = confidence(flags.alpha);
  const sample = toSample(table.rows);
  const mu = meansOf(sample);
  const target = flags.target === undefined ? null : fraction("--target", flags.target, -1, 10);
  const floor: ReturnFloor | null = target === null ? null : { mu, floor: target };
  const meanVariance = (): MeanVariance => new MeanVariance(problem, solver, mu, covariance);
  switch (flags.objective) {
    case "min-variance":
      return meanVariance().leastVariance();
    case "max-sharpe":
      return meanVariance().maximumSharpe(fraction("--risk-free", flags.riskFree, -1, 1));
    case "target-return":
      if (target === null) throw new OptionError("--target", "", "target-return needs the return per step to reach.");
      return meanVariance().targetReturn(target);
    case "cvar":
      return leastCvar(problem, solver, sample, beta, floor);
    case "cdar":
      return leastCdar(problem, solver, sample, beta, floor);
    case "evar":
      if (floor !== null) throw new UnsupportedLimitError("evar", "--target");
      return leastEvar(problem, solver, sample, beta);
    case "risk-parity":
      refuseLimits(flags.objective, problem);
      return riskParity(problem.names, covariance);
    case "hrp":
      refuseLimits(flags.objective, problem);
      return hierarchicalRiskParity(problem.names, covariance);
  }
}

const usesCovariance = (objective: Objective): boolean => !["cvar", "evar", "cdar"].includes(objective);

export async function optimizeReturns(flags: OptimizeFlags): Promise<CommandResult> {
  refuseTarget(flags);
  const table = await readReturns(flags.returns);
  const problem = await problemOf(flags, table.columns);
  const warnings: string[] = largeReturnHints(table);
  const needsCovariance = usesCovariance(flags.objective);
  if (needsCovariance && flags.covariance === "sample" && table.rows.length <= table.columns.length) {
    // A singular covariance has portfolios of no risk at all: an artefact of the sample, not a choice to offer.
    throw new RowsTooFewError(
      flags.returns,
      table.rows.length,
      table.columns.length + 1,
      `a sample covariance of ${table.columns.length} assets (or --covariance ledoit-wolf)`,
    );
  }
  const covariance = needsCovariance ? covarianceOf(flags.covariance, table) : [];
  if (needsCovariance) {
    const { warning } = conditionOf(covariance);
    if (warning !== null) warnings.push(warning);
  }
  const solver = await Solver.load();
  const start = performance.now();
  const found = run(flags, problem, table, covariance, solver);
  const milliseconds = performance.now() - start;
  const weights = Object.fromEntries(table.columns.map((name, i) => [name, found.weights[i] ?? 0]));
  const data = {
    objective: flags.objective,
    value: found.objective,
    meaning: MEANING[flags.objective],
    weights,
    certificate: found.certificate,
    method: found.method,
    rounds: found.rounds,
    milliseconds,
    rows: table.rows.length,
    warnings,
  };
  const width = Math.max(...table.columns.map((name) => name.length));
  const lines = [...table.columns.keys()]
    .sort((a, b) => (found.weights[b] ?? 0) - (found.weights[a] ?? 0) || a - b)
    .map(
      (i) => `${(table.columns[i] ?? "").padEnd(width)}  ${(100 * (found.weights[i] ?? 0)).toFixed(4).padStart(9)} %`,
    );
  const { gap, infeasibility } = found.certificate;
  const text = [
    ...lines,
    "",
    `${MEANING[flags.objective]}: ${found.objective.toPrecision(10)}`,
    `proven within ${gap.toExponential(1)} of the best, limits kept to ${infeasibility.toExponential(1)} (${found.method}, ${milliseconds.toFixed(1)} ms)`,
    ...warnings.map((warning) => `warning: ${warning}`),
  ].join("\n");
  return { data, text };
}

const percent = (value: number): string => `${(100 * value).toFixed(4)} %`;

export async function riskOfReturns(flags: RiskFlags): Promise<CommandResult> {
  const table = await readReturns(flags.returns);
  const beta = confidence(flags.alpha);
  const alpha = 1 - beta;
  const weights = await readWeights(flags.weights, table.columns);
  const start = performance.now();
  const risk = portfolioRisk(table.columns, table.rows, weights, beta);
  const milliseconds = performance.now() - start;
  const { historical, normal, cornishFisher, drawdown } = risk;
  const total = weights.reduce((all, w) => all + w, 0);
  const warnings = [
    ...largeReturnHints(table),
    ...(Math.abs(total - 1) > 1e-6
      ? [
          `The weights sum to ${total}; ${total < 1 ? "what is missing is taken as cash that earns nothing" : "what is above 1 is taken as borrowed at no cost"}.`,
        ]
      : []),
    ...(cornishFisher.isValid
      ? []
      : ["The Cornish-Fisher expansion is not monotone at this level: do not use its figures."]),
    ...(alpha * table.rows.length < 5
      ? [`The tail holds ${(alpha * table.rows.length).toFixed(1)} observations: its figures are rough.`]
      : []),
  ];
  const row = (name: string, value: number): string => `${name.padEnd(34)} ${percent(value).padStart(12)}`;
  const shares = (title: string, list: readonly Contribution[]): string[] => [
    title,
    ...list.filter((c) => c.weight !== 0).map((c) => row(`  ${c.name}`, c.component)),
  ];
  const text = [
    `per step, over ${risk.observations} steps, tail ${percent(alpha)}; positive is a loss`,
    row("VaR historical", historical.var),
    row("VaR normal", normal.var),
    row("VaR Cornish-Fisher", cornishFisher.var),
    row("CVaR historical", historical.cvar),
    row("CVaR normal", normal.cvar),
    row("CVaR Cornish-Fisher", cornishFisher.cvar),
    row("EVaR", historical.evar),
    row("worst step", historical.worst),
    row("maximum drawdown", drawdown.maximum),
    row("CDaR", drawdown.cdar),
    row("EDaR", drawdown.edar),
    row("standard deviation", risk.deviation),
    ...shares("where the CVaR comes from", risk.contributions.cvar),
    ...warnings.map((warning) => `warning: ${warning}`),
  ].join("\n");
  return { data: { ...risk, weightsTotal: total, milliseconds, warnings }, text };
}

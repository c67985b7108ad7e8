/** The text of docs/SIMULATION.md: tables from results, and sentences that only say what the tables show. */
import {
  figureRows,
  losingLines,
  markdownTable,
  monthRows,
  sourceRows,
  termsLine,
  trialsLine,
} from "../backtest/report.ts";
import type { BacktestResult } from "../backtest/run.ts";
import type { StressDay } from "../backtest/stress.ts";
import { judge } from "../backtest/targets.ts";

export interface Part {
  readonly title: string;
  readonly what: string;
  readonly result: BacktestResult;
}

export interface StressPart {
  readonly result: BacktestResult;
  readonly replay: readonly StressDay[];
}

export interface Simulation {
  readonly parts: readonly Part[];
  readonly ablations: BacktestResult | null;
  /** The first part again with gas, price impact and the first purchase charged. */
  readonly priced: BacktestResult | null;
  readonly stress: StressPart | null;
  readonly left: readonly string[];
  /** Path of the picture from the document. */
  readonly picture: string;
  readonly hasLearners: { readonly lstm: boolean; readonly dqn: boolean };
}

const pct = (value: number, digits = 2): string => (Number.isNaN(value) ? "-" : (100 * value).toFixed(digits));

function targetLines(result: BacktestResult): string[] {
  const judged = judge(result);
  if (judged.length === 0) return [];
  return [
    ...markdownTable([
      ["Profile", "Demand", "Value", "Bound", "Met"],
      ...judged.map((row) => [row.profile, row.demand, row.value, row.bound, row.isMet ? "yes" : "**no**"]),
    ]),
    "",
  ];
}

function partLines({ title, what, result }: Part): string[] {
  return [
    `## ${title}`,
    "",
    `${what}. ${termsLine(result)}. Excess over ${result.benchmark.name} (${result.benchmark.source}, ${pct(result.benchmark.return, 3)} % a year), 90 % interval by block bootstrap.`,
    "",
    ...markdownTable(figureRows(result)),
    "",
    ...targetLines(result),
    "Net return of each month, %:",
    "",
    ...markdownTable(monthRows(result)),
    "",
    ...losingLines(result).map((line) => `- ${line}`),
    "",
    ...markdownTable(sourceRows(result)),
    "",
    ...result.notes.map((note) => `- ${note}`),
    `- ${trialsLine(result)}.`,
    `- Inputs \`${result.inputs}\`.`,
    "",
  ];
}

function ablationLines(result: BacktestResult, has: Simulation["hasLearners"]): string[] {
  const missing = [
    ...(has.lstm ? [] : ["There is no LSTM among the models yet: every figure of this document is without it."]),
    ...(has.dqn ? [] : ["There is no DQN policy yet: every figure of this document is without it."]),
  ];
  return [
    "## What each part is worth",
    "",
    "The four venues again, with one part taken away at a time.",
    "",
    ...markdownTable(figureRows(result)),
    "",
    ...result.strategies.map(({ strategy, describes }) => `- ${strategy}: ${describes}`),
    ...missing.map((line) => `- ${line}`),
    "",
  ];
}

function pricedLines(result: BacktestResult): string[] {
  return [
    "## With gas, price impact and the first purchase",
    "",
    `A vault of ${result.terms.nav} ETH pays the recorded base fee of each day, ${result.terms.costBps} bp each way, and price impact by the size of the move from quotes of one day (2023-11-20, wstETH to WETH, in tokens); the first purchase is charged.`,
    "",
    ...markdownTable(figureRows(result)),
    "",
  ];
}

function stressLines({ result, replay }: StressPart): string[] {
  const names = result.strategies.map(({ strategy }) => strategy);
  const rows = replay.map((day) => [
    day.date,
    day.ratio.toFixed(4),
    day.low.toFixed(4),
    day.status,
    pct(day.poolShare, 1),
    ...day.gains.map((gain) => pct(gain)),
    day.action,
  ]);
  return [
    "## June 2022: stETH leaves its peg",
    "",
    `stETH in ETH (median of the hours) and the token of the Curve pool at market, from ${result.from}; weekly decisions with one day of lag. What staking paid is not in`,
    "the hourly file and is not added, so every return of stETH is too low by that. The guard's bands are those of the contracts: beyond 0.5 % nothing may enter, beyond",
    "1 % money may only leave, beyond 3 % nothing moves. A staking token can be held to redemption; this replay values it at market every day, as the vault does.",
    "",
    ...markdownTable(figureRows(result)),
    "",
    `Gains since ${result.scoredFrom}, %, day by day; last column: the decisions of ai:cautious.`,
    "",
    ...markdownTable([["Day", "stETH/ETH", "low", "guard", "stETH in pool, %", ...names, "decision"], ...rows]),
    "",
  ];
}

export function simulationText(simulation: Simulation): string {
  const { parts, ablations, priced, stress, left, picture, hasLearners } = simulation;
  return `${[
    "# Simulation",
    "",
    "Written by `npm run simulate`; every figure follows from the data named below and changes with them. Nothing here is a promise, and nothing was left out because it",
    "looks bad. Returns are net of costs, in units of the asset, compounded to a year; turnover is half the sum of absolute changes a year, without the first purchase;",
    "drawdowns are from the running peak. A Sharpe ratio against zero means little for yields: the excess over a benchmark means more.",
    "",
    "Strategies: `ai:cautious` and `ai:growth` are the engine with its two profiles (docs/MODELS.md); `carry` holds the venue of the highest smoothed yield and trades when 90",
    "days of gain pay twice the cost; the others are named after what they do, over the last 60 days.",
    "",
    ...left.map((line) => `- ${line}`),
    ...(left.length > 0 ? [""] : []),
    `![Net gain and drawdown of the first section](${picture})`,
    "",
    ...parts.flatMap(partLines),
    ...(priced === null ? [] : pricedLines(priced)),
    ...(ablations === null ? [] : ablationLines(ablations, hasLearners)),
    ...(stress === null ? [] : stressLines(stress)),
  ]
    .join("\n")
    .trimEnd()}\n`;
}

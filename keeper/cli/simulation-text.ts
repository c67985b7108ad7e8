/** The text of docs/SIMULATION.md: tables from results, and sentences that only say what the tables show. */
import {
  degradedLines,
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

const SHOWN = ["ai:cautious", "ai:growth", "equal-weight", "carry"] as const;
const found = (result: BacktestResult, name: string) => result.strategies.find(({ strategy }) => strategy === name);

/** One row a data set: what the two profiles earned beside the plain rules, and how many demands they met. */
function summaryLines(parts: readonly Part[]): string[] {
  const rows = parts.map(({ title, result }) => {
    const judged = judge(result);
    return [
      title,
      String(result.scoredDays),
      ...SHOWN.map((name) => pct(found(result, name)?.return ?? Number.NaN, 3)),
      ...["ai:cautious", "equal-weight"].map((name) => pct(found(result, name)?.maximumDrawdown ?? Number.NaN, 3)),
      `${judged.filter(({ isMet }) => isMet).length} of ${judged.length}`,
    ];
  });
  const missed = parts.flatMap(({ title, result }) =>
    judge(result)
      .filter(({ isMet }) => !isMet)
      .map((row) => `- ${title}, ${row.profile}: ${row.demand}: ${row.value} against ${row.bound}.`),
  );
  return [
    "## In short",
    "",
    "Net return, % a year; drawdown, %; the last column counts the demands on the two profiles that are met.",
    "",
    ...markdownTable([["Data", "Days", ...SHOWN, "drawdown cautious", "equal-weight", "Demands met"], ...rows]),
    "",
    ...(missed.length === 0 ? ["No demand is missed on these data."] : ["Missed:", "", ...missed]),
    "",
  ];
}

/** Months lost by the profiles and what they are compared with, on every data set. */
function losingTable(parts: readonly Part[]): string[] {
  const rows = parts.map(({ title, result }) => [
    title,
    String(result.strategies[0]?.months.length ?? 0),
    ...SHOWN.map((name) => {
      const months = found(result, name)?.months.filter((month) => month.return < 0) ?? [];
      if (months.length === 0) return "none";
      return months.map((month) => `${month.month} (${pct(month.return, 3)})`).join(", ");
    }),
  ]);
  return [
    "## Losing months",
    "",
    "Every month with a loss, net return in %; all months stand under Details.",
    "",
    ...markdownTable([["Data", "Months", ...SHOWN], ...rows]),
    "",
  ];
}

/** Notes of one kind in one line: what was left out by reason, the others as they are. */
function noteLines(notes: readonly string[]): string[] {
  const reasons = new Map<string, string[]>();
  const others: string[] = [];
  for (const note of notes) {
    const [, name = "", why = ""] = /^(\S+): left out, (.*)$/.exec(note) ?? [];
    if (name === "") {
      others.push(note);
      continue;
    }
    const share = /covers (\d+ %) of the days/.exec(why)?.[1];
    const reason = share === undefined ? why : why.replace(share, "too few");
    reasons.set(reason, [...(reasons.get(reason) ?? []), share === undefined ? name : `${name} (${share})`]);
  }
  return [
    ...[...reasons].map(([reason, names]) => `Left out, ${reason.replace(/\.$/, "")}: ${names.join(", ")}.`),
    ...others,
  ];
}

/** A table that few read, closed until it is asked for. */
const folded = (title: string, lines: readonly string[]): string[] => [
  `<details><summary>${title}</summary>`,
  "",
  ...lines,
  "",
  "</details>",
  "",
];

function partLines({ title, what, result }: Part): string[] {
  return [
    `### ${title}`,
    "",
    `${what}. ${termsLine(result)}. Excess over ${result.benchmark.name} (${result.benchmark.source}, ${pct(result.benchmark.return, 3)} % a year), 90 % interval by block bootstrap.`,
    "",
    ...markdownTable(figureRows(result)),
    "",
    ...targetLines(result),
    ...folded("Net return of each month, %", markdownTable(monthRows(result))),
    ...folded(
      "Losing months of every strategy",
      losingLines(result).map((line) => `- ${line}`),
    ),
    ...folded("What the data are", [
      ...markdownTable(sourceRows(result)),
      "",
      ...noteLines(result.notes).map((note) => `- ${note}`),
    ]),
    ...degradedLines(result).map((line) => `- ${line}.`),
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
    "The four venues again, with one part taken away, added or replaced at a time.",
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
  // A column of zeros says nothing from day to day.
  const shown = result.strategies.flatMap(({ strategy }, i) => (strategy === "idle" ? [] : [{ strategy, i }]));
  const names = shown.map(({ strategy }) => strategy);
  const rows = replay.map((day) => [
    day.date,
    day.ratio.toFixed(4),
    day.low.toFixed(4),
    day.status,
    pct(day.poolShare, 1),
    ...shown.map(({ i }) => pct(day.gains[i] ?? Number.NaN)),
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
    ...summaryLines(parts),
    `![Net gain and drawdown of ${parts[0]?.title ?? "the first data set"}](${picture})`,
    "",
    ...losingTable(parts),
    ...(ablations === null ? [] : ablationLines(ablations, hasLearners)),
    ...(priced === null ? [] : pricedLines(priced)),
    ...(stress === null ? [] : stressLines(stress)),
    "## Details",
    "",
    ...parts.flatMap(partLines),
  ]
    .join("\n")
    .trimEnd()}\n`;
}

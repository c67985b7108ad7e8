/** A backtest for people: the table, the months, what the data are. */
import type { BacktestResult, StrategyResult } from "./run.ts";

/** Without the sign that rounding leaves before a zero. */
const pct = (value: number, digits = 2): string => (100 * value).toFixed(digits).replace(/^-(0\.?0*)$/, "$1");
const ratio = (value: number | null): string => (value === null ? "-" : value.toFixed(2));

export const COLUMNS = [
  "Strategy",
  "Return %",
  "Volatility %",
  "Sharpe",
  "Excess %",
  "its Sharpe",
  "its interval",
  "Max DD %",
  "Turnover/y",
  "Costs %",
  "Trades",
] as const;

/** One row of the table, as text. */
export function rowOf(result: StrategyResult): readonly string[] {
  const interval = result.excess.annualInterval;
  return [
    result.strategy,
    pct(result.return, 3),
    pct(result.volatility, 3),
    ratio(result.sharpe),
    pct(result.excess.annual, 3),
    ratio(result.excess.sharpe),
    interval === null ? "-" : `${pct(interval.lower)} to ${pct(interval.upper)}`,
    pct(result.maximumDrawdown, 3),
    result.turnoverPerYear.toFixed(2),
    pct(result.costs, 3),
    String(result.trades),
  ];
}

/** Columns aligned, the first to the left. */
export function alignedTable(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, c) => Math.max(...rows.map((row) => (row[c] ?? "").length)));
  return rows.map((row) =>
    row
      .map((cell, c) => (c === 0 ? cell.padEnd(widths[c] ?? 0) : cell.padStart(widths[c] ?? 0)))
      .join("  ")
      .trimEnd(),
  );
}

export const markdownTable = (rows: readonly (readonly string[])[]): string[] => {
  const [head = [], ...body] = rows;
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map((_, c) => (c === 0 ? "---" : "---:"))), ...body.map(line)];
};

export const figureRows = (result: BacktestResult): (readonly string[])[] => [COLUMNS, ...result.strategies.map(rowOf)];

/** Net return of every month, one column per strategy and one for the benchmark. */
export function monthRows(result: BacktestResult): (readonly string[])[] {
  const months = result.strategies[0]?.months ?? [];
  return [
    ["Month", ...result.strategies.map(({ strategy }) => strategy)],
    ...months.map(({ month, days }, m) => [
      days < 28 ? `${month} (${days} d)` : month,
      ...result.strategies.map((strategy) => pct(strategy.months[m]?.return ?? Number.NaN, 3)),
    ]),
  ];
}

/** Which months each strategy lost in; a table of gains alone would hide them. Those that lost in none share a line. */
export function losingLines(result: BacktestResult): string[] {
  const total = result.strategies[0]?.months.length ?? 0;
  const clean = result.strategies.filter(({ losingMonths }) => losingMonths.length === 0);
  return [
    ...result.strategies.flatMap(({ strategy, losingMonths }) =>
      losingMonths.length === 0
        ? []
        : [`${strategy}: lost in ${losingMonths.length} of ${total} months: ${losingMonths.join(", ")}`],
    ),
    ...(clean.length === 0 ? [] : [`no losing month of ${total}: ${clean.map(({ strategy }) => strategy).join(", ")}`]),
  ];
}

export function sourceRows(result: BacktestResult): (readonly string[])[] {
  return [["Venue", "earned from", "forecast from"], ...result.venues.map((v) => [v.name, v.source, v.signal])];
}

export function termsLine(result: BacktestResult): string {
  const { terms } = result;
  return (
    `${result.scoredDays} scored days from ${result.scoredFrom} to ${result.to}, after ${terms.warmup} days of warm-up; decisions every ` +
    `${terms.every} days, executed ${terms.lag} day${terms.lag === 1 ? "" : "s"} later; ${terms.costBps} bp each way; the first purchase is ` +
    `${terms.chargeEntry ? "charged" : "free for every strategy (--charge-entry charges it)"}`
  );
}

/** What went without data: days held blind, and decisions that no forecast could be made for. Empty when nothing did. */
export function degradedLines(result: BacktestResult): string[] {
  return result.strategies.flatMap(({ strategy, blindDays, decisions }) => {
    const codes = new Map<string, number>();
    for (const { moved, reasons } of decisions) {
      const code = moved ? undefined : /^([A-Z][A-Z_]+): /.exec(reasons[0] ?? "")?.[1];
      if (code !== undefined) codes.set(code, (codes.get(code) ?? 0) + 1);
    }
    const parts = [
      ...(blindDays > 0 ? [`${blindDays} venue-days held without a figure, counted as no return`] : []),
      ...[...codes].map(([code, count]) => `${count} of ${decisions.length} decisions held with ${code}`),
    ];
    return parts.length === 0 ? [] : [`${strategy}: ${parts.join("; ")}`];
  });
}

export function trialsLine(result: BacktestResult): string {
  const chosen = result.strategies.filter(({ strategy }) => strategy.startsWith("ai"));
  const list = chosen.flatMap(({ strategy, excess }) =>
    excess.deflated === null ? [] : [`${strategy} ${(100 * excess.deflated.probability).toFixed(0)} %`],
  );
  const said =
    list.length === 0 ? "" : `; probability that the excess is not luck (deflated Sharpe): ${list.join(", ")}`;
  return `${result.terms.trials} strategies and configurations were tried${said}`;
}

export function textOf(result: BacktestResult): string {
  const months = monthRows(result);
  return [
    termsLine(result),
    `excess over ${result.benchmark.name} (${result.benchmark.source}, ${pct(result.benchmark.return, 3)} % a year), 90 % interval by block bootstrap`,
    "",
    ...alignedTable(figureRows(result)),
    "",
    "Net return of each month, %",
    ...alignedTable(months),
    ...losingLines(result),
    ...degradedLines(result),
    "",
    "Sources",
    ...alignedTable(sourceRows(result)),
    ...result.notes.map((note) => `note: ${note}`),
    trialsLine(result),
  ].join("\n");
}

/** The recorded tables, checked: which file of a directory is which, dates in order without gaps, values in the right unit. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { SECONDS_PER_DAY } from "../../keeper/kernel/units.ts";
import { MarketFileError } from "../errors.ts";
import { type CsvRow, readCsv } from "./csv.ts";
import { formatDate, HOURS_PER_DAY, parseDate } from "./market.ts";

/** Columns of core_returns_eth_*: daily simple returns in ETH, fractions. */
export const RETURN_COLUMNS = [
  "wstETH_mkt",
  "wstETH_prot",
  "weETH_mkt",
  "weETH_prot",
  "aave_WETH",
  "curve_stETH_apyonly",
] as const;
export type ReturnColumn = (typeof RETURN_COLUMNS)[number];

/** A larger daily return has never been recorded for these venues; a percent read as a fraction has one. */
const MAX_DAILY_RETURN = 0.05;
const GWEI = 1e9;

export interface ReturnRow {
  readonly date: string;
  readonly start: number;
  readonly line: number;
  readonly returns: Readonly<Record<ReturnColumn, number>>;
}

export interface PriceRow {
  readonly date: string;
  readonly dexWsteth: number | null;
  readonly rateWsteth: number | null;
  readonly flipWsteth: number | null;
  readonly dexWeeth: number | null;
  readonly rateWeeth: number | null;
  readonly flipWeeth: number | null;
  readonly ethUsd: number | null;
}

/** The one file of `directory` whose name starts with `prefix`. @throws {MarketFileError} when there is none or more. */
export function findFile(directory: string, prefix: string): string {
  const found = optionalFile(directory, prefix);
  if (found === null) {
    throw new MarketFileError(
      `${prefix}*.csv`,
      null,
      null,
      "the file is missing from the market directory",
      "Copy it there, or point at a directory that has it.",
    );
  }
  return found;
}

/** As {@link findFile}, but null when there is none. */
export function optionalFile(directory: string, prefix: string): string | null {
  let names: string[];
  try {
    names = readdirSync(directory)
      .filter((name) => name.startsWith(prefix) && name.endsWith(".csv"))
      .sort();
  } catch {
    throw new MarketFileError(
      directory,
      null,
      null,
      "the market directory cannot be read",
      "Check the path given as the market directory.",
    );
  }
  if (names.length > 1) {
    throw new MarketFileError(
      `${prefix}*.csv`,
      null,
      null,
      `several files match: ${names.join(", ")}`,
      "Leave one of them in the directory.",
    );
  }
  const name = names[0];
  return name === undefined ? null : join(directory, name);
}

export function readReturns(directory: string): readonly ReturnRow[] {
  const table = readCsv(findFile(directory, "core_returns_eth_"), ["date", ...RETURN_COLUMNS]);
  const rows = table.rows.map((row): ReturnRow => {
    const { date, start } = dateOf(table.file, row, "date");
    const value = (column: ReturnColumn): number => dailyReturn(table.file, row, column);
    if (value("aave_WETH") < 0) {
      throw new MarketFileError(
        table.file,
        row.line,
        "aave_WETH",
        `a lending index cannot fall (${value("aave_WETH")})`,
        "Check the index in the source.",
      );
    }
    return {
      date,
      start,
      line: row.line,
      returns: {
        wstETH_mkt: value("wstETH_mkt"),
        wstETH_prot: value("wstETH_prot"),
        weETH_mkt: value("weETH_mkt"),
        weETH_prot: value("weETH_prot"),
        aave_WETH: value("aave_WETH"),
        curve_stETH_apyonly: value("curve_stETH_apyonly"),
      },
    };
  });
  checkSteps(table.file, rows, "date", SECONDS_PER_DAY);
  return rows;
}

function dailyReturn(file: string, row: CsvRow, column: ReturnColumn): number {
  const value = row.number(column);
  if (Math.abs(value) > MAX_DAILY_RETURN) {
    throw new MarketFileError(
      file,
      row.line,
      column,
      `a daily return of ${value} is ${(value * 100).toFixed(1)} % a day`,
      "Write daily simple returns as fractions (0.00008 = 0.008 %), not annual yields and not percent.",
    );
  }
  return value;
}

/**
 * Annual percentage yields: read only to check that the returns table means what it says. False when the directory has
 * no such table and nothing was checked.
 */
export function checkYields(directory: string, returns: readonly ReturnRow[]): boolean {
  const path = optionalFile(directory, "core_apy_pct_");
  if (path === null) return false;
  const table = readCsv(path, ["date", "aave_WETH"]);
  const dated = table.rows.map((row) => ({ row, line: row.line, ...dateOf(table.file, row, "date") }));
  checkSteps(table.file, dated, "date", SECONDS_PER_DAY);
  const byDate = new Map(dated.map((entry) => [entry.date, entry.row]));
  let percent = 0;
  let annualised = 0;
  for (const { date, returns: day } of returns) {
    const row = byDate.get(date);
    if (row === undefined)
      throw new MarketFileError(
        table.file,
        null,
        "date",
        `${date} is missing although the returns table has it`,
        "Export both tables for the same dates.",
      );
    percent += row.number("aave_WETH");
    annualised += day.aave_WETH * 36_500;
  }
  // One series in percent a year, the other a fraction a day: over the whole span they must tell the same story.
  if (!(percent > annualised * 0.8 && percent < annualised * 1.25)) {
    const mean = (sum: number) => (sum / returns.length).toFixed(4);
    throw new MarketFileError(
      table.file,
      null,
      "aave_WETH",
      `the mean yield is ${mean(percent)}, the returns table says ${mean(annualised)} percent`,
      "Write annual yields in percent (2.05, not 0.0205).",
    );
  }
  return true;
}

/** Base fees by hour, wei, keyed by Unix seconds. */
export function readBaseFees(directory: string): ReadonlyMap<number, bigint> {
  const table = readCsv(findFile(directory, "gas_hourly_"), ["timestamp", "base_fee_gwei"]);
  const rows = table.rows.map((row) => {
    const text = row.text("timestamp");
    const match = /^(\d{4}-\d{2}-\d{2})T(\d{2}):00:00Z$/.exec(text);
    const day = parseDate(match?.[1] ?? "");
    const hour = Number(match?.[2] ?? Number.NaN);
    if (day === null || !(hour < HOURS_PER_DAY)) {
      throw new MarketFileError(
        table.file,
        row.line,
        "timestamp",
        `"${text}" is not a full UTC hour`,
        "Write hours as 2024-05-14T00:00:00Z.",
      );
    }
    const gwei = row.number("base_fee_gwei");
    if (!(gwei > 0 && gwei < 10_000)) {
      throw new MarketFileError(
        table.file,
        row.line,
        "base_fee_gwei",
        `${gwei} is no base fee in gwei`,
        "Write gwei: above 0 and below 10000.",
      );
    }
    return { date: text, start: day + hour * 3_600, line: row.line, fee: BigInt(Math.round(gwei * GWEI)) };
  });
  checkSteps(table.file, rows, "timestamp", 3_600);
  return new Map(rows.map(({ start, fee }) => [start, fee]));
}

/** Price levels by date; null when the directory has no such table. Dates may be missing, never twice or out of order. */
export function readPrices(directory: string): ReadonlyMap<string, PriceRow> | null {
  const path = optionalFile(directory, "eth_prices_daily_");
  if (path === null) return null;
  const table = readCsv(path, [
    "date",
    "dex_wstETH",
    "rate_wstETH",
    "flip_WSTETH",
    "dex_weETH",
    "rate_weETH",
    "flip_WEETH",
    "ETH_USD_close",
  ]);
  const dated = table.rows.map((row) => ({ row, line: row.line, ...dateOf(table.file, row, "date") }));
  checkSteps(table.file, dated, "date", null);
  const level = (row: CsvRow, column: string): number | null => {
    const value = row.optionalNumber(column);
    if (value !== null && !(value > 0))
      throw new MarketFileError(
        table.file,
        row.line,
        column,
        `${value} is no price`,
        "Write a positive price or leave the cell empty.",
      );
    return value;
  };
  return new Map(
    dated.map(({ row, date }) => [
      date,
      {
        date,
        dexWsteth: level(row, "dex_wstETH"),
        rateWsteth: level(row, "rate_wstETH"),
        flipWsteth: level(row, "flip_WSTETH"),
        dexWeeth: level(row, "dex_weETH"),
        rateWeeth: level(row, "rate_weETH"),
        flipWeeth: level(row, "flip_WEETH"),
        ethUsd: level(row, "ETH_USD_close"),
      },
    ]),
  );
}

function dateOf(file: string, row: CsvRow, column: string): { readonly date: string; readonly start: number } {
  const date = row.text(column);
  const start = parseDate(date);
  if (start === null)
    throw new MarketFileError(file, row.line, column, `"${date}" is not a date`, "Write dates as YYYY-MM-DD.");
  return { date, start };
}

/** Ascending, no duplicate, and with `step` no gap. */
function checkSteps(
  file: string,
  rows: readonly { readonly start: number; readonly line: number }[],
  column: string,
  step: number | null,
): void {
  for (const [index, row] of rows.entries()) {
    const before = rows[index - 1];
    if (before === undefined) continue;
    const gap = row.start - before.start;
    if (gap === 0)
      throw new MarketFileError(
        file,
        row.line,
        column,
        `${formatDate(row.start)} appears twice`,
        "Remove the duplicate; keep the row that the source confirms.",
      );
    if (gap < 0)
      throw new MarketFileError(
        file,
        row.line,
        column,
        `${formatDate(row.start)} comes after ${formatDate(before.start)}`,
        "Sort the table by date, oldest first.",
      );
    if (step !== null && gap !== step) {
      throw new MarketFileError(
        file,
        row.line,
        column,
        `${gap / step - 1} entries are missing before ${formatDate(row.start)}`,
        "Fill the gap from the source; nothing is interpolated here.",
      );
    }
  }
}

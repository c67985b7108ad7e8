/** `--xreg`: a table of what explains the series, with its future, lined up with the rows of the data. */
import { OptionError } from "./context.ts";
import { readTable, requireComplete, stepOf, type Table, timesAhead } from "./table.ts";

export interface Regressors {
  readonly names: readonly string[];
  /** One series per regressor, as long as the data. */
  readonly past: readonly (readonly number[])[];
  /** The same regressors over the horizon. */
  readonly future: readonly (readonly number[])[];
}

/** A row counts as on its date within this share of a step. */
const ALIGNED = 0.25;

/** Where the dates of the regressors first differ from those of the data and of the steps ahead; null when nowhere. */
function firstMisalignment(table: Table, times: readonly number[]): { row: number; expected: number } | null {
  const step = stepOf(times);
  const all = [...times, ...timesAhead(times, table.rows.length - times.length)];
  for (const [t, expected] of all.entries()) {
    // Months are not of one length; their rows are taken in order.
    const allowed = t < times.length ? ALIGNED * step : ALIGNED * step * (t + 2 - times.length);
    if (Math.abs((table.times?.[t] ?? expected) - expected) > allowed)
      return { row: table.rowNumbers[t] ?? 0, expected };
  }
  return null;
}

/**
 * @param times Unix seconds of the data's steps, those that its file left out included; null without dates.
 * @throws {OptionError} unless the table has a row for every step of the data and of the horizon, on the same dates.
 * @throws {CellsMissingError} when a cell is empty.
 */
export async function readRegressors(
  file: string,
  length: number,
  times: readonly number[] | null,
  horizon: number,
): Promise<Regressors> {
  const table = requireComplete(await readTable(file));
  const needed = length + horizon;
  if (table.rows.length !== needed) {
    throw new OptionError(
      "--xreg",
      file,
      `It has ${table.rows.length} rows and ${needed} are needed: ${length} of the data, then ${horizon} of the horizon.`,
    );
  }
  if (times !== null && table.times !== null) {
    const wrong = firstMisalignment(table, times);
    if (wrong !== null) {
      const date = new Date(wrong.expected * 1000).toISOString().slice(0, 10);
      throw new OptionError("--xreg", file, `Row ${wrong.row} stands where ${date} is expected. Use the data's dates.`);
    }
  }
  const columns = table.columns.map((_, i) => table.rows.map((row) => row[i] ?? Number.NaN));
  return {
    names: table.columns,
    past: columns.map((column) => column.slice(0, length)),
    future: columns.map((column) => column.slice(length)),
  };
}

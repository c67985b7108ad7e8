/** What `amplified forecast` asks of a column, a season and a set of levels before any model sees them. */
import { decimal, OptionError, wholeNumber } from "./context.ts";
import { type RegularSeries, regularColumn, type Table } from "./table.ts";
import { CellScaleError, ColumnTooShortError } from "./table-errors.ts";

const MAX_HORIZON = 3650;
const MAX_PERIOD = 366;
/** Fewer show no spread: an interval would have no width. */
const FEWEST_OBSERVATIONS = 3;
/** Squares of what lies within stay finite and above rounding. */
const LEAST = 1e-100;
const LARGEST = 1e100;

export function parseHorizon(text: string): number {
  const h = wholeNumber("--h", text, MAX_HORIZON);
  if (h === 0) throw new OptionError("--h", text, "Give a horizon of at least 1.");
  return h;
}

export function parsePeriod(text: string): number {
  const period = wholeNumber("--period", text, MAX_PERIOD);
  if (period === 0) throw new OptionError("--period", text, "Give 1 for no season, or its length in rows.");
  return period;
}

/** Levels in percent, as people write them: 80,95. */
export function parseLevels(text: string): number[] {
  const levels = text.split(",").map((part) => decimal(part.trim()));
  for (const [i, level] of levels.entries()) {
    // Nearer to 100 than numbers can hold, half of what is left is nothing.
    if (!(level >= 1 && 0.5 + level / 200 < 1))
      throw new OptionError("--levels", text, "Give percentages from 1 to below 100, for example 80,95.");
    if (levels.indexOf(level) !== i) throw new OptionError("--levels", text, `Give ${level} once.`);
  }
  return levels.map((level) => Number((level / 100).toPrecision(15)));
}

/** A level as it was asked for: 99.99 is not rounded to 100. */
export const percentOf = (level: number): string => `${Number((100 * level).toPrecision(12))} %`;

/** A season that the data do not show twice would be taken for none. */
export function requireSeasons(period: number, rows: number): void {
  if (period > 1 && rows < 2 * period)
    throw new OptionError(
      "--period",
      String(period),
      `The column has ${rows} rows and two seasons are needed to see one: give at most ${Math.floor(rows / 2)}, or 1.`,
    );
}

/**
 * A column that a forecast with intervals can be made of.
 * @throws {ColumnUnknownError | ColumnTooShortError | CellScaleError | DatesUnorderedError}
 */
export function forecastColumn(table: Table, name: string | undefined): RegularSeries {
  const series = regularColumn(table, name);
  const column = name ?? table.columns[0] ?? "1";
  const at = table.columns.indexOf(column);
  let observed = 0;
  let largest = 0;
  let row = 0;
  for (const [t, cells] of table.rows.entries()) {
    const size = Math.abs(cells[at] ?? Number.NaN);
    if (Number.isNaN(size)) continue;
    observed++;
    if (size <= largest) continue;
    largest = size;
    row = t;
  }
  if (observed < FEWEST_OBSERVATIONS)
    throw new ColumnTooShortError(
      table.file,
      column,
      observed,
      FEWEST_OBSERVATIONS,
      "a forecast with intervals",
      "Collect more history, or choose another column.",
    );
  if (largest > LARGEST || (largest > 0 && largest < LEAST))
    throw new CellScaleError(table.file, table.rowNumbers[row] ?? 0, column, table.rows[row]?.[at] ?? Number.NaN);
  return series;
}

/**
 * Tables of numbers from the user's own files, CSV or JSON, for the verbs that work on them. A row is a point in time, a
 * column a series; the first column may be a date. A missing cell is kept as NaN and refused by `requireComplete` where a
 * model cannot live with it. Every refusal names file, row and column, and says what to do.
 */
import { decimal, readText } from "./context.ts";
import { jsonFault, parseJsonText } from "./json-text.ts";
import {
  CellNotNumericError,
  CellsMissingError,
  ColumnUnknownError,
  DatesUnorderedError,
  DateUnreadableError,
  RowRaggedError,
  TableFormatError,
} from "./table-errors.ts";

export interface Table {
  readonly file: string;
  /** Names of the numeric columns, in the file's order. A file without a header names them "1", "2", ... */
  readonly columns: readonly string[];
  /** Text of the date column, strictly ascending, or null when there is none. */
  readonly dates: readonly string[] | null;
  /** The same dates as Unix seconds. */
  readonly times: readonly number[] | null;
  /** One array per row, one number per column; NaN where the cell is empty. */
  readonly rows: readonly (readonly number[])[];
  /** Line of the CSV, or element of the JSON array (from 1), of each row: what a person looks for. */
  readonly rowNumbers: readonly number[];
}

type Cell = string | number | null;
interface RawTable {
  readonly header: readonly string[] | null;
  readonly rows: readonly (readonly Cell[])[];
  readonly rowNumbers: readonly number[];
}

const MISSING = /^(|na|#?n\/a|nan|null|none|missing)$/i;
const ISO_DATE = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/;
const DATE_NAME = /^(date|day|time|timestamp|datetime|ds)$/i;
/** Unix seconds since 1973 or milliseconds: fewer digits are a count. */
const UNIX_TIME = /^\d{9,13}$/;
/** What spreadsheets write where a formula failed: a cell, not a comment. */
const SHEET_ERROR = /^#(N\/A|NULL!|DIV\/0!|VALUE!|REF!|NAME\?|NUM!)/i;
const SECONDS_PER_DAY = 86_400;
/** Larger Unix times are milliseconds: as seconds they would lie beyond the year 5000. */
const LATEST_SECOND = 1e11;

/** A cell in quotes, with what separates it from the cell before. */
const QUOTED = /(^|[,;\t])\s*"(?:[^"]|"")*"\s*(?=[,;\t]|$)/g;

/** Cells of one CSV line: double quotes protect separators and are doubled inside. */
export function splitLine(line: string, separator: string): string[] {
  if (!line.includes('"')) return line.split(separator).map((cell) => cell.trim());
  const cells: string[] = [];
  let cell = "";
  let quoted = false;
  for (let i = 0; i < line.length; i++) {
    const c = line[i] ?? "";
    if (c === '"' && quoted && line[i + 1] === '"') {
      cell += c;
      i++;
    } else if (c === '"') quoted = !quoted;
    else if (c === separator && !quoted) {
      cells.push(cell.trim());
      cell = "";
    } else cell += c;
  }
  return [...cells, cell.trim()];
}

/**
 * Cells and line numbers of a CSV file, whoever wrote it: byte order mark, any line ending, comma, semicolon or tab, quotes;
 * empty lines and comments are left out.
 */
export function csvLines(file: string, text: string): { readonly cells: string[]; readonly number: number }[] {
  if (/[\0\uFFFD]/.test(text)) throw new TableFormatError(file, "it is not UTF-8 text; save it as UTF-8");
  const lines = text
    .replace(/^\uFEFF/, "")
    .split(/\r\n|\n|\r/)
    .map((line, i) => ({ line, number: i + 1 }))
    .filter(({ line }) => line.trim() !== "" && (!line.startsWith("#") || SHEET_ERROR.test(line)));
  const separator = separatorOf(
    lines[0]?.line ?? "",
    lines.slice(1, 2).map(({ line }) => line),
  );
  if (separator === null) refuseGaps(file, text, lines);
  return lines.map(({ line, number }) => {
    // Quotes come in pairs, the doubled ones inside a cell too.
    if ((line.match(/"/g)?.length ?? 0) % 2 === 1)
      throw new TableFormatError(file, `row ${number} opens a quote that it does not close`);
    // A cell is quoted as a whole: "0.01"5 is no 0.015.
    if (line.includes('"') && line.replace(QUOTED, "$1").includes('"'))
      throw new TableFormatError(file, `row ${number} has a quote inside a cell`);
    return { cells: splitLine(line, separator ?? ","), number };
  });
}

/** The separator of a file by its first lines; null when they have a single cell. */
function separatorOf(first: string, next: readonly string[]): string | null {
  const bare = [first, ...next].map((line) => line.replace(/"[^"]*"/g, ""));
  const counts = (separator: string): number[] => bare.map((line) => line.split(separator).length - 1);
  const found = [";", "\t", ","].filter((separator) => (counts(separator)[0] ?? 0) > 0);
  // A name may hold a comma and a number a decimal one; what cuts the first rows into as many cells is the separator.
  return found.find((separator) => new Set(counts(separator)).size === 1) ?? found.at(-1) ?? null;
}

/**
 * In a file of one column an empty line may be an empty cell: left out, what comes after it would move a step back.
 * @throws {TableFormatError}
 */
function refuseGaps(
  file: string,
  text: string,
  lines: readonly { readonly line: string; readonly number: number }[],
): void {
  const all = text.split(/\r\n|\n|\r/);
  // Below a header it is a matter of taste.
  const from = lines[Number.isNaN(decimal(lines[0]?.line.trim() ?? "")) ? 1 : 0]?.number ?? 0;
  const to = lines.at(-1)?.number ?? 0;
  for (let number = from; number < to; number++) {
    if (all[number - 1]?.trim() === "")
      throw new TableFormatError(
        file,
        `row ${number} is empty in a file of one column: write NA where a value is missing, or take the line out`,
      );
  }
}

const looksNumeric = (cell: Cell): boolean =>
  typeof cell === "number" || cell === null || MISSING.test(cell) || !Number.isNaN(decimal(cell));

function parseCsv(file: string, text: string): RawTable {
  const lines = csvLines(file, text);
  const cells = lines.map(({ cells: row }) => row);
  const [top = []] = cells;
  // A first line of numbers (after an optional date) is data: the file has no header.
  const headless = top.length > 0 && top.every((cell, i) => looksNumeric(cell) || (i === 0 && ISO_DATE.test(cell)));
  const names = top[0] === "" ? top.slice(1) : top;
  // Tables written without names number their columns from 0, with an empty cell over the rows' own numbers.
  if (headless && top.length > 1 && names.every((cell, i) => cell === String(i)))
    throw new TableFormatError(
      file,
      `row ${lines[0]?.number ?? 1}, "${top.join(",")}", may number the columns or be the first row of data: name the columns`,
    );
  const skip = headless ? 0 : 1;
  return { header: headless ? null : top, rows: cells.slice(skip), rowNumbers: lines.slice(skip).map((l) => l.number) };
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isCell = (value: unknown): value is Cell =>
  value === null || typeof value === "number" || typeof value === "string";

function parseJson(file: string, text: string): RawTable {
  let value: unknown;
  try {
    value = parseJsonText(text);
  } catch (cause) {
    throw new TableFormatError(file, jsonFault(cause), cause);
  }
  const cellOf = (cell: unknown, row: number, column: string): Cell => {
    if (isCell(cell)) return cell;
    throw new CellNotNumericError(file, row, column, JSON.stringify(cell));
  };
  if (isRecord(value)) {
    // Rows inside an envelope, as interfaces send them: {"status": ..., "data": [{...}, ...]}.
    const rows = Object.values(value).filter((member) => Array.isArray(member) && member.some(isRecord));
    if (rows.length !== 1) return columnsOf(file, value, cellOf);
    [value] = rows;
  }
  if (!Array.isArray(value)) throw new TableFormatError(file, "it holds neither a list nor an object");
  const list: readonly unknown[] = value;
  const numbers = list.map((_, t) => t + 1);
  if (list.length > 0 && list.every(isRecord)) {
    // A row may leave out what it does not know, the first one too.
    const header = [...new Set(list.flatMap((row) => Object.keys(row)))];
    const rows = list.map((row, t) => header.map((name) => cellOf(row[name] ?? null, t + 1, name)));
    return { header, rows, rowNumbers: numbers };
  }
  const rows = list.map((row, t) =>
    (Array.isArray(row) ? row : [row]).map((cell: unknown, i) => cellOf(cell, t + 1, String(i + 1))),
  );
  return { header: null, rows, rowNumbers: numbers };
}

/** An object of columns. */
function columnsOf(
  file: string,
  value: Readonly<Record<string, unknown>>,
  cellOf: (cell: unknown, row: number, column: string) => Cell,
): RawTable {
  const entries = Object.entries(value);
  const lists = entries.map(([name, list]) => {
    if (Array.isArray(list)) return list.map((cell: unknown, t) => cellOf(cell, t + 1, name));
    throw new TableFormatError(file, `its member "${name}" is not a list`);
  });
  const length = lists[0]?.length ?? 0;
  for (const [i, list] of lists.entries()) {
    if (list.length !== length)
      throw new TableFormatError(file, `its column "${entries[i]?.[0]}" has ${list.length} cells, the first ${length}`);
  }
  const rows = Array.from({ length }, (_, t) => lists.map((list) => list[t] ?? null));
  return { header: entries.map(([name]) => name), rows, rowNumbers: rows.map((_, t) => t + 1) };
}

const isIso = (cell: Cell): boolean => typeof cell === "string" && ISO_DATE.test(cell);

/** Place of the column of dates; -1 when there is none. */
function dateColumnOf({ header, rows }: RawTable, width: number): number {
  const name = header?.[0];
  if (name !== undefined && (DATE_NAME.test(name) || name === "")) return 0;
  if (rows.some((row) => isIso(row[0] ?? null))) return 0;
  // Elsewhere only a column that can be nothing else: rows out of order would be taken for consecutive without it.
  const others = Array.from({ length: width }, (_, i) => i).filter((i) => {
    const isNamed = DATE_NAME.test(header?.[i] ?? "");
    return rows.every((row) => isIso(row[i] ?? null) || (isNamed && UNIX_TIME.test(String(row[i] ?? ""))));
  });
  return others[0] ?? -1;
}

function timeOf(file: string, cell: Cell, row: number, column: string): number {
  const text = String(cell ?? "");
  if (ISO_DATE.test(text)) {
    // A time without a zone is read as UTC: the same file must mean the same on every machine.
    const zoned = /T|\s/.test(text) && !/(Z|[+-]\d{2}:?\d{2})$/.test(text) ? `${text}Z` : text;
    const time = Date.parse(zoned.replace(" ", "T"));
    const day = Date.parse(text.slice(0, 10));
    // Date.parse turns 31 February into 2 March; the day must survive the round trip.
    const isDay = Number.isFinite(day) && new Date(day).toISOString().startsWith(text.slice(0, 10));
    if (Number.isFinite(time) && isDay) return time / 1000;
  } else if (/^\d{1,13}$/.test(text)) {
    const time = Number(text);
    return time > LATEST_SECOND ? time / 1000 : time;
  }
  throw new DateUnreadableError(file, row, column, text);
}

function numberOf(file: string, cell: Cell, row: number, column: string): number {
  if (cell === null) return Number.NaN;
  if (typeof cell === "number" && Number.isFinite(cell)) return cell;
  const text = String(cell);
  if (MISSING.test(text)) return Number.NaN;
  const value = decimal(text);
  if (Number.isFinite(value)) return value;
  if (/%$/.test(text))
    throw new CellNotNumericError(
      file,
      row,
      column,
      text,
      "Drop the % sign from every cell, and divide by 100 where fractions are asked for, as for returns.",
    );
  if (/^[+-]?\d+(,\d+)+(\.\d+)?$/.test(text))
    throw new CellNotNumericError(file, row, column, text, "Write a decimal point and no thousands separators.");
  throw new CellNotNumericError(file, row, column, text);
}

/** Builds a table from a file's text; `file` names it in errors and tells CSV from JSON by its ending. */
export function parseTable(file: string, text: string): Table {
  const raw = /\.json$/i.test(file) ? parseJson(file, text) : parseCsv(file, text);
  if (raw.rows.length === 0) throw new TableFormatError(file, "it holds no row of data");
  const width = raw.header?.length ?? raw.rows[0]?.length ?? 0;
  for (const [t, row] of raw.rows.entries()) {
    if (row.length !== width) throw new RowRaggedError(file, raw.rowNumbers[t] ?? 0, width, row.length);
  }
  const dateAt = dateColumnOf(raw, width);
  const dated = dateAt >= 0;
  const places = Array.from({ length: width }, (_, i) => i).filter((i) => i !== dateAt);
  const columns = places.map((at, i) => raw.header?.[at] ?? String(i + 1));
  if (columns.length === 0)
    throw new TableFormatError(file, dated ? "it holds dates and no column of numbers" : "its rows are empty");
  const twice = columns.find((name, i) => columns.indexOf(name) !== i);
  if (twice !== undefined) throw new TableFormatError(file, `it has two columns named "${twice}"`);

  const dateName = raw.header?.[dateAt] ?? "date";
  const dateCells = dated ? raw.rows.map((row) => row[dateAt] ?? null) : null;
  const times = dateCells?.map((cell, t) => timeOf(file, cell, raw.rowNumbers[t] ?? 0, dateName)) ?? null;
  const dates = dateCells?.map((cell) => String(cell ?? "")) ?? null;
  times?.forEach((time, t) => {
    const before = times[t - 1];
    if (before !== undefined && time <= before)
      throw new DatesUnorderedError(
        file,
        raw.rowNumbers[t] ?? 0,
        dates?.[t] ?? "",
        dates?.[t - 1] ?? "",
        time === before,
      );
  });
  const rows = raw.rows.map((row, t) =>
    columns.map((name, i) => numberOf(file, row[places[i] ?? 0] ?? null, raw.rowNumbers[t] ?? 0, name)),
  );
  return { file, columns, dates, times, rows, rowNumbers: raw.rowNumbers };
}

export const readTable = async (file: string): Promise<Table> => parseTable(file, await readText(file));

/** One column by name, missing cells as NaN. Without a name the file must have exactly one. */
export function columnOf(table: Table, name?: string): number[] {
  const wanted = name ?? (table.columns.length === 1 ? table.columns[0] : undefined);
  const index = wanted === undefined ? -1 : table.columns.indexOf(wanted);
  if (index < 0) throw new ColumnUnknownError(table.file, wanted ?? null, table.columns);
  return table.rows.map((row) => row[index] ?? Number.NaN);
}

/** The table itself when no cell is missing; for models that need every cell. */
export function requireComplete(table: Table): Table {
  for (const [t, row] of table.rows.entries()) {
    const i = row.findIndex(Number.isNaN);
    if (i >= 0) throw new CellsMissingError(table.file, table.rowNumbers[t] ?? 0, table.columns[i] ?? "");
  }
  return table;
}

/** Seconds between the rows of a dated table: the commonest step. */
export function stepOf(times: readonly number[]): number {
  const counts = new Map<number, number>();
  for (let t = 1; t < times.length; t++) {
    const step = (times[t] ?? 0) - (times[t - 1] ?? 0);
    counts.set(step, (counts.get(step) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0])[0]?.[0] ?? SECONDS_PER_DAY;
}

export interface RegularSeries {
  readonly values: readonly number[];
  /** Unix seconds of each value; null when the table has no dates. */
  readonly times: readonly number[] | null;
  /** Steps that the file left out and that stand as missing values here. */
  readonly absentSteps: number;
}

/** Mean calendar month: 146,097 days are 4,800 of them. */
const MONTH = (146_097 / 4_800) * SECONDS_PER_DAY;
/** No month is shorter; the step of a file of months is none of its rows' exact distance. */
const SHORTEST_MONTH = 28 * SECONDS_PER_DAY;
/** Share of a step that a date may lie off its place. */
const OFF_GRID = 0.25;
const MAX_STEPS = 1e6;

/** Whole calendar months between the rows of a dated table; null when they are apart by a constant number of seconds. */
export function monthsOf(times: readonly number[]): number | null {
  const step = stepOf(times);
  const first = times[0] ?? 0;
  const isOff = (time: number): boolean =>
    Math.abs((time - first) / step - Math.round((time - first) / step)) > OFF_GRID;
  return step >= SHORTEST_MONTH && times.some(isOff) ? Math.round(step / MONTH) : null;
}

/** The same day of a later month, or its last where there is none or the day was the last. */
function monthsLater(time: number, months: number): number {
  const from = new Date(time * 1000);
  const year = from.getUTCFullYear();
  const month = from.getUTCMonth();
  const daysIn = (m: number): number => new Date(Date.UTC(year, m + 1, 0)).getUTCDate();
  const day = from.getUTCDate();
  const last = daysIn(month + months);
  const to = day === daysIn(month) ? last : Math.min(day, last);
  return Date.UTC(year, month + months, to) / 1000 + (time % SECONDS_PER_DAY);
}

/** Unix seconds of the steps after the last of a regular series. */
export function timesAhead(times: readonly number[], count: number): number[] {
  const last = times.at(-1) ?? 0;
  const months = monthsOf(times);
  const step = (last - (times[0] ?? 0)) / Math.max(1, times.length - 1);
  return Array.from({ length: count }, (_, k) =>
    months === null ? Math.round(last + (k + 1) * step) : monthsLater(last, (k + 1) * months),
  );
}

/** A column on a regular grid: steps that the file leaves out become missing values, so that lags mean what they say. */
export function regularColumn(table: Table, name?: string): RegularSeries {
  const values = columnOf(table, name);
  const { times, dates } = table;
  if (times === null) return { values, times: null, absentSteps: 0 };
  const months = monthsOf(times);
  const step = months === null ? stepOf(times) : months * MONTH;
  const first = times[0] ?? 0;
  const grid: number[] = [];
  const gridTimes: number[] = [];
  times.forEach((time, t) => {
    const place = (time - first) / step;
    const index = Math.round(place);
    // Two rows of one step are no more regular than one between two steps.
    if (Math.abs(place - index) > OFF_GRID || index < grid.length)
      throw new DatesUnorderedError(
        table.file,
        table.rowNumbers[t] ?? 0,
        dates?.[t] ?? "",
        dates?.[t - 1] ?? "",
        false,
        Math.round(step),
      );
    if (index > MAX_STEPS) throw new TableFormatError(table.file, `its dates span ${index} steps of ${step} seconds`);
    while (grid.length < index) {
      gridTimes.push(Math.round(first + grid.length * step));
      grid.push(Number.NaN);
    }
    gridTimes.push(time);
    grid.push(values[t] ?? Number.NaN);
  });
  return { values: grid, times: gridTimes, absentSteps: grid.length - values.length };
}

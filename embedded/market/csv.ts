/**
 * Strict reading of plain CSV tables: a header, one record per line, commas, no quoting. Anything else is an error that
 * names file, line, column and what to do; nothing is skipped, filled or guessed.
 */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { MarketFileError } from "../errors.ts";

export interface CsvRow {
  /** 1-based line of the file, header included. */
  readonly line: number;
  /** @throws {MarketFileError} when the cell is empty. */
  text(column: string): string;
  /** @throws {MarketFileError} when the cell is not a finite number. */
  number(column: string): number;
  /** Null when the cell is empty. @throws {MarketFileError} when it is anything else than a finite number. */
  optionalNumber(column: string): number | null;
}

export interface CsvTable {
  readonly file: string;
  readonly columns: readonly string[];
  readonly rows: readonly CsvRow[];
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

/** Reads a table that must have these columns. @throws {MarketFileError} on the first thing that is not as it must be. */
export function readCsv(path: string, required: readonly string[]): CsvTable {
  const file = basename(path);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw new MarketFileError(
      file,
      null,
      null,
      `the file cannot be read (${problem})`,
      "Check the directory and the permissions.",
    );
  }
  if (text.includes('"')) {
    throw new MarketFileError(
      file,
      null,
      null,
      "it contains quotes",
      "Write plain comma-separated values without quoting.",
    );
  }
  const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  const columns = (lines[0] ?? "").split(",");
  const positions = new Map<string, number>();
  for (const [index, column] of columns.entries()) {
    if (positions.has(column))
      throw new MarketFileError(file, 1, column, "the column appears twice", "Name every column once.");
    positions.set(column, index);
  }
  for (const column of required) {
    if (!positions.has(column)) {
      throw new MarketFileError(
        file,
        1,
        column,
        "the column is missing",
        `Add it to the header, which has: ${columns.join(", ")}.`,
      );
    }
  }
  if (lines.length < 2) throw new MarketFileError(file, null, null, "the table has no rows", "Export it again.");
  const rows = lines
    .slice(1)
    .map((content, index) => makeRow(file, index + 2, content.split(","), positions, columns.length));
  return { file, columns, rows };
}

function makeRow(
  file: string,
  line: number,
  cells: readonly string[],
  positions: ReadonlyMap<string, number>,
  width: number,
): CsvRow {
  if (cells.length !== width) {
    throw new MarketFileError(
      file,
      line,
      null,
      `the line has ${cells.length} cells, the header ${width}`,
      "Export the table again; a line may be cut off.",
    );
  }
  const cell = (column: string): string => {
    const position = positions.get(column);
    if (position === undefined)
      throw new MarketFileError(file, 1, column, "the column is missing", "Add it to the header.");
    return cells[position] ?? "";
  };
  const parse = (column: string, raw: string): number => {
    if (!NUMBER.test(raw)) {
      throw new MarketFileError(
        file,
        line,
        column,
        `"${raw}" is not a number`,
        "Write decimal numbers with a point and no unit; remove the row if the value is unknown.",
      );
    }
    return Number(raw);
  };
  return {
    line,
    text(column) {
      const raw = cell(column);
      if (raw === "")
        throw new MarketFileError(
          file,
          line,
          column,
          "the cell is empty",
          "Fill it from the source or end the table before it.",
        );
      return raw;
    },
    number(column) {
      return parse(column, cell(column));
    },
    optionalNumber(column) {
      const raw = cell(column);
      return raw === "" ? null : parse(column, raw);
    },
  };
}

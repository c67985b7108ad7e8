/** What is wrong with a user's table, where, and what to do about it. */
import { InputError } from "../kernel/errors.ts";

export class TableFormatError extends InputError {
  readonly code = "TABLE_FORMAT";
  readonly file: string;
  constructor(file: string, fault: string, cause?: unknown) {
    super(
      `The file ${file} cannot be read as a table: ${fault}. Give a CSV file with one header line, or a JSON list of rows.`,
      cause === undefined ? undefined : { cause },
    );
    this.file = file;
  }
}

export class RowRaggedError extends InputError {
  readonly code = "TABLE_ROW_RAGGED";
  readonly file: string;
  readonly row: number;
  constructor(file: string, row: number, expected: number, got: number) {
    super(
      `${file}, row ${row}: ${got} cells where the header has ${expected}. Add or remove the separators of that row.`,
    );
    this.file = file;
    this.row = row;
  }
}

export class CellNotNumericError extends InputError {
  readonly code = "TABLE_CELL";
  readonly file: string;
  readonly row: number;
  readonly column: string;
  readonly value: string;
  constructor(file: string, row: number, column: string, value: string, remedy?: string) {
    super(
      `${file}, row ${row}, column "${column}": "${value}" is not a finite number. ` +
        (remedy ?? "Correct it, or leave the cell empty if the value is not known."),
    );
    this.file = file;
    this.row = row;
    this.column = column;
    this.value = value;
  }
}

export class DateUnreadableError extends InputError {
  readonly code = "TABLE_DATE";
  readonly file: string;
  readonly row: number;
  readonly column: string;
  constructor(file: string, row: number, column: string, value: string) {
    super(`${file}, row ${row}, column "${column}": "${value}" is no date. Write YYYY-MM-DD, or Unix seconds.`);
    this.file = file;
    this.row = row;
    this.column = column;
  }
}

/** A number that squares to infinity or to nothing: no variance could be told from it. */
export class CellScaleError extends InputError {
  readonly code = "TABLE_CELL_SCALE";
  readonly file: string;
  readonly row: number;
  readonly column: string;
  constructor(file: string, row: number, column: string, value: number) {
    super(
      `${file}, row ${row}, column "${column}": ${value} is beyond the range of 1e-100 to 1e100 that variances can be computed in. ` +
        "Correct it, or give the column in other units.",
    );
    this.file = file;
    this.row = row;
    this.column = column;
  }
}

export class ColumnTooShortError extends InputError {
  readonly code = "TABLE_COLUMN_SHORT";
  readonly file: string;
  readonly column: string;
  readonly observed: number;
  readonly needed: number;
  constructor(file: string, column: string, observed: number, needed: number, why: string, remedy: string) {
    const seen = observed === 1 ? "1 observation" : `${observed} observations`;
    super(`${file}, column "${column}": ${seen} where ${why} needs ${needed}. ${remedy}`);
    this.file = file;
    this.column = column;
    this.observed = observed;
    this.needed = needed;
  }
}

export class CellsMissingError extends InputError {
  readonly code = "TABLE_CELL_MISSING";
  readonly file: string;
  readonly row: number;
  readonly column: string;
  constructor(file: string, row: number, column: string, remedy = "Fill the cell, or drop the row or the column.") {
    super(`${file}, row ${row}, column "${column}": the cell is empty and this model needs every value. ${remedy}`);
    this.file = file;
    this.row = row;
    this.column = column;
  }
}

export class ColumnUnknownError extends InputError {
  readonly code = "TABLE_COLUMN";
  readonly file: string;
  readonly column: string | null;
  constructor(file: string, column: string | null, columns: readonly string[]) {
    const names = columns.slice(0, 12).join(", ") + (columns.length > 12 ? ", ..." : "");
    super(
      column === null
        ? `${file} has ${columns.length} columns. Choose one with --column: ${names}.`
        : `${file} has no numeric column "${column}". Choose one of: ${names}.`,
    );
    this.file = file;
    this.column = column;
  }
}

export class DatesUnorderedError extends InputError {
  readonly code = "TABLE_DATES";
  readonly file: string;
  readonly row: number;
  constructor(file: string, row: number, date: string, before: string, duplicated: boolean, step?: number) {
    const fault =
      step !== undefined
        ? `the date ${date} is off the file's step of ${step} seconds`
        : duplicated
          ? `the date ${date} stands twice`
          : `the date ${date} follows ${before}`;
    const remedy =
      step !== undefined
        ? "Resample the file to one regular step."
        : duplicated
          ? "Keep one row per date."
          : "Sort the rows by date, oldest first.";
    super(`${file}, row ${row}: ${fault}. ${remedy}`);
    this.file = file;
    this.row = row;
  }
}

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

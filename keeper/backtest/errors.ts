/** What a backtest refuses, and why. */
import { HoldError, InputError } from "../kernel/errors.ts";

export class UnknownVenueError extends InputError {
  readonly code = "BACKTEST_VENUE";
  readonly venue: string;
  /** @param leftOut why a column of this name takes no part; empty where there is none. */
  constructor(venue: string, known: readonly string[], leftOut: readonly string[] = []) {
    const where = leftOut.length === 0 ? "in the data" : `that takes part (${leftOut.join(" ")})`;
    super(`There is no venue "${venue}" ${where}. Choose from: ${known.slice(0, 24).join(", ")}.`);
    this.venue = venue;
  }
}

export class UnknownStrategyError extends InputError {
  readonly code = "BACKTEST_STRATEGY";
  readonly strategy: string;
  constructor(strategy: string, known: readonly string[]) {
    super(`There is no strategy "${strategy}". Choose from: ${known.join(", ")}.`);
    this.strategy = strategy;
  }
}

export class HistoryTooShortError extends InputError {
  readonly code = "BACKTEST_HISTORY";
  readonly days: number;
  readonly needed: number;
  constructor(days: number, needed: number, why: string) {
    super(
      `The data cover ${days} days; at least ${needed} are needed (${why}). Give a longer file, an earlier --from, or a shorter --warmup.`,
    );
    this.days = days;
    this.needed = needed;
  }
}

/** Reasons that one message carries; a file may have hundreds of columns. */
const SHOWN = 3;

export class NoVenueError extends InputError {
  readonly code = "BACKTEST_NO_VENUE";
  /** @param leftOut one line for each column that takes no part. */
  constructor(why: string, leftOut: readonly string[] = []) {
    const shown = leftOut.slice(0, SHOWN).map((line) => ` ${line}`);
    const more = leftOut.length > SHOWN ? ` And ${leftOut.length - SHOWN} more.` : "";
    super(
      `No column of the data can be backtested: ${why}.${shown.join("")}${more} Name columns with --venues, lower --min-coverage for gaps, or widen --from and --to.`,
    );
  }
}

export class ColumnMeaningError extends InputError {
  readonly code = "BACKTEST_COLUMN_MEANING";
  readonly column: string;
  constructor(file: string, column: string, detail: string) {
    super(
      `${file}, column "${column}": ${detail}. Say what the file holds with --kind returns|prices|apy, and --apy-unit percent|fraction for yields.`,
    );
    this.column = column;
  }
}

/** A day's worth of input that no strategy may see as it is. */
export class DirtyColumnError extends InputError {
  readonly code = "BACKTEST_DIRTY";
  readonly column: string;
  constructor(column: string, fault: string) {
    super(`Column "${column}": ${fault}. Correct the file, or leave the column out with --venues.`);
    this.column = column;
  }
}

export class WorkerFailedError extends HoldError {
  readonly code = "BACKTEST_WORKER";
  constructor(what: string, cause: unknown) {
    super(`A worker stopped while it computed ${what}: ${cause instanceof Error ? cause.message : String(cause)}.`, {
      cause,
    });
  }
}

/** The place for an interrupted run's forecasts can be neither read nor written. */
export class CheckpointUnusableError extends InputError {
  readonly code = "BACKTEST_CHECKPOINT";
  readonly file: string;
  constructor(file: string, cause: unknown) {
    super(
      `The checkpoint ${file} cannot be read or written. Name a file in a folder that can be written with --checkpoint, or "none" to keep nothing.`,
      { cause },
    );
    this.file = file;
  }
}

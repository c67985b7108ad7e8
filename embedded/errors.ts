/** Every failure of the embedded chain and its markets: what happened, the values, and what to do. */
import { ChainError, InputError } from "../keeper/kernel/errors.ts";

export class EmbeddedTransactionFailedError extends ChainError {
  readonly code = "EMBEDDED_TRANSACTION_FAILED";
  readonly label: string;
  readonly hash: string;
  readonly reason: string;
  constructor(label: string, hash: string, reason: string) {
    super(
      `"${label}" (${hash}) reverted on the embedded chain: ${reason}. Fix the call; the market is not advanced past it.`,
    );
    this.label = label;
    this.hash = hash;
    this.reason = reason;
  }
}

export class EmbeddedTransactionNotMinedError extends ChainError {
  readonly code = "EMBEDDED_TRANSACTION_NOT_MINED";
  readonly label: string;
  readonly hash: string;
  readonly gas: bigint;
  constructor(label: string, hash: string, gas: bigint) {
    super(
      `"${label}" (${hash}, gas limit ${gas}) did not fit the block it was meant for. Give the block fewer calls or lower gas limits.`,
    );
    this.label = label;
    this.hash = hash;
    this.gas = gas;
  }
}

export class EmbeddedDeploymentMismatchError extends ChainError {
  readonly code = "EMBEDDED_DEPLOYMENT_MISMATCH";
  readonly what: string;
  readonly expected: string;
  readonly actual: string;
  constructor(what: string, expected: string, actual: string) {
    super(
      `${what}: expected ${expected}, found ${actual}. The installed package differs from the pinned one: run npm ci.`,
    );
    this.what = what;
    this.expected = expected;
    this.actual = actual;
  }
}

export class EmbeddedPortInUseError extends InputError {
  readonly code = "EMBEDDED_PORT_IN_USE";
  readonly port: number;
  constructor(port: number, cause: unknown) {
    super(`Port ${port} on 127.0.0.1 cannot be opened. Stop what uses it, or leave the port out to get a free one.`, {
      cause,
    });
    this.port = port;
  }
}

export class EmbeddedClockError extends ChainError {
  readonly code = "EMBEDDED_CLOCK";
  readonly latest: number;
  readonly wanted: number;
  constructor(latest: number, wanted: number) {
    super(
      `A block at ${wanted} cannot follow a block at ${latest} (Unix seconds). Advance the market by whole days and do not move the clock past it.`,
    );
    this.latest = latest;
    this.wanted = wanted;
  }
}

export class MarketExhaustedError extends InputError {
  readonly code = "MARKET_EXHAUSTED";
  readonly wantedDays: number;
  readonly availableDays: number;
  constructor(wantedDays: number, availableDays: number) {
    super(
      `The market has ${availableDays} more days, ${wantedDays} were asked for. Ask for fewer days or generate a longer market.`,
    );
    this.wantedDays = wantedDays;
    this.availableDays = availableDays;
  }
}

export class LendingRateUnreachableError extends ChainError {
  readonly code = "LENDING_RATE_UNREACHABLE";
  readonly venue: string;
  /** Simple annual supply rates, fractions. */
  readonly wanted: number;
  readonly reachable: number;
  constructor(venue: string, wanted: number, reachable: number) {
    super(
      `${venue}: a supply rate of ${wanted} a year is outside what its rate model can pay (at most ${reachable}). Check the units of the series (fraction, not percent) or the model's parameters.`,
    );
    this.venue = venue;
    this.wanted = wanted;
    this.reachable = reachable;
  }
}

export class MarketFileError extends InputError {
  readonly code = "MARKET_FILE";
  readonly file: string;
  /** 1-based line in the file, header included; null when the whole file is meant. */
  readonly row: number | null;
  readonly column: string | null;
  readonly remedy: string;
  constructor(file: string, row: number | null, column: string | null, problem: string, remedy: string) {
    const where = `${file}${row === null ? "" : `, line ${row}`}${column === null ? "" : `, column "${column}"`}`;
    super(`${where}: ${problem}. ${remedy}`);
    this.file = file;
    this.row = row;
    this.column = column;
    this.remedy = remedy;
  }
}

export class MarketParameterError extends InputError {
  readonly code = "MARKET_PARAMETER";
  readonly parameter: string;
  readonly value: number | string;
  constructor(parameter: string, value: number | string, remedy: string) {
    super(`Market parameter ${parameter} = ${value} cannot be used. ${remedy}`);
    this.parameter = parameter;
    this.value = value;
  }
}

/** A step of the demonstration did not end as it must. */
export class DemoStepError extends ChainError {
  readonly code = "DEMO_STEP";
  readonly step: string;
  constructor(step: string, reason: string) {
    super(`The demonstration's step "${step}" failed: ${reason}. This is a defect; please report the seed.`);
    this.step = step;
  }
}

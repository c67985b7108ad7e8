/** Why an observation must be held. */
import { HoldError } from "../kernel/errors.ts";

/** A number the run cannot do without did not come. */
export class RequiredReadError extends HoldError {
  readonly code = "REQUIRED_READ";
  readonly strategy: string | null;
  readonly what: string;
  readonly reason: string;
  constructor(strategy: string | null, what: string, reason: string) {
    const whose = strategy === null ? "" : ` of strategy ${strategy}`;
    super(
      `The run is held: ${what}${whose} cannot be read (${reason}). Check the address in the configuration and the venue's state.`,
    );
    this.strategy = strategy;
    this.what = what;
    this.reason = reason;
  }
}

/** A venue has no usable past at all. */
export class NoHistoryError extends HoldError {
  readonly code = "NO_HISTORY";
  readonly strategy: string;
  readonly reason: string;
  constructor(strategy: string, reason: string) {
    super(
      `The run is held: strategy ${strategy} has no history (${reason}). Remove it from the configuration or wait.`,
    );
    this.strategy = strategy;
    this.reason = reason;
  }
}

/** The books of the vault do not add up with what the configuration knows. */
export class BooksDifferError extends HoldError {
  readonly code = "BOOKS_DIFFER";
  readonly what: string;
  readonly stated: bigint;
  readonly found: bigint;
  constructor(what: string, stated: bigint, found: bigint, remedy: string) {
    super(`The run is held: ${what}: the vault states ${stated}, the configured strategies give ${found}. ${remedy}`);
    this.what = what;
    this.stated = stated;
    this.found = found;
  }
}

/** Two contracts of the configuration do not belong together. */
export class WiringError extends HoldError {
  readonly code = "WIRING";
  readonly what: string;
  readonly expected: string;
  readonly actual: string;
  constructor(what: string, expected: string, actual: string) {
    super(
      `The run is held: ${what} is ${actual}, the configuration says ${expected}. Correct addresses in the configuration.`,
    );
    this.what = what;
    this.expected = expected;
    this.actual = actual;
  }
}

/** The chain gave fewer past blocks than a history needs. */
export class NoPastError extends HoldError {
  readonly code = "NO_PAST";
  readonly blocks: number;
  constructor(blocks: number) {
    super(`The run is held: only ${blocks} past block(s) could be sampled. The chain is too young for a history.`);
    this.blocks = blocks;
  }
}

/** Nobody prices the redeem queue. */
export class QueueTooLongError extends HoldError {
  readonly code = "QUEUE_TOO_LONG";
  readonly batches: number;
  constructor(batches: number, most: number) {
    super(
      `The run is held: ${batches} batches of the redeem queue wait for a price, at most ${most} are read. Run amplified maintain: anyone may price them.`,
    );
    this.batches = batches;
  }
}

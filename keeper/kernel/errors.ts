/** Every failure of the keeper: one class, a literal code, the values that explain it, and what to do. */

/** Exit codes of the command line, by class of failure. */
export const EXIT = { ok: 0, unexpected: 1, badInput: 2, held: 3, chain: 4, refused: 5, notYet: 6 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export abstract class EngineError extends Error {
  abstract readonly code: string;
  /** True when the same call may succeed later without a change by anyone. */
  readonly retryable: boolean = false;
  readonly exitCode: ExitCode = EXIT.unexpected;
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** Bad configuration, arguments or files. */
export abstract class InputError extends EngineError {
  override readonly exitCode = EXIT.badInput;
}

/** The chain or the connection to it did not deliver. */
export abstract class ChainError extends EngineError {
  override readonly exitCode = EXIT.chain;
}

/** The run must be held: a stage cannot vouch for its numbers. */
export abstract class HoldError extends EngineError {
  override readonly exitCode = EXIT.held;
}

export class FloatNotFiniteError extends HoldError {
  readonly code = "FLOAT_NOT_FINITE";
  readonly value: number;
  constructor(value: number) {
    super(`The number ${value} is not finite. Reject the forecast before converting to integers.`);
    this.value = value;
  }
}

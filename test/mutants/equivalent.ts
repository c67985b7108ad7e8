/** Faults of `npm run test:mutation` that no test can notice, each with the argument. An entry that a test does notice fails the run. */

export interface Equivalent {
  /** As the run prints it. */
  readonly id: string;
  readonly why: string;
}

export const EQUIVALENT: readonly Equivalent[] = [];

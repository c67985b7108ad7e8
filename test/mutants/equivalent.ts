/** Faults of `npm run test:mutation` that no test can notice, each with the argument. An entry that a test does notice fails the run. */

export interface Equivalent {
  /** As the run prints it. */
  readonly id: string;
  readonly why: string;
}

/** Each part is bounded only so that their sum cannot overflow; the sum is bounded by the same limit right after. */
const SUM_BINDS = "A part above the limit makes the sum exceed it, which the next line refuses as well.";

export const EQUIVALENT: readonly Equivalent[] = [
  {
    id: "Rebalancer._allocate | drop | revert Errors.LiquidityVault_PriceForbids(t.id, t.status) dropped",
    why: "The guard's requireInflow on the line before always reverts there: a sync that did not answer Normal leaves the strategy recovering or closed, and the guard's own quote then does not answer Normal in the same transaction either.",
  },
  ...["", " #2", " #3"].map((which) => ({
    id: `StrategyReports._readPosition | constant | MAX_ASSETS -> + 1${which}`,
    why: SUM_BINDS,
  })),
];

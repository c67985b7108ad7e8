/** What is meant to happen in which cycle. A cycle that is held leaves its part to the next one. */
import type { CycleResult } from "../../keeper/report/result.ts";

/** From this cycle on, one proposal meets price feeds that fell silent between signing and execution. */
export const REFUSAL_FROM = 3;
/** From this cycle on, the owners approve once by an ordinary Safe transaction instead of typed signatures. */
export const FALLBACK_FROM = 2;

export interface Part {
  readonly approval: "signatures" | "safe-transaction";
  /** The feeds of what the proposal touches fall silent, if it touches any that has one. */
  readonly silence: boolean;
}

/** The part of the next cycle, given how the ones before it ended. */
export function partOf(done: readonly Pick<CycleResult, "status" | "approvedBy">[]): Part {
  const index = done.length;
  const silence = index >= REFUSAL_FROM && !done.some(({ status }) => status === "refused");
  const fallback =
    !silence && index >= FALLBACK_FROM && !done.some(({ approvedBy }) => approvedBy === "safe-transaction");
  return { approval: fallback ? "safe-transaction" : "signatures", silence };
}

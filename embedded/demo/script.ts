/** What is meant to happen in which cycle. A cycle that is held leaves its part to the next one. */
import type { CycleResult } from "../../keeper/report/result.ts";
import type { Role } from "../world.ts";

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

/** What people do besides the cycles. `day` counts from the cycle: 0 is before it, -1 the last day before the next one. */
export type Scene = { readonly cycle: number; readonly day: number } & (
  | { readonly act: "deposit" | "withdraw"; readonly who: Role; readonly weth: string }
  /** Asks the redeem queue for a share of what `who` holds, per cent. */
  | { readonly act: "request-redeem"; readonly who: Role; readonly percent: number }
  /** The guardian freezes the first strategy of the withdrawal order that holds anything; the curator returns it later. */
  | { readonly act: "freeze" }
);

export const SCENES: readonly Scene[] = [
  { cycle: 0, day: 0, act: "deposit", who: "firstDepositor", weth: "2000" },
  { cycle: 0, day: 0, act: "deposit", who: "secondDepositor", weth: "1000" },
  { cycle: 1, day: 0, act: "deposit", who: "thirdDepositor", weth: "800" },
  { cycle: 1, day: 4, act: "request-redeem", who: "secondDepositor", percent: 25 },
  { cycle: 2, day: 0, act: "deposit", who: "secondDepositor", weth: "700" },
  { cycle: 3, day: 0, act: "deposit", who: "firstDepositor", weth: "600" },
  { cycle: 4, day: 0, act: "withdraw", who: "thirdDepositor", weth: "150" },
  { cycle: 4, day: 0, act: "deposit", who: "secondDepositor", weth: "900" },
  { cycle: 4, day: -1, act: "freeze" },
  { cycle: 5, day: 0, act: "deposit", who: "firstDepositor", weth: "500" },
];

/** The scenes of a day, `day` counted from the cycle, of `cycleDays`. */
export const scenesOf = (cycle: number, day: number, cycleDays: number): readonly Scene[] =>
  SCENES.filter((scene) => scene.cycle === cycle && (scene.day < 0 ? cycleDays + scene.day : scene.day) === day);

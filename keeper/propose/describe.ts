/** A proposal in words that an owner can hold against what the wallet shows: one sentence, or a table where there are many legs. */
import { formatEther } from "ethers";
import type { Leg, LegKindName, LegRow, Proposal } from "../kernel/artifacts.ts";
import { BPS, mulDivUp } from "../kernel/units.ts";

/** Strategy id to name; an unknown id is shown as a number, never as another strategy. */
export type StrategyNames = ReadonlyMap<number, string>;

const MAX_UINT128 = (1n << 128n) - 1n;

/** Amount with at least one decimal and no trailing noise. */
const weth = (amount: bigint): string => `${formatEther(amount)} WETH`;

function phrase({ kind, amount, minValue, strategyId, tickLower, tickUpper }: Leg, names: StrategyNames): string {
  const name = names.get(strategyId) ?? `strategy ${strategyId}`;
  const all = amount === MAX_UINT128;
  const phrases: Readonly<Record<LegKindName, string>> = {
    Deallocate: `takes ${weth(amount)} out of ${name} (at least ${weth(minValue)} must arrive)`,
    RequestExit: `asks ${name} to pay out ${weth(amount)} later (at least ${weth(minValue)} requested)`,
    Allocate: `puts ${all ? "all idle WETH above the reserve" : weth(amount)} into ${name} (worth at least ${weth(minValue)})`,
    Reposition: `moves the position in ${name} to ticks ${tickLower} to ${tickUpper} (worth at least ${weth(minValue)})`,
  };
  return phrases[kind];
}

/**
 * How much the legs move, as the module measures it: the larger of what leaves strategies and what enters them, basis points of
 * `refNav`, rounded up. Null when a leg takes the remainder, which only the chain can size.
 */
export function movedBps({ legs, refNav }: Pick<Proposal, "legs" | "refNav">): bigint | null {
  if (refNav === 0n || legs.some(({ amount }) => amount === MAX_UINT128)) return null;
  const sum = (enters: boolean): bigint =>
    legs.reduce((total, { kind, amount }) => ((kind === "Allocate") === enters ? total + amount : total), 0n);
  const [into, out] = [sum(true), sum(false)];
  return mulDivUp(into > out ? into : out, BPS, refNav);
}

const time = (seconds: number): string =>
  `${new Date(seconds * 1000).toISOString().slice(0, 16).replace("T", " ")} UTC`;

const terms = ({ maxLoss, refNav, navToleranceBps, notBefore, deadline }: Proposal): string =>
  `may lose at most ${weth(maxLoss)}; needs a NAV within ${navToleranceBps / 100} % of ${weth(refNav)}; valid from ${time(notBefore)} until ${time(deadline)}.`;

const DOES: Readonly<Record<LegKindName, LegRow["does"]>> = {
  Deallocate: "takes out",
  RequestExit: "asks back",
  Allocate: "puts in",
  Reposition: "moves range",
};

export const legRows = ({ legs }: Pick<Proposal, "legs">, names: StrategyNames): readonly LegRow[] =>
  legs.map(({ kind, amount, minValue, strategyId, tickLower, tickUpper }) => ({
    does: DOES[kind],
    strategy: names.get(strategyId) ?? `strategy ${strategyId}`,
    amount:
      kind === "Reposition"
        ? `ticks ${tickLower} to ${tickUpper}`
        : amount === MAX_UINT128
          ? "all idle above the reserve"
          : formatEther(amount),
    atLeast: formatEther(minValue),
  }));

/** Up to this many legs a sentence is read faster than a table. */
const SENTENCE_LEGS = 2;

/** The proposal for a terminal: its sentence, or what it moves in all, one line a leg and its terms. */
export function describeLines(proposal: Proposal, names: StrategyNames): readonly string[] {
  if (proposal.legs.length <= SENTENCE_LEGS) return [describe(proposal, names)];
  const rows = legRows(proposal, names);
  const total = (kinds: readonly LegKindName[]): string | null => {
    const chosen = proposal.legs.filter(({ kind }) => kinds.includes(kind));
    if (chosen.length === 0) return null;
    const sized = chosen.every(({ amount }) => amount !== MAX_UINT128);
    const where = chosen.length === 1 ? "one strategy" : `${chosen.length} strategies`;
    return `${sized ? weth(chosen.reduce((sum, { amount }) => sum + amount, 0n)) : "the remainder of idle"} ${kinds.includes("Allocate") ? "into" : "out of"} ${where}`;
  };
  const moves = [total(["Deallocate", "RequestExit"]), total(["Allocate"])].filter((text) => text !== null);
  const ranges = rows.filter(({ does }) => does === "moves range").length;
  const what = [...moves, ...(ranges === 0 ? [] : [ranges === 1 ? "one range" : `${ranges} ranges`])].join(", ");
  const width = (pick: (row: LegRow) => string): number => Math.max(...rows.map((row) => pick(row).length));
  const [does, strategy, amount, atLeast] = [
    width((row) => row.does),
    width((row) => row.strategy),
    width((row) => row.amount),
    width((row) => row.atLeast),
  ];
  return [
    `Moves ${what}:`,
    ...rows.map(
      (row) =>
        `  ${row.does.padEnd(does)}  ${row.strategy.padEnd(strategy)}  ${row.amount.padStart(amount)}  at least ${row.atLeast.padStart(atLeast)} WETH`,
    ),
    terms(proposal).replace(/^./, (first) => first.toUpperCase()),
  ];
}

/** One plain sentence of what executing the proposal does. */
export function describe(proposal: Proposal, names: StrategyNames): string {
  const { legs } = proposal;
  const [only, second, ...more] = legs;
  const simple =
    only !== undefined &&
    second !== undefined &&
    more.length === 0 &&
    only.kind === "Deallocate" &&
    second.kind === "Allocate";
  const what =
    simple && second.amount <= only.amount
      ? `Moves ${weth(second.amount)} from ${names.get(only.strategyId) ?? `strategy ${only.strategyId}`} to ${names.get(second.strategyId) ?? `strategy ${second.strategyId}`} (takes out ${weth(only.amount)}, at least ${weth(only.minValue)} must arrive and become at least ${weth(second.minValue)})`
      : legs
          .map((leg) => phrase(leg, names))
          .join("; ")
          .replace(/^./, (first) => first.toUpperCase());
  return `${what}; ${terms(proposal)}`;
}

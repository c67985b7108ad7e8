/** A proposal in one sentence that an owner can hold against what the wallet shows. */
import { formatEther } from "ethers";
import type { Leg, LegKindName, Proposal } from "../kernel/artifacts.ts";
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

/** One plain sentence of what executing the proposal does. */
export function describe(proposal: Proposal, names: StrategyNames): string {
  const { legs, maxLoss, refNav, navToleranceBps, notBefore, deadline } = proposal;
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
  return `${what}; may lose at most ${weth(maxLoss)}; needs a NAV within ${navToleranceBps / 100} % of ${weth(refNav)}; valid from ${time(notBefore)} until ${time(deadline)}.`;
}

/**
 * What a Pendle market's trades paid to its liquidity. The market counts no fees, but every trade emits what it paid and what
 * of that left for the treasury. A fee is shared by the LP of its moment, so the market's mints and burns are read with the
 * trades. Undoing all events from the present state must end at the state of the span's start, to the wei: a node that left
 * events out is found out, and the yield is missing.
 *
 * Source: `Swap`, `Mint`, `Burn` of PendleMarketV7.sol, npm @pendle/core-v2 6.11.0.
 */
import { IPendleMarket__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/pendle/IPendle.sol/IPendleMarket__factory.ts";
import { signed, uint } from "../chain/fields.ts";
import type { ChainEvent, EventQuery } from "../chain/logs.ts";
import type { Outcome } from "../chain/multicall.ts";
import { type Address, fromWad, SECONDS_PER_DAY, WAD } from "../kernel/units.ts";
import type { YieldPart } from "../kernel/venue-state.ts";
import { known, missing, YEAR_SECONDS } from "./quotes.ts";

const marketInterface = IPendleMarket__factory.createInterface();
/** Fees per LP are small beside it: 36 digits hold a wei of fee on any supply. */
const SCALE = WAD * WAD;

export const marketEvents = (market: Address): EventQuery => ({
  address: market,
  iface: marketInterface,
  events: ["Swap", "Mint", "Burn"],
});

/** What a market holds, wei of SY and of LP. */
export interface MarketBooks {
  readonly sy: bigint;
  readonly lp: bigint;
}

/** The books before an event, and what it paid to LP, SY. */
function undo(
  { sy, lp }: MarketBooks,
  { name, row }: ChainEvent,
): { readonly books: MarketBooks; readonly fee: bigint } {
  if (name === "Mint")
    return { books: { sy: sy - uint(row, "netSyUsed"), lp: lp - uint(row, "netLpMinted") }, fee: 0n };
  if (name === "Burn") return { books: { sy: sy + uint(row, "netSyOut"), lp: lp + uint(row, "netLpBurned") }, fee: 0n };
  const toReserve = uint(row, "netSyToReserve");
  return { books: { sy: sy + signed(row, "netSyOut") + toReserve, lp }, fee: uint(row, "netSyFee") - toReserve };
}

/**
 * Yearly yield of LP from fees, compounded: SY that one LP was paid over the span, at the present index, over the present worth
 * of one LP. It is apart from what LP lose to those who trade on a better price.
 * @param worth Of all LP now, in SY at the index.
 * @param seconds Between the two ends; 0 where there is no earlier one.
 */
export function liquidityFees(
  now: MarketBooks,
  past: Outcome<MarketBooks>,
  events: Outcome<readonly ChainEvent[]> | undefined,
  worth: number,
  seconds: number,
): YieldPart {
  if (seconds <= 0) return missing("the chain has no earlier block to compare with");
  const days = (seconds / SECONDS_PER_DAY).toFixed(1);
  if (events === undefined) return missing("the market's trades were not read");
  if (!events.ok) return missing(`the market's trades of ${days} days are not answered: ${events.reason}`);
  if (!past.ok) return missing(`the market was not answered ${days} days ago: ${past.reason}`);
  if (now.lp <= 0n || !(worth > 0)) return missing(`the market has ${now.lp} LP`);
  let books = now;
  let perLp = 0n;
  for (const event of events.value.toReversed()) {
    const before = undo(books, event);
    if (before.fee > 0n && books.lp > 0n) perLp += (before.fee * SCALE) / books.lp;
    ({ books } = before);
  }
  if (books.sy !== past.value.sy || books.lp !== past.value.lp) {
    const reason = `the node's events lead from ${fromWad(now.sy)} to ${fromWad(books.sy)} SY and ${fromWad(books.lp)} LP`;
    return missing(
      `${reason}, the market had ${fromWad(past.value.sy)} and ${fromWad(past.value.lp)} ${days} days ago`,
    );
  }
  const earned = (fromWad(perLp / WAD) * fromWad(now.lp)) / worth;
  return known(
    Math.expm1((Math.log1p(earned) * YEAR_SECONDS) / seconds),
    `netSyFee less netSyToReserve of every Swap over ${days} days, per LP of its moment; before losses to better informed trades`,
  );
}

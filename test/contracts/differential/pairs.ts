/** What chain and model are compared by, beyond the first books: queue, in-kind claims, fees, every account's WETH. */
import type { WethDouble } from "../../../types/ethers-contracts/index.ts";
import type { Core } from "../../support/core.ts";
import type { Books } from "./books.ts";
import { IDS } from "./strategy.ts";

/** Name, what the chain says, what the model says. */
export type Pair = [string, Promise<bigint>, bigint];

export interface Lives {
  readonly core: Core;
  readonly books: Books;
  readonly weth: WethDouble;
  readonly donated: bigint;
  readonly isBlockClosed: boolean;
  readonly people: readonly { readonly address: string }[];
}

export function vaultPairs(lives: Lives, now: bigint): Pair[] {
  const { vault } = lives.core;
  const { books, weth } = lives;
  const recipients = [lives.core.keeper.address, lives.core.curator.address];
  return [
    ["owed", vault.queueLiabilities(), books.owed],
    ["reserve", vault.minimumIdle(), books.reserve],
    ["WETH held", weth.balanceOf(vault.target), books.idle + books.setAside + lives.donated],
    // A call sees the block of the last act, which an execution has closed.
    ["open", vault.exitsOpen().then(BigInt), BigInt(books.exitsOpen(now) && !lives.isBlockClosed)],
    ["open in kind", vault.isInKindOpen().then(BigInt), BigInt(books.isInKindOpen(now))],
    ["accrual", vault.fees().then((fees) => fees.accruedAt), books.fees.accruedAt],
    ...recipients.map((who): Pair => ["fee shares", vault.balanceOf(who), books.balanceOf(who)]),
    ...IDS.flatMap((id): Pair[] => {
      const strategy = books.at(id);
      return [
        [`units ${id}`, vault.strategyReport(id).then((report) => report.inKindUnits), strategy.units],
        [`set aside ${id}`, vault.strategyReport(id).then((report) => report.inKindUnpaid), strategy.unpaid],
        ...lives.people.map(
          ({ address }): Pair => [
            `units of a person ${id}`,
            vault.inKindUnits(id, address),
            strategy.claims.get(address)?.units ?? 0n,
          ],
        ),
      ];
    }),
  ];
}

export function queuePairs(lives: Lives): Pair[] {
  const { queue, vault } = lives.core;
  const twin = lives.books.queue;
  const recent = [...twin.batches.keys()].slice(-3).map((index) => index + 1);
  return [
    ["funded", queue.funded(), twin.funded],
    ["next to price", queue.nextToPrice(), BigInt(twin.priced + 1)],
    ["batches", queue.lastRequestId(), BigInt(twin.batches.length)],
    ["escrow", vault.balanceOf(queue.target), twin.escrow],
    ["queue's WETH", lives.weth.balanceOf(queue.target), twin.funded - twin.paidOut],
    ...recent.flatMap((id): Pair[] => {
      const batch = twin.at(id);
      return [
        [`batch ${id} shares`, queue.batch(id).then((found) => found.shares), batch.shares],
        [`batch ${id} assets`, queue.batch(id).then((found) => found.assets), batch.assets],
        [`batch ${id} owed`, queue.batch(id).then((found) => found.owedUpTo), batch.owedUpTo],
        [`batch ${id} end`, queue.batch(id).then((found) => found.end), batch.end],
      ];
    }),
  ];
}

/** Requests of the redeem queue that still wait for a price: what they will take out of the vault. */
import { IRedeemQueue__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/IRedeemQueue__factory.ts";
import { int, struct, uint } from "../chain/fields.ts";
import { view } from "../chain/multicall.ts";
import { type Address, type Assets, assets, mulDivUp } from "../kernel/units.ts";
import { QueueTooLongError } from "./errors.ts";
import type { ReadPlan } from "./state.ts";

const queueInterface = IRedeemQueue__factory.createInterface();
/** Batches end on a fixed grid of hours and are priced daily: more than this many means that nobody prices them. */
export const MAX_OPEN_BATCHES = 256;

/** Plans the reads of the unpriced range of batches, `[first, last]`; empty when first > last. */
export function planQueueRange(
  queue: Address,
  plan: ReadPlan,
): () => { readonly first: number; readonly last: number } {
  const read = (fragment: string) =>
    plan.need(
      null,
      `RedeemQueue.${fragment}`,
      view(queueInterface, queue, fragment, [], (row) => int(row, 0)),
    );
  const first = read("nextToPrice");
  const last = read("lastRequestId");
  return () => ({ first: first(), last: last() });
}

/** Plans the shares of the batches of a range. @throws {QueueTooLongError} */
export function planQueueShares(
  queue: Address,
  { first, last }: { readonly first: number; readonly last: number },
  plan: ReadPlan,
): () => bigint {
  const count = Math.max(0, last - first + 1);
  if (count > MAX_OPEN_BATCHES) throw new QueueTooLongError(count, MAX_OPEN_BATCHES);
  const batches = Array.from({ length: count }, (_, index) =>
    plan.need(
      null,
      `RedeemQueue.batch(${first + index})`,
      view(queueInterface, queue, "batch", [first + index], (row) => uint(struct(row, 0), "shares")),
    ),
  );
  return () => batches.reduce((sum, shares) => sum + shares(), 0n);
}

/** Worth of shares at today's price, rounded up: towards more liquidity. */
export const worthOf = (
  shares: bigint,
  { totalAssets, totalSupply }: { readonly totalAssets: bigint; readonly totalSupply: bigint },
): Assets => assets(totalSupply === 0n ? 0n : mulDivUp(shares, totalAssets, totalSupply));

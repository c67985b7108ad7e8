/** The redeem queue and the vault's side of it, at one block: what is owed, what waits for a price, what could be paid. */
import { ILiquidityVault__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/ILiquidityVault__factory.ts";
import { IRedeemQueue__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/IRedeemQueue__factory.ts";
import type { BlockHeader, ChainClient } from "../chain/client.ts";
import { RpcAnswerError } from "../chain/errors.ts";
import { addr, bool, int, type Row, struct, uint } from "../chain/fields.ts";
import { multicall, type ViewCall, view, viewUint } from "../chain/multicall.ts";
import type { KeeperConfig } from "../config/schema.ts";
import { type Address, type Assets, assets, type Shares, shares } from "../kernel/units.ts";

const vaultInterface = ILiquidityVault__factory.createInterface();
const queueInterface = IRedeemQueue__factory.createInterface();
const NO_QUEUE = "0x0000000000000000000000000000000000000000";
/** Batches shown and looked through, newest first: a month at four a day. */
const SHOWN = 120;

export interface QueueBatch {
  readonly id: number;
  /** Unix seconds; requests before it belong to this batch. */
  readonly end: number;
  readonly shares: Shares;
  /** What the shares became; 0 until priced. */
  readonly assets: Assets;
  readonly state: "open" | "ended" | "priced" | "paid";
}

export interface QueueReading {
  readonly queue: Address;
  readonly block: number;
  /** Unix seconds of that block. */
  readonly now: number;
  /** Priced and not yet brought to the queue. */
  readonly owed: Assets;
  /** Requested and waiting for a price, at today's price. */
  readonly pending: Assets;
  readonly idle: Assets;
  /** Buffer and `owed`. */
  readonly minimumIdle: Assets;
  /** What sync exits could pay now. */
  readonly available: Assets;
  readonly exitsOpen: boolean;
  /** Time of the oldest report, Unix seconds. */
  readonly navTimestamp: number;
  readonly nextToPrice: number;
  readonly canPrice: boolean;
  /** Ascending; every unpriced batch and the newest priced ones. */
  readonly batches: readonly QueueBatch[];
}

/** Runs views of which none may fail, at one block. */
export async function readAll<T>(
  client: ChainClient,
  at: Address,
  calls: readonly ViewCall<T>[],
  block: number,
): Promise<readonly T[]> {
  return (await multicall(client, at, calls, block)).map((outcome, index) => {
    if (!outcome.ok) throw new RpcAnswerError(calls[index]?.what ?? "a view", 0, outcome.reason);
    return outcome.value;
  });
}

/** The queue as the vault names it, at the latest block or at `head`; null while none is bound. */
export async function readQueue(
  client: ChainClient,
  { addresses }: Pick<KeeperConfig, "addresses">,
  head?: BlockHeader,
): Promise<QueueReading | null> {
  const { vault, multicall: at } = addresses;
  const { number: block, timestamp: now } = head ?? (await client.header("latest"));
  const address = (
    await readAll(client, at, [view(vaultInterface, vault, "redeemQueue", [], (row) => addr(row, 0))], block)
  )[0];
  if (address === undefined || address === NO_QUEUE) return null;
  const amount = (name: string) => viewUint(vaultInterface, vault, name);
  const ofQueue = (name: string) => viewUint(queueInterface, address, name);
  const flag = (iface: typeof vaultInterface | typeof queueInterface, target: Address, name: string) =>
    view(iface, target, name, [], (row: Row) => (bool(row, 0) ? 1n : 0n));
  const read = await readAll(
    client,
    at,
    [
      ...[
        "queueLiabilities",
        "idle",
        "minimumIdle",
        "availableLiquidity",
        "navTimestamp",
        "totalAssets",
        "totalSupply",
      ].map(amount),
      ...["nextToPrice", "lastRequestId", "funded"].map(ofQueue),
      flag(vaultInterface, vault, "exitsOpen"),
      flag(queueInterface, address, "canPrice"),
    ],
    block,
  );
  const [owed = 0n, idle = 0n, minimumIdle = 0n, available = 0n, navTime = 0n, totalAssets = 0n, supply = 0n] = read;
  const [next = 1n, last = 0n, funded = 0n, exitsOpen = 0n, canPrice = 0n] = read.slice(7);
  const first = Math.max(1, Math.min(Number(next), Number(last) - SHOWN + 1));
  const ids = Array.from({ length: Math.max(0, Number(last) - first + 1) }, (_, index) => first + index);
  const rows = await readAll(
    client,
    at,
    ids.map((id) =>
      view(queueInterface, address, "batch", [id], (row) => {
        const record = struct(row, 0);
        return {
          id,
          end: int(record, "end"),
          priced: bool(record, "priced"),
          shares: shares(uint(record, "shares")),
          assets: assets(uint(record, "assets")),
          owedUpTo: uint(record, "owedUpTo"),
        };
      }),
    ),
    block,
  );
  const batches = rows.map(({ id, end, priced, shares: amountOf, assets: worth, owedUpTo }): QueueBatch => {
    const unpriced = end <= now ? "ended" : "open";
    return {
      id,
      end,
      shares: amountOf,
      assets: worth,
      state: priced ? (owedUpTo <= funded ? "paid" : "priced") : unpriced,
    };
  });
  const waiting = rows.reduce((sum, row) => sum + (row.priced ? 0n : row.shares), 0n);
  return {
    queue: address,
    block,
    now,
    owed: assets(owed),
    pending: assets(supply === 0n ? 0n : (waiting * totalAssets) / supply),
    idle: assets(idle),
    minimumIdle: assets(minimumIdle),
    available: assets(available),
    exitsOpen: exitsOpen === 1n,
    navTimestamp: Number(navTime),
    nextToPrice: Number(next),
    canPrice: canPrice === 1n,
    batches,
  };
}

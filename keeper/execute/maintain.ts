/**
 * Chores that anyone may do and somebody must: collect finished exits, harvest fees that pay for it, report strategies, price
 * ended batches of the redeem queue, bring the queue its money. In this order, because each makes the next possible.
 */
import { IStrategyAdapter__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/IStrategyAdapter__factory.ts";
import { IStrategyRegistry__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/IStrategyRegistry__factory.ts";
import { LiquidityVault__factory } from "../../types/ethers-contracts/factories/contracts/LiquidityVault__factory.ts";
import { RedeemQueue__factory } from "../../types/ethers-contracts/factories/contracts/RedeemQueue__factory.ts";
import type { BlockHeader, ChainClient } from "../chain/client.ts";
import { CallRevertedError, TransactionRevertedError } from "../chain/errors.ts";
import { addr, decodeRow, int, struct, uint } from "../chain/fields.ts";
import { multicall, view, viewUint } from "../chain/multicall.ts";
import { type Sender, sendTransaction } from "../chain/send.ts";
import type { KeeperConfig } from "../config/schema.ts";
import { type Address, fromWad, type Hash, toWad } from "../kernel/units.ts";
import { protocolOf } from "../protocols/index.ts";
import { type QueueReading, readAll, readQueue } from "./queue.ts";

const vaultInterface = LiquidityVault__factory.createInterface();
const queueInterface = RedeemQueue__factory.createInterface();
const registryInterface = IStrategyRegistry__factory.createInterface();
const adapterInterface = IStrategyAdapter__factory.createInterface();

export type ChoreKind = "claim" | "harvest" | "report" | "price" | "fund";

export interface Chore {
  readonly kind: ChoreKind;
  readonly to: Address;
  readonly data: string;
  readonly why: string;
}

export interface Chores {
  readonly block: number;
  readonly due: readonly Chore[];
  /** What ought to be done and cannot, with the reason. */
  readonly blocked: readonly string[];
}

interface Position {
  readonly id: number;
  readonly name: string;
  readonly debt: bigint;
  readonly reportedAt: number;
  /** Finished exits; null when the adapter does not answer. */
  readonly claimable: bigint | null;
}

/**
 * A harvest brings at least this many times its gas. Fees that wait are the vault's all the same and cannot be taken; what
 * waiting costs is their yield alone, so several times the gas may gather first.
 */
const HARVEST_GAS_MULTIPLE = 5n;

const weth = (amount: bigint): string => `${fromWad(amount).toFixed(6)} WETH`;
const hours = (seconds: number): string => `${(seconds / 3_600).toFixed(1)} h`;

async function readPositions(client: ChainClient, config: KeeperConfig, block: number): Promise<readonly Position[]> {
  const { vault, registry, multicall: at } = config.addresses;
  const books = await readAll(
    client,
    at,
    config.strategies.flatMap(({ id }) => [
      view(registryInterface, registry, "strategy", [id], (row) => ({
        adapter: addr(struct(row, 0), "adapter"),
        value: 0n,
      })),
      ...["debtOf", "reportedAt"].map((name) => {
        const call = viewUint(vaultInterface, vault, name, [id]);
        return { ...call, decode: (data: string) => ({ adapter: vault, value: call.decode(data) }) };
      }),
    ]),
    block,
  );
  const adapters = config.strategies.map((_, index) => books[3 * index]?.adapter ?? vault);
  const claimable = await multicall(
    client,
    at,
    adapters.map((adapter) => view(adapterInterface, adapter, "realAssets", [], (row) => uint(row, "claimable"))),
    block,
  );
  return config.strategies.map(({ id, name }, index) => {
    const answer = claimable[index];
    return {
      id,
      name,
      debt: books[3 * index + 1]?.value ?? 0n,
      reportedAt: Number(books[3 * index + 2]?.value ?? 0n),
      claimable: answer?.ok ? answer.value : null,
    };
  });
}

/** What is to be done at the latest block; every call was simulated or asked for by a view. */
export async function dueChores(client: ChainClient, config: KeeperConfig): Promise<Chores> {
  const { vault, multicall: at } = config.addresses;
  const head = await client.header("latest");
  const queue = await readQueue(client, config, head);
  const setting = (name: string) => view(vaultInterface, vault, name, [], (row) => int(row, 0));
  const [maxNavAge = 0, minReportInterval = 0] = await readAll(
    client,
    at,
    ["maxNavAge", "minReportInterval"].map(setting),
    head.number,
  );
  const positions = await readPositions(client, config, head.number);
  const due: Chore[] = [];
  const blocked: string[] = [];

  const dust = queue !== null && queue.owed + queue.pending > 0n ? 1n : toWad(config.limits.minLegEth);
  const ready = positions.filter(({ claimable }) => claimable !== null && claimable >= dust);
  if (ready.length > 0) {
    const data = vaultInterface.encodeFunctionData("claim", [ready.map(({ id }) => id)]);
    const sum = ready.reduce((total, { claimable }) => total + (claimable ?? 0n), 0n);
    due.push({
      kind: "claim",
      to: vault,
      data,
      why: `${weth(sum)} of finished exits wait at ${ready.map(({ name }) => name).join(", ")}`,
    });
  }
  const harvest = await harvestChore(client, config, head, blocked);
  if (harvest !== null) due.push(harvest);
  const report = reportChore(positions, queue, { now: head.timestamp, vault, maxNavAge, minReportInterval }, blocked);
  if (report !== null) due.push(report);
  if (queue !== null) due.push(...(await queueChores(client, queue, blocked)));
  return { block: head.number, due, blocked };
}

/**
 * Fees of the strategies whose adapters harvest, as the vault itself would collect them at this block: what it skips (too soon,
 * empty, restricted, unpriced) brings 0 there. The gas is the twin's figure at twice the block's base fee.
 */
async function harvestChore(
  client: ChainClient,
  config: KeeperConfig,
  { number: block, baseFee }: BlockHeader,
  blocked: string[],
): Promise<Chore | null> {
  const { vault, multicall: at } = config.addresses;
  const candidates = config.strategies.flatMap(({ id, name, protocol }) => {
    const gas = protocolOf(protocol).harvestGas;
    return gas === undefined ? [] : [{ id, name, gas: BigInt(gas.units) }];
  });
  if (candidates.length === 0) return null;
  const expected = await multicall(
    client,
    at,
    candidates.map(({ id }) => viewUint(vaultInterface, vault, "harvest", [[id]])),
    block,
  );
  const worthwhile = candidates.flatMap(({ id, name, gas }, index) => {
    const answer = expected[index];
    const cost = gas * 2n * baseFee;
    if (answer?.ok === false) blocked.push(`${name} cannot be harvested: ${answer.reason}`);
    if (answer?.ok !== true || answer.value === 0n || answer.value < HARVEST_GAS_MULTIPLE * cost) return [];
    return [{ id, name, received: answer.value, cost }];
  });
  if (worthwhile.length === 0) return null;
  const sum = (of: (one: (typeof worthwhile)[number]) => bigint): bigint =>
    worthwhile.reduce((total, one) => total + of(one), 0n);
  return {
    kind: "harvest",
    to: vault,
    data: vaultInterface.encodeFunctionData("harvest", [worthwhile.map(({ id }) => id)]),
    why: `${weth(sum(({ received }) => received))} of fees wait at ${worthwhile.map(({ name }) => name).join(", ")}; collecting them costs about ${weth(sum(({ cost }) => cost))} of gas`,
  };
}

/** Reports are due for a batch that waits for younger ones, and long before exits would close for their age. */
function reportChore(
  positions: readonly Position[],
  queue: QueueReading | null,
  context: {
    readonly now: number;
    readonly vault: Address;
    readonly maxNavAge: number;
    readonly minReportInterval: number;
  },
  blocked: string[],
): Chore | null {
  const { now, vault, maxNavAge, minReportInterval } = context;
  const waiting = queue?.batches.find(
    ({ id, state, shares }) => id === queue.nextToPrice && state === "ended" && shares > 0n,
  );
  const held = positions.filter(({ debt }) => debt > 0n);
  const wanted = held.filter(
    ({ reportedAt }) => now - reportedAt > maxNavAge / 2 || (waiting !== undefined && reportedAt < waiting.end),
  );
  const silent = wanted.filter(({ claimable }) => claimable === null);
  for (const { name } of silent)
    blocked.push(
      `${name} cannot be reported: its adapter does not answer; the guardian may freeze it, the curator write it off`,
    );
  const early = wanted.filter(
    ({ claimable, reportedAt }) => claimable !== null && now < reportedAt + minReportInterval,
  );
  for (const { name, reportedAt } of early)
    blocked.push(
      `${name} was reported ${hours(now - reportedAt)} ago, the next report is taken after ${hours(minReportInterval)}`,
    );
  const ids = wanted.filter((one) => !silent.includes(one) && !early.includes(one)).map(({ id }) => id);
  if (ids.length === 0) return null;
  const oldest = Math.max(...wanted.map(({ reportedAt }) => now - reportedAt));
  const why =
    waiting === undefined
      ? `the oldest report is ${hours(oldest)} old of ${hours(maxNavAge)} allowed`
      : `batch ${waiting.id} of the redeem queue waits for reports younger than its end`;
  return { kind: "report", to: vault, data: vaultInterface.encodeFunctionData("report", [ids]), why };
}

async function queueChores(client: ChainClient, reading: QueueReading, blocked: string[]): Promise<readonly Chore[]> {
  const { queue, canPrice, owed, nextToPrice, batches, exitsOpen } = reading;
  if (canPrice) {
    const shares = batches.find(({ id }) => id === nextToPrice)?.shares ?? 0n;
    const why =
      shares === 0n
        ? `batch ${nextToPrice} ended empty`
        : `batch ${nextToPrice} ended and every strategy was reported since`;
    return [{ kind: "price", to: queue, data: queueInterface.encodeFunctionData("price"), why }];
  }
  const ended = batches.find(({ id, state }) => id === nextToPrice && state === "ended");
  if (ended !== undefined && !exitsOpen)
    blocked.push(`batch ${ended.id} cannot be priced: the vault is frozen or its NAV is stale`);
  if (owed === 0n) return [];
  const data = queueInterface.encodeFunctionData("fund");
  let received: bigint;
  try {
    const answer = await client.call({ to: queue, data }, reading.block);
    received = uint(decodeRow(queueInterface, "fund", answer, "RedeemQueue.fund"), 0);
  } catch (error) {
    if (!(error instanceof CallRevertedError)) throw error;
    blocked.push(`${weth(owed)} are owed and cannot be paid: ${error.reason}`);
    return [];
  }
  if (received > 0n)
    return [{ kind: "fund", to: queue, data, why: `the vault can pay ${weth(received)} of the ${weth(owed)} it owes` }];
  blocked.push(`${weth(owed)} are owed and nothing can be paid at once: a proposal must free them`);
  return [];
}

export type ChoreOutcome =
  | { readonly kind: ChoreKind; readonly why: string; readonly transactionHash: Hash; readonly gasUsed: bigint }
  /** Somebody else was faster, or the state changed between reading and sending. Nothing was changed. */
  | { readonly kind: ChoreKind; readonly why: string; readonly lost: string };

export interface Maintenance {
  readonly done: readonly ChoreOutcome[];
  readonly blocked: readonly string[];
}

/** Most transactions of one run: a backlog is worked off over several. */
const MAX_STEPS = 16;

/** Does what is due until nothing is. Each kind but pricing once: what it left undone then cannot be done now. */
export async function maintain(sender: Sender, config: KeeperConfig): Promise<Maintenance> {
  const done: ChoreOutcome[] = [];
  const closed = new Set<ChoreKind>();
  let blocked: readonly string[] = [];
  for (let step = 0; step < MAX_STEPS; step += 1) {
    const chores = await dueChores(sender.client, config);
    blocked = chores.blocked;
    const chore = chores.due.find(({ kind }) => !closed.has(kind));
    if (chore === undefined) break;
    const { kind, to, data, why } = chore;
    if (kind !== "price") closed.add(kind);
    try {
      const receipt = await sendTransaction(sender, { purpose: `${kind} at block ${chores.block}`, to, data });
      done.push({ kind, why, transactionHash: receipt.hash, gasUsed: receipt.gasUsed });
    } catch (error) {
      if (!(error instanceof CallRevertedError || error instanceof TransactionRevertedError)) throw error;
      closed.add(kind);
      done.push({ kind, why, lost: error.reason });
    }
  }
  return { done, blocked };
}

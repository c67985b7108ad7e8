/**
 * One transaction from meaning to confirmation: simulate, estimate, sign, write down, send, wait, bump, confirm.
 * Kill the process anywhere and run it again: the log tells what was sent, nonce and receipts tell what became of it.
 */
import { keccak256, toQuantity, toUtf8Bytes, type Wallet } from "ethers";
import { z } from "zod";
import type { Clock } from "../kernel/clock.ts";
import { type Address, address, type Hash, hash } from "../kernel/units.ts";
import { ALREADY_KNOWN_TEXTS, matches, NONCE_TOO_LOW_TEXTS, UNDERPRICED_TEXTS } from "./answers.ts";
import { type ChainClient, resultOf } from "./client.ts";
import {
  CallRevertedError,
  DecodeError,
  NonceTakenError,
  RpcAnswerError,
  TransactionRevertedError,
  TransactionStuckError,
} from "./errors.ts";
import { bumpFees, type FeeLimits, type Fees, suggestFees } from "./fees.ts";
import { appendEntry, type IntentEntry, type LoggedIntent, readLog, type SentEntry } from "./transaction-log.ts";

export interface Outgoing {
  /** Why, for the log: `propose 0x12..`. Two sends of the same purpose and content are one. */
  readonly purpose: string;
  readonly to: Address;
  readonly data: string;
  readonly value?: bigint;
}

export interface SendOptions {
  readonly logFile: string;
  readonly fees: FeeLimits;
  /** How long to wait for a receipt before the fees are raised, and how often to look. */
  readonly waitMs: number;
  readonly pollMs: number;
  /** How often fees may be raised before giving up with the intent left open. */
  readonly maxBumps: number;
  /** Blocks including the receipt's own that must exist before the result counts. */
  readonly confirmations: number;
}

export interface Receipt {
  readonly hash: Hash;
  readonly blockNumber: number;
  readonly blockHash: Hash;
  readonly succeeded: boolean;
  readonly gasUsed: bigint;
  readonly logs: readonly { readonly address: Address; readonly topics: readonly string[]; readonly data: string }[];
}

export interface Sender {
  readonly client: ChainClient;
  readonly signer: Wallet;
  readonly options: SendOptions;
  readonly clock: Clock;
}

const hex = z.string().regex(/^0x[0-9a-fA-F]*$/);
const receiptSchema = z.object({
  transactionHash: hex,
  blockNumber: hex,
  blockHash: hex,
  status: hex,
  gasUsed: hex,
  logs: z.array(z.object({ address: hex, topics: z.array(hex), data: hex })),
});

/** Head room on the estimate: state moves between estimate and inclusion. */
const GAS_MARGIN_BPS = 12_000n;

export async function receiptsOf(client: ChainClient, hashes: readonly string[]): Promise<readonly Receipt[]> {
  const calls = hashes.map((transactionHash) => ({ method: "eth_getTransactionReceipt", params: [transactionHash] }));
  const answers = await client.batch(calls);
  return calls.flatMap((call, index) => {
    const answer = answers[index];
    const result = answer === undefined ? null : resultOf(call, answer);
    if (result === null || result === undefined) return [];
    const parsed = receiptSchema.safeParse(result);
    if (!parsed.success) throw new DecodeError("eth_getTransactionReceipt", z.prettifyError(parsed.error));
    const { transactionHash, blockNumber, blockHash, status, gasUsed, logs } = parsed.data;
    return [
      {
        hash: hash(transactionHash),
        blockNumber: Number(blockNumber),
        blockHash: hash(blockHash),
        succeeded: BigInt(status) === 1n,
        gasUsed: BigInt(gasUsed),
        logs: logs.map((log) => ({ address: address(log.address), topics: log.topics, data: log.data })),
      },
    ];
  });
}

async function nonceOf(client: ChainClient, account: string, tag: "latest" | "pending"): Promise<number> {
  return Number(hex.parse(await client.request("eth_getTransactionCount", [account, tag])));
}

async function signAndLog({ signer, options }: Sender, intent: IntentEntry, fees: Fees): Promise<SentEntry> {
  const raw = await signer.signTransaction({
    type: 2,
    chainId: intent.chainId,
    nonce: intent.nonce,
    to: intent.to,
    data: intent.data,
    value: intent.value,
    gasLimit: intent.gas,
    maxFeePerGas: fees.maxFee,
    maxPriorityFeePerGas: fees.tip,
  });
  const sent: SentEntry = {
    type: "sent",
    id: intent.id,
    hash: keccak256(raw),
    raw,
    maxFee: fees.maxFee,
    tip: fees.tip,
  };
  await appendEntry(options.logFile, sent);
  return sent;
}

type Broadcast = "accepted" | "nonceTooLow" | "underpriced";

async function broadcast(client: ChainClient, raw: string): Promise<Broadcast> {
  const [answer] = await client.batch([{ method: "eth_sendRawTransaction", params: [raw] }]);
  if (answer === undefined) throw new RpcAnswerError("eth_sendRawTransaction", 0, "no answer");
  if (answer.ok || matches(ALREADY_KNOWN_TEXTS, answer.error.message)) return "accepted";
  if (matches(NONCE_TOO_LOW_TEXTS, answer.error.message)) return "nonceTooLow";
  if (matches(UNDERPRICED_TEXTS, answer.error.message)) return "underpriced";
  throw new RpcAnswerError("eth_sendRawTransaction", answer.error.code, answer.error.message);
}

/** Waits until the receipt is deep enough, and still in the chain; null when it was reorganised away. */
async function confirm({ client, clock, options }: Sender, receipt: Receipt): Promise<Receipt | null> {
  while ((await client.header("latest")).number < receipt.blockNumber + options.confirmations - 1) {
    await clock.sleep(options.pollMs);
  }
  const [again] = await receiptsOf(client, [receipt.hash]);
  return again === undefined || again.blockHash !== receipt.blockHash ? null : again;
}

async function waitForReceipt(sender: Sender, hashes: readonly string[]): Promise<Receipt | null> {
  const until = sender.clock.nowMs() + sender.options.waitMs;
  for (;;) {
    const [receipt] = await receiptsOf(sender.client, hashes);
    const confirmed = receipt === undefined ? null : await confirm(sender, receipt);
    if (confirmed !== null) return confirmed;
    if (sender.clock.nowMs() >= until) return null;
    await sender.clock.sleep(sender.options.pollMs);
  }
}

async function close(sender: Sender, intent: IntentEntry, receipt: Receipt): Promise<Receipt> {
  const outcome = receipt.succeeded ? "confirmed" : "reverted";
  await appendEntry(sender.options.logFile, {
    type: "closed",
    id: intent.id,
    outcome,
    hash: receipt.hash,
    block: receipt.blockNumber,
  });
  if (receipt.succeeded) return receipt;
  throw new TransactionRevertedError(receipt.hash, await minedRevertReason(sender.client, intent, receipt));
}

async function minedRevertReason(client: ChainClient, intent: IntentEntry, receipt: Receipt): Promise<string> {
  if (receipt.gasUsed >= intent.gas) return "out of gas";
  try {
    // State after the block, the nearest that eth_call offers; another transaction of the block may have changed it.
    const call = { to: address(intent.to), data: intent.data, from: address(intent.from), value: intent.value };
    await client.call(call, receipt.blockNumber);
    return "unknown: the same call succeeds after that block";
  } catch (error) {
    if (error instanceof CallRevertedError) return error.reason;
    throw error;
  }
}

const abandon = ({ options }: Sender, { id }: IntentEntry): Promise<void> =>
  appendEntry(options.logFile, { type: "closed", id, outcome: "refused", hash: null, block: null });

/** Drives an intent that has at least one send to its end. */
async function drive(
  sender: Sender,
  intent: IntentEntry,
  earlier: readonly SentEntry[],
  first: readonly SentEntry[] = [],
): Promise<Receipt> {
  const { client, options } = sender;
  const sends = [...earlier, ...first];
  for (let bumps = 0; ; bumps += 1) {
    const last = sends.at(-1);
    if (last === undefined) throw new TransactionStuckError(intent.nonce, []);
    let state: Broadcast;
    try {
      state = await broadcast(client, last.raw);
    } catch (error) {
      // Only the very first send may be written off; a later one could have a brother in some pool.
      if (error instanceof RpcAnswerError && sends.length === 1 && earlier.length === 0) await abandon(sender, intent);
      throw error;
    }
    const hashes = sends.map((sent) => sent.hash);
    // After "underpriced" an earlier send sits in the pool and may still be mined, so the wait is the same.
    const receipt = await waitForReceipt(sender, hashes);
    if (receipt !== null) return close(sender, intent, receipt);
    if (state === "nonceTooLow" || (await nonceOf(client, intent.from, "latest")) > intent.nonce) {
      await appendEntry(options.logFile, {
        type: "closed",
        id: intent.id,
        outcome: "foreign",
        hash: null,
        block: null,
      });
      throw new NonceTakenError(intent.nonce, intent.from);
    }
    if (bumps >= options.maxBumps) throw new TransactionStuckError(intent.nonce, hashes);
    sends.push(
      await signAndLog(sender, intent, bumpFees(last, await suggestFees(client, options.fees), options.fees.cap)),
    );
  }
}

const ownOpen = (sender: Sender, log: readonly LoggedIntent[]): readonly LoggedIntent[] =>
  log.filter(
    ({ intent, closed }) =>
      closed === null && intent.chainId === sender.client.chainId && intent.from === sender.signer.address,
  );

export interface Reconciled {
  readonly purpose: string;
  readonly nonce: number;
  readonly outcome: "confirmed" | "reverted" | "foreign" | "refused";
  readonly receipt: Receipt | null;
}

/** Finishes every open intent of this key: mined ones are closed, others are sent again and waited for. */
export async function reconcile(sender: Sender): Promise<readonly Reconciled[]> {
  const done: Reconciled[] = [];
  for (const { intent, sends } of ownOpen(sender, await readLog(sender.options.logFile))) {
    const { purpose, nonce } = intent;
    if (sends.length === 0) {
      // The crash came before signing: nothing can be in any pool.
      await abandon(sender, intent);
      done.push({ purpose, nonce, outcome: "refused", receipt: null });
      continue;
    }
    try {
      done.push({ purpose, nonce, outcome: "confirmed", receipt: await drive(sender, intent, sends) });
    } catch (error) {
      if (error instanceof TransactionRevertedError) done.push({ purpose, nonce, outcome: "reverted", receipt: null });
      else if (error instanceof NonceTakenError) done.push({ purpose, nonce, outcome: "foreign", receipt: null });
      else throw error;
    }
  }
  return done;
}

/** Sends a transaction, or finishes the same one if an earlier run left it open. @throws {CallRevertedError} before anything is signed. */
export async function sendTransaction(sender: Sender, outgoing: Outgoing): Promise<Receipt> {
  const { client, signer, options } = sender;
  const value = outgoing.value ?? 0n;
  for (const finished of await reconcile(sender)) {
    if (finished.purpose === outgoing.purpose && finished.outcome === "confirmed" && finished.receipt !== null)
      return finished.receipt;
  }
  const from = address(signer.address);
  const request = { to: outgoing.to, data: outgoing.data, from, value };
  await client.call(request, "latest");
  const transaction = { from, to: outgoing.to, data: outgoing.data, value: toQuantity(value) };
  const estimate = BigInt(hex.parse(await client.request("eth_estimateGas", [transaction])));
  const fees = await suggestFees(client, options.fees);
  const nonce = await nonceOf(client, from, "latest");
  // Everything of ours is reconciled, so a pending transaction here is somebody else's use of the key.
  if ((await nonceOf(client, from, "pending")) > nonce) throw new NonceTakenError(nonce, from);
  const intent: IntentEntry = {
    type: "intent",
    id: keccak256(toUtf8Bytes(`${client.chainId}:${from}:${nonce}:${outgoing.to}:${outgoing.data}:${value}`)),
    purpose: outgoing.purpose,
    chainId: client.chainId,
    from,
    to: outgoing.to,
    data: outgoing.data,
    value,
    nonce,
    gas: (estimate * GAS_MARGIN_BPS) / 10_000n,
  };
  await appendEntry(options.logFile, intent);
  const sent = await signAndLog(sender, intent, fees);
  return drive(sender, intent, [], [sent]);
}

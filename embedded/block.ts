/** Blocks assembled by hand: chosen timestamp, chosen base fee, calls in order, and none of them may fail. */

import type { TransactionReceipt } from "ethers";
import { z } from "zod";
import { type Address, address } from "../keeper/kernel/units.ts";
import type { Chain } from "./chain.ts";
import {
  EmbeddedClockError,
  EmbeddedDeploymentMismatchError,
  EmbeddedTransactionFailedError,
  EmbeddedTransactionNotMinedError,
} from "./errors.ts";
import { SECONDS_PER_SLOT, toQuantity } from "./pace.ts";

export interface Call {
  /** What the call is for; appears in errors. */
  readonly label: string;
  readonly from: Address;
  /** Null deploys. */
  readonly to: Address | null;
  readonly data: string;
  readonly value?: bigint;
  /** Gas limit; the sum over a block must stay below the block's. */
  readonly gas?: bigint;
}

export interface BlockPlan {
  /** Unix seconds; one slot after the latest block when absent. */
  readonly timestamp?: number;
  /** Wei; the current hour's when absent. */
  readonly baseFee?: bigint;
  /** Given as a function they are worked out from the state that they will meet: nobody gets in between. */
  readonly calls: readonly Call[] | ((timestamp: number) => Promise<readonly Call[]>);
}

const DEFAULT_GAS = 2_000_000n;
/** Far above any recorded base fee, so that no call waits for a cheaper block. */
const MAX_FEE = 100_000n * 1_000_000_000n;
/** Above the base fee for certain, and small: tips are not part of this market. */
const TIP = 1_000_000n;

/** Mines one block with exactly these calls; strangers wait for the next. Resolves to receipts in call order. */
export async function mineBlock(chain: Chain, plan: BlockPlan): Promise<readonly TransactionReceipt[]> {
  const submitted = await chain.pace.exclusive(() => assemble(chain, plan));
  const mined = await Promise.all(submitted.map(({ call, hash }) => receiptOf(chain, call, hash)));
  for (const { call, receipt } of mined) {
    if (receipt.status === 1) continue;
    throw new EmbeddedTransactionFailedError(call.label, receipt.hash, await reasonOf(chain, call, receipt));
  }
  return mined.map(({ receipt }) => receipt);
}

interface Submitted {
  readonly call: Call;
  readonly hash: string;
}

async function assemble(chain: Chain, plan: BlockPlan): Promise<readonly Submitted[]> {
  const latest = await chain.now();
  const timestamp = plan.timestamp ?? latest + SECONDS_PER_SLOT;
  if (timestamp <= latest) throw new EmbeddedClockError(latest, timestamp);
  const calls = typeof plan.calls === "function" ? await plan.calls(timestamp) : plan.calls;
  if (plan.baseFee !== undefined) chain.pace.baseFee = plan.baseFee;
  const submitted: Submitted[] = [];
  try {
    if (calls.length > 0) await chain.request("evm_setAutomine", false);
    for (const call of calls) submitted.push({ call, hash: await submit(chain, call) });
    await chain.request("hardhat_setNextBlockBaseFeePerGas", toQuantity(chain.pace.baseFee));
    await chain.request("evm_setNextBlockTimestamp", toQuantity(timestamp));
    await chain.request("evm_mine");
  } finally {
    if (calls.length > 0) await chain.request("evm_setAutomine", true);
  }
  return submitted;
}

async function submit(chain: Chain, call: Call): Promise<string> {
  const transaction = {
    from: call.from,
    ...(call.to === null ? {} : { to: call.to }),
    data: call.data,
    value: toQuantity(call.value ?? 0n),
    gas: toQuantity(call.gas ?? DEFAULT_GAS),
    maxFeePerGas: toQuantity(MAX_FEE),
    maxPriorityFeePerGas: toQuantity(TIP),
  };
  return z.string().parse(await chain.request("eth_sendTransaction", transaction));
}

async function receiptOf(
  chain: Chain,
  call: Call,
  hash: string,
): Promise<{ readonly call: Call; readonly receipt: TransactionReceipt }> {
  const receipt = await chain.ethers.provider.getTransactionReceipt(hash);
  if (receipt !== null) return { call, receipt };
  // Left in the pool it would slip into some later block, where it does not belong.
  await chain.request("hardhat_dropTransaction", hash);
  throw new EmbeddedTransactionNotMinedError(call.label, hash, call.gas ?? DEFAULT_GAS);
}

/** Replays the call on the state before its block: near enough to name the cause, and it needs no trace. */
async function reasonOf(chain: Chain, call: Call, receipt: TransactionReceipt): Promise<string> {
  try {
    const transaction = { from: call.from, to: call.to, data: call.data, value: toQuantity(call.value ?? 0n) };
    await chain.request("eth_call", transaction, toQuantity(receipt.blockNumber - 1));
    return `no reason found by replay; gas used ${receipt.gasUsed} of ${call.gas ?? DEFAULT_GAS}`;
  } catch (cause) {
    return cause instanceof Error ? cause.message : String(cause);
  }
}

/** One call in a block of its own, one slot after the latest. */
export async function send(chain: Chain, call: Call): Promise<TransactionReceipt> {
  const [receipt] = await mineBlock(chain, { calls: [{ gas: 8_000_000n, ...call }] });
  if (receipt === undefined) throw new EmbeddedTransactionNotMinedError(call.label, "", call.gas ?? DEFAULT_GAS);
  return receipt;
}

/** Deploys creation code in a block of its own. */
export async function deploy(chain: Chain, from: Address, label: string, data: string): Promise<Address> {
  const receipt = await send(chain, { label, from, to: null, data });
  if (receipt.contractAddress === null) throw new EmbeddedDeploymentMismatchError(label, "a contract address", "none");
  return address(receipt.contractAddress);
}

/** Many view calls in one `eth_call` through Multicall3, at one block or at many in JSON-RPC batches. */
import type { Interface } from "ethers";
import { IMulticall3__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/multicall/IMulticall3__factory.ts";
import { EngineError } from "../kernel/errors.ts";
import type { Address } from "../kernel/units.ts";
import { decodeAggregate3, encodeAggregate3 } from "./aggregate3.ts";
import { type BlockTag, blockParam, type ChainClient, type RpcAnswer, type RpcCall, resultOf } from "./client.ts";
import { DecodeError } from "./errors.ts";
import { decodeRow, type Row, uint } from "./fields.ts";
import { explainRevert } from "./revert.ts";
import { functionCodec } from "./words.ts";

const multicall3 = IMulticall3__factory.createInterface();

/** One view call and how to read its answer. */
export interface ViewCall<T> {
  /** For messages, e.g. `LiquidityVault.nav`. */
  readonly what: string;
  readonly target: Address;
  readonly data: string;
  readonly decode: (data: string) => T;
}

/** A failed call is a value: the caller decides whether it can do without. */
export type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string };

/** A view call by a compiled interface; `read` turns the decoded row into a value. */
export function view<T>(
  iface: Interface,
  target: Address,
  fragment: string,
  args: readonly unknown[],
  read: (row: Row) => T,
): ViewCall<T> {
  const what = `${fragment} of ${target}`;
  return {
    what,
    target,
    data: functionCodec(iface, fragment)?.encode(args) ?? iface.encodeFunctionData(fragment, args),
    decode: (data) => read(decodeRow(iface, fragment, data, what)),
  };
}

export const viewUint = (
  iface: Interface,
  target: Address,
  fragment: string,
  args: readonly unknown[] = [],
): ViewCall<bigint> => view(iface, target, fragment, args, (row) => uint(row, 0));

/** Timestamp of the very block a batch runs in: no header needs to be fetched for it. */
export const blockTimestamp = (multicall: Address): ViewCall<bigint> =>
  viewUint(multicall3, multicall, "getCurrentBlockTimestamp");

/** The `eth_call` that runs the views at a block. */
export function aggregateCall(multicall: Address, calls: readonly ViewCall<unknown>[], block: BlockTag): RpcCall {
  const data = encodeAggregate3(calls);
  return { method: "eth_call", params: [{ to: multicall, data }, blockParam(block)] };
}

function outcome<T>(call: ViewCall<T>, success: boolean, data: string): Outcome<T> {
  if (!success) return { ok: false, reason: explainRevert(data) };
  if (data === "0x") return { ok: false, reason: `no contract at ${call.target}` };
  try {
    return { ok: true, value: call.decode(data) };
  } catch (error) {
    if (error instanceof EngineError) return { ok: false, reason: error.message };
    throw error;
  }
}

/** Outcomes in the order of the calls, from the answer to {@link aggregateCall}. */
export function decodeAggregate<T>(
  rpcCall: RpcCall,
  answer: RpcAnswer,
  calls: readonly ViewCall<T>[],
): readonly Outcome<T>[] {
  const result = resultOf(rpcCall, answer);
  if (result === "0x") return calls.map(() => ({ ok: false, reason: "Multicall3 has no code at this block" }));
  if (typeof result !== "string") throw new DecodeError("aggregate3", "it is not a hex string");
  const rows = decodeAggregate3(result);
  if (rows.length !== calls.length)
    throw new DecodeError("aggregate3", `it has ${rows.length} results for ${calls.length} calls`);
  return calls.map((call, index) => {
    const row = rows[index];
    if (row === undefined) throw new DecodeError("aggregate3", `result ${index} is missing`);
    return outcome(call, row.success, row.returnData);
  });
}

/** Runs the views at one block in one `eth_call`. */
export async function multicall<T>(
  client: ChainClient,
  at: Address,
  calls: readonly ViewCall<T>[],
  block: BlockTag,
): Promise<readonly Outcome<T>[]> {
  if (calls.length === 0) return [];
  const rpcCall = aggregateCall(at, calls, block);
  const [answer] = await client.batch([rpcCall]);
  if (answer === undefined) throw new DecodeError("aggregate3", "there is no answer");
  return decodeAggregate(rpcCall, answer, calls);
}

/** The same views at many blocks: one `eth_call` per block, `client.maxBatch` of them per HTTP request. */
export async function multicallAtBlocks<T>(
  client: ChainClient,
  at: Address,
  calls: readonly ViewCall<T>[],
  blocks: readonly number[],
): Promise<readonly (readonly Outcome<T>[])[]> {
  const rpcCalls = blocks.map((block) => aggregateCall(at, calls, block));
  const answers = await client.batch(rpcCalls);
  return rpcCalls.map((rpcCall, index) => {
    const answer = answers[index];
    if (answer === undefined) throw new DecodeError("aggregate3", `there is no answer for block ${blocks[index]}`);
    return decodeAggregate(rpcCall, answer, calls);
  });
}

/** One view call outside a batch. */
export async function readView<T>(client: ChainClient, call: ViewCall<T>, block: BlockTag): Promise<T> {
  return call.decode(await client.call({ to: call.target, data: call.data }, block));
}

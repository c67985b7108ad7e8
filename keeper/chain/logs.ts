/** Events that one contract emitted over a span of blocks: one `eth_getLogs`, which travels in a batch like any other call. */
import { type Interface, toQuantity } from "ethers";
import { z } from "zod";
import { EngineError } from "../kernel/errors.ts";
import type { Address } from "../kernel/units.ts";
import { type RpcAnswer, type RpcCall, resultOf } from "./client.ts";
import { DecodeError } from "./errors.ts";
import type { Row } from "./fields.ts";
import type { Outcome } from "./multicall.ts";

/** Answer of `eth_getLogs`. */
export const logsSchema = z.array(
  z.object({ topics: z.array(z.string()), data: z.string(), blockNumber: z.string(), transactionHash: z.string() }),
);

export interface EventQuery {
  readonly address: Address;
  readonly iface: Interface;
  /** Names of events of `iface`. */
  readonly events: readonly string[];
}

export interface ChainEvent {
  readonly name: string;
  readonly row: Row;
  readonly block: number;
}

/** @param from First block, @param to last block, both included. */
export function logsCall({ address, iface, events }: EventQuery, from: number, to: number): RpcCall {
  const topics = events.map((name) => iface.getEvent(name)?.topicHash ?? null);
  const range = { fromBlock: toQuantity(from), toBlock: toQuantity(to) };
  return { method: "eth_getLogs", params: [{ address, topics: [topics], ...range }] };
}

/** The events in the order of the chain, or why the node does not tell them, e.g. because the span is too long for it. */
export function decodeLogs(
  { address, iface, events }: EventQuery,
  call: RpcCall,
  answer: RpcAnswer | undefined,
): Outcome<readonly ChainEvent[]> {
  const what = `${events.join(", ")} of ${address}`;
  try {
    if (answer === undefined) return { ok: false, reason: "the node left eth_getLogs unanswered" };
    const parsed = logsSchema.safeParse(resultOf(call, answer));
    if (!parsed.success) throw new DecodeError(what, z.prettifyError(parsed.error));
    const found = parsed.data.map(({ topics, data, blockNumber }): ChainEvent => {
      const event = iface.parseLog({ topics, data });
      if (event === null) throw new DecodeError(what, `a log with topic ${topics[0]} is none of them`);
      return { name: event.name, row: { what: event.name, result: event.args }, block: Number(blockNumber) };
    });
    // Sorting is stable: events of one block stay in the node's order, which is the chain's.
    return { ok: true, value: found.sort((a, b) => a.block - b.block) };
  } catch (error) {
    if (error instanceof EngineError) return { ok: false, reason: error.message };
    throw error;
  }
}

/**
 * Answers about the past do not change: a client that remembers what a node said of blocks far below its head. A keeper that
 * runs every few hours asks for a year of history once.
 */
import { isHexString } from "ethers";
import type { ChainClient, RpcAnswer, RpcCall } from "./client.ts";

export interface AnswerCacheOptions {
  /** Blocks below the newest header seen that count as final; two epochs of mainnet by default. */
  readonly depth?: number;
  /** Answers kept; the one used longest ago goes first. */
  readonly maxEntries?: number;
}

const DEPTH = 64;
const MAX_ENTRIES = 4_096;

/** Wraps a client. Only `eth_call` at a numbered, final block is remembered, and only when it was answered. */
export function withAnswerCache(client: ChainClient, options: AnswerCacheOptions = {}): ChainClient {
  const { depth = DEPTH, maxEntries = MAX_ENTRIES } = options;
  const kept = new Map<string, RpcAnswer>();
  let head = 0;

  const keyOf = ({ method, params }: RpcCall): string | null => {
    const block = params[1];
    if (method !== "eth_call" || params.length !== 2 || !isHexString(block)) return null;
    return Number(block) + depth <= head ? JSON.stringify(params) : null;
  };
  const remember = (key: string, answer: RpcAnswer): void => {
    kept.delete(key);
    kept.set(key, answer);
    const oldest = kept.keys().next();
    if (kept.size > maxEntries && oldest.done !== true) kept.delete(oldest.value);
  };

  return {
    ...client,
    header: async (block) => {
      const header = await client.header(block);
      head = Math.max(head, header.number);
      return header;
    },
    batch: async (calls) => {
      const keys = calls.map(keyOf);
      const known = keys.map((key) => (key === null ? undefined : kept.get(key)));
      const asked = calls.filter((_, index) => known[index] === undefined);
      const fresh = asked.length === 0 ? [] : await client.batch(asked);
      let next = 0;
      return known.map((answer, index) => {
        const found = answer ?? fresh[next++];
        const key = keys[index];
        // A client answers every call; what it left out stays left out, for the reader to name.
        if (found === undefined) return { ok: false, error: { code: 0, message: "no answer in the batch" } };
        if (key !== null && key !== undefined && found.ok) remember(key, found);
        return found;
      });
    },
  };
}

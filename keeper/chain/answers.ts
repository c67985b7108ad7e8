/** Node error texts, sorted. Clients differ in wording and agree on no code, so this is a table with a test. */
import { z } from "zod";

/** Texts of nodes that have pruned the state asked for: geth, erigon, nethermind, reth, besu, and hosted providers. */
export const NON_ARCHIVE_TEXTS: readonly RegExp[] = [
  /missing trie node/i,
  /historical state .*(not available|unavailable)/i,
  /missing historical state/i,
  /state .*(is not available|not available|unavailable|pruned)/i,
  /no state available for block/i,
  /required historical state unavailable/i,
  /(data|block|history|state) (is|was|has been) pruned/i,
  /pruned history unavailable/i,
  /world state unavailable/i,
  /old data not available due to pruning/i,
  /distance to target block exceeds maximum proof window/i,
  /archive (node|state|data|request)/i,
];

/** Texts of pools that hold the very transaction already. */
export const ALREADY_KNOWN_TEXTS: readonly RegExp[] = [
  /already known/i,
  /known transaction/i,
  /already imported/i,
  /already exists/i,
];

/** Texts of pools whose account nonce has passed the transaction's. */
export const NONCE_TOO_LOW_TEXTS: readonly RegExp[] = [
  /nonce too low/i,
  /nonce .* (is )?too low/i,
  /OldNonce/,
  /expected nonce to be/i,
];

/** Texts of pools that refuse a replacement whose fees rise too little. */
export const UNDERPRICED_TEXTS: readonly RegExp[] = [
  /replacement transaction underpriced/i,
  /transaction underpriced/i,
  /replacement fee too low/i,
  /gas price too low to replace/i,
  /Replacement transaction underpriced/i,
];

/** True when one of the texts occurs in the message. */
export const matches = (texts: readonly RegExp[], message: string): boolean => texts.some((text) => text.test(message));

/** A JSON-RPC error object; `data` differs per node and is searched for revert bytes. */
export const rpcErrorSchema = z.object({
  code: z.number().catch(0),
  message: z.string().catch("(no message)"),
  data: z.unknown().optional(),
});
export type RpcErrorBody = z.infer<typeof rpcErrorSchema>;

const revertShape = z.object({ data: z.unknown() });

/** The revert bytes inside an error's data, wherever the node put them; null when there are none. */
export function revertData(data: unknown): string | null {
  if (typeof data === "string") {
    const found = /0x[0-9a-fA-F]*/.exec(data);
    return found !== null && found[0].length % 2 === 0 ? found[0] : null;
  }
  const nested = revertShape.safeParse(data);
  return nested.success ? revertData(nested.data.data) : null;
}

/** True when an error answer says that the EVM reverted, not that the node failed. */
export const isRevert = (error: RpcErrorBody): boolean =>
  error.code === 3 || /revert/i.test(error.message) || revertData(error.data) !== null;

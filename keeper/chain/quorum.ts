/**
 * Several RPCs read as one: what a run decides by must be the same at `agree` of them. The pinned block's hash and every call at
 * that block are decisive; history and fees come from the first, for they move forecasts and not the books.
 */
import { canonicalJson } from "../kernel/canonical.ts";
import type { EngineError } from "../kernel/errors.ts";
import {
  type BlockHeader,
  type BlockTag,
  blockParam,
  type ChainClient,
  type RpcAnswer,
  type RpcCall,
} from "./client.ts";
import { BlockNotFoundError, QuorumError } from "./errors.ts";

const DECISIVE = new Set(["eth_call", "eth_getBlockByNumber"]);
/** Where each of them names its block. */
const blockOf = ({ method, params }: RpcCall): unknown => (method === "eth_call" ? params[1] : params[0]);

/** Equal answers have equal keys; two refusals are equal whatever their words. */
function keyOf({ method }: RpcCall, answer: RpcAnswer | undefined): string {
  if (answer === undefined || !answer.ok) return "refused";
  if (method !== "eth_getBlockByNumber") return canonicalJson(answer.result);
  // Nodes differ in which fields a header has; the hash covers them all.
  const { result } = answer;
  const found =
    typeof result === "object" && result !== null ? Object.entries(result).find(([key]) => key === "hash") : null;
  return canonicalJson(found?.[1] ?? null);
}

/** Outcomes of all, in order; a failed one is null. Throws the first failure when fewer than `agree` are left. */
async function fromEnough<T>(agree: number, all: readonly Promise<T>[]): Promise<readonly (T | null)[]> {
  const settled = await Promise.allSettled(all);
  const answered = settled.filter(({ status }) => status === "fulfilled").length;
  const failed = settled.find((outcome) => outcome.status === "rejected");
  if (answered < agree && failed?.status === "rejected") throw failed.reason;
  return settled.map((outcome) => (outcome.status === "fulfilled" ? outcome.value : null));
}

/** @param clients the first answers; `agree` of them, itself included, must say the same. */
export function quorumClient(clients: readonly [ChainClient, ...ChainClient[]], agree: number): ChainClient {
  const [first, ...others] = clients;
  let pinned: number | null = null;

  const requireAgreement = (what: string, keys: readonly (string | null)[]): void => {
    const same = keys.filter((key) => key === keys[0]).length;
    if (same < agree) throw new QuorumError(what, same, agree, clients.length);
  };

  async function headerAt(number: number): Promise<BlockHeader> {
    const headers = await fromEnough(
      agree,
      clients.map((client) => client.header(number)),
    );
    const [own] = headers;
    if (own === null || own === undefined) throw new BlockNotFoundError(String(number));
    requireAgreement(
      `the hash of block ${number}`,
      headers.map((header) => header?.hash ?? null),
    );
    return own;
  }

  /** The newest block that enough of them have. */
  async function latest(tag: BlockTag): Promise<BlockHeader> {
    const heads = (
      await fromEnough(
        agree,
        clients.map((client) => client.header(tag)),
      )
    ).flatMap((head) => head?.number ?? []);
    const number = [...heads].sort((a, b) => b - a)[agree - 1] ?? Math.min(...heads);
    const header = await headerAt(number);
    pinned = number;
    return header;
  }

  async function batch(calls: readonly RpcCall[]): Promise<readonly RpcAnswer[]> {
    const at = pinned === null ? null : blockParam(pinned);
    const decisive = calls.flatMap((call, index) =>
      at !== null && DECISIVE.has(call.method) && blockOf(call) === at ? [{ call, index }] : [],
    );
    const answers = await first.batch(calls);
    if (decisive.length === 0) return answers;
    // The first has answered already; enough of the others must.
    const checks = await fromEnough(
      agree - 1,
      others.map((client) => client.batch(decisive.map(({ call }) => call))),
    );
    decisive.forEach(({ call, index }, position) => {
      const keys = checks.map((check) => (check === null ? null : keyOf(call, check[position])));
      requireAgreement(`${call.method} at block ${pinned}`, [keyOf(call, answers[index]), ...keys]);
    });
    return answers;
  }

  return {
    ...first,
    httpRequests: () => clients.reduce((sum, client) => sum + client.httpRequests(), 0),
    header: (block) =>
      typeof block === "number" ? (block === pinned ? headerAt(block) : first.header(block)) : latest(block),
    batch,
    recheck: async (block) => {
      await headerAt(block.number);
      await first.recheck(block);
    },
    close: () => {
      for (const client of clients) client.close();
    },
  };
}

/** Clients of the URLs that answer; the failure of one is the caller's to tell. @throws the first failure when too few do. */
export async function openQuorum(
  agree: number,
  opened: readonly Promise<ChainClient>[],
  tell: (failure: EngineError | Error) => void,
): Promise<ChainClient> {
  const settled = await Promise.allSettled(opened);
  const clients = settled.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
  const failures = settled.flatMap((outcome) =>
    outcome.status === "rejected" && outcome.reason instanceof Error ? [outcome.reason] : [],
  );
  for (const failure of failures) tell(failure);
  const [first, ...rest] = clients;
  if (first === undefined || clients.length < agree) {
    for (const client of clients) client.close();
    throw failures[0] ?? new QuorumError("connecting", clients.length, agree, opened.length);
  }
  return quorumClient([first, ...rest], agree);
}

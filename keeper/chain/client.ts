/** One RPC, read with few requests: batches, a count of HTTP requests, pinned blocks, and a typed error per failure. */
import { FetchRequest, JsonRpcProvider, Network, toQuantity } from "ethers";
import { z } from "zod";
import { EngineError } from "../kernel/errors.ts";
import { type Address, type Hash, hash } from "../kernel/units.ts";
import { isRevert, matches, NON_ARCHIVE_TEXTS, type RpcErrorBody, revertData, rpcErrorSchema } from "./answers.ts";
import {
  BlockHashMismatchError,
  BlockNotFoundError,
  CallRevertedError,
  DecodeError,
  NonArchiveNodeError,
  RpcAnswerError,
  RpcTimeoutError,
  RpcUnreachableError,
  WrongChainError,
} from "./errors.ts";
import { explainRevert } from "./revert.ts";

/** One JSON-RPC call. */
export interface RpcCall {
  readonly method: string;
  readonly params: readonly unknown[];
}

/** One JSON-RPC answer: a node's refusal is a value, so that one bad call does not lose its batch. */
export type RpcAnswer =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly error: RpcErrorBody };

export interface BlockHeader {
  readonly number: number;
  readonly hash: Hash;
  /** Unix seconds. */
  readonly timestamp: number;
  /** Wei per gas; 0 before London. */
  readonly baseFee: bigint;
}

export type BlockTag = number | "latest" | "pending" | "safe" | "finalized";

export interface CallRequest {
  readonly to: Address;
  readonly data: string;
  readonly from?: Address;
  readonly value?: bigint;
}

export interface ClientOptions {
  readonly url: string;
  readonly expectedChainId: number;
  readonly timeoutMs: number;
  /** Most calls in one HTTP request; hosted providers refuse more than 25 to 100. */
  readonly maxBatch?: number;
}

export interface ChainClient {
  readonly chainId: number;
  readonly maxBatch: number;
  /** For TypeChain contracts; its requests are counted too. */
  readonly provider: JsonRpcProvider;
  /** HTTP requests so far. */
  httpRequests(): number;
  /** Answers in the order of the calls; calls travel in batches of `maxBatch`. */
  batch(calls: readonly RpcCall[]): Promise<readonly RpcAnswer[]>;
  request(method: string, params: readonly unknown[]): Promise<unknown>;
  header(block: BlockTag): Promise<BlockHeader>;
  /** `eth_call`; throws {@link CallRevertedError} with the decoded reason. */
  call(request: CallRequest, block: BlockTag): Promise<string>;
  /** Throws {@link BlockHashMismatchError} unless the block still has the hash. */
  recheck(pinned: { readonly number: number; readonly hash: string }): Promise<void>;
  close(): void;
}

const quantity = z.string().regex(/^0x[0-9a-fA-F]+$/);
const headerSchema = z.object({
  number: quantity,
  hash: z.string().regex(/^0x[0-9a-fA-F]{64}$/),
  timestamp: quantity,
  baseFeePerGas: quantity.optional(),
});
const answersSchema = z.array(
  z.object({ id: z.number(), result: z.unknown().optional(), error: rpcErrorSchema.nullish() }),
);

/** Batches in flight at once: enough to hide latency, few enough for rate limits. */
const IN_FLIGHT = 3;

/**
 * JsonRpcProvider that counts every HTTP request it makes, and leaves text to the runtime: the library's own UTF-8 goes letter by
 * letter, 15 ms for the answers of twenty venues.
 */
class CountingProvider extends JsonRpcProvider {
  requests = 0;
  override async _send(payload: Parameters<JsonRpcProvider["_send"]>[0]): ReturnType<JsonRpcProvider["_send"]> {
    this.requests += 1;
    const request = this._getConnection();
    request.body = Buffer.from(JSON.stringify(payload));
    request.setHeader("content-type", "application/json");
    const response = await request.send();
    response.assertOk();
    const parsed = parsedJson(response.body) ?? response.bodyJson;
    return Array.isArray(parsed) ? parsed : [parsed];
  }
}

/** Null where it is no JSON: the library words that error. Its shape is checked by who asked. */
function parsedJson(body: Uint8Array | null): ReturnType<typeof JSON.parse> {
  if (body === null) return null;
  try {
    return JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("utf8"));
  } catch {
    return null;
  }
}

export const blockParam = (block: BlockTag): string => (typeof block === "number" ? toQuantity(block) : block);

/** The call that reads one block's header. */
export const headerCall = (block: BlockTag): RpcCall => ({
  method: "eth_getBlockByNumber",
  params: [blockParam(block), false],
});

/** Decodes a header. @throws {BlockNotFoundError} when the node has none. */
export function decodeHeader(result: unknown, block: BlockTag): BlockHeader {
  if (result === null || result === undefined) throw new BlockNotFoundError(String(block));
  const parsed = headerSchema.safeParse(result);
  if (!parsed.success) throw new DecodeError(`the header of block ${block}`, z.prettifyError(parsed.error));
  return {
    number: Number(parsed.data.number),
    hash: hash(parsed.data.hash),
    timestamp: Number(parsed.data.timestamp),
    baseFee: BigInt(parsed.data.baseFeePerGas ?? "0x0"),
  };
}

/** The typed error of a node's refusal. `eth_call` and gas estimates that revert become {@link CallRevertedError}. */
export function answerError(call: RpcCall, error: RpcErrorBody): EngineError {
  const block = call.params.find(
    (param) => typeof param === "string" && /^(0x[0-9a-f]+|latest|pending|safe|finalized)$/.test(param),
  );
  if (matches(NON_ARCHIVE_TEXTS, error.message)) {
    const shown =
      typeof block === "string" && block.startsWith("0x") ? String(Number(block)) : String(block ?? "unknown");
    return new NonArchiveNodeError(call.method, shown, error.message);
  }
  if ((call.method === "eth_call" || call.method === "eth_estimateGas") && isRevert(error)) {
    const data = revertData(error.data) ?? "0x";
    const target = z.object({ to: z.string() }).safeParse(call.params[0]);
    return new CallRevertedError(
      target.success ? target.data.to : "a new contract",
      data,
      explainRevert(data, error.message),
    );
  }
  return new RpcAnswerError(call.method, error.code, error.message);
}

/** The result of an answer, or its typed error. */
export function resultOf(call: RpcCall, answer: RpcAnswer): unknown {
  if (answer.ok) return answer.result;
  throw answerError(call, answer.error);
}

const ethersError = z.object({ code: z.string(), message: z.string() });

function transportError(url: string, timeoutMs: number, cause: unknown): EngineError {
  if (cause instanceof EngineError) return cause;
  const known = ethersError.safeParse(cause);
  if (known.success && known.data.code === "TIMEOUT") return new RpcTimeoutError(url, timeoutMs, cause);
  const reason = known.success ? known.data.code : "the connection failed";
  const status = z.object({ info: z.object({ responseStatus: z.string() }) }).safeParse(cause);
  return new RpcUnreachableError(url, status.success ? `HTTP ${status.data.info.responseStatus}` : reason, cause);
}

/** Connects, and refuses a node of another chain. */
export async function createClient(options: ClientOptions): Promise<ChainClient> {
  const { url, expectedChainId, timeoutMs } = options;
  const maxBatch = options.maxBatch ?? 25;
  const request = new FetchRequest(url);
  request.timeout = timeoutMs;
  const provider = new CountingProvider(request, Network.from(expectedChainId), {
    staticNetwork: true,
    batchMaxCount: maxBatch,
    cacheTimeout: -1,
    polling: true,
  });
  let nextId = 1;

  async function sendChunk(calls: readonly RpcCall[]): Promise<RpcAnswer[]> {
    const payload = calls.map(({ method, params }) => ({
      id: nextId++,
      jsonrpc: "2.0" as const,
      method,
      params: [...params],
    }));
    let raw: unknown;
    try {
      raw = await provider._send(payload);
    } catch (cause) {
      throw transportError(url, timeoutMs, cause);
    }
    const parsed = answersSchema.safeParse(raw);
    const first = calls[0]?.method ?? "an empty batch";
    if (!parsed.success) {
      // A node that refuses a whole batch answers with one object without a usable id.
      const whole = z.array(z.object({ error: rpcErrorSchema })).safeParse(raw);
      const refusal = whole.success ? whole.data[0] : undefined;
      if (refusal !== undefined)
        throw new RpcAnswerError(
          `a batch of ${calls.length} (${first}, ..)`,
          refusal.error.code,
          refusal.error.message,
        );
      throw new RpcAnswerError(first, 0, "the answer is not JSON-RPC");
    }
    const byId = new Map(parsed.data.map((answer) => [answer.id, answer]));
    return payload.map(({ id, method }): RpcAnswer => {
      const answer = byId.get(id);
      if (answer === undefined)
        return { ok: false, error: { code: 0, message: `no answer to ${method} in the batch` } };
      if (answer.error !== undefined && answer.error !== null) return { ok: false, error: answer.error };
      return { ok: true, result: answer.result };
    });
  }

  async function batch(calls: readonly RpcCall[]): Promise<readonly RpcAnswer[]> {
    const chunks: (readonly RpcCall[])[] = [];
    for (let start = 0; start < calls.length; start += maxBatch) chunks.push(calls.slice(start, start + maxBatch));
    const answers: RpcAnswer[][] = new Array<RpcAnswer[]>(chunks.length);
    let next = 0;
    const worker = async (): Promise<void> => {
      for (let index = next++; index < chunks.length; index = next++) {
        const chunk = chunks[index];
        if (chunk !== undefined) answers[index] = await sendChunk(chunk);
      }
    };
    await Promise.all(Array.from({ length: Math.min(IN_FLIGHT, chunks.length) }, worker));
    return answers.flat();
  }

  async function single(call: RpcCall): Promise<unknown> {
    const [answer] = await sendChunk([call]);
    if (answer === undefined) throw new RpcAnswerError(call.method, 0, "no answer");
    return resultOf(call, answer);
  }

  const header = async (block: BlockTag): Promise<BlockHeader> => decodeHeader(await single(headerCall(block)), block);

  const client: ChainClient = {
    chainId: expectedChainId,
    maxBatch,
    provider,
    httpRequests: () => provider.requests,
    batch,
    request: (method, params) => single({ method, params }),
    header,
    call: async ({ to, data, from, value }, block) => {
      const transaction = {
        to,
        data,
        ...(from === undefined ? {} : { from }),
        ...(value === undefined ? {} : { value: toQuantity(value) }),
      };
      const result = await single({ method: "eth_call", params: [transaction, blockParam(block)] });
      if (typeof result !== "string") throw new DecodeError(`eth_call to ${to}`, "it is not a hex string");
      return result;
    },
    recheck: async (pinned) => {
      const now = await header(pinned.number);
      if (now.hash !== pinned.hash) throw new BlockHashMismatchError(pinned.number, pinned.hash, now.hash);
    },
    close: () => provider.destroy(),
  };
  let served: unknown;
  try {
    served = await client.request("eth_chainId", []);
  } catch (error) {
    provider.destroy();
    throw error;
  }
  const actual = Number(z.string().catch("NaN").parse(served));
  if (actual !== expectedChainId) {
    provider.destroy();
    throw new WrongChainError(expectedChainId, actual);
  }
  return client;
}

/** What can go wrong between the keeper and the chain: one class per failure. */
import { ChainError, InputError } from "../kernel/errors.ts";

/** Host only: RPC URLs carry API keys in their path or query. */
export function redactUrl(url: string): string {
  try {
    const { protocol, host } = new URL(url);
    return `${protocol}//${host}`;
  } catch {
    return "(not a URL)";
  }
}

const CHAIN_NAMES: Readonly<Record<number, string>> = {
  1: "Ethereum mainnet",
  17000: "Holesky",
  560048: "Hoodi",
  11155111: "Sepolia",
  31337: "a local Hardhat or anvil chain",
};
const chainName = (chainId: number): string => `${chainId} (${CHAIN_NAMES[chainId] ?? "unknown chain"})`;

export class RpcUnreachableError extends ChainError {
  readonly code = "RPC_UNREACHABLE";
  override readonly retryable = true;
  readonly host: string;
  readonly reason: string;
  constructor(url: string, reason: string, cause?: unknown) {
    super(`No RPC answers at ${redactUrl(url)}: ${reason}. Start the node or correct rpcUrl.`, { cause });
    this.host = redactUrl(url);
    this.reason = reason;
  }
}

export class RpcTimeoutError extends ChainError {
  readonly code = "RPC_TIMEOUT";
  override readonly retryable = true;
  readonly host: string;
  readonly timeoutMs: number;
  constructor(url: string, timeoutMs: number, cause?: unknown) {
    super(`The RPC at ${redactUrl(url)} did not answer within ${timeoutMs} ms. Try again, or raise rpc.timeoutMs.`, {
      cause,
    });
    this.host = redactUrl(url);
    this.timeoutMs = timeoutMs;
  }
}

export class WrongChainError extends ChainError {
  readonly code = "WRONG_CHAIN";
  readonly expected: number;
  readonly actual: number;
  constructor(expected: number, actual: number) {
    super(
      `The RPC serves chain ${chainName(actual)}, the configuration wants ${chainName(expected)}. Correct rpcUrl or chainId.`,
    );
    this.expected = expected;
    this.actual = actual;
  }
}

/** The node understood the request and answered with an error. */
export class RpcAnswerError extends ChainError {
  readonly code = "RPC_ANSWER";
  readonly method: string;
  readonly rpcCode: number;
  readonly rpcMessage: string;
  constructor(method: string, rpcCode: number, rpcMessage: string) {
    super(
      `The RPC answered ${method} with error ${rpcCode}: ${rpcMessage}. Check the provider's limits and the request.`,
    );
    this.method = method;
    this.rpcCode = rpcCode;
    this.rpcMessage = rpcMessage;
  }
}

export class NonArchiveNodeError extends ChainError {
  readonly code = "NON_ARCHIVE_NODE";
  readonly method: string;
  readonly block: string;
  readonly rpcMessage: string;
  constructor(method: string, block: string, rpcMessage: string) {
    super(`The RPC has no state at block ${block} (${rpcMessage}). Use an archive node, or shorten history.days.`);
    this.method = method;
    this.block = block;
    this.rpcMessage = rpcMessage;
  }
}

export class BlockNotFoundError extends ChainError {
  readonly code = "BLOCK_NOT_FOUND";
  override readonly retryable = true;
  readonly block: string;
  constructor(block: string) {
    super(`The RPC knows no block ${block}. It may lag behind; wait, or ask another node.`);
    this.block = block;
  }
}

export class BlockHashMismatchError extends ChainError {
  readonly code = "BLOCK_HASH_MISMATCH";
  override readonly retryable = true;
  readonly block: number;
  readonly expected: string;
  readonly actual: string;
  constructor(block: number, expected: string, actual: string) {
    super(
      `Block ${block} has hash ${actual}, it was pinned as ${expected}. The chain reorganised or another node answered: observe again.`,
    );
    this.block = block;
    this.expected = expected;
    this.actual = actual;
  }
}

/** The RPCs do not tell the same. */
export class QuorumError extends ChainError {
  readonly code = "RPC_QUORUM";
  override readonly retryable = true;
  readonly what: string;
  readonly same: number;
  readonly wanted: number;
  constructor(what: string, same: number, wanted: number, asked: number) {
    super(
      `${same} of ${asked} RPCs agree on ${what}, rpc.quorum asks for ${wanted}. One of them is behind, on a fork, or wrong: nothing is decided by it. Try again, or replace the one that differs.`,
    );
    this.what = what;
    this.same = same;
    this.wanted = wanted;
  }
}

/** `eth_call` or gas estimation reverted. */
export class CallRevertedError extends ChainError {
  readonly code = "CALL_REVERTED";
  readonly to: string;
  readonly data: string;
  readonly reason: string;
  constructor(to: string, data: string, reason: string) {
    super(`The call to ${to} reverts: ${reason}. Nothing was sent.`);
    this.to = to;
    this.data = data;
    this.reason = reason;
  }
}

/** An answer that does not decode as the interface says. */
export class DecodeError extends ChainError {
  readonly code = "DECODE";
  readonly what: string;
  readonly reason: string;
  constructor(what: string, reason: string) {
    super(
      `The answer to ${what} does not decode: ${reason}. Check that the address is the contract the configuration names.`,
    );
    this.what = what;
    this.reason = reason;
  }
}

export class KeyFileError extends InputError {
  readonly code = "KEY_FILE";
  readonly file: string;
  readonly problem: string;
  constructor(file: string, problem: string, remedy: string) {
    super(`The key file ${file} cannot be used: ${problem}. ${remedy}`);
    this.file = file;
    this.problem = problem;
  }
}

export class TransactionLogError extends InputError {
  readonly code = "TRANSACTION_LOG";
  readonly file: string;
  readonly line: number;
  constructor(file: string, line: number, problem: string) {
    // Line 0 stands for the file as a whole.
    const where =
      line === 0
        ? `The transaction log ${file} cannot be used`
        : `Line ${line} of the transaction log ${file} is not readable`;
    super(`${where}: ${problem}. Repair or archive the file before sending again.`);
    this.file = file;
    this.line = line;
  }
}

export class FeeCapExceededError extends ChainError {
  readonly code = "FEE_CAP_EXCEEDED";
  override readonly retryable = true;
  readonly needed: bigint;
  readonly cap: bigint;
  constructor(needed: bigint, cap: bigint) {
    super(`Gas needs ${needed} wei per unit, the cap is ${cap}. Wait for a cheaper hour or raise limits.gasCapGwei.`);
    this.needed = needed;
    this.cap = cap;
  }
}

export class TransactionStuckError extends ChainError {
  readonly code = "TRANSACTION_STUCK";
  override readonly retryable = true;
  readonly nonce: number;
  readonly hashes: readonly string[];
  constructor(nonce: number, hashes: readonly string[]) {
    super(
      `Nonce ${nonce} is not mined after ${hashes.length} sends (${hashes.join(", ")}). The intent stays open in the log; run again to reconcile it.`,
    );
    this.nonce = nonce;
    this.hashes = hashes;
  }
}

export class TransactionRevertedError extends ChainError {
  readonly code = "TRANSACTION_REVERTED";
  readonly hash: string;
  readonly reason: string;
  constructor(hash: string, reason: string) {
    super(`Transaction ${hash} was mined and reverted: ${reason}. Read the state again before another try.`);
    this.hash = hash;
    this.reason = reason;
  }
}

/** Another sender used the nonce of an open intent. */
export class NonceTakenError extends ChainError {
  readonly code = "NONCE_TAKEN";
  readonly nonce: number;
  readonly sender: string;
  constructor(nonce: number, sender: string) {
    super(
      `Nonce ${nonce} of ${sender} was used by a transaction that is not in the log. Keep the keeper's key to one process.`,
    );
    this.nonce = nonce;
    this.sender = sender;
  }
}

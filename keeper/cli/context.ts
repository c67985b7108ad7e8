/** What the verbs share: the configuration file, the client, files read with one clear error. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { type ChainClient, createClient } from "../chain/client.ts";
import { RpcTimeoutError, RpcUnreachableError } from "../chain/errors.ts";
import { openQuorum } from "../chain/quorum.ts";
import { loadConfig } from "../config/load.ts";
import type { KeeperConfig } from "../config/schema.ts";
import { EngineError, InputError } from "../kernel/errors.ts";
import { progress } from "./output.ts";

export class FileUnreadableError extends InputError {
  readonly code = "FILE_UNREADABLE";
  readonly file: string;
  constructor(file: string, cause: unknown) {
    super(`The file ${file} cannot be read. Check the path and its permissions.`, { cause });
    this.file = file;
  }
}

export class FolderUnwritableError extends InputError {
  readonly code = "FOLDER_UNWRITABLE";
  readonly folder: string;
  constructor(folder: string, cause: unknown) {
    super(`Nothing can be written to ${folder}. Name another folder with --out, or correct its permissions.`, {
      cause,
    });
    this.folder = folder;
  }
}

export class OptionError extends InputError {
  readonly code = "OPTION";
  readonly option: string;
  constructor(option: string, value: string, remedy: string) {
    super(`The option ${option} is "${value}". ${remedy}`);
    this.option = option;
  }
}

export async function readText(file: string): Promise<string> {
  try {
    return await readFile(resolve(file), "utf8");
  } catch (cause) {
    throw new FileUnreadableError(file, cause);
  }
}

const NUMERAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** The number that a decimal numeral writes; NaN for every other text, where Number() reads "" and "0x10" too. */
export const decimal = (text: string): number => (NUMERAL.test(text) ? Number(text) : Number.NaN);

/** A number within bounds, or one clear error. */
export function numberBetween(option: string, value: string, low: number, high: number): number {
  const found = decimal(value.trim());
  if (!(found >= low && found <= high)) throw new OptionError(option, value, `Give a number from ${low} to ${high}.`);
  return found;
}

/** A whole number from 0 to `highest`, or one clear error. */
export function wholeNumber(option: string, value: string, highest = Number.MAX_SAFE_INTEGER): number {
  if (!/^\d{1,16}$/.test(value) || Number(value) > highest) {
    throw new OptionError(option, value, `Give a whole number from 0 to ${highest}.`);
  }
  return Number(value);
}

export interface Connected {
  readonly config: KeeperConfig;
  readonly client: ChainClient;
}

/** A client of the first configured RPC that answers. One that serves another chain is an error, not a reason to go on. */
export async function connect(config: KeeperConfig): Promise<ChainClient> {
  const { quorum = 1 } = config.rpc;
  const open = (url: string): Promise<ChainClient> =>
    createClient({
      url,
      expectedChainId: config.chainId,
      timeoutMs: config.rpc.timeoutMs,
      maxBatch: config.rpc.maxBatch,
    });
  if (quorum > 1) {
    return openQuorum(quorum, config.rpcUrls.map(open), (failure) =>
      progress(failure instanceof EngineError ? `${failure.code}: ${failure.message}` : failure.message),
    );
  }
  let silent: RpcUnreachableError | RpcTimeoutError | null = null;
  for (const url of config.rpcUrls) {
    try {
      return await open(url);
    } catch (error) {
      if (!(error instanceof RpcUnreachableError || error instanceof RpcTimeoutError)) throw error;
      silent = error;
      // The message names the host only: URLs carry keys.
      if (config.rpcUrls.length > 1) progress(`${error.code}: ${error.message}`);
    }
  }
  throw silent ?? new OptionError("rpcUrls", "", "Name at least one URL in the configuration.");
}

/** Runs a verb with a client of the configured chain, and closes it. */
export async function connected<T>(configFile: string, action: (context: Connected) => Promise<T>): Promise<T> {
  const config = await loadConfig(resolve(configFile), process.env);
  const client = await connect(config);
  try {
    return await action({ config, client });
  } finally {
    client.close();
  }
}

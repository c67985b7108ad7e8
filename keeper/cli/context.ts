/** What the verbs share: the configuration file, the client, files read with one clear error. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { type ChainClient, createClient } from "../chain/client.ts";
import { loadConfig } from "../config/load.ts";
import type { KeeperConfig } from "../config/schema.ts";
import { InputError } from "../kernel/errors.ts";

export class FileUnreadableError extends InputError {
  readonly code = "FILE_UNREADABLE";
  readonly file: string;
  constructor(file: string, cause: unknown) {
    super(`The file ${file} cannot be read. Check the path and its permissions.`, { cause });
    this.file = file;
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

/** A whole number that is not negative, or one clear error. */
export function wholeNumber(option: string, value: string): number {
  if (!/^\d+$/.test(value) || !Number.isSafeInteger(Number(value)))
    throw new OptionError(option, value, "Give a whole number, 0 or more.");
  return Number(value);
}

export interface Connected {
  readonly config: KeeperConfig;
  readonly client: ChainClient;
}

/** Runs a verb with a client of the configured chain, and closes it. */
export async function connected<T>(configFile: string, action: (context: Connected) => Promise<T>): Promise<T> {
  const config = await loadConfig(resolve(configFile), process.env);
  const [url] = config.rpcUrls;
  const client = await createClient({
    url: url ?? "",
    expectedChainId: config.chainId,
    timeoutMs: config.rpc.timeoutMs,
    maxBatch: config.rpc.maxBatch,
  });
  try {
    return await action({ config, client });
  } finally {
    client.close();
  }
}

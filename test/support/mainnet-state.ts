/**
 * Mainnet for tests, from one of two places. With MAINNET_RPC_URL: a fork at a pinned block. Without it: recorded accounts,
 * code and the slots that recorded transactions touched, loaded into an in-process network. The recording is real but
 * sparse: a slot that nobody touched reads 0, and totals across contracts need not add up. Where neither is at hand the
 * suite is skipped, and says so.
 */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { ZeroAddress } from "ethers";
import { network } from "hardhat";
import { z } from "zod";
import { MAINNET, MAINNET_CHAIN_ID } from "../../deploy/chains/mainnet.ts";
import { InputError } from "../../keeper/kernel/errors.ts";
import type { Connection } from "./venue.ts";

/** The block whose accounts hold Lido, Aave, ether.fi and the feeds together. */
const BLOCK = 19_932_810;
const BLOCK_TIME = "2024-05-23T15:30:00Z";
const DIRECTORY =
  process.env.MAINNET_STATE_DIR ?? fileURLToPath(new URL("../../../shared/mainnet-state/", import.meta.url));
/** Calls in flight at a time; the provider answers in process. */
const CHUNK = 500;

const hex = z.string().regex(/^0x[0-9a-fA-F]*$/);
const prestate = z.record(
  hex,
  z.object({
    balance: hex.optional(),
    code: hex.optional(),
    storage: z.record(hex, hex).optional(),
  }),
);

export class RecordedStateError extends InputError {
  readonly code = "RECORDED_STATE";
  readonly file: string;
  constructor(file: string, options?: { cause?: unknown }) {
    super(`The recorded state ${file} is not in geth's prestate form. Restore it from its archive.`, options);
    this.file = file;
  }
}

export interface Mainnet {
  readonly connection: Connection;
  /** "recorded": some slots may be missing, and a test may have to write one, which it then says. */
  readonly origin: "fork" | "recorded";
  readonly block: number;
}

/** Opens mainnet, or returns why it cannot. */
export async function openMainnet(): Promise<Mainnet | { readonly skipped: string }> {
  const url = process.env.MAINNET_RPC_URL;
  if (url !== undefined && url !== "") {
    const block = Number(process.env.MAINNET_FORK_BLOCK ?? BLOCK);
    const connection = await network.create({
      override: { chainId: MAINNET_CHAIN_ID, forking: { url, blockNumber: block } },
    });
    return { connection, origin: "fork", block };
  }
  const file = `${DIRECTORY}/block-${BLOCK}.prestate.json.gz`;
  if (!existsSync(file)) {
    return { skipped: `MAINNET_RPC_URL is not set and the recorded state block-${BLOCK} is not there` };
  }
  const connection = await network.create({
    override: { chainId: MAINNET_CHAIN_ID, initialDate: new Date(BLOCK_TIME) },
  });
  await load(connection, file);
  return { connection, origin: "recorded", block: BLOCK };
}

async function load(connection: Connection, file: string): Promise<void> {
  let accounts: z.infer<typeof prestate>;
  try {
    accounts = prestate.parse(JSON.parse(gunzipSync(readFileSync(file)).toString("utf8")));
  } catch (cause) {
    throw new RecordedStateError(file, { cause });
  }
  const calls: { readonly method: string; readonly params: readonly string[] }[] = [];
  for (const [account, { balance, code, storage }] of Object.entries(accounts)) {
    if (code !== undefined && code !== "0x") calls.push({ method: "hardhat_setCode", params: [account, code] });
    if (balance !== undefined) calls.push({ method: "hardhat_setBalance", params: [account, quantity(balance)] });
    for (const [slot, value] of Object.entries(storage ?? {})) {
      calls.push({
        method: "hardhat_setStorageAt",
        params: [account, quantity(slot), `0x${value.slice(2).padStart(64, "0")}`],
      });
    }
  }
  for (let from = 0; from < calls.length; from += CHUNK) {
    await Promise.all(
      calls
        .slice(from, from + CHUNK)
        .map((call) => connection.provider.request({ method: call.method, params: [...call.params] })),
    );
  }
}

/** JSON-RPC writes integers without leading zeros. */
const quantity = (value: string): string => `0x${BigInt(value).toString(16)}`;

/** Registers the hooks of a suite on mainnet; skips it, with the reason, where mainnet cannot be had. */
export function onMainnet(prepare: (mainnet: Mainnet) => Promise<void>): void {
  before(async function () {
    this.timeout(300_000);
    const opened = await openMainnet();
    if ("skipped" in opened) {
      console.log(`      skipped: ${opened.skipped}`);
      this.skip();
    }
    console.log(`      mainnet at block ${opened.block}, ${opened.origin}`);
    await prepare(opened);
  });
}

/** ether.fi's RedemptionManager where the block has it; the zero address, which deploys without, before 2025. */
export async function redemptionOn({ connection }: Mainnet): Promise<string> {
  const { address } = MAINNET.etherFiRedemption;
  return (await connection.ethers.provider.getCode(address)) === "0x" ? ZeroAddress : address;
}

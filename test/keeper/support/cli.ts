/** The command line as an operator meets it: a process of its own, files of its own, a chain it knows by URL only. */
import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { parseEther, toQuantity } from "ethers";
import { z } from "zod";
import { deployEngine, type EngineAddresses } from "../../../embedded/engine.ts";
import { keeperConfigFor } from "../../../embedded/keeper-config.ts";
import { createWorld, type Role, type World } from "../../../embedded/world.ts";
import type { KeeperConfig } from "../../../keeper/config/schema.ts";
import type { ExitCode } from "../../../keeper/kernel/errors.ts";
import { LiquidityVault__factory } from "../../../types/ethers-contracts/factories/contracts/LiquidityVault__factory.ts";
import { ProposalModule__factory } from "../../../types/ethers-contracts/factories/contracts/ProposalModule__factory.ts";

export const root = join(import.meta.dirname, "..", "..", "..");
export const node = join(root, "node_modules", "node", "bin", "node");
const main = join(root, "keeper", "cli", "main.ts");

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command line to its end; never rejects. The environment is empty but for what a test gives. */
export function amplified(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Finished> {
  return new Promise((done) => {
    const options = { cwd: tmpdir(), env: { PATH: process.env.PATH ?? "", ...env }, maxBuffer: 64 * 1024 * 1024 };
    const child = execFile(node, [main, ...args], options, (_failure, stdout, stderr) => {
      done({ code: child.exitCode, stdout, stderr });
    });
  });
}

const failed = z.strictObject({ error: z.strictObject({ code: z.string(), message: z.string() }) });

/** One clear error, on stderr, without a stack; with every text in it. */
export function expectError(run: Finished, exit: ExitCode, code: string, ...texts: readonly string[]): void {
  expect(run.code, run.stderr).to.equal(exit);
  expect(run.stdout).to.equal("");
  // Progress may stand before it.
  expect(run.stderr.match(/^error \w+: /gm), run.stderr).to.deep.equal([`error ${code}: `]);
  expect(run.stderr).not.to.match(/\n\s+at /);
  for (const text of texts) expect(run.stderr).to.contain(text);
}

/** The same with --json: one document on stdout and nothing else. */
export function expectJsonError(run: Finished, exit: ExitCode, code: string): void {
  expect(run.code, run.stderr).to.equal(exit);
  expect(failed.parse(JSON.parse(run.stdout)).error.code).to.equal(code);
  expect(run.stderr).not.to.contain("error ");
}

/** The one document of a run that ended well or was refused. */
export function documentOf<T>(run: Finished, exit: ExitCode, schema: z.ZodType<T>): T {
  expect(run.code, `${run.stdout}${run.stderr}`).to.equal(exit);
  return schema.parse(JSON.parse(run.stdout));
}

export interface Life {
  readonly world: World;
  readonly engine: EngineAddresses;
  readonly config: KeeperConfig;
  readonly folder: string;
  /** keeper.json of this engine. */
  readonly configFile: string;
  /** Writes a variant of the configuration; its path. */
  variant(name: string, changes: Readonly<Record<string, unknown>>): string;
  keyFile(role: Role): string;
  /** A folder that does not exist yet. */
  out(name: string): string;
  filesIn(folder: string): readonly string[];
  /** Proposals published so far. */
  published(): Promise<number>;
  now(): Promise<number>;
  /** Lets time pass in one block. */
  wait(seconds: number): Promise<void>;
  /** Runs `action` and takes the chain back to where it was. */
  undone(action: () => Promise<void>): Promise<void>;
  /** Fresh money of the first depositor, wei. */
  deposit(value: bigint): Promise<void>;
  close(): Promise<void>;
}

/** Days the stages ask for before they vouch for a strategy, with some to spare. */
const HISTORY_DAYS = 125;

/** A market that has lived, an engine in it, 2,000 WETH deposited, and the operator's files. */
export async function createLife(seed: number): Promise<Life> {
  const folder = mkdtempSync(join(tmpdir(), "amplified-cli-"));
  const world = await createWorld({ seed, historyDays: HISTORY_DAYS });
  const { chain } = world;
  const engine = await deployEngine(world);
  const depositor = world.account("firstDepositor").address;
  const vault = LiquidityVault__factory.connect(engine.vault, await chain.ethers.getSigner(depositor));
  const deposit = async (value: bigint): Promise<void> => {
    await (await vault.depositEth(depositor, { value })).wait();
  };
  await deposit(parseEther("2000"));
  const config = keeperConfigFor(world, engine, { seed, historyDays: HISTORY_DAYS, txLog: "transactions.jsonl" });
  const write = (name: string, content: string): string => {
    const file = join(folder, name);
    writeFileSync(file, content);
    return file;
  };
  const module = ProposalModule__factory.connect(engine.module, chain.ethers.provider);
  return {
    world,
    engine,
    config,
    folder,
    configFile: write("keeper.json", JSON.stringify(config)),
    variant: (name, changes) => write(`${name}.json`, JSON.stringify({ ...config, ...changes })),
    keyFile: (role) => {
      const file = write(`${role}.key`, `${world.account(role).privateKey}\n`);
      chmodSync(file, 0o600);
      return file;
    },
    out: (name) => join(folder, name),
    filesIn: (place) => {
      mkdirSync(place, { recursive: true });
      return readdirSync(place).sort();
    },
    published: async () => (await module.queryFilter(module.filters.Propose())).length,
    now: () => chain.now(),
    wait: async (seconds) => {
      await chain.request("evm_increaseTime", toQuantity(seconds));
      await chain.request("evm_mine");
    },
    deposit,
    undone: async (action) => {
      const snapshot = await chain.request("evm_snapshot");
      try {
        await action();
      } finally {
        await chain.request("evm_revert", snapshot);
      }
    },
    close: async () => {
      await world.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export const read = (file: string): string => readFileSync(file, "utf8");

/**
 * The people of the demonstration besides the keeper: owners who sign in processes of their own, depositors, whoever
 * reports and claims, and the curator who returns a strategy that was frozen.
 */
import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { ContractTransactionReceipt, ContractTransactionResponse } from "ethers";
import { type OwnerSignature, ownerSignatureSchema } from "../../keeper/propose/signing.ts";
import { AccessManager__factory } from "../../types/ethers-contracts/factories/@openzeppelin/contracts/access/manager/AccessManager__factory.ts";
import { IStrategyAdapter__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/IStrategyAdapter__factory.ts";
import { LiquidityVault__factory } from "../../types/ethers-contracts/factories/contracts/LiquidityVault__factory.ts";
import { OracleGuard__factory } from "../../types/ethers-contracts/factories/contracts/OracleGuard__factory.ts";
import { RedeemQueue__factory } from "../../types/ethers-contracts/factories/contracts/RedeemQueue__factory.ts";
import { StrategyRegistry__factory } from "../../types/ethers-contracts/factories/contracts/StrategyRegistry__factory.ts";
import type { EngineAddresses } from "../engine.ts";
import { DemoStepError } from "../errors.ts";
import type { Role, World } from "../world.ts";

const run = promisify(execFile);
const root = join(import.meta.dirname, "..", "..");
export const OWNERS = ["firstOwner", "secondOwner", "thirdOwner"] as const;
export type OwnerRole = (typeof OWNERS)[number];

const STATE = { active: 1n, frozen: 3n } as const;
const PRICE_NORMAL = 1n;

/** Gas a transaction cost, wei. */
export const gasPaid = (receipt: ContractTransactionReceipt): bigint => receipt.gasUsed * receipt.gasPrice;

/** Waits for a transaction and refuses one that failed. */
export async function mined(
  what: string,
  sent: Promise<ContractTransactionResponse>,
): Promise<ContractTransactionReceipt> {
  const receipt = await (await sent).wait();
  if (receipt === null || receipt.status !== 1) throw new DemoStepError(what, "the transaction failed");
  return receipt;
}

export interface People {
  /** Writes the owner's private key where only the owner's process reads it. */
  readonly keyFile: (owner: OwnerRole) => string;
  /** Two owners, each in a process that gets the proposal file and its own key file, and nothing else. */
  readonly sign: (proposalFile: string, owners: readonly OwnerRole[]) => Promise<readonly OwnerSignature[]>;
  readonly deposit: (who: Role, amount: bigint) => Promise<void>;
  readonly withdraw: (who: Role, amount: bigint) => Promise<bigint>;
  /** Asks the redeem queue for a share of one's holding, per cent; the shares that went there. */
  readonly requestRedeem: (who: Role, percent: number) => Promise<bigint>;
  /** Claims what the queue has ready for them; the assets, 0 while there is nothing. */
  readonly claimRedeem: (who: Role) => Promise<bigint>;
  /** The guardian freezes the first strategy of the withdrawal order that holds anything; its name, null when none does. */
  readonly freeze: () => Promise<string | null>;
  /** Collects finished exits and reports every strategy; the gas it cost, wei. */
  readonly reportAll: () => Promise<bigint>;
  /** Schedules, and after the delay executes, the return of strategies that are frozen but priced normally again. */
  readonly tendFrozen: () => Promise<readonly { readonly kind: "scheduled" | "returned"; readonly text: string }[]>;
}

export function createPeople(world: World, engine: EngineAddresses, folder: string): People {
  const { chain } = world;
  const signer = (role: Role) => chain.ethers.getSigner(world.account(role).address);
  const vaultAs = async (role: Role) => LiquidityVault__factory.connect(engine.vault, await signer(role));
  mkdirSync(folder, { recursive: true });

  const keyFile = (owner: OwnerRole): string => {
    const file = join(folder, `${owner}.key`);
    writeFileSync(file, `${world.account(owner).privateKey}\n`, { mode: 0o600 });
    return file;
  };

  const signOne = async (proposalFile: string, owner: OwnerRole): Promise<OwnerSignature> => {
    const output = join(folder, `${owner}.signature.json`);
    const now = await chain.now();
    await run(
      process.execPath,
      [
        join(root, "keeper", "cli", "main.ts"),
        ...["sign", proposalFile, "--key-file", keyFile(owner), "--chain-id", String(chain.chainId)],
        // The embedded chain lives in another year than the machine.
        ...["--module", engine.module, "--now", String(now), "--out", output, "--json"],
      ],
      { cwd: root, env: { PATH: process.env.PATH ?? "" } },
    );
    return ownerSignatureSchema.parse(JSON.parse(readFileSync(output, "utf8")));
  };

  const ids = engine.strategies.map(({ id }) => id);
  const reportAll = async (): Promise<bigint> => {
    const vault = await vaultAs("executor");
    let paid = 0n;
    const claimable: number[] = [];
    for (const { id, adapter } of engine.strategies) {
      const [, , ready] = await IStrategyAdapter__factory.connect(adapter, chain.ethers.provider).realAssets();
      if (ready > 0n) claimable.push(id);
    }
    if (claimable.length > 0) paid += gasPaid(await mined("claim", vault.claim(claimable)));
    if ((await vault.totalDebt()) > 0n) paid += gasPaid(await mined("report", vault.report(ids)));
    return paid;
  };

  const tendFrozen: People["tendFrozen"] = async () => {
    const curator = await signer("curator");
    const registry = StrategyRegistry__factory.connect(engine.registry, curator);
    const guard = OracleGuard__factory.connect(engine.guard, curator);
    const manager = AccessManager__factory.connect(engine.manager, curator);
    const done: { kind: "scheduled" | "returned"; text: string }[] = [];
    for (const { id, name } of engine.strategies) {
      const { state } = await registry.strategy(id);
      if (state !== STATE.frozen) continue;
      if ((await guard.quote(id)).status !== PRICE_NORMAL) continue;
      const data = registry.interface.encodeFunctionData("reactivate", [id]);
      const operation = await manager.hashOperation(curator.address, engine.registry, data);
      const readyAt = await manager.getSchedule(operation);
      if (readyAt === 0n) {
        await mined("schedule", manager.schedule(engine.registry, data, 0));
        done.push({
          kind: "scheduled",
          text: `the curator schedules the return of ${name}, executable after the delay`,
        });
      } else if (readyAt <= BigInt(await chain.now())) {
        await mined("reactivate", manager.execute(engine.registry, data));
        done.push({ kind: "returned", text: `the curator returns ${name} to Active` });
      }
    }
    return done;
  };

  return {
    keyFile,
    sign: async (proposalFile, owners) => Promise.all(owners.map((owner) => signOne(proposalFile, owner))),
    deposit: async (who, amount) => {
      const vault = await vaultAs(who);
      await mined("deposit", vault.depositEth(world.account(who).address, { value: amount }));
    },
    withdraw: async (who, amount) => {
      const vault = await vaultAs(who);
      const { address } = world.account(who);
      const most = await vault.maxWithdraw(address);
      const paid = amount < most ? amount : most;
      if (paid > 0n) await mined("withdraw", vault.withdraw(paid, address, address));
      return paid;
    },
    requestRedeem: async (who, percent) => {
      const vault = await vaultAs(who);
      const queue = RedeemQueue__factory.connect(engine.queue, await signer(who));
      const { address } = world.account(who);
      const shares = ((await vault.balanceOf(address)) * BigInt(percent)) / 100n;
      await mined("approve the queue", vault.approve(engine.queue, shares));
      await mined("request", queue.requestRedeem(shares, address, address));
      return shares;
    },
    claimRedeem: async (who) => {
      const queue = RedeemQueue__factory.connect(engine.queue, await signer(who));
      const { address } = world.account(who);
      const [shares, assets] = [await queue.maxRedeem(address), await queue.maxWithdraw(address)];
      if (shares === 0n) return 0n;
      await mined("claim from the queue", queue.redeem(shares, address, address));
      return assets;
    },
    freeze: async () => {
      const vault = await vaultAs("guardian");
      const registry = StrategyRegistry__factory.connect(engine.registry, await signer("guardian"));
      for (const id of await vault.withdrawalOrder()) {
        const { state } = await registry.strategy(id);
        if (state !== STATE.active || (await vault.debtOf(id)) === 0n) continue;
        await mined("freeze", registry.restrict(id, STATE.frozen));
        return engine.strategies.find((strategy) => BigInt(strategy.id) === id)?.name ?? String(id);
      }
      return null;
    },
    reportAll,
    tendFrozen,
  };
}

/**
 * Gas of whole transactions, as receipts tell it: the genuine Safe 1.5.0 with two of three signatures, oracle checks,
 * twenty strategies registered, eleven of them in use, the cheapest adapters behind them. What a real venue costs comes
 * on top. Figures are of a vault in use: every measured path has run once before, so that no slot is written for the
 * first time except by what is new in the act itself (a proposal's state, a new holder, a new request).
 *
 * `npm run bench:gas` writes bench/gas.json; with `--check` it fails where a figure rose by more than 2 %; with
 * `--profile` it prints where the gas went.
 */
import { readFileSync, writeFileSync } from "node:fs";
import type { ContractTransactionResponse } from "ethers";
import { network } from "hardhat";
import { z } from "zod";
import { deployCore, ETHER, KIND, type LegStruct, leg, POLICY } from "../test/support/core.ts";
import { printProfile } from "./profile.ts";

const TARGETS = {
  depositExisting: 68_000,
  depositNewHolder: 86_000,
  withdrawIdle: 70_000,
  withdrawPull1: 115_000,
  propose8: 85_000,
  execute1to1: 235_000,
  execute4to4: 640_000,
  report11: 260_000,
  queueRequest: 95_000,
} as const;
type Figure = keyof typeof TARGETS;
const FILE = new URL("gas.json", import.meta.url);
const TOLERANCE = 1.02;
const schema = z.record(z.string(), z.number());

async function measure(): Promise<Record<Figure, number>> {
  const { ethers, networkHelpers } = await network.create();
  const { time } = networkHelpers;
  const core = await deployCore(ethers, "1.5.0", undefined, true);
  const { vault, module, queue, keeper, anyone, depositor, curator, manager } = core;
  let last = "";
  const gasOf = async (sent: Promise<ContractTransactionResponse>): Promise<number> => {
    const receipt = await (await sent).wait();
    if (receipt === null) throw new RangeError("The transaction was not mined.");
    last = receipt.hash;
    return Number(receipt.gasUsed);
  };
  const execute = async (legs: LegStruct[]): Promise<number> => {
    const proposal = await core.publish(legs);
    const gas = await gasOf(module.connect(anyone).execute(proposal, await core.signed(proposal)));
    await time.increase(POLICY.cooldown + 1);
    return gas;
  };
  const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);
  const move = (from: number[], to: number[]): LegStruct[] => [
    ...from.map((id) => leg(id, KIND.Deallocate, ETHER / 10n)),
    ...to.map((id) => leg(id, KIND.Allocate, ETHER / 10n)),
  ];
  /** Every strategy in use earns a little, as it would between two reports. */
  const earn = async (): Promise<void> => {
    for (const id of range(1, 11)) {
      const adapter = await core.registry.adapterOf(id);
      const liquid = (await vault.debtOf(id)) + 10n ** 15n;
      await networkHelpers.setStorageAt(adapter, 0, liquid);
    }
  };

  await core.weth
    .connect(depositor)
    .getFunction("deposit")
    .send({ value: 50n * ETHER });
  await core.weth.connect(depositor).getFunction("approve").send(vault.target, ethers.MaxUint256);
  await core.weth
    .connect(anyone)
    .getFunction("deposit")
    .send({ value: 50n * ETHER });
  await core.weth.connect(anyone).getFunction("approve").send(vault.target, ethers.MaxUint256);
  const scheduled = vault.interface.encodeFunctionData("setWithdrawalOrder", [[1]]);
  await manager.connect(curator).schedule(vault.target, scheduled, 0);
  await time.increase(3 * 86_400);
  await manager.connect(curator).execute(vault.target, scheduled);

  await execute(range(1, 11).map((id) => leg(id, KIND.Allocate, 2n * ETHER)));
  await execute(move([1, 2, 3, 4], [5, 6, 7, 8]));
  await execute(move([1], [2]));

  const figures: Record<Figure, number> = { ...TARGETS };
  const sent = new Map<Figure, string>();
  const record = async (name: Figure, measured: Promise<number>): Promise<void> => {
    figures[name] = await measured;
    sent.set(name, last);
  };
  await vault.connect(depositor).deposit(ETHER, depositor.address);
  await record("depositExisting", gasOf(vault.connect(depositor).deposit(ETHER, depositor.address)));
  await record("depositNewHolder", gasOf(vault.connect(anyone).deposit(ETHER, anyone.address)));
  await record("withdrawIdle", gasOf(vault.connect(depositor).withdraw(ETHER, depositor.address, depositor.address)));

  const eight = await core.draft(move([1, 2, 3, 4], [5, 6, 7, 8]));
  await record("propose8", gasOf(module.connect(keeper).propose(eight)));
  await record("execute1to1", execute(move([1], [2])));
  await record("execute4to4", execute(move([1, 2, 3, 4], [5, 6, 7, 8])));

  await earn();
  await vault.report(range(1, 11));
  await time.increase(3_601);
  await earn();
  await record("report11", gasOf(vault.report(range(1, 11))));

  // The dearest a first request can be: it opens a batch while the one before is not priced.
  const request = (from: typeof anyone): Promise<number> =>
    gasOf(queue.connect(from).requestRedeem(10n ** 23n, from.address, from.address));
  for (const from of [depositor, anyone]) await vault.connect(from).approve(queue.target, ethers.MaxUint256);
  await request(depositor);
  await time.increase(86_400);
  await record("queueRequest", request(anyone));
  if (process.argv.includes("--profile")) {
    const openBatch = async (from: typeof anyone, what: string): Promise<void> => {
      await time.increase(86_400);
      console.log(`queueRequest that opens a batch, its holder ${what}: ${await request(from)}`);
    };
    await openBatch(depositor, "asks again with an older request open");
    await openBatch(depositor, "does so once more");
    const own = await queue.pendingRedeemRequest(2, anyone.address);
    await queue.connect(anyone).cancelRedeemRequest(2, own, anyone.address, anyone.address);
    await openBatch(anyone, "has none open and has asked before");
  }
  await vault.report(range(1, 11));
  const idle = await vault.idle();
  await record(
    "withdrawPull1",
    gasOf(vault.connect(depositor).withdraw(idle + ETHER / 2n, depositor.address, depositor.address)),
  );
  if (process.argv.includes("--profile")) {
    for (const [name, hash] of sent) await printProfile(ethers.provider, hash, name);
  }
  return figures;
}

const figures = await measure();
const targets: Readonly<Record<string, number>> = TARGETS;
for (const [name, gas] of Object.entries(figures)) {
  const target = targets[name] ?? 0;
  console.log(`${name.padEnd(18)} ${String(gas).padStart(8)}  target ${target}${gas > target ? "  above" : ""}`);
}
if (process.argv.includes("--check")) {
  const committed = schema.parse(JSON.parse(readFileSync(FILE, "utf8")));
  const risen = Object.entries(figures).filter(([name, gas]) => gas > (committed[name] ?? 0) * TOLERANCE);
  for (const [name, gas] of risen) console.error(`${name} rose from ${committed[name] ?? "nothing"} to ${gas} gas.`);
  if (risen.length > 0) process.exitCode = 1;
} else {
  writeFileSync(FILE, `${JSON.stringify(figures, null, 2)}\n`);
}

/** Random lives of the vault, lived twice: on chain and in `books.ts`. Equal to the wei after every step, refusals included. */
import { expect } from "chai";
import { network } from "hardhat";
import type { Core } from "../../support/core.ts";
import { deployCore, ETHER } from "../../support/core.ts";
import { Seeded } from "../../support/seeded.ts";
import { TwinLives } from "./lives.ts";
import { START_WETH } from "./twin.ts";

const { ethers, networkHelpers } = await network.create();
const { time } = networkHelpers;
const STEPS = Number(process.env.DIFFERENTIAL_STEPS ?? 200);
const SEEDS = (process.env.DIFFERENTIAL_SEEDS ?? "1,2,3").split(",").map(BigInt);

/** Lives that never reached an act prove nothing about it. */
const GRANTED = [
  "deposit",
  "mint",
  "withdraw",
  "redeem",
  "report",
  "claim",
  "rebalance",
  "abort",
  "request",
  "cancel",
  "price",
  "fund",
  "fund of a debt",
  "claim by number",
  "claim of shares",
  "claim of assets",
  "in kind",
  "collect",
  "freeze",
  "unfreeze",
  "fee recipient",
  "fees",
  "lower fees",
] as const;
const REFUSED = [
  "deposit",
  "withdraw",
  "redeem",
  "rebalance",
  "cancel",
  "price",
  "claim by number",
  "claim of shares",
  "claim of assets",
  "in kind",
  "lower fees",
] as const;

/** The genuine WETH9 under the double's types, which are the same. */
const wethOf = (core: Core) => ethers.getContractAt("WethDouble", core.weth.target);

async function twins(seed: bigint): Promise<TwinLives> {
  const core = await networkHelpers.loadFixture(base);
  const moduleAddress = await core.module.getAddress();
  await networkHelpers.impersonateAccount(moduleAddress);
  await networkHelpers.setBalance(moduleAddress, 10n ** 20n);
  const asModule = await ethers.getSigner(moduleAddress);
  const lives = new TwinLives(core, asModule, new Seeded(seed), time, await wethOf(core));
  // The fixture's own deposit.
  lives.books.deposit(core.depositor.address, 100n * ETHER, 0n);
  return lives;
}

async function base(): Promise<Core> {
  const core = await deployCore(ethers, "1.5.0");
  // Curator acts of these lives come from the deployer, at once: the delay is tested elsewhere.
  await core.manager.grantRole(1n, core.admin.address, 0);
  const weth = await wethOf(core);
  await weth.deposit({ value: 5_000n * ETHER });
  // Venues hold enough to pay whatever a step says they earned.
  for (const adapter of core.adapters) await weth.transfer(adapter.target, 500n * ETHER);
  for (const person of [core.depositor, core.anyone, core.stranger]) {
    await weth.connect(person).deposit({ value: START_WETH });
    await weth.connect(person).approve(core.vault.target, 2n ** 255n);
    await core.vault.connect(person).approve(core.queue.target, 2n ** 255n);
  }
  return core;
}

describe("The vault's books against a model", () => {
  const seen = new Map<string, number>();

  for (const seed of SEEDS) {
    it(`agree to the wei through ${STEPS} random steps, seed ${seed}`, async function () {
      this.timeout(600_000);
      const lives = await twins(seed);
      const acts = [
        () => lives.deposit(),
        () => lives.deposit(),
        () => lives.mint(),
        () => lives.leave(),
        () => lives.report(),
        () => lives.claim(),
        () => lives.rebalance(),
        () => lives.rebalance(),
        () => lives.rebalance(),
        () => lives.surround(),
        () => lives.surround(),
        () => lives.request(),
        () => lives.cancel(),
        () => lives.price(),
        () => lives.price(),
        () => lives.fund(),
        () => lives.claimFromQueue(),
        () => lives.claimFromQueue(),
        () => lives.collect(),
        () => lives.trouble(),
        () => lives.setFees(),
      ];
      await lives.compare("start");
      for (let step = 0; step < STEPS; step += 1) {
        const chosen = Number(lives.random.between(0n, BigInt(acts.length - 1)));
        await acts[chosen]?.();
        await lives.compare(`seed ${seed}, step ${step}, act ${chosen}`);
      }
      for (const [name, count] of lives.counts) seen.set(name, (seen.get(name) ?? 0) + count);
    });
  }

  it("lived through every act, granted and refused", function () {
    // One life is too short for all of them.
    if (SEEDS.length < 3) this.skip();
    const missing = [...GRANTED, ...REFUSED.map((name) => `${name} refused`)].filter((name) => !seen.has(name));
    expect(missing, JSON.stringify(Object.fromEntries(seen))).to.deep.equal([]);
  });
});

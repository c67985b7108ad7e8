/** YearnV3Adapter on the doubles of a Yearn v3 vault with two strategies. */
import { expect } from "chai";
import { conformance, syncConformance } from "../support/conformance.ts";
import { at, readBigint, send } from "../support/genuine/artifact.ts";
import { isolate } from "../support/isolate.ts";
import { Seeded } from "../support/seeded.ts";
import { openStage } from "../support/stage.ts";
import { allocate, ETHER, expectRefusal, type Venue } from "../support/venue.ts";

const DAY = 86_400;
const UNLOCK_DAYS = 10;
const SEED = 20_260_301n;

async function deployVenue() {
  const { connection, ethers, admin, vault, stranger, weth, wethAddress, trust } = await openStage();
  const yearn = await ethers.deployContract("YearnV3VaultDouble", [wethAddress, UNLOCK_DAYS * DAY]);
  const first = await ethers.deployContract("YearnV3StrategyDouble", [wethAddress]);
  const second = await ethers.deployContract("YearnV3StrategyDouble", [wethAddress]);
  const yearnAddress = await yearn.getAddress();
  for (const contract of [yearn, first, second]) await trust(await contract.getAddress());
  await yearn.deposit(200_000n * ETHER, admin.address);
  for (const strategy of [first, second]) {
    await yearn.add_strategy(strategy);
    await yearn.update_debt(strategy, 80_000n * ETHER);
  }
  const earn = async (profit: bigint) => {
    await first.setTotalAssets((await first.totalAssets()) + profit);
    await yearn.process_report(first);
  };
  // Divides nothing evenly.
  await earn(8_123_456_789_012_345_678_901n);
  await connection.networkHelpers.time.increase(UNLOCK_DAYS * DAY);
  const deployed = await ethers.deployContract("YearnV3Adapter", [vault.address, wethAddress, yearnAddress]);
  const adapterAddress = await deployed.getAddress();
  const venue: Venue = {
    connection,
    weth,
    vault,
    stranger,
    adapter: await ethers.getContractAt("IStrategyAdapter", adapterAddress, vault),
    // One wei buys no whole share once a share is worth more.
    smallest: 3n,
    largest: 100_000n * ETHER,
    exitFeeBps: 0n,
    dust: 3n,
    target: yearnAddress,
    approvals: [{ token: weth, spenders: [yearnAddress] }],
    accrue: async () => {
      await earn((await yearn.totalAssets()) / 20n + 3n);
      await connection.networkHelpers.time.increase(UNLOCK_DAYS * DAY);
    },
    donate: async (amount) => {
      await yearn.connect(stranger).deposit(3n * amount, stranger.address);
      await yearn.connect(stranger).transfer(adapterAddress, amount);
      // The vault counts its assets itself: a plain gift to it, or to a strategy, is lost.
      await send(at(wethAddress, weth.interface, stranger), "transfer", yearnAddress, amount);
    },
    closings: [
      {
        name: "shut down",
        close: async () => {
          await yearn.shutdown_vault();
        },
        exitLimit: (liquid) => liquid,
      },
      {
        name: "deposit limit reached",
        close: async () => {
          await yearn.set_deposit_limit(1n);
        },
        exitLimit: (liquid) => liquid,
      },
      {
        name: "deposit module closed",
        close: async () => {
          await yearn.setDepositModule(true, 0);
        },
        exitLimit: (liquid) => liquid,
      },
    ],
  };
  return { ...venue, admin, yearn, first, second, earn, wethAddress };
}

describe("YearnV3Adapter", () => {
  const getVenue = isolate(deployVenue);
  syncConformance(getVenue);

  const liquid = async () => (await getVenue().adapter.realAssets()).liquid;
  const lose = async (which: "first" | "second", bps: bigint) => {
    const strategy = getVenue()[which];
    await strategy.setTotalAssets(((await strategy.totalAssets()) * (10_000n - bps)) / 10_000n);
  };
  const paid = async () => readBigint(getVenue().weth, "balanceOf", getVenue().vault.address);

  it("behavior: a loss that nobody reported lowers the value at once, to what leaving pays", async () => {
    const venue = getVenue();
    await allocate(venue, 60_000n * ETHER);
    const [before, rate] = [await liquid(), await venue.adapter.rate()];
    // 100,000 idle after the deposit: the position still leaves whole.
    await lose("first", 1_000n);
    expect(await liquid()).to.equal(before);
    await venue.yearn.update_debt(venue.second, 170_000n * ETHER);
    const after = await liquid();
    // About 50,000 come from the first strategy, at a tenth less.
    expect(before - after).to.be.closeTo(5_000n * ETHER, 10n * ETHER);
    expect(await venue.adapter.rate()).to.equal(rate);
    await venue.adapter.deallocate(after, after);
    expect(await paid()).to.be.closeTo(after, 3n);
    expect(await liquid()).to.equal(0n);
  });

  it("behavior: Yearn's own default would refuse such an exit; the signed minimum decides here", async () => {
    const venue = getVenue();
    const { yearn, admin } = venue;
    await allocate(venue, 60_000n * ETHER);
    await yearn.update_debt(venue.second, 170_000n * ETHER);
    await lose("first", 10n);
    await expect(
      yearn["withdraw(uint256,address,address)"](50_000n * ETHER, admin.address, admin.address),
    ).to.be.revertedWith("too much loss");
    const worth = await liquid();
    await expectRefusal(venue, () => venue.adapter.deallocate(worth, worth + 5n), "Adapter_ReceivedTooLow");
    await venue.adapter.deallocate(worth, worth);
  });

  it("behavior: a part that passes idle, a lossy and a sound strategy pays what was asked", async () => {
    const venue = getVenue();
    await allocate(venue, 100_000n * ETHER);
    const random = new Seeded(SEED);
    for (let run = 0; run < 8; run++) {
      const snapshot = await venue.connection.networkHelpers.takeSnapshot();
      await venue.yearn.update_debt(venue.first, 88_000n * ETHER + random.between(0n, 110_000n * ETHER));
      await lose(run % 2 === 0 ? "first" : "second", random.between(1n, 9_000n));
      const [worth, limit] = [await liquid(), await venue.adapter.maxDeallocate()];
      expect(limit).to.equal(worth);
      const part = random.between(1_000n, worth);
      const held = await paid();
      await venue.adapter.deallocate(part, part);
      expect((await paid()) - held, `run ${run}, seed ${SEED}`).to.be.closeTo(part, 10n);
      const rest = await venue.adapter.maxDeallocate();
      if (rest !== 0n) await venue.adapter.deallocate(rest, rest);
      expect((await paid()) - held).to.be.at.least(worth - 10n);
      await snapshot.restore();
    }
  });

  it("behavior: a total loss of a strategy still lets the rest out", async () => {
    const venue = getVenue();
    await allocate(venue, 100_000n * ETHER);
    await venue.yearn.update_debt(venue.first, 200_000n * ETHER);
    await venue.first.setTotalAssets(0n);
    const worth = await liquid();
    expect(worth).to.be.below(60_000n * ETHER);
    const limit = await venue.adapter.maxDeallocate();
    expect(limit).to.be.at.most(worth);
    await venue.adapter.deallocate(limit, limit);
    expect(await paid()).to.be.at.least(limit);
  });

  it("behavior: what a strategy cannot pay now stays, and the limit can be taken out whole", async () => {
    const venue = getVenue();
    await allocate(venue, 100_000n * ETHER);
    await venue.yearn.update_debt(venue.second, 200_000n * ETHER);
    const worth = await liquid();
    await venue.first.setWithdrawLimit(1_000n * ETHER);
    await venue.second.setWithdrawLimit(2_000n * ETHER);
    await lose("first", 500n);
    const limit = await venue.adapter.maxDeallocate();
    const idle = await venue.yearn.totalIdle();
    expect(limit).to.be.within(idle + 3_000n * ETHER - 20n, idle + 3_000n * ETHER);
    expect(await liquid()).to.be.above(worth - 6_000n * ETHER);
    await expectRefusal(venue, () => venue.adapter.deallocate(limit + 1n, 0n), "Adapter_LimitExceeded", [
      limit + 1n,
      limit,
    ]);
    await venue.adapter.deallocate(limit, limit);
    expect(await paid()).to.be.closeTo(limit, 10n);
  });

  it("behavior: a strategy without debt, or one that pays nothing now, is passed over; the next one pays", async () => {
    const venue = getVenue();
    await allocate(venue, 100_000n * ETHER);
    for (const prepare of [
      // Nothing in the first: all but a little idle in the second.
      async () => {
        await venue.yearn.update_debt(venue.first, 0n);
        await venue.yearn.update_debt(venue.second, (await venue.yearn.totalAssets()) - 1_000n * ETHER);
      },
      async () => {
        await venue.yearn.update_debt(venue.second, 80_000n * ETHER + (await venue.yearn.totalIdle()));
        await venue.first.setWithdrawLimit(0n);
      },
    ]) {
      const snapshot = await venue.connection.networkHelpers.takeSnapshot();
      await prepare();
      const part = 20_000n * ETHER;
      expect(await venue.adapter.maxDeallocate()).to.be.at.least(part);
      const held = await paid();
      await venue.adapter.deallocate(part, part);
      expect((await paid()) - held).to.be.closeTo(part, 10n);
      await snapshot.restore();
    }
  });

  it("behavior: limit modules bound both ways", async () => {
    const venue = getVenue();
    await allocate(venue, 10n * ETHER);
    await venue.yearn.setDepositModule(true, 7n * ETHER);
    expect(await venue.adapter.maxAllocate()).to.equal(7n * ETHER);
    await venue.yearn.setWithdrawModule(true, 4n * ETHER);
    const limit = await venue.adapter.maxDeallocate();
    expect(limit).to.be.within(4n * ETHER - 16n, 4n * ETHER);
    expect(await liquid()).to.be.closeTo(10n * ETHER, 3n);
    await venue.adapter.deallocate(limit, limit);
    await venue.yearn.setWithdrawModule(true, 0);
    expect(await venue.adapter.maxDeallocate()).to.equal(0n);
  });

  it("behavior: profit enters the value over the unlock time, not at the report", async () => {
    const venue = getVenue();
    await allocate(venue, 100_000n * ETHER);
    const before = await liquid();
    await venue.earn(30_000n * ETHER);
    const locked = await liquid();
    expect(locked).to.be.closeTo(before, before / 100_000n);
    await venue.connection.networkHelpers.time.increase((UNLOCK_DAYS * DAY) / 2);
    const half = await liquid();
    await venue.connection.networkHelpers.time.increase((UNLOCK_DAYS * DAY) / 2);
    const full = await liquid();
    const gain = (30_000n * ETHER * before) / 308_000n / ETHER;
    expect(full - before).to.be.closeTo(gain, gain / 50n);
    expect(half - before).to.be.closeTo((full - before) / 2n, gain / 20n);
    // Who enters at the report and leaves after it has gained nothing.
    expect(full).to.be.above(half);
  });

  it("error: Adapter_BadTarget for another major version", async () => {
    const venue = getVenue();
    const factory = await venue.connection.ethers.getContractFactory("YearnV3Adapter");
    for (const version of ["0.4.6", "30", "3", "4.0.0"]) {
      await venue.yearn.setApiVersion(version);
      await expectRefusal(
        venue,
        () => factory.deploy(venue.vault.address, venue.wethAddress, venue.target),
        "Adapter_BadTarget",
        [venue.target],
      );
    }
  });
});

// The suite once more while the position leaves through strategies rather than from the vault's own assets.
describe("YearnV3Adapter, little idle", () => {
  conformance(
    isolate(async () => {
      const venue = await deployVenue();
      await venue.yearn.update_debt(venue.second, 119_000n * ETHER);
      return venue;
    }),
  );
});

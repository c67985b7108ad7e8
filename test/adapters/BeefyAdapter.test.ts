/** BeefyAdapter on the doubles of a Beefy V7 vault and its strategy. */
import { expect } from "chai";
import { deployEngine, type Engine } from "../keeper/support/engine.ts";
import { answering } from "../support/answering.ts";
import { fuzz, syncConformance } from "../support/conformance.ts";
import { at, readBigint, send } from "../support/genuine/artifact.ts";
import { isolate } from "../support/isolate.ts";
import { openStage, openStrategy } from "../support/stage.ts";
import { allocate, ETHER, expectRefusal, type Venue } from "../support/venue.ts";

/** Divides nothing evenly. */
const RATE = 1_081_234_567_890_123_457n;

async function deployVenue() {
  const { connection, ethers, admin, vault, stranger, weth, wethAddress, trust } = await openStage();
  const beefy = await ethers.deployContract("BeefyVaultV7Double");
  const beefyAddress = await beefy.getAddress();
  const strategy = await ethers.deployContract("BeefyStrategyDouble", [beefyAddress, wethAddress]);
  await beefy.initialize(strategy);
  for (const contract of [beefy, strategy]) await trust(await contract.getAddress());
  await beefy.deposit(100_000n * ETHER);
  await strategy.setRate(RATE);
  const deployed = await ethers.deployContract("BeefyAdapter", [vault.address, wethAddress, beefyAddress]);
  const adapterAddress = await deployed.getAddress();
  const venue: Venue = {
    connection,
    weth,
    vault,
    stranger,
    adapter: await ethers.getContractAt("IStrategyAdapter", adapterAddress, vault),
    // One wei buys no whole share.
    smallest: 3n,
    largest: 100_000n * ETHER,
    exitFeeBps: 0n,
    dust: 3n,
    target: beefyAddress,
    approvals: [{ token: weth, spenders: [beefyAddress, await strategy.getAddress()] }],
    accrue: async () => {
      await strategy.setRate((RATE * 105n) / 100n + 3n);
    },
    donate: async (amount) => {
      await beefy.connect(stranger).deposit(2n * amount);
      await beefy.connect(stranger).transfer(adapterAddress, amount);
    },
    closings: [
      {
        name: "paused",
        close: async () => {
          await strategy.setPaused(true);
        },
        exitLimit: (liquid) => liquid,
      },
    ],
  };
  return { ...venue, admin, beefy, strategy, wethAddress };
}

describe("BeefyAdapter", () => {
  const getVenue = isolate(deployVenue);
  syncConformance(getVenue);

  const liquid = async () => (await getVenue().adapter.realAssets()).liquid;
  const paid = async () => readBigint(getVenue().weth, "balanceOf", getVenue().vault.address);

  it("behavior: value is after the fee of exit, and is what leaving pays, whole or in parts", async () => {
    const venue = getVenue();
    await venue.strategy.setWithdrawalFee(10);
    await fuzz(venue, async (amount) => {
      await allocate(venue, amount);
      const worth = await liquid();
      expect(worth).to.be.closeTo((amount * 9_990n) / 10_000n, 4n);
      expect(await venue.adapter.maxDeallocate()).to.equal(worth);
      const part = worth / 3n;
      if (part !== 0n) await venue.adapter.deallocate(part, part);
      const rest = await liquid();
      if (rest !== 0n) await venue.adapter.deallocate(rest, rest);
      expect(await paid()).to.be.at.least(worth - 3n);
      expect(await liquid()).to.equal(0n);
    });
  });

  it("behavior: a fee of entry shows as value that was not added, and the signed minimum holds it off", async () => {
    const venue = getVenue();
    await venue.strategy.setDepositFee(20);
    await expectRefusal(venue, () => allocate(venue, 100n * ETHER, 100n * ETHER - 10n), "Adapter_ValueTooLow");
    const value = await allocate(venue, 100n * ETHER);
    expect(value).to.be.closeTo((100n * ETHER * 9_980n) / 10_000n, 3n);
  });

  it("behavior: tokens sent to the vault cannot hold up an exit that pays a fee", async () => {
    const venue = getVenue();
    const { beefy, stranger, strategy, weth, wethAddress } = venue;
    await strategy.setWithdrawalFee(10);
    await beefy.connect(stranger).deposit(ETHER);
    await allocate(venue, 10n * ETHER);
    await send(at(wethAddress, weth.interface, stranger), "transfer", venue.target, 10n ** 17n);
    // Beefy itself fails here: it owes the full amount and holds it less the fee.
    await expect(beefy.connect(stranger).withdraw(ETHER / 2n)).to.revert(venue.connection.ethers);
    const worth = await liquid();
    await venue.adapter.deallocate(worth, worth);
  });

  it("behavior: a strategy without the fee's function takes none, and one that names all of it is worth nothing", async () => {
    const venue = getVenue();
    await venue.strategy.setWithdrawalFee(10);
    await allocate(venue, 100n * ETHER);
    const strategy = await venue.strategy.getAddress();
    const before = await liquid();
    for (const [answer, expected] of [
      ["nothing", (before * 10_000n) / 9_990n],
      [[10_000n], 0n],
      [[10n ** 30n], 0n],
    ] as const) {
      const snapshot = await venue.connection.networkHelpers.takeSnapshot();
      await answering(venue.connection, strategy, venue.strategy.interface, "withdrawFee", answer);
      expect(await liquid()).to.be.closeTo(expected, 10n);
      await snapshot.restore();
    }
  });

  it("behavior: where even moving stray tokens on fails, an exit that the vault itself can pay is paid", async () => {
    const venue = getVenue();
    const { strategy, weth, wethAddress, stranger } = venue;
    await strategy.setWithdrawalFee(10);
    await allocate(venue, 10n * ETHER);
    await send(at(wethAddress, weth.interface, stranger), "transfer", venue.target, 50n * ETHER);
    await answering(venue.connection, await strategy.getAddress(), strategy.interface, "deposit", "nothing");
    await expect(venue.beefy.earn()).to.revert(venue.connection.ethers);
    const worth = await liquid();
    await venue.adapter.deallocate(worth / 2n, worth / 2n);
    expect(await paid()).to.be.at.least(worth / 2n);
  });

  it("behavior: a loss of the strategy lowers the value at once, and is paid as counted", async () => {
    const venue = getVenue();
    await allocate(venue, 100n * ETHER);
    const before = await liquid();
    await venue.strategy.setRate((RATE * 9n) / 10n);
    const worth = await liquid();
    expect(worth).to.be.closeTo((before * 9n) / 10n, 1_000n);
    await venue.adapter.deallocate(worth, worth);
    expect(await paid()).to.be.at.least(worth);
  });

  it("behavior: while paused the fee is off, nothing enters and everything can leave", async () => {
    const venue = getVenue();
    await venue.strategy.setWithdrawalFee(50);
    await allocate(venue, 10n * ETHER);
    await venue.strategy.setPaused(true);
    const worth = await liquid();
    expect(worth).to.be.closeTo(10n * ETHER, 3n);
    await venue.adapter.deallocate(worth, worth);
  });

  it("behavior: who enters after a harvest gets none of it, even when entering harvests", async () => {
    const venue = getVenue();
    const { strategy } = venue;
    for (const harvestOnDeposit of [false, true]) {
      await strategy.setHarvestOnDeposit(harvestOnDeposit);
      await strategy.setRewards(5_000n * ETHER);
      if (!harvestOnDeposit) await strategy.connect(venue.stranger).harvest();
      const before = await liquid();
      const rate = await venue.adapter.rate();
      const value = await allocate(venue, 100n * ETHER);
      // The second round's own position takes its part of the second harvest.
      const gained = harvestOnDeposit ? (before * (await venue.adapter.rate())) / rate - before : 0n;
      expect(value).to.be.closeTo(100n * ETHER + gained, 300n);
    }
  });

  it("error: Adapter_AssetMismatch and Adapter_BadTarget", async () => {
    const venue = getVenue();
    const factory = await venue.connection.ethers.getContractFactory("BeefyAdapter");
    await expectRefusal(
      venue,
      () => factory.deploy(venue.vault.address, venue.target, venue.target),
      "Adapter_AssetMismatch",
      [venue.target, venue.target, venue.wethAddress],
    );
    await expectRefusal(
      venue,
      () => factory.deploy(venue.vault.address, venue.wethAddress, venue.stranger.address),
      "Adapter_BadTarget",
      [venue.stranger.address],
    );
  });
});

describe("BeefyAdapter in the engine", () => {
  let engine: Engine;
  before(async () => {
    engine = await deployEngine(1, 5);
  });
  after(() => engine.close());

  it("behavior: a harvest cannot be sandwiched: who deposits before it and leaves after the report gains nothing", async () => {
    const { connection, addresses } = engine;
    const { ethers, networkHelpers } = connection;
    const [, attacker] = await ethers.getSigners();
    if (attacker === undefined) return expect.fail("no accounts");
    const weth = await ethers.getContractAt("IWETH9", addresses.weth);
    const beefy = await ethers.deployContract("BeefyVaultV7Double");
    const strategy = await ethers.deployContract("BeefyStrategyDouble", [beefy, addresses.weth]);
    await beefy.initialize(strategy);
    const adapter = await ethers.deployContract("BeefyAdapter", [addresses.vault, addresses.weth, beefy]);
    const { id, vault } = await openStrategy(engine, await adapter.getAddress());
    const leg = { strategyId: id, kind: 2, amount: 300n * ETHER, minValue: 300n * ETHER, tickLower: 0, tickUpper: 0 };
    await vault.rebalance([leg], await vault.nav(), 100);
    await networkHelpers.time.increase(7_200);

    await weth.deposit({ value: ETHER });
    await weth.approve(strategy, ETHER);
    await strategy.setRewards(ETHER / 2n);
    const open = vault.connect(attacker);
    await open.depositEth(attacker.address, { value: 500n * ETHER });
    await strategy.connect(attacker).harvest();
    const total = await vault.totalAssets();
    await open.report([id]);
    // The gain is there, and locked.
    expect(await vault.lockedProfit()).to.be.closeTo(ETHER / 2n, 3n);
    expect(await vault.totalAssets()).to.be.at.most(total + ETHER / 1_000n);
    const shares = await vault.balanceOf(attacker.address);
    const received = await open.redeemEth.staticCall(shares, attacker.address, attacker.address);
    expect(received).to.be.at.most(500n * ETHER + ETHER / 10_000n);
    // Without the lock a third of the harvest would have been the attacker's.
    await networkHelpers.time.increase(5 * 86_400);
    const later = await vault.convertToAssets(shares);
    expect(later - received).to.be.above(ETHER / 10n);
  });
});

/** SommelierAdapter on the double of a Cellar with a share lock. */
import { expect } from "chai";
import { conformance, fuzz } from "../support/conformance.ts";
import { readBigint } from "../support/genuine/artifact.ts";
import { isolate } from "../support/isolate.ts";
import { openStage } from "../support/stage.ts";
import { allocate, ETHER, expectRefusal, type Venue } from "../support/venue.ts";

/** Divides nothing evenly. */
const RATE = 1_061_234_567_890_123_457n;
const LOCK = 2 * 86_400;

async function deployVenue() {
  const { connection, ethers, admin, vault, stranger, weth, wethAddress, trust } = await openStage();
  const other = await ethers.deployContract("WethDouble");
  await other.connect(admin).deposit({ value: 1_000_000n * ETHER });
  // One of the other token counts for 1.1 WETH.
  const cellar = await ethers.deployContract("CellarDouble", [wethAddress, other, (11n * ETHER) / 10n]);
  const cellarAddress = await cellar.getAddress();
  await trust(cellarAddress);
  await other.connect(admin).approve(cellarAddress, 1_000_000n * ETHER);
  await cellar.deposit(100_000n * ETHER, admin.address);
  await cellar.setRate(RATE);
  const deployed = await ethers.deployContract("SommelierAdapter", [vault.address, wethAddress, cellarAddress]);
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
    target: cellarAddress,
    approvals: [{ token: weth, spenders: [cellarAddress] }],
    accrue: async () => {
      await cellar.setRate((RATE * 105n) / 100n + 3n);
    },
    donate: async (amount) => {
      // Not by transfer: the stranger's shares would be locked for longer than the rate of a test may stand still.
      await cellar.setDepositOnBehalf(stranger.address, true);
      await cellar.connect(stranger).deposit(amount, adapterAddress);
    },
    closings: [
      {
        name: "shut down",
        close: async () => {
          await cellar.setShutdown(true);
        },
        // Still locked after the deposit.
        exitLimit: () => 0n,
      },
      {
        name: "supply cap reached",
        close: async () => {
          await cellar.setShareSupplyCap(1n);
        },
        exitLimit: () => 0n,
      },
    ],
  };
  return { ...venue, admin, cellar, other, wethAddress, unlock: () => connection.networkHelpers.time.increase(LOCK) };
}

describe("SommelierAdapter", () => {
  const getVenue = isolate(deployVenue);
  conformance(getVenue);

  const liquid = async () => (await getVenue().adapter.realAssets()).liquid;
  const paid = async () => readBigint(getVenue().weth, "balanceOf", getVenue().vault.address);

  it("behavior: a round trip across the lock loses two wei at most, whole or in parts", async () => {
    const venue = getVenue();
    await fuzz(venue, async (amount) => {
      await allocate(venue, amount);
      await venue.unlock();
      const worth = await liquid();
      expect(await venue.adapter.maxDeallocate()).to.equal(worth);
      expect(worth).to.be.at.least(amount - 2n);
      const part = worth / 3n;
      if (part !== 0n) await venue.adapter.deallocate(part, part);
      const rest = await liquid();
      if (rest !== 0n) await venue.adapter.deallocate(rest, rest);
      expect(await paid()).to.be.at.least(worth - 3n);
      expect(await liquid()).to.equal(0n);
    });
  });

  it("behavior: nothing leaves before the lock has passed, and each deposit locks everything again", async () => {
    const venue = getVenue();
    await allocate(venue, 10n * ETHER);
    expect(await venue.adapter.maxDeallocate()).to.equal(0n);
    expect(await liquid()).to.be.closeTo(10n * ETHER, 3n);
    await expectRefusal(venue, () => venue.adapter.deallocate(ETHER, 0n), "Adapter_LimitExceeded", [ETHER, 0n]);
    await venue.connection.networkHelpers.time.increase(LOCK - 60);
    expect(await venue.adapter.maxDeallocate()).to.equal(0n);
    await venue.connection.networkHelpers.time.increase(60);
    expect(await venue.adapter.maxDeallocate()).to.be.closeTo(10n * ETHER, 3n);
    await allocate(venue, ETHER);
    expect(await venue.adapter.maxDeallocate()).to.equal(0n);
  });

  it("behavior: a stranger cannot lock the position again by depositing for the adapter", async () => {
    const venue = getVenue();
    await allocate(venue, 10n * ETHER);
    await venue.unlock();
    await expect(
      venue.cellar.connect(venue.stranger).deposit(ETHER, await venue.adapter.getAddress()),
    ).to.be.revertedWithCustomError(venue.cellar, "Cellar__NotApprovedToDepositOnBehalf");
    expect(await venue.adapter.maxDeallocate()).to.be.closeTo(10n * ETHER, 3n);
    // An approved caller can; what it deposits is not booked.
    await venue.cellar.setDepositOnBehalf(venue.stranger.address, true);
    await venue.cellar.connect(venue.stranger).deposit(ETHER, await venue.adapter.getAddress());
    expect(await venue.adapter.maxDeallocate()).to.equal(0n);
    expect(await liquid()).to.be.closeTo(10n * ETHER, 3n);
  });

  it("behavior: a paused Cellar is closed both ways and not valued", async () => {
    const venue = getVenue();
    await allocate(venue, 10n * ETHER);
    await venue.unlock();
    await venue.cellar.setPaused(true);
    expect(await venue.adapter.maxAllocate()).to.equal(0n);
    expect(await venue.adapter.maxDeallocate()).to.equal(0n);
    await expect(venue.adapter.realAssets()).to.be.revertedWithCustomError(venue.cellar, "Cellar__Paused");
    await expect(venue.adapter.rate()).to.be.revertedWithCustomError(venue.cellar, "Cellar__Paused");
    await venue.cellar.setPaused(false);
    expect(await venue.adapter.maxDeallocate()).to.be.closeTo(10n * ETHER, 3n);
  });

  it("behavior: a loss of the Cellar's positions lowers the value at once, and is paid as counted", async () => {
    const venue = getVenue();
    await allocate(venue, 100n * ETHER);
    const before = await liquid();
    const rate = await venue.adapter.rate();
    await venue.cellar.setRate((rate * 9n) / 10n);
    expect(await liquid()).to.be.closeTo((before * 9n) / 10n, 1_000n);
    await venue.unlock();
    const worth = await liquid();
    await venue.adapter.deallocate(worth, worth);
  });

  it("behavior: shut down after the lock, everything can still leave", async () => {
    const venue = getVenue();
    await allocate(venue, 10n * ETHER);
    await venue.unlock();
    await venue.cellar.setShutdown(true);
    const limit = await venue.adapter.maxDeallocate();
    expect(limit).to.equal(await liquid());
    await venue.adapter.deallocate(limit, limit);
  });

  it("behavior: what the Cellar cannot withdraw bounds the exit, not the value", async () => {
    const venue = getVenue();
    await allocate(venue, 10n * ETHER);
    await venue.unlock();
    await venue.cellar.setWithdrawable(4n * ETHER);
    expect(await venue.adapter.maxDeallocate()).to.equal(4n * ETHER);
    expect(await liquid()).to.be.closeTo(10n * ETHER, 3n);
    await venue.adapter.deallocate(4n * ETHER, 4n * ETHER);
  });

  it("error: Adapter_PaidInOtherToken when the Cellar would pay in a position's token", async () => {
    const venue = getVenue();
    await allocate(venue, 100n * ETHER);
    await venue.unlock();
    const held = await readBigint(venue.weth, "balanceOf", venue.target);
    // The strategist turned nearly everything into the other token; it pays last.
    await venue.cellar.setPositions(30n * ETHER, ((held - 30n * ETHER) * 10n) / 11n);
    await expectRefusal(venue, () => venue.adapter.deallocate(50n * ETHER, 0n), "Adapter_PaidInOtherToken", [
      30n * ETHER,
      50n * ETHER,
    ]);
    await venue.adapter.deallocate(20n * ETHER, 20n * ETHER);
    // Now it pays first.
    await venue.cellar.setOtherFirst(true);
    await expectRefusal(venue, () => venue.adapter.deallocate(ETHER, 0n), "Adapter_PaidInOtherToken", [0n, ETHER]);
    expect(await venue.other.balanceOf(await venue.adapter.getAddress())).to.equal(0n);
    // Nothing was lost by the refusals: the value stands, and leaves once the strategist has made room.
    const worth = await liquid();
    expect(worth).to.be.closeTo(80n * ETHER, 1000n);
    await venue.cellar.setPositions(held, 0n);
    await venue.cellar.setOtherFirst(false);
    const limit = await venue.adapter.maxDeallocate();
    await venue.adapter.deallocate(limit, limit);
  });

  it("error: Adapter_AssetMismatch when the Cellar counts in another asset", async () => {
    const venue = getVenue();
    const factory = await venue.connection.ethers.getContractFactory("SommelierAdapter");
    await expectRefusal(
      venue,
      () => factory.deploy(venue.vault.address, venue.target, venue.target),
      "Adapter_AssetMismatch",
      [venue.target, venue.target, venue.wethAddress],
    );
  });

  it("error: Adapter_NoAsyncExit and Adapter_ReceivedTooLow", async () => {
    const venue = getVenue();
    await expectRefusal(venue, () => venue.adapter.requestExit(ETHER, 0n), "Adapter_NoAsyncExit");
    await allocate(venue, 2n * ETHER);
    await venue.unlock();
    await expectRefusal(venue, () => venue.adapter.deallocate(ETHER, ETHER + 1n), "Adapter_ReceivedTooLow", [
      ETHER,
      ETHER + 1n,
    ]);
  });
});

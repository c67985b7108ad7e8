/** RenzoAdapter on the doubles; test/fork reads ezETH's own code. */
import { expect } from "chai";
import { readBigint } from "../support/genuine/artifact.ts";
import { isolate } from "../support/isolate.ts";
import { queuedConformance } from "../support/queuedConformance.ts";
import { stakedVenue } from "../support/stakedVenue.ts";
import { deployRenzoDouble, type RenzoDouble } from "../support/stakingDoubles.ts";
import { type Account, allocate, ETHER, expectRefusal, type QueuedVenue, sendWeth } from "../support/venue.ts";

/** Divides nothing evenly. */
const RATE = 1_012_345_678_901_234_567n;
const COOL_DOWN = 3 * 86_400;
/** Renzo rounds the inflation of a deposit to 18 digits: total value / 1e18 is lost, a million wei at a million ether. */
const DUST = 1_100_000n;

interface RenzoVenue extends QueuedVenue {
  readonly renzo: RenzoDouble;
}

const deployVenue = (): Promise<RenzoVenue> =>
  stakedVenue(async ({ connection }) => {
    const renzo = await deployRenzoDouble(connection, RATE);
    const { ezEth, manager, queue } = renzo;
    const targets = [await manager.getAddress(), await queue.getAddress()];
    const buy = (buyer: Account, value: bigint) => manager.connect(buyer).depositETH({ value });
    return {
      own: { renzo },
      contract: "RenzoAdapter",
      targets,
      token: ezEth,
      spenders: targets,
      rate: RATE,
      setRate: (rate) => manager.setRate(rate),
      buy,
      closings: {
        paused: () => manager.setPaused(true),
        "deposits paused by the risk oracle": () => manager.setRiskFlags(true, false, false),
        "deposit limit reached": () => manager.setMaxDepositTVL(ETHER),
      },
      finalize: async (id) => {
        await connection.networkHelpers.time.increase(COOL_DOWN);
        const [toFill, { queuedWithdrawFilled }] = [await queue.fillAtOf(id), await queue.ethWithdrawQueue()];
        if (toFill > queuedWithdrawFilled) {
          await queue.fillEthWithdrawBuffer({ value: toFill - queuedWithdrawFilled });
        }
      },
      requestFor: async (stranger, _adapter, amount) => {
        // Renzo knows no request for someone else; a stranger's own is the nearest thing.
        await buy(stranger, 2n * amount);
        await ezEth.connect(stranger).approve(queue, amount);
        await queue.connect(stranger).withdraw(amount, await queue.IS_NATIVE());
      },
      amounts: { smallest: 10n ** 9n, largest: 20_000n * ETHER, dust: DUST },
    };
  });

describe("RenzoAdapter", () => {
  const getVenue = isolate(deployVenue);
  queuedConformance(getVenue);
  const paid = async () => readBigint(getVenue().weth, "balanceOf", getVenue().vault.address);
  const staleSince = async () => {
    const block = await getVenue().connection.ethers.provider.getBlock("latest");
    // One second past the 24 h and 60 s that Renzo accepts, counted from the next block.
    return BigInt((block?.timestamp ?? 0) - 86_460);
  };

  it("behavior: while a collateral's feed is stale there is no rate and no value, and nothing goes in", async () => {
    const venue = getVenue();
    const { manager } = venue.renzo;
    await allocate(venue, 10n * ETHER);
    await manager.setFeedUpdatedAt(await staleSince());
    for (const read of [() => venue.adapter.rate(), () => venue.adapter.realAssets()]) {
      await expect(read()).to.be.revertedWithCustomError(manager, "OraclePriceExpired");
    }
    expect(await venue.adapter.maxAllocate()).to.equal(0n);
    expect(await venue.adapter.maxDeallocate()).to.equal(0n);
    await manager.setFeedUpdatedAt(2n ** 64n);
    expect((await venue.adapter.realAssets()).liquid).to.be.closeTo(10n * ETHER, DUST);
  });

  it("behavior: without units and requests it answers although the feed is stale", async () => {
    const venue = getVenue();
    await venue.renzo.manager.setFeedUpdatedAt(await staleSince());
    expect(await venue.adapter.realAssets()).to.deep.equal([0n, 0n, 0n]);
  });

  it("behavior: one reading walks the operators once", async () => {
    const venue = getVenue();
    await allocate(venue, 10n * ETHER);
    await venue.adapter.requestExit(4n * ETHER, 0n);
    const { ethers } = venue.connection;
    const data = venue.adapter.interface.encodeFunctionData("realAssets");
    const adapter = await venue.adapter.getAddress();
    const gasOf = async (to: string, call: string) => ethers.provider.estimateGas({ to, data: call });
    await venue.renzo.manager.setShape(200n, 9n);
    const walk = await gasOf(
      await venue.renzo.manager.getAddress(),
      venue.renzo.manager.interface.encodeFunctionData("calculateTVLs"),
    );
    expect(await gasOf(adapter, data)).to.be.below((walk * 3n) / 2n);
  });

  it("behavior: a request that the buffer covers is paid after the cool-down, not before", async () => {
    const venue = getVenue();
    const { queue } = venue.renzo;
    await queue.fillEthWithdrawBuffer({ value: 50n * ETHER });
    await allocate(venue, 100n * ETHER);
    await venue.adapter.requestExit(40n * ETHER, 0n);
    expect(await queue.fillAtOf(1n)).to.equal(0n);
    expect((await venue.adapter.realAssets()).claimable).to.equal(0n);
    await venue.connection.networkHelpers.time.increase(COOL_DOWN);
    const { claimable } = await venue.adapter.realAssets();
    expect(claimable).to.be.closeTo(40n * ETHER, DUST);
    await venue.adapter.claim();
    expect(await paid()).to.equal(claimable);
  });

  it("behavior: a cool-down that the risk oracle lengthens is respected", async () => {
    const venue = getVenue();
    await allocate(venue, 100n * ETHER);
    await venue.adapter.requestExit(40n * ETHER, 0n);
    await venue.renzo.manager.setWithdrawCooldownPeriod(10 * 86_400);
    await venue.finalize(1n);
    expect((await venue.adapter.realAssets()).claimable).to.equal(0n);
    await venue.connection.networkHelpers.time.increase(7 * 86_400);
    expect((await venue.adapter.realAssets()).claimable).to.be.closeTo(40n * ETHER, DUST);
  });

  it("behavior: a queue that is filled only in part pays nothing yet", async () => {
    const venue = getVenue();
    await allocate(venue, 100n * ETHER);
    await venue.adapter.requestExit(40n * ETHER, 0n);
    await venue.connection.networkHelpers.time.increase(COOL_DOWN);
    await venue.renzo.queue.fillEthWithdrawBuffer({ value: 39n * ETHER });
    const { pending, claimable } = await venue.adapter.realAssets();
    expect([claimable, pending > 39n * ETHER]).to.deep.equal([0n, true]);
    await venue.adapter.claim();
    expect(await venue.openRequests()).to.deep.equal([1n]);
  });

  it("behavior: a slashing after the queue is filled lowers the claim, too", async () => {
    const venue = getVenue();
    await allocate(venue, 100n * ETHER);
    await venue.adapter.requestExit(40n * ETHER, 0n);
    await venue.finalize(1n);
    await venue.setRate((RATE * 97n) / 100n);
    const { claimable } = await venue.adapter.realAssets();
    expect(claimable).to.be.closeTo((40n * ETHER * 97n) / 100n, DUST);
    await venue.adapter.claim();
    expect(await paid()).to.equal(claimable);
  });

  it("behavior: ether of a claim by a stranger is not lost and no donation; later indices are followed", async () => {
    const venue = getVenue();
    const address = await venue.adapter.getAddress();
    const adapter = await venue.connection.ethers.getContractAt("RenzoAdapter", address);
    await allocate(venue, 100n * ETHER);
    for (const amount of [10n, 20n, 30n]) await venue.adapter.requestExit(amount * ETHER, 0n);
    await venue.finalize(3n);
    const before = await venue.adapter.realAssets();
    // The last request moves to the place of the first.
    await venue.renzo.queue.connect(venue.stranger).claim(0n, address);
    expect((await venue.renzo.queue.withdrawRequests(address, 0n)).withdrawRequestID).to.equal(3n);
    const after = await venue.adapter.realAssets();
    expect(after.claimable).to.be.closeTo(before.claimable, 2n);
    expect(await adapter.paidUnasked()).to.be.closeTo(10n * ETHER, DUST);
    await venue.adapter.claim();
    expect(await paid()).to.be.closeTo(after.claimable, 2n);
    expect(await venue.openRequests()).to.have.length(0);
    expect(await adapter.paidUnasked()).to.equal(0n);
    expect(await venue.connection.ethers.provider.getBalance(address)).to.equal(0n);
  });

  it("behavior: deallocate takes what lies here before it claims more", async () => {
    const venue = getVenue();
    await allocate(venue, 100n * ETHER);
    for (const amount of [10n, 20n]) await venue.adapter.requestExit(amount * ETHER, 0n);
    await venue.finalize(2n);
    await venue.renzo.queue.connect(venue.stranger).claim(0n, await venue.adapter.getAddress());
    await venue.adapter.deallocate(9n * ETHER, 9n * ETHER);
    expect(await paid()).to.be.closeTo(10n * ETHER, DUST);
    expect(await venue.openRequests()).to.deep.equal([2n]);
  });

  it("behavior: finished requests count as pending while claims are paused, by either switch", async () => {
    const venue = getVenue();
    const { manager, queue } = venue.renzo;
    await allocate(venue, 10n * ETHER);
    await venue.adapter.requestExit(4n * ETHER, 0n);
    await venue.finalize(1n);
    const open = await venue.adapter.realAssets();
    const switches = [
      [() => queue.pause(), () => queue.unpause()],
      [() => manager.setRiskFlags(false, false, true), () => manager.setRiskFlags(false, false, false)],
    ] as const;
    for (const [close, reopen] of switches) {
      await close();
      const paused = await venue.adapter.realAssets();
      expect([paused.pending, paused.claimable]).to.deep.equal([open.claimable, 0n]);
      await venue.adapter.claim();
      expect(await venue.openRequests()).to.have.length(1);
      await reopen();
    }
    await venue.adapter.claim();
    expect(await paid()).to.equal(open.claimable);
  });

  it("error: Renzo's InvalidTokenAmount for a deposit too small to mint anything", async () => {
    const venue = getVenue();
    await sendWeth(venue.weth, venue.vault, await venue.adapter.getAddress(), ETHER);
    await expect(venue.adapter.allocate(10n ** 5n, 0n)).to.be.revertedWithCustomError(
      venue.renzo.manager,
      "InvalidTokenAmount",
    );
  });

  it("error: Renzo's MaxTVLReached above its limit, which maxAllocate tells before", async () => {
    const venue = getVenue();
    await venue.renzo.manager.setMaxDepositTVL((await venue.renzo.manager.totalValue()) + 5n * ETHER);
    await sendWeth(venue.weth, venue.vault, await venue.adapter.getAddress(), 6n * ETHER);
    expect(await venue.adapter.maxAllocate()).to.equal(5n * ETHER);
    await expect(venue.adapter.allocate(6n * ETHER, 0n)).to.be.revertedWithCustomError(
      venue.renzo.manager,
      "MaxTVLReached",
    );
  });

  it("error: Adapter_RateZero", async () => {
    const venue = getVenue();
    await venue.renzo.manager.setTotalValue(0n);
    await expectRefusal(venue, () => venue.adapter.rate(), "Adapter_RateZero");
  });

  it("error: Adapter_AssetMismatch when the queue burns another token", async () => {
    const venue = getVenue();
    const other = await deployRenzoDouble(venue.connection, RATE);
    const factory = await venue.connection.ethers.getContractFactory("RenzoAdapter");
    const [weth, manager, queue] = [
      await venue.weth.getAddress(),
      await venue.renzo.manager.getAddress(),
      await other.queue.getAddress(),
    ];
    await expectRefusal(
      venue,
      () => factory.deploy(venue.vault.address, weth, manager, queue),
      "Adapter_AssetMismatch",
    );
  });
});

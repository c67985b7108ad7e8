/** StaderAdapter on the doubles. */
import { expect } from "chai";
import { answering } from "../support/answering.ts";
import { readBigint } from "../support/genuine/artifact.ts";
import { isolate } from "../support/isolate.ts";
import { queuedConformance } from "../support/queuedConformance.ts";
import { stakedVenue } from "../support/stakedVenue.ts";
import { deployStaderDouble, type StaderDouble } from "../support/stakingDoubles.ts";
import { type Account, allocate, ETHER, expectRefusal, type QueuedVenue, sendWeth } from "../support/venue.ts";

/** Divides nothing evenly. */
const RATE = 1_034_567_890_123_456_781n;
const MIN_BLOCKS = 600;
/** 1,000 on mainnet; enough here for the suite and few enough for a test to fill. */
const MAX_OPEN = 20n;
const MIN_DEPOSIT = 10n ** 14n;

interface StaderVenue extends QueuedVenue {
  readonly stader: StaderDouble;
}

const deployVenue = (): Promise<StaderVenue> =>
  stakedVenue(async ({ connection }) => {
    const stader = await deployStaderDouble(connection, RATE, MAX_OPEN);
    const { ethX, pool, queue } = stader;
    const target = await pool.getAddress();
    const buy = (buyer: Account, value: bigint) => pool.connect(buyer).deposit(buyer.address, { value });
    return {
      own: { stader },
      contract: "StaderAdapter",
      targets: [target],
      token: ethX,
      spenders: [target, await queue.getAddress()],
      rate: RATE,
      setRate: (rate) => pool.setRate(rate),
      buy,
      closings: { paused: () => pool.pause() },
      finalize: async (id) => {
        await connection.networkHelpers.mine(MIN_BLOCKS);
        await queue.updateFinalizationBatchLimit(id - (await queue.nextRequestIdToFinalize()) + 1n);
        await queue.finalizeUserWithdrawalRequest();
      },
      requestFor: async (stranger, adapter, amount) => {
        await buy(stranger, 2n * amount);
        await ethX.connect(stranger).approve(queue, amount);
        await queue.connect(stranger).requestWithdraw(amount, adapter);
      },
      amounts: {
        smallest: MIN_DEPOSIT,
        largest: 9_000n * ETHER,
        // A report sets the rate to 18 digits, so ten ether move by up to ten wei at a change of rate.
        dust: 10n,
        smallestRequest: 2n * MIN_DEPOSIT,
      },
    };
  });

describe("StaderAdapter", () => {
  const getVenue = isolate(deployVenue);
  queuedConformance(getVenue);
  const paid = async () => readBigint(getVenue().weth, "balanceOf", getVenue().vault.address);

  it("behavior: the rate moves with a report only, not with deposits", async () => {
    const venue = getVenue();
    const rate = await venue.adapter.rate();
    await allocate(venue, 5_000n * ETHER);
    expect(await venue.adapter.rate()).to.equal(rate);
    await venue.accrue();
    expect(await venue.adapter.rate()).to.be.above(rate);
  });

  it("behavior: finalization stops at the first request the pool cannot pay", async () => {
    const venue = getVenue();
    const { pool, queue } = venue.stader;
    await allocate(venue, 100n * ETHER);
    for (let i = 0; i < 3; i++) await venue.adapter.requestExit(10n * ETHER, 0n);
    await venue.connection.networkHelpers.setBalance(await pool.getAddress(), 21n * ETHER);
    await venue.connection.networkHelpers.mine(MIN_BLOCKS);
    await queue.finalizeUserWithdrawalRequest();
    const { pending, claimable } = await venue.adapter.realAssets();
    expect(claimable).to.be.closeTo(20n * ETHER, 5n);
    expect(pending).to.be.closeTo(10n * ETHER, 5n);
    await venue.adapter.claim();
    expect(await paid()).to.equal(claimable);
    expect(await venue.openRequests()).to.deep.equal([3n]);
  });

  it("behavior: a request younger than the block delay stays pending", async () => {
    const venue = getVenue();
    await allocate(venue, 10n * ETHER);
    await venue.adapter.requestExit(4n * ETHER, 0n);
    await venue.stader.queue.finalizeUserWithdrawalRequest();
    expect((await venue.adapter.realAssets()).claimable).to.equal(0n);
  });

  it("behavior: safe mode stops finalization, not the claim of what is finalized", async () => {
    const venue = getVenue();
    const { pool, queue } = venue.stader;
    await allocate(venue, 10n * ETHER);
    await venue.adapter.requestExit(4n * ETHER, 0n);
    await venue.finalize(1n);
    await venue.adapter.requestExit(3n * ETHER, 0n);
    await pool.setSafeMode(true);
    await expect(queue.finalizeUserWithdrawalRequest()).to.be.revertedWithCustomError(
      queue,
      "UnsupportedOperationInSafeMode",
    );
    await pool.pause();
    await venue.adapter.claim();
    expect(await paid()).to.be.closeTo(4n * ETHER, 5n);
    expect((await venue.adapter.realAssets()).pending).to.be.closeTo(3n * ETHER, 5n);
  });

  it("behavior: what is finalized is fixed, whatever the rate is later", async () => {
    const venue = getVenue();
    await allocate(venue, 100n * ETHER);
    await venue.adapter.requestExit(40n * ETHER, 0n);
    await venue.setRate((RATE * 97n) / 100n);
    await venue.finalize(1n);
    await venue.setRate((RATE * 50n) / 100n);
    const { claimable } = await venue.adapter.realAssets();
    expect(claimable).to.be.closeTo((40n * ETHER * 97n) / 100n, 50n);
    await venue.adapter.claim();
    expect(await paid()).to.equal(claimable);
  });

  it("behavior: an unhealthy vault takes nothing and has no rate", async () => {
    const venue = getVenue();
    await allocate(venue, 10n * ETHER);
    await venue.stader.pool.report(0n, ETHER);
    expect(await venue.adapter.maxAllocate()).to.equal(0n);
    expect((await venue.adapter.realAssets()).liquid).to.equal(0n);
    await expectRefusal(venue, () => venue.adapter.rate(), "Adapter_RateZero");
  });

  it("behavior: a large exit is split evenly below the maximum", async () => {
    const venue = getVenue();
    await allocate(venue, 2_000n * ETHER);
    await venue.stader.pool.setWithdrawLimits(200n * ETHER, 300n * ETHER);
    await venue.adapter.requestExit(900n * ETHER, 900n * ETHER - 10n);
    const ids = await venue.openRequests();
    // 900 / 300 less rounding: three parts, or four when the last wei does not fit.
    expect(ids.length).to.be.within(3, 4);
    for (const id of ids) {
      expect((await venue.stader.queue.userWithdrawRequests(id)).ethExpected).to.be.within(200n * ETHER, 300n * ETHER);
    }
  });

  it("behavior: strangers who fill its places can be cleared away by anyone, and nobody gains", async () => {
    const venue = getVenue();
    const { queue } = venue.stader;
    const adapterAddress = await venue.adapter.getAddress();
    const adapter = await venue.connection.ethers.getContractAt("StaderAdapter", adapterAddress, venue.stranger);
    await allocate(venue, 100n * ETHER);
    await venue.adapter.requestExit(10n * ETHER, 0n);
    for (let i = 1n; i < MAX_OPEN; i++) await venue.requestInItsName(2n * MIN_DEPOSIT);
    await expect(venue.adapter.requestExit(ETHER, 0n)).to.be.revertedWithCustomError(
      queue,
      "MaxLimitOnWithdrawRequestCountReached",
    );
    await venue.finalize(MAX_OPEN);
    const before = await venue.adapter.realAssets();
    await expectRefusal(venue, () => adapter.releaseForeign([2n, 1n]), "Adapter_OwnRequest", [1n]);
    await adapter.releaseForeign(Array.from({ length: 19 }, (_, index) => BigInt(index + 2)));
    expect(await venue.adapter.realAssets()).to.deep.equal(before);
    expect(await queue.getRequestIdsByUser(adapterAddress)).to.deep.equal([1n]);
    await venue.adapter.requestExit(ETHER, 0n);
    await venue.adapter.claim();
    expect(await paid()).to.equal(before.claimable);
  });

  it("behavior: a request that is not its own any more is worth nothing and forgotten", async () => {
    const venue = getVenue();
    const { queue } = venue.stader;
    await allocate(venue, 10n * ETHER);
    await venue.adapter.requestExit(4n * ETHER, 0n);
    expect((await venue.adapter.realAssets()).pending).to.be.above(0n);
    await answering(venue.connection, await queue.getAddress(), queue.interface, "userWithdrawRequests", [
      venue.stranger.address,
      4n * ETHER,
      4n * ETHER,
      4n * ETHER,
      1n,
    ]);
    expect((await venue.adapter.realAssets()).pending).to.equal(0n);
    await venue.adapter.claim();
    expect(await venue.openRequests()).to.deep.equal([]);
  });

  it("error: Adapter_LimitExceeded while Stader's largest request is nothing", async () => {
    const venue = getVenue();
    await allocate(venue, 10n * ETHER);
    const adapter = await venue.connection.ethers.getContractAt("StaderAdapter", await venue.adapter.getAddress());
    const config = await venue.connection.ethers.getContractAt("IStaderConfig", await adapter.config());
    await answering(venue.connection, await adapter.config(), config.interface, "getMaxWithdrawAmount", [0n]);
    await expectRefusal(venue, () => venue.adapter.requestExit(4n * ETHER, 0n), "Adapter_LimitExceeded");
  });

  it("error: Adapter_LimitExceeded above the largest deposit", async () => {
    const venue = getVenue();
    await sendWeth(venue.weth, venue.vault, await venue.adapter.getAddress(), 10_001n * ETHER);
    await expectRefusal(venue, () => venue.adapter.allocate(10_001n * ETHER, 0n), "Adapter_LimitExceeded", [
      10_001n * ETHER,
      10_000n * ETHER,
    ]);
  });

  it("error: Adapter_DepositTooSmall", async () => {
    const venue = getVenue();
    await sendWeth(venue.weth, venue.vault, await venue.adapter.getAddress(), ETHER);
    await expectRefusal(venue, () => venue.adapter.allocate(MIN_DEPOSIT - 1n, 0n), "Adapter_DepositTooSmall", [
      MIN_DEPOSIT - 1n,
      MIN_DEPOSIT,
    ]);
  });

  it("error: Adapter_BelowMinimum", async () => {
    const venue = getVenue();
    await allocate(venue, ETHER);
    await expectRefusal(venue, () => venue.adapter.requestExit(10n ** 13n, 0n), "Adapter_BelowMinimum");
  });

  it("error: Adapter_BadTarget when the withdrawal manager is not set", async () => {
    const venue = getVenue();
    const { ethers } = venue.connection;
    const pool = await ethers.deployContract("StaderPoolDouble", [await venue.stader.ethX.getAddress(), ETHER]);
    const factory = await ethers.getContractFactory("StaderAdapter");
    const [weth, poolAddress] = [await venue.weth.getAddress(), await pool.getAddress()];
    await expectRefusal(venue, () => factory.deploy(venue.vault.address, weth, poolAddress), "Adapter_BadTarget");
  });
});

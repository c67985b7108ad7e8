/** EtherFiAdapter's exits at once through the RedemptionManager's double: its fee, bucket, low watermark, pauses and blacklist. */
import { expect } from "chai";
import { answering } from "../support/answering.ts";
import { fuzz } from "../support/conformance.ts";
import { ETHER_FI_REDEMPTION } from "../support/doubles.ts";
import { etherFiVenue } from "../support/etherFiVenue.ts";
import { readBigint } from "../support/genuine/artifact.ts";
import { isolate } from "../support/isolate.ts";
import { allocate, ETHER, expectRefusal } from "../support/venue.ts";

const BPS = 10_000n;
const FEE_BPS = BigInt(ETHER_FI_REDEMPTION.exitFeeInBps);

describe("EtherFiAdapter, instant redemption", () => {
  /** The pool holds ether above its low watermark, as much as no test takes. */
  const getVenue = isolate(async () => {
    const venue = await etherFiVenue();
    const [admin] = await venue.connection.ethers.getSigners();
    if (!admin) return expect.fail("the network has no account");
    await admin.sendTransaction({ to: venue.etherFi.pool, value: 200_000n * ETHER });
    return venue;
  });
  const paid = async () => readBigint(getVenue().weth, "balanceOf", getVenue().vault.address);
  const token = async () => getVenue().etherFi.redemption.ETH_ADDRESS();
  const setFee = async (bps: number) => getVenue().etherFi.redemption.setExitFeeBasisPoints(bps, await token());
  const setCapacity = async (capacity: bigint) => getVenue().etherFi.redemption.setCapacity(capacity, await token());
  const widen = async () => {
    const { redemption } = getVenue().etherFi;
    await setCapacity(1_000_000n * ETHER);
    await redemption.setRefillRatePerSecond(1_000_000n * ETHER, await token());
  };
  const approved = async () => {
    const { weEth, redemption } = getVenue().etherFi;
    return weEth.allowance(getVenue().deployed, redemption);
  };
  const afterFee = (amount: bigint) => amount - (amount * FEE_BPS) / BPS;

  it("behavior: free of charge, a round trip at once loses a few wei, for fuzzed amounts", async () => {
    const venue = getVenue();
    await setFee(0);
    await widen();
    for (const grown of [false, true]) {
      if (grown) await venue.accrue();
      await fuzz(venue, async (amount) => {
        await allocate(venue, amount);
        const out = await venue.adapter.maxDeallocate();
        await venue.adapter.deallocate(out, out);
        expect(await paid()).to.be.at.least(out);
        expect(await paid()).to.be.closeTo(amount, venue.dust);
        expect((await venue.adapter.realAssets()).liquid).to.be.at.most(venue.dust);
        expect(await approved()).to.equal(0n);
      });
    }
  });

  it("behavior: free of charge, parts pay at least what was asked and take no more than that and a few wei", async () => {
    const venue = getVenue();
    await setFee(0);
    await widen();
    await fuzz(venue, async (amount) => {
      await allocate(venue, amount);
      const { liquid } = await venue.adapter.realAssets();
      const part = liquid / 3n;
      if (part <= venue.dust) return;
      await venue.adapter.deallocate(part, part);
      expect((await venue.adapter.realAssets()).liquid).to.be.closeTo(liquid - part, venue.dust);
    });
  });

  it("behavior: for a fee, nothing is promised; a signed minimum below the amount agrees to the fee, which comes off what arrives", async () => {
    const venue = getVenue();
    await widen();
    await fuzz(venue, async (amount) => {
      await allocate(venue, amount);
      expect(await venue.adapter.maxDeallocate()).to.equal(0n);
      const { liquid } = await venue.adapter.realAssets();
      const [exitUnits, quoted, feeBps] = await venue.deployed.instantExit();
      expect(feeBps).to.equal(FEE_BPS);
      // Of a wei or two nothing is left after the fee.
      if (exitUnits === 0n) return;
      expect(exitUnits).to.equal(await venue.deployed.units());
      await expectRefusal(venue, () => venue.adapter.deallocate(liquid, liquid), "Adapter_ReceivedTooLow", [
        quoted,
        liquid,
      ]);
      await venue.adapter.deallocate(liquid, quoted);
      expect(await paid()).to.equal(quoted);
      expect(quoted).to.be.closeTo(afterFee(liquid), venue.dust);
      expect(await venue.deployed.units()).to.equal(0n);
      expect(await approved()).to.equal(0n);
    });
  });

  it("behavior: for a fee, a part costs the position its worth and no more; the fee lifts the others' rate, a tenth goes to the treasury", async () => {
    const venue = getVenue();
    const { pool, eEth } = venue.etherFi;
    await allocate(venue, 1_000n * ETHER);
    const before = await venue.adapter.realAssets();
    const rate = await pool.amountForShare(ETHER);
    await venue.adapter.deallocate(100n * ETHER, afterFee(100n * ETHER) - venue.dust);
    expect(await paid()).to.be.closeTo(afterFee(100n * ETHER), venue.dust);
    const fee = 100n * ETHER - (await paid());
    const burnt = (fee * 9n) / 10n;
    const lifted = (burnt * before.liquid) / (await pool.getTotalPooledEther());
    expect((await venue.adapter.realAssets()).liquid).to.be.closeTo(
      before.liquid - 100n * ETHER + lifted,
      ETHER / 1_000n,
    );
    expect(await pool.amountForShare(ETHER)).to.be.above(rate);
    expect(await eEth.balanceOf(ETHER_FI_REDEMPTION.treasury)).to.be.closeTo(fee / 10n, 10n ** 12n);
  });

  it("behavior: finished requests are paid first, the manager brings what is missing", async () => {
    const venue = getVenue();
    await allocate(venue, 100n * ETHER);
    await venue.adapter.requestExit(10n * ETHER, 0n);
    await venue.finalize(1n);
    const { claimable } = await venue.adapter.realAssets();
    expect(await venue.adapter.maxDeallocate()).to.equal(claimable);
    await venue.adapter.deallocate(30n * ETHER, 29n * ETHER);
    expect(await paid()).to.be.closeTo(claimable + afterFee(30n * ETHER - claimable), venue.dust);
    expect(await venue.openRequests()).to.have.length(0);
    await setFee(0);
    expect(await venue.adapter.maxDeallocate()).to.be.closeTo((await venue.adapter.realAssets()).liquid, 3n);
  });

  it("behavior: the bucket bounds one exit and the sum of them, and refills by the second up to its capacity", async () => {
    const venue = getVenue();
    const { time } = venue.connection.networkHelpers;
    await setFee(0);
    const { redemption } = venue.etherFi;
    await redemption.setRefillRatePerSecond(0n, await token());
    await setCapacity(300n * ETHER);
    await allocate(venue, 1_000n * ETHER);
    expect(await venue.adapter.maxDeallocate()).to.be.closeTo(300n * ETHER, venue.dust);
    await expectRefusal(venue, () => venue.adapter.deallocate(301n * ETHER, 0n), "Adapter_LimitExceeded");
    await venue.adapter.deallocate(200n * ETHER, 200n * ETHER);
    // The bucket counts in 1e12 wei, rounded against who leaves.
    expect(await venue.adapter.maxDeallocate()).to.be.closeTo(100n * ETHER, 2n * 10n ** 12n);
    await redemption.setRefillRatePerSecond(ETHER, await token());
    const from = await time.latest();
    await time.increase(50);
    const waited = BigInt((await time.latest()) - from);
    expect(await venue.adapter.maxDeallocate()).to.be.closeTo((100n + waited) * ETHER, ETHER + 2n * 10n ** 12n);
    await time.increase(86_400);
    const full = await venue.adapter.maxDeallocate();
    expect(full).to.be.closeTo(300n * ETHER, venue.dust);
    // Somebody else empties it.
    const { pool, eEth } = venue.etherFi;
    await pool.connect(venue.stranger)["deposit()"]({ value: 400n * ETHER });
    await eEth.connect(venue.stranger).approve(redemption, 300n * ETHER);
    await redemption.setRefillRatePerSecond(0n, await token());
    await redemption.connect(venue.stranger).redeemEEth(300n * ETHER, venue.stranger.address, await token());
    expect(await venue.adapter.maxDeallocate()).to.equal(0n);
    await expectRefusal(venue, () => venue.adapter.deallocate(ETHER, 0n), "Adapter_LimitExceeded");
  });

  it("behavior: what is at the limit can be taken, whatever the bucket or the pool holds", async () => {
    const venue = getVenue();
    await setFee(0);
    await allocate(venue, 5_000n * ETHER);
    for (const capacity of [123_456_789n * 10n ** 12n, 7n * ETHER + 3n * 10n ** 12n, 2_000n * ETHER]) {
      const snapshot = await venue.connection.networkHelpers.takeSnapshot();
      await setCapacity(capacity);
      await venue.connection.networkHelpers.time.increase(86_400);
      const out = await venue.adapter.maxDeallocate();
      expect(out).to.be.closeTo(capacity, venue.dust);
      await venue.adapter.deallocate(out, out);
      await snapshot.restore();
    }
  });

  it("behavior: ether below the pool's low watermark is not there", async () => {
    const venue = getVenue();
    const { pool, redemption } = venue.etherFi;
    const [admin] = await venue.connection.ethers.getSigners();
    if (!admin) return expect.fail("the network has no account");
    await setFee(0);
    await widen();
    await allocate(venue, 1_000n * ETHER);
    const inPool = await pool.totalValueInLp();
    const watermark = await redemption.lowWatermarkInETH(await token());
    await pool.withdrawEther(admin.address, inPool - watermark - 40n * ETHER);
    expect(await venue.adapter.maxDeallocate()).to.be.closeTo(40n * ETHER, venue.dust);
    const out = await venue.adapter.maxDeallocate();
    await venue.adapter.deallocate(out, out);
    // The mark is a part of the stake, and 40 ether of it have left.
    expect(await venue.adapter.maxDeallocate()).to.be.closeTo((40n * ETHER) / 100n, venue.dust);
    await pool.withdrawEther(admin.address, ETHER);
    expect(await venue.adapter.maxDeallocate()).to.equal(0n);
  });

  it("behavior: pauses, a listing or a broken manager close it, and it alone: finished requests are paid as before", async () => {
    const venue = getVenue();
    const { connection, etherFi } = venue;
    const { redemption, blacklister } = etherFi;
    const address = await redemption.getAddress();
    await setFee(0);
    await allocate(venue, 100n * ETHER);
    await venue.adapter.requestExit(10n * ETHER, 0n);
    await venue.finalize(1n);
    const { claimable, liquid } = await venue.adapter.realAssets();
    expect(await venue.adapter.maxDeallocate()).to.be.closeTo(claimable + liquid, venue.dust);
    const closings: readonly (() => Promise<unknown>)[] = [
      () => redemption.pauseContract(),
      () => redemption.pauseUntil(),
      () => connection.networkHelpers.setCode(address, "0xfe"),
      () => connection.networkHelpers.setCode(address, "0x"),
      // An upgrade that knows this question no more.
      () => answering(connection, address, redemption.interface, "totalRedeemableAmount", "nothing"),
    ];
    for (const close of closings) {
      const snapshot = await connection.networkHelpers.takeSnapshot();
      await close();
      expect(await venue.adapter.maxDeallocate()).to.equal(claimable);
      expect(await venue.adapter.realAssets()).to.deep.equal([liquid, 0n, claimable]);
      await expectRefusal(venue, () => venue.adapter.deallocate(claimable + 1n, 0n), "Adapter_LimitExceeded");
      await venue.adapter.deallocate(claimable, claimable);
      expect(await paid()).to.equal(claimable);
      await snapshot.restore();
    }
    await blacklister.blacklistUser(await venue.adapter.getAddress());
    const [exitUnits] = await venue.deployed.instantExit();
    expect(exitUnits).to.equal(0n);
    await expectRefusal(venue, () => venue.adapter.deallocate(claimable + 1n, 0n), "Adapter_LimitExceeded");
  });

  it("behavior: a pause of the tokens closes entry and instant exit", async () => {
    const venue = getVenue();
    const { connection, etherFi } = venue;
    await setFee(0);
    await allocate(venue, 100n * ETHER);
    for (const { contract } of [{ contract: etherFi.weEth }, { contract: etherFi.eEth }]) {
      const snapshot = await connection.networkHelpers.takeSnapshot();
      expect(await venue.adapter.maxDeallocate()).to.be.above(0n);
      // The doubles of the tokens know no pause: theirs is answered for them.
      await answering(connection, await contract.getAddress(), etherFi.pool.interface, "paused", [true]);
      expect(await venue.adapter.maxAllocate()).to.equal(0n);
      expect(await venue.adapter.maxDeallocate()).to.equal(0n);
      await snapshot.restore();
    }
  });

  it("behavior: without a RedemptionManager nothing leaves at once, and its ether is refused", async () => {
    const venue = getVenue();
    const { ethers } = venue.connection;
    const bare = await ethers.deployContract(
      "EtherFiAdapter",
      [venue.vault.address, await venue.weth.getAddress(), await venue.etherFi.weEth.getAddress(), ethers.ZeroAddress],
      venue.vault,
    );
    await setFee(0);
    const adapter = await ethers.getContractAt("IStrategyAdapter", bare, venue.vault);
    await allocate({ ...venue, adapter }, 10n * ETHER);
    expect(await bare.instantExit()).to.deep.equal([0n, 0n, 0n]);
    expect(await bare.maxDeallocate()).to.equal(0n);
    await expectRefusal({ ...venue, adapter }, () => bare.deallocate(ETHER, 0n), "Adapter_LimitExceeded", [ETHER, 0n]);
    await expect(venue.etherFi.redemption.connect(venue.stranger).redeemEEth(0n, bare, await token())).to.revert(
      ethers,
    );
  });

  it("behavior: a pool of before 2026, without blacklist and without pauses that end, is entered and left alike", async () => {
    const venue = getVenue();
    const { connection, etherFi } = venue;
    const pool = await etherFi.pool.getAddress();
    await setFee(0);
    for (const name of ["pausedUntil", "blacklister"])
      await answering(connection, pool, etherFi.pool.interface, name, "nothing");
    expect(await venue.adapter.maxAllocate()).to.be.above(0n);
    await allocate(venue, 100n * ETHER);
    await venue.adapter.requestExit(10n * ETHER, 0n);
    expect((await venue.adapter.realAssets()).pending).to.be.closeTo(10n * ETHER, venue.dust);
  });
});

/** PendleAdapter on the genuine Pendle v2 of npm; staking and the queue are Lido's doubles. */
import { expect } from "chai";
import { readBigint } from "../support/genuine/artifact.ts";
import { sellPt } from "../support/genuine/pendle.ts";
import { isolate } from "../support/isolate.ts";
import { mature, pendleConformance } from "../support/pendleConformance.ts";
import { deployPendleVenue, RATE } from "../support/pendleVenue.ts";
import { queuedConformance } from "../support/queuedConformance.ts";
import { allocate, ETHER, WAD } from "../support/venue.ts";

describe("PendleAdapter", () => {
  const getVenue = isolate(() => deployPendleVenue("PendleAdapter"));
  queuedConformance(getVenue);
  pendleConformance(getVenue, "PendleAdapter");
  const liquid = async (): Promise<bigint> => (await getVenue().adapter.realAssets()).liquid;

  it("behavior: PT stand below par before maturity, at it afterwards, without a jump between", async () => {
    const venue = getVenue();
    await allocate(venue, 100n * ETHER);
    const { time } = venue.connection.networkHelpers;
    expect(await venue.adapter.rate()).to.be.within((WAD * 94n) / 100n, (WAD * 97n) / 100n);
    await time.increaseTo(venue.pendle.expiry - 60);
    const before = await venue.adapter.rate();
    expect(before).to.be.below(WAD);
    await time.increaseTo(venue.pendle.expiry);
    expect(await venue.adapter.rate()).to.equal(WAD);
    expect(WAD - before).to.be.below(WAD / 100_000n);
    expect(await venue.deployed.discount()).to.equal(0n);
  });

  it("behavior: past maturity the market refuses, and PT redeem at par through the queue", async () => {
    const venue = getVenue();
    await allocate(venue, 100n * ETHER);
    await mature(venue);
    const all = await liquid();
    expect(all).to.equal(await venue.deployed.units());
    await expect(sellPt(venue.pendle, venue.admin, ETHER)).to.be.revertedWithCustomError(
      venue.pendle.market,
      "MarketExpired",
    );
    await venue.adapter.requestExit(all, all - 100n);
    expect(await venue.deployed.units()).to.equal(0n);
    await venue.finalize(1n);
    await venue.adapter.claim();
    expect(await readBigint(venue.weth, "balanceOf", venue.vault.address)).to.be.closeTo(all, 100n);
    // 3.5 % a year was locked in when it was bought.
    expect(all).to.be.within(102n * ETHER, 105n * ETHER);
  });

  it("behavior: a slashing of SY below its index lowers PT at maturity too, and is paid as counted", async () => {
    const venue = getVenue();
    await allocate(venue, 100n * ETHER);
    const units = await venue.deployed.units();
    await venue.lido.stEth.setShareRate((RATE * 90n) / 100n);
    await mature(venue);
    const all = await liquid();
    expect(all).to.be.closeTo((units * 90n) / 100n, units / 1_000n);
    await venue.adapter.requestExit(all, all - 100n);
    expect((await venue.adapter.realAssets()).pending).to.be.closeTo(all, 100n);
  });
});

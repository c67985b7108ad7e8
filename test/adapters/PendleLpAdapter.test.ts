/** PendleLpAdapter on the genuine Pendle v2 of npm; staking and the queue are Lido's doubles. */
import { expect } from "chai";
import { at, readBigint, send } from "../support/genuine/artifact.ts";
import { buyPt, sellPt } from "../support/genuine/pendle.ts";
import { wrapEth } from "../support/genuine/weth.ts";
import { isolate } from "../support/isolate.ts";
import { mature, pendleConformance } from "../support/pendleConformance.ts";
import { DAY, deployPendleVenue, RATE, WINDOW } from "../support/pendleVenue.ts";
import { queuedConformance } from "../support/queuedConformance.ts";
import { allocate, ETHER, WAD } from "../support/venue.ts";

describe("PendleLpAdapter", () => {
  const getVenue = isolate(() => deployPendleVenue("PendleLpAdapter"));
  queuedConformance(getVenue);
  pendleConformance(getVenue, "PendleLpAdapter");
  const liquid = async (): Promise<bigint> => (await getVenue().adapter.realAssets()).liquid;
  const exitAll = async (floor: bigint): Promise<bigint> => {
    const { adapter } = getVenue();
    const all = await liquid();
    const requested = await adapter.requestExit.staticCall(all, floor);
    await adapter.requestExit(all, floor);
    return requested;
  };

  it("behavior: a unit is one LP, and its worth has no jump at maturity", async () => {
    const venue = getVenue();
    await allocate(venue, 100n * ETHER);
    const { time } = venue.connection.networkHelpers;
    expect(await venue.deployed.units()).to.equal(
      await readBigint(venue.pendle.market, "balanceOf", await venue.deployed.getAddress()),
    );
    await time.increaseTo(venue.pendle.expiry - 60);
    const before = await venue.adapter.rate();
    await time.increaseTo(venue.pendle.expiry);
    const after = await venue.adapter.rate();
    expect(after).to.be.at.least(before);
    expect(after - before).to.be.below(after / 100_000n);
    expect(await venue.deployed.discount()).to.equal(0n);
  });

  it("behavior: before maturity it leaves as SY and PT, of which PT are sold, and the queue pays what was counted", async () => {
    const venue = getVenue();
    const entered = 100n * ETHER;
    const value = await allocate(venue, entered);
    // The market's fee on the half that is swapped, and the discount of 50 basis points.
    expect(value).to.be.within((entered * 9_940n) / 10_000n, (entered * 9_952n) / 10_000n);
    const all = await liquid();
    const requested = await exitAll(all);
    expect(requested).to.be.at.least(all);
    // In and out of the same market: two fees of half the amount, each 5 basis points a year before maturity.
    expect(requested).to.be.within((entered * 9_985n) / 10_000n, entered);
    // A second's yield of LP is all that stays.
    expect(await venue.deployed.units()).to.be.below(10n ** 12n);
    for (const token of [venue.pendle.pt, venue.pendle.sy, venue.pendle.yt]) {
      expect(await readBigint(token, "balanceOf", await venue.deployed.getAddress())).to.equal(0n);
    }
    await venue.finalize(1n);
    await venue.adapter.claim();
    expect(await readBigint(venue.weth, "balanceOf", venue.vault.address)).to.be.closeTo(requested, 10n ** 12n);
  });

  it("behavior: past maturity LP burn, their PT redeem at par, and nothing is lost but rounding", async () => {
    const venue = getVenue();
    await allocate(venue, 100n * ETHER);
    await mature(venue);
    const all = await liquid();
    // About half of it earned the fixed 3.5 %; staking stood still.
    expect(all).to.be.within(101n * ETHER, 103n * ETHER);
    const requested = await exitAll(all - 100n);
    expect(requested).to.be.closeTo(all, 100n);
    expect(await venue.deployed.units()).to.equal(0n);
    await venue.finalize(1n);
    await venue.adapter.claim();
    expect(await readBigint(venue.weth, "balanceOf", venue.vault.address)).to.be.closeTo(all, 100n);
  });

  it("behavior: a slashing of SY below its index lowers LP at once and at maturity, and is paid as counted", async () => {
    const venue = getVenue();
    await allocate(venue, 100n * ETHER);
    const before = await liquid();
    await venue.lido.stEth.setShareRate((RATE * 90n) / 100n);
    expect(await liquid()).to.be.closeTo((before * 90n) / 100n, before / 10n ** 6n);
    await mature(venue);
    const all = await liquid();
    expect(all).to.be.within(90n * ETHER, 93n * ETHER);
    const requested = await exitAll(all - 100n);
    expect(requested).to.be.closeTo(all, 100n);
  });

  it("behavior: LP is worth least where the market stands at the time-weighted rate: trades move the exit, not the value", async () => {
    const venue = getVenue();
    await allocate(venue, 1_000n * ETHER);
    const before = await liquid();
    const { networkHelpers } = venue.connection;
    for (const [name, trade] of [
      ["sale", () => sellPt(venue.pendle, venue.admin, 12_000n * ETHER)],
      ["purchase", () => buyPt(venue.pendle, venue.admin, 12_000n * ETHER)],
    ] as const) {
      const snapshot = await networkHelpers.takeSnapshot();
      await trade();
      const now = await liquid();
      // The position's part of the fees of 12,000 PT, at most: 5 basis points of it, and a second's yield.
      expect(now, name).to.be.at.least(before - before / 10n ** 5n);
      expect(now, name).to.be.at.most(before + (before * 5n) / 10_000n);
      await snapshot.restore();
    }
  });

  it("behavior: who lifts the value of LP within a block pays more for it than all LP gain", async () => {
    const venue = getVenue();
    const { pendle, admin } = venue;
    await allocate(venue, 1_000n * ETHER);
    const [before, rate] = [await liquid(), await venue.adapter.rate()];
    const holder = await admin.getAddress();
    const wealth = async (): Promise<bigint> =>
      ((await readBigint(pendle.sy, "balanceOf", holder)) * RATE) / WAD +
      (await readBigint(pendle.pt, "balanceOf", holder));
    const start = await wealth();
    await sellPt(pendle, admin, 15_000n * ETHER);
    const lifted = await liquid();
    // The surplus that a purchase here overpays goes to the treasury, which is the trader himself.
    await buyPt(pendle, admin, 15_000n * ETHER);
    const supply = await readBigint(pendle.market, "totalSupply");
    const gained = (supply * ((await venue.adapter.rate()) - rate)) / WAD;
    expect(lifted).to.be.above(before);
    expect(gained).to.be.above(0n);
    // As many PT as before, and SY short of more than all LP gained, of which the position is a part.
    expect(start - (await wealth())).to.be.above(gained);
  });

  it("behavior: fees of trades grow the rate", async () => {
    const venue = getVenue();
    await allocate(venue, 100n * ETHER);
    const { networkHelpers } = venue.connection;
    const grown: bigint[] = [];
    for (const isTraded of [false, true]) {
      const snapshot = await networkHelpers.takeSnapshot();
      const start = await networkHelpers.time.latest();
      if (isTraded) {
        for (let round = 0; round < 3; round += 1) {
          await buyPt(venue.pendle, venue.admin, 8_000n * ETHER);
          await sellPt(venue.pendle, venue.admin, 8_000n * ETHER);
        }
      }
      await networkHelpers.time.increaseTo(start + 4 * WINDOW);
      grown.push(await venue.adapter.rate());
      await snapshot.restore();
    }
    const [quiet = 0n, traded = 0n] = grown;
    expect(traded).to.be.above(quiet + quiet / 10n ** 5n);
  });

  it("behavior: PENDLE that accrues is no part of the value, and paying it out here changes nothing", async () => {
    const venue = getVenue();
    const { gauge, reward, market, expiry, addresses } = venue.pendle;
    const rewards = at(await reward.getAddress(), reward.interface, venue.admin);
    await wrapEth(rewards, 1_000n * ETHER);
    await send(rewards, "transfer", await gauge.getAddress(), 1_000n * ETHER);
    await send(gauge, "whitelistMarkets", [addresses.market], true);
    await send(gauge, "setRewardDatas", [addresses.market], [ETHER / 10_000n], [expiry]);
    await allocate(venue, 1_000n * ETHER);
    await venue.connection.networkHelpers.time.increase(7 * DAY);
    const [before, rate] = [await venue.adapter.realAssets(), await venue.adapter.rate()];
    const holder = await venue.deployed.getAddress();
    await send(at(addresses.market, market.interface, venue.stranger), "redeemRewards", holder);
    expect(await readBigint(rewards, "balanceOf", holder)).to.be.above(0n);
    const after = await venue.adapter.realAssets();
    expect(after.liquid).to.be.closeTo(before.liquid, before.liquid / 10n ** 8n);
    expect([after.pending, after.claimable]).to.deep.equal([0n, 0n]);
    expect(await venue.adapter.rate()).to.be.closeTo(rate, rate / 10n ** 8n);
    expect(rate).to.be.above(WAD);
  });
});

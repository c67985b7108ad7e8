/** Beside the common suites: positions of one Pendle market, PT or LP. */
import { expect } from "chai";
import { answering } from "./answering.ts";
import { deployLidoDouble } from "./doubles.ts";
import { send } from "./genuine/artifact.ts";
import { buyPt, mintPt, sellPt } from "./genuine/pendle.ts";
import { BAND_BPS, DAY, type PendleVenue, RATE, WINDOW } from "./pendleVenue.ts";
import { allocate, ETHER, expectRefusal } from "./venue.ts";

/** Time passes until a day after maturity. */
export const mature = ({ connection, pendle }: PendleVenue): Promise<void> =>
  connection.networkHelpers.time.increaseTo(pendle.expiry + DAY);

/** Declares the suite for one of the two adapters. */
export function pendleConformance(getVenue: () => PendleVenue, contract: "PendleAdapter" | "PendleLpAdapter"): void {
  const liquid = async (): Promise<bigint> => (await getVenue().adapter.realAssets()).liquid;

  it("behavior: one block's trade does not move the value, and a sale below it is refused", async () => {
    const venue = getVenue();
    await allocate(venue, 1_000n * ETHER);
    const before = await liquid();
    // LP is half SY: it takes twice the fall for its sale to fetch less than the discount allows.
    await mintPt(venue.pendle, venue.admin, 20_000n * ETHER);
    await sellPt(venue.pendle, venue.admin, contract === "PendleLpAdapter" ? 41_000n * ETHER : 18_000n * ETHER);
    // The window is 900 seconds; the blocks since are two. Pendle sells at the price that the trade leaves behind, so the seller
    // of 41,000 PT pays LP some 20 basis points for his impact: theirs for good, and counted.
    const paid = contract === "PendleLpAdapter" ? (before * 25n) / 10_000n : before / 1_000n;
    expect(await liquid()).to.be.within(before - before / 1_000n, before + paid);
    await expectRefusal(venue, () => venue.adapter.requestExit(before / 2n, 0n), "Adapter_ReceivedTooLow");
    await venue.connection.networkHelpers.time.increase(2 * WINDOW);
    const after = await liquid();
    expect(after).to.be.below(before - before / 500n);
    await venue.adapter.requestExit(after / 2n, 0n);
  });

  it("behavior: a purchase just before lifts no value either, and the exit then pays at least what is counted", async () => {
    const venue = getVenue();
    await allocate(venue, 1_000n * ETHER);
    const before = await liquid();
    await buyPt(venue.pendle, venue.admin, 10_000n * ETHER);
    expect(await liquid()).to.be.closeTo(before, before / 1_000n);
    const half = before / 2n;
    expect(await venue.adapter.requestExit.staticCall(half, half)).to.be.at.least(half);
  });

  it("behavior: an entry into a market that somebody moved is refused by its minimum", async () => {
    const venue = getVenue();
    const honest = await venue.connection.networkHelpers.takeSnapshot();
    const value = await allocate(venue, 1_000n * ETHER);
    await honest.restore();
    await buyPt(venue.pendle, venue.admin, 15_000n * ETHER);
    await expectRefusal(venue, () => allocate(venue, 1_000n * ETHER, value - value / 10_000n), "Adapter_ValueTooLow");
  });

  it("behavior: a paused SY stops exits, states no false value, and maturity waits for it", async () => {
    const venue = getVenue();
    await allocate(venue, 100n * ETHER);
    const all = await liquid();
    await send(venue.pendle.sy, "pause");
    expect(await liquid()).to.be.closeTo(all, all / 10_000n);
    await expect(venue.adapter.requestExit(all / 2n, 0n)).to.be.revertedWith("Pausable: paused");
    await mature(venue);
    await send(venue.pendle.sy, "unpause");
    await venue.adapter.requestExit(await liquid(), 0n);
  });

  it("behavior: an entry is at most a tenth of the market's PT", async () => {
    const venue = getVenue();
    const limit = await venue.adapter.maxAllocate();
    expect(limit).to.be.within(5_000n * ETHER, 10_000n * ETHER);
    await expectRefusal(venue, () => allocate(venue, limit + ETHER), "Adapter_LimitExceeded");
  });

  it("behavior: takes nothing while the oracle cannot answer for its window", async () => {
    const { connection, adapter, pendle } = getVenue();
    expect(await adapter.maxAllocate()).to.be.above(0n);
    // (increaseCardinalityRequired, cardinalityRequired, oldestObservationSatisfied)
    for (const answer of [
      [true, 656, true],
      [false, 0, false],
    ] as const) {
      const snapshot = await connection.networkHelpers.takeSnapshot();
      await answering(connection, pendle.addresses.oracle, pendle.oracle.interface, "getOracleState", answer);
      expect(await adapter.maxAllocate()).to.equal(0n);
      await snapshot.restore();
    }
  });

  it("behavior: takes nothing where the market says that it has no PT", async () => {
    const { connection, adapter, pendle } = getVenue();
    const { interface: abi } = await connection.ethers.getContractAt("IPendleMarket", pendle.addresses.market);
    await answering(connection, pendle.addresses.market, abi, "_storage", [0n, ETHER, 1n, 0, 100, 100]);
    expect(await adapter.maxAllocate()).to.equal(0n);
  });

  it("behavior: its rate has no other source than itself", async () => {
    const { deployed } = getVenue();
    expect(await deployed.rateSource()).to.equal(await deployed.getAddress());
  });

  const deploy = async (changes: { window?: number; band?: bigint; wstEth?: string; queue?: string }) => {
    const { connection, vault, targets } = getVenue();
    const [weth, wstEth, queue, router, market, oracle] = targets;
    const factory = await connection.ethers.getContractFactory(contract);
    return factory.deploy(
      vault.address,
      ...[weth, changes.wstEth ?? wstEth, changes.queue ?? queue, router, market, oracle].map(String),
      changes.window ?? WINDOW,
      changes.band ?? BAND_BPS,
    );
  };

  it("error: Adapter_OracleNotReady when the market keeps too few observations for the window", async () => {
    const window = 7_200;
    // 7,200 s at 11 s a block, and one more.
    await expectRefusal(getVenue(), () => deploy({ window }), "Adapter_OracleNotReady", [
      getVenue().pendle.addresses.market,
      window,
      656n,
    ]);
  });

  it("error: Adapter_OracleNotReady when the oldest observation is younger than the window", async () => {
    const venue = getVenue();
    const { market } = venue.pendle.addresses;
    await send(venue.pendle.market, "increaseObservationsCardinalityNext", 700);
    // The cardinality grows with the first trade after it was asked for.
    await sellPt(venue.pendle, venue.admin, ETHER);
    const state = async () =>
      (await venue.connection.ethers.getContractAt("IPendleOracle", venue.pendle.addresses.oracle)).getOracleState(
        market,
        7_200,
      );
    expect(Array.from(await state())).to.deep.equal([false, 656n, false]);
    await expectRefusal(venue, () => deploy({ window: 7_200 }), "Adapter_OracleNotReady", [market, 7_200, 656n]);
    await venue.connection.networkHelpers.time.increase(7_200);
    await deploy({ window: 7_200 });
  });

  it("error: Adapter_Expired when the market has matured", async () => {
    await mature(getVenue());
    const { addresses, expiry } = getVenue().pendle;
    await expectRefusal(getVenue(), () => deploy({}), "Adapter_Expired", [addresses.market, expiry]);
    await expectRefusal(getVenue(), () => allocate(getVenue(), ETHER), "Adapter_Expired");
  });

  it("error: Adapter_AssetMismatch when the SY is of another Lido, Adapter_BadTarget when it takes another wstETH", async () => {
    const venue = getVenue();
    const other = await deployLidoDouble(venue.connection, RATE);
    const [wstEth, queue] = [await other.wstEth.getAddress(), await other.queue.getAddress()];
    await expectRefusal(venue, () => deploy({ queue }), "Adapter_AssetMismatch");
    await expectRefusal(venue, () => deploy({ wstEth, queue }), "Adapter_BadTarget");
  });

  it("error: Adapter_BadBand", async () => {
    for (const band of [0n, 501n]) {
      await expectRefusal(getVenue(), () => deploy({ band }), "Adapter_BadBand", [band, 1n, 500n]);
    }
  });
}

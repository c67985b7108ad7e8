/** Beside the common suite: positions between two prices of a pool, whichever pool it is. */
import { expect } from "chai";
import type { Contract } from "ethers";
import type { ConcentratedAdapter } from "../../types/ethers-contracts/contracts/adapters/ConcentratedAdapter.js";
import type { LidoDouble } from "./doubles.ts";
import { readBigint } from "./genuine/artifact.ts";
import { allocate, ETHER, expectRefusal, type Venue, WAD } from "./venue.ts";

export interface RangeVenue extends Venue {
  /** Connected as the vault. */
  readonly ranged: ConcentratedAdapter;
  readonly lst: Contract;
  readonly stEth: LidoDouble["stEth"];
  /** Rate and pool price of the fixture, WAD of ether per wstETH. */
  readonly rate0: bigint;
  readonly bandBps: bigint;
  readonly etherIsToken0: boolean;
  /** Tick of the fixture's price. */
  readonly centre: number;
  /** A stranger trades until the pool stands at `price`, WAD of ether per wstETH. */
  trade(price: bigint): Promise<void>;
  /** Sets the protocol's rate and leaves the pool alone. */
  setRate(rate: bigint): Promise<void>;
}

/** Declares the suite. */
export function rangeConformance(getVenue: () => RangeVenue): void {
  const liquid = async (): Promise<bigint> => (await getVenue().adapter.realAssets()).liquid;
  const exitAll = async (): Promise<bigint> => {
    const { adapter } = getVenue();
    const all = await liquid();
    const received = await adapter.deallocate.staticCall(all, 0n);
    await adapter.deallocate(all, 0n);
    return received;
  };
  /** One unit of the price at a thousandth. */
  const moved = (perMille: bigint): bigint => (getVenue().rate0 * (1_000n + perMille)) / 1_000n;

  it("behavior: the pool's price does not move the value, beyond the fees its trades paid", async () => {
    const venue = getVenue();
    await allocate(venue, 100n * ETHER);
    let last = await liquid();
    for (const perMille of [15n, -30n, 60n, -60n, 0n]) {
      await venue.trade(moved(perMille));
      const now = await liquid();
      expect(now, `${perMille} per mille`).to.be.at.least(last);
      // Fees of 1 bp on at most all of the position: a value at the pool's price would move by up to 3 %.
      expect(now, `${perMille} per mille`).to.be.at.most(last + (100n * ETHER) / 2_000n);
      last = now;
    }
  });

  it("behavior: what is counted is what an exit pays, wherever the pool stands, or the exit is closed", async () => {
    const venue = getVenue();
    await allocate(venue, 100n * ETHER);
    for (const perMille of [-30n, -5n, -1n, 0n, 1n, 5n, 15n, 30n]) {
      const snapshot = await venue.connection.networkHelpers.takeSnapshot();
      await venue.trade(moved(perMille));
      const all = await liquid();
      const limit = await venue.adapter.maxDeallocate();
      if (perMille * 10n <= -venue.bandBps) {
        expect(limit, `${perMille} per mille`).to.equal(0n);
        await expectRefusal(venue, () => venue.adapter.deallocate(all, 0n), "Adapter_LimitExceeded");
      } else {
        expect(limit, `${perMille} per mille`).to.equal(all);
        expect(await exitAll(), `${perMille} per mille`).to.be.at.least(all);
      }
      await snapshot.restore();
    }
  });

  it("behavior: out of range on either side it is worth what its one token is worth", async () => {
    const venue = getVenue();
    await allocate(venue, 100n * ETHER);
    // Rate and pool above the range: all ether. Below: all wstETH.
    for (const [perMille, isEther] of [
      [30n, true],
      [-30n, false],
    ] as const) {
      const snapshot = await venue.connection.networkHelpers.takeSnapshot();
      await venue.setRate(moved(perMille));
      await venue.trade(moved(perMille));
      const [eth, lst] = await venue.ranged.holdings();
      const [full, empty] = isEther ? [eth, lst] : [lst, eth];
      expect(full).to.be.above(70n * ETHER);
      expect(empty).to.be.below(ETHER / 100n);
      const all = await liquid();
      expect(await venue.adapter.maxDeallocate()).to.equal(all);
      expect(await exitAll()).to.be.at.least(all);
      await snapshot.restore();
    }
  });

  it("behavior: a sandwich of an entry costs at most the band, and outside it the entry is refused", async () => {
    const venue = getVenue();
    for (const perMille of [-5n, 5n]) {
      const snapshot = await venue.connection.networkHelpers.takeSnapshot();
      await venue.trade(moved(perMille));
      expect(await venue.adapter.maxAllocate()).to.equal(0n);
      const entry = allocate(venue, 100n * ETHER);
      await expect(entry).to.be.revertedWithCustomError(venue.ranged, "Adapter_PoolPriceOutOfBand");
      await snapshot.restore();
    }
    // The largest move that is let through.
    await venue.trade((venue.rate0 * 10_015n) / 10_000n);
    await allocate(venue, 100n * ETHER);
    await venue.trade(venue.rate0);
    expect(await exitAll()).to.be.at.least(100n * ETHER - (100n * ETHER * venue.bandBps) / 10_000n);
  });

  it("behavior: a sandwich of an exit gets at most the band, and never less than was counted", async () => {
    const venue = getVenue();
    await allocate(venue, 100n * ETHER);
    const counted = await liquid();
    const target = (venue.rate0 * (10_000n - venue.bandBps + 4n)) / 10_000n;
    await venue.trade(target);
    expect(await venue.adapter.maxDeallocate()).to.be.at.least(counted);
    expect(await exitAll()).to.be.at.least(counted);
  });

  it("behavior: maxDeallocate is what others' liquidity buys, and is paid", async () => {
    const venue = getVenue();
    await allocate(venue, 5_000n * ETHER);
    const all = await liquid();
    const limit = await venue.adapter.maxDeallocate();
    expect(limit).to.be.above(all / 20n);
    expect(limit).to.be.below(all);
    await venue.adapter.deallocate(limit, limit);
    expect(await readBigint(venue.weth, "balanceOf", venue.vault.address)).to.be.at.least(limit);
  });

  it("behavior: fees count before they are collected, and an exit pays them", async () => {
    const venue = getVenue();
    await allocate(venue, 100n * ETHER);
    const before = await liquid();
    for (let i = 0; i < 4; i++) {
      await venue.trade(moved(i % 2 === 0 ? 10n : -10n));
    }
    await venue.trade(venue.rate0);
    const after = await liquid();
    expect(after).to.be.above(before);
    expect(await venue.adapter.rate()).to.be.above(WAD - WAD / 100n);
    expect(await exitAll()).to.be.at.least(after);
  });

  it("behavior: partial exits leave a unit's worth as it was", async () => {
    const venue = getVenue();
    await allocate(venue, 100n * ETHER);
    const rate = await venue.adapter.rate();
    for (let i = 0; i < 5; i++) await venue.adapter.deallocate((await liquid()) / 3n, 0n);
    expect(await venue.adapter.rate()).to.be.closeTo(rate, rate / 10n ** 4n);
    const resting = await venue.adapter.rate();
    await exitAll();
    expect(await venue.adapter.rate()).to.equal(resting);
    expect(await liquid()).to.equal(0n);
    await allocate(venue, 10n * ETHER);
    expect(await venue.adapter.rate()).to.be.closeTo(resting, resting / 10n ** 4n);
  });

  it("behavior: repositioning keeps the value but for fees and the band, and the rate with it", async () => {
    const venue = getVenue();
    await allocate(venue, 100n * ETHER);
    const [before, rate] = [await liquid(), await venue.adapter.rate()];
    const { centre } = venue;
    for (const [lower, upper] of [
      [centre - 50, centre + 50],
      [centre + 100, centre + 300],
      [centre - 300, centre - 100],
      [centre - 1_000, centre + 1_000],
    ] as const) {
      const snapshot = await venue.connection.networkHelpers.takeSnapshot();
      const floor = before - (before * venue.bandBps) / 10_000n;
      const value = await venue.ranged.reposition.staticCall(lower, upper, floor);
      await expect(venue.ranged.reposition(lower, upper, floor)).to.emit(venue.ranged, "Repositioned");
      expect([await venue.ranged.tickLower(), await venue.ranged.tickUpper()]).to.deep.equal([
        BigInt(lower),
        BigInt(upper),
      ]);
      expect(await liquid()).to.equal(value);
      expect(value).to.be.closeTo(before, (before * venue.bandBps) / 10_000n);
      expect(await venue.adapter.rate()).to.be.closeTo(rate, (rate * venue.bandBps) / 10_000n);
      for (const { token, spenders } of venue.approvals) {
        for (const spender of spenders) {
          expect(await readBigint(token, "allowance", await venue.ranged.getAddress(), spender)).to.equal(0n);
        }
      }
      const all = await liquid();
      expect(await exitAll()).to.be.at.least(all);
      await snapshot.restore();
    }
  });

  it("behavior: a depegged pool freezes exits without a false value, and time heals it", async () => {
    const venue = getVenue();
    await allocate(venue, 100n * ETHER);
    const all = await liquid();
    await venue.trade(moved(-50n));
    expect(await liquid()).to.be.closeTo(all, all / 1_000n);
    expect(await venue.adapter.maxDeallocate()).to.equal(0n);
    await venue.trade(venue.rate0);
    expect(await exitAll()).to.be.at.least(all);
  });

  it("behavior: a slashing lowers the value of the wstETH leg at once", async () => {
    const venue = getVenue();
    await allocate(venue, 100n * ETHER);
    const before = await liquid();
    await venue.setRate((venue.rate0 * 98n) / 100n);
    expect(await liquid()).to.be.below(before - (before * 50n) / 10_000n);
  });

  it("error: Adapter_BadRange", async () => {
    const venue = getVenue();
    for (const [lower, upper] of [
      [10, 10],
      [20, 10],
      [-887_300, 0],
      [0, 887_300],
    ] as const) {
      await expectRefusal(venue, () => venue.ranged.reposition(lower, upper, 0n), "Adapter_BadRange");
    }
  });

  it("error: Adapter_NotVault on reposition", async () => {
    const venue = getVenue();
    await expectRefusal(venue, () => venue.ranged.connect(venue.stranger).reposition(-10, 10, 0n), "Adapter_NotVault", [
      venue.stranger.address,
      venue.vault.address,
    ]);
  });

  it("error: Adapter_ValueTooLow on reposition", async () => {
    const venue = getVenue();
    await allocate(venue, 10n * ETHER);
    await expectRefusal(
      venue,
      () => venue.ranged.reposition(venue.centre - 100, venue.centre + 100, 11n * ETHER),
      "Adapter_ValueTooLow",
    );
  });

  it("error: Adapter_PoolPriceOutOfBand on reposition", async () => {
    const venue = getVenue();
    await allocate(venue, 10n * ETHER);
    await venue.trade(moved(-10n));
    await expectRefusal(
      venue,
      () => venue.ranged.reposition(venue.centre - 100, venue.centre + 100, 0n),
      "Adapter_PoolPriceOutOfBand",
    );
  });

  it("error: Adapter_UnexpectedEther", async () => {
    const venue = getVenue();
    const to = await venue.ranged.getAddress();
    await expectRefusal(venue, () => venue.stranger.sendTransaction({ to, value: ETHER }), "Adapter_UnexpectedEther", [
      venue.stranger.address,
    ]);
  });
}

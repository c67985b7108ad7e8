/** Beside the common suite: positions between two prices of a pool, whichever pool it is. */
import { expect } from "chai";
import type { Contract } from "ethers";
import type { ConcentratedAdapter } from "../../types/ethers-contracts/contracts/adapters/ConcentratedAdapter.js";
import { possess } from "./conformance.ts";
import type { LidoDouble } from "./doubles.ts";
import { readBigint } from "./genuine/artifact.ts";
import { allocate, ETHER, expectRefusal, sendWeth, type Venue, WAD } from "./venue.ts";

export interface RangeVenue extends Venue {
  /** Connected as the vault. */
  readonly ranged: ConcentratedAdapter;
  readonly lst: Contract;
  readonly stEth: LidoDouble["stEth"];
  /** Rate and pool price of the fixture, WAD of ether per wstETH. */
  readonly rate0: bigint;
  readonly bandBps: bigint;
  /** Fee of the pool, basis points. */
  readonly feeBps: bigint;
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
      // The fee on at most five times the position: a value at the pool's price would move by up to 3 %.
      expect(now, `${perMille} per mille`).to.be.at.most(last + (100n * ETHER * venue.feeBps) / 2_000n);
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
    const target = (venue.rate0 * (10_000n - venue.bandBps + 3n + venue.feeBps)) / 10_000n;
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

  /** A stranger trades around the fixture's price and leaves fees of both tokens behind. */
  const earn = async (): Promise<void> => {
    for (const perMille of [10n, -10n, 10n, -10n]) await getVenue().trade(moved(perMille));
    await getVenue().trade(getVenue().rate0);
  };
  const vaultHolds = async (): Promise<bigint> => readBigint(getVenue().weth, "balanceOf", getVenue().vault.address);

  it("behavior: a harvest pays the ether of the fees and keeps their wstETH; nothing is worth more or less by it", async () => {
    const venue = getVenue();
    const { ranged } = venue;
    await allocate(venue, 100n * ETHER);
    const address = await ranged.getAddress();
    const [idleEth, idleLst] = [await ranged.idleEth(), await ranged.idleLst()];
    const clean = await ranged.holdings();
    await earn();
    const [before, rate, owed] = [await liquid(), await venue.adapter.rate(), await ranged.holdings()];
    const received = await ranged.harvest.staticCall();
    await ranged.harvest();
    expect(await vaultHolds()).to.equal(received);
    expect(received).to.be.above(ETHER / 1_000n);
    // Fees were counted to the wei before they were collected.
    expect(received).to.be.closeTo(owed.eth - clean.eth, 1n);
    expect(await ranged.idleEth()).to.equal(idleEth);
    expect((await ranged.idleLst()) - idleLst).to.be.closeTo(owed.lstAmount - clean.lstAmount, 1n);
    expect((await liquid()) + received).to.be.closeTo(before, 4n);
    // The rate is a quotient of the position by its units, each of 18 digits.
    expect(await venue.adapter.rate()).to.be.closeTo(rate, 10n);
    for (const { token, spenders } of venue.approvals) {
      for (const spender of spenders) expect(await readBigint(token, "allowance", address, spender)).to.equal(0n);
    }
    const all = await liquid();
    expect(await exitAll()).to.be.at.least(all);
  });

  it("behavior: a harvest without fees, or without a position, pays nothing and moves nothing", async () => {
    const venue = getVenue();
    const { ranged } = venue;
    expect(await ranged.harvest.staticCall()).to.equal(0n);
    await ranged.harvest();
    expect(await liquid()).to.equal(0n);
    await allocate(venue, 100n * ETHER);
    const [before, units] = [await liquid(), await ranged.units()];
    expect(await ranged.harvest.staticCall()).to.equal(0n);
    await ranged.harvest();
    expect([await liquid(), await ranged.units(), await vaultHolds()]).to.deep.equal([before, units, 0n]);
    await earn();
    await ranged.harvest();
    const held = await vaultHolds();
    expect(held).to.be.above(0n);
    await ranged.harvest();
    expect(await vaultHolds()).to.equal(held);
  });

  it("behavior: the wstETH of a harvest enters the range with the next allocation", async () => {
    const venue = getVenue();
    await allocate(venue, 100n * ETHER);
    await earn();
    await venue.ranged.harvest();
    const [idle, liquidity] = [await venue.ranged.idleLst(), await venue.ranged.liquidity()];
    expect(idle).to.be.above(ETHER / 1_000n);
    await allocate(venue, ETHER);
    expect(await venue.ranged.idleLst()).to.be.below(idle / 1_000n);
    expect(await venue.ranged.liquidity()).to.be.above(liquidity);
  });

  it("behavior: what others sent is not harvested, whatever it is", async () => {
    const venue = getVenue();
    const address = await venue.ranged.getAddress();
    await allocate(venue, 100n * ETHER);
    await earn();
    const expected = await venue.ranged.harvest.staticCall();
    await venue.connection.networkHelpers.setBalance(
      address,
      (await venue.connection.ethers.provider.getBalance(address)) + 3n * ETHER,
    );
    await sendWeth(venue.weth, venue.stranger, address, 2n * ETHER);
    await venue.ranged.harvest();
    expect(await vaultHolds()).to.equal(expected);
    expect(await readBigint(venue.weth, "balanceOf", address)).to.equal(2n * ETHER);
  });

  it("behavior: a sandwich of a harvest changes nothing for either side", async () => {
    const venue = getVenue();
    const { connection, stranger, lst, weth, ranged, rate0 } = venue;
    await allocate(venue, 100n * ETHER);
    await earn();
    /** All that the trader has, at the protocol's rate. */
    const wealth = async (): Promise<bigint> =>
      (await connection.ethers.provider.getBalance(stranger.address)) +
      (await readBigint(weth, "balanceOf", stranger.address)) +
      ((await readBigint(lst, "balanceOf", stranger.address)) * rate0) / WAD;
    for (const perMille of [15n, -15n, 60n, -60n]) {
      const ends: { trader: bigint; vault: bigint }[] = [];
      for (const harvests of [false, true]) {
        const snapshot = await connection.networkHelpers.takeSnapshot();
        const [start, worth] = [await wealth(), await liquid()];
        await venue.trade(moved(perMille));
        const atHarvest = (await liquid()) + (await vaultHolds());
        if (harvests) {
          await ranged.harvest();
          // Position and cash, at the price that the trader set: the vault itself refuses a loss above 1e9 wei.
          expect((await liquid()) + (await vaultHolds()), `${perMille} per mille`).to.be.closeTo(atHarvest, 10n);
        }
        await venue.trade(rate0);
        ends.push({ trader: (await wealth()) - start, vault: (await liquid()) + (await vaultHolds()) - worth });
        await snapshot.restore();
      }
      const [without, within] = ends;
      if (without === undefined || within === undefined) return expect.fail("two runs");
      expect(within.trader, `${perMille} per mille`).to.be.below(0n);
      // Gas is all that may differ between the two runs.
      expect(within.trader, `${perMille} per mille`).to.be.closeTo(without.trader, ETHER / 1_000n);
      expect(within.vault, `${perMille} per mille`).to.be.closeTo(without.vault, 10n);
      expect(within.vault, `${perMille} per mille`).to.be.above(0n);
    }
  });

  it("behavior: a pool that calls back into a harvest is refused, and pays as if it had not", async () => {
    const venue = getVenue();
    const { ranged } = venue;
    await allocate(venue, 100n * ETHER);
    await earn();
    const expected = await ranged.harvest.staticCall();
    const plan = await possess(venue, [
      ranged.interface.encodeFunctionData("harvest"),
      ranged.interface.encodeFunctionData("deallocate", [1n, 0n]),
    ]);
    await plan.arm(true);
    await ranged.harvest();
    expect(await plan.tried(), "the shell was never entered by a call that may write").to.be.above(0n);
    expect(await plan.succeeded()).to.equal(0n);
    expect(await vaultHolds()).to.equal(expected);
  });

  it("error: Adapter_NotVault on harvest", async () => {
    const { ranged, stranger, vault } = getVenue();
    const call = () => ranged.connect(stranger).harvest();
    await expectRefusal(getVenue(), call, "Adapter_NotVault", [stranger.address, vault.address]);
  });

  it("behavior: a few wei stay outside the pool, are worth what they are, and leave whole", async () => {
    const venue = getVenue();
    // Less than is worth staking, so that the range's wstETH leg is missing.
    for (const wei of [1n, 10n ** 8n]) {
      const snapshot = await venue.connection.networkHelpers.takeSnapshot();
      await allocate(venue, wei);
      expect(await venue.ranged.liquidity(), `${wei} wei`).to.equal(0n);
      const all = await liquid();
      expect(all).to.be.within((wei * 99n) / 100n - 1n, wei);
      expect(await exitAll()).to.be.at.least(all);
      expect(await liquid()).to.equal(0n);
      await snapshot.restore();
    }
  });

  it("behavior: its rate has no other source than itself", async () => {
    const { ranged } = getVenue();
    expect(await ranged.rateSource()).to.equal(await ranged.getAddress());
  });

  it("error: Adapter_RateZero when Lido names no rate: nothing is counted and nothing moves", async () => {
    const venue = getVenue();
    await allocate(venue, 10n * ETHER);
    await venue.setRate(0n);
    await expectRefusal(venue, () => venue.adapter.realAssets(), "Adapter_RateZero");
    await expectRefusal(venue, () => venue.ranged.harvest(), "Adapter_RateZero");
    expect(await venue.adapter.maxAllocate()).to.equal(0n);
    expect(await venue.adapter.maxDeallocate()).to.equal(0n);
  });

  it("error: Adapter_SwapIncomplete when a move of the range would have to sell more than others buy", async () => {
    const venue = getVenue();
    await allocate(venue, 8_000n * ETHER);
    // All of it ether: about half of the position is wstETH.
    const range = venue.etherIsToken0
      ? ([venue.centre + 100, venue.centre + 300] as const)
      : ([venue.centre - 300, venue.centre - 100] as const);
    const before = await venue.adapter.realAssets();
    await expectRefusal(venue, () => venue.ranged.reposition(...range, 0n), "Adapter_SwapIncomplete");
    expect(await venue.adapter.realAssets()).to.deep.equal(before);
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

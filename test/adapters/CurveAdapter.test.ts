/** CurveAdapter on the double of an NG pool; of one of the old family; test/fork runs it on the real stETH/ETH pool. */

import { expect } from "chai";
import type { CurveAdapter } from "../../types/ethers-contracts/contracts/adapters/CurveAdapter.js";
import type { CurveNgPoolDouble } from "../../types/ethers-contracts/test/doubles/curve/CurveNgPoolDouble.js";
import { openStage } from "../support/accounts.ts";
import { syncConformance } from "../support/conformance.ts";
import { deployCurveDouble, type LidoDouble } from "../support/doubles.ts";
import { at, readBigint, send } from "../support/genuine/artifact.ts";
import { deployWeth } from "../support/genuine/weth.ts";
import { isolate } from "../support/isolate.ts";
import { allocate, ETHER, expectRefusal, fund, sendWeth, type Venue } from "../support/venue.ts";

const BAND_BPS = 20n;

interface CurveVenue extends Venue {
  readonly pool: CurveNgPoolDouble;
  readonly lido: LidoDouble;
  readonly deployed: CurveAdapter;
  /** A stranger sells `amount` of coin `from` into the pool: 0 WETH, 1 stETH. */
  readonly sell: (from: 0 | 1, amount: bigint) => Promise<void>;
}

async function deployVenue(): Promise<CurveVenue> {
  const { connection, admin, vault, stranger } = await openStage();
  const { ethers } = connection;
  const weth = await deployWeth(admin);
  const wethAddress = await weth.getAddress();
  const { pool, lido } = await deployCurveDouble(connection, admin, weth, 50_000n * ETHER);
  const poolAddress = await pool.getAddress();
  const deployed = await ethers.deployContract("CurveAdapter", [
    vault.address,
    wethAddress,
    poolAddress,
    poolAddress,
    true,
    BAND_BPS,
  ]);
  const adapterAddress = await deployed.getAddress();
  const asStranger = pool.connect(stranger);
  await lido.stEth.connect(stranger).submit(stranger.address, { value: 1_000_000n * ETHER });
  await lido.stEth.connect(stranger).approve(poolAddress, 10n ** 30n);
  const strangerWeth = at(wethAddress, weth.interface, stranger);
  await send(strangerWeth, "approve", poolAddress, 10n ** 30n);
  const sell = async (from: 0 | 1, amount: bigint): Promise<void> => {
    if (from === 0) await sendWeth(weth, stranger, stranger.address, amount);
    await asStranger.exchange(from, 1 - from, amount, 0n);
  };
  return {
    connection,
    weth,
    vault,
    stranger,
    pool,
    lido,
    deployed: deployed.connect(vault),
    sell,
    adapter: await ethers.getContractAt("IStrategyAdapter", adapterAddress, vault),
    smallest: 10n ** 9n,
    largest: 2_000n * ETHER,
    exitFeeBps: BAND_BPS,
    dust: 10n,
    // Entering with one coin pays an imbalance fee that grows with the amount; never more than the band here.
    entrySlack: (amount) => (amount * BAND_BPS) / 10_000n,
    paysMore: true,
    target: poolAddress,
    approvals: [{ token: weth, spenders: [poolAddress] }],
    // stETH rebases inside the pool, and so the virtual price grows.
    accrue: async () => {
      const rate = (await lido.wstEth.stEthPerToken()) * 103n;
      await lido.stEth.setShareRate(rate / 100n + 3n);
    },
    donate: async (amount) => {
      await sendWeth(weth, stranger, stranger.address, 2n * amount);
      await asStranger.add_liquidity([2n * amount, 0n], 0n);
      await asStranger.transfer(adapterAddress, amount);
    },
    closings: [{ name: "short of ether", close: () => sell(1, 47_000n * ETHER), exitLimit: () => 0n }],
  };
}

describe("CurveAdapter", () => {
  const getVenue = isolate(deployVenue);
  syncConformance(getVenue);
  const liquid = async (): Promise<bigint> => (await getVenue().adapter.realAssets()).liquid;

  it("behavior: a slashing of the staking token lowers the value at once, and what is counted is still paid or closed", async () => {
    const venue = getVenue();
    await allocate(venue, 100n * ETHER);
    const before = await liquid();
    const rate = await venue.lido.wstEth.stEthPerToken();
    await venue.lido.stEth.setShareRate((rate * 90n) / 100n);
    const after = await liquid();
    // Half of the pool is stETH.
    expect(after).to.be.within((before * 94n) / 100n, (before * 96n) / 100n);
    const limit = await venue.adapter.maxDeallocate();
    if (limit !== 0n) await venue.adapter.deallocate(limit, limit);
  });

  it("behavior: trades move the exit, not the value", async () => {
    const venue = getVenue();
    await allocate(venue, 1_000n * ETHER);
    const counted = await liquid();
    for (const [from, amount] of [
      [1, 40_000n * ETHER],
      [0, 80_000n * ETHER],
      [1, 40_000n * ETHER],
    ] as const) {
      await venue.sell(from, amount);
      // Fees of the trades, half of which stay with the pool, are the only change.
      expect(await liquid()).to.be.within(counted, counted + counted / 1_000n);
    }
  });

  it("behavior: what maxDeallocate says is paid, at every imbalance", async () => {
    const venue = getVenue();
    await allocate(venue, 30_000n * ETHER);
    let wasPart = false;
    let wasClosed = false;
    for (const sold of [0n, 30_000n, 40_000n, 47_000n, 60_000n, 70_000n, 75_000n, 78_000n]) {
      const snapshot = await venue.connection.networkHelpers.takeSnapshot();
      if (sold !== 0n) await venue.sell(1, sold * ETHER);
      const limit = await venue.adapter.maxDeallocate();
      const all = await liquid();
      expect(limit).to.be.at.most(all);
      if (limit !== 0n && limit < all) wasPart = true;
      if (limit === 0n) wasClosed = true;
      else {
        await venue.adapter.deallocate(limit, limit);
        expect(await readBigint(venue.weth, "balanceOf", venue.vault.address)).to.be.at.least(limit);
      }
      await snapshot.restore();
    }
    expect([wasPart, wasClosed]).to.deep.equal([true, true]);
  });

  it("behavior: an imbalanced pool takes more for leaving in the coin it lacks", async () => {
    const venue = getVenue();
    await allocate(venue, 1_000n * ETHER);
    const received = async () => venue.pool.calc_withdraw_one_coin(await venue.deployed.units(), 0);
    const balanced = await received();
    await venue.sell(1, 40_000n * ETHER);
    expect(await received()).to.be.below(balanced);
    await venue.sell(0, 60_000n * ETHER);
    expect(await received()).to.be.above(balanced);
  });

  it("behavior: entering an imbalanced pool adds the value that was paid for, less the imbalance fee", async () => {
    const venue = getVenue();
    await venue.sell(0, 30_000n * ETHER);
    const value = await allocate(venue, 1_000n * ETHER);
    expect(value).to.be.below(1_000n * ETHER);
    expect(value).to.be.above((1_000n * ETHER * 990n) / 1_000n);
  });

  it("error: Adapter_BadTarget when the pool counts coins by uint256, as the crypto family does", async () => {
    const venue = getVenue();
    const { ethers } = venue.connection;
    const weth = await venue.weth.getAddress();
    const crypto = await ethers.deployContract("CurveCryptoPoolDouble", [weth, await venue.lido.stEth.getAddress()]);
    const pool = await crypto.getAddress();
    const factory = await ethers.getContractFactory("CurveAdapter");
    await expectRefusal(
      venue,
      () => factory.deploy(venue.vault.address, weth, pool, pool, true, BAND_BPS),
      "Adapter_BadTarget",
      [pool],
    );
  });

  it("error: Adapter_AssetMismatch when the pool holds no ether, or the LP token is not the pool", async () => {
    const venue = getVenue();
    const { ethers } = venue.connection;
    const [weth, stEth] = [await venue.weth.getAddress(), await venue.lido.stEth.getAddress()];
    const pool = await venue.pool.getAddress();
    const factory = await ethers.getContractFactory("CurveAdapter");
    const other = await ethers.deployContract("CurveNgPoolDouble", [stEth, stEth, 200, 4_000_000, 2n * 10n ** 10n]);
    for (const [target, lp] of [
      [await other.getAddress(), await other.getAddress()],
      [pool, stEth],
    ] as const) {
      await expectRefusal(
        venue,
        () => factory.deploy(venue.vault.address, weth, target, lp, true, BAND_BPS),
        "Adapter_AssetMismatch",
      );
    }
  });

  /** The old family over the same mathematics, with ether as its first or second coin. */
  async function deployLegacy(venue: CurveVenue, etherAt: 0 | 1) {
    const { ethers } = venue.connection;
    const [weth, stEth] = [await venue.weth.getAddress(), await venue.lido.stEth.getAddress()];
    const each = 10_000n * ETHER;
    const coins = etherAt === 0 ? [weth, stEth] : [stEth, weth];
    const inner = await ethers.deployContract("CurveNgPoolDouble", [...coins, 1_500, 1_000_000, 5n * 10n ** 10n]);
    const innerAddress = await inner.getAddress();
    const strangerWeth = at(weth, venue.weth.interface, venue.stranger);
    await sendWeth(venue.weth, venue.stranger, venue.stranger.address, each);
    await send(strangerWeth, "approve", innerAddress, each);
    await venue.lido.stEth.connect(venue.stranger).approve(innerAddress, each);
    await inner.connect(venue.stranger).add_liquidity([each, each], 0n);
    const pool = await ethers.deployContract("CurveLegacyPoolDouble", [innerAddress, weth, etherAt]);
    const poolAddress = await pool.getAddress();
    const adapter = await ethers.deployContract(
      "CurveAdapter",
      [venue.vault.address, weth, poolAddress, await pool.lpToken(), false, BAND_BPS],
      venue.vault,
    );
    const legacyValue = async (): Promise<bigint> => (await adapter.realAssets()).liquid;
    return { adapter, adapterAddress: await adapter.getAddress(), poolAddress, legacyValue };
  }

  for (const etherAt of [0, 1] as const) {
    it(`behavior: a pool of the old family takes and pays ether, as its coin ${etherAt}`, async () => {
      const venue = getVenue();
      const { adapter, adapterAddress, legacyValue } = await deployLegacy(venue, etherAt);
      expect(await adapter.assetIndex()).to.equal(BigInt(etherAt));
      await sendWeth(venue.weth, venue.vault, adapterAddress, 100n * ETHER);
      await adapter.allocate(100n * ETHER, 0n);
      const value = await legacyValue();
      expect(value).to.be.within((100n * ETHER * 997n) / 1_000n, 100n * ETHER);
      expect(await adapter.maxDeallocate()).to.equal(value);
      const before = await readBigint(venue.weth, "balanceOf", venue.vault.address);
      await adapter.deallocate(value / 3n, 0n);
      const rest = await legacyValue();
      await adapter.deallocate(rest, 0n);
      const paid = (await readBigint(venue.weth, "balanceOf", venue.vault.address)) - before;
      expect(paid).to.be.within(value - 10n, 100n * ETHER);
      expect(await adapter.units()).to.equal(0n);
      expect(await venue.connection.ethers.provider.getBalance(adapterAddress)).to.equal(0n);
    });
  }

  it("error: Adapter_VenueReentered while a pool of the old family is paying, and the limit says closed", async () => {
    const venue = getVenue();
    const { ethers } = venue.connection;
    const { adapter, adapterAddress, poolAddress, legacyValue } = await deployLegacy(venue, 0);
    await sendWeth(venue.weth, venue.vault, adapterAddress, 100n * ETHER);
    await adapter.allocate(100n * ETHER, 0n);
    const before = await legacyValue();
    const reader = await ethers.deployContract("CurveReadInCallback", [poolAddress, adapterAddress]);
    await reader.run({ value: 1_000n * ETHER });
    expect(await reader.answered()).to.equal(false);
    expect(await reader.maxDeallocateInside()).to.equal(0n);
    const errors = await ethers.getContractAt("Errors", adapterAddress);
    expect(await reader.refusal()).to.equal(
      errors.interface.encodeErrorResult("Adapter_VenueReentered", [poolAddress]),
    );
    expect(await legacyValue()).to.be.at.least(before);
  });

  it("error: Adapter_UnexpectedEther from anyone else, and from a pool of the NG family", async () => {
    const venue = getVenue();
    const { networkHelpers } = venue.connection;
    const { adapterAddress } = await deployLegacy(venue, 0);
    const { stranger } = venue;
    await expectRefusal(
      venue,
      () => stranger.sendTransaction({ to: adapterAddress, value: 1n }),
      "Adapter_UnexpectedEther",
      [stranger.address],
    );
    await networkHelpers.impersonateAccount(venue.target);
    await fund(venue.connection, venue.target, ETHER);
    const ngPool = await venue.connection.ethers.getSigner(venue.target);
    const to = await venue.adapter.getAddress();
    await expectRefusal(venue, () => ngPool.sendTransaction({ to, value: 1n }), "Adapter_UnexpectedEther", [
      venue.target,
    ]);
  });

  it("error: Adapter_BadTarget when the pool has a third coin", async () => {
    const venue = getVenue();
    const { ethers } = venue.connection;
    const [weth, stEth] = [await venue.weth.getAddress(), await venue.lido.stEth.getAddress()];
    const three = await ethers.deployContract("CurveThreePoolDouble", [weth, stEth, stEth]);
    const pool = await three.getAddress();
    const factory = await ethers.getContractFactory("CurveAdapter");
    await expectRefusal(
      venue,
      () => factory.deploy(venue.vault.address, weth, pool, pool, true, BAND_BPS),
      "Adapter_BadTarget",
      [pool],
    );
  });

  it("error: Adapter_BadBand", async () => {
    const venue = getVenue();
    const factory = await venue.connection.ethers.getContractFactory("CurveAdapter");
    const [weth, pool] = [await venue.weth.getAddress(), await venue.pool.getAddress()];
    for (const band of [0n, 501n]) {
      await expectRefusal(
        venue,
        () => factory.deploy(venue.vault.address, weth, pool, pool, true, band),
        "Adapter_BadBand",
        [band, 1n, 500n],
      );
    }
  });
});

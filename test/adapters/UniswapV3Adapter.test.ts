/** UniswapV3Adapter on the genuine Uniswap v3 of npm, with Lido's double as the staking side. */
import { expect } from "chai";
import type { Contract } from "ethers";
import type { UniswapV3Adapter } from "../../types/ethers-contracts/contracts/adapters/UniswapV3Adapter.js";
import { syncConformance } from "../support/conformance.ts";
import { deployLidoDouble, type LidoDouble } from "../support/doubles.ts";
import { at, readBigint, send } from "../support/genuine/artifact.ts";
import { deployUniswapV3, poolPrice, swapTo, type UniswapV3Deployment } from "../support/genuine/uniswap-v3.ts";
import { isolate } from "../support/isolate.ts";
import { type RangeVenue, rangeConformance } from "../support/rangeConformance.ts";
import { deployV3Market, stock } from "../support/rangeMarkets.ts";
import { RANGE_BAND_BPS, RANGE_RATE, rangeVenue, tokenFor } from "../support/rangeVenue.ts";
import { allocate, ETHER, expectRefusal } from "../support/venue.ts";

const RATE = RANGE_RATE;
const BAND_BPS = RANGE_BAND_BPS;

interface UniswapV3Venue extends RangeVenue {
  readonly uniswap: UniswapV3Deployment;
  readonly pool: Contract;
  readonly lido: LidoDouble;
  readonly deployed: UniswapV3Adapter;
}

const deployVenue = async (isWethFirst = false): Promise<UniswapV3Venue> => {
  const venue = await rangeVenue(async ({ connection, admin, stranger, weth }) => {
    const market = isWethFirst
      ? await deployV3Market(connection, admin, weth, RATE, true, 500)
      : await deployV3Market(connection, admin, weth, RATE);
    const { lido, uniswap, pool, centre } = market;
    const { positionManager, router } = uniswap.addresses;
    const [poolAddress, wstEthAddress] = [await pool.getAddress(), await lido.wstEth.getAddress()];
    await stock(stranger, weth, await tokenFor(lido.wstEth, admin), [positionManager, router]);
    return {
      own: { uniswap, pool, lido },
      lido,
      centre,
      etherIsToken0: isWethFirst,
      feeBps: isWethFirst ? 5n : 1n,
      contract: "UniswapV3Adapter",
      targets: [positionManager, poolAddress, wstEthAddress],
      target: poolAddress,
      spenders: [positionManager, poolAddress, wstEthAddress],
      lstSpenders: [positionManager, poolAddress],
      sqrtPrice: async () => (await poolPrice(pool)).sqrtPrice,
      swap: (isDown, amount, limit) => swapTo(uniswap, stranger, pool, isDown, amount, limit),
      donate: async (adapter, amount) => {
        const position = await connection.ethers.getContractAt("ConcentratedAdapter", adapter);
        await send(at(positionManager, uniswap.positionManager.interface, stranger), "increaseLiquidity", {
          tokenId: await position.tokenId(),
          amount0Desired: amount,
          amount1Desired: amount,
          amount0Min: 0n,
          amount1Min: 0n,
          deadline: 2n ** 40n,
        });
      },
    };
  });
  const { ethers } = venue.connection;
  const deployed = await ethers.getContractAt("UniswapV3Adapter", await venue.adapter.getAddress(), venue.vault);
  return { ...venue, deployed };
};

// Another fee tier as well, whose ranges end on multiples of ten ticks; prices below one have negative ticks.
describe("UniswapV3Adapter, WETH first", () => {
  const getVenue = isolate(() => deployVenue(true));
  syncConformance(getVenue);
  rangeConformance(getVenue);
});

describe("UniswapV3Adapter", () => {
  const getVenue = isolate(() => deployVenue());
  syncConformance(getVenue);
  rangeConformance(getVenue);

  it("behavior: liquidity that somebody adds to the NFT is neither counted nor in the way of an exit", async () => {
    const venue = getVenue();
    await allocate(venue, 100n * ETHER);
    const { liquid } = await venue.adapter.realAssets();
    const booked = await venue.deployed.liquidity();
    await venue.donate(50n * ETHER);
    const position = await venue.uniswap.positionManager
      .getFunction("positions")
      .staticCall(await venue.deployed.tokenId());
    expect(position.liquidity).to.be.above(booked);
    expect(await venue.deployed.liquidity()).to.equal(booked);
    expect((await venue.adapter.realAssets()).liquid).to.equal(liquid);
    await venue.adapter.deallocate(liquid, liquid);
    expect((await venue.adapter.realAssets()).liquid).to.equal(0n);
    await venue.deployed.reposition(venue.centre - 10, venue.centre + 10, 0n);
    await allocate(venue, 10n * ETHER);
  });

  it("behavior: tokensOwed of the NFT is stale, the value is not", async () => {
    const venue = getVenue();
    await allocate(venue, 100n * ETHER);
    const before = (await venue.adapter.realAssets()).liquid;
    for (const target of [(RATE * 1_001n) / 1_000n, RATE]) await venue.trade(target);
    const id = await venue.deployed.tokenId();
    const position = await venue.uniswap.positionManager.getFunction("positions").staticCall(id);
    expect([position.tokensOwed0, position.tokensOwed1]).to.deep.equal([0n, 0n]);
    const after = (await venue.adapter.realAssets()).liquid;
    expect(after).to.be.above(before);
    // The next touch collects just what was counted.
    await venue.deployed.reposition(venue.centre - 200, venue.centre + 200, after - 10n ** 12n);
    expect((await venue.adapter.realAssets()).liquid).to.be.closeTo(after, after / 10n ** 6n);
  });

  it("error: Adapter_UnexpectedCallback", async () => {
    const venue = getVenue();
    await expectRefusal(
      venue,
      () => venue.deployed.connect(venue.stranger).uniswapV3SwapCallback(1n, 1n, "0x"),
      "Adapter_UnexpectedCallback",
      [venue.stranger.address],
    );
  });

  it("error: Adapter_AssetMismatch when the pool is not of both legs, or not the manager's", async () => {
    const venue = getVenue();
    const factory = await venue.connection.ethers.getContractFactory("UniswapV3Adapter");
    const other = await deployLidoDouble(venue.connection, RATE);
    const { positionManager } = venue.uniswap.addresses;
    const weth = await venue.weth.getAddress();
    const pool = await venue.pool.getAddress();
    const otherLst = await other.wstEth.getAddress();
    const lst = await venue.lido.wstEth.getAddress();
    await expectRefusal(
      venue,
      () => factory.deploy(venue.vault.address, weth, positionManager, pool, otherLst, -10, 10, BAND_BPS),
      "Adapter_AssetMismatch",
      [pool, otherLst, lst],
    );
    const twin = await deployUniswapV3(venue.vault, weth);
    await expectRefusal(
      venue,
      () => factory.deploy(venue.vault.address, weth, twin.addresses.positionManager, pool, lst, -10, 10, BAND_BPS),
      "Adapter_AssetMismatch",
    );
  });

  it("error: Adapter_BadBand", async () => {
    const venue = getVenue();
    const factory = await venue.connection.ethers.getContractFactory("UniswapV3Adapter");
    const { positionManager } = venue.uniswap.addresses;
    const [weth, pool, lst] = [
      await venue.weth.getAddress(),
      await venue.pool.getAddress(),
      await venue.lst.getAddress(),
    ];
    for (const band of [0n, 1n, 501n]) {
      await expectRefusal(
        venue,
        () => factory.deploy(venue.vault.address, weth, positionManager, pool, lst, -10, 10, band),
        "Adapter_BadBand",
        [band, 2n, 500n],
      );
    }
  });

  it("behavior: the NFT manager's own quote of the position agrees with the counted tokens", async () => {
    const venue = getVenue();
    await allocate(venue, 100n * ETHER);
    const held = await readBigint(venue.pool, "liquidity");
    expect(held).to.be.above(await venue.deployed.liquidity());
    const { tick } = await poolPrice(venue.pool);
    expect(tick).to.be.closeTo(venue.centre, 1);
  });
});

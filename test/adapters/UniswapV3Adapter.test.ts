/** UniswapV3Adapter on the genuine Uniswap v3 of npm, with Lido's double as the staking side. */
import { expect } from "chai";
import type { Contract } from "ethers";
import type { UniswapV3Adapter } from "../../types/ethers-contracts/contracts/adapters/UniswapV3Adapter.js";
import { syncConformance } from "../support/conformance.ts";
import { deployLidoDouble, type LidoDouble } from "../support/doubles.ts";
import { at, readBigint, send } from "../support/genuine/artifact.ts";
import { deployUniswapV3, poolPrice, swapTo, type UniswapV3Deployment } from "../support/genuine/uniswap-v3.ts";
import { deployWeth } from "../support/genuine/weth.ts";
import { isolate } from "../support/isolate.ts";
import { sqrtPriceOf } from "../support/range.ts";
import { type RangeVenue, rangeConformance } from "../support/rangeConformance.ts";
import { deployV3Market, stock } from "../support/rangeMarkets.ts";
import { allocate, connect, ETHER, expectRefusal, fund } from "../support/venue.ts";

/** Divides nothing evenly. */
const RATE = 1_163_456_789_012_345_677n;
const BAND_BPS = 20n;

interface UniswapV3Venue extends RangeVenue {
  readonly uniswap: UniswapV3Deployment;
  readonly pool: Contract;
  readonly lido: LidoDouble;
  readonly deployed: UniswapV3Adapter;
}

async function deployVenue(): Promise<UniswapV3Venue> {
  const connection = await connect();
  const { ethers } = connection;
  const [admin, vault, stranger] = await ethers.getSigners();
  if (!admin || !vault || !stranger) return expect.fail("the network has fewer than three accounts");
  for (const { address } of [admin, vault, stranger]) await fund(connection, address, 10_000_000n * ETHER);
  const weth = await deployWeth(admin);
  const wethAddress = await weth.getAddress();
  const { lido, uniswap, pool, centre } = await deployV3Market(connection, admin, weth, RATE);
  const wstEthAddress = await lido.wstEth.getAddress();
  const wstEth = at(wstEthAddress, lido.wstEth.interface, admin);
  const poolAddress = await pool.getAddress();
  const { positionManager, router } = uniswap.addresses;
  await stock(stranger, weth, wstEth, [positionManager, router]);
  const deployed = await ethers.deployContract("UniswapV3Adapter", [
    vault.address,
    wethAddress,
    positionManager,
    poolAddress,
    wstEthAddress,
    centre - 200,
    centre + 200,
    BAND_BPS,
  ]);
  const adapterAddress = await deployed.getAddress();
  /** Somebody trades until the pool stands at `target`, ether per wstETH. */
  const trade = async (target: bigint): Promise<void> => {
    const limit = sqrtPriceOf(target, false);
    const now = (await poolPrice(pool)).sqrtPrice;
    if (now !== limit) await swapTo(uniswap, stranger, pool, limit < now, 150_000n * ETHER, limit);
  };
  const setRate = async (rate: bigint): Promise<void> => {
    await lido.stEth.setShareRate(rate);
  };
  return {
    connection,
    weth,
    vault,
    stranger,
    uniswap,
    pool,
    lido,
    deployed: deployed.connect(vault),
    adapter: await ethers.getContractAt("IStrategyAdapter", adapterAddress, vault),
    ranged: await ethers.getContractAt("ConcentratedAdapter", adapterAddress, vault),
    lst: wstEth,
    stEth: lido.stEth,
    rate0: RATE,
    bandBps: BAND_BPS,
    etherIsToken0: false,
    centre,
    trade,
    setRate,
    smallest: 10n ** 12n,
    largest: 500n * ETHER,
    exitFeeBps: BAND_BPS,
    dust: 10n ** 9n,
    entrySlack: (amount) => (amount * BAND_BPS) / 10_000n,
    paysMore: true,
    target: poolAddress,
    approvals: [
      { token: weth, spenders: [positionManager, poolAddress, wstEthAddress] },
      { token: wstEth, spenders: [positionManager, poolAddress] },
    ],
    accrue: async () => {
      const rate = ((await lido.wstEth.stEthPerToken()) * 101n) / 100n + 3n;
      await setRate(rate);
      await trade(rate);
    },
    donate: async (amount) => {
      const tokenId = await deployed.tokenId();
      await send(at(positionManager, uniswap.positionManager.interface, stranger), "increaseLiquidity", {
        tokenId,
        amount0Desired: amount,
        amount1Desired: amount,
        amount0Min: 0n,
        amount1Min: 0n,
        deadline: 2n ** 40n,
      });
    },
    closings: [
      {
        name: "Lido paused",
        close: async () => {
          await lido.stEth.pauseStaking();
        },
        exitLimit: (liquid) => liquid,
      },
      { name: "pool below the floor", close: () => trade((RATE * 995n) / 1_000n), exitLimit: () => 0n },
    ],
  };
}

describe("UniswapV3Adapter", () => {
  const getVenue = isolate(deployVenue);
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

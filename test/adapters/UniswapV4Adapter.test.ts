/** UniswapV4Adapter on the genuine Uniswap v4 and Permit2 of npm, with Lido's double as the staking side. */
import { expect } from "chai";
import { ZeroAddress } from "ethers";
import type { UniswapV4Adapter } from "../../types/ethers-contracts/contracts/adapters/UniswapV4Adapter.js";
import { syncConformance } from "../support/conformance.ts";
import { at, send } from "../support/genuine/artifact.ts";
import { deployUniswapV4, swapV4 } from "../support/genuine/uniswap-v4.ts";
import { deployWeth } from "../support/genuine/weth.ts";
import { isolate } from "../support/isolate.ts";
import { sqrtPriceOf } from "../support/range.ts";
import { type RangeVenue, rangeConformance } from "../support/rangeConformance.ts";
import { deployV4Market, stock, type V4Market } from "../support/rangeMarkets.ts";
import { allocate, connect, ETHER, expectRefusal, fund } from "../support/venue.ts";

/** Divides nothing evenly. */
const RATE = 1_163_456_789_012_345_677n;
const BAND_BPS = 20n;

interface UniswapV4Venue extends RangeVenue {
  readonly market: V4Market;
  readonly deployed: UniswapV4Adapter;
}

async function deployVenue(): Promise<UniswapV4Venue> {
  const connection = await connect();
  const { ethers } = connection;
  const [admin, vault, stranger] = await ethers.getSigners();
  if (!admin || !vault || !stranger) return expect.fail("the network has fewer than three accounts");
  for (const { address } of [admin, vault, stranger]) await fund(connection, address, 10_000_000n * ETHER);
  const weth = await deployWeth(admin);
  const wethAddress = await weth.getAddress();
  const market = await deployV4Market(connection, admin, weth, RATE);
  const { lido, uniswap, key, poolId, centre } = market;
  const { positionManager, permit2, router, stateView, poolManager } = uniswap.addresses;
  const wstEthAddress = await lido.wstEth.getAddress();
  const wstEth = at(wstEthAddress, lido.wstEth.interface, admin);
  await stock(stranger, weth, wstEth, [router]);
  const deployed = await ethers.deployContract("UniswapV4Adapter", [
    vault.address,
    wethAddress,
    positionManager,
    stateView,
    wstEthAddress,
    key.fee,
    key.tickSpacing,
    key.hooks,
    centre - 200,
    centre + 200,
    BAND_BPS,
  ]);
  const adapterAddress = await deployed.getAddress();
  const trade = async (target: bigint): Promise<void> => {
    const limit = sqrtPriceOf(target, true);
    const slot = await uniswap.stateView.getFunction("getSlot0").staticCall(poolId);
    if (slot[0] === limit) return;
    await swapV4(uniswap, stranger, key, limit < slot[0], 150_000n * ETHER, limit);
  };
  const setRate = async (rate: bigint): Promise<void> => {
    await lido.stEth.setShareRate(rate);
  };
  return {
    connection,
    weth,
    vault,
    stranger,
    market,
    deployed: deployed.connect(vault),
    adapter: await ethers.getContractAt("IStrategyAdapter", adapterAddress, vault),
    ranged: await ethers.getContractAt("ConcentratedAdapter", adapterAddress, vault),
    lst: wstEth,
    stEth: lido.stEth,
    rate0: RATE,
    bandBps: BAND_BPS,
    etherIsToken0: true,
    centre,
    trade,
    setRate,
    smallest: 10n ** 12n,
    largest: 500n * ETHER,
    exitFeeBps: BAND_BPS,
    dust: 10n ** 9n,
    entrySlack: (amount) => (amount * BAND_BPS) / 10_000n,
    paysMore: true,
    target: poolManager,
    approvals: [
      { token: weth, spenders: [positionManager, poolManager, permit2] },
      { token: wstEth, spenders: [positionManager, poolManager, permit2] },
    ],
    accrue: async () => {
      const rate = ((await lido.wstEth.stEthPerToken()) * 101n) / 100n + 3n;
      await setRate(rate);
      await trade(rate);
    },
    // The manager lets only the owner add to a position, so the token itself is what can be sent.
    donate: async (amount) => {
      await send(at(wstEthAddress, wstEth.interface, stranger), "transfer", adapterAddress, amount);
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

describe("UniswapV4Adapter", () => {
  const getVenue = isolate(deployVenue);
  syncConformance(getVenue);
  rangeConformance(getVenue);

  const construct = async (changes: { hooks?: string; fee?: number; stateView?: string }) => {
    const { connection, vault, weth, market, centre } = getVenue();
    const factory = await connection.ethers.getContractFactory("UniswapV4Adapter");
    const { positionManager, stateView } = market.uniswap.addresses;
    return factory.deploy(
      vault.address,
      await weth.getAddress(),
      positionManager,
      changes.stateView ?? stateView,
      market.key.currency1,
      changes.fee ?? market.key.fee,
      market.key.tickSpacing,
      changes.hooks ?? ZeroAddress,
      centre - 10,
      centre + 10,
      BAND_BPS,
    );
  };

  it("error: Adapter_HookNotAllowed", async () => {
    const hooks = "0x0000000000000000000000000000000000000080";
    await expectRefusal(getVenue(), () => construct({ hooks }), "Adapter_HookNotAllowed", [hooks]);
  });

  it("error: Adapter_BadTarget when the key's pool has no price", async () => {
    const { poolManager } = getVenue().market.uniswap.addresses;
    await expectRefusal(getVenue(), () => construct({ fee: 101 }), "Adapter_BadTarget", [poolManager]);
  });

  it("error: Adapter_AssetMismatch when the reader reads another PoolManager", async () => {
    const venue = getVenue();
    const other = await deployUniswapV4(venue.vault, await venue.weth.getAddress());
    const { stateView } = other.addresses;
    await expectRefusal(venue, () => construct({ stateView }), "Adapter_AssetMismatch", [
      stateView,
      venue.market.uniswap.addresses.poolManager,
      other.addresses.poolManager,
    ]);
  });

  it("error: Adapter_UnexpectedCallback", async () => {
    const venue = getVenue();
    const outsider = venue.deployed.connect(venue.stranger);
    await expectRefusal(venue, () => outsider.unlockCallback("0x"), "Adapter_UnexpectedCallback", [
      venue.stranger.address,
    ]);
  });

  it("behavior: nothing stays approved in Permit2", async () => {
    const venue = getVenue();
    await allocate(venue, 10n * ETHER);
    await allocate(venue, 10n * ETHER);
    const { permit2, addresses } = venue.market.uniswap;
    const [amount] = await permit2
      .getFunction("allowance")
      .staticCall(await venue.deployed.getAddress(), venue.market.key.currency1, addresses.positionManager);
    expect(amount).to.equal(0n);
  });

  it("behavior: a protocol fee that is turned on later lowers the depth, never the floor that a sale keeps", async () => {
    const venue = getVenue();
    await allocate(venue, 1_000n * ETHER);
    const { poolManager } = venue.market.uniswap;
    const before = await venue.deployed.exitDepth();
    await send(poolManager, "setProtocolFeeController", venue.vault.address);
    // 10 bps for either direction: two fields of 12 bits.
    const asVault = at(await poolManager.getAddress(), poolManager.interface, venue.vault);
    await send(asVault, "setProtocolFee", venue.market.key, 1_000 + (1_000 << 12));
    const after = await venue.deployed.exitDepth();
    expect(after).to.be.below((before * 60n) / 100n);
    const { liquid } = await venue.adapter.realAssets();
    const limit = await venue.adapter.maxDeallocate();
    expect(limit).to.be.at.most(liquid);
    await venue.adapter.deallocate(limit, limit);
  });
});

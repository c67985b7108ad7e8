/** UniswapV4Adapter on the genuine Uniswap v4 and Permit2 of npm, with Lido's double as the staking side. */
import { expect } from "chai";
import { ZeroAddress } from "ethers";
import type { UniswapV4Adapter } from "../../types/ethers-contracts/contracts/adapters/UniswapV4Adapter.js";
import { syncConformance } from "../support/conformance.ts";
import { at, send } from "../support/genuine/artifact.ts";
import { deployUniswapV4, swapV4 } from "../support/genuine/uniswap-v4.ts";
import { isolate } from "../support/isolate.ts";
import { type RangeVenue, rangeConformance } from "../support/rangeConformance.ts";
import { deployV4Market, stock, type V4Market } from "../support/rangeMarkets.ts";
import { RANGE_BAND_BPS, RANGE_RATE, rangeVenue, tokenFor } from "../support/rangeVenue.ts";
import { allocate, ETHER, expectRefusal } from "../support/venue.ts";

const RATE = RANGE_RATE;
const BAND_BPS = RANGE_BAND_BPS;

interface UniswapV4Venue extends RangeVenue {
  readonly market: V4Market;
  readonly deployed: UniswapV4Adapter;
}

const deployVenue = async (): Promise<UniswapV4Venue> => {
  const venue = await rangeVenue(async ({ connection, admin, stranger, weth }) => {
    const market = await deployV4Market(connection, admin, weth, RATE);
    const { lido, uniswap, key, poolId, centre } = market;
    const { positionManager, permit2, router, stateView, poolManager } = uniswap.addresses;
    await stock(stranger, weth, await tokenFor(lido.wstEth, admin), [router]);
    const spenders = [positionManager, poolManager, permit2];
    return {
      own: { market },
      lido,
      centre,
      etherIsToken0: true,
      feeBps: 1n,
      contract: "UniswapV4Adapter",
      targets: [positionManager, stateView, key.currency1, key.fee, key.tickSpacing, key.hooks],
      target: poolManager,
      spenders,
      lstSpenders: spenders,
      sqrtPrice: async () => (await uniswap.stateView.getFunction("getSlot0").staticCall(poolId))[0],
      swap: (isDown, amount, limit) => swapV4(uniswap, stranger, key, isDown, amount, limit),
      // The manager lets only the owner add to a position, so the token itself is what can be sent.
      donate: async (adapter, amount) => send(await tokenFor(lido.wstEth, stranger), "transfer", adapter, amount),
    };
  });
  const { ethers } = venue.connection;
  const deployed = await ethers.getContractAt("UniswapV4Adapter", await venue.adapter.getAddress(), venue.vault);
  return { ...venue, deployed };
};

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

/** PendleAdapter on the genuine Pendle v2 of npm; staking and the queue are Lido's doubles. */
import { expect } from "chai";
import type { PendleAdapter } from "../../types/ethers-contracts/contracts/adapters/PendleAdapter.js";
import { deployLidoDouble, type LidoDouble } from "../support/doubles.ts";
import { at, readBigint, send } from "../support/genuine/artifact.ts";
import { deployPendle, type PendleDeployment, sellPt } from "../support/genuine/pendle.ts";
import { deployWeth } from "../support/genuine/weth.ts";
import { isolate } from "../support/isolate.ts";
import { queuedConformance } from "../support/queuedConformance.ts";
import {
  type Account,
  allocate,
  connect,
  ETHER,
  expectRefusal,
  fund,
  type QueuedVenue,
  WAD,
} from "../support/venue.ts";

/** Divides nothing evenly. */
const RATE = 1_163_456_789_012_345_677n;
const DAY = 86_400;
const WINDOW = 900;
const BAND_BPS = 50n;

interface PendleVenue extends QueuedVenue {
  readonly admin: Account;
  readonly lido: LidoDouble;
  readonly pendle: PendleDeployment;
  readonly deployed: PendleAdapter;
}

async function deployVenue(): Promise<PendleVenue> {
  const connection = await connect();
  const { ethers, networkHelpers } = connection;
  const [admin, vault, stranger] = await ethers.getSigners();
  if (!admin || !vault || !stranger) return expect.fail("the network has fewer than three accounts");
  for (const { address } of [admin, vault, stranger]) await fund(connection, address, 10_000_000n * ETHER);
  const weth = await deployWeth(admin);
  const wethAddress = await weth.getAddress();
  const lido = await deployLidoDouble(connection, RATE);
  const { stEth, queue } = lido;
  const wstEthAddress = await lido.wstEth.getAddress();
  const wstEth = at(wstEthAddress, lido.wstEth.interface, admin);
  await admin.sendTransaction({ to: wstEthAddress, value: 300_000n * ETHER });
  await stranger.sendTransaction({ to: wstEthAddress, value: 10_000n * ETHER });
  const pendle = await deployPendle(
    admin,
    wethAddress,
    wstEth,
    await networkHelpers.time.latest(),
    365,
    80_000n * ETHER,
  );
  const { router, market, oracle, sy, yt, pt } = pendle.addresses;
  await networkHelpers.time.increase(2 * WINDOW);
  const queueAddress = await queue.getAddress();
  const deployed = await ethers.deployContract("PendleAdapter", [
    vault.address,
    wethAddress,
    wstEthAddress,
    queueAddress,
    router,
    market,
    oracle,
    WINDOW,
    BAND_BPS,
  ]);
  const adapterAddress = await deployed.getAddress();
  return {
    connection,
    weth,
    vault,
    stranger,
    admin,
    lido,
    pendle,
    deployed: deployed.connect(vault),
    adapter: await ethers.getContractAt("IStrategyAdapter", adapterAddress, vault),
    smallest: 10n ** 12n,
    largest: 2_000n * ETHER,
    exitFeeBps: BAND_BPS,
    // PT gain about a billionth a second, and a call is tried a second before it is sent.
    dust: 10n ** 11n,
    entrySlack: (amount) => (amount * BAND_BPS) / 10_000n,
    target: market,
    approvals: [
      { token: weth, spenders: [router, market, sy] },
      { token: wstEth, spenders: [router, market, sy, yt, queueAddress] },
      { token: pendle.pt, spenders: [router, market, yt] },
      { token: pendle.sy, spenders: [router, market, yt] },
    ],
    accrue: async () => {
      await networkHelpers.time.increase(120 * DAY);
    },
    donate: async (amount) => {
      await send(at(pt, pendle.pt.interface, admin), "transfer", adapterAddress, amount);
    },
    closings: [
      { name: "SY paused", close: () => send(pendle.sy, "pause"), exitLimit: () => 0n },
      {
        name: "Lido paused",
        close: async () => {
          await stEth.pauseStaking();
        },
        exitLimit: () => 0n,
      },
      {
        name: "matured",
        close: async () => {
          await networkHelpers.time.increaseTo(pendle.expiry);
        },
        exitLimit: () => 0n,
      },
    ],
    openRequests: async () => deployed.openRequests(),
    finalize: async (id) => {
      await queue["finalize(uint256)"](id, { value: await queue["etherToFinalize(uint256)"](id) });
    },
    // The queue's rate is Lido's; PT follow it only downwards. Callers scale what rate() says.
    setRate: async (rate) => {
      await stEth.setShareRate((RATE * rate) / (await deployed.rate()));
    },
    requestInItsName: async (amount) => {
      await stEth.connect(stranger).submit(stranger.address, { value: 2n * amount });
      await stEth.connect(stranger).approve(queueAddress, amount);
      await queue.connect(stranger).requestWithdrawals([amount], adapterAddress);
    },
  };
}

describe("PendleAdapter", () => {
  const getVenue = isolate(deployVenue);
  queuedConformance(getVenue);
  const liquid = async (): Promise<bigint> => (await getVenue().adapter.realAssets()).liquid;
  const mature = async (): Promise<void> => {
    await getVenue().connection.networkHelpers.time.increaseTo(getVenue().pendle.expiry + DAY);
  };

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
    await mature();
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
    await mature();
    const all = await liquid();
    expect(all).to.be.closeTo((units * 90n) / 100n, units / 1_000n);
    await venue.adapter.requestExit(all, all - 100n);
    expect((await venue.adapter.realAssets()).pending).to.be.closeTo(all, 100n);
  });

  it("behavior: one block's trade does not move the value, and a sale below it is refused", async () => {
    const venue = getVenue();
    await allocate(venue, 1_000n * ETHER);
    const before = await liquid();
    await sellPt(venue.pendle, venue.admin, 18_000n * ETHER);
    // The window is 900 seconds; the blocks since are two.
    expect(await liquid()).to.be.closeTo(before, before / 1_000n);
    await expectRefusal(venue, () => venue.adapter.requestExit(before / 2n, 0n), "Adapter_ReceivedTooLow");
    await venue.connection.networkHelpers.time.increase(2 * WINDOW);
    const after = await liquid();
    expect(after).to.be.below(before - before / 250n);
    await venue.adapter.requestExit(after / 2n, 0n);
  });

  it("behavior: a paused SY stops exits, states no false value, and maturity waits for it", async () => {
    const venue = getVenue();
    await allocate(venue, 100n * ETHER);
    const all = await liquid();
    await send(venue.pendle.sy, "pause");
    expect(await liquid()).to.be.closeTo(all, all / 10_000n);
    await expect(venue.adapter.requestExit(all / 2n, 0n)).to.be.revertedWith("Pausable: paused");
    await mature();
    await send(venue.pendle.sy, "unpause");
    await venue.adapter.requestExit(await liquid(), 0n);
  });

  it("behavior: an entry is at most a tenth of the market's PT", async () => {
    const venue = getVenue();
    const limit = await venue.adapter.maxAllocate();
    expect(limit).to.be.within(5_000n * ETHER, 10_000n * ETHER);
    await expectRefusal(venue, () => allocate(venue, limit + ETHER), "Adapter_LimitExceeded");
  });

  const construct = async (changes: { window?: number; band?: bigint }) => {
    const { connection, vault, weth, lido, pendle } = getVenue();
    const factory = await connection.ethers.getContractFactory("PendleAdapter");
    return factory.deploy(
      vault.address,
      await weth.getAddress(),
      await lido.wstEth.getAddress(),
      await lido.queue.getAddress(),
      pendle.addresses.router,
      pendle.addresses.market,
      pendle.addresses.oracle,
      changes.window ?? WINDOW,
      changes.band ?? BAND_BPS,
    );
  };

  it("error: Adapter_OracleNotReady when the market keeps too few observations for the window", async () => {
    const window = 7_200;
    // 7,200 s at 11 s a block, and one more.
    await expectRefusal(getVenue(), () => construct({ window }), "Adapter_OracleNotReady", [
      getVenue().pendle.addresses.market,
      window,
      656n,
    ]);
  });

  it("error: Adapter_Expired when the market has matured", async () => {
    await mature();
    const { addresses, expiry } = getVenue().pendle;
    await expectRefusal(getVenue(), () => construct({}), "Adapter_Expired", [addresses.market, expiry]);
    await expectRefusal(getVenue(), () => allocate(getVenue(), ETHER), "Adapter_Expired");
  });

  it("error: Adapter_AssetMismatch when the SY is of another Lido, Adapter_BadTarget when it takes another wstETH", async () => {
    const venue = getVenue();
    const { ethers } = venue.connection;
    const factory = await ethers.getContractFactory("PendleAdapter");
    const other = await deployLidoDouble(venue.connection, RATE);
    const { router, market, oracle } = venue.pendle.addresses;
    const deploy = (wstEth: string, queue: string) => async () =>
      factory.deploy(
        venue.vault.address,
        await venue.weth.getAddress(),
        wstEth,
        queue,
        router,
        market,
        oracle,
        WINDOW,
        BAND_BPS,
      );
    const [mine, foreign] = [await venue.lido.wstEth.getAddress(), await other.wstEth.getAddress()];
    await expectRefusal(venue, deploy(mine, await other.queue.getAddress()), "Adapter_AssetMismatch");
    await expectRefusal(venue, deploy(foreign, await other.queue.getAddress()), "Adapter_BadTarget");
  });

  it("error: Adapter_BadBand", async () => {
    for (const band of [0n, 501n]) {
      await expectRefusal(getVenue(), () => construct({ band }), "Adapter_BadBand", [band, 1n, 500n]);
    }
  });
});

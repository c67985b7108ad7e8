/** FraxAdapter on the doubles of Frax's minter, sfrxETH and redemption queue. */
import { expect } from "chai";
import { deployEngine, type Engine } from "../keeper/support/engine.ts";
import { answering } from "../support/answering.ts";
import { deployFraxDouble, FRAX_CYCLE, FRAX_WAIT } from "../support/fraxDoubles.ts";
import { at, readBigint } from "../support/genuine/artifact.ts";
import { isolate } from "../support/isolate.ts";
import { queuedConformance } from "../support/queuedConformance.ts";
import { openStage, openStrategy } from "../support/stage.ts";
import { allocate, ETHER, expectRefusal, type QueuedVenue } from "../support/venue.ts";

/** Divides nothing evenly. */
const RATE = 1_111_234_567_890_123_457n;

async function deployVenue() {
  const { connection, ethers, admin, vault, stranger, weth, wethAddress } = await openStage();
  const frax = await deployFraxDouble(connection, RATE);
  const { frxEth, sfrxEth, queue, minter } = frax;
  const [frxEthAddress, sfrxEthAddress, queueAddress, minterAddress] = [
    await frxEth.getAddress(),
    await sfrxEth.getAddress(),
    await queue.getAddress(),
    await minter.getAddress(),
  ];
  const deployed = await ethers.deployContract("FraxAdapter", [
    vault.address,
    wethAddress,
    minterAddress,
    queueAddress,
  ]);
  const adapterAddress = await deployed.getAddress();
  const venue: QueuedVenue = {
    connection,
    weth,
    vault,
    stranger,
    adapter: await ethers.getContractAt("IStrategyAdapter", adapterAddress, vault),
    // One wei buys no whole share.
    smallest: 3n,
    // Sixteen tickets of at most 1,000 frxETH.
    largest: 15_000n * ETHER,
    exitFeeBps: 0n,
    exitsAreFixed: true,
    dust: 3n,
    target: sfrxEthAddress,
    approvals: [
      { token: weth, spenders: [minterAddress, queueAddress] },
      { token: at(frxEthAddress, weth.interface, admin), spenders: [minterAddress, queueAddress, sfrxEthAddress] },
      { token: at(sfrxEthAddress, weth.interface, admin), spenders: [minterAddress, queueAddress] },
    ],
    accrue: async () => {
      await sfrxEth.setRate((RATE * 105n) / 100n + 3n);
    },
    donate: async (amount) => {
      await minter.connect(stranger).submitAndDeposit(stranger.address, { value: 2n * amount });
      await sfrxEth.connect(stranger).transfer(adapterAddress, amount);
      await frxEth.transfer(adapterAddress, amount);
    },
    closings: [
      {
        name: "minting paused",
        close: async () => {
          await minter.togglePauseSubmits();
        },
        exitLimit: () => 0n,
      },
    ],
    openRequests: async () => deployed.openRequests(),
    finalize: async (id) => {
      await connection.networkHelpers.time.increase(FRAX_WAIT);
      await frax.pay(id);
    },
    setRate: async (rate) => {
      await sfrxEth.setRate(rate);
    },
    requestInItsName: async (amount) => {
      await minter.connect(stranger).mintFrxEth({ value: amount });
      await frxEth.connect(stranger).approve(queueAddress, amount);
      await queue.connect(stranger).enterRedemptionQueue(adapterAddress, amount);
    },
  };
  return { ...venue, admin, frax, wethAddress, minterAddress, queueAddress };
}

describe("FraxAdapter", () => {
  const getVenue = isolate(deployVenue);
  queuedConformance(getVenue);

  const paid = async () => readBigint(getVenue().weth, "balanceOf", getVenue().vault.address);
  const requestTwo = async (): Promise<void> => {
    const venue = getVenue();
    await allocate(venue, 10n * ETHER);
    await venue.adapter.requestExit(2n * ETHER, 0n);
    await venue.adapter.requestExit(3n * ETHER, 0n);
  };

  it("behavior: rewards move the value over the cycle after a sync, not when they arrive", async () => {
    const venue = getVenue();
    const { sfrxEth, frxEth } = venue.frax;
    const { time } = venue.connection.networkHelpers;
    await time.increase(FRAX_CYCLE);
    await sfrxEth.syncRewards();
    await allocate(venue, 50_000n * ETHER);
    const before = (await venue.adapter.realAssets()).liquid;
    const rewards = 10_000n * ETHER;
    await frxEth.transfer(sfrxEth, rewards);
    expect((await venue.adapter.realAssets()).liquid).to.equal(before);
    // The cycle ends and nobody syncs: still nothing, however long it takes.
    await time.increase(2 * FRAX_CYCLE);
    expect((await venue.adapter.realAssets()).liquid).to.equal(before);
    await sfrxEth.syncRewards();
    expect((await venue.adapter.realAssets()).liquid).to.equal(before);
    const left = (await sfrxEth.rewardsCycleEnd()) - BigInt(await time.latest());
    await time.increase(left / 2n);
    const half = (await venue.adapter.realAssets()).liquid;
    await time.increase(left);
    const full = (await venue.adapter.realAssets()).liquid;
    const held = await sfrxEth.totalAssets();
    expect(full - before).to.be.closeTo((rewards * full) / held, ETHER);
    expect(half - before).to.be.closeTo((full - before) / 2n, (full - before) / 1_000n);
    // It stands still again, and an entry, which syncs, is worth what went in.
    expect(await allocate(venue, 100n * ETHER)).to.be.closeTo(100n * ETHER, 3n);
  });

  it("behavior: the queue's fee is in the value from the start, and a ticket keeps the fee it was made with", async () => {
    const venue = getVenue();
    const { queue } = venue.frax;
    await queue.setRedemptionFee(5_000n);
    const value = await allocate(venue, 1_000n * ETHER);
    expect(value).to.be.closeTo(995n * ETHER, 3n);
    await venue.adapter.requestExit(100n * ETHER, 100n * ETHER - 5n);
    await queue.setRedemptionFee(20_000n);
    const { liquid, pending } = await venue.adapter.realAssets();
    expect(pending).to.be.closeTo(100n * ETHER, 5n);
    expect(liquid).to.be.closeTo(((995n - 100n) * ETHER * 980n) / 995n, 10n);
    await venue.finalize(0n);
    await venue.adapter.claim();
    expect(await paid()).to.equal(pending);
    expect((await venue.frax.queue.nftInformation(0n)).hasBeenRedeemed).to.equal(true);
  });

  it("behavior: an exit above a ticket's limit is split into whole tickets", async () => {
    const venue = getVenue();
    await allocate(venue, 3_100n * ETHER + 9n);
    const { liquid } = await venue.adapter.realAssets();
    await venue.adapter.requestExit(liquid, liquid - 10n);
    const ids = await venue.openRequests();
    expect(ids).to.deep.equal([0n, 1n, 2n, 3n]);
    for (const id of ids) {
      expect((await venue.frax.queue.nftInformation(id)).amount).to.be.within(700n * ETHER, 1_000n * ETHER);
    }
    await venue.finalize(ids[ids.length - 1] ?? 0n);
    await venue.adapter.claim();
    expect(await paid()).to.be.closeTo(liquid, 10n);
  });

  it("behavior: a mature ticket waits until the ether is there and its turn has come", async () => {
    const venue = getVenue();
    const { queue, minter, frxEth } = venue.frax;
    // Someone else is first in the line.
    await minter.connect(venue.stranger).mintFrxEth({ value: 50n * ETHER });
    await frxEth.connect(venue.stranger).approve(venue.queueAddress, 50n * ETHER);
    await queue.connect(venue.stranger).enterRedemptionQueue(venue.stranger.address, 50n * ETHER);
    await requestTwo();
    const { pending } = await venue.adapter.realAssets();
    const expectWaiting = async () => {
      const now = await venue.adapter.realAssets();
      expect([now.pending, now.claimable]).to.deep.equal([pending, 0n]);
      await venue.adapter.claim();
      expect(await venue.openRequests()).to.have.length(2);
    };
    await venue.admin.sendTransaction({ to: venue.queueAddress, value: 45n * ETHER });
    await expectWaiting();
    await venue.connection.networkHelpers.time.increase(FRAX_WAIT);
    // Mature, and 45 ether would pay 5: but 50 of them are the stranger's.
    await expectWaiting();
    await venue.admin.sendTransaction({ to: venue.queueAddress, value: 10n * ETHER });
    expect((await venue.adapter.realAssets()).claimable).to.equal(pending);
    await venue.adapter.claim();
    expect(await paid()).to.equal(pending);
  });

  it("behavior: ether that goes before the claim holds up only what it leaves short", async () => {
    const venue = getVenue();
    await requestTwo();
    await venue.finalize(1n);
    expect((await venue.adapter.realAssets()).claimable).to.be.closeTo(5n * ETHER, 5n);
    await venue.frax.queue.withdrawEther(venue.admin.address, 3n * ETHER - 10n);
    const { pending, claimable } = await venue.adapter.realAssets();
    expect(claimable).to.be.closeTo(2n * ETHER, 5n);
    expect(pending).to.be.closeTo(3n * ETHER, 5n);
    await venue.adapter.claim();
    expect(await venue.openRequests()).to.deep.equal([1n]);
  });

  it("behavior: a lending side that fails leaves tickets pending and the value readable", async () => {
    const venue = getVenue();
    await requestTwo();
    await venue.finalize(1n);
    await venue.frax.queue.setAvailabilityBroken(true);
    const { liquid, pending, claimable } = await venue.adapter.realAssets();
    expect(liquid + pending).to.be.closeTo(10n * ETHER, 10n);
    expect(claimable).to.equal(0n);
    expect(await venue.adapter.maxDeallocate()).to.equal(0n);
    await venue.frax.queue.setAvailabilityBroken(false);
    await venue.adapter.claim();
    expect(await paid()).to.be.closeTo(5n * ETHER, 5n);
  });

  it("behavior: a ticket that was burnt or is someone else's is worth nothing and forgotten", async () => {
    const venue = getVenue();
    await allocate(venue, 10n * ETHER);
    const { queue } = venue.frax;
    for (const answer of ["nothing", [venue.stranger.address]] as const) {
      const snapshot = await venue.connection.networkHelpers.takeSnapshot();
      await venue.adapter.requestExit(4n * ETHER, 0n);
      expect((await venue.adapter.realAssets()).pending).to.be.above(0n);
      await answering(venue.connection, venue.queueAddress, queue.interface, "ownerOf", answer);
      expect((await venue.adapter.realAssets()).pending).to.equal(0n);
      await venue.adapter.claim();
      expect(await venue.openRequests()).to.deep.equal([]);
      await snapshot.restore();
    }
  });

  it("error: Adapter_UnexpectedToken for a ticket of someone else", async () => {
    const venue = getVenue();
    const { queue, minter, frxEth } = venue.frax;
    await minter.connect(venue.stranger).mintFrxEth({ value: ETHER });
    await frxEth.connect(venue.stranger).approve(venue.queueAddress, ETHER);
    await queue.connect(venue.stranger).enterRedemptionQueue(venue.stranger.address, ETHER);
    const adapter = await venue.adapter.getAddress();
    await expectRefusal(
      venue,
      () =>
        queue.connect(venue.stranger)["safeTransferFrom(address,address,uint256)"](venue.stranger.address, adapter, 0n),
      "Adapter_UnexpectedToken",
      [venue.queueAddress, venue.stranger.address],
    );
  });

  it("error: Adapter_AssetMismatch for a queue of another frxETH", async () => {
    const venue = getVenue();
    const other = await deployFraxDouble(venue.connection, ETHER);
    const factory = await venue.connection.ethers.getContractFactory("FraxAdapter");
    await expectRefusal(
      venue,
      async () =>
        factory.deploy(venue.vault.address, venue.wethAddress, venue.minterAddress, await other.queue.getAddress()),
      "Adapter_AssetMismatch",
      [await other.queue.getAddress(), await venue.frax.frxEth.getAddress(), await other.frxEth.getAddress()],
    );
  });
});

describe("FraxAdapter in the engine", () => {
  let engine: Engine;
  before(async () => {
    engine = await deployEngine(1, 5);
  });
  after(() => engine.close());

  it("behavior: frxETH below 1 lowers what the vault counts, stops inflow, and leaves tickets at par", async () => {
    const { connection, addresses } = engine;
    const { ethers, networkHelpers } = connection;
    const frax = await deployFraxDouble(connection, RATE);
    const adapter = await ethers.deployContract("FraxAdapter", [
      addresses.vault,
      addresses.weth,
      frax.minter,
      frax.queue,
    ]);
    const feed = await ethers.deployContract("MockV3Aggregator", [18, ETHER]);
    const { id, vault } = await openStrategy(
      engine,
      await adapter.getAddress(),
      // The feed prices frxETH, not sfrxETH: MarketOfUnderlying.
      { kind: 3, feed: await feed.getAddress(), heartbeat: 86_400, minAnswer: ETHER / 2n, maxAnswer: 2n * ETHER },
      200,
    );
    const leg = (kind: number, amount: bigint) => [
      { strategyId: id, kind, amount, minValue: amount - 10n, tickLower: 0, tickUpper: 0 },
    ];
    await vault.rebalance(leg(2, 300n * ETHER), await vault.nav(), 100);
    expect(await vault.debtOf(id)).to.be.closeTo(300n * ETHER, 10n);
    await networkHelpers.time.increase(7_200);
    await feed.updateAnswer((ETHER * 992n) / 1_000n);
    await vault.report([id]);
    expect(await vault.debtOf(id)).to.be.closeTo((300n * ETHER * 992n) / 1_000n, 20n);
    const [errors, nav] = [await ethers.getContractAt("Errors", adapter), await vault.nav()];
    await expect(vault.rebalance(leg(2, 10n * ETHER), nav, 100)).to.be.revertedWithCustomError(
      errors,
      "OracleGuard_NoInflow",
    );
    // The queue pays par: what is requested leaves the discount behind.
    await vault.rebalance(leg(1, 100n * ETHER), await vault.nav(), 200);
    expect(await vault.debtOf(id)).to.be.closeTo((200n * ETHER * 992n) / 1_000n + 100n * ETHER, 50n);
  });
});

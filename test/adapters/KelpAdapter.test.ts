/** KelpAdapter on the doubles. */
import { expect } from "chai";
import { deployEngine, type Engine } from "../keeper/support/engine.ts";
import { readBigint } from "../support/genuine/artifact.ts";
import { isolate } from "../support/isolate.ts";
import { queuedConformance } from "../support/queuedConformance.ts";
import { openStrategy } from "../support/stage.ts";
import { stakedVenue } from "../support/stakedVenue.ts";
import { deployKelpDouble, type KelpDouble } from "../support/stakingDoubles.ts";
import { type Account, allocate, ETHER, expectRefusal, type QueuedVenue, sendWeth } from "../support/venue.ts";

/** Divides nothing evenly. */
const RATE = 1_023_456_789_012_345_679n;
const ETH = "0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE";
const DELAY_BLOCKS = 57_600;
const MIN_DEPOSIT = 10n ** 14n;

interface KelpVenue extends QueuedVenue {
  readonly kelp: KelpDouble;
}

const deployVenue = (): Promise<KelpVenue> =>
  stakedVenue(async ({ connection }) => {
    const kelp = await deployKelpDouble(connection, RATE);
    const { rsEth, pool, queue } = kelp;
    const targets = [await pool.getAddress(), await queue.getAddress()];
    const buy = (buyer: Account, value: bigint) => pool.connect(buyer).depositETH(0n, "", { value });
    return {
      own: { kelp },
      contract: "KelpAdapter",
      targets,
      token: rsEth,
      spenders: targets,
      rate: RATE,
      setRate: (rate) => pool.setPrice(rate),
      buy,
      closings: {
        paused: () => pool.pause(),
        "deposit limit reached": () => pool.setLimits(MIN_DEPOSIT, ETHER),
      },
      finalize: async (id) => {
        await connection.networkHelpers.mine(DELAY_BLOCKS);
        await queue.unlockQueue(ETH, id + 1n);
      },
      requestFor: async (stranger, _adapter, amount) => {
        // Kelp knows no request for someone else; a stranger's own is the nearest thing.
        await buy(stranger, 2n * amount);
        await rsEth.connect(stranger).approve(queue, amount);
        await queue.connect(stranger).initiateWithdrawal(ETH, amount, "");
      },
      amounts: { smallest: MIN_DEPOSIT, largest: 50_000n * ETHER, dust: 4n },
    };
  });

describe("KelpAdapter", () => {
  const getVenue = isolate(deployVenue);
  queuedConformance(getVenue);
  const paid = async () => readBigint(getVenue().weth, "balanceOf", getVenue().vault.address);

  it("behavior: an unlocked request waits for the delay, and what was unlocked is fixed", async () => {
    const venue = getVenue();
    const { queue } = venue.kelp;
    await allocate(venue, 100n * ETHER);
    await venue.adapter.requestExit(40n * ETHER, 0n);
    await venue.setRate((RATE * 97n) / 100n);
    await venue.finalize(0n);
    await venue.setRate(2n * RATE);
    await queue.setWithdrawalDelayBlocks(2 * DELAY_BLOCKS);
    const early = await venue.adapter.realAssets();
    expect(early.claimable).to.equal(0n);
    expect(early.pending).to.be.closeTo((40n * ETHER * 97n) / 100n, 50n);
    await venue.adapter.claim();
    expect(await venue.openRequests()).to.deep.equal([0n]);
    await venue.connection.networkHelpers.mine(DELAY_BLOCKS);
    await venue.adapter.claim();
    expect(await paid()).to.equal(early.pending);
  });

  it("behavior: ether of a completion by Kelp's operator is not lost and no donation", async () => {
    const venue = getVenue();
    const address = await venue.adapter.getAddress();
    const adapter = await venue.connection.ethers.getContractAt("KelpAdapter", address);
    await allocate(venue, 10n * ETHER);
    await venue.adapter.requestExit(4n * ETHER, 0n);
    await venue.adapter.requestExit(3n * ETHER, 0n);
    await venue.finalize(1n);
    const before = await venue.adapter.realAssets();
    await venue.kelp.queue.completeWithdrawalForUser(ETH, address, "");
    expect(await venue.adapter.realAssets()).to.deep.equal(before);
    expect(await adapter.paidUnasked()).to.be.closeTo(4n * ETHER, 5n);
    // The ether that lies here is enough: the second request is not touched.
    await venue.adapter.deallocate(3n * ETHER, 3n * ETHER);
    expect(await paid()).to.be.closeTo(4n * ETHER, 5n);
    expect(await venue.openRequests()).to.deep.equal([1n]);
    expect(await adapter.paidUnasked()).to.equal(0n);
    await venue.adapter.claim();
    expect(await paid()).to.equal(before.claimable);
    expect(await venue.connection.ethers.provider.getBalance(address)).to.equal(0n);
  });

  it("behavior: ether that an operator completed comes out even when Kelp no longer answers a price", async () => {
    const venue = getVenue();
    await allocate(venue, 10n * ETHER);
    await venue.adapter.requestExit(4n * ETHER, 0n);
    await venue.finalize(0n);
    await venue.kelp.queue.completeWithdrawalForUser(ETH, await venue.adapter.getAddress(), "");
    // 0xfe = INVALID: configuration, oracle and pool are gone.
    await venue.connection.networkHelpers.setCode(venue.target, "0xfe");
    await venue.adapter.claim();
    expect(await paid()).to.be.closeTo(4n * ETHER, 5n);
    expect(await venue.openRequests()).to.have.length(0);
  });

  it("behavior: unlocked requests count as pending while the manager is paused", async () => {
    const venue = getVenue();
    await allocate(venue, 10n * ETHER);
    await venue.adapter.requestExit(4n * ETHER, 0n);
    await venue.finalize(0n);
    const open = await venue.adapter.realAssets();
    await venue.kelp.queue.pause();
    const paused = await venue.adapter.realAssets();
    expect([paused.pending, paused.claimable]).to.deep.equal([open.claimable, 0n]);
    await venue.kelp.queue.unpause();
    await venue.adapter.claim();
    expect(await paid()).to.equal(open.claimable);
  });

  it("behavior: completion goes oldest first; when the manager runs dry the rest stays, in order", async () => {
    const venue = getVenue();
    await allocate(venue, 100n * ETHER);
    for (let i = 0; i < 3; i++) await venue.adapter.requestExit(10n * ETHER, 0n);
    await venue.finalize(2n);
    const queueAddress = await venue.kelp.queue.getAddress();
    await venue.connection.networkHelpers.setBalance(queueAddress, 11n * ETHER);
    await venue.adapter.claim();
    expect(await paid()).to.be.closeTo(10n * ETHER, 5n);
    expect(await venue.openRequests()).to.deep.equal([1n, 2n]);
    await venue.connection.networkHelpers.setBalance(queueAddress, 30n * ETHER);
    await venue.adapter.claim();
    expect(await paid()).to.be.closeTo(30n * ETHER, 10n);
  });

  it("error: Adapter_LimitExceeded when Kelp has promised its ether to others", async () => {
    const venue = getVenue();
    await allocate(venue, 100n * ETHER);
    await venue.kelp.pool.setRestaked(0n);
    await venue.adapter.requestExit(70n * ETHER, 0n);
    await venue.connection.networkHelpers.setBalance(await venue.kelp.pool.getAddress(), 90n * ETHER);
    await expectRefusal(venue, () => venue.adapter.requestExit(25n * ETHER, 0n), "Adapter_LimitExceeded");
    await venue.adapter.requestExit(19n * ETHER, 0n);
  });

  it("error: Adapter_LimitExceeded above the deposit limit", async () => {
    const venue = getVenue();
    await venue.kelp.pool.setLimits(MIN_DEPOSIT, (await venue.kelp.pool.restaked()) + 5n * ETHER);
    await sendWeth(venue.weth, venue.vault, await venue.adapter.getAddress(), 6n * ETHER);
    await expectRefusal(venue, () => venue.adapter.allocate(6n * ETHER, 0n), "Adapter_LimitExceeded", [
      6n * ETHER,
      5n * ETHER,
    ]);
  });

  it("error: Adapter_DepositTooSmall", async () => {
    const venue = getVenue();
    await sendWeth(venue.weth, venue.vault, await venue.adapter.getAddress(), ETHER);
    await expectRefusal(venue, () => venue.adapter.allocate(MIN_DEPOSIT - 1n, 0n), "Adapter_DepositTooSmall", [
      MIN_DEPOSIT - 1n,
      MIN_DEPOSIT,
    ]);
  });

  it("error: Adapter_BelowMinimum", async () => {
    const venue = getVenue();
    await allocate(venue, 10n * ETHER);
    await venue.kelp.queue.setMinRsEthAmountToWithdraw(ETH, ETHER);
    await expectRefusal(venue, () => venue.adapter.requestExit(ETHER, 0n), "Adapter_BelowMinimum");
  });

  it("error: Adapter_RateZero", async () => {
    const venue = getVenue();
    await venue.setRate(0n);
    await expectRefusal(venue, () => venue.adapter.rate(), "Adapter_RateZero");
  });

  it("error: Adapter_AssetMismatch when pool and manager have different configurations", async () => {
    const venue = getVenue();
    const other = await deployKelpDouble(venue.connection, RATE);
    const factory = await venue.connection.ethers.getContractFactory("KelpAdapter");
    const [weth, pool, queue] = [
      await venue.weth.getAddress(),
      await venue.kelp.pool.getAddress(),
      await other.queue.getAddress(),
    ];
    await expectRefusal(venue, () => factory.deploy(venue.vault.address, weth, pool, queue), "Adapter_AssetMismatch");
  });
});

describe("KelpAdapter in the engine", () => {
  let engine: Engine;
  beforeEach(async () => {
    engine = await deployEngine(1, 5);
  });
  afterEach(() => engine.close());

  /** The adapter open as strategy 2, under `oracle`, with 300 ether in it. */
  async function place(oracle: Parameters<typeof openStrategy>[2]) {
    const { connection, addresses } = engine;
    const kelp = await deployKelpDouble(connection, RATE);
    const targets = [addresses.vault, addresses.weth, await kelp.pool.getAddress(), await kelp.queue.getAddress()];
    const adapter = await connection.ethers.deployContract("KelpAdapter", targets);
    const { id, vault } = await openStrategy(engine, await adapter.getAddress(), oracle);
    const leg = (strategyId: bigint, kind: number, amount: bigint) => [
      { strategyId, kind, amount, minValue: amount - 10n, tickLower: 0, tickUpper: 0 },
    ];
    await vault.rebalance(leg(id, 2, 300n * ETHER), await vault.nav(), 100);
    return { kelp, adapter, id, vault, leg };
  }

  it("behavior: when rsETH's feed dies the value stands still and nothing moves until it is priced otherwise; other strategies go on", async () => {
    const { ethers, networkHelpers } = engine.connection;
    const feed = await ethers.deployContract("MockV3Aggregator", [18, RATE]);
    const { kelp, adapter, id, vault, leg } = await place({
      kind: 2,
      feed: await feed.getAddress(),
      heartbeat: 86_400,
      minAnswer: ETHER / 2n,
      maxAnswer: 2n * ETHER,
    });
    const debt = await vault.debtOf(id);
    await networkHelpers.time.increase(3 * 86_400);
    await kelp.pool.setPrice((RATE * 101n) / 100n);
    await vault.report([1, id]);
    // Kelp's own rate rose; without a market nobody vouches for it.
    expect(await vault.debtOf(id)).to.equal(debt);
    const errors = await ethers.getContractAt("Errors", adapter);
    const nav = await vault.nav();
    await expect(vault.rebalance(leg(id, 2, ETHER), nav, 100)).to.be.revertedWithCustomError(
      errors,
      "OracleGuard_NoInflow",
    );
    await expect(vault.rebalance(leg(id, 1, 100n * ETHER), nav, 100)).to.be.revertedWithCustomError(
      errors,
      "OracleGuard_NotPriced",
    );
    await vault.rebalance(leg(1n, 2, 50n * ETHER), nav, 100);
    expect(await vault.debtOf(1)).to.be.closeTo(50n * ETHER, 10n ** 12n);
    // As the curator may once he has looked: the protocol's rate alone.
    const guard = await ethers.getContractAt("OracleGuard", engine.addresses.guard);
    await guard.setOracle(id, {
      kind: 4,
      feed: ethers.ZeroAddress,
      heartbeat: 0,
      margin: 0,
      maxRateGrowthBps: 2_000,
      slashBudgetBps: 50,
      minAnswer: 0,
      maxAnswer: 0,
    });
    await vault.rebalance(leg(id, 1, 100n * ETHER), await vault.nav(), 100);
    expect((await adapter.realAssets()).pending).to.be.closeTo(100n * ETHER, 10n);
  });

  it("behavior: rate-only, as tokens without a feed are kept: the value follows the protocol's rate inside its bounds", async () => {
    const { networkHelpers } = engine.connection;
    const { kelp, id, vault } = await place({ kind: 4 });
    const debt = await vault.debtOf(id);
    await networkHelpers.time.increase(30 * 86_400);
    await kelp.pool.setPrice((RATE * 1_003n) / 1_000n);
    await vault.report([id]);
    const grown = await vault.debtOf(id);
    expect(grown).to.be.closeTo((debt * 1_003n) / 1_000n, 1_000n);
    // Thrice the most that a year may bring, in an hour: not believed.
    await networkHelpers.time.increase(3_600);
    await kelp.pool.setPrice(2n * RATE);
    await vault.report([id]);
    expect(await vault.debtOf(id)).to.equal(grown);
  });
});

/** ArrakisAdapter on the doubles of a public vault of WETH and wstETH, in and out of its range, and of Lido. */
import { expect } from "chai";
import { answering } from "../support/answering.ts";
import { deployArrakisDouble } from "../support/arrakisDoubles.ts";
import { conformance } from "../support/conformance.ts";
import { at, readBigint } from "../support/genuine/artifact.ts";
import { isolate } from "../support/isolate.ts";
import { queuedConformance } from "../support/queuedConformance.ts";
import { openStage } from "../support/stage.ts";
import { allocate, ETHER, expectRefusal, type QueuedVenue } from "../support/venue.ts";

/** Divides nothing evenly. */
const RATE = 1_161_234_567_890_123_457n;

const deployVenue = (mixed: boolean, isWethFirst: boolean) => async () => {
  const { connection, ethers, admin, vault, stranger, weth, wethAddress } = await openStage();
  const arrakis = await deployArrakisDouble(connection, wethAddress, RATE, { mixed, isWethFirst });
  const { stEth, wstEth, queue } = arrakis.lido;
  const [wstEthAddress, queueAddress, arrakisAddress, moduleAddress, factoryAddress] = [
    await wstEth.getAddress(),
    await queue.getAddress(),
    await arrakis.vault.getAddress(),
    await arrakis.module.getAddress(),
    await arrakis.factory.getAddress(),
  ];
  const targets = [wstEthAddress, queueAddress, arrakisAddress, factoryAddress] as const;
  const deployed = await ethers.deployContract("ArrakisAdapter", [vault.address, wethAddress, ...targets]);
  const adapterAddress = await deployed.getAddress();
  const adapter = await ethers.getContractAt("IStrategyAdapter", adapterAddress, vault);
  let limitBefore = 0n;
  const closing = (name: string, close: () => Promise<unknown>) => ({
    name,
    close: async () => {
      limitBefore = await adapter.maxDeallocate();
      await close();
    },
    // Neither pause touches what can leave.
    exitLimit: () => limitBefore,
  });
  const venue: QueuedVenue = {
    connection,
    weth,
    vault,
    stranger,
    adapter,
    // An entry keeps some wei back, and the vault knows a share of the pool in 18 digits only.
    smallest: 10_000n,
    // Sixteen requests of at most 1,000 stETH.
    largest: 15_000n * ETHER,
    exitFeeBps: 0n,
    dust: 32_000n,
    target: arrakisAddress,
    approvals: [
      { token: weth, spenders: [moduleAddress, arrakisAddress, wstEthAddress] },
      { token: at(wstEthAddress, weth.interface, admin), spenders: [moduleAddress, arrakisAddress, queueAddress] },
      { token: at(arrakisAddress, weth.interface, admin), spenders: [moduleAddress] },
    ],
    accrue: async () => {
      const rate = (RATE * 105n) / 100n + 3n;
      await stEth.setShareRate(rate);
      await arrakis.setSpot(rate);
    },
    donate: async (amount) => {
      await arrakis.vault.transfer(adapterAddress, amount);
      await wstEth.transfer(adapterAddress, amount);
    },
    closings: [
      closing("module paused", () => arrakis.module.setPaused(true)),
      closing("Lido's staking paused", () => stEth.pauseStaking()),
    ],
    openRequests: async () => deployed.openRequests(),
    finalize: async (id) => {
      await queue["finalize(uint256)"](id, { value: await queue["etherToFinalize(uint256)"](id) });
    },
    // Out of range a share is one wstETH.
    setRate: async (rate) => {
      await stEth.setShareRate(rate);
    },
    requestInItsName: async (amount) => {
      await stranger.sendTransaction({ to: wstEthAddress, value: 2n * amount });
      await wstEth.connect(stranger).approve(queueAddress, amount);
      await queue.connect(stranger).requestWithdrawalsWstETH([amount], adapterAddress);
    },
  };
  return { ...venue, admin, arrakis, deployed, targets, wethAddress, factoryAddress };
};

describe("ArrakisAdapter, out of range", () => {
  queuedConformance(isolate(deployVenue(false, true)));
});

describe("ArrakisAdapter, wstETH first", () => {
  conformance(isolate(deployVenue(true, false)));
});

describe("ArrakisAdapter", () => {
  const getVenue = isolate(deployVenue(true, true));
  conformance(getVenue);

  const liquid = async () => (await getVenue().adapter.realAssets()).liquid;
  const paid = async () => readBigint(getVenue().weth, "balanceOf", getVenue().vault.address);
  const total = async () => {
    const { liquid: open, pending, claimable } = await getVenue().adapter.realAssets();
    return open + pending + claimable;
  };

  it("behavior: nobody changes the value by moving the pool", async () => {
    const venue = getVenue();
    await allocate(venue, 30n * ETHER);
    const [before, rate] = [await liquid(), await venue.adapter.rate()];
    for (const bps of [5_000n, 9_000n, 9_990n, 10_010n, 11_000n, 20_000n]) {
      await venue.arrakis.setSpot((RATE * bps) / 10_000n);
      const [amount0, amount1] = await venue.arrakis.vault.totalUnderlying();
      const atSpot = amount0 + (amount1 * RATE) / ETHER;
      const atRate = ((await venue.arrakis.vault.totalSupply()) * rate) / ETHER;
      if (bps === 5_000n || bps === 20_000n) expect(atSpot).to.be.above((atRate * 105n) / 100n);
      expect(await liquid()).to.equal(before);
      expect(await venue.adapter.rate()).to.equal(rate);
    }
  });

  it("behavior: entering a pool that was moved is worth less, and the signed minimum refuses it", async () => {
    const venue = getVenue();
    for (const bps of [8_000n, 12_500n]) {
      const snapshot = await venue.connection.networkHelpers.takeSnapshot();
      await venue.arrakis.setSpot((RATE * bps) / 10_000n);
      await expectRefusal(venue, () => allocate(venue, 10n * ETHER, 10n * ETHER - 40_000n), "Adapter_ValueTooLow");
      expect(await allocate(venue, 10n * ETHER)).to.be.below(10n * ETHER - ETHER / 100n);
      await snapshot.restore();
    }
  });

  it("behavior: leaving a pool that was moved pays at least the value", async () => {
    const venue = getVenue();
    await allocate(venue, 30n * ETHER);
    for (const bps of [8_000n, 10_000n, 12_500n]) {
      const snapshot = await venue.connection.networkHelpers.takeSnapshot();
      const worth = await liquid();
      await venue.arrakis.setSpot((RATE * bps) / 10_000n);
      const out = (await venue.adapter.maxDeallocate()) / 2n;
      await venue.adapter.deallocate(out, out);
      const rest = await liquid();
      await venue.adapter.requestExit(rest, rest - venue.dust);
      expect((await paid()) + (await total())).to.be.at.least(worth - venue.dust);
      const ids = await venue.openRequests();
      await venue.finalize(ids[ids.length - 1] ?? 0n);
      await venue.adapter.claim();
      expect(await paid()).to.be.at.least(worth - venue.dust);
      expect(await liquid()).to.be.at.most(venue.dust);
      await snapshot.restore();
    }
  });

  it("behavior: deallocate pays the WETH of the pool, keeps the wstETH, and neither wins nor loses", async () => {
    const venue = getVenue();
    await allocate(venue, 30n * ETHER);
    const before = await total();
    const limit = await venue.adapter.maxDeallocate();
    expect(limit).to.be.closeTo(15n * ETHER, ETHER / 1_000n);
    await venue.adapter.deallocate(limit / 3n, limit / 3n);
    expect(await paid()).to.be.closeTo(limit / 3n, 1_000n);
    await venue.adapter.deallocate(await venue.adapter.maxDeallocate(), 0n);
    expect(await paid()).to.be.closeTo(limit, 1_000n);
    expect(await venue.deployed.units()).to.be.at.most(1_000n);
    expect((await paid()) + (await total())).to.be.closeTo(before, 2_000n);
    // The next entry puts the wstETH that lies here to work.
    const loose = await venue.deployed.looseWstEth();
    expect(loose).to.be.above(12n * ETHER);
  });

  it("behavior: wstETH outside the pool leaves through Lido even while staking and the module are paused", async () => {
    const venue = getVenue();
    await allocate(venue, 30n * ETHER);
    await venue.arrakis.module.setPaused(true);
    await venue.arrakis.lido.stEth.pauseStaking();
    const out = await venue.adapter.maxDeallocate();
    await venue.adapter.deallocate(out, out);
    const loose = ((await venue.deployed.looseWstEth()) * RATE) / ETHER - 10n;
    await venue.adapter.requestExit(loose, loose - 10n);
    const { pending } = await venue.adapter.realAssets();
    expect(pending).to.be.closeTo(15n * ETHER, ETHER / 1_000n);
    expect(await venue.deployed.looseWstEth()).to.equal(0n);
  });

  it("behavior: what a module leaves of the WETH goes to the vault, nothing stays here", async () => {
    const venue = getVenue();
    await allocate(venue, 7_777_777_777_777_777_777n);
    expect(await readBigint(venue.weth, "balanceOf", await venue.adapter.getAddress())).to.equal(0n);
    expect(await paid()).to.be.at.most(100n);
  });

  it("error: Adapter_RateZero where Arrakis or Lido says that nothing is there, and Adapter_BelowMinimum for no share", async () => {
    const venue = getVenue();
    await allocate(venue, 30n * ETHER);
    const { vault } = venue.arrakis;
    const clean = await venue.connection.networkHelpers.takeSnapshot();
    await answering(venue.connection, await vault.getAddress(), vault.interface, "totalUnderlyingAtPrice", [0n, 0n]);
    await expectRefusal(venue, () => venue.adapter.rate(), "Adapter_RateZero");
    // What is left outside the pool.
    expect(await liquid()).to.be.below(100n);
    await clean.restore();
    const again = await venue.connection.networkHelpers.takeSnapshot();
    await venue.arrakis.lido.stEth.setShareRate(0n);
    await expectRefusal(venue, () => venue.adapter.rate(), "Adapter_RateZero");
    await expectRefusal(venue, () => venue.adapter.realAssets(), "Adapter_RateZero");
    await again.restore();
    // The slack and the roundings leave one wei, which buys no share of a pool worth more than its shares.
    await expectRefusal(venue, () => allocate(venue, 49n), "Adapter_BelowMinimum");
  });

  it("behavior: its rate has no other source than itself", async () => {
    const { deployed } = getVenue();
    expect(await deployed.self()).to.equal(await deployed.getAddress());
  });

  it("error: Adapter_PrivateVault, Adapter_AssetMismatch and Adapter_BelowMinimum", async () => {
    const venue = getVenue();
    const { ethers } = venue.connection;
    const [wstEth, queue, arrakis, factory] = venue.targets;
    const contract = await ethers.getContractFactory("ArrakisAdapter");
    const deploy = (target: string) => () =>
      contract.deploy(venue.vault.address, venue.wethAddress, wstEth, queue, target, factory);
    await venue.arrakis.factory.register(arrakis, false);
    await expectRefusal(venue, deploy(arrakis), "Adapter_PrivateVault", [arrakis]);
    const other = await ethers.deployContract("ArrakisMetaVaultPublicDouble", [wstEth, queue]);
    const otherAddress = await other.getAddress();
    await venue.arrakis.factory.register(otherAddress, true);
    await expectRefusal(venue, deploy(otherAddress), "Adapter_AssetMismatch", [otherAddress, venue.wethAddress, queue]);
    await expectRefusal(venue, () => allocate(venue, 20n), "Adapter_BelowMinimum", [20n, 49n]);
  });
});

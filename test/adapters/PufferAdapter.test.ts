/** PufferAdapter on the doubles of pufETH and its withdrawal queue, under OpenZeppelin's own AccessManager. */
import { expect } from "chai";
import { answering } from "../support/answering.ts";
import { at, readBigint } from "../support/genuine/artifact.ts";
import { isolate } from "../support/isolate.ts";
import { deployPufferDouble } from "../support/pufferDoubles.ts";
import { queuedConformance } from "../support/queuedConformance.ts";
import { openStage } from "../support/stage.ts";
import { allocate, ETHER, expectRefusal, type QueuedVenue, sendWeth } from "../support/venue.ts";

/** Divides nothing evenly. */
const RATE = 1_061_234_567_890_123_457n;

const deployVenue = (batchSize: number) => async () => {
  const { connection, ethers, admin, vault, stranger, weth, wethAddress, trust } = await openStage();
  const puffer = await deployPufferDouble(connection, wethAddress, RATE, batchSize);
  const { pufEth, manager, access } = puffer;
  const [pufEthAddress, managerAddress] = [await pufEth.getAddress(), await manager.getAddress()];
  await trust(pufEthAddress);
  const deployed = await ethers.deployContract("PufferAdapter", [
    vault.address,
    wethAddress,
    pufEthAddress,
    managerAddress,
  ]);
  const adapterAddress = await deployed.getAddress();
  const venue: QueuedVenue = {
    connection,
    weth,
    vault,
    stranger,
    adapter: await ethers.getContractAt("IStrategyAdapter", adapterAddress, vault),
    // The queue takes 0.01 pufETH at least.
    smallest: ETHER / 50n,
    smallestRequest: ETHER / 50n,
    largest: 50_000n * ETHER,
    exitFeeBps: 0n,
    // The queue keeps the rate in 18 digits: up to one wei per pufETH.
    dust: 50_000n,
    target: pufEthAddress,
    approvals: [
      { token: weth, spenders: [pufEthAddress, managerAddress] },
      { token: at(pufEthAddress, weth.interface, admin), spenders: [managerAddress] },
    ],
    accrue: async () => {
      await pufEth.setRate((RATE * 105n) / 100n + 3n);
    },
    donate: async (amount) => {
      await pufEth.connect(stranger).deposit(2n * amount, stranger.address);
      await pufEth.connect(stranger).transfer(adapterAddress, amount);
    },
    closings: [
      {
        name: "closed by the AccessManager",
        close: async () => {
          await access.setTargetClosed(pufEthAddress, true);
        },
        exitLimit: () => 0n,
      },
    ],
    openRequests: async () => deployed.openRequests(),
    finalize: puffer.finalize,
    setRate: async (rate) => {
      await pufEth.setRate(rate);
    },
    requestInItsName: async (amount) => {
      await pufEth.connect(stranger).deposit(2n * amount, stranger.address);
      await pufEth.connect(stranger).approve(managerAddress, amount);
      await manager.connect(stranger).requestWithdrawal(amount, adapterAddress);
    },
  };
  return { ...venue, admin, puffer, deployed, pufEthAddress, managerAddress, wethAddress };
};

describe("PufferAdapter", () => {
  queuedConformance(isolate(deployVenue(1)));
});

describe("PufferAdapter, batches of three", () => {
  const getVenue = isolate(deployVenue(3));
  const paid = async () => readBigint(getVenue().weth, "balanceOf", getVenue().vault.address);
  const requestTwo = async (): Promise<bigint> => {
    const venue = getVenue();
    await allocate(venue, 10n * ETHER);
    await venue.adapter.requestExit(2n * ETHER, 0n);
    await venue.adapter.requestExit(3n * ETHER, 0n);
    return (await venue.openRequests())[1] ?? 0n;
  };

  it("behavior: nothing is finalized until the batch is full", async () => {
    const venue = getVenue();
    const last = await requestTwo();
    await expect(venue.puffer.manager.finalizeWithdrawals(1n)).to.be.revertedWithCustomError(
      venue.puffer.manager,
      "BatchesAreNotFull",
    );
    expect((await venue.adapter.realAssets()).claimable).to.equal(0n);
    await venue.finalize(last);
    const { pending, claimable } = await venue.adapter.realAssets();
    expect(pending).to.equal(0n);
    expect(claimable).to.be.closeTo(5n * ETHER, 20n);
    await venue.adapter.claim();
    expect(await paid()).to.equal(claimable);
  });

  it("behavior: a withdrawal that a stranger completes stays claimable, and is told apart from a donation", async () => {
    const venue = getVenue();
    const last = await requestTwo();
    await venue.finalize(last);
    const address = await venue.adapter.getAddress();
    const before = await venue.adapter.realAssets();
    await sendWeth(venue.weth, venue.stranger, address, ETHER);
    await venue.puffer.manager.connect(venue.stranger).completeQueuedWithdrawal(last);
    expect(await venue.adapter.realAssets()).to.deep.equal(before);
    expect(await venue.adapter.maxDeallocate()).to.equal(before.claimable);
    await venue.adapter.claim();
    expect(await paid()).to.equal(before.claimable);
    expect(await readBigint(venue.weth, "balanceOf", address)).to.equal(ETHER);
    expect(await venue.openRequests()).to.have.length(0);
    await venue.adapter.claim();
    expect(await paid()).to.equal(before.claimable);
  });

  it("behavior: what a stranger completed reaches the vault by deallocate as well", async () => {
    const venue = getVenue();
    const last = await requestTwo();
    await venue.finalize(last);
    for (const id of await venue.openRequests()) {
      await venue.puffer.manager.connect(venue.stranger).completeQueuedWithdrawal(id);
    }
    await venue.adapter.deallocate(ETHER, ETHER);
    expect(await paid()).to.be.closeTo(2n * ETHER, 10n);
    const { claimable } = await venue.adapter.realAssets();
    expect(claimable).to.be.closeTo(3n * ETHER, 10n);
    await venue.adapter.claim();
    expect(await paid()).to.be.closeTo(5n * ETHER, 20n);
    expect(await readBigint(venue.weth, "balanceOf", await venue.adapter.getAddress())).to.equal(0n);
  });

  it("behavior: a slashing after finalization no longer matters, one before it does", async () => {
    const venue = getVenue();
    const last = await requestTwo();
    await venue.setRate((RATE * 95n) / 100n);
    await venue.finalize(last);
    const { claimable } = await venue.adapter.realAssets();
    expect(claimable).to.be.closeTo((5n * ETHER * 95n) / 100n, 100n);
    await venue.setRate((RATE * 80n) / 100n);
    expect((await venue.adapter.realAssets()).claimable).to.equal(claimable);
    await venue.adapter.claim();
    expect(await paid()).to.equal(claimable);
  });

  it("behavior: closed completion leaves finished requests pending; paid ones can still be claimed", async () => {
    const venue = getVenue();
    const last = await requestTwo();
    await venue.finalize(last);
    const before = await venue.adapter.realAssets();
    await venue.puffer.manager.connect(venue.stranger).completeQueuedWithdrawal(last);
    await venue.puffer.access.setTargetClosed(venue.managerAddress, true);
    const closed = await venue.adapter.realAssets();
    expect(closed.claimable).to.be.closeTo(3n * ETHER, 10n);
    expect(closed.pending + closed.claimable).to.equal(before.claimable);
    await venue.adapter.claim();
    expect(await paid()).to.equal(closed.claimable);
    expect(await venue.openRequests()).to.have.length(1);
    await expect(venue.adapter.requestExit(ETHER, 0n)).to.be.revertedWithCustomError(
      venue.puffer.manager,
      "AccessManagedUnauthorized",
    );
    await venue.puffer.access.setTargetClosed(venue.managerAddress, false);
    await venue.adapter.claim();
    expect(await paid()).to.equal(before.claimable);
  });

  it("behavior: the instant exit costs a fee the queue does not, and fails after a deposit in one transaction", async () => {
    const venue = getVenue();
    const { pufEth } = venue.puffer;
    const { ethers } = venue.connection;
    await allocate(venue, 100n * ETHER);
    const units = await venue.deployed.units();
    expect(await pufEth.previewRedeem(units)).to.be.closeTo(99n * ETHER, 10n);
    expect((await venue.adapter.realAssets()).liquid).to.be.closeTo(100n * ETHER, 200n);
    const batcher = await ethers.deployContract("BatchDouble");
    const call = (name: "deposit" | "redeem", args: readonly unknown[]) =>
      name === "deposit"
        ? pufEth.interface.encodeFunctionData("deposit", [ETHER, String(args[0])])
        : pufEth.interface.encodeFunctionData("redeem", [ETHER / 2n, String(args[0]), String(args[0])]);
    const owner = await batcher.getAddress();
    await sendWeth(venue.weth, venue.stranger, owner, 2n * ETHER);
    await batcher.approve(venue.wethAddress, venue.pufEthAddress);
    await batcher.run([{ target: venue.pufEthAddress, data: call("deposit", [owner]) }]);
    await batcher.run([{ target: venue.pufEthAddress, data: call("redeem", [owner]) }]);
    await expect(
      batcher.run([
        { target: venue.pufEthAddress, data: call("deposit", [owner]) },
        { target: venue.pufEthAddress, data: call("redeem", [owner]) },
      ]),
    ).to.be.revertedWithCustomError(pufEth, "DepositAndWithdrawalForbidden");
  });

  it("behavior: an exit request and an allocation fit in one transaction, two requests do not", async () => {
    const venue = getVenue();
    const { ethers } = venue.connection;
    const batcher = await ethers.deployContract("BatchDouble");
    const owner = await batcher.getAddress();
    const adapter = await ethers.deployContract("PufferAdapter", [
      owner,
      venue.wethAddress,
      venue.pufEthAddress,
      venue.managerAddress,
    ]);
    const target = await adapter.getAddress();
    await sendWeth(venue.weth, venue.stranger, target, 20n * ETHER);
    const allocation = { target, data: adapter.interface.encodeFunctionData("allocate", [5n * ETHER, 0n]) };
    const request = { target, data: adapter.interface.encodeFunctionData("requestExit", [ETHER, 0n]) };
    await batcher.run([allocation]);
    await batcher.run([allocation, request]);
    expect((await adapter.realAssets()).pending).to.be.closeTo(ETHER, 10n);
    await expect(batcher.run([request, request])).to.be.revertedWithCustomError(
      venue.puffer.manager,
      "MultipleWithdrawalsAreForbidden",
    );
  });

  it("error: Adapter_BelowMinimum and Adapter_LimitExceeded at the queue's bounds", async () => {
    const venue = getVenue();
    const { manager } = venue.puffer;
    await allocate(venue, 10n * ETHER);
    await expectRefusal(venue, () => venue.adapter.requestExit(ETHER / 100n, 0n), "Adapter_BelowMinimum");
    await manager.changeMaxWithdrawalAmount(2n * ETHER);
    await expectRefusal(venue, () => venue.adapter.requestExit(3n * ETHER, 0n), "Adapter_LimitExceeded");
    await venue.adapter.requestExit(2n * ETHER, 0n);
  });

  it("error: Adapter_BadTarget for a queue without batches, and for one that books a request otherwise than asked", async () => {
    const venue = getVenue();
    const { connection, managerAddress } = venue;
    const { manager } = venue.puffer;
    const factory = await connection.ethers.getContractFactory("PufferAdapter");
    const clean = await connection.networkHelpers.takeSnapshot();
    await answering(connection, managerAddress, manager.interface, "BATCH_SIZE", [0n]);
    await expectRefusal(
      venue,
      () => factory.deploy(venue.vault.address, venue.wethAddress, venue.pufEthAddress, managerAddress),
      "Adapter_BadTarget",
      [managerAddress],
    );
    await clean.restore();
    await allocate(venue, 10n * ETHER);
    const made = await manager.getWithdrawal.staticCall(0n).catch(() => null);
    expect(made === null || made.recipient === connection.ethers.ZeroAddress).to.equal(true);
    // The manager says the request is a stranger's.
    await answering(connection, managerAddress, manager.interface, "getWithdrawal", [
      { pufETHAmount: ETHER, pufETHToETHExchangeRate: ETHER, recipient: venue.stranger.address },
    ]);
    const before = await venue.adapter.realAssets();
    await expectRefusal(venue, () => venue.adapter.requestExit(2n * ETHER, 0n), "Adapter_BadTarget", [managerAddress]);
    expect(await venue.adapter.realAssets()).to.deep.equal(before);
  });

  it("error: Adapter_AssetMismatch for a queue of another vault", async () => {
    const venue = getVenue();
    const other = await deployPufferDouble(venue.connection, venue.wethAddress, ETHER, 1);
    const [queue, vault] = [await other.manager.getAddress(), await other.pufEth.getAddress()];
    const factory = await venue.connection.ethers.getContractFactory("PufferAdapter");
    await expectRefusal(
      venue,
      () => factory.deploy(venue.vault.address, venue.wethAddress, venue.pufEthAddress, queue),
      "Adapter_AssetMismatch",
      [queue, venue.pufEthAddress, vault],
    );
  });
});

/** LidoAdapter on the double; test/fork runs it on Lido's own code. */

import { expect } from "chai";
import { openStage } from "../support/accounts.ts";
import { deployLidoDouble, type LidoDouble } from "../support/doubles.ts";
import { at, readBigint } from "../support/genuine/artifact.ts";
import { deployWeth } from "../support/genuine/weth.ts";
import { isolate } from "../support/isolate.ts";
import { queuedConformance } from "../support/queuedConformance.ts";
import { allocate, ETHER, expectRefusal, type QueuedVenue } from "../support/venue.ts";

/** Divides nothing evenly. */
const RATE = 1_163_456_789_012_345_677n;

interface LidoVenue extends QueuedVenue {
  readonly lido: LidoDouble;
}

async function deployVenue(): Promise<LidoVenue> {
  const { connection, admin, vault, stranger } = await openStage();
  const { ethers } = connection;
  const weth = await deployWeth(admin);
  const lido = await deployLidoDouble(connection, RATE);
  const { stEth, wstEth, queue } = lido;
  const [stEthAddress, wstEthAddress, queueAddress] = [
    await stEth.getAddress(),
    await wstEth.getAddress(),
    await queue.getAddress(),
  ];
  const deployed = await ethers.deployContract("LidoAdapter", [
    vault.address,
    await weth.getAddress(),
    wstEthAddress,
    queueAddress,
  ]);
  const adapterAddress = await deployed.getAddress();
  return {
    connection,
    weth,
    vault,
    stranger,
    lido,
    adapter: await ethers.getContractAt("IStrategyAdapter", adapterAddress, vault),
    smallest: 1n,
    largest: 15_000n * ETHER,
    exitFeeBps: 0n,
    dust: 3n,
    target: stEthAddress,
    approvals: [
      { token: weth, spenders: [stEthAddress, wstEthAddress, queueAddress] },
      { token: at(stEthAddress, stEth.interface, admin), spenders: [wstEthAddress, queueAddress] },
      { token: at(wstEthAddress, wstEth.interface, admin), spenders: [stEthAddress, queueAddress] },
    ],
    accrue: async () => {
      await stEth.setShareRate((RATE * 105n) / 100n + 3n);
    },
    donate: async (amount) => {
      await stranger.sendTransaction({ to: wstEthAddress, value: 2n * amount });
      await wstEth.connect(stranger).transfer(adapterAddress, amount);
    },
    closings: [
      {
        name: "staking paused",
        close: async () => {
          await stEth.pauseStaking();
        },
        exitLimit: () => 0n,
      },
      {
        name: "stake limit used",
        close: async () => {
          await stEth.setStakingLimit(ETHER, 0n);
          await stEth.connect(stranger).submit(stranger.address, { value: ETHER });
        },
        exitLimit: () => 0n,
      },
    ],
    openRequests: async () => deployed.openRequests(),
    finalize: async (id) => {
      await queue["finalize(uint256)"](id, { value: await queue["etherToFinalize(uint256)"](id) });
    },
    setRate: async (rate) => {
      await stEth.setShareRate(rate);
    },
    requestInItsName: async (amount) => {
      await stEth.connect(stranger).submit(stranger.address, { value: 2n * amount });
      await stEth.connect(stranger).approve(queueAddress, amount);
      await queue.connect(stranger).requestWithdrawals([amount], adapterAddress);
    },
  };
}

describe("LidoAdapter", () => {
  const getVenue = isolate(deployVenue);
  queuedConformance(getVenue);

  it("behavior: what arrives is exactly the shares that Lido minted", async () => {
    const venue = getVenue();
    await allocate(venue, 10n * ETHER);
    const adapter = await venue.adapter.getAddress();
    const base = await venue.connection.ethers.getContractAt("AdapterBase", adapter);
    expect(await base.units()).to.equal((10n * ETHER * 10n ** 18n) / RATE);
    expect(await venue.lido.stEth.sharesOf(adapter)).to.equal(0n);
  });

  it("behavior: a large exit is split into even requests of at most 1,000 stETH", async () => {
    const venue = getVenue();
    await allocate(venue, 5_000n * ETHER);
    await venue.adapter.requestExit(2_500n * ETHER, 2_500n * ETHER - 10n);
    const ids = [...(await venue.openRequests())];
    expect(ids).to.have.length(3);
    for (const status of await venue.lido.queue.getWithdrawalStatus(ids)) {
      expect(status.amountOfStETH).to.be.closeTo((2_500n * ETHER) / 3n, 5n);
    }
  });

  it("behavior: finalization at a slashed rate pays that rate, whatever the rate is later", async () => {
    const venue = getVenue();
    const { queue } = venue.lido;
    await allocate(venue, 100n * ETHER);
    await venue.adapter.requestExit(40n * ETHER, 0n);
    const rate = ((await queue.currentShareRate()) * 97n) / 100n;
    await queue["finalize(uint256,uint256)"](1n, rate, {
      value: await queue["etherToFinalize(uint256,uint256)"](1n, rate),
    });
    const { claimable } = await venue.adapter.realAssets();
    expect(claimable).to.be.closeTo((40n * ETHER * 97n) / 100n, 10n);
    await venue.setRate(2n * RATE);
    expect((await venue.adapter.realAssets()).claimable).to.equal(claimable);
    await venue.adapter.claim();
    expect(await readBigint(venue.weth, "balanceOf", venue.vault.address)).to.equal(claimable);
  });

  it("behavior: requests finalized at different checkpoints are claimed together", async () => {
    const venue = getVenue();
    await allocate(venue, 100n * ETHER);
    for (let i = 0; i < 3; i++) {
      await venue.adapter.requestExit(10n * ETHER, 0n);
      await venue.finalize(BigInt(i + 1));
      await venue.setRate((RATE * BigInt(101 + i)) / 100n);
    }
    const { claimable } = await venue.adapter.realAssets();
    await venue.adapter.claim();
    expect(await readBigint(venue.weth, "balanceOf", venue.vault.address)).to.equal(claimable);
    expect(claimable).to.be.closeTo(30n * ETHER, 10n);
  });

  it("behavior: a paused queue refuses requests and still pays finished ones", async () => {
    const venue = getVenue();
    await allocate(venue, 100n * ETHER);
    await venue.adapter.requestExit(10n * ETHER, 0n);
    await venue.finalize(1n);
    await venue.lido.queue.pause();
    await expect(venue.adapter.requestExit(ETHER, 0n)).to.be.revertedWithCustomError(
      venue.lido.queue,
      "ResumedExpected",
    );
    expect(await venue.adapter.maxDeallocate()).to.be.closeTo(10n * ETHER, 5n);
    await venue.adapter.claim();
    expect(await readBigint(venue.weth, "balanceOf", venue.vault.address)).to.be.closeTo(10n * ETHER, 5n);
  });

  it("behavior: a request whose NFT went elsewhere is worth nothing and forgotten; the others are paid", async () => {
    const venue = getVenue();
    const { networkHelpers, ethers } = venue.connection;
    await allocate(venue, 10n * ETHER);
    await venue.adapter.requestExit(2n * ETHER, 0n);
    await venue.adapter.requestExit(3n * ETHER, 0n);
    const address = await venue.adapter.getAddress();
    await networkHelpers.impersonateAccount(address);
    await networkHelpers.setBalance(address, ETHER);
    await venue.lido.queue.connect(await ethers.getSigner(address)).transferFrom(address, venue.stranger.address, 1n);
    expect((await venue.adapter.realAssets()).pending).to.be.closeTo(3n * ETHER, 3n);
    await venue.finalize(2n);
    await venue.adapter.claim();
    expect(await readBigint(venue.weth, "balanceOf", venue.vault.address)).to.be.closeTo(3n * ETHER, 3n);
    expect(await venue.openRequests()).to.deep.equal([]);
  });

  it("error: Adapter_BelowMinimum", async () => {
    const venue = getVenue();
    await allocate(venue, ETHER);
    await expectRefusal(venue, () => venue.adapter.requestExit(90n, 0n), "Adapter_BelowMinimum");
  });

  it("error: Adapter_TooManyRequests when one exit needs more slots than are free", async () => {
    const venue = getVenue();
    await allocate(venue, 20_000n * ETHER);
    await venue.adapter.requestExit(10n * ETHER, 0n);
    await expectRefusal(venue, () => venue.adapter.requestExit(15_500n * ETHER, 0n), "Adapter_TooManyRequests", [
      17n,
      16n,
    ]);
  });

  it("error: Adapter_AssetMismatch when the queue pays out another token", async () => {
    const venue = getVenue();
    const { ethers } = venue.connection;
    const other = await deployLidoDouble(venue.connection);
    const factory = await ethers.getContractFactory("LidoAdapter");
    const [weth, wstEth, queue] = [
      await venue.weth.getAddress(),
      await venue.lido.wstEth.getAddress(),
      await other.queue.getAddress(),
    ];
    await expectRefusal(venue, () => factory.deploy(venue.vault.address, weth, wstEth, queue), "Adapter_AssetMismatch");
  });
});

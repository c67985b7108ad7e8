/** EtherFiAdapter on the double; test/fork stakes on ether.fi's own code. */
import { expect } from "chai";
import { answering } from "../support/answering.ts";
import { deployEtherFiDouble, type EtherFiDouble } from "../support/doubles.ts";
import { at, readBigint } from "../support/genuine/artifact.ts";
import { deployWeth } from "../support/genuine/weth.ts";
import { isolate } from "../support/isolate.ts";
import { queuedConformance } from "../support/queuedConformance.ts";
import { allocate, connect, ETHER, expectRefusal, fund, type QueuedVenue } from "../support/venue.ts";

/** Divides nothing evenly. */
const RATE = 1_041_234_567_890_123_457n;

interface EtherFiVenue extends QueuedVenue {
  readonly etherFi: EtherFiDouble;
}

async function deployVenue(): Promise<EtherFiVenue> {
  const connection = await connect();
  const { ethers } = connection;
  const [admin, vault, stranger] = await ethers.getSigners();
  if (!admin || !vault || !stranger) return expect.fail("the network has fewer than three accounts");
  for (const { address } of [admin, vault, stranger]) await fund(connection, address, 1_000_000n * ETHER);
  const weth = await deployWeth(admin);
  const etherFi = await deployEtherFiDouble(connection, RATE);
  const { pool, eEth, weEth, requests } = etherFi;
  const [poolAddress, eEthAddress, weEthAddress, requestsAddress] = [
    await pool.getAddress(),
    await eEth.getAddress(),
    await weEth.getAddress(),
    await requests.getAddress(),
  ];
  const deployed = await ethers.deployContract("EtherFiAdapter", [
    vault.address,
    await weth.getAddress(),
    weEthAddress,
  ]);
  const adapterAddress = await deployed.getAddress();
  return {
    connection,
    weth,
    vault,
    stranger,
    etherFi,
    adapter: await ethers.getContractAt("IStrategyAdapter", adapterAddress, vault),
    // One wei buys no whole share.
    smallest: 2n,
    largest: 50_000n * ETHER,
    exitFeeBps: 0n,
    dust: 4n,
    target: poolAddress,
    approvals: [
      { token: weth, spenders: [poolAddress, weEthAddress] },
      { token: at(eEthAddress, eEth.interface, admin), spenders: [poolAddress, weEthAddress, requestsAddress] },
      { token: at(weEthAddress, weEth.interface, admin), spenders: [poolAddress, requestsAddress] },
    ],
    accrue: async () => {
      await pool.setRate((RATE * 105n) / 100n + 3n);
    },
    donate: async (amount) => {
      await pool.connect(stranger)["deposit()"]({ value: 3n * amount });
      await eEth.connect(stranger).approve(weEthAddress, 2n * amount);
      await weEth.connect(stranger).wrap(2n * amount);
      await weEth.connect(stranger).transfer(adapterAddress, amount);
      await eEth.connect(stranger).transfer(adapterAddress, amount / 2n);
    },
    closings: [
      {
        name: "paused",
        close: async () => {
          await pool.pauseContract();
        },
        exitLimit: () => 0n,
      },
    ],
    openRequests: async () => deployed.openRequests(),
    finalize: async (id) => {
      await requests.finalize(id, { value: await requests.etherToFinalize(id) });
    },
    setRate: async (rate) => {
      await pool.setRate(rate);
    },
    requestInItsName: async (amount) => {
      await pool.connect(stranger)["deposit()"]({ value: 2n * amount });
      await eEth.connect(stranger).approve(poolAddress, amount);
      await pool.connect(stranger).requestWithdraw(adapterAddress, amount);
    },
  };
}

describe("EtherFiAdapter", () => {
  const getVenue = isolate(deployVenue);
  queuedConformance(getVenue);

  const requestTwo = async (): Promise<void> => {
    const venue = getVenue();
    await allocate(venue, 10n * ETHER);
    await venue.adapter.requestExit(2n * ETHER, 0n);
    await venue.adapter.requestExit(3n * ETHER, 0n);
  };

  it("behavior: finished requests count as pending while the pool is paused", async () => {
    const venue = getVenue();
    await requestTwo();
    await venue.finalize(2n);
    const open = await venue.adapter.realAssets();
    await venue.etherFi.pool.pauseContract();
    const paused = await venue.adapter.realAssets();
    expect(paused.claimable).to.equal(0n);
    expect(paused.pending).to.equal(open.claimable);
    await venue.adapter.claim();
    expect(await venue.openRequests()).to.have.length(2);
  });

  it("behavior: a slashing after finalization lowers the claim too", async () => {
    const venue = getVenue();
    await requestTwo();
    await venue.finalize(2n);
    await venue.setRate((RATE * 9n) / 10n);
    const { claimable } = await venue.adapter.realAssets();
    expect(claimable).to.be.closeTo((5n * ETHER * 9n) / 10n, 10n);
    await venue.adapter.claim();
    expect(await readBigint(venue.weth, "balanceOf", venue.vault.address)).to.equal(claimable);
  });

  it("behavior: an invalidated request is worth nothing until it is valid again", async () => {
    const venue = getVenue();
    await requestTwo();
    const before = await venue.adapter.realAssets();
    await venue.etherFi.requests.invalidateRequest(1n);
    const { pending } = await venue.adapter.realAssets();
    expect(pending).to.be.closeTo(3n * ETHER, 5n);
    await venue.finalize(2n);
    await venue.adapter.claim();
    expect(await venue.openRequests()).to.deep.equal([1n]);
    await venue.etherFi.requests.validateRequest(1n);
    expect((await venue.adapter.realAssets()).claimable).to.be.closeTo(before.pending - 3n * ETHER, 10n);
  });

  it("behavior: a seized request is forgotten and frees its slot", async () => {
    const venue = getVenue();
    await requestTwo();
    await venue.etherFi.requests.invalidateRequest(1n);
    await venue.etherFi.requests.seizeInvalidRequest(1n, venue.stranger.address);
    expect((await venue.adapter.realAssets()).pending).to.be.closeTo(3n * ETHER, 5n);
    await venue.adapter.claim();
    expect(await venue.openRequests()).to.deep.equal([2n]);
  });

  it("behavior: requests that were burnt are worth nothing and forgotten, and block nobody", async () => {
    const venue = getVenue();
    await requestTwo();
    const { requests } = venue.etherFi;
    await answering(venue.connection, await requests.getAddress(), requests.interface, "ownerOf", "nothing");
    expect((await venue.adapter.realAssets()).pending).to.equal(0n);
    await venue.adapter.claim();
    expect(await venue.openRequests()).to.deep.equal([]);
  });

  it("behavior: a blacklisted adapter can do nothing and loses nothing: entries, requests and claims wait for the listing to end", async () => {
    const venue = getVenue();
    await requestTwo();
    const { pool } = venue.etherFi;
    await venue.finalize(1n);
    const before = await venue.adapter.realAssets();
    await pool.setBlacklisted(await venue.adapter.getAddress(), true);
    await expect(allocate(venue, ETHER)).to.be.revertedWithCustomError(pool, "LiquidityPoolDouble_Blacklisted");
    await expect(venue.adapter.requestExit(ETHER, 0n)).to.be.revertedWithCustomError(
      pool,
      "LiquidityPoolDouble_Blacklisted",
    );
    // A claim that fails holds up nobody and forgets nothing.
    await venue.adapter.claim();
    expect(await readBigint(venue.weth, "balanceOf", venue.vault.address)).to.equal(0n);
    expect(await venue.openRequests()).to.deep.equal([1n, 2n]);
    expect(await venue.adapter.realAssets()).to.deep.equal(before);
    await pool.setBlacklisted(await venue.adapter.getAddress(), false);
    await venue.adapter.claim();
    expect(await readBigint(venue.weth, "balanceOf", venue.vault.address)).to.equal(before.claimable);
  });

  it("behavior: a request the pool cannot pay yet does not hold up the others", async () => {
    const venue = getVenue();
    await requestTwo();
    const { pool, requests } = venue.etherFi;
    const [admin] = await venue.connection.ethers.getSigners();
    if (!admin) return expect.fail("the network has no account");
    await pool.withdrawEther(admin.address, await venue.connection.ethers.provider.getBalance(pool));
    await requests.finalize(2n, { value: 2n * ETHER });
    await venue.adapter.claim();
    expect(await readBigint(venue.weth, "balanceOf", venue.vault.address)).to.be.closeTo(2n * ETHER, 5n);
    expect(await venue.openRequests()).to.deep.equal([2n]);
    await admin.sendTransaction({ to: pool, value: 3n * ETHER });
    await venue.adapter.claim();
    expect(await readBigint(venue.weth, "balanceOf", venue.vault.address)).to.be.closeTo(5n * ETHER, 10n);
  });

  it("error: Adapter_AssetMismatch when weETH wraps another eETH than the pool's", async () => {
    const venue = getVenue();
    const { ethers } = venue.connection;
    // The fixture's target is the pool.
    const otherEEth = await ethers.deployContract("EEthDouble", [venue.target]);
    const otherWeEth = await ethers.deployContract("WeEthDouble", [otherEEth]);
    const factory = await ethers.getContractFactory("EtherFiAdapter");
    const weth = await venue.weth.getAddress();
    await expectRefusal(
      venue,
      async () => factory.deploy(venue.vault.address, weth, await otherWeEth.getAddress()),
      "Adapter_AssetMismatch",
    );
  });

  it("error: Adapter_UnexpectedToken", async () => {
    const venue = getVenue();
    const { eEth, pool, requests } = venue.etherFi;
    await pool.connect(venue.stranger)["deposit()"]({ value: 2n * ETHER });
    await eEth.connect(venue.stranger).approve(await pool.getAddress(), ETHER);
    await pool.connect(venue.stranger).requestWithdraw(venue.stranger.address, ETHER);
    const adapter = await venue.adapter.getAddress();
    await expectRefusal(
      venue,
      () =>
        requests
          .connect(venue.stranger)
          ["safeTransferFrom(address,address,uint256)"](venue.stranger.address, adapter, 1n),
      "Adapter_UnexpectedToken",
      [await requests.getAddress(), venue.stranger.address],
    );
  });
});

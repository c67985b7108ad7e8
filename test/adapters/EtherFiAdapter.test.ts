/** EtherFiAdapter on the double; test/fork stakes on ether.fi's own code, etherFiInstant.test.ts leaves at once. */
import { expect } from "chai";
import { answering } from "../support/answering.ts";
import { deployEtherFiDouble } from "../support/doubles.ts";
import { etherFiVenue, ETHER_FI_RATE as RATE } from "../support/etherFiVenue.ts";
import { readBigint } from "../support/genuine/artifact.ts";
import { isolate } from "../support/isolate.ts";
import { queuedConformance } from "../support/queuedConformance.ts";
import { allocate, ETHER, expectRefusal } from "../support/venue.ts";

describe("EtherFiAdapter", () => {
  const getVenue = isolate(etherFiVenue);
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

  it("behavior: a finalized request keeps its rate, through a slashing and through a recovery", async () => {
    const venue = getVenue();
    await requestTwo();
    await venue.setRate((RATE * 9n) / 10n);
    await venue.finalize(2n);
    const { claimable } = await venue.adapter.realAssets();
    expect(claimable).to.be.closeTo((5n * ETHER * 9n) / 10n, 10n);
    for (const rate of [(RATE * 8n) / 10n, RATE, (RATE * 12n) / 10n]) {
      await venue.setRate(rate);
      expect((await venue.adapter.realAssets()).claimable).to.equal(claimable);
    }
    await venue.adapter.claim();
    expect(await readBigint(venue.weth, "balanceOf", venue.vault.address)).to.equal(claimable);
  });

  it("behavior: a claim that anyone makes for the adapter is not lost and no donation", async () => {
    const venue = getVenue();
    await requestTwo();
    await venue.finalize(2n);
    const before = await venue.adapter.realAssets();
    await venue.etherFi.requests.connect(venue.stranger).claimWithdraw(1n);
    expect(await venue.adapter.realAssets()).to.deep.equal(before);
    expect(await venue.deployed.paidUnasked()).to.be.closeTo(2n * ETHER, 5n);
    // What lies here is enough: the second request is not touched.
    await venue.adapter.deallocate(ETHER, ETHER);
    expect(await readBigint(venue.weth, "balanceOf", venue.vault.address)).to.be.closeTo(2n * ETHER, 5n);
    expect(await venue.openRequests()).to.deep.equal([2n]);
    await venue.adapter.claim();
    expect(await readBigint(venue.weth, "balanceOf", venue.vault.address)).to.equal(before.claimable);
    expect(await venue.connection.ethers.provider.getBalance(venue.deployed)).to.equal(0n);
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
    const { blacklister } = venue.etherFi;
    const address = await venue.adapter.getAddress();
    await venue.finalize(1n);
    const before = await venue.adapter.realAssets();
    await blacklister.blacklistUserUntil(address);
    expect(await venue.adapter.maxAllocate()).to.equal(0n);
    await expect(allocate(venue, ETHER)).to.be.revertedWithCustomError(blacklister, "BlacklistedUser");
    await expect(venue.adapter.requestExit(ETHER, 0n)).to.be.revertedWithCustomError(blacklister, "BlacklistedUser");
    // A claim that fails holds up nobody and forgets nothing.
    await venue.adapter.claim();
    expect(await readBigint(venue.weth, "balanceOf", venue.vault.address)).to.equal(0n);
    expect(await venue.openRequests()).to.deep.equal([1n, 2n]);
    expect(await venue.adapter.realAssets()).to.deep.equal(before);
    await venue.connection.networkHelpers.time.increase(3 * 86_400 + 1);
    expect(await venue.adapter.maxAllocate()).to.be.above(0n);
    await venue.adapter.claim();
    expect(await readBigint(venue.weth, "balanceOf", venue.vault.address)).to.equal(before.claimable);
  });

  it("behavior: a request whose ether is not set aside does not hold up the others", async () => {
    const venue = getVenue();
    await requestTwo();
    const { requests } = venue.etherFi;
    await requests.finalize(2n, { value: 2n * ETHER });
    await venue.adapter.claim();
    expect(await readBigint(venue.weth, "balanceOf", venue.vault.address)).to.be.closeTo(2n * ETHER, 5n);
    expect(await venue.openRequests()).to.deep.equal([2n]);
    await requests.finalize(2n, { value: 3n * ETHER });
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
      async () => factory.deploy(venue.vault.address, weth, await otherWeEth.getAddress(), ethers.ZeroAddress),
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

  it("error: Adapter_AssetMismatch for a RedemptionManager of another deployment, or of another idea of ether; Adapter_BadTarget for a build without output tokens", async () => {
    const venue = getVenue();
    const { connection, etherFi } = venue;
    const { ethers } = connection;
    const factory = await ethers.getContractFactory("EtherFiAdapter");
    const [weth, weEth] = [await venue.weth.getAddress(), await etherFi.weEth.getAddress()];
    const other = await (await deployEtherFiDouble(connection, RATE)).redemption.getAddress();
    const deploy = (manager: string) => () => factory.deploy(venue.vault.address, weth, weEth, manager);
    await expectRefusal(venue, deploy(other), "Adapter_AssetMismatch");
    const own = await etherFi.redemption.getAddress();
    await answering(connection, own, etherFi.redemption.interface, "ETH_ADDRESS", [ethers.ZeroAddress]);
    await expectRefusal(venue, deploy(own), "Adapter_AssetMismatch");
    await answering(connection, own, etherFi.redemption.interface, "ETH_ADDRESS", "nothing");
    await expectRefusal(venue, deploy(own), "Adapter_BadTarget", [own]);
  });
});

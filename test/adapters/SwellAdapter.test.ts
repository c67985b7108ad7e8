/** SwellAdapter on the doubles, once for swETH and once for rswETH; test/fork reads the rates of Swell's own code. */
import { expect } from "chai";
import { answering } from "../support/answering.ts";
import { readBigint } from "../support/genuine/artifact.ts";
import { isolate } from "../support/isolate.ts";
import { queuedConformance } from "../support/queuedConformance.ts";
import { stakedVenue } from "../support/stakedVenue.ts";
import { deploySwellDouble, type SwellDouble } from "../support/stakingDoubles.ts";
import { type Account, allocate, ETHER, expectRefusal, type QueuedVenue, sendWeth } from "../support/venue.ts";

/** Those of the recorded mainnet block. */
const RATES = { swETH: 1_060_073_123_456_789_013n, rswETH: 1_008_235_987_654_321_011n } as const;

interface SwellVenue extends QueuedVenue {
  readonly swell: SwellDouble;
}

const deployVenue = (symbol: "swETH" | "rswETH"): Promise<SwellVenue> =>
  stakedVenue(async ({ connection }) => {
    const swell = await deploySwellDouble(connection, symbol, RATES[symbol]);
    const { access, token, queue } = swell;
    const targets = [await token.getAddress(), await queue.getAddress()];
    const buy = (buyer: Account, value: bigint) => token.connect(buyer).deposit({ value });
    return {
      own: { swell },
      contract: "SwellAdapter",
      targets,
      token,
      spenders: targets,
      rate: RATES[symbol],
      setRate: (rate) => token.setRate(rate),
      buy,
      closings: {
        "core methods paused": () => access.setCoreMethodsPaused(true),
        "withdrawals paused": () => access.setWithdrawalsPaused(true),
        "not on the token's whitelist": () => token.enableWhitelist(),
        "not on the queue's whitelist": () => queue.enableWhitelist(),
      },
      finalize: async (id) => queue.processWithdrawals(id, { value: await queue.etherToProcess(id) }),
      requestFor: async (stranger, adapter, amount) => {
        await buy(stranger, 2n * amount);
        await token.connect(stranger).approve(queue, amount);
        await queue.connect(stranger).createWithdrawRequest(amount);
        // A plain transfer asks nobody.
        const id = await queue.getLastTokenIdCreated();
        await queue.connect(stranger).transferFrom(stranger.address, adapter, id);
      },
      amounts: {
        // One wei buys no whole token.
        smallest: 2n,
        largest: 5_000n * ETHER,
        // Swell rounds the inverse rate to 18 digits: an amount loses up to amount / 1e18.
        dust: 6_000n,
        smallestRequest: 10n ** 16n,
      },
    };
  });

for (const symbol of ["swETH", "rswETH"] as const) {
  describe(`SwellAdapter, ${symbol}`, () => {
    const getVenue = isolate(() => deployVenue(symbol));
    queuedConformance(getVenue);
    const paid = async () => readBigint(getVenue().weth, "balanceOf", getVenue().vault.address);

    it("behavior: a whitelist lets in who is on it, at both doors", async () => {
      const venue = getVenue();
      const { token, queue } = venue.swell;
      const adapter = await venue.adapter.getAddress();
      await token.enableWhitelist();
      await queue.enableWhitelist();
      expect(await venue.adapter.maxAllocate()).to.equal(0n);
      await token.addToWhitelist(adapter);
      expect(await venue.adapter.maxAllocate()).to.equal(0n);
      await queue.addToWhitelist(adapter);
      await allocate(venue, 10n * ETHER);
      await venue.adapter.requestExit(4n * ETHER, 4n * ETHER - 100n);
      expect(await venue.openRequests()).to.have.length(1);
    });

    it("behavior: struck off the whitelist, it keeps its value and cannot ask to leave", async () => {
      const venue = getVenue();
      await allocate(venue, 10n * ETHER);
      const { liquid } = await venue.adapter.realAssets();
      await venue.swell.queue.enableWhitelist();
      expect((await venue.adapter.realAssets()).liquid).to.equal(liquid);
      await expect(venue.adapter.requestExit(4n * ETHER, 0n)).to.be.revertedWithCustomError(
        venue.swell.queue,
        "NotInWhitelist",
      );
    });

    it("behavior: a request pays min(rate when created, rate when processed), whatever the rate is later", async () => {
      const venue = getVenue();
      await allocate(venue, 100n * ETHER);
      const rate = await venue.adapter.rate();
      await venue.adapter.requestExit(10n * ETHER, 0n);
      await venue.adapter.requestExit(20n * ETHER, 0n);
      await venue.setRate((rate * 97n) / 100n);
      await venue.finalize(1n);
      await venue.setRate((rate * 104n) / 100n);
      await venue.finalize(2n);
      const { claimable } = await venue.adapter.realAssets();
      expect(claimable).to.be.closeTo((10n * ETHER * 97n) / 100n + 20n * ETHER, 100n);
      await venue.adapter.claim();
      expect(await paid()).to.equal(claimable);
    });

    it("behavior: processed requests count as pending while withdrawals are paused, and are paid after", async () => {
      const venue = getVenue();
      await allocate(venue, 10n * ETHER);
      await venue.adapter.requestExit(4n * ETHER, 0n);
      await venue.finalize(1n);
      const open = await venue.adapter.realAssets();
      await venue.swell.access.setWithdrawalsPaused(true);
      const paused = await venue.adapter.realAssets();
      expect([paused.pending, paused.claimable]).to.deep.equal([open.claimable, 0n]);
      await venue.adapter.claim();
      expect(await venue.openRequests()).to.have.length(1);
      await venue.swell.access.setWithdrawalsPaused(false);
      await venue.adapter.claim();
      expect(await paid()).to.equal(open.claimable);
    });

    it("behavior: the queue answers a rate for requests that do not exist; a claimed one is worth nothing", async () => {
      const venue = getVenue();
      const { queue } = venue.swell;
      await allocate(venue, 10n * ETHER);
      await venue.adapter.requestExit(4n * ETHER, 0n);
      await venue.finalize(1n);
      await venue.adapter.claim();
      expect((await queue.getProcessedRateForTokenId(1n)).isProcessed).to.equal(true);
      expect((await queue.withdrawalRequests(1n)).amount).to.be.above(0n);
      const { pending, claimable } = await venue.adapter.realAssets();
      expect([pending, claimable]).to.deep.equal([0n, 0n]);
    });

    it("behavior: a request that an upgrade of Swell's took away or burnt is worth nothing and forgotten", async () => {
      const venue = getVenue();
      const { queue } = venue.swell;
      const { ethers, networkHelpers } = venue.connection;
      const adapter = await venue.adapter.getAddress();
      await allocate(venue, 100n * ETHER);
      for (let i = 0; i < 3; i++) await venue.adapter.requestExit(10n * ETHER, 0n);
      await venue.finalize(3n);
      // Nobody but the adapter can do this on the code of today, so the test acts as the adapter.
      await networkHelpers.impersonateAccount(adapter);
      await networkHelpers.setBalance(adapter, ETHER);
      const self = queue.connect(await ethers.getSigner(adapter));
      await self.transferFrom(adapter, venue.stranger.address, 1n);
      await self.finalizeWithdrawal(2n);
      const { pending, claimable } = await venue.adapter.realAssets();
      expect(pending).to.equal(0n);
      expect(claimable).to.be.closeTo(10n * ETHER, 100n);
      await venue.adapter.claim();
      expect(await paid()).to.equal(claimable);
      expect(await venue.openRequests()).to.have.length(0);
    });

    it("behavior: a large exit is split evenly below the maximum, each part above the minimum", async () => {
      const venue = getVenue();
      await allocate(venue, 2_000n * ETHER);
      await venue.swell.queue.setLimits(200n * ETHER, 300n * ETHER);
      await venue.adapter.requestExit(1_000n * ETHER, 0n);
      const ids = await venue.openRequests();
      const parts = await Promise.all(ids.map(async (id) => (await venue.swell.queue.withdrawalRequests(id)).amount));
      expect(parts).to.have.length(4);
      for (const amount of parts) expect(amount).to.be.within(200n * ETHER, 300n * ETHER);
      expect(parts.reduce((sum, amount) => sum + amount)).to.be.closeTo((1_000n * ETHER * ETHER) / RATES[symbol], 10n);
    });

    it("behavior: one request the queue cannot pay does not hold up the others", async () => {
      const venue = getVenue();
      await allocate(venue, 100n * ETHER);
      for (let i = 0; i < 3; i++) await venue.adapter.requestExit(10n * ETHER, 0n);
      await venue.finalize(3n);
      const queueAddress = await venue.swell.queue.getAddress();
      await venue.connection.networkHelpers.setBalance(queueAddress, 21n * ETHER);
      await venue.adapter.claim();
      expect(await venue.openRequests()).to.deep.equal([3n]);
      expect(await paid()).to.be.closeTo(20n * ETHER, 100n);
      await venue.connection.networkHelpers.setBalance(queueAddress, 21n * ETHER);
      await venue.adapter.claim();
      expect(await paid()).to.be.closeTo(30n * ETHER, 100n);
    });

    it("error: Adapter_LimitExceeded names the closed door when allocating", async () => {
      const venue = getVenue();
      await venue.swell.access.setCoreMethodsPaused(true);
      await sendWeth(venue.weth, venue.vault, await venue.adapter.getAddress(), ETHER);
      await expectRefusal(venue, () => venue.adapter.allocate(ETHER, 0n), "Adapter_LimitExceeded", [ETHER, 0n]);
    });

    it("error: Adapter_LimitExceeded while the queue's largest request is nothing", async () => {
      const venue = getVenue();
      await allocate(venue, 10n * ETHER);
      const { queue } = venue.swell;
      await answering(venue.connection, await queue.getAddress(), queue.interface, "withdrawRequestMaximum", [0n]);
      await expectRefusal(venue, () => venue.adapter.requestExit(4n * ETHER, 0n), "Adapter_LimitExceeded");
    });

    it("error: Adapter_BelowMinimum", async () => {
      const venue = getVenue();
      await allocate(venue, ETHER);
      await expectRefusal(venue, () => venue.adapter.requestExit(10n ** 15n, 0n), "Adapter_BelowMinimum");
    });

    it("error: Adapter_RateZero", async () => {
      const venue = getVenue();
      await venue.setRate(0n);
      await expectRefusal(venue, () => venue.adapter.rate(), "Adapter_RateZero");
    });

    it("error: Adapter_UnexpectedToken when a stranger's request is sent safely", async () => {
      const venue = getVenue();
      const { token, queue } = venue.swell;
      await token.connect(venue.stranger).deposit({ value: 2n * ETHER });
      await token.connect(venue.stranger).approve(await queue.getAddress(), ETHER);
      await queue.connect(venue.stranger).createWithdrawRequest(ETHER);
      const adapter = await venue.adapter.getAddress();
      const transfer = queue.connect(venue.stranger)["safeTransferFrom(address,address,uint256)"];
      await expectRefusal(venue, () => transfer(venue.stranger.address, adapter, 1n), "Adapter_UnexpectedToken", [
        await queue.getAddress(),
        venue.stranger.address,
      ]);
    });

    it("error: Adapter_AssetMismatch when the queue belongs to the other token", async () => {
      const venue = getVenue();
      const other = await deploySwellDouble(venue.connection, symbol === "swETH" ? "rswETH" : "swETH", ETHER);
      const factory = await venue.connection.ethers.getContractFactory("SwellAdapter");
      const [weth, token, queue] = [
        await venue.weth.getAddress(),
        await venue.swell.token.getAddress(),
        await other.queue.getAddress(),
      ];
      await expectRefusal(
        venue,
        () => factory.deploy(venue.vault.address, weth, token, queue),
        "Adapter_AssetMismatch",
      );
    });
  });
}

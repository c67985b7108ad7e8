/** Beside the common suite: adapters whose exits wait in the protocol's queue. */
import { expect } from "chai";
import { conformance, fuzz } from "./conformance.ts";
import { readBigint } from "./genuine/artifact.ts";
import { allocate, ETHER, expectRefusal, type QueuedVenue, WAD } from "./venue.ts";

/** Declares the suite. */
export function queuedConformance(getVenue: () => QueuedVenue): void {
  conformance(getVenue);
  const request = async (assets: bigint): Promise<bigint> => {
    const { adapter } = getVenue();
    const requested = await adapter.requestExit.staticCall(assets, 0n);
    await adapter.requestExit(assets, 0n);
    return requested;
  };
  const lastRequest = async (): Promise<bigint> => {
    const ids = await getVenue().openRequests();
    return ids[ids.length - 1] ?? 0n;
  };
  /** The suite's amounts count in this: an ether, or the venue's step. */
  const one = () => getVenue().exitStep ?? ETHER;
  const smallestRequest = () => getVenue().smallestRequest ?? 200n;
  /** The part of `liquid` that can be requested. */
  const requestable = (liquid: bigint) => liquid - (liquid % (getVenue().exitStep ?? 1n));
  /** What a request or an exit of `amount` may differ by where a sale comes before it. */
  const slack = (amount: bigint): bigint => getVenue().entrySlack?.(amount) ?? 0n;
  const paid = async () => readBigint(getVenue().weth, "balanceOf", getVenue().vault.address);

  it("behavior: stake, request, finalize, claim loses rounding only", async () => {
    const venue = getVenue();
    await fuzz(venue, async (amount) => {
      // Rounding may leave a little less than what went in.
      if (amount < smallestRequest() + venue.dust) return;
      await allocate(venue, amount);
      const { liquid } = await venue.adapter.realAssets();
      const leaving = requestable(liquid);
      const stays = liquid - leaving;
      const requested = await request(leaving);
      expect(requested).to.be.closeTo(leaving, venue.dust * 16n + slack(amount));
      const waiting = await venue.adapter.realAssets();
      // A sale fetches another amount a block later.
      const drift = slack(amount) === 0n ? 0n : venue.dust + amount / 10n ** 6n;
      expect(waiting.pending).to.be.closeTo(requested, drift);
      expect(waiting.claimable).to.equal(0n);
      expect(waiting.liquid).to.be.at.most(stays + venue.dust + drift);
      expect(await venue.adapter.maxDeallocate()).to.equal(0n);
      await venue.finalize(await lastRequest());
      const { claimable } = await venue.adapter.realAssets();
      expect(await venue.adapter.maxDeallocate()).to.equal(claimable);
      await venue.adapter.claim();
      expect(await paid()).to.equal(claimable);
      expect(claimable).to.be.closeTo(amount - stays, venue.dust * 17n + slack(amount));
      expect((await venue.adapter.realAssets()).claimable).to.equal(0n);
    });
  });

  it("behavior: no approval outlives a request", async () => {
    const venue = getVenue();
    await venue.accrue();
    await allocate(venue, (one() * 1_234_567_890_123n) / 10n ** 12n);
    await request(venue.exitStep ?? (smallestRequest() > 987_654_321n ? smallestRequest() : 987_654_321n));
    if (venue.exitStep === undefined) await request((await venue.adapter.realAssets()).liquid);
    const address = await venue.adapter.getAddress();
    for (const { token, spenders } of venue.approvals) {
      for (const spender of spenders) expect(await readBigint(token, "allowance", address, spender)).to.equal(0n);
    }
  });

  it("behavior: claiming is idempotent and pays nothing before finalization", async () => {
    const venue = getVenue();
    await allocate(venue, 10n * one());
    await request(4n * one());
    expect(await venue.adapter.claim.staticCall()).to.equal(0n);
    await venue.adapter.claim();
    expect(await venue.openRequests()).to.have.length(1);
    await venue.finalize(await lastRequest());
    await venue.adapter.claim();
    const once = await paid();
    await venue.adapter.claim();
    expect(await paid()).to.equal(once);
    expect(await venue.openRequests()).to.have.length(0);
  });

  it("behavior: partial finalization pays the finished requests and keeps the rest", async () => {
    const venue = getVenue();
    await allocate(venue, 10n * one());
    await request(2n * one());
    const first = await lastRequest();
    const second = await request(3n * one());
    await venue.finalize(first);
    const { pending, claimable } = await venue.adapter.realAssets();
    expect(pending).to.be.closeTo(second, venue.dust);
    expect(claimable).to.be.closeTo(2n * one(), venue.dust + slack(2n * one()));
    await venue.adapter.claim();
    expect(await paid()).to.equal(claimable);
    expect(await venue.openRequests()).to.deep.equal([await lastRequest()]);
    expect((await venue.adapter.realAssets()).pending).to.be.closeTo(second, venue.dust);
  });

  it("behavior: a slashing lowers pending and what is claimed; a rebase up lifts neither", async () => {
    const venue = getVenue();
    await allocate(venue, 10n * one());
    const requested = await request(5n * one());
    const rate = await venue.adapter.rate();
    await venue.setRate((rate * 11n) / 10n);
    expect((await venue.adapter.realAssets()).pending).to.be.closeTo(requested, venue.dust);
    await venue.setRate((rate * 9n) / 10n);
    const slashed = await venue.adapter.realAssets();
    const left = venue.exitsAreFixed ? requested : (requested * 9n) / 10n;
    expect(slashed.pending).to.be.closeTo(left, venue.dust);
    expect(slashed.liquid).to.be.closeTo((5n * one() * 9n) / 10n, 2n * venue.dust + slack(10n * one()));
    await venue.finalize(await lastRequest());
    const { claimable } = await venue.adapter.realAssets();
    expect(claimable).to.be.closeTo(slashed.pending, venue.dust);
    await venue.adapter.claim();
    expect(await paid()).to.equal(claimable);
  });

  it("behavior: deallocate claims finished requests, oldest first, until enough has arrived", async () => {
    const venue = getVenue();
    await allocate(venue, 10n * one());
    for (let i = 0; i < 3; i++) await request(2n * one());
    await venue.finalize(await lastRequest());
    await venue.adapter.deallocate(3n * one(), 3n * one());
    expect(await paid()).to.be.closeTo(4n * one(), 2n * venue.dust + slack(4n * one()));
    expect(await venue.openRequests()).to.have.length(1);
    expect((await venue.adapter.realAssets()).claimable).to.be.closeTo(2n * one(), venue.dust + slack(2n * one()));
    await expectRefusal(getVenue(), () => venue.adapter.deallocate(one(), 3n * one()), "Adapter_ReceivedTooLow");
  });

  it("behavior: requests that others make in its name do not exist for it", async () => {
    const venue = getVenue();
    await allocate(venue, 10n * one());
    await venue.requestInItsName(5n * one());
    expect(await venue.openRequests()).to.have.length(0);
    const { pending, claimable } = await venue.adapter.realAssets();
    expect([pending, claimable]).to.deep.equal([0n, 0n]);
  });

  it("behavior: slots are free again after claiming", async () => {
    const venue = getVenue();
    await allocate(venue, 100n * one());
    for (let i = 0; i < 16; i++) await request(one());
    await venue.finalize(await lastRequest());
    await venue.adapter.claim();
    await request(one());
    expect(await venue.openRequests()).to.have.length(1);
  });

  it("error: Adapter_TooManyRequests", async () => {
    const venue = getVenue();
    await allocate(venue, 100n * one());
    for (let i = 0; i < 16; i++) await request(one());
    await expectRefusal(getVenue(), () => venue.adapter.requestExit(one(), 0n), "Adapter_TooManyRequests", [17n, 16n]);
  });

  it("default: a request for nothing makes none, and asks its venue for nothing", async () => {
    const venue = getVenue();
    await allocate(venue, 10n * one());
    expect(await request(0n)).to.equal(0n);
    expect(await venue.openRequests()).to.deep.equal([]);
    await expectRefusal(venue, () => venue.adapter.requestExit(0n, 1n), "Adapter_ValueTooLow", [0n, 1n]);
  });

  it("error: Adapter_ValueTooLow when an exit is worth less than signed", async () => {
    const venue = getVenue();
    await allocate(venue, 10n * one());
    await expectRefusal(
      getVenue(),
      () => venue.adapter.requestExit(5n * one(), 5n * one() + 1n + slack(5n * one())),
      "Adapter_ValueTooLow",
    );
  });

  it("error: Adapter_LimitExceeded when more than the position should leave", async () => {
    const venue = getVenue();
    await allocate(venue, 10n * one());
    await expectRefusal(getVenue(), () => venue.adapter.requestExit(11n * one(), 0n), "Adapter_LimitExceeded");
  });

  it("error: Adapter_UnexpectedEther", async () => {
    const { adapter, stranger } = getVenue();
    const to = await adapter.getAddress();
    await expectRefusal(getVenue(), () => stranger.sendTransaction({ to, value: WAD }), "Adapter_UnexpectedEther", [
      stranger.address,
    ]);
  });
}

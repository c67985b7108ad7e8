/** BedrockAdapter on the doubles. */
import { expect } from "chai";
import { readBigint } from "../support/genuine/artifact.ts";
import { isolate } from "../support/isolate.ts";
import { queuedConformance } from "../support/queuedConformance.ts";
import { stakedVenue } from "../support/stakedVenue.ts";
import { type BedrockDouble, deployBedrockDouble } from "../support/stakingDoubles.ts";
import { allocate, ETHER, expectRefusal, fund, type QueuedVenue, sendWeth } from "../support/venue.ts";

/** Divides nothing evenly. */
const RATE = 1_041_234_567_890_123_457n;
const STEP = 32n * ETHER;

interface BedrockVenue extends QueuedVenue {
  readonly bedrock: BedrockDouble;
}

/** No ether waits to be staked, so that nothing leaves at once; the tests of instant swaps add some. */
const deployVenue = (): Promise<BedrockVenue> =>
  stakedVenue(async ({ connection }) => {
    const bedrock = await deployBedrockDouble(connection, RATE);
    const { uniEth, redeem, staking } = bedrock;
    await staking.setDepositSize(1n);
    const target = await staking.getAddress();
    return {
      own: { bedrock },
      contract: "BedrockAdapter",
      targets: [target],
      token: uniEth,
      spenders: [target, await redeem.getAddress()],
      rate: RATE,
      setRate: (rate) => staking.setRate(rate),
      buy: (buyer, value) => staking.connect(buyer).mint(0n, 2n ** 64n, { value }),
      closings: { paused: () => staking.pause() },
      finalize: async (id) => staking.stopValidators({ value: await staking.debtUpTo(id) }),
      // Bedrock knows no debt for someone else; a payment into the redeem contract is the nearest thing.
      requestFor: (stranger, adapter, amount) => redeem.connect(stranger).pay(adapter, { value: amount }),
      amounts: {
        smallest: 2n,
        largest: 50_000n * ETHER,
        // A change of rate is set to 18 digits: 160 ether move by up to 160 wei.
        dust: 200n,
        smallestRequest: STEP,
        exitStep: STEP,
        exitsAreFixed: true,
      },
    };
  });

describe("BedrockAdapter", () => {
  const getVenue = isolate(deployVenue);
  queuedConformance(getVenue);
  const paid = async () => readBigint(getVenue().weth, "balanceOf", getVenue().vault.address);
  const approved = async (): Promise<bigint> => {
    const { uniEth, staking } = getVenue().bedrock;
    return uniEth.allowance(await getVenue().adapter.getAddress(), staking);
  };

  it("behavior: an exit is rounded down to whole 32 ETH; the rest stays and keeps its worth", async () => {
    const venue = getVenue();
    await allocate(venue, 200n * ETHER);
    const { liquid } = await venue.adapter.realAssets();
    expect(await venue.adapter.requestExit.staticCall(100n * ETHER, 0n)).to.equal(96n * ETHER);
    await venue.adapter.requestExit(100n * ETHER, 96n * ETHER);
    const after = await venue.adapter.realAssets();
    expect(after.pending).to.equal(96n * ETHER);
    expect(after.liquid).to.be.closeTo(liquid - 96n * ETHER, 3n);
    expect(await approved()).to.equal(0n);
  });

  it("error: Adapter_ValueTooLow when the signers expect more than the whole 32 ETH", async () => {
    const venue = getVenue();
    await allocate(venue, 200n * ETHER);
    await expectRefusal(venue, () => venue.adapter.requestExit(100n * ETHER, 99n * ETHER), "Adapter_ValueTooLow", [
      96n * ETHER,
      99n * ETHER,
    ]);
  });

  it("error: Adapter_BelowMinimum below 32 ETH, also when rounding took the last wei of 32", async () => {
    const venue = getVenue();
    await allocate(venue, STEP);
    const { liquid } = await venue.adapter.realAssets();
    expect(liquid).to.be.below(STEP);
    await expectRefusal(venue, () => venue.adapter.requestExit(liquid, 0n), "Adapter_BelowMinimum", [liquid, STEP]);
  });

  it("behavior: a debt paid in part pays that part and waits for the rest", async () => {
    const venue = getVenue();
    const { staking } = venue.bedrock;
    await allocate(venue, 200n * ETHER);
    await venue.adapter.requestExit(2n * STEP, 0n);
    await venue.adapter.requestExit(STEP, 0n);
    await staking.stopValidators({ value: 40n * ETHER });
    const first = await venue.adapter.realAssets();
    expect([first.pending, first.claimable]).to.deep.equal([56n * ETHER, 40n * ETHER]);
    await venue.adapter.claim();
    expect(await paid()).to.equal(40n * ETHER);
    expect(await venue.openRequests()).to.deep.equal([1n, 2n]);
    const second = await venue.adapter.realAssets();
    expect([second.pending, second.claimable]).to.deep.equal([56n * ETHER, 0n]);
    await staking.stopValidators({ value: 56n * ETHER });
    await venue.adapter.claim();
    expect(await paid()).to.equal(3n * STEP);
    expect(await venue.openRequests()).to.have.length(0);
  });

  it("behavior: what others pay into the redeem contract is neither value nor income", async () => {
    const venue = getVenue();
    const { redeem } = venue.bedrock;
    const adapter = await venue.adapter.getAddress();
    await allocate(venue, 200n * ETHER);
    await venue.adapter.requestExit(STEP, 0n);
    await redeem.connect(venue.stranger).pay(adapter, { value: 7n * ETHER });
    const before = await venue.adapter.realAssets();
    expect([before.pending, before.claimable]).to.deep.equal([STEP, 0n]);
    await venue.finalize(1n);
    await venue.adapter.claim();
    expect(await paid()).to.equal(STEP);
    expect(await redeem.balanceOf(adapter)).to.equal(7n * ETHER);
  });

  it("behavior: debts of others before it are paid first", async () => {
    const venue = getVenue();
    const { staking, uniEth } = venue.bedrock;
    const stranger = staking.connect(venue.stranger);
    await stranger.mint(0n, 2n ** 64n, { value: 2n * STEP });
    await uniEth.connect(venue.stranger).approve(staking, 2n * STEP);
    await stranger.redeemFromValidators(STEP, STEP, 2n ** 64n);
    await allocate(venue, 200n * ETHER);
    await venue.adapter.requestExit(STEP, 0n);
    await staking.stopValidators({ value: STEP });
    expect((await venue.adapter.realAssets()).claimable).to.equal(0n);
    await staking.stopValidators({ value: STEP });
    expect((await venue.adapter.realAssets()).claimable).to.equal(STEP);
  });

  describe("instant swap", () => {
    it("behavior: pays at once as far as ether waits, without approval left and without forced ether", async () => {
      const venue = getVenue();
      await allocate(venue, 200n * ETHER);
      expect(await venue.adapter.maxDeallocate()).to.equal(0n);
      await venue.bedrock.staking.addPending({ value: 50n * ETHER });
      expect(await venue.adapter.maxDeallocate()).to.equal(50n * ETHER);
      await fund(venue.connection, await venue.adapter.getAddress(), 9n * ETHER);
      const before = await venue.adapter.realAssets();
      await venue.adapter.deallocate(20n * ETHER, 20n * ETHER);
      expect(await paid()).to.be.closeTo(20n * ETHER, 1n);
      expect((await venue.adapter.realAssets()).liquid).to.be.closeTo(before.liquid - 20n * ETHER, 3n);
      expect(await approved()).to.equal(0n);
      const rest = await venue.adapter.maxDeallocate();
      expect(rest).to.be.closeTo(30n * ETHER, 1n);
      await expectRefusal(venue, () => venue.adapter.deallocate(rest + 1n, 0n), "Adapter_LimitExceeded");
      await venue.adapter.deallocate(rest, rest);
      expect(await venue.adapter.maxDeallocate()).to.equal(0n);
    });

    it("behavior: the whole position leaves when enough ether waits", async () => {
      const venue = getVenue();
      await allocate(venue, 123n * ETHER + 456n);
      await venue.bedrock.staking.addPending({ value: 500n * ETHER });
      const { liquid } = await venue.adapter.realAssets();
      expect(await venue.adapter.maxDeallocate()).to.equal(liquid);
      await venue.adapter.deallocate(liquid, liquid);
      expect(await paid()).to.be.at.least(liquid);
      expect((await venue.adapter.realAssets()).liquid).to.be.at.most(1n);
    });

    it("behavior: paid debts go first, the swap brings what is missing", async () => {
      const venue = getVenue();
      await allocate(venue, 200n * ETHER);
      await venue.adapter.requestExit(STEP, 0n);
      await venue.finalize(1n);
      await venue.bedrock.staking.addPending({ value: 50n * ETHER });
      expect(await venue.adapter.maxDeallocate()).to.equal(STEP + 50n * ETHER);
      await venue.adapter.deallocate(40n * ETHER, 40n * ETHER);
      expect(await paid()).to.be.closeTo(40n * ETHER, 1n);
      expect(await venue.openRequests()).to.have.length(0);
    });

    it("behavior: a pause stops the swap, not the payment of debts", async () => {
      const venue = getVenue();
      await allocate(venue, 200n * ETHER);
      await venue.adapter.requestExit(STEP, 0n);
      await venue.bedrock.staking.addPending({ value: 50n * ETHER });
      await venue.bedrock.staking.pause();
      expect(await venue.adapter.maxDeallocate()).to.equal(0n);
      await venue.adapter.requestExit(STEP, 0n);
      await venue.finalize(2n);
      expect(await venue.adapter.maxDeallocate()).to.equal(2n * STEP);
      await venue.adapter.deallocate(2n * STEP, 2n * STEP);
      expect(await paid()).to.equal(2n * STEP);
    });
  });

  it("error: Bedrock's USR004 for a deposit too small to mint anything", async () => {
    const venue = getVenue();
    await sendWeth(venue.weth, venue.vault, await venue.adapter.getAddress(), ETHER);
    await expect(venue.adapter.allocate(1n, 0n)).to.be.revertedWith("USR004");
  });

  it("error: Adapter_BadTarget for a codeless staking contract", async () => {
    const venue = getVenue();
    const factory = await venue.connection.ethers.getContractFactory("BedrockAdapter");
    const weth = await venue.weth.getAddress();
    const { address } = venue.stranger;
    await expectRefusal(venue, () => factory.deploy(venue.vault.address, weth, address), "Adapter_BadTarget", [
      address,
    ]);
  });
});

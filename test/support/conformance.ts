/** What every adapter must do, whatever its venue: one suite, run on genuine code or on a double. */
import { expect } from "chai";
import { MaxUint256 } from "ethers";
import { deploymentOf } from "./deployment.ts";
import { readBigint } from "./genuine/artifact.ts";
import { Seeded } from "./seeded.ts";
import { allocate, ETHER, expectRefusal, fund, sendWeth, type Venue, WAD } from "./venue.ts";

const FUZZ_SEED = 20_260_101n;
const FUZZ_RUNS = 10;

/** Runs `body` for amounts of every magnitude; a failure names the amount and the seed. */
export async function fuzz(venue: Venue, body: (amount: bigint) => Promise<void>): Promise<void> {
  const random = new Seeded(FUZZ_SEED);
  const amounts = [venue.smallest, venue.largest];
  while (amounts.length < FUZZ_RUNS) amounts.push(random.magnitude(venue.smallest, venue.largest));
  for (const amount of amounts) {
    const snapshot = await venue.connection.networkHelpers.takeSnapshot();
    try {
      await body(amount);
    } catch (error) {
      if (error instanceof Error) error.message = `amount ${amount}, seed ${FUZZ_SEED}: ${error.message}`;
      throw error;
    }
    await snapshot.restore();
  }
}

/** Turns the venue hostile: once it is armed it makes `calls` on the adapter, as itself, before it does what it is asked. */
export async function possess({ adapter, connection, target }: Venue, calls: readonly string[]) {
  const { ethers, networkHelpers } = connection;
  const plan = await ethers.deployContract("ReentryPlanDouble");
  for (const data of calls) await plan.plan(await adapter.getAddress(), data);
  // The venue's own code moves to another address; what stands in its place runs it on the venue's storage.
  const inner = ethers.getAddress(`0x${"c0de".repeat(10)}`);
  await networkHelpers.setCode(inner, await ethers.provider.getCode(target));
  const shell = await ethers.deployContract("ReentrantShellDouble", [plan, inner]);
  await networkHelpers.setCode(target, await ethers.provider.getCode(shell));
  return plan;
}

/** Declares the suite; `venue` gives the fixture once it is deployed. Each test starts from the fixture's state. */
export function conformance(getVenue: () => Venue): void {
  const liquid = async () => (await getVenue().adapter.realAssets()).liquid;

  it("default: the value added is what was put in, less rounding and the fee of leaving", async () => {
    const venue = getVenue();
    await fuzz(venue, async (amount) => {
      const before = await liquid();
      const value = await allocate(venue, amount);
      const afterFee = amount - (amount * venue.exitFeeBps) / 10_000n;
      expect(value).to.be.closeTo(afterFee, venue.dust + 1n + (venue.entrySlack?.(amount) ?? 0n));
      // A venue that earns between the two blocks adds a little; it never adds less.
      expect((await liquid()) - before).to.be.at.least(value - 1n);
    });
  });

  it("default: nothing in, nothing out, nothing finished", async () => {
    const { adapter, weth, vault } = getVenue();
    await adapter.allocate(0n, 0n);
    await adapter.deallocate(0n, 0n);
    await adapter.claim();
    expect(await adapter.realAssets()).to.deep.equal([0n, 0n, 0n]);
    expect(await readBigint(weth, "balanceOf", vault.address)).to.equal(0n);
  });

  it("behavior: units times rate is the liquid value", async () => {
    const venue = getVenue();
    await venue.accrue();
    await allocate(venue, 1_234n * ETHER + 567n);
    const base = await venue.connection.ethers.getContractAt("AdapterBase", await venue.adapter.getAddress());
    const units = await base.units();
    const unitsAtRate = (units * (await venue.adapter.rate())) / WAD;
    // The rate has 18 digits, so each rounding in it is worth units / 1e18; an exit fee rounds a second time.
    expect(await liquid()).to.be.closeTo(unitsAtRate, (2n * units) / WAD + 2n);
  });

  it("behavior: the rate grows with yield and the value with it", async () => {
    const venue = getVenue();
    await allocate(venue, 100n * ETHER);
    const [rate, value] = [await venue.adapter.rate(), await liquid()];
    await venue.accrue();
    expect(await venue.adapter.rate()).to.be.above(rate);
    expect((await liquid()) * rate).to.be.closeTo(value * (await venue.adapter.rate()), (value * rate) / 10n ** 12n);
  });

  it("behavior: a donation lifts no value", async () => {
    const venue = getVenue();
    const { adapter, connection, weth, stranger } = venue;
    await allocate(venue, 10n * ETHER);
    const [value, limit, rate] = [await liquid(), await adapter.maxDeallocate(), await adapter.rate()];
    await venue.donate(5n * ETHER);
    await sendWeth(weth, stranger, await adapter.getAddress(), 5n * ETHER);
    await fund(connection, await adapter.getAddress(), 5n * ETHER);
    const earned = (value * (await adapter.rate())) / rate;
    expect(await liquid()).to.be.closeTo(earned, 10n);
    expect(await adapter.maxDeallocate()).to.be.at.most((limit * (await adapter.rate())) / rate + 10n);
  });

  it("behavior: donated WETH is neither allocated nor paid out", async () => {
    const venue = getVenue();
    const address = await venue.adapter.getAddress();
    await sendWeth(venue.weth, venue.stranger, address, 3n * ETHER);
    await allocate(venue, 10n * ETHER);
    expect(await readBigint(venue.weth, "balanceOf", address)).to.equal(3n * ETHER);
    const out = await venue.adapter.maxDeallocate();
    await venue.adapter.deallocate(out, 0n);
    expect(await readBigint(venue.weth, "balanceOf", address)).to.equal(3n * ETHER);
  });

  it("behavior: no approval outlives a call", async () => {
    const venue = getVenue();
    const address = await venue.adapter.getAddress();
    await venue.accrue();
    await allocate(venue, 1_234_567_890_123_456_789n);
    const half = (await venue.adapter.maxDeallocate()) / 2n;
    await venue.adapter.deallocate(half, 0n);
    for (const { token, spenders } of venue.approvals) {
      for (const spender of spenders) expect(await readBigint(token, "allowance", address, spender)).to.equal(0n);
    }
  });

  it("behavior: closed venues take nothing and the limits say so without reverting", async () => {
    const venue = getVenue();
    await allocate(venue, 10n * ETHER);
    expect(await venue.adapter.maxAllocate()).to.be.above(0n);
    for (const closing of venue.closings) {
      const snapshot = await venue.connection.networkHelpers.takeSnapshot();
      const rate = await venue.adapter.rate();
      await closing.close();
      expect(await venue.adapter.maxAllocate(), closing.name).to.equal(0n);
      const expected = closing.exitLimit(await liquid());
      expect(await venue.adapter.maxDeallocate(), closing.name).to.equal(expected);
      expect(await venue.adapter.rate(), closing.name).to.be.at.least(rate);
      await sendWeth(venue.weth, venue.vault, await venue.adapter.getAddress(), ETHER);
      await expect(venue.adapter.allocate(ETHER, 0n), closing.name).to.revert(venue.connection.ethers);
      await snapshot.restore();
    }
  });

  it("behavior: a venue that answers nothing counts as closed", async () => {
    const { adapter, connection, target } = getVenue();
    // 0xfe = INVALID: every call reverts with all its gas.
    await connection.networkHelpers.setCode(target, "0xfe");
    expect(await adapter.maxAllocate()).to.equal(0n);
    expect(await adapter.maxDeallocate()).to.equal(0n);
  });

  it("behavior: a venue that answers zero to everything is not believed", async () => {
    const { adapter, connection, target } = getVenue();
    await allocate(getVenue(), 10n * ETHER);
    const [rate, value] = [await adapter.rate(), await liquid()];
    // Returns 256 bytes of zeros whatever it is asked.
    await connection.networkHelpers.setCode(target, "0x6101005ff3");
    // Where the rate comes from another contract of the venue it stands; elsewhere there is none.
    const found = await adapter.rate().catch(() => null);
    expect(found === null || found === rate, `a rate of ${found}`).to.equal(true);
    const worth = await adapter.realAssets().catch(() => null);
    // A closed-end sum of the block's interest apart, nothing is worth more than before.
    if (worth !== null) expect(worth.liquid + worth.pending + worth.claimable).to.be.at.most(value + value / 10n ** 6n);
    expect(await adapter.maxAllocate()).to.be.at.least(0n);
    expect(await adapter.maxDeallocate()).to.be.at.least(0n);
  });

  it("behavior: amounts below the smallest are refused, or counted at no more than was put in", async () => {
    const venue = getVenue();
    for (const amount of [1n, 2n, venue.smallest - 1n].filter((wei) => wei > 0n && wei < venue.smallest)) {
      const snapshot = await venue.connection.networkHelpers.takeSnapshot();
      await sendWeth(venue.weth, venue.vault, await venue.adapter.getAddress(), amount);
      try {
        await venue.adapter.allocate(amount, 0n);
      } catch (refusal) {
        // A refusal is a revert, not a fault of the test.
        expect(refusal instanceof Error ? refusal.message : "").to.match(/revert/i);
      }
      expect(await liquid()).to.be.at.most(amount);
      await snapshot.restore();
    }
  });

  it("behavior: a venue that calls back in is refused, and the books are as if it had not", async () => {
    const venue = getVenue();
    const { adapter, connection, vault } = venue;
    const { networkHelpers } = connection;
    const address = await adapter.getAddress();
    const quiet = await networkHelpers.takeSnapshot();
    await allocate(venue, 10n * ETHER);
    const expected = await adapter.realAssets();
    await quiet.restore();

    const { interface: calls } = adapter;
    const plan = await possess(venue, [
      calls.encodeFunctionData("allocate", [1n, 0n]),
      calls.encodeFunctionData("deallocate", [1n, 0n]),
      calls.encodeFunctionData("requestExit", [1n, 0n]),
      calls.encodeFunctionData("claim"),
    ]);
    await sendWeth(venue.weth, vault, address, 10n * ETHER);
    await plan.arm(true);
    await adapter.allocate(10n * ETHER, 0n);
    if ((await plan.tried()) === 0n) {
      // Entries that never meet this contract: exits must.
      const out = await adapter.maxDeallocate();
      await (out === 0n ? adapter.requestExit((await liquid()) / 2n, 0n) : adapter.deallocate(out / 2n, 0n));
    } else {
      const found = await adapter.realAssets();
      for (const part of [0, 1, 2] as const) {
        // Two blocks apart: what accrues between them, and nothing else.
        expect(found[part]).to.be.closeTo(expected[part], venue.dust + expected[part] / 10n ** 7n);
      }
    }
    expect(await plan.tried(), "the shell was never entered by a call that may write").to.be.above(0n);
    expect(await plan.succeeded()).to.equal(0n);
  });

  it("error: no deployment for nobody, or on accounts without code", async () => {
    const venue = getVenue();
    const { factory, args, types, names } = await deploymentOf(venue);
    const { ethers } = venue.connection;
    const empty = ethers.getAddress(`0x${"e0".repeat(20)}`);
    await factory.deploy(...args);
    const addresses = types.flatMap((type, index) => (type === "address" ? [index] : []));
    expect(addresses.length).to.be.above(2);
    for (const index of addresses) {
      // Uniswap v4's hooks are the one address that must have no code; their own test refuses every other.
      if (names[index] === "hooks_") continue;
      // The vault is checked by the registry, which knows its own; no vault at all is refused here.
      const bad = index === 0 ? ethers.ZeroAddress : empty;
      const worse = args.map((arg, place) => (place === index ? bad : arg));
      await expect(factory.deploy(...worse), `${names[index]} is ${bad}`).to.revert(ethers);
    }
  });

  it("error: Adapter_NotVault", async () => {
    const { adapter, stranger, vault } = getVenue();
    const outsider = adapter.connect(stranger);
    for (const call of [
      () => outsider.allocate(1n, 0n),
      () => outsider.deallocate(1n, 0n),
      () => outsider.requestExit(1n, 0n),
      () => outsider.claim(),
    ]) {
      await expectRefusal(getVenue(), call, "Adapter_NotVault", [stranger.address, vault.address]);
    }
  });

  it("error: Adapter_NotFunded", async () => {
    const { adapter } = getVenue();
    await expectRefusal(getVenue(), () => adapter.allocate(ETHER, 0n), "Adapter_NotFunded", [ETHER, 0n]);
  });

  it("error: Adapter_ValueTooLow", async () => {
    const venue = getVenue();
    await sendWeth(venue.weth, venue.vault, await venue.adapter.getAddress(), ETHER);
    await expectRefusal(getVenue(), () => venue.adapter.allocate(ETHER, ETHER + 1n), "Adapter_ValueTooLow");
  });

  it("error: Adapter_LimitExceeded", async () => {
    const venue = getVenue();
    await allocate(venue, ETHER);
    for (const assets of [2n * ETHER, MaxUint256]) {
      await expectRefusal(getVenue(), () => venue.adapter.deallocate(assets, 0n), "Adapter_LimitExceeded");
    }
  });
}

/** Beside {@link conformance}: venues that pay at once. */
export function syncConformance(getVenue: () => Venue): void {
  conformance(getVenue);

  it("behavior: a round trip loses at most the stated fee and two wei", async () => {
    const venue = getVenue();
    for (const grown of [false, true]) {
      if (grown) await venue.accrue();
      await fuzz(venue, async (amount) => {
        await allocate(venue, amount);
        const out = await venue.adapter.maxDeallocate();
        const received = await venue.adapter.deallocate.staticCall(out, out);
        await venue.adapter.deallocate(out, out);
        const floor = amount - (amount * venue.exitFeeBps + 9_999n) / 10_000n - 2n;
        expect(received).to.be.at.least(floor);
        expect(await readBigint(venue.weth, "balanceOf", venue.vault.address)).to.equal(received);
      });
    }
  });

  it("behavior: what the position is said to be worth can be taken out, whole or in parts", async () => {
    const venue = getVenue();
    await venue.accrue();
    await fuzz(venue, async (amount) => {
      await allocate(venue, amount);
      const { liquid } = await venue.adapter.realAssets();
      if (liquid === 0n) return;
      const part = liquid / 3n;
      if (part > venue.dust) await venue.adapter.deallocate(part, part);
      const rest = (await venue.adapter.realAssets()).liquid;
      if (rest !== 0n) await venue.adapter.deallocate(rest, rest);
      expect((await venue.adapter.realAssets()).liquid).to.be.at.most(amount / 10n ** 6n + venue.dust);
    });
  });

  it("error: Adapter_ReceivedTooLow", async () => {
    const venue = getVenue();
    await allocate(venue, 2n * ETHER);
    // A venue that pays what a sale fetches may pay more than the amount, and is asked for what it cannot pay.
    const floor = venue.paysMore === true ? 2n * ETHER : ETHER + 1n;
    const args = venue.paysMore === true ? undefined : [ETHER, floor];
    await expectRefusal(getVenue(), () => venue.adapter.deallocate(ETHER, floor), "Adapter_ReceivedTooLow", args);
  });

  it("error: Adapter_NoAsyncExit", async () => {
    await expectRefusal(getVenue(), () => getVenue().adapter.requestExit(ETHER, 0n), "Adapter_NoAsyncExit");
  });
}

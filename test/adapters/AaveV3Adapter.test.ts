/** AaveV3Adapter on genuine Aave: v3.0 of npm, and v3.6 compiled from npm's source. */
import { expect } from "chai";
import { Interface, MaxUint256 } from "ethers";
import { answering } from "../support/answering.ts";
import { syncConformance } from "../support/conformance.ts";
import { type AaveDeployment, borrowWeth, deployAave, failBorrower } from "../support/genuine/aave.ts";
import { COMPILE_MS, compileAave36, deployAave36 } from "../support/genuine/aave-3.6.ts";
import { at, readBigint, send } from "../support/genuine/artifact.ts";
import { deployWeth } from "../support/genuine/weth.ts";
import { isolate } from "../support/isolate.ts";
import { type Account, allocate, connect, ETHER, expectRefusal, fund, sendWeth, type Venue } from "../support/venue.ts";

interface AaveVenue extends Venue {
  readonly aave: AaveDeployment;
  /** Lends next to all. */
  readonly admin: Account;
  readonly borrower: Account;
}

/** Where the releases behave differently. */
interface Release {
  readonly name: string;
  readonly deploy: typeof deployAave;
  /** Least that an entry adds: with an index above one, 3.6 mints nothing for a wei. */
  readonly smallest: bigint;
  /** How far the value added by an entry may be from what was put in, wei below and above. */
  readonly rounding: { readonly below: bigint; readonly above: bigint };
  readonly expectOverCap: (call: Promise<unknown>) => PromiseLike<void>;
}

const errors36 = { interface: new Interface(["error SupplyCapExceeded()", "error InvalidAmount()"]) };
const V30: Release = {
  name: "3.0",
  deploy: deployAave,
  smallest: 1n,
  // The scaled balance is rounded half up.
  rounding: { below: 1n, above: 1n },
  expectOverCap: (call) => expect(call).to.be.revertedWith("51"),
};
const V36: Release = {
  name: "3.6",
  deploy: deployAave36,
  smallest: 2n,
  // The scaled balance is rounded down, and so is its worth: never above what was put in.
  rounding: { below: 2n, above: 0n },
  expectOverCap: (call) => expect(call).to.be.revertedWithCustomError(errors36, "SupplyCapExceeded"),
};

const deployVenue = (release: Release) => async (): Promise<AaveVenue> => {
  const connection = await connect();
  const { ethers, networkHelpers } = connection;
  const [admin, vault, stranger, borrower] = await ethers.getSigners();
  if (!admin || !vault || !stranger || !borrower) return expect.fail("the network has fewer than four accounts");
  const weth = await deployWeth(admin);
  const wethAddress = await weth.getAddress();
  const aave = await release.deploy(admin, wethAddress);
  for (const { address } of [admin, vault, stranger]) await fund(connection, address, 1_000_000n * ETHER);

  const lend = async (lender: typeof stranger, amount: bigint, onBehalfOf: string) => {
    await sendWeth(weth, lender, lender.address, amount);
    await send(at(wethAddress, weth.interface, lender), "approve", aave.addresses.pool, amount);
    await send(
      at(aave.addresses.pool, aave.pool.interface, lender),
      "supply(address,uint256,address,uint16)",
      wethAddress,
      amount,
      onBehalfOf,
      0,
    );
  };
  await lend(admin, 200_000n * ETHER, admin.address);
  await borrowWeth(aave, borrower, 400_000n * ETHER, 150_000n * ETHER);
  await networkHelpers.time.increase(123 * 86_400);

  const adapter = await ethers.deployContract("AaveV3Adapter", [vault.address, wethAddress, aave.addresses.pool]);
  return {
    connection,
    weth,
    vault,
    stranger,
    aave,
    admin,
    borrower,
    adapter: await ethers.getContractAt("IStrategyAdapter", await adapter.getAddress(), vault),
    smallest: release.smallest,
    largest: 100_000n * ETHER,
    exitFeeBps: 0n,
    dust: 2n,
    target: aave.addresses.pool,
    approvals: [{ token: weth, spenders: [aave.addresses.pool, aave.addresses.aToken] }],
    accrue: () => networkHelpers.time.increase(700 * 86_400).then(() => undefined),
    donate: async (amount) => lend(stranger, amount, await adapter.getAddress()),
    closings: [
      {
        name: "paused",
        close: () => send(aave.configurator, "setReservePause(address,bool)", wethAddress, true),
        exitLimit: () => 0n,
      },
      {
        name: "frozen",
        close: () => send(aave.configurator, "setReserveFreeze", wethAddress, true),
        exitLimit: (liquid) => liquid,
      },
      {
        name: "full",
        close: () => send(aave.configurator, "setSupplyCap", wethAddress, 1n),
        exitLimit: (liquid) => liquid,
      },
    ],
  };
};

/** Everyone but the adapter leaves, as far as the reserve's money goes, but for `left`. */
async function drain({ aave, weth, admin }: AaveVenue, left: bigint): Promise<void> {
  const available = await readBigint(weth, "balanceOf", aave.addresses.aToken);
  await send(aave.pool, "withdraw", aave.weth, available - left, admin.address);
}

/** Bad debt of about half of what is lent out: collateral of 400,000 WETH falls to 60,000, against 150,000 owed. */
async function loseHalf({ aave, weth, stranger, borrower }: AaveVenue): Promise<void> {
  await sendWeth(weth, stranger, stranger.address, 100_000n * ETHER);
  await failBorrower(aave, stranger, borrower, 1_500n);
}

const liquidOf = async ({ adapter }: AaveVenue): Promise<bigint> => (await adapter.realAssets()).liquid;

describe("AaveV3Adapter", () => {
  before(function () {
    this.timeout(COMPILE_MS);
    compileAave36();
  });

  for (const release of [V30, V36]) {
    describe(`on Aave ${release.name}`, () => {
      const getVenue = isolate(deployVenue(release));
      syncConformance(getVenue);

      it("behavior: maxAllocate is accepted under a cap, and a little more is not", async () => {
        const venue = getVenue();
        await send(venue.aave.configurator, "setSupplyCap", venue.aave.weth, 210_000n);
        await venue.connection.networkHelpers.time.increase(3 * 86_400);
        const room = await venue.adapter.maxAllocate();
        expect(room).to.be.above(0n);
        expect(room).to.be.below(10_000n * ETHER);
        // Two blocks pass before the supply; the interest of two seconds is what the bound must leave.
        const margin = ETHER / 100n;
        await sendWeth(venue.weth, venue.vault, await venue.adapter.getAddress(), room + margin);
        await release.expectOverCap(venue.adapter.allocate(room + margin, 0n));
        await venue.adapter.allocate(room - margin, 0n);
      });

      it("behavior: maxAllocate holds at the very block it was read in", async () => {
        const venue = getVenue();
        await send(venue.aave.configurator, "setSupplyCap", venue.aave.weth, 210_000n);
        await venue.connection.networkHelpers.time.increase(30 * 86_400);
        await sendWeth(venue.weth, venue.vault, await venue.adapter.getAddress(), 10_000n * ETHER);
        const room = await venue.adapter.maxAllocate();
        const block = await venue.connection.ethers.provider.getBlock("latest");
        // Calls at a past block have its timestamp, so that no further interest accrues between view and supply.
        const blockTag = block?.number ?? 0;
        await venue.adapter.allocate.staticCall(room, 0n, { blockTag });
        await release.expectOverCap(venue.adapter.allocate.staticCall(room + 10n, 0n, { blockTag }));
      });

      it("behavior: what is lent out cannot leave", async () => {
        const venue = getVenue();
        await allocate(venue, 10_000n * ETHER);
        await drain(venue, 3_000n * ETHER);
        expect(await venue.adapter.maxDeallocate()).to.equal(3_000n * ETHER);
        await expectRefusal(venue, () => venue.adapter.deallocate(3_000n * ETHER + 1n, 0n), "Adapter_LimitExceeded");
        await venue.adapter.deallocate(3_000n * ETHER, 3_000n * ETHER);
        expect(await venue.adapter.maxDeallocate()).to.equal(0n);
      });

      it("behavior: the index rounds against the position by a wei or two, entry by entry, exit by exit", async () => {
        const venue = getVenue();
        const { below, above } = release.rounding;
        // An index above one: a wei of the asset is less than a wei of the scaled balance.
        expect(await venue.adapter.rate()).to.be.above(10n ** 18n);
        let [put, entries] = [0n, 0n];
        for (let wei = release.smallest; wei <= 12n; wei += 1n) {
          const before = await liquidOf(venue);
          await allocate(venue, wei);
          put += wei;
          entries += 1n;
          const now = await liquidOf(venue);
          expect(now, `${wei} wei`).to.be.within(before + wei - below, before + wei + above);
          // Many small entries: none creates value that cannot leave.
          expect(now).to.be.within(put - entries * below, put + entries * above);
        }
        for (let exits = 0; exits < 5; exits += 1) {
          const before = await liquidOf(venue);
          await venue.adapter.deallocate(1n, 1n);
          expect(before - (await liquidOf(venue))).to.be.within(0n, 2n);
        }
        const all = await venue.adapter.maxDeallocate();
        await venue.adapter.deallocate(all, all);
        expect(await liquidOf(venue)).to.be.at.most(1n);
      });

      it("error: Adapter_BadTarget", async () => {
        const venue = getVenue();
        const { ethers } = venue.connection;
        const factory = await ethers.getContractFactory("AaveV3Adapter");
        await expectRefusal(
          getVenue(),
          () => factory.deploy(venue.vault.address, venue.aave.weth, venue.stranger.address),
          "Adapter_BadTarget",
          [venue.stranger.address],
        );
        // An asset that the pool does not list has no aToken.
        await expectRefusal(
          getVenue(),
          () => factory.deploy(venue.vault.address, venue.aave.addresses.aToken, venue.aave.addresses.pool),
          "Adapter_BadTarget",
        );
      });
    });
  }

  describe("where 3.0 trusts balances", () => {
    const getVenue = isolate(deployVenue(V30));

    it("behavior: what somebody sent to the aToken can leave", async () => {
      const venue = getVenue();
      await allocate(venue, 10_000n * ETHER);
      await drain(venue, 3_000n * ETHER);
      await sendWeth(venue.weth, venue.stranger, venue.aave.addresses.aToken, 5_000n * ETHER);
      expect(await venue.adapter.maxDeallocate()).to.equal(8_000n * ETHER);
      await venue.adapter.deallocate(8_000n * ETHER, 8_000n * ETHER);
    });

    it("behavior: bad debt shows as missing liquidity alone", async () => {
      const venue = getVenue();
      await allocate(venue, 10_000n * ETHER);
      const [value, rate] = [await liquidOf(venue), await venue.adapter.rate()];
      await loseHalf(venue);
      expect(await liquidOf(venue)).to.be.at.least(value);
      expect(await venue.adapter.rate()).to.be.at.least(rate);
      await drain(venue, 1_000n * ETHER);
      expect(await venue.adapter.maxDeallocate()).to.equal(1_000n * ETHER);
    });
  });

  describe("where 3.6 keeps books", () => {
    const getVenue = isolate(deployVenue(V36));
    const deficitOf = ({ aave }: AaveVenue) => readBigint(aave.pool, "getReserveDeficit", aave.weth);

    it("behavior: what somebody sent to the aToken cannot leave", async () => {
      const venue = getVenue();
      const { aave, adapter } = venue;
      await allocate(venue, 10_000n * ETHER);
      await drain(venue, 3_000n * ETHER);
      await sendWeth(venue.weth, venue.stranger, aave.addresses.aToken, 5_000n * ETHER);
      expect(await readBigint(venue.weth, "balanceOf", aave.addresses.aToken)).to.equal(8_000n * ETHER);
      expect(await adapter.maxDeallocate()).to.equal(3_000n * ETHER);
      await expectRefusal(venue, () => adapter.deallocate(3_000n * ETHER + 1n, 0n), "Adapter_LimitExceeded");
      await adapter.deallocate(3_000n * ETHER, 3_000n * ETHER);
      expect(await adapter.maxDeallocate()).to.equal(0n);
    });

    it("behavior: a wei that mints nothing is refused by Aave", async () => {
      const venue = getVenue();
      await sendWeth(venue.weth, venue.vault, await venue.adapter.getAddress(), 1n);
      await expect(venue.adapter.allocate(1n, 0n)).to.be.revertedWithCustomError(errors36, "InvalidAmount");
    });

    it("behavior: a loss of the reserve lowers the value at once, by the deficit's share of all claims beyond a thousandth", async () => {
      const venue = getVenue();
      const { aave, adapter } = venue;
      await allocate(venue, 10_000n * ETHER);
      const [value, rate] = [await liquidOf(venue), await adapter.rate()];
      await loseHalf(venue);
      const deficit = await deficitOf(venue);
      expect(deficit).to.be.above(80_000n * ETHER);

      const address = await adapter.getAddress();
      const index = await readBigint(aave.pool, "getReserveNormalizedIncome", aave.weth);
      const { accruedToTreasury } = await aave.pool.getFunction("getReserveData").staticCall(aave.weth);
      const claims = (await readBigint(aave.aToken, "totalSupply")) + (accruedToTreasury * index) / 10n ** 27n;
      const claim = await readBigint(aave.aToken, "balanceOf", address);
      const left = await liquidOf(venue);
      expect(left).to.be.closeTo((claim * (claims - deficit + claims / 1_000n)) / claims, 2n);
      expect(left).to.be.within((value * 4n) / 10n, (value * 7n) / 10n);
      // What Aave owes stands.
      expect(await adapter.rate()).to.be.at.least(rate);
      // The same from the other side: what the reserve has and is owed, shared among all claims. Supply interest is linear and
      // debt compounds, which leaves the reserve a little more than its books promise.
      const backing =
        (await readBigint(aave.pool, "getVirtualUnderlyingBalance", aave.weth)) +
        (await readBigint(aave.variableDebtToken, "totalSupply"));
      const share = (claim * backing) / claims;
      expect(left).to.be.within((share * 99n) / 100n, share + claim / 1_000n + 2n);
    });

    it("behavior: a new entry into a deficit bears its share of it, and is refused by its minimum", async () => {
      const venue = getVenue();
      await loseHalf(venue);
      await sendWeth(venue.weth, venue.vault, await venue.adapter.getAddress(), 100n * ETHER);
      await expectRefusal(venue, () => venue.adapter.allocate(100n * ETHER, 99n * ETHER), "Adapter_ValueTooLow");
    });

    it("behavior: before a deficit is covered whoever leaves is paid in full, and the limit says so", async () => {
      const venue = getVenue();
      const { adapter, aave } = venue;
      await allocate(venue, 10_000n * ETHER);
      await loseHalf(venue);
      const [value, claim] = [await liquidOf(venue), await readBigint(aave.aToken, "balanceOf", adapter)];
      expect(value).to.be.below(claim);
      const out = await adapter.maxDeallocate();
      expect(out).to.equal(claim);
      await adapter.deallocate(out, out);
      expect(await liquidOf(venue)).to.be.at.most(1n + out / 10n ** 9n);
    });

    it("behavior: a deficit that is covered gives the value back", async () => {
      const venue = getVenue();
      const { adapter, admin, aave } = venue;
      await allocate(venue, 10_000n * ETHER);
      await loseHalf(venue);
      const deficit = await deficitOf(venue);
      // The owner of the market names who covers deficits; here a lender does, with its own claims.
      await send(aave.provider, "setAddress", venue.connection.ethers.encodeBytes32String("UMBRELLA"), admin.address);
      await send(aave.pool, "eliminateReserveDeficit", aave.weth, deficit / 2n);
      const [half, claim] = [await liquidOf(venue), await readBigint(aave.aToken, "balanceOf", adapter)];
      expect(half).to.be.below(claim);
      await send(aave.pool, "eliminateReserveDeficit", aave.weth, MaxUint256);
      expect(await deficitOf(venue)).to.equal(0n);
      expect(await liquidOf(venue)).to.be.above(half);
      expect(await liquidOf(venue)).to.equal(await readBigint(aave.aToken, "balanceOf", adapter));
    });

    it("behavior: of a deficit a thousandth of all claims does not count, and what exceeds it does", async () => {
      const venue = getVenue();
      const { aave, connection } = venue;
      await allocate(venue, 10_000n * ETHER);
      const pool = await connection.ethers.getContractAt("IAaveV3Pool", aave.addresses.pool);
      const scaled = await readBigint(aave.aToken, "scaledTotalSupply");
      const index = await readBigint(aave.pool, "getReserveNormalizedIncome", aave.weth);
      const { accruedToTreasury } = await aave.pool.getFunction("getReserveData").staticCall(aave.weth);
      const claims = ((scaled + accruedToTreasury) * index) / 10n ** 27n;
      const whole = await liquidOf(venue);
      // Interest of the blocks between only raises what counts as covered.
      await answering(connection, aave.addresses.pool, pool.interface, "getReserveDeficit", [claims / 1_000n]);
      expect(await liquidOf(venue)).to.be.within(whole, whole + whole / 10n ** 6n);
      await answering(connection, aave.addresses.pool, pool.interface, "getReserveDeficit", [claims / 500n]);
      expect(await liquidOf(venue)).to.be.closeTo((whole * 999n) / 1_000n, whole / 10n ** 6n);
    });

    it("behavior: a deficit of all claims leaves nothing", async () => {
      const venue = getVenue();
      const { aave, connection } = venue;
      await allocate(venue, 10_000n * ETHER);
      const pool = await connection.ethers.getContractAt("IAaveV3Pool", aave.addresses.pool);
      await answering(connection, aave.addresses.pool, pool.interface, "getReserveDeficit", [MaxUint256]);
      expect(await liquidOf(venue)).to.equal(0n);
    });

    it("behavior: no amount of gas makes a deficit go unseen", async () => {
      const venue = getVenue();
      const { adapter, connection } = venue;
      await allocate(venue, 10_000n * ETHER);
      await loseHalf(venue);
      const block = await connection.ethers.provider.getBlockNumber();
      const value = await liquidOf(venue);
      // A node says how much is enough; below it the inner call fails first, and what is left must not suffice to answer.
      const enough = await adapter.realAssets.estimateGas({ blockTag: block });
      const answers = new Set<bigint>();
      let unanswered = 0;
      for (let gas = enough + 2_000n; gas > enough - 40_000n; gas -= 40n) {
        const found = await adapter.realAssets({ gasLimit: gas, blockTag: block }).catch(() => null);
        if (found === null) unanswered += 1;
        else answers.add(found.liquid);
      }
      // From where nothing answers to where all does.
      expect(unanswered).to.be.within(100, 1_000);
      expect([...answers]).to.deep.equal([value]);
    });
  });
});

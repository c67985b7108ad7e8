/** The twin of Aave v3 on both lines of genuine Aave: what it reads is what the adapter then counts, takes and pays. */
import { expect } from "chai";
import { multicall, viewUint } from "../../../keeper/chain/multicall.ts";
import { LEG_KINDS } from "../../../keeper/chain/proposal.ts";
import { readVenues } from "../../../keeper/data/venue-states.ts";
import { type Address, address, assets } from "../../../keeper/kernel/units.ts";
import type { VenueState } from "../../../keeper/kernel/venue-state.ts";
import { aaveV3 } from "../../../keeper/protocols/aave-v3.ts";
import { AdapterBase__factory } from "../../../types/ethers-contracts/factories/contracts/adapters/AdapterBase__factory.ts";
import { openStrategy } from "../../support/everyVenue.ts";
import { type AaveDeployment, borrowWeth, deployAave, failBorrower } from "../../support/genuine/aave.ts";
import { COMPILE_MS, compileAave36, deployAave36 } from "../../support/genuine/aave-3.6.ts";
import { readBigint, send } from "../../support/genuine/artifact.ts";
import { wethAt } from "../../support/genuine/weth.ts";
import type { Account } from "../../support/venue.ts";
import { DAY, deployEngine, type Engine, ETHER, mineDays } from "../support/engine.ts";

const YEAR = 365 * DAY;
const SIZES = [1n, 10n, 100n, 1_000n, 5_000n].map((size) => assets(size * ETHER));
const ALLOCATED = 500n * ETHER;
/** `StrategyState` of contracts/types/Strategy.sol. */
const [ACTIVE, FROZEN] = [1n, 3n];

interface Release {
  readonly name: string;
  readonly deploy: typeof deployAave;
  /** Whether it keeps books of its liquidity and of bad debt. */
  readonly keepsBooks: boolean;
}
const RELEASES: readonly Release[] = [
  { name: "3.0", deploy: deployAave, keepsBooks: false },
  { name: "3.6", deploy: deployAave36, keepsBooks: true },
];

describe("the twin of Aave v3", () => {
  before(function () {
    this.timeout(COMPILE_MS);
    compileAave36();
  });

  for (const { name, deploy, keepsBooks } of RELEASES) {
    describe(`on Aave ${name}`, () => {
      let engine: Engine;
      let aave: AaveDeployment;
      let adapter: Address;
      let lender: Account;
      let borrower: Account;
      let restore: () => Promise<void>;

      const state = async (): Promise<VenueState> => {
        const request = { strategyId: 2, protocol: "aave-v3", adapter } as const;
        const { multicall: at3, weth } = engine.addresses;
        const { venues } = await readVenues(engine.client, { multicall: at3, asset: weth }, [request], SIZES);
        const [found] = venues;
        return found?.kind === "read" ? found : expect.fail(found?.reason ?? "not read");
      };
      const strategy = () => engine.connection.ethers.getContractAt("IStrategyAdapter", adapter);
      const move = async (kind: "Allocate" | "Deallocate", amount: bigint): Promise<number> => {
        const { ethers } = engine.connection;
        const module = await ethers.getSigner(engine.addresses.module);
        const vault = (await ethers.getContractAt("LiquidityVault", engine.addresses.vault)).connect(module);
        const leg = { strategyId: 2, kind: LEG_KINDS.indexOf(kind), amount, minValue: 1n, tickLower: 0, tickUpper: 0 };
        const receipt = await (await vault.rebalance([leg], await vault.nav(), 100)).wait();
        return Number(receipt?.gasUsed ?? 0n);
      };
      const wethOf = (signer: Account) => wethAt(engine.addresses.weth, signer);
      const drain = async (left: bigint) => {
        const held = await readBigint(wethOf(lender), "balanceOf", aave.addresses.aToken);
        await send(aave.pool, "withdraw", aave.weth, held - left, lender.address);
      };

      before(async function () {
        this.timeout(120_000);
        engine = await deployEngine(1, 5);
        const { connection, addresses } = engine;
        const { networkHelpers, ethers } = connection;
        const [first, , , second] = await ethers.getSigners();
        if (first === undefined || second === undefined) return expect.fail("too few accounts");
        [lender, borrower] = [first, second];
        await networkHelpers.setBalance(lender.address, 1_000_000n * ETHER);
        aave = await deploy(lender, addresses.weth);
        adapter = address(
          await openStrategy(engine, "AaveV3Adapter", [addresses.vault, addresses.weth, aave.addresses.pool]),
        );
        await (
          await wethOf(lender)
            .getFunction("deposit")
            .send({ value: 200_000n * ETHER })
        ).wait();
        await send(wethOf(lender), "approve", aave.addresses.pool, 200_000n * ETHER);
        const supply = "supply(address,uint256,address,uint16)";
        await send(aave.pool, supply, aave.weth, 100_000n * ETHER, lender.address, 0);
        await borrowWeth(aave, borrower, 200_000n * ETHER, 70_000n * ETHER);
        await networkHelpers.impersonateAccount(addresses.module);
        await networkHelpers.setBalance(addresses.module, 10n * ETHER);
        // Ten days of interest, and a touch of the reserve that books them.
        await mineDays(engine, 10, 2);
        await send(aave.pool, supply, aave.weth, 1n * ETHER, lender.address, 0);
      });
      after(() => engine.close());
      beforeEach(async () => {
        const snapshot = await engine.connection.networkHelpers.takeSnapshot();
        restore = () => snapshot.restore();
      });
      afterEach(() => restore());

      it("reads the adapter's rate at the pool", async () => {
        const { client, addresses } = engine;
        const found = await multicall(client, addresses.multicall, aaveV3.targets(adapter), "latest");
        const targets = found.map((target) => (target.ok ? target.value : expect.fail(target.reason)));
        expect(targets).to.deep.equal([aave.addresses.pool, aave.addresses.aToken].map(address));
        const calls = [
          aaveV3.rateAt(targets, addresses.weth),
          viewUint(AdapterBase__factory.createInterface(), adapter, "rate"),
        ];
        const [venue, stated] = await multicall(client, addresses.multicall, calls, "latest");
        if (venue?.ok !== true || stated?.ok !== true) return expect.fail("a rate is missing");
        expect(venue.value).to.equal(stated.value);
        expect(venue.value).to.be.above(ETHER);
      });

      it("states the yield that the index then brings", async () => {
        const { base } = (await state()).apy;
        if (base.kind !== "known") return expect.fail(base.reason);
        const index = () => readBigint(aave.pool, "getReserveNormalizedIncome", aave.weth);
        const { time } = engine.connection.networkHelpers;
        const [before, from] = [await index(), await time.latest()];
        await mineDays(engine, 1, 1);
        const [after, to] = [await index(), await time.latest()];
        const grown = (Number(after - before) / Number(before)) * (YEAR / (to - from));
        // 70 % of 2.7 % x 70/80, less 15 %: about 1.4 % a year, simple; the stated one is compounded.
        expect(base.apy).to.be.within(0.013, 0.015);
        expect(Math.log1p(base.apy) / grown).to.be.within(0.999, 1.001);
      });

      it("states cap and room as the adapter does", async () => {
        await send(aave.configurator, "setSupplyCap", aave.weth, 105_000n);
        const { cap, enter } = await state();
        if (cap === null || cap.used === null) return expect.fail("no cap was read");
        expect(cap.limit).to.equal(105_000n * ETHER);
        // What the treasury is owed takes room: 20 WETH by now.
        expect(cap.limit - cap.used).to.be.closeTo(enter.available, ETHER / 100n);
        expect(enter.curve.map(({ received }) => received === null)).to.deep.equal([false, false, false, false, true]);
        await send(aave.configurator, "setSupplyCap", aave.weth, 1n);
        expect((await state()).enter.closed).to.match(/takes nothing/);
      });

      it("states the liquidity that Aave then pays, donations as the release takes them", async () => {
        await move("Allocate", ALLOCATED);
        await drain(300n * ETHER);
        await send(wethOf(lender), "transfer", aave.addresses.aToken, 150n * ETHER);
        const { leave } = await state();
        const expected = (keepsBooks ? 300n : 450n) * ETHER;
        expect(leave.instant.ok ? leave.instant.value : 0n).to.equal(expected);
        expect(leave.own).to.equal(expected);
        expect(leave.curve.map(({ received }) => received === null)).to.deep.equal([false, false, false, true, true]);
        await move("Deallocate", expected);
        expect((await (await strategy()).realAssets()).liquid).to.be.closeTo(ALLOCATED - expected, ETHER / 100n);
        const empty = (await state()).leave.instant;
        expect(empty.ok ? empty.value : -1n).to.equal(0n);
      });

      it("names pause and freeze", async () => {
        await send(aave.configurator, "setReserveFreeze", aave.weth, true);
        const frozen = await state();
        expect(frozen.enter.closed).to.equal("the Aave reserve is frozen");
        expect(frozen.leave.closed).to.equal(null);
        await send(aave.configurator, "setReservePause(address,bool)", aave.weth, true);
        const paused = await state();
        expect(paused.enter.closed).to.equal("the Aave reserve is paused");
        expect(paused.leave.closed).to.equal("the Aave reserve is paused");
      });

      it("states what of a claim nothing backs, as the adapter counts it", async () => {
        await move("Allocate", ALLOCATED);
        expect((await state()).discount).to.equal(0);
        await failBorrower(aave, lender, borrower, 1_000n);
        const { discount, enter } = await state();
        const claim = await readBigint(aave.aToken, "balanceOf", adapter);
        const { liquid } = await (await strategy()).realAssets();
        expect(discount ?? -1).to.be.within(keepsBooks ? 0.4 : 0, keepsBooks ? 0.6 : 0);
        expect(Number(claim - liquid) / Number(claim)).to.be.within((discount ?? 0) - 1e-9, (discount ?? 0) + 1e-9);
        // An entry would count less by the same part; what it adds to the claims that share the deficit lifts the old position a
        // little.
        const vault = await engine.connection.ethers.getSigner(engine.addresses.vault);
        await engine.connection.networkHelpers.impersonateAccount(vault.address);
        await send(wethOf(lender), "transfer", adapter, 10n * ETHER);
        const counted = await (await strategy()).connect(vault).allocate.staticCall(10n * ETHER, 0n);
        const quote = enter.curve.find(({ size }) => size === 10n * ETHER)?.received ?? 0n;
        const expected = Number(quote) * (1 - (discount ?? 0));
        expect(Number(counted) / expected).to.be.within(0.9999, 1.01);
        // And the vault's own limit on losses closes the strategy before anything goes in, where the loss is told.
        await move("Allocate", 100n * ETHER);
        const after = await readBigint(aave.aToken, "balanceOf", adapter);
        expect(after - claim).to.be.closeTo(keepsBooks ? 0n : 100n * ETHER, ETHER / 100n);
        const registry = await engine.connection.ethers.getContractAt("StrategyRegistry", engine.addresses.registry);
        expect((await registry.strategy(2)).state).to.equal(keepsBooks ? FROZEN : ACTIVE);
      });

      it("takes no more gas than the keeper reckons with", async () => {
        const spent = { Allocate: await move("Allocate", ALLOCATED), Deallocate: await move("Deallocate", ETHER) };
        console.log(`      ${spent.Allocate} gas in, ${spent.Deallocate} out`);
        for (const kind of ["Allocate", "Deallocate"] as const)
          expect(spent[kind], kind).to.be.at.most(aaveV3.gas[kind]?.units ?? 0);
      });
    });
  }
});

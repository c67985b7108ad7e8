/** Fees of genuine Uniswap pools under the genuine core: when a harvest is worth its gas, what it brings, what it leaves alone. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { parseConfig } from "../../../keeper/config/load.ts";
import type { KeeperConfig } from "../../../keeper/config/schema.ts";
import { dueChores, maintain } from "../../../keeper/execute/maintain.ts";
import { fromWad } from "../../../keeper/kernel/units.ts";
import { protocolOf } from "../../../keeper/protocols/index.ts";
import { deployEveryVenue, type EveryVenue, VENUE_ORDER } from "../../support/everyVenue.ts";
import { swapTo } from "../../support/genuine/uniswap-v3.ts";
import { swapV4 } from "../../support/genuine/uniswap-v4.ts";
import { sqrtPriceOf } from "../../support/range.ts";
import { keeperConfig, senderOf } from "../support/engine.ts";

const ETHER = 10n ** 18n;
const GWEI = 10n ** 9n;
const RATE = (ETHER * 116n) / 100n;
const RANGES = ["uniswap-v3", "uniswap-v4"] as const;
const idOf = (protocol: (typeof RANGES)[number]): number => VENUE_ORDER.indexOf(protocol) + 1;

describe("harvests of fees", function () {
  this.timeout(180_000);
  let every: EveryVenue;
  let config: KeeperConfig;
  let folder: string;

  const vaultOf = () => every.engine.connection.ethers.getContractAt("LiquidityVault", every.engine.addresses.vault);
  const kinds = async () => (await dueChores(every.engine.client, config)).due.map(({ kind }) => kind);
  const setBaseFee = async (fee: bigint): Promise<void> => {
    await every.engine.connection.networkHelpers.setNextBlockBaseFeePerGas(fee);
    await every.engine.connection.networkHelpers.mine();
  };
  const run = async (name: string) =>
    maintain(senderOf(every.engine, every.engine.keeper, join(folder, `${name}.jsonl`)), config);

  /** Trades up and down by a third of a percent, and home, in both pools. */
  async function trade(rounds: number): Promise<void> {
    const [trader] = await every.engine.connection.ethers.getSigners();
    if (trader === undefined) return expect.fail("no accounts");
    const { v3, v4 } = every;
    const amount = 50_000n * ETHER;
    for (let round = 0; round < rounds; round += 1) {
      for (const price of [(RATE * 1_003n) / 1_000n, (RATE * 997n) / 1_000n]) {
        const isUp = price > RATE;
        await swapTo(v3.uniswap, trader, v3.pool, !isUp, amount, sqrtPriceOf(price, false));
        await swapV4(v4.uniswap, trader, v4.key, isUp, amount, sqrtPriceOf(price, true));
      }
    }
    await swapTo(v3.uniswap, trader, v3.pool, false, amount, sqrtPriceOf(RATE, false));
    await swapV4(v4.uniswap, trader, v4.key, true, amount, sqrtPriceOf(RATE, true));
  }

  before(async () => {
    every = await deployEveryVenue();
    folder = await mkdtemp(join(tmpdir(), "harvest-"));
    const { engine } = every;
    const { connection, addresses } = engine;
    const file = keeperConfig(engine.server.url, addresses, 1) as Record<string, unknown>;
    const strategies = [
      { id: 1, protocol: "erc4626", name: "Linear" },
      ...RANGES.map((protocol) => ({ id: idOf(protocol), protocol, name: `Range ${protocol}` })),
    ];
    config = parseConfig({ ...file, strategies }, "test");
    await connection.networkHelpers.impersonateAccount(addresses.module);
    await connection.networkHelpers.setBalance(addresses.module, 10n * ETHER);
    const module = await connection.ethers.getSigner(addresses.module);
    const vault = (await vaultOf()).connect(module);
    const leg = { kind: 2, amount: 200n * ETHER, minValue: 1n, tickLower: 0, tickUpper: 0 };
    const legs = RANGES.map((protocol) => ({ ...leg, strategyId: idOf(protocol) }));
    await vault.rebalance(legs, await vault.nav(), 100);
    await setBaseFee(GWEI / 10n);
  });
  after(async () => {
    await every.engine.close();
    await rm(folder, { recursive: true });
  });
  let clean: Awaited<ReturnType<EveryVenue["engine"]["connection"]["networkHelpers"]["takeSnapshot"]>>;
  beforeEach(async () => {
    clean = await every.engine.connection.networkHelpers.takeSnapshot();
  });
  afterEach(() => clean.restore());

  it("has none due where nobody traded", async () => {
    expect(await kinds()).to.deep.equal([]);
  });

  it("shows in the dry run what waits where, and what collecting it costs", async () => {
    await trade(2);
    const { due, blocked } = await dueChores(every.engine.client, config);
    expect(blocked).to.deep.equal([]);
    expect(due.map(({ kind }) => kind)).to.deep.equal(["harvest"]);
    expect(due[0]?.why).to.match(
      /^0\.\d+ WETH of fees wait at Range uniswap-v3, Range uniswap-v4; collecting them costs about 0\.000\d+ WETH of gas$/,
    );
    expect(due[0]?.data).to.equal(
      (await vaultOf()).interface.encodeFunctionData("harvest", [RANGES.map((protocol) => idOf(protocol))]),
    );
  });

  it("brings the ether home in one transaction, without a change of the NAV, at no more gas than reckoned with", async () => {
    await trade(2);
    const vault = await vaultOf();
    await every.engine.connection.networkHelpers.time.increase(3_600);
    await vault.report(RANGES.map((protocol) => idOf(protocol)));
    const locked = await vault.lockedProfit();
    const [nav, idle, expected] = [
      await vault.nav(),
      await vault.idle(),
      (await dueChores(every.engine.client, config)).due[0]?.why ?? "",
    ];
    const { done } = await run("brings");
    expect(done.map(({ kind }) => kind)).to.deep.equal(["harvest"]);
    const received = (await vault.idle()) - idle;
    expect(expected).to.contain(`${fromWad(received).toFixed(6)} WETH of fees wait`);
    expect(await vault.nav()).to.be.closeTo(nav, 10n ** 9n);
    // Fees were in the value all along: nothing is locked as if it were new.
    expect(locked).to.be.above(0n);
    expect(await vault.lockedProfit()).to.be.at.most(locked + 10n ** 9n);
    const [first] = done;
    const reckoned = RANGES.reduce((sum, protocol) => sum + (protocolOf(protocol).harvestGas?.units ?? 0), 0);
    expect(first !== undefined && "gasUsed" in first ? Number(first.gasUsed) : 0).to.be.within(1, reckoned);
  });

  it("costs what the twins say, each by itself", async () => {
    await trade(2);
    const vault = await vaultOf();
    for (const protocol of RANGES) {
      const receipt = await (await vault.harvest([idOf(protocol)])).wait();
      const [gas, units] = [Number(receipt?.gasUsed ?? 0n), protocolOf(protocol).harvestGas?.units ?? 0];
      expect(gas, protocol).to.be.within(Math.floor(units * 0.85), units);
    }
  });

  it("waits while the fees do not pay the gas several times over", async () => {
    await trade(1);
    expect(await kinds()).to.deep.equal(["harvest"]);
    // 500,000 gas at twice 1,000 gwei cost an ether; the fees of one round are less than five.
    await setBaseFee(1_000n * GWEI);
    expect(await kinds()).to.deep.equal([]);
  });

  it("harvests once per interval, and again when there is something new", async () => {
    await trade(2);
    expect((await run("first")).done.map(({ kind }) => kind)).to.deep.equal(["harvest"]);
    await trade(2);
    await setBaseFee(GWEI / 10n);
    expect(await kinds()).to.deep.equal([]);
    await every.engine.connection.networkHelpers.time.increase(3_600);
    await setBaseFee(GWEI / 10n);
    expect(await kinds()).to.deep.equal(["harvest"]);
  });

  it("takes the one that pays and leaves the one that does not", async () => {
    const { v3, engine } = every;
    const [trader] = await engine.connection.ethers.getSigners();
    if (trader === undefined) return expect.fail("no accounts");
    for (const price of [(RATE * 1_003n) / 1_000n, RATE])
      await swapTo(v3.uniswap, trader, v3.pool, price === RATE, 50_000n * ETHER, sqrtPriceOf(price, false));
    const [chore] = (await dueChores(engine.client, config)).due;
    expect(chore?.why).to.contain("wait at Range uniswap-v3;");
    expect(chore?.data).to.equal((await vaultOf()).interface.encodeFunctionData("harvest", [[idOf("uniswap-v3")]]));
  });

  it("says why it cannot while the vault is frozen", async () => {
    await trade(2);
    await (await vaultOf()).freeze();
    const { due, blocked } = await dueChores(every.engine.client, config);
    expect(due.map(({ kind }) => kind)).to.not.include("harvest");
    expect(blocked.join()).to.contain("Range uniswap-v3 cannot be harvested: LiquidityVault_Frozen");
  });
});

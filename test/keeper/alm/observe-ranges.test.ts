/** Range strategies on the genuine Uniswap v3 and v4, observed over JSON-RPC through the genuine core, decided, and run. */
import { expect } from "chai";
import { parseConfig } from "../../../keeper/config/load.ts";
import type { KeeperConfig } from "../../../keeper/config/schema.ts";
import { observe } from "../../../keeper/data/observe.ts";
import { observeRanges } from "../../../keeper/data/ranges.ts";
import type { RangeReading } from "../../../keeper/kernel/ranges.ts";
import { assets, fromWad } from "../../../keeper/kernel/units.ts";
import { DEFAULT_RANGE_CONFIG, decideRange } from "../../../keeper/optimize/ranges/index.ts";
import { runCycle } from "../../../keeper/run.ts";
import { at, send } from "../../support/genuine/artifact.ts";
import { poolPrice } from "../../support/genuine/uniswap-v3.ts";
import { deployV3Market, deployV4Market, V3_FEE } from "../../support/rangeMarkets.ts";
import { DAY, deployEngine, type Engine, ETHER, keeperConfig } from "../support/engine.ts";

const RATE = 1_163_456_789_012_345_677n;
const DAYS = 105;
const MARKET_OF_UNDERLYING = 3;
/** The range strategy, after two linear venues. */
const ID = 3;
const WETH_ABI = [
  "function deposit() payable",
  "function transfer(address,uint256) returns (bool)",
  "function approve(address,uint256) returns (bool)",
  "function balanceOf(address) view returns (uint256)",
];

interface Managed {
  readonly engine: Engine;
  readonly config: KeeperConfig;
  readonly bare: KeeperConfig;
  readonly adapter: string;
  /** Asset per wstETH in the pool. */
  readonly poolPrice: number;
}

async function deployManaged(protocol: "uniswap-v3" | "uniswap-v4"): Promise<Managed> {
  const engine = await deployEngine(2, 100);
  const { connection, addresses } = engine;
  const { ethers, networkHelpers } = connection;
  const [admin] = await ethers.getSigners();
  if (!admin) return expect.fail("the network has no account");
  await networkHelpers.setBalance(admin.address, 10_000_000n * ETHER);
  const weth = at(addresses.weth, WETH_ABI, admin);
  let adapter: string;
  let inPool: number;
  const v3 = protocol === "uniswap-v3";
  const market = v3
    ? await deployV3Market(connection, admin, weth, RATE)
    : await deployV4Market(connection, admin, weth, RATE);
  const { lido, centre } = market;
  const lst = await lido.wstEth.getAddress();
  if ("pool" in market) {
    const deployed = await ethers.deployContract("UniswapV3Adapter", [
      addresses.vault,
      addresses.weth,
      market.uniswap.addresses.positionManager,
      await market.pool.getAddress(),
      lst,
      // All wstETH here. All ether would earn nothing, and a rate that stands still is excluded as a dead feed.
      centre + 400,
      centre + 900,
      20n,
    ]);
    adapter = await deployed.getAddress();
    inPool = (Number((await poolPrice(market.pool)).sqrtPrice) / 2 ** 96) ** 2;
  } else {
    const deployed = await ethers.deployContract("UniswapV4Adapter", [
      addresses.vault,
      addresses.weth,
      market.uniswap.addresses.positionManager,
      market.uniswap.addresses.stateView,
      lst,
      100,
      1,
      "0x0000000000000000000000000000000000000000",
      centre - 900,
      centre - 400,
      20n,
    ]);
    adapter = await deployed.getAddress();
    inPool = fromWad(RATE);
  }
  const feed = await ethers.deployContract("MockV3Aggregator", [18, ETHER]);
  const registry = await ethers.getContractAt("StrategyRegistry", addresses.registry);
  const guard = await ethers.getContractAt("OracleGuard", addresses.guard);
  await registry.registerStrategy(adapter, 1 << ID);
  await registry.setLimits(ID, {
    absoluteCap: 10_000n * ETHER,
    dailyInflowBudget: 10_000n * ETHER,
    relativeCapBps: 4_000,
    lossTripBps: 50,
  });
  await registry.setRiskCap(ID, 10_000n * ETHER, 4_000);
  await guard.setOracle(ID, {
    kind: MARKET_OF_UNDERLYING,
    feed,
    heartbeat: DAY,
    margin: 7_200,
    maxRateGrowthBps: 2_000,
    slashBudgetBps: 50,
    minAnswer: ETHER / 2n,
    maxAnswer: 2n * ETHER,
  });
  // The vault's own money enters by its own hand; how a proposal brings it there is tested elsewhere.
  const vault = await ethers.getImpersonatedSigner(addresses.vault);
  await networkHelpers.setBalance(vault.address, ETHER);
  await send(weth, "deposit", { value: 100n * ETHER });
  await send(weth, "transfer", adapter, 100n * ETHER);
  const strategy = await ethers.getContractAt("IStrategyAdapter", adapter, vault);
  await (await strategy.allocate(100n * ETHER, 0n)).wait();
  // A seeded basis of a few basis points, a rate that grows by 3 % a year up to RATE.
  let state = 12345;
  for (let day = 0; day < DAYS; day++) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    const basis = BigInt(Math.round((state / 2_147_483_648 - 0.6) * 1e15));
    await lido.stEth.setShareRate((RATE * BigInt(1_000_000 - (DAYS - 1 - day) * 82)) / 1_000_000n);
    await feed.updateAnswer(ETHER + basis);
    await networkHelpers.time.increase(DAY);
  }
  await feed.updateAnswer(ETHER - 5n * 10n ** 14n);
  const raw = { strategies: engine.config.strategies, ...Object(keeperConfig(engine.server.url, addresses, 2, 100)) };
  const entry = { id: ID, protocol, name: "wstETH range" };
  const range = { volumePerDayEth: 500, horizonDays: 14, maxCvar: 0.02 };
  const configOf = (strategies: readonly unknown[]) => parseConfig({ ...raw, strategies }, "test");
  return {
    engine,
    adapter,
    poolPrice: inPool,
    config: configOf([...raw.strategies, { ...entry, range }]),
    bare: configOf([...raw.strategies, entry]),
  };
}

for (const protocol of ["uniswap-v3", "uniswap-v4"] as const) {
  describe(`a managed range on ${protocol}`, () => {
    let managed: Managed;
    let reading: Extract<RangeReading, { kind: "market" }>;
    before(async function () {
      this.timeout(120_000);
      managed = await deployManaged(protocol);
    });
    after(() => managed.engine.close());

    it("behavior: is observed at the pinned block: range, pool, staking rate and feed, and nothing is read when not asked for", async () => {
      const { engine, config, bare, adapter } = managed;
      const snapshot = await observe(engine.client, config);
      const cost = assets(10n ** 16n);
      expect(await observeRanges(engine.client, bare, snapshot, () => cost)).to.deep.equal([]);
      const [found] = await observeRanges(engine.client, config, snapshot, () => cost);
      if (found?.kind !== "market") return expect.fail(JSON.stringify(found));
      reading = found;
      const { market } = reading;
      const ranged = await engine.connection.ethers.getContractAt("ConcentratedAdapter", adapter);
      expect(market.current).to.deep.equal({
        tickLower: Number(await ranged.tickLower()),
        tickUpper: Number(await ranged.tickUpper()),
      });
      expect([market.pool.fee, market.pool.tickSpacing, market.gasCost]).to.deep.equal([V3_FEE, 1, cost]);
      expect(market.pool.assetIsToken0).to.equal(protocol === "uniswap-v4");
      expect(Math.abs(market.pool.price / managed.poolPrice - 1) < 1e-9).to.equal(true);
      expect(market.value > 99n * ETHER && market.value < 101n * ETHER, `${market.value}`).to.equal(true);
      expect(market.times.length).to.be.within(98, 102);
      expect(market.times.at(-1)).to.equal(snapshot.provenance.timestamp);
      expect(Math.abs((market.rates?.at(-1) ?? 0) / fromWad(RATE) - 1) < 1e-9).to.equal(true);
      expect(Math.abs((market.prices.at(-1) ?? 0) / (fromWad(RATE) * 0.9995) - 1) < 1e-9).to.equal(true);
      // Others' liquidity alone: ours is out of range here.
      expect(market.pool.othersLiquidity > 0n).to.equal(true);
      expect(market.pool.volumePerDay).to.equal(500n * ETHER);
    });

    it("behavior: a range that the price has left is moved back around the rate, in the pool's own order of ticks", async () => {
      const decision = decideRange(reading.market, { ...DEFAULT_RANGE_CONFIG, cvarLimit: 0.02 });
      if (decision.kind !== "reposition") return expect.fail(decision.reasons.join());
      const centre = Math.round(Math.log(fromWad(RATE)) / Math.log(1.0001)) * (protocol === "uniswap-v4" ? -1 : 1);
      expect(decision.tickLower).to.be.below(centre);
      expect(decision.tickUpper).to.be.above(centre);
      // The adapter takes it, and counts what the leg's bound allows.
      const { engine, adapter } = managed;
      const vault = await engine.connection.ethers.getImpersonatedSigner(engine.addresses.vault);
      const ranged = await engine.connection.ethers.getContractAt("IRangeAdapter", adapter, vault);
      const least = (reading.market.value * 9_980n) / 10_000n;
      await ranged.reposition.staticCall(decision.tickLower, decision.tickUpper, least);
    });

    it("behavior: the same block gives the same decision, and a run carries one answer for each managed range", async function () {
      this.timeout(60_000);
      const { engine, config } = managed;
      const outcome = await runCycle(engine.client, config);
      const { findings } = outcome;
      if (findings === null) return expect.fail(outcome.kind === "held" ? outcome.reasons.join("; ") : outcome.kind);
      expect(findings.ranges.map(({ strategyId }) => strategyId)).to.deep.equal([ID]);
      const again = await runCycle(engine.client, config, findings.snapshot.provenance.blockNumber);
      expect(again.findings?.ranges).to.deep.equal(findings.ranges);
      if (outcome.kind !== "ready") return expect.fail(outcome.reasons.join("; "));
      const [decided] = findings.ranges;
      if (decided?.decision.kind !== "reposition")
        return expect.fail(decided?.decision.reasons.join("; ") ?? "no range");
      const { tickLower, tickUpper } = decided.decision;
      const { legs } = outcome.built.proposal;
      expect(
        legs
          .filter(({ kind }) => kind === "Reposition")
          .map((leg) => [leg.strategyId, leg.amount, leg.tickLower, leg.tickUpper]),
        outcome.built.notes.join("; "),
      ).to.deep.equal([[ID, 0n, tickLower, tickUpper]]);
      expect(outcome.built.evidence).to.include(`"tickLower":${tickLower}`);
    });
  });
}

/**
 * What may be wrong with a venue: addresses, decimals, interfaces, rates, maturities. Each is refused where it is set up, or holds
 * its own strategy with a reason; no run is held by it and no number is made of it. Deployment errors of the adapters stand in
 * their own suites (codeless addresses: test/support/conformance.ts; expired market: PendleAdapter; private vault: ArrakisAdapter).
 */
import { expect } from "chai";
import { multicall } from "../../../keeper/chain/multicall.ts";
import { parseConfig } from "../../../keeper/config/load.ts";
import type { KeeperConfig } from "../../../keeper/config/schema.ts";
import { RequiredReadError } from "../../../keeper/data/errors.ts";
import { observe } from "../../../keeper/data/observe.ts";
import type { MarketSnapshot, StrategyLimits } from "../../../keeper/kernel/artifacts.ts";
import { buildConstraints } from "../../../keeper/kernel/constraints.ts";
import { EngineError } from "../../../keeper/kernel/errors.ts";
import { address, assets } from "../../../keeper/kernel/units.ts";
import type { ProtocolId } from "../../../keeper/protocols/ids.ts";
import { protocolOf } from "../../../keeper/protocols/index.ts";
import { deployEveryVenue, type EveryVenue, VENUE_ORDER } from "../../support/everyVenue.ts";
import { DAY, ETHER, keeperConfig, mineDays } from "../support/engine.ts";

const DAYS = 8;
const EMPTY = `0x${"e0".repeat(20)}`;

describe("bad input of a venue", () => {
  let every: EveryVenue;
  const idOf = (id: ProtocolId): number => VENUE_ORDER.indexOf(id) + 1;
  const config = (): KeeperConfig => {
    const { server, addresses } = every.engine;
    const base = keeperConfig(server.url, addresses, VENUE_ORDER.length, DAYS);
    const strategies = VENUE_ORDER.map((protocol, index) => ({ id: index + 1, protocol, name: protocol }));
    return parseConfig(typeof base === "object" ? { ...base, strategies } : base, "test");
  };
  const read = (): Promise<MarketSnapshot> => observe(every.engine.client, config());
  const limitsOf = (id: ProtocolId, { snapshot }: { readonly snapshot: MarketSnapshot }): StrategyLimits => {
    const perStrategy = snapshot.strategies.map((strategy) => ({ id: strategy.id, enter: 0, exit: 0 }));
    const { strategies } = buildConstraints(snapshot, { perStrategy, fixedCost: assets(0n), legCost: assets(0n) });
    return strategies.find((limits) => limits.id === idOf(id)) ?? expect.fail(`${id} has no bounds`);
  };
  const excluded = (snapshot: MarketSnapshot): readonly (number | null)[] =>
    snapshot.flags.flatMap(({ excludes, strategyId }) => (excludes ? [strategyId] : []));
  /** What the snapshot says while `spoil` lasts. */
  async function spoiled(spoil: () => Promise<unknown>): Promise<MarketSnapshot> {
    const before = await every.engine.connection.networkHelpers.takeSnapshot();
    try {
      await spoil();
      return await read();
    } finally {
      await before.restore();
    }
  }

  before(async function () {
    this.timeout(120_000);
    every = await deployEveryVenue();
    await mineDays(every.engine, DAYS + 1, 2);
  });
  after(() => every.engine.close());

  it("nothing is wrong with the set as it stands", async () => {
    const snapshot = await read();
    expect(excluded(snapshot)).to.deep.equal([]);
    expect(snapshot.venues.filter(({ kind }) => kind === "held")).to.deep.equal([]);
  });

  for (const name of ["vault", "registry", "guard", "module", "multicall"] as const) {
    it(`error: a configured ${name} without code is named, and nothing is made of it`, async () => {
      const whole = config();
      const addresses = { ...whole.addresses, [name]: address(EMPTY) };
      const failure = await observe(every.engine.client, { ...whole, addresses }).then(
        () => expect.fail("it was observed"),
        (error: unknown) => error,
      );
      if (!(failure instanceof EngineError)) throw failure;
      expect(failure).to.be.instanceOf(RequiredReadError);
      expect(failure.message).to.match(name === "multicall" ? /Multicall3 has no code/ : new RegExp(EMPTY, "i"));
    });
  }

  it("error: OracleGuard_BadConfig for a feed of 40 decimals or without code", async () => {
    const { ethers } = every.engine.connection;
    const guard = await ethers.getContractAt("OracleGuard", every.engine.addresses.guard);
    const wide = await (await ethers.deployContract("MockV3Aggregator", [40, ETHER])).getAddress();
    for (const feed of [wide, EMPTY]) {
      const oracle = { kind: 2, feed, heartbeat: DAY, margin: 900, maxRateGrowthBps: 2_000, slashBudgetBps: 50 };
      await expect(guard.setOracle(1, { ...oracle, minAnswer: ETHER / 2n, maxAnswer: 2n * ETHER }))
        .to.be.revertedWithCustomError(guard, "OracleGuard_BadConfig")
        .withArgs(1, 1, BigInt(feed));
    }
  });

  it("shares of other decimals than the twin reads by keep their strategy out, by name, instead of a rate a million times off", async () => {
    const { connection, addresses, client } = every.engine;
    const { ethers } = connection;
    const snapshot = await spoiled(async () => {
      // A vault whose shares have 24 decimals: this engine's own. The adapter counts by whole shares, the twin by 1e18 of them.
      const adapter = await (
        await ethers.deployContract("Erc4626Adapter", [addresses.vault, addresses.weth, addresses.vault])
      ).getAddress();
      const { targets } = protocolOf("erc4626");
      const [found] = await multicall(client, addresses.multicall, targets(address(adapter)), "latest");
      expect(found?.ok && found.value).to.equal(addresses.vault);
      await connection.networkHelpers.setCode(
        every.adapters.get("erc4626") ?? "",
        await ethers.provider.getCode(adapter),
      );
    });
    const flag = snapshot.flags.find(({ code }) => code === "RATE_SOURCE_DIFFERS");
    expect(flag).to.include({ strategyId: idOf("erc4626"), excludes: true });
    expect(excluded(snapshot).filter((id) => id !== idOf("erc4626"))).to.deep.equal([]);
  });

  it("a venue that upgraded its interface is held with the call that failed, and no other with it", async () => {
    const { connection, client, addresses } = every.engine;
    const silent: ProtocolId[] = [];
    const targetsOf = async (id: ProtocolId): Promise<readonly string[]> => {
      const adapter = address(every.adapters.get(id) ?? "");
      const found = await multicall(client, addresses.multicall, protocolOf(id).targets(adapter), "latest");
      // The venue, not the adapter that some twins read the rate from.
      return found.flatMap((outcome) => (outcome.ok && outcome.value !== adapter ? [outcome.value] : []));
    };
    const targets = new Map(await Promise.all(VENUE_ORDER.map(async (id) => [id, await targetsOf(id)] as const)));
    for (const id of VENUE_ORDER) {
      const target = targets.get(id)?.[0];
      if (target === undefined) return expect.fail(`${id} names no contract`);
      // Any contract of another interface: it reverts on what it does not know.
      const other = await connection.ethers.provider.getCode(addresses.registry);
      const snapshot = await spoiled(() => connection.networkHelpers.setCode(target, other));
      const { fault } = snapshot.strategies[idOf(id) - 1] ?? expect.fail(`${id} is gone`);
      const venue = snapshot.venues.find(({ strategyId }) => strategyId === idOf(id));
      const reason = fault ?? (venue?.kind === "held" ? venue.reason : null);
      if (reason === null) silent.push(id);
      // The price guard may have frozen it first, and then that is what blocks.
      expect(limitsOf(id, { snapshot }).entryBlockedBy, id).to.not.equal(null);
      expect(
        snapshot.flags.filter(({ strategyId, message }) => strategyId === idOf(id) && message.includes(reason ?? id)),
      ).to.not.deep.equal([]);
      // Positions in one market stand and fall together: Pendle's PT and its liquidity.
      const apart = VENUE_ORDER.filter((other) => targets.get(other)?.[0] !== target).map(idOf);
      const others = snapshot.venues.filter(({ kind, strategyId }) => kind === "held" && apart.includes(strategyId));
      expect(others, `${id} holds others`).to.deep.equal([]);
    }
    expect(silent).to.deep.equal([]);
  });

  it("a rate of zero is no rate: the strategy is held and keeps its book value", async () => {
    const { connection } = every.engine;
    const token = await every.swell.token.getAddress();
    // 256 bytes of zeros for every question.
    const snapshot = await spoiled(() => connection.networkHelpers.setCode(token, "0x6101005ff3"));
    const swell = snapshot.strategies[idOf("swell") - 1];
    expect(swell?.value).to.equal(swell?.debt);
    const { entryBlockedBy, reachableWeight, currentWeight } = limitsOf("swell", { snapshot });
    expect(entryBlockedBy).to.not.equal(null);
    expect(reachableWeight).to.equal(currentWeight);
    expect(excluded(snapshot)).to.deep.equal(excluded(snapshot).map(() => idOf("swell")));
  });

  it("a rate that falls by more than the slash budget freezes the price, and the strategy with it", async () => {
    // 0.5 % is the budget of the set.
    const within = await spoiled(() => every.lido.stEth.setShareRate((((ETHER * 116n) / 100n) * 996n) / 1_000n));
    expect(limitsOf("lido", { snapshot: within }).entryBlockedBy).to.equal(null);
    const beyond = await spoiled(() => every.lido.stEth.setShareRate((((ETHER * 116n) / 100n) * 994n) / 1_000n));
    expect(limitsOf("lido", { snapshot: beyond })).to.include({
      entryBlockedBy: "price status is Frozen",
      exitBlockedBy: "price status is Frozen",
    });
    expect(excluded(beyond)).to.include(idOf("lido"));
    expect(limitsOf("kelp", { snapshot: beyond }).entryBlockedBy).to.equal(null);
  });

  it("an expired Pendle market takes nothing and says so; what is in it redeems at par", async () => {
    const { time } = every.engine.connection.networkHelpers;
    const snapshot = await spoiled(async () => {
      await time.increase(366 * DAY);
      await mineDays(every.engine, DAYS + 1, 2);
    });
    const { entryBlockedBy } = limitsOf("pendle", { snapshot });
    const venue = snapshot.venues.find(({ strategyId }) => strategyId === idOf("pendle"));
    if (venue?.kind !== "read") return expect.fail(`it was not read: ${venue?.reason}`);
    expect(venue.enter.closed).to.equal("the market is past its maturity");
    expect(entryBlockedBy).to.be.oneOf(["the market is past its maturity", "price status is NoInflow"]);
    expect(venue.leave.closed).to.equal(null);
    expect(venue.leave.curve.find(({ shortfall }) => shortfall !== null)?.shortfall).to.equal(0);
  });
});

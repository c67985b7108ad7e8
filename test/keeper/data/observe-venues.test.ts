/** The venues' states in a snapshot: all venues of the engine at the pinned block, in the requests that a cycle makes anyway. */
import { expect } from "chai";
import { multicall } from "../../../keeper/chain/multicall.ts";
import { parseConfig } from "../../../keeper/config/load.ts";
import { costsOf } from "../../../keeper/costs.ts";
import { observe } from "../../../keeper/data/observe.ts";
import type { MarketSnapshot, StrategyLimits } from "../../../keeper/kernel/artifacts.ts";
import { buildConstraints } from "../../../keeper/kernel/constraints.ts";
import { address, fromWad } from "../../../keeper/kernel/units.ts";
import type { VenueReading } from "../../../keeper/kernel/venue-state.ts";
import { snapshotHash } from "../../../keeper/propose/build.ts";
import type { ProtocolId } from "../../../keeper/protocols/ids.ts";
import { protocolOf } from "../../../keeper/protocols/index.ts";
import { deployEveryVenue, type EveryVenue, VENUE_ORDER } from "../../support/everyVenue.ts";
import { wethAt } from "../../support/genuine/weth.ts";
import { forecastOf } from "../../support/quant.ts";
import { ETHER, keeperConfig, mineDays } from "../support/engine.ts";

const DAYS = 12;

describe("observe: the states of all venues", () => {
  let every: EveryVenue;
  let snapshot: MarketSnapshot;
  let requests: readonly (readonly string[])[];
  const idOf = (id: ProtocolId): number => VENUE_ORDER.indexOf(id) + 1;
  const config = () => {
    const { server, addresses } = every.engine;
    const base = keeperConfig(server.url, addresses, VENUE_ORDER.length, DAYS);
    const strategies = VENUE_ORDER.map((protocol, index) => ({ id: index + 1, protocol, name: protocol }));
    return parseConfig(typeof base === "object" ? { ...base, strategies } : base, "test");
  };
  const read = (block?: number): Promise<MarketSnapshot> => observe(every.engine.client, config(), block);
  const venueOf = (id: ProtocolId, from = snapshot): VenueReading =>
    from.venues.find(({ strategyId }) => strategyId === idOf(id)) ?? expect.fail(`${id} was not read`);
  const limitsOf = (id: ProtocolId, from: MarketSnapshot): StrategyLimits => {
    const forecast = forecastOf(new Array<number>(VENUE_ORDER.length).fill(1e-4), []);
    const { strategies } = buildConstraints(from, costsOf(from, forecast));
    return strategies.find((limits) => limits.id === idOf(id)) ?? expect.fail(`${id} has no bounds`);
  };
  /** What other venues are blocked by must not change with one of them. */
  const blocks = (from: MarketSnapshot, without: readonly ProtocolId[]) =>
    VENUE_ORDER.filter((id) => !without.includes(id)).map((id) => [id, limitsOf(id, from).entryBlockedBy]);

  before(async function () {
    this.timeout(120_000);
    every = await deployEveryVenue();
    await mineDays(every.engine, DAYS + 1, 4);
    const from = every.engine.server.requests.length;
    snapshot = await read();
    requests = every.engine.server.requests.slice(from);
  });
  after(() => every.engine.close());

  it("has every venue, none held, and asks for nothing more than a cycle asked for before", () => {
    expect(snapshot.venues.map((venue) => (venue.kind === "held" ? venue.reason : venue.protocol))).to.deep.equal([
      ...VENUE_ORDER,
    ]);
    // Head, core, adapters, days, refinement with the re-check: the states travel with the last three.
    expect(snapshot.httpRequests).to.equal(5);
    expect(requests).to.have.length(5);
    // Nodes differ in the logs they give: evidence that held any would not come out alike at every delegate's.
    expect(requests.flat()).to.not.include("eth_getLogs");
  });

  it("quotes each venue at the very size that caps and NAV leave, and charges that", () => {
    for (const id of VENUE_ORDER) {
      const venue = venueOf(id);
      if (venue.kind === "held") return expect.fail(venue.reason);
      // 1,000 ether idle, and caps of 40 % of them for the first venue, of 100 % for the others.
      const room = id === "erc4626" ? 400n * ETHER : 1_000n * ETHER;
      const sizes = venue.enter.curve.map(({ size }) => size);
      expect(sizes, id).to.include(room);
      const point = venue.enter.curve.find(({ size }) => size === room);
      const { costs, entryBlockedBy } = limitsOf(id, snapshot);
      expect(entryBlockedBy, id).to.equal(venue.enter.closed);
      const twin = protocolOf(id).shortfallBps.Allocate / 10_000;
      const floor = venue.discount === null ? twin : venue.discount;
      if (point?.shortfall !== null && point !== undefined)
        expect(costs.enter, id).to.be.within(Math.max(floor, point.shortfall) - 1e-12, floor + point.shortfall + 1e-4);
    }
  });

  it("takes the yields over the week from the day's sample it reads anyway", () => {
    const lido = venueOf("lido");
    expect(lido.kind === "read" && lido.apy.base.kind === "known" ? lido.apy.base.source : "").to.match(
      /over 7\.0 days$/,
    );
  });

  it("gives the same bytes when the block is recomputed later, whatever has happened to the venues since", async () => {
    const { networkHelpers } = every.engine.connection;
    const { blockNumber } = snapshot.provenance;
    const before = await networkHelpers.takeSnapshot();
    await every.lido.stEth.pauseStaking();
    await networkHelpers.setCode(await every.etherfi.weEth.getAddress(), "0xfe");
    const again = await read(blockNumber);
    await before.restore();
    expect(snapshotHash(again)).to.equal(snapshotHash(snapshot));
  });

  it("a paused venue is blocked with its own reason, and no other", async () => {
    const { networkHelpers } = every.engine.connection;
    const before = await networkHelpers.takeSnapshot();
    await every.kelp.pool.pause();
    await every.bedrock.staking.pause();
    const after = await read();
    await before.restore();
    expect(limitsOf("kelp", after).entryBlockedBy).to.equal("Kelp has paused deposits");
    expect(limitsOf("bedrock", after)).to.include({
      entryBlockedBy: "Bedrock is paused",
      exitBlockedBy: "Bedrock is paused",
    });
    expect(after.flags.filter(({ excludes }) => excludes)).to.deep.equal(snapshot.flags.filter((f) => f.excludes));
    expect(blocks(after, ["kelp", "bedrock"])).to.deep.equal(blocks(snapshot, ["kelp", "bedrock"]));
  });

  it("a venue whose cap is full is blocked and says so", async () => {
    const { connection } = every.engine;
    const before = await connection.networkHelpers.takeSnapshot();
    const [lender] = await connection.ethers.getSigners();
    if (lender === undefined) return expect.fail("no accounts");
    const { weth } = every.engine.addresses;
    const token = wethAt(weth, lender);
    const { pool } = every.aave.addresses;
    const market = await connection.ethers.getContractAt("IAaveV3Pool", pool, lender);
    await (await token.getFunction("deposit").send({ value: 10n * ETHER })).wait();
    await (await token.getFunction("approve").send(pool, 10n * ETHER)).wait();
    await market.supply(weth, 10n * ETHER, lender.address, 0);
    // In whole ether.
    await (await every.aave.configurator.getFunction("setSupplyCap").send(weth, 10)).wait();
    const after = await read();
    await before.restore();
    expect(limitsOf("aave-v3", after).entryBlockedBy).to.match(/the venue is closed to it, or full/);
    expect(blocks(after, ["aave-v3"])).to.deep.equal(blocks(snapshot, ["aave-v3"]));
  });

  it("a twin whose read fails holds its strategy with the reason, flags it, and leaves adapter and others as they were", async () => {
    const { connection } = every.engine;
    const before = await connection.networkHelpers.takeSnapshot();
    // The twin alone asks the unstETH queue whether it is paused; the adapter's value and rate do not.
    await connection.networkHelpers.setCode(await every.lido.queue.getAddress(), "0xfe");
    const after = await read();
    await before.restore();
    const venue = venueOf("lido", after);
    expect(venue.kind).to.equal("held");
    const { entryBlockedBy, exitBlockedBy } = limitsOf("lido", after);
    expect(entryBlockedBy).to.match(/^the venue is held: .* was not answered/);
    expect(exitBlockedBy).to.equal(entryBlockedBy);
    expect(
      after.flags.filter(({ code, strategyId }) => code === "VENUE_HELD" && strategyId === idOf("lido")),
    ).to.have.length(1);
    // Arrakis and Pendle leave through the same queue.
    const shared: readonly ProtocolId[] = ["lido", "arrakis", "pendle"];
    expect(blocks(after, shared)).to.deep.equal(blocks(snapshot, shared));
    expect(after.history.map(({ id }) => id)).to.deep.equal(snapshot.history.map(({ id }) => id));
  });

  it("a venue that burns all gas costs one request more a round and holds no other", async () => {
    const { connection, client, addresses } = every.engine;
    const before = await connection.networkHelpers.takeSnapshot();
    const adapter = address(every.adapters.get("swell") ?? "");
    const targets = await multicall(client, addresses.multicall, protocolOf("swell").targets(adapter), "latest");
    for (const target of targets) if (target.ok) await connection.networkHelpers.setCode(target.value, "0xfe");
    const after = await read();
    await before.restore();
    expect(after.strategies[idOf("swell") - 1]?.fault).to.match(/unknown error|0x|out of gas|reverted|no reason/);
    expect(after.httpRequests).to.be.at.most(8);
    expect(after.venues.map(({ strategyId }) => strategyId)).to.deep.equal(
      snapshot.venues.map(({ strategyId }) => strategyId).filter((id) => id !== idOf("swell")),
    );
    expect(after.venues.filter(({ kind }) => kind === "held")).to.deep.equal([]);
    expect(blocks(after, ["swell"])).to.deep.equal(blocks(snapshot, ["swell"]));
  });

  it("a curve that refuses a size lets in what it quotes", () => {
    const pendle = venueOf("pendle");
    if (pendle.kind === "held") return expect.fail(pendle.reason);
    const quoted = pendle.enter.curve.filter(({ received }) => received !== null);
    const refused = pendle.enter.curve.filter(({ received }) => received === null);
    expect(refused.length, "the market of the set refuses its largest sizes").to.be.above(0);
    const largest = fromWad(quoted.at(-1)?.size ?? expect.fail("nothing is quoted"));
    expect(limitsOf("pendle", snapshot).reachableWeight).to.be.at.most(largest / 1_000 + 1e-9);
  });
});

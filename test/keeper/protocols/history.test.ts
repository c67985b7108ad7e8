/** A year of every venue's yields, apart by source, in at most twenty requests. */
import { expect } from "chai";
import { readVenueHistories, type VenueHistories, type VenueHistory } from "../../../keeper/data/venue-history.ts";
import { address, fromWad } from "../../../keeper/kernel/units.ts";
import type { ProtocolId } from "../../../keeper/protocols/ids.ts";
import { blockAtTime } from "../../../keeper/recompute.ts";
import { deployEveryVenue, type EveryVenue, VENUE_ORDER } from "../../support/everyVenue.ts";
import { buyPt } from "../../support/genuine/pendle.ts";
import { DAY, ETHER, mineDays } from "../support/engine.ts";

const DAYS = 365;

describe("venue histories: 20 venues over 365 days", () => {
  let every: EveryVenue;
  let histories: VenueHistories;
  let served: readonly (readonly string[])[];
  let grownAt: number;
  let pinnedAt: number;
  const read = (days: number): Promise<VenueHistories> => {
    const { client, addresses } = every.engine;
    const requests = VENUE_ORDER.map((protocol, index) => ({
      strategyId: index + 1,
      protocol,
      adapter: address(every.adapters.get(protocol) ?? expect.fail(`no adapter of ${protocol}`)),
    }));
    return readVenueHistories(client, { multicall: addresses.multicall, asset: addresses.weth }, requests, days);
  };
  const of = (id: ProtocolId): VenueHistory =>
    histories.venues[VENUE_ORDER.indexOf(id)] ?? expect.fail(`${id} was not read`);

  before(async function () {
    this.timeout(240_000);
    every = await deployEveryVenue();
    await mineDays(every.engine, DAYS - 65, 2);
    // A gain of 2 % within one block: who held before it has it, who came after has not.
    await every.lido.stEth.setShareRate((((ETHER * 116n) / 100n) * 102n) / 100n);
    grownAt = (await every.engine.client.header("latest")).timestamp;
    const [trader] = await every.engine.connection.ethers.getSigners();
    await buyPt(every.pendle, trader ?? expect.fail("no accounts"), 4_000n * ETHER);
    await mineDays(every.engine, 66, 2);
    pinnedAt = (await every.engine.client.header("latest")).timestamp;
    const from = every.engine.server.requests.length;
    histories = await read(DAYS);
    served = every.engine.server.requests.slice(from);
  });
  after(() => every.engine.close());

  it("takes at most 20 requests of at most 25 calls, counted by client and server alike", () => {
    expect(histories.httpRequests).to.equal(served.length);
    expect(served.length).to.be.at.most(20);
    expect(Math.max(...served.map(({ length }) => length))).to.be.at.most(25);
    console.log(`      ${VENUE_ORDER.length} venues, ${DAYS} days: ${served.length} requests`);
  });

  for (const id of VENUE_ORDER) {
    it(`${id}: every day has base, fees and reward apart, each a figure or a reason`, () => {
      const { days, held } = of(id);
      expect(held).to.equal(null);
      expect(days.length).to.be.within(DAYS - 2, DAYS);
      const times = days.map(({ timestamp }) => timestamp);
      expect([...times].sort((a, b) => a - b)).to.deep.equal(times);
      expect(new Set(times).size).to.equal(times.length);
      for (const { apy } of days) {
        for (const part of [apy.base, apy.fees, apy.reward]) {
          if (part.kind === "known") expect(Number.isFinite(part.apy), part.source).to.equal(true);
          expect(part.kind === "known" ? part.source : part.reason).to.not.equal("");
        }
      }
      const [oldest] = days;
      // The set is younger than a year for the venues' own code only by its deployment: the week before now is always there.
      expect(days.at(-7)?.apy.base.kind, id).to.equal("known");
      expect(oldest?.apy.reward.kind, id).to.equal("known");
    });
  }

  it("has what a venue's rate gained in the days that saw it, and in no later one", () => {
    const { days } = of("lido");
    const gained = days.map(({ timestamp, apy }) => {
      if (apy.base.kind === "missing") return expect.fail(apy.base.reason);
      return { timestamp, whole: (1 + apy.base.apy) ** ((pinnedAt - timestamp) / (365 * DAY)) };
    });
    for (const { timestamp, whole } of gained) {
      const expected = timestamp < grownAt ? 1.02 : 1;
      expect(Math.abs(whole - expected) < 1e-9, `${timestamp}: ${whole}`).to.equal(true);
    }
    expect(gained.filter(({ timestamp }) => timestamp >= grownAt).length).to.be.within(60, 70);
  });

  it("has the fee of a Pendle trade in the days that saw it, and in no later one", () => {
    const { days } = of("pendle-lp");
    const told = days.flatMap(({ timestamp, apy: { fees } }) =>
      fees.kind === "known" ? [{ timestamp, earned: Math.log1p(fees.apy) * (pinnedAt - timestamp) }] : [],
    );
    const before = told.filter(({ timestamp }) => timestamp < grownAt);
    expect(before.length).to.be.above(200);
    // One trade: whoever held LP before it earned the same.
    for (const { earned } of before) expect(Math.abs(earned / (before[0]?.earned ?? 0) - 1)).to.be.below(1e-9);
    expect(before[0]?.earned).to.be.above(0);
    const after = told.filter(({ timestamp }) => timestamp >= grownAt + DAY);
    expect(after.length).to.be.above(60);
    expect(after.every(({ earned }) => earned === 0)).to.equal(true);
  });

  it("has what a Pendle LP gained by its adapter's own rate, fees apart, and not the yield that is fixed today", async () => {
    const { ethers } = every.engine.connection;
    const adapter = await ethers.getContractAt("PendleLpAdapter", every.adapters.get("pendle-lp") ?? "");
    const head = await every.engine.client.header("latest");
    expect(head.timestamp).to.equal(pinnedAt);
    const now = fromWad(await adapter.rate());
    const days = of("pendle-lp").days.filter(({ apy }) => apy.base.kind === "known");
    expect(days.length).to.be.above(200);
    const blockOf = async (timestamp: number): Promise<number> =>
      (await blockAtTime(every.engine.client, timestamp, head.number)) ?? expect.fail(`no block of ${timestamp}`);
    for (const { timestamp, apy } of [days[0], days[100], days.at(-7), days.at(-1)].flatMap((day) => day ?? [])) {
      if (apy.base.kind === "missing") return expect.fail(apy.base.reason);
      const gained = now / fromWad(await adapter.rate({ blockTag: await blockOf(timestamp) }));
      const fees = apy.fees.kind === "known" ? apy.fees.apy : 0;
      const whole = ((1 + apy.base.apy) * (1 + fees)) ** ((pinnedAt - timestamp) / (365 * DAY));
      expect(Math.abs(whole / gained - 1), `${timestamp}: ${whole} against ${gained}`).to.be.below(1e-9);
      expect(apy.base.source).to.match(apy.fees.kind === "known" ? /less fees$/ : /fees included$/);
    }
  });

  it("keeps fees apart from the base where a pool earns both", () => {
    const { days } = of("curve");
    const last = days.at(-7);
    expect(last?.apy.base.kind).to.equal("known");
    expect(last?.apy.fees.kind).to.equal("known");
    expect(last?.apy.fees.kind === "known" ? last.apy.fees.source : "").to.match(/get_virtual_price/);
  });
});

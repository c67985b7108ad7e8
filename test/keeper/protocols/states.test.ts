/** The state of every venue in one batched read: complete, priced as the adapters pay, held with a reason where it cannot be. */
import { expect } from "chai";
import { multicall } from "../../../keeper/chain/multicall.ts";
import { CURVE_SIZES, readVenues, type VenueRequest, type VenueStates } from "../../../keeper/data/venue-states.ts";
import { address, assets, fromWad } from "../../../keeper/kernel/units.ts";
import type { VenueState } from "../../../keeper/kernel/venue-state.ts";
import { PROTOCOL_IDS, type ProtocolId } from "../../../keeper/protocols/ids.ts";
import { protocolOf } from "../../../keeper/protocols/index.ts";
import { deployEveryVenue, type EveryVenue, VENUE_ORDER } from "../../support/everyVenue.ts";
import { readAddress } from "../../support/genuine/artifact.ts";
import { buyPt, sellPt } from "../../support/genuine/pendle.ts";
import { swapTo } from "../../support/genuine/uniswap-v3.ts";
import { wethAt } from "../../support/genuine/weth.ts";
import { lendToPools } from "../../support/lenders.ts";
import { ETHER, mineDays } from "../support/engine.ts";

const SOME_SIZES = [1n, 100n].map((size) => assets(size * ETHER));

describe("venue states", () => {
  let every: EveryVenue;
  let states: VenueStates;
  const requests = (): readonly VenueRequest[] =>
    VENUE_ORDER.map((protocol, index) => ({
      strategyId: index + 1,
      protocol,
      adapter: address(every.adapters.get(protocol) ?? expect.fail(`no adapter of ${protocol}`)),
    }));
  const read = (sizes = CURVE_SIZES): Promise<VenueStates> => {
    const { client, addresses } = every.engine;
    return readVenues(client, { multicall: addresses.multicall, asset: addresses.weth }, requests(), sizes);
  };
  const stateOf = (id: ProtocolId, from = states): VenueState => {
    const found = from.venues[VENUE_ORDER.indexOf(id)];
    if (found?.kind !== "read") return expect.fail(`${id}: ${found?.reason ?? "not read"}`);
    return found;
  };

  before(async function () {
    this.timeout(120_000);
    every = await deployEveryVenue();
    await lendToPools(every);
    await mineDays(every.engine, 8, 2);
    states = await read();
  });
  after(() => every.engine.close());

  it("reads every protocol of the engine, none held", () => {
    expect([...VENUE_ORDER].sort()).to.deep.equal([...PROTOCOL_IDS].sort());
    const held = states.venues.flatMap((venue) =>
      venue.kind === "held" ? [`${venue.protocol}: ${venue.reason}`] : [],
    );
    expect(held).to.deep.equal([]);
  });

  it("takes three requests, counted by client and server alike", async () => {
    expect(states.httpRequests).to.equal(3);
    const from = every.engine.server.requests.length;
    await read();
    expect(every.engine.server.requests.length - from).to.equal(3);
  });

  for (const id of VENUE_ORDER) {
    it(`${id}: at least five sizes each way have a figure or a reason, and sources are named`, () => {
      const { enter, leave, apy, gas } = stateOf(id);
      for (const move of [enter, leave]) {
        expect(move.curve.length).to.be.at.least(5);
        expect(move.source).to.not.equal("");
        for (const { size, received, shortfall, reason } of move.curve) {
          expect((received === null) === (reason !== null), `${size}`).to.equal(true);
          expect((shortfall === null) === (reason !== null), `${size}`).to.equal(true);
        }
        const first = move.curve[0];
        expect(first?.reason, "the smallest size").to.equal(null);
      }
      for (const part of [apy.base, apy.fees, apy.reward]) {
        if (part.kind === "known") expect(Number.isFinite(part.apy)).to.equal(true);
        expect(part.kind === "known" ? part.source : part.reason).to.not.equal("");
      }
      expect(Object.values(gas).some((estimate) => estimate !== null)).to.equal(true);
    });
  }

  it("prices entries as the adapters count them, before their own discounts", async () => {
    const { connection, addresses } = every.engine;
    const { networkHelpers, ethers } = connection;
    await networkHelpers.impersonateAccount(addresses.vault);
    await networkHelpers.setBalance(addresses.vault, 10_000n * ETHER);
    const vault = await ethers.getSigner(addresses.vault);
    const weth = wethAt(addresses.weth, vault);
    const offences: string[] = [];
    for (const id of VENUE_ORDER) {
      const adapterAddress = every.adapters.get(id) ?? "";
      const snapshot = await networkHelpers.takeSnapshot();
      const adapter = await ethers.getContractAt("IStrategyAdapter", adapterAddress, vault);
      const size = 100n * ETHER;
      await (await weth.getFunction("deposit").send({ value: size })).wait();
      await (await weth.getFunction("transfer").send(adapterAddress, size)).wait();
      const value = await adapter.allocate.staticCall(size, 0n);
      await snapshot.restore();
      const point = stateOf(id).enter.curve.find((entry) => entry.size === size);
      if (point?.received === null || point === undefined) {
        offences.push(`${id}: ${point?.reason ?? "no point"}`);
        continue;
      }
      // What the adapter holds back by design: the band of pools, the fee that Frax's and Gearbox's exits will take.
      const discount =
        { curve: 20n, "uniswap-v3": 20n, "uniswap-v4": 20n, pendle: 50n, "pendle-lp": 50n, frax: 10n }[String(id)] ??
        0n;
      // Pendle's router searches for the amount of PT to within 1e-4 of its optimum.
      const tolerance = id.startsWith("pendle") ? size / 10_000n : size / 1_000_000n;
      const least = point.received - (point.received * discount) / 10_000n - tolerance;
      if (value < least || value > point.received + tolerance) {
        offences.push(`${id}: quoted ${fromWad(point.received)}, counted ${fromWad(value)}`);
      }
    }
    expect(offences).to.deep.equal([]);
  });

  it("prices instant exits as the adapters pay them, to a tenth of a basis point", async () => {
    const { connection, addresses } = every.engine;
    const { networkHelpers, ethers } = connection;
    const vault = await ethers.getSigner(addresses.vault);
    const weth = wethAt(addresses.weth, vault);
    const offences: string[] = [];
    for (const id of [
      "erc4626",
      "aave-v3",
      "gearbox",
      "curve",
      "uniswap-v3",
      "uniswap-v4",
      "yearn-v3",
      "beefy",
    ] as const) {
      const adapterAddress = every.adapters.get(id) ?? "";
      const snapshot = await networkHelpers.takeSnapshot();
      const adapter = await ethers.getContractAt("IStrategyAdapter", adapterAddress, vault);
      await (await weth.getFunction("deposit").send({ value: 1_000n * ETHER })).wait();
      await (await weth.getFunction("transfer").send(adapterAddress, 1_000n * ETHER)).wait();
      await adapter.allocate(1_000n * ETHER, 0n);
      const { liquid } = await adapter.realAssets();
      const base = await ethers.getContractAt("AdapterBase", adapterAddress);
      // Counted value to fair value: the pools' adapters count less by their band.
      const fresh = await read([assets(100n * ETHER)]);
      const point = stateOf(id, fresh).leave.curve[0];
      const units = await base.units();
      const out = liquid / 10n;
      const received = await adapter.deallocate.staticCall(out, 0n);
      // What a tenth of the position is worth at the fair rate: the entry's quote, for the adapter put 1,000 in.
      const entered = stateOf(id).enter.curve.find(({ size }) => size === 1_000n * ETHER);
      await snapshot.restore();
      if (point?.shortfall === null || point === undefined || entered?.received == null || units === 0n) {
        offences.push(`${id}: ${point?.reason ?? "no point"}`);
        continue;
      }
      const fair = fromWad(entered.received) / 10;
      const paid = fromWad(received);
      if (Math.abs(1 - paid / fair - point.shortfall) > 1e-5) {
        offences.push(`${id}: quoted a shortfall of ${point.shortfall}, paid ${paid} of ${fair}`);
      }
    }
    expect(offences).to.deep.equal([]);
  });

  it("ether.fi: states what leaves at once and its fee apart from the queue, which pays in full; the fee is what a leg pays", async () => {
    const { connection, addresses } = every.engine;
    const { networkHelpers, ethers } = connection;
    const { redemption, pool } = every.etherfi;
    const ether = await redemption.ETH_ADDRESS();
    const { leave } = stateOf("etherfi");
    const redeemable = await redemption.totalRedeemableAmount(ether);
    expect(leave.instant).to.deep.equal({ ok: true, value: (redeemable * 9_970n) / 10_000n });
    expect(leave.instantFee).to.equal(0.003);
    expect(leave.own).to.equal(0n);
    expect(leave.source).to.match(/a request pays in full; at once the RedemptionManager pays less 30 bps/);
    for (const { shortfall } of leave.curve) expect(shortfall).to.be.within(-1e-15, 1e-15);

    await networkHelpers.impersonateAccount(addresses.vault);
    await networkHelpers.setBalance(addresses.vault, 10_000n * ETHER);
    const vault = await ethers.getSigner(addresses.vault);
    const weth = wethAt(addresses.weth, vault);
    const adapterAddress = every.adapters.get("etherfi") ?? "";
    const adapter = await ethers.getContractAt("IStrategyAdapter", adapterAddress, vault);
    const clean = await networkHelpers.takeSnapshot();
    await (await weth.getFunction("deposit").send({ value: 1_000n * ETHER })).wait();
    await (await weth.getFunction("transfer").send(adapterAddress, 1_000n * ETHER)).wait();
    await adapter.allocate(1_000n * ETHER, 0n);
    const received = await adapter.deallocate.staticCall(100n * ETHER, 0n);
    expect(1 - fromWad(received) / 100).to.be.within(0.003 - 1e-12, 0.003 + 1e-12);

    // No slot for a request is left: what leaves pays the fee, up to what the manager pays.
    for (let id = 0; id < 16; id += 1) await adapter.requestExit(ETHER, 0n);
    const full = stateOf("etherfi", await read()).leave;
    expect(full.queued).to.equal(0n);
    for (const { size, shortfall, reason } of full.curve) {
      if (size > redeemable) expect(reason).to.match(/only .* can leave in one move now|at once less is paid/);
      else expect(shortfall).to.be.within(0.003 - 1e-9, 0.003 + 1e-9);
    }
    await redemption.setExitFeeBasisPoints(0, ether);
    const free = stateOf("etherfi", await read()).leave;
    expect(free.instantFee).to.equal(0);
    expect(free.own).to.be.above(900n * ETHER);
    await redemption.pauseUntil();
    const paused = stateOf("etherfi", await read()).leave;
    expect(paused.instant).to.deep.equal({ ok: true, value: 0n });
    expect(paused.source).to.match(/the RedemptionManager is paused/);
    await pool.pauseUntil();
    await pool.setWithdrawAmounts(0n, 500n * ETHER);
    const closed = stateOf("etherfi", await read());
    expect(closed.leave.closed).to.equal("ether.fi has paused its liquidity pool");
    expect(closed.enter.closed).to.equal("ether.fi has paused its liquidity pool");
    await clean.restore();
    await pool.setWithdrawAmounts(0n, 500n * ETHER);
    const bounded = stateOf("etherfi", await read()).leave;
    await clean.restore();
    expect(bounded.queued).to.equal(500n * ETHER);
  });

  it("states what a pool can pay at once as the adapter's own reading of its depth does", async () => {
    const { connection, addresses } = every.engine;
    const { networkHelpers, ethers } = connection;
    const vault = await ethers.getSigner(addresses.vault);
    const weth = wethAt(addresses.weth, vault);
    for (const id of ["uniswap-v3", "uniswap-v4"] as const) {
      const adapterAddress = every.adapters.get(id) ?? "";
      const snapshot = await networkHelpers.takeSnapshot();
      const adapter = await ethers.getContractAt("IStrategyAdapter", adapterAddress, vault);
      // More than others' liquidity buys inside the band.
      await (await weth.getFunction("deposit").send({ value: 5_000n * ETHER })).wait();
      await (await weth.getFunction("transfer").send(adapterAddress, 5_000n * ETHER)).wait();
      await adapter.allocate(5_000n * ETHER, 0n);
      const { instant, own } = stateOf(id, await read()).leave;
      await snapshot.restore();
      if (!instant.ok) return expect.fail(`${id}: ${instant.reason}`);
      expect(own, id).to.be.within(100n * ETHER, 4_000n * ETHER);
      // The adapter counts its wstETH leg below the rate, by the band of 20 basis points at most.
      expect(own, id).to.be.within((instant.value * 9_975n) / 10_000n, (instant.value * 10_001n) / 10_000n);
    }
  });

  it("takes a range's fees from the counters inside it once the adapter has held it over the whole span", async () => {
    const { connection, addresses } = every.engine;
    const { networkHelpers, ethers } = connection;
    await networkHelpers.impersonateAccount(addresses.vault);
    await networkHelpers.setBalance(addresses.vault, 10_000n * ETHER);
    const vault = await ethers.getSigner(addresses.vault);
    const [trader] = await ethers.getSigners();
    if (trader === undefined) return expect.fail("no accounts");
    const weth = wethAt(addresses.weth, vault);
    const feesOf = (id: ProtocolId, from: VenueStates) => {
      const { fees } = stateOf(id, from).apy;
      return fees.kind === "known" ? fees : expect.fail(`${id}: ${fees.reason}`);
    };
    for (const id of ["uniswap-v3", "uniswap-v4"] as const)
      expect(feesOf(id, states).source).to.match(
        /assumed in range throughout .* \(the adapter did not hold this range/,
      );
    const snapshot = await networkHelpers.takeSnapshot();
    for (const id of ["uniswap-v3", "uniswap-v4"] as const) {
      const adapterAddress = every.adapters.get(id) ?? "";
      const adapter = await ethers.getContractAt("IStrategyAdapter", adapterAddress, vault);
      await (await weth.getFunction("deposit").send({ value: 1_000n * ETHER })).wait();
      await (await weth.getFunction("transfer").send(adapterAddress, 1_000n * ETHER)).wait();
      await adapter.allocate(1_000n * ETHER, 0n);
    }
    // Longer than the span: between the few headers of a young chain a week ago is found to within days.
    await mineDays(every.engine, 14, 4);
    const quiet = await read(SOME_SIZES);
    const mine = wethAt(addresses.weth, trader);
    await (await mine.getFunction("deposit").send({ value: 100n * ETHER })).wait();
    const { uniswap, pool } = every.v3;
    await (await mine.getFunction("approve").send(uniswap.addresses.router, 100n * ETHER)).wait();
    const isToken0 = (await readAddress(pool, "token0")) === addresses.weth;
    await swapTo(uniswap, trader, pool, isToken0, 100n * ETHER);
    const traded = await read(SOME_SIZES);
    await snapshot.restore();
    for (const id of ["uniswap-v3", "uniswap-v4"] as const) {
      expect(feesOf(id, quiet).source).to.match(/^feeGrowthInside of the adapter's range over \d+\.\d days,/);
      expect(feesOf(id, quiet).apy).to.equal(0);
    }
    expect(feesOf("uniswap-v3", traded).apy).to.be.within(1e-12, 1);
    expect(feesOf("uniswap-v4", traded).apy).to.equal(0);
  });

  it("pendle-lp: what trades leave to LP is its fee yield, without the treasury's part; none trade, none is earned", async () => {
    const { connection } = every.engine;
    const { networkHelpers, ethers } = connection;
    const [trader] = await ethers.getSigners();
    if (trader === undefined) return expect.fail("no accounts");
    const feesOf = (from: VenueStates) => {
      const { fees } = stateOf("pendle-lp", from).apy;
      return fees.kind === "known" ? fees : expect.fail(fees.reason);
    };
    const { market } = every.pendle;
    const snapshot = await networkHelpers.takeSnapshot();
    // Longer than the span, as above: only blocks without trades are in it.
    await mineDays(every.engine, 14, 4);
    expect(feesOf(await read(SOME_SIZES)).apy).to.equal(0);

    const from = await ethers.provider.getBlockNumber();
    for (const trade of [buyPt, sellPt]) await trade(every.pendle, trader, 4_000n * ETHER);
    const traded = feesOf(await read(SOME_SIZES));
    const swaps = await market.queryFilter("Swap", from + 1);
    expect(swaps.length).to.equal(2);
    let toLp = 0;
    for (const swap of swaps) {
      if (!("args" in swap)) return expect.fail("a log without its event");
      toLp += fromWad(swap.args.getValue("netSyFee")) - fromWad(swap.args.getValue("netSyToReserve"));
    }
    // Worth of the whole market in SY: its SY, and its PT at the last trade's rate.
    const state = await market.getFunction("readState").staticCall(trader.address);
    const { timestamp } = (await ethers.provider.getBlock("latest")) ?? expect.fail("no block");
    const years = (Number(state.expiry) - timestamp) / (365 * 86_400);
    const index = fromWad(await every.pendle.sy.getFunction("exchangeRate").staticCall());
    const ptInSy = (fromWad(state.totalPt) * Math.exp(-fromWad(state.lastLnImpliedRate) * years)) / index;
    const earned = toLp / (fromWad(state.totalSy) + ptInSy);
    const [, span] = / over (\d+\.\d) days/.exec(traded.source) ?? expect.fail(traded.source);
    const expected = (1 + earned) ** (365 / Number(span)) - 1;
    expect(expected).to.be.above(1e-6);
    // The span is told to a tenth of a day.
    expect(Math.abs(traded.apy / expected - 1)).to.be.below(0.02);

    const { server } = every.engine;
    for (const [fault, reason] of [
      [{ error: { code: -32_005, message: "block range is too large" } }, /block range is too large/],
      [{ result: [] }, /the node's events lead from/],
    ] as const) {
      server.fault = ({ method }) => (method === "eth_getLogs" ? fault : undefined);
      const { fees, base } = stateOf("pendle-lp", await read(SOME_SIZES)).apy;
      server.fault = null;
      expect(fees.kind === "missing" ? fees.reason : "").to.match(reason);
      expect(base.kind).to.equal("known");
    }

    await networkHelpers.time.increaseTo(every.pendle.expiry);
    expect(feesOf(await read(SOME_SIZES)).apy).to.equal(0);
    await snapshot.restore();
  });

  it("grows more expensive with size where a pool prices it", () => {
    for (const id of ["curve", "pendle"] as const) {
      for (const move of [stateOf(id).enter, stateOf(id).leave]) {
        const figures = move.curve.flatMap(({ shortfall }) => (shortfall === null ? [] : [shortfall]));
        expect(figures.length, id).to.be.at.least(4);
        expect(
          [...figures].sort((a, b) => a - b),
          id,
        ).to.deep.equal(figures);
        expect(figures.at(-1), id).to.be.above(figures[0] ?? 1);
      }
    }
  });

  it("lives with any contract of a venue gone mad: zeros, all gas burnt, nothing there; the others are as before", async function () {
    this.timeout(240_000);
    const { connection, client, addresses } = every.engine;
    const { networkHelpers } = connection;
    const offences: string[] = [];
    const targetsOf = await Promise.all(
      requests().map(async ({ protocol, adapter }) => {
        const found = await multicall(client, addresses.multicall, protocolOf(protocol).targets(adapter), "latest");
        return new Set(found.flatMap((target) => (target.ok ? [target.value] : [])));
      }),
    );
    for (const [index, { protocol }] of requests().entries()) {
      for (const target of targetsOf[index] ?? []) {
        // 256 bytes of zeros; INVALID; no code.
        for (const code of ["0x6101005ff3", "0xfe", "0x"]) {
          const snapshot = await networkHelpers.takeSnapshot();
          await networkHelpers.setCode(target, code);
          const { venues, httpRequests } = await read(SOME_SIZES);
          await snapshot.restore();
          // PT and LP of one market stand and fall together.
          const others = venues.filter((venue, place) => venue.kind === "held" && !targetsOf[place]?.has(target));
          if (others.length > 0) offences.push(`${protocol}, ${code} at ${target}: holds ${others[0]?.protocol}`);
          if (httpRequests > 6) offences.push(`${protocol}, ${code} at ${target}: ${httpRequests} requests`);
        }
      }
    }
    expect(offences).to.deep.equal([]);
  });

  it("names pause and cap with their reason, and holds a venue that answers nothing without touching the others", async () => {
    const { networkHelpers } = every.engine.connection;
    const snapshot = await networkHelpers.takeSnapshot();
    await every.lido.stEth.pauseStaking();
    await every.lido.queue.pause();
    await every.kelp.pool.pause();
    await every.bedrock.staking.pause();
    await every.stader.pool.pause();
    await networkHelpers.setCode(await every.etherfi.weEth.getAddress(), "0xfe");
    const after = await read();
    expect(stateOf("lido", after).enter.closed).to.equal("Lido has paused staking");
    expect(stateOf("lido", after).leave.closed).to.equal("Lido's withdrawal queue is paused");
    expect(stateOf("lido", after).enter.available).to.equal(0n);
    expect(stateOf("lido", after).enter.curve.every(({ received }) => received === null)).to.equal(true);
    expect(stateOf("kelp", after).enter.closed).to.equal("Kelp has paused deposits");
    expect(stateOf("bedrock", after).leave.closed).to.equal("Bedrock is paused");
    expect(stateOf("stader", after).enter.closed).to.equal("Stader has paused deposits");
    const dead = after.venues[VENUE_ORDER.indexOf("etherfi")];
    expect(dead?.kind).to.equal("held");
    expect(dead?.kind === "held" ? dead.reason : "").to.match(/was not answered/);
    expect(stateOf("aave-v3", after).enter.closed).to.equal(null);
    await snapshot.restore();
  });
});

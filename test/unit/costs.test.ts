/** What moves are charged: the curves of the pinned block, and the twins' constants where a curve has no answer. */
import { expect } from "chai";
import { costsOf, moveCosts } from "../../keeper/costs.ts";
import { buildConstraints } from "../../keeper/kernel/constraints.ts";
import { assets, toWad, wad } from "../../keeper/kernel/units.ts";
import type { VenueState } from "../../keeper/kernel/venue-state.ts";
import { curveOf, forecastOf, reading, snapshot, venueState } from "../support/quant.ts";

const ether = (amount: number) => assets(toWad(amount));
const nav = ether(1_000);
const TOLERANCE = 1e-12;

/** A pool with room for a quarter of the NAV: 250 ether. */
const pool = (changes: Parameters<typeof reading>[1] = {}) => reading(1, { protocol: "curve", ...changes });
const curved = (changes: Partial<VenueState> = {}): VenueState => {
  const open = venueState(1);
  return {
    ...open,
    discount: 0.002,
    enter: { ...open.enter, curve: curveOf([1, 1], [100, 4], [250, 9], [1_000, 40]) },
    leave: { ...open.leave, curve: curveOf([1, 1], [60, 3], [100, 30], [1_000, 90]) },
    ...changes,
  };
};

describe("costs of moves", () => {
  it("an entry costs the curve at what caps and NAV let in, and what the adapter holds back", () => {
    const { enter } = moveCosts(pool(), curved(), nav);
    expect(enter).to.be.closeTo(1 - (1 - 0.0009) * (1 - 0.002), TOLERANCE);
    const tighter = moveCosts(pool({ relativeCapBps: 1_000 }), curved(), nav);
    expect(tighter.enter).to.be.closeTo(1 - (1 - 0.0004) * (1 - 0.002), TOLERANCE);
  });
  it("an exit costs the curve at all that is held, less what was held back at the entry, and never less than nothing", () => {
    const held = (liquid: number) => pool({ value: ether(liquid), liquid: ether(liquid) });
    expect(moveCosts(held(60), curved(), nav).exit).to.equal(0);
    expect(moveCosts(held(100), curved(), nav).exit).to.be.closeTo(1 - (1 - 0.003) / (1 - 0.002), TOLERANCE);
    // Empty: what could be put in would leave at the next size above it.
    expect(moveCosts(pool(), curved(), nav).exit).to.be.closeTo(1 - (1 - 0.009) / (1 - 0.002), TOLERANCE);
  });
  it("a curve that refuses a size is charged at the largest it quotes, and no more than that may enter", () => {
    const { enter: open } = venueState(1);
    const venue = curved({ enter: { ...open, curve: curveOf([1, 1], [100, 4], [250, "not that much"]) } });
    expect(moveCosts(pool(), venue, nav).enter).to.be.closeTo(1 - (1 - 0.0004) * (1 - 0.002), TOLERANCE);
    const market = { ...snapshot([pool()], []), venues: [venue] };
    const [limits] = buildConstraints(market, costsOf(market, forecastOf([1e-4], []))).strategies;
    expect(limits?.reachableWeight).to.equal(0.1);
    expect(limits?.entryBlockedBy).to.equal(null);
  });
  it("the twin's bounds stand where nothing is quoted, and below nothing that its twin cannot tell", () => {
    const constant = { enter: 0.0025, exit: 0.0001 };
    expect(moveCosts(pool(), undefined, nav)).to.deep.equal(constant);
    const held = { kind: "held", strategyId: 1, protocol: "curve", reason: "silent" } as const;
    expect(moveCosts(pool(), held, nav)).to.deep.equal(constant);
    const open = venueState(1);
    const silent = curveOf([1, "reverts"], [5_000, "reverts"]);
    const refusing = curved({ enter: { ...open.enter, curve: silent }, leave: { ...open.leave, curve: silent } });
    expect(moveCosts(pool(), refusing, nav)).to.deep.equal(constant);
    // Without the discount the cheap quote of the entry must not undercut the constant; the dear one of the exit counts.
    expect(moveCosts(pool(), curved({ discount: null }), nav)).to.deep.equal({ enter: 0.0025, exit: 0.009 });
  });
  it("adds what the valuation takes at once and the yield lost while waiting", () => {
    const price = { ...reading(1).price, sellFactor: wad(998n * 10n ** 15n) };
    const waiting = reading(1, { protocol: "lido", hasAsyncExit: true, exitDelayDays: 5, price });
    const market = { ...snapshot([waiting], []), venues: [venueState(1)] };
    const [cost] = costsOf(market, forecastOf([1e-4], [])).perStrategy;
    expect(cost?.enter).to.be.closeTo(0.002, TOLERANCE);
    expect(cost?.exit).to.be.closeTo(0.0005, TOLERANCE);
  });
  it("a venue that would take all of it is as good as closed and holds no run", () => {
    const open = venueState(1);
    const market = {
      ...snapshot([pool(), reading(2)], []),
      venues: [curved({ enter: { ...open.enter, curve: curveOf([1, 9_999], [250, 9_999.9999]) } }), venueState(2)],
    };
    const { strategies } = buildConstraints(market, costsOf(market, forecastOf([1e-4, 1e-4], [])));
    expect(strategies[0]?.costs.enter).to.be.within(0.999, 0.999_999);
    expect(strategies[1]?.costs.enter).to.equal(0);
  });
});

describe("bounds of a run with venues that are closed or held", () => {
  const queued = (changes: Parameters<typeof reading>[1] = {}) =>
    reading(1, { value: ether(100), liquid: ether(100), hasAsyncExit: true, ...changes });
  const limitsWith = (strategy: ReturnType<typeof reading>, venue: Parameters<typeof moveCosts>[1]) => {
    const market = snapshot([strategy, reading(2)], []);
    const idle = ether(900);
    const whole = {
      ...market,
      vault: { ...market.vault, idle },
      venues: venue === undefined ? [] : [venue, venueState(2)],
    };
    return buildConstraints(whole, costsOf(whole, forecastOf([1e-4, 1e-4], []))).strategies;
  };
  const open = venueState(1);

  it("a paused entry blocks the entry with the venue's reason, and nothing else", () => {
    const [first, second] = limitsWith(
      queued(),
      venueState(1, { enter: { ...open.enter, closed: "staking is paused" } }),
    );
    expect(first).to.include({ entryBlockedBy: "staking is paused", exitBlockedBy: null, minWeight: 0 });
    expect(second).to.include({ entryBlockedBy: null, exitBlockedBy: null });
  });
  it("a paused queue keeps in what it would take; what the adapter pays at once may still leave", () => {
    const shut = venueState(1, { leave: { ...open.leave, closed: "the queue is paused" } });
    expect(limitsWith(queued(), shut)[0]).to.include({ exitBlockedBy: "the queue is paused", minWeight: 0.1 });
    const part = limitsWith(queued({ maxDeallocate: ether(30) }), shut)[0];
    expect(part).to.include({ exitBlockedBy: null, minWeight: 0.07 });
  });
  it("a queue takes no more than the largest exit that is quoted", () => {
    const narrow = venueState(1, {
      leave: { ...open.leave, curve: curveOf([1, 0], [40, 0], [100, "only 40 can leave"]) },
    });
    expect(limitsWith(queued(), narrow)[0]?.minWeight).to.equal(0.06);
  });
  it("a held venue keeps its position as it is, whatever the adapter would pay", () => {
    const held = { kind: "held", strategyId: 1, protocol: "aave-v3", reason: "rate was not answered" } as const;
    const reason = "the venue is held: rate was not answered";
    const [first, second] = limitsWith(queued({ maxDeallocate: ether(100) }), held);
    expect(first).to.include({ entryBlockedBy: reason, exitBlockedBy: reason, minWeight: 0.1, currentWeight: 0.1 });
    expect(second).to.include({ entryBlockedBy: null, exitBlockedBy: null });
  });
});

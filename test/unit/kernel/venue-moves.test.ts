import { expect } from "chai";
import { assets, toWad } from "../../../keeper/kernel/units.ts";
import {
  entryRoom,
  entryTerms,
  exitTerms,
  receivedAt,
  shortfallAt,
  sizesConsidered,
} from "../../../keeper/kernel/venue-moves.ts";
import { curveOf, reading, venueState } from "../../support/quant.ts";

const ether = (amount: number) => assets(toWad(amount));

describe("what a venue's quotes say of a move", () => {
  const convex = curveOf([1, 1], [10, 2], [100, 11], [1_000, 101]);

  it("charges the average of the whole move, which no part of it exceeds", () => {
    expect(shortfallAt(convex, ether(100))).to.equal(0.0011);
    // Between two quotes the next one: what lies below it costs less.
    expect(shortfallAt(convex, ether(11))).to.equal(0.0011);
    expect(shortfallAt(convex, ether(0.5))).to.equal(0.0001);
    expect(shortfallAt(convex, 0n)).to.equal(0.0001);
  });
  it("charges a fixed fee as the smallest size meets it", () => {
    expect(shortfallAt(curveOf([1, 50], [10, 5], [100, 1]), ether(100))).to.equal(0.005);
  });
  it("counts a venue that pays for balance as free, not as a gain", () => {
    expect(shortfallAt(curveOf([1, -3], [10, -2]), ether(10))).to.equal(0);
  });
  it("beyond the largest quote gives that one, and nothing where there is none", () => {
    expect(shortfallAt(curveOf([1, 1], [10, 2], [100, "too much"]), ether(500))).to.equal(0.0002);
    expect(shortfallAt(curveOf([1, "shut"], [10, "shut"]), ether(1))).to.equal(null);
    expect(shortfallAt([], ether(1))).to.equal(null);
  });

  it("receives at least the straight line between two quotes", () => {
    expect(receivedAt(convex, ether(10))).to.equal((ether(10) * 9_998n) / 10_000n);
    expect(receivedAt(convex, ether(0.5))).to.equal((ether(0.5) * 9_999n) / 10_000n);
    const [ten, hundred] = [(ether(10) * 9_998n) / 10_000n, (ether(100) * 9_989n) / 10_000n];
    expect(receivedAt(convex, ether(55))).to.equal((ten + hundred) / 2n);
  });
  it("receives nothing that no quote covers", () => {
    expect(receivedAt(convex, ether(1_001))).to.equal(null);
    expect(receivedAt(curveOf([1, "shut"]), ether(1))).to.equal(null);
    // A refusal between two quotes is bridged, one after the last is not.
    expect(receivedAt(curveOf([1, 0], [2, "odd"], [3, 0]), ether(2))).to.equal(ether(2));
  });

  it("blocks with the venue's own reason: held, closed, or no size quoted", () => {
    const held = { kind: "held", strategyId: 1, protocol: "lido", reason: "rate was not answered" } as const;
    expect(entryTerms(held).blockedBy).to.equal("the venue is held: rate was not answered");
    expect(exitTerms(held).blockedBy).to.equal("the venue is held: rate was not answered");
    const open = venueState(1);
    const paused = venueState(1, { enter: { ...open.enter, closed: "Lido has paused staking" } });
    expect(entryTerms(paused)).to.deep.equal({ blockedBy: "Lido has paused staking", most: 0n });
    expect(exitTerms(paused).blockedBy).to.equal(null);
    const refused = venueState(1, { leave: { ...open.leave, curve: curveOf([1, "0x reverted"], [10, "same"]) } });
    expect(exitTerms(refused)).to.deep.equal({ blockedBy: "no size is quoted: 0x reverted", most: 0n });
    expect(entryTerms(undefined)).to.deep.equal({ blockedBy: null, most: null });
  });
  it("lets in no more than the largest size that is quoted", () => {
    const open = venueState(1);
    const curve = curveOf([1, 0], [10, 3], [100, "the market cannot trade that much"]);
    expect(entryTerms(venueState(1, { enter: { ...open.enter, curve } })).most).to.equal(ether(10));
  });

  it("considers what caps, budget, venue and NAV leave, and all that is held", () => {
    const wide = { absoluteCap: ether(900), relativeCapBps: 10_000, inflowLeft: ether(800), maxAllocate: ether(700) };
    const room = (changes: object, nav = 1_000) => entryRoom(reading(1, { ...wide, ...changes }), ether(nav));
    expect(room({})).to.equal(ether(700));
    expect(room({ inflowLeft: ether(600) })).to.equal(ether(600));
    expect(room({ relativeCapBps: 2_500, value: ether(100) })).to.equal(ether(150));
    expect(room({ absoluteCap: ether(120), value: ether(100) })).to.equal(ether(20));
    expect(room({ value: ether(100) }, 300)).to.equal(ether(200));
    expect(room({ absoluteCap: ether(90), value: ether(100) })).to.equal(0n);
    const held = reading(1, { ...wide, value: ether(100), liquid: ether(99) });
    expect(sizesConsidered(held, ether(1_000))).to.deep.equal([ether(700), ether(99)]);
    expect(sizesConsidered(reading(1, { absoluteCap: assets(0n) }), ether(1_000))).to.deep.equal([]);
  });
});

/** The books of a walk-forward, on panels small enough to follow by hand. */
import { expect } from "chai";
import { curveOfQuotes, impactAt } from "../../../keeper/backtest/costs.ts";
import { carry, equalWeight, holdRule, lastWinner } from "../../../keeper/backtest/rules/plain.ts";
import type { Rule } from "../../../keeper/backtest/rules/rule.ts";
import { schedule, type WalkTerms, walk } from "../../../keeper/backtest/walk.ts";
import { panelOf, venueOf } from "../../support/backtest.ts";

const flat = (size: number, days: number): number[][] =>
  Array.from({ length: size }, () => new Array<number>(days).fill(0.001));

const terms = (changes: Partial<WalkTerms> = {}): WalkTerms => ({
  warmup: 3,
  lag: 1,
  every: 2,
  chargeEntry: true,
  nav: 1000,
  minimumIdle: 0,
  costs: { linear: [0.0005, 0.0005], curve: [], gas: [] },
  seed: 1,
  ...changes,
});

/** Switches fully between the first two venues at every decision. */
const switching: Rule = {
  name: "switch",
  describes: "",
  decide: ({ holding }) => ({ weights: (holding.weights[0] ?? 0) > 0.5 ? [0, 1] : [1, 0], reasons: [] }),
};

describe("walk-forward", () => {
  it("executes a decision the stated days after what it knew", () => {
    expect(schedule(10, { warmup: 3, lag: 1, every: 2 })).to.deep.equal([
      { boundary: 4, known: 3 },
      { boundary: 6, known: 5 },
      { boundary: 8, known: 7 },
    ]);
  });

  it("pays both sides of a switch and earns the new venue from the next day", async () => {
    const [a = [], b = []] = flat(2, 10);
    const panel = panelOf([
      venueOf("a", a),
      venueOf(
        "b",
        b.map(() => 0.002),
      ),
    ]);
    const walked = await walk(panel, switching, terms());
    expect(walked.returns[0]).to.be.closeTo(1.001 * (1 - 0.0005) - 1, 1e-15);
    expect(walked.returns[1]).to.be.closeTo(0.001, 1e-15);
    expect(walked.returns[2]).to.be.closeTo(1.002 * (1 - 0.001) - 1, 1e-15);
    expect(walked.trades).to.equal(3);
    expect(walked.entryTurnover).to.be.closeTo(1, 1e-12);
    expect(walked.turnover).to.be.closeTo(2, 1e-12);
    expect(walked.costs).to.be.closeTo(0.0025, 1e-15);
    const free = await walk(panel, switching, terms({ chargeEntry: false }));
    expect(free.costs).to.be.closeTo(0.002, 1e-15);
  });

  it("lets money wait in an exit queue without earning, and buys when it arrives", async () => {
    const [a = [], b = []] = flat(2, 14);
    const panel = panelOf([venueOf("a", a), venueOf("b", b)], 0, new Map([["a", { exitDays: 3 }]]));
    const once: Rule = {
      name: "leave",
      describes: "",
      decide: ({ known }) => ({ weights: known < 5 ? [1, 0] : [0, 1], reasons: [] }),
    };
    const walked = await walk(panel, once, terms({ costs: { linear: [0, 0], curve: [], gas: [] } }));
    // Asked to leave at day 6, paid at day 9; the decision executed at day 10 buys.
    expect(walked.returns.slice(2, 6).map((r) => Math.round(r * 1e6))).to.deep.equal([0, 0, 0, 0]);
    expect(walked.decisions[1]).to.deep.include({ pending: 1 });
    expect(walked.returns[6]).to.be.closeTo(0.001, 1e-12);
  });

  it("puts no more into a venue than it takes", async () => {
    const [a = [], b = []] = flat(2, 8);
    const panel = panelOf([venueOf("a", a), venueOf("b", b)], 0, new Map([["a", { capacity: 250 }]]));
    const walked = await walk(panel, equalWeight, terms());
    expect(walked.decisions[0]?.weights[0]).to.be.closeTo(0.25, 1e-9);
    expect(walked.decisions[0]?.idle).to.be.closeTo(0.25, 1e-9);
    expect(walked.decisions[0]?.reasons.join()).to.match(/a takes 25\.00 % of NAV more/);
  });

  it("counts no return for a day without a figure, says how often, and leaves a venue that has ended", async () => {
    const a = [...new Array<number>(6).fill(0.001), ...new Array<number>(8).fill(Number.NaN)];
    const panel = panelOf([venueOf("a", a), venueOf("b", new Array<number>(14).fill(0.001))]);
    const walked = await walk(panel, equalWeight, terms());
    expect(walked.blindDays).to.be.above(0);
    const last = walked.decisions[walked.decisions.length - 1];
    expect(last?.weights).to.deep.equal([0, 1]);
    expect(walked.returns.every(Number.isFinite)).to.equal(true);
  });

  it("charges gas by the day and impact by the size", async () => {
    const [a = [], b = []] = flat(2, 6);
    const panel = panelOf([venueOf("a", a), venueOf("b", b)]);
    const gas = panel.dates.map(() => ({ fixed: 0.5, leg: 0.25 }));
    const curve = [
      { size: 100, impact: 0.001 },
      { size: 1000, impact: 0.004 },
    ];
    const walked = await walk(panel, holdRule("a"), terms({ costs: { linear: [0, 0], curve, gas } }));
    expect(walked.costs).to.be.closeTo(0.004 + 0.75 / 1000, 1e-12);
    expect(impactAt(curve, 50)).to.be.closeTo(0.0005, 1e-15);
    expect(impactAt(curve, 550)).to.be.closeTo(0.0025, 1e-15);
    expect(impactAt(curve, 5000)).to.be.closeTo(0.02, 1e-15);
    expect(impactAt(curve, 1e9)).to.equal(1);
  });

  it("makes a rising curve of quotes and ignores sizes with few of them", () => {
    const quotes = [1, 1, 1, 1, 1, 8, 8, 8, 8, 8, 64].map((size, i) => ({
      size,
      impact: size === 8 ? 0.002 : ([0.0001, 0.0002, 0.0003, 0.0004, 0.0005][i] ?? 0),
    }));
    expect(curveOfQuotes(quotes)).to.deep.equal([
      { size: 2 ** 0.5, impact: 0.0003 },
      { size: 2 ** 3.5, impact: 0.002 },
    ]);
  });

  it("plain rules do what they say: carry waits until 90 days of gain pay twice the cost, top-1 does not", async () => {
    const days = 160;
    const a = Array.from({ length: days }, (_, t) => (t < 80 ? 1.0e-4 : 0.9e-4));
    const b = Array.from({ length: days }, () => 0.95e-4);
    const panel = panelOf([venueOf("a", a), venueOf("b", b)]);
    const long = terms({ warmup: 60, every: 7 });
    const patient = await walk(panel, carry(1), long);
    const eager = await walk(panel, lastWinner, long);
    // 0.5e-5 x 90 = 4.5 bp of gain against twice 10 bp of cost.
    expect(patient.trades).to.equal(1);
    expect(eager.trades).to.equal(2);
  });
});

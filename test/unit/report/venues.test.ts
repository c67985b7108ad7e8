import { strict as assert } from "node:assert";
import { type FindingsForVenues, venueFigures, venueLines, venueSection } from "../../../keeper/report/venues.ts";
import { limits, reading, venueState } from "../../support/quant.ts";

const base = { kind: "known", apy: 0.031, source: "stEthPerToken over 7.0 days" } as const;
const fees = { kind: "known", apy: 0.0042, source: "feeGrowthInside" } as const;
const missing = { kind: "missing", reason: "the chain has no earlier block" } as const;
const none = { kind: "known", apy: 0, source: "no incentives" } as const;
const open = venueState(1);

const findings: FindingsForVenues = {
  snapshot: {
    strategies: [
      reading(1, { name: "Lido" }),
      reading(2, { name: "Curve <NG>" }),
      reading(3, { name: "Kelp" }),
      reading(4, { name: "Swell", fault: "realAssets: no data" }),
    ],
    venues: [
      venueState(1, { apy: { base, fees: none, reward: none } }),
      venueState(2, {
        apy: { base: missing, fees, reward: none },
        enter: { ...open.enter, closed: "the pool is short of ether" },
      }),
      { kind: "held", strategyId: 3, protocol: "kelp", reason: "rsETHPrice was not answered" },
    ],
  },
  constraints: {
    strategies: [limits(1, { costs: { enter: 0.00012, exit: 0.00041 } }), limits(2), limits(3)],
  },
};

describe("venues in a report", () => {
  const figures = venueFigures(findings);

  it("state base, fees and reward apart, and what the optimizer was charged", () => {
    const [lido, curve] = figures;
    assert.deepEqual([lido?.baseApyPct, lido?.feesApyPct, lido?.rewardApyPct], [3.1, 0, 0]);
    assert.ok(Math.abs((lido?.enterBps ?? 0) - 1.2) < 1e-9);
    assert.deepEqual(lido?.notes, []);
    assert.ok(Math.abs((curve?.feesApyPct ?? 0) - 0.42) < 1e-12);
  });
  it("show no number where there is none, and the reason", () => {
    assert.equal(figures[1]?.baseApyPct, null);
    assert.deepEqual(figures[1]?.notes, [
      "takes nothing: the pool is short of ether",
      "no full yield: the chain has no earlier block",
    ]);
    assert.deepEqual(
      figures.slice(2).map(({ baseApyPct, notes }) => [baseApyPct, ...notes]),
      [
        [null, "held: rsETHPrice was not answered"],
        [null, "the adapter does not answer: realAssets: no data"],
      ],
    );
    assert.equal(figures[3]?.enterBps, null);
  });
  it("are lines for a terminal and one table for the page, names as text", () => {
    const lines = venueLines(figures);
    assert.equal(lines[0], "Lido: base 3.10 %, fees 0.00 %, reward 0.00 %; in 1.2 bp, out 4.1 bp");
    assert.match(lines[1] ?? "", /^Curve <NG>: base –, fees 0\.42 %.*; takes nothing: the pool is short of ether/);
    const page = venueSection("2026-01-02", figures);
    assert.equal(page.match(/<tr>/g)?.length, 1 + figures.length);
    assert.ok(page.includes("Curve &lt;NG&gt;") && !page.includes("<NG>"));
  });
});

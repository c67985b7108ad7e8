/** The simulation's document: summary first, every losing month named, nothing left out silently. */
import { expect } from "chai";
import { DEFAULT_BACKTEST, runBacktest } from "../../../keeper/backtest/run.ts";
import { simulationText } from "../../../keeper/cli/simulation-text.ts";
import { benchmarkOf, panelOf, seededVenues } from "../../support/backtest.ts";

describe("simulation text", () => {
  it("begins with the summary, names each losing month, and groups what was left out by its reason", async () => {
    const base = panelOf(seededVenues(200));
    const panel = {
      ...base,
      notes: [
        "one: left out, it covers 47 % of the days (--min-coverage 0.9).",
        "two: left out, it covers 15 % of the days (--min-coverage 0.9).",
        "three: 2 of 200 days without a figure.",
      ],
    };
    const strategies = ["equal-weight", "carry", "top-1", "hold:tokenB"];
    const result = await runBacktest(panel, benchmarkOf(panel, "lending"), { ...DEFAULT_BACKTEST, strategies });
    const text = simulationText({
      ...{ parts: [{ title: "Seeded", what: "made", result }], ablations: null, priced: null, stress: null, left: [] },
      ...{ picture: "images/x.svg", hasLearners: { lstm: true, dqn: true } },
    });
    const order = ["## In short", "## Losing months", "## Details", "### Seeded"].map((part) => text.indexOf(part));
    expect(order).to.deep.equal([...order].sort((a, b) => a - b));
    expect(Math.min(...order)).to.be.above(0);
    const short = text.slice(order[0], order[1]);
    // The engine was not run: its cells are empty, not zero.
    expect(short).to.match(/\| Seeded \| 139 \| - \| - \| \d/);
    const [equal] = result.strategies;
    expect(short).to.contain(((equal?.return ?? 0) * 100).toFixed(3));
    const lost = result.strategies.flatMap(({ losingMonths }) => losingMonths);
    expect(lost.length).to.be.above(0);
    for (const month of lost) expect(text).to.contain(month);
    expect(text).to.contain("Left out, it covers too few of the days (--min-coverage 0.9): one (47 %), two (15 %).");
    expect(text).to.contain("- three: 2 of 200 days without a figure.");
    expect(text.match(/<details>/g)?.length).to.equal(text.match(/<\/details>/g)?.length);
  });
});

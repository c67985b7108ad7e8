/** Splits that leave nothing of a test group, nor of the days around it, to learn from. */
import { expect } from "chai";
import {
  bordersOf,
  choices,
  DEFAULT_FOLDS,
  runCombinatorial,
  trainingDays,
} from "../../../keeper/backtest/combinatorial.ts";
import { HistoryTooShortError } from "../../../keeper/backtest/errors.ts";
import { DEFAULT_BACKTEST } from "../../../keeper/backtest/run.ts";
import { benchmarkOf, panelOf, seededVenues, venueOf } from "../../support/backtest.ts";

describe("combinatorial purged cross-validation", function () {
  this.timeout(120_000);

  it("tests every choice of groups once and covers every day", () => {
    expect(choices(6, 2)).to.have.length(15);
    expect(new Set(choices(6, 2).map(String)).size).to.equal(15);
    const borders = bordersOf(365, 6);
    expect(borders[0]?.from).to.equal(0);
    expect(borders[5]?.to).to.equal(365);
    for (let g = 1; g < 6; g++) expect(borders[g]?.from).to.equal(borders[g - 1]?.to);
  });

  it("purges before and embargoes after every test group", () => {
    const training = trainingDays(100, [{ from: 40, to: 60 }], { ...DEFAULT_FOLDS, purgeDays: 10, embargoDays: 5 });
    expect(training).to.deep.equal([
      ...Array.from({ length: 30 }, (_, t) => t),
      ...Array.from({ length: 35 }, (_, t) => 65 + t),
    ]);
  });

  it("chooses by the other groups only: what a test group holds does not change its weights", async () => {
    const venues = (good: number) => [
      venueOf(
        "a",
        Array.from({ length: 240 }, (_, t) => (t < 40 ? good : 2e-4)),
      ),
      venueOf("b", new Array<number>(240).fill(1e-4)),
    ];
    const options = { ...DEFAULT_BACKTEST, strategies: ["top-1"], warmup: 60 };
    const run = async (good: number) => {
      const panel = panelOf(venues(good));
      return runCombinatorial(
        panel,
        benchmarkOf(panel, "b"),
        options,
        { ...DEFAULT_FOLDS, tested: 1, purgeDays: 5 },
        () => {},
      );
    };
    // The first group pays 0.001 or loses as much: venue a is chosen for it either way, by what the others show.
    expect((await run(1e-3)).strategies[0]?.paths[0]?.return).to.be.above(0.07);
    expect((await run(-1e-3)).strategies[0]?.paths[0]?.return).to.be.below(0);
  });

  it("runs the engine on every split, the same twice, and refuses a history that leaves too little", async () => {
    const panel = panelOf(seededVenues(200));
    const options = { ...DEFAULT_BACKTEST, strategies: ["ai:growth", "equal-weight"] };
    const folds = { ...DEFAULT_FOLDS, groups: 4, tested: 1 };
    const once = await runCombinatorial(panel, benchmarkOf(panel, "lending"), options, folds, () => {});
    const again = await runCombinatorial(panel, benchmarkOf(panel, "lending"), options, folds, () => {});
    expect(JSON.stringify(again)).to.equal(JSON.stringify(once));
    expect(once.strategies[0]?.paths).to.have.length(1);
    const failed = await runCombinatorial(
      panel,
      benchmarkOf(panel, "lending"),
      options,
      { ...folds, tested: 3 },
      () => {},
    ).catch((error: unknown) => error);
    expect(failed).to.be.instanceOf(HistoryTooShortError);
  });
});

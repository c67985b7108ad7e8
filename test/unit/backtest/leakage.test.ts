/**
 * No result at or before a day may depend on what came after it. The data after a day are replaced by other figures, by missing
 * ones and by absurd ones; everything said up to that day must be the same bytes. A rule that cheats shows that this can fail.
 */
import { expect } from "chai";
import type { Panel } from "../../../keeper/backtest/panel.ts";
import type { Rule } from "../../../keeper/backtest/rules/rule.ts";
import { equalOver } from "../../../keeper/backtest/rules/rule.ts";
import { type BacktestOptions, DEFAULT_BACKTEST, runBacktest } from "../../../keeper/backtest/run.ts";
import { walk } from "../../../keeper/backtest/walk.ts";
import {
  driftForecaster,
  exponentialForecaster,
  meanForecaster,
  medianForecaster,
  naiveForecaster,
  seasonalNaiveForecaster,
} from "../../../keeper/forecast/baselines.ts";
import { arimaWithin, etsForecaster } from "../../../keeper/forecast/classical.ts";
import { combinationForecaster } from "../../../keeper/forecast/path-combination.ts";
import { thetaForecaster } from "../../../keeper/forecast/theta.ts";
import { walkForward } from "../../../keeper/forecast/walk-forward.ts";
import { createRng } from "../../../keeper/kernel/rng.ts";
import { benchmarkOf, panelOf, seededVenues } from "../../support/backtest.ts";

const DAYS = 130;
/** Days from here on are changed. */
const CHANGED_FROM = 104;

const CHANGES: Readonly<Record<string, (value: number, t: number) => number>> = {
  "other figures": (_, t) => 1e-4 * Math.sin(t),
  "no figures": () => Number.NaN,
  "absurd figures": (_, t) => (t % 2 === 0 ? 0.4 : -0.4),
};

function perturbed(panel: Panel, change: (value: number, t: number) => number): Panel {
  const after = (series: readonly number[]): number[] =>
    series.map((value, t) => (t < CHANGED_FROM ? value : change(value, t)));
  return {
    ...panel,
    venues: panel.venues.map((venue) => {
      const realised = after(venue.realised);
      return { ...venue, realised, signal: venue.signalSource === venue.source ? realised : after(venue.signal) };
    }),
  };
}

const options = (strategies: readonly string[]): BacktestOptions => ({ ...DEFAULT_BACKTEST, strategies, every: 14 });

/** What a run said and earned before the change, as bytes. The hash of the inputs sees all days and is left out. */
async function saidBefore(panel: Panel, strategies: readonly string[]): Promise<string> {
  const result = await runBacktest(panel, benchmarkOf(panel, "lending"), options(strategies));
  const last = panel.dates[CHANGED_FROM] ?? "";
  return JSON.stringify(
    result.strategies.map(({ strategy, returns, decisions }) => ({
      strategy,
      returns: returns.filter((_, t) => (result.dates[t] ?? "") < last),
      decisions: decisions.filter(({ asOf }) => asOf < last),
    })),
  );
}

const STRATEGIES = [
  "ai:cautious",
  "ai:growth",
  "ai-no-gate:growth",
  "ai-no-shrinkage:cautious",
  "ai-no-band:growth",
  "ai-no-tail-limit:cautious",
  "ai-no-costs:growth",
  "ai-lstm:cautious",
  "ai-dqn:cautious",
  "ai-dqn:growth",
  "equal-weight",
  "carry",
  "carry:2",
  "hold:tokenA",
  "inverse-vol",
  "min-variance",
  "max-sharpe",
  "top-1",
  "idle",
];

describe("leakage: nothing before a day depends on what came after", function () {
  this.timeout(300_000);
  const panel = panelOf(seededVenues(DAYS));

  for (const [name, change] of Object.entries(CHANGES)) {
    it(`every strategy of the backtest, ${name} afterwards`, async () => {
      const strategies = name === "other figures" ? STRATEGIES : ["ai:cautious", "ai:growth", "carry", "max-sharpe"];
      const before = await saidBefore(panel, strategies);
      expect(await saidBefore(perturbed(panel, change), strategies)).to.equal(before);
      expect(before).to.contain("gain");
    });
  }

  it("sees a rule that looks ahead, and sees that results after the day do change", async () => {
    const cheating = (data: Panel): Rule => ({
      name: "cheat",
      describes: "",
      decide: ({ known }) => {
        const next = data.venues.map(({ realised }) =>
          realised.slice(known, known + 20).reduce((sum, r) => sum + r, 0),
        );
        return { weights: equalOver(next.length, [next.indexOf(Math.max(...next))]), reasons: [] };
      },
    });
    const terms = {
      warmup: 60,
      lag: 1,
      every: 14,
      chargeEntry: false,
      nav: 1000,
      minimumIdle: 0,
      costs: { linear: [0, 0, 0, 0], curve: [], gas: [] },
      seed: 1,
    };
    const other = perturbed(panel, (_, t) => (t % 3) * 1e-3);
    const honest = await walk(panel, cheating(panel), terms);
    const changed = await walk(other, cheating(other), terms);
    const early = (walked: typeof honest): string =>
      JSON.stringify(walked.decisions.filter(({ asOf }) => asOf < (panel.dates[CHANGED_FROM] ?? "")));
    // A different winner of the hidden days shows in the weights chosen before them.
    expect(early(changed)).to.not.equal(early(honest));
  });

  it("every forecaster at every past origin", () => {
    const rng = createRng(21);
    let level = 0;
    const values = Array.from({ length: 120 }, () => {
      level = 0.9 * level + rng.normal();
      return 10 + level;
    });
    const cut = 90;
    const forecasters = [
      naiveForecaster,
      driftForecaster,
      seasonalNaiveForecaster,
      meanForecaster(30),
      medianForecaster(7),
      exponentialForecaster(0.2),
      thetaForecaster,
      etsForecaster,
      arimaWithin({ maxP: 2, maxQ: 2, maxSeasonalP: 0, maxSeasonalQ: 0, maxTerms: 3, isDeep: false }),
      combinationForecaster(),
    ];
    for (const forecaster of forecasters) {
      const upTo = (changed: readonly number[]): string => {
        const walked = walkForward(
          forecaster,
          { values: changed, period: 1 },
          { firstOrigin: 60, horizon: 7, refitEvery: 10, step: 5 },
        );
        return JSON.stringify(walked.origins.flatMap((t, k) => (t <= cut ? [[t, [...(walked.paths[k] ?? [])]]] : [])));
      };
      const before = upTo(values);
      expect(upTo(values.map((value, t) => (t < cut ? value : -50 * value))), forecaster.name).to.equal(before);
      expect(upTo(values.map((value, t) => (t < cut - 20 ? value : value + 1))), forecaster.name).to.not.equal(before);
    }
  });
});

/** What a day looks like to the engine's stages is made once for all strategies of a run: nobody may decide differently for it. */
import { expect } from "chai";
import { type ForecastJob, prepare } from "../../../keeper/backtest/forecasts.ts";
import type { Holding } from "../../../keeper/backtest/market.ts";
import type { Outlooks } from "../../../keeper/backtest/rules/engine.ts";
import { parseStrategy, ruleOf } from "../../../keeper/backtest/rules/index.ts";
import { viewOf } from "../../../keeper/backtest/rules/rule.ts";
import { canonicalHash } from "../../../keeper/kernel/canonical.ts";
import { createRng } from "../../../keeper/kernel/rng.ts";
import { PROFILES } from "../../../keeper/profiles.ts";
import { panelOf, seededVenues } from "../../support/backtest.ts";

const panel = panelOf(seededVenues(110));
const DAYS = [70, 90, 105];
const size = panel.venues.length;
const cost = panel.venues.map(() => 0.0005);
const panelHash = canonicalHash("outlooks");
const job: ForecastJob = { panel, panelHash, forecast: PROFILES.cautious.forecast, minimumDays: 60, seed: 1 };
/** All idle, and all in one venue. */
const HOLDINGS: readonly Holding[] = [
  { weights: cost.map(() => 0), idle: 1, pending: cost.map(() => 0) },
  { weights: cost.map((_, i) => (i === 0 ? 0.9 : 0)), idle: 0.1, pending: cost.map(() => 0) },
];

describe("outlooks of a backtest", function () {
  this.timeout(120_000);

  it("shared between strategies, days and holdings, leave every decision as it is without them", async () => {
    expect(size).to.be.greaterThan(2);
    const forecasts = new Map(DAYS.map((known) => [known, prepare(job, known)]));
    const terms = () => ({
      nav: 1_000,
      minimumIdle: 0.05,
      enter: cost,
      exit: cost,
      fixedCost: 0,
      legCost: 0,
      seed: 1,
      panelHash,
    });
    const context = { panel, job, forecasts, terms };
    const outlooks: Outlooks = new Map();
    const seen = new Set<string>();
    for (const name of ["ai:cautious", "ai:growth", "ai-no-shrinkage:cautious"]) {
      const strategy = parseStrategy(name, "cautious");
      for (const holding of HOLDINGS) {
        for (const known of DAYS) {
          const view = viewOf(panel, known, holding, cost, createRng(1));
          const shared = await ruleOf(strategy, { ...context, outlooks }).decide(view);
          expect(shared).to.deep.equal(await ruleOf(strategy, context).decide(view), `${name}, day ${known}`);
          seen.add(JSON.stringify(shared.weights));
        }
      }
    }
    // Days and ways to plan: two of the three strategies plan alike.
    expect(outlooks.size).to.equal(2 * DAYS.length);
    expect(seen.size).to.be.greaterThan(3);
  });
});

/** A profile's limits hold whatever is forecast: caps, totals of risky classes, tail, and what a mended tail may do. */
import { expect } from "chai";
import type { Features, ForecastSet } from "../../keeper/kernel/artifacts.ts";
import { createRng, type Rng } from "../../keeper/kernel/rng.ts";
import { conditionalValueAtRisk } from "../../keeper/math/risk-measures.ts";
import { portfolioReturns, sum } from "../../keeper/math/statistics.ts";
import { plan, type RiskClass } from "../../keeper/pipeline.ts";
import { PROFILES } from "../../keeper/profiles.ts";
import { constraints, forecastOf, limits, provenance } from "../support/quant.ts";

const CLASSES: readonly RiskClass[] = ["market", "protocol", "unmeasured"];

function randomInput(rng: Rng, current: readonly number[]) {
  const size = current.length;
  const classes = Array.from({ length: size }, () => CLASSES[rng.int(3)] ?? "protocol");
  const noise = classes.map((own) => (own === "market" ? 2e-3 * rng.uniform() : 1e-5));
  const daily = Array.from({ length: 120 }, () => noise.map((scale) => 8e-5 + scale * rng.normal()));
  const means = Array.from({ length: size }, () => 3e-5 + 9e-5 * rng.uniform());
  const scenarios = Array.from({ length: 300 }, () => means.map((m, i) => 30 * m + 3 * (noise[i] ?? 0) * rng.normal()));
  const forecast: ForecastSet = { ...forecastOf(means, scenarios), horizonDays: 30 };
  const features: Features = {
    provenance: provenance(),
    days: daily.map((_, t) => t * 86_400),
    strategies: means.map((_, i) => {
      const series = daily.map((row) => row[i] ?? 0);
      return {
        id: i + 1,
        name: "",
        yieldReturns: series,
        totalReturns: series,
        apy1: null,
        apy7: null,
        apy30: null,
        volatility: 0,
      };
    }),
    baseFeeByHour: [],
    flags: [],
  };
  const bounds = constraints(
    current.map((weight, i) => limits(i + 1, { currentWeight: weight, costs: { enter: 5e-4, exit: 5e-4 } })),
  );
  const classOf = (id: number): RiskClass => classes[id - 1] ?? "protocol";
  return { features, forecast, constraints: bounds, classOf };
}

const without = (profile: typeof PROFILES.cautious) => ({
  ...profile,
  optimize: { ...profile.optimize, capHeadroom: 0, frontierPoints: 0 },
});

describe("profiles in the pipeline", function () {
  this.timeout(120_000);

  it("cautious: no strategy above twice its equal share, no class above equal weight's total, no tail above its tail", async () => {
    const rng = createRng(17);
    for (let k = 0; k < 25; k++) {
      const size = 3 + rng.int(5);
      const input = randomInput(rng, new Array<number>(size).fill(0));
      const { target } = await plan(input, without(PROFILES.cautious));
      const weights = target.weights.map(({ weight }) => weight);
      expect(Math.max(...weights)).to.be.at.most(2 / size + 1e-7);
      for (const own of ["market", "unmeasured"] as const) {
        const members = weights.map((_, i) => input.classOf(i + 1) === own);
        const total = sum(weights.filter((_, i) => members[i]));
        expect(total).to.be.at.most(members.filter(Boolean).length / size + 1e-7);
      }
      const tail = (w: readonly number[]): number =>
        Math.max(0, conditionalValueAtRisk(portfolioReturns(input.forecast.scenarios, w), 0.95));
      expect(tail(weights)).to.be.at.most(tail(weights.map(() => 1 / size)) + 2e-6);
    }
  });

  it("mends an allocation whose tail has grown, and holds one that is within its limits and would gain too little", async () => {
    const rng = createRng(3);
    const wild = randomInput(rng, [1, 0, 0, 0]);
    const series = wild.features.strategies.map((s, i) => ({
      ...s,
      totalReturns: s.totalReturns.map((_, t) => (i === 0 ? (t % 2 === 0 ? 5e-3 : -5e-3) : 5e-5)),
    }));
    const scenarios = wild.forecast.scenarios.map((row, k) =>
      row.map((_, i) => (i === 0 ? (k % 2 === 0 ? 0.01 : -0.008) : 0.002)),
    );
    const input = {
      ...wild,
      classOf: (): RiskClass => "protocol",
      features: { ...wild.features, strategies: series },
      forecast: { ...wild.forecast, scenarios },
    };
    const mended = await plan(input, without(PROFILES.cautious));
    expect(mended.decision.kind).to.equal("move");
    expect(mended.decision.reasons.join()).to.match(/of the current allocation against/);
    const left = mended.decision.kind === "move" ? (mended.decision.weights[0]?.weight ?? 1) : 1;
    // One step of a fifth, not all at once.
    expect(left).to.be.closeTo(0.8, 1e-6);

    const calm = {
      ...input,
      constraints: constraints(
        [0.25, 0.25, 0.25, 0.25].map((w, i) => limits(i + 1, { currentWeight: w, costs: { enter: 0.05, exit: 0.05 } })),
      ),
    };
    expect((await plan(calm, without(PROFILES.cautious))).decision.kind).to.equal("hold");
  });
});

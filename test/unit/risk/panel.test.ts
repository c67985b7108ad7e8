/** The panel is the sum of its measures: each against a computation of its own, and the parts against the whole. */
import { strict as assert } from "node:assert";
import { createRng } from "../../../keeper/kernel/rng.ts";
import { DimensionMismatchError } from "../../../keeper/math/errors.ts";
import { conditionalValueAtRisk, maximumDrawdown, valueAtRisk } from "../../../keeper/math/risk-measures.ts";
import { type PanelInput, riskPanel } from "../../../keeper/risk/panel.ts";
import { factorReturns, forecastOf, provenance } from "../../support/quant.ts";

const near = (actual: number | undefined, expected: number, tolerance = 1e-12) =>
  assert.ok(Math.abs((actual ?? Number.NaN) - expected) <= tolerance, `${actual} is not ${expected}`);
const rng = createRng(5);
const scenarios = factorReturns(rng, 400, 3, 0.01);
const daily = factorReturns(rng, 120, 3, 0.002);
const forecast = forecastOf([1e-4, 2e-4, 1.5e-4], scenarios);
const features: PanelInput["features"] = {
  provenance: provenance(),
  days: daily.map((_, day) => day * 86_400),
  strategies: [1, 2, 3].map((id, index) => ({
    id,
    name: `strategy ${id}`,
    yieldReturns: [],
    totalReturns: daily.map((row) => row[index] ?? 0),
    apy1: null,
    apy7: null,
    apy30: null,
    volatility: 0,
  })),
  baseFeeByHour: [],
  flags: [],
};
const open = { stakedShare: 0, isLent: false, hasFeed: false, liquidShare: 1, exitCost: 0, exitDays: 0 };
const facts: PanelInput["facts"] = [
  { ...open, id: 1, isLent: true, liquidShare: 0.5, exitCost: 0.002 },
  { ...open, id: 2, stakedShare: 1, hasFeed: true, liquidShare: 0, exitDays: 4 },
  { ...open, id: 3 },
];
const weights = (...list: readonly number[]) => list.map((weight, index) => ({ id: index + 1, weight }));
const input: PanelInput = {
  forecast,
  features,
  facts,
  names: new Map([
    [1, "lending"],
    [2, "staking"],
    [3, "other"],
  ]),
  current: weights(0.5, 0, 0.2),
  proposed: weights(0.2, 0.6, 0.1),
};
const returnsOf = (rows: readonly (readonly number[])[], w: readonly number[]) =>
  rows.map((row) => row.reduce((sum, value, i) => sum + value * (w[i] ?? 0), 0));

describe("risk panel", () => {
  const { current, proposed } = riskPanel(input, 0.95);

  it("states each measure of each allocation as the sample gives it", () => {
    for (const [risk, w] of [
      [current, [0.5, 0, 0.2]],
      [proposed, [0.2, 0.6, 0.1]],
    ] as const) {
      const horizon = returnsOf(scenarios, w);
      near(risk?.var, valueAtRisk(horizon, 0.95));
      near(risk?.cvar, conditionalValueAtRisk(horizon, 0.95));
      near(risk?.maxDrawdown, maximumDrawdown(returnsOf(daily, w), "compounded"));
      assert.ok((risk?.evar ?? 0) >= (risk?.cvar ?? 1));
      assert.ok((risk?.cdar ?? 1) <= (risk?.maxDrawdown ?? 0));
      near(
        risk?.contributions.reduce((sum, { cvar }) => sum + cvar, 0),
        risk?.cvar ?? Number.NaN,
        1e-10,
      );
      near(
        risk?.contributions.reduce((sum, { evar }) => sum + evar, 0),
        risk?.evar ?? Number.NaN,
        1e-6,
      );
    }
  });

  it("stresses what is held: staked tokens fall, lent money is locked, feeds freeze", () => {
    const figures = new Map(proposed?.stresses.map((stress) => [stress.name, stress]));
    near(figures.get("depeg 5 %")?.loss, 0.6 * 0.05);
    near(figures.get("slashing 1 %")?.loss, 0.6 * 0.01);
    near(figures.get("utilization 100 %")?.locked, 0.2);
    near(figures.get("dead feed")?.locked, 0.6);
    near(figures.get("exit queue 10 days")?.locked, 0.2 * 0.5 + 0.6);
    near(figures.get("exit queue 10 days")?.loss, 0.2 * 0.5 * 1e-4 * 10 + 0.6 * 2e-4 * 10);
    near(current.stresses.find(({ name }) => name === "depeg 5 %")?.loss, 0);
  });

  it("says what can be paid out today, idle included, and charges for leaving", () => {
    near(current.liquid, 0.3 + 0.5 * 0.5 + 0.2);
    near(proposed?.liquid, 0.1 + 0.2 * 0.5 + 0.1);
    const free = riskPanel({ ...input, facts: facts.map((fact) => ({ ...fact, exitCost: 0 })) }, 0.95);
    near(current.liquidityAdjustedLoss - free.current.liquidityAdjustedLoss, 0.5 * 0.5 * 0.002);
  });

  it("states the weight that no scenario covers, and nothing proposed as null", () => {
    const more = { ...open, id: 4 };
    const blind = riskPanel(
      { ...input, facts: [...facts, more], current: [...weights(0.5, 0, 0.2), { id: 4, weight: 0.1 }], proposed: null },
      0.95,
    );
    near(blind.current.unmeasured, 0.1);
    assert.equal(blind.proposed, null);
    near(blind.current.cvar, current.cvar);
  });

  it("error: a position nothing is known of is typed", () => {
    assert.throws(() => riskPanel({ ...input, facts: facts.slice(1) }, 0.95), DimensionMismatchError);
  });
});

/** The risk panel: every measure, every stress and the cost of leaving, for the present allocation and for the proposed one. */
import type { AllocationRisk, Features, ForecastSet, RiskPanel, StrategyWeight } from "../kernel/artifacts.ts";
import { DimensionMismatchError } from "../math/errors.ts";
import { valueAtRisk } from "../math/risk-measures.ts";
import { sum } from "../math/statistics.ts";
import { portfolioRisk } from "./portfolio.ts";
import { liquidityAdjustedLoss, type Position, stressTests } from "./stress.ts";

/** What is known of a strategy besides its returns. */
export interface PositionFacts extends Omit<Position, "name" | "weight" | "liquidShare" | "dailyReturn"> {
  readonly id: number;
  /** Share of the position that can leave today at its present size; of an empty one what could leave if it were entered. */
  readonly liquidShare: number;
}

export interface PanelInput {
  readonly forecast: ForecastSet;
  readonly features: Features;
  readonly facts: readonly PositionFacts[];
  readonly names: ReadonlyMap<number, string>;
  readonly current: readonly StrategyWeight[];
  readonly proposed: readonly StrategyWeight[] | null;
}

function allocationRisk(input: PanelInput, weights: readonly StrategyWeight[], beta: number): AllocationRisk {
  const { forecast, features, facts, names } = input;
  const weightOf = new Map(weights.map(({ id, weight }) => [id, weight]));
  const measured = forecast.strategies.map(({ id, name }) => ({
    id,
    name,
    weight: Math.max(0, weightOf.get(id) ?? 0),
  }));
  const horizon = portfolioRisk(
    measured.map(({ name }) => name),
    forecast.scenarios,
    measured.map(({ weight }) => weight),
    beta,
  );
  const daily = features.days.map((_, t) =>
    features.strategies.map(({ totalReturns }) => totalReturns[t] ?? Number.NaN),
  );
  const past = portfolioRisk(
    features.strategies.map(({ name }) => name),
    daily,
    features.strategies.map(({ id }) => Math.max(0, weightOf.get(id) ?? 0)),
    beta,
  );
  const known = new Set(measured.map(({ id }) => id));
  const positions = weights
    .filter(({ weight }) => weight > 0)
    .map(({ id, weight }): Position => {
      const fact = facts.find((one) => one.id === id);
      if (fact === undefined) throw new DimensionMismatchError(`facts of strategy ${id}`, 1, 0);
      const { id: _id, ...rest } = fact;
      const dailyReturn = forecast.strategies.find((one) => one.id === id)?.meanDaily ?? 0;
      return { ...rest, name: names.get(id) ?? `strategy ${id}`, weight, dailyReturn };
    });
  const dailyReturns = daily.map((row) =>
    sum(row.map((value, i) => value * (weightOf.get(features.strategies[i]?.id ?? 0) ?? 0))),
  );
  const invested = sum(positions.map(({ weight }) => weight));
  return {
    var: horizon.historical.var,
    cvar: horizon.historical.cvar,
    evar: horizon.historical.evar,
    maxDrawdown: past.drawdown.maximum,
    cdar: past.drawdown.cdar,
    unmeasured: sum(weights.filter(({ id }) => !known.has(id)).map(({ weight }) => weight)),
    liquid: 1 - invested + sum(positions.map((p) => p.weight * p.liquidShare)),
    liquidityAdjustedLoss: liquidityAdjustedLoss(positions, valueAtRisk(dailyReturns, beta)),
    contributions: measured.map(({ name, weight }, i) => ({
      name,
      weight,
      cvar: horizon.contributions.cvar[i]?.component ?? 0,
      evar: horizon.contributions.evar[i]?.component ?? 0,
    })),
    stresses: stressTests(positions).map(({ name, assumes, loss, locked }) => ({ name, assumes, loss, locked })),
  };
}

/**
 * The panel of one run.
 * @throws {EmptySampleError | SampleNotFiniteError | ParameterOutOfRangeError | DimensionMismatchError}
 */
export function riskPanel(input: PanelInput, beta: number): RiskPanel {
  return {
    beta,
    horizonDays: input.forecast.horizonDays,
    current: allocationRisk(input, input.current, beta),
    proposed: input.proposed === null ? null : allocationRisk(input, input.proposed, beta),
  };
}

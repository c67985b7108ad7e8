/** Forecast and constraints on one axis: element i of every array is the same strategy, ascending by id. */
import type { AllocationConstraints, ForecastSet, StrategyLimits } from "../kernel/artifacts.ts";
import { requireBetween, requireFinite } from "../math/checks.ts";
import { ledoitWolf, requirePositiveSemidefinite } from "../math/covariance.ts";
import { DimensionMismatchError, EmptySampleError } from "../math/errors.ts";
import { sum } from "../math/statistics.ts";
import type { OptimizeConfig } from "./config.ts";
import { ForecastUnknownStrategyError, ScenariosTooFewError } from "./errors.ts";

export interface RiskGroup {
  readonly name: string;
  readonly members: readonly number[];
  readonly cap: number;
}

export interface Universe {
  readonly ids: readonly number[];
  readonly names: readonly string[];
  readonly current: readonly number[];
  readonly lower: readonly number[];
  readonly upper: readonly number[];
  /** Expected simple return over the horizon; 0 where there is no forecast, and then lower = upper. */
  readonly mu: readonly number[];
  /** Horizon covariance, Ledoit-Wolf; zero rows where there is no forecast. */
  readonly covariance: readonly (readonly number[])[];
  /** Horizon returns, one row per scenario. */
  readonly scenarios: readonly (readonly number[])[];
  readonly enter: readonly number[];
  readonly exit: readonly number[];
  readonly groups: readonly RiskGroup[];
  readonly minimumIdle: number;
  readonly maximumIdle: number;
  /** What one unit of one-off cost weighs against one unit of horizon return. */
  readonly costWeight: number;
}

/** Bounds of a strategy's weight. What cannot leave stays, even above a cap; nothing else may be above it. */
function boundsOf(limits: StrategyLimits, hasForecast: boolean, headroom: number): { lower: number; upper: number } {
  const staying = Math.min(limits.currentWeight, Math.max(limits.capWeight, limits.minWeight));
  // Inflows stop short of the cap; what already lies between there and the cap may stay.
  const ceiling = Math.max(limits.capWeight * (1 - headroom), staying);
  if (!hasForecast) return { lower: staying, upper: staying };
  if (limits.entryBlockedBy !== null) return { lower: limits.minWeight, upper: Math.max(staying, limits.minWeight) };
  return { lower: limits.minWeight, upper: Math.max(Math.min(ceiling, limits.reachableWeight), limits.minWeight) };
}

function checkLimits(limits: StrategyLimits): void {
  const label = `of strategy ${limits.id}`;
  requireBetween(`current weight ${label}`, limits.currentWeight, 0, 2);
  requireBetween(`minimum weight ${label}`, limits.minWeight, 0, limits.currentWeight);
  requireBetween(`cap ${label}`, limits.capWeight, 0, Number.MAX_VALUE);
  requireBetween(`reachable weight ${label}`, limits.reachableWeight, 0, Number.MAX_VALUE);
  requireBetween(`entry cost ${label}`, limits.costs.enter, 0, 1);
  requireBetween(`exit cost ${label}`, limits.costs.exit, 0, 1);
}

function groupsOf(constraints: AllocationConstraints, headroom: number): RiskGroup[] {
  return constraints.riskIds.flatMap(({ riskId, capWeight }) => {
    const members = constraints.strategies.flatMap((s, i) => (s.riskIds.includes(riskId) ? [i] : []));
    if (members.length === 0) return [];
    const total = (of: "minWeight" | "currentWeight"): number =>
      sum(members.map((i) => constraints.strategies[i]?.[of] ?? 0));
    const staying = Math.min(total("currentWeight"), Math.max(capWeight, total("minWeight")));
    return [{ name: `total of risk id ${riskId}`, members, cap: Math.max(capWeight * (1 - headroom), staying) }];
  });
}

/** @throws typed errors for every shape or value that cannot be optimized. */
export function buildUniverse(
  forecast: ForecastSet,
  constraints: AllocationConstraints,
  config: OptimizeConfig,
): Universe {
  const columns = forecast.strategies.length;
  if (columns === 0) throw new EmptySampleError("forecast", 1, 0);
  const tail = Math.ceil(1 / (1 - config.beta));
  const enough = Math.max(columns + 1, config.objective === "min-cvar" ? tail : 2);
  if (forecast.scenarios.length < enough) throw new ScenariosTooFewError(forecast.scenarios.length, enough);
  for (const row of forecast.scenarios) {
    if (row.length !== columns) throw new DimensionMismatchError("scenario row", columns, row.length);
    requireFinite("scenario row", row);
  }
  requireFinite(
    "forecast means",
    forecast.strategies.map((s) => s.meanDaily),
  );
  requireBetween("horizonDays", forecast.horizonDays, 1, 3650);
  requireBetween("minimum idle", constraints.idle.minimum, 0, 1);
  constraints.strategies.forEach(checkLimits);

  const known = new Set(constraints.strategies.map((s) => s.id));
  for (const { id } of forecast.strategies) if (!known.has(id)) throw new ForecastUnknownStrategyError(id);
  const columnOf = new Map(forecast.strategies.map((s, column) => [s.id, column]));
  const at = constraints.strategies.map((s) => columnOf.get(s.id) ?? null);

  const { matrix } = ledoitWolf(forecast.scenarios);
  requirePositiveSemidefinite(matrix);
  const bounds = constraints.strategies.map((s, i) => boundsOf(s, at[i] !== null, config.capHeadroom));
  const growth = (daily: number): number => Math.expm1(forecast.horizonDays * Math.log1p(daily));
  return {
    ids: constraints.strategies.map((s) => s.id),
    names: constraints.strategies.map((s) => s.name),
    current: constraints.strategies.map((s) => s.currentWeight),
    lower: bounds.map((b) => b.lower),
    upper: bounds.map((b) => b.upper),
    mu: at.map((c) => (c === null ? 0 : growth(forecast.strategies[c]?.meanDaily ?? Number.NaN))),
    covariance: at.map((row) => at.map((c) => (row === null || c === null ? 0 : (matrix[row]?.[c] ?? Number.NaN)))),
    scenarios: forecast.scenarios.map((row) => at.map((c) => (c === null ? 0 : (row[c] ?? Number.NaN)))),
    enter: constraints.strategies.map((s) => s.costs.enter),
    exit: constraints.strategies.map((s) => s.costs.exit),
    groups: groupsOf(constraints, config.capHeadroom),
    minimumIdle: constraints.idle.minimum,
    maximumIdle: 1,
    costWeight: (config.costMultiple * forecast.horizonDays) / config.holdingDays,
  };
}

/** From a cycle's findings to the figures of its row and charts. */
import type { Features, ForecastSet, FrontierPoint, RiskFigures, TargetAllocation } from "../kernel/artifacts.ts";
import { DAYS_PER_YEAR, SECONDS_PER_DAY } from "../kernel/units.ts";
import type { ForecastFigure } from "./result.ts";

export interface FindingsForReport {
  readonly features: Features;
  readonly forecast: ForecastSet;
  readonly target: TargetAllocation;
  readonly risk: RiskFigures | null;
}

export interface CycleFigures {
  readonly expectedNetApyPct: number | null;
  readonly cvarPct: number | null;
  readonly varPct: number | null;
  readonly maxDrawdownPct: number | null;
  readonly forecasts: readonly ForecastFigure[];
  readonly frontier: readonly FrontierPoint[];
  readonly chosen: FrontierPoint | null;
}

/** Days of the past shown beside a forecast. */
const SHOWN_DAYS = 90;

const isoDay = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(0, 10);
const apyPct = (daily: number): number => ((1 + daily) ** DAYS_PER_YEAR - 1) * 100;

function forecastFigures(features: Features, set: ForecastSet): readonly ForecastFigure[] {
  return set.strategies.map((strategy) => {
    const past = features.strategies.find(({ id }) => id === strategy.id);
    const from = Math.max(0, features.days.length - SHOWN_DAYS);
    return {
      id: strategy.id,
      name: strategy.name,
      model: strategy.model,
      apyPct: apyPct(strategy.meanDaily),
      intervals: strategy.intervals.map(({ level, lower, upper }) => ({
        level,
        lower: apyPct(lower),
        upper: apyPct(upper),
      })),
      history: features.days
        .slice(from)
        .map((day, index) => ({ date: isoDay(day), apyPct: apyPct(past?.yieldReturns[from + index] ?? Number.NaN) })),
      path: strategy.path.map(({ mean, intervals }, index) => ({
        date: isoDay(strategy.trainedTo + (index + 1) * SECONDS_PER_DAY),
        apyPct: apyPct(mean),
        intervals: intervals.map(({ level, lower, upper }) => ({ level, lower: apyPct(lower), upper: apyPct(upper) })),
      })),
      errors: strategy.errors.map(({ model, mae, origins }) => ({ model, maePct: mae * DAYS_PER_YEAR * 100, origins })),
    };
  });
}

export function cycleFigures(findings: FindingsForReport | null): CycleFigures {
  if (findings === null) {
    return {
      expectedNetApyPct: null,
      cvarPct: null,
      varPct: null,
      maxDrawdownPct: null,
      forecasts: [],
      frontier: [],
      chosen: null,
    };
  }
  const { features, forecast, target, risk } = findings;
  const net = target.expectedReturn * (DAYS_PER_YEAR / target.horizonDays) - target.expectedCost;
  return {
    expectedNetApyPct: net * 100,
    cvarPct: risk === null ? null : risk.cvar * 100,
    varPct: risk === null ? null : risk.var * 100,
    maxDrawdownPct: risk === null ? null : risk.maxDrawdown * 100,
    forecasts: forecastFigures(features, forecast),
    frontier: target.frontier,
    chosen: { expectedReturn: target.expectedReturn, risk: target.risk },
  };
}

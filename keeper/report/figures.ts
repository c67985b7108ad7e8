/** From a cycle's findings to the figures of its row and charts. */
import type {
  AllocationConstraints,
  Features,
  ForecastSet,
  FrontierPoint,
  MarketSnapshot,
  RiskFigures,
  RiskPanel,
  TargetAllocation,
} from "../kernel/artifacts.ts";
import { DAYS_PER_YEAR, fromWad, SECONDS_PER_DAY } from "../kernel/units.ts";
import type { ForecastFigure } from "./result.ts";

export interface FindingsForReport {
  readonly features: Features;
  readonly forecast: ForecastSet;
  readonly target: TargetAllocation;
  readonly risk: RiskFigures | null;
  readonly panel?: RiskPanel | null;
}

export interface CycleFigures {
  readonly expectedNetApyPct: number | null;
  readonly cvarPct: number | null;
  readonly varPct: number | null;
  readonly maxDrawdownPct: number | null;
  readonly forecasts: readonly ForecastFigure[];
  readonly frontier: readonly FrontierPoint[];
  readonly chosen: FrontierPoint | null;
  readonly panel: RiskPanel | null;
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
      // A day without a yield is a gap in the line, not a number.
      history: features.days.slice(from).flatMap((day, index) => {
        const daily = past?.yieldReturns[from + index];
        return daily === undefined ? [] : [{ date: isoDay(day), apyPct: apyPct(daily) }];
      }),
      path: strategy.path.map(({ mean, intervals }, index) => ({
        date: isoDay(strategy.trainedTo + (index + 1) * SECONDS_PER_DAY),
        apyPct: apyPct(mean),
        intervals: intervals.map(({ level, lower, upper }) => ({ level, lower: apyPct(lower), upper: apyPct(upper) })),
      })),
      errors: strategy.errors.map(({ model, mae, origins }) => ({ model, maePct: mae * DAYS_PER_YEAR * 100, origins })),
    };
  });
}

export interface FindingsForExclusions {
  readonly snapshot: MarketSnapshot;
  readonly features: Features;
  readonly constraints: AllocationConstraints;
}

/** What the run could not use, and why: by its data, its price, its state, its cap or its venue. One line per reason. */
export function exclusions({ snapshot, features, constraints }: FindingsForExclusions): readonly string[] {
  const byData = features.flags.filter(({ excludes }) => excludes).map(({ message }) => message);
  const blocked = constraints.strategies.flatMap(({ id, name, entryBlockedBy }) => {
    if (entryBlockedBy === null) return [];
    const price = snapshot.strategies.find((reading) => reading.id === id)?.price;
    const stated =
      price === undefined || price.status === "Normal"
        ? ""
        : ` (market price ${fromWad(price.marketWad)}, updated at ${price.updatedAt}, rate ${fromWad(price.rate)})`;
    return [`${name}: nothing may enter, ${entryBlockedBy}${stated}`];
  });
  const stuck = constraints.strategies.flatMap(({ name, exitBlockedBy, currentWeight }) =>
    exitBlockedBy === null || currentWeight === 0 ? [] : [`${name}: nothing may leave, ${exitBlockedBy}`],
  );
  return [...new Set([...byData, ...blocked, ...stuck])];
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
      panel: null,
    };
  }
  const { features, forecast, target, risk, panel } = findings;
  // The cost is paid once and must be earned back within the horizon; only then is the rest a rate.
  const net = (1 + target.expectedReturn - target.expectedCost) ** (DAYS_PER_YEAR / target.horizonDays) - 1;
  return {
    expectedNetApyPct: net * 100,
    cvarPct: risk === null ? null : risk.cvar * 100,
    varPct: risk === null ? null : risk.var * 100,
    maxDrawdownPct: risk === null ? null : risk.maxDrawdown * 100,
    forecasts: forecastFigures(features, forecast),
    frontier: target.frontier,
    panel: panel ?? null,
    chosen: { expectedReturn: target.expectedReturn, risk: target.risk },
  };
}

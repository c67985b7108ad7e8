/** A depeg replayed day by day: what the guard would have allowed and what the engine would have held. */
import { median } from "../math/statistics.ts";
import { guardStatuses } from "./guard.ts";
import { dayOf, isoOf, type RawColumn, type RawVenue, returnsOfPrices } from "./panel.ts";
import type { BacktestResult, StrategyResult } from "./run.ts";

/** Hourly or daily samples, Unix seconds, to the median of each day. */
export function dailyMedians(
  times: readonly number[],
  values: readonly number[],
): { column: RawColumn; lows: RawColumn } {
  const byDay = new Map<number, number[]>();
  times.forEach((time, i) => {
    const value = values[i] ?? Number.NaN;
    if (Number.isNaN(value)) return;
    const list = byDay.get(dayOf(time));
    if (list === undefined) byDay.set(dayOf(time), [value]);
    else list.push(value);
  });
  const days = [...byDay.keys()].sort((a, b) => a - b);
  const of = (pick: (list: readonly number[]) => number): RawColumn => ({
    days,
    values: days.map((day) => pick(byDay.get(day) ?? [])),
  });
  return { column: of(median), lows: of((list) => Math.min(...list)) };
}

/** stETH as a venue: only its price in ETH is known; what staking paid on top is not in the data and not added. */
export const stethVenue = (ratio: RawColumn): RawVenue => ({
  name: "stETH",
  realised: returnsOfPrices(ratio),
  signal: null,
  source: "market price",
  signalSource: "market price",
  bridgesGaps: true,
  marketLevel: ratio,
});

/** The Curve pool's token: at market, and at the value its reserves redeem for. */
export function curveVenue(
  days: readonly number[],
  market: readonly number[],
  equilibrium: readonly number[],
): RawVenue {
  return {
    name: "Curve stETH-ETH",
    realised: returnsOfPrices({ days, values: market }),
    signal: returnsOfPrices({ days, values: equilibrium }),
    source: "market price",
    signalSource: "protocol rate",
    bridgesGaps: true,
    marketLevel: { days, values: market.map((value, i) => value / (equilibrium[i] ?? Number.NaN)) },
  };
}

export interface StressDay {
  readonly date: string;
  readonly ratio: number;
  readonly low: number;
  readonly status: string;
  /** Share of stETH in the pool; NaN where the file has none. */
  readonly poolShare: number;
  /** Net gain since the first scored day, fractions, in the order of the strategies. */
  readonly gains: readonly number[];
  readonly action: string;
}

/** What the engine did on a day, from its decision record. */
function actionOf(strategy: StrategyResult, date: string, names: readonly string[]): string {
  const decision = strategy.decisions.find(({ executed }) => executed === date);
  if (decision === undefined) return "";
  const held = decision.weights
    .flatMap((w, i) => (w > 5e-4 ? [`${names[i] ?? ""} ${(100 * w).toFixed(0)} %`] : []))
    .concat(decision.idle > 5e-4 ? [`idle ${(100 * decision.idle).toFixed(0)} %`] : [])
    .join(", ");
  const why = (decision.reasons[0] ?? "").slice(0, 160);
  return `${decision.moved ? "moves to" : "holds"} ${held}: ${why}`;
}

export function stressDays(
  result: BacktestResult,
  ratio: RawColumn,
  lows: RawColumn,
  poolShare: RawColumn,
  engine: string,
  from: string,
  to: string,
): StressDay[] {
  const statuses = guardStatuses(ratio.values);
  const at = (column: RawColumn, day: number): number => column.values[column.days.indexOf(day)] ?? Number.NaN;
  const acting = result.strategies.find(({ strategy }) => strategy === engine);
  const levels = result.strategies.map(({ returns }) => {
    let level = 1;
    return returns.map((r) => {
      level *= 1 + r;
      return level - 1;
    });
  });
  const names = result.venues.map(({ name }) => name);
  return ratio.days.flatMap((day, i): StressDay[] => {
    const date = isoOf(day);
    if (date < from || date > to) return [];
    const t = result.dates.indexOf(date);
    return [
      {
        date,
        ratio: ratio.values[i] ?? Number.NaN,
        low: at(lows, day),
        status: statuses[i] ?? "",
        poolShare: at(poolShare, day),
        gains: levels.map((level) => level[t] ?? Number.NaN),
        action: acting === undefined ? "" : actionOf(acting, date, names),
      },
    ];
  });
}

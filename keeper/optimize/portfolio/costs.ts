/** What a change of weights costs once, and how long it takes to earn that back. */
import { requireBetween, requireFinite } from "../../math/checks.ts";
import { DimensionMismatchError } from "../../math/errors.ts";

export interface TradingCost {
  /** Paid for every position that moves, share of the portfolio (gas). */
  readonly fixed: number;
  /** Per unit moved (fee, spread). */
  readonly linear: number;
  /** Price impact: impact x |move|^(3/2), the square-root law times the amount. */
  readonly impact: number;
}

export interface BreakEven {
  readonly cost: number;
  readonly gainPerDay: number;
  /** Days until the gain has paid the cost; infinite when there is no gain. */
  readonly days: number;
}

/** Moves below this are none. */
const STILL = 1e-12;

export function tradingCost(from: readonly number[], to: readonly number[], costs: readonly TradingCost[]): number {
  if (to.length !== from.length) throw new DimensionMismatchError("target weights", from.length, to.length);
  if (costs.length !== from.length) throw new DimensionMismatchError("trading costs", from.length, costs.length);
  requireFinite("weights", [...from, ...to]);
  return from.reduce((total, start, i) => {
    const move = Math.abs((to[i] ?? 0) - start);
    const { fixed, linear, impact } = costs[i] ?? { fixed: 0, linear: 0, impact: 0 };
    for (const value of [fixed, linear, impact]) requireBetween("trading cost", value, 0, 1e6);
    return move <= STILL ? total : total + fixed + linear * move + impact * move * Math.sqrt(move);
  }, 0);
}

/** @param dailyReturns expected simple return per day of each asset. */
export function breakEven(
  from: readonly number[],
  to: readonly number[],
  dailyReturns: readonly number[],
  costs: readonly TradingCost[],
): BreakEven {
  if (dailyReturns.length !== from.length) {
    throw new DimensionMismatchError("daily returns", from.length, dailyReturns.length);
  }
  requireFinite("daily returns", dailyReturns);
  const cost = tradingCost(from, to, costs);
  const gainPerDay = from.reduce((total, start, i) => total + ((to[i] ?? 0) - start) * (dailyReturns[i] ?? 0), 0);
  const days = cost === 0 ? 0 : gainPerDay > 0 ? cost / gainPerDay : Number.POSITIVE_INFINITY;
  return { cost, gainPerDay, days };
}

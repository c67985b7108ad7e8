/** Figures of a run: growth between flows, drawdown, annualisation. Inputs and outputs are floats for display only. */
import { DAYS_PER_YEAR } from "../kernel/units.ts";

/** One day of the vault: NAV before the day's flow and after it, asset units, and the gas paid that day, wei. */
export interface NavDay {
  readonly date: string;
  readonly navBeforeFlow: bigint;
  readonly navAfterFlow: bigint;
  readonly gasPaid: bigint;
  /** Worth of the fee shares minted that day, asset units: the NAV stays, the part of those who hold shares shrinks. */
  readonly feesPaid?: bigint;
}

/** Ratio of two amounts as a float, exact to a double although both exceed 2^53. */
export function ratio(numerator: bigint, denominator: bigint): number {
  const SCALE = 10n ** 18n;
  return Number((numerator * SCALE) / denominator) / 1e18;
}

/**
 * Time-weighted growth, first day = 1: each day's NAV before its flow over the NAV after the previous day's flow, so that
 * deposits and withdrawals do not count as performance. Net: gas and fees of that day leave the numerator.
 */
export function growthIndex(days: readonly NavDay[], net: boolean): number[] {
  const index: number[] = [];
  let level = 1;
  let previous: NavDay | undefined;
  for (const day of days) {
    if (previous && previous.navAfterFlow > 0n) {
      const paid = net ? day.gasPaid + (day.feesPaid ?? 0n) : 0n;
      level *= ratio(day.navBeforeFlow - paid, previous.navAfterFlow);
    }
    index.push(level);
    previous = day;
  }
  return index;
}

/** Compounded growth per year of a series that starts at `first` and ends at `last` after `days` days, per cent. */
export const annualizedPct = (first: number, last: number, days: number): number =>
  days > 0 ? ((last / first) ** (DAYS_PER_YEAR / days) - 1) * 100 : 0;

/** Largest fall from a running peak, per cent, as a positive number. */
export function maxDrawdownPct(index: readonly number[]): number {
  let peak = Number.NEGATIVE_INFINITY;
  let worst = 0;
  for (const level of index) {
    peak = Math.max(peak, level);
    worst = Math.max(worst, 1 - level / peak);
  }
  return worst * 100;
}

/** Annualised standard deviation of daily changes, per cent. */
export function volatilityPct(index: readonly number[]): number {
  const returns = index.slice(1).map((level, i) => level / (index[i] ?? level) - 1);
  if (returns.length < 2) return 0;
  const mean = returns.reduce((sum, r) => sum + r, 0) / returns.length;
  const variance = returns.reduce((sum, r) => sum + (r - mean) ** 2, 0) / (returns.length - 1);
  return Math.sqrt(variance * DAYS_PER_YEAR) * 100;
}

/** Equal weight of several series of daily returns, rebalanced each day without cost; first day = 1. */
export function equalWeightIndex(returns: readonly (readonly number[])[]): number[] {
  const days = returns[0]?.length ?? 0;
  const index = [1];
  for (let t = 0; t < days; t++) {
    const mean = returns.reduce((sum, series) => sum + (series[t] ?? 0), 0) / returns.length;
    index.push((index[index.length - 1] ?? 1) * (1 + mean));
  }
  return index;
}

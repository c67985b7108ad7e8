/**
 * Joint scenarios: a moving-block bootstrap (Kunsch 1989) of how total returns deviated from their mean, put around the
 * forecast means. Whole days are drawn, so the dependence between strategies is that of the data.
 */
import type { Rng } from "../kernel/rng.ts";
import { compound, mean } from "../math/statistics.ts";

/**
 * @param totalReturns one aligned series per strategy.
 * @param dailyMeans forecast mean return per day, same order.
 * @returns rows of horizon returns; each column's mean is exactly the compounded forecast, so that the optimizer's
 * expected return and the scenarios never disagree by sampling noise.
 */
export function bootstrapScenarios(
  totalReturns: readonly (readonly number[])[],
  dailyMeans: readonly number[],
  options: { readonly count: number; readonly horizonDays: number; readonly blockDays: number },
  rng: Rng,
): number[][] {
  const days = totalReturns[0]?.length ?? 0;
  const block = Math.min(options.blockDays, days);
  const deviations = totalReturns.map((series) => {
    const centre = mean(series);
    return series.map((value) => value - centre);
  });
  const rows = Array.from({ length: options.count }, () => {
    const drawn: number[] = [];
    while (drawn.length < options.horizonDays) {
      const start = rng.int(days - block + 1);
      for (let k = 0; k < block && drawn.length < options.horizonDays; k++) drawn.push(start + k);
    }
    return deviations.map((series, i) => compound(drawn.map((day) => (dailyMeans[i] ?? 0) + (series[day] ?? 0))));
  });
  const shifts = dailyMeans.map((daily, i) => {
    const forecast = Math.expm1(options.horizonDays * Math.log1p(daily));
    return forecast - mean(rows.map((row) => row[i] ?? Number.NaN));
  });
  return rows.map((row) => row.map((value, i) => value + (shifts[i] ?? 0)));
}

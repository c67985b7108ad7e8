/** The naive gate: a model is used only where it has beaten the naive forecast by more than luck explains. */
import { normalCdf } from "../math/normal.ts";

export interface DieboldMariano {
  /** Positive when the model had the smaller losses. */
  readonly statistic: number;
  /** One-sided: the chance of such an advantage if the two were equally good. */
  readonly pValue: number;
}

/**
 * Diebold and Mariano (1995) on loss differences that overlap by `lags` steps, with Bartlett weights and the small-sample
 * correction of Harvey, Leybourne and Newbold (1997).
 * @param advantage loss of the naive forecast minus loss of the model, in time order.
 */
export function dieboldMariano(advantage: ArrayLike<number>, lags: number): DieboldMariano {
  const n = advantage.length;
  if (n < 3) return { statistic: 0, pValue: 0.5 };
  let centre = 0;
  for (let t = 0; t < n; t++) centre += (advantage[t] ?? 0) / n;
  const covariance = (lag: number): number => {
    let total = 0;
    for (let t = lag; t < n; t++) total += ((advantage[t] ?? 0) - centre) * ((advantage[t - lag] ?? 0) - centre);
    return total / n;
  };
  const reach = Math.min(lags, n - 2);
  let longRun = covariance(0);
  for (let k = 1; k <= reach; k++) longRun += 2 * (1 - k / (reach + 1)) * covariance(k);
  if (!(longRun > 0)) return { statistic: 0, pValue: centre > 0 ? 0 : 0.5 };
  const h = reach + 1;
  const correction = Math.max(0.01, (n + 1 - 2 * h + (h * (h - 1)) / n) / n);
  const statistic = (centre / Math.sqrt(longRun / n)) * Math.sqrt(correction);
  return { statistic, pValue: 1 - normalCdf(statistic) };
}

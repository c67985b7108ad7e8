/**
 * The naive gate: how much of a model's forecast is used, by how it has fared against the naive one. No evidence, or evidence
 * against the model, means the naive forecast itself.
 */
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

/** Absolute errors of the mean over so many steps, summed over the past origins whose steps are known. */
export interface Evidence {
  readonly steps: number;
  count: number;
  naive: number;
  model: number;
}

/** What an independent error over a shorter horizon counts for, against one over the horizon itself. */
const SHORTER_COUNTS = 0.5;
/** A model without error on a series that moves: as good as it can look. */
const LEAST_RATIO = 1e-3;

/** Below a week one day's spike is most of an error and says nothing about slower reversion. */
const SHORTEST_EVIDENCE = 5;

/**
 * Horizons whose errors bear on a horizon: itself, and a quarter of it where that is about a week or more: the same history
 * holds four times as many independent errors of it. What reverts within a week has reverted within a month, and what walks
 * at random does so at both.
 */
export function evidenceHorizons(horizon: number): number[] {
  const shorter = Math.floor(horizon / 4);
  return shorter < SHORTEST_EVIDENCE ? [horizon] : [horizon, shorter];
}

/**
 * Share of the model in the forecast, from 0 (naive) to 1: log of the ratio of mean absolute errors, averaged over the
 * horizons by their independent errors n, times -sqrt(n) / caution. The ratio's own standard error shrinks with sqrt(n),
 * so a gain counts once it is more than noise, and caution says by how much.
 */
export function gateShare(evidence: readonly Evidence[], caution: number): number {
  let total = 0;
  let independent = 0;
  evidence.forEach(({ steps, count, naive, model }, k) => {
    if (count < 3 || !(naive > 0)) return;
    const n = (count / steps) * (k === 0 ? 1 : SHORTER_COUNTS);
    independent += n;
    total += n * Math.log(Math.max(LEAST_RATIO, model / naive));
  });
  if (independent === 0) return 0;
  return Math.min(1, Math.max(0, (-total / independent / caution) * Math.sqrt(independent)));
}

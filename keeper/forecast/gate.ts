/**
 * The naive gate: how much of a model's forecast is used. The naive forecast and the model are two hypotheses about a series; what
 * is used is their mean by posterior probability, given how each has fared so far.
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

/** Past forecasts of the mean over so many steps, whose steps are known. */
export interface Evidence {
  readonly steps: number;
  /** Steps that the forecasts cover: one for each where origins follow each other. */
  count: number;
}

/** What an independent error over a shorter horizon counts for, against one over the horizon itself. */
const SHORTER_COUNTS = 0.5;
/** Fewer overlapping errors are one error. */
const FEWEST = 3;
/** A model without error on a series that moves, and the naive forecast without error: as far as one error can tell. */
const LARGEST_LOG = Math.log(1e3);

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

/** Errors that count, per horizon: forecasts over steps that overlap are one error; those of the second horizon count half. */
export const independentErrors = ({ count, steps }: Evidence, place: number): number =>
  count < FEWEST ? 0 : (count / steps) * (place === 0 ? 1 : SHORTER_COUNTS);

/**
 * Log of the ratio of two sums of absolute errors, within what can be told: what n Laplace errors of unknown scale say about two
 * forecasters is minus n times this.
 */
export function logRatio(errors: number, others: number): number {
  if (errors === others) return 0;
  const log = Math.log(errors / others);
  return Math.min(LARGEST_LOG, Math.max(-LARGEST_LOG, log));
}

/**
 * Probability of the model against the naive forecast, from 0 to 1.
 * @param support minus the logarithm of the model's likelihood ratio, already tempered; below 0 where the model was ahead.
 * @param caution probability of the naive forecast before any error is known, in (0, 1).
 * @param moves share of steps at which the series changed at all. What stands still between its moves is no noisy reading of a
 * level: the odds of a model that averages shrink with it, and on a constant series the naive forecast is all.
 */
export function gateShare(support: number, caution: number, moves: number): number {
  if (!(moves > 0)) return 0;
  return 1 / (1 + (caution / (1 - caution) / moves) * Math.exp(support));
}

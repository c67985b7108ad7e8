/**
 * Combination of forecasters with weights from their walk-forward errors, and the naive gate over it. Weights at an
 * origin use only errors whose horizon had passed by then, so the combination's own past errors are honest.
 */
import { EmptySampleError } from "../math/errors.ts";
import { average, type Forecaster, type Series } from "./forecaster.ts";
import { type DieboldMariano, dieboldMariano } from "./gate.ts";
import { withoutSpikes } from "./spikes.ts";
import { realizedMeans, type Walk, type WalkOptions, walkForward } from "./walk-forward.ts";

/** Differences of errors below this share of the value are rounding. */
const ROUNDING = 1e-12;

export interface CombineOptions extends WalkOptions {
  /** Weights are mean absolute errors to minus this power; 0 is the plain mean. */
  readonly sharpness: number;
  /** Past origins before weights differ from equal. */
  readonly warmUp: number;
  /** One-sided Diebold-Mariano p-value below which the combination replaces the naive forecast. */
  readonly gate: number;
}

export interface MemberScore {
  readonly name: string;
  /** Mean absolute error of the horizon mean over the origins whose horizon is known. */
  readonly mae: number;
  readonly weight: number;
}

export interface Combination {
  /** Positions of values that the forecasters did not see as they were. */
  readonly spikes: readonly number[];
  readonly members: readonly MemberScore[];
  readonly origins: readonly number[];
  /** Realized horizon mean at each origin, NaN while it is not known. */
  readonly realized: Float64Array;
  readonly combined: Walk["paths"];
  readonly combinedMeans: Float64Array;
  /** Mean absolute error of the combination at past origins, with the weights of the time. */
  readonly mae: number;
  readonly naive: Walk;
  readonly test: DieboldMariano;
  /** True when the combination passed the gate and is the forecast in use. */
  readonly passed: boolean;
  /** Path in use at the end of the series, and its mean. */
  readonly path: Float64Array;
  readonly mean: number;
  /** Errors of the forecast in use at past origins: realized minus forecast horizon mean. */
  readonly residuals: readonly number[];
}

/** Inverse-error weights; a member without any error gets all of it. */
export function weightsOf(errors: readonly number[], sharpness: number): number[] {
  const least = Math.min(...errors);
  if (!(least > 0)) return errors.map((error) => (error === least ? 1 / errors.filter((e) => e === least).length : 0));
  const raw = errors.map((error) => (least / error) ** sharpness);
  const total = raw.reduce((sum, value) => sum + value, 0);
  return raw.map((value) => value / total);
}

export function combine(
  series: Series,
  naive: Forecaster,
  members: readonly Forecaster[],
  options: CombineOptions,
): Combination {
  if (members.length === 0) throw new EmptySampleError("members of a combination", 1, 0);
  const { horizon, sharpness, warmUp, gate, step } = options;
  // Forecasters see the series without spikes; what they are judged by keeps them.
  const cleaned = withoutSpikes(series.values);
  const seen = { values: cleaned.values, period: series.period };
  const naiveWalk = walkForward(naive, seen, options);
  const walks = members.map((member) => walkForward(member, seen, options));
  const { origins } = naiveWalk;
  const realized = realizedMeans(series.values, origins, horizon);
  const errorsOf = (walk: Walk): Float64Array => walk.means.map((mean, k) => Math.abs((realized[k] ?? 0) - mean));
  const errors = walks.map(errorsOf);
  const totals = errors.map(() => 0);
  let counted = 0;
  let next = 0;
  const combined: Float64Array[] = [];
  let weights: number[] = [];
  origins.forEach((t, k) => {
    // Errors become known when their horizon has passed.
    while (next < k && (origins[next] ?? 0) + horizon <= t) {
      if (!Number.isNaN(realized[next] ?? Number.NaN)) {
        errors.forEach((list, i) => {
          totals[i] = (totals[i] ?? 0) + (list[next] ?? 0);
        });
        counted++;
      }
      next++;
    }
    weights = counted >= warmUp ? weightsOf(totals, sharpness) : totals.map(() => 1 / totals.length);
    const path = new Float64Array(horizon);
    walks.forEach((walk, i) => {
      const member = walk.paths[k];
      const weight = weights[i] ?? 0;
      for (let h = 0; h < horizon; h++) path[h] = (path[h] ?? 0) + weight * (member?.[h] ?? 0);
    });
    combined.push(path);
  });
  const combinedMeans = Float64Array.from(combined, average);
  const known = origins.map((_, k) => k).filter((k) => !Number.isNaN(realized[k] ?? Number.NaN));
  const advantage = known.map((k) => {
    const truth = realized[k] ?? 0;
    const gain = Math.abs(truth - (naiveWalk.means[k] ?? 0)) - Math.abs(truth - (combinedMeans[k] ?? 0));
    // Rounding is no advantage: on a constant series it would otherwise open the gate.
    return Math.abs(gain) > ROUNDING * Math.abs(truth) ? gain : 0;
  });
  const test = dieboldMariano(advantage, Math.ceil(horizon / step) - 1);
  const passed = test.statistic > 0 && test.pValue < gate;
  const used = passed ? combined : naiveWalk.paths;
  const usedMeans = passed ? combinedMeans : naiveWalk.means;
  const end = origins.length - 1;
  return {
    spikes: cleaned.spikes,
    members: walks.map((walk, i) => ({
      name: walk.name,
      mae: known.reduce((sum, k) => sum + (errors[i]?.[k] ?? 0), 0) / Math.max(1, known.length),
      weight: weights[i] ?? 0,
    })),
    origins,
    realized,
    combined,
    combinedMeans,
    mae:
      known.reduce((sum, k) => sum + Math.abs((realized[k] ?? 0) - (combinedMeans[k] ?? 0)), 0) /
      Math.max(1, known.length),
    naive: naiveWalk,
    test,
    passed,
    path: used[end] ?? new Float64Array(horizon),
    mean: usedMeans[end] ?? Number.NaN,
    residuals: known.map((k) => (realized[k] ?? 0) - (usedMeans[k] ?? 0)),
  };
}

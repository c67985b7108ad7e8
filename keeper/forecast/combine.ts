/**
 * Combination of forecasters with weights from their walk-forward errors, and the naive gate over it. Weights at an
 * origin use only errors whose horizon had passed by then, so the combination's own past errors are honest.
 */
import { EmptySampleError } from "../math/errors.ts";
import { average, type Forecaster, type Series } from "./forecaster.ts";
import { type DieboldMariano, dieboldMariano, type Evidence, evidenceHorizons, gateShare } from "./gate.ts";
import { withoutSpikes } from "./spikes.ts";
import { realizedMeans, type Walk, type WalkOptions, walkForward } from "./walk-forward.ts";

/** A forecaster, and whether it sees the series as it is or without spikes. */
export interface Member {
  readonly forecaster: Forecaster;
  readonly sees: "raw" | "cleaned";
}

/** Differences of errors below this share of the value are rounding. */
const ROUNDING = 1e-12;

export interface CombineOptions extends WalkOptions {
  /** Weights are mean absolute errors to minus this power; 0 is the plain mean. */
  readonly sharpness: number;
  /** Past origins before weights differ from equal. */
  readonly warmUp: number;
  /** How far the combination must be ahead of the naive forecast to be used in full; see gateShare. */
  readonly caution: number;
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
  /** Share of the combination in the forecast in use, from 0 to 1; the rest is the naive forecast. */
  readonly share: number;
  /** The forecast in use at past origins, with the weights and the share of the time. */
  readonly used: readonly Float64Array[];
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
  members: readonly Member[],
  options: CombineOptions,
): Combination {
  if (members.length === 0) throw new EmptySampleError("members of a combination", 1, 0);
  const { horizon, sharpness, warmUp, caution, step } = options;
  // Everything is judged by the series as it is, spikes included.
  const cleaned = withoutSpikes(series.values);
  const raw = { values: Float64Array.from(series.values), period: series.period };
  const calm = { values: cleaned.values, period: series.period };
  const naiveWalk = walkForward(naive, raw, options);
  const walks = members.map(({ forecaster, sees }) => {
    const walk = walkForward(forecaster, sees === "raw" ? raw : calm, options);
    return sees === "raw" ? walk : { ...walk, name: `${walk.name} without spikes` };
  });
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
  const shares = sharesOf(series.values, origins, naiveWalk.paths, combined, caution);
  const used = combined.map((path, k) => {
    const share = shares[k] ?? 0;
    const plain = naiveWalk.paths[k];
    return share === 0 && plain !== undefined
      ? plain
      : path.map((value, h) => share * value + (1 - share) * (plain?.[h] ?? Number.NaN));
  });
  const usedMeans = Float64Array.from(used, average);
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
    share: shares[end] ?? 0,
    used,
    path: used[end] ?? new Float64Array(horizon),
    mean: usedMeans[end] ?? Number.NaN,
    residuals: known.map((k) => (realized[k] ?? 0) - (usedMeans[k] ?? 0)),
  };
}

/** The gate's share at every origin, from the errors whose steps had passed by then. */
function sharesOf(
  values: ArrayLike<number>,
  origins: readonly number[],
  naive: readonly Float64Array[],
  combined: readonly Float64Array[],
  caution: number,
): number[] {
  const horizon = combined[0]?.length ?? 0;
  const tracks = evidenceHorizons(horizon).map((steps) => ({
    evidence: { steps, count: 0, naive: 0, model: 0 } satisfies Evidence,
    realized: realizedMeans(values, origins, steps),
    next: 0,
  }));
  const meanOf = (path: Float64Array | undefined, steps: number): number => average(path?.subarray(0, steps) ?? []);
  return origins.map((t, k) => {
    for (const track of tracks) {
      const { evidence, realized } = track;
      const { steps } = evidence;
      for (; track.next < k && (origins[track.next] ?? 0) + steps <= t; track.next++) {
        const truth = realized[track.next] ?? Number.NaN;
        if (Number.isNaN(truth)) continue;
        const plain = Math.abs(truth - meanOf(naive[track.next], steps));
        const model = Math.abs(truth - meanOf(combined[track.next], steps));
        evidence.count++;
        evidence.naive += plain;
        // Rounding is no advantage: on a constant series it would otherwise decide.
        evidence.model += Math.abs(plain - model) > ROUNDING * Math.abs(truth) ? model : plain;
      }
    }
    return gateShare(
      tracks.map(({ evidence }) => evidence),
      caution,
    );
  });
}

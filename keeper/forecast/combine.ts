/**
 * Combination of forecasters with weights from their walk-forward errors, and the naive gate over it. Weights at an
 * origin use only errors whose horizon had passed by then, so the combination's own past errors are honest.
 */
import { EmptySampleError } from "../math/errors.ts";
import { average, type Forecaster, type Series } from "./forecaster.ts";
import {
  type DieboldMariano,
  dieboldMariano,
  type Evidence,
  evidenceHorizons,
  gateShare,
  independentErrors,
  logRatio,
} from "./gate.ts";
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
  /** What an independent error counts for as evidence, in (0, 1]: below 1 since errors are neither Laplace nor alike over time. */
  readonly temper: number;
  /** Probability of the naive forecast before any error is known, in (0, 1). */
  readonly caution: number;
  /** Called when a member has been walked through the series; a long one takes seconds. */
  readonly onProgress?: (done: number, total: number) => void;
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
  /** The same of the naive forecast. */
  readonly naiveMae: number;
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

export function combine(
  series: Series,
  naive: Forecaster,
  members: readonly Member[],
  options: CombineOptions,
): Combination {
  if (members.length === 0) throw new EmptySampleError("members of a combination", 1, 0);
  const { horizon, step } = options;
  // Everything is judged by the series as it is, spikes included.
  const cleaned = withoutSpikes(series.values);
  const raw = { values: Float64Array.from(series.values), period: series.period };
  const calm = { values: cleaned.values, period: series.period, levels: cleaned.levels };
  const naiveWalk = walkForward(naive, raw, options);
  const walks = members.map(({ forecaster, sees }, i) => {
    const walk = walkForward(forecaster, sees === "raw" ? raw : calm, options);
    options.onProgress?.(i + 1, members.length);
    return sees === "raw" ? walk : { ...walk, name: `${walk.name} without spikes` };
  });
  const { origins } = naiveWalk;
  const realized = realizedMeans(series.values, origins, horizon);
  const { weights, combined, shares } = weigh(raw.values, naiveWalk, walks, options);
  const combinedMeans = Float64Array.from(combined, average);
  const known = origins.map((_, k) => k).filter((k) => !Number.isNaN(realized[k] ?? Number.NaN));
  const maeOf = (means: Float64Array): number =>
    known.reduce((sum, k) => sum + Math.abs((realized[k] ?? 0) - (means[k] ?? 0)), 0) / Math.max(1, known.length);
  const advantage = known.map((k) => {
    const truth = realized[k] ?? 0;
    const gain = Math.abs(truth - (naiveWalk.means[k] ?? 0)) - Math.abs(truth - (combinedMeans[k] ?? 0));
    // Rounding is no advantage.
    return Math.abs(gain) > ROUNDING * Math.abs(truth) ? gain : 0;
  });
  const test = dieboldMariano(advantage, Math.ceil(horizon / step) - 1);
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
      mae: maeOf(walk.means),
      weight: weights[i] ?? 0,
    })),
    origins,
    realized,
    combined,
    combinedMeans,
    mae: maeOf(combinedMeans),
    naive: naiveWalk,
    naiveMae: maeOf(naiveWalk.means),
    test,
    share: shares[end] ?? 0,
    used,
    path: used[end] ?? new Float64Array(horizon),
    mean: usedMeans[end] ?? Number.NaN,
    residuals: known.map((k) => (realized[k] ?? 0) - (usedMeans[k] ?? 0)),
  };
}

/** Errors over one horizon up to an origin, of every member, the combination and the naive forecast. */
interface Track extends Evidence {
  readonly realized: Float64Array;
  readonly members: Float64Array;
  combination: number;
  naive: number;
  /** The first origin whose error is not in the sums yet. */
  next: number;
}

const meanOf = (path: Float64Array | undefined, steps: number): number => average(path?.subarray(0, steps) ?? []);

/**
 * Weights and the gate's share at every origin, each from errors whose steps had passed by then: posterior probabilities under
 * Laplace errors of unknown scale, whose likelihood after n independent errors is the mean absolute error to minus n.
 */
function weigh(
  values: Float64Array,
  naive: Walk,
  walks: readonly Walk[],
  { horizon, step, temper, caution }: CombineOptions,
): { weights: number[]; combined: Float64Array[]; shares: number[] } {
  const { origins } = naive;
  const tracks = evidenceHorizons(horizon).map(
    (steps): Track => ({
      steps,
      count: 0,
      realized: realizedMeans(values, origins, steps),
      members: new Float64Array(walks.length),
      combination: 0,
      naive: 0,
      next: 0,
    }),
  );
  const steady = new Steadiness(values);
  const combined: Float64Array[] = [];
  const shares: number[] = [];
  let weights: number[] = [];
  origins.forEach((t, k) => {
    for (const track of tracks) {
      for (; track.next < k && (origins[track.next] ?? 0) + track.steps <= t; track.next++)
        take(track, track.next, naive, walks, combined, step);
    }
    weights = weightsOf(tracks, walks.length, temper);
    const path = new Float64Array(horizon);
    walks.forEach(({ paths }, i) => {
      const member = paths[k];
      const weight = weights[i] ?? 0;
      for (let h = 0; h < horizon; h++) path[h] = (path[h] ?? 0) + weight * (member?.[h] ?? 0);
    });
    combined.push(path);
    const support = tracks.reduce(
      (total, track, q) => total + temper * independentErrors(track, q) * logRatio(track.combination, track.naive),
      0,
    );
    shares.push(gateShare(support, caution, steady.movesBefore(t)));
  });
  return { weights, combined, shares };
}

/** Adds the errors of the forecasts made at one origin. */
function take(
  track: Track,
  k: number,
  naive: Walk,
  walks: readonly Walk[],
  combined: readonly Float64Array[],
  step: number,
): void {
  const { steps, realized, members } = track;
  const truth = realized[k] ?? Number.NaN;
  if (Number.isNaN(truth)) return;
  const errorOf = (path: Float64Array | undefined): number => Math.abs(truth - meanOf(path, steps));
  walks.forEach(({ paths }, i) => {
    members[i] = (members[i] ?? 0) + errorOf(paths[k]);
  });
  const plain = errorOf(naive.paths[k]);
  const model = errorOf(combined[k]);
  track.naive += plain;
  // Rounding is no advantage: on a constant series it would otherwise decide.
  track.combination += Math.abs(plain - model) > ROUNDING * Math.abs(truth) ? model : plain;
  // Origins further apart overlap less, until they do not at all.
  track.count += Math.min(step, steps);
}

/** Posterior weights; equal ones before anything is known, and among members without any error. */
function weightsOf(tracks: readonly Track[], count: number, temper: number): number[] {
  const logs = new Float64Array(count);
  tracks.forEach((track, q) => {
    const n = independentErrors(track, q);
    if (n === 0) return;
    const least = track.members.reduce((a, b) => Math.min(a, b));
    track.members.forEach((error, i) => {
      logs[i] = (logs[i] ?? 0) - temper * n * logRatio(error, least);
    });
  });
  const top = logs.reduce((a, b) => Math.max(a, b));
  const raw = Array.from(logs, (log) => Math.exp(log - top));
  const total = raw.reduce((sum, value) => sum + value, 0);
  return raw.map((value) => value / total);
}

/** How often a series has changed from one observation to the next. */
class Steadiness {
  readonly #values: Float64Array;
  #at = 0;
  #last = Number.NaN;
  #pairs = 0;
  #moves = 0;
  constructor(values: Float64Array) {
    this.#values = values;
  }
  /** Share of steps with a change among the first `t` values; `t` must not fall from call to call. */
  movesBefore(t: number): number {
    for (; this.#at < t; this.#at++) {
      const value = this.#values[this.#at] ?? Number.NaN;
      if (Number.isNaN(value)) continue;
      if (!Number.isNaN(this.#last)) {
        this.#pairs++;
        if (value !== this.#last) this.#moves++;
      }
      this.#last = value;
    }
    return this.#pairs > 0 ? this.#moves / this.#pairs : 0;
  }
}

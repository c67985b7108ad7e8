/** Exponential smoothing in innovations state-space form (Hyndman, Koehler, Ord and Snyder 2008): the recursion itself. */

export interface EtsShape {
  readonly error: "A" | "M";
  readonly trend: "N" | "A" | "Ad";
  readonly season: "N" | "A" | "M";
  readonly period: number;
}

export interface EtsState {
  level: number;
  slope: number;
  /** Seasonal terms, the one for the next step first. */
  readonly season: Float64Array;
  /** Place of the next step's term in `season`. */
  phase: number;
}

export interface EtsWeights {
  readonly alpha: number;
  readonly beta: number;
  readonly gamma: number;
  readonly phi: number;
}

export const shapeName = ({ error, trend, season }: EtsShape): string => `ETS(${error},${trend},${season})`;

/** Expected next value: level and damped slope, then the season. */
export function nextMean(shape: EtsShape, state: EtsState, phi: number): number {
  const base = state.level + phi * state.slope;
  if (shape.season === "N") return base;
  const season = state.season[state.phase] ?? 0;
  return shape.season === "A" ? base + season : base * season;
}

/** Moves the state by one step that had this innovation: additive, or relative for multiplicative errors. */
export function advance(shape: EtsShape, state: EtsState, w: EtsWeights, innovation: number): void {
  const base = state.level + w.phi * state.slope;
  const at = state.phase;
  const season = shape.season === "N" ? (shape.error === "M" ? 1 : 0) : (state.season[at] ?? 0);
  const mean = shape.season === "N" ? base : shape.season === "A" ? base + season : base * season;
  // The error in units of the series, then in units of each component.
  const error = shape.error === "A" ? innovation : innovation * mean;
  const perLevel = shape.season === "M" ? error / season : error;
  state.level = base + w.alpha * perLevel;
  if (shape.trend !== "N") state.slope = w.phi * state.slope + w.beta * perLevel;
  if (shape.season !== "N") {
    state.season[at] = shape.season === "A" ? season + w.gamma * error : season + (w.gamma * error) / base;
    state.phase = at + 1 === shape.period ? 0 : at + 1;
  }
}

export interface EtsRun {
  /** Innovations, zero where the value is missing. */
  readonly innovations: Float64Array;
  /** Sum of log |mean| over observed steps for multiplicative errors, else 0. */
  readonly logs: number;
  readonly observed: number;
  readonly state: EtsState;
}

/**
 * Runs the recursion over a series; null when a multiplicative model meets a mean that is not positive.
 * @param floor means and levels of a multiplicative model below this count as none, in units of the series.
 */
export function runEts(
  shape: EtsShape,
  start: EtsState,
  weights: EtsWeights,
  values: Float64Array,
  out: Float64Array,
  floor: number,
): EtsRun | null {
  const state: EtsState = { ...start, season: Float64Array.from(start.season) };
  let logs = 0;
  let observed = 0;
  const multiplicative = shape.error === "M";
  const positive = multiplicative || shape.season === "M";
  for (let t = 0; t < values.length; t++) {
    const y = values[t] ?? Number.NaN;
    const mean = nextMean(shape, state, weights.phi);
    if (!Number.isFinite(mean) || (positive && !(mean > floor))) return null;
    if (positive && !(state.level + weights.phi * state.slope > floor)) return null;
    let innovation = 0;
    if (!Number.isNaN(y)) {
      innovation = multiplicative ? (y - mean) / mean : y - mean;
      if (multiplicative) logs += Math.log(mean);
      observed++;
    }
    out[t] = innovation;
    advance(shape, state, weights, innovation);
  }
  return { innovations: out, logs, observed, state };
}

/** Forecasts of a fitted exponential smoothing model. */
import { createRng } from "../../kernel/rng.ts";
import type { EtsFit } from "./fit.ts";
import { advance, type EtsState, nextMean } from "./recursion.ts";

/** Simulated paths where no variance formula exists; fixed seed, so that the same model gives the same interval. */
const PATHS = 2000;
const SEED = 2008;

export interface EtsPrediction {
  readonly mean: Float64Array;
  readonly standardError: Float64Array;
}

const copyOf = (state: EtsState): EtsState => ({ ...state, season: Float64Array.from(state.season) });

function meansOf({ shape, state, weights }: EtsFit, horizon: number): Float64Array {
  const moving = copyOf(state);
  return Float64Array.from({ length: horizon }, () => {
    const mean = nextMean(shape, moving, weights.phi);
    advance(shape, moving, weights, 0);
    return mean;
  });
}

/** Response of y_{t+j} to an innovation at t, for additive seasons (Hyndman et al. 2008, section 6.2). */
function responses({ shape, weights }: EtsFit, horizon: number): Float64Array {
  let damped = 0;
  let power = 1;
  return Float64Array.from({ length: horizon }, (_, k) => {
    const j = k + 1;
    power *= weights.phi;
    damped += power;
    return weights.alpha + weights.beta * damped + (shape.season === "A" && j % shape.period === 0 ? weights.gamma : 0);
  });
}

export function predictEts(fit: EtsFit, horizon: number): EtsPrediction {
  const mean = meansOf(fit, horizon);
  const { shape, sigma2 } = fit;
  if (shape.season === "M") return { mean, standardError: simulatedErrors(fit, mean) };
  const c = responses(fit, horizon);
  const variance = new Float64Array(horizon);
  if (shape.error === "A") {
    let total = 1;
    for (let k = 0; k < horizon; k++) {
      variance[k] = sigma2 * total;
      total += (c[k] ?? 0) ** 2;
    }
  } else {
    // Class 2: theta_h = mu_h^2 + sigma2 sum c_j^2 theta_(h-j), variance (1 + sigma2) theta_h - mu_h^2. The sum is kept apart:
    // where errors are small against the mean, the difference would be rounding, or less than nothing.
    const theta = new Float64Array(horizon);
    for (let k = 0; k < horizon; k++) {
      let spread = 0;
      for (let j = 1; j <= k; j++) spread += sigma2 * (c[j - 1] ?? 0) ** 2 * (theta[k - j] ?? 0);
      theta[k] = (mean[k] ?? 0) ** 2 + spread;
      variance[k] = spread + sigma2 * (theta[k] ?? 0);
    }
  }
  return { mean, standardError: variance.map(Math.sqrt) };
}

function simulatedErrors({ shape, state, weights, sigma2 }: EtsFit, mean: Float64Array): Float64Array {
  const rng = createRng(SEED);
  const squares = new Float64Array(mean.length);
  const sd = Math.sqrt(sigma2);
  for (let path = 0; path < PATHS; path++) {
    const moving = copyOf(state);
    for (let k = 0; k < mean.length; k++) {
      const expected = nextMean(shape, moving, weights.phi);
      // A relative error below -1 would make the series negative, where the model has no meaning.
      const innovation = Math.max(-0.99, sd * rng.normal());
      const value = shape.error === "M" ? expected * (1 + innovation) : expected + innovation;
      squares[k] = (squares[k] ?? 0) + (value - (mean[k] ?? 0)) ** 2;
      advance(shape, moving, weights, innovation);
    }
  }
  return squares.map((value) => Math.sqrt(value / PATHS));
}

/**
 * Combination of exponential smoothing, ARIMA and Theta for whole paths, with weights from each member's own recent
 * walk-forward errors: the forecaster for series of any kind, seasonal ones too.
 */
import { arimaForecaster, etsForecaster } from "./classical.ts";
import { average, checkSeries, type FittedModel, type Forecaster, type PathForecast } from "./forecaster.ts";
import { thetaForecaster } from "./theta.ts";
import { walkForward } from "./walk-forward.ts";

export interface PathCombinationOptions {
  /** Steps that the members are judged over. */
  readonly horizon: number;
  /** Past origins that the weights rest on, at most. */
  readonly origins: number;
  /** Weights are sums of absolute errors to minus this power; 0 is the plain mean. */
  readonly sharpness: number;
  readonly members: readonly Forecaster[];
}

export const DEFAULT_PATH_COMBINATION: PathCombinationOptions = {
  horizon: 14,
  origins: 8,
  sharpness: 4,
  members: [etsForecaster, arimaForecaster, thetaForecaster],
};
/** Fewest observations before an origin that members are judged from. */
const SHORTEST_TRAINING = 30;

/** Inverse-error weights; a member without any error gets all of it. */
function weightsOf(errors: readonly number[], sharpness: number): number[] {
  const least = Math.min(...errors);
  if (!(least > 0)) return errors.map((error) => (error === least ? 1 / errors.filter((e) => e === least).length : 0));
  const raw = errors.map((error) => (least / error) ** sharpness);
  const total = raw.reduce((sum, value) => sum + value, 0);
  return raw.map((value) => value / total);
}

export const combinationForecaster = (changes: Partial<PathCombinationOptions> = {}): Forecaster => {
  const { horizon, origins, sharpness, members } = { ...DEFAULT_PATH_COMBINATION, ...changes };
  return {
    name: "combination",
    fit(series) {
      checkSeries(series);
      const { values, period } = series;
      const step = Math.max(1, Math.floor(horizon / 2));
      const shortest = Math.max(SHORTEST_TRAINING, 3 * period);
      const room = Math.floor((values.length - horizon - shortest) / step) + 1;
      const count = Math.min(origins, room);
      if (count < 2) {
        const fits = members.map((member) => member.fit(series));
        return combined(
          fits,
          fits.map(() => 1 / fits.length),
        );
      }
      const firstOrigin = values.length - horizon - (count - 1) * step;
      const walks = members.map((member) =>
        walkForward(member, series, { firstOrigin, horizon, refitEvery: origins + 1, step }),
      );
      const errors = walks.map(({ origins: at, paths }) => {
        let total = 0;
        at.forEach((t, k) => {
          for (let h = 0; h < horizon; h++) {
            const error = Math.abs((values[t + h] ?? Number.NaN) - (paths[k]?.[h] ?? 0));
            if (!Number.isNaN(error)) total += error;
          }
        });
        return total;
      });
      return combined(
        walks.map(({ last }) => last),
        weightsOf(errors, sharpness),
      );
    },
  };
};

function combined(fits: readonly FittedModel[], weights: readonly number[]): FittedModel {
  const mix = (horizon: number, pick: (i: number) => Float64Array | undefined): Float64Array => {
    const out = new Float64Array(horizon);
    weights.forEach((weight, i) => {
      const part = pick(i);
      for (let h = 0; h < horizon; h++) out[h] = (out[h] ?? 0) + weight * (part?.[h] ?? 0);
    });
    return out;
  };
  return {
    name: `combination of ${fits.map(({ name }, i) => `${(100 * (weights[i] ?? 0)).toFixed(0)} % ${name}`).join(", ")}`,
    on: (values) =>
      combined(
        fits.map((fit) => fit.on(values)),
        weights,
      ),
    forecast(horizon, levels = []): PathForecast {
      const paths = fits.map((fit) => fit.forecast(horizon, levels));
      const mean = mix(horizon, (i) => paths[i]?.mean);
      // Bounds are averaged like means (quantile averaging): no member's certainty is taken for all of them.
      const bands = levels.map((level, b) => ({
        level,
        lower: mix(horizon, (i) => paths[i]?.bands[b]?.lower),
        upper: mix(horizon, (i) => paths[i]?.bands[b]?.upper),
      }));
      return { mean, horizonMean: average(mean), bands };
    },
  };
}

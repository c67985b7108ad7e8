/** What is chosen about the LSTM forecaster. */
import { requireBetween, requireCount, requireInside } from "../../math/checks.ts";

export interface LstmConfig {
  /** Steps ahead; the main output is the mean over all of them. */
  readonly horizon: number;
  /** Stated probabilities of the intervals, each in (0, 1); the quantile heads follow from them. */
  readonly levels: readonly number[];
  readonly units: number;
  /** Steps a window has. */
  readonly lookback: number;
  /** Networks in the ensemble; the forecast is their mean. */
  readonly members: number;
  /** Passes over the windows at most, and after how many without a better validation loss training stops. */
  readonly epochs: number;
  readonly patience: number;
  /** Passes at most when training begins from an earlier fit. */
  readonly warmEpochs: number;
  /** Steps between scheduled fits: those from which later ones begin, and those a member of a combination uses. */
  readonly refitEvery: number;
  readonly batch: number;
  readonly learningRate: number;
  readonly weightDecay: number;
  /** Norm to which a longer gradient is scaled down. */
  readonly clip: number;
  /** Windows at most; a larger panel is thinned evenly. */
  readonly windows: number;
  /** Share of the known origins, the latest, that decide when to stop. */
  readonly validationShare: number;
  readonly seed: number;
}

export const DEFAULT_LSTM_CONFIG: LstmConfig = {
  horizon: 30,
  levels: [0.8, 0.95],
  units: 24,
  lookback: 28,
  members: 3,
  epochs: 20,
  patience: 4,
  warmEpochs: 6,
  refitEvery: 60,
  batch: 64,
  learningRate: 2e-3,
  weightDecay: 0.05,
  clip: 1,
  windows: 12_000,
  validationShare: 0.2,
  seed: 1,
};

/** @throws {ParameterOutOfRangeError} */
export function checkLstmConfig(config: LstmConfig): void {
  const counts = ["horizon", "units", "members", "epochs", "patience", "warmEpochs", "refitEvery", "batch"] as const;
  for (const name of counts) requireCount(`lstm.${name}`, config[name], 1);
  requireCount("lstm.lookback", config.lookback, 4);
  requireCount("lstm.windows", config.windows, 100);
  for (const level of config.levels) requireInside("lstm.levels", level, 0, 1);
  requireInside("lstm.learningRate", config.learningRate, 0, 1);
  requireBetween("lstm.weightDecay", config.weightDecay, 0, 10);
  requireBetween("lstm.clip", config.clip, 0, 1e6);
  requireInside("lstm.validationShare", config.validationShare, 0, 0.8);
}

/** Steps ahead with an output of their own; the path between them is interpolated. */
export const gridOf = (horizon: number): number[] =>
  horizon === 1 ? [] : [...[1, 2, 4, 7, 14].filter((step) => step < horizon), horizon];

/** Levels of the quantile heads: the median, and two for each interval. */
export const quantilesOf = (levels: readonly number[]): number[] =>
  [...new Set([0.5, ...levels.flatMap((level) => [0.5 - level / 2, 0.5 + level / 2])])].sort((a, b) => a - b);

/**
 * Training of the ensemble as of one time: windows of all series whose horizon has passed by then, the latest origins held
 * out to decide when to stop, and a gap between the two so that no training target reaches into the validation.
 */
import { createRng } from "../../kernel/rng.ts";
import { TrainingDivergedError } from "../../math/neural/errors.ts";
import {
  createLstm,
  initialWeights,
  type LstmCapacity,
  type LstmNetwork,
  type LstmOptions,
  type LstmShape,
  type LstmWeights,
} from "../../math/neural/lstm.ts";
import { quantile } from "../../math/quantiles.ts";
import { quantilesOf as headsOf, type LstmConfig } from "./config.ts";
import { LstmHistoryError } from "./errors.ts";
import { canBegin, INPUTS, meanAhead, outputsOf, type SeriesTrails, writeTargets, writeWindow } from "./windows.ts";

export type NetworkFactory = (shape: LstmShape, capacity: LstmCapacity, options: LstmOptions) => LstmNetwork;

/** One member of the ensemble. */
export interface TrainedMember {
  readonly weights: LstmWeights;
  /** Mean pinball loss on the validation windows, in units of each series' spread. */
  readonly validationLoss: number;
  /** The same before any training: quantiles of the training targets around the anchor. */
  readonly initialLoss: number;
  readonly epochs: number;
}

export interface Ensemble {
  readonly asOf: number;
  readonly members: readonly TrainedMember[];
  readonly trainingWindows: number;
  readonly validationWindows: number;
}

export interface TrainingSeries extends SeriesTrails {
  /** What is to be forecast: values with their spikes. */
  readonly realized: ArrayLike<number>;
}

interface Origin {
  readonly series: number;
  readonly t: number;
}

const LEAST_TRAINING_STEPS = 30;
const LEAST_VALIDATION_STEPS = 14;
const LEAST_TRAINING_WINDOWS = 60;

/** Steps of history that training needs for a horizon. */
export const stepsNeeded = ({ lookback, horizon }: LstmConfig): number =>
  lookback + 2 * horizon + LEAST_TRAINING_STEPS + LEAST_VALIDATION_STEPS - 1;

export const shapeOf = (config: LstmConfig): LstmShape => ({
  units: config.units,
  inputs: INPUTS,
  steps: config.lookback,
  outputs: outputsOf(config),
});

/** Origins whose horizon has passed at `asOf`, in time order, thinned evenly to `windows`. */
function originsAt(panel: readonly TrainingSeries[], asOf: number, config: LstmConfig): Origin[] {
  const { lookback, horizon, windows } = config;
  const all: Origin[] = [];
  for (let t = lookback; t + horizon <= asOf; t++)
    panel.forEach((series, index) => {
      if (canBegin(series, t, lookback) && !Number.isNaN(meanAhead(series.realized, t, horizon)))
        all.push({ series: index, t });
    });
  // An odd stride against the number of series would favour some of them; thinning by time keeps all alike.
  const stride = Math.ceil(all.length / windows);
  return stride <= 1 ? all : all.filter(({ series, t }) => (asOf - horizon - t + series) % stride === 0);
}

/** Latest origins validate; an origin trains when its horizon ends before the first of them. */
function split(origins: readonly Origin[], asOf: number, config: LstmConfig) {
  const { lookback, horizon, validationShare } = config;
  const span = asOf - horizon - lookback + 1;
  const validationSteps = Math.max(LEAST_VALIDATION_STEPS, Math.round(validationShare * span));
  const validationFrom = asOf - horizon - validationSteps + 1;
  return {
    training: origins.filter(({ t }) => t + horizon <= validationFrom),
    validation: origins.filter(({ t }) => t >= validationFrom),
  };
}

function shuffle(order: Int32Array, uniform: (bound: number) => number): void {
  for (let i = order.length - 1; i > 0; i--) {
    const j = uniform(i + 1);
    const kept = order[i] ?? 0;
    order[i] = order[j] ?? 0;
    order[j] = kept;
  }
}

/** Output biases at the quantiles of the training targets: before any training the network says anchor plus climate. */
function withClimate(
  weights: LstmWeights,
  targets: Float32Array,
  count: number,
  heads: readonly number[],
): LstmWeights {
  const outputs = weights.denseBias.length;
  const denseBias = weights.denseBias.slice();
  for (let o = 0; o < outputs; o += heads.length) {
    const known: number[] = [];
    for (let k = 0; k < count; k++) {
      const value = targets[k * outputs + o] ?? Number.NaN;
      if (!Number.isNaN(value)) known.push(value);
    }
    known.sort((a, b) => a - b);
    if (known.length > 0)
      denseBias.set(
        heads.map((head) => quantile(known, head)),
        o,
      );
  }
  return { ...weights, dense: new Float32Array(weights.dense.length), denseBias };
}

export interface TrainOptions {
  readonly network?: NetworkFactory;
  /** The ensemble to begin from; null for a fresh start. */
  readonly from?: Ensemble | null;
  readonly onProgress?: (line: string) => void;
}

/** @throws {LstmHistoryError | TrainingDivergedError} */
export function trainEnsemble(
  panel: readonly TrainingSeries[],
  times: ArrayLike<number> | null,
  asOf: number,
  config: LstmConfig,
  { network: build = createLstm, from = null, onProgress }: TrainOptions = {},
): Ensemble {
  const origins = originsAt(panel, asOf, config);
  const { training, validation } = split(origins, asOf, config);
  if (asOf < stepsNeeded(config) || training.length < LEAST_TRAINING_WINDOWS || validation.length === 0)
    throw new LstmHistoryError(asOf, stepsNeeded(config), training.length, LEAST_TRAINING_WINDOWS);

  const used = [...training, ...validation];
  const shape = shapeOf(config);
  const { lookback } = config;
  const heads = headsOf(config.levels);
  const rows = new Float32Array(used.length * lookback * INPUTS);
  const targets = new Float32Array(used.length * shape.outputs);
  used.forEach(({ series: index, t }, k) => {
    const series = panel[index];
    if (series === undefined) return;
    writeWindow(rows, k * lookback * INPUTS, series, times, t, lookback);
    writeTargets(targets, k * shape.outputs, series.realized, series.trail, t, config);
  });
  const batch = Math.max(config.batch, 256);
  const capacity = { batch, rows: used.length * lookback, samples: used.length };
  const levels = Array.from({ length: shape.outputs }, (_, o) => heads[o % heads.length] ?? 0.5);
  const network = build(shape, capacity, { levels, clip: config.clip });
  network.load({ rows, starts: Int32Array.from(used, (_, k) => k * lookback), targets });
  const held = Int32Array.from(validation, (_, k) => training.length + k);

  const members = Array.from({ length: config.members }, (_, index): TrainedMember => {
    const rng = createRng(config.seed).fork(`lstm.member.${index}`);
    const earlier = from?.members[index];
    const start = earlier?.weights ?? withClimate(initialWeights(shape, rng), targets, training.length, heads);
    network.setWeights(start);
    network.restart();
    const initialLoss = network.loss(held);
    let best = { weights: start, loss: initialLoss, epoch: 0 };
    const order = Int32Array.from(training, (_, k) => k);
    const draws = rng.fork(`order.${asOf}`);
    const epochs = earlier === undefined ? config.epochs : config.warmEpochs;
    for (let epoch = 1; epoch <= epochs && epoch - best.epoch <= config.patience; epoch++) {
      shuffle(order, draws.int);
      // Half a cosine: large steps first, then small ones.
      const learningRate = config.learningRate * 0.5 * (1 + Math.cos((Math.PI * (epoch - 1)) / epochs));
      const trained = network.epoch(order, { batch: config.batch, learningRate, weightDecay: config.weightDecay });
      if (!Number.isFinite(trained)) throw new TrainingDivergedError(epoch, trained);
      const loss = network.loss(held);
      if (loss < best.loss) best = { weights: network.weights(), loss, epoch };
    }
    onProgress?.(
      `lstm as of step ${asOf}: member ${index + 1}/${config.members}, ${training.length} windows, best validation loss ${best.loss.toPrecision(4)} in epoch ${best.epoch} (before training ${initialLoss.toPrecision(4)})`,
    );
    return { weights: best.weights, validationLoss: best.loss, initialLoss, epochs: best.epoch };
  });
  return { asOf, members, trainingWindows: training.length, validationWindows: validation.length };
}

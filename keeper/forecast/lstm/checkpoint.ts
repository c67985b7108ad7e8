/** An ensemble on disk: one LayersModel per member, with the configuration and the last day it saw. */
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { SavedModelError } from "../../math/neural/errors.ts";
import { loadLayersModel, type SavedModel, saveLayersModel } from "../../math/neural/layers-model.ts";
import type { LstmConfig } from "./config.ts";
import { type Ensemble, shapeOf, type TrainedMember } from "./train.ts";

/** Version of inputs, scaling and outputs: weights of another meaning would load and mislead. */
const FEATURES_VERSION = 1;

/** What must be equal for weights to mean the same. */
const meaningOf = ({ horizon, levels, lookback, members }: LstmConfig): string =>
  JSON.stringify({ features: FEATURES_VERSION, horizon, levels, lookback, members });

const folderOf = (folder: string, index: number): string => join(folder, `member-${index}`);

/**
 * The members are written beside the folder and take its place together: an interrupted save leaves the former ensemble, or none to
 * begin from, and never members of two trainings.
 * @param trainedTo Unix seconds of the last value that was known; null where the data have no dates.
 */
export function saveEnsemble(folder: string, ensemble: Ensemble, config: LstmConfig, trainedTo: number | null): void {
  const partial = `${folder}.partial`;
  rmSync(partial, { recursive: true, force: true });
  ensemble.members.forEach(({ weights, validationLoss, initialLoss, epochs }, index) => {
    const { asOf, trainingWindows, validationWindows } = ensemble;
    const note = {
      meaning: meaningOf(config),
      ...{ asOf, trainedTo, trainingWindows, validationWindows, validationLoss, initialLoss, epochs },
    };
    saveLayersModel(folderOf(partial, index), { shape: shapeOf(config), weights, note });
  });
  // The first member goes first and comes last: while it is missing, there is nothing to begin from.
  mkdirSync(folder, { recursive: true });
  rmSync(folderOf(folder, 0), { recursive: true, force: true });
  for (let index = ensemble.members.length - 1; index >= 0; index--) {
    rmSync(folderOf(folder, index), { recursive: true, force: true });
    renameSync(folderOf(partial, index), folderOf(folder, index));
  }
  rmSync(partial, { recursive: true, force: true });
}

/** Whether there is anything to begin from: a folder without a first member is as good as none. */
export const hasEnsemble = (folder: string): boolean => existsSync(folderOf(folder, 0));

/**
 * @param times Unix seconds of the panel's steps, or null.
 * @throws {SavedModelError} also when it was trained on days that this panel does not have: a forecast from it would know
 * the future.
 */
export function loadEnsemble(
  folder: string,
  config: LstmConfig,
  times: ArrayLike<number> | null,
  steps: number,
): Ensemble {
  const saved = Array.from({ length: config.members }, (_, index) =>
    loadLayersModel(folderOf(folder, index), shapeOf(config)),
  );
  const number = ({ note }: SavedModel, name: string): number => {
    const value = note[name];
    if (typeof value !== "number") throw new SavedModelError(folder, `it does not say its ${name}`);
    return value;
  };
  const [first] = saved;
  if (first === undefined) throw new SavedModelError(folder, "it has no members");
  for (const one of saved) {
    if (one.note["meaning"] !== meaningOf(config))
      throw new SavedModelError(
        folder,
        `it was trained for ${String(one.note["meaning"])} and ${meaningOf(config)} is needed`,
      );
    if (number(one, "asOf") !== number(first, "asOf") || one.note["trainedTo"] !== first.note["trainedTo"])
      throw new SavedModelError(folder, "its members were trained at different times");
  }
  const trainedTo = first.note["trainedTo"];
  let asOf = number(first, "asOf");
  if (typeof trainedTo === "number" && times !== null) {
    if (trainedTo > (times[steps - 1] ?? Number.NaN))
      throw new SavedModelError(folder, "it has seen later days than the data given here");
    asOf = 0;
    while (asOf < steps && (times[asOf] ?? 0) <= trainedTo) asOf++;
  } else if (asOf > steps) throw new SavedModelError(folder, `it has seen ${asOf} steps and the data have ${steps}`);
  return {
    asOf,
    members: saved.map(
      (one): TrainedMember => ({
        weights: one.weights,
        validationLoss: number(one, "validationLoss"),
        initialLoss: number(one, "initialLoss"),
        epochs: number(one, "epochs"),
      }),
    ),
    trainingWindows: number(first, "trainingWindows"),
    validationWindows: number(first, "validationWindows"),
  };
}

/** What the networks refuse, and why. */
import { HoldError, InputError } from "../../kernel/errors.ts";

export class TrainingDivergedError extends HoldError {
  readonly code = "TRAINING_DIVERGED";
  readonly epoch: number;
  readonly loss: number;
  constructor(epoch: number, loss: number) {
    super(
      `The training loss is ${loss} in epoch ${epoch}. Lower the learning rate or find the extreme value in the inputs; nothing is forecast from this network.`,
    );
    this.epoch = epoch;
    this.loss = loss;
  }
}

export class SavedModelError extends InputError {
  readonly code = "SAVED_MODEL";
  readonly source: string;
  constructor(source: string, fault: string, cause?: unknown) {
    super(
      `The saved model ${source} cannot be used: ${fault}. Train it again, or name the file that fits this version and shape.`,
      cause === undefined ? undefined : { cause },
    );
    this.source = source;
  }
}

export class BackendMissingError extends InputError {
  readonly code = "BACKEND_MISSING";
  readonly backend: string;
  constructor(backend: string, needed: string, cause?: unknown) {
    super(
      `The backend "${backend}" needs ${needed}, which is not installed here. Install it, or use --backend wasm or typescript.`,
      cause === undefined ? undefined : { cause },
    );
    this.backend = backend;
  }
}

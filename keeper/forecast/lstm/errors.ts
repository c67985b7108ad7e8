/** Why the LSTM gives no forecast. */
import { HoldError, InputError } from "../../kernel/errors.ts";

export class LstmHistoryError extends HoldError {
  readonly code = "LSTM_HISTORY";
  readonly steps: number;
  readonly needed: number;
  constructor(steps: number, needed: number, windows: number, windowsNeeded: number) {
    super(
      `The LSTM has ${steps} steps of history with ${windows} usable windows; it needs ${needed} steps and ${windowsNeeded} windows. ` +
        "Collect more history, add series, or shorten the horizon or the look-back.",
    );
    this.steps = steps;
    this.needed = needed;
  }
}

export class LstmHorizonError extends InputError {
  readonly code = "LSTM_HORIZON";
  readonly horizon: number;
  readonly trained: number;
  constructor(horizon: number, trained: number) {
    super(`The LSTM was trained for ${trained} steps ahead and ${horizon} were asked for. Train it for that horizon.`);
    this.horizon = horizon;
    this.trained = trained;
  }
}

export class LstmLevelError extends InputError {
  readonly code = "LSTM_LEVEL";
  readonly level: number;
  constructor(level: number, trained: readonly number[]) {
    super(
      `The LSTM was trained for intervals of ${trained.join(", ")} and ${level} was asked for. Train it for that level.`,
    );
    this.level = level;
  }
}

export class LstmSeriesError extends InputError {
  readonly code = "LSTM_SERIES";
  readonly series: string;
  constructor(series: string, fault: string) {
    super(`The series "${series}" ${fault}. Give the LSTM a panel in which every series has one value per time.`);
    this.series = series;
  }
}

/** Why no forecast can be vouched for. */
import { EngineError, HoldError } from "../kernel/errors.ts";

export class TooFewOriginsError extends HoldError {
  readonly code = "FORECAST_TOO_FEW_ORIGINS";
  readonly days: number;
  readonly origins: number;
  readonly needed: number;
  constructor(days: number, origins: number, needed: number) {
    super(
      `${days} days of history give ${origins} rolling origins and ${needed} are needed for the stated intervals. ` +
        "Collect more history or shorten the horizon.",
    );
    this.days = days;
    this.origins = origins;
    this.needed = needed;
  }
}

export class SeriesMisalignedError extends HoldError {
  readonly code = "FORECAST_SERIES_MISALIGNED";
  readonly strategyId: number;
  readonly days: number;
  readonly got: number;
  constructor(strategyId: number, days: number, got: number) {
    super(`Strategy ${strategyId} has ${got} returns for ${days} days. Build the features again from one snapshot.`);
    this.strategyId = strategyId;
    this.days = days;
    this.got = got;
  }
}

/** A return of -100 % or less: nothing could grow from there. */
export class ReturnImpossibleError extends HoldError {
  readonly code = "FORECAST_RETURN_IMPOSSIBLE";
  readonly strategyId: number;
  readonly value: number;
  constructor(strategyId: number, value: number) {
    super(`Strategy ${strategyId} has a daily return of ${value}. A total loss is not a sample to forecast from.`);
    this.strategyId = strategyId;
    this.value = value;
  }
}

/** What the forecaster of one strategy refused, said with the strategy's number. */
export class StrategyRefusedError extends HoldError {
  readonly code = "FORECAST_STRATEGY_REFUSED";
  readonly strategyId: number;
  readonly reason: string;
  constructor(strategyId: number, code: string, message: string) {
    super(`Strategy ${strategyId} has no forecast: ${message}`);
    this.strategyId = strategyId;
    this.reason = code;
  }
}

/** A thread of a batch died, or met an error that is not the data's fault. */
export class WorkerFailedError extends EngineError {
  readonly code = "FORECAST_WORKER_FAILED";
  constructor(cause: unknown) {
    const why = cause instanceof Error ? cause.message : `it ended with code ${String(cause)}`;
    super(`A forecasting thread failed: ${why}. Run with 0 threads to see the whole trace.`, { cause });
  }
}

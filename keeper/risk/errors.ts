/** Why the risk of an allocation cannot be stated at all. A stated risk above a limit is a Rejection, not an error. */
import { HoldError, InputError } from "../kernel/errors.ts";

export class UnmeasuredPositionError extends HoldError {
  readonly code = "RISK_UNMEASURED_POSITION";
  readonly strategyIds: readonly number[];
  readonly weight: number;
  readonly limit: number;
  constructor(strategyIds: readonly number[], weight: number, limit: number) {
    super(
      `Strategies ${strategyIds.join(", ")} hold ${weight} of NAV without scenarios or history; at most ${limit} may. ` +
        "Restore their data, exit them by hand, or raise maximumUnmeasuredWeight knowingly.",
    );
    this.strategyIds = strategyIds;
    this.weight = weight;
    this.limit = limit;
  }
}

export class DecisionMismatchError extends InputError {
  readonly code = "RISK_DECISION_MISMATCH";
  readonly decisionIds: readonly number[];
  readonly constraintIds: readonly number[];
  constructor(decisionIds: readonly number[], constraintIds: readonly number[]) {
    super(
      `The decision has strategies ${decisionIds.join(",")} and the constraints ${constraintIds.join(",")}. Use one run.`,
    );
    this.decisionIds = decisionIds;
    this.constraintIds = constraintIds;
  }
}

export class ProvenanceMismatchError extends InputError {
  readonly code = "RISK_PROVENANCE_MISMATCH";
  readonly blocks: readonly number[];
  constructor(blocks: readonly number[]) {
    super(`Decision, forecast and features come from blocks ${blocks.join(", ")}. Assess one run at a time.`);
    this.blocks = blocks;
  }
}

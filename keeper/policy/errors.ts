/** Why no decision can be made. */
import { InputError } from "../kernel/errors.ts";

export class TargetMismatchError extends InputError {
  readonly code = "POLICY_TARGET_MISMATCH";
  readonly targetIds: readonly number[];
  readonly constraintIds: readonly number[];
  constructor(targetIds: readonly number[], constraintIds: readonly number[]) {
    super(
      `The target has strategies ${targetIds.join(",")} and the constraints ${constraintIds.join(",")}. Use one snapshot.`,
    );
    this.targetIds = targetIds;
    this.constraintIds = constraintIds;
  }
}

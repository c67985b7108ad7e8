/** Why no features can be built. */
import { HoldError } from "../kernel/errors.ts";

export class NoUsableStrategyError extends HoldError {
  readonly code = "FEATURES_NO_USABLE_STRATEGY";
  /** "id: flag code" of every exclusion. */
  readonly exclusions: readonly string[];
  constructor(exclusions: readonly string[]) {
    super(
      exclusions.length === 0
        ? "The snapshot has no strategy history. Read history before building features."
        : `Every strategy was excluded by its data: ${exclusions.join("; ")}. Wait for clean history.`,
    );
    this.exclusions = exclusions;
  }
}

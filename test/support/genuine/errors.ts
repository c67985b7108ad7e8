/** Failures of the deployers of genuine protocol code. */
import { InputError } from "../../../keeper/kernel/errors.ts";

/** A package on disk does not hold what the deployer needs. */
export class GenuineArtifactError extends InputError {
  readonly code = "GENUINE_ARTIFACT";
  readonly artifact: string;
  constructor(artifact: string, reason: string, options?: { cause?: unknown }) {
    super(`The artifact ${artifact} is not usable: ${reason}. Reinstall the locked npm packages.`, options);
    this.artifact = artifact;
  }
}

/** The protocol's own source did not compile. */
export class GenuineCompileError extends InputError {
  readonly code = "GENUINE_COMPILE";
  readonly diagnostics: readonly string[];
  constructor(diagnostics: readonly string[]) {
    super(
      `The protocol's source did not compile: ${diagnostics.join(" | ")}. Check the locked versions of its dependencies.`,
    );
    this.diagnostics = diagnostics;
  }
}

/** The network a deployer works on has fewer accounts than it needs. */
export class GenuineAccountMissingError extends InputError {
  readonly code = "GENUINE_ACCOUNT_MISSING";
  readonly index: number;
  constructor(index: number) {
    super(`The network has no account ${index}. Start it with more accounts.`);
    this.index = index;
  }
}

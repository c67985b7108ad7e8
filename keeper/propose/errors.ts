/** What can be wrong with a proposal or a signature. */
import { EngineError, EXIT, HoldError, InputError } from "../kernel/errors.ts";

/** The file is not a proposal. */
export class ProposalFileError extends InputError {
  readonly code = "PROPOSAL_FILE";
  readonly reason: string;
  constructor(reason: string) {
    super(`The proposal file is not readable: ${reason}. Ask the keeper's operator for the file again.`);
    this.reason = reason;
  }
}

/** Base of every refusal to sign, collect or send. */
export abstract class RefusedError extends EngineError {
  override readonly exitCode = EXIT.refused;
}

export class ProposalIdDiffersError extends RefusedError {
  readonly code = "PROPOSAL_ID_DIFFERS";
  readonly stated: string;
  readonly derived: string;
  constructor(stated: string, derived: string) {
    super(
      `The proposal states id ${stated}, its contents give ${derived}. Do not sign: what is shown is not what the id stands for.`,
    );
    this.stated = stated;
    this.derived = derived;
  }
}

export class WrongProposalChainError extends RefusedError {
  readonly code = "WRONG_PROPOSAL_CHAIN";
  readonly expected: number;
  readonly actual: number;
  constructor(expected: number, actual: number) {
    super(`The proposal is for chain ${actual}, yours is ${expected}. Do not sign it.`);
    this.expected = expected;
    this.actual = actual;
  }
}

export class WrongProposalModuleError extends RefusedError {
  readonly code = "WRONG_PROPOSAL_MODULE";
  readonly expected: string;
  readonly actual: string;
  constructor(expected: string, actual: string) {
    super(`The proposal is for module ${actual}, yours is ${expected}. Do not sign it.`);
    this.expected = expected;
    this.actual = actual;
  }
}

export class ProposalExpiredError extends RefusedError {
  readonly code = "PROPOSAL_EXPIRED";
  readonly deadline: number;
  readonly now: number;
  constructor(deadline: number, now: number) {
    super(`The proposal expired at ${deadline}, it is ${now} (Unix seconds). Wait for a new one.`);
    this.deadline = deadline;
    this.now = now;
  }
}

export class SignatureForOtherProposalError extends RefusedError {
  readonly code = "SIGNATURE_FOR_OTHER_PROPOSAL";
  readonly expected: string;
  readonly actual: string;
  constructor(expected: string, actual: string) {
    super(`A signature is for proposal ${actual}, wanted is ${expected}. Leave it out.`);
    this.expected = expected;
    this.actual = actual;
  }
}

export class SignatureInvalidError extends RefusedError {
  readonly code = "SIGNATURE_INVALID";
  readonly stated: string;
  readonly recovered: string | null;
  constructor(stated: string, recovered: string | null) {
    const found = recovered === null ? "it recovers to no account" : `it recovers to ${recovered}`;
    super(`The signature stated as ${stated}'s is not theirs: ${found}. Ask the owner to sign again.`);
    this.stated = stated;
    this.recovered = recovered;
  }
}

export class SignerNotOwnerError extends RefusedError {
  readonly code = "SIGNER_NOT_OWNER";
  readonly signer: string;
  readonly safe: string;
  constructor(signer: string, safe: string) {
    super(`${signer} is no owner of Safe ${safe}. Leave the signature out.`);
    this.signer = signer;
    this.safe = safe;
  }
}

export class DuplicateSignerError extends RefusedError {
  readonly code = "DUPLICATE_SIGNER";
  readonly signer: string;
  constructor(signer: string) {
    super(`${signer} signed twice. One owner counts once: keep one of the signatures.`);
    this.signer = signer;
  }
}

export class TooFewSignaturesError extends RefusedError {
  readonly code = "TOO_FEW_SIGNATURES";
  readonly signers: readonly string[];
  readonly required: number;
  /** @param need why that many, as {@link describeNeed} says it. */
  constructor(signers: readonly string[], required: number, need: string) {
    super(
      `${signers.length} owner(s) approved (${signers.join(", ") || "none"}): ${need}. Collect the missing approvals.`,
    );
    this.signers = signers;
    this.required = required;
  }
}

/** The module asks an account that is no Safe, whose signers this keeper cannot list. */
export class ApproverNotSafeError extends RefusedError {
  readonly code = "APPROVER_NOT_SAFE";
  readonly approver: string;
  constructor(approver: string) {
    super(
      `The approver ${approver} is no Safe: it judges signatures itself. Let it call approve on the module, then execute without --signatures.`,
    );
    this.approver = approver;
  }
}

/** The Safe refuses what looks like an owner's approval. */
export class ApprovalRefusedError extends RefusedError {
  readonly code = "APPROVAL_REFUSED";
  readonly owner: string;
  readonly reason: string;
  constructor(owner: string, reason: string) {
    super(`The Safe refuses the approval of its owner ${owner}: ${reason}. Let that owner approve again.`);
    this.owner = owner;
    this.reason = reason;
  }
}

/** The module on chain hashes the proposal differently: wrong module version or domain. */
export class ModuleDisagreesError extends RefusedError {
  readonly code = "MODULE_DISAGREES";
  readonly local: string;
  readonly onChain: string;
  constructor(local: string, onChain: string) {
    super(
      `The module gives the proposal id ${onChain}, the keeper computes ${local}. Keeper and module are of different versions: update the keeper.`,
    );
    this.local = local;
    this.onChain = onChain;
  }
}

export class ProposalNotFoundError extends RefusedError {
  readonly code = "PROPOSAL_NOT_FOUND";
  readonly id: string;
  constructor(id: string, module: string) {
    super(
      `Module ${module} published no proposal ${id} in the blocks searched. Check the id, the module and the chain.`,
    );
    this.id = id;
  }
}

/** No free nonce among the candidates. */
export class NoNonceError extends HoldError {
  readonly code = "NO_NONCE";
  readonly tried: number;
  constructor(tried: number) {
    super(`All ${tried} candidate nonces of this block are used. Observe again at a later block.`);
    this.tried = tried;
  }
}

/** The artifacts handed in are not of one run. */
export class ProvenanceDiffersError extends HoldError {
  readonly code = "PROVENANCE_DIFFERS";
  readonly artifact: string;
  constructor(artifact: string) {
    super(`The ${artifact} comes from another block, configuration or seed than the snapshot. Run all stages again.`);
    this.artifact = artifact;
  }
}

/**
 * How many owners must approve a proposal, and who has: signatures by keys, `approveHash` on the Safe, owners that are
 * contracts or Safes themselves. The Safe on chain judges everything that a key alone does not prove.
 */
import { AbiCoder, concat, dataLength, getAddress, hexlify, TypedDataEncoder, toBeHex, zeroPadValue } from "ethers";
import { ISafe__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/safe/ISafe__factory.ts";
import { IProposalModule__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/IProposalModule__factory.ts";
import { blockParam, type ChainClient, resultOf } from "../chain/client.ts";
import { CallRevertedError } from "../chain/errors.ts";
import { addr, addresses, bool, int, type Row, uint } from "../chain/fields.ts";
import { readView, view } from "../chain/multicall.ts";
import { legKindIndex } from "../chain/proposal.ts";
import type { Leg } from "../kernel/artifacts.ts";
import { type Address, address, type Hash, hash } from "../kernel/units.ts";
import {
  ApprovalRefusedError,
  ApproverNotSafeError,
  DuplicateSignerError,
  SignatureForOtherProposalError,
  SignatureInvalidError,
  SignerNotOwnerError,
} from "./errors.ts";
import { nestedParts, type OwnerSignature, recoverSigner } from "./signing.ts";
import { type ProposalFile, proposalHashes } from "./typed-data.ts";

const moduleInterface = IProposalModule__factory.createInterface();
const safeInterface = ISafe__factory.createInterface();
const coder = AbiCoder.defaultAbiCoder();
/** Bytes of one signature's static part. */
const STATIC = 65;

/** What the module asks for, at one block. */
export interface SignersNeeded {
  readonly safe: Address;
  readonly owners: readonly Address[];
  /** The Safe's own threshold. */
  readonly threshold: number;
  /** Owners who must approve these legs: the threshold, or more for a large move. */
  readonly required: number;
  /** Share of NAV moved, basis points, rounded up; null while the module has no tiers. */
  readonly movedBps: bigint | null;
  /** True when the Safe called `approve(id)`; that proves its threshold and nothing above it. */
  readonly isApprovedByTransaction: boolean;
}

/** @throws {ApproverNotSafeError} when the module's approver is another kind of account. */
export async function readSignersNeeded(
  client: ChainClient,
  module: Address,
  id: Hash,
  { legs, refNav }: { readonly legs: readonly Leg[]; readonly refNav: bigint },
): Promise<SignersNeeded> {
  const { number } = await client.header("latest");
  const ask = <T>(fragment: string, args: readonly unknown[], pick: (row: Row) => T): Promise<T> =>
    readView(client, view(moduleInterface, module, fragment, args, pick), number);
  const struct = legs.map((leg) => ({ ...leg, kind: legKindIndex(leg.kind) }));
  const [safe, isSafe, isApprovedByTransaction, need] = await Promise.all([
    ask("approver", [], (row) => addr(row, 0)),
    ask("approverIsSafe", [], (row) => bool(row, 0)),
    ask("isApproved", [id], (row) => bool(row, 0)),
    ask("requiredSigners", [struct, refNav], (row) => ({
      required: int(row, "required"),
      threshold: int(row, "threshold"),
      movedBps: uint(row, "movedBps"),
    })),
  ]);
  if (!isSafe) throw new ApproverNotSafeError(safe);
  const owners = await readView(
    client,
    view(safeInterface, safe, "getOwners", [], (row) => addresses(row, 0)),
    number,
  );
  const { required, threshold, movedBps } = need;
  return { safe, owners, threshold, required, movedBps: movedBps === 0n ? null : movedBps, isApprovedByTransaction };
}

/** `2 of 3 needed, because it moves 12.00 % of NAV`. */
export function describeNeed({
  required,
  owners,
  threshold,
  movedBps,
}: Pick<SignersNeeded, "required" | "owners" | "threshold" | "movedBps">): string {
  const need = `${required} of ${owners.length} needed`;
  if (movedBps === null) return `${need}, the Safe's threshold`;
  const share = movedBps > 1_000_000n ? "more than its NAV" : `${(Number(movedBps) / 100).toFixed(2)} % of NAV`;
  const above = required > threshold ? `; the Safe's own threshold is ${threshold}` : "";
  return `${need}, because it moves ${share}${above}`;
}

export interface Approval {
  readonly owner: Address;
  readonly how: "signature" | "approveHash" | "contract";
  /** Static part, 65 bytes. Of a contract signature the offset is filled in when packing. */
  readonly head: string;
  /** A contract's own signature bytes; null for the others. */
  readonly tail: string | null;
}

/** A Safe among the owners whose own owners have not all signed yet. */
export interface PartialOwner {
  readonly owner: Address;
  readonly signers: readonly Address[];
  readonly required: number;
}

export interface Approvals {
  readonly id: Hash;
  readonly needed: SignersNeeded;
  /** Ascending by owner, as the Safe wants them. */
  readonly given: readonly Approval[];
  readonly partial: readonly PartialOwner[];
  /** True when the module would accept it: enough approvals, or the Safe's transaction where that suffices. */
  readonly isComplete: boolean;
  /** What `execute` takes; "0x" when the Safe's transaction suffices and signatures do not. */
  readonly packed: string;
}

const ascending = (a: Address, b: Address): number => (BigInt(a) < BigInt(b) ? -1 : 1);

/** Safe's form: static parts ascending by owner, then the contracts' bytes, each behind its length. */
export function packApprovals(given: readonly Approval[]): string {
  const sorted = [...given].sort((a, b) => ascending(a.owner, b.owner));
  let offset = STATIC * sorted.length;
  const tails: string[] = [];
  const heads = sorted.map(({ owner, head, tail }) => {
    if (tail === null) return head;
    const at = offset;
    const bytes = concat([toBeHex(dataLength(tail), 32), tail]);
    offset += dataLength(bytes);
    tails.push(bytes);
    return concat([zeroPadValue(owner, 32), coder.encode(["uint256"], [at]), "0x00"]);
  });
  return hexlify(concat([...heads, ...tails]));
}

const byKey = (owner: Address, signature: string): Approval => ({
  owner,
  how: "signature",
  head: signature,
  tail: null,
});
/** Stands for an owner who called `approveHash`: v = 1. */
const byApproveHash = (owner: Address): Approval => ({
  owner,
  how: "approveHash",
  head: concat([zeroPadValue(owner, 32), `0x${"00".repeat(32)}`, "0x01"]),
  tail: null,
});
const byContract = (owner: Address, tail: string): Approval => ({ owner, how: "contract", head: "0x", tail });

/** Asks the Safe whether each approval, alone, counts; null where it does, its reason where it does not. */
async function judgedBySafe(
  client: ChainClient,
  safe: Address,
  { id, domain, proposal }: ProposalFile,
  approvals: readonly Approval[],
): Promise<readonly (string | null)[]> {
  if (approvals.length === 0) return [];
  const hashes = proposalHashes(domain, proposal);
  const preimage = concat(["0x1901", hashes.domain, hashes.message]);
  const calls = approvals.map((approval) => ({
    method: "eth_call",
    params: [
      {
        // As the module asks: the caller counts as having approved where it is an owner, and the module is none.
        from: domain.module,
        to: safe,
        data: safeInterface.encodeFunctionData("checkNSignatures", [id, preimage, packApprovals([approval]), 1]),
      },
      blockParam("latest"),
    ],
  }));
  const answers = await client.batch(calls);
  return calls.map((call, index) => {
    const answer = answers[index] ?? { ok: false, error: { code: 0, message: "no answer" } };
    try {
      resultOf(call, answer);
      return null;
    } catch (error) {
      if (error instanceof CallRevertedError) return error.reason;
      throw error;
    }
  });
}

/** A Safe among the owners: its owners' signatures, checked, and packed when they are enough. */
async function nestedApproval(
  client: ChainClient,
  file: ProposalFile,
  nested: Address,
  signatures: readonly OwnerSignature[],
): Promise<{ readonly approval: Approval | null; readonly partial: PartialOwner }> {
  const [owners, required] = await Promise.all([
    readView(
      client,
      view(safeInterface, nested, "getOwners", [], (row) => addresses(row, 0)),
      "latest",
    ),
    readView(
      client,
      view(safeInterface, nested, "getThreshold", [], (row) => int(row, 0)),
      "latest",
    ),
  ]);
  const candidates = (["1.5.0", "1.4.1"] as const).map((parent) => {
    const { domain, types, value } = nestedParts(file, nested, parent);
    return hash(TypedDataEncoder.hash(domain, types, value));
  });
  const inner = new Map<Address, Approval>();
  for (const { signer, signature } of signatures) {
    const found = candidates.map((message) => recoverSigner(message, signature));
    if (!found.includes(signer)) throw new SignatureInvalidError(signer, found[0] ?? null);
    if (!owners.includes(signer)) throw new SignerNotOwnerError(signer, nested);
    if (inner.has(signer)) throw new DuplicateSignerError(signer);
    inner.set(signer, byKey(signer, signature));
  }
  const partial = { owner: nested, signers: [...inner.keys()].sort(ascending), required };
  const packed = packApprovals([...inner.values()]);
  return { approval: inner.size >= required ? byContract(nested, packed) : null, partial };
}

/**
 * Everything that counts for a proposal: the signatures handed in, each of which must be good, and what owners approved on
 * the Safe itself. A collector that skips bad signatures hides an attack.
 */
export async function collectApprovals(
  client: ChainClient,
  file: ProposalFile,
  needed: SignersNeeded,
  signatures: readonly OwnerSignature[],
): Promise<Approvals> {
  const { id } = file;
  const { safe, owners, required, threshold, isApprovedByTransaction } = needed;
  const given = new Map<Address, Approval>();
  const nested = new Map<Address, OwnerSignature[]>();
  const contracts: Approval[] = [];
  const partial: PartialOwner[] = [];
  const take = (approval: Approval): void => {
    if (given.has(approval.owner)) throw new DuplicateSignerError(approval.owner);
    given.set(approval.owner, approval);
  };
  for (const one of signatures) {
    const signer = address(getAddress(one.signer));
    if (one.id !== id) throw new SignatureForOtherProposalError(id, one.id);
    if (one.via !== undefined) {
      if (!owners.includes(one.via)) throw new SignerNotOwnerError(one.via, safe);
      nested.set(one.via, [...(nested.get(one.via) ?? []), { ...one, signer }]);
      continue;
    }
    const recovered = recoverSigner(id, one.signature);
    if (recovered !== signer) {
      // Only a contract can vouch for bytes that recover to nobody or to somebody else.
      const isContract = (await client.request("eth_getCode", [signer, "latest"])) !== "0x";
      if (!isContract) throw new SignatureInvalidError(signer, recovered);
    }
    if (!owners.includes(signer)) throw new SignerNotOwnerError(signer, safe);
    const approval = recovered === signer ? byKey(signer, one.signature) : byContract(signer, one.signature);
    if (approval.how === "contract") contracts.push(approval);
    take(approval);
  }
  for (const [owner, inner] of nested) {
    const found = await nestedApproval(client, file, owner, inner);
    if (found.approval === null) partial.push(found.partial);
    else {
      contracts.push(found.approval);
      take(found.approval);
    }
  }
  const verdicts = await judgedBySafe(client, safe, file, contracts);
  verdicts.forEach((reason, index) => {
    const owner = contracts[index]?.owner;
    if (reason !== null && owner !== undefined) throw new ApprovalRefusedError(owner, reason);
  });
  const silent = owners.filter((owner) => !given.has(owner)).map(byApproveHash);
  const onChain = await judgedBySafe(client, safe, file, silent);
  for (const [index, approval] of silent.entries()) if (onChain[index] === null) take(approval);

  const sorted = [...given.values()].sort((a, b) => ascending(a.owner, b.owner));
  const bySignatures = sorted.length >= required;
  const byTransaction = isApprovedByTransaction && required <= threshold;
  return {
    id,
    needed,
    given: sorted,
    partial: partial.filter(({ owner }) => !given.has(owner)),
    // The Safe's transaction proves its threshold; a larger move takes its owners' signatures as if there were none.
    isComplete: byTransaction || bySignatures,
    packed: bySignatures && !byTransaction ? packApprovals(sorted) : "0x",
  };
}

/** Why the approvals do not suffice, in one clause. */
export function describeMissing({ needed, given, isComplete }: Approvals): string {
  const { required, threshold, isApprovedByTransaction } = needed;
  if (isComplete) return "enough owners approved";
  const need = describeNeed(needed);
  if (isApprovedByTransaction)
    return `${need}; the Safe's own transaction proves ${threshold}, so ${required - given.length} more must sign`;
  return `${need}, ${required - given.length} more must approve`;
}

const HOW: Readonly<Record<Approval["how"], string>> = {
  signature: "signed",
  approveHash: "approved on the Safe (approveHash)",
  contract: "approved as a contract",
};

/** One line per owner: who approved, how, and who is missing. */
export function approvalLines({ needed, given, partial }: Approvals): readonly string[] {
  return needed.owners.map((owner) => {
    const approval = given.find((one) => one.owner === owner);
    if (approval !== undefined) return `${owner} ${HOW[approval.how]}`;
    const waiting = partial.find((one) => one.owner === owner);
    if (waiting !== undefined) return `${owner} is a Safe: ${waiting.signers.length} of its ${waiting.required} signed`;
    return `${owner} has not approved`;
  });
}

/**
 * The owner's side: recompute, refuse what does not fit, sign typed data. And the collector's side: recover every
 * signature, ask the Safe who its owners are, trust no sender.
 */
import { concat, getAddress, getBytes, hashMessage, recoverAddress, type Wallet } from "ethers";
import { z } from "zod";
import { ISafeOwners__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/safe/ISafeOwners__factory.ts";
import { IProposalModule__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/IProposalModule__factory.ts";
import type { ChainClient } from "../chain/client.ts";
import { addr, addresses, int } from "../chain/fields.ts";
import { readView, view } from "../chain/multicall.ts";
import { type Address, address, type Hash, hash } from "../kernel/units.ts";
import {
  DuplicateSignerError,
  ProposalExpiredError,
  ProposalFileError,
  ProposalIdDiffersError,
  SignatureForOtherProposalError,
  SignatureInvalidError,
  SignerNotOwnerError,
  WrongProposalChainError,
  WrongProposalModuleError,
} from "./errors.ts";
import { type ProposalFile, parseProposalFile, proposalHashes, proposalId, signingParts } from "./typed-data.ts";

/** What the owner knows for himself, not from the file. */
export interface OwnerExpectation {
  readonly chainId: number;
  readonly module: Address;
  /** Unix seconds. */
  readonly now: number;
}

export interface OwnerSignature {
  readonly id: Hash;
  readonly signer: Address;
  /** 65 bytes, r s v; any bytes where the signer is a contract that checks them itself (ERC-1271). */
  readonly signature: string;
  /** The Safe on whose behalf the signer signs, where that Safe is the owner. */
  readonly via?: Address | undefined;
}

/** Versions of the parent Safe differ in what they hand to an owner that is a Safe itself. */
export type ParentVersion = "1.5.0" | "1.4.1";

const SAFE_MESSAGE = { SafeMessage: [{ name: "message", type: "bytes" }] };

/**
 * What an owner of a nested Safe signs: Safe's own message format under the nested Safe's domain, over the proposal's id
 * (parent 1.5.0) or over its EIP-712 preimage (parent 1.4.1). Source: CompatibilityFallbackHandler.sol of both versions.
 */
export function nestedParts({ domain, proposal, id }: ProposalFile, nested: Address, parent: ParentVersion) {
  const hashes = proposalHashes(domain, proposal);
  const preimage = concat(["0x1901", hashes.domain, hashes.message]);
  return {
    domain: { chainId: domain.chainId, verifyingContract: nested },
    types: SAFE_MESSAGE,
    value: { message: parent === "1.5.0" ? id : preimage },
  };
}

/** Reads and checks a proposal file as an owner must before signing. */
export function reviewProposal(content: string, expected: OwnerExpectation): ProposalFile {
  const file = parseProposalFile(content);
  const { id, domain, proposal } = file;
  if (domain.chainId !== expected.chainId) throw new WrongProposalChainError(expected.chainId, domain.chainId);
  if (getAddress(domain.module) !== getAddress(expected.module))
    throw new WrongProposalModuleError(expected.module, domain.module);
  const derived = proposalId(domain, proposal);
  if (derived !== id) throw new ProposalIdDiffersError(id, derived);
  if (expected.now > proposal.deadline) throw new ProposalExpiredError(proposal.deadline, expected.now);
  return file;
}

/**
 * Signs a proposal file with an owner's key, after {@link reviewProposal}; with `via`, as an owner of that Safe, which is
 * an owner of the approving one.
 */
export async function signProposal(
  content: string,
  owner: Wallet,
  expected: OwnerExpectation,
  via: { readonly safe: Address; readonly parent: ParentVersion } | null = null,
): Promise<OwnerSignature> {
  const file = reviewProposal(content, expected);
  const { id, domain, proposal } = file;
  const parts = via === null ? signingParts(domain, proposal) : nestedParts(file, via.safe, via.parent);
  return {
    id,
    signer: address(owner.address),
    signature: await owner.signTypedData(parts.domain, parts.types, parts.value),
    ...(via === null ? {} : { via: via.safe }),
  };
}

const account = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/)
  .transform((value) => address(getAddress(value)));

export const ownerSignatureSchema = z.strictObject({
  id: z
    .string()
    .regex(/^0x[0-9a-f]{64}$/)
    .transform(hash),
  signer: account,
  // 65 bytes by a key; a contract owner may want more, and no signature scheme in use needs 16 kB.
  signature: z.string().regex(/^0x([0-9a-fA-F]{2}){0,16384}$/, "bytes of hex, 65 of them by a key"),
  via: account.optional(),
});

/** The account that made a signature; v 31 or 32 is Safe's mark for `eth_sign`. Null when it recovers to none. */
export function recoverSigner(id: Hash, signature: string): Address | null {
  if (signature.length !== 132) return null;
  const v = Number.parseInt(signature.slice(-2), 16);
  try {
    if (v > 30) {
      const plain = signature.slice(0, -2) + (v - 4).toString(16).padStart(2, "0");
      return address(recoverAddress(hashMessage(getBytes(id)), plain));
    }
    // Only 27 and 28: 0 and 1 mean contract signature and approved hash to a Safe.
    return v === 27 || v === 28 ? address(recoverAddress(id, signature)) : null;
  } catch {
    return null;
  }
}

/** Reads an owner's signature file. @throws {ProposalFileError} on any other shape, naming the file. */
export function parseOwnerSignature(content: string, file: string): OwnerSignature {
  let json: unknown;
  try {
    json = JSON.parse(content);
  } catch {
    throw new ProposalFileError(`the signature file ${file} is not JSON`);
  }
  const parsed = ownerSignatureSchema.safeParse(json);
  if (!parsed.success)
    throw new ProposalFileError(`the signature file ${file} is malformed: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

const moduleInterface = IProposalModule__factory.createInterface();

/** The account whose approval a module asks for. */
export const readApprover = (client: ChainClient, module: Address): Promise<Address> =>
  readView(
    client,
    view(moduleInterface, module, "approver", [], (row) => addr(row, 0)),
    "latest",
  );

export interface SafeOwners {
  readonly safe: Address;
  readonly owners: readonly Address[];
  readonly threshold: number;
}

const safeInterface = ISafeOwners__factory.createInterface();

/** Owners and threshold as the Safe itself states them now. */
export async function readSafeOwners(client: ChainClient, safe: Address): Promise<SafeOwners> {
  const [owners, threshold] = await Promise.all([
    readView(
      client,
      view(safeInterface, safe, "getOwners", [], (row) => addresses(row, 0)),
      "latest",
    ),
    readView(
      client,
      view(safeInterface, safe, "getThreshold", [], (row) => int(row, 0)),
      "latest",
    ),
  ]);
  return { safe, owners, threshold };
}

export interface CollectedSignatures {
  readonly id: Hash;
  /** Ascending, as Safe wants them. */
  readonly signers: readonly Address[];
  readonly threshold: number;
  readonly isComplete: boolean;
  /** Signatures concatenated in the order of the signers. */
  readonly packed: string;
}

/** Checks, sorts and packs signatures. Every one must be good: a collector that skips bad ones hides an attack. */
export function collectSignatures(
  id: Hash,
  { safe, owners, threshold }: SafeOwners,
  signatures: readonly OwnerSignature[],
): CollectedSignatures {
  const bySigner = new Map<Address, string>();
  for (const { id: signed, signer, signature } of signatures) {
    if (signed !== id) throw new SignatureForOtherProposalError(id, signed);
    const recovered = recoverSigner(id, signature);
    if (recovered === null || recovered !== getAddress(signer)) throw new SignatureInvalidError(signer, recovered);
    if (!owners.includes(recovered)) throw new SignerNotOwnerError(recovered, safe);
    if (bySigner.has(recovered)) throw new DuplicateSignerError(recovered);
    bySigner.set(recovered, signature);
  }
  const sorted = [...bySigner.entries()].sort(([a], [b]) => (BigInt(a) < BigInt(b) ? -1 : 1));
  return {
    id,
    signers: sorted.map(([signer]) => signer),
    threshold,
    isComplete: sorted.length >= threshold,
    packed: `0x${sorted.map(([, signature]) => signature.slice(2)).join("")}`,
  };
}

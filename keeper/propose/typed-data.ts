/** A proposal as EIP-712 typed data: what the owners' wallets show, and its hash, the proposal's id. */
import { TypedDataEncoder } from "ethers";
import { z } from "zod";
import { legKindIndex, toStruct } from "../chain/proposal.ts";
import type { LegKindName, Proposal } from "../kernel/artifacts.ts";
import { type Address, address, assets, type Hash, hash } from "../kernel/units.ts";
import { ProposalFileError } from "./errors.ts";

/** Must equal the module's domain; `publish.ts` checks the resulting id against the module before anything is sent. */
export const DOMAIN_NAME = "Amplified Liquidity Engine";
export const DOMAIN_VERSION = "1";

/** Member order and types of `contracts/types/Proposal.sol`; an enum is a uint8 in EIP-712. */
const TYPES = {
  Proposal: [
    { name: "nonce", type: "uint256" },
    { name: "notBefore", type: "uint64" },
    { name: "deadline", type: "uint64" },
    { name: "configEpoch", type: "uint64" },
    { name: "refNav", type: "uint256" },
    { name: "navToleranceBps", type: "uint16" },
    { name: "maxLoss", type: "uint128" },
    { name: "evidence", type: "bytes32" },
    { name: "legs", type: "Leg[]" },
  ],
  Leg: [
    { name: "strategyId", type: "uint8" },
    { name: "kind", type: "uint8" },
    { name: "amount", type: "uint128" },
    { name: "minValue", type: "uint128" },
    { name: "tickLower", type: "int24" },
    { name: "tickUpper", type: "int24" },
  ],
};
const DOMAIN_TYPE = [
  { name: "name", type: "string" },
  { name: "version", type: "string" },
  { name: "chainId", type: "uint256" },
  { name: "verifyingContract", type: "address" },
];

export interface ProposalDomain {
  readonly chainId: number;
  readonly module: Address;
}

const domainOf = ({ chainId, module }: ProposalDomain) => ({
  name: DOMAIN_NAME,
  version: DOMAIN_VERSION,
  chainId,
  verifyingContract: module,
});

/** The proposal's id: its EIP-712 hash under the module's domain. */
export const proposalId = (domain: ProposalDomain, proposal: Proposal): Hash =>
  hash(TypedDataEncoder.hash(domainOf(domain), TYPES, toStruct(proposal)));

/** The three hashes a hardware wallet may show. */
export const proposalHashes = (domain: ProposalDomain, proposal: Proposal) => ({
  domain: hash(TypedDataEncoder.hashDomain(domainOf(domain))),
  message: hash(TypedDataEncoder.hashStruct("Proposal", TYPES, toStruct(proposal))),
  id: proposalId(domain, proposal),
});

/** What `eth_signTypedData_v4` takes: numbers beyond 2^53 as decimal strings, all of them to be uniform. */
export function typedData(domain: ProposalDomain, proposal: Proposal) {
  const { nonce, notBefore, deadline, configEpoch, refNav, navToleranceBps, maxLoss, evidence, legs } = proposal;
  return {
    domain: domainOf(domain),
    types: { EIP712Domain: DOMAIN_TYPE, ...TYPES },
    primaryType: "Proposal" as const,
    message: {
      nonce: nonce.toString(),
      notBefore: notBefore.toString(),
      deadline: deadline.toString(),
      configEpoch: configEpoch.toString(),
      refNav: refNav.toString(),
      navToleranceBps: navToleranceBps.toString(),
      maxLoss: maxLoss.toString(),
      evidence,
      legs: legs.map(({ strategyId, kind, amount, minValue, tickLower, tickUpper }) => ({
        strategyId: strategyId.toString(),
        kind: legKindIndex(kind).toString(),
        amount: amount.toString(),
        minValue: minValue.toString(),
        tickLower: tickLower.toString(),
        tickUpper: tickUpper.toString(),
      })),
    },
  };
}
export type ProposalTypedData = ReturnType<typeof typedData>;

const KIND_BY_INDEX = {
  "0": "Deallocate",
  "1": "RequestExit",
  "2": "Allocate",
  "3": "Reposition",
} as const satisfies Record<string, LegKindName>;
const decimal = z.string().regex(/^(0|[1-9]\d*)$/, "a decimal number");
const uint = (bits: number) =>
  decimal.transform(BigInt).refine((value) => value < 1n << BigInt(bits), { error: `at most ${bits} bits` });
const seconds = uint(53).transform(Number);
const tick = z
  .string()
  .regex(/^(0|-?[1-9]\d*)$/)
  .transform(Number)
  .refine((value) => Math.abs(value) < 2 ** 23, { error: "24 bits" });

const messageSchema = z.strictObject({
  nonce: uint(256),
  notBefore: seconds,
  deadline: seconds,
  configEpoch: uint(64),
  refNav: uint(256).transform(assets),
  navToleranceBps: uint(16).transform(Number),
  maxLoss: uint(128).transform(assets),
  evidence: z
    .string()
    .regex(/^0x[0-9a-f]{64}$/)
    .transform(hash),
  legs: z
    .array(
      z.strictObject({
        strategyId: uint(8).transform(Number),
        kind: z.enum(["0", "1", "2", "3"]).transform((index) => KIND_BY_INDEX[index]),
        amount: uint(128).transform(assets),
        minValue: uint(128).transform(assets),
        tickLower: tick,
        tickUpper: tick,
      }),
    )
    .min(1)
    .max(16),
});

const fileSchema = z.object({
  id: z
    .string()
    .regex(/^0x[0-9a-f]{64}$/, "0x and 64 hex digits")
    .transform(hash),
  typedData: z.object({
    domain: z.strictObject({
      name: z.literal(DOMAIN_NAME),
      version: z.literal(DOMAIN_VERSION),
      chainId: z.number().int().positive(),
      verifyingContract: z
        .string()
        .regex(/^0x[0-9a-fA-F]{40}$/)
        .transform(address),
    }),
    message: messageSchema,
  }),
});

/** What crosses from keeper to owner: the id and the typed data; an owner trusts neither before recomputing. */
export interface ProposalFile {
  readonly id: Hash;
  readonly domain: ProposalDomain;
  readonly proposal: Proposal;
}

/** Reads a proposal file's JSON text. @throws {ProposalFileError} on any other shape. */
export function parseProposalFile(content: string): ProposalFile {
  let json: unknown;
  try {
    json = JSON.parse(content);
  } catch {
    throw new ProposalFileError("it is not JSON");
  }
  const parsed = fileSchema.safeParse(json);
  if (!parsed.success) throw new ProposalFileError(z.prettifyError(parsed.error));
  const { id, typedData: data } = parsed.data;
  return {
    id,
    domain: { chainId: data.domain.chainId, module: data.domain.verifyingContract },
    proposal: data.message,
  };
}

/** Writes a proposal file's JSON text. */
export const formatProposalFile = ({ id, domain, proposal }: ProposalFile, sentence: string): string =>
  `${JSON.stringify({ id, sentence, typedData: typedData(domain, proposal) }, null, 2)}\n`;

/** The pieces ethers' wallets sign. */
export const signingParts = (domain: ProposalDomain, proposal: Proposal) => ({
  domain: domainOf(domain),
  types: TYPES,
  value: toStruct(proposal),
});

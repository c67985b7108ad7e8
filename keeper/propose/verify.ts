/** A proposal id, checked from chain data alone: what was published, what it does, and whether a recomputation agrees. */
import { toQuantity, zeroPadValue } from "ethers";
import { IProposalModule__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/IProposalModule__factory.ts";
import type { ChainClient } from "../chain/client.ts";
import { DecodeError, RpcAnswerError } from "../chain/errors.ts";
import { addr, int, list, type Row, struct, text, uint } from "../chain/fields.ts";
import { logsSchema } from "../chain/logs.ts";
import { LEG_KINDS } from "../chain/proposal.ts";
import type { Leg, Proposal } from "../kernel/artifacts.ts";
import { type Address, assets, type Hash, hash } from "../kernel/units.ts";
import { describe, type StrategyNames } from "./describe.ts";
import { ProposalIdDiffersError, ProposalNotFoundError } from "./errors.ts";
import { proposalId, typedData } from "./typed-data.ts";

const moduleInterface = IProposalModule__factory.createInterface();

export interface PublishedProposal {
  readonly id: Hash;
  readonly proposal: Proposal;
  readonly proposer: Address;
  readonly blockNumber: number;
  readonly transactionHash: Hash;
}

function legOf(row: Row): Leg {
  const kind = LEG_KINDS[int(row, "kind")];
  if (kind === undefined) throw new DecodeError(row.what, `leg kind ${int(row, "kind")} is beyond the enum`);
  return {
    strategyId: int(row, "strategyId"),
    kind,
    amount: assets(uint(row, "amount")),
    minValue: assets(uint(row, "minValue")),
    tickLower: int(row, "tickLower"),
    tickUpper: int(row, "tickUpper"),
  };
}

function proposalOf(row: Row): Proposal {
  return {
    nonce: uint(row, "nonce"),
    notBefore: int(row, "notBefore"),
    deadline: int(row, "deadline"),
    configEpoch: uint(row, "configEpoch"),
    refNav: assets(uint(row, "refNav")),
    navToleranceBps: int(row, "navToleranceBps"),
    maxLoss: assets(uint(row, "maxLoss")),
    evidence: hash(text(row, "evidence")),
    legs: list(row, "legs").map(legOf),
  };
}

type Log = ReturnType<typeof logsSchema.parse>[number];

/** Nodes refuse ranges or answers that are too large, each in its own words. */
const TOO_MUCH = /range|limit|too (many|large)|exceed|more than|10,?000|timeout/i;

/** Logs of a range of blocks; halves the range for as long as the node refuses its size. */
async function logsBetween(
  client: ChainClient,
  filter: { readonly address: Address; readonly topics: readonly string[] },
  from: number,
  to: number,
): Promise<readonly Log[]> {
  try {
    const range = { ...filter, fromBlock: toQuantity(from), toBlock: toQuantity(to) };
    return logsSchema.parse(await client.request("eth_getLogs", [range]));
  } catch (error) {
    if (!(error instanceof RpcAnswerError) || !TOO_MUCH.test(error.rpcMessage) || from >= to) throw error;
    const middle = Math.floor((from + to) / 2);
    const earlier = await logsBetween(client, filter, from, middle);
    return [...earlier, ...(await logsBetween(client, filter, middle + 1, to))];
  }
}

/** Published proposals, oldest first; with an id, that one or none. */
export async function findProposals(
  client: ChainClient,
  module: Address,
  id: Hash | null,
  fromBlock = 0,
): Promise<readonly PublishedProposal[]> {
  const event = moduleInterface.getEvent("Propose");
  const topics = id === null ? [event.topicHash] : [event.topicHash, zeroPadValue(id, 32)];
  const { number: latest } = await client.header("latest");
  const logs = await logsBetween(client, { address: module, topics }, Math.min(fromBlock, latest), latest);
  return logs.map((log) => {
    const row: Row = { what: "Propose", result: moduleInterface.decodeEventLog(event, log.data, log.topics) };
    return {
      id: hash(text(row, "id")),
      proposal: proposalOf(struct(row, "proposal")),
      proposer: addr(row, "proposer"),
      blockNumber: Number(log.blockNumber),
      transactionHash: hash(log.transactionHash),
    };
  });
}

/** Finds a published proposal by its id. @throws {ProposalNotFoundError} when no event in the range carries it. */
export async function findProposal(
  client: ChainClient,
  module: Address,
  id: Hash,
  fromBlock = 0,
): Promise<PublishedProposal> {
  const [published] = await findProposals(client, module, id, fromBlock);
  if (published === undefined) throw new ProposalNotFoundError(id, module);
  return published;
}

export interface Difference {
  /** Path in the struct, e.g. `legs[1].amount`. */
  readonly field: string;
  readonly published: string;
  readonly recomputed: string;
}

function flatten(value: unknown, path: string, into: Map<string, string>): Map<string, string> {
  if (typeof value === "object" && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      flatten(item, Array.isArray(value) ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`, into);
    }
  } else into.set(path, String(value));
  return into;
}

/** Every field in which two proposals differ. */
export function differences(
  published: Proposal,
  recomputed: Proposal,
  domain: { readonly chainId: number; readonly module: Address },
): readonly Difference[] {
  const left = flatten(typedData(domain, published).message, "", new Map());
  const right = flatten(typedData(domain, recomputed).message, "", new Map());
  return [...new Set([...left.keys(), ...right.keys()])].flatMap((field) => {
    const a = left.get(field) ?? "(absent)";
    const b = right.get(field) ?? "(absent)";
    return a === b ? [] : [{ field, published: a, recomputed: b }];
  });
}

export type Verification =
  | { readonly kind: "match"; readonly published: PublishedProposal; readonly sentence: string }
  | {
      readonly kind: "differs";
      readonly published: PublishedProposal;
      readonly sentence: string;
      readonly differences: readonly Difference[];
    }
  | {
      readonly kind: "notRecomputed";
      readonly published: PublishedProposal;
      readonly sentence: string;
      readonly reason: string;
    };

/** What a recomputation gives: a proposal, or why none came out. */
export type Recomputation = { readonly proposal: Proposal } | { readonly reason: string };

/**
 * Verifies a published proposal. `recompute` runs the engine again on the data it was made from; it is told the
 * published event, from which the block follows.
 */
export async function verifyProposal(
  client: ChainClient,
  module: Address,
  id: Hash,
  names: StrategyNames,
  recompute: (published: PublishedProposal) => Promise<Recomputation>,
  fromBlock = 0,
): Promise<Verification> {
  const published = await findProposal(client, module, id, fromBlock);
  const domain = { chainId: client.chainId, module };
  const derived = proposalId(domain, published.proposal);
  if (derived !== id) throw new ProposalIdDiffersError(id, derived);
  const sentence = describe(published.proposal, names);
  const again = await recompute(published);
  if ("reason" in again) return { kind: "notRecomputed", published, sentence, reason: again.reason };
  const found = differences(published.proposal, again.proposal, domain);
  if (found.length === 0) return { kind: "match", published, sentence };
  return { kind: "differs", published, sentence, differences: found };
}

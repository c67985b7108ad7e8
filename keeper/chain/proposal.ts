/** A proposal as the contracts take it: the one place that knows the enums' order. */
import type { LegKindName, Proposal } from "../kernel/artifacts.ts";

/** Members of `LegKind` in contracts/types/Proposal.sol, in order. */
export const LEG_KINDS = [
  "Deallocate",
  "RequestExit",
  "Allocate",
  "Reposition",
] as const satisfies readonly LegKindName[];
export const legKindIndex = (kind: LegKindName): number => LEG_KINDS.indexOf(kind);

/** Members of `ProposalState`, in order. */
export const PROPOSAL_STATES = ["None", "Proposed", "Executed", "Cancelled", "Aborted"] as const;
export type ProposalStateName = (typeof PROPOSAL_STATES)[number];

/** The struct as TypeChain and ethers take it. */
export const toStruct = (proposal: Proposal) => ({
  ...proposal,
  legs: proposal.legs.map((leg) => ({ ...leg, kind: legKindIndex(leg.kind) })),
});

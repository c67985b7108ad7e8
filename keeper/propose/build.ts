/** Stage propose: an approved allocation becomes a proposal that can be checked to the byte, or a hold with reasons. Pure. */
import { keccak256, toBigInt, toUtf8Bytes } from "ethers";
import type { KeeperConfig } from "../config/schema.ts";
import type {
  ApprovedAllocation,
  Decision,
  ForecastSet,
  MarketSnapshot,
  Proposal,
  Provenance,
  TargetAllocation,
} from "../kernel/artifacts.ts";
import { canonicalHash, canonicalJson } from "../kernel/canonical.ts";
import type { RangeOutcome } from "../kernel/ranges.ts";
import { assets, BPS, fromWad, type Hash, hash, mulDivDown } from "../kernel/units.ts";
import type { VenueReading } from "../kernel/venue-state.ts";
import { describe } from "./describe.ts";
import { ProvenanceDiffersError } from "./errors.ts";
import { planLegs, readable } from "./legs.ts";
import { type ProposalTypedData, proposalId, typedData } from "./typed-data.ts";

export interface ProposeInput {
  readonly snapshot: MarketSnapshot;
  readonly forecast: ForecastSet;
  readonly target: TargetAllocation;
  readonly decision: Extract<Decision, { kind: "move" }>;
  readonly approved: ApprovedAllocation;
  /** See `chooseNonce` in publish.ts. */
  readonly nonce: bigint;
  /** What the range policy said of each range strategy; none by default. */
  readonly ranges?: readonly RangeOutcome[];
}

export interface BuiltProposal {
  readonly kind: "proposal";
  readonly proposal: Proposal;
  readonly id: Hash;
  readonly typedData: ProposalTypedData;
  /** Canonical JSON; its keccak256 is `proposal.evidence`. */
  readonly evidence: string;
  readonly sentence: string;
  /** Where the legs fall short of the weights, and why. */
  readonly notes: readonly string[];
}

export interface ProposalHold {
  readonly kind: "hold";
  readonly provenance: Provenance;
  readonly reasons: readonly [string, ...string[]];
}

/** The same block and configuration give the same candidate: a rerun proposes the same id, which the module takes once. */
export function nonceCandidate({ blockHash, configHash }: Provenance): bigint {
  // 64 bits: readable, and two runs on different blocks do not meet.
  return toBigInt(keccak256(toUtf8Bytes(`nonce:${blockHash}:${configHash}`))) >> 192n;
}

/** The snapshot's content: how many requests it took is no part of it. */
export function snapshotHash(snapshot: MarketSnapshot): Hash {
  const { httpRequests: _, ...content } = snapshot;
  return canonicalHash(content);
}

function requireSameRun({ snapshot, forecast, target, decision, approved }: ProposeInput): void {
  const wanted = canonicalJson(snapshot.provenance);
  for (const [name, artifact] of Object.entries({ forecast, target, decision, approved })) {
    if (canonicalJson(artifact.provenance) !== wanted) throw new ProvenanceDiffersError(name);
  }
}

/** Of a venue what decides about moves; its curves are there by hash. */
const venueEvidence = (venue: VenueReading) =>
  venue.kind === "held"
    ? venue
    : {
        strategyId: venue.strategyId,
        apy: venue.apy,
        discount: venue.discount,
        enterClosed: venue.enter.closed,
        leaveClosed: venue.leave.closed,
      };

/** What an owner or auditor needs to follow the proposal back to the chain. Bulky series are there by hash. */
function evidenceOf(
  { snapshot, forecast, target, decision, approved, ranges = [] }: ProposeInput,
  notes: readonly string[],
): string {
  return canonicalJson({
    version: 1,
    provenance: snapshot.provenance,
    snapshot: {
      hash: snapshotHash(snapshot),
      vault: snapshot.vault,
      configEpoch: snapshot.configEpoch,
      policy: snapshot.policy,
      strategies: snapshot.strategies,
      riskCaps: snapshot.riskCaps,
      venues: snapshot.venues.map(venueEvidence),
      venuesHash: canonicalHash(snapshot.venues),
      historyHash: canonicalHash(snapshot.history),
      baseFee: snapshot.gas.baseFee,
      flags: snapshot.flags,
    },
    forecast: {
      horizonDays: forecast.horizonDays,
      strategies: forecast.strategies,
      scenarios: { count: forecast.scenarios.length, hash: canonicalHash(forecast.scenarios) },
    },
    target: {
      objective: target.objective,
      weights: target.weights,
      idleWeight: target.idleWeight,
      expectedReturn: target.expectedReturn,
      expectedCost: target.expectedCost,
      certificate: target.certificate,
      risk: target.risk,
    },
    decision: {
      weights: decision.weights,
      idleWeight: decision.idleWeight,
      expectedGain: decision.expectedGain,
      expectedCost: decision.expectedCost,
      turnover: decision.turnover,
      reasons: decision.reasons,
    },
    approved: { weights: approved.weights, idleWeight: approved.idleWeight, risk: approved.risk },
    ...(ranges.length === 0 ? {} : { ranges }),
    notes,
  });
}

/** Builds the proposal for the approved weights. Equal inputs give equal bytes. */
export function buildProposal(input: ProposeInput, config: KeeperConfig): BuiltProposal | ProposalHold {
  requireSameRun(input);
  const { snapshot, approved, nonce } = input;
  const { provenance, policy } = snapshot;
  const plan = planLegs(snapshot, approved.weights, approved.idleWeight, config.limits, input.ranges);
  const hold = (reason: string): ProposalHold => ({ kind: "hold", provenance, reasons: [reason, ...plan.notes] });
  if (plan.legs.length === 0) return hold(`no move of at least ${config.limits.minLegEth} WETH remains`);

  const notBefore = Math.max(provenance.timestamp, snapshot.nextExecutionAt);
  const deadline = provenance.timestamp + Math.min(config.limits.ttlSeconds, policy.maxTtl);
  if (notBefore >= deadline)
    return hold(`the cooldown ends at ${notBefore}, after the deadline ${deadline} (Unix seconds)`);
  const lossBps = BigInt(Math.min(config.limits.maxLossBps, policy.maxLossBps));
  const maxLoss = readable(mulDivDown(plan.refNav, lossBps, BPS));
  if (plan.expectedLoss > maxLoss) {
    return hold(
      `the legs may lose ${fromWad(plan.expectedLoss).toFixed(6)} WETH by their own bounds, allowed are ${fromWad(maxLoss).toFixed(6)}`,
    );
  }
  const evidence = evidenceOf(input, plan.notes);
  const proposal: Proposal = {
    nonce,
    notBefore,
    deadline,
    configEpoch: snapshot.configEpoch,
    refNav: assets(readable(plan.refNav)),
    navToleranceBps: Math.min(config.limits.navToleranceBps, policy.maxNavToleranceBps),
    maxLoss: assets(maxLoss),
    evidence: hash(keccak256(toUtf8Bytes(evidence))),
    legs: plan.legs,
  };
  const domain = { chainId: provenance.chainId, module: config.addresses.module };
  return {
    kind: "proposal",
    proposal,
    id: proposalId(domain, proposal),
    typedData: typedData(domain, proposal),
    evidence,
    sentence: describe(proposal, new Map(snapshot.strategies.map(({ id, name }) => [id, name]))),
    notes: plan.notes,
  };
}

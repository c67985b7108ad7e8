/** One cycle of the demonstration: the keeper proposes, owners sign apart, anyone executes; or a held or refused end. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatEther, Wallet } from "ethers";
import type { ChainClient } from "../../keeper/chain/client.ts";
import type { Sender } from "../../keeper/chain/send.ts";
import { createSender } from "../../keeper/chain/sender.ts";
import type { KeeperConfig } from "../../keeper/config/schema.ts";
import { executeProposal } from "../../keeper/execute/execute.ts";
import { systemClock } from "../../keeper/kernel/clock.ts";
import type { Hash } from "../../keeper/kernel/units.ts";
import { collectApprovals, describeMissing, describeNeed, readSignersNeeded } from "../../keeper/propose/approvals.ts";
import type { BuiltProposal } from "../../keeper/propose/build.ts";
import { legRows } from "../../keeper/propose/describe.ts";
import { proposeOnChain } from "../../keeper/propose/publish.ts";
import { approveBySafeTransaction } from "../../keeper/propose/safe-fallback.ts";
import { formatProposalFile } from "../../keeper/propose/typed-data.ts";
import { cycleFigures } from "../../keeper/report/figures.ts";
import type { CycleResult, RunEvent } from "../../keeper/report/result.ts";
import { venueFigures } from "../../keeper/report/venues.ts";
import { type CycleFindings, runCycle } from "../../keeper/run.ts";
import type { EngineAddresses } from "../engine.ts";
import { DemoStepError } from "../errors.ts";
import { formatDate } from "../market/market.ts";
import type { Role, World } from "../world.ts";
import { type Ledger, readVault, type VaultState } from "./ledger.ts";
import { OWNERS, type OwnerRole, type People } from "./people.ts";

export interface Stage {
  readonly world: World;
  readonly engine: EngineAddresses;
  readonly client: ChainClient;
  readonly config: KeeperConfig;
  readonly people: People;
  readonly ledger: Ledger;
  readonly folder: string;
  /** What people did, in order. */
  readonly events: RunEvent[];
  /** Who waits for the redeem queue. */
  readonly waiting: Set<Role>;
}

export interface CyclePlan {
  readonly index: number;
  readonly signers: readonly OwnerRole[];
  /** How the Safe approves. */
  readonly approval: "signatures" | "safe-transaction";
  /** Runs between signing and execution, when the world should change under the proposal. */
  readonly between?: (built: BuiltProposal) => Promise<void>;
}

type Result = Omit<CycleResult, "realizedNetApyPct">;

export function senderFor({ client, config, world }: Stage, role: Role): Sender {
  return createSender(client, new Wallet(world.account(role).privateKey), config, systemClock, { pollMs: 20 });
}

async function baseFeeGwei({ client }: Stage): Promise<number> {
  const { baseFee } = await client.header("latest");
  return Number(baseFee) / 1e9;
}

interface Before {
  readonly state: VaultState;
  readonly date: string;
  readonly block: number;
  readonly baseFeeGwei: number;
  readonly requestsBefore: number;
}

function emptyResult(stage: Stage, plan: CyclePlan, before: Before, findings: CycleFindings | null): Result {
  return {
    index: plan.index,
    date: before.date,
    block: before.block,
    status: "held",
    reasons: [],
    proposalId: null,
    sentence: null,
    legs: [],
    maxLoss: null,
    signers: [],
    approvedBy: null,
    executedBy: null,
    transaction: null,
    gasUsed: null,
    baseFeeGwei: before.baseFeeGwei,
    navBefore: formatEther(before.state.nav),
    navAfter: formatEther(before.state.nav),
    allocationBefore: before.state.weights,
    allocationAfter: before.state.weights,
    signersNeeded: null,
    send: null,
    httpRequests: findings?.snapshot.httpRequests ?? stage.client.httpRequests() - before.requestsBefore,
    venues: findings === null ? [] : venueFigures(findings),
    ...cycleFigures(findings),
  };
}

/** Approval by the owners: as many as the module asks for, by signatures or, where that suffices, by a Safe transaction. */
async function approve(
  stage: Stage,
  plan: CyclePlan,
  built: BuiltProposal,
): Promise<Pick<CycleResult, "signers" | "signersNeeded"> & { approvedBy: CyclePlan["approval"]; signatures: string }> {
  const { world, engine, people, client, folder } = stage;
  const domain = { chainId: client.chainId, module: engine.module };
  const proposalFile = { id: built.id, domain, proposal: built.proposal };
  const needed = await readSignersNeeded(client, engine.module, built.id, built.proposal);
  const signersNeeded = {
    required: needed.required,
    owners: needed.owners.length,
    reason: describeNeed(needed),
  };
  if (plan.approval === "safe-transaction" && needed.required <= needed.threshold) {
    await approveBySafeTransaction({
      provider: world.chain.provider,
      safe: world.addresses.safe,
      module: engine.module,
      id: built.id,
      owners: plan.signers.map((role) => new Wallet(world.account(role).privateKey)),
      executor: new Wallet(world.account("executor").privateKey),
      contractNetworks: world.addresses.safeContractNetworks,
    });
    const signers = plan.signers.map((role) => world.account(role).address);
    return { signatures: "0x", signers, signersNeeded, approvedBy: "safe-transaction" };
  }
  const file = join(folder, `proposal-${plan.index}.json`);
  writeFileSync(file, formatProposalFile(proposalFile, built.sentence));
  writeFileSync(join(folder, `evidence-${plan.index}.json`), built.evidence);
  // The two whose turn it is, and the others only where the move is large.
  const asked = [...plan.signers, ...OWNERS.filter((role) => !plan.signers.includes(role))].slice(0, needed.required);
  const approvals = await collectApprovals(client, proposalFile, needed, await people.sign(file, asked));
  if (!approvals.isComplete) throw new DemoStepError("sign", describeMissing(approvals));
  const signers = approvals.given.map(({ owner }) => owner);
  return { signatures: approvals.packed, signers, signersNeeded, approvedBy: "signatures" };
}

/** Gas a transaction cost, by hash. */
export async function gasOf(
  { world }: Stage,
  transaction: Hash,
): Promise<{ readonly used: number; readonly paid: bigint }> {
  const receipt = await world.chain.ethers.provider.getTransactionReceipt(transaction);
  if (receipt === null) throw new DemoStepError("receipt", `no receipt of ${transaction}`);
  return { used: Number(receipt.gasUsed), paid: receipt.gasUsed * receipt.gasPrice };
}

/** "strategy 4" as the owners know it. */
const withNames = (reason: string, engine: EngineAddresses): string =>
  reason.replace(
    /strategy (\d+)/g,
    (whole, id: string) => engine.strategies.find((strategy) => strategy.id === Number(id))?.name ?? whole,
  );

export async function liveCycle(stage: Stage, plan: CyclePlan): Promise<Result> {
  const { world, engine, client, config, ledger } = stage;
  const head = await client.header("latest");
  const before: Before = {
    state: await readVault(world, engine),
    date: formatDate(head.timestamp),
    block: head.number,
    baseFeeGwei: await baseFeeGwei(stage),
    requestsBefore: client.httpRequests(),
  };
  const outcome = await runCycle(client, config);
  const base = emptyResult(stage, plan, before, outcome.findings);
  if (outcome.kind === "held") return { ...base, status: "held", reasons: [`${outcome.code}`, ...outcome.reasons] };

  const { built } = outcome;
  const published = await proposeOnChain(senderFor(stage, "keeper"), engine.module, built.proposal);
  if (published.receipt) ledger.spend((await gasOf(stage, published.receipt.hash)).paid);
  const approved = await approve(stage, plan, built);
  await plan.between?.(built);

  const proposed = {
    ...base,
    proposalId: built.id,
    sentence: built.sentence,
    legs: legRows(built.proposal, new Map(engine.strategies.map((strategy) => [strategy.id, strategy.name]))),
    maxLoss: formatEther(built.proposal.maxLoss),
    signers: approved.signers,
    signersNeeded: approved.signersNeeded,
    approvedBy: approved.approvedBy,
    send: outcome.send,
    executedBy: world.account("executor").address,
  };
  const executed = await executeProposal(senderFor(stage, "executor"), {
    module: engine.module,
    vault: engine.vault,
    proposal: built.proposal,
    id: built.id,
    signatures: approved.signatures,
  });
  if (executed.kind === "refused")
    return { ...proposed, status: "refused", reasons: [withNames(executed.reason, engine)], executedBy: null };
  if (executed.kind === "notReady")
    return { ...proposed, status: "refused", reasons: [`not before ${executed.until}`], executedBy: null };

  const gas = await gasOf(stage, executed.transactionHash);
  ledger.spend(gas.paid);
  await world.driver.holdRates();
  const after = await readVault(world, engine);
  ledger.rebalanced(after);
  const done = {
    ...proposed,
    transaction: executed.transactionHash,
    gasUsed: gas.used,
    navAfter: formatEther(after.nav),
    allocationAfter: after.weights,
  };
  if (executed.kind === "aborted") {
    const tripped = engine.strategies.find(({ id }) => id === executed.trippedStrategy);
    return {
      ...done,
      status: "refused",
      reasons: [`${tripped?.name ?? executed.trippedStrategy} had lost more than its trip: frozen, no leg ran`],
    };
  }
  return { ...done, status: "executed", reasons: built.notes };
}

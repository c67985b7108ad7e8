/** `status`: what one proposal still needs before anyone may execute it. */
import { IProposalModule__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/IProposalModule__factory.ts";
import { bool, int } from "../chain/fields.ts";
import { readView, view } from "../chain/multicall.ts";
import {
  approvalLines,
  collectApprovals,
  describeMissing,
  describeNeed,
  readSignersNeeded,
} from "../propose/approvals.ts";
import { describe, describeLines } from "../propose/describe.ts";
import { ProposalIdDiffersError, WrongProposalChainError, WrongProposalModuleError } from "../propose/errors.ts";
import { deployedAt } from "../propose/list.ts";
import { stateOf } from "../propose/publish.ts";
import { parseOwnerSignature } from "../propose/signing.ts";
import { type ProposalFile, parseProposalFile, proposalId } from "../propose/typed-data.ts";
import { findProposal } from "../propose/verify.ts";
import { type Connected, connected, readText } from "./context.ts";
import type { CommandResult } from "./output.ts";
import { proposalHash } from "./owner.ts";

export interface StatusFlags {
  readonly config: string;
  readonly signatures: readonly string[];
}

const moduleInterface = IProposalModule__factory.createInterface();
const time = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(0, 16).replace("T", " ");

/** From a file, whose id must be what its contents give, or from the chain by id. */
async function load(proposal: string, { client, config }: Connected): Promise<ProposalFile> {
  const { module } = config.addresses;
  if (/^0x[0-9a-fA-F]{64}$/.test(proposal)) {
    const id = proposalHash(proposal);
    const published = await findProposal(client, module, id, await deployedAt(client, config));
    return { id, domain: { chainId: client.chainId, module }, proposal: published.proposal };
  }
  const file = parseProposalFile(await readText(proposal));
  if (file.domain.chainId !== config.chainId) throw new WrongProposalChainError(config.chainId, file.domain.chainId);
  if (file.domain.module.toLowerCase() !== module.toLowerCase())
    throw new WrongProposalModuleError(module, file.domain.module);
  const derived = proposalId(file.domain, file.proposal);
  if (derived !== file.id) throw new ProposalIdDiffersError(file.id, derived);
  return file;
}

export async function status(proposal: string, flags: StatusFlags): Promise<CommandResult> {
  const signatures = await Promise.all(
    flags.signatures.map(async (path) => parseOwnerSignature(await readText(path), path)),
  );
  return connected(flags.config, async (context) => {
    const { client, config } = context;
    const { module } = config.addresses;
    const file = await load(proposal, context);
    const { id } = file;
    const [state, needed, head, next, isPaused] = await Promise.all([
      stateOf(client, module, id),
      readSignersNeeded(client, module, id, file.proposal),
      client.header("latest"),
      readView(
        client,
        view(moduleInterface, module, "nextExecutionAt", [], (row) => int(row, 0)),
        "latest",
      ),
      readView(
        client,
        view(moduleInterface, module, "paused", [], (row) => bool(row, 0)),
        "latest",
      ),
    ]);
    const approvals = await collectApprovals(client, file, needed, signatures);
    const from = Math.max(file.proposal.notBefore, next);
    const { deadline } = file.proposal;
    const verdict = ((): string => {
      if (state !== "Proposed") return `Nothing to do: its state is ${state}.`;
      if (head.timestamp > deadline) return `Expired on ${time(deadline)} UTC.`;
      if (isPaused) return "Executions are paused by the guardian.";
      if (!approvals.isComplete) return `Not executable: ${describeMissing(approvals)}.`;
      if (head.timestamp < from) return `Approved; executable from ${time(from)} UTC.`;
      return "Anyone may execute it now.";
    })();
    const names = new Map(config.strategies.map((strategy) => [strategy.id, strategy.name]));
    return {
      data: {
        id,
        state,
        sentence: describe(file.proposal, names),
        needed,
        given: approvals.given.map(({ owner, how }) => ({ owner, how })),
        partial: approvals.partial,
        isComplete: approvals.isComplete,
        executableFrom: from,
        deadline,
        now: head.timestamp,
        paused: isPaused,
        verdict,
      },
      text: [
        `${id}  ${state}`,
        ...describeLines(file.proposal, names),
        `${describeNeed(needed)}${needed.isApprovedByTransaction ? "; the Safe approved by transaction" : ""}:`,
        ...approvalLines(approvals).map((line) => `  ${line}`),
        `executable from ${time(from)} until ${time(deadline)} UTC`,
        verdict,
      ].join("\n"),
    };
  });
}

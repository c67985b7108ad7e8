/** The operator's verbs: one cycle of the keeper, and the execution of an approved proposal. */
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { TransactionStuckError } from "../chain/errors.ts";
import { createSender } from "../chain/sender.ts";
import { loadSigner } from "../chain/signer.ts";
import type { AllocationRisk, RiskPanel } from "../kernel/artifacts.ts";
import { systemClock } from "../kernel/clock.ts";
import { EXIT } from "../kernel/errors.ts";
import { cycleFigures, exclusions } from "../report/figures.ts";
import { venueFigures, venueLines } from "../report/venues.ts";
import { connected, FolderUnwritableError, OptionError, readText } from "./context.ts";
import type { CommandResult } from "./output.ts";

export interface OnceFlags {
  readonly config: string;
  readonly propose?: boolean;
  readonly keyFile?: string;
  readonly passwordFile?: string;
  readonly out: string;
}

/** The risk panel in a few lines: each measure before and after, then the stresses of what is proposed. */
function panelLines({ beta, horizonDays, current, proposed }: RiskPanel): readonly string[] {
  const after = proposed ?? current;
  const pair = (pick: (risk: AllocationRisk) => number): string =>
    `${percent(pick(current))} -> ${percent(pick(after))}`;
  return [
    `  risk at ${beta} over ${horizonDays} days, held -> proposed: VaR ${pair((r) => r.var)}, CVaR ${pair((r) => r.cvar)}, EVaR ${pair((r) => r.evar)}`,
    `  drawdown of these weights ${pair((r) => r.maxDrawdown)}, CDaR ${pair((r) => r.cdar)}, payable today ${pair((r) => r.liquid)}, one day's loss with the cost of leaving ${pair((r) => r.liquidityAdjustedLoss)}`,
    ...after.stresses.map(
      ({ name, loss, locked }) =>
        `  stress ${name}: loses ${percent(loss)}${locked > 0 ? `, locks ${percent(locked)}` : ""}`,
    ),
    ...(after.unmeasured > 0 ? [`  not measured: ${percent(after.unmeasured)} of NAV`] : []),
  ];
}

const percent = (fraction: number): string => `${(fraction * 100).toFixed(2)} %`;

/** Files on disk under another name until what they announce has happened. */
async function draftFiles(
  folder: string,
  files: readonly (readonly [path: string, content: string])[],
): Promise<{ readonly keep: () => Promise<void>; readonly discard: () => Promise<void> }> {
  try {
    await mkdir(folder, { recursive: true });
    for (const [path, content] of files) await writeFile(`${path}.draft`, content);
  } catch (cause) {
    throw new FolderUnwritableError(folder, cause);
  }
  return {
    keep: async () => {
      for (const [path] of files) await rename(`${path}.draft`, path);
    },
    discard: async () => {
      for (const [path] of files) await rm(`${path}.draft`, { force: true });
    },
  };
}

/** Runs the stages once. A dry run unless --propose is given. */
export async function keeperOnce(flags: OnceFlags): Promise<CommandResult> {
  const { runCycle } = await import("../run.ts");
  const { describeNeed, readSignersNeeded } = await import("../propose/approvals.ts");
  const { describeLines } = await import("../propose/describe.ts");
  const { proposeOnChain } = await import("../propose/publish.ts");
  const { formatProposalFile } = await import("../propose/typed-data.ts");
  if (flags.propose && flags.keyFile === undefined)
    throw new OptionError("--key-file", "", "--propose sends a transaction: name the proposer's key file.");
  // Before anything else: a key that does not load must not cost a run, nor leave files behind.
  const signer =
    flags.propose && flags.keyFile !== undefined ? await loadSigner(resolve(flags.keyFile), flags.passwordFile) : null;
  return connected(flags.config, async ({ client, config }) => {
    const outcome = await runCycle(client, config);
    const leftOut = outcome.findings === null ? [] : exclusions(outcome.findings);
    const venues = outcome.findings === null ? [] : venueFigures(outcome.findings);
    const venueText = venueLines(venues).map((line) => `  venue ${line}`);
    if (outcome.kind === "held") {
      const data = {
        status: "held",
        code: outcome.code,
        reasons: outcome.reasons,
        leftOut,
        venues,
        block: outcome.snapshot?.provenance.blockNumber ?? null,
      };
      return {
        data,
        text: [
          `held: ${outcome.code}`,
          ...outcome.reasons.map((reason) => `  ${reason}`),
          ...leftOut.map((reason) => `  left out: ${reason}`),
          ...venueText,
        ].join("\n"),
        exitCode: EXIT.held,
      };
    }
    const { built, findings, approved, send } = outcome;
    const signers = await readSignersNeeded(client, config.addresses.module, built.id, built.proposal);
    const domain = { chainId: config.chainId, module: config.addresses.module };
    const name = built.id.slice(2, 10);
    const file = join(resolve(flags.out), `proposal-${name}.json`);
    const drafts = await draftFiles(resolve(flags.out), [
      [file, formatProposalFile({ id: built.id, domain, proposal: built.proposal }, built.sentence)],
      [join(resolve(flags.out), `evidence-${name}.json`), built.evidence],
    ]);
    let transaction: string | null = null;
    try {
      if (signer !== null) {
        const published = await proposeOnChain(
          createSender(client, signer, config, systemClock),
          config.addresses.module,
          built.proposal,
        );
        transaction = published.receipt?.hash ?? null;
      }
    } catch (error) {
      // A transaction that is stuck may still be mined: then owners need the file.
      if (error instanceof TransactionStuckError) await drafts.keep();
      else await drafts.discard();
      throw error;
    }
    await drafts.keep();
    const figures = cycleFigures(findings);
    const { forecasts: _forecasts, frontier: _frontier, panel: _panel, ...short } = figures;
    const data = {
      status: flags.propose ? "proposed" : "dry-run",
      id: built.id,
      sentence: built.sentence,
      notes: built.notes,
      leftOut,
      venues,
      reasons: findings.decision.reasons,
      file,
      transaction,
      proposal: built.proposal,
      signers,
      panel: findings.panel,
      send,
      risk: approved.risk,
      ...short,
    };
    const names = new Map(findings.snapshot.strategies.map((strategy) => [strategy.id, strategy.name]));
    const text = [
      ...describeLines(built.proposal, names),
      ...built.notes.map((note) => `  note: ${note}`),
      ...leftOut.map((reason) => `  left out: ${reason}`),
      ...findings.decision.reasons.map((reason) => `  why: ${reason}`),
      ...findings.forecast.strategies.map(
        (s) => `  ${s.name}: ${percent((1 + s.meanDaily) ** 365 - 1)} a year by ${s.model}`,
      ),
      ...venueText,
      `  CVaR ${percent(approved.risk.cvar)} at ${approved.risk.beta} over ${approved.risk.horizonDays} days, drawdown ${percent(approved.risk.maxDrawdown)}`,
      ...panelLines(findings.panel),
      `  gas now ${(send.now / 1e9).toFixed(2)} gwei: ${send.reason}`,
      `  signatures: ${describeNeed(signers)}`,
      `id ${built.id}`,
      flags.propose
        ? `proposed${transaction === null ? " earlier" : ` in ${transaction}`}; owners sign ${file}`
        : `dry run: nothing was sent; ${file}`,
    ];
    return { data, text: text.join("\n") };
  });
}

export interface ExecuteFlags {
  readonly config: string;
  readonly signatures: readonly string[];
  readonly keyFile: string;
  readonly passwordFile?: string;
  /** Wait for a cheap hour before the deadline. */
  readonly patient?: boolean;
}

/** Executes a proposal file with the owners' signature files; anyone may. */
export async function execute(file: string, flags: ExecuteFlags): Promise<CommandResult> {
  const { executeProposal } = await import("../execute/execute.ts");
  const { waitForCheapHour } = await import("./patient.ts");
  const { TooFewSignaturesError } = await import("../propose/errors.ts");
  const { collectApprovals, describeMissing, readSignersNeeded } = await import("../propose/approvals.ts");
  const { parseOwnerSignature, reviewProposal } = await import("../propose/signing.ts");
  const content = await readText(file);
  const signatures = await Promise.all(
    flags.signatures.map(async (path) => parseOwnerSignature(await readText(path), path)),
  );
  const signer = await loadSigner(resolve(flags.keyFile), flags.passwordFile);
  return connected(flags.config, async ({ client, config }) => {
    const { module, vault } = config.addresses;
    const { timestamp } = await client.header("latest");
    const reviewed = reviewProposal(content, { chainId: config.chainId, module, now: timestamp });
    const { id, proposal } = reviewed;
    const needed = await readSignersNeeded(client, module, id, proposal);
    const approvals = await collectApprovals(client, reviewed, needed, signatures);
    if (!approvals.isComplete)
      throw new TooFewSignaturesError(
        approvals.given.map(({ owner }) => owner),
        needed.required,
        describeMissing(approvals),
      );
    const waited =
      (flags.patient ?? config.patient)
        ? await waitForCheapHour(client, { deadline: proposal.deadline, gasDays: config.history.gasDays }, systemClock)
        : null;
    const outcome = await executeProposal(createSender(client, signer, config, systemClock), {
      module,
      vault,
      proposal,
      id,
      signatures: approvals.packed,
    });
    const text = {
      executed: () =>
        outcome.kind === "executed"
          ? `executed in ${outcome.transactionHash}: NAV ${outcome.navBefore} -> ${outcome.navAfter} wei, loss ${outcome.loss} wei, ${outcome.gasUsed} gas`
          : "",
      aborted: () =>
        outcome.kind === "aborted"
          ? `aborted in ${outcome.transactionHash}: strategy ${outcome.trippedStrategy} lost more than its trip and is frozen; no leg ran`
          : "",
      refused: () => (outcome.kind === "refused" ? `refused, nothing changed: ${outcome.reason}` : ""),
      notReady: () => (outcome.kind === "notReady" ? `not before ${new Date(outcome.until * 1000).toISOString()}` : ""),
    }[outcome.kind]();
    const exitCode = { executed: EXIT.ok, notReady: EXIT.notYet, aborted: EXIT.refused, refused: EXIT.refused }[
      outcome.kind
    ];
    return {
      data: waited === null ? outcome : { ...outcome, waited },
      text: waited === null ? text : `${text}\n${waited.text}`,
      exitCode,
    };
  });
}

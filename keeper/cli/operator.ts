/** The operator's verbs: one cycle of the keeper, and the execution of an approved proposal. */
import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { createSender } from "../chain/sender.ts";
import { loadSigner } from "../chain/signer.ts";
import { systemClock } from "../kernel/clock.ts";
import { EXIT } from "../kernel/errors.ts";
import { cycleFigures } from "../report/figures.ts";
import { connected, OptionError, readText } from "./context.ts";
import type { CommandResult } from "./output.ts";

export interface OnceFlags {
  readonly config: string;
  readonly propose?: boolean;
  readonly keyFile?: string;
  readonly passwordFile?: string;
  readonly out: string;
}

const percent = (fraction: number): string => `${(fraction * 100).toFixed(2)} %`;

/** Runs the stages once. A dry run unless --propose is given. */
export async function keeperOnce(flags: OnceFlags): Promise<CommandResult> {
  const { runCycle } = await import("../run.ts");
  const { proposeOnChain } = await import("../propose/publish.ts");
  const { formatProposalFile } = await import("../propose/typed-data.ts");
  if (flags.propose && flags.keyFile === undefined)
    throw new OptionError("--key-file", "", "--propose sends a transaction: name the proposer's key file.");
  return connected(flags.config, async ({ client, config }) => {
    const outcome = await runCycle(client, config);
    if (outcome.kind === "held") {
      const data = {
        status: "held",
        code: outcome.code,
        reasons: outcome.reasons,
        block: outcome.snapshot?.provenance.blockNumber ?? null,
      };
      return {
        data,
        text: [`held: ${outcome.code}`, ...outcome.reasons.map((reason) => `  ${reason}`)].join("\n"),
        exitCode: EXIT.held,
      };
    }
    const { built, findings, approved } = outcome;
    const domain = { chainId: config.chainId, module: config.addresses.module };
    const out = resolve(flags.out);
    await mkdir(out, { recursive: true });
    const file = join(out, `proposal-${built.id.slice(2, 10)}.json`);
    await writeFile(file, formatProposalFile({ id: built.id, domain, proposal: built.proposal }, built.sentence));
    await writeFile(join(out, `evidence-${built.id.slice(2, 10)}.json`), built.evidence);
    let transaction: string | null = null;
    if (flags.propose && flags.keyFile !== undefined) {
      const signer = await loadSigner(resolve(flags.keyFile), flags.passwordFile);
      const published = await proposeOnChain(
        createSender(client, signer, config, systemClock),
        config.addresses.module,
        built.proposal,
      );
      transaction = published.receipt?.hash ?? null;
    }
    const figures = cycleFigures(findings);
    const { forecasts: _forecasts, frontier: _frontier, ...short } = figures;
    const data = {
      status: flags.propose ? "proposed" : "dry-run",
      id: built.id,
      sentence: built.sentence,
      notes: built.notes,
      reasons: findings.decision.reasons,
      file,
      transaction,
      proposal: built.proposal,
      risk: approved.risk,
      ...short,
    };
    const text = [
      built.sentence,
      ...built.notes.map((note) => `  note: ${note}`),
      ...findings.decision.reasons.map((reason) => `  why: ${reason}`),
      ...findings.forecast.strategies.map(
        (s) => `  ${s.name}: ${percent((1 + s.meanDaily) ** 365 - 1)} a year by ${s.model}`,
      ),
      `  CVaR ${percent(approved.risk.cvar)} at ${approved.risk.beta} over ${approved.risk.horizonDays} days, drawdown ${percent(approved.risk.maxDrawdown)}`,
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
}

/** Executes a proposal file with the owners' signature files; anyone may. */
export async function execute(file: string, flags: ExecuteFlags): Promise<CommandResult> {
  const { executeProposal } = await import("../execute/execute.ts");
  const { collectSignatures, parseOwnerSignature, readApprover, readSafeOwners, reviewProposal } = await import(
    "../propose/signing.ts"
  );
  const content = await readText(file);
  const signatures = await Promise.all(
    flags.signatures.map(async (path) => parseOwnerSignature(await readText(path), path)),
  );
  return connected(flags.config, async ({ client, config }) => {
    const { module, vault } = config.addresses;
    const { timestamp } = await client.header("latest");
    const { id, proposal } = reviewProposal(content, { chainId: config.chainId, module, now: timestamp });
    const owners = await readSafeOwners(client, await readApprover(client, module));
    const collected = signatures.length === 0 ? null : collectSignatures(id, owners, signatures);
    const signer = await loadSigner(resolve(flags.keyFile), flags.passwordFile);
    const outcome = await executeProposal(createSender(client, signer, config, systemClock), {
      module,
      vault,
      proposal,
      id,
      signatures: collected?.packed ?? "0x",
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
    return { data: outcome, text, exitCode: outcome.kind === "executed" ? EXIT.ok : EXIT.refused };
  });
}

/** The owner's verbs: `sign` needs a file and a key, `verify` and `show` read the chain. */
import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { getAddress, isAddress, TypedDataEncoder } from "ethers";
import { loadSigner } from "../chain/signer.ts";
import { EXIT } from "../kernel/errors.ts";
import { type Address, address, type Hash, hash } from "../kernel/units.ts";
import { describe, describeLines, movedBps } from "../propose/describe.ts";
import { nestedParts, type ParentVersion } from "../propose/signing.ts";
import { type ProposalFile, parseProposalFile, proposalHashes } from "../propose/typed-data.ts";
import { connected, OptionError, readText, wholeNumber } from "./context.ts";
import type { CommandResult } from "./output.ts";

export interface SignFlags {
  readonly keyFile: string;
  readonly passwordFile?: string;
  readonly chainId: string;
  readonly module: string;
  readonly now?: string;
  readonly out?: string;
  readonly for?: string;
  readonly parentVersion: ParentVersion;
}

function addressOption(option: string, value: string, what: string): Address {
  if (!isAddress(value)) throw new OptionError(option, value, `Give ${what} address, 0x and 40 hex digits.`);
  return address(getAddress(value));
}

export function proposalHash(value: string): Hash {
  if (!/^0x[0-9a-fA-F]{64}$/.test(value))
    throw new OptionError("<id>", value, "Give the proposal's id, 0x and 64 hex digits.");
  return hash(value.toLowerCase());
}

/** Works without any chain: what the owner trusts is on the command line, everything else is recomputed. */
export async function sign(file: string, flags: SignFlags): Promise<CommandResult> {
  const { signProposal } = await import("../propose/signing.ts");
  const content = await readText(file);
  const now = flags.now === undefined ? Math.floor(Date.now() / 1000) : wholeNumber("--now", flags.now);
  const expected = {
    chainId: wholeNumber("--chain-id", flags.chainId),
    module: addressOption("--module", flags.module, "the ProposalModule's"),
    now,
  };
  const via =
    flags.for === undefined
      ? null
      : { safe: addressOption("--for", flags.for, "the Safe's"), parent: flags.parentVersion };
  const signer = await loadSigner(resolve(flags.keyFile), flags.passwordFile);
  const signed = await signProposal(content, signer, expected, via);
  const json = `${JSON.stringify(signed, null, 2)}\n`;
  if (flags.out !== undefined) await writeFile(resolve(flags.out), json);
  const { domain, proposal } = parseProposalFile(content);
  const moved = movedBps(proposal);
  const nested = via === null ? [] : [`nested   ${nestedHash({ id: signed.id, domain, proposal }, via)}`];
  const text = [
    ...describeLines(proposal, new Map()),
    `It moves ${moved === null ? "a remainder that only the chain can size" : `${(Number(moved) / 100).toFixed(2)} % of NAV`}; how many owners must sign for that: amplified status ${signed.id}`,
    ...hashLines(proposalHashes(domain, proposal)),
    ...nested,
    `signed by ${signed.signer}${signed.via === undefined ? "" : ` for Safe ${signed.via}`}${flags.out === undefined ? `\n${json.trimEnd()}` : `, written to ${flags.out}`}`,
  ].join("\n");
  return { data: signed, text };
}

/** What the wallet of an owner of a nested Safe shows: that Safe's message hash. */
function nestedHash(file: ProposalFile, via: { readonly safe: Address; readonly parent: ParentVersion }): string {
  const { domain, types, value } = nestedParts(file, via.safe, via.parent);
  return TypedDataEncoder.hash(domain, types, value);
}

const hashLines = (hashes: ReturnType<typeof proposalHashes>): string[] =>
  Object.entries(hashes).map(([name, value]) => `${name.padEnd(8)} ${value}`);

export async function verify(id: string, configFile: string): Promise<CommandResult> {
  const wanted = proposalHash(id);
  const { verifyProposal } = await import("../propose/verify.ts");
  const { deployedAt } = await import("../propose/list.ts");
  const { recompute } = await import("../recompute.ts");
  return connected(configFile, async ({ client, config }) => {
    const names = new Map(config.strategies.map((strategy) => [strategy.id, strategy.name]));
    const { module } = config.addresses;
    const result = await verifyProposal(
      client,
      module,
      wanted,
      names,
      (published) => recompute(client, config, published),
      await deployedAt(client, config),
    );
    const hashes = proposalHashes({ chainId: config.chainId, module }, result.published.proposal);
    const verdict = {
      match: "It matches what this machine computes from chain data.",
      differs:
        "IT DIFFERS from what this machine computes from chain data. Do not sign before the difference is explained.",
      notRecomputed: "It could not be recomputed. Do not sign on the keeper's word alone.",
    }[result.kind];
    const details =
      result.kind === "differs"
        ? result.differences.map((d) => `  ${d.field}: published ${d.published}, recomputed ${d.recomputed}`)
        : result.kind === "notRecomputed"
          ? [`  ${result.reason}`]
          : [];
    return {
      data: { ...result, hashes },
      text: [...describeLines(result.published.proposal, names), verdict, ...details, ...hashLines(hashes)].join("\n"),
      exitCode: result.kind === "match" ? EXIT.ok : EXIT.refused,
    };
  });
}

/** The state of one proposal, or the list of all. */
export async function show(id: string | undefined, configFile: string): Promise<CommandResult> {
  const { listProposals } = await import("../propose/list.ts");
  const wanted = id === undefined ? null : proposalHash(id);
  return connected(configFile, async ({ client, config }) => {
    const names = new Map(config.strategies.map((strategy) => [strategy.id, strategy.name]));
    const all = await listProposals(client, config, wanted);
    const rows = all.map(({ published, state, isApproved }) => ({
      id: published.id,
      state,
      isApprovedByTransaction: isApproved,
      sentence: describe(published.proposal, names),
      proposal: published.proposal,
      block: published.blockNumber,
    }));
    const text = rows.map((row) =>
      [
        `${row.id}  ${row.state}${row.isApprovedByTransaction ? " (approved by Safe transaction)" : ""}`,
        ...describeLines(row.proposal, names).map((line) => `  ${line}`),
      ].join("\n"),
    );
    return { data: rows, text: text.length === 0 ? "No proposal has been published." : text.join("\n") };
  });
}

/**
 * One proposal from the keeper to its execution, each step a process of its own, and everything that tries to bend it on
 * the way. The tests build on each other: the chain is one story.
 */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { z } from "zod";
import type { Role } from "../../../embedded/world.ts";
import { toStruct } from "../../../keeper/chain/proposal.ts";
import type { Proposal } from "../../../keeper/kernel/artifacts.ts";
import { EXIT, type ExitCode } from "../../../keeper/kernel/errors.ts";
import { address, assets, type Hash } from "../../../keeper/kernel/units.ts";
import { formatProposalFile, parseProposalFile, proposalId } from "../../../keeper/propose/typed-data.ts";
import { ProposalModule__factory } from "../../../types/ethers-contracts/factories/contracts/ProposalModule__factory.ts";
import {
  amplified,
  createLife,
  documentOf,
  expectError,
  expectJsonError,
  type Finished,
  type Life,
  read,
} from "../support/cli.ts";

const cycle = z.object({
  status: z.enum(["dry-run", "proposed"]),
  id: z.string(),
  sentence: z.string(),
  file: z.string(),
  transaction: z.string().nullable(),
});
const listed = z.array(z.object({ id: z.string(), state: z.string(), sentence: z.string() }));
const verified = z.object({
  kind: z.enum(["match", "differs", "notRecomputed"]),
  differences: z.array(z.object({ field: z.string(), published: z.string(), recomputed: z.string() })).optional(),
});
const executed = z.object({ kind: z.string(), reason: z.string().optional(), transactionHash: z.string().optional() });

describe("command line: the life of a proposal", function () {
  // Every step is a process of its own; a loaded machine takes its time.
  this.timeout(120_000);
  let life: Life;
  /** The proposal that goes all the way. */
  let file: string;
  let id: string;
  let first: string;
  let second: string;
  let third: string;

  before(async () => {
    life = await createLife(11);
  });
  after(() => life.close());

  const once = (out: string, ...more: readonly string[]) =>
    amplified(["keeper", "once", "-c", life.configFile, "--out", out, "--json", ...more]);
  const sign = async (
    proposal: string,
    role: Role,
    changes: Readonly<Record<string, string>> = {},
  ): Promise<Finished> => {
    const flags = {
      "--key-file": life.keyFile(role),
      "--chain-id": String(life.config.chainId),
      "--module": life.engine.module,
      "--now": String(await life.now()),
      ...changes,
    };
    return amplified(["sign", proposal, ...Object.entries(flags).flat()]);
  };
  /** Signs and says where the signature is. */
  const signed = async (proposal: string, role: Role): Promise<string> => {
    const target = join(life.folder, `${role}-${parseProposalFile(read(proposal)).id.slice(2, 10)}.signature.json`);
    const run = await sign(proposal, role, { "--out": target });
    expect(run.code, run.stderr).to.equal(EXIT.ok);
    return target;
  };
  const everybody = async (proposal: string): Promise<readonly string[]> => [
    await signed(proposal, "firstOwner"),
    await signed(proposal, "secondOwner"),
    await signed(proposal, "thirdOwner"),
  ];
  const execute = (proposal: string, signatures: readonly string[]) =>
    amplified([
      ...["execute", proposal, "-c", life.configFile, "--key-file", life.keyFile("executor")],
      ...(signatures.length === 0 ? [] : ["--signatures", ...signatures]),
    ]);
  const stateOf = async (wanted: string): Promise<string | undefined> =>
    documentOf(await amplified(["show", wanted, "-c", life.configFile, "--json"]), EXIT.ok, listed)[0]?.state;
  /** Publishes with the proposer's key what the keeper did not compute; the file an owner would be shown. */
  const publishForeign = async (
    change: (proposal: Proposal) => Proposal,
  ): Promise<{ readonly id: Hash; readonly file: string }> => {
    const { domain, proposal } = parseProposalFile(read(file));
    const foreign = change(proposal);
    const signer = await life.world.chain.ethers.getSigner(life.world.account("keeper").address);
    await (await ProposalModule__factory.connect(life.engine.module, signer).propose(toStruct(foreign))).wait();
    const foreignId = proposalId(domain, foreign);
    const target = join(life.folder, `foreign-${foreignId.slice(2, 10)}.json`);
    writeFileSync(target, formatProposalFile({ id: foreignId, domain, proposal: foreign }, "as the keeper says"));
    return { id: foreignId, file: target };
  };

  it("dry run: writes proposal and evidence, sends nothing", async () => {
    const out = life.out("dry");
    const found = documentOf(await once(out), EXIT.ok, cycle);
    expect(found).to.include({ status: "dry-run", transaction: null });
    expect(life.filesIn(out)).to.deep.equal([
      `evidence-${found.id.slice(2, 10)}.json`,
      `proposal-${found.id.slice(2, 10)}.json`,
    ]);
    expect(parseProposalFile(read(found.file)).id).to.equal(found.id);
    expect(await life.published()).to.equal(0);
    expect((await amplified(["show", "-c", life.configFile])).stdout).to.contain("No proposal has been published.");
  });

  it("error: --propose without a key, with a bad key and with a stranger's key leaves nothing behind", async () => {
    const out = life.out("refused");
    expectJsonError(await once(out, "--propose"), EXIT.badInput, "OPTION");
    const bad = join(life.folder, "bad.key");
    writeFileSync(bad, "no key", { mode: 0o600 });
    expectJsonError(await once(out, "--propose", "--key-file", bad), EXIT.badInput, "KEY_FILE");
    const stranger = await amplified([
      "keeper",
      "once",
      "-c",
      life.configFile,
      "--out",
      out,
      "--propose",
      "--key-file",
      life.keyFile("executor"),
    ]);
    expectError(stranger, EXIT.chain, "CALL_REVERTED", "lacks the role", life.world.account("executor").address);
    expect(life.filesIn(out)).to.deep.equal([]);
    expect(await life.published()).to.equal(0);
  });

  it("keeper once is held by its own risk limits: exit 3, the figure beside the limit, and no file", async () => {
    const out = life.out("held");
    const risk = { ...life.config.risk, maxDrawdown: 0.000_01 };
    // Tokens with a market price: what has a rate only shows no drawdown.
    const strategies = life.config.strategies.filter(({ protocol }) => protocol === "lido" || protocol === "etherfi");
    const held = z.object({ status: z.literal("held"), code: z.string(), reasons: z.array(z.string()).min(1) });
    const run = await amplified([
      "keeper",
      "once",
      "-c",
      life.variant("timid", { risk, strategies }),
      "--out",
      out,
      "--json",
    ]);
    const { code, reasons } = documentOf(run, EXIT.held, held);
    expect(code).to.equal("RISK_REJECTED");
    expect(reasons.join()).to.match(/drawdownAboveLimit: maxDrawdown 0\.000\d+, limit 0\.00001/);
    expect(life.filesIn(out)).to.deep.equal([]);
    expect(await life.published()).to.equal(0);
  });

  it("proposes on chain, and shows what it proposed", async () => {
    const found = documentOf(
      await once(life.out("out"), "--propose", "--key-file", life.keyFile("keeper")),
      EXIT.ok,
      cycle,
    );
    expect(found.status).to.equal("proposed");
    expect(found.transaction).to.match(/^0x[0-9a-f]{64}$/);
    ({ id, file } = found);
    expect(await life.published()).to.equal(1);
    const shown = documentOf(await amplified(["show", "-c", life.configFile, "--json"]), EXIT.ok, listed);
    expect(shown).to.deep.equal([{ id, state: "Proposed", sentence: found.sentence }]);
    // The log lies beside the configuration, wherever the verb was run from.
    expect(read(join(life.folder, "transactions.jsonl"))).to.contain(id);
  });

  it("verify: recomputes the proposal from chain data, and it matches", async () => {
    const run = await amplified(["verify", id, "-c", life.configFile, "--json"]);
    expect(documentOf(run, EXIT.ok, verified).kind).to.equal("match");
  });

  it("verify: another configuration gives another proposal, or none: exit 5", async () => {
    const bolder = life.variant("bolder", { limits: { ...life.config.limits, minLegEth: 2 }, horizonDays: 10 });
    const found = documentOf(await amplified(["verify", id, "-c", bolder, "--json"]), EXIT.refused, verified);
    expect(found.kind).to.equal("differs");
    const slower = life.variant("slower", { limits: { ...life.config.limits, ttlSeconds: 7_777 } });
    const run = await amplified(["verify", id, "-c", slower]);
    expect(run.code).to.equal(EXIT.refused);
    expect(run.stdout).to.contain("could not be recomputed").and.to.contain("ttlSeconds");
  });

  it("verify: amounts changed by whoever holds the proposer's key differ, exit 5, field by field", async () => {
    await life.undone(async () => {
      const foreign = await publishForeign((proposal) => ({
        ...proposal,
        legs: proposal.legs.map((leg, index) =>
          index === 0 ? { ...leg, amount: assets(leg.amount + 10n ** 18n) } : leg,
        ),
      }));
      const found = documentOf(
        await amplified(["verify", foreign.id, "-c", life.configFile, "--json"]),
        EXIT.refused,
        verified,
      );
      expect(found.kind).to.equal("differs");
      expect(found.differences?.map(({ field }) => field)).to.deep.equal(["legs[0].amount"]);
      expect((await amplified(["verify", foreign.id, "-c", life.configFile])).stdout).to.contain("IT DIFFERS");
    });
  });

  it("error: verify and show of an id that nobody published", async () => {
    const unknown = `0x${"5a".repeat(32)}`;
    await Promise.all(
      ["verify", "show"].map(async (verb) => {
        expectError(
          await amplified([verb, unknown, "-c", life.configFile]),
          EXIT.refused,
          "PROPOSAL_NOT_FOUND",
          unknown,
        );
        expectError(await amplified([verb, "0x5a", "-c", life.configFile]), EXIT.badInput, "OPTION", "0x5a");
      }),
    );
  });

  it("error: sign refuses a file whose contents are not what its id stands for", async () => {
    const tampered = join(life.folder, "tampered.json");
    const { domain, proposal } = parseProposalFile(read(file));
    const more = { ...proposal, maxLoss: assets(proposal.maxLoss * 2n) };
    writeFileSync(
      tampered,
      formatProposalFile({ id: parseProposalFile(read(file)).id, domain, proposal: more }, "harmless"),
    );
    expectError(await sign(tampered, "firstOwner"), EXIT.refused, "PROPOSAL_ID_DIFFERS", id);
    writeFileSync(tampered, read(file).slice(0, 200));
    expectError(await sign(tampered, "firstOwner"), EXIT.badInput, "PROPOSAL_FILE", "not JSON");
    writeFileSync(tampered, read(file).replace('"navToleranceBps": "', '"navToleranceBps": "-'));
    expectError(await sign(tampered, "firstOwner"), EXIT.badInput, "PROPOSAL_FILE", "navToleranceBps");
  });

  it("error: sign refuses another chain, another module and an expired proposal, and writes nothing", async () => {
    const target = life.out("never.signature.json");
    const refuse = async (changes: Readonly<Record<string, string>>, code: string, value: string) => {
      expectError(await sign(file, "firstOwner", { "--out": target, ...changes }), EXIT.refused, code, value);
    };
    await refuse({ "--chain-id": "1" }, "WRONG_PROPOSAL_CHAIN", "31337");
    await refuse({ "--module": life.engine.vault }, "WRONG_PROPOSAL_MODULE", life.engine.module);
    const { deadline } = parseProposalFile(read(file)).proposal;
    await refuse({ "--now": String(deadline + 1) }, "PROPOSAL_EXPIRED", String(deadline));
    expect(life.filesIn(life.folder)).not.to.contain("never.signature.json");
  });

  it("three owners sign, each in a process with its own key only", async () => {
    first = await signed(file, "firstOwner");
    second = await signed(file, "secondOwner");
    third = await signed(file, "thirdOwner");
    const text = await sign(file, "firstOwner");
    expect(text.stdout).to.contain(life.world.account("firstOwner").address).and.to.contain(id);
  });

  it("status: says how many must sign and why, who did, and what is missing", async () => {
    const schema = z.object({
      state: z.string(),
      needed: z.object({ required: z.number(), threshold: z.number(), movedBps: z.string() }),
      given: z.array(z.object({ owner: z.string(), how: z.string() })),
      isComplete: z.boolean(),
      verdict: z.string(),
    });
    const ask = async (proposal: string, signatures: readonly string[]) =>
      documentOf(
        await amplified([
          ...["status", proposal, "-c", life.configFile, "--json"],
          ...(signatures.length === 0 ? [] : ["--signatures", ...signatures]),
        ]),
        EXIT.ok,
        schema,
      );
    const [none, one, all] = await Promise.all([ask(id, []), ask(file, [first]), ask(file, [first, second, third])]);
    // The first allocation moves nearly everything: all three owners, above the Safe's own two.
    expect(none).to.deep.include({ state: "Proposed", given: [], isComplete: false });
    expect(none.needed).to.include({ required: 3, threshold: 2 });
    expect(Number(none.needed.movedBps)).to.be.above(4_000);
    expect(none.verdict).to.match(/3 of 3 needed, because it moves \d+\.\d\d % of NAV.*3 more must approve/);
    expect(one.given.map(({ how }) => how)).to.deep.equal(["signature"]);
    expect(one.verdict).to.contain("2 more must approve");
    expect(all).to.deep.include({ isComplete: true, verdict: "Anyone may execute it now." });
    const text = await amplified(["status", file, "-c", life.configFile, "--signatures", first]);
    expect(text.stdout).to.contain(`${life.world.account("firstOwner").address} signed`);
    expect(text.stdout).to.contain(`${life.world.account("secondOwner").address} has not approved`);
  });

  it("queue and maintain: nothing is open and nothing due on a fresh vault", async () => {
    const read = await amplified(["queue", "-c", life.configFile, "--json"]);
    const reading = documentOf(
      read,
      EXIT.ok,
      z.object({ owed: z.literal("0"), batches: z.array(z.unknown()).length(0) }),
    );
    expect(reading.owed).to.equal("0");
    const due = await amplified(["maintain", "-c", life.configFile]);
    expect(due.stdout).to.contain("Nothing is due.");
  });

  it("keeper run: a round of chores and a cycle, and it ends when told to", async () => {
    const out = life.out("run");
    const run = await amplified([
      ...["keeper", "run", "-c", life.configFile, "--rounds", "2", "--interval", "0", "--out", out, "--json"],
    ]);
    const rounds = z.object({ rounds: z.array(z.object({ maintenance: z.string(), cycle: z.string() })).length(2) });
    for (const { maintenance, cycle: text } of documentOf(run, EXIT.ok, rounds).rounds) {
      expect(maintenance).to.equal("Nothing is due.");
      expect(text).to.contain("dry run: nothing was sent");
      expect(text).to.contain("3 of 3 needed, because it moves");
      expect(text).to.match(/stress depeg 5 %: loses \d/);
    }
    expect(await life.published()).to.equal(1);
    // The first proposal still waits for its owners: another one would only compete with it.
    const again = await amplified([
      ...["keeper", "run", "-c", life.configFile, "--rounds", "1", "--interval", "0", "--out", out, "--json"],
      ...["--propose", "--key-file", life.keyFile("keeper")],
    ]);
    const waiting = z.object({ rounds: z.array(z.object({ cycle: z.string() })).length(1) });
    expect(documentOf(again, EXIT.ok, waiting).rounds[0]?.cycle).to.contain(`proposal ${id} is open until`);
    expect(await life.published()).to.equal(1);
  });

  it("error: too few, doubled, strangers' and foreign signatures are refused before anything is sent", async () => {
    const stranger = await signed(file, "thirdDepositor");
    const forged = join(life.folder, "forged.json");
    const owner = life.world.account("firstOwner").address;
    writeFileSync(forged, read(stranger).replace(life.world.account("thirdDepositor").address, owner));
    const broken = join(life.folder, "broken.json");
    writeFileSync(broken, '{"id":"0x12"}');
    const refuse = async (signatures: readonly string[], exit: ExitCode, code: string, value: string) =>
      expectError(await execute(file, signatures), exit, code, value);
    await Promise.all([
      refuse([first], EXIT.refused, "TOO_FEW_SIGNATURES", "3 of 3 needed"),
      // Two are the Safe's threshold, and not enough for a move of this size.
      refuse([first, second], EXIT.refused, "TOO_FEW_SIGNATURES", "1 more must approve"),
      refuse([first, first], EXIT.refused, "DUPLICATE_SIGNER", owner),
      refuse([first, stranger], EXIT.refused, "SIGNER_NOT_OWNER", life.world.account("thirdDepositor").address),
      refuse([second, forged], EXIT.refused, "SIGNATURE_INVALID", owner),
      refuse([first, broken], EXIT.badInput, "PROPOSAL_FILE", "broken.json"),
      refuse([first, join(life.folder, "absent.json")], EXIT.badInput, "FILE_UNREADABLE", "absent.json"),
    ]);
    expect(await stateOf(id)).to.equal("Proposed");
  });

  it("error: no signatures and no Safe transaction: nothing is sent", async () => {
    expectError(await execute(file, []), EXIT.refused, "TOO_FEW_SIGNATURES", "0 owner(s) approved", "3 of 3 needed");
    expect(await stateOf(id)).to.equal("Proposed");
  });

  it("error: another chain's or module's proposal does not execute here", async () => {
    const { domain, proposal } = parseProposalFile(read(file));
    const moved = async (changed: typeof domain, code: string) => {
      const target = join(life.folder, "moved.json");
      writeFileSync(
        target,
        formatProposalFile({ id: proposalId(changed, proposal), domain: changed, proposal }, "moved"),
      );
      expectError(await execute(target, [first, second, third]), EXIT.refused, code);
    };
    await moved({ ...domain, chainId: 1 }, "WRONG_PROPOSAL_CHAIN");
    await moved({ ...domain, module: address(life.engine.vault) }, "WRONG_PROPOSAL_MODULE");
    expect(await stateOf(id)).to.equal("Proposed");
  });

  it("error: a signed proposal that was never published, was cancelled, or expired does not execute", async () => {
    await life.undone(async () => {
      const { domain, proposal } = parseProposalFile(read(file));
      const unpublished = { ...proposal, nonce: proposal.nonce + 1n };
      const target = join(life.folder, "unpublished.json");
      writeFileSync(
        target,
        formatProposalFile({ id: proposalId(domain, unpublished), domain, proposal: unpublished }, "x"),
      );
      const run = await execute(target, await everybody(target));
      expect(run.code).to.equal(EXIT.refused);
      expect(run.stdout).to.contain("state is None");
    });
    await life.undone(async () => {
      const guardian = await life.world.chain.ethers.getSigner(life.world.account("guardian").address);
      const module = ProposalModule__factory.connect(life.engine.module, guardian);
      await (await module.cancel(toStruct(parseProposalFile(read(file)).proposal))).wait();
      const run = await execute(file, [first, second, third]);
      expect(run.code).to.equal(EXIT.refused);
      expect(run.stdout).to.contain("Cancelled");
    });
    await life.undone(async () => {
      await life.wait(4 * 86_400);
      expectError(await execute(file, [first, second, third]), EXIT.refused, "PROPOSAL_EXPIRED");
    });
    expect(await stateOf(id)).to.equal("Proposed");
  });

  it("executes with all three signatures, whoever pays the gas", async () => {
    const run = await amplified([
      ...["execute", file, "-c", life.configFile, "--key-file", life.keyFile("executor"), "--json"],
      ...["--signatures", second, first, third],
    ]);
    expect(documentOf(run, EXIT.ok, executed).kind).to.equal("executed");
    expect(await stateOf(id)).to.equal("Executed");
  });

  it("error: the same proposal does not execute twice", async () => {
    const run = await execute(file, [first, second, third]);
    expect(run.code).to.equal(EXIT.refused);
    expect(run.stdout).to.contain("Executed");
  });

  it("error: another proposal with the used nonce does not execute", async () => {
    await life.undone(async () => {
      await life.wait(7 * 3_600);
      const { domain, proposal } = parseProposalFile(read(file));
      const again = { ...proposal, deadline: proposal.deadline - 1 };
      const target = join(life.folder, "nonce.json");
      writeFileSync(target, formatProposalFile({ id: proposalId(domain, again), domain, proposal: again }, "x"));
      const run = await execute(target, await everybody(target));
      expect(run.code).to.equal(EXIT.refused);
      expect(run.stdout).to.match(/refused, nothing changed: .*(nonce|state)/i);
      rmSync(target);
    });
  });
});

/** From chain to chain: observe, propose, sign, execute, verify, on the genuine core and a genuine Safe. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { keccak256, toUtf8Bytes } from "ethers";
import { observe } from "../../../keeper/data/observe.ts";
import { executeProposal } from "../../../keeper/execute/execute.ts";
import { type BuiltProposal, buildProposal } from "../../../keeper/propose/build.ts";
import { chooseNonce, proposeOnChain, stateOf } from "../../../keeper/propose/publish.ts";
import { approveBySafeTransaction } from "../../../keeper/propose/safe-fallback.ts";
import { collectSignatures, readSafeOwners, signProposal } from "../../../keeper/propose/signing.ts";
import { formatProposalFile } from "../../../keeper/propose/typed-data.ts";
import { verifyProposal } from "../../../keeper/propose/verify.ts";
import { deployEngine, type Engine, ETHER, mineDays, senderOf } from "../support/engine.ts";
import { approvedRun, linesOf } from "../support/run.ts";

describe("a proposal's life", () => {
  let engine: Engine;
  let folder: string;
  let logFile: string;
  const domain = () => ({ chainId: 31337, module: engine.addresses.module });
  const names = new Map([
    [1, "Venue 1"],
    [2, "Venue 2"],
    [3, "Venue 3"],
  ]);

  before(async function () {
    this.timeout(60_000);
    engine = await deployEngine(3, 10);
    await mineDays(engine, 12, 6);
    folder = await mkdtemp(join(tmpdir(), "keeper-"));
    logFile = join(folder, "tx.jsonl");
  });
  after(async () => {
    await engine.close();
    await rm(folder, { recursive: true });
  });

  async function build(weights: Readonly<Record<number, number>>): Promise<BuiltProposal> {
    const snapshot = await observe(engine.client, engine.config);
    const nonce = await chooseNonce(engine.client, engine.addresses, snapshot.provenance);
    const list = Object.entries(weights).map(([id, weight]) => ({ id: Number(id), weight }));
    const built = buildProposal(approvedRun(snapshot, list, nonce), engine.config);
    if (built.kind === "hold") expect.fail(built.reasons.join("; "));
    return built;
  }
  const execution = (built: BuiltProposal, signatures: string) =>
    executeProposal(senderOf(engine, engine.keeper, logFile), {
      module: engine.addresses.module,
      vault: engine.addresses.vault,
      proposal: built.proposal,
      id: built.id,
      signatures,
    });
  async function signed(built: BuiltProposal, signers: readonly number[]): Promise<string> {
    const file = formatProposalFile({ id: built.id, domain: domain(), proposal: built.proposal }, built.sentence);
    const now = (await engine.client.header("latest")).timestamp;
    const wallets = signers.map((index) => engine.owners[index] ?? expect.fail("no such owner"));
    const signatures = await Promise.all(wallets.map((wallet) => signProposal(file, wallet, { ...domain(), now })));
    const collected = collectSignatures(
      built.id,
      await readSafeOwners(engine.client, engine.addresses.safe),
      signatures,
    );
    expect(collected.isComplete).to.equal(signers.length >= 2);
    return collected.packed;
  }

  it("is proposed once, executed after two of three owners signed, and verified by a recomputation", async function () {
    this.timeout(30_000);
    const built = await build({ 1: 0.3, 2: 0.2 });
    expect(keccak256(toUtf8Bytes(built.evidence))).to.equal(built.proposal.evidence);
    const sender = senderOf(engine, engine.keeper, logFile);
    const first = await proposeOnChain(sender, engine.addresses.module, built.proposal);
    expect(first.id).to.equal(built.id);
    expect((await proposeOnChain(sender, engine.addresses.module, built.proposal)).receipt).to.equal(null);

    const refused = await execution(built, "0x");
    expect(refused.kind).to.equal("refused");
    if (refused.kind === "refused") expect(refused.reason).to.match(/GS020/);

    const outcome = await execution(built, await signed(built, [2, 0]));
    if (outcome.kind !== "executed") expect.fail(JSON.stringify(outcome));
    expect(outcome.legs.map(({ strategyId, kind, amount }) => ({ strategyId, kind, amount }))).to.deep.equal([
      { strategyId: 1, kind: "Allocate", amount: 300n * ETHER },
      { strategyId: 2, kind: "Allocate", amount: 200n * ETHER },
    ]);
    expect(outcome.loss <= built.proposal.maxLoss).to.equal(true);
    const again = await execution(built, await signed(built, [0, 1]));
    expect(again).to.deep.include({ kind: "refused", reason: "the proposal's state is Executed, it must be Proposed" });

    const match = await verifyProposal(engine.client, engine.addresses.module, built.id, names, async () => ({
      proposal: built.proposal,
    }));
    expect(match.kind).to.equal("match");
    expect(match.sentence).to.equal(built.sentence);
    const tampered = { ...built.proposal, maxLoss: built.proposal.refNav };
    const differs = await verifyProposal(engine.client, engine.addresses.module, built.id, names, async () => ({
      proposal: tampered,
    }));
    if (differs.kind !== "differs") expect.fail(differs.kind);
    expect(differs.differences.map(({ field }) => field)).to.deep.equal(["maxLoss"]);
  });

  it("waits for the cooldown, then moves between venues after the Safe approved by transaction", async function () {
    this.timeout(30_000);
    const built = await build({ 1: 0.1, 2: 0.2, 3: 0.2 });
    expect(built.proposal.legs.map(({ kind, strategyId }) => `${kind} ${strategyId}`)).to.deep.equal([
      "Deallocate 1",
      "Allocate 3",
    ]);
    expect(built.sentence).to.match(/^Moves 200\.0 WETH from Venue 1 to Venue 3|^Moves 199\./);
    await proposeOnChain(senderOf(engine, engine.keeper, logFile), engine.addresses.module, built.proposal);
    const early = await execution(built, "0x");
    expect(early).to.deep.equal({ kind: "notReady", id: built.id, until: built.proposal.notBefore });
    await engine.connection.networkHelpers.time.increaseTo(built.proposal.notBefore);

    const [one, two] = engine.owners;
    if (one === undefined || two === undefined) expect.fail("no owners");
    await approveBySafeTransaction({
      provider: {
        request: ({ method, params }) =>
          engine.connection.provider.request({ method, params: Array.isArray(params) ? params : [] }),
      },
      safe: engine.addresses.safe,
      module: engine.addresses.module,
      id: built.id,
      owners: [one, two],
      executor: engine.keeper,
      contractNetworks: { "31337": contractsOf(engine) },
    });
    const outcome = await execution(built, "0x");
    expect(
      outcome.kind,
      JSON.stringify(outcome, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value)),
    ).to.equal("executed");
    expect(await stateOf(engine.client, engine.addresses.module, built.id)).to.equal("Executed");
  });

  it("is refused with the decoded reason when one signature is missing", async function () {
    this.timeout(30_000);
    await mineDays(engine, 1, 6);
    const built = await build({ 1: 0.2, 2: 0.2, 3: 0.2 });
    await proposeOnChain(senderOf(engine, engine.keeper, logFile), engine.addresses.module, built.proposal);
    const outcome = await execution(built, await signed(built, [1]));
    expect(outcome.kind).to.equal("refused");
    if (outcome.kind === "refused") expect(outcome.reason).to.match(/GS020/);
  });

  it("is refused as expired after its deadline", async () => {
    const built = await build({ 1: 0.3, 2: 0.2, 3: 0.2 });
    await proposeOnChain(senderOf(engine, engine.keeper, logFile), engine.addresses.module, built.proposal);
    await engine.connection.networkHelpers.time.increaseTo(built.proposal.deadline + 1);
    const outcome = await execution(built, "0x");
    expect(outcome.kind).to.equal("refused");
    if (outcome.kind === "refused") expect(outcome.reason).to.match(/expired/);
  });

  it("leaves each transaction in the log: intent, send, outcome", async () => {
    const types = (await linesOf(logFile)).map((line) => /"type":"(\w+)"/.exec(line)?.[1]);
    expect(types.length % 3).to.equal(0);
    for (let index = 0; index < types.length; index += 3)
      expect(types.slice(index, index + 3)).to.deep.equal(["intent", "sent", "closed"]);
  });
});

function contractsOf({ safeContracts }: Engine) {
  const of = (name: string): string => safeContracts[name] ?? expect.fail(name);
  return {
    safeSingletonAddress: of("safeSingletonAddress"),
    safeProxyFactoryAddress: of("safeProxyFactoryAddress"),
    multiSendAddress: of("multiSendAddress"),
    multiSendCallOnlyAddress: of("multiSendCallOnlyAddress"),
    fallbackHandlerAddress: of("fallbackHandlerAddress"),
    signMessageLibAddress: of("signMessageLibAddress"),
    createCallAddress: of("createCallAddress"),
    simulateTxAccessorAddress: of("simulateTxAccessorAddress"),
  };
}

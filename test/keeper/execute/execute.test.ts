import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { parseConfig } from "../../../keeper/config/load.ts";
import { BooksDifferError } from "../../../keeper/data/errors.ts";
import { observe } from "../../../keeper/data/observe.ts";
import { type ExecutionOutcome, executeProposal } from "../../../keeper/execute/execute.ts";
import { type BuiltProposal, buildProposal } from "../../../keeper/propose/build.ts";
import { chooseNonce, proposeOnChain } from "../../../keeper/propose/publish.ts";
import { collectSignatures, readSafeOwners, signProposal } from "../../../keeper/propose/signing.ts";
import { formatProposalFile } from "../../../keeper/propose/typed-data.ts";
import { caught } from "../support/caught.ts";
import { deployEngine, type Engine, ETHER, keeperConfig, mineDays, senderOf } from "../support/engine.ts";
import { approvedRun } from "../support/run.ts";

describe("outcomes of an execution", () => {
  let engine: Engine;
  let folder: string;

  before(async function () {
    this.timeout(60_000);
    engine = await deployEngine(2, 5);
    await mineDays(engine, 6, 6);
    folder = await mkdtemp(join(tmpdir(), "keeper-"));
  });
  after(async () => {
    await engine.close();
    await rm(folder, { recursive: true });
  });
  const sender = () => senderOf(engine, engine.keeper, join(folder, "tx.jsonl"));

  async function published(
    weights: readonly (readonly [number, number])[],
  ): Promise<{ built: BuiltProposal; signatures: string }> {
    const snapshot = await observe(engine.client, engine.config);
    const nonce = await chooseNonce(engine.client, engine.addresses, snapshot.provenance);
    const built = buildProposal(
      approvedRun(
        snapshot,
        weights.map(([id, weight]) => ({ id, weight })),
        nonce,
      ),
      engine.config,
    );
    if (built.kind === "hold") expect.fail(built.reasons.join("; "));
    await proposeOnChain(sender(), engine.addresses.module, built.proposal);
    const domain = { chainId: 31337, module: engine.addresses.module };
    const file = formatProposalFile({ id: built.id, domain, proposal: built.proposal }, built.sentence);
    const now = snapshot.provenance.timestamp;
    const signatures = await Promise.all(
      engine.owners.slice(0, 2).map((owner) => signProposal(file, owner, { ...domain, now })),
    );
    return {
      built,
      signatures: collectSignatures(built.id, await readSafeOwners(engine.client, engine.addresses.safe), signatures)
        .packed,
    };
  }
  const run = ({ built, signatures }: { built: BuiltProposal; signatures: string }): Promise<ExecutionOutcome> =>
    executeProposal(sender(), {
      module: engine.addresses.module,
      vault: engine.addresses.vault,
      proposal: built.proposal,
      id: built.id,
      signatures,
    });

  it("refuses a proposal of an old configuration epoch", async () => {
    const old = await published([[1, 0.3]]);
    const registry = await engine.connection.ethers.getContractAt("StrategyRegistry", engine.addresses.registry);
    await registry.setRiskCap(9, ETHER, 100);
    const outcome = await run(old);
    if (outcome.kind !== "refused") expect.fail(outcome.kind);
    expect(outcome.reason).to.contain("configuration epoch");
  });

  it("refuses a proposal whose id is another than stated", async () => {
    const one = await published([[1, 0.3]]);
    const outcome = await executeProposal(sender(), {
      module: engine.addresses.module,
      vault: engine.addresses.vault,
      proposal: { ...one.built.proposal, maxLoss: one.built.proposal.refNav },
      id: one.built.id,
      signatures: one.signatures,
    });
    if (outcome.kind !== "refused") expect.fail(outcome.kind);
    expect(outcome.reason).to.contain("the module gives this proposal id");
  });

  it("refuses while executions are paused, and executes afterwards", async () => {
    const module = await engine.connection.ethers.getContractAt("ProposalModule", engine.addresses.module);
    const one = await published([
      [1, 0.3],
      [2, 0.2],
    ]);
    await module.pause();
    expect(await run(one)).to.deep.include({ kind: "refused", reason: "executions are paused" });
    await module.unpause();
    expect((await run(one)).kind).to.equal("executed");
  });

  it("decodes the contract's own error when the NAV has left the tolerance", async () => {
    await mineDays(engine, 1, 6);
    const one = await published([
      [1, 0.2],
      [2, 0.2],
    ]);
    const vault = await engine.connection.ethers.getContractAt("LiquidityVault", engine.addresses.vault);
    const [depositor] = await engine.connection.ethers.getSigners();
    await vault.depositEth(depositor?.address ?? "", { value: 100n * ETHER });
    const outcome = await run(one);
    if (outcome.kind !== "refused") expect.fail(outcome.kind);
    expect(outcome.reason).to.match(/^the vault's NAV is .* \[LiquidityVault_NavOutOfTolerance\(\w+ \d+, \w+ \d+/);
  });

  it("reports an abort with the strategy whose loss tripped, frozen from then on", async () => {
    await mineDays(engine, 1, 6);
    const one = await published([
      [1, 0.1],
      [2, 0.2],
    ]);
    const venue = await engine.connection.ethers.getContractAt("LinearVenueDouble", engine.venues[0] ?? "");
    await venue.writeOff(ETHER / 50n);
    expect(await run(one)).to.deep.include({ kind: "aborted", id: one.built.id, trippedStrategy: 1 });
    const { strategies } = await observe(engine.client, engine.config);
    expect(strategies[0]?.state).to.equal("Frozen");
  });

  it("observing with a configuration that misses a strategy with debt holds the run", async () => {
    const partial = parseConfig(keeperConfig(engine.server.url, engine.addresses, 1, 5), "test");
    expect((await caught(observe(engine.client, partial), BooksDifferError)).what).to.equal("sum of debts");
  });
});

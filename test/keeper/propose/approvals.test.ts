/** Who has approved and how many must: the keeper's count beside the genuine Safe's and the module's own verdict. */
import { expect } from "chai";
import { type Contract, getBytes, Wallet } from "ethers";
import { network } from "hardhat";
import { type ChainClient, createClient } from "../../../keeper/chain/client.ts";
import { LEG_KINDS, toStruct } from "../../../keeper/chain/proposal.ts";
import type { Proposal } from "../../../keeper/kernel/artifacts.ts";
import { address, assets, hash } from "../../../keeper/kernel/units.ts";
import {
  approvalLines,
  collectApprovals,
  describeMissing,
  describeNeed,
  readSignersNeeded,
} from "../../../keeper/propose/approvals.ts";
import {
  ApprovalRefusedError,
  ApproverNotSafeError,
  DuplicateSignerError,
  SignatureInvalidError,
  SignerNotOwnerError,
} from "../../../keeper/propose/errors.ts";
import { type OwnerSignature, type ParentVersion, signProposal } from "../../../keeper/propose/signing.ts";
import { formatProposalFile, type ProposalFile } from "../../../keeper/propose/typed-data.ts";
import { type Core, deployCore, ETHER, KIND, leg, PROPOSAL_TYPES, ROLE } from "../../support/core.ts";
import { deploySafe, runSafeTransaction } from "../../support/safe.ts";
import { caught } from "../support/caught.ts";
import { type RpcServer, serve } from "../support/rpc-server.ts";

const { ethers, networkHelpers, provider } = await network.create();
const CHILD_OWNERS = [21, 22, 23].map((n) => new Wallet(`0x${n.toString(16).padStart(64, "0")}`));
/** Of 100 WETH: up to 5 % two owners, up to 20 % two, above all three. */
const TIERS = { smallBps: 500, smallSigners: 1, largeBps: 2_000, largeSigners: 2 };

for (const version of ["1.5.0", "1.4.1"] as const satisfies readonly ParentVersion[]) {
  describe(`approvals of a Safe ${version}`, function () {
    this.timeout(60_000);
    let server: RpcServer;
    let client: ChainClient;
    const fixture150 = () => deployCore(ethers, "1.5.0");
    const fixture141 = () => deployCore(ethers, "1.4.1");
    const load = () => networkHelpers.loadFixture(version === "1.5.0" ? fixture150 : fixture141);

    before(async () => {
      server = await serve({ request: ({ method, params }) => provider.request({ method, params: params ?? [] }) });
      client = await createClient({ url: server.url, expectedChainId: 31337, timeoutMs: 30_000 });
    });
    after(async () => {
      client.close();
      await server.close();
    });

    const safeOf = (core: Core): Contract => core.safe ?? expect.fail("no Safe");
    const setTiers = async (core: Core): Promise<void> => {
      await core.manager.grantRole(ROLE.curator, core.admin.address, 0);
      await core.module.connect(core.admin).setSignerTiers(TIERS);
    };
    /** A published proposal that moves `amount` WETH into strategies 1 to 4, a quarter each. */
    async function publish(core: Core, amount: bigint): Promise<ProposalFile> {
      const legs = [1, 2, 3, 4].map((id) => leg(id, KIND.Allocate, amount / 4n));
      const draft = await core.publish(legs);
      const proposal: Proposal = {
        ...draft,
        notBefore: Number(draft.notBefore),
        deadline: Number(draft.deadline),
        navToleranceBps: Number(draft.navToleranceBps),
        refNav: assets(draft.refNav),
        maxLoss: assets(draft.maxLoss),
        evidence: hash(draft.evidence),
        legs: draft.legs.map((one) => ({
          ...one,
          kind: LEG_KINDS[one.kind] ?? expect.fail("no such kind"),
          amount: assets(one.amount),
          minValue: assets(one.minValue),
        })),
      };
      const id = hash(await core.module.proposalId(draft));
      return { id, domain: { chainId: 31337, module: address(await core.module.getAddress()) }, proposal };
    }
    const needOf = (file: ProposalFile) => readSignersNeeded(client, file.domain.module, file.id, file.proposal);
    const collect = async (file: ProposalFile, signatures: readonly OwnerSignature[]) =>
      collectApprovals(client, file, await needOf(file), signatures);
    const signedBy = async (core: Core, { id, proposal }: ProposalFile, owner: number): Promise<OwnerSignature> => {
      const signer = core.owners[owner] ?? expect.fail("no such owner");
      const signature = await signer.signTypedData(core.domain, PROPOSAL_TYPES, toStruct(proposal));
      return { id, signer: address(signer.address), signature };
    };
    const run = (core: Core, { proposal }: ProposalFile, packed: string) =>
      core.module.connect(core.anyone).execute(toStruct(proposal), packed);
    async function withChild(core: Core): Promise<string> {
      const safe = safeOf(core);
      const child = await deploySafe(
        version,
        core.admin,
        CHILD_OWNERS.map(({ address: owner }) => owner),
        2,
      );
      const childAddress = await child.getAddress();
      const add = safe.interface.encodeFunctionData("addOwnerWithThreshold", [childAddress, 2]);
      await runSafeTransaction(safe, core.owners.slice(0, 2), await safe.getAddress(), add);
      return childAddress;
    }

    it("asks for the threshold without tiers, and by the size of the move with them", async () => {
      const core = await load();
      const plain = await publish(core, 50n * ETHER);
      expect(await needOf(plain)).to.deep.include({ required: 2, threshold: 2, movedBps: null });
      expect(describeNeed(await needOf(plain))).to.equal("2 of 3 needed, the Safe's threshold");
      await setTiers(core);
      expect(describeNeed(await needOf(await publish(core, 12n * ETHER)))).to.equal(
        "2 of 3 needed, because it moves 12.00 % of NAV",
      );
      expect(describeNeed(await needOf(await publish(core, 50n * ETHER)))).to.equal(
        "3 of 3 needed, because it moves 50.00 % of NAV; the Safe's own threshold is 2",
      );
    });

    it("a large move is not complete with the threshold's signatures, and the module agrees", async () => {
      const core = await load();
      await setTiers(core);
      const file = await publish(core, 40n * ETHER);
      const two = await collect(file, [await signedBy(core, file, 0), await signedBy(core, file, 1)]);
      expect(two.isComplete).to.equal(false);
      expect(describeMissing(two))
        .to.contain("3 of 3 needed, because it moves 40.00 % of NAV")
        .and.to.contain("1 more");
      await expect(run(core, file, two.packed)).to.be.revertedWith("GS020");
      const three = await collect(file, [
        await signedBy(core, file, 2),
        await signedBy(core, file, 0),
        await signedBy(core, file, 1),
      ]);
      expect(three.isComplete).to.equal(true);
      await run(core, file, three.packed);
      expect(await core.vault.totalDebt()).to.equal(40n * ETHER);
    });

    it("the Safe's own transaction does for the threshold, and not for a large move", async () => {
      const core = await load();
      await setTiers(core);
      const [small, large] = [await publish(core, 10n * ETHER), await publish(core, 40n * ETHER)];
      for (const { id } of [small, large]) {
        const data = core.module.interface.encodeFunctionData("approve", [id]);
        await runSafeTransaction(safeOf(core), core.owners.slice(0, 2), await core.module.getAddress(), data);
      }
      const refused = await collect(large, []);
      expect(refused).to.include({ isComplete: false, packed: "0x" });
      expect(describeMissing(refused)).to.contain("proves 2, so 3 more must sign");
      await expect(run(core, large, "0x")).to.be.revertedWithCustomError(core.module, "ProposalModule_NeedsSignatures");
      const two = await collect(large, [await signedBy(core, large, 0), await signedBy(core, large, 1)]);
      expect(two.isComplete).to.equal(false);
      const all = await Promise.all([0, 1, 2].map((owner) => signedBy(core, large, owner)));
      const three = await collect(large, all);
      expect(three.isComplete).to.equal(true);
      await core.module.execute.staticCall(toStruct(large.proposal), three.packed);
      const done = await collect(small, []);
      expect(done).to.include({ isComplete: true, packed: "0x" });
      await run(core, small, done.packed);
    });

    it("counts approveHash on the Safe beside signatures, in the Safe's order", async () => {
      const core = await load();
      await setTiers(core);
      const file = await publish(core, 40n * ETHER);
      const second = core.owners[1] ?? expect.fail("no owner");
      expect((await collect(file, [await signedBy(core, file, 0)])).given).to.have.length(1);
      const approve = await safeOf(core).getFunction("approveHash").populateTransaction(file.id);
      await second.sendTransaction(approve);
      const approvals = await collect(file, [await signedBy(core, file, 2), await signedBy(core, file, 0)]);
      expect(approvals.given.map(({ how }) => how).sort()).to.deep.equal(["approveHash", "signature", "signature"]);
      expect(approvals.isComplete).to.equal(true);
      expect(approvalLines(approvals)).to.include(`${second.address} approved on the Safe (approveHash)`);
      await run(core, file, approvals.packed);
      // Who has approved on chain and also signs is one owner all the same.
      const both = await collect(file, [await signedBy(core, file, 1)]);
      expect(both.given.map(({ owner, how }) => `${owner} ${how}`)).to.deep.equal([`${second.address} signature`]);
    });

    it("counts a Safe among the owners once enough of its own owners signed for it", async () => {
      const core = await load();
      const child = address(await withChild(core));
      await setTiers(core);
      const file = await publish(core, 40n * ETHER);
      const content = formatProposalFile(file, "");
      const expected = { ...file.domain, now: file.proposal.notBefore };
      const inner = await Promise.all(
        CHILD_OWNERS.slice(0, 2).map((owner) =>
          signProposal(content, owner, expected, { safe: child, parent: version }),
        ),
      );
      const [one, two] = inner;
      if (one === undefined || two === undefined) expect.fail("two signatures");
      const half = await collect(file, [await signedBy(core, file, 0), one]);
      expect(half.given).to.have.length(1);
      expect(approvalLines(half)).to.include(`${child} is a Safe: 1 of its 2 signed`);

      const outer = await Promise.all([0, 1, 2].map((owner) => signedBy(core, file, owner)));
      expect(describeNeed(await needOf(file))).to.contain("4 of 4 needed");
      const approvals = await collect(file, [two, ...outer, one]);
      expect(approvals.given.map(({ how }) => how).sort()).to.deep.equal([
        ...["contract", "signature", "signature", "signature"],
      ]);
      await run(core, file, approvals.packed);
      await caught(collect(file, [one, one]), DuplicateSignerError);
      await caught(collect(file, [{ ...one, via: address(core.stranger.address) }]), SignerNotOwnerError);
      await caught(collect(file, [{ ...one, signer: two.signer }]), SignatureInvalidError);
      const foreign = new Wallet(`0x${"99".repeat(32)}`);
      const stranger = await signProposal(content, foreign, expected, { safe: child, parent: version });
      await caught(collect(file, [stranger]), SignerNotOwnerError);
      // For a parent of the other version it is a signature of something else.
      const other = version === "1.5.0" ? "1.4.1" : "1.5.0";
      const crossed = await Promise.all(
        CHILD_OWNERS.slice(0, 2).map((owner) => signProposal(content, owner, expected, { safe: child, parent: other })),
      );
      expect((await caught(collect(file, crossed), ApprovalRefusedError)).owner).to.equal(child);
    });

    it("takes a contract's own bytes only when the Safe does", async () => {
      const core = await load();
      const key = CHILD_OWNERS[0] ?? expect.fail("no key");
      // Safe 1.4.1 asks contracts by an older function that this account does not have.
      const account = await ethers.deployContract("Erc1271Double", [key.address]);
      const owner = address(await account.getAddress());
      const safe = safeOf(core);
      const add = safe.interface.encodeFunctionData("addOwnerWithThreshold", [owner, 2]);
      await runSafeTransaction(safe, core.owners.slice(0, 2), await safe.getAddress(), add);
      const file = await publish(core, 10n * ETHER);
      const plain = key.signingKey.sign(getBytes(file.id)).serialized;
      const own = { id: file.id, signer: owner, signature: plain };
      const wrong = { ...own, signature: key.signingKey.sign(getBytes(hash(`0x${"07".repeat(32)}`))).serialized };
      await caught(collect(file, [wrong]), ApprovalRefusedError);
      if (version === "1.4.1") {
        await caught(collect(file, [own]), ApprovalRefusedError);
        return;
      }
      const approvals = await collect(file, [own, await signedBy(core, file, 0)]);
      expect(approvals.isComplete).to.equal(true);
      await run(core, file, approvals.packed);
    });
  });
}

describe("approvals of another account", () => {
  it("error: ApproverNotSafeError names it", async () => {
    const account = await ethers.deployContract("ApproverDouble");
    const core = await deployCore(ethers, "none", await account.getAddress());
    const server = await serve({ request: ({ method, params }) => provider.request({ method, params: params ?? [] }) });
    const client = await createClient({ url: server.url, expectedChainId: 31337, timeoutMs: 30_000 });
    try {
      const module = address(await core.module.getAddress());
      const read = readSignersNeeded(client, module, hash(`0x${"00".repeat(32)}`), { legs: [], refNav: 1n });
      expect((await caught(read, ApproverNotSafeError)).approver).to.equal(await account.getAddress());
    } finally {
      client.close();
      await server.close();
    }
  });
});

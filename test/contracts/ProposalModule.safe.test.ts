/** Signatures, as the genuine Safe of both versions judges them. */
import { expect } from "chai";
import { TypedDataEncoder } from "ethers";
import { network } from "hardhat";
import { deployCore, ETHER, KIND, leg, PROPOSAL_TYPES, STATE } from "../support/core.ts";
import type { SafeVersion } from "../support/safe.ts";
import { approvedHash, contractSignature, deploySafe, inOrder, runSafeTransaction } from "../support/safe.ts";

const { ethers, networkHelpers } = await network.create();
const ALLOCATE = [leg(1, KIND.Allocate, 10n * ETHER, 10n * ETHER)];

for (const version of ["1.5.0", "1.4.1"] as const satisfies readonly SafeVersion[]) {
  describe(`ProposalModule with Safe ${version}`, () => {
    const fixture150 = () => deployCore(ethers, "1.5.0");
    const fixture141 = () => deployCore(ethers, "1.4.1");
    const load = () => networkHelpers.loadFixture(version === "1.5.0" ? fixture150 : fixture141);
    const safeOf = (core: Awaited<ReturnType<typeof load>>) => {
      if (core.safe === undefined) throw new RangeError("This fixture has a Safe.");
      return core.safe;
    };

    it("gives a proposal the id that ethers' TypedDataEncoder computes", async () => {
      const core = await load();
      const proposal = await core.draft([
        leg(1, KIND.Deallocate, 3n, 2n),
        leg(2, KIND.RequestExit, 5n),
        { ...leg(3, KIND.Allocate, 2n ** 128n - 1n, 7n), tickLower: -887272, tickUpper: 887272 },
      ]);
      expect(await core.module.proposalId(proposal)).to.equal(
        TypedDataEncoder.hash(core.domain, PROPOSAL_TYPES, { ...proposal }),
      );
    });

    it("lets anyone execute what two of three owners signed", async () => {
      const core = await load();
      const proposal = await core.publish(ALLOCATE);
      const id = await core.module.proposalId(proposal);
      expect(await core.module.stateOf(id)).to.equal(STATE.Proposed);
      await expect(core.module.connect(core.anyone).execute(proposal, await core.signed(proposal)))
        .to.emit(core.module, "Execute")
        .withArgs(id, core.anyone.address, 100n * ETHER, 100n * ETHER, 0n, 0n);
      expect(await core.module.stateOf(id)).to.equal(STATE.Executed);
      expect(await core.module.isNonceUsed(proposal.nonce)).to.equal(true);
      expect(await core.vault.debtOf(1)).to.equal(10n * ETHER);
    });

    it("counts a reposition as the whole debt that it moves", async () => {
      const core = await load();
      const proposal = await core.publish(ALLOCATE);
      await core.module.execute(proposal, await core.signed(proposal));
      const selector = core.module.interface.getFunction("setSignerTiers").selector;
      await core.manager.setTargetFunctionRole(core.module.target, [selector], 0);
      await core.module
        .connect(core.admin)
        .setSignerTiers({ smallBps: 500, smallSigners: 2, largeBps: 1_000, largeSigners: 3 });
      const move = { ...leg(1, KIND.Reposition, 0n), tickLower: -10, tickUpper: 10 };
      const ask = async (legs: (typeof move)[], refNav: bigint) => [
        ...(await core.module.requiredSigners(legs, refNav)),
      ];
      expect(await ask([move], 100n * ETHER)).to.deep.equal([3n, 2n, 1_000n]);
      expect(await ask([move], 200n * ETHER)).to.deep.equal([2n, 2n, 500n]);
      const more = leg(2, KIND.Allocate, 5n * ETHER);
      expect(await ask([move, more], 200n * ETHER)).to.deep.equal([3n, 2n, 750n]);
    });

    it("refuses one signature, a doubled one, a wrong order and a stranger's", async () => {
      const core = await load();
      const proposal = await core.publish(ALLOCATE);
      const [first, second] = await core.sign(proposal, core.owners.slice(0, 2));
      const [foreign] = await core.sign(proposal, [core.stranger]);
      if (!first || !second || !foreign) throw new RangeError("Three signatures expected.");
      const ordered = [first, second].sort((a, b) => (BigInt(a.owner) < BigInt(b.owner) ? -1 : 1));
      const execute = (signatures: string) => core.module.execute(proposal, signatures);
      await expect(execute("0x")).to.be.revertedWith("GS020");
      await expect(execute(first.data)).to.be.revertedWith("GS020");
      await expect(execute(inOrder([first, first]))).to.be.revertedWith("GS026");
      await expect(execute(`${ordered[1]?.data ?? ""}${(ordered[0]?.data ?? "").slice(2)}`)).to.be.revertedWith(
        "GS026",
      );
      await expect(execute(inOrder([first, foreign]))).to.be.revertedWith("GS026");
      await execute(inOrder([first, second]));
    });

    it("refuses an owner who was removed after signing", async () => {
      const core = await load();
      const safe = safeOf(core);
      const proposal = await core.publish(ALLOCATE);
      const signatures = await core.signed(proposal);
      const owners: string[] = [...(await safe.getFunction("getOwners")())];
      const removed = core.owners[0]?.address ?? "";
      const at = owners.indexOf(removed);
      const previous = at === 0 ? "0x0000000000000000000000000000000000000001" : owners[at - 1];
      const data = safe.interface.encodeFunctionData("removeOwner", [previous, removed, 2]);
      await runSafeTransaction(safe, core.owners.slice(1), await safe.getAddress(), data);
      await expect(core.module.execute(proposal, signatures)).to.be.revertedWith("GS026");
    });

    it("asks for a threshold that was raised after signing", async () => {
      const core = await load();
      const safe = safeOf(core);
      const proposal = await core.publish(ALLOCATE);
      const data = safe.interface.encodeFunctionData("changeThreshold", [3]);
      await runSafeTransaction(safe, core.owners.slice(0, 2), await safe.getAddress(), data);
      await expect(core.module.execute(proposal, await core.signed(proposal))).to.be.revertedWith("GS020");
      await core.module.execute(proposal, inOrder(await core.sign(proposal, core.owners)));
    });

    it("refuses signatures for another chain, another module or another version", async () => {
      const core = await load();
      const twin = await core.deployTwin();
      const proposal = await core.publish(ALLOCATE);
      for (const change of [{ chainId: 1n }, { verifyingContract: await twin.getAddress() }, { version: "2" }]) {
        const signatures = await core.sign(proposal, core.owners.slice(0, 2), { ...core.domain, ...change });
        await expect(core.module.execute(proposal, inOrder(signatures))).to.be.revertedWith("GS026");
      }
    });

    it("counts an owner who called approveHash on the Safe", async () => {
      const core = await load();
      const safe = safeOf(core);
      const proposal = await core.publish(ALLOCATE);
      const [first] = await core.sign(proposal, core.owners.slice(0, 1));
      const second = core.owners[1];
      if (!first || !second) throw new RangeError("Two owners expected.");
      const signatures = inOrder([first, approvedHash(second.address)]);
      await expect(core.module.execute(proposal, signatures)).to.be.revertedWith("GS025");
      const approve = safe.getFunction("approveHash").populateTransaction(await core.module.proposalId(proposal));
      await second.sendTransaction(await approve);
      await core.module.execute(proposal, signatures);
    });

    it("does not count the executor as an owner who agrees, even when an owner executes", async () => {
      const core = await load();
      const proposal = await core.publish(ALLOCATE);
      const [first] = await core.sign(proposal, core.owners.slice(0, 1));
      const second = core.owners[1];
      if (!first || !second) throw new RangeError("Two owners expected.");
      const signatures = inOrder([first, approvedHash(second.address)]);
      await expect(core.module.connect(second).execute(proposal, signatures)).to.be.revertedWith("GS025");
    });

    it("accepts a contract owner, a Safe itself, through ERC-1271", async () => {
      const core = await load();
      const safe = safeOf(core);
      const child = await deploySafe(version, core.admin, [core.stranger.address], 1);
      const childAddress = await child.getAddress();
      const add = safe.interface.encodeFunctionData("addOwnerWithThreshold", [childAddress, 2]);
      await runSafeTransaction(safe, core.owners.slice(0, 2), await safe.getAddress(), add);
      const proposal = await core.publish(ALLOCATE);
      const id = await core.module.proposalId(proposal);
      const [first] = await core.sign(proposal, core.owners.slice(0, 1));
      if (!first) throw new RangeError("One signature expected.");
      // What a Safe's owner signs for ERC-1271: 1.4.1 is handed the preimage by its parent, 1.5.0 the hash.
      const preimage = ethers.concat([
        "0x1901",
        TypedDataEncoder.hashDomain(core.domain),
        TypedDataEncoder.from(PROPOSAL_TYPES).hashStruct("Proposal", { ...proposal }),
      ]);
      expect(ethers.keccak256(preimage)).to.equal(id);
      const message = version === "1.4.1" ? preimage : id;
      const inner = await core.stranger.signTypedData(
        { chainId: core.domain.chainId ?? null, verifyingContract: childAddress },
        { SafeMessage: [{ name: "message", type: "bytes" }] },
        { message },
      );
      const { head, tail } = contractSignature(childAddress, 2, inner);
      await core.module.execute(proposal, ethers.concat([inOrder([first, head]), tail]));
      expect(await core.module.stateOf(id)).to.equal(STATE.Executed);
    });

    it("lets the Safe approve by an ordinary transaction, and nobody else", async () => {
      const core = await load();
      const safe = safeOf(core);
      const proposal = await core.publish(ALLOCATE);
      const id = await core.module.proposalId(proposal);
      await expect(core.module.connect(core.owners[0]).approve(id))
        .to.be.revertedWithCustomError(core.module, "ProposalModule_NotApprover")
        .withArgs(core.owners[0]?.address, await safe.getAddress());
      const approve = core.module.interface.encodeFunctionData("approve", [id]);
      await runSafeTransaction(safe, core.owners.slice(1), await core.module.getAddress(), approve);
      expect(await core.module.isApproved(id)).to.equal(true);
      await core.module.connect(core.anyone).execute(proposal, "0x");
      expect(await core.module.stateOf(id)).to.equal(STATE.Executed);
    });

    it("lets the Safe take back what its owners signed", async () => {
      const core = await load();
      const proposal = await core.publish(ALLOCATE);
      const cancel = core.module.interface.encodeFunctionData("cancel", [proposal]);
      await runSafeTransaction(safeOf(core), core.owners.slice(1), await core.module.getAddress(), cancel);
      await expect(core.module.execute(proposal, await core.signed(proposal)))
        .to.be.revertedWithCustomError(core.module, "ProposalModule_WrongState")
        .withArgs(await core.module.proposalId(proposal), STATE.Cancelled);
    });

    it("refuses a replay of the proposal and of its nonce", async () => {
      const core = await load();
      const proposal = await core.publish(ALLOCATE);
      const sibling = await core.publish(ALLOCATE, { nonce: proposal.nonce, evidence: ethers.id("other") });
      const signatures = await core.signed(proposal);
      await core.module.execute(proposal, signatures);
      await expect(core.module.execute(proposal, signatures))
        .to.be.revertedWithCustomError(core.module, "ProposalModule_WrongState")
        .withArgs(await core.module.proposalId(proposal), STATE.Executed);
      await networkHelpers.time.increase(21_600);
      await expect(core.module.execute(sibling, await core.signed(sibling)))
        .to.be.revertedWithCustomError(core.module, "ProposalModule_NonceUsed")
        .withArgs(proposal.nonce);
    });
  });
}

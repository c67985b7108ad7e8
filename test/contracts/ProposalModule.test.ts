/** A proposal's life apart from its signatures: static limits, window, epoch, cooldown, pause, losses, aborts, roles. */
import { expect } from "chai";
import { network } from "hardhat";
import { CURATOR_DELAY, deployCore, ETHER, KIND, leg, POLICY, STATE } from "../support/core.ts";

const { ethers, networkHelpers } = await network.create();
const { time } = networkHelpers;
const fixture = () => deployCore(ethers, "1.5.0");
const load = () => networkHelpers.loadFixture(fixture);
const ALLOCATE = [leg(1, KIND.Allocate, 10n * ETHER, 9n * ETHER)];

describe("ProposalModule", () => {
  describe("propose", () => {
    it("is the proposer's only", async () => {
      const core = await load();
      const proposal = await core.draft(ALLOCATE);
      for (const caller of [core.anyone, core.guardian, core.curator]) {
        await expect(core.module.connect(caller).propose(proposal))
          .to.be.revertedWithCustomError(core.module, "AccessManagedUnauthorized")
          .withArgs(caller.address);
      }
    });

    it("emits the whole struct", async () => {
      const core = await load();
      const proposal = await core.draft(ALLOCATE);
      const receipt = await (await core.module.connect(core.keeper).propose(proposal)).wait();
      const [event] = await core.module.queryFilter(core.module.filters.Propose(), receipt?.blockNumber);
      expect(event?.args.id).to.equal(await core.module.proposalId(proposal));
      expect(event?.args.proposal.legs[0]?.amount).to.equal(10n * ETHER);
      expect(event?.args.proposal.evidence).to.equal(proposal.evidence);
    });

    it("refuses calldata that is not the one encoding of the proposal", async () => {
      const core = await load();
      const proposal = await core.draft(ALLOCATE);
      const data = core.module.interface.encodeFunctionData("propose", [proposal]);
      const words = (data.length - 10) / 2;
      await expect(core.keeper.sendTransaction({ to: core.module.target, data: `${data}00` }))
        .to.be.revertedWithCustomError(core.module, "ProposalModule_NotCanonical")
        .withArgs(words + 1, words);
      // The sixth word of a leg is a tick; the third an amount: both with stray high bits.
      const at = data.length - 64 * 4;
      const dirty = `${data.slice(0, at)}f${data.slice(at + 1)}`;
      await expect(core.keeper.sendTransaction({ to: core.module.target, data: dirty })).to.be.revertedWithCustomError(
        core.operations,
        "Legs_Malformed",
      );
    });

    it("refuses what already breaks a static limit", async () => {
      const core = await load();
      const good = await core.draft(ALLOCATE);
      const now = BigInt(await time.latest());
      const cases = [
        ["ProposalModule_BadWindow", { deadline: now - 1n, notBefore: 0n }],
        ["ProposalModule_BadWindow", { deadline: now + BigInt(POLICY.maxTtl) + 60n }],
        ["ProposalModule_BadWindow", { notBefore: good.deadline + 1n }],
        ["ProposalModule_ToleranceTooWide", { navToleranceBps: POLICY.maxNavToleranceBps + 1 }],
        ["ProposalModule_MaxLossTooHigh", { maxLoss: good.maxLoss + 1n }],
        ["ProposalModule_OldEpoch", { configEpoch: good.configEpoch - 1n }],
        ["Legs_BadCount", { legs: [] }],
        ["Legs_AmountOnReposition", { legs: [leg(1, KIND.Reposition, 1n)] }],
        ["Legs_ZeroAmount", { legs: [leg(1, KIND.Allocate, 0n)] }],
      ] as const;
      for (const [error, change] of cases) {
        await expect(
          core.module
            .connect(core.keeper)
            .propose({ ...good, ...change, legs: [...("legs" in change ? change.legs : good.legs)] }),
        ).to.be.revertedWithCustomError(core.module, error);
      }
      await core.module.connect(core.keeper).propose(good);
      await expect(core.module.connect(core.keeper).propose(good))
        .to.be.revertedWithCustomError(core.module, "ProposalModule_WrongState")
        .withArgs(await core.module.proposalId(good), STATE.Proposed);
    });
  });

  describe("cancel", () => {
    it("belongs to guardian, curator and proposer, and is for good", async () => {
      const core = await load();
      for (const caller of [core.guardian, core.curator, core.keeper]) {
        const proposal = await core.publish(ALLOCATE);
        await expect(core.module.connect(core.anyone).cancel(proposal))
          .to.be.revertedWithCustomError(core.module, "ProposalModule_CannotCancel")
          .withArgs(core.anyone.address);
        const id = await core.module.proposalId(proposal);
        await expect(core.module.connect(caller).cancel(proposal))
          .to.emit(core.module, "Cancel")
          .withArgs(id, caller.address);
        await expect(core.module.execute(proposal, await core.signed(proposal)))
          .to.be.revertedWithCustomError(core.module, "ProposalModule_WrongState")
          .withArgs(id, STATE.Cancelled);
        await expect(core.module.connect(core.keeper).propose(proposal))
          .to.be.revertedWithCustomError(core.module, "ProposalModule_NonceUsed")
          .withArgs(proposal.nonce);
      }
    });

    it("may come before the proposal and survives a nonce its sibling used", async () => {
      const core = await load();
      const proposal = await core.draft(ALLOCATE);
      await core.module.connect(core.guardian).cancel(proposal);
      const sibling = { ...proposal, evidence: ethers.id("sibling") };
      await core.module.connect(core.guardian).cancel(sibling);
      expect(await core.module.stateOf(await core.module.proposalId(sibling))).to.equal(STATE.Cancelled);
    });
  });

  describe("execute", () => {
    it("refuses a proposal nobody published", async () => {
      const core = await load();
      const proposal = await core.draft(ALLOCATE);
      await expect(core.module.execute(proposal, await core.signed(proposal)))
        .to.be.revertedWithCustomError(core.module, "ProposalModule_WrongState")
        .withArgs(await core.module.proposalId(proposal), STATE.None);
    });

    it("keeps to the window", async () => {
      const core = await load();
      const now = BigInt(await time.latest());
      const proposal = await core.publish(ALLOCATE, { notBefore: now + 600n, deadline: now + 1_200n });
      const signatures = await core.signed(proposal);
      await expect(core.module.execute(proposal, signatures)).to.be.revertedWithCustomError(
        core.module,
        "ProposalModule_NotYet",
      );
      await time.setNextBlockTimestamp(now + 1_201n);
      await expect(core.module.execute(proposal, signatures))
        .to.be.revertedWithCustomError(core.module, "ProposalModule_Expired")
        .withArgs(now + 1_201n, now + 1_200n);
    });

    it("refuses every old epoch: registry, guard, policy", async () => {
      const core = await load();
      const { manager, curator } = core;
      const changes = [
        () => core.registry.connect(core.guardian).lowerRiskCap(0, 0, 0),
        () => core.guard.connect(core.guardian).disable(8),
        async () => {
          const data = core.module.interface.encodeFunctionData("setPolicy", [{ ...POLICY, cooldown: 0 }]);
          await manager.connect(curator).schedule(core.module.target, data, 0);
          await time.increase(CURATOR_DELAY);
          return manager.connect(curator).execute(core.module.target, data);
        },
      ];
      for (const change of changes) {
        // Far deadline through a wide policy is not possible, so the last proposal is drafted for the delay's end.
        const proposal = await core.draft(ALLOCATE);
        const before = await core.module.configEpoch();
        await change();
        expect(await core.module.configEpoch()).to.equal(before + 1n);
        await expect(
          core.module.connect(core.keeper).propose({ ...proposal, deadline: BigInt(await time.latest()) + 600n }),
        )
          .to.be.revertedWithCustomError(core.module, "ProposalModule_OldEpoch")
          .withArgs(before, before + 1n);
      }
      const proposal = await core.publish(ALLOCATE);
      const signatures = await core.signed(proposal);
      await core.registry.connect(core.guardian).restrict(8, 2);
      await expect(core.module.execute(proposal, signatures)).to.be.revertedWithCustomError(
        core.module,
        "ProposalModule_OldEpoch",
      );
    });

    it("keeps the cooldown", async () => {
      const core = await load();
      const first = await core.publish(ALLOCATE);
      await core.module.execute(first, await core.signed(first));
      const executed = await time.latest();
      expect(await core.module.nextExecutionAt()).to.equal(executed + POLICY.cooldown);
      const early = await core.publish(ALLOCATE);
      await expect(core.module.execute(early, await core.signed(early))).to.be.revertedWithCustomError(
        core.module,
        "ProposalModule_Cooldown",
      );
      await time.increaseTo(executed + POLICY.cooldown);
      const due = await core.publish(ALLOCATE);
      await core.module.execute(due, await core.signed(due));
    });

    it("stops while paused; the guardian pauses at once, the curator waits to unpause", async () => {
      const core = await load();
      await core.module.connect(core.guardian).pause();
      const proposal = await core.publish(ALLOCATE);
      await expect(core.module.execute(proposal, await core.signed(proposal))).to.be.revertedWithCustomError(
        core.module,
        "ProposalModule_Paused",
      );
      const data = core.module.interface.encodeFunctionData("unpause");
      await expect(core.module.connect(core.curator).unpause()).to.be.revertedWithCustomError(
        core.manager,
        "AccessManagerNotScheduled",
      );
      await core.manager.connect(core.curator).schedule(core.module.target, data, 0);
      await time.increase(CURATOR_DELAY);
      await core.module.connect(core.curator).unpause();
      expect(await core.module.paused()).to.equal(false);
    });

    it("refuses a NAV the signers did not see", async () => {
      const core = await load();
      const proposal = await core.publish(ALLOCATE);
      await core.vault.connect(core.depositor).depositEth(core.depositor.address, { value: ETHER });
      await expect(core.module.execute(proposal, await core.signed(proposal)))
        .to.be.revertedWithCustomError(core.operations, "LiquidityVault_NavOutOfTolerance")
        .withArgs(101n * ETHER, 100n * ETHER, 10);
      expect(await core.module.stateOf(await core.module.proposalId(proposal))).to.equal(STATE.Proposed);
    });

    it("undoes everything when a leg misses its minimum or the loss is too high", async () => {
      const core = await load();
      const [adapter] = core.adapters;
      if (!adapter) throw new RangeError("Eight adapters expected.");
      // 10 ether in, 60 bps lost: 0.06 of a NAV of 100, more than 5 bps.
      await adapter.setOutcome(9_940, 10_000, 10_000, 0);
      const strict = await core.publish([leg(1, KIND.Allocate, 10n * ETHER, 10n * ETHER)]);
      await expect(core.module.execute(strict, await core.signed(strict)))
        .to.be.revertedWithCustomError(core.operations, "LiquidityVault_ValueTooLow")
        .withArgs(1, (994n * ETHER) / 100n, 10n * ETHER);
      const lax = await core.publish(ALLOCATE);
      await expect(core.module.execute(lax, await core.signed(lax)))
        .to.be.revertedWithCustomError(core.module, "ProposalModule_LossTooHigh")
        .withArgs((6n * ETHER) / 100n, (5n * ETHER) / 100n);
      expect(await core.vault.debtOf(1)).to.equal(0n);
      const own = await core.publish(ALLOCATE, { maxLoss: 0n });
      await adapter.setOutcome(9_999, 10_000, 10_000, 0);
      await expect(core.module.execute(own, await core.signed(own)))
        .to.be.revertedWithCustomError(core.module, "ProposalModule_LossTooHigh")
        .withArgs(ETHER / 1_000n, 0n);
    });

    it("adds losses in a window that fades linearly over 24 hours", async () => {
      const core = await load();
      // 4.9 ether in, 100 bps lost: 0.049 each time, where one execution may lose 0.05.
      const loss = (49n * ETHER) / 1_000n;
      const lose = async (id: number) => {
        await core.adapters[id - 1]?.setOutcome(9_900, 10_000, 10_000, 0);
        const proposal = await core.publish([leg(id, KIND.Allocate, (49n * ETHER) / 10n)]);
        return core.module.execute(proposal, await core.signed(proposal));
      };
      await lose(1);
      expect(await core.module.lossWindow()).to.equal(loss);
      await time.increase(43_200);
      expect(await core.module.lossWindow()).to.equal(loss / 2n);
      const executed = BigInt(await time.latest()) - 43_200n;
      await lose(2);
      const elapsed = BigInt(await time.latest()) - executed;
      const left = (loss * (86_400n - elapsed) + 86_399n) / 86_400n;
      expect(await core.module.lossWindow()).to.equal(left + loss);
      await time.increase(86_400);
      expect(await core.module.lossWindow()).to.equal(0n);
    });

    it("refuses the loss that no longer fits into the window", async () => {
      const core = await load();
      const data = core.module.interface.encodeFunctionData("setPolicy", [
        { ...POLICY, cooldown: 0, windowLossBps: 8 },
      ]);
      await core.manager.connect(core.curator).schedule(core.module.target, data, 0);
      await time.increase(CURATOR_DELAY);
      await core.manager.connect(core.curator).execute(core.module.target, data);
      for (const adapter of core.adapters) await adapter.setOutcome(9_900, 10_000, 10_000, 0);
      const first = await core.publish([leg(1, KIND.Allocate, 4n * ETHER)]);
      await core.module.execute(first, await core.signed(first));
      const second = await core.publish([leg(2, KIND.Allocate, (48n * ETHER) / 10n)]);
      await expect(core.module.execute(second, await core.signed(second))).to.be.revertedWithCustomError(
        core.module,
        "ProposalModule_LossWindowExceeded",
      );
      const third = await core.publish([leg(2, KIND.Allocate, (39n * ETHER) / 10n)]);
      await core.module.execute(third, await core.signed(third));
    });

    it("aborts without revert at a tripped loss: frozen, nonce used, no leg, no cooldown", async () => {
      const core = await load();
      const first = await core.publish(ALLOCATE);
      await core.module.execute(first, await core.signed(first));
      await time.increase(POLICY.cooldown);
      const [adapter] = core.adapters;
      if (!adapter) throw new RangeError("Eight adapters expected.");
      await adapter.setPosition((99n * ETHER) / 10n, 0, 0);
      const proposal = await core.publish([leg(1, KIND.Deallocate, ETHER), leg(2, KIND.Allocate, ETHER)]);
      const id = await core.module.proposalId(proposal);
      await expect(core.module.connect(core.anyone).execute(proposal, await core.signed(proposal)))
        .to.emit(core.module, "Abort")
        .withArgs(id, core.anyone.address, 1);
      expect(await core.module.stateOf(id)).to.equal(STATE.Aborted);
      expect(await core.module.isNonceUsed(proposal.nonce)).to.equal(true);
      expect((await core.registry.strategy(1)).state).to.equal(3n);
      expect(await core.vault.debtOf(2)).to.equal(0n);
      expect(await core.vault.nav()).to.equal((999n * ETHER) / 10n);
      const exit = await core.publish([leg(1, KIND.Deallocate, ETHER)]);
      await core.module.execute(exit, await core.signed(exit));
      expect(await core.vault.debtOf(1)).to.equal((89n * ETHER) / 10n);
    });

    it("cannot be entered again by a venue", async () => {
      const core = await load();
      const [adapter] = core.adapters;
      if (!adapter) throw new RangeError("Eight adapters expected.");
      const proposal = await core.publish(ALLOCATE);
      const signatures = await core.signed(proposal);
      const data = core.module.interface.encodeFunctionData("execute", [proposal, signatures]);
      await adapter.setCallback(core.module.target, data);
      await core.module.execute(proposal, signatures);
      expect(await adapter.callbackRevert()).to.equal(ethers.id("ReentrancyGuardReentrantCall()").slice(0, 10));
    });
  });

  describe("roles", () => {
    it("gives each restricted function to its role only", async () => {
      const core = await load();
      const { registry, guard, vault, module } = core;
      const none = {
        kind: 1,
        feed: ethers.ZeroAddress,
        heartbeat: 0,
        margin: 0,
        maxRateGrowthBps: 1,
        slashBudgetBps: 0,
        minAnswer: 0,
        maxAnswer: 0,
      };
      const limits = { absoluteCap: 0, dailyInflowBudget: 0, relativeCapBps: 0, lossTripBps: 0 };
      const curatorOnly = [
        registry.connect(core.guardian).registerStrategy.populateTransaction(ethers.ZeroAddress, 0),
        registry.connect(core.guardian).setLimits.populateTransaction(1, limits),
        registry.connect(core.guardian).setRiskCap.populateTransaction(0, 0, 0),
        registry.connect(core.guardian).reactivate.populateTransaction(1),
        guard.connect(core.guardian).setOracle.populateTransaction(1, none),
        vault.connect(core.guardian).unpauseDeposits.populateTransaction(),
        module.connect(core.guardian).unpause.populateTransaction(),
        module.connect(core.guardian).setPolicy.populateTransaction(POLICY),
      ];
      const guardianOnly = [
        registry.lowerLimits.populateTransaction(1, limits),
        registry.lowerRiskCap.populateTransaction(0, 0, 0),
        registry.restrict.populateTransaction(1, 2),
        guard.disable.populateTransaction(2),
        vault.pauseDeposits.populateTransaction(),
        module.pause.populateTransaction(),
      ];
      for (const transaction of curatorOnly) {
        const { to, data } = await transaction;
        for (const caller of [core.guardian, core.keeper, core.anyone]) {
          await expect(caller.sendTransaction({ to, data })).to.be.revertedWithCustomError(
            core.module,
            "AccessManagedUnauthorized",
          );
        }
        // The curator itself must have scheduled it.
        await expect(core.curator.sendTransaction({ to, data })).to.be.revertedWithCustomError(
          core.manager,
          "AccessManagerNotScheduled",
        );
      }
      for (const transaction of guardianOnly) {
        const { to, data } = await transaction;
        for (const caller of [core.keeper, core.anyone]) {
          await expect(caller.sendTransaction({ to, data })).to.be.revertedWithCustomError(
            core.module,
            "AccessManagedUnauthorized",
          );
        }
        await core.guardian.sendTransaction({ to, data });
      }
    });
  });

  describe("approver", () => {
    it("refuses an account without code, and a contract that only claims to be a Safe", async () => {
      const core = await load();
      const args = (approver: string, isSafe: boolean) =>
        [
          core.manager.target,
          core.vault.target,
          core.registry.target,
          core.guard.target,
          approver,
          isSafe,
          POLICY,
        ] as const;
      await expect(ethers.deployContract("ProposalModule", [...args(core.anyone.address, false)]))
        .to.be.revertedWithCustomError(core.module, "ProposalModule_BadTarget")
        .withArgs(core.anyone.address);
      const pretender = await ethers.deployContract("Erc1271Double", [core.stranger.address]);
      await expect(ethers.deployContract("ProposalModule", [...args(await pretender.getAddress(), true)]))
        .to.be.revertedWithCustomError(core.module, "ProposalModule_BadTarget")
        .withArgs(await pretender.getAddress());
    });

    it("takes the word of an ERC-1271 account", async () => {
      const [, , , , , , , , , stranger] = await ethers.getSigners();
      if (!stranger) throw new RangeError("Ten signers expected.");
      const account = await ethers.deployContract("Erc1271Double", [stranger.address]);
      const core = await deployCore(ethers, "none", await account.getAddress());
      const proposal = await core.publish(ALLOCATE);
      const [good] = await core.sign(proposal, [stranger]);
      const [bad] = await core.sign(proposal, [core.anyone]);
      if (!good || !bad) throw new RangeError("Two signatures expected.");
      await expect(core.module.execute(proposal, bad.data))
        .to.be.revertedWithCustomError(core.module, "ProposalModule_NotApproved")
        .withArgs(await core.module.proposalId(proposal), await account.getAddress());
      await core.module.execute(proposal, good.data);
    });
  });
});

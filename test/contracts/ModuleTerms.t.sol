// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IProposalModule} from "../../contracts/interfaces/IProposalModule.sol";
import {ISafe} from "../../contracts/interfaces/external/safe/ISafe.sol";
import {Errors} from "../../contracts/libraries/Errors.sol";
import {Legs} from "../../contracts/libraries/Legs.sol";
import {ProposalModule} from "../../contracts/ProposalModule.sol";
import {Leg, LegKind, Proposal, ProposalState} from "../../contracts/types/Proposal.sol";
import {CoreFixture} from "./support/CoreFixture.sol";

/// @dev A Safe reduced to its numbers: how many owners there are, how many must sign, how many signed what.
contract SafeDouble is ISafe {
    uint256 public getThreshold;
    uint256 private _owners;
    mapping(bytes32 => uint256) public signed;

    error TooFewSignatures(uint256 signed, uint256 required);

    constructor(uint256 threshold, uint256 owners) {
        (getThreshold, _owners) = (threshold, owners);
    }

    function setThreshold(uint256 threshold) external {
        getThreshold = threshold;
    }

    function sign(bytes32 hash, uint256 owners) external {
        signed[hash] = owners;
    }

    function getOwners() external view returns (address[] memory) {
        return new address[](_owners);
    }

    function checkNSignatures(bytes32 hash, bytes calldata data, bytes calldata, uint256 required) external view {
        bool fits = data.length == 0 || keccak256(data) == hash;
        require(fits && required != 0 && signed[hash] >= required, TooFewSignatures(signed[hash], required));
    }
}

/// @notice What the module lets through: tiers of signers, policies, nonces, windows, approvals by transaction.
contract ModuleTermsTest is CoreFixture {
    SafeDouble internal safe;
    ProposalModule internal module;
    uint256 private _nonce;

    function setUp() public override {
        super.setUp();
        deposit(ALICE, 100 ether);
    }

    function moduleToBind() internal override returns (address) {
        safe = new SafeDouble(2, 5);
        module = _module(address(safe), true, policy());
        return address(module);
    }

    function policy() internal pure returns (IProposalModule.Policy memory) {
        return IProposalModule.Policy(1 hours, 4 hours, 200, 400, 500);
    }

    function _module(
        address approver,
        bool isSafe,
        IProposalModule.Policy memory terms
    ) private returns (ProposalModule) {
        return
            new ProposalModule(
                address(manager),
                address(vault),
                address(registry),
                address(guard),
                approver,
                isSafe,
                terms
            );
    }

    function tiers(uint16 small, uint8 few, uint16 large, uint8 many) internal {
        module.setSignerTiers(IProposalModule.SignerTiers(small, few, large, many));
    }

    function draft(Leg[] memory legs) internal returns (Proposal memory proposal) {
        proposal.legs = legs;
        proposal.nonce = ++_nonce;
        proposal.notBefore = uint64(block.timestamp);
        proposal.deadline = uint64(block.timestamp + 4 hours);
        proposal.configEpoch = module.configEpoch();
        proposal.refNav = vault.nav();
        proposal.navToleranceBps = 500;
        proposal.maxLoss = uint128(vault.nav() / 50);
    }

    function propose(Leg[] memory legs) internal returns (Proposal memory proposal, bytes32 id) {
        proposal = draft(legs);
        id = module.propose(proposal);
    }

    // TIERS

    function needs(uint256 refNav, Leg[] memory legs, uint256 owners, uint256 moved) internal view {
        (uint256 required, uint256 threshold, uint256 movedBps) = module.requiredSigners(legs, refNav);
        eq(required, owners, "required");
        eq(threshold, safe.getThreshold(), "threshold");
        eq(movedBps, moved, "moved");
    }

    function test_WithoutTiersTheThresholdSigns() public view {
        needs(100 ether, one(allocateLeg(1, 100 ether)), 2, 0);
    }

    function test_LargerMovesNeedMoreSigners() public {
        tiers(1_000, 3, 2_500, 4);
        needs(100 ether, one(allocateLeg(1, 1)), 3, 1);
        needs(100 ether, one(allocateLeg(1, 10 ether)), 3, 1_000);
        // One wei more is rounded up, into the next tier.
        needs(100 ether, one(allocateLeg(1, 10 ether + 1)), 4, 1_001);
        needs(100 ether, one(exitLeg(1, 25 ether)), 4, 2_500);
        // Beyond the large tier: every owner.
        needs(100 ether, one(requestLeg(1, 25 ether + 1)), 5, 2_501);
        needs(0, one(allocateLeg(1, 1)), 5, type(uint256).max);
    }

    function test_TheLargerOfInAndOutIsWhatMoves() public {
        tiers(1_000, 3, 2_500, 4);
        Leg[] memory legs = new Leg[](3);
        (legs[0], legs[1], legs[2]) = (exitLeg(1, 12 ether), requestLeg(2, 8 ether), allocateLeg(3, 5 ether));
        needs(100 ether, legs, 4, 2_000);
        (legs[0], legs[1], legs[2]) = (exitLeg(1, 5 ether), allocateLeg(2, 6 ether), allocateLeg(3, 7 ether));
        needs(100 ether, legs, 4, 1_300);
    }

    /// @dev A range that moves is sold and bought whole, whatever else is done; its leg names no amount.
    function test_ARepositionMovesTheWholeDebt() public {
        tiers(1_000, 3, 2_500, 4);
        vm.startPrank(address(module));
        allocate(1, 15 ether);
        allocate(2, 8 ether);
        vm.stopPrank();
        Leg memory leg = Leg(2, LegKind.Reposition, 0, 0, -10, 10);
        needs(100 ether, one(leg), 3, 800);
        Leg[] memory legs = new Leg[](2);
        (legs[0], legs[1]) = (Leg(1, LegKind.Reposition, 0, 0, -10, 10), leg);
        needs(100 ether, legs, 4, 2_300);
        (legs[0], legs[1]) = (exitLeg(1, 2 ether + 1), leg);
        needs(100 ether, legs, 4, 1_001);
    }

    function test_ARemainderCountsAsAllItCouldTake() public {
        tiers(1_000, 3, 2_500, 4);
        Leg[] memory legs = new Leg[](2);
        (legs[0], legs[1]) = (exitLeg(1, 20 ether), allocateLeg(2, Legs.REMAINDER));
        // 100 of idle and 20 that the exit brings, of 1000.
        needs(1_000 ether, legs, 4, 1_200);
        (legs[0], legs[1]) = (allocateLeg(1, 150 ether), allocateLeg(2, Legs.REMAINDER));
        needs(1_000 ether, legs, 4, 1_500);
    }

    function test_AThresholdAboveTheTierBinds() public {
        tiers(1_000, 3, 2_500, 4);
        safe.setThreshold(4);
        needs(100 ether, one(allocateLeg(1, 1 ether)), 4, 100);
        needs(100 ether, one(allocateLeg(1, 20 ether)), 4, 2_000);
        tiers(1_000, 200, 2_500, 201);
        needs(100 ether, one(allocateLeg(1, 1 ether)), 5, 100);
    }

    function test_RevertWhen_TooFewSignForTheirTier() public {
        tiers(1_000, 3, 2_500, 4);
        (Proposal memory proposal, bytes32 id) = propose(one(allocateLeg(1, 10 ether)));
        safe.sign(id, 2);
        vm.expectRevert(abi.encodeWithSelector(SafeDouble.TooFewSignatures.selector, 2, 3));
        module.execute(proposal, "");
        safe.sign(id, 3);
        module.execute(proposal, "");
        eq(vault.debtOf(1), 10 ether, "executed");
    }

    /// @dev The Safe's own transaction proves its threshold and nothing above.
    function test_RevertWhen_ATransactionStandsForMoreThanTheThreshold() public {
        tiers(1_000, 2, 2_500, 3);
        (Proposal memory large, bytes32 largeId) = propose(one(allocateLeg(1, 10 ether + 1)));
        (Proposal memory small, bytes32 smallId) = propose(one(allocateLeg(1, 10 ether)));
        vm.startPrank(address(safe));
        module.approve(largeId);
        module.approve(smallId);
        vm.stopPrank();
        ok(module.isApproved(smallId), "approved");
        vm.expectRevert(abi.encodeWithSelector(Errors.ProposalModule_NeedsSignatures.selector, 1_001, 3, 2));
        module.execute(large, "");
        module.execute(small, "");
        eq(vault.debtOf(1), 10 ether, "executed");
    }

    function test_RevertWhen_TiersDescendOrNoSafeSigns() public {
        vm.expectRevert(abi.encodeWithSelector(Errors.ProposalModule_BadTiers.selector, 11, 10));
        tiers(11, 1, 10, 2);
        vm.expectRevert(abi.encodeWithSelector(Errors.ProposalModule_BadTiers.selector, 10, 11));
        tiers(10, 3, 11, 2);
        uint64 epoch = module.configEpoch();
        tiers(10, 2, 10, 2);
        eq(module.configEpoch(), epoch + 1, "signatures given before die");
        IProposalModule.SignerTiers memory set = module.signerTiers();
        eq(set.smallBps, 10, "small");
        eq(set.smallSigners, 2, "few");
        eq(set.largeBps, 10, "large");
        eq(set.largeSigners, 2, "many");
        ProposalModule other = _module(address(safe), false, policy());
        vm.expectRevert(abi.encodeWithSelector(Errors.ProposalModule_BadTiers.selector, 0, 1));
        other.setSignerTiers(IProposalModule.SignerTiers(0, 0, 1, 1));
        other.setSignerTiers(IProposalModule.SignerTiers(0, 0, 0, 0));
        (uint256 required, uint256 threshold, uint256 moved) = other.requiredSigners(one(allocateLeg(1, 1)), 1);
        eq(required + threshold + moved, 0, "a contract that is no Safe has no tiers");
    }

    function test_RevertWhen_TheSafeHasNoThresholdOrAcceptsSilence() public {
        safe.setThreshold(0);
        vm.expectRevert(abi.encodeWithSelector(Errors.ProposalModule_BadTarget.selector, address(safe)));
        _module(address(safe), true, policy());
        safe.setThreshold(2);
        safe.sign(bytes32(0), 0);
        safe.setThreshold(1);
        ok(_module(address(safe), true, policy()).approverIsSafe(), "one signer is a threshold");
        safe.setThreshold(2);
        safe.sign(bytes32(0), 1);
        vm.expectRevert(abi.encodeWithSelector(Errors.ProposalModule_BadTarget.selector, address(safe)));
        _module(address(safe), true, policy());
    }

    // POLICY

    function test_RevertWhen_ThePolicyIsBad() public {
        uint64 epoch = module.configEpoch();
        IProposalModule.Policy memory p = policy();
        p.maxTtl = 0;
        vm.expectRevert(abi.encodeWithSelector(Errors.ProposalModule_BadPolicy.selector, 0, type(uint32).max));
        module.setPolicy(p);
        p = policy();
        p.windowLossBps = 10_001;
        vm.expectRevert(abi.encodeWithSelector(Errors.ProposalModule_BadPolicy.selector, 10_001, 10_000));
        module.setPolicy(p);
        p = policy();
        p.maxLossBps = 401;
        vm.expectRevert(abi.encodeWithSelector(Errors.ProposalModule_BadPolicy.selector, 401, 400));
        module.setPolicy(p);
        p = policy();
        p.maxNavToleranceBps = 10_001;
        vm.expectRevert(abi.encodeWithSelector(Errors.ProposalModule_BadPolicy.selector, 10_001, 10_000));
        module.setPolicy(p);
        eq(module.configEpoch(), epoch, "nothing changed");
        // The edges are allowed.
        module.setPolicy(IProposalModule.Policy(7, 1, 10_000, 10_000, 10_000));
        p = module.policy();
        eq(p.cooldown, 7, "cooldown");
        eq(p.maxTtl, 1, "ttl");
        eq(p.maxLossBps, 10_000, "loss");
        eq(p.windowLossBps, 10_000, "window");
        eq(p.maxNavToleranceBps, 10_000, "tolerance");
        eq(module.configEpoch(), epoch + 1, "epoch");
    }

    function test_TheEdgesOfAProposalAreAllowed() public {
        Proposal memory proposal = draft(one(allocateLeg(1, 1 ether)));
        proposal.notBefore = proposal.deadline;
        proposal.maxLoss = uint128(vault.nav() / 50);
        bytes32 id = module.propose(proposal);
        eq(uint8(module.stateOf(id)), uint8(ProposalState.Proposed), "proposed");
        safe.sign(id, 2);
        vm.expectRevert(
            abi.encodeWithSelector(Errors.ProposalModule_NotYet.selector, block.timestamp, proposal.notBefore)
        );
        module.execute(proposal, "");
        vm.warp(proposal.deadline + 1);
        vm.expectRevert(
            abi.encodeWithSelector(Errors.ProposalModule_Expired.selector, block.timestamp, proposal.deadline)
        );
        module.execute(proposal, "");
        vm.warp(proposal.deadline);
        module.execute(proposal, "");
        eq(uint8(module.stateOf(id)), uint8(ProposalState.Executed), "executed at the only moment there was");
        eq(module.nextExecutionAt(), block.timestamp + 1 hours, "cooldown");
    }

    function test_RevertWhen_TheTermsChangedAfterItWasSigned() public {
        (Proposal memory proposal, bytes32 id) = propose(one(allocateLeg(1, 1 ether)));
        safe.sign(id, 2);
        tiers(1_000, 2, 2_500, 3);
        uint64 epoch = module.configEpoch();
        vm.expectRevert(abi.encodeWithSelector(Errors.ProposalModule_OldEpoch.selector, epoch - 1, epoch));
        module.execute(proposal, "");
    }

    function test_RevertWhen_AProposalIsBeyondTheEdges() public {
        Proposal memory proposal = draft(one(allocateLeg(1, 1 ether)));
        uint256 latest = block.timestamp + 4 hours;
        proposal.deadline = uint64(latest + 1);
        _refuseWindow(proposal, latest);
        proposal.deadline = uint64(block.timestamp);
        _refuseWindow(proposal, latest);
        proposal.deadline = proposal.notBefore - 1;
        _refuseWindow(proposal, latest);
        proposal = draft(one(allocateLeg(1, 1 ether)));
        proposal.navToleranceBps = 501;
        vm.expectRevert(abi.encodeWithSelector(Errors.ProposalModule_ToleranceTooWide.selector, 501, 500));
        module.propose(proposal);
        proposal.navToleranceBps = 500;
        proposal.maxLoss = 2 ether + 1;
        vm.expectRevert(abi.encodeWithSelector(Errors.ProposalModule_MaxLossTooHigh.selector, 2 ether + 1, 2 ether));
        module.propose(proposal);
        proposal.maxLoss = 2 ether;
        ++proposal.configEpoch;
        uint64 epoch = module.configEpoch();
        vm.expectRevert(abi.encodeWithSelector(Errors.ProposalModule_OldEpoch.selector, epoch + 1, epoch));
        module.propose(proposal);
    }

    function _refuseWindow(Proposal memory proposal, uint256 latest) private {
        vm.expectRevert(
            abi.encodeWithSelector(
                Errors.ProposalModule_BadWindow.selector,
                proposal.notBefore,
                proposal.deadline,
                latest
            )
        );
        module.propose(proposal);
    }

    // NONCES AND APPROVAL

    function test_ANonceServesOneProposalOnly() public {
        Proposal memory first = draft(one(allocateLeg(1, 1 ether)));
        first.nonce = 256 + 255;
        Proposal memory second = draft(one(allocateLeg(2, 1 ether)));
        second.nonce = first.nonce;
        safe.sign(module.propose(first), 2);
        safe.sign(module.propose(second), 2);
        module.execute(first, "");
        ok(module.isNonceUsed(511), "used");
        ok(!module.isNonceUsed(510) && !module.isNonceUsed(255) && !module.isNonceUsed(512), "and no other");
        pass(1 hours);
        vm.expectRevert(abi.encodeWithSelector(Errors.ProposalModule_NonceUsed.selector, 511));
        module.execute(second, "");
        Proposal memory third = draft(one(allocateLeg(2, 2 ether)));
        third.nonce = 511;
        vm.expectRevert(abi.encodeWithSelector(Errors.ProposalModule_NonceUsed.selector, 511));
        module.propose(third);
    }

    function test_RevertWhen_AnotherApprovesOrWhatIsNotProposed() public {
        (Proposal memory proposal, bytes32 id) = propose(one(allocateLeg(1, 1 ether)));
        vm.expectRevert(
            abi.encodeWithSelector(Errors.ProposalModule_NotApprover.selector, address(this), address(safe))
        );
        module.approve(id);
        ok(!module.isApproved(id), "not approved");
        vm.startPrank(address(safe));
        module.cancel(proposal);
        eq(uint8(module.stateOf(id)), uint8(ProposalState.Cancelled), "cancelled");
        vm.expectRevert(abi.encodeWithSelector(Errors.ProposalModule_WrongState.selector, id, ProposalState.Cancelled));
        module.approve(id);
        vm.expectRevert(
            abi.encodeWithSelector(Errors.ProposalModule_WrongState.selector, bytes32(uint256(1)), ProposalState.None)
        );
        module.approve(bytes32(uint256(1)));
        vm.stopPrank();
    }

    function test_TheApproverMayTakeBackWhatItSigned() public {
        (Proposal memory proposal, bytes32 id) = propose(one(allocateLeg(1, 1 ether)));
        safe.sign(id, 2);
        vm.prank(BOB);
        vm.expectRevert(abi.encodeWithSelector(Errors.ProposalModule_CannotCancel.selector, BOB));
        module.cancel(proposal);
        vm.prank(address(safe));
        module.cancel(proposal);
        vm.expectRevert(abi.encodeWithSelector(Errors.ProposalModule_WrongState.selector, id, ProposalState.Cancelled));
        module.execute(proposal, "");
        vm.prank(address(safe));
        vm.expectRevert(abi.encodeWithSelector(Errors.ProposalModule_WrongState.selector, id, ProposalState.Cancelled));
        module.cancel(proposal);
    }

    // LOSS

    function test_TheSmallerOfSignedAndAllowedLossBinds() public {
        adapters[1].setOutcome(9_900, 10_000, 10_000, 0);
        Proposal memory proposal = draft(one(allocateLeg(1, 40 ether)));
        proposal.maxLoss = 0.4 ether - 1;
        safe.sign(module.propose(proposal), 2);
        vm.expectRevert(abi.encodeWithSelector(Errors.ProposalModule_LossTooHigh.selector, 0.4 ether, 0.4 ether - 1));
        module.execute(proposal, "");
        proposal = draft(one(allocateLeg(1, 40 ether)));
        proposal.maxLoss = 0.4 ether;
        safe.sign(module.propose(proposal), 2);
        module.execute(proposal, "");
        eq(module.lossWindow(), 0.4 ether, "charged");
        vm.warp(block.timestamp + 12 hours);
        eq(module.lossWindow(), 0.2 ether, "fades by the hour");
        vm.warp(block.timestamp + 12 hours - 1);
        eq(module.lossWindow(), (uint256(0.4 ether) + 86_399) / 86_400, "rounded up");
        vm.warp(block.timestamp + 1);
        eq(module.lossWindow(), 0, "gone");
    }

    /// @dev 2 % an execution, 4 % a day.
    function test_TheWindowBindsToTheWei() public {
        module.setPolicy(IProposalModule.Policy(0, 4 hours, 200, 300, 500));
        for (uint8 id = 1; id <= 2; ++id) adapters[id].setOutcome(9_500, 10_000, 10_000, 0);
        (Proposal memory proposal, bytes32 id_) = propose(one(allocateLeg(1, 38 ether)));
        safe.sign(id_, 2);
        module.execute(proposal, "");
        eq(module.lossWindow(), 1.9 ether, "first");
        // 3 % of 98.1 leave 1.043: twenty times that may go in.
        uint256 most = 1.043 ether * 20;
        nextBlock();
        (proposal, id_) = propose(one(allocateLeg(2, most + 20)));
        safe.sign(id_, 2);
        vm.expectRevert(
            abi.encodeWithSelector(
                Errors.ProposalModule_LossWindowExceeded.selector,
                1.9 ether + 1.043 ether + 1,
                2.943 ether
            )
        );
        module.execute(proposal, "");
        (proposal, id_) = propose(one(allocateLeg(2, most)));
        safe.sign(id_, 2);
        module.execute(proposal, "");
        eq(module.lossWindow(), 2.943 ether, "to the wei");
    }
}

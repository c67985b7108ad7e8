// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IProposalModule} from "../../../contracts/interfaces/IProposalModule.sol";
import {Proposal} from "../../../contracts/types/Proposal.sol";
import {Core} from "../support/ProofFixture.sol";
import {Actor, Ledger} from "./Actor.sol";

/// @notice Writes proposals as the keeper does, has them signed and runs them.
abstract contract Proposer is Actor {
    constructor(Core memory core_, Ledger ledger_) Actor(core_, ledger_) {}

    /// @dev The widest terms that the policy allows, from now, at the present NAV and epoch.
    function fill(Proposal memory proposal) internal view {
        IProposalModule.Policy memory policy = core.module.policy();
        proposal.notBefore = uint64(block.timestamp);
        proposal.deadline = uint64(block.timestamp + policy.maxTtl);
        proposal.configEpoch = core.module.configEpoch();
        proposal.refNav = vault.nav();
        proposal.navToleranceBps = policy.maxNavToleranceBps;
        proposal.maxLoss = uint128((proposal.refNav * policy.maxLossBps) / 10_000);
    }

    function propose(Proposal memory proposal) internal returns (bytes32 id) {
        vm.prank(KEEPER);
        id = core.module.propose(proposal);
    }

    /// @dev The owners sign a hash, or approve the id in a transaction of their own.
    function signed(bytes32 id, bool byApproval) internal {
        if (byApproval) {
            vm.prank(address(core.approver));
            core.module.approve(id);
        } else {
            core.approver.sign(id, true);
        }
    }

    /// @return reason What it was refused for; zero when it ran.
    function tryExecute(Proposal memory proposal) internal returns (bytes4 reason) {
        (bool done, bytes memory answer) = address(core.module).call(
            abi.encodeCall(IProposalModule.execute, (proposal, ""))
        );
        return done ? bytes4(0) : bytes4(answer);
    }
}

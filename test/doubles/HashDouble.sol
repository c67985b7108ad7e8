// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Legs} from "../../contracts/libraries/Legs.sol";
import {ProposalHash} from "../../contracts/libraries/ProposalHash.sol";
import {Leg, Proposal} from "../../contracts/types/Proposal.sol";

/// @title HashDouble
/// @notice The library of the module as it reads calldata, and the same hash by the compiler's own encoder.
contract HashDouble {
    function fast(Proposal calldata proposal) external pure returns (bytes32) {
        return ProposalHash.structHash(proposal);
    }

    function plain(Proposal calldata p) external pure returns (bytes32) {
        bytes32[] memory legs = new bytes32[](p.legs.length);
        for (uint256 i; i < legs.length; ++i) legs[i] = keccak256(abi.encode(ProposalHash.LEG_TYPEHASH, p.legs[i]));
        bytes memory head = abi.encode(
            ProposalHash.PROPOSAL_TYPEHASH,
            p.nonce,
            p.notBefore,
            p.deadline,
            p.configEpoch,
            p.refNav,
            p.navToleranceBps,
            p.maxLoss,
            p.evidence
        );
        return keccak256(bytes.concat(head, keccak256(abi.encodePacked(legs))));
    }

    function check(Leg[] calldata legs) external pure {
        Legs.check(legs);
    }
}

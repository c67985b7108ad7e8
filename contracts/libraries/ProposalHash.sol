// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Leg, Proposal} from "../types/Proposal.sol";

/// @title ProposalHash
/// @notice EIP-712 struct hash of a {Proposal}. Enums are uint8 in EIP-712.
library ProposalHash {
    bytes32 internal constant LEG_TYPEHASH = keccak256(
        "Leg(uint8 strategyId,uint8 kind,uint128 amount,uint128 minValue,int24 tickLower,int24 tickUpper)"
    );

    bytes32 internal constant PROPOSAL_TYPEHASH = keccak256(
        "Proposal(uint256 nonce,uint64 notBefore,uint64 deadline,uint64 configEpoch,uint256 refNav,"
        "uint16 navToleranceBps,uint128 maxLoss,bytes32 evidence,Leg[] legs)"
        "Leg(uint8 strategyId,uint8 kind,uint128 amount,uint128 minValue,int24 tickLower,int24 tickUpper)"
    );

    function structHash(Proposal calldata proposal) internal pure returns (bytes32) {
        uint256 length = proposal.legs.length;
        bytes32[] memory legHashes = new bytes32[](length);
        Leg[] calldata legs = proposal.legs;
        bytes32 typehash = LEG_TYPEHASH;
        // A leg's six words lie in calldata as `abi.encode` would write them. Words with stray high bits give the hash
        // of
        // nothing that can be signed; {Legs.check} refuses them besides.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            let scratch := mload(0x40)
            mstore(scratch, typehash)
            for {
                let i := 0
            } lt(i, length) {
                i := add(i, 1)
            } {
                calldatacopy(add(scratch, 0x20), add(legs.offset, mul(i, 0xc0)), 0xc0)
                mstore(add(legHashes, mul(add(i, 1), 0x20)), keccak256(scratch, 0xe0))
            }
        }
        return
            keccak256(
                abi.encode(
                    PROPOSAL_TYPEHASH,
                    proposal.nonce,
                    proposal.notBefore,
                    proposal.deadline,
                    proposal.configEpoch,
                    proposal.refNav,
                    proposal.navToleranceBps,
                    proposal.maxLoss,
                    proposal.evidence,
                    keccak256(abi.encodePacked(legHashes))
                )
            );
    }
}

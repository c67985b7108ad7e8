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

    /// @dev Encoded fields of a leg, and of a proposal before its legs.
    uint256 private constant LEG_BYTES = 6 * 32;
    uint256 private constant HEAD_BYTES = 8 * 32;

    /// @dev A leg's six words, and a proposal's eight before its legs, lie in calldata as `abi.encode` would write
    /// them. Words with stray high bits give the hash of nothing that can be signed; {Legs.check} and the decoder
    /// refuse them besides.
    function structHash(Proposal calldata proposal) internal pure returns (bytes32 hash) {
        Leg[] calldata legs = proposal.legs;
        bytes32 legTypehash = LEG_TYPEHASH;
        bytes32 typehash = PROPOSAL_TYPEHASH;
        uint256 legBytes = LEG_BYTES;
        uint256 headBytes = HEAD_BYTES;
        // Beyond the free pointer: first the legs' hashes, one after the other, then room for one struct.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            let hashes := mload(0x40)
            let end := add(hashes, shl(5, legs.length))
            mstore(end, legTypehash)
            let leg := legs.offset
            for {
                let at := hashes
            } lt(at, end) {
                at := add(at, 0x20)
            } {
                calldatacopy(add(end, 0x20), leg, legBytes)
                mstore(at, keccak256(end, add(legBytes, 0x20)))
                leg := add(leg, legBytes)
            }
            let legsHash := keccak256(hashes, shl(5, legs.length))
            mstore(end, typehash)
            calldatacopy(add(end, 0x20), proposal, headBytes)
            mstore(add(end, add(headBytes, 0x20)), legsHash)
            hash := keccak256(end, add(headBytes, 0x40))
        }
    }
}

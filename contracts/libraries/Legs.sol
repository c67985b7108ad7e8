// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Leg, LegKind} from "../types/Proposal.sol";
import {Errors} from "./Errors.sol";

/// @title Legs
/// @notice The shape every list of legs must have. The module checks it when a proposal is published, the vault again
/// when it runs, so that neither relies on the other.
library Legs {
    uint256 internal constant MAX_LEGS = 16;
    uint256 internal constant MAX_STRATEGY_ID = 32;
    /// @notice As `amount` of the last Allocate: all idle above the minimum.
    uint128 internal constant REMAINDER = type(uint128).max;

    uint256 private constant WORDS = 6;

    /// @notice Reverts unless there are 1..16 legs, exits before allocations, ids in 1..32 and strictly ascending
    /// inside
    /// each kind, amounts above zero, and the remainder only on a last Allocate.
    /// @dev Reads the six words of a leg as they lie in calldata and so checks that each is what its type allows: a
    /// leg
    /// that passes has exactly one encoding, which {ProposalHash} relies on.
    function check(Leg[] calldata legs) internal pure {
        uint256 length = legs.length;
        require(length != 0 && length <= MAX_LEGS, Errors.Legs_BadCount(length, MAX_LEGS));
        // Last id of each kind, one byte each, and the largest kind so far.
        uint256 lastIds;
        uint256 highest;
        for (uint256 i; i < length; ++i) {
            (uint256 id, uint256 kind, uint256 amount, uint256 minValue, uint256 ticks) = _words(legs, i);
            // No adapter of this version holds a range that can be moved in place.
            require(kind < uint256(LegKind.Reposition), Errors.Legs_RepositionUnsupported(i, id));
            bool allocating = highest == uint256(LegKind.Allocate);
            require(!allocating || kind == highest, Errors.Legs_ExitAfterAllocate(i));
            highest = kind;
            require(id != 0 && id <= MAX_STRATEGY_ID, Errors.Legs_BadStrategyId(i, id));
            uint256 lastId = (lastIds >> (8 * kind)) & 0xff;
            require(id > lastId, Errors.Legs_NotAscending(i, id, lastId));
            lastIds += (id - lastId) << (8 * kind);
            require(amount != 0, Errors.Legs_ZeroAmount(i));
            require(amount <= REMAINDER && minValue <= REMAINDER, Errors.Legs_Malformed(i, amount, minValue));
            if (amount == REMAINDER) {
                require(kind == uint256(LegKind.Allocate) && i == length - 1, Errors.Legs_RemainderNotLast(i));
            }
            // A signed field that nothing reads would mislead the signer.
            require(ticks == 0, Errors.Legs_TicksUnsupported(i));
        }
    }

    /// @dev Inside the array: `i` is below its length, which the decoder has checked against calldata.
    function _words(
        Leg[] calldata legs,
        uint256 i
    ) private pure returns (uint256 id, uint256 kind, uint256 amount, uint256 minValue, uint256 ticks) {
        uint256 size = WORDS * 32;
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            let leg := add(legs.offset, mul(i, size))
            id := calldataload(leg)
            kind := calldataload(add(leg, 0x20))
            amount := calldataload(add(leg, 0x40))
            minValue := calldataload(add(leg, 0x60))
            ticks := or(calldataload(add(leg, 0x80)), calldataload(add(leg, 0xa0)))
        }
    }
}

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

    uint256 private constant ALLOCATE = uint256(LegKind.Allocate);
    uint256 private constant REPOSITION = uint256(LegKind.Reposition);

    /// @notice Reverts unless there are 1..16 legs, exits before repositions before allocations, ids in 1..32 and
    /// strictly ascending inside each kind, amounts above zero (none on a reposition), ascending ticks on repositions
    /// and none elsewhere, and the remainder only on a last Allocate.
    /// @dev Reads the six words of a leg as they lie in calldata and so checks that each is what its type allows: a leg
    /// that passes has exactly one encoding, which {ProposalHash} relies on.
    function check(Leg[] calldata legs) internal pure {
        uint256 length = legs.length;
        if (length == 0 || length > MAX_LEGS) revert Errors.Legs_BadCount(length, MAX_LEGS);
        // Last id of each kind, one byte each.
        uint256 lastIds;
        // Kind of the leg before, 0 for both kinds of exit.
        uint256 stage;
        for (uint256 i; i < length; ++i) {
            (uint256 id, uint256 kind, uint256 amount, uint256 minValue) = _words(legs, i);
            stage = _nextStage(i, stage, kind);
            if (id == 0 || id > MAX_STRATEGY_ID) revert Errors.Legs_BadStrategyId(i, id);
            uint256 lastId = (lastIds >> (kind << 3)) & 0xff;
            if (id <= lastId) revert Errors.Legs_NotAscending(i, id, lastId);
            // Ids are below 33: no byte carries into the next.
            unchecked {
                lastIds += (id - lastId) << (kind << 3);
            }
            if ((minValue | amount) > REMAINDER) revert Errors.Legs_Malformed(i, amount, minValue);
            if (amount == REMAINDER && (kind != ALLOCATE || i != length - 1)) revert Errors.Legs_RemainderNotLast(i);
            _checkTicks(legs, i, kind, amount);
        }
    }

    /// @dev Exits, then repositions, then allocations.
    function _nextStage(uint256 i, uint256 stage, uint256 kind) private pure returns (uint256) {
        if (kind < ALLOCATE) {
            if (stage != 0) revert Errors.Legs_ExitTooLate(i);
            return 0;
        }
        if (kind > REPOSITION) revert Errors.Legs_BadKind(i, kind);
        if (kind == REPOSITION && stage == ALLOCATE) revert Errors.Legs_RepositionAfterAllocate(i);
        return kind;
    }

    /// @dev A signed field that nothing reads would mislead the signer: no ticks but on a reposition, and no amount
    /// there.
    function _checkTicks(Leg[] calldata legs, uint256 i, uint256 kind, uint256 amount) private pure {
        int256 lower;
        int256 upper;
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            let ticks := add(add(legs.offset, mul(i, 0xc0)), 0x80)
            lower := calldataload(ticks)
            upper := calldataload(add(ticks, 0x20))
        }
        if (kind != REPOSITION) {
            if (amount == 0) revert Errors.Legs_ZeroAmount(i);
            if (lower | upper != 0) revert Errors.Legs_TicksUnsupported(i);
            return;
        }
        if (amount != 0) revert Errors.Legs_AmountOnReposition(i, amount);
        bool isInType = lower >= type(int24).min && upper <= type(int24).max;
        if (!isInType || lower >= upper) revert Errors.Legs_BadTicks(i, lower, upper);
    }

    /// @dev Inside the array: `i` is below its length, which the decoder has checked against calldata.
    function _words(
        Leg[] calldata legs,
        uint256 i
    ) private pure returns (uint256 id, uint256 kind, uint256 amount, uint256 minValue) {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            let leg := add(legs.offset, mul(i, 0xc0))
            id := calldataload(leg)
            kind := calldataload(add(leg, 0x20))
            amount := calldataload(add(leg, 0x40))
            minValue := calldataload(add(leg, 0x60))
        }
    }
}

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

    /// @notice Reverts unless there are 1..16 legs, exits before allocations, ids in 1..32 and strictly ascending inside
    /// each kind, amounts above zero, and the remainder only on a last Allocate.
    function check(Leg[] calldata legs) internal pure {
        uint256 length = legs.length;
        require(length != 0 && length <= MAX_LEGS, Errors.Legs_BadCount(length, MAX_LEGS));
        uint256[3] memory lastIdOfKind;
        bool allocating;
        for (uint256 i; i < length; ++i) {
            Leg calldata leg = legs[i];
            LegKind kind = leg.kind;
            // No adapter of this version holds a range that can be moved in place.
            require(kind != LegKind.Reposition, Errors.Legs_RepositionUnsupported(i, leg.strategyId));
            if (kind == LegKind.Allocate) allocating = true;
            else require(!allocating, Errors.Legs_ExitAfterAllocate(i));
            uint256 id = leg.strategyId;
            require(id != 0 && id <= MAX_STRATEGY_ID, Errors.Legs_BadStrategyId(i, id));
            require(id > lastIdOfKind[uint8(kind)], Errors.Legs_NotAscending(i, id, lastIdOfKind[uint8(kind)]));
            lastIdOfKind[uint8(kind)] = id;
            require(leg.amount != 0, Errors.Legs_ZeroAmount(i));
            require(
                leg.amount != REMAINDER || (kind == LegKind.Allocate && i == length - 1),
                Errors.Legs_RemainderNotLast(i)
            );
            // A signed field that nothing reads would mislead the signer.
            require(leg.tickLower == 0 && leg.tickUpper == 0, Errors.Legs_TicksUnsupported(i));
        }
    }
}

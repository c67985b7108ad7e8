// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {OwnedDouble} from "../OwnedDouble.sol";

/// @title PausableUntilDouble
/// @notice Double of ether.fi's two pauses, NOT the protocol. Follows `src/governance/utils/PausableUntil.sol` of
/// github.com/etherfi-protocol/smart-contracts at its state of July 2026: one lasts until it is lifted, the other ends
/// by itself.
/// @dev Left out: roles, the guardian's cooldown. Market side (owner): `pauseContract`, `unPauseContract`, `pauseUntil`.
abstract contract PausableUntilDouble is OwnedDouble {
    error ContractPaused();
    error ContractPausedUntil(uint256 pausedUntil);

    uint256 public constant MIN_PAUSE_DURATION = 8 hours;

    bool public paused;
    uint256 public pausedUntil;

    modifier whenNotPaused() {
        if (paused) revert ContractPaused();
        if (pausedUntil >= block.timestamp) revert ContractPausedUntil(pausedUntil);
        _;
    }

    function pauseContract() external onlyOwner {
        paused = true;
    }

    function unPauseContract() external onlyOwner {
        paused = false;
    }

    function pauseUntil() external onlyOwner {
        pausedUntil = block.timestamp + MIN_PAUSE_DURATION;
    }
}

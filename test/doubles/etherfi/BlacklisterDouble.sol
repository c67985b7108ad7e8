// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {OwnedDouble} from "../OwnedDouble.sol";

/// @title BlacklisterDouble
/// @notice Double of ether.fi's Blacklister, NOT the protocol. Follows `src/governance/Blacklister.sol` of
/// github.com/etherfi-protocol/smart-contracts at its state of July 2026.
/// @dev Left out: roles. Market side (owner): `blacklistUser`, `blacklistUserUntil`, `unblacklistUser`.
contract BlacklisterDouble is OwnedDouble {
    error BlacklistedUser(address user);

    uint256 public constant BLACKLIST_DURATION = 3 days;

    mapping(address user => uint256 time) public blacklistedUntil;

    function blacklistUser(address user) external onlyOwner {
        blacklistedUntil[user] = type(uint256).max;
    }

    function blacklistUserUntil(address user) external onlyOwner {
        blacklistedUntil[user] = block.timestamp + BLACKLIST_DURATION;
    }

    function unblacklistUser(address user) external onlyOwner {
        blacklistedUntil[user] = 0;
    }

    function nonBlacklisted(address user) external view {
        if (blacklistedUntil[user] > block.timestamp) revert BlacklistedUser(user);
    }
}

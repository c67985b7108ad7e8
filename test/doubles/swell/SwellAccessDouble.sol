// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {OwnedDouble} from "../OwnedDouble.sol";

/// @title SwellAccessDouble
/// @notice Double of Swell's AccessControlManager, NOT the protocol. Follows `AccessControlManager.sol` of
/// github.com/SwellNetwork/v3-core-public in its pause flags. Market side (owner): the two setters.
contract SwellAccessDouble is OwnedDouble {
    bool public coreMethodsPaused;
    bool public withdrawalsPaused;

    function setCoreMethodsPaused(bool isPaused) external onlyOwner {
        coreMethodsPaused = isPaused;
    }

    function setWithdrawalsPaused(bool isPaused) external onlyOwner {
        withdrawalsPaused = isPaused;
    }
}

/// @title SwellWhitelistDouble
/// @notice Follows `Whitelist.sol` of the same repository: enabled from the start, as in `__Whitelist_init`.
abstract contract SwellWhitelistDouble is OwnedDouble {
    error NotInWhitelist();

    SwellAccessDouble public immutable AccessControlManager;
    bool public whitelistEnabled = true;
    mapping(address account => bool isListed) public whitelistedAddresses;

    constructor(SwellAccessDouble manager) {
        AccessControlManager = manager;
    }

    modifier checkWhitelist(address account) {
        if (whitelistEnabled && !whitelistedAddresses[account]) revert NotInWhitelist();
        _;
    }

    function addToWhitelist(address account) external onlyOwner {
        whitelistedAddresses[account] = true;
    }

    function removeFromWhitelist(address account) external onlyOwner {
        whitelistedAddresses[account] = false;
    }

    function enableWhitelist() external onlyOwner {
        whitelistEnabled = true;
    }

    function disableWhitelist() external onlyOwner {
        whitelistEnabled = false;
    }
}

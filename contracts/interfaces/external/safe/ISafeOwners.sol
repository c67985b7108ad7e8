// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title ISafeOwners
/// @notice What the keeper reads from a Safe. Source: safe-global/safe-smart-account 1.4.1 and 1.5.0,
/// `OwnerManager.sol`.
interface ISafeOwners {
    /// @notice Owners of the Safe, in no useful order.
    function getOwners() external view returns (address[] memory);

    /// @notice Owners who must sign.
    function getThreshold() external view returns (uint256);
}

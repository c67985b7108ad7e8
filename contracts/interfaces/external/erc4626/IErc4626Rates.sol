// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title IErc4626Rates
/// @notice What the keeper reads from an ERC-4626 vault at past blocks. Source: EIP-4626.
interface IErc4626Rates {
    /// @notice Assets that so many shares are worth, rounded down, fees not counted.
    function convertToAssets(uint256 shares) external view returns (uint256 assets);
}

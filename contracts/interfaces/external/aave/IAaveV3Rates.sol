// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title IAaveV3Rates
/// @notice What the keeper reads from an Aave v3 pool at past blocks. Source: aave/aave-v3-core, `IPool.sol`.
interface IAaveV3Rates {
    /// @notice Supply index of a reserve accrued to now, ray (1e27).
    function getReserveNormalizedIncome(address asset) external view returns (uint256);
}

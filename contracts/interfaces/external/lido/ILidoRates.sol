// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title ILidoRates
/// @notice What the keeper reads from stETH at past blocks. Source: lidofinance/core, `StETH.sol`.
interface ILidoRates {
    /// @notice ETH that so many stETH shares are worth at the last oracle report.
    function getPooledEthByShares(uint256 sharesAmount) external view returns (uint256);
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title IAdapterTargets
/// @notice The public immutables of the adapters that tell the keeper which venue to read at past blocks. Each adapter has
/// the one that fits its venue.
interface IAdapterTargets {
    /// @notice Aave v3 pool, or Gearbox pool.
    function pool() external view returns (address);

    /// @notice Lido's stETH.
    function stEth() external view returns (address);

    /// @notice ether.fi's weETH.
    function weEth() external view returns (address);
}

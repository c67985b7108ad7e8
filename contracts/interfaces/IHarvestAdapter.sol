// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IStrategyAdapter} from "./IStrategyAdapter.sol";

/// @title IHarvestAdapter
/// @notice A venue that pays rewards beside the position's own growth. Optional: where an adapter has no such function,
/// {ILiquidityVault.harvest} passes it over.
interface IHarvestAdapter is IStrategyAdapter {
    /// @notice Collects rewards and turns them into the asset, which goes to the vault, or into more of the position.
    ///
    /// Requirements:
    /// - the caller is the vault;
    /// - what the adapter sells, it sells within its own bounds: the vault refuses a harvest after which it has less.
    ///
    /// @return received Assets sent to the vault.
    function harvest() external returns (uint256 received);
}

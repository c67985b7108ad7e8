// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";

/// @title IYearnV3Vault
/// @notice Source: `contracts/VaultV3.vy` 3.0.4 of github.com/yearn/yearn-vaults-v3. Its functions with default
/// arguments exist once for each number of arguments.
interface IYearnV3Vault is IERC4626 {
    /// @notice Burns `shares` and pays what they bring, up to `maxLoss` basis points less than their worth.
    function redeem(uint256 shares, address receiver, address owner, uint256 maxLoss) external returns (uint256 assets);

    /// @notice Largest `assets` that an exit may ask for; with losses in the queue it pays less than it asks.
    function maxWithdraw(address owner, uint256 maxLoss) external view returns (uint256 assets);

    /// @notice Strategies from which an exit takes what the vault does not hold itself, in this order.
    function get_default_queue() external view returns (address[] memory);

    /// @return activation Unix seconds; 0 when unknown to the vault.
    /// @return lastReport Unix seconds.
    /// @return currentDebt Assets the vault last counted there.
    /// @return maxDebt Most it may hold.
    function strategies(
        address strategy
    ) external view returns (uint256 activation, uint256 lastReport, uint256 currentDebt, uint256 maxDebt);

    /// @notice Part of `assetsNeeded`, at most the strategy's debt, that whoever takes it out now loses.
    function assess_share_of_unrealised_losses(address strategy, uint256 assetsNeeded) external view returns (uint256);

    /// @notice Assets the vault holds itself.
    function totalIdle() external view returns (uint256);
    function isShutdown() external view returns (bool);
    function apiVersion() external view returns (string memory);
}

/// @title IYearnV3Strategy
/// @notice Source: as above; what the vault asks of a strategy, which is an ERC-4626 of its own.
interface IYearnV3Strategy {
    function maxRedeem(address owner) external view returns (uint256 shares);
    function convertToAssets(uint256 shares) external view returns (uint256 assets);
}

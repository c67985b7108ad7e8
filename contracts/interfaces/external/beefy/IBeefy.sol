// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title IBeefyVaultV7
/// @notice Source: `contracts/BIFI/vaults/BeefyVaultV7.sol` of github.com/beefyfinance/beefy-contracts. Not ERC-4626:
/// entries and exits return nothing, and none of them takes a minimum.
interface IBeefyVaultV7 is IERC20 {
    function deposit(uint256 amount) external;
    function withdraw(uint256 shares) external;

    /// @notice Sends the vault's own tokens on to the strategy; anyone may call.
    function earn() external;
    function want() external view returns (address);

    /// @notice Tokens of the vault and of its strategy together.
    function balance() external view returns (uint256);

    /// @notice Tokens of the vault itself, not yet with the strategy.
    function available() external view returns (uint256);

    /// @notice Tokens of one share, WAD; 1e18 while there are no shares.
    function getPricePerFullShare() external view returns (uint256);
    function strategy() external view returns (address);
}

/// @title IBeefyStrategyV7
/// @notice Source: `contracts/BIFI/interfaces/beefy/IStrategyV7.sol` and `contracts/BIFI/strategies/Common/
/// StratFeeManagerInitializable.sol` of the same repository. Not every strategy has `withdrawFee`.
interface IBeefyStrategyV7 {
    function paused() external view returns (bool);

    /// @notice Fee on exit, basis points of what the strategy pays; 0 while paused.
    function withdrawFee() external view returns (uint256);
}

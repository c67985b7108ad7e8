// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title IArrakisMetaVaultPublic
/// @notice Source: `src/ArrakisMetaVaultPublic.sol` and `src/abstracts/ArrakisMetaVault.sol` of
/// github.com/ArrakisFinance/arrakis-modular.
interface IArrakisMetaVaultPublic is IERC20 {
    /// @notice Takes both tokens in the present ratio, rounded up, from the caller through the module, which must be
    /// approved, and mints `shares`.
    function mint(uint256 shares, address receiver) external payable returns (uint256 amount0, uint256 amount1);

    /// @notice Burns `shares` and pays both tokens in the present ratio, rounded down.
    function burn(uint256 shares, address receiver) external returns (uint256 amount0, uint256 amount1);

    /// @notice Tokens of all shares at the pool's present price, which anyone can move within a transaction.
    function totalUnderlying() external view returns (uint256 amount0, uint256 amount1);

    /// @notice Tokens of all shares if the pool stood at `priceX96`.
    /// @param priceX96 Square root of token1 per token0, times 2^96.
    function totalUnderlyingAtPrice(uint160 priceX96) external view returns (uint256 amount0, uint256 amount1);

    /// @notice Where the tokens are; its manager may replace it by another whitelisted one.
    function module() external view returns (address);
    function token0() external view returns (address);
    function token1() external view returns (address);
}

/// @title IArrakisMetaVaultFactory
/// @notice Source: `src/interfaces/IArrakisMetaVaultFactory.sol` of the same repository.
interface IArrakisMetaVaultFactory {
    function isPublicVault(address vault) external view returns (bool);
}

/// @title IArrakisLPModule
/// @notice Source: `src/abstracts/UniV4StandardModule.sol` of the same repository. A paused module takes nothing
/// and still
/// pays.
interface IArrakisLPModule {
    function paused() external view returns (bool);
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";

/// @title ICellar
/// @notice Source: `src/base/Cellar.sol` and `src/base/permutations/CellarWithShareLockPeriod.sol` of
/// github.com/PeggyJV/cellar-contracts.
interface ICellar is IERC4626 {
    /// @notice Worth, in the asset, of what can leave now, in whatever token it would leave. Reverts while paused.
    function totalAssetsWithdrawable() external view returns (uint256);
    /// @notice Seconds for which a deposit locks all shares of its holder.
    function shareLockPeriod() external view returns (uint256);
    function isPaused() external view returns (bool);
    function isShutdown() external view returns (bool);
}

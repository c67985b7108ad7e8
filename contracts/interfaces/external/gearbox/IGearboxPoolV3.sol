// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";

/// @title IGearboxPoolV3
/// @notice Source: `contracts/interfaces/IPoolV3.sol` of npm @gearbox-protocol/core-v3 1.52.1.
interface IGearboxPoolV3 is IERC4626 {
    /// @notice Fee on exit, basis points; at most 100.
    function withdrawFee() external view returns (uint16);

    /// @notice WETH in the pool and not lent.
    function availableLiquidity() external view returns (uint256);

    function paused() external view returns (bool);

    /// @notice Yearly rate of the shares without compounding, ray.
    function supplyRate() external view returns (uint256);
}

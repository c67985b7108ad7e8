// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IStrategyAdapter} from "./IStrategyAdapter.sol";

/// @title IRangeAdapter
/// @notice A venue whose position stands between two prices. The range is state, not configuration: the vault moves it
/// under a signed proposal, as it moves money.
interface IRangeAdapter is IStrategyAdapter {
    /// @notice The range moved.
    event Repositioned(int24 tickLower, int24 tickUpper, uint256 valueBefore, uint256 valueAfter);

    /// @notice Lower end of the range, in the pool's ticks.
    function tickLower() external view returns (int24);

    /// @notice Upper end of the range, in the pool's ticks.
    function tickUpper() external view returns (int24);

    /// @notice Distance that range ends must be a multiple of.
    function tickSpacing() external view returns (int24);

    /// @notice Moves the whole position to a new range.
    ///
    /// Requirements:
    /// - the caller is the vault;
    /// - the ticks ascend, are inside the pool's limits and multiples of its spacing, else {Errors.Adapter_BadRange};
    /// - the pool's price is inside the band around the protocol's rate, else {Errors.Adapter_PoolPriceOutOfBand};
    /// - the position is worth at least `minValue` afterwards, else {Errors.Adapter_ValueTooLow}.
    ///
    /// @return value Worth of the whole position afterwards, as {IStrategyAdapter.realAssets} counts it.
    function reposition(int24 tickLower, int24 tickUpper, uint256 minValue) external returns (uint256 value);
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @notice The four doors of a Uniswap v3 pool that a replay goes through.
interface IReplayedPool {
    function token0() external view returns (address);
    function token1() external view returns (address);
    function mint(
        address recipient,
        int24 tickLower,
        int24 tickUpper,
        uint128 amount,
        bytes calldata data
    ) external returns (uint256 amount0, uint256 amount1);
    function burn(int24 tickLower, int24 tickUpper, uint128 amount) external returns (uint256 amount0, uint256 amount1);
    function collect(
        address recipient,
        int24 tickLower,
        int24 tickUpper,
        uint128 amount0,
        uint128 amount1
    ) external returns (uint128 taken0, uint128 taken1);
    function swap(
        address recipient,
        bool zeroForOne,
        int256 amount,
        uint160 limit,
        bytes calldata data
    ) external returns (int256 amount0, int256 amount1);
}

/// @title PoolCallerDouble
/// @notice Calls the genuine pool without a periphery in between and pays what its callbacks ask for. For tests only:
/// anyone may spend what it holds.
contract PoolCallerDouble {
    IReplayedPool public immutable pool;

    constructor(IReplayedPool pool_) {
        pool = pool_;
    }

    function mint(int24 lower, int24 upper, uint128 amount) external returns (uint256, uint256) {
        return pool.mint(address(this), lower, upper, amount, "");
    }

    function burn(int24 lower, int24 upper, uint128 amount) external returns (uint256, uint256) {
        return pool.burn(lower, upper, amount);
    }

    function collect(int24 lower, int24 upper, uint128 most0, uint128 most1) external returns (uint128, uint128) {
        return pool.collect(address(this), lower, upper, most0, most1);
    }

    function swap(bool zeroForOne, int256 amount, uint160 limit) external returns (int256, int256) {
        return pool.swap(address(this), zeroForOne, amount, limit, "");
    }

    function uniswapV3MintCallback(uint256 owed0, uint256 owed1, bytes calldata) external {
        _pay(owed0, owed1);
    }

    function uniswapV3SwapCallback(int256 owed0, int256 owed1, bytes calldata) external {
        // forge-lint: disable-next-line(unsafe-typecast)
        _pay(owed0 > 0 ? uint256(owed0) : 0, owed1 > 0 ? uint256(owed1) : 0);
    }

    function _pay(uint256 owed0, uint256 owed1) private {
        if (owed0 != 0) IERC20(pool.token0()).transfer(msg.sender, owed0);
        if (owed1 != 0) IERC20(pool.token1()).transfer(msg.sender, owed1);
    }
}

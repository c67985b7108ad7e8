// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/interfaces/IERC20.sol";
import {IStrategyAdapter} from "../../contracts/interfaces/IStrategyAdapter.sol";

/// @title LeanAdapterDouble
/// @notice The cheapest honest adapter, for gas figures: what is measured with it is the core's own cost. Real venues come
/// on top.
contract LeanAdapterDouble is IStrategyAdapter {
    address public immutable vault;
    address public immutable asset;
    uint128 private _liquid;
    uint128 private _pending;

    constructor(address vault_, address asset_) {
        vault = vault_;
        asset = asset_;
    }

    function rate() external pure returns (uint256) {
        return 1e18;
    }

    function realAssets() external view returns (uint256, uint256, uint256) {
        return (_liquid, _pending, 0);
    }

    function maxAllocate() external pure returns (uint256) {
        return type(uint128).max;
    }

    function maxDeallocate() external view returns (uint256) {
        return _liquid;
    }

    function allocate(uint256 assets, uint256) external returns (uint256) {
        _liquid += uint128(assets);
        return assets;
    }

    function deallocate(uint256 assets, uint256) external returns (uint256) {
        _liquid -= uint128(assets);
        IERC20(asset).transfer(vault, assets);
        return assets;
    }

    function requestExit(uint256 assets, uint256) external returns (uint256) {
        _liquid -= uint128(assets);
        _pending += uint128(assets);
        return assets;
    }

    function claim() external pure returns (uint256) {
        return 0;
    }
}

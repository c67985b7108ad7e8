// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/interfaces/IERC20.sol";
import {IStrategyAdapter} from "../../contracts/interfaces/IStrategyAdapter.sol";

/// @title ShortAdapterDouble
/// @notice A venue whose token, like stETH, drops a few wei on every way in and out.
contract ShortAdapterDouble is IStrategyAdapter {
    address public immutable vault;
    address public immutable asset;
    uint256 public immutable short;
    uint256 private _liquid;

    constructor(address vault_, address asset_, uint256 short_) {
        vault = vault_;
        asset = asset_;
        short = short_;
    }

    function rate() external pure returns (uint256) {
        return 1e18;
    }

    function realAssets() external view returns (uint256, uint256, uint256) {
        return (_liquid, 0, 0);
    }

    function maxAllocate() external pure returns (uint256) {
        return type(uint128).max;
    }

    function maxDeallocate() external view returns (uint256) {
        return _liquid;
    }

    function allocate(uint256 assets, uint256) external returns (uint256) {
        _liquid += assets > short ? assets - short : 0;
        return assets;
    }

    function deallocate(uint256 assets, uint256) external returns (uint256) {
        _liquid -= assets;
        IERC20(asset).transfer(vault, assets > short ? assets - short : 0);
        return assets;
    }

    function requestExit(uint256, uint256) external pure returns (uint256) {
        return 0;
    }

    function claim() external pure returns (uint256) {
        return 0;
    }
}

/// @title GasBombDouble
/// @notice An adapter that turned: while armed, every call to it burns all the gas it was given.
contract GasBombDouble is IStrategyAdapter {
    address public immutable vault;
    address public immutable asset;
    bool public armed;
    uint256 private _liquid;

    constructor(address vault_, address asset_) {
        vault = vault_;
        asset = asset_;
    }

    modifier bomb() {
        if (armed) {
            assembly {
                invalid()
            }
        }
        _;
    }

    function arm(bool value) external {
        armed = value;
    }

    function rate() external view bomb returns (uint256) {
        return 1e18;
    }

    function realAssets() external view bomb returns (uint256, uint256, uint256) {
        return (_liquid, 0, 0);
    }

    function maxAllocate() external view bomb returns (uint256) {
        return type(uint128).max;
    }

    function maxDeallocate() external view bomb returns (uint256) {
        return _liquid;
    }

    function allocate(uint256 assets, uint256) external bomb returns (uint256) {
        _liquid += assets;
        return assets;
    }

    function deallocate(uint256 assets, uint256) external bomb returns (uint256) {
        _liquid -= assets;
        IERC20(asset).transfer(vault, assets);
        return assets;
    }

    function requestExit(uint256, uint256) external view bomb returns (uint256) {
        return 0;
    }

    function claim() external view bomb returns (uint256) {
        return 0;
    }
}

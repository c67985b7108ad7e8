// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/interfaces/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IHarvestAdapter} from "../../contracts/interfaces/IHarvestAdapter.sol";
import {IRangeAdapter} from "../../contracts/interfaces/IRangeAdapter.sol";
import {AdapterDouble} from "./AdapterDouble.sol";

/// @title RangeAdapterDouble
/// @notice An {AdapterDouble} with a range and with rewards: moving the range keeps a set part of the position, and a harvest
/// pays, compounds, costs, fails or calls back as a test sets it.
contract RangeAdapterDouble is AdapterDouble, IRangeAdapter, IHarvestAdapter {
    using SafeERC20 for IERC20;

    int24 public tickLower;
    int24 public tickUpper;
    int24 public constant tickSpacing = 10;
    /// @notice Share of the position that a move of the range keeps, basis points.
    uint256 public keepBps = 10_000;
    /// @notice The `minValue` of the last move.
    uint256 public lastMinValue;
    uint256 public payout;
    uint256 public compound;
    uint256 public cost;
    bool public harvestReverts;
    uint256 public harvests;

    constructor(address vault_, address asset_) AdapterDouble(vault_, asset_) {}

    function setKeepBps(uint256 value) external {
        keepBps = value;
    }

    function setHarvest(uint256 payout_, uint256 compound_, uint256 cost_, bool reverts_) external {
        (payout, compound, cost, harvestReverts) = (payout_, compound_, cost_, reverts_);
    }

    function reposition(int24 lower, int24 upper, uint256 minValue) external onlyVault returns (uint256 value) {
        if (callTarget != address(0)) _callBack();
        (tickLower, tickUpper, lastMinValue) = (lower, upper, minValue);
        value = (liquid * keepBps) / 10_000;
        liquid = value;
        emit Repositioned(lower, upper, value, value);
    }

    function harvest() external onlyVault returns (uint256 received) {
        if (callTarget != address(0)) _callBack();
        if (harvestReverts) revert VenueBroken("rewards");
        ++harvests;
        liquid = liquid + compound - cost;
        received = payout;
        if (received != 0) IERC20(asset).safeTransfer(vault, received);
    }

    function _callBack() private {
        (bool ok, bytes memory reason) = callTarget.call(callData);
        callbackRevert = ok ? bytes4(0) : bytes4(reason);
    }
}

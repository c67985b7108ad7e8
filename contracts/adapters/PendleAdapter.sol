// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IPendleRouter} from "../interfaces/external/pendle/IPendle.sol";
import {PendleMarketAdapter} from "./PendleMarketAdapter.sol";

/// @title PendleAdapter
/// @notice Principal tokens of one wstETH market: bought with staked ether, worth one stETH each at maturity; a unit is
/// one PT. Before maturity PT are sold in the market for wstETH, after it they are redeemed, and the wstETH waits in
/// Lido's queue. See {PendleMarketAdapter} for value and exit.
contract PendleAdapter is PendleMarketAdapter {
    using SafeERC20 for IERC20;

    constructor(
        address vault_,
        address weth_,
        address wstEth_,
        address queue_,
        address router_,
        address market_,
        address oracle_,
        uint32 window_,
        uint256 bandBps_
    ) PendleMarketAdapter(vault_, weth_, wstEth_, queue_, router_, market_, oracle_, window_, bandBps_) {}

    function _unitToken() internal view override returns (IERC20) {
        return pt;
    }

    function _unitRate() internal view override returns (uint256) {
        return _ptRate();
    }

    function _enter(IPendleRouter.TokenInput memory input) internal override {
        IPendleRouter.LimitOrderData memory none;
        router.swapExactTokenForPt(
            address(this),
            address(market),
            0,
            IPendleRouter.ApproxParams(0, type(uint256).max, 0, 256, 1e14),
            input,
            none
        );
    }

    function _leave(uint256 exitUnits) internal override returns (uint256) {
        pt.safeTransfer(_ptBuyer(), exitUnits);
        return _ptToSy(exitUnits);
    }
}

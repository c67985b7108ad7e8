// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IPendleRouter} from "../interfaces/external/pendle/IPendle.sol";
import {PendleMarketAdapter} from "./PendleMarketAdapter.sol";

/// @title PendleLpAdapter
/// @notice Liquidity of one wstETH market, half principal tokens and half SY; a unit is one LP token, which the market
/// itself is. Added single-sided: the router swaps a part of the SY for PT in the same market. Leaves as both: the
/// market burns LP, its PT are sold there before maturity and redeemed after it, and the wstETH waits in Lido's queue.
/// See {PendleMarketAdapter} for value and exit.
/// @dev Pendle's oracle values LP as if the market stood at the time-weighted rate. A trade lifts that value by what it
/// pays to the market: its fee and, since Pendle trades at the price that a trade leaves behind, its own impact. Both
/// stay with LP, so who lifts the value has paid for it.
///
/// LP also accrues PENDLE, which counts for nothing and stays with the market: it has no price that this project
/// trusts, so a sale could not be bounded. Anyone may have it paid to this contract, where it lies.
contract PendleLpAdapter is PendleMarketAdapter {
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
        return IERC20(address(market));
    }

    function _unitRate() internal view override returns (uint256) {
        return oracle.getLpToAssetRate(address(market), window);
    }

    function _enter(IPendleRouter.TokenInput memory input) internal override {
        IPendleRouter.LimitOrderData memory none;
        router.addLiquiditySingleToken(
            address(this),
            address(market),
            0,
            IPendleRouter.ApproxParams(0, type(uint256).max, 0, 256, 1e14),
            input,
            none
        );
    }

    /// @dev The market sends the PT to where they are sold or redeemed, without a stop here.
    function _leave(uint256 exitUnits) internal override returns (uint256) {
        IERC20(address(market)).safeTransfer(address(market), exitUnits);
        (uint256 syAmount, uint256 ptAmount) = market.burn(address(this), _ptBuyer(), exitUnits);
        return syAmount + _ptToSy(ptAmount);
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {AdapterBase} from "./AdapterBase.sol";
import {LidoExitAdapter} from "./LidoExitAdapter.sol";
import {Errors} from "../libraries/Errors.sol";

/// @title LidoAdapter
/// @notice Stakes with Lido and holds wstETH; a unit is one wei of wstETH, that is one stETH share. Exits through the
/// WithdrawalQueue in requests of at most 1,000 stETH. Finished requests can be claimed even while the queue is
/// paused.
/// @dev ETH goes to wstETH itself, whose `receive` submits to stETH and mints the exact shares: no stETH passes
/// through this contract, hence no approval and none of the 1-2 wei that a stETH transfer drops. wstETH sent here is
/// not booked.
contract LidoAdapter is LidoExitAdapter {
    constructor(
        address vault_,
        address weth_,
        address wstEth_,
        address queue_
    ) AdapterBase(vault_, weth_) LidoExitAdapter(wstEth_, queue_) {}

    /// @notice stETH of one wstETH, WAD.
    function rate() external view virtual returns (uint256 wad) {
        wad = wstEth.stEthPerToken();
        require(wad != 0, Errors.Adapter_RateZero());
    }

    function _liquid() internal view virtual override returns (uint256) {
        return wstEth.getStETHByWstETH(units);
    }

    function _allocate(uint256 assets) internal virtual override {
        _unwrap(assets);
        uint256 before = wstEth.balanceOf(address(this));
        Address.sendValue(payable(address(wstEth)), assets);
        _bookUnits(before, wstEth.balanceOf(address(this)));
    }

    function _maxAllocate() internal view virtual override returns (uint256) {
        return _stakeLimit();
    }

    function _unitsFor(uint256 assets) internal view virtual override returns (uint256) {
        return wstEth.getWstETHByStETH(assets);
    }

    function _request(uint256 exitUnits, uint256 open) internal virtual override returns (uint256[] memory ids) {
        uint256 before = wstEth.balanceOf(address(this));
        ids = _queueWstEth(exitUnits, open);
        _bookUnits(before, wstEth.balanceOf(address(this)));
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IBedrockRedeem, IBedrockStaking} from "../interfaces/external/bedrock/IBedrock.sol";
import {AdapterBase} from "./AdapterBase.sol";
import {QueuedExitAdapter} from "./QueuedExitAdapter.sol";
import {Errors} from "../libraries/Errors.sol";

/// @title BedrockAdapter
/// @notice Stakes with Bedrock and holds uniETH; a unit is one wei of it. Leaves at once as far as Bedrock has
/// ether that
/// waits to be staked (instantSwap), else through the debt queue in whole multiples of 32 ETH. A debt is an amount of
/// ether that no later slashing lowers; it is paid in order, possibly in parts.
/// @dev What others pay into the redeem contract in this adapter's name is not counted: only what its own debts
/// lack of
/// their amounts is. The part of a position below 32 ETH can leave by instantSwap only.
contract BedrockAdapter is QueuedExitAdapter {
    using SafeERC20 for IERC20;

    /// @notice Exits through the debt queue are multiples of this, wei.
    uint256 public constant EXIT_STEP = 32 ether;

    IBedrockStaking public immutable staking;
    IBedrockRedeem public immutable redeem;
    IERC20 public immutable uniEth;

    /// @notice Of an open debt, wei not claimed yet, paid or not.
    mapping(uint256 id => uint256 amount) public unclaimed;

    constructor(address vault_, address weth_, address staking_) AdapterBase(vault_, weth_) {
        _requireCode(staking_);
        staking = IBedrockStaking(staking_);
        redeem = IBedrockRedeem(IBedrockStaking(staking_).redeemContract());
        uniEth = IERC20(IBedrockStaking(staking_).xETHAddress());
        _requireCode(address(redeem));
        _requireCode(address(uniEth));
    }

    /// @notice ETH of one uniETH, WAD.
    function rate() external view returns (uint256 wad) {
        wad = staking.exchangeRatio();
        require(wad != 0, Errors.Adapter_RateZero());
    }

    function _liquid() internal view override returns (uint256) {
        return units == 0 ? 0 : Math.mulDiv(units, staking.currentReserve(), uniEth.totalSupply());
    }

    /// @dev `minToMint` only refuses to give ether for nothing; the caller's minimum is checked on the value.
    function _allocate(uint256 assets) internal override {
        _unwrap(assets);
        uint256 before = uniEth.balanceOf(address(this));
        staking.mint{value: assets}(1, block.timestamp + 1);
        _bookUnits(before, uniEth.balanceOf(address(this)));
    }

    /// @dev Bedrock has no deposit limit.
    function _maxAllocate() internal view override returns (uint256) {
        return staking.paused() ? 0 : type(uint128).max;
    }

    /// @dev Paid debts first, then ether that waits to be staked.
    function _deallocate(uint256 assets) internal override {
        uint256 before = IERC20(asset).balanceOf(address(this));
        super._deallocate(assets);
        uint256 collected = IERC20(asset).balanceOf(address(this)) - before;
        if (collected < assets) _swap(assets - collected);
    }

    function _maxDeallocate() internal view override returns (uint256 limit) {
        limit = super._maxDeallocate();
        if (units == 0 || staking.paused()) return limit;
        (uint256 swappable, ) = staking.previewInstantSwap(units);
        return limit + swappable;
    }

    function _paysExits(address from) internal view override returns (bool) {
        return from == address(redeem) || from == address(staking);
    }

    /// @dev Rounded up, unlike elsewhere: an exit of 32 ETH must not become one of 31.99, which is none. What is
    /// requested is rounded down again, to the step.
    function _unitsFor(uint256 assets) internal view override returns (uint256) {
        return Math.mulDiv(assets, uniEth.totalSupply(), staking.currentReserve(), Math.Rounding.Ceil);
    }

    /// @dev Bedrock burns the uniETH of exactly the ether redeemed; the rest of `exitUnits` stays.
    function _request(uint256 exitUnits, uint256 open) internal override returns (uint256[] memory ids) {
        _requireSlots(1, open);
        uint256 reserve = staking.currentReserve();
        uint256 supply = uniEth.totalSupply();
        uint256 worth = Math.mulDiv(exitUnits, reserve, supply);
        uint256 amount = worth - (worth % EXIT_STEP);
        require(amount != 0, Errors.Adapter_BelowMinimum(worth, EXIT_STEP));
        uint256 burnt = Math.mulDiv(supply, amount, reserve);
        uint256 before = uniEth.balanceOf(address(this));
        uniEth.forceApprove(address(staking), burnt);
        staking.redeemFromValidators(amount, burnt, block.timestamp + 1);
        _bookUnits(before, uniEth.balanceOf(address(this)));
        ids = new uint256[](1);
        (, ids[0]) = staking.getDebtQueue();
        unclaimed[ids[0]] = amount;
    }

    function _exits(uint256[] memory ids) internal view override returns (Exit[] memory exits) {
        exits = new Exit[](ids.length);
        for (uint256 i; i < ids.length; ++i) {
            uint256 unpaid = _unpaid(ids[i]);
            uint256 paid = Math.saturatingSub(unclaimed[ids[i]], unpaid);
            exits[i].pending = unpaid;
            exits[i].claimable = paid;
            exits[i].isFinished = paid != 0;
        }
    }

    /// @dev A debt that is paid in part stays open.
    function _claim(uint256[] memory ids) internal override returns (uint256[] memory failed) {
        uint256[] memory left = new uint256[](ids.length);
        uint256 count;
        uint256 amount;
        for (uint256 i; i < ids.length; ++i) {
            uint256 unpaid = _unpaid(ids[i]);
            amount += unclaimed[ids[i]] - unpaid;
            unclaimed[ids[i]] = unpaid;
            if (unpaid != 0) left[count++] = ids[i];
        }
        redeem.claim(address(this), amount);
        return _shorten(left, count);
    }

    /// @dev Bedrock burns what its ether covers of the units offered, and that much is approved. What is short of
    /// `assets`
    /// shows in the measured result.
    function _swap(uint256 assets) private {
        uint256 offered = Math.min(_unitsFor(assets), units);
        (, uint256 burnt) = staking.previewInstantSwap(offered);
        uint256 beforeEther = address(this).balance;
        uint256 before = uniEth.balanceOf(address(this));
        uniEth.forceApprove(address(staking), burnt);
        staking.instantSwap(offered);
        _bookUnits(before, uniEth.balanceOf(address(this)));
        _wrap(address(this).balance - beforeEther);
    }

    function _unpaid(uint256 id) private view returns (uint256) {
        (address account, uint256 amount) = staking.checkDebt(id);
        return account == address(this) ? amount : 0;
    }
}

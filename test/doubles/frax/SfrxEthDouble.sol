// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC4626} from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {FundedDouble} from "../FundedDouble.sol";

/// @title SfrxEthDouble
/// @notice Double of sfrxETH, NOT the protocol. Follows `src/sfrxETH.sol` of github.com/FraxFinance/frxETH-public and
/// `src/xERC4626.sol` of github.com/corddry/ERC4626: frxETH sent in counts from the next `syncRewards`, linearly over the
/// cycle; every entry and exit syncs when a cycle has ended; after a cycle the price stands still until someone syncs.
/// @dev Left out: permit.
///
/// Market side (owner): `setRate` (exact, from the owner's frxETH).
contract SfrxEthDouble is ERC4626, FundedDouble {
    event NewRewardsCycle(uint32 indexed cycleEnd, uint256 rewardAmount);

    error SyncError();

    uint32 public immutable rewardsCycleLength;
    uint32 public lastSync;
    uint32 public rewardsCycleEnd;
    uint192 public lastRewardAmount;
    uint256 private _stored;

    constructor(
        IERC20 frxEth,
        uint32 rewardsCycleLength_
    ) ERC4626(frxEth) ERC20("Staked Frax Ether (double)", "sfrxETH") {
        rewardsCycleLength = rewardsCycleLength_;
        rewardsCycleEnd = uint32((block.timestamp / rewardsCycleLength_) * rewardsCycleLength_);
    }

    // MARKET

    /// @notice One share is worth exactly `rateWad` afterwards, given at least 1e18 shares; rewards under way stay so.
    function setRate(uint256 rateWad) external onlyOwner {
        uint256 target = Math.mulDiv(totalSupply(), rateWad, 1e18, Math.Rounding.Ceil) - (totalAssets() - _stored);
        _settle(IERC20(asset()), _stored, target);
        _stored = target;
    }

    // ANYONE

    function syncRewards() public {
        require(block.timestamp >= rewardsCycleEnd, SyncError());
        uint256 next = IERC20(asset()).balanceOf(address(this)) - _stored - lastRewardAmount;
        _stored += lastRewardAmount;
        uint32 end = uint32(((block.timestamp + rewardsCycleLength) / rewardsCycleLength) * rewardsCycleLength);
        lastRewardAmount = uint192(next);
        lastSync = uint32(block.timestamp);
        rewardsCycleEnd = end;
        emit NewRewardsCycle(end, next);
    }

    // VIEWS

    function totalAssets() public view override returns (uint256) {
        if (block.timestamp >= rewardsCycleEnd) return _stored + lastRewardAmount;
        return _stored + (uint256(lastRewardAmount) * (block.timestamp - lastSync)) / (rewardsCycleEnd - lastSync);
    }

    function pricePerShare() external view returns (uint256) {
        return convertToAssets(1e18);
    }

    // INTERNAL

    function _convertToShares(uint256 assets, Math.Rounding rounding) internal view override returns (uint256) {
        uint256 supply = totalSupply();
        return supply == 0 ? assets : Math.mulDiv(assets, supply, totalAssets(), rounding);
    }

    function _convertToAssets(uint256 shares, Math.Rounding rounding) internal view override returns (uint256) {
        uint256 supply = totalSupply();
        return supply == 0 ? shares : Math.mulDiv(shares, totalAssets(), supply, rounding);
    }

    function _deposit(address caller, address receiver, uint256 assets, uint256 shares) internal override {
        if (block.timestamp >= rewardsCycleEnd) syncRewards();
        super._deposit(caller, receiver, assets, shares);
        _stored += assets;
    }

    function _withdraw(
        address caller,
        address receiver,
        address owner_,
        uint256 assets,
        uint256 shares
    ) internal override {
        if (block.timestamp >= rewardsCycleEnd) syncRewards();
        _stored -= assets;
        super._withdraw(caller, receiver, owner_, assets, shares);
    }
}

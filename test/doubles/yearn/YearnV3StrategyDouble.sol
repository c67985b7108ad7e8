// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC4626} from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {FundedDouble} from "../FundedDouble.sol";

/// @title YearnV3StrategyDouble
/// @notice Double of one strategy below a Yearn v3 vault, NOT the protocol. What VaultV3.vy asks of a strategy is
/// ERC-4626, which this is; its assets are counted inside, so that a gift moves nothing.
///
/// Market side (owner): `setTotalAssets` makes it gain or lose, `setWithdrawLimit` makes it illiquid.
contract YearnV3StrategyDouble is ERC4626, FundedDouble {
    uint256 private _held;
    uint256 public withdrawLimit = type(uint256).max;

    constructor(IERC20 asset_) ERC4626(asset_) ERC20("Yearn strategy (double)", "ysDOUBLE") {}

    // MARKET

    function setTotalAssets(uint256 target) external onlyOwner {
        _settle(IERC20(asset()), _held, target);
        _held = target;
    }

    /// @notice Most assets that can leave in one call.
    function setWithdrawLimit(uint256 limit) external onlyOwner {
        withdrawLimit = limit;
    }

    // VIEWS

    function totalAssets() public view override returns (uint256) {
        return _held;
    }

    function maxRedeem(address owner_) public view override returns (uint256) {
        uint256 shares = balanceOf(owner_);
        return withdrawLimit == type(uint256).max ? shares : Math.min(shares, convertToShares(withdrawLimit));
    }

    function maxWithdraw(address owner_) public view override returns (uint256) {
        return Math.min(super.maxWithdraw(owner_), withdrawLimit);
    }

    // INTERNAL

    function _deposit(address caller, address receiver, uint256 assets, uint256 shares) internal override {
        super._deposit(caller, receiver, assets, shares);
        _held += assets;
    }

    function _withdraw(
        address caller,
        address receiver,
        address owner_,
        uint256 assets,
        uint256 shares
    ) internal override {
        super._withdraw(caller, receiver, owner_, assets, shares);
        _held -= assets;
    }
}

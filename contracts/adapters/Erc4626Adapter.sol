// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {AdapterBase} from "./AdapterBase.sol";
import {Errors} from "../libraries/Errors.sol";

/// @title Erc4626Adapter
/// @notice A venue shaped as ERC-4626 with synchronous exits. A unit is a share; its worth is what `redeem` pays,
/// fees included, which ERC-4626 promises of `previewRedeem`.
/// @dev Shares sent to the adapter are not booked. Whether assets sent to the *venue* raise its share price is the
/// venue's own doing: where they do, they are paid out and thus real, and the OracleGuard's growth cap bounds a jump.
contract Erc4626Adapter is AdapterBase {
    using SafeERC20 for IERC20;

    IERC4626 public immutable venue;
    /// @dev One whole share.
    uint256 internal immutable unit;
    /// @dev One whole asset.
    uint256 internal immutable assetUnit;

    constructor(address vault_, address asset_, address venue_) AdapterBase(vault_, asset_) {
        _requireCode(venue_);
        _requireSame(venue_, asset_, IERC4626(venue_).asset());
        venue = IERC4626(venue_);
        unit = 10 ** IERC4626(venue_).decimals();
        assetUnit = 10 ** IERC20Metadata(asset_).decimals();
    }

    /// @notice Assets of one share, WAD.
    function rate() external view returns (uint256 wad) {
        wad = Math.mulDiv(_unitValue(), 1e18, assetUnit);
        require(wad != 0, Errors.Adapter_RateZero());
    }

    function _unitValue() internal view virtual returns (uint256) {
        return venue.convertToAssets(unit);
    }

    function _liquid() internal view virtual override returns (uint256) {
        return venue.previewRedeem(units);
    }

    function _allocate(uint256 assets) internal virtual override {
        uint256 before = venue.balanceOf(address(this));
        IERC20(asset).forceApprove(address(venue), assets);
        venue.deposit(assets, address(this));
        // A venue may take less than it was offered.
        IERC20(asset).forceApprove(address(venue), 0);
        _bookUnits(before, venue.balanceOf(address(this)));
    }

    function _deallocate(uint256 assets) internal virtual override {
        uint256 before = venue.balanceOf(address(this));
        // Redeeming the last share leaves no dust that `withdraw` would.
        if (assets == _liquid()) venue.redeem(units, address(this), address(this));
        else venue.withdraw(assets, address(this), address(this));
        _bookUnits(before, venue.balanceOf(address(this)));
    }

    function _maxAllocate() internal view virtual override returns (uint256) {
        return venue.maxDeposit(address(this));
    }

    function _maxDeallocate() internal view virtual override returns (uint256) {
        return Math.min(venue.maxWithdraw(address(this)), _liquid());
    }
}

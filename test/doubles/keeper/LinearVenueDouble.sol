// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ERC4626} from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title LinearVenueDouble
/// @notice An ERC-4626 venue whose share price grows by a fixed amount each second, so that a test knows the rate of every
/// past block. Interest is owed, not backed: withdrawals work while the venue holds enough.
contract LinearVenueDouble is ERC4626 {
    uint256 public immutable start;
    /// @notice Growth of the share price, WAD per second.
    uint256 public immutable perSecond;
    /// @notice While set, nothing can be read or moved.
    bool public isBroken;

    /// @notice Share of every position that is lost, WAD.
    uint256 public lost;

    error VenueBroken();

    constructor(IERC20 asset_, uint256 perSecond_) ERC20("Linear venue", "LIN") ERC4626(asset_) {
        start = block.timestamp;
        perSecond = perSecond_;
    }

    function setBroken(bool broken) external {
        isBroken = broken;
    }

    function writeOff(uint256 share) external {
        lost = share;
    }

    function price() public view returns (uint256 wad) {
        if (isBroken) revert VenueBroken();
        return Math.mulDiv(1e18 + (block.timestamp - start) * perSecond, 1e18 - lost, 1e18);
    }

    function totalAssets() public view override returns (uint256) {
        return Math.mulDiv(totalSupply(), price(), 1e18);
    }

    function _convertToShares(uint256 assets, Math.Rounding rounding) internal view override returns (uint256) {
        return Math.mulDiv(assets, 1e18, price(), rounding);
    }

    function _convertToAssets(uint256 shares, Math.Rounding rounding) internal view override returns (uint256) {
        return Math.mulDiv(shares, price(), 1e18, rounding);
    }
}

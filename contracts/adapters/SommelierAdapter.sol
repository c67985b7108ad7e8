// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ICellar} from "../interfaces/external/sommelier/ICellar.sol";
import {Erc4626Adapter} from "./Erc4626Adapter.sol";
import {Errors} from "../libraries/Errors.sol";

/// @title SommelierAdapter
/// @notice Holds shares of a Sommelier Cellar. Each deposit locks *all* shares of its holder for the lock period,
/// up to
/// two days: until then nothing can leave, and `maxDeallocate` says so. A paused Cellar answers nothing, so it is
/// neither valued nor entered nor left.
/// @dev A Cellar pays from its positions in their order and in their tokens. `maxWithdraw` counts them all alike, so
/// how much would come as WETH shows only in the payment: an exit that pays in other tokens is refused, for nothing
/// here could sell them. It waits until the strategist has put assets into a WETH position.
contract SommelierAdapter is Erc4626Adapter {
    uint256 private constant BPS = 10_000;
    /// @dev A Cellar converts through prices in USD, which may cost some wei on an amount that is all WETH.
    uint256 private constant ROUNDING_BPS = 1;

    /// @dev Asks what no plain ERC-4626 answers.
    constructor(address vault_, address asset_, address cellar_) Erc4626Adapter(vault_, asset_, cellar_) {
        _cellar().totalAssetsWithdrawable();
        _cellar().isPaused();
    }

    function _deallocate(uint256 assets) internal override {
        uint256 before = IERC20(asset).balanceOf(address(this));
        super._deallocate(assets);
        uint256 received = IERC20(asset).balanceOf(address(this)) - before;
        require(
            received * BPS + assets * ROUNDING_BPS >= assets * BPS,
            Errors.Adapter_PaidInOtherToken(received, assets)
        );
    }

    function _maxAllocate() internal view override returns (uint256) {
        return _cellar().isPaused() || _cellar().isShutdown() ? 0 : super._maxAllocate();
    }

    function _maxDeallocate() internal view override returns (uint256) {
        return _cellar().isPaused() ? 0 : super._maxDeallocate();
    }

    function _cellar() private view returns (ICellar) {
        return ICellar(address(venue));
    }
}

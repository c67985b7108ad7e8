// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IBeefyStrategyV7, IBeefyVaultV7} from "../interfaces/external/beefy/IBeefy.sol";
import {BoundedCall} from "../libraries/BoundedCall.sol";
import {AdapterBase} from "./AdapterBase.sol";
import {Errors} from "../libraries/Errors.sol";

/// @title BeefyAdapter
/// @notice Holds shares of a Beefy V7 vault over the vault's own asset. The price of a share jumps at each harvest:
/// what enters after it buys fewer shares and none of the gain, and our own vault spreads its part over days. Worth is
/// after the strategy's fee of exit; `rate` is the price of a share before it.
/// @dev Beefy's functions return nothing and take no minimum: shares and assets are measured by balance, and the
/// signed
/// bounds are the only slippage guard. A fee on entry shows as value that was not added. Beefy has no view of what a
/// strategy can pay at the moment; where its lending market is dry, an exit reverts.
contract BeefyAdapter is AdapterBase {
    using SafeERC20 for IERC20;
    using BoundedCall for bytes;

    uint256 private constant BPS = 10_000;

    IBeefyVaultV7 public immutable beefyVault;

    constructor(address vault_, address asset_, address beefyVault_) AdapterBase(vault_, asset_) {
        _requireCode(beefyVault_);
        _requireSame(beefyVault_, asset_, IBeefyVaultV7(beefyVault_).want());
        beefyVault = IBeefyVaultV7(beefyVault_);
        _requireCode(beefyVault.strategy());
    }

    /// @notice Assets of one share before the fee of exit, WAD.
    function rate() external view returns (uint256 wad) {
        wad = beefyVault.getPricePerFullShare();
        require(wad != 0, Errors.Adapter_RateZero());
    }

    function _liquid() internal view override returns (uint256) {
        if (units == 0) return 0;
        uint256 worth = Math.mulDiv(beefyVault.balance(), units, beefyVault.totalSupply());
        return worth - Math.mulDiv(worth, _exitFee(), BPS, Math.Rounding.Ceil);
    }

    function _allocate(uint256 assets) internal override {
        uint256 before = beefyVault.balanceOf(address(this));
        IERC20(asset).forceApprove(address(beefyVault), assets);
        beefyVault.deposit(assets);
        IERC20(asset).forceApprove(address(beefyVault), 0);
        _bookUnits(before, beefyVault.balanceOf(address(this)));
    }

    function _deallocate(uint256 assets) internal override {
        uint256 fee = _exitFee();
        // V7 promises the full amount although its strategy keeps the fee, and reverts unless the vault itself is
        // empty: anyone could hold an exit up by sending it tokens.
        if (fee != 0 && beefyVault.available() != 0) {
            // Where even this fails, the exit is tried as it is.
            try beefyVault.earn() {} catch {}
        }
        uint256 shares = units;
        if (assets != _liquid()) {
            uint256 worth = Math.mulDiv(assets, BPS, BPS - fee, Math.Rounding.Ceil);
            shares = Math.mulDiv(worth, beefyVault.totalSupply(), beefyVault.balance(), Math.Rounding.Ceil);
            shares = Math.min(shares, units);
        }
        uint256 before = beefyVault.balanceOf(address(this));
        beefyVault.withdraw(shares);
        _bookUnits(before, beefyVault.balanceOf(address(this)));
    }

    /// @dev Beefy sets no cap.
    function _maxAllocate() internal view override returns (uint256) {
        return IBeefyStrategyV7(beefyVault.strategy()).paused() ? 0 : type(uint128).max;
    }

    /// @dev Exits stay open while the strategy is paused.
    function _maxDeallocate() internal view override returns (uint256) {
        return _liquid();
    }

    /// @dev A strategy without the function takes no fee; one that names 100 % or more makes the position worthless.
    function _exitFee() private view returns (uint256) {
        (bool ok, bytes memory answer) = BoundedCall.tryStaticCall(
            beefyVault.strategy(),
            abi.encodeCall(IBeefyStrategyV7.withdrawFee, ())
        );
        return ok && answer.length >= 32 ? Math.min(answer.word(0), BPS) : 0;
    }
}

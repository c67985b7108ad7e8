// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {AaveReserveData, IAaveV3Pool, IAaveV3Token} from "../interfaces/external/aave/IAaveV3.sol";
import {AdapterBase} from "./AdapterBase.sol";
import {Errors} from "../libraries/Errors.sol";

/// @title AaveV3Adapter
/// @notice Supplies to one Aave v3 reserve, 3.0 to 3.6. A unit is scaled aToken balance; its worth is the accrued
/// supply index, rounded down as Aave does since 3.5; it rounded half up before, and the value is then what an exit
/// pays or 1 wei less. Where the reserve has a deficit, its share of what exceeds a thousandth of all claims is taken
/// off.
/// @dev A donation of aTokens is not booked. A donation to the reserve (flash-loan premium, Aave's own income)
/// raises the index and is yield. Before 3.3 Aave does not say what bad debt it has: there an uncovered loss shows as
/// missing liquidity alone.
contract AaveV3Adapter is AdapterBase {
    using SafeERC20 for IERC20;

    uint256 private constant RAY = 1e27;
    uint256 private constant PERCENTAGE_FACTOR = 1e4;
    // Bits of the reserve's configuration, from ReserveConfiguration.sol.
    uint256 private constant DECIMALS_AT = 48;
    uint256 private constant ACTIVE = 1 << 56;
    uint256 private constant FROZEN = 1 << 57;
    uint256 private constant PAUSED = 1 << 60;
    uint256 private constant RESERVE_FACTOR_AT = 64;
    uint256 private constant SUPPLY_CAP_AT = 116;
    uint256 private constant SUPPLY_CAP_MASK = (1 << 36) - 1;
    /// @dev Aave rounds three products half up when it checks the cap; one wei each.
    uint256 private constant CAP_ROUNDING = 3;
    /// @dev Part of all claims that a deficit may reach before it counts. Anyone can dilute a share within one
    /// transaction by lending more; of deficits that reserves live with, and Aave covers, nothing is to be gained so.
    uint256 private constant COVERED_PART = 1_000;

    IAaveV3Pool public immutable pool;
    IAaveV3Token public immutable aToken;

    constructor(address vault_, address asset_, address pool_) AdapterBase(vault_, asset_) {
        _requireCode(pool_);
        address aToken_ = IAaveV3Pool(pool_).getReserveData(asset_).aTokenAddress;
        _requireCode(aToken_);
        _requireSame(aToken_, asset_, IAaveV3Token(aToken_).UNDERLYING_ASSET_ADDRESS());
        _requireSame(aToken_, pool_, IAaveV3Token(aToken_).POOL());
        pool = IAaveV3Pool(pool_);
        aToken = IAaveV3Token(aToken_);
    }

    /// @notice Supply index accrued to now, WAD: what Aave owes per unit, and pays while it can. A deficit does not
    /// lower it; it lowers {realAssets}.
    function rate() external view returns (uint256 wad) {
        wad = pool.getReserveNormalizedIncome(asset) / 1e9;
        require(wad != 0, Errors.Adapter_RateZero());
    }

    function _liquid() internal view override returns (uint256) {
        uint256 index = pool.getReserveNormalizedIncome(asset);
        uint256 claim = _claim(index);
        try pool.getReserveDeficit(asset) returns (uint256 deficit) {
            return deficit == 0 ? claim : _lessShare(claim, deficit, index);
        } catch {
            return claim; // Before 3.3 there is no such function.
        }
    }

    function _allocate(uint256 assets) internal override {
        uint256 before = aToken.scaledBalanceOf(address(this));
        IERC20(asset).forceApprove(address(pool), assets);
        pool.supply(asset, assets, address(this), 0);
        _bookUnits(before, aToken.scaledBalanceOf(address(this)));
    }

    function _deallocate(uint256 assets) internal override {
        uint256 before = aToken.scaledBalanceOf(address(this));
        pool.withdraw(asset, assets, address(this));
        _bookUnits(before, aToken.scaledBalanceOf(address(this)));
    }

    /// @dev The room under the supply cap as Aave will compute it: what the treasury is owed counts, including the
    /// part that accrues in the same transaction, before the check.
    function _maxAllocate() internal view override returns (uint256) {
        AaveReserveData memory reserve = pool.getReserveData(asset);
        uint256 flags = reserve.configuration;
        if (flags & ACTIVE == 0 || flags & (FROZEN | PAUSED) != 0) return 0;
        uint256 cap = (flags >> SUPPLY_CAP_AT) & SUPPLY_CAP_MASK;
        if (cap == 0) return type(uint256).max;
        uint256 index = pool.getReserveNormalizedIncome(asset);
        uint256 used =
            Math.mulDiv(aToken.scaledTotalSupply() + reserve.accruedToTreasury, index, RAY, Math.Rounding.Ceil) +
                _treasuryAccrual(reserve) +
                CAP_ROUNDING;
        return Math.saturatingSub(cap * 10 ** ((flags >> DECIMALS_AT) & 0xff), used);
    }

    /// @dev Frozen reserves still pay, and whoever leaves before a deficit is covered is paid in full. Since 3.1 Aave
    /// pays from its own books, not from donated balance.
    function _maxDeallocate() internal view override returns (uint256 assets) {
        uint256 flags = pool.getReserveData(asset).configuration;
        if (flags & ACTIVE == 0 || flags & PAUSED != 0) return 0;
        assets = Math.min(_claim(pool.getReserveNormalizedIncome(asset)), IERC20(asset).balanceOf(address(aToken)));
        try pool.getVirtualUnderlyingBalance(asset) returns (uint128 virtualBalance) {
            assets = Math.min(assets, virtualBalance);
        } catch {} // Aave 3.0 has no such function; its balance is the limit.
    }

    /// @dev What Aave owes this adapter.
    function _claim(uint256 index) private view returns (uint256) {
        return Math.mulDiv(units, index, RAY);
    }

    /// @dev Bad debt that Aave wrote off lowers no index: all claims stand, and what backs them is short by the deficit
    /// until somebody covers it. Each claim bears its share, or those who leave first would be paid by the others.
    /// Counted from COVERED_PART on, without a step there.
    function _lessShare(uint256 claim, uint256 deficit, uint256 index) private view returns (uint256) {
        uint256 scaled = aToken.scaledTotalSupply() + pool.getReserveData(asset).accruedToTreasury;
        uint256 claims = Math.mulDiv(scaled, index, RAY);
        if (deficit >= claims) return 0;
        uint256 lost = Math.saturatingSub(deficit, claims / COVERED_PART);
        return Math.mulDiv(claim, claims - lost, claims);
    }

    /// @dev Interest on variable debt since the reserve's last update, times the reserve factor, rounded up.
    function _treasuryAccrual(AaveReserveData memory reserve) private view returns (uint256) {
        uint256 scaledDebt = IAaveV3Token(reserve.variableDebtTokenAddress).scaledTotalSupply();
        uint256 growth = pool.getReserveNormalizedVariableDebt(asset) - reserve.variableBorrowIndex;
        uint256 factor = (reserve.configuration >> RESERVE_FACTOR_AT) & 0xffff;
        uint256 interest = Math.mulDiv(scaledDebt, growth, RAY, Math.Rounding.Ceil);
        return Math.mulDiv(interest, factor, PERCENTAGE_FACTOR, Math.Rounding.Ceil);
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ERC4626} from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {FeeTerms, ILiquidityVault} from "../interfaces/ILiquidityVault.sol";
import {Errors} from "../libraries/Errors.sol";

/// @title VaultFees
/// @notice A management fee on assets and a performance fee above a high-water mark, paid in new shares and never in
/// assets. Both count the smaller of the supply at the last accrual and now: whoever just came has earned the fee of
/// nothing, and whoever left is not charged for again.
abstract contract VaultFees is ERC4626 {
    using SafeCast for uint256;

    /// @param highWater Highest price of PRICE_UNIT shares after a performance fee was paid, asset units x PRICE_WAD.
    /// @param supply Supply right after the last accrual.
    struct FeeMarks {
        uint128 highWater;
        uint128 supply;
    }

    // CONSTANTS

    /// @notice Highest management fee, basis points of assets a year.
    uint256 public constant MAX_MANAGEMENT_BPS = 200;
    /// @notice Highest performance fee, basis points of the gain above the high-water mark.
    uint256 public constant MAX_PERFORMANCE_BPS = 2_000;
    uint256 private constant FEE_BPS = 10_000;
    /// @dev One asset's worth of shares at the first price, and the digits kept below one wei.
    uint256 private constant PRICE_UNIT = 1e24;
    uint256 private constant PRICE_WAD = 1e9;

    // STORAGE

    FeeTerms internal _terms;
    FeeMarks internal _marks;

    // INTERNAL

    /// @dev Once per timestamp: what is due since the last accrual at the terms that held.
    function _accrueFees() internal {
        FeeTerms memory terms = _terms;
        if (terms.recipient == address(0) || terms.accruedAt == block.timestamp) return;
        if (terms.managementBps == 0 && terms.performanceBps == 0) return;
        FeeMarks memory marks = _marks;
        uint256 supply = totalSupply();
        uint256 counted = Math.min(supply, marks.supply);
        uint256 assets = totalAssets();
        uint256 management;
        uint256 performance;
        if (supply != 0 && assets != 0) {
            uint256 countedAssets = Math.mulDiv(assets, counted, supply);
            management = Math.mulDiv(
                countedAssets,
                terms.managementBps * (block.timestamp - terms.accruedAt),
                FEE_BPS * 365 days
            );
            // A vault not accrued for decades would owe everything; half is the most one accrual takes.
            management = Math.min(management, assets / 2);
            uint256 price = Math.mulDiv(assets - management, PRICE_UNIT * PRICE_WAD, supply);
            if (price > marks.highWater) {
                uint256 gain = Math.mulDiv(price - marks.highWater, counted, PRICE_UNIT * PRICE_WAD);
                performance = (gain * terms.performanceBps) / FEE_BPS;
            }
        }
        uint256 due = management + performance;
        if (due != 0) {
            // Shares worth `due` after they exist: fees take part of the whole, rounded down for those who pay.
            uint256 shares = Math.mulDiv(due, supply + 10 ** _decimalsOffset(), assets + 1 - due);
            if (shares != 0) {
                _mint(terms.recipient, shares);
                supply += shares;
                emit ILiquidityVault.AccrueFees(terms.recipient, management, performance, shares);
            }
        }
        marks.supply = supply.toUint128();
        // The price that is left after the fee: what was paid for is not paid for twice, and the fee need not be
        // earned
        // again before the next one.
        if (performance != 0) {
            marks.highWater = Math.mulDiv(assets, PRICE_UNIT * PRICE_WAD, supply, Math.Rounding.Ceil).toUint128();
        }
        _marks = marks;
        _terms.accruedAt = uint40(block.timestamp);
    }

    /// @dev New terms start now: with the present supply, and with a mark that is never below the present price, so
    /// that
    /// a fee switched on does not reach back.
    function _setTerms(address recipient, uint256 managementBps, uint256 performanceBps) internal {
        require(
            managementBps <= MAX_MANAGEMENT_BPS,
            Errors.LiquidityVault_FeeTooHigh(managementBps, MAX_MANAGEMENT_BPS)
        );
        require(
            performanceBps <= MAX_PERFORMANCE_BPS,
            Errors.LiquidityVault_FeeTooHigh(performanceBps, MAX_PERFORMANCE_BPS)
        );
        _accrueFees();
        uint256 supply = totalSupply();
        uint256 price = 1e18 * PRICE_WAD;
        if (supply != 0) price = Math.mulDiv(totalAssets(), PRICE_UNIT * PRICE_WAD, supply);
        _marks = FeeMarks(Math.max(price, _marks.highWater).toUint128(), supply.toUint128());
        _terms = FeeTerms(recipient, uint16(managementBps), uint16(performanceBps), uint40(block.timestamp));
        emit ILiquidityVault.SetFees(recipient, managementBps, performanceBps);
    }
}

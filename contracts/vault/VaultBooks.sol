// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ILiquidityVault} from "../interfaces/ILiquidityVault.sol";
import {Errors} from "../libraries/Errors.sol";

/// @notice The numbers of a vault that are fixed at deployment.
/// @param bufferBps Share of NAV that stays idle after a rebalance, basis points.
/// @param unlockSeconds Time over which a profit unlocks, seconds.
/// @param minReportInterval Least time between two permissionless reports of one strategy, seconds.
/// @param maxNavAge Age of the oldest report at which sync exits stop, seconds.
struct VaultSettings {
    uint16 bufferBps;
    uint32 unlockSeconds;
    uint32 minReportInterval;
    uint32 maxNavAge;
}

/// @title VaultBooks
/// @notice The vault's accounting and nothing else: idle, debts, their sums, locked profit, the age of the NAV. Makes no
/// external call. The sums cannot drift: `_setDebt` is the only writer of a debt and of everything derived from it.
abstract contract VaultBooks {
    using SafeCast for uint256;

    /// @dev One word. 2^104 asset units hold 32 debts of at most 2^96, more than all ether there will be.
    struct Totals {
        uint112 idle;
        uint104 totalDebt;
        uint32 debtIds;
        bool depositsPaused;
    }

    /// @dev One word. `profit` unlocks linearly from `since` to `until`.
    struct Clock {
        uint104 profit;
        uint40 since;
        uint40 until;
        uint40 navTimestamp;
        uint32 rebalanceBlock;
    }

    // CONSTANTS

    uint256 internal constant BPS = 10_000;
    uint256 internal constant STRATEGY_SLOTS = 32;
    /// @dev Highest value a strategy may report and highest NAV deposits may reach; see {Totals}.
    uint256 internal constant MAX_ASSETS = type(uint96).max;

    // IMMUTABLES

    /// @notice Share of NAV that must stay idle after a rebalance, basis points.
    uint16 public immutable bufferBps;
    /// @notice Time over which a profit unlocks, seconds.
    uint32 public immutable unlockSeconds;
    /// @notice Least time between two permissionless reports of one strategy, seconds.
    uint32 public immutable minReportInterval;
    /// @notice Age of the oldest report at which sync exits stop, seconds.
    uint32 public immutable maxNavAge;

    // STORAGE

    Totals internal _totals;
    Clock internal _clock;
    /// @dev By id - 1. Arrays of small numbers share words: eight strategies cost four words of debts and two of times.
    uint128[STRATEGY_SLOTS] private _debts;
    uint40[STRATEGY_SLOTS] private _reportedAt;
    uint128[STRATEGY_SLOTS] private _riskDebts;

    constructor(VaultSettings memory s) {
        require(s.bufferBps <= BPS, Errors.LiquidityVault_BadSetting(s.bufferBps, BPS));
        // A shorter unlock could be bought and sold within hours around a report.
        require(s.unlockSeconds >= 1 hours, Errors.LiquidityVault_BadSetting(s.unlockSeconds, 1 hours));
        require(s.minReportInterval < s.maxNavAge, Errors.LiquidityVault_BadSetting(s.minReportInterval, s.maxNavAge));
        bufferBps = s.bufferBps;
        unlockSeconds = s.unlockSeconds;
        minReportInterval = s.minReportInterval;
        maxNavAge = s.maxNavAge;
    }

    // INTERNAL, READING

    function _nav() internal view returns (uint256) {
        return uint256(_totals.idle) + _totals.totalDebt;
    }

    function _debtOf(uint8 id) internal view returns (uint256) {
        return id == 0 || id > STRATEGY_SLOTS ? 0 : _debts[id - 1];
    }

    function _riskDebtOf(uint8 riskId) internal view returns (uint256) {
        return riskId < STRATEGY_SLOTS ? _riskDebts[riskId] : 0;
    }

    function _reportTime(uint8 id) internal view returns (uint40) {
        return id == 0 || id > STRATEGY_SLOTS ? 0 : _reportedAt[id - 1];
    }

    /// @dev Rounded up: what is not yet unlocked belongs to those who stay.
    function _lockedProfit() internal view returns (uint256) {
        uint256 until = _clock.until;
        if (block.timestamp >= until) return 0;
        return Math.mulDiv(_clock.profit, until - block.timestamp, until - _clock.since, Math.Rounding.Ceil);
    }

    function _minimumIdle() internal view returns (uint256) {
        return Math.mulDiv(_nav(), bufferBps, BPS, Math.Rounding.Ceil);
    }

    /// @dev True when sync exits may be priced: no debt, or every debt reported recently, and no rebalance in this block.
    function _exitsOpen() internal view returns (bool) {
        if (_clock.rebalanceBlock == uint32(block.number)) return false;
        return _totals.debtIds == 0 || block.timestamp <= uint256(_clock.navTimestamp) + maxNavAge;
    }

    // INTERNAL, WRITING

    function _creditIdle(uint256 assets) internal {
        _totals.idle = (uint256(_totals.idle) + assets).toUint112();
    }

    function _debitIdle(uint256 assets) internal {
        uint256 idle = _totals.idle;
        require(assets <= idle, Errors.LiquidityVault_IdleTooLow(idle, assets));
        _totals.idle = uint112(idle - assets);
    }

    /// @dev `riskIds` never change for a registered strategy, so the sums by risk id stay in step without a loop over
    /// strategies.
    function _setDebt(uint8 id, uint32 riskIds, uint256 debt) internal {
        uint256 previous = _debts[id - 1];
        if (previous == debt) return;
        _debts[id - 1] = debt.toUint128();
        _totals.totalDebt = (uint256(_totals.totalDebt) - previous + debt).toUint104();
        if (previous == 0 || debt == 0) _totals.debtIds ^= uint32(1) << (id - 1);
        for (uint256 rest = riskIds; rest != 0; rest &= rest - 1) {
            uint256 riskId = Math.log2(rest & (~rest + 1));
            _riskDebts[riskId] = (uint256(_riskDebts[riskId]) - previous + debt).toUint128();
        }
    }

    function _stampReport(uint8 id) internal {
        _reportedAt[id - 1] = uint40(block.timestamp);
    }

    /// @dev Oldest report among strategies with debt, stored so that no user path loops.
    function _refreshNavTimestamp() internal {
        uint256 oldest = type(uint40).max;
        uint256 rest = _totals.debtIds;
        if (rest == 0) oldest = 0;
        for (; rest != 0; rest &= rest - 1) {
            uint256 at = _reportedAt[Math.log2(rest & (~rest + 1))];
            if (at < oldest) oldest = at;
        }
        _clock.navTimestamp = uint40(oldest);
    }

    /// @dev Adds a gain and sets the end to the amount-weighted mean of what remains and a full period: a large old lock is
    /// hardly delayed by a small new gain, and a small old lock does not hurry a large new one.
    function _lockProfit(uint256 gain) internal {
        uint256 locked = _lockedProfit();
        uint256 remaining = locked == 0 ? 0 : _clock.until - block.timestamp;
        uint256 sum = locked + gain;
        // At least one second: the mean of two periods that are each at least one second.
        uint256 period = (locked * remaining + gain * unlockSeconds) / sum;
        _clock.profit = sum.toUint104();
        _clock.since = uint40(block.timestamp);
        _clock.until = uint40(block.timestamp + period);
        emit ILiquidityVault.LockProfit(sum, block.timestamp + period);
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/interfaces/IERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ILiquidityVault} from "../interfaces/ILiquidityVault.sol";
import {IOracleGuard} from "../interfaces/IOracleGuard.sol";
import {IStrategyAdapter} from "../interfaces/IStrategyAdapter.sol";
import {IStrategyRegistry} from "../interfaces/IStrategyRegistry.sol";
import {BoundedCall} from "../libraries/BoundedCall.sol";
import {Errors} from "../libraries/Errors.sol";
import {Valuation} from "../libraries/Valuation.sol";
import {PriceStatus, Quote, StrategyInfo, StrategyState} from "../types/Strategy.sol";
import {VaultBooks} from "./VaultBooks.sol";

/// @title StrategyReports
/// @notice Brings the books up to what strategies are worth now. A gain is locked, a loss counts at once, a loss above the
/// strategy's trip freezes it, and a strategy that cannot be valued keeps its debt and its old time.
abstract contract StrategyReports is VaultBooks {
    using BoundedCall for bytes;

    /// @dev A position in assets at the protocol's rate.
    struct Position {
        uint256 liquid;
        uint256 pending;
        uint256 claimable;
    }

    // IMMUTABLES

    /// @notice Which strategies exist and how much each may hold.
    IStrategyRegistry public immutable registry;
    /// @notice What strategies are worth and what may be done with them.
    IOracleGuard public immutable guard;
    IERC20 internal immutable _weth;

    constructor(address weth, address registry_, address guard_) {
        require(weth.code.length != 0, Errors.LiquidityVault_BadTarget(weth));
        require(registry_.code.length != 0, Errors.LiquidityVault_BadTarget(registry_));
        require(guard_.code.length != 0, Errors.LiquidityVault_BadTarget(guard_));
        _weth = IERC20(weth);
        registry = IStrategyRegistry(registry_);
        guard = IOracleGuard(guard_);
    }

    // INTERNAL

    /// @dev Skips, rather than refuses, what is not due, so that nobody can make another's batch revert; skips a strategy
    /// without debt, so that a gift to an adapter cannot tie the vault to a venue it never entered.
    function _reportDue(uint8[] calldata ids) internal {
        for (uint256 i; i < ids.length; ++i) {
            uint8 id = ids[i];
            StrategyInfo memory info = registry.strategy(id);
            if (_debtOf(id) == 0 || block.timestamp < uint256(_reportTime(id)) + minReportInterval) continue;
            _report(id, info, _debtOf(id));
        }
        _refreshNavTimestamp();
    }

    /// @dev The assets of finished exits become idle; the strategy is then valued anew without them.
    function _claimFinished(uint8[] calldata ids) internal returns (uint256 received) {
        for (uint256 i; i < ids.length; ++i) {
            uint8 id = ids[i];
            StrategyInfo memory info = registry.strategy(id);
            uint256 balance = _weth.balanceOf(address(this));
            IStrategyAdapter(info.adapter).claim();
            uint256 got = _weth.balanceOf(address(this)) - balance;
            if (got == 0) continue;
            received += got;
            _creditIdle(got);
            emit ILiquidityVault.Claim(id, got);
            uint256 debt = _debtOf(id);
            // Cash above the debt was never counted: a gain.
            if (got > debt) _lockProfit(got - debt);
            _setDebt(id, info.riskIds, debt - Math.min(got, debt));
            if (debt != 0) _report(id, info, debt);
        }
        _refreshNavTimestamp();
    }

    /// @dev Values one strategy and moves its debt there.
    /// @param tripBase What the loss is measured against: the debt, before a claim turned part of it into cash, or the
    /// last wei of a finished exit would look like a total loss.
    /// @return valued False when the adapter could not say; nothing changed then.
    /// @return tripped True when the loss froze the strategy now. An already frozen one does not trip again, or its exit
    /// could be blocked for ever by the very loss it flees from.
    function _report(
        uint8 id,
        StrategyInfo memory info,
        uint256 tripBase
    ) internal returns (bool valued, bool tripped, Quote memory quote, Position memory position) {
        bytes memory reason;
        (valued, position, reason) = _readPosition(info.adapter);
        if (!valued) {
            emit ILiquidityVault.ReportFailed(id, reason);
            return (false, false, quote, position);
        }
        quote = guard.sync(id);
        uint256 previous = _debtOf(id);
        uint256 value = _valueOf(position, quote);
        // Without a price nobody can vouch for a rise; a fall of the protocol's own figure counts all the same.
        if (value > previous && !_isPriced(quote)) value = previous;
        _stampReport(id);
        _setDebt(id, info.riskIds, value);
        uint256 gain = value > previous ? value - previous : 0;
        uint256 loss = previous > value ? previous - value : 0;
        emit ILiquidityVault.Report(id, previous, value, gain, loss);
        if (gain != 0) _lockProfit(gain);
        if (loss * BPS > tripBase * info.limits.lossTripBps) {
            emit ILiquidityVault.TripLoss(id, loss, tripBase);
            if (info.state == StrategyState.Active || info.state == StrategyState.ReduceOnly) {
                info.state = StrategyState.Frozen;
                registry.tripFreeze(id);
                tripped = true;
            }
        }
    }

    /// @dev Figures above MAX_ASSETS cannot be true and would overflow the sums: unreadable.
    function _readPosition(
        address adapter
    ) internal view returns (bool ok, Position memory position, bytes memory answer) {
        (ok, answer) = BoundedCall.tryStaticCall(adapter, abi.encodeCall(IStrategyAdapter.realAssets, ()));
        if (!ok || answer.length < 96) return (false, position, answer);
        uint256 liquid = answer.word(0);
        uint256 pending = answer.word(1);
        uint256 claimable = answer.word(2);
        if (liquid > MAX_ASSETS || pending > MAX_ASSETS || claimable > MAX_ASSETS) return (false, position, answer);
        if (liquid + pending + claimable > MAX_ASSETS) return (false, position, answer);
        return (true, Position(liquid, pending, claimable), answer);
    }

    /// @dev The guard's formula on a quote already taken in this transaction: its feed cannot move within one.
    function _valueOf(Position memory position, Quote memory quote) internal pure returns (uint256) {
        return Valuation.valueDown(position.liquid, position.pending, position.claimable, quote.sellFactor);
    }

    function _isPriced(Quote memory quote) internal pure returns (bool) {
        return quote.status != PriceStatus.Closed && quote.status != PriceStatus.Frozen;
    }
}

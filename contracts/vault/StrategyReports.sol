// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ILiquidityVault} from "../interfaces/ILiquidityVault.sol";
import {IStrategyAdapter} from "../interfaces/IStrategyAdapter.sol";
import {BoundedCall} from "../libraries/BoundedCall.sol";
import {Errors} from "../libraries/Errors.sol";
import {Valuation} from "../libraries/Valuation.sol";
import {PackedRecord} from "../types/PackedRecord.sol";
import {PriceStatus, StrategyState} from "../types/Strategy.sol";
import {SyncLiquidity} from "./SyncLiquidity.sol";

/// @title StrategyReports
/// @notice Brings the books up to what strategies are worth now. A gain is locked, a loss counts at once, and a
/// strategy
/// that cannot be valued keeps its debt and its old time.
///
/// Two kinds of loss are judged apart. What the position lost at the protocol's own rate, market prices held still,
/// freezes the strategy when it is above the trip. What the market moved counts in the NAV like any loss, but the
/// guard's depeg bands judge it: an ordinary discount must not freeze a strategy that redeems in full.
abstract contract StrategyReports is SyncLiquidity {
    /// @dev A position in assets at the protocol's rate.
    struct Position {
        uint256 liquid;
        uint256 pending;
        uint256 claimable;
    }

    /// @dev A strategy in the course of one transaction.
    struct Touched {
        uint8 id;
        bool valued;
        bool tripped;
        PriceStatus status;
        uint256 sellFactor;
        /// @dev Gross inflow of this rebalance.
        uint256 inflow;
        PackedRecord info;
        Position position;
    }

    // INTERNAL

    /// @dev Skips, rather than refuses, what is not due, so that nobody can make another's batch revert; skips a
    /// strategy
    /// without debt, so that a gift to an adapter cannot tie the vault to a venue it never entered.
    function _reportDue(uint8[] calldata ids) internal {
        PackedRecord[] memory infos = registry.records(ids);
        uint256 gains;
        // One scratch entry for all: memory is cheaper to write again than to allocate.
        Touched memory t;
        for (uint256 i; i < infos.length; ++i) {
            uint8 id = ids[i];
            uint256 debt = _debtOf(id);
            if (debt == 0 || block.timestamp < _reportTime(id) + minReportInterval) continue;
            t.id = id;
            t.info = infos[i];
            gains += _report(t, debt);
        }
        if (gains != 0) _lockProfit(gains);
        _refreshNavTimestamp();
    }

    /// @dev The assets of finished exits become idle; the strategy is then valued anew without them.
    function _claimFinished(uint8[] calldata ids) internal returns (uint256 received) {
        PackedRecord[] memory infos = registry.records(ids);
        uint256 gains;
        for (uint256 i; i < ids.length; ++i) {
            uint8 id = ids[i];
            uint256 balance = _weth.balanceOf(address(this));
            IStrategyAdapter(infos[i].adapter()).claim();
            uint256 got = _weth.balanceOf(address(this)) - balance;
            if (got == 0) continue;
            emit ILiquidityVault.Claim(id, got);
            got = _creditReceived(id, got);
            received += got;
            uint256 debt = _debtOf(id);
            // Cash above the debt was never counted: a gain.
            if (got > debt) gains += got - debt;
            _setDebt(id, infos[i].riskIds(), got > debt ? 0 : debt - got);
            if (debt == 0) continue;
            Touched memory t;
            (t.id, t.info) = (id, infos[i]);
            gains += _report(t, debt);
        }
        if (gains != 0) _lockProfit(gains);
        _refreshNavTimestamp();
    }

    /// @dev Values one strategy and moves its debt there. `t.valued` is false when the adapter could not say; nothing
    /// changed then. `t.tripped` is true when the loss froze the strategy now: an already frozen one does not trip
    /// again, or its exit could be blocked for ever by the very loss it flees from.
    /// @param tripBase What the loss is measured against: the debt, before a claim turned part of it into cash, or the
    /// last wei of a finished exit would look like a total loss.
    /// @return gain What the caller has to lock.
    function _report(Touched memory t, uint256 tripBase) internal returns (uint256 gain) {
        if (!_readPosition(t)) {
            emit ILiquidityVault.ReportFailed(t.id, BoundedCall.lastAnswer());
            return 0;
        }
        t.valued = true;
        uint256 lastFactor;
        (t.status, t.sellFactor, lastFactor) = guard.sync(t.id, t.info.adapter());
        uint256 previous = _debtOf(t.id);
        uint256 value = _valueOf(t, t.sellFactor);
        // Without a price nobody can vouch for a rise; a fall of the protocol's own figure counts all the same.
        if (value > previous && !_isPriced(t.status)) value = previous;
        _stampReport(t.id);
        _setDebt(t.id, t.info.riskIds(), value);
        uint256 loss;
        if (value > previous) gain = value - previous;
        else loss = previous - value;
        emit ILiquidityVault.Report(t.id, previous, value, gain, loss);
        // Also without a loss in the sum: a market that rose must not hide what the protocol lost.
        if (loss != 0 || t.sellFactor > lastFactor) _judgeLoss(t, tripBase, previous, lastFactor);
    }

    /// @dev The redemption loss: what the position lost with the market held where it was at the last sync.
    function _judgeLoss(Touched memory t, uint256 tripBase, uint256 previous, uint256 lastFactor) private {
        uint256 still = _valueOf(t, lastFactor);
        if (still >= previous) return;
        uint256 loss = previous - still;
        if (loss * BPS <= tripBase * t.info.lossTripBps()) return;
        emit ILiquidityVault.TripLoss(t.id, loss, tripBase);
        if (t.info.state() != StrategyState.Active && t.info.state() != StrategyState.ReduceOnly) return;
        registry.tripFreeze(t.id);
        t.tripped = true;
    }

    /// @dev Figures above MAX_ASSETS cannot be true and would overflow the sums: unreadable.
    function _readPosition(Touched memory t) internal view returns (bool) {
        (bool ok, uint256 liquid, uint256 pending, uint256 claimable) = BoundedCall.tryRead(
            t.info.adapter(),
            IStrategyAdapter.realAssets.selector,
            3
        );
        if (!ok || liquid > MAX_ASSETS || pending > MAX_ASSETS || claimable > MAX_ASSETS) return false;
        if (liquid + pending + claimable > MAX_ASSETS) return false;
        Position memory position = t.position;
        (position.liquid, position.pending, position.claimable) = (liquid, pending, claimable);
        return true;
    }

    /// @dev The guard's formula on a factor already taken in this transaction, less what in-kind claims own. A revoked
    /// strategy counts for nothing, whatever it says.
    function _valueOf(Touched memory t, uint256 sellFactor) internal view returns (uint256 value) {
        if (t.info.state() == StrategyState.Revoked) return 0;
        Position memory position = t.position;
        value = Valuation.valueDown(position.liquid, position.pending, position.claimable, sellFactor);
        if (_totals.hasInKind) value = (value * (WAD - _inKind[t.id].units)) / WAD;
    }

    /// @dev Cash from a strategy: the vault's part becomes idle, the part of in-kind claims is set aside for them.
    /// @return own The vault's part.
    function _creditReceived(uint8 id, uint256 received) internal returns (uint256 own) {
        own = received;
        if (_totals.hasInKind) {
            InKind storage claims = _inKind[id];
            uint256 units = claims.units;
            if (units != 0) {
                uint256 theirs = (received * units) / WAD;
                claims.paidPerUnit += uint192((theirs * WAD) / units);
                claims.unpaid += uint128(theirs);
                own = received - theirs;
            }
        }
        _creditIdle(own);
    }

    function _isPriced(PriceStatus status) internal pure returns (bool) {
        return status != PriceStatus.Closed && status != PriceStatus.Frozen;
    }

    function _requireReadable(Touched memory t) internal view {
        require(_readPosition(t), Errors.LiquidityVault_ReportFailed(t.id, t.info.adapter()));
    }
}

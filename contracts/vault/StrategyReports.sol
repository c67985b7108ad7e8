// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IHarvestAdapter} from "../interfaces/IHarvestAdapter.sol";
import {ILiquidityVault} from "../interfaces/ILiquidityVault.sol";
import {IStrategyAdapter} from "../interfaces/IStrategyAdapter.sol";
import {BoundedCall} from "../libraries/BoundedCall.sol";
import {Errors} from "../libraries/Errors.sol";
import {Valuation} from "../libraries/Valuation.sol";
import {PackedPrice} from "../types/PackedPrice.sol";
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
    /// @dev A strategy in the course of one transaction; its position in assets at the protocol's rate.
    struct Touched {
        PackedRecord info;
        PackedPrice price;
        /// @dev True once the adapter said what the position is worth and the books followed.
        bool valued;
        uint256 liquid;
        uint256 pending;
        uint256 claimable;
        /// @dev Gross inflow of this rebalance.
        uint256 inflow;
    }

    /// @dev What several reports found together.
    /// @param gain What the caller has to lock.
    /// @param tripped Id of the first strategy whose loss froze it now, else 0.
    /// @param moved True when a strategy was reported whose report had been the oldest.
    /// @param oldest Time of the oldest report before.
    struct Tally {
        uint256 gain;
        uint256 oldest;
        uint8 tripped;
        bool moved;
    }

    // CONSTANTS

    /// @dev What rounding may take of a position that is sold and bought in parts, wei.
    uint256 private constant HARVEST_DUST = 1e9;

    // INTERNAL

    /// @dev Skips, rather than refuses, what is not due, so that nobody can make another's batch revert; skips a
    /// strategy
    /// without debt, so that a gift to an adapter cannot tie the vault to a venue it never entered.
    function _reportDue(uint8[] calldata ids) internal {
        PackedRecord[] memory infos = registry.records(ids);
        uint256 length;
        uint256 seen;
        // Keeps those that are due, in place.
        for (uint256 i; i < infos.length; ++i) {
            PackedRecord info = infos[i];
            uint256 id = info.id();
            (uint256 debt, uint256 time) = _account(id);
            unchecked {
                if (debt == 0 || block.timestamp < time + minReportInterval || seen & (1 << id) != 0) continue;
                seen |= 1 << id;
                infos[length++] = info;
            }
        }
        // Shortening only ever releases memory.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            mstore(infos, length)
        }
        (, Tally memory tally) = _report(infos);
        if (tally.gain != 0) _lockProfit(tally.gain);
        if (tally.moved) _refreshNavTimestamp();
    }

    /// @dev The assets of finished exits become idle; the strategy is then valued anew without them.
    function _claimFinished(uint8[] calldata ids) internal returns (uint256 received) {
        PackedRecord[] memory infos = registry.records(ids);
        Touched memory t;
        Tally memory tally;
        for (uint256 i; i < infos.length; ++i) {
            t.info = infos[i];
            uint256 balance = _weth.balanceOf(address(this));
            IStrategyAdapter(t.info.adapter()).claim();
            uint256 got = _weth.balanceOf(address(this)) - balance;
            if (got == 0) continue;
            emit ILiquidityVault.Claim(t.info.id(), got);
            received += _bookCash(t, got, tally);
        }
        if (tally.gain != 0) _lockProfit(tally.gain);
        _refreshNavTimestamp();
    }

    /// @dev Rewards become idle, or more of the position, and a gain that is locked like any other. Skips what is not
    /// due and what may not be touched; an adapter that fails, or has nothing to harvest, stops nobody.
    ///
    /// Anyone may call this, so a harvest that sells at a bad price must not be worth provoking: position and cash
    /// together may not be worth less afterwards, but for what rounding takes.
    function _harvest(uint8[] calldata ids) internal returns (uint256 received) {
        if (_totals.frozen) revert Errors.LiquidityVault_Frozen();
        PackedRecord[] memory infos = registry.records(ids);
        Touched memory t;
        Tally memory tally;
        for (uint256 i; i < infos.length; ++i) {
            t.info = infos[i];
            uint8 id = t.info.id();
            if (!_mayHarvest(t.info) || !_readPosition(t)) continue;
            _harvestedAt[id] = block.timestamp;
            uint256 worth = t.liquid + t.pending + t.claimable;
            uint256 balance = _weth.balanceOf(address(this));
            if (!BoundedCall.tryCallFunded(t.info.adapter(), abi.encodeCall(IHarvestAdapter.harvest, ()))) {
                emit ILiquidityVault.HarvestFailed(id);
                continue;
            }
            uint256 got = _weth.balanceOf(address(this)) - balance;
            _requireReadable(t);
            uint256 left = t.liquid + t.pending + t.claimable + got;
            if (left + HARVEST_DUST < worth) revert Errors.LiquidityVault_HarvestLost(id, worth, left);
            emit ILiquidityVault.Harvest(id, got);
            received += _bookCash(t, got, tally);
        }
        if (tally.gain != 0) _lockProfit(tally.gain);
        _refreshNavTimestamp();
    }

    /// @dev Values strategies and moves their debts there. An entry's `valued` stays false when its adapter could not
    /// say; nothing changed for it then. Positions are read before any is booked, so that the guard is asked once for
    /// all; nothing between the readings can move one. A wrong figure for one is never another's: prices come back in
    /// the order of the records that were sent.
    function _report(PackedRecord[] memory infos) internal returns (Touched[] memory list, Tally memory tally) {
        uint256 total = infos.length;
        list = new Touched[](total);
        tally.oldest = _clock.navTimestamp;
        // Keeps the records of those that can be read, in place.
        uint256 length;
        for (uint256 i; i < total; ++i) {
            Touched memory t = list[i];
            PackedRecord info = infos[i];
            t.info = info;
            if (_readPosition(t)) {
                infos[length] = info;
                unchecked {
                    ++length;
                }
            } else {
                emit ILiquidityVault.ReportFailed(info.id(), BoundedCall.lastAnswer());
            }
        }
        if (length == 0) return (list, tally);
        // Shortening only ever releases memory.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            mstore(infos, length)
        }
        PackedPrice[] memory prices = guard.syncAll(infos);
        length = 0;
        for (uint256 i; i < total; ++i) {
            Touched memory t = list[i];
            if (!t.valued) continue;
            t.price = prices[length];
            unchecked {
                ++length;
            }
            _book(t, 0, tally);
        }
    }

    /// @dev In use, priced in the normal band, and not harvested within the interval of reports.
    function _mayHarvest(PackedRecord info) private view returns (bool) {
        if (block.timestamp < _harvestedAt[info.id()] + minReportInterval) return false;
        if (_debtOf(info.id()) == 0) return false;
        if (info.state() != StrategyState.Active && info.state() != StrategyState.ReduceOnly) return false;
        return guard.statusOf(info) == PriceStatus.Normal;
    }

    /// @dev Cash that came out of a strategy lowers its debt, and the strategy is valued anew; what is above the debt
    /// was never counted and is a gain.
    /// @return own The vault's part of the cash.
    function _bookCash(Touched memory t, uint256 received, Tally memory tally) private returns (uint256 own) {
        (uint8 id, uint32 riskIds) = (t.info.id(), t.info.riskIds());
        own = _creditReceived(id, received);
        uint256 debt = _debtOf(id);
        if (own > debt) tally.gain += own - debt;
        _setDebt(id, riskIds, Math.saturatingSub(debt, own));
        if (debt == 0) return own;
        if (!_readPosition(t)) {
            emit ILiquidityVault.ReportFailed(id, BoundedCall.lastAnswer());
            return own;
        }
        PackedRecord[] memory asked = new PackedRecord[](1);
        asked[0] = t.info;
        t.price = guard.syncAll(asked)[0];
        // The loss is measured against the debt before a part of it became cash, or the last wei of a finished exit
        // would look like a total loss.
        _book(t, debt, tally);
    }

    /// @dev Moves the debt of a strategy whose position and price have been read to its value. A frozen strategy does
    /// not trip again, or its exit could be blocked for ever by the very loss it flees from.
    /// @param tripBase What the loss is measured against where that is not the debt; else 0.
    function _book(Touched memory t, uint256 tripBase, Tally memory tally) private {
        PackedPrice price = t.price;
        PackedRecord info = t.info;
        uint256 id = info.id();
        uint256 sellFactor = price.sellFactor();
        (uint256 previous, uint256 time) = _account(id);
        if (time <= tally.oldest) tally.moved = true;
        uint256 value = _valueOf(t, sellFactor);
        // Without a price nobody can vouch for a rise; a fall of the protocol's own figure counts all the same.
        if (value > previous && !price.isUsable()) value = previous;
        _setAccount(id, info.riskIds(), previous, time, value, block.timestamp);
        uint256 gain;
        uint256 loss;
        unchecked {
            if (value > previous) gain = value - previous;
            else loss = previous - value;
            // At most thirty-two gains of 88 bits.
            tally.gain += gain;
        }
        emit ILiquidityVault.Report(uint8(id), previous, value, gain, loss);
        // Also without a loss in the sum: a market that rose must not hide what the protocol lost.
        if (loss != 0 || sellFactor > price.lastFactor()) {
            _judgeLoss(t, tripBase == 0 ? previous : tripBase, previous, tally);
        }
    }

    /// @dev The redemption loss: what the position lost with the market held where it was at the last sync.
    function _judgeLoss(Touched memory t, uint256 tripBase, uint256 previous, Tally memory tally) private {
        uint256 still = _valueOf(t, t.price.lastFactor());
        if (still >= previous) return;
        uint256 loss = previous - still;
        if (loss * BPS <= tripBase * t.info.lossTripBps()) return;
        emit ILiquidityVault.TripLoss(t.info.id(), loss, tripBase);
        if (t.info.state() != StrategyState.Active && t.info.state() != StrategyState.ReduceOnly) return;
        registry.tripFreeze(t.info.id());
        if (tally.tripped == 0) tally.tripped = t.info.id();
    }

    /// @dev Figures above MAX_ASSETS cannot be true and would overflow the sums: unreadable.
    function _readPosition(Touched memory t) internal view returns (bool) {
        (bool ok, uint256 liquid, uint256 pending, uint256 claimable) = BoundedCall.tryRead(
            t.info.adapter(),
            IStrategyAdapter.realAssets.selector,
            3
        );
        unchecked {
            // The first test keeps the sum of the second from overflowing.
            if (!ok || (liquid | pending | claimable) > MAX_ASSETS) return false;
            if (liquid + pending + claimable > MAX_ASSETS) return false;
        }
        (t.liquid, t.pending, t.claimable, t.valued) = (liquid, pending, claimable, true);
        return true;
    }

    /// @dev The guard's formula on a factor already taken in this transaction, less what in-kind claims own. A revoked
    /// strategy counts for nothing, whatever it says.
    function _valueOf(Touched memory t, uint256 sellFactor) internal view returns (uint256 value) {
        if (t.info.isRevoked()) return 0;
        value = Valuation.valueDown(t.liquid, t.pending, t.claimable, sellFactor);
        if (_totals.hasInKind) value = (value * (WAD - _inKind[t.info.id()].units)) / WAD;
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

    function _requireReadable(Touched memory t) internal view {
        if (!_readPosition(t)) revert Errors.LiquidityVault_ReportFailed(t.info.id(), t.info.adapter());
    }
}

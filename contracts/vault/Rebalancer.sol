// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IERC20} from "@openzeppelin/contracts/interfaces/IERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ILiquidityVault, RebalanceResult} from "../interfaces/ILiquidityVault.sol";
import {IRangeAdapter} from "../interfaces/IRangeAdapter.sol";
import {IStrategyAdapter} from "../interfaces/IStrategyAdapter.sol";
import {BitSet32} from "../libraries/BitSet32.sol";
import {BoundedCall} from "../libraries/BoundedCall.sol";
import {Errors} from "../libraries/Errors.sol";
import {Legs} from "../libraries/Legs.sol";
import {Leg, LegKind} from "../types/Proposal.sol";
import {PackedRecord} from "../types/PackedRecord.sol";
import {PriceStatus, StrategyState} from "../types/Strategy.sol";
import {StrategyReports} from "./StrategyReports.sol";

/// @title Rebalancer
/// @notice Runs the legs of a proposal. Every leg is measured by what the vault's own balance and the adapter's
/// `realAssets` did; return values of adapters are never trusted.
///
/// After each leg the strategy's debt is set to its guarded value. So the NAV after the legs is already the
/// conservative
/// one, a market discount bought with an allocation shows as a loss of the execution, and nothing is left for a later
/// report to discover. Gains and losses are summed apart, leg by leg, as reports sum them apart, strategy by strategy.
abstract contract Rebalancer is StrategyReports {
    using BitSet32 for uint256;
    using SafeERC20 for IERC20;

    // INTERNAL

    function _rebalance(
        Leg[] calldata legs,
        uint256 refNav,
        uint16 navToleranceBps
    ) internal returns (RebalanceResult memory result) {
        Legs.check(legs);
        if (_totals.frozen) revert Errors.LiquidityVault_Frozen();
        _clock.rebalanceBlock = uint32(block.number);

        (PackedRecord[] memory infos, uint256 legged) = _gather(legs);
        (Touched[] memory touched, Tally memory tally) = _report(infos);
        uint256 nav = _nav();
        (result.navBefore, result.navAfter) = (nav, nav);
        if (tally.tripped != 0) {
            // Returning keeps the freeze and the loss; a revert would undo both.
            (result.aborted, result.trippedStrategy) = (true, tally.tripped);
        } else {
            uint256 unreported = _requireReported(touched, legged);
            uint256 distance = nav > refNav ? nav - refNav : refNav - nav;
            if (distance * BPS > refNav * navToleranceBps) {
                revert Errors.LiquidityVault_NavOutOfTolerance(nav, refNav, navToleranceBps);
            }
            uint256 ids = _totals.debtIds;
            tally.gain += _runLegs(legs, touched, legged, unreported, result);
            // The last debt that goes, and the first that comes, also move the oldest report.
            if (ids == 0 || _totals.debtIds == 0) tally.moved = true;
        }
        if (tally.gain != 0) _lockProfit(tally.gain);
        if (tally.moved) _refreshNavTimestamp();
    }

    // PRIVATE

    /// @dev One entry per distinct strategy of the legs, `legged` of them, then one per stale strategy with debt.
    function _gather(Leg[] calldata legs) private view returns (PackedRecord[] memory infos, uint256 legged) {
        uint256 count = legs.length;
        // The oldest report of all tells in one read that none is stale.
        uint256 rest = block.timestamp > _navTime() + maxNavAge ? _totals.debtIds : 0;
        uint8[] memory ids = new uint8[](rest == 0 ? count : count + STRATEGY_SLOTS);
        uint256 seen;
        for (uint256 i; i < count; ++i) {
            uint8 id = legs[i].strategyId;
            if (seen & (1 << id) != 0) continue;
            seen |= 1 << id;
            ids[legged++] = id;
        }
        uint256 length = legged;
        for (rest &= ~(seen >> 1); rest != 0; rest &= rest - 1) {
            uint8 id = uint8(rest.lowest() + 1);
            if (block.timestamp > _reportTime(id) + maxNavAge) ids[length++] = id;
        }
        // The list is as long as it has entries; shortening only ever releases memory.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            mstore(ids, length)
        }
        infos = registry.records(ids);
    }

    /// @dev A touched strategy must be readable. An untouched one that is not keeps its old debt, and the caps then
    /// count it as worth nothing, so that a dead venue neither stops the others nor inflates what they may hold. Asked
    /// only when no trip has to be kept: this reverts.
    /// @return unreported Debt of stale strategies that could not be read.
    function _requireReported(Touched[] memory touched, uint256 legged) private view returns (uint256 unreported) {
        for (uint256 i; i < touched.length; ++i) {
            Touched memory t = touched[i];
            if (t.valued) continue;
            if (i < legged) revert Errors.LiquidityVault_ReportFailed(t.info.id(), t.info.adapter());
            unreported += _debtOf(t.info.id());
        }
    }

    function _runLegs(
        Leg[] calldata legs,
        Touched[] memory touched,
        uint256 legged,
        uint256 unreported,
        RebalanceResult memory result
    ) private returns (uint256 gain) {
        // Not the NAV, which ends at zero: where the queue is owed more than there is, a loss is the claimants'.
        uint256 gross = _gross();
        // Measured after every leg: what one leaves is what the next starts from.
        uint256 balance = _weth.balanceOf(address(this));
        bool allocates;
        for (uint256 i; i < legs.length; ++i) {
            Leg calldata leg = legs[i];
            Touched memory t = _touchedOf(touched, leg.strategyId);
            LegKind kind = leg.kind;
            if (kind == LegKind.Allocate) {
                allocates = true;
                balance = _allocate(leg, t, balance);
            } else if (kind == LegKind.Reposition) {
                balance = _reposition(leg, t);
            } else {
                balance = _exit(leg, t, balance);
            }
            uint256 afterLeg = _gross();
            if (afterLeg < gross) result.loss += gross - afterLeg;
            else gain += afterLeg - gross;
            gross = afterLeg;
        }
        uint256 nav = _nav();
        // Exits alone only lower risk: neither a cap nor the buffer may stand in their way.
        if (allocates) _checkLimits(touched, legged, nav > unreported ? nav - unreported : 0);
        uint256 held = _totals.idle;
        if (balance < held) revert Errors.LiquidityVault_BooksBroken(held, balance);
        result.navAfter = nav;
    }

    /// @dev Every leg's strategy is in the list.
    function _touchedOf(Touched[] memory touched, uint256 id) private pure returns (Touched memory t) {
        uint256 at;
        do t = touched[at++]; while (t.info.id() != id);
    }

    /// @dev Exits are open in every state. From a revoked strategy they bring back what was written off.
    function _exit(Leg calldata leg, Touched memory t, uint256 balance) private returns (uint256) {
        if (!t.price.isUsable()) {
            guard.requirePriced(t.info.id());
            revert Errors.LiquidityVault_PriceForbids(t.info.id(), t.price.status());
        }
        return leg.kind == LegKind.Deallocate ? _deallocate(leg, t, balance) : _requestExit(leg, t);
    }

    function _deallocate(Leg calldata leg, Touched memory t, uint256 balance) private returns (uint256 left) {
        (uint256 amount, uint256 minValue, uint8 id) = (leg.amount, leg.minValue, t.info.id());
        IStrategyAdapter(t.info.adapter()).deallocate(amount, minValue);
        left = _weth.balanceOf(address(this));
        uint256 received = left - balance;
        if (received < minValue) revert Errors.LiquidityVault_ReceivedTooLow(id, received, minValue);
        _creditReceived(id, received);
        _revalue(t);
        emit ILiquidityVault.Deallocate(id, amount, received);
    }

    function _requestExit(Leg calldata leg, Touched memory t) private returns (uint256 left) {
        (uint256 amount, uint256 minValue, uint8 id) = (leg.amount, leg.minValue, t.info.id());
        uint256 pendingBefore = t.pending + t.claimable;
        IStrategyAdapter(t.info.adapter()).requestExit(amount, minValue);
        left = _weth.balanceOf(address(this));
        _revalue(t);
        uint256 requested = Math.saturatingSub(t.pending + t.claimable, pendingBefore);
        if (requested < minValue) revert Errors.LiquidityVault_RequestedTooLow(id, requested, minValue);
        emit ILiquidityVault.RequestExit(id, amount, requested);
    }

    /// @dev Moves a range as a whole. Nothing enters the strategy, but the position is built anew at the venue's
    /// present price: as for new money, the strategy must be active and its price normal. What the move costs at the
    /// guard's value is a loss of the execution like any other.
    function _reposition(Leg calldata leg, Touched memory t) private returns (uint256 left) {
        _requireOpen(t);
        (uint8 id, address adapter) = (t.info.id(), t.info.adapter());
        (bool isRange, , , ) = BoundedCall.tryRead(adapter, IRangeAdapter.tickSpacing.selector, 1);
        if (!isRange) revert Errors.LiquidityVault_NotARange(id, adapter);
        (int24 lower, int24 upper, uint256 minValue) = (leg.tickLower, leg.tickUpper, leg.minValue);
        uint256 before = _debtOf(id);
        IRangeAdapter(adapter).reposition(lower, upper, minValue);
        left = _weth.balanceOf(address(this));
        _revalue(t);
        uint256 kept = _debtOf(id);
        if (kept < minValue) revert Errors.LiquidityVault_KeptTooLow(id, kept, minValue);
        emit ILiquidityVault.Reposition(id, lower, upper, before, kept);
    }

    function _allocate(Leg calldata leg, Touched memory t, uint256 balance) private returns (uint256 left) {
        _requireOpen(t);
        (uint256 assets, uint256 minValue, uint8 id) = (leg.amount, leg.minValue, t.info.id());
        // New money must not mix with a position that partly belongs to holders of in-kind claims.
        if (_totals.hasInKind) {
            uint256 units = _inKind[id].units;
            if (units != 0) revert Errors.LiquidityVault_InKindClaimsOpen(id, units);
        }
        uint256 held = _totals.idle;
        if (assets == Legs.REMAINDER) {
            uint256 reserve = _minimumIdle();
            if (held <= reserve) revert Errors.LiquidityVault_IdleTooLow(held, reserve);
            assets = held - reserve;
        }
        if (assets > held) revert Errors.LiquidityVault_IdleTooLow(held, assets);
        t.inflow += assets;

        uint256 worthBefore = _worth(t);
        _weth.safeTransfer(t.info.adapter(), assets);
        IStrategyAdapter(t.info.adapter()).allocate(assets, minValue);
        // An adapter may hand back what its venue did not take.
        left = _weth.balanceOf(address(this));
        uint256 spent = Math.saturatingSub(balance, left);
        _debitIdle(spent);
        _revalue(t);
        uint256 added = Math.saturatingSub(_worth(t), worthBefore);
        if (added < minValue) revert Errors.LiquidityVault_ValueTooLow(id, added, minValue);
        emit ILiquidityVault.Allocate(id, spent, added);
    }

    /// @dev Active, and with a price in the normal band.
    function _requireOpen(Touched memory t) private view {
        StrategyState state = t.info.state();
        if (state != StrategyState.Active) revert Errors.LiquidityVault_StateForbids(t.info.id(), state);
        PriceStatus status = t.price.status();
        if (status == PriceStatus.Normal) return;
        guard.requireInflow(t.info.id());
        revert Errors.LiquidityVault_PriceForbids(t.info.id(), status);
    }

    function _revalue(Touched memory t) private {
        _requireReadable(t);
        _setDebt(t.info.id(), t.info.riskIds(), _valueOf(t, t.price.sellFactor()));
    }

    /// @dev Redemption value, before the market's discount: what a signed `minValue` of an allocation bounds.
    function _worth(Touched memory t) private pure returns (uint256) {
        return t.liquid + t.pending + t.claimable;
    }

    /// @dev Inflow budgets and caps of every strategy that took inflow and of every risk id it carries, on fresh
    /// value,
    /// and the buffer.
    function _checkLimits(Touched[] memory touched, uint256 legged, uint256 nav) private {
        uint256 held = _totals.idle;
        uint256 reserve = _minimumIdle();
        if (held < reserve) revert Errors.LiquidityVault_IdleTooLow(held, reserve);
        uint256[] memory inflows = new uint256[](legged);
        uint256 length;
        uint256 riskIds;
        for (uint256 i; i < legged; ++i) {
            Touched memory t = touched[i];
            if (t.inflow == 0) continue;
            riskIds |= t.info.riskIds();
            inflows[length++] = t.info.id() | (t.inflow << 8);
        }
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            mstore(inflows, length)
        }
        uint256[] memory caps = registry.recordInflows(inflows, riskIds, nav);
        for (uint256 i; i < length; ++i) {
            uint8 id = uint8(inflows[i]);
            (uint256 debt, ) = _account(id);
            if (debt > caps[i]) revert Errors.LiquidityVault_CapExceeded(id, debt, caps[i]);
        }
        for (uint256 rest = riskIds; rest != 0; rest &= rest - 1) {
            uint8 riskId = uint8(rest.lowest());
            uint256 debt = _riskDebtOf(riskId);
            uint256 cap = caps[length++];
            if (debt > cap) revert Errors.LiquidityVault_RiskCapExceeded(riskId, debt, cap);
        }
    }
}

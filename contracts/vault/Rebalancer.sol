// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IERC20} from "@openzeppelin/contracts/interfaces/IERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ILiquidityVault, RebalanceResult} from "../interfaces/ILiquidityVault.sol";
import {IStrategyAdapter} from "../interfaces/IStrategyAdapter.sol";
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
    using SafeERC20 for IERC20;

    // INTERNAL

    function _rebalance(
        Leg[] calldata legs,
        uint256 refNav,
        uint16 navToleranceBps
    ) internal returns (RebalanceResult memory result) {
        Legs.check(legs);
        require(!_totals.frozen, Errors.LiquidityVault_Frozen());
        _clock.rebalanceBlock = uint32(block.number);

        (Touched[] memory touched, uint256 legged) = _gather(legs);
        uint256 unreported;
        uint256 gain;
        (result.trippedStrategy, unreported, gain) = _reportAll(touched, legged);
        uint256 nav = _nav();
        (result.navBefore, result.navAfter) = (nav, nav);
        if (result.trippedStrategy != 0) {
            // Returning keeps the freeze and the loss; a revert would undo both.
            result.aborted = true;
        } else {
            uint256 distance = nav > refNav ? nav - refNav : refNav - nav;
            require(
                distance * BPS <= refNav * navToleranceBps,
                Errors.LiquidityVault_NavOutOfTolerance(nav, refNav, navToleranceBps)
            );
            gain += _runLegs(legs, touched, legged, unreported, result);
        }
        if (gain != 0) _lockProfit(gain);
        _refreshNavTimestamp();
    }

    // PRIVATE

    /// @dev One entry per distinct strategy of the legs, `legged` of them, then one per stale strategy with debt.
    function _gather(Leg[] calldata legs) private view returns (Touched[] memory touched, uint256 legged) {
        uint8[] memory ids = new uint8[](legs.length + STRATEGY_SLOTS);
        uint256 seen;
        for (uint256 i; i < legs.length; ++i) {
            uint8 id = legs[i].strategyId;
            if (seen & (1 << id) != 0) continue;
            seen |= 1 << id;
            ids[legged++] = id;
        }
        uint256 length = legged;
        // The oldest report of all tells in one read that none is stale.
        uint256 rest = block.timestamp > _navTime() + maxNavAge ? uint256(_totals.debtIds) & ~(seen >> 1) : 0;
        for (; rest != 0; rest &= rest - 1) {
            uint8 id = uint8(_lowestBit(rest) + 1);
            if (block.timestamp > _reportTime(id) + maxNavAge) ids[length++] = id;
        }
        // The list is as long as it has entries; shortening only ever releases memory.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            mstore(ids, length)
        }
        PackedRecord[] memory infos = registry.records(ids);
        touched = new Touched[](length);
        for (uint256 i; i < length; ++i) {
            touched[i].id = ids[i];
            touched[i].info = infos[i];
        }
    }

    /// @dev Reports touched strategies and any debt older than maxNavAge. A touched strategy must be readable. An
    /// untouched
    /// one that is not keeps its old debt, and the caps then count it as worth nothing, so that a dead venue neither
    /// stops the others nor inflates what they may hold.
    function _reportAll(
        Touched[] memory touched,
        uint256 legged
    ) private returns (uint8 tripped, uint256 unreported, uint256 gain) {
        uint256 unreadable;
        for (uint256 i; i < touched.length; ++i) {
            Touched memory t = touched[i];
            gain += _report(t, _debtOf(t.id));
            if (!t.valued && i >= legged) unreported += _debtOf(t.id);
            else if (!t.valued && unreadable == 0) unreadable = i + 1;
            if (t.tripped && tripped == 0) tripped = t.id;
        }
        // Only now, when no trip has to be kept, may an unreadable strategy revert.
        if (tripped == 0 && unreadable != 0) {
            Touched memory t = touched[unreadable - 1];
            revert Errors.LiquidityVault_ReportFailed(t.id, t.info.adapter());
        }
    }

    function _runLegs(
        Leg[] calldata legs,
        Touched[] memory touched,
        uint256 legged,
        uint256 unreported,
        RebalanceResult memory result
    ) private returns (uint256 gain) {
        uint256 nav = result.navAfter;
        bool allocates;
        for (uint256 i; i < legs.length; ++i) {
            Leg calldata leg = legs[i];
            uint256 at;
            while (touched[at].id != leg.strategyId) ++at;
            if (leg.kind == LegKind.Allocate) {
                allocates = true;
                _allocate(leg, touched[at]);
            } else {
                _exit(leg, touched[at]);
            }
            uint256 navLeg = _nav();
            if (navLeg < nav) result.loss += nav - navLeg;
            else gain += navLeg - nav;
            nav = navLeg;
        }
        // Exits alone only lower risk: neither a cap nor the buffer may stand in their way.
        if (allocates) _checkLimits(touched, legged, nav > unreported ? nav - unreported : 0);
        uint256 balance = _weth.balanceOf(address(this));
        require(balance >= _totals.idle, Errors.LiquidityVault_BooksBroken(_totals.idle, balance));
        result.navAfter = nav;
    }

    /// @dev Exits are open in every state. From a revoked strategy they bring back what was written off.
    function _exit(Leg calldata leg, Touched memory t) private {
        if (!_isPriced(t.status)) {
            guard.requirePriced(t.id);
            revert Errors.LiquidityVault_PriceForbids(t.id, t.status);
        }
        if (leg.kind == LegKind.Deallocate) _deallocate(leg, t);
        else _requestExit(leg, t);
    }

    function _deallocate(Leg calldata leg, Touched memory t) private {
        uint256 balance = _weth.balanceOf(address(this));
        IStrategyAdapter(t.info.adapter()).deallocate(leg.amount, leg.minValue);
        uint256 received = _weth.balanceOf(address(this)) - balance;
        require(received >= leg.minValue, Errors.LiquidityVault_ReceivedTooLow(t.id, received, leg.minValue));
        _creditReceived(t.id, received);
        _revalue(t);
        emit ILiquidityVault.Deallocate(t.id, leg.amount, received);
    }

    function _requestExit(Leg calldata leg, Touched memory t) private {
        uint256 pendingBefore = t.position.pending + t.position.claimable;
        IStrategyAdapter(t.info.adapter()).requestExit(leg.amount, leg.minValue);
        _revalue(t);
        uint256 requested = Math.saturatingSub(t.position.pending + t.position.claimable, pendingBefore);
        require(requested >= leg.minValue, Errors.LiquidityVault_RequestedTooLow(t.id, requested, leg.minValue));
        emit ILiquidityVault.RequestExit(t.id, leg.amount, requested);
    }

    function _allocate(Leg calldata leg, Touched memory t) private {
        require(t.info.state() == StrategyState.Active, Errors.LiquidityVault_StateForbids(t.id, t.info.state()));
        if (t.status != PriceStatus.Normal) {
            guard.requireInflow(t.id);
            revert Errors.LiquidityVault_PriceForbids(t.id, t.status);
        }
        // New money must not mix with a position that partly belongs to holders of in-kind claims.
        if (_totals.hasInKind) {
            uint256 units = _inKind[t.id].units;
            require(units == 0, Errors.LiquidityVault_InKindClaimsOpen(t.id, units));
        }
        uint256 assets = leg.amount;
        uint256 held = _totals.idle;
        if (assets == Legs.REMAINDER) {
            uint256 reserve = _minimumIdle();
            require(held > reserve, Errors.LiquidityVault_IdleTooLow(held, reserve));
            assets = held - reserve;
        }
        require(assets <= held, Errors.LiquidityVault_IdleTooLow(held, assets));
        t.inflow += assets;

        uint256 worthBefore = _worth(t.position);
        uint256 balance = _weth.balanceOf(address(this));
        _weth.safeTransfer(t.info.adapter(), assets);
        IStrategyAdapter(t.info.adapter()).allocate(assets, leg.minValue);
        // An adapter may hand back what its venue did not take.
        uint256 spent = balance - Math.min(balance, _weth.balanceOf(address(this)));
        _debitIdle(spent);
        _revalue(t);
        uint256 added = Math.saturatingSub(_worth(t.position), worthBefore);
        require(added >= leg.minValue, Errors.LiquidityVault_ValueTooLow(t.id, added, leg.minValue));
        emit ILiquidityVault.Allocate(t.id, spent, added);
    }

    function _revalue(Touched memory t) private {
        _requireReadable(t);
        _setDebt(t.id, t.info.riskIds(), _valueOf(t, t.sellFactor));
    }

    /// @dev Redemption value, before the market's discount: what a signed `minValue` of an allocation bounds.
    function _worth(Position memory position) private pure returns (uint256) {
        return position.liquid + position.pending + position.claimable;
    }

    /// @dev Inflow budgets and caps of every strategy that took inflow and of every risk id it carries, on fresh
    /// value,
    /// and the buffer.
    function _checkLimits(Touched[] memory touched, uint256 legged, uint256 nav) private {
        uint256 held = _totals.idle;
        uint256 reserve = _minimumIdle();
        require(held >= reserve, Errors.LiquidityVault_IdleTooLow(held, reserve));
        uint8[] memory ids = new uint8[](legged);
        uint256[] memory inflows = new uint256[](legged);
        uint256 length;
        uint32 riskIds;
        for (uint256 i; i < legged; ++i) {
            if (touched[i].inflow == 0) continue;
            riskIds |= touched[i].info.riskIds();
            (ids[length], inflows[length]) = (touched[i].id, touched[i].inflow);
            ++length;
        }
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            mstore(ids, length)
            mstore(inflows, length)
        }
        (uint256[] memory caps, uint256[] memory riskCaps) = registry.recordInflows(ids, inflows, riskIds, nav);
        for (uint256 i; i < length; ++i) {
            uint256 debt = _debtOf(ids[i]);
            require(debt <= caps[i], Errors.LiquidityVault_CapExceeded(ids[i], debt, caps[i]));
        }
        length = 0;
        for (uint256 rest = riskIds; rest != 0; rest &= rest - 1) {
            uint8 riskId = uint8(_lowestBit(rest));
            uint256 debt = _riskDebtOf(riskId);
            uint256 cap = riskCaps[length++];
            require(debt <= cap, Errors.LiquidityVault_RiskCapExceeded(riskId, debt, cap));
        }
    }
}

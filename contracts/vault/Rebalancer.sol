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
import {PriceStatus, Quote, StrategyInfo, StrategyState} from "../types/Strategy.sol";
import {StrategyReports} from "./StrategyReports.sol";

/// @title Rebalancer
/// @notice Runs the legs of a proposal. Every leg is measured by what the vault's own balance and the adapter's
/// `realAssets` did; return values of adapters are never trusted.
///
/// After each leg the strategy's debt is set to its guarded value. So the NAV after the legs is already the conservative
/// one, a market discount bought with an allocation shows as a loss of the execution, and nothing is left for a later
/// report to discover. Gains and losses are summed apart, leg by leg, as reports sum them apart, strategy by strategy.
abstract contract Rebalancer is StrategyReports {
    using SafeERC20 for IERC20;

    /// @dev A strategy that a leg touches, as reported in this transaction.
    struct Touched {
        uint8 id;
        bool takesInflow;
        StrategyInfo info;
        Quote quote;
        Position position;
    }

    // INTERNAL

    function _rebalance(
        Leg[] calldata legs,
        uint256 refNav,
        uint16 navToleranceBps
    ) internal returns (RebalanceResult memory result) {
        Legs.check(legs);
        _clock.rebalanceBlock = uint32(block.number);

        (Touched[] memory touched, uint256[] memory touchedOf) = _gather(legs);
        uint256 unreported;
        (result.trippedStrategy, unreported) = _reportAll(touched);
        if (result.trippedStrategy != 0) {
            // Returning keeps the freeze and the loss; a revert would undo both.
            _refreshNavTimestamp();
            result.aborted = true;
            result.navBefore = _nav();
            result.navAfter = result.navBefore;
            return result;
        }

        uint256 navBefore = _nav();
        uint256 distance = navBefore > refNav ? navBefore - refNav : refNav - navBefore;
        require(
            distance * BPS <= refNav * navToleranceBps,
            Errors.LiquidityVault_NavOutOfTolerance(navBefore, refNav, navToleranceBps)
        );

        bool allocates;
        uint256 gain;
        uint256 navAfter = navBefore;
        for (uint256 i; i < legs.length; ++i) {
            Leg calldata leg = legs[i];
            Touched memory t = touched[touchedOf[i]];
            if (leg.kind == LegKind.Allocate) {
                allocates = true;
                _allocate(leg, t);
            } else {
                _exit(leg, t);
            }
            uint256 navLeg = _nav();
            if (navLeg < navAfter) result.loss += navAfter - navLeg;
            else gain += navLeg - navAfter;
            navAfter = navLeg;
        }

        // Exits alone only lower risk: neither a cap nor the buffer may stand in their way.
        if (allocates) _checkLimits(touched, navAfter > unreported ? navAfter - unreported : 0);
        uint256 balance = _weth.balanceOf(address(this));
        require(balance >= _totals.idle, Errors.LiquidityVault_BooksBroken(_totals.idle, balance));
        if (gain != 0) _lockProfit(gain);
        _refreshNavTimestamp();
        result.navBefore = navBefore;
        result.navAfter = navAfter;
    }

    // PRIVATE

    /// @dev One entry per distinct strategy, and for each leg the index of its entry.
    function _gather(Leg[] calldata legs) private view returns (Touched[] memory touched, uint256[] memory touchedOf) {
        touched = new Touched[](legs.length);
        touchedOf = new uint256[](legs.length);
        uint256 length;
        uint256 seen;
        for (uint256 i; i < legs.length; ++i) {
            uint8 id = legs[i].strategyId;
            uint256 bit = uint256(1) << id;
            uint256 at;
            if (seen & bit == 0) {
                seen |= bit;
                at = length++;
                touched[at].id = id;
                touched[at].info = registry.strategy(id);
            } else {
                while (touched[at].id != id) ++at;
            }
            touchedOf[i] = at;
            if (legs[i].kind == LegKind.Allocate) touched[at].takesInflow = true;
        }
        // The list is as long as it has entries; shortening only ever releases memory.
        assembly ("memory-safe") {
            mstore(touched, length)
        }
    }

    /// @dev Reports touched strategies and any debt older than maxNavAge. A touched strategy must be readable. An untouched
    /// one that is not keeps its old debt, and the caps then count it as worth nothing, so that a dead venue neither
    /// stops the others nor inflates what they may hold.
    function _reportAll(Touched[] memory touched) private returns (uint8 trippedStrategy, uint256 unreported) {
        uint256 rest = _totals.debtIds;
        uint256 unreadable;
        for (uint256 i; i < touched.length; ++i) {
            Touched memory t = touched[i];
            rest &= ~(uint256(1) << (t.id - 1));
            bool valued;
            bool tripped;
            (valued, tripped, t.quote, t.position) = _report(t.id, t.info, _debtOf(t.id));
            if (!valued && unreadable == 0) unreadable = i + 1;
            if (tripped && trippedStrategy == 0) trippedStrategy = t.id;
        }
        for (; rest != 0; rest &= rest - 1) {
            uint8 id = uint8(Math.log2(rest & (~rest + 1)) + 1);
            if (block.timestamp <= uint256(_reportTime(id)) + maxNavAge) continue;
            (bool valued, bool tripped, , ) = _report(id, registry.strategy(id), _debtOf(id));
            if (!valued) unreported += _debtOf(id);
            if (tripped && trippedStrategy == 0) trippedStrategy = id;
        }
        // Only now, when no trip has to be kept, may an unreadable strategy revert.
        if (trippedStrategy == 0 && unreadable != 0) {
            Touched memory t = touched[unreadable - 1];
            revert Errors.LiquidityVault_ReportFailed(t.id, t.info.adapter);
        }
    }

    function _exit(Leg calldata leg, Touched memory t) private {
        // Exits from Active, ReduceOnly and Frozen.
        require(t.info.state != StrategyState.Revoked, Errors.LiquidityVault_StateForbids(t.id, t.info.state));
        if (!_isPriced(t.quote)) {
            guard.requirePriced(t.id);
            revert Errors.LiquidityVault_PriceForbids(t.id, t.quote.status);
        }
        if (leg.kind == LegKind.Deallocate) _deallocate(leg, t);
        else _requestExit(leg, t);
    }

    function _deallocate(Leg calldata leg, Touched memory t) private {
        uint256 balance = _weth.balanceOf(address(this));
        IStrategyAdapter(t.info.adapter).deallocate(leg.amount, leg.minValue);
        uint256 received = _weth.balanceOf(address(this)) - balance;
        require(received >= leg.minValue, Errors.LiquidityVault_ReceivedTooLow(t.id, received, leg.minValue));
        _creditIdle(received);
        _revalue(t);
        emit ILiquidityVault.Deallocate(t.id, leg.amount, received);
    }

    function _requestExit(Leg calldata leg, Touched memory t) private {
        uint256 pendingBefore = t.position.pending + t.position.claimable;
        IStrategyAdapter(t.info.adapter).requestExit(leg.amount, leg.minValue);
        _revalue(t);
        uint256 pending = t.position.pending + t.position.claimable;
        uint256 requested = pending > pendingBefore ? pending - pendingBefore : 0;
        require(requested >= leg.minValue, Errors.LiquidityVault_RequestedTooLow(t.id, requested, leg.minValue));
        emit ILiquidityVault.RequestExit(t.id, leg.amount, requested);
    }

    function _allocate(Leg calldata leg, Touched memory t) private {
        require(t.info.state == StrategyState.Active, Errors.LiquidityVault_StateForbids(t.id, t.info.state));
        if (t.quote.status != PriceStatus.Normal) {
            guard.requireInflow(t.id);
            revert Errors.LiquidityVault_PriceForbids(t.id, t.quote.status);
        }
        uint256 assets = leg.amount;
        uint256 idle = _totals.idle;
        if (assets == Legs.REMAINDER) {
            uint256 reserve = _minimumIdle();
            require(idle > reserve, Errors.LiquidityVault_IdleTooLow(idle, reserve));
            assets = idle - reserve;
        }
        require(assets <= idle, Errors.LiquidityVault_IdleTooLow(idle, assets));
        registry.recordInflow(t.id, assets);

        uint256 worthBefore = _worth(t.position);
        uint256 balance = _weth.balanceOf(address(this));
        _weth.safeTransfer(t.info.adapter, assets);
        IStrategyAdapter(t.info.adapter).allocate(assets, leg.minValue);
        // An adapter may hand back what its venue did not take.
        uint256 spent = balance - Math.min(balance, _weth.balanceOf(address(this)));
        _debitIdle(spent);
        _revalue(t);
        uint256 worth = _worth(t.position);
        uint256 added = worth > worthBefore ? worth - worthBefore : 0;
        require(added >= leg.minValue, Errors.LiquidityVault_ValueTooLow(t.id, added, leg.minValue));
        emit ILiquidityVault.Allocate(t.id, spent, added);
    }

    function _revalue(Touched memory t) private {
        bool ok;
        (ok, t.position, ) = _readPosition(t.info.adapter);
        require(ok, Errors.LiquidityVault_ReportFailed(t.id, t.info.adapter));
        _setDebt(t.id, t.info.riskIds, _valueOf(t.position, t.quote));
    }

    /// @dev Redemption value, before the market's discount: what a signed `minValue` of an allocation bounds.
    function _worth(Position memory position) private pure returns (uint256) {
        return position.liquid + position.pending + position.claimable;
    }

    /// @dev Caps of every strategy that took inflow and of every risk id it carries, on fresh value, and the buffer.
    function _checkLimits(Touched[] memory touched, uint256 nav) private view {
        uint256 idle = _totals.idle;
        uint256 reserve = _minimumIdle();
        require(idle >= reserve, Errors.LiquidityVault_IdleTooLow(idle, reserve));
        uint256 riskIds;
        for (uint256 i; i < touched.length; ++i) {
            Touched memory t = touched[i];
            if (!t.takesInflow) continue;
            riskIds |= t.info.riskIds;
            uint256 debt = _debtOf(t.id);
            uint256 cap = _cap(t.info.limits.absoluteCap, t.info.limits.relativeCapBps, nav);
            require(debt <= cap, Errors.LiquidityVault_CapExceeded(t.id, debt, cap));
        }
        for (; riskIds != 0; riskIds &= riskIds - 1) {
            uint8 riskId = uint8(Math.log2(riskIds & (~riskIds + 1)));
            (uint128 absoluteCap, uint16 relativeCapBps) = registry.riskCap(riskId);
            uint256 debt = _riskDebtOf(riskId);
            uint256 cap = _cap(absoluteCap, relativeCapBps, nav);
            require(debt <= cap, Errors.LiquidityVault_RiskCapExceeded(riskId, debt, cap));
        }
    }

    function _cap(uint256 absoluteCap, uint256 relativeCapBps, uint256 nav) private pure returns (uint256) {
        return Math.min(absoluteCap, (nav * relativeCapBps) / BPS);
    }
}

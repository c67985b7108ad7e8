// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IStrategyAdapter} from "../interfaces/IStrategyAdapter.sol";
import {BoundedCall} from "../libraries/BoundedCall.sol";
import {PackedRecord} from "../types/PackedRecord.sol";
import {PriceStatus, StrategyState} from "../types/Strategy.sol";
import {VaultBooks} from "./VaultBooks.sol";

/// @title SyncLiquidity
/// @notice What sync exits can be paid from: free idle, then the strategies of the withdrawal order. One rule for the
/// view that promises and the exit that pays.
abstract contract SyncLiquidity is VaultBooks {
    // INTERNAL

    /// @dev 0 unless exits are open. Never reverts for a broken adapter.
    function _syncLiquidity() internal view returns (uint256 assets) {
        if (!_exitsOpen()) return 0;
        assets = _freeIdle();
        // While the queue is owed more than idle holds, what strategies pay is the queue's first.
        uint256 short = _totals.owes ? Math.saturatingSub(_owed, _totals.idle) : 0;
        for (uint256 order = _withdrawalOrder; order != 0; order >>= 8) {
            uint8 id = uint8(order);
            uint256 debt = _debtOf(id);
            if (debt != 0) assets += Math.min(debt, _syncLimit(id, _recordOf(id)));
        }
        return Math.saturatingSub(assets, short);
    }

    /// @dev Most a strategy can pay a sync exit now: nothing when it is frozen or revoked, without a price in the
    /// normal
    /// or the no-inflow band, or where a part belongs to in-kind claims.
    function _syncLimit(uint8 id, PackedRecord info) internal view returns (uint256 limit) {
        if (info.state() != StrategyState.Active && info.state() != StrategyState.ReduceOnly) return 0;
        if (_totals.hasInKind && _inKind[id].units != 0) return 0;
        PriceStatus status = guard.statusOf(info);
        if (status != PriceStatus.Normal && status != PriceStatus.NoInflow) return 0;
        (, limit, , ) = BoundedCall.tryRead(info.adapter(), IStrategyAdapter.maxDeallocate.selector, 1);
    }

    function _recordOf(uint8 id) internal view returns (PackedRecord) {
        return registry.record(id);
    }
}

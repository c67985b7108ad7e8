// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {FeeTerms, ILiquidityVault, StrategyReport} from "../interfaces/ILiquidityVault.sol";
import {BitSet32} from "../libraries/BitSet32.sol";
import {PackedRecord} from "../types/PackedRecord.sol";
import {StrategyState} from "../types/Strategy.sol";
import {SyncLiquidity} from "./SyncLiquidity.sol";
import {VaultFees} from "./VaultFees.sol";

/// @title VaultViews
/// @notice The vault's books as {ILiquidityVault} shows them. Also fixes the order of storage: books first, then
/// shares.
abstract contract VaultViews is SyncLiquidity, ILiquidityVault, VaultFees {
    // CONSTANTS

    /// @notice Age of the oldest report at which in-kind exits open, seconds.
    uint256 public constant IN_KIND_AFTER = 7 days;
    /// @notice Most strategies that sync exits may pull from.
    uint256 public constant MAX_WITHDRAWAL_ORDER = 8;

    // VIEWS

    /// @inheritdoc ILiquidityVault
    function idle() external view returns (uint256) {
        return _totals.idle;
    }

    /// @inheritdoc ILiquidityVault
    function totalDebt() external view returns (uint256) {
        return _totals.totalDebt;
    }

    /// @inheritdoc ILiquidityVault
    function debtOf(uint8 id) external view returns (uint256) {
        return _debtOf(id);
    }

    /// @inheritdoc ILiquidityVault
    function riskDebt(uint8 riskId) external view returns (uint256) {
        return _riskDebtOf(riskId);
    }

    /// @inheritdoc ILiquidityVault
    function nav() external view returns (uint256) {
        return _nav();
    }

    /// @inheritdoc ILiquidityVault
    function lockedProfit() external view returns (uint256) {
        return _lockedProfit();
    }

    /// @inheritdoc ILiquidityVault
    function reportedAt(uint8 id) external view returns (uint40) {
        return uint40(_reportTime(id));
    }

    /// @inheritdoc ILiquidityVault
    function harvestedAt(uint8 id) external view returns (uint256) {
        return _harvestedAt[id];
    }

    /// @inheritdoc ILiquidityVault
    function strategyReport(uint8 id) external view returns (StrategyReport memory) {
        return StrategyReport(_debtOf(id), uint40(_reportTime(id)), _inKind[id].units, _inKind[id].unpaid);
    }

    /// @inheritdoc ILiquidityVault
    function navTimestamp() external view returns (uint40) {
        return uint40(_navTime());
    }

    /// @inheritdoc ILiquidityVault
    function minimumIdle() external view returns (uint256) {
        return _minimumIdle();
    }

    /// @inheritdoc ILiquidityVault
    function availableLiquidity() external view returns (uint256) {
        return _syncLiquidity();
    }

    /// @inheritdoc ILiquidityVault
    function queueLiabilities() external view returns (uint256) {
        return _owed;
    }

    /// @inheritdoc ILiquidityVault
    function withdrawalOrder() external view returns (uint8[] memory ids) {
        ids = new uint8[](MAX_WITHDRAWAL_ORDER);
        uint256 length;
        for (uint256 order = _withdrawalOrder; order != 0; order >>= 8) ids[length++] = uint8(order);
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            mstore(ids, length)
        }
    }

    /// @inheritdoc ILiquidityVault
    function fees() external view returns (FeeTerms memory) {
        return _terms;
    }

    /// @inheritdoc ILiquidityVault
    function exitsOpen() external view returns (bool) {
        return _exitsOpen();
    }

    /// @inheritdoc ILiquidityVault
    function frozen() external view returns (bool) {
        return _totals.frozen;
    }

    /// @inheritdoc ILiquidityVault
    function inKindUnits(uint8 id, address account) external view returns (uint256) {
        return _inKindClaims[id][account].units;
    }

    /// @inheritdoc ILiquidityVault
    function isInKindOpen() public view returns (bool) {
        if (_totals.frozen) return true;
        uint256 rest = _totals.debtIds;
        if (rest == 0) return false;
        if (block.timestamp > uint256(_clock.navTimestamp) + IN_KIND_AFTER) return true;
        for (; rest != 0; rest &= rest - 1) {
            PackedRecord info = _recordOf(uint8(BitSet32.lowest(rest) + 1));
            if (info.state() == StrategyState.Frozen) return true;
        }
        return false;
    }

    /// @inheritdoc ILiquidityVault
    function depositsPaused() external view returns (bool) {
        return _totals.depositsPaused;
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IERC20} from "@openzeppelin/contracts/interfaces/IERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ILiquidityVault} from "../interfaces/ILiquidityVault.sol";
import {IStrategyAdapter} from "../interfaces/IStrategyAdapter.sol";
import {BitSet32} from "../libraries/BitSet32.sol";
import {BoundedCall} from "../libraries/BoundedCall.sol";
import {Errors} from "../libraries/Errors.sol";
import {PackedRecord} from "../types/PackedRecord.sol";
import {StrategyReports} from "./StrategyReports.sol";

/// @title StrategyExits
/// @notice What depositors' exits take from strategies, and the write-off of one that is beyond help.
abstract contract StrategyExits is StrategyReports {
    using BitSet32 for uint256;
    using SafeERC20 for IERC20;

    // INTERNAL

    /// @dev Brings `needed` assets to idle, or what there is, from the strategies of `order`, at book value: the debt
    /// falls by what arrives. A strategy that refuses is passed over; one that pays less than asked without refusing
    /// reverts everything, so that the vault can begin again without it.
    function _pull(uint256 needed, uint256 order) internal {
        bool emptied;
        uint256 pulled;
        for (; order != 0 && pulled < needed; order >>= 8) {
            uint8 id = uint8(order);
            uint256 debt = _debtOf(id);
            if (debt == 0) continue;
            PackedRecord info = _recordOf(id);
            uint256 asked = Math.min(needed - pulled, Math.min(debt, _syncLimit(id, info)));
            if (asked == 0) continue;
            uint256 balance = _weth.balanceOf(address(this));
            if (!_tryDeallocate(info.adapter(), asked, asked)) continue;
            uint256 received = _weth.balanceOf(address(this)) - balance;
            if (received < asked) revert Errors.LiquidityVault_ReceivedTooLow(id, received, asked);
            emit ILiquidityVault.Deallocate(id, asked, received);
            _creditIdle(received);
            _setDebt(id, info.riskIds(), Math.saturatingSub(debt, received));
            if (received > debt) _lockProfit(received - debt);
            pulled += received;
            emptied = emptied || received >= debt;
        }
        if (emptied) _refreshNavTimestamp();
    }

    /// @dev Takes `shareWad` of the vault's idle and of every strategy in kind: in assets what can be paid at once, as
    /// units of the position what cannot. Nothing here depends on a price, so it stays fair when there is none, and an
    /// adapter that reverts only moves its part into units.
    function _exitInKind(uint256 shareWad, address receiver) internal returns (uint256 paid) {
        uint256 free = (_freeIdle() * shareWad) / WAD;
        _debitIdle(free);
        paid = free;
        for (uint256 rest = _totals.debtIds; rest != 0; rest &= rest - 1) {
            paid += _exitStrategyInKind(uint8(rest.lowest() + 1), shareWad, receiver);
        }
        _refreshNavTimestamp();
    }

    /// @dev Credits what units have earned and sends it.
    function _collectInKind(uint8[] calldata ids, address account, address receiver) internal returns (uint256 paid) {
        for (uint256 i; i < ids.length; ++i) {
            InKind storage claims = _inKind[ids[i]];
            InKindClaim storage claim = _settleClaim(ids[i], claims, account);
            uint256 credit = Math.min(claim.credit, claims.unpaid);
            claim.credit -= uint128(credit);
            claims.unpaid -= uint128(credit);
            paid += credit;
        }
        if (paid != 0) _weth.safeTransfer(receiver, paid);
    }

    /// @dev Takes the loss without calling the adapter. What still comes out later is a gain.
    function _forceRevoke(uint8 id) internal {
        PackedRecord info = _recordOf(id);
        uint256 debt = _debtOf(id);
        registry.revoke(id);
        _setDebt(id, info.riskIds(), 0);
        _refreshNavTimestamp();
        emit ILiquidityVault.ForceRevoke(id, debt);
    }

    // PRIVATE

    /// @dev `share` of the position goes to the account: of what can leave at once in cash, of the rest as units.
    /// Holders
    /// of older units take their part of the cash as well, so that nobody's part changes by another's exit.
    function _exitStrategyInKind(uint8 id, uint256 shareWad, address receiver) private returns (uint256 paid) {
        Touched memory t;
        t.info = _recordOf(id);
        uint256 own = WAD - _inKind[id].units;
        uint256 units = (own * shareWad) / WAD;
        uint256 cash = _payableInKind(t, shareWad);
        if (cash != 0) {
            uint256 worth = t.liquid + t.pending;
            uint256 balance = _weth.balanceOf(address(this));
            if (_tryDeallocate(t.info.adapter(), cash, 0)) {
                uint256 received = _creditReceived(id, _weth.balanceOf(address(this)) - balance);
                paid = Math.min(received, (cash * own) / WAD);
                _debitIdle(paid);
                // An exit fee of the venue is the leaver's: what was asked is taken off, not what arrived.
                units = cash == worth ? 0 : Math.saturatingSub(units * worth, own * cash) / (worth - cash);
                emit ILiquidityVault.Deallocate(id, cash, received);
            }
        }
        units = _addUnits(id, Math.min(units, own), receiver);
        // The books follow by proportion, at the old value: no price is needed and none is made.
        uint256 debt = _debtOf(id);
        _setDebt(id, t.info.riskIds(), debt - Math.ceilDiv(debt * shareWad, WAD));
        emit ILiquidityVault.ExitInKind(id, receiver, paid, units);
    }

    /// @dev The leaver's proportion of what can leave at once. Finished exits are not split: whoever leaves calls
    /// {ILiquidityVault.claim} first, or takes them as units.
    function _payableInKind(Touched memory t, uint256 shareWad) private view returns (uint256) {
        if (!_readPosition(t) || t.claimable != 0) return 0;
        (, uint256 limit, , ) = BoundedCall.tryRead(t.info.adapter(), IStrategyAdapter.maxDeallocate.selector, 1);
        return (Math.min(limit, t.liquid) * shareWad) / WAD;
    }

    function _addUnits(uint8 id, uint256 units, address account) private returns (uint256) {
        if (units == 0) return 0;
        InKind storage claims = _inKind[id];
        InKindClaim storage claim = _settleClaim(id, claims, account);
        claims.units += uint64(units);
        claim.units += uint64(units);
        _totals.hasInKind = true;
        return units;
    }

    function _settleClaim(
        uint8 id,
        InKind storage claims,
        address account
    ) private returns (InKindClaim storage claim) {
        claim = _inKindClaims[id][account];
        uint256 earned = (uint256(claims.paidPerUnit - claim.paidPerUnit) * claim.units) / WAD;
        claim.credit += uint128(earned);
        claim.paidPerUnit = claims.paidPerUnit;
    }

    /// @dev The position keeps what the failed call would have moved: a revert undoes it.
    function _tryDeallocate(address adapter, uint256 assets, uint256 minReceived) private returns (bool) {
        return BoundedCall.tryCall(adapter, abi.encodeCall(IStrategyAdapter.deallocate, (assets, minReceived)));
    }
}

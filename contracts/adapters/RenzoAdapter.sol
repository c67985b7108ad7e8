// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IRenzoRestakeManager, IRenzoRiskOracle, IRenzoWithdrawQueue} from "../interfaces/external/renzo/IRenzo.sol";
import {AdapterBase} from "./AdapterBase.sol";
import {QueuedExitAdapter} from "./QueuedExitAdapter.sol";
import {Errors} from "../libraries/Errors.sol";

/// @title RenzoAdapter
/// @notice Stakes ETH with Renzo and holds ezETH; a unit is one wei of it. Exits to ETH through the WithdrawQueue: a
/// request can be claimed once its cool-down has passed and, if it found the buffer too small, once the queue was
/// filled
/// up to it. It pays min(requested, worth at the claim). While claims are paused such requests count as pending.
/// @dev The value is that of the whole protocol over the supply. It takes much gas to compute, so it is asked for
/// once per
/// reading, and it reverts while a feed of Renzo's collateral is stale: then there is no rate and no value, only a
/// revert.
/// Anyone may claim for this adapter; ether that comes that way is kept in {paidUnasked} until the next claim. That
/// is also
/// the way out should claiming many requests at once take more gas than a transaction may: each claim walks Renzo's
/// operators again.
contract RenzoAdapter is QueuedExitAdapter {
    using SafeERC20 for IERC20;

    /// @notice What Renzo calls ETH.
    address public constant ETH = 0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE;
    uint256 private constant WAD = 1e18;

    IRenzoRestakeManager public immutable manager;
    IRenzoWithdrawQueue public immutable queue;
    IERC20 public immutable ezEth;

    /// @dev In the queue's own order: its hash is the queue's key.
    struct Request {
        address token;
        uint256 id;
        uint256 amount;
        uint256 locked;
        uint256 createdAt;
    }

    /// @dev What decides whether a request can be claimed, and for how much.
    struct Terms {
        bool isPaused;
        uint256 coolDown;
        uint256 filled;
        uint256 total;
    }

    constructor(address vault_, address weth_, address manager_, address queue_) AdapterBase(vault_, weth_) {
        _requireCode(manager_);
        _requireCode(queue_);
        manager = IRenzoRestakeManager(manager_);
        queue = IRenzoWithdrawQueue(queue_);
        ezEth = IERC20(IRenzoRestakeManager(manager_).ezETH());
        _requireCode(address(ezEth));
        _requireSame(queue_, address(ezEth), IRenzoWithdrawQueue(queue_).ezETH());
        _requireSame(queue_, manager_, IRenzoWithdrawQueue(queue_).restakeManager());
    }

    /// @notice ETH of one ezETH, WAD.
    function rate() external view returns (uint256 wad) {
        wad = _valueOf(WAD, _totalValue());
        require(wad != 0, Errors.Adapter_RateZero());
    }

    /// @notice As the interface says, with the protocol's value read once.
    function realAssets() external view override returns (uint256 liquid, uint256 pending, uint256 claimable) {
        uint256[] memory ids = _open();
        if (units != 0 || ids.length != 0) {
            uint256 total = _totalValue();
            liquid = _valueOf(units, total);
            (pending, claimable) = _sum(_exitsAt(ids, total));
        }
        claimable += paidUnasked;
    }

    function _liquid() internal view override returns (uint256) {
        return units == 0 ? 0 : _valueOf(units, _totalValue());
    }

    /// @dev Renzo refuses what it cannot take; asking first would walk its operators once more.
    function _allocate(uint256 assets) internal override {
        _unwrap(assets);
        uint256 before = ezEth.balanceOf(address(this));
        manager.depositETH{value: assets}();
        _bookUnits(before, ezEth.balanceOf(address(this)));
    }

    /// @dev Asks for the value in any case: without it a deposit reverts, too.
    function _maxAllocate() internal view override returns (uint256) {
        uint256 total = _totalValue();
        if (manager.paused() || _riskOracle().depositPaused()) return 0;
        uint256 limit = manager.maxDepositTVL();
        return limit == 0 ? type(uint128).max : Math.saturatingSub(limit, total);
    }

    function _paysExits(address from) internal view override returns (bool) {
        return from == address(queue);
    }

    function _paysUnasked(address from) internal view override returns (bool) {
        return _paysExits(from);
    }

    function _unitsFor(uint256 assets) internal view override returns (uint256) {
        return Math.mulDiv(assets, ezEth.totalSupply(), _totalValue());
    }

    function _request(uint256 exitUnits, uint256 open) internal override returns (uint256[] memory ids) {
        _requireSlots(1, open);
        uint256 before = ezEth.balanceOf(address(this));
        ezEth.forceApprove(address(queue), exitUnits);
        queue.withdraw(exitUnits, ETH);
        _bookUnits(before, ezEth.balanceOf(address(this)));
        ids = new uint256[](1);
        ids[0] = queue.withdrawRequestNonce();
    }

    function _exits(uint256[] memory ids) internal view override returns (Exit[] memory exits) {
        return _exitsAt(ids, ids.length == 0 ? 0 : _totalValue());
    }

    /// @dev The queue lists this adapter's own requests only, in no lasting order; one that is missing was claimed.
    function _exitsAt(uint256[] memory ids, uint256 total) private view returns (Exit[] memory exits) {
        exits = new Exit[](ids.length);
        if (ids.length == 0) return exits;
        for (uint256 i; i < ids.length; ++i) exits[i].isGone = true;
        Terms memory terms = _terms(total);
        uint256 count = queue.getOutstandingWithdrawRequests(address(this));
        for (uint256 index; index < count; ++index) {
            Request memory request = _requestAt(index);
            uint256 place = _placeOf(ids, request.id);
            if (place != ids.length) exits[place] = _stateOf(request, terms);
        }
    }

    function _terms(uint256 total) private view returns (Terms memory terms) {
        terms.isPaused = queue.paused() || _riskOracle().withdrawClaimPaused();
        terms.coolDown = Math.max(queue.coolDownPeriod(), _riskOracle().withdrawCooldownPeriod());
        (, terms.filled) = queue.ethWithdrawQueue();
        terms.total = total;
    }

    function _requestAt(uint256 index) private view returns (Request memory request) {
        (request.token, request.id, request.amount, request.locked, request.createdAt) = queue.withdrawRequests(
            address(this),
            index
        );
    }

    function _stateOf(Request memory request, Terms memory terms) private view returns (Exit memory exit) {
        uint256 value = Math.min(request.amount, _valueOf(request.locked, terms.total));
        (bool isQueued, uint256 fillAt) = queue.withdrawQueued(keccak256(abi.encode(request, address(this))));
        if (
            terms.isPaused ||
            block.timestamp < request.createdAt + terms.coolDown ||
            (isQueued && fillAt > terms.filled)
        ) {
            exit.pending = value;
        } else {
            exit.isFinished = true;
            exit.claimable = value;
        }
    }

    /// @dev A claim moves the last request of the list into its place, which is followed here. A request that the
    /// queue
    /// refuses stays open.
    function _claim(uint256[] memory ids) internal override returns (uint256[] memory failed) {
        uint256 count = queue.getOutstandingWithdrawRequests(address(this));
        uint256[] memory listed = new uint256[](count);
        for (uint256 i; i < count; ++i) listed[i] = _requestAt(i).id;
        uint256[] memory unpaid = new uint256[](ids.length);
        uint256 unpaidCount;
        for (uint256 i; i < ids.length; ++i) {
            uint256 index = _placeOf(listed, ids[i]);
            try queue.claim(index, address(this)) {
                listed[index] = listed[--count];
                // Ids start at 1: the place that fell away matches none.
                listed[count] = 0;
            } catch {
                unpaid[unpaidCount++] = ids[i];
            }
        }
        return _shorten(unpaid, unpaidCount);
    }

    function _totalValue() private view returns (uint256 total) {
        (, , total) = manager.calculateTVLs();
    }

    function _valueOf(uint256 amount, uint256 total) private view returns (uint256) {
        return amount == 0 ? 0 : Math.mulDiv(amount, total, ezEth.totalSupply());
    }

    function _riskOracle() private view returns (IRenzoRiskOracle) {
        return IRenzoRiskOracle(queue.riskOracleMiddleware());
    }

    /// @dev The length of the list where it has no such id.
    function _placeOf(uint256[] memory list, uint256 id) private pure returns (uint256 place) {
        while (place < list.length && list[place] != id) ++place;
    }
}

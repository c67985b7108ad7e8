// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IStrategyAdapter} from "../interfaces/IStrategyAdapter.sol";
import {IWETH9} from "../interfaces/external/weth/IWETH9.sol";
import {AdapterBase} from "./AdapterBase.sol";
import {Errors} from "../libraries/Errors.sol";

/// @title QueuedExitAdapter
/// @notice For staking tokens bought with ETH that leave through the protocol's own queue: request, wait, claim.
/// Keeps the ids of the requests it made itself, at most sixteen, oldest first; requests that others make in its
/// name do not exist for it.
/// @dev Nothing leaves at once, so `maxDeallocate` is what finished requests pay, and `deallocate` claims them,
/// oldest first, until at least `assets` have arrived: a request cannot be split, so more than `assets` may arrive.
abstract contract QueuedExitAdapter is AdapterBase {
    /// @notice Most exit requests that may be open at a time; bounds the gas of every view over them.
    uint256 public constant MAX_OPEN_REQUESTS = 16;

    /// @notice Ether that the venue paid here because someone else claimed for this adapter. The next claim passes
    /// it on.
    uint256 public paidUnasked;

    uint256[] private _openRequests;

    /// @param pending Worth while it waits: min(requested, current).
    /// @param claimable What `claim` pays for it now; not 0 only when the request is finished and can be claimed.
    /// @param isGone The protocol took the request away; it will never pay this adapter.
    struct Exit {
        uint256 pending;
        uint256 claimable;
        bool isFinished;
        bool isGone;
    }

    /// @dev Ether comes from unwrapping WETH and from the venue's queue. WETH's must fit in its stipend of 2,300 gas.
    receive() external payable {
        _acceptEther();
    }

    // VIEWS

    /// @notice Ids of the open exit requests, oldest first.
    function openRequests() external view returns (uint256[] memory ids) {
        return _openRequests;
    }

    /// @inheritdoc IStrategyAdapter
    function realAssets() external view virtual override returns (uint256 liquid, uint256 pending, uint256 claimable) {
        liquid = _liquid();
        (pending, claimable) = _worth();
    }

    // VAULT

    /// @inheritdoc IStrategyAdapter
    function requestExit(uint256 assets, uint256 minValue) external override onlyVault returns (uint256 requested) {
        uint256 liquid = _liquid();
        require(assets <= liquid, Errors.Adapter_LimitExceeded(assets, liquid));
        if (assets != 0) {
            // All units when everything is asked for, else rounding would leave dust behind at every full exit.
            uint256 exitUnits = assets == liquid ? units : Math.min(_unitsFor(assets), units);
            uint256[] memory ids = _request(exitUnits, _openRequests.length);
            for (uint256 i; i < ids.length; ++i) _openRequests.push(ids[i]);
            (requested, ) = _sum(_exits(ids));
        }
        require(requested >= minValue, Errors.Adapter_ValueTooLow(requested, minValue));
    }

    /// @inheritdoc IStrategyAdapter
    function claim() external override onlyVault returns (uint256 received) {
        uint256 before = IERC20(asset).balanceOf(address(this));
        _collect(type(uint256).max);
        return _payVault(before);
    }

    // INTERNAL

    function _deallocate(uint256 assets) internal virtual override {
        _collect(assets);
    }

    function _maxDeallocate() internal view virtual override returns (uint256 claimable) {
        (, claimable) = _worth();
    }

    /// @dev What the open requests are worth, with the ether that arrived unasked.
    function _worth() internal view returns (uint256 pending, uint256 claimable) {
        (pending, claimable) = _sum(_exits(_openRequests));
        claimable += paidUnasked;
    }

    function _open() internal view returns (uint256[] memory ids) {
        return _openRequests;
    }

    /// @dev True for a request that this adapter made and has not collected.
    function _isOpen(uint256 id) internal view returns (bool) {
        return _contains(_openRequests, id);
    }

    function _acceptEther() private {
        if (msg.sender == asset) return;
        require(_paysExits(msg.sender), Errors.Adapter_UnexpectedEther(msg.sender));
        if (_paysUnasked(msg.sender)) paidUnasked += msg.value;
    }

    /// @dev Turns `assets` of WETH into ETH for the venue.
    function _unwrap(uint256 assets) internal {
        IWETH9(asset).withdraw(assets);
    }

    /// @dev Turns `assets` of ETH into WETH.
    function _wrap(uint256 assets) internal {
        if (assets != 0) IWETH9(asset).deposit{value: assets}();
    }

    function _requireSlots(uint256 wanted, uint256 open) internal pure {
        require(open + wanted <= MAX_OPEN_REQUESTS, Errors.Adapter_TooManyRequests(open + wanted, MAX_OPEN_REQUESTS));
    }

    /// @dev Claims finished requests, oldest first, until `enough` would have arrived, forgets them and those that
    /// are gone, and wraps what arrived. Ether is measured as a difference: a forced transfer is not income.
    function _collect(uint256 enough) private {
        uint256[] memory ids = _openRequests;
        Exit[] memory exits = _exits(ids);
        uint256[] memory due = new uint256[](ids.length);
        uint256 dueCount;
        uint256[] memory kept = new uint256[](ids.length);
        uint256 keptCount;
        uint256 expected = paidUnasked;
        for (uint256 i; i < ids.length; ++i) {
            if (exits[i].isGone) continue;
            if (exits[i].isFinished && expected < enough) {
                due[dueCount++] = ids[i];
                expected += exits[i].claimable;
            } else {
                kept[keptCount++] = ids[i];
            }
        }
        // Written before the venue is called, and again only where a request stays open after all.
        if (keptCount != ids.length) _openRequests = _shorten(kept, keptCount);
        uint256 before = address(this).balance - paidUnasked;
        if (dueCount != 0) {
            uint256[] memory failed = _claim(_shorten(due, dueCount));
            if (failed.length != 0) _openRequests = _inOrderOf(ids, failed, _shorten(kept, keptCount));
        }
        if (paidUnasked != 0) paidUnasked = 0;
        _wrap(address(this).balance - before);
    }

    /// @dev The union of `a` and `b`, both parts of `ids`, in the order of `ids`.
    function _inOrderOf(
        uint256[] memory ids,
        uint256[] memory a,
        uint256[] memory b
    ) private pure returns (uint256[] memory list) {
        list = new uint256[](a.length + b.length);
        uint256 count;
        for (uint256 i; i < ids.length; ++i) {
            if (_contains(a, ids[i]) || _contains(b, ids[i])) list[count++] = ids[i];
        }
    }

    function _contains(uint256[] memory list, uint256 id) private pure returns (bool) {
        for (uint256 i; i < list.length; ++i) {
            if (list[i] == id) return true;
        }
        return false;
    }

    /// @dev The first `length` entries.
    function _shorten(uint256[] memory list, uint256 length) internal pure returns (uint256[] memory head) {
        head = new uint256[](length);
        for (uint256 i; i < length; ++i) head[i] = list[i];
    }

    function _sum(Exit[] memory exits) internal pure returns (uint256 pending, uint256 claimable) {
        for (uint256 i; i < exits.length; ++i) {
            pending += exits[i].pending;
            claimable += exits[i].claimable;
        }
    }

    // INTERNAL, by venue

    /// @dev True for accounts that pay finished exits.
    function _paysExits(address from) internal view virtual returns (bool);

    /// @dev True for accounts that others may have pay a claim in this adapter's name: their ether can arrive at any
    /// time.
    function _paysUnasked(address) internal view virtual returns (bool) {
        return false;
    }

    /// @dev Units worth at most `assets`.
    function _unitsFor(uint256 assets) internal view virtual returns (uint256);

    /// @dev Requests the exit of `exitUnits`, lowers `units`, returns the new ids in ascending order. `open`
    /// requests are open already.
    function _request(uint256 exitUnits, uint256 open) internal virtual returns (uint256[] memory ids);

    /// @dev State of each request.
    function _exits(uint256[] memory ids) internal view virtual returns (Exit[] memory);

    /// @dev Claims finished requests; ETH arrives here. Returns those that could not be paid and stay open, so that
    /// one stuck request does not hold up the others.
    function _claim(uint256[] memory ids) internal virtual returns (uint256[] memory failed);
}

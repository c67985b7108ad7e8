// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ILidoWithdrawalQueue, IStETH, IWstETH} from "../interfaces/external/lido/ILido.sol";
import {QueuedExitAdapter} from "./QueuedExitAdapter.sol";
import {Errors} from "../libraries/Errors.sol";

/// @title LidoExitAdapter
/// @notice What leaves through Lido's WithdrawalQueue as wstETH: requests of at most 1,000 stETH, their state, their
/// claims. Finished requests can be claimed even while the queue is paused.
abstract contract LidoExitAdapter is QueuedExitAdapter {
    using SafeERC20 for IERC20;

    IStETH public immutable stEth;
    IWstETH public immutable wstEth;
    ILidoWithdrawalQueue public immutable queue;

    constructor(address wstEth_, address queue_) {
        _requireCode(wstEth_);
        _requireCode(queue_);
        _requireSame(queue_, wstEth_, ILidoWithdrawalQueue(queue_).WSTETH());
        wstEth = IWstETH(wstEth_);
        stEth = IStETH(IWstETH(wstEth_).stETH());
        queue = ILidoWithdrawalQueue(queue_);
        _requireCode(address(stEth));
    }

    /// @dev What Lido stakes at this moment.
    function _stakeLimit() internal view returns (uint256) {
        return stEth.isStakingPaused() ? 0 : stEth.getCurrentStakeLimit();
    }

    function _paysExits(address from) internal view override returns (bool) {
        return from == address(queue);
    }

    /// @dev Splits evenly, so that no part falls below the queue's minimum when the whole does not.
    function _queueWstEth(uint256 amount, uint256 open) internal returns (uint256[] memory ids) {
        uint256 minimum = queue.MIN_STETH_WITHDRAWAL_AMOUNT();
        uint256 stEthAmount = wstEth.getStETHByWstETH(amount);
        require(stEthAmount >= minimum, Errors.Adapter_BelowMinimum(stEthAmount, minimum));
        uint256 largest = wstEth.getWstETHByStETH(queue.MAX_STETH_WITHDRAWAL_AMOUNT());
        uint256 parts = Math.ceilDiv(amount, largest);
        _requireSlots(parts, open);
        uint256[] memory amounts = new uint256[](parts);
        uint256 left = amount;
        for (uint256 i; i < parts; ++i) {
            amounts[i] = left / (parts - i);
            left -= amounts[i];
        }
        IERC20(address(wstEth)).forceApprove(address(queue), amount);
        ids = queue.requestWithdrawalsWstETH(amounts, address(this));
    }

    function _exits(uint256[] memory ids) internal view override returns (Exit[] memory exits) {
        exits = new Exit[](ids.length);
        if (ids.length == 0) return exits;
        ILidoWithdrawalQueue.WithdrawalRequestStatus[] memory statuses = queue.getWithdrawalStatus(ids);
        uint256 finished;
        for (uint256 i; i < ids.length; ++i) {
            if (statuses[i].isClaimed || statuses[i].owner != address(this)) {
                exits[i].isGone = true;
            } else if (statuses[i].isFinalized) {
                exits[i].isFinished = true;
                ++finished;
            } else {
                exits[i].pending = Math.min(
                    statuses[i].amountOfStETH,
                    stEth.getPooledEthByShares(statuses[i].amountOfShares)
                );
            }
        }
        if (finished != 0) _fillClaimable(ids, exits, finished);
    }

    /// @dev A finished request pays the rate of its checkpoint, which a slashing may have put below the request.
    function _fillClaimable(uint256[] memory ids, Exit[] memory exits, uint256 finished) private view {
        uint256[] memory due = new uint256[](finished);
        uint256 next;
        for (uint256 i; i < ids.length; ++i) {
            if (exits[i].isFinished) due[next++] = ids[i];
        }
        uint256[] memory ether_ = queue.getClaimableEther(due, _hints(due));
        next = 0;
        for (uint256 i; i < ids.length; ++i) {
            if (exits[i].isFinished) exits[i].claimable = ether_[next++];
        }
    }

    function _claim(uint256[] memory ids) internal override returns (uint256[] memory failed) {
        queue.claimWithdrawals(ids, _hints(ids));
        return failed;
    }

    function _hints(uint256[] memory ids) private view returns (uint256[] memory) {
        return queue.findCheckpointHints(ids, 1, queue.getLastCheckpointIndex());
    }
}

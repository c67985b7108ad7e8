// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IKelpConfig, IKelpDepositPool, IKelpWithdrawalManager} from "../interfaces/external/kelp/IKelp.sol";
import {AdapterBase} from "./AdapterBase.sol";
import {QueuedExitAdapter} from "./QueuedExitAdapter.sol";
import {Errors} from "../libraries/Errors.sol";

/// @title KelpAdapter
/// @notice Stakes ETH with Kelp and holds rsETH; a unit is one wei of it. Exits to ETH: initiate, wait until an
/// operator
/// unlocks the queue and the delay has passed, complete. A request pays min(expected, worth when unlocked). While the
/// withdrawal manager is paused unlocked requests count as pending, for they cannot be completed.
/// @dev Completion always takes the caller's oldest request, and Kelp's operator may complete for any user: ether that
/// comes that way is kept in {paidUnasked} until the next claim. The value is Kelp's stored price; a market that
/// disagrees is the OracleGuard's business.
contract KelpAdapter is QueuedExitAdapter {
    using SafeERC20 for IERC20;

    /// @notice What Kelp calls ETH.
    address public constant ETH = 0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE;
    uint256 private constant WAD = 1e18;

    IKelpDepositPool public immutable pool;
    IKelpWithdrawalManager public immutable queue;
    IERC20 public immutable rsEth;

    constructor(address vault_, address weth_, address pool_, address queue_) AdapterBase(vault_, weth_) {
        _requireCode(pool_);
        _requireCode(queue_);
        pool = IKelpDepositPool(pool_);
        queue = IKelpWithdrawalManager(queue_);
        address config = IKelpDepositPool(pool_).lrtConfig();
        _requireSame(queue_, config, IKelpWithdrawalManager(queue_).lrtConfig());
        rsEth = IERC20(IKelpConfig(config).rsETH());
        _requireCode(address(rsEth));
    }

    /// @notice ETH of one rsETH, WAD.
    function rate() external view returns (uint256 wad) {
        wad = queue.getExpectedAssetAmount(ETH, WAD);
        require(wad != 0, Errors.Adapter_RateZero());
    }

    function _liquid() internal view override returns (uint256) {
        return queue.getExpectedAssetAmount(ETH, units);
    }

    /// @dev Kelp's own minimum is what it says it mints in this block; the caller's is checked on the value.
    function _allocate(uint256 assets) internal override {
        uint256 limit = _maxAllocate();
        require(assets <= limit, Errors.Adapter_LimitExceeded(assets, limit));
        uint256 minimum = pool.minAmountToDeposit();
        require(assets >= minimum, Errors.Adapter_DepositTooSmall(assets, minimum));
        _unwrap(assets);
        uint256 before = rsEth.balanceOf(address(this));
        pool.depositETH{value: assets}(pool.getRsETHAmountToMint(ETH, assets), "");
        _bookUnits(before, rsEth.balanceOf(address(this)));
    }

    function _maxAllocate() internal view override returns (uint256) {
        return pool.paused() ? 0 : pool.getAssetCurrentLimit(ETH);
    }

    function _paysExits(address from) internal view override returns (bool) {
        return from == address(queue);
    }

    function _paysUnasked(address from) internal view override returns (bool) {
        return _paysExits(from);
    }

    function _unitsFor(uint256 assets) internal view override returns (uint256) {
        return Math.mulDiv(assets, WAD, queue.getExpectedAssetAmount(ETH, WAD));
    }

    function _request(uint256 exitUnits, uint256 open) internal override returns (uint256[] memory ids) {
        _requireSlots(1, open);
        uint256 minimum = queue.minRsEthAmountToWithdraw(ETH);
        require(exitUnits >= minimum, Errors.Adapter_BelowMinimum(exitUnits, minimum));
        uint256 assets = queue.getExpectedAssetAmount(ETH, exitUnits);
        uint256 available = queue.getAvailableAssetAmount(ETH);
        require(assets <= available, Errors.Adapter_LimitExceeded(assets, available));
        ids = new uint256[](1);
        ids[0] = queue.nextUnusedNonce(ETH);
        uint256 before = rsEth.balanceOf(address(this));
        rsEth.forceApprove(address(queue), exitUnits);
        queue.initiateWithdrawal(ETH, exitUnits, "");
        _bookUnits(before, rsEth.balanceOf(address(this)));
    }

    function _exits(uint256[] memory ids) internal view override returns (Exit[] memory exits) {
        exits = new Exit[](ids.length);
        if (ids.length == 0) return exits;
        bool isPaused = queue.paused();
        uint256 nextLocked = queue.nextLockedNonce(ETH);
        uint256 delay = queue.withdrawalDelayBlocks();
        for (uint256 i; i < ids.length; ++i) {
            (uint256 rsEthAmount, uint256 expected, uint256 startBlock) = queue.withdrawalRequests(
                queue.getRequestId(ETH, ids[i])
            );
            if (rsEthAmount == 0) {
                exits[i].isGone = true;
            } else if (ids[i] >= nextLocked) {
                exits[i].pending = Math.min(expected, queue.getExpectedAssetAmount(ETH, rsEthAmount));
            } else if (isPaused || block.number < startBlock + delay) {
                exits[i].pending = expected;
            } else {
                exits[i].isFinished = true;
                exits[i].claimable = expected;
            }
        }
    }

    /// @dev The manager pays the oldest request, whatever it is asked for: when one fails the later ones would, too.
    /// `ids` are this adapter's oldest, for requests are unlocked in order.
    function _claim(uint256[] memory ids) internal override returns (uint256[] memory failed) {
        for (uint256 i; i < ids.length; ++i) {
            try queue.completeWithdrawal(ETH, "") {} catch {
                failed = new uint256[](ids.length - i);
                for (uint256 j = i; j < ids.length; ++j) failed[j - i] = ids[j];
                return failed;
            }
        }
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {
    IStaderConfig,
    IStaderStakePoolsManager,
    IStaderUserWithdrawalManager
} from "../interfaces/external/stader/IStader.sol";
import {AdapterBase} from "./AdapterBase.sol";
import {QueuedExitAdapter} from "./QueuedExitAdapter.sol";
import {Errors} from "../libraries/Errors.sol";

/// @title StaderAdapter
/// @notice Stakes with Stader and holds ETHx; a unit is one wei of it. Exits through the UserWithdrawalManager, which
/// finalizes in order at min(expected, current) and pays finalized requests even while it is paused.
/// @dev Anyone may make requests of this adapter's, and Stader takes only so many per owner before it refuses more.
/// {releaseForeign} clears them away; their ether stays here and is worth nothing to the vault.
contract StaderAdapter is QueuedExitAdapter {
    using SafeERC20 for IERC20;

    IStaderStakePoolsManager public immutable manager;
    IStaderUserWithdrawalManager public immutable queue;
    IStaderConfig public immutable config;
    IERC20 public immutable ethX;

    constructor(address vault_, address weth_, address manager_) AdapterBase(vault_, weth_) {
        _requireCode(manager_);
        manager = IStaderStakePoolsManager(manager_);
        config = IStaderConfig(IStaderStakePoolsManager(manager_).staderConfig());
        _requireCode(address(config));
        _requireSame(address(config), manager_, config.getStakePoolManager());
        queue = IStaderUserWithdrawalManager(config.getUserWithdrawManager());
        ethX = IERC20(config.getETHxToken());
        _requireCode(address(queue));
        _requireCode(address(ethX));
    }

    /// @notice ETH of one ETHx, WAD.
    function rate() external view returns (uint256 wad) {
        wad = manager.getExchangeRate();
        require(wad != 0, Errors.Adapter_RateZero());
    }

    /// @notice Claims finalized requests that others made in this adapter's name, so that they take up no place in
    /// Stader's count. Anyone may call; nobody is paid.
    function releaseForeign(uint256[] calldata ids) external {
        for (uint256 i; i < ids.length; ++i) {
            require(!_isOpen(ids[i]), Errors.Adapter_OwnRequest(ids[i]));
            queue.claim(ids[i]);
        }
    }

    function _liquid() internal view override returns (uint256) {
        return manager.previewWithdraw(units);
    }

    function _allocate(uint256 assets) internal override {
        uint256 limit = _maxAllocate();
        require(assets <= limit, Errors.Adapter_LimitExceeded(assets, limit));
        uint256 minimum = manager.minDeposit();
        require(assets >= minimum, Errors.Adapter_DepositTooSmall(assets, minimum));
        _unwrap(assets);
        uint256 before = ethX.balanceOf(address(this));
        manager.deposit{value: assets}(address(this));
        _bookUnits(before, ethX.balanceOf(address(this)));
    }

    function _maxAllocate() internal view override returns (uint256) {
        return manager.maxDeposit();
    }

    function _paysExits(address from) internal view override returns (bool) {
        return from == address(queue);
    }

    function _unitsFor(uint256 assets) internal view override returns (uint256) {
        return manager.convertToShares(assets);
    }

    /// @dev Splits evenly, so that no part falls below the minimum when the whole does not.
    function _request(uint256 exitUnits, uint256 open) internal override returns (uint256[] memory ids) {
        uint256 assets = manager.previewWithdraw(exitUnits);
        uint256 minimum = config.getMinWithdrawAmount();
        require(assets >= minimum, Errors.Adapter_BelowMinimum(assets, minimum));
        uint256 largest = manager.convertToShares(config.getMaxWithdrawAmount());
        require(largest != 0, Errors.Adapter_LimitExceeded(assets, 0));
        uint256 parts = Math.ceilDiv(exitUnits, largest);
        _requireSlots(parts, open);
        ids = new uint256[](parts);
        uint256 before = ethX.balanceOf(address(this));
        ethX.forceApprove(address(queue), exitUnits);
        uint256 left = exitUnits;
        for (uint256 i; i < parts; ++i) {
            uint256 amount = left / (parts - i);
            left -= amount;
            ids[i] = queue.requestWithdraw(amount, address(this));
        }
        _bookUnits(before, ethX.balanceOf(address(this)));
    }

    function _exits(uint256[] memory ids) internal view override returns (Exit[] memory exits) {
        exits = new Exit[](ids.length);
        if (ids.length == 0) return exits;
        uint256 nextToFinalize = queue.nextRequestIdToFinalize();
        for (uint256 i; i < ids.length; ++i) {
            (address owner, uint256 ethXAmount, uint256 expected, uint256 finalized, ) = queue.userWithdrawRequests(
                ids[i]
            );
            if (owner != address(this)) {
                exits[i].isGone = true;
            } else if (ids[i] < nextToFinalize) {
                exits[i].isFinished = true;
                exits[i].claimable = finalized;
            } else {
                exits[i].pending = Math.min(expected, manager.previewWithdraw(ethXAmount));
            }
        }
    }

    /// @dev A request that the queue refuses stays open.
    function _claim(uint256[] memory ids) internal override returns (uint256[] memory failed) {
        uint256[] memory unpaid = new uint256[](ids.length);
        uint256 count;
        for (uint256 i; i < ids.length; ++i) {
            try queue.claim(ids[i]) {} catch {
                unpaid[count++] = ids[i];
            }
        }
        return _shorten(unpaid, count);
    }
}

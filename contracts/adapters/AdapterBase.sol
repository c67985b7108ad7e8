// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IStrategyAdapter} from "../interfaces/IStrategyAdapter.sol";
import {Errors} from "../libraries/Errors.sol";

/// @title AdapterBase
/// @notice What every adapter does the same way: who may call, measuring by balance difference, bounds, paying the
/// vault. A venue adds five functions. The position is counted in the venue's own units, and only those the adapter
/// obtained itself: tokens that someone sends it stay where they are and are worth nothing to the vault.
/// @dev Assumes an asset without transfer fee or callback (WETH). The vault guards against reentrancy; an adapter
/// gives away control only to its fixed venue.
abstract contract AdapterBase is IStrategyAdapter {
    using SafeERC20 for IERC20;

    // IMMUTABLES

    /// @inheritdoc IStrategyAdapter
    address public immutable vault;
    /// @inheritdoc IStrategyAdapter
    address public immutable asset;

    /// @notice Units of the venue's position that this adapter obtained itself.
    uint256 public units;

    /// @param vault_ The account that may move the position. Its code is not checked: the registry refuses an
    /// adapter whose vault is not its own.
    constructor(address vault_, address asset_) {
        require(vault_ != address(0), Errors.Adapter_BadTarget(vault_));
        _requireCode(asset_);
        vault = vault_;
        asset = asset_;
    }

    modifier onlyVault() {
        require(msg.sender == vault, Errors.Adapter_NotVault(msg.sender, vault));
        _;
    }

    // VIEWS

    /// @inheritdoc IStrategyAdapter
    function realAssets() external view virtual returns (uint256 liquid, uint256 pending, uint256 claimable) {
        return (_liquid(), 0, 0);
    }

    /// @inheritdoc IStrategyAdapter
    /// @dev Asks the venue through a call to itself, so that a venue that reverts or answers nonsense counts as
    /// closed.
    function maxAllocate() external view returns (uint256 assets) {
        try this.venueMaxAllocate() returns (uint256 limit) {
            // Amounts of a leg are uint128; a larger limit only invites overflow in who reads it.
            return Math.min(limit, type(uint128).max);
        } catch {
            return 0;
        }
    }

    /// @inheritdoc IStrategyAdapter
    /// @dev As {maxAllocate}.
    function maxDeallocate() external view returns (uint256 assets) {
        try this.venueMaxDeallocate() returns (uint256 limit) {
            return limit;
        } catch {
            return 0;
        }
    }

    /// @notice {maxAllocate} before its cap, reverting where the venue reverts: tells an operator why it is 0.
    function venueMaxAllocate() external view returns (uint256 assets) {
        return _maxAllocate();
    }

    /// @notice {maxDeallocate}, reverting where the venue reverts.
    function venueMaxDeallocate() external view returns (uint256 assets) {
        return _maxDeallocate();
    }

    // VAULT

    /// @inheritdoc IStrategyAdapter
    function allocate(uint256 assets, uint256 minValue) external onlyVault returns (uint256 value) {
        uint256 balance = IERC20(asset).balanceOf(address(this));
        require(balance >= assets, Errors.Adapter_NotFunded(assets, balance));
        if (assets != 0) {
            uint256 before = _liquid();
            _allocate(assets);
            value = Math.saturatingSub(_liquid(), before);
        }
        require(value >= minValue, Errors.Adapter_ValueTooLow(value, minValue));
    }

    /// @inheritdoc IStrategyAdapter
    function deallocate(uint256 assets, uint256 minReceived) external onlyVault returns (uint256 received) {
        uint256 limit = _deallocateLimit();
        require(assets <= limit, Errors.Adapter_LimitExceeded(assets, limit));
        if (assets != 0) {
            uint256 before = IERC20(asset).balanceOf(address(this));
            _deallocate(assets);
            received = _payVault(before);
        }
        require(received >= minReceived, Errors.Adapter_ReceivedTooLow(received, minReceived));
    }

    /// @inheritdoc IStrategyAdapter
    function requestExit(uint256, uint256) external virtual onlyVault returns (uint256) {
        revert Errors.Adapter_NoAsyncExit();
    }

    /// @inheritdoc IStrategyAdapter
    function claim() external virtual onlyVault returns (uint256 received) {
        return 0;
    }

    // INTERNAL, by venue

    /// @dev Worth of `units` at the protocol's rate, rounded down, after the fees of exit.
    function _liquid() internal view virtual returns (uint256);

    /// @dev Puts `assets` (not 0, held by this contract) into the venue and raises `units`.
    function _allocate(uint256 assets) internal virtual;

    /// @dev Takes `assets` (not 0, within the limit) out to this contract and lowers `units`.
    function _deallocate(uint256 assets) internal virtual;

    function _maxAllocate() internal view virtual returns (uint256);

    function _maxDeallocate() internal view virtual returns (uint256);

    /// @dev Most that {deallocate} takes. Above {maxDeallocate} where the venue pays the rest at once for a fee, which
    /// only the caller's minimum can agree to.
    function _deallocateLimit() internal view virtual returns (uint256) {
        return _maxDeallocate();
    }

    // INTERNAL

    /// @dev Sends everything above `before` to the vault.
    function _payVault(uint256 before) internal virtual returns (uint256 received) {
        received = IERC20(asset).balanceOf(address(this)) - before;
        if (received != 0) IERC20(asset).safeTransfer(vault, received);
    }

    /// @dev Books the change of a position token's balance since `before`.
    function _bookUnits(uint256 before, uint256 current) internal {
        units = units + current - before;
    }

    function _requireCode(address target) internal view {
        require(target.code.length != 0, Errors.Adapter_BadTarget(target));
    }

    function _requireSame(address target, address expected, address actual) internal pure {
        require(expected == actual, Errors.Adapter_AssetMismatch(target, expected, actual));
    }
}

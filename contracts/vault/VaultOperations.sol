// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {RebalanceResult} from "../interfaces/ILiquidityVault.sol";
import {Errors} from "../libraries/Errors.sol";
import {Leg} from "../types/Proposal.sol";
import {Rebalancer} from "./Rebalancer.sol";
import {StrategyExits} from "./StrategyExits.sol";
import {VaultBooks, VaultSettings} from "./VaultBooks.sol";

/// @title VaultOperations
/// @notice Everything of the vault that meets strategies. The vault deploys it in its constructor and runs it by
/// delegatecall on its own storage, because one contract cannot hold both under the size limit: two contracts, one
/// vault.
/// The target never changes, has no owner and no state, and answers nobody but a delegatecall.
///
/// Who may call, reentrancy, shares and fees are the vault's part; here is none of them.
contract VaultOperations is Rebalancer, StrategyExits {
    address private immutable _self;

    modifier onlyDelegated() {
        require(address(this) != _self, Errors.LiquidityVault_NotDelegated(_self));
        _;
    }

    constructor(
        address weth,
        address registry_,
        address guard_,
        VaultSettings memory settings
    ) VaultBooks(weth, registry_, guard_, settings) {
        _self = address(this);
    }

    /// @notice See {ILiquidityVault.report}.
    function report(uint8[] calldata ids) external onlyDelegated {
        _reportDue(ids);
    }

    /// @notice See {ILiquidityVault.claim}.
    function claim(uint8[] calldata ids) external onlyDelegated returns (uint256 received) {
        return _claimFinished(ids);
    }

    /// @notice See {ILiquidityVault.harvest}.
    function harvest(uint8[] calldata ids) external onlyDelegated returns (uint256 received) {
        return _harvest(ids);
    }

    /// @notice See {ILiquidityVault.rebalance}.
    function rebalance(
        Leg[] calldata legs,
        uint256 refNav,
        uint16 navToleranceBps
    ) external onlyDelegated returns (RebalanceResult memory) {
        return _rebalance(legs, refNav, navToleranceBps);
    }

    /// @notice Brings assets to idle for a sync exit; see {StrategyExits}.
    function pull(uint256 needed, uint256 order) external onlyDelegated {
        _pull(needed, order);
    }

    /// @notice Takes a share of everything out, in kind; see {StrategyExits}.
    function exitInKind(uint256 shareWad, address receiver) external onlyDelegated returns (uint256 paid) {
        return _exitInKind(shareWad, receiver);
    }

    /// @notice See {ILiquidityVault.collectInKind}.
    function collectInKind(
        uint8[] calldata ids,
        address account,
        address receiver
    ) external onlyDelegated returns (uint256 paid) {
        return _collectInKind(ids, account, receiver);
    }

    /// @notice See {ILiquidityVault.forceRevoke}.
    function forceRevoke(uint8 id) external onlyDelegated {
        _forceRevoke(id);
    }
}

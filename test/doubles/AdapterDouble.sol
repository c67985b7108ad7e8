// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/interfaces/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IStrategyAdapter} from "../../contracts/interfaces/IStrategyAdapter.sol";
import {Errors} from "../../contracts/libraries/Errors.sol";

/// @title AdapterDouble
/// @notice An adapter whose venue is its own balance and a few numbers that a test sets: honest by default, and able to
/// lose on the way in or out, to lie, to revert, to answer nonsense and to call back.
contract AdapterDouble is IStrategyAdapter {
    using SafeERC20 for IERC20;

    enum Reading {
        Honest,
        Reverting,
        Short,
        Absurd,
        LongReason,
        Bomb
    }

    error VenueBroken(string why);

    address public immutable vault;
    address public immutable asset;

    uint256 private _rate = 1e18;
    uint256 public liquid;
    uint256 public pending;
    uint256 public claimable;
    Reading public reading;
    bool public rateReverts;
    bool public movesRevert;
    /// @notice Share of what goes in that becomes value, of what is asked that is paid out, and of what is asked that
    /// becomes pending, basis points.
    uint256 public allocateBps = 10_000;
    uint256 public payBps = 10_000;
    uint256 public requestBps = 10_000;
    /// @notice Share of an allocation that is handed back, basis points.
    uint256 public refundBps;
    /// @notice Most that leaves at once.
    uint256 public instant = type(uint256).max;
    /// @notice When set, move functions return this whatever happened.
    uint256 public lie;
    address public callTarget;
    bytes public callData;
    /// @notice Revert reason of the call back, first four bytes; zero when it succeeded.
    bytes4 public callbackRevert;

    modifier onlyVault() {
        require(msg.sender == vault, Errors.Adapter_NotVault(msg.sender, vault));
        _;
    }

    constructor(address vault_, address asset_) {
        vault = vault_;
        asset = asset_;
    }

    // TEST CONTROLS

    function setRate(uint256 value) external {
        _rate = value;
    }

    function setRateReverts(bool value) external {
        rateReverts = value;
    }

    function setReading(Reading value) external {
        reading = value;
    }

    function setMovesRevert(bool value) external {
        movesRevert = value;
    }

    function setOutcome(uint256 allocate_, uint256 pay, uint256 request, uint256 refund) external {
        (allocateBps, payBps, requestBps, refundBps) = (allocate_, pay, request, refund);
    }

    function setInstant(uint256 value) external {
        instant = value;
    }

    function setLie(uint256 value) external {
        lie = value;
    }

    function setCallback(address target, bytes calldata data) external {
        (callTarget, callData) = (target, data);
    }

    /// @notice Yield or loss at the venue. The balance must cover what is later paid out.
    function setPosition(uint256 liquid_, uint256 pending_, uint256 claimable_) external {
        (liquid, pending, claimable) = (liquid_, pending_, claimable_);
    }

    function finishExits() external {
        claimable += pending;
        pending = 0;
    }

    // VIEWS

    function rate() external view returns (uint256) {
        if (rateReverts) revert VenueBroken("rate");
        return _rate;
    }

    function realAssets() external view returns (uint256, uint256, uint256) {
        if (reading == Reading.Reverting) revert VenueBroken("halted");
        if (reading == Reading.LongReason) revert VenueBroken(string(new bytes(100_000)));
        if (reading == Reading.Bomb) _burnAll();
        if (reading == Reading.Absurd) return (type(uint256).max, 1, 1);
        if (reading == Reading.Short) {
            assembly {
                mstore(0, 1)
                return(0, 32)
            }
        }
        return (liquid, pending, claimable);
    }

    function maxAllocate() external pure returns (uint256) {
        return type(uint128).max;
    }

    function maxDeallocate() external view returns (uint256) {
        if (reading == Reading.Bomb) _burnAll();
        return Math.min(liquid, instant);
    }

    function _burnAll() private view {
        for (uint256 i; gasleft() > 0; ++i) _sink(i);
    }

    function _sink(uint256) private view returns (uint256) {
        return IERC20(asset).totalSupply();
    }

    // VAULT

    function allocate(uint256 assets, uint256) external onlyVault returns (uint256 value) {
        _before();
        uint256 back = (assets * refundBps) / 10_000;
        if (back != 0) IERC20(asset).safeTransfer(vault, back);
        value = ((assets - back) * allocateBps) / 10_000;
        liquid += value;
        if (lie != 0) return lie;
    }

    function deallocate(uint256 assets, uint256) external onlyVault returns (uint256 received) {
        _before();
        liquid -= assets;
        if (instant != type(uint256).max) instant -= assets;
        received = (assets * payBps) / 10_000;
        IERC20(asset).safeTransfer(vault, received);
        if (lie != 0) return lie;
    }

    function requestExit(uint256 assets, uint256) external onlyVault returns (uint256 requested) {
        _before();
        liquid -= assets;
        requested = (assets * requestBps) / 10_000;
        pending += requested;
        if (lie != 0) return lie;
    }

    function claim() external onlyVault returns (uint256 received) {
        _before();
        received = claimable;
        claimable = 0;
        if (received != 0) IERC20(asset).safeTransfer(vault, received);
        if (lie != 0) return lie;
    }

    function _before() private {
        if (movesRevert) revert VenueBroken("moves");
        if (callTarget == address(0)) return;
        (bool ok, bytes memory reason) = callTarget.call(callData);
        callbackRevert = ok ? bytes4(0) : bytes4(reason);
    }
}

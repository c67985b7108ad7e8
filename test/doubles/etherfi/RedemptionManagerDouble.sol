// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {EEthDouble} from "./EEthDouble.sol";
import {LiquidityPoolDouble} from "./LiquidityPoolDouble.sol";
import {PausableUntilDouble} from "./PausableUntilDouble.sol";
import {WeEthDouble} from "./WeEthDouble.sol";

/// @title RedemptionManagerDouble
/// @notice Double of ether.fi's RedemptionManager, NOT the protocol. Follows
/// `src/withdrawals/EtherFiRedemptionManager.sol` and `BucketLimiter.sol` of github.com/etherfi-protocol/smart-contracts
/// at their state of July 2026: a bucket in units of 1e12 wei that refills by the second, a low watermark in the pool, an
/// exit fee split between the treasury (in eETH) and those who stay (by burning), the blacklist, both pauses, and every
/// rounding of `_calcRedemption`.
/// @dev Left out: stETH as output, permits, roles, the ceilings of the parameters, sweeping dust. The receiver is paid
/// with the 10,000 gas of earlier builds, the tighter of the two.
///
/// Market side (owner): the setters of the original.
contract RedemptionManagerDouble is PausableUntilDouble {
    using SafeERC20 for IERC20;

    struct Limit {
        uint64 capacity;
        uint64 remaining;
        uint64 lastRefill;
        uint64 refillRate;
    }

    struct RedemptionInfo {
        Limit limit;
        uint16 exitFeeSplitToTreasuryInBps;
        uint16 exitFeeInBps;
        uint16 lowWatermarkInBpsOfTvl;
    }

    event Redeemed(
        address indexed receiver,
        uint256 redemptionAmount,
        uint256 feeAmountToTreasury,
        uint256 feeAmountToStakers,
        address token
    );

    error InvalidOutputToken();
    error InvalidNumSharesBurnt();
    error InvalidTotalShares();
    error TransferFailed();
    error InvalidLpBalance();
    error InsufficientBalance();
    error ExceededRedeemable();
    error RateLimitExceeded();

    address public constant ETH_ADDRESS = 0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE;
    uint256 private constant RECEIVER_GAS = 10_000;
    uint256 private constant BUCKET_UNIT_SCALE = 1e12;
    uint256 private constant BASIS_POINT_SCALE = 1e4;

    address public immutable treasury;
    EEthDouble public immutable eEth;
    WeEthDouble public immutable weEth;
    LiquidityPoolDouble public immutable liquidityPool;
    mapping(address token => RedemptionInfo info) public tokenToRedemptionInfo;

    /// @dev Of one redemption, as `_calcRedemption` returns them.
    struct Parts {
        uint256 eEthShares;
        uint256 toReceiver;
        uint256 feeToTreasury;
        uint256 sharesToBurn;
        uint256 feeShareToTreasury;
    }

    modifier nonBlacklisted(address receiver) {
        liquidityPool.blacklister().nonBlacklisted(msg.sender);
        liquidityPool.blacklister().nonBlacklisted(receiver);
        _;
    }

    /// @param capacity Of the bucket, wei; it starts full.
    /// @param refillRate Wei a second.
    constructor(
        WeEthDouble weEth_,
        address treasury_,
        uint16 exitFeeSplitToTreasuryInBps,
        uint16 exitFeeInBps,
        uint16 lowWatermarkInBpsOfTvl,
        uint256 capacity,
        uint256 refillRate
    ) {
        weEth = weEth_;
        eEth = weEth_.eETH();
        liquidityPool = weEth_.liquidityPool();
        treasury = treasury_;
        uint64 full = uint64(capacity / BUCKET_UNIT_SCALE);
        tokenToRedemptionInfo[ETH_ADDRESS] = RedemptionInfo({
            limit: Limit(full, full, uint64(block.timestamp), uint64(refillRate / BUCKET_UNIT_SCALE)),
            exitFeeSplitToTreasuryInBps: exitFeeSplitToTreasuryInBps,
            exitFeeInBps: exitFeeInBps,
            lowWatermarkInBpsOfTvl: lowWatermarkInBpsOfTvl
        });
    }

    receive() external payable {}

    // MARKET

    function setCapacity(uint256 capacity, address token) external onlyOwner {
        Limit memory limit = _refilled(token);
        limit.capacity = uint64(capacity / BUCKET_UNIT_SCALE);
        if (limit.remaining > limit.capacity) limit.remaining = limit.capacity;
        tokenToRedemptionInfo[token].limit = limit;
    }

    function setRefillRatePerSecond(uint256 refillRate, address token) external onlyOwner {
        Limit memory limit = _refilled(token);
        limit.refillRate = uint64(refillRate / BUCKET_UNIT_SCALE);
        tokenToRedemptionInfo[token].limit = limit;
    }

    function setExitFeeBasisPoints(uint16 exitFeeInBps, address token) external onlyOwner {
        tokenToRedemptionInfo[token].exitFeeInBps = exitFeeInBps;
    }

    function setLowWatermarkInBpsOfTvl(uint16 lowWatermarkInBpsOfTvl, address token) external onlyOwner {
        tokenToRedemptionInfo[token].lowWatermarkInBpsOfTvl = lowWatermarkInBpsOfTvl;
    }

    function setExitFeeSplitToTreasuryInBps(uint16 exitFeeSplitToTreasuryInBps, address token) external onlyOwner {
        tokenToRedemptionInfo[token].exitFeeSplitToTreasuryInBps = exitFeeSplitToTreasuryInBps;
    }

    // HOLDER

    function redeemEEth(
        uint256 eEthAmount,
        address receiver,
        address outputToken
    ) external whenNotPaused nonBlacklisted(receiver) {
        if (eEthAmount > eEth.balanceOf(msg.sender)) revert InsufficientBalance();
        if (!canRedeem(eEthAmount, outputToken)) revert ExceededRedeemable();
        Parts memory parts = _calcRedemption(eEthAmount, outputToken);
        IERC20(address(eEth)).safeTransferFrom(msg.sender, address(this), eEthAmount);
        _redeem(eEthAmount, receiver, parts, outputToken);
    }

    function redeemWeEth(
        uint256 weEthAmount,
        address receiver,
        address outputToken
    ) external whenNotPaused nonBlacklisted(receiver) {
        uint256 eEthAmount = weEth.getEETHByWeETH(weEthAmount);
        if (weEthAmount > weEth.balanceOf(msg.sender)) revert InsufficientBalance();
        if (!canRedeem(eEthAmount, outputToken)) revert ExceededRedeemable();
        Parts memory parts = _calcRedemption(eEthAmount, outputToken);
        IERC20(address(weEth)).safeTransferFrom(msg.sender, address(this), weEthAmount);
        weEth.unwrap(weEthAmount);
        _redeem(eEthAmount, receiver, parts, outputToken);
    }

    // VIEWS

    function lowWatermarkInETH(address token) public view returns (uint256) {
        return
            Math.mulDiv(
                liquidityPool.getTotalPooledEther(),
                tokenToRedemptionInfo[token].lowWatermarkInBpsOfTvl,
                BASIS_POINT_SCALE
            );
    }

    function getInstantLiquidityAmount(address token) public view returns (uint256) {
        return token == ETH_ADDRESS ? liquidityPool.totalValueInLp() : 0;
    }

    function totalRedeemableAmount(address token) external view returns (uint256) {
        uint256 liquid = getInstantLiquidityAmount(token);
        uint256 lowWatermark = lowWatermarkInETH(token);
        if (liquid < lowWatermark) return 0;
        return Math.min(uint256(_refilled(token).remaining) * BUCKET_UNIT_SCALE, liquid - lowWatermark);
    }

    function canRedeem(uint256 amount, address token) public view returns (bool) {
        uint256 liquid = getInstantLiquidityAmount(token);
        uint256 lowWatermark = lowWatermarkInETH(token);
        if (liquid < lowWatermark || liquid - lowWatermark < amount) return false;
        return _refilled(token).remaining >= Math.ceilDiv(amount, BUCKET_UNIT_SCALE);
    }

    function previewRedeem(uint256 shares, address token) external view returns (uint256) {
        uint256 amount = liquidityPool.amountForShare(shares);
        uint256 fee = tokenToRedemptionInfo[token].exitFeeInBps;
        return amount - Math.mulDiv(amount, fee, BASIS_POINT_SCALE, Math.Rounding.Ceil);
    }

    // INTERNAL

    function _redeem(uint256 ethAmount, address receiver, Parts memory parts, address token) private {
        if (token != ETH_ADDRESS) revert InvalidOutputToken();
        Limit memory limit = _refilled(token);
        uint256 wanted = Math.ceilDiv(ethAmount, BUCKET_UNIT_SCALE);
        if (limit.remaining < wanted) revert RateLimitExceeded();
        limit.remaining -= uint64(wanted);
        tokenToRedemptionInfo[token].limit = limit;

        uint256 feeShareToStakers = parts.eEthShares - parts.sharesToBurn - parts.feeShareToTreasury;
        uint256 feeToStakers = liquidityPool.amountForShare(feeShareToStakers);
        IERC20(address(eEth)).safeTransfer(treasury, parts.feeToTreasury);
        _pay(receiver, parts.toReceiver, parts.sharesToBurn, feeShareToStakers);
        emit Redeemed(receiver, ethAmount, parts.feeToTreasury, feeToStakers, token);
    }

    function _pay(address receiver, uint256 amount, uint256 sharesToBurn, uint256 feeShareToStakers) private {
        uint256 balance = address(this).balance;
        uint256 inPool = liquidityPool.totalValueInLp();
        uint256 totalShares = eEth.totalShares();
        if (liquidityPool.withdraw(address(this), amount) != sharesToBurn) revert InvalidNumSharesBurnt();
        uint256 received = address(this).balance - balance;
        liquidityPool.burnEEthShares(feeShareToStakers);
        if (eEth.totalShares() != totalShares - (sharesToBurn + feeShareToStakers)) revert InvalidTotalShares();
        (bool success, ) = receiver.call{value: received, gas: RECEIVER_GAS}("");
        if (!success) revert TransferFailed();
        if (liquidityPool.totalValueInLp() != inPool - received) revert InvalidLpBalance();
    }

    function _calcRedemption(uint256 ethAmount, address token) private view returns (Parts memory parts) {
        RedemptionInfo storage info = tokenToRedemptionInfo[token];
        parts.eEthShares = liquidityPool.sharesForAmount(ethAmount);
        parts.toReceiver = liquidityPool.amountForShare(
            Math.mulDiv(parts.eEthShares, BASIS_POINT_SCALE - info.exitFeeInBps, BASIS_POINT_SCALE)
        );
        parts.sharesToBurn = liquidityPool.sharesForWithdrawalAmount(parts.toReceiver);
        parts.feeShareToTreasury = Math.mulDiv(
            parts.eEthShares - parts.sharesToBurn,
            info.exitFeeSplitToTreasuryInBps,
            BASIS_POINT_SCALE
        );
        parts.feeToTreasury = liquidityPool.amountForShare(parts.feeShareToTreasury);
    }

    function _refilled(address token) private view returns (Limit memory limit) {
        limit = tokenToRedemptionInfo[token].limit;
        uint256 refilled = limit.remaining + (block.timestamp - limit.lastRefill) * limit.refillRate;
        limit.remaining = uint64(Math.min(refilled, limit.capacity));
        limit.lastRefill = uint64(block.timestamp);
    }
}

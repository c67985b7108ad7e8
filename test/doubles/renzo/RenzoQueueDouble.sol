// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {OwnedDouble} from "../OwnedDouble.sol";
import {MintableDouble} from "../MintableDouble.sol";
import {RenzoManagerDouble} from "./RenzoManagerDouble.sol";

/// @title RenzoQueueDouble
/// @notice Double of Renzo's WithdrawQueue, NOT the protocol. Follows `contracts/Withdraw/WithdrawQueue.sol` and
/// `WithdrawQueueStorage.sol` of github.com/Renzo-Protocol/contracts-public: a buffer, requests that queue when it is too
/// small, a cool-down that the risk oracle can lengthen, claims by anyone for anyone at min(requested, worth at the claim),
/// and the list in which the last request takes the place of the claimed one.
/// @dev Left out: ERC-20 assets, stETH rebalancing, the whitelist for claims without cool-down, roles.
///
/// Market side (owner): `fillEthWithdrawBuffer` with ether, `fillAtOf(id)` says how far, `pause`, `unpause`,
/// `updateCoolDownPeriod`, `updateWithdrawBufferTarget`.
contract RenzoQueueDouble is OwnedDouble {
    struct WithdrawRequest {
        address collateralToken;
        uint256 withdrawRequestID;
        uint256 amountToRedeem;
        uint256 ezETHLocked;
        uint256 createdAt;
    }
    struct WithdrawQueue {
        uint256 queuedWithdrawToFill;
        uint256 queuedWithdrawFilled;
    }
    struct WithdrawQueueStatus {
        bool queued;
        uint256 fillAt;
    }

    event WithdrawRequestCreated(
        uint256 indexed withdrawRequestID,
        address user,
        address claimToken,
        uint256 amountToRedeem,
        uint256 ezETHAmountLocked,
        uint256 withdrawRequestIndex,
        bool queued,
        uint256 queueFilled
    );
    event WithdrawRequestClaimed(WithdrawRequest withdrawRequest);
    event QueueFilled(uint256 amount, address asset);

    error InvalidZeroInput();
    error UnsupportedWithdrawAsset();
    error WithdrawRequestPaused();
    error ClaimPaused();
    error InvalidWithdrawIndex();
    error EarlyClaim();
    error QueuedWithdrawalNotFilled();
    error TransferFailed();

    address public constant IS_NATIVE = 0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE;

    RenzoManagerDouble public immutable restakeManager;
    MintableDouble public immutable ezETH;
    bool public paused;
    uint256 public coolDownPeriod = 3 days;
    uint256 public withdrawRequestNonce;
    WithdrawQueue public ethWithdrawQueue;
    mapping(address asset => uint256 amount) public withdrawalBufferTarget;
    mapping(address asset => uint256 amount) public claimReserve;
    mapping(address user => WithdrawRequest[] requests) public withdrawRequests;
    mapping(bytes32 withdrawHash => WithdrawQueueStatus status) public withdrawQueued;
    /// @notice How far the queue must be filled for a request; 0 when the buffer paid it.
    mapping(uint256 id => uint256 fillAt) public fillAtOf;

    constructor(RenzoManagerDouble manager) {
        restakeManager = manager;
        ezETH = manager.ezETH();
        withdrawalBufferTarget[IS_NATIVE] = 1_000 ether;
    }

    modifier whenNotPaused() {
        require(!paused, "Pausable: paused");
        _;
    }

    // MARKET

    function pause() external onlyOwner {
        paused = true;
    }

    function unpause() external onlyOwner {
        paused = false;
    }

    function updateCoolDownPeriod(uint256 period) external onlyOwner {
        coolDownPeriod = period;
    }

    function updateWithdrawBufferTarget(uint256 amount) external onlyOwner {
        withdrawalBufferTarget[IS_NATIVE] = amount;
    }

    /// @notice Ether from new deposits or from EigenLayer: queued requests first, the buffer with the rest.
    function fillEthWithdrawBuffer() external payable onlyOwner {
        uint256 deficit = ethWithdrawQueue.queuedWithdrawToFill - ethWithdrawQueue.queuedWithdrawFilled;
        uint256 filled = deficit > msg.value ? msg.value : deficit;
        claimReserve[IS_NATIVE] += filled;
        ethWithdrawQueue.queuedWithdrawFilled += filled;
        emit QueueFilled(filled, IS_NATIVE);
    }

    // HOLDER

    function withdraw(uint256 amount, address assetOut) external whenNotPaused {
        if (restakeManager.withdrawRequestPaused()) revert WithdrawRequestPaused();
        if (amount == 0 || assetOut == address(0)) revert InvalidZeroInput();
        if (withdrawalBufferTarget[assetOut] == 0) revert UnsupportedWithdrawAsset();
        ezETH.transferFrom(msg.sender, address(this), amount);
        uint256 toRedeem = restakeManager.calculateRedeemAmount(amount);
        uint256 id = ++withdrawRequestNonce;
        WithdrawRequest memory request = WithdrawRequest(IS_NATIVE, id, toRedeem, amount, block.timestamp);
        uint256 available = getAvailableToWithdraw(IS_NATIVE);
        bool queued = toRedeem > available;
        if (queued) {
            ethWithdrawQueue.queuedWithdrawFilled += available;
            ethWithdrawQueue.queuedWithdrawToFill += toRedeem;
            claimReserve[IS_NATIVE] += available;
            fillAtOf[id] = ethWithdrawQueue.queuedWithdrawToFill;
            withdrawQueued[keccak256(abi.encode(request, msg.sender))] = WithdrawQueueStatus(true, fillAtOf[id]);
        } else {
            claimReserve[IS_NATIVE] += toRedeem;
        }
        withdrawRequests[msg.sender].push(request);
        uint256 index = withdrawRequests[msg.sender].length - 1;
        emit WithdrawRequestCreated(id, msg.sender, IS_NATIVE, toRedeem, amount, index, queued, available);
    }

    function claim(uint256 withdrawRequestIndex, address user) external whenNotPaused {
        if (restakeManager.withdrawClaimPaused()) revert ClaimPaused();
        WithdrawRequest[] storage list = withdrawRequests[user];
        if (withdrawRequestIndex >= list.length) revert InvalidWithdrawIndex();
        WithdrawRequest memory request = list[withdrawRequestIndex];
        uint256 period = restakeManager.withdrawCooldownPeriod();
        if (period < coolDownPeriod) period = coolDownPeriod;
        if (block.timestamp - request.createdAt < period) revert EarlyClaim();
        WithdrawQueueStatus memory status = withdrawQueued[keccak256(abi.encode(request, user))];
        if (status.queued && status.fillAt > ethWithdrawQueue.queuedWithdrawFilled) revert QueuedWithdrawalNotFilled();
        uint256 current = restakeManager.calculateRedeemAmount(request.ezETHLocked);
        claimReserve[IS_NATIVE] -= request.amountToRedeem;
        if (current < request.amountToRedeem) request.amountToRedeem = current;
        list[withdrawRequestIndex] = list[list.length - 1];
        list.pop();
        restakeManager.settle(request.ezETHLocked, request.amountToRedeem);
        (bool sent, ) = payable(user).call{value: request.amountToRedeem}("");
        if (!sent) revert TransferFailed();
        emit WithdrawRequestClaimed(request);
    }

    // VIEWS

    function getAvailableToWithdraw(address asset) public view returns (uint256) {
        return address(this).balance - claimReserve[asset];
    }

    function calculateAmountToRedeem(
        uint256 amount,
        address assetOut
    ) external view returns (uint256[][] memory perToken, uint256 toRedeem) {
        if (assetOut != IS_NATIVE) revert UnsupportedWithdrawAsset();
        (perToken, , ) = restakeManager.calculateTVLs();
        toRedeem = restakeManager.calculateRedeemAmount(amount);
    }

    function getOutstandingWithdrawRequests(address user) external view returns (uint256) {
        return withdrawRequests[user].length;
    }

    function riskOracleMiddleware() external view returns (address) {
        return address(restakeManager);
    }
}

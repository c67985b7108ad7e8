// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {OwnedDouble} from "../OwnedDouble.sol";
import {KelpPoolDouble} from "./KelpPoolDouble.sol";

/// @title KelpWithdrawalDouble
/// @notice Double of Kelp's LRTWithdrawalManager, NOT the protocol. Follows `contracts/LRTWithdrawalManager.sol` of
/// github.com/Kelp-DAO/LRT-rsETH: requests by nonce and asset, promised assets that limit further requests, unlocking in
/// order after a block delay at min(expected, current), completion of the caller's oldest request, and completion by an
/// operator for any user.
/// @dev Left out: instant withdrawal, Aave, price bounds, roles.
///
/// Market side (owner, who is the operator too): `unlockQueue`, `completeWithdrawalForUser`, `pause`, `unpause`, the limits.
contract KelpWithdrawalDouble is OwnedDouble {
    struct WithdrawalRequest {
        uint256 rsETHUnstaked;
        uint256 expectedAssetAmount;
        uint256 withdrawalStartBlock;
    }

    event AssetWithdrawalQueued(
        address indexed withdrawer,
        address indexed asset,
        uint256 rsETHUnstaked,
        uint256 indexed userNonce
    );
    event AssetWithdrawalFinalized(
        address indexed withdrawer,
        address indexed asset,
        uint256 amountBurned,
        uint256 amountReceived
    );
    event ReferralIdEmitted(string referralId);

    error InvalidAmountToWithdraw();
    error ExceedAmountToWithdraw();
    error NoWithdrawalRequests(address user, address asset);
    error WithdrawalLocked();
    error WithdrawalDelayNotPassed();
    error NoPendingWithdrawals();
    error EthTransferFailed();

    KelpPoolDouble public immutable pool;
    bool public paused;
    uint256 public withdrawalDelayBlocks = 8 days / 12 seconds;
    mapping(address asset => uint256 amount) public minRsEthAmountToWithdraw;
    mapping(address asset => uint256 nonce) public nextUnusedNonce;
    mapping(address asset => uint256 nonce) public nextLockedNonce;
    mapping(address asset => uint256 amount) public assetsCommitted;
    mapping(bytes32 requestId => WithdrawalRequest request) public withdrawalRequests;
    mapping(address asset => mapping(address user => uint256[] nonces)) private _noncesOf;
    mapping(address asset => mapping(address user => uint256 first)) private _firstOf;

    constructor(KelpPoolDouble pool_) {
        pool = pool_;
    }

    receive() external payable {}

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

    function setMinRsEthAmountToWithdraw(address asset, uint256 amount) external onlyOwner {
        minRsEthAmountToWithdraw[asset] = amount;
    }

    function setWithdrawalDelayBlocks(uint256 blocks) external onlyOwner {
        withdrawalDelayBlocks = blocks;
    }

    /// @notice Unlocks requests below `firstExcludedIndex` whose delay has passed, as far as the pool's ether goes.
    function unlockQueue(
        address asset,
        uint256 firstExcludedIndex
    ) external onlyOwner whenNotPaused returns (uint256 burned, uint256 unlocked) {
        uint256 next = nextLockedNonce[asset];
        if (firstExcludedIndex > nextUnusedNonce[asset]) firstExcludedIndex = nextUnusedNonce[asset];
        if (next >= firstExcludedIndex) revert NoPendingWithdrawals();
        uint256 available = address(pool).balance;
        for (; next < firstExcludedIndex; ++next) {
            WithdrawalRequest storage request = withdrawalRequests[getRequestId(asset, next)];
            if (block.number < request.withdrawalStartBlock + withdrawalDelayBlocks) break;
            uint256 current = getExpectedAssetAmount(asset, request.rsETHUnstaked);
            uint256 payout = request.expectedAssetAmount < current ? request.expectedAssetAmount : current;
            if (available < payout) break;
            assetsCommitted[asset] -= request.expectedAssetAmount;
            request.expectedAssetAmount = payout;
            burned += request.rsETHUnstaked;
            available -= payout;
            unlocked += payout;
        }
        nextLockedNonce[asset] = next;
        if (burned != 0) pool.rsETH().burn(address(this), burned);
        pool.payOut(payable(address(this)), unlocked);
    }

    function completeWithdrawalForUser(
        address asset,
        address user,
        string calldata referralId
    ) external onlyOwner whenNotPaused {
        _complete(asset, user, referralId);
    }

    // HOLDER

    function initiateWithdrawal(
        address asset,
        uint256 rsETHUnstaked,
        string calldata referralId
    ) external whenNotPaused {
        if (rsETHUnstaked == 0 || rsETHUnstaked < minRsEthAmountToWithdraw[asset]) revert InvalidAmountToWithdraw();
        pool.rsETH().transferFrom(msg.sender, address(this), rsETHUnstaked);
        uint256 expected = getExpectedAssetAmount(asset, rsETHUnstaked);
        if (expected > getAvailableAssetAmount(asset)) revert ExceedAmountToWithdraw();
        assetsCommitted[asset] += expected;
        uint256 nonce = nextUnusedNonce[asset]++;
        withdrawalRequests[getRequestId(asset, nonce)] = WithdrawalRequest(rsETHUnstaked, expected, block.number);
        _noncesOf[asset][msg.sender].push(nonce);
        emit AssetWithdrawalQueued(msg.sender, asset, rsETHUnstaked, nonce);
        emit ReferralIdEmitted(referralId);
    }

    function completeWithdrawal(address asset, string calldata referralId) external whenNotPaused {
        _complete(asset, msg.sender, referralId);
    }

    // VIEWS

    function lrtConfig() external view returns (address) {
        return pool.lrtConfig();
    }

    function getRequestId(address asset, uint256 requestIndex) public pure returns (bytes32) {
        return keccak256(abi.encodePacked(asset, requestIndex));
    }

    function getExpectedAssetAmount(address asset, uint256 amount) public view returns (uint256) {
        return (amount * pool.rsETHPrice()) / pool.getAssetPrice(asset);
    }

    function getAvailableAssetAmount(address asset) public view returns (uint256) {
        uint256 total = pool.getTotalAssetDeposits(asset);
        return total > assetsCommitted[asset] ? total - assetsCommitted[asset] : 0;
    }

    function _complete(address asset, address user, string calldata referralId) private {
        uint256 first = _firstOf[asset][user];
        if (first >= _noncesOf[asset][user].length) revert NoWithdrawalRequests(user, asset);
        _firstOf[asset][user] = first + 1;
        uint256 nonce = _noncesOf[asset][user][first];
        if (nonce >= nextLockedNonce[asset]) revert WithdrawalLocked();
        bytes32 requestId = getRequestId(asset, nonce);
        WithdrawalRequest memory request = withdrawalRequests[requestId];
        delete withdrawalRequests[requestId];
        if (block.number < request.withdrawalStartBlock + withdrawalDelayBlocks) revert WithdrawalDelayNotPassed();
        (bool sent, ) = payable(user).call{value: request.expectedAssetAmount}("");
        if (!sent) revert EthTransferFailed();
        emit ReferralIdEmitted(referralId);
        emit AssetWithdrawalFinalized(user, asset, request.rsETHUnstaked, request.expectedAssetAmount);
    }
}

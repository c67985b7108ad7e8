// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {StaderPoolDouble} from "./StaderPoolDouble.sol";

/// @title StaderWithdrawalDouble
/// @notice Double of Stader's UserWithdrawalManager, NOT the protocol. Follows `contracts/UserWithdrawalManager.sol` of
/// github.com/stader-labs/ethx: requests for any owner up to a count per owner, finalization by anyone, in order, after a
/// block delay, in batches, only while the vault is healthy and the oracle not in safe mode, and only as far as the pool's
/// ether goes; claims by the owner alone, never paused.
/// @dev Left out: roles. The pool double is its configuration.
contract StaderWithdrawalDouble {
    struct UserWithdrawInfo {
        address payable owner;
        uint256 ethXAmount;
        uint256 ethExpected;
        uint256 ethFinalized;
        uint256 requestBlock;
    }

    event WithdrawRequestReceived(
        address indexed sender,
        address owner,
        uint256 requestId,
        uint256 sharesAmount,
        uint256 etherAmount
    );
    event FinalizedWithdrawRequest(uint256 requestId);
    event RequestRedeemed(address indexed sender, address owner, uint256 ethTransferred);

    error ZeroAddressReceived();
    error InvalidWithdrawAmount();
    error MaxLimitOnWithdrawRequestCountReached();
    error UnsupportedOperationInSafeMode();
    error ProtocolNotHealthy();
    error requestIdNotFinalized(uint256 requestId);
    error CallerNotAuthorizedToRedeem();
    error RequestAlreadyRedeemed(uint256 requestId);
    error CannotFindRequestId();
    error InSufficientBalance();
    error ETHTransferFailed();
    error StaderWithdrawalDouble_NotOwner(address caller);

    StaderPoolDouble public immutable pool;
    uint256 public nextRequestIdToFinalize = 1;
    uint256 public nextRequestId = 1;
    uint256 public finalizationBatchLimit = 50;
    uint256 public ethRequestedForWithdraw;
    uint256 public maxNonRedeemedUserRequestCount;
    mapping(uint256 requestId => UserWithdrawInfo request) public userWithdrawRequests;
    mapping(address owner => uint256[] ids) public requestIdsByUserAddress;

    /// @param maxOpenPerOwner 1,000 on mainnet; smaller here so that a test can reach it.
    constructor(StaderPoolDouble pool_, uint256 maxOpenPerOwner) {
        pool = pool_;
        maxNonRedeemedUserRequestCount = maxOpenPerOwner;
    }

    receive() external payable {}

    /// @notice Market side, for the pool double's owner: how many requests one finalization may reach.
    function updateFinalizationBatchLimit(uint256 limit) external {
        require(msg.sender == pool.owner(), StaderWithdrawalDouble_NotOwner(msg.sender));
        finalizationBatchLimit = limit;
    }

    function requestWithdraw(uint256 ethXAmount, address owner) external returns (uint256) {
        require(!pool.paused(), "Pausable: paused");
        if (owner == address(0)) revert ZeroAddressReceived();
        uint256 assets = pool.previewWithdraw(ethXAmount);
        if (assets < pool.getMinWithdrawAmount() || assets > pool.getMaxWithdrawAmount()) {
            revert InvalidWithdrawAmount();
        }
        if (requestIdsByUserAddress[owner].length + 1 > maxNonRedeemedUserRequestCount) {
            revert MaxLimitOnWithdrawRequestCountReached();
        }
        pool.getETHxToken().transferFrom(msg.sender, address(this), ethXAmount);
        ethRequestedForWithdraw += assets;
        userWithdrawRequests[nextRequestId] = UserWithdrawInfo(payable(owner), ethXAmount, assets, 0, block.number);
        requestIdsByUserAddress[owner].push(nextRequestId);
        emit WithdrawRequestReceived(msg.sender, owner, nextRequestId, ethXAmount, assets);
        return nextRequestId++;
    }

    function finalizeUserWithdrawalRequest() external {
        require(!pool.paused(), "Pausable: paused");
        if (pool.safeMode()) revert UnsupportedOperationInSafeMode();
        if (!pool.isVaultHealthy()) revert ProtocolNotHealthy();
        uint256 end = nextRequestIdToFinalize + finalizationBatchLimit;
        if (end > nextRequestId) end = nextRequestId;
        uint256 needed;
        uint256 toBurn;
        uint256 id = nextRequestIdToFinalize;
        for (; id < end; ++id) {
            UserWithdrawInfo storage request = userWithdrawRequests[id];
            uint256 current = pool.previewWithdraw(request.ethXAmount);
            uint256 amount = current < request.ethExpected ? current : request.ethExpected;
            if (needed + amount > address(pool).balance) break;
            if (request.requestBlock + pool.getMinBlockDelayToFinalizeWithdrawRequest() > block.number) break;
            request.ethFinalized = amount;
            ethRequestedForWithdraw -= request.ethExpected;
            toBurn += request.ethXAmount;
            needed += amount;
        }
        if (id == nextRequestIdToFinalize) return;
        nextRequestIdToFinalize = id;
        pool.getETHxToken().burn(address(this), toBurn);
        pool.transferETHToUserWithdrawManager(needed);
        emit FinalizedWithdrawRequest(id);
    }

    function claim(uint256 requestId) external {
        if (requestId >= nextRequestIdToFinalize) revert requestIdNotFinalized(requestId);
        UserWithdrawInfo memory request = userWithdrawRequests[requestId];
        if (msg.sender != request.owner) revert CallerNotAuthorizedToRedeem();
        if (request.ethExpected == 0) revert RequestAlreadyRedeemed(requestId);
        _forget(requestId, request.owner);
        if (address(this).balance < request.ethFinalized) revert InSufficientBalance();
        (bool sent, ) = request.owner.call{value: request.ethFinalized}("");
        if (!sent) revert ETHTransferFailed();
        emit RequestRedeemed(msg.sender, request.owner, request.ethFinalized);
    }

    function getRequestIdsByUser(address owner) external view returns (uint256[] memory) {
        return requestIdsByUserAddress[owner];
    }

    function _forget(uint256 requestId, address owner) private {
        delete userWithdrawRequests[requestId];
        uint256[] storage ids = requestIdsByUserAddress[owner];
        for (uint256 i; i < ids.length; ++i) {
            if (ids[i] != requestId) continue;
            ids[i] = ids[ids.length - 1];
            ids.pop();
            return;
        }
        revert CannotFindRequestId();
    }
}

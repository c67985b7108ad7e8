// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {OwnedDouble} from "../OwnedDouble.sol";
import {LiquidityPoolDouble} from "./LiquidityPoolDouble.sol";

/// @title WithdrawRequestNftDouble
/// @notice Double of ether.fi's withdrawal requests, NOT the protocol. Follows `src/withdrawals/WithdrawRequestNFT.sol` of
/// github.com/etherfi-protocol/smart-contracts at its state of July 2026: safe mint, finalization up to an id at the rate
/// of that moment, min(requested, that rate) at claim, anyone may claim for the owner, requests that the protocol can
/// invalidate and seize.
/// @dev Left out: roles, pauses, requests from before the rate was kept.
///
/// Market side (owner): `finalize(upToId)` with the ether set aside for it, `invalidateRequest`, `validateRequest`,
/// `seizeInvalidRequest`.
contract WithdrawRequestNftDouble is ERC721("Withdraw Request NFT (double)", "WithdrawRequestNFT"), OwnedDouble {
    struct WithdrawRequest {
        uint96 amountOfEEth;
        uint96 shareOfEEth;
        bool isValid;
        uint32 feeGwei;
    }

    event WithdrawRequestCreated(uint32 indexed requestId, uint256 amountOfEEth, uint256 shareOfEEth, address owner);
    event WithdrawRequestClaimed(
        uint32 indexed requestId,
        uint256 amountOfEEth,
        uint256 burntShareOfEEth,
        address owner
    );

    error InsufficientEscrow();
    error EthTransferFailed();

    LiquidityPoolDouble public immutable liquidityPool;
    uint32 public nextRequestId = 1;
    uint32 public lastFinalizedRequestId;
    /// @notice Ether set aside for finalized requests, at what they asked for.
    uint256 public ethAmountLockedForWithdrawal;
    mapping(uint256 requestId => WithdrawRequest request) private _requests;
    /// @dev Ether of 1e18 shares at finalization.
    mapping(uint256 requestId => uint256 rate) private _frozenRates;

    constructor(LiquidityPoolDouble liquidityPool_) {
        liquidityPool = liquidityPool_;
    }

    // MARKET

    /// @notice Wei to be set aside for the requests up to `upToId`.
    function etherToFinalize(uint256 upToId) external view returns (uint256 amount) {
        for (uint256 id = uint256(lastFinalizedRequestId) + 1; id <= upToId; ++id) amount += _requests[id].amountOfEEth;
    }

    /// @notice Finalizes requests up to `upToId`. The ether sent is set aside; the original takes it from the pool.
    function finalize(uint256 upToId) external payable onlyOwner {
        require(upToId >= lastFinalizedRequestId, "Cannot undo finalization");
        require(upToId < nextRequestId, "Cannot finalize future requests");
        uint256 rate = liquidityPool.amountPerShareCeil();
        for (uint256 id = uint256(lastFinalizedRequestId) + 1; id <= upToId; ++id) _frozenRates[id] = rate;
        lastFinalizedRequestId = uint32(upToId);
        ethAmountLockedForWithdrawal += msg.value;
    }

    function invalidateRequest(uint256 requestId) external onlyOwner {
        require(_requests[requestId].isValid, "Request is not valid");
        _requests[requestId].isValid = false;
    }

    function validateRequest(uint256 requestId) external onlyOwner {
        require(!_requests[requestId].isValid, "Request is valid");
        _requests[requestId].isValid = true;
    }

    function seizeInvalidRequest(uint256 requestId, address recipient) external onlyOwner {
        require(!_requests[requestId].isValid, "Request is valid");
        _transfer(ownerOf(requestId), recipient, requestId);
    }

    // POOL

    function requestWithdraw(
        uint96 amountOfEEth,
        uint96 shareOfEEth,
        address recipient
    ) external returns (uint256 requestId) {
        require(msg.sender == address(liquidityPool), "Caller is not the liquidity pool");
        requestId = nextRequestId++;
        _requests[requestId] = WithdrawRequest(amountOfEEth, shareOfEEth, true, 0);
        _safeMint(recipient, requestId);
        emit WithdrawRequestCreated(uint32(requestId), amountOfEEth, shareOfEEth, recipient);
    }

    // HOLDER

    /// @notice Pays the owner, whoever calls. What a lower rate leaves goes back to the pool.
    function claimWithdraw(uint256 requestId) external {
        liquidityPool.blacklister().nonBlacklisted(msg.sender);
        address recipient = ownerOf(requestId);
        liquidityPool.blacklister().nonBlacklisted(recipient);
        WithdrawRequest memory request = _requests[requestId];
        require(request.isValid, "Request is not valid");
        uint256 amount = getClaimableAmount(requestId);
        _burn(requestId);
        delete _requests[requestId];
        if (ethAmountLockedForWithdrawal < request.amountOfEEth) revert InsufficientEscrow();
        ethAmountLockedForWithdrawal -= request.amountOfEEth;
        liquidityPool.withdraw(amount, request.shareOfEEth);
        _pay(recipient, amount);
        _pay(address(liquidityPool), request.amountOfEEth - amount);
        emit WithdrawRequestClaimed(uint32(requestId), amount, request.shareOfEEth, recipient);
    }

    // VIEWS

    function getRequest(uint256 requestId) external view returns (WithdrawRequest memory) {
        return _requests[requestId];
    }

    function isFinalized(uint256 requestId) external view returns (bool) {
        return requestId <= lastFinalizedRequestId;
    }

    function isValid(uint256 requestId) external view returns (bool) {
        require(_ownerOf(requestId) != address(0), "Request does not exist");
        return _requests[requestId].isValid;
    }

    function getClaimableAmount(uint256 requestId) public view returns (uint256) {
        require(requestId <= lastFinalizedRequestId, "Request is not finalized");
        WithdrawRequest memory request = _requests[requestId];
        uint256 frozen = (request.shareOfEEth * _frozenRates[requestId]) / 1e18;
        return request.amountOfEEth < frozen ? request.amountOfEEth : frozen;
    }

    function _pay(address to, uint256 amount) private {
        if (amount == 0) return;
        (bool sent, ) = to.call{value: amount}("");
        if (!sent) revert EthTransferFailed();
    }
}

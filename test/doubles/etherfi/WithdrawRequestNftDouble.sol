// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {OwnedDouble} from "../OwnedDouble.sol";
import {LiquidityPoolDouble} from "./LiquidityPoolDouble.sol";

/// @title WithdrawRequestNftDouble
/// @notice Double of ether.fi's withdrawal requests, NOT the protocol. Follows `src/WithdrawRequestNFT.sol` of
/// github.com/etherfi-protocol/smart-contracts: safe mint, finalization up to an id, min(requested, current) at claim,
/// requests that the protocol can invalidate and seize.
/// @dev Left out: roles, fees, remainders.
///
/// Market side (owner): `finalize(upToId)` with ether for the pool, `finalizeRequests`, `invalidateRequest`,
/// `validateRequest`, `seizeInvalidRequest`.
contract WithdrawRequestNftDouble is ERC721("Withdraw Request NFT (double)", "WithdrawRequestNFT"), OwnedDouble {
    struct WithdrawRequest {
        uint96 amountOfEEth;
        uint96 shareOfEEth;
        bool isValid;
        uint32 feeGwei;
    }

    event WithdrawRequestCreated(
        uint32 indexed requestId,
        uint256 amountOfEEth,
        uint256 shareOfEEth,
        address owner,
        uint256 fee
    );
    event WithdrawRequestClaimed(
        uint32 indexed requestId,
        uint256 amountOfEEth,
        uint256 burntShareOfEEth,
        address owner,
        uint256 fee
    );

    LiquidityPoolDouble public immutable liquidityPool;
    uint32 public nextRequestId = 1;
    uint32 public lastFinalizedRequestId;
    mapping(uint256 requestId => WithdrawRequest request) private _requests;

    constructor(LiquidityPoolDouble liquidityPool_) {
        liquidityPool = liquidityPool_;
    }

    // MARKET

    /// @notice Wei that the requests up to `upToId` would be paid now.
    function etherToFinalize(uint256 upToId) external view returns (uint256 amount) {
        for (uint256 id = uint256(lastFinalizedRequestId) + 1; id <= upToId; ++id) amount += _worth(_requests[id]);
    }

    /// @notice Finalizes requests up to `upToId` and passes the ether sent to the pool, which pays the claims.
    function finalize(uint256 upToId) external payable onlyOwner {
        finalizeRequests(upToId);
        (bool sent, ) = address(liquidityPool).call{value: msg.value}("");
        require(sent, "ETH transfer failed");
    }

    function finalizeRequests(uint256 requestId) public onlyOwner {
        require(requestId >= lastFinalizedRequestId, "Cannot undo finalization");
        require(requestId < nextRequestId, "Cannot finalize future requests");
        lastFinalizedRequestId = uint32(requestId);
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
        address recipient,
        uint256 fee
    ) external returns (uint256 requestId) {
        require(msg.sender == address(liquidityPool), "Caller is not the liquidity pool");
        requestId = nextRequestId++;
        _requests[requestId] = WithdrawRequest(amountOfEEth, shareOfEEth, true, uint32(fee / 1 gwei));
        _safeMint(recipient, requestId);
        emit WithdrawRequestCreated(uint32(requestId), amountOfEEth, shareOfEEth, recipient, fee);
    }

    // HOLDER

    function claimWithdraw(uint256 requestId) external {
        require(ownerOf(requestId) == msg.sender, "Not the owner of the NFT");
        require(_requests[requestId].isValid, "Request is not valid");
        uint256 amount = getClaimableAmount(requestId);
        _burn(requestId);
        delete _requests[requestId];
        uint256 share = liquidityPool.withdraw(msg.sender, amount);
        emit WithdrawRequestClaimed(uint32(requestId), amount, share, msg.sender, 0);
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
        require(ownerOf(requestId) != address(0), "Already Claimed");
        return _worth(_requests[requestId]) - uint256(_requests[requestId].feeGwei) * 1 gwei;
    }

    function _worth(WithdrawRequest storage request) private view returns (uint256) {
        uint256 current = liquidityPool.amountForShare(request.shareOfEEth);
        return request.amountOfEEth < current ? request.amountOfEEth : current;
    }
}

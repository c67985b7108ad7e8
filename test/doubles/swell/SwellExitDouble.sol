// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {SwellAccessDouble, SwellWhitelistDouble} from "./SwellAccessDouble.sol";
import {SwellTokenDouble} from "./SwellTokenDouble.sol";

/// @title SwellExitDouble
/// @notice Double of swEXIT and rswEXIT, NOT the protocol. Follows `swEXIT.sol` and `RswEXIT.sol` of
/// github.com/SwellNetwork/v3-core-public: whitelist, minimum and maximum in tokens, one rate per processed batch, payment
/// of min(rate when created, rate when processed), and the trap that a processed rate is answered for requests that do
/// not exist.
/// @dev Left out: enumeration, base URI, the DepositManager (the owner sends the ether with `processWithdrawals`).
///
/// Market side (owner): `processWithdrawals(lastTokenId)` with `etherToProcess(lastTokenId)`, the limits, the whitelist.
contract SwellExitDouble is ERC721, SwellWhitelistDouble {
    struct WithdrawRequest {
        uint256 amount;
        uint256 lastTokenIdProcessed;
        uint256 rateWhenCreated;
    }

    event WithdrawRequestCreated(
        uint256 tokenId,
        uint256 amount,
        uint256 timestamp,
        uint256 indexed lastTokenIdProcessed,
        uint256 rateWhenCreated,
        address indexed owner
    );
    event WithdrawalClaimed(address indexed owner, uint256 tokenId, uint256 exitClaimedETH);
    event WithdrawalsProcessed(uint256 fromTokenId, uint256 toTokenId, uint256 processedRate);

    error WithdrawRequestTooLarge(uint256 amount, uint256 limit);
    error WithdrawRequestTooSmall(uint256 amount, uint256 minimum);
    error WithdrawalRequestDoesNotExist();
    error WithdrawalRequestNotProcessed();
    error CannotProcessWithdrawalsForNonExistentToken();
    error LastTokenIdToProcessMustBeGreaterOrEqualThanPrevious();
    error WithdrawalsPaused();
    error WithdrawalRequestFinalizationOnlyAllowedForNFTOwner();
    error SwellExitDouble_WrongEther(uint256 sent, uint256 needed);

    SwellTokenDouble public immutable token;
    uint256 public withdrawRequestMinimum = 5e15;
    uint256 public withdrawRequestMaximum = 500 ether;
    uint256 public getLastTokenIdCreated;
    mapping(uint256 tokenId => WithdrawRequest request) public withdrawalRequests;
    /// @dev Ends of the processed batches, ascending.
    uint256[] private _batches;
    mapping(uint256 lastTokenId => uint256 rate) private _rateOfBatch;

    constructor(
        string memory symbol_,
        SwellTokenDouble token_,
        SwellAccessDouble manager
    ) ERC721(symbol_, symbol_) SwellWhitelistDouble(manager) {
        token = token_;
    }

    // MARKET

    function setLimits(uint256 minimum, uint256 maximum) external onlyOwner {
        withdrawRequestMinimum = minimum;
        withdrawRequestMaximum = maximum;
    }

    /// @notice Wei that the requests up to `lastTokenId` are paid at the present rate.
    function etherToProcess(uint256 lastTokenId) public view returns (uint256 amount) {
        for (uint256 id = getLastTokenIdProcessed() + 1; id <= lastTokenId; ++id) {
            amount += _payment(id, token.getRate());
        }
    }

    function processWithdrawals(uint256 lastTokenId) external payable onlyOwner {
        uint256 last = getLastTokenIdProcessed();
        if (lastTokenId < last) revert LastTokenIdToProcessMustBeGreaterOrEqualThanPrevious();
        if (lastTokenId == last) return;
        if (_ownerOf(lastTokenId) == address(0)) revert CannotProcessWithdrawalsForNonExistentToken();
        uint256 needed = etherToProcess(lastTokenId);
        require(msg.value == needed, SwellExitDouble_WrongEther(msg.value, needed));
        _batches.push(lastTokenId);
        _rateOfBatch[lastTokenId] = token.getRate();
        emit WithdrawalsProcessed(last + 1, lastTokenId, token.getRate());
    }

    // HOLDER

    function createWithdrawRequest(uint256 amount) external checkWhitelist(msg.sender) {
        if (AccessControlManager.withdrawalsPaused()) revert WithdrawalsPaused();
        if (amount < withdrawRequestMinimum) revert WithdrawRequestTooSmall(amount, withdrawRequestMinimum);
        if (amount > withdrawRequestMaximum) revert WithdrawRequestTooLarge(amount, withdrawRequestMaximum);
        token.transferFrom(msg.sender, address(this), amount);
        token.burn(amount);
        uint256 tokenId = ++getLastTokenIdCreated;
        uint256 last = getLastTokenIdProcessed();
        withdrawalRequests[tokenId] = WithdrawRequest(amount, last, token.getRate());
        _safeMint(msg.sender, tokenId);
        emit WithdrawRequestCreated(tokenId, amount, block.timestamp, last, token.getRate(), msg.sender);
    }

    /// @dev The request's record stays after the burn, as in the original.
    function finalizeWithdrawal(uint256 tokenId) external {
        if (AccessControlManager.withdrawalsPaused()) revert WithdrawalsPaused();
        address holder = _ownerOf(tokenId);
        if (holder == address(0)) revert WithdrawalRequestDoesNotExist();
        if (holder != msg.sender) revert WithdrawalRequestFinalizationOnlyAllowedForNFTOwner();
        (bool isProcessed, uint256 processedRate) = getProcessedRateForTokenId(tokenId);
        if (!isProcessed) revert WithdrawalRequestNotProcessed();
        uint256 amount = _payment(tokenId, processedRate);
        _burn(tokenId);
        (bool sent, ) = holder.call{value: amount}("");
        require(sent, "Address: unable to send value, recipient may have reverted");
        emit WithdrawalClaimed(holder, tokenId, amount);
    }

    // VIEWS

    function getLastTokenIdProcessed() public view returns (uint256) {
        return _batches.length == 0 ? 0 : _batches[_batches.length - 1];
    }

    function getProcessedRateForTokenId(uint256 tokenId) public view returns (bool isProcessed, uint256 rate) {
        if (tokenId == 0 || tokenId > getLastTokenIdProcessed()) return (false, 0);
        for (uint256 i; i < _batches.length; ++i) {
            if (tokenId <= _batches[i]) return (true, _rateOfBatch[_batches[i]]);
        }
    }

    function _payment(uint256 tokenId, uint256 processedRate) private view returns (uint256) {
        WithdrawRequest storage request = withdrawalRequests[tokenId];
        uint256 rate = processedRate < request.rateWhenCreated ? processedRate : request.rateWhenCreated;
        return (request.amount * rate) / 1e18;
    }
}

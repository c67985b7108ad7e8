// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {OwnedDouble} from "../OwnedDouble.sol";
import {FrxEthDouble} from "./FrxEthDouble.sol";
import {SfrxEthDouble} from "./SfrxEthDouble.sol";

/// @title FraxEtherRedemptionQueueV2Double
/// @notice Double of Frax's redemption queue, NOT the protocol. Follows the verified source of FraxEtherRedemptionQueueV2
/// at 0xfDC69e6BE352BD5644C438302DE4E311AAD5565b: tickets from id 0, minted safely, of at most 1,000 frxETH, with the fee
/// of the day they were made; a ticket pays when it is mature, when what was requested before it is covered, and when the
/// ether is there.
/// @dev Holds its ether itself instead of pulling it from the Ether Router. Left out: partial redemption, permits, roles,
/// collection of fees.
///
/// Market side (owner): ether sent in pays tickets and `withdrawEther` takes it away; `setQueueLengthSeconds`,
/// `setRedemptionFee`, `setAvailabilityBroken` (the lending side reverts).
contract FraxEtherRedemptionQueueV2Double is
    ERC721("FrxETH Redemption Queue Ticket V2", "FrxETHRedemptionTicketV2"),
    OwnedDouble
{
    struct RedemptionQueueState {
        uint64 nextNftId;
        uint64 queueLengthSecs;
        uint64 redemptionFee;
        uint120 ttlEthRequested;
        uint120 ttlEthServed;
    }

    struct RedemptionQueueItem {
        bool hasBeenRedeemed;
        uint64 maturity;
        uint120 amount;
        uint64 redemptionFee;
        uint120 ttlEthRequestedSnapshot;
    }

    event EnterRedemptionQueue(
        uint256 indexed nftId,
        address indexed sender,
        address indexed recipient,
        uint256 amountFrxEthRedeemed,
        uint64 maturityTimestamp,
        uint64 redemptionFee,
        uint120 ttlEthRequestedSnapshot
    );
    event NftTicketRedemption(
        uint256 indexed nftId,
        address indexed sender,
        address indexed recipient,
        uint120 feeAmt,
        uint120 amountToRedeemer,
        bool isPartial
    );

    error Erc721CallerNotOwnerOrApproved();
    error ExceedsMaxFrxEthPerNFT();
    error ExceedsMaxRedemptionFee(uint64 providedFee, uint64 maxFee);
    error InsufficientEth(uint120 requested, uint120 available);
    error InvalidEthTransfer();
    error NotMatureYet(uint256 currentTime, uint64 maturity);
    error QueuePosition(uint120 ttlEthRequestedSnapshot, uint120 requestedAmount, uint120 maxTtlEthServed);

    uint64 public constant FEE_PRECISION = 1e6;
    uint64 public constant MAX_REDEMPTION_FEE = 20_000;
    uint120 public constant MAX_FRXETH_PER_NFT = 1000 ether;

    FrxEthDouble public immutable FRX_ETH;
    SfrxEthDouble public immutable SFRX_ETH;
    RedemptionQueueState public redemptionQueueState;
    mapping(uint256 nftId => RedemptionQueueItem item) public nftInformation;
    bool private _isBroken;

    constructor(FrxEthDouble frxEth, SfrxEthDouble sfrxEth, uint64 queueLengthSecs) {
        FRX_ETH = frxEth;
        SFRX_ETH = sfrxEth;
        redemptionQueueState.queueLengthSecs = queueLengthSecs;
    }

    receive() external payable {}

    // MARKET

    function withdrawEther(address payable to, uint256 amount) external onlyOwner {
        _send(to, amount);
    }

    function setQueueLengthSeconds(uint64 newLength) external onlyOwner {
        redemptionQueueState.queueLengthSecs = newLength;
    }

    function setRedemptionFee(uint64 newFee) external onlyOwner {
        require(newFee <= MAX_REDEMPTION_FEE, ExceedsMaxRedemptionFee(newFee, MAX_REDEMPTION_FEE));
        redemptionQueueState.redemptionFee = newFee;
    }

    function setAvailabilityBroken(bool isBroken) external onlyOwner {
        _isBroken = isBroken;
    }

    // HOLDER

    function enterRedemptionQueue(address recipient, uint120 amountToRedeem) external returns (uint256 nftId) {
        require(amountToRedeem <= MAX_FRXETH_PER_NFT, ExceedsMaxFrxEthPerNFT());
        RedemptionQueueState memory state = redemptionQueueState;
        nftId = state.nextNftId;
        RedemptionQueueItem memory item = RedemptionQueueItem(
            false,
            uint64(block.timestamp) + state.queueLengthSecs,
            amountToRedeem,
            state.redemptionFee,
            state.ttlEthRequested
        );
        nftInformation[nftId] = item;
        redemptionQueueState.nextNftId = state.nextNftId + 1;
        redemptionQueueState.ttlEthRequested = state.ttlEthRequested + amountToRedeem;
        _safeMint(recipient, nftId);
        FRX_ETH.transferFrom(msg.sender, address(this), amountToRedeem);
        emit EnterRedemptionQueue(
            nftId,
            msg.sender,
            recipient,
            amountToRedeem,
            item.maturity,
            item.redemptionFee,
            item.ttlEthRequestedSnapshot
        );
    }

    function fullRedeemNft(
        uint256 nftId,
        address payable recipient
    ) external returns (uint120 amountEtherPaidToUser, uint120 redemptionFeeAmount) {
        require(_isAuthorized(_requireOwned(nftId), msg.sender, nftId), Erc721CallerNotOwnerOrApproved());
        canRedeem(nftId, 0, true);
        RedemptionQueueItem memory item = nftInformation[nftId];
        redemptionFeeAmount = _feeOf(item);
        amountEtherPaidToUser = item.amount - redemptionFeeAmount;
        _burn(nftId);
        redemptionQueueState.ttlEthServed += item.amount;
        nftInformation[nftId].amount = 0;
        nftInformation[nftId].hasBeenRedeemed = true;
        FRX_ETH.burn(amountEtherPaidToUser);
        _send(recipient, amountEtherPaidToUser);
        emit NftTicketRedemption(nftId, msg.sender, recipient, redemptionFeeAmount, amountEtherPaidToUser, false);
    }

    // VIEWS

    /// @dev `partialAmount` has no use here.
    function canRedeem(
        uint256 nftId,
        uint120,
        bool revertIfFalse
    ) public view returns (bool isRedeemable, uint120 maxAmountRedeemable) {
        require(!_isBroken, InvalidEthTransfer());
        RedemptionQueueItem memory item = nftInformation[nftId];
        if (block.timestamp < item.maturity || item.hasBeenRedeemed) {
            if (revertIfFalse) revert NotMatureYet(block.timestamp, item.maturity);
            return (false, 0);
        }
        uint120 needed = item.amount - _feeOf(item);
        uint120 available = uint120(address(this).balance);
        if (needed > available && revertIfFalse) revert InsufficientEth(needed, available);
        uint120 served = redemptionQueueState.ttlEthServed + available;
        uint120 room = served > item.ttlEthRequestedSnapshot ? served - item.ttlEthRequestedSnapshot : 0;
        if (needed > room && revertIfFalse) revert QueuePosition(item.ttlEthRequestedSnapshot, needed, served);
        maxAmountRedeemable = item.amount < available ? item.amount : available;
        if (maxAmountRedeemable > room) maxAmountRedeemable = room;
        return (needed <= available && needed <= room, maxAmountRedeemable);
    }

    // INTERNAL

    function _feeOf(RedemptionQueueItem memory item) private pure returns (uint120) {
        return uint120((uint256(item.amount) * item.redemptionFee) / FEE_PRECISION);
    }

    function _send(address payable to, uint256 amount) private {
        (bool sent, ) = to.call{value: amount}("");
        require(sent, InvalidEthTransfer());
    }
}

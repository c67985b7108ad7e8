// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {OwnedDouble} from "../OwnedDouble.sol";
import {StEthDouble} from "./StEthDouble.sol";
import {WstEthDouble} from "./WstEthDouble.sol";

/// @title WithdrawalQueueDouble
/// @notice Double of Lido's withdrawal queue, NOT the protocol. Follows `contracts/0.8.9/WithdrawalQueue.sol`,
/// `WithdrawalQueueBase.sol` and `WithdrawalQueueERC721.sol` of github.com/lidofinance/core in names, signatures, limits,
/// errors and in what a request pays: min(requested stETH, shares x the share rate of its checkpoint).
/// @dev Left out: batches, approvals, roles, permit, timed pauses. A request waits until the owner finalizes it; pausing
/// stops requests and finalization, never claims.
///
/// Market side (owner): `finalize(upToId)` at the present share rate, `finalize(upToId, maxShareRate)` at a lower one
/// (slashing), `etherToFinalize(upToId)` says what to send, `pause`, `resume`, `setBunkerMode`.
contract WithdrawalQueueDouble is OwnedDouble {
    struct WithdrawalRequestStatus {
        uint256 amountOfStETH;
        uint256 amountOfShares;
        address owner;
        uint256 timestamp;
        bool isFinalized;
        bool isClaimed;
    }

    struct WithdrawalRequest {
        uint256 amountOfStETH;
        uint256 amountOfShares;
        address owner;
        uint40 timestamp;
        bool claimed;
    }

    struct Checkpoint {
        uint256 fromRequestId;
        uint256 maxShareRate;
    }

    event WithdrawalRequested(
        uint256 indexed requestId,
        address indexed requestor,
        address indexed owner,
        uint256 amountOfStETH,
        uint256 amountOfShares
    );
    event WithdrawalsFinalized(
        uint256 indexed from,
        uint256 indexed to,
        uint256 amountOfETHLocked,
        uint256 sharesToBurn,
        uint256 timestamp
    );
    event WithdrawalClaimed(
        uint256 indexed requestId,
        address indexed owner,
        address indexed receiver,
        uint256 amountOfETH
    );
    event Transfer(address indexed from, address indexed to, uint256 indexed tokenId);

    error RequestAmountTooSmall(uint256 amountOfStETH);
    error RequestAmountTooLarge(uint256 amountOfStETH);
    error RequestIdsNotSorted();
    error ArraysLengthMismatch(uint256 first, uint256 second);
    error ResumedExpected();
    error InvalidRequestId(uint256 requestId);
    error InvalidHint(uint256 hint);
    error NotOwner(address sender, address owner);
    error RequestNotFoundOrNotFinalized(uint256 requestId);
    error RequestAlreadyClaimed(uint256 requestId);
    error NotEnoughEther();
    error CantSendValueRecipientMayHaveReverted();
    error WithdrawalQueueDouble_WrongEther(uint256 sent, uint256 needed);

    uint256 public constant MIN_STETH_WITHDRAWAL_AMOUNT = 100;
    uint256 public constant MAX_STETH_WITHDRAWAL_AMOUNT = 1000 ether;
    uint256 private constant E27_PRECISION_BASE = 1e27;

    StEthDouble public immutable STETH;
    WstEthDouble public immutable WSTETH;

    bool public isPaused;
    bool public isBunkerModeActive;
    uint256 public getLastRequestId;
    uint256 public getLastFinalizedRequestId;
    uint256 public getLastCheckpointIndex;
    mapping(uint256 requestId => WithdrawalRequest request) private _queue;
    mapping(uint256 index => Checkpoint checkpoint) private _checkpoints;

    constructor(WstEthDouble wstETH) {
        WSTETH = wstETH;
        STETH = wstETH.stETH();
    }

    // MARKET

    function pause() external onlyOwner {
        isPaused = true;
    }

    function resume() external onlyOwner {
        isPaused = false;
    }

    function setBunkerMode(bool isActive) external onlyOwner {
        isBunkerModeActive = isActive;
    }

    /// @notice Wei that `finalize(upToId)` needs at the present share rate.
    function etherToFinalize(uint256 upToId) external view returns (uint256 amount) {
        (amount, ) = _prefinalize(upToId, currentShareRate());
    }

    /// @notice Wei that `finalize(upToId, maxShareRate)` needs.
    function etherToFinalize(uint256 upToId, uint256 maxShareRate) external view returns (uint256 amount) {
        (amount, ) = _prefinalize(upToId, maxShareRate);
    }

    /// @notice Present stETH of one share, 1e27.
    function currentShareRate() public view returns (uint256) {
        return STETH.getPooledEthByShares(E27_PRECISION_BASE);
    }

    /// @notice Finalizes requests up to `upToId` at the present share rate; send exactly `etherToFinalize(upToId)`.
    function finalize(uint256 upToId) external payable onlyOwner {
        _finalize(upToId, currentShareRate());
    }

    /// @notice Lido's own signature: at `maxShareRate`, 1e27; below the rate at request time it is a slashing.
    function finalize(uint256 upToId, uint256 maxShareRate) external payable onlyOwner {
        _finalize(upToId, maxShareRate);
    }

    // HOLDER

    function requestWithdrawals(
        uint256[] calldata amounts,
        address owner_
    ) external returns (uint256[] memory requestIds) {
        require(!isPaused, ResumedExpected());
        address holder = owner_ == address(0) ? msg.sender : owner_;
        requestIds = new uint256[](amounts.length);
        for (uint256 i; i < amounts.length; ++i) {
            _checkAmount(amounts[i]);
            STETH.transferFrom(msg.sender, address(this), amounts[i]);
            requestIds[i] = _enqueue(amounts[i], holder);
        }
    }

    function requestWithdrawalsWstETH(
        uint256[] calldata amounts,
        address owner_
    ) external returns (uint256[] memory requestIds) {
        require(!isPaused, ResumedExpected());
        address holder = owner_ == address(0) ? msg.sender : owner_;
        requestIds = new uint256[](amounts.length);
        for (uint256 i; i < amounts.length; ++i) {
            WSTETH.transferFrom(msg.sender, address(this), amounts[i]);
            uint256 amountOfStETH = WSTETH.unwrap(amounts[i]);
            _checkAmount(amountOfStETH);
            requestIds[i] = _enqueue(amountOfStETH, holder);
        }
    }

    function claimWithdrawals(uint256[] calldata requestIds, uint256[] calldata hints) external {
        require(requestIds.length == hints.length, ArraysLengthMismatch(requestIds.length, hints.length));
        for (uint256 i; i < requestIds.length; ++i) _claim(requestIds[i], hints[i]);
    }

    function claimWithdrawal(uint256 requestId) external {
        _claim(requestId, _findHint(requestId, 1, getLastCheckpointIndex));
    }

    /// @notice Requests are ERC-721 tokens; of its transfers only the owner's own is here.
    function transferFrom(address from, address to, uint256 requestId) external {
        WithdrawalRequest storage request = _existing(requestId);
        require(msg.sender == request.owner && from == request.owner, NotOwner(msg.sender, request.owner));
        request.owner = to;
        emit Transfer(from, to, requestId);
    }

    // VIEWS

    /// @notice stETH of all requests that wait.
    function unfinalizedStETH() external view returns (uint256 amount) {
        for (uint256 id = getLastFinalizedRequestId + 1; id <= getLastRequestId; ++id) {
            amount += _queue[id].amountOfStETH;
        }
    }

    function ownerOf(uint256 requestId) external view returns (address) {
        WithdrawalRequest storage request = _existing(requestId);
        require(!request.claimed, RequestAlreadyClaimed(requestId));
        return request.owner;
    }

    function getWithdrawalStatus(
        uint256[] calldata requestIds
    ) external view returns (WithdrawalRequestStatus[] memory statuses) {
        statuses = new WithdrawalRequestStatus[](requestIds.length);
        for (uint256 i; i < requestIds.length; ++i) {
            WithdrawalRequest storage request = _existing(requestIds[i]);
            statuses[i] = WithdrawalRequestStatus(
                request.amountOfStETH,
                request.amountOfShares,
                request.owner,
                request.timestamp,
                requestIds[i] <= getLastFinalizedRequestId,
                request.claimed
            );
        }
    }

    function getClaimableEther(
        uint256[] calldata requestIds,
        uint256[] calldata hints
    ) external view returns (uint256[] memory amounts) {
        amounts = new uint256[](requestIds.length);
        for (uint256 i; i < requestIds.length; ++i) {
            WithdrawalRequest storage request = _existing(requestIds[i]);
            if (requestIds[i] > getLastFinalizedRequestId || request.claimed) continue;
            amounts[i] = _claimable(requestIds[i], hints[i]);
        }
    }

    function findCheckpointHints(
        uint256[] calldata requestIds,
        uint256 firstIndex,
        uint256 lastIndex
    ) external view returns (uint256[] memory hintIds) {
        hintIds = new uint256[](requestIds.length);
        uint256 previous;
        for (uint256 i; i < requestIds.length; ++i) {
            require(requestIds[i] >= previous, RequestIdsNotSorted());
            hintIds[i] = _findHint(requestIds[i], firstIndex, lastIndex);
            previous = requestIds[i];
        }
    }

    // INTERNAL

    function _checkAmount(uint256 amountOfStETH) private pure {
        require(amountOfStETH >= MIN_STETH_WITHDRAWAL_AMOUNT, RequestAmountTooSmall(amountOfStETH));
        require(amountOfStETH <= MAX_STETH_WITHDRAWAL_AMOUNT, RequestAmountTooLarge(amountOfStETH));
    }

    function _enqueue(uint256 amountOfStETH, address holder) private returns (uint256 requestId) {
        requestId = ++getLastRequestId;
        uint256 shares = STETH.getSharesByPooledEth(amountOfStETH);
        _queue[requestId] = WithdrawalRequest(amountOfStETH, shares, holder, uint40(block.timestamp), false);
        emit WithdrawalRequested(requestId, msg.sender, holder, amountOfStETH, shares);
        emit Transfer(address(0), holder, requestId);
    }

    function _finalize(uint256 upToId, uint256 maxShareRate) private {
        require(!isPaused, ResumedExpected());
        require(upToId > getLastFinalizedRequestId && upToId <= getLastRequestId, InvalidRequestId(upToId));
        (uint256 amount, uint256 shares) = _prefinalize(upToId, maxShareRate);
        require(msg.value == amount, WithdrawalQueueDouble_WrongEther(msg.value, amount));
        uint256 first = getLastFinalizedRequestId + 1;
        _checkpoints[++getLastCheckpointIndex] = Checkpoint(first, maxShareRate);
        getLastFinalizedRequestId = upToId;
        STETH.burnFinalized(shares, amount);
        emit WithdrawalsFinalized(first, upToId, amount, shares, block.timestamp);
    }

    function _prefinalize(uint256 upToId, uint256 maxShareRate) private view returns (uint256 amount, uint256 shares) {
        for (uint256 id = getLastFinalizedRequestId + 1; id <= upToId; ++id) {
            amount += _pays(_queue[id], maxShareRate);
            shares += _queue[id].amountOfShares;
        }
    }

    function _pays(WithdrawalRequest storage request, uint256 maxShareRate) private view returns (uint256) {
        if ((request.amountOfStETH * E27_PRECISION_BASE) / request.amountOfShares > maxShareRate) {
            return (request.amountOfShares * maxShareRate) / E27_PRECISION_BASE;
        }
        return request.amountOfStETH;
    }

    function _claimable(uint256 requestId, uint256 hint) private view returns (uint256) {
        require(hint != 0 && hint <= getLastCheckpointIndex, InvalidHint(hint));
        require(requestId >= _checkpoints[hint].fromRequestId, InvalidHint(hint));
        if (hint < getLastCheckpointIndex) {
            require(requestId < _checkpoints[hint + 1].fromRequestId, InvalidHint(hint));
        }
        return _pays(_queue[requestId], _checkpoints[hint].maxShareRate);
    }

    function _findHint(uint256 requestId, uint256 firstIndex, uint256 lastIndex) private view returns (uint256) {
        require(requestId != 0 && requestId <= getLastRequestId, InvalidRequestId(requestId));
        if (requestId > getLastFinalizedRequestId) return 0;
        for (uint256 index = lastIndex; index >= firstIndex && index != 0; --index) {
            if (_checkpoints[index].fromRequestId <= requestId) return index;
        }
        return 0;
    }

    function _claim(uint256 requestId, uint256 hint) private {
        require(requestId != 0 && requestId <= getLastFinalizedRequestId, RequestNotFoundOrNotFinalized(requestId));
        WithdrawalRequest storage request = _queue[requestId];
        require(!request.claimed, RequestAlreadyClaimed(requestId));
        require(request.owner == msg.sender, NotOwner(msg.sender, request.owner));
        request.claimed = true;
        uint256 amount = _claimable(requestId, hint);
        require(address(this).balance >= amount, NotEnoughEther());
        (bool success, ) = msg.sender.call{value: amount}("");
        require(success, CantSendValueRecipientMayHaveReverted());
        emit WithdrawalClaimed(requestId, msg.sender, msg.sender, amount);
        emit Transfer(msg.sender, address(0), requestId);
    }

    function _existing(uint256 requestId) private view returns (WithdrawalRequest storage) {
        require(requestId != 0 && requestId <= getLastRequestId, InvalidRequestId(requestId));
        return _queue[requestId];
    }
}

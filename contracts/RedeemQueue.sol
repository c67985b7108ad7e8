// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/interfaces/IERC20.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ILiquidityVault} from "./interfaces/ILiquidityVault.sol";
import {IRedeemQueue} from "./interfaces/IRedeemQueue.sol";
import {Errors} from "./libraries/Errors.sol";

/// @title RedeemQueue
/// @notice See {IRedeemQueue}. No owner, no roles, no pause: what is priced can be claimed as long as the vault pays.
///
/// Assumptions: the vault's shares and its asset move exactly what they say and call nobody back.
contract RedeemQueue is IRedeemQueue, IERC165, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;
    using SafeCast for uint256;

    /// @dev One word: whoever has one request at a time writes no other. It is never cleared, so that the next request
    /// finds it written.
    /// @param shares What the newest request still holds.
    /// @param id The newest request.
    /// @param firstWord Words of `_open` below have no bit set.
    /// @param hasOlder False when no word of `_open` has a bit set.
    struct Requests {
        uint128 shares;
        uint48 id;
        uint40 firstWord;
        bool hasOlder;
    }

    // CONSTANTS

    bytes4 private constant ERC7540_OPERATOR = 0xe3bc4e65;
    bytes4 private constant ERC7540_REDEEM = 0x620ee8e4;

    // IMMUTABLES

    ILiquidityVault public immutable vault;
    /// @inheritdoc IRedeemQueue
    address public immutable asset;
    /// @inheritdoc IRedeemQueue
    uint40 public immutable batchSeconds;

    // STORAGE

    /// @dev One word with the two below it, so that a request reads and writes it once.
    uint48 private _lastId;
    uint48 private _nextToPrice = 1;
    /// @dev End of the newest batch.
    uint40 private _lastEnd;
    uint120 private _funded;
    mapping(uint256 requestId => Batch) private _batches;
    mapping(address controller => Requests) private _own;
    /// @dev Shares of requests that a newer one of the same controller has followed.
    mapping(uint256 requestId => mapping(address controller => uint256 shares)) private _older;
    /// @dev Which of those hold shares, one bit each: bit `id & 255` of word `id >> 8`. Somebody else may fill requests
    /// in a controller's name, and then they hold shares, which are the controller's: nothing to pass over.
    mapping(address controller => mapping(uint256 word => uint256 bits)) private _open;
    /// @inheritdoc IRedeemQueue
    mapping(address controller => mapping(address operator => bool)) public isOperator;

    constructor(address vault_, uint40 batchSeconds_) {
        require(vault_.code.length != 0, Errors.RedeemQueue_BadSetting(uint160(vault_), 0));
        // A batch of no length would let one transaction ask and be priced.
        require(batchSeconds_ != 0, Errors.RedeemQueue_BadSetting(batchSeconds_, 1));
        vault = ILiquidityVault(vault_);
        asset = ILiquidityVault(vault_).asset();
        batchSeconds = batchSeconds_;
    }

    // VIEWS

    /// @inheritdoc IRedeemQueue
    function share() external view returns (address) {
        return address(vault);
    }

    /// @inheritdoc IRedeemQueue
    function batch(uint256 requestId) external view returns (Batch memory) {
        return _batches[requestId];
    }

    /// @inheritdoc IRedeemQueue
    function lastRequestId() external view returns (uint256) {
        return _lastId;
    }

    /// @inheritdoc IRedeemQueue
    function nextToPrice() external view returns (uint256) {
        return _nextToPrice;
    }

    /// @inheritdoc IRedeemQueue
    function funded() external view returns (uint256) {
        return _funded;
    }

    /// @inheritdoc IRedeemQueue
    function canPrice() external view returns (bool) {
        uint256 id = _nextToPrice;
        if (id > _lastId) return false;
        Batch storage current = _batches[id];
        if (block.timestamp < current.end) return false;
        return current.shares == 0 || (vault.navTimestamp() >= current.end && vault.exitsOpen());
    }

    /// @inheritdoc IRedeemQueue
    function pendingRedeemRequest(uint256 requestId, address controller) external view returns (uint256) {
        return _batches[requestId].priced ? 0 : _sharesOf(requestId, controller);
    }

    /// @inheritdoc IRedeemQueue
    function claimableRedeemRequest(uint256 requestId, address controller) public view returns (uint256) {
        return _isPaid(_batches[requestId]) ? _sharesOf(requestId, controller) : 0;
    }

    /// @inheritdoc IRedeemQueue
    function maxRedeem(address controller) external view returns (uint256) {
        return claimableRedeemRequest(_oldest(controller), controller);
    }

    /// @inheritdoc IRedeemQueue
    function maxWithdraw(address controller) external view returns (uint256) {
        uint256 id = _oldest(controller);
        return _assetsOf(_batches[id], claimableRedeemRequest(id, controller));
    }

    /// @inheritdoc IRedeemQueue
    function previewRedeem(uint256) external pure returns (uint256) {
        revert Errors.RedeemQueue_NoPreview();
    }

    /// @inheritdoc IRedeemQueue
    function previewWithdraw(uint256) external pure returns (uint256) {
        revert Errors.RedeemQueue_NoPreview();
    }

    /// @inheritdoc IRedeemQueue
    function supportsInterface(bytes4 interfaceId) external pure override(IERC165, IRedeemQueue) returns (bool) {
        return
            interfaceId == type(IERC165).interfaceId ||
            interfaceId == ERC7540_OPERATOR ||
            interfaceId == ERC7540_REDEEM;
    }

    // DEPOSITOR

    /// @inheritdoc IRedeemQueue
    function requestRedeem(
        uint256 shares,
        address controller,
        address owner
    ) external nonReentrant returns (uint256 requestId) {
        _onlyFor(owner);
        require(shares != 0, Errors.RedeemQueue_ZeroShares());
        requestId = _join(shares.toUint128());
        _add(requestId, controller, shares);
        emit RedeemRequest(controller, owner, requestId, msg.sender, shares);
        IERC20(address(vault)).safeTransferFrom(owner, address(this), shares);
    }

    /// @inheritdoc IRedeemQueue
    function cancelRedeemRequest(
        uint256 requestId,
        uint256 shares,
        address controller,
        address receiver
    ) external nonReentrant {
        _onlyFor(controller);
        Batch storage current = _batches[requestId];
        require(!current.priced, Errors.RedeemQueue_AlreadyPriced(requestId));
        uint256 held = _sharesOf(requestId, controller);
        require(shares <= held, Errors.RedeemQueue_ExceedsPending(requestId, shares, held));
        _take(requestId, controller, held, shares);
        // Fits: a request is part of its batch.
        current.shares -= uint128(shares);
        emit CancelRedeemRequest(controller, requestId, msg.sender, receiver, shares);
        IERC20(address(vault)).safeTransfer(receiver, shares);
    }

    /// @inheritdoc IRedeemQueue
    function redeem(
        uint256 shares,
        address receiver,
        address controller
    ) external nonReentrant returns (uint256 assets) {
        _onlyFor(controller);
        uint256 id = _seekOldest(controller);
        assets = _assetsOf(_batches[id], shares);
        _claim(id, shares, assets, receiver, controller);
    }

    /// @inheritdoc IRedeemQueue
    function withdraw(
        uint256 assets,
        address receiver,
        address controller
    ) external nonReentrant returns (uint256 shares) {
        _onlyFor(controller);
        uint256 id = _seekOldest(controller);
        Batch storage current = _batches[id];
        require(current.assets != 0, Errors.RedeemQueue_ExceedsClaimable(controller, assets, 0));
        shares = Math.mulDiv(assets, current.shares, current.assets, Math.Rounding.Ceil);
        _claim(id, shares, assets, receiver, controller);
    }

    /// @inheritdoc IRedeemQueue
    function claimRequest(
        uint256 requestId,
        address receiver,
        address controller
    ) external nonReentrant returns (uint256 assets) {
        _onlyFor(controller);
        uint256 shares = _sharesOf(requestId, controller);
        assets = _assetsOf(_batches[requestId], shares);
        _claim(requestId, shares, assets, receiver, controller);
    }

    /// @inheritdoc IRedeemQueue
    function setOperator(address operator, bool approved) external returns (bool) {
        require(operator != msg.sender, Errors.RedeemQueue_SelfOperator(msg.sender));
        isOperator[msg.sender][operator] = approved;
        emit OperatorSet(msg.sender, operator, approved);
        return true;
    }

    // ANYONE

    /// @inheritdoc IRedeemQueue
    function price() external nonReentrant returns (uint256 requestId, uint256 assets) {
        requestId = _nextToPrice;
        require(requestId <= _lastId, Errors.RedeemQueue_NothingToPrice(requestId));
        Batch storage current = _batches[requestId];
        uint256 shares = current.shares;
        // An emptied batch needs no price, but it does need its end: until then it still takes requests.
        uint256 reported = shares == 0 ? block.timestamp : vault.navTimestamp();
        require(reported >= current.end, Errors.RedeemQueue_ReportTooOld(requestId, reported, current.end));
        if (shares != 0) assets = vault.settleRedeem(shares);
        current.priced = true;
        current.assets = assets.toUint128();
        current.owedUpTo = (uint256(_batches[requestId - 1].owedUpTo) + assets).toUint128();
        _nextToPrice = uint48(requestId + 1);
        emit PriceBatch(requestId, shares, assets);
        if (assets != 0) _fund();
    }

    /// @inheritdoc IRedeemQueue
    function fund() external nonReentrant returns (uint256 received) {
        return _fund();
    }

    // INTERNAL

    function _onlyFor(address controller) private view {
        require(
            msg.sender == controller || isOperator[controller][msg.sender],
            Errors.RedeemQueue_NotOperator(msg.sender, controller)
        );
    }

    /// @dev Adds to the batch of this moment. Ends lie on a fixed grid, so that nobody chooses when a batch closes.
    function _join(uint128 shares) private returns (uint256 id) {
        id = _lastId;
        if (block.timestamp < _lastEnd) {
            _batches[id].shares += shares;
            return id;
        }
        uint256 length = batchSeconds;
        uint40 end = uint40(block.timestamp - (block.timestamp % length) + length);
        (_lastId, _lastEnd) = (uint48(++id), end);
        Batch storage opened = _batches[id];
        (opened.end, opened.shares) = (end, shares);
    }

    function _sharesOf(uint256 id, address controller) private view returns (uint256) {
        Requests storage own = _own[controller];
        return own.id == id ? own.shares : _older[id][controller];
    }

    /// @dev First request of the controller that holds shares; 0 when none does.
    function _oldest(address controller) private view returns (uint256) {
        Requests memory own = _own[controller];
        if (own.hasOlder) {
            uint256 end = own.id >> 8;
            for (uint256 word = own.firstWord; word <= end; ++word) {
                uint256 bits = _open[controller][word];
                if (bits != 0) return (word << 8) | Math.log2(bits & (~bits + 1));
            }
        }
        return own.shares == 0 ? 0 : own.id;
    }

    /// @dev {_oldest}, and remembers what it found empty on the way.
    function _seekOldest(address controller) private returns (uint256 id) {
        id = _oldest(controller);
        Requests storage own = _own[controller];
        if (!own.hasOlder) return id;
        if (id == own.id || id == 0) own.hasOlder = false;
        else own.firstWord = uint40(id >> 8);
    }

    function _add(uint256 id, address controller, uint256 shares) private {
        Requests storage own = _own[controller];
        (uint256 newest, uint256 held) = (own.id, own.shares);
        if (newest != id) {
            if (held != 0) _setAside(newest, controller, held);
            (own.id, held) = (uint48(id), 0);
        }
        // Fits: a request is part of its batch.
        own.shares = uint128(held + shares);
    }

    /// @dev Makes room for a newer request.
    function _setAside(uint256 id, address controller, uint256 shares) private {
        Requests storage own = _own[controller];
        uint256 word = id >> 8;
        _older[id][controller] = shares;
        _open[controller][word] |= uint256(1) << (id & 0xff);
        if (!own.hasOlder) (own.hasOlder, own.firstWord) = (true, uint40(word));
    }

    function _take(uint256 id, address controller, uint256 held, uint256 shares) private {
        Requests storage own = _own[controller];
        if (own.id == id) {
            own.shares = uint128(held - shares);
            return;
        }
        _older[id][controller] = held - shares;
        if (held == shares) _open[controller][id >> 8] &= ~(uint256(1) << (id & 0xff));
    }

    function _claim(uint256 id, uint256 shares, uint256 assets, address receiver, address controller) private {
        uint256 held = _sharesOf(id, controller);
        Batch storage current = _batches[id];
        if (current.priced && current.owedUpTo > _funded) _fund();
        uint256 limit = current.priced && current.owedUpTo <= _funded ? held : 0;
        require(shares <= limit && shares != 0, Errors.RedeemQueue_ExceedsClaimable(controller, shares, limit));
        _take(id, controller, held, shares);
        emit Withdraw(msg.sender, receiver, controller, assets, shares);
        IERC20(asset).safeTransfer(receiver, assets);
    }

    function _fund() private returns (uint256 received) {
        received = vault.fundQueue();
        _funded = (_funded + received).toUint120();
    }

    function _isPaid(Batch storage current) private view returns (bool) {
        if (!current.priced) return false;
        return current.owedUpTo <= _funded + Math.min(vault.idle(), vault.queueLiabilities());
    }

    /// @dev Rounded down: what rounding leaves stays here, never above the batch's assets.
    function _assetsOf(Batch storage current, uint256 shares) private view returns (uint256) {
        return current.shares == 0 ? 0 : Math.mulDiv(current.assets, shares, current.shares);
    }
}

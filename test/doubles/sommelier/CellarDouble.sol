// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {FundedDouble} from "../FundedDouble.sol";

/// @title CellarDouble
/// @notice Double of a Sommelier Cellar with a share lock, NOT the protocol. Follows `src/base/Cellar.sol` and
/// `src/base/permutations/CellarWithShareLockPeriod.sol` of github.com/PeggyJV/cellar-contracts: the lock of all shares
/// at each deposit, deposits for others only by approved callers, a pause under which even `totalAssets` reverts,
/// shutdown, the supply cap, and exits that pay position by position in the position's token.
/// @dev Two positions instead of a list: the asset itself, and one other token at a set price. Left out: adaptors, fees,
/// debt positions, registry, price router.
///
/// Market side (owner): `setRate` (exact), `setPositions` moves worth between the two positions, `setOtherFirst` decides
/// which one pays first, `setWithdrawable` limits what can leave, `setPaused`, `setShutdown`, `setShareLockPeriod`,
/// `setShareSupplyCap`, `setDepositOnBehalf`.
contract CellarDouble is ERC20, FundedDouble {
    using SafeERC20 for IERC20;

    event Deposit(address indexed caller, address indexed owner, uint256 assets, uint256 shares);
    event Withdraw(
        address indexed caller,
        address indexed receiver,
        address indexed owner,
        uint256 assets,
        uint256 shares
    );
    event ShareLockingPeriodChanged(uint256 oldPeriod, uint256 newPeriod);

    error Cellar__ZeroShares();
    error Cellar__ZeroAssets();
    error Cellar__Paused();
    error Cellar__ContractShutdown();
    error Cellar__IncompleteWithdraw(uint256 assetsOwed);
    error Cellar__InvalidShareLockPeriod();
    error Cellar__ShareSupplyCapExceeded();
    error Cellar__SharesAreLocked(uint256 timeSharesAreUnlocked, uint256 currentBlock);
    error Cellar__NotApprovedToDepositOnBehalf(address depositor);

    uint256 public constant MINIMUM_SHARE_LOCK_PERIOD = 5 * 60;
    uint256 public constant MAXIMUM_SHARE_LOCK_PERIOD = 2 days;

    IERC20 private immutable _asset;
    IERC20 public immutable other;
    /// @notice Assets one whole token of the other position counts for, WAD.
    uint256 public immutable otherPrice;

    uint256 public shareLockPeriod = MAXIMUM_SHARE_LOCK_PERIOD;
    uint192 public shareSupplyCap = type(uint192).max;
    bool public isPaused;
    bool public isShutdown;
    bool public isOtherFirst;
    uint256 private _held;
    uint256 private _otherHeld;
    uint256 private _withdrawable = type(uint256).max;
    mapping(address account => uint256 time) public userShareLockStartTime;
    mapping(address account => bool isApproved) public approvedForDepositOnBehalf;

    constructor(IERC20 asset_, IERC20 other_, uint256 otherPrice_) ERC20("Real Yield ETH (double)", "YieldETH") {
        _asset = asset_;
        other = other_;
        otherPrice = otherPrice_;
    }

    // MARKET

    /// @notice One share is worth exactly `rateWad` afterwards, given at least 1e18 shares: the asset position changes.
    function setRate(uint256 rateWad) external onlyOwner {
        uint256 target = Math.mulDiv(totalSupply(), rateWad, 1e18, Math.Rounding.Ceil) - _otherWorth();
        _settle(_asset, _held, target);
        _held = target;
    }

    /// @notice Sets the amounts of both positions; the owner pays or takes the differences.
    function setPositions(uint256 held, uint256 otherHeld) external onlyOwner {
        _settle(_asset, _held, held);
        _settle(other, _otherHeld, otherHeld);
        (_held, _otherHeld) = (held, otherHeld);
    }

    function setOtherFirst(bool isFirst) external onlyOwner {
        isOtherFirst = isFirst;
    }

    function setWithdrawable(uint256 assets) external onlyOwner {
        _withdrawable = assets;
    }

    function setPaused(bool isPaused_) external onlyOwner {
        isPaused = isPaused_;
    }

    function setShutdown(bool isShutdown_) external onlyOwner {
        isShutdown = isShutdown_;
    }

    function setShareLockPeriod(uint256 newLock) external onlyOwner {
        require(
            newLock >= MINIMUM_SHARE_LOCK_PERIOD && newLock <= MAXIMUM_SHARE_LOCK_PERIOD,
            Cellar__InvalidShareLockPeriod()
        );
        emit ShareLockingPeriodChanged(shareLockPeriod, newLock);
        shareLockPeriod = newLock;
    }

    function setShareSupplyCap(uint192 cap) external onlyOwner {
        shareSupplyCap = cap;
    }

    function setDepositOnBehalf(address account, bool isApproved) external onlyOwner {
        approvedForDepositOnBehalf[account] = isApproved;
    }

    // HOLDER

    function deposit(uint256 assets, address receiver) external returns (uint256 shares) {
        _checkIfPaused();
        require(!isShutdown, Cellar__ContractShutdown());
        shares = _toShares(assets, Math.Rounding.Floor);
        require(shares != 0, Cellar__ZeroShares());
        require(totalSupply() + shares <= shareSupplyCap, Cellar__ShareSupplyCapExceeded());
        require(
            msg.sender == receiver || approvedForDepositOnBehalf[msg.sender],
            Cellar__NotApprovedToDepositOnBehalf(msg.sender)
        );
        _asset.safeTransferFrom(msg.sender, address(this), assets);
        _held += assets;
        _mint(receiver, shares);
        userShareLockStartTime[receiver] = block.timestamp;
        emit Deposit(msg.sender, receiver, assets, shares);
    }

    function withdraw(uint256 assets, address receiver, address owner_) external returns (uint256 shares) {
        shares = _toShares(assets, Math.Rounding.Ceil);
        _exit(assets, shares, receiver, owner_);
    }

    function redeem(uint256 shares, address receiver, address owner_) external returns (uint256 assets) {
        assets = _toAssets(shares);
        require(assets != 0, Cellar__ZeroAssets());
        _exit(assets, shares, receiver, owner_);
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        _checkIfSharesLocked(msg.sender);
        return super.transfer(to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        _checkIfSharesLocked(from);
        return super.transferFrom(from, to, amount);
    }

    // VIEWS

    function asset() external view returns (address) {
        return address(_asset);
    }

    function totalAssets() public view returns (uint256) {
        _checkIfPaused();
        return _held + _otherWorth();
    }

    function totalAssetsWithdrawable() public view returns (uint256) {
        _checkIfPaused();
        return Math.min(totalAssets(), _withdrawable);
    }

    function convertToAssets(uint256 shares) external view returns (uint256) {
        return _toAssets(shares);
    }

    function previewDeposit(uint256 assets) external view returns (uint256) {
        return _toShares(assets, Math.Rounding.Floor);
    }

    function previewRedeem(uint256 shares) external view returns (uint256) {
        return _toAssets(shares);
    }

    function previewWithdraw(uint256 assets) external view returns (uint256) {
        return _toShares(assets, Math.Rounding.Ceil);
    }

    function maxDeposit(address) external view returns (uint256) {
        if (isShutdown) return 0;
        if (shareSupplyCap == type(uint192).max) return type(uint256).max;
        return totalSupply() >= shareSupplyCap ? 0 : _toAssets(shareSupplyCap - totalSupply());
    }

    function maxWithdraw(address owner_) external view returns (uint256) {
        _checkIfPaused();
        if (userShareLockStartTime[owner_] + shareLockPeriod > block.timestamp) return 0;
        return Math.min(_toAssets(balanceOf(owner_)), totalAssetsWithdrawable());
    }

    // INTERNAL

    function _exit(uint256 assets, uint256 shares, address receiver, address owner_) private {
        _checkIfSharesLocked(owner_);
        _checkIfPaused();
        if (msg.sender != owner_) _spendAllowance(owner_, msg.sender, shares);
        uint256 missing = Math.saturatingSub(assets, totalAssetsWithdrawable());
        require(missing == 0, Cellar__IncompleteWithdraw(missing));
        _burn(owner_, shares);
        uint256 left = isOtherFirst ? _payOther(assets, receiver) : _payAsset(assets, receiver);
        if (left != 0) left = isOtherFirst ? _payAsset(left, receiver) : _payOther(left, receiver);
        require(left == 0, Cellar__IncompleteWithdraw(left));
        emit Withdraw(msg.sender, receiver, owner_, assets, shares);
    }

    function _payAsset(uint256 owed, address receiver) private returns (uint256 left) {
        uint256 paid = Math.min(owed, _held);
        _held -= paid;
        _asset.safeTransfer(receiver, paid);
        return owed - paid;
    }

    function _payOther(uint256 owed, address receiver) private returns (uint256 left) {
        uint256 worth = Math.min(owed, _otherWorth());
        uint256 paid = worth == _otherWorth() ? _otherHeld : Math.mulDiv(worth, 1e18, otherPrice);
        _otherHeld -= paid;
        other.safeTransfer(receiver, paid);
        return owed - worth;
    }

    function _otherWorth() private view returns (uint256) {
        return Math.mulDiv(_otherHeld, otherPrice, 1e18);
    }

    function _toAssets(uint256 shares) private view returns (uint256) {
        return totalSupply() == 0 ? shares : Math.mulDiv(shares, totalAssets(), totalSupply());
    }

    function _toShares(uint256 assets, Math.Rounding rounding) private view returns (uint256) {
        return totalSupply() == 0 ? assets : Math.mulDiv(assets, totalSupply(), totalAssets(), rounding);
    }

    function _checkIfPaused() private view {
        require(!isPaused, Cellar__Paused());
    }

    function _checkIfSharesLocked(address owner_) private view {
        uint256 start = userShareLockStartTime[owner_];
        if (start == 0) return;
        require(
            start + shareLockPeriod <= block.timestamp,
            Cellar__SharesAreLocked(start + shareLockPeriod, block.timestamp)
        );
    }
}

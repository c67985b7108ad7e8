// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC20} from "@openzeppelin/contracts/interfaces/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/interfaces/IERC20Metadata.sol";
import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {ERC4626} from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {FeeTerms, ILiquidityVault, RebalanceResult} from "./interfaces/ILiquidityVault.sol";
import {IWETH9} from "./interfaces/external/weth/IWETH9.sol";
import {Errors} from "./libraries/Errors.sol";
import {WithdrawalOrder} from "./libraries/WithdrawalOrder.sol";
import {Leg} from "./types/Proposal.sol";
import {VaultBooks, VaultSettings} from "./vault/VaultBooks.sol";
import {VaultViews} from "./vault/VaultViews.sol";
import {VaultOperations} from "./vault/VaultOperations.sol";

/// @title LiquidityVault
/// @notice See {ILiquidityVault}. Depositors meet idle assets and cached numbers; strategies are met by `report`,
/// `claim`,
/// `rebalance`, and by exits that idle cannot pay. What meets strategies runs in {VaultOperations}, by delegatecall.
///
/// Assumptions: the asset is WETH9 (exact transfers, no callbacks). Adapters are reviewed but may break or lie; what
/// they
/// say is bounded by the guard, the caps, the trip and the module's loss limits.
///
/// In the block of a rebalance `maxDeposit`, `maxMint`, `maxWithdraw` and `maxRedeem` are zero, also while it runs:
/// nobody
/// reads or uses a half-moved NAV to enter or leave.
contract LiquidityVault is VaultViews, ERC20Permit, AccessManaged, ReentrancyGuardTransient {
    // IMMUTABLES

    /// @notice The other half of this contract's code.
    address public immutable operations;

    // STORAGE

    /// @inheritdoc ILiquidityVault
    address public proposalModule;
    /// @inheritdoc ILiquidityVault
    address public redeemQueue;

    modifier onlyQueue() {
        address queue = redeemQueue;
        if (msg.sender != queue) revert Errors.LiquidityVault_NotQueue(msg.sender, queue);
        _;
    }

    constructor(
        address weth,
        string memory name_,
        string memory symbol_,
        address authority_,
        address registry_,
        address guard_,
        VaultSettings memory settings
    )
        ERC4626(IERC20(weth))
        ERC20(name_, symbol_)
        ERC20Permit(name_)
        AccessManaged(authority_)
        VaultBooks(weth, registry_, guard_, settings)
    {
        operations = address(new VaultOperations(weth, registry_, guard_, settings));
    }

    /// @notice Takes ether from WETH only.
    receive() external payable {
        require(msg.sender == address(_weth), Errors.LiquidityVault_UnexpectedEther(msg.sender, msg.value));
    }

    // VIEWS

    /// @inheritdoc IERC4626
    function totalAssets() public view override(ERC4626, IERC4626) returns (uint256) {
        uint256 assets = _nav();
        uint256 locked = _lockedProfit();
        return assets > locked ? assets - locked : 0;
    }

    /// @inheritdoc IERC4626
    /// @dev Closed while shares exist that are worth nothing: whoever deposited then would own the profit still
    /// locked.
    function maxDeposit(address) public view override(ERC4626, IERC4626) returns (uint256) {
        if (_totals.depositsPaused || _totals.frozen || _clock.rebalanceBlock == uint32(block.number)) return 0;
        uint256 assets = _nav();
        if (assets >= MAX_ASSETS || (assets <= _lockedProfit() && totalSupply() != 0)) return 0;
        return MAX_ASSETS - assets;
    }

    /// @inheritdoc IERC4626
    function maxMint(address receiver) public view override(ERC4626, IERC4626) returns (uint256) {
        return _convertToShares(maxDeposit(receiver), Math.Rounding.Floor);
    }

    /// @inheritdoc IERC4626
    function maxWithdraw(address owner) public view override(ERC4626, IERC4626) returns (uint256) {
        return _payableNow(_convertToAssets(balanceOf(owner), Math.Rounding.Floor));
    }

    /// @inheritdoc IERC4626
    function maxRedeem(address owner) public view override(ERC4626, IERC4626) returns (uint256) {
        uint256 shares = balanceOf(owner);
        uint256 worth = _convertToAssets(shares, Math.Rounding.Floor);
        uint256 available = _payableNow(worth);
        if (worth <= available) return available == 0 ? 0 : shares;
        return _convertToShares(available, Math.Rounding.Floor);
    }

    /// @inheritdoc IERC20Metadata
    function decimals() public view override(ERC20, ERC4626, IERC20Metadata) returns (uint8) {
        return ERC4626.decimals();
    }

    // DEPOSITOR

    /// @inheritdoc IERC4626
    function deposit(
        uint256 assets,
        address receiver
    ) public override(ERC4626, IERC4626) nonReentrant returns (uint256) {
        return super.deposit(assets, receiver);
    }

    /// @inheritdoc IERC4626
    function mint(uint256 shares, address receiver) public override(ERC4626, IERC4626) nonReentrant returns (uint256) {
        return super.mint(shares, receiver);
    }

    /// @inheritdoc IERC4626
    function withdraw(
        uint256 assets,
        address receiver,
        address owner
    ) public override(ERC4626, IERC4626) nonReentrant returns (uint256 shares) {
        shares = previewWithdraw(assets);
        // The same as `assets` above the worth of all the owner's shares: rounding up here is rounding down there.
        if (shares > balanceOf(owner) || !_provide(assets)) {
            revert ERC4626ExceededMaxWithdraw(owner, assets, maxWithdraw(owner));
        }
        _withdraw(msg.sender, receiver, owner, assets, shares);
    }

    /// @inheritdoc IERC4626
    function redeem(
        uint256 shares,
        address receiver,
        address owner
    ) public override(ERC4626, IERC4626) nonReentrant returns (uint256 assets) {
        assets = _prepareRedeem(shares, owner);
        _withdraw(msg.sender, receiver, owner, assets, shares);
    }

    /// @inheritdoc ILiquidityVault
    function depositEth(address receiver) external payable nonReentrant returns (uint256 shares) {
        uint256 assets = msg.value;
        uint256 limit = maxDeposit(receiver);
        require(assets <= limit, ERC4626ExceededMaxDeposit(receiver, assets, limit));
        shares = previewDeposit(assets);
        require(shares != 0, Errors.LiquidityVault_ZeroShares(assets));
        IWETH9(address(_weth)).deposit{value: assets}();
        _creditIdle(assets);
        _mint(receiver, shares);
        emit Deposit(msg.sender, receiver, assets, shares);
    }

    /// @inheritdoc ILiquidityVault
    function redeemEth(uint256 shares, address receiver, address owner) external nonReentrant returns (uint256 assets) {
        assets = _prepareRedeem(shares, owner);
        if (msg.sender != owner) _spendAllowance(owner, msg.sender, shares);
        _burn(owner, shares);
        _debitIdle(assets);
        emit Withdraw(msg.sender, receiver, owner, assets, shares);
        IWETH9(address(_weth)).withdraw(assets);
        Address.sendValue(payable(receiver), assets);
    }

    /// @inheritdoc ILiquidityVault
    function depositWithMin(
        uint256 assets,
        address receiver,
        uint256 minShares,
        uint256 deadline
    ) external returns (uint256 shares) {
        require(block.timestamp <= deadline, Errors.LiquidityVault_Expired(deadline, block.timestamp));
        shares = deposit(assets, receiver);
        require(shares >= minShares, Errors.LiquidityVault_TooFewShares(shares, minShares));
    }

    /// @inheritdoc ILiquidityVault
    function redeemWithMin(
        uint256 shares,
        address receiver,
        address owner,
        uint256 minAssets,
        uint256 deadline
    ) external returns (uint256 assets) {
        require(block.timestamp <= deadline, Errors.LiquidityVault_Expired(deadline, block.timestamp));
        assets = redeem(shares, receiver, owner);
        require(assets >= minAssets, Errors.LiquidityVault_TooFewAssets(assets, minAssets));
    }

    /// @inheritdoc ILiquidityVault
    function redeemInKind(
        uint256 shares,
        address receiver,
        address owner,
        uint256 minAssets
    ) external nonReentrant returns (uint256 assets) {
        require(isInKindOpen(), Errors.LiquidityVault_InKindClosed(_clock.navTimestamp, block.timestamp));
        // Locked profit stays with those who stay, as in any exit.
        uint256 shareWad = Math.mulDiv(shares, WAD, totalSupply() + 10 ** _decimalsOffset());
        uint256 gross = _nav();
        if (gross != 0) shareWad = Math.mulDiv(shareWad, totalAssets(), gross);
        // Where the queue is owed more than idle holds, strategies' debts exceed the NAV: the leaver bears his part
        // of it.
        uint256 spread = _freeIdle() + _totals.totalDebt;
        if (spread > gross) shareWad = Math.mulDiv(shareWad, gross, spread);
        if (msg.sender != owner) _spendAllowance(owner, msg.sender, shares);
        _burn(owner, shares);
        assets = abi.decode(_operate(abi.encodeCall(VaultOperations.exitInKind, (shareWad, receiver))), (uint256));
        require(assets >= minAssets, Errors.LiquidityVault_TooFewAssets(assets, minAssets));
        emit RedeemInKind(msg.sender, receiver, owner, shares, assets);
        SafeERC20.safeTransfer(_weth, receiver, assets);
    }

    /// @inheritdoc ILiquidityVault
    function collectInKind(uint8[] calldata ids, address receiver) external nonReentrant returns (uint256 assets) {
        bytes memory call = abi.encodeCall(VaultOperations.collectInKind, (ids, msg.sender, receiver));
        return abi.decode(_operate(call), (uint256));
    }

    // ANYONE

    /// @inheritdoc ILiquidityVault
    function report(uint8[] calldata) external nonReentrant {
        _operate(msg.data);
        _accrueFees();
    }

    /// @inheritdoc ILiquidityVault
    function claim(uint8[] calldata) external nonReentrant returns (uint256 received) {
        return abi.decode(_operate(msg.data), (uint256));
    }

    /// @inheritdoc ILiquidityVault
    function harvest(uint8[] calldata) external nonReentrant returns (uint256 received) {
        received = abi.decode(_operate(msg.data), (uint256));
        _accrueFees();
    }

    // PROPOSAL MODULE

    /// @inheritdoc ILiquidityVault
    function rebalance(Leg[] calldata, uint256, uint16) external nonReentrant returns (RebalanceResult memory) {
        address module = proposalModule;
        if (msg.sender != module) revert Errors.LiquidityVault_NotModule(msg.sender, module);
        // No supply check is needed: VaultOperations holds no code that mints, burns or moves a share.
        return abi.decode(_operate(msg.data), (RebalanceResult));
    }

    // REDEEM QUEUE

    /// @inheritdoc ILiquidityVault
    function settleRedeem(uint256 shares) external onlyQueue nonReentrant returns (uint256 assets) {
        if (!_exitsOpen()) revert Errors.LiquidityVault_ExitsClosed(_navTime(), block.timestamp);
        assets = previewRedeem(shares);
        _burn(msg.sender, shares);
        _owed += SafeCast.toUint128(assets);
        _totals.owes = true;
        emit SettleRedeem(shares, assets);
    }

    /// @inheritdoc ILiquidityVault
    function fundQueue() external onlyQueue nonReentrant returns (uint256 paid) {
        uint256 owed = _owed;
        if (_totals.idle < owed && _exitsOpen()) _pull(owed - _totals.idle);
        paid = Math.min(owed, _totals.idle);
        if (paid == 0) return 0;
        _debitIdle(paid);
        _owed = uint128(owed - paid);
        if (paid == owed) _totals.owes = false;
        SafeERC20.safeTransfer(_weth, msg.sender, paid);
    }

    // OWNER, once

    /// @inheritdoc ILiquidityVault
    function bindProposalModule(address module) external restricted {
        require(proposalModule == address(0), Errors.LiquidityVault_AlreadyBound(proposalModule));
        require(module.code.length != 0, Errors.LiquidityVault_BadTarget(module));
        proposalModule = module;
        emit BindProposalModule(module);
    }

    /// @inheritdoc ILiquidityVault
    function bindRedeemQueue(address queue) external restricted {
        require(redeemQueue == address(0), Errors.LiquidityVault_AlreadyBound(redeemQueue));
        require(queue.code.length != 0, Errors.LiquidityVault_BadTarget(queue));
        redeemQueue = queue;
        emit BindRedeemQueue(queue);
    }

    // OWNER

    /// @inheritdoc ILiquidityVault
    function setFeeRecipient(address recipient) external restricted nonReentrant {
        require(recipient != address(this) && recipient != redeemQueue, Errors.LiquidityVault_BadTarget(recipient));
        _setTerms(recipient, _terms.managementBps, _terms.performanceBps);
    }

    // GUARDIAN

    /// @inheritdoc ILiquidityVault
    function pauseDeposits() external restricted {
        _totals.depositsPaused = true;
        emit SetDepositsPaused(true);
    }

    /// @inheritdoc ILiquidityVault
    function freeze() external restricted {
        _totals.frozen = true;
        emit SetFrozen(true);
    }

    /// @inheritdoc ILiquidityVault
    function lowerFees(uint16 managementBps, uint16 performanceBps) external restricted nonReentrant {
        FeeTerms memory terms = _terms;
        require(
            managementBps <= terms.managementBps,
            Errors.LiquidityVault_FeeTooHigh(managementBps, terms.managementBps)
        );
        require(
            performanceBps <= terms.performanceBps,
            Errors.LiquidityVault_FeeTooHigh(performanceBps, terms.performanceBps)
        );
        _setTerms(terms.recipient, managementBps, performanceBps);
    }

    // CURATOR, delayed

    /// @inheritdoc ILiquidityVault
    function unpauseDeposits() external restricted {
        _totals.depositsPaused = false;
        emit SetDepositsPaused(false);
    }

    /// @inheritdoc ILiquidityVault
    function unfreeze() external restricted {
        _totals.frozen = false;
        emit SetFrozen(false);
    }

    /// @inheritdoc ILiquidityVault
    function setFees(uint16 managementBps, uint16 performanceBps) external restricted nonReentrant {
        _setTerms(_terms.recipient, managementBps, performanceBps);
    }

    /// @inheritdoc ILiquidityVault
    function setWithdrawalOrder(uint8[] calldata ids) external restricted {
        require(ids.length <= MAX_WITHDRAWAL_ORDER, Errors.LiquidityVault_BadSetting(ids.length, MAX_WITHDRAWAL_ORDER));
        registry.records(ids);
        uint256 seen;
        uint64 order;
        for (uint256 i; i < ids.length; ++i) {
            // Twice in the list would be counted twice in what exits are promised.
            require(seen & (1 << ids[i]) == 0, Errors.LiquidityVault_BadSetting(ids[i], i));
            seen |= 1 << ids[i];
            order |= uint64(ids[i]) << uint64(8 * i);
        }
        _withdrawalOrder = order;
        emit SetWithdrawalOrder(ids);
    }

    /// @inheritdoc ILiquidityVault
    function forceRevoke(uint8) external restricted nonReentrant {
        _operate(msg.data);
    }

    // INTERNAL

    /// @dev Runs the other half of the code on this storage; its revert reasons pass through.
    function _operate(bytes memory data) private returns (bytes memory) {
        return Address.functionDelegateCall(operations, data);
    }

    /// @dev What exits can pay now, up to `worth`: strategies are asked only where idle does not reach.
    function _payableNow(uint256 worth) private view returns (uint256) {
        if (!_exitsOpen()) return 0;
        return worth <= _freeIdle() ? worth : Math.min(worth, _syncLiquidity());
    }

    function _prepareRedeem(uint256 shares, address owner) private returns (uint256 assets) {
        assets = previewRedeem(shares);
        if (shares > balanceOf(owner) || !_provide(assets)) {
            revert ERC4626ExceededMaxRedeem(owner, shares, maxRedeem(owner));
        }
    }

    /// @dev False unless exits are open and free idle covers `assets`, after pulling from strategies where it did not.
    /// Reverts with the short payment where a strategy that was passed over is why.
    function _provide(uint256 assets) private returns (bool) {
        if (!_exitsOpen()) return false;
        if (assets <= _freeIdle()) return true;
        uint256 owed = _totals.owes ? _owed : 0;
        bytes memory shortPayment = _pull(assets + owed - _totals.idle);
        if (assets <= _freeIdle()) return true;
        if (shortPayment.length != 0) LowLevelCall.bubbleRevert(shortPayment);
        return false;
    }

    /// @dev Pulls from the withdrawal order. A strategy that pays less than asked without refusing undoes the whole
    /// attempt, which starts again without it: whoever drew on it would leave the others with its loss.
    /// @return shortPayment The last {Errors.LiquidityVault_ReceivedTooLow} met, else empty.
    function _pull(uint256 needed) private returns (bytes memory shortPayment) {
        uint256 order = _withdrawalOrder;
        while (order != 0) {
            bytes memory call = abi.encodeCall(VaultOperations.pull, (needed, order));
            // solhint-disable-next-line avoid-low-level-calls
            (bool success, bytes memory answer) = operations.delegatecall(call);
            if (success) return shortPayment;
            if (bytes4(answer) != Errors.LiquidityVault_ReceivedTooLow.selector) LowLevelCall.bubbleRevert(answer);
            shortPayment = answer;
            uint256 id;
            uint256 received;
            uint256 asked;
            // solhint-disable-next-line no-inline-assembly
            assembly ("memory-safe") {
                id := mload(add(answer, 0x24))
                received := mload(add(answer, 0x44))
                asked := mload(add(answer, 0x64))
            }
            emit PullFailed(uint8(id), asked, received);
            order = WithdrawalOrder.without(order, id);
        }
    }

    function _deposit(address caller, address receiver, uint256 assets, uint256 shares) internal override {
        if (shares == 0) revert Errors.LiquidityVault_ZeroShares(assets);
        super._deposit(caller, receiver, assets, shares);
    }

    function _transferIn(address from, uint256 assets) internal override {
        super._transferIn(from, assets);
        _creditIdle(assets);
    }

    function _transferOut(address to, uint256 assets) internal override {
        _debitIdle(assets);
        super._transferOut(to, assets);
    }

    function _decimalsOffset() internal pure override returns (uint8) {
        return 6;
    }
}

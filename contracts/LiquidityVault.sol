// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC20} from "@openzeppelin/contracts/interfaces/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/interfaces/IERC20Metadata.sol";
import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {ERC4626} from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ILiquidityVault, RebalanceResult} from "./interfaces/ILiquidityVault.sol";
import {IWETH9} from "./interfaces/external/weth/IWETH9.sol";
import {Errors} from "./libraries/Errors.sol";
import {Leg} from "./types/Proposal.sol";
import {Rebalancer} from "./vault/Rebalancer.sol";
import {StrategyReports} from "./vault/StrategyReports.sol";
import {VaultBooks, VaultSettings} from "./vault/VaultBooks.sol";

/// @title LiquidityVault
/// @notice See {ILiquidityVault}. Users meet idle assets and cached numbers only; strategies are met by `report`, `claim`
/// and `rebalance`. Sync exits are paid from idle.
///
/// Assumptions: the asset is WETH9 (exact transfers, no callbacks). Adapters are reviewed but may break or lie; what they
/// say is bounded by the guard, the caps, the trip and the module's loss limits.
///
/// In the block of a rebalance `maxDeposit`, `maxMint`, `maxWithdraw` and `maxRedeem` are zero, also while it runs: nobody
/// reads or uses a half-moved NAV to enter or leave.
contract LiquidityVault is ILiquidityVault, ERC4626, ERC20Permit, AccessManaged, ReentrancyGuardTransient, Rebalancer {
    // STORAGE

    /// @inheritdoc ILiquidityVault
    address public proposalModule;

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
        VaultBooks(settings)
        StrategyReports(weth, registry_, guard_)
    {}

    /// @notice Takes ether from WETH only.
    receive() external payable {
        require(msg.sender == address(_weth), Errors.LiquidityVault_UnexpectedEther(msg.sender, msg.value));
    }

    // VIEWS

    /// @inheritdoc ILiquidityVault
    function idle() external view returns (uint256) {
        return _totals.idle;
    }

    /// @inheritdoc ILiquidityVault
    function totalDebt() external view returns (uint256) {
        return _totals.totalDebt;
    }

    /// @inheritdoc ILiquidityVault
    function debtOf(uint8 id) external view returns (uint256) {
        return _debtOf(id);
    }

    /// @inheritdoc ILiquidityVault
    function riskDebt(uint8 riskId) external view returns (uint256) {
        return _riskDebtOf(riskId);
    }

    /// @inheritdoc ILiquidityVault
    function nav() external view returns (uint256) {
        return _nav();
    }

    /// @inheritdoc ILiquidityVault
    function lockedProfit() external view returns (uint256) {
        return _lockedProfit();
    }

    /// @inheritdoc ILiquidityVault
    function reportedAt(uint8 id) external view returns (uint40) {
        return _reportTime(id);
    }

    /// @inheritdoc ILiquidityVault
    function navTimestamp() external view returns (uint40) {
        return _totals.debtIds == 0 ? uint40(block.timestamp) : _clock.navTimestamp;
    }

    /// @inheritdoc ILiquidityVault
    function minimumIdle() external view returns (uint256) {
        return _minimumIdle();
    }

    /// @inheritdoc ILiquidityVault
    function availableLiquidity() public view returns (uint256) {
        return _exitsOpen() ? _totals.idle : 0;
    }

    /// @inheritdoc ILiquidityVault
    function depositsPaused() external view returns (bool) {
        return _totals.depositsPaused;
    }

    /// @inheritdoc IERC4626
    function totalAssets() public view override(ERC4626, IERC4626) returns (uint256) {
        uint256 assets = _nav();
        uint256 locked = _lockedProfit();
        return assets > locked ? assets - locked : 0;
    }

    /// @inheritdoc IERC4626
    /// @dev Closed while shares exist that are worth nothing: whoever deposited then would own the profit still locked.
    function maxDeposit(address) public view override(ERC4626, IERC4626) returns (uint256) {
        if (_totals.depositsPaused || _clock.rebalanceBlock == uint32(block.number)) return 0;
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
        return Math.min(_convertToAssets(balanceOf(owner), Math.Rounding.Floor), availableLiquidity());
    }

    /// @inheritdoc IERC4626
    function maxRedeem(address owner) public view override(ERC4626, IERC4626) returns (uint256) {
        uint256 shares = balanceOf(owner);
        uint256 available = availableLiquidity();
        if (_convertToAssets(shares, Math.Rounding.Floor) <= available) return available == 0 ? 0 : shares;
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
    ) public override(ERC4626, IERC4626) nonReentrant returns (uint256) {
        return super.withdraw(assets, receiver, owner);
    }

    /// @inheritdoc IERC4626
    function redeem(
        uint256 shares,
        address receiver,
        address owner
    ) public override(ERC4626, IERC4626) nonReentrant returns (uint256) {
        return super.redeem(shares, receiver, owner);
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
        uint256 limit = maxRedeem(owner);
        require(shares <= limit, ERC4626ExceededMaxRedeem(owner, shares, limit));
        assets = previewRedeem(shares);
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

    // ANYONE

    /// @inheritdoc ILiquidityVault
    function report(uint8[] calldata ids) external nonReentrant {
        _reportDue(ids);
    }

    /// @inheritdoc ILiquidityVault
    function claim(uint8[] calldata ids) external nonReentrant returns (uint256 received) {
        return _claimFinished(ids);
    }

    // PROPOSAL MODULE

    /// @inheritdoc ILiquidityVault
    function rebalance(
        Leg[] calldata legs,
        uint256 refNav,
        uint16 navToleranceBps
    ) external nonReentrant returns (RebalanceResult memory result) {
        require(msg.sender == proposalModule, Errors.LiquidityVault_NotModule(msg.sender, proposalModule));
        uint256 supply = totalSupply();
        result = _rebalance(legs, refNav, navToleranceBps);
        require(totalSupply() == supply, Errors.LiquidityVault_BooksBroken(supply, totalSupply()));
    }

    // OWNER, once

    /// @inheritdoc ILiquidityVault
    function bindProposalModule(address module) external restricted {
        require(proposalModule == address(0), Errors.LiquidityVault_AlreadyBound(proposalModule));
        require(module.code.length != 0, Errors.LiquidityVault_BadTarget(module));
        proposalModule = module;
        emit BindProposalModule(module);
    }

    // GUARDIAN

    /// @inheritdoc ILiquidityVault
    function pauseDeposits() external restricted {
        _totals.depositsPaused = true;
        emit SetDepositsPaused(true);
    }

    // CURATOR, delayed

    /// @inheritdoc ILiquidityVault
    function unpauseDeposits() external restricted {
        _totals.depositsPaused = false;
        emit SetDepositsPaused(false);
    }

    // INTERNAL

    function _deposit(address caller, address receiver, uint256 assets, uint256 shares) internal override {
        require(shares != 0, Errors.LiquidityVault_ZeroShares(assets));
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

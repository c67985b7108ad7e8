// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {FundedDouble} from "../FundedDouble.sol";

/// @title ArrakisModuleDouble
/// @notice Double of an Arrakis LP module, NOT the protocol. Follows `src/modules/UniV4StandardModulePublic.sol` and
/// `src/abstracts/UniV4StandardModule.sol` of github.com/ArrakisFinance/arrakis-modular: takes both tokens from the
/// depositor in the present ratio, rounded up, pays them rounded down, works at any price for `totalUnderlyingAtPrice`,
/// and while paused takes nothing and still pays.
/// @dev Instead of a Uniswap pool it holds one full-range position (amount0 = L / sqrt P, amount1 = L x sqrt P) and
/// tokens beside it. Left out: ranges, swap fees, the manager's rebalances and fees.
///
/// Market side (owner): `setSpot` moves the pool's price as a swap does, the owner paying and taking the tokens;
/// `setBeside` sets the tokens beside the position; `setPaused`.
contract ArrakisModuleDouble is FundedDouble {
    using SafeERC20 for IERC20;

    event LogDeposit(address depositor, uint256 proportion, uint256 amount0, uint256 amount1);
    event LogWithdraw(address receiver, uint256 proportion, uint256 amount0, uint256 amount1);

    error OnlyMetaVault();
    error ProportionZero();
    error ProportionGtBASE();

    uint256 private constant BASE = 1e18;
    uint256 private constant Q96 = 1 << 96;
    /// @dev Keeps the position a few wei below what was paid for it, so that roundings never owe what is not there.
    uint256 private constant LIQUIDITY_ROUNDING = 8;

    address public immutable metaVault;
    IERC20 public immutable token0;
    IERC20 public immutable token1;
    bool public paused;
    uint160 public sqrtPriceX96;
    uint256 private _liquidity;
    uint256 private _beside0;
    uint256 private _beside1;

    constructor(address metaVault_, IERC20 token0_, IERC20 token1_, uint160 sqrtPriceX96_) {
        metaVault = metaVault_;
        token0 = token0_;
        token1 = token1_;
        sqrtPriceX96 = sqrtPriceX96_;
    }

    modifier onlyMetaVault() {
        require(msg.sender == metaVault, OnlyMetaVault());
        _;
    }

    // MARKET

    /// @notice Sets the size of the position; the owner pays or takes both tokens.
    function setLiquidity(uint256 liquidity) external onlyOwner {
        (uint256 before0, uint256 before1) = _held(sqrtPriceX96);
        _liquidity = liquidity;
        (uint256 after0, uint256 after1) = _held(sqrtPriceX96);
        _settle(token0, before0, after0);
        _settle(token1, before1, after1);
    }

    function setSpot(uint160 newSqrtPriceX96) external onlyOwner {
        (uint256 before0, uint256 before1) = _held(sqrtPriceX96);
        sqrtPriceX96 = newSqrtPriceX96;
        (uint256 after0, uint256 after1) = _held(newSqrtPriceX96);
        _settle(token0, before0, after0);
        _settle(token1, before1, after1);
    }

    function setBeside(uint256 amount0, uint256 amount1) external onlyOwner {
        _settle(token0, _beside0, amount0);
        _settle(token1, _beside1, amount1);
        (_beside0, _beside1) = (amount0, amount1);
    }

    function setPaused(bool isPaused) external onlyOwner {
        paused = isPaused;
    }

    // META VAULT

    function deposit(
        address depositor,
        uint256 proportion
    ) external onlyMetaVault returns (uint256 amount0, uint256 amount1) {
        require(!paused, "Pausable: paused");
        require(proportion != 0, ProportionZero());
        (uint256 total0, uint256 total1) = totalUnderlying();
        amount0 = Math.mulDiv(total0, proportion, BASE, Math.Rounding.Ceil);
        amount1 = Math.mulDiv(total1, proportion, BASE, Math.Rounding.Ceil);
        token0.safeTransferFrom(depositor, address(this), amount0);
        token1.safeTransferFrom(depositor, address(this), amount1);
        _liquidity += Math.saturatingSub(
            Math.mulDiv(_liquidity, proportion, BASE),
            // The amounts were rounded before they were multiplied.
            LIQUIDITY_ROUNDING + (2 * proportion) / BASE
        );
        _restBeside(total0 + amount0, total1 + amount1);
        emit LogDeposit(depositor, proportion, amount0, amount1);
    }

    function withdraw(
        address receiver,
        uint256 proportion
    ) external onlyMetaVault returns (uint256 amount0, uint256 amount1) {
        require(proportion != 0, ProportionZero());
        require(proportion <= BASE, ProportionGtBASE());
        (uint256 total0, uint256 total1) = totalUnderlying();
        amount0 = Math.mulDiv(total0, proportion, BASE);
        amount1 = Math.mulDiv(total1, proportion, BASE);
        uint256 removed = Math.mulDiv(_liquidity, proportion, BASE, Math.Rounding.Ceil) + LIQUIDITY_ROUNDING;
        _liquidity = Math.saturatingSub(_liquidity, removed);
        _restBeside(total0 - amount0, total1 - amount1);
        token0.safeTransfer(receiver, amount0);
        token1.safeTransfer(receiver, amount1);
        emit LogWithdraw(receiver, proportion, amount0, amount1);
    }

    // VIEWS

    function totalUnderlying() public view returns (uint256, uint256) {
        return totalUnderlyingAtPrice(sqrtPriceX96);
    }

    function totalUnderlyingAtPrice(uint160 priceX96) public view returns (uint256 amount0, uint256 amount1) {
        (amount0, amount1) = _held(priceX96);
        amount0 += _beside0;
        amount1 += _beside1;
    }

    // INTERNAL

    /// @dev What belongs to the position but does not fit its present size is beside it.
    function _restBeside(uint256 total0, uint256 total1) private {
        (uint256 held0, uint256 held1) = _held(sqrtPriceX96);
        _beside0 = total0 - held0;
        _beside1 = total1 - held1;
    }

    function _held(uint160 priceX96) private view returns (uint256 amount0, uint256 amount1) {
        amount0 = Math.mulDiv(_liquidity, Q96, priceX96);
        amount1 = Math.mulDiv(_liquidity, priceX96, Q96);
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {
    IArrakisLPModule,
    IArrakisMetaVaultFactory,
    IArrakisMetaVaultPublic
} from "../interfaces/external/arrakis/IArrakis.sol";
import {LidoAdapter} from "./LidoAdapter.sol";
import {Errors} from "../libraries/Errors.sol";

/// @title ArrakisAdapter
/// @notice Holds shares of a public Arrakis modular vault of WETH and wstETH. Shares are bought with both tokens in
/// the
/// present ratio: the part for wstETH is staked with Lido, at Lido's rate and without a swap. `deallocate` burns
/// shares
/// for their WETH and keeps the wstETH; `requestExit` sends wstETH, what lies here first, through Lido's queue, after
/// staking the WETH that comes with it.
/// @dev A position is worth what it would hold if the pool stood at Lido's rate, never at the pool's own price. A pool
/// moved elsewhere holds tokens worth more than that, at Lido's rate: who moves it before we leave pays us, and who
/// moves it before we enter makes our share come out below the signed minimum. The rate must not be read inside a call
/// from the pool.
contract ArrakisAdapter is LidoAdapter {
    using SafeERC20 for IERC20;

    uint256 private constant WAD = 1e18;
    /// @dev Wei of WETH kept back for a module that rounds up once per range; what is left goes to the vault.
    uint256 private constant SLACK = 32;
    /// @dev Wei an entry cannot turn into shares: the slack and the roundings of staking.
    uint256 private constant MARGIN = SLACK + 16;

    IArrakisMetaVaultPublic public immutable arrakisVault;
    bool private immutable _isWethFirst;

    /// @notice wstETH of the position outside the pool.
    uint256 public looseWstEth;

    constructor(
        address vault_,
        address weth_,
        address wstEth_,
        address queue_,
        address arrakisVault_,
        address factory_
    ) LidoAdapter(vault_, weth_, wstEth_, queue_) {
        _requireCode(arrakisVault_);
        _requireCode(factory_);
        require(
            IArrakisMetaVaultFactory(factory_).isPublicVault(arrakisVault_),
            Errors.Adapter_PrivateVault(arrakisVault_)
        );
        arrakisVault = IArrakisMetaVaultPublic(arrakisVault_);
        (address token0, address token1) = (arrakisVault.token0(), arrakisVault.token1());
        _isWethFirst = token0 == weth_;
        _requireSame(arrakisVault_, weth_, _isWethFirst ? token0 : token1);
        _requireSame(arrakisVault_, wstEth_, _isWethFirst ? token1 : token0);
    }

    /// @notice ETH of one Arrakis share with the pool at Lido's rate, WAD.
    function rate() external view override returns (uint256 wad) {
        uint256 supply = arrakisVault.totalSupply();
        require(supply != 0, Errors.Adapter_RateZero());
        wad = Math.mulDiv(_poolWorth(), WAD, supply);
        require(wad != 0, Errors.Adapter_RateZero());
    }

    /// @notice This contract: no single call to the venue gives the rate, so the keeper asks here.
    function self() external view returns (address) {
        return address(this);
    }

    function _liquid() internal view override returns (uint256 assets) {
        assets = wstEth.getStETHByWstETH(looseWstEth);
        if (units != 0) assets += Math.mulDiv(_poolWorth(), _proportion(units), WAD);
    }

    function _allocate(uint256 assets) internal override {
        require(assets > MARGIN, Errors.Adapter_BelowMinimum(assets, MARGIN + 1));
        (uint256 wethTotal, uint256 wstEthTotal) = _spot();
        uint256 worth = wethTotal + wstEth.getStETHByWstETH(wstEthTotal);
        uint256 shares = Math.mulDiv(assets - MARGIN, arrakisVault.totalSupply(), worth);
        uint256 proportion = Math.mulDiv(shares, WAD, arrakisVault.totalSupply(), Math.Rounding.Ceil);
        // The vault rounds the proportion up: one unit of it less stays within the assets.
        if (Math.mulDiv(worth, proportion, WAD) > assets - MARGIN) {
            proportion -= 1;
            shares = Math.mulDiv(proportion, arrakisVault.totalSupply(), WAD);
        }
        require(shares != 0, Errors.Adapter_BelowMinimum(assets, worth / WAD + MARGIN + 1));
        uint256 weth = Math.mulDiv(wethTotal, proportion, WAD, Math.Rounding.Ceil);
        if (weth != 0) weth += SLACK;
        uint256 wethBefore = IERC20(asset).balanceOf(address(this)) - assets;
        uint256 wstEthBefore = wstEth.balanceOf(address(this)) - looseWstEth;
        // WETH is a part of the worth, which is below the assets by the margin: something is left to stake.
        _stake(assets - weth);
        uint256 before = arrakisVault.balanceOf(address(this));
        _mint(shares, weth, wstEth.balanceOf(address(this)) - wstEthBefore);
        _bookUnits(before, arrakisVault.balanceOf(address(this)));
        looseWstEth = wstEth.balanceOf(address(this)) - wstEthBefore;
        uint256 left = IERC20(asset).balanceOf(address(this)) - wethBefore;
        if (left != 0) IERC20(asset).safeTransfer(vault, left);
    }

    /// @dev The module takes the tokens; what it left unused is not approved any more.
    function _mint(uint256 shares, uint256 weth, uint256 wstEthAmount) private {
        address module = arrakisVault.module();
        IERC20(asset).forceApprove(module, weth);
        IERC20(address(wstEth)).forceApprove(module, wstEthAmount);
        arrakisVault.mint(shares, address(this));
        IERC20(asset).forceApprove(module, 0);
        IERC20(address(wstEth)).forceApprove(module, 0);
    }

    /// @dev Finished requests first, then WETH out of the pool.
    function _deallocate(uint256 assets) internal override {
        uint256 before = IERC20(asset).balanceOf(address(this));
        super._deallocate(assets);
        uint256 received = IERC20(asset).balanceOf(address(this)) - before;
        if (received >= assets) return;
        (uint256 wethTotal, ) = _spot();
        uint256 proportion = Math.mulDiv(assets - received, WAD, wethTotal, Math.Rounding.Ceil);
        uint256 shares = Math.mulDiv(proportion, arrakisVault.totalSupply(), WAD, Math.Rounding.Ceil);
        _burn(Math.min(shares, units));
    }

    function _maxAllocate() internal view override returns (uint256) {
        return IArrakisLPModule(arrakisVault.module()).paused() ? 0 : super._maxAllocate();
    }

    function _maxDeallocate() internal view override returns (uint256 assets) {
        assets = super._maxDeallocate();
        if (units == 0) return assets;
        (uint256 wethTotal, ) = _spot();
        assets += Math.mulDiv(wethTotal, _proportion(units), WAD);
    }

    function _unitsFor(uint256 assets) internal view override returns (uint256) {
        uint256 fromPool = Math.saturatingSub(assets, wstEth.getStETHByWstETH(looseWstEth));
        return fromPool == 0 ? 0 : Math.mulDiv(fromPool, arrakisVault.totalSupply(), _poolWorth());
    }

    /// @dev All wstETH that lies here goes along, so an exit may be worth more than was asked for.
    function _request(uint256 exitUnits, uint256 open) internal override returns (uint256[] memory ids) {
        uint256 wethBefore = IERC20(asset).balanceOf(address(this));
        if (exitUnits != 0) _burn(exitUnits);
        uint256 weth = IERC20(asset).balanceOf(address(this)) - wethBefore;
        uint256 wstEthBefore = wstEth.balanceOf(address(this)) - looseWstEth;
        if (weth != 0) _stake(weth);
        ids = _queueWstEth(wstEth.balanceOf(address(this)) - wstEthBefore, open);
        looseWstEth = wstEth.balanceOf(address(this)) - wstEthBefore;
    }

    function _burn(uint256 shares) private {
        uint256 before = arrakisVault.balanceOf(address(this));
        uint256 wstEthBefore = wstEth.balanceOf(address(this));
        arrakisVault.burn(shares, address(this));
        _bookUnits(before, arrakisVault.balanceOf(address(this)));
        looseWstEth += wstEth.balanceOf(address(this)) - wstEthBefore;
    }

    /// @dev WETH to wstETH, at Lido's rate.
    function _stake(uint256 weth) private {
        _unwrap(weth);
        Address.sendValue(payable(address(wstEth)), weth);
    }

    /// @dev Share of the pool as the vault counts it when burning.
    function _proportion(uint256 shares) private view returns (uint256) {
        return Math.mulDiv(shares, WAD, arrakisVault.totalSupply());
    }

    /// @dev Worth of the whole pool, were it at Lido's rate.
    function _poolWorth() private view returns (uint256) {
        uint256 price = wstEth.stEthPerToken();
        require(price != 0, Errors.Adapter_RateZero());
        // token1 per token0, times 2^192.
        uint256 ratio = _isWethFirst ? Math.mulDiv(WAD, 1 << 192, price) : Math.mulDiv(price, 1 << 192, WAD);
        (uint256 amount0, uint256 amount1) = arrakisVault.totalUnderlyingAtPrice(uint160(Math.sqrt(ratio)));
        (uint256 weth, uint256 wstEthAmount) = _isWethFirst ? (amount0, amount1) : (amount1, amount0);
        return weth + wstEth.getStETHByWstETH(wstEthAmount);
    }

    /// @dev What the pool really holds now.
    function _spot() private view returns (uint256 weth, uint256 wstEthAmount) {
        (uint256 amount0, uint256 amount1) = arrakisVault.totalUnderlying();
        return _isWethFirst ? (amount0, amount1) : (amount1, amount0);
    }
}

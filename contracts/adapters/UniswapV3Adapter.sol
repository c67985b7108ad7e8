// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {
    INonfungiblePositionManager,
    IUniswapV3Factory,
    IUniswapV3Pool,
    IUniswapV3SwapCallback
} from "../interfaces/external/uniswap/IUniswapV3.sol";
import {IWstETH} from "../interfaces/external/lido/ILido.sol";
import {IWETH9} from "../interfaces/external/weth/IWETH9.sol";
import {AdapterBase} from "./AdapterBase.sol";
import {ConcentratedAdapter} from "./ConcentratedAdapter.sol";
import {Errors} from "../libraries/Errors.sol";

/// @title UniswapV3Adapter
/// @notice A concentrated wstETH/WETH position in one Uniswap v3 pool, held as an NFT of the
/// NonfungiblePositionManager.
/// See {ConcentratedAdapter} for entry, exit and value.
/// @dev The sale goes to the pool itself, which is paid in its callback: no router, no approval. Anyone may add
/// liquidity
/// to the NFT; that part is not booked and its fees are a gift. Empty NFTs are kept: burning one fails as soon as
/// somebody adds a wei to it.
contract UniswapV3Adapter is ConcentratedAdapter, IUniswapV3SwapCallback {
    using SafeERC20 for IERC20;

    uint256 private constant Q128 = 1 << 128;

    INonfungiblePositionManager public immutable positionManager;
    IUniswapV3Pool public immutable pool;
    uint24 private immutable fee;

    constructor(
        address vault_,
        address weth_,
        address positionManager_,
        address pool_,
        address wstEth_,
        int24 tickLower_,
        int24 tickUpper_,
        uint256 bandBps_
    )
        AdapterBase(vault_, weth_)
        ConcentratedAdapter(
            IWstETH(wstEth_),
            IUniswapV3Pool(pool_).token0() == weth_,
            IUniswapV3Pool(pool_).tickSpacing(),
            IUniswapV3Pool(pool_).fee(),
            bandBps_
        )
    {
        positionManager = INonfungiblePositionManager(positionManager_);
        pool = IUniswapV3Pool(pool_);
        fee = IUniswapV3Pool(pool_).fee();
        _requirePool();
        _setRange(tickLower_, tickUpper_);
    }

    /// @inheritdoc IUniswapV3SwapCallback
    /// @dev The pool calls back only whoever called its `swap`; this contract does so only to sell wstETH.
    function uniswapV3SwapCallback(int256 amount0Delta, int256 amount1Delta, bytes calldata) external {
        require(msg.sender == address(pool), Errors.Adapter_UnexpectedCallback(msg.sender));
        // Not below zero: what is sold is owed. A negative number would be an amount that nobody has.
        int256 owed = isAssetToken0 ? amount1Delta : amount0Delta;
        IERC20(address(lst)).safeTransfer(address(pool), uint256(owed));
    }

    /// @dev Both tokens are the two legs, and the pool is the one that the position manager means.
    function _requirePool() private view {
        _requireCode(address(positionManager));
        (address ours, address other) = (pool.token0(), pool.token1());
        if (!isAssetToken0) (ours, other) = (other, ours);
        _requireSame(address(pool), asset, ours);
        _requireSame(address(pool), address(lst), other);
        _requireSame(address(positionManager), asset, positionManager.WETH9());
        address known = IUniswapV3Factory(positionManager.factory()).getPool(asset, address(lst), fee);
        _requireSame(address(positionManager), address(pool), known);
    }

    function _paysEther(address) internal pure override returns (bool) {
        return false;
    }

    function _poolState() internal view override returns (uint160 price, int24 tick, uint128 active) {
        (price, tick, , , , , ) = pool.slot0();
        active = pool.liquidity();
    }

    function _liquidityNet(int24 tick) internal view override returns (int128 net) {
        (, net, , , , , , ) = pool.ticks(tick);
    }

    function _swapFee() internal view override returns (uint256) {
        return fee;
    }

    /// @dev What the pool would owe if the position were touched now; `tokensOwed` alone is as old as the last touch.
    function _fees() internal view override returns (uint256 fee0, uint256 fee1) {
        (, , , , , , , uint128 held, uint256 last0, uint256 last1, uint128 owed0, uint128 owed1) = positionManager
            .positions(tokenId);
        (uint256 inside0, uint256 inside1) = _feeGrowthInside();
        // The pool's counters wrap around on purpose.
        unchecked {
            fee0 = owed0 + Math.mulDiv(inside0 - last0, held, Q128);
            fee1 = owed1 + Math.mulDiv(inside1 - last1, held, Q128);
        }
    }

    function _feeGrowthInside() private view returns (uint256 inside0, uint256 inside1) {
        (, int24 tick, ) = _poolState();
        (, , uint256 lower0, uint256 lower1, , , , ) = pool.ticks(tickLower);
        (, , uint256 upper0, uint256 upper1, , , , ) = pool.ticks(tickUpper);
        unchecked {
            if (tick < tickLower) return (lower0 - upper0, lower1 - upper1);
            if (tick >= tickUpper) return (upper0 - lower0, upper1 - lower1);
            inside0 = pool.feeGrowthGlobal0X128() - lower0 - upper0;
            inside1 = pool.feeGrowthGlobal1X128() - lower1 - upper1;
        }
    }

    /// @dev No minimum amounts: the caller has checked the pool's price, and the vault's signed `minValue` binds.
    function _addLiquidity(uint128, uint256 eth, uint256 lstAmount) internal override returns (uint128 added) {
        IWETH9(asset).deposit{value: eth}();
        uint256 foreignWeth = IERC20(asset).balanceOf(address(this)) - eth;
        IERC20(asset).forceApprove(address(positionManager), eth);
        IERC20(address(lst)).forceApprove(address(positionManager), lstAmount);
        (uint256 amount0, uint256 amount1) = _sorted(eth, lstAmount);
        if (tokenId == 0) (tokenId, added) = _mint(amount0, amount1);
        else {
            (added, , ) = positionManager.increaseLiquidity(
                INonfungiblePositionManager.IncreaseLiquidityParams(tokenId, amount0, amount1, 0, 0, block.timestamp)
            );
        }
        // The position takes one of the two whole and less of the other.
        IERC20(asset).forceApprove(address(positionManager), 0);
        IERC20(address(lst)).forceApprove(address(positionManager), 0);
        _unwrapDownTo(foreignWeth);
    }

    function _mint(uint256 amount0, uint256 amount1) private returns (uint256 id, uint128 added) {
        (address token0, address token1) = isAssetToken0 ? (asset, address(lst)) : (address(lst), asset);
        (id, added, , ) = positionManager.mint(
            INonfungiblePositionManager.MintParams({
                token0: token0,
                token1: token1,
                fee: fee,
                tickLower: tickLower,
                tickUpper: tickUpper,
                amount0Desired: amount0,
                amount1Desired: amount1,
                amount0Min: 0,
                amount1Min: 0,
                recipient: address(this),
                deadline: block.timestamp
            })
        );
    }

    /// @dev No minimum amounts: burning at any pool price gives tokens worth at least what was counted.
    function _removeLiquidity(uint128 part) internal override {
        uint256 foreignWeth = IERC20(asset).balanceOf(address(this));
        if (part != 0) {
            positionManager.decreaseLiquidity(
                INonfungiblePositionManager.DecreaseLiquidityParams(tokenId, part, 0, 0, block.timestamp)
            );
        }
        uint128 all = type(uint128).max;
        positionManager.collect(INonfungiblePositionManager.CollectParams(tokenId, address(this), all, all));
        _unwrapDownTo(foreignWeth);
    }

    function _sellLst(uint256 lstAmount, uint160 limit) internal override {
        uint256 foreignWeth = IERC20(asset).balanceOf(address(this));
        // Fits: wstETH's supply is far below 2^255.
        // forge-lint: disable-next-line(unsafe-typecast)
        pool.swap(address(this), !isAssetToken0, int256(lstAmount), limit, "");
        _unwrapDownTo(foreignWeth);
    }

    function _unwrapDownTo(uint256 foreignWeth) private {
        uint256 extra = IERC20(asset).balanceOf(address(this)) - foreignWeth;
        if (extra != 0) IWETH9(asset).withdraw(extra);
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ICurveLegacyPool, ICurveNgPool, ICurvePool} from "../interfaces/external/curve/ICurve.sol";
import {IWETH9} from "../interfaces/external/weth/IWETH9.sol";
import {AdapterBase} from "./AdapterBase.sol";
import {Errors} from "../libraries/Errors.sol";

/// @title CurveAdapter
/// @notice LP tokens of a Curve pool of ether and one staking token that redeems 1:1 (stETH). Enters and leaves with
/// ether alone; a unit is one LP token.
///
/// Value: the virtual price, which no trade can lower or lift beyond its fees, less `bandBps` for the cost of
/// leaving with
/// one coin. `maxDeallocate` is the largest of the whole, its half, its quarter and so on that the pool pays at
/// that value
/// or better; an imbalanced pool, short of ether, closes the exit instead of lowering the value. An exit pays what
/// its LP
/// tokens fetch, at least `assets`.
/// @dev The virtual price is wrong while the pool is inside a callback. The NG family refuses to answer then; the old
/// family answers, so its lock is felt before every reading, see {_requireNotEntered}. The staking token counts as one
/// ether; its market price is the OracleGuard's business.
contract CurveAdapter is AdapterBase {
    using SafeERC20 for IERC20;

    uint256 private constant WAD = 1e18;
    uint256 private constant BPS = 1e4;
    uint256 private constant MAX_BAND_BPS = 500;
    /// @dev Halvings that {_maxDeallocate} tries.
    uint256 private constant MAX_HALVINGS = 6;
    /// @dev Gas to feel the lock with: enough to reach it, little enough to be lost at every reading.
    uint256 private constant LOCK_GAS = 30_000;
    /// @dev How the old family writes ether.
    address private constant CURVE_ETHER = 0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE;

    ICurvePool public immutable pool;
    IERC20 public immutable lpToken;
    /// @notice True for the NG family.
    bool public immutable isNg;
    /// @notice What leaving with one coin may cost, basis points.
    uint256 public immutable bandBps;
    /// @notice The pool's index of ether.
    int128 public immutable assetIndex;

    /// @param lpToken_ The pool itself for the NG family.
    constructor(
        address vault_,
        address weth_,
        address pool_,
        address lpToken_,
        bool isNg_,
        uint256 bandBps_
    ) AdapterBase(vault_, weth_) {
        _requireCode(pool_);
        _requireCode(lpToken_);
        if (isNg_) _requireSame(lpToken_, pool_, lpToken_);
        require(bandBps_ != 0 && bandBps_ <= MAX_BAND_BPS, Errors.Adapter_BadBand(bandBps_, 1, MAX_BAND_BPS));
        pool = ICurvePool(pool_);
        lpToken = IERC20(lpToken_);
        isNg = isNg_;
        bandBps = bandBps_;
        assetIndex = _findAsset(pool_, isNg_ ? weth_ : CURVE_ETHER);
        _requireShape(pool_);
    }

    /// @dev Ether comes from unwrapping WETH and from a pool of the old family. Within WETH's stipend of 2,300 gas.
    receive() external payable {
        require(
            msg.sender == asset || (msg.sender == address(pool) && !isNg),
            Errors.Adapter_UnexpectedEther(msg.sender)
        );
    }

    /// @notice Worth of one LP token, WAD: the virtual price less the band.
    function rate() external view returns (uint256 wad) {
        wad = _valueOf(WAD);
        require(wad != 0, Errors.Adapter_RateZero());
    }

    function _liquid() internal view override returns (uint256) {
        return units == 0 ? 0 : _valueOf(units);
    }

    /// @dev No minimum: the vault's signed `minValue` binds on the value added, which no trade can move.
    function _allocate(uint256 assets) internal override {
        require(_maxAllocate() != 0, Errors.Adapter_LimitExceeded(assets, 0));
        uint256 before = lpToken.balanceOf(address(this));
        if (isNg) {
            uint256[] memory amounts = new uint256[](2);
            amounts[_index()] = assets;
            IERC20(asset).forceApprove(address(pool), assets);
            ICurveNgPool(address(pool)).add_liquidity(amounts, 0);
            IERC20(asset).forceApprove(address(pool), 0);
        } else {
            uint256[2] memory amounts;
            amounts[_index()] = assets;
            IWETH9(asset).withdraw(assets);
            ICurveLegacyPool(address(pool)).add_liquidity{value: assets}(amounts, 0);
        }
        _bookUnits(before, lpToken.balanceOf(address(this)));
    }

    function _deallocate(uint256 assets) internal override {
        uint256 total = _liquid();
        uint256 part = assets == total ? units : Math.mulDiv(units, assets, total, Math.Rounding.Ceil);
        uint256 before = lpToken.balanceOf(address(this));
        uint256 beforeEth = address(this).balance;
        // The pool burns from its caller without approval.
        pool.remove_liquidity_one_coin(part, assetIndex, assets);
        if (!isNg) IWETH9(asset).deposit{value: address(this).balance - beforeEth}();
        _bookUnits(before, lpToken.balanceOf(address(this)));
    }

    /// @dev Open while one LP token could leave at its value: an entry into a closed exit would be a trap.
    function _maxAllocate() internal view override returns (uint256) {
        bool isOpen = pool.calc_withdraw_one_coin(WAD, assetIndex) >= _valueOf(WAD);
        return isOpen ? type(uint256).max : 0;
    }

    function _maxDeallocate() internal view override returns (uint256) {
        uint256 total = _liquid();
        for (uint256 i; i <= MAX_HALVINGS && total >> i != 0; ++i) {
            uint256 assets = total >> i;
            uint256 part = Math.mulDiv(units, assets, total, Math.Rounding.Ceil);
            if (pool.calc_withdraw_one_coin(part, assetIndex) >= assets) return assets;
        }
        return 0;
    }

    function _valueOf(uint256 lpAmount) private view returns (uint256) {
        _requireNotEntered();
        return Math.mulDiv(Math.mulDiv(lpAmount, pool.get_virtual_price(), WAD), BPS - bandBps, BPS);
    }

    /// @dev Calls a locked function of the old family in a static frame. Unlocked, it goes on to write its lock,
    /// which a
    /// static frame punishes with all gas sent; locked, it reverts before and returns most of it.
    function _requireNotEntered() private view {
        if (isNg) return;
        uint256[2] memory none;
        bytes memory probe = abi.encodeCall(ICurveLegacyPool.remove_liquidity, (0, none));
        address target = address(pool);
        uint256 limit = LOCK_GAS;
        uint256 used = gasleft();
        assembly ("memory-safe") {
            pop(staticcall(limit, target, add(probe, 0x20), mload(probe), 0, 0))
        }
        used -= gasleft();
        require(used >= limit, Errors.Adapter_VenueReentered(target));
    }

    function _findAsset(address pool_, address coin) private view returns (int128) {
        if (ICurvePool(pool_).coins(0) == coin) return 0;
        _requireSame(pool_, coin, ICurvePool(pool_).coins(1));
        return 1;
    }

    /// @dev Two coins, and the index type of this family.
    function _requireShape(address pool_) private view {
        bool isLarger = true;
        try ICurvePool(pool_).coins(2) {} catch {
            isLarger = false;
        }
        require(!isLarger, Errors.Adapter_BadTarget(pool_));
        try ICurvePool(pool_).calc_withdraw_one_coin(WAD, assetIndex) {} catch {
            revert Errors.Adapter_BadTarget(pool_);
        }
    }

    function _index() private view returns (uint256) {
        return assetIndex == 0 ? 0 : 1;
    }
}

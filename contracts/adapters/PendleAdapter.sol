// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {
    IPendleMarket,
    IPendleOracle,
    IPendleRouter,
    IPendleSY,
    IPendleYT
} from "../interfaces/external/pendle/IPendle.sol";
import {AdapterBase} from "./AdapterBase.sol";
import {LidoExitAdapter} from "./LidoExitAdapter.sol";
import {Errors} from "../libraries/Errors.sol";

/// @title PendleAdapter
/// @notice Principal tokens of one wstETH market: bought with staked ether, worth one stETH each at maturity; a
/// unit is one
/// PT. Leaves through Lido's queue: before maturity PT are sold in the market for wstETH, after it they are
/// redeemed, and
/// the wstETH waits in the queue.
///
/// Value: the market's time-weighted rate of PT in stETH, which falls with SY, less a discount for the sale. The
/// discount
/// starts at `bandBps` and shrinks with the time left, so that nothing jumps at maturity, when it is zero and PT
/// are worth
/// what they redeem for. A sale below the counted value is refused: PT need no buyer, only time.
/// @dev PT are bought through Pendle's router, a diamond that its owner can change; it holds an approval for one
/// call and
/// what arrives is measured. Selling and redeeming need no router. stETH counts as one ether, as Lido's queue pays it.
contract PendleAdapter is LidoExitAdapter {
    using SafeERC20 for IERC20;

    uint256 private constant WAD = 1e18;
    uint256 private constant BPS = 1e4;
    uint256 private constant MAX_BAND_BPS = 500;
    /// @dev One entry is at most a tenth of the market's PT: beyond it the price moves by more than any band.
    uint256 private constant MARKET_PART = 10;
    /// @dev Wei by which three roundings (SY, wstETH, stETH) may lower a sale that is worth just the counted value.
    uint256 private constant ROUNDING = 10;

    IPendleRouter public immutable router;
    IPendleMarket public immutable market;
    IPendleOracle public immutable oracle;
    IPendleSY public immutable sy;
    IERC20 public immutable pt;
    IPendleYT public immutable yt;
    /// @notice Window of the time-weighted rate, seconds.
    uint32 public immutable window;
    uint256 public immutable expiry;
    /// @notice Discount at deployment, basis points.
    uint256 public immutable bandBps;
    uint256 private immutable _lifetime;

    constructor(
        address vault_,
        address weth_,
        address wstEth_,
        address queue_,
        address router_,
        address market_,
        address oracle_,
        uint32 window_,
        uint256 bandBps_
    ) AdapterBase(vault_, weth_) LidoExitAdapter(wstEth_, queue_) {
        _requireCode(router_);
        _requireCode(market_);
        _requireCode(oracle_);
        require(bandBps_ != 0 && bandBps_ <= MAX_BAND_BPS, Errors.Adapter_BadBand(bandBps_, 1, MAX_BAND_BPS));
        router = IPendleRouter(router_);
        market = IPendleMarket(market_);
        oracle = IPendleOracle(oracle_);
        window = window_;
        bandBps = bandBps_;
        (address sy_, address pt_, address yt_) = IPendleMarket(market_).readTokens();
        sy = IPendleSY(sy_);
        pt = IERC20(pt_);
        yt = IPendleYT(yt_);
        expiry = IPendleMarket(market_).expiry();
        require(expiry > block.timestamp, Errors.Adapter_Expired(market_, expiry));
        _lifetime = expiry - block.timestamp;
        _requireWstEth();
        _requireOracle();
    }

    /// @notice ether that one PT counts for, WAD.
    function rate() external view returns (uint256 wad) {
        wad = _ptValue();
        require(wad != 0, Errors.Adapter_RateZero());
    }

    /// @notice Where a unit's worth can be read: here alone, for the discount starts with this contract.
    function rateSource() external view returns (address) {
        return address(this);
    }

    /// @notice The discount for a sale now, WAD.
    function discount() public view returns (uint256) {
        uint256 left = Math.saturatingSub(expiry, block.timestamp);
        return Math.mulDiv(bandBps * (WAD / BPS), left, _lifetime, Math.Rounding.Ceil);
    }

    function _liquid() internal view override returns (uint256) {
        return units == 0 ? 0 : Math.mulDiv(units, _ptValue(), WAD);
    }

    function _allocate(uint256 assets) internal override {
        require(block.timestamp < expiry, Errors.Adapter_Expired(address(market), expiry));
        uint256 limit = _maxAllocate();
        require(assets <= limit, Errors.Adapter_LimitExceeded(assets, limit));
        _unwrap(assets);
        uint256 beforeLst = wstEth.balanceOf(address(this));
        Address.sendValue(payable(address(wstEth)), assets);
        uint256 lstAmount = wstEth.balanceOf(address(this)) - beforeLst;
        uint256 before = pt.balanceOf(address(this));
        IERC20(address(wstEth)).forceApprove(address(router), lstAmount);
        IPendleRouter.TokenInput memory input;
        (input.tokenIn, input.netTokenIn, input.tokenMintSy) = (address(wstEth), lstAmount, address(wstEth));
        IPendleRouter.LimitOrderData memory none;
        // No minimum: the vault's signed `minValue` binds on the time-weighted value of what arrives.
        router.swapExactTokenForPt(
            address(this),
            address(market),
            0,
            IPendleRouter.ApproxParams(0, type(uint256).max, 0, 256, 1e14),
            input,
            none
        );
        IERC20(address(wstEth)).forceApprove(address(router), 0);
        _bookUnits(before, pt.balanceOf(address(this)));
    }

    /// @dev None past maturity, while SY or Lido is paused, or while the oracle cannot answer for its window.
    function _maxAllocate() internal view override returns (uint256) {
        if (block.timestamp >= expiry || sy.paused()) return 0;
        (bool isShort, , bool isOld) = oracle.getOracleState(address(market), window);
        if (isShort || !isOld) return 0;
        (int128 totalPt, , , , , ) = market._storage();
        uint256 part = totalPt > 0 ? uint256(int256(totalPt)) / MARKET_PART : 0;
        return Math.min(_stakeLimit(), Math.mulDiv(part, _ptValue(), WAD));
    }

    function _unitsFor(uint256 assets) internal view override returns (uint256) {
        return Math.mulDiv(assets, WAD, _ptValue());
    }

    function _request(uint256 exitUnits, uint256 open) internal override returns (uint256[] memory ids) {
        uint256 floorValue = Math.mulDiv(exitUnits, _ptValue(), WAD);
        uint256 before = pt.balanceOf(address(this));
        uint256 lstAmount = _toWstEth(exitUnits);
        _bookUnits(before, pt.balanceOf(address(this)));
        uint256 fetched = wstEth.getStETHByWstETH(lstAmount);
        require(fetched + ROUNDING >= floorValue, Errors.Adapter_ReceivedTooLow(fetched, floorValue));
        ids = _queueWstEth(lstAmount, open);
    }

    /// @dev Past maturity the market refuses and PT redeem by themselves.
    function _toWstEth(uint256 ptAmount) private returns (uint256 lstAmount) {
        uint256 syAmount;
        if (block.timestamp < expiry) {
            pt.safeTransfer(address(market), ptAmount);
            (syAmount, ) = market.swapExactPtForSy(address(this), ptAmount, "");
        } else {
            pt.safeTransfer(address(yt), ptAmount);
            syAmount = yt.redeemPY(address(this));
        }
        uint256 before = wstEth.balanceOf(address(this));
        sy.redeem(address(this), syAmount, address(wstEth), 0, false);
        return wstEth.balanceOf(address(this)) - before;
    }

    function _ptValue() private view returns (uint256) {
        return Math.mulDiv(oracle.getPtToAssetRate(address(market), window), WAD - discount(), WAD);
    }

    /// @dev SY takes and gives wstETH, and counts in stETH.
    function _requireWstEth() private view {
        bool isFit = sy.isValidTokenIn(address(wstEth)) && sy.isValidTokenOut(address(wstEth));
        require(isFit, Errors.Adapter_BadTarget(address(sy)));
        (, address unit, ) = sy.assetInfo();
        _requireSame(address(sy), address(stEth), unit);
    }

    function _requireOracle() private view {
        (bool isShort, uint16 needed, bool isOld) = oracle.getOracleState(address(market), window);
        require(!isShort && isOld, Errors.Adapter_OracleNotReady(address(market), window, needed));
    }
}

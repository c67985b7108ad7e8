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

/// @title PendleMarketAdapter
/// @notice What principal tokens and liquidity of one wstETH market have in common: entry with staked ether through
/// Pendle's router, worth by the market's time-weighted rate, exit to wstETH that waits in Lido's queue.
///
/// Value: the market's time-weighted rate of a unit in stETH, which falls with SY, less a discount for the sale. The
/// discount starts at `bandBps` and shrinks with the time left, so that nothing jumps at maturity, when it is zero. A
/// sale below the counted value is refused: at maturity PT redeem without a buyer.
/// @dev The router is a diamond that its owner can change; it holds an approval for one call and what arrives is
/// measured. Selling, burning and redeeming need no router. stETH counts as one ether, as Lido's queue pays it.
abstract contract PendleMarketAdapter is LidoExitAdapter {
    using SafeERC20 for IERC20;

    uint256 internal constant WAD = 1e18;
    uint256 private constant BPS = 1e4;
    uint256 private constant MAX_BAND_BPS = 500;
    /// @dev One entry is at most a tenth of the market's PT: beyond it the price moves by more than any band.
    uint256 private constant MARKET_PART = 10;
    /// @dev Wei by which the roundings (market, SY, wstETH, stETH) may lower a sale that is worth just the counted
    /// value.
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

    // VIEWS

    /// @notice ether that one unit counts for, WAD.
    function rate() external view returns (uint256 wad) {
        wad = _unitValue();
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

    // INTERNAL, the base's hooks

    function _liquid() internal view override returns (uint256) {
        return units == 0 ? 0 : Math.mulDiv(units, _unitValue(), WAD);
    }

    function _allocate(uint256 assets) internal override {
        require(block.timestamp < expiry, Errors.Adapter_Expired(address(market), expiry));
        uint256 limit = _maxAllocate();
        require(assets <= limit, Errors.Adapter_LimitExceeded(assets, limit));
        _unwrap(assets);
        uint256 beforeLst = wstEth.balanceOf(address(this));
        Address.sendValue(payable(address(wstEth)), assets);
        uint256 lstAmount = wstEth.balanceOf(address(this)) - beforeLst;
        uint256 before = _unitToken().balanceOf(address(this));
        IERC20(address(wstEth)).forceApprove(address(router), lstAmount);
        IPendleRouter.TokenInput memory input;
        (input.tokenIn, input.netTokenIn, input.tokenMintSy) = (address(wstEth), lstAmount, address(wstEth));
        _enter(input);
        IERC20(address(wstEth)).forceApprove(address(router), 0);
        _bookUnits(before, _unitToken().balanceOf(address(this)));
    }

    /// @dev None past maturity, while SY or Lido is paused, or while the oracle cannot answer for its window.
    function _maxAllocate() internal view override returns (uint256) {
        if (block.timestamp >= expiry || sy.paused()) return 0;
        (bool isShort, , bool isOld) = oracle.getOracleState(address(market), window);
        if (isShort || !isOld) return 0;
        (int128 totalPt, , , , , ) = market._storage();
        uint256 part = totalPt > 0 ? uint256(int256(totalPt)) / MARKET_PART : 0;
        return Math.min(_stakeLimit(), Math.mulDiv(part, _discounted(_ptRate()), WAD));
    }

    function _unitsFor(uint256 assets) internal view override returns (uint256) {
        return Math.mulDiv(assets, WAD, _unitValue());
    }

    function _request(uint256 exitUnits, uint256 open) internal override returns (uint256[] memory ids) {
        uint256 floorValue = Math.mulDiv(exitUnits, _unitValue(), WAD);
        uint256 before = _unitToken().balanceOf(address(this));
        uint256 syAmount = _leave(exitUnits);
        _bookUnits(before, _unitToken().balanceOf(address(this)));
        uint256 beforeLst = wstEth.balanceOf(address(this));
        sy.redeem(address(this), syAmount, address(wstEth), 0, false);
        uint256 lstAmount = wstEth.balanceOf(address(this)) - beforeLst;
        uint256 fetched = wstEth.getStETHByWstETH(lstAmount);
        require(fetched + ROUNDING >= floorValue, Errors.Adapter_ReceivedTooLow(fetched, floorValue));
        ids = _queueWstEth(lstAmount, open);
    }

    // INTERNAL, shared

    /// @dev Where PT go to be turned into SY: past maturity the market refuses and PT redeem by themselves.
    function _ptBuyer() internal view returns (address) {
        return block.timestamp < expiry ? address(market) : address(yt);
    }

    /// @dev Turns PT that {_ptBuyer} has received into SY on this contract.
    function _ptToSy(uint256 ptAmount) internal returns (uint256 syAmount) {
        if (block.timestamp >= expiry) return yt.redeemPY(address(this));
        (syAmount, ) = market.swapExactPtForSy(address(this), ptAmount, "");
    }

    /// @dev Time-weighted worth of one PT in stETH, WAD.
    function _ptRate() internal view returns (uint256) {
        return oracle.getPtToAssetRate(address(market), window);
    }

    // PRIVATE

    function _discounted(uint256 value) private view returns (uint256) {
        return Math.mulDiv(value, WAD - discount(), WAD);
    }

    function _unitValue() private view returns (uint256) {
        return _discounted(_unitRate());
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

    // INTERNAL, by kind of position

    /// @dev The token that is counted.
    function _unitToken() internal view virtual returns (IERC20);

    /// @dev Time-weighted worth of one unit in stETH, before the discount, WAD.
    function _unitRate() internal view virtual returns (uint256);

    /// @dev Gives the router `input` for units on this contract. Without a minimum: the vault's signed `minValue` binds
    /// on the time-weighted value of what arrives.
    function _enter(IPendleRouter.TokenInput memory input) internal virtual;

    /// @dev Turns `exitUnits` into SY on this contract.
    function _leave(uint256 exitUnits) internal virtual returns (uint256 syAmount);
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IHarvestAdapter} from "../interfaces/IHarvestAdapter.sol";
import {IRangeAdapter} from "../interfaces/IRangeAdapter.sol";
import {IStETH, IWstETH} from "../interfaces/external/lido/ILido.sol";
import {IWETH9} from "../interfaces/external/weth/IWETH9.sol";
import {AdapterBase} from "./AdapterBase.sol";
import {Errors} from "../libraries/Errors.sol";
import {RangeMath} from "../libraries/RangeMath.sol";

/// @title ConcentratedAdapter
/// @notice A position of ether and wstETH between two prices of one pool.
///
/// Entry: the wstETH leg is staked with Lido, at the protocol's rate and without a swap. Exit: liquidity is burnt
/// and the
/// wstETH leg is sold into the same pool, down to a limit below which the adapter refuses to sell.
///
/// Value: what the liquidity holds at the *floor price*, the protocol's rate less `bandBps`. The pool's own price
/// does not
/// enter. A range position is worth least, counted at a price q, when the pool stands at q; the sale pays q or more on
/// average; so no pool price makes an exit pay less than was counted, only impossible, and then `maxDeallocate`
/// says so.
/// Uncollected fees count with what the pool's books owe for them, priced the same way.
/// @dev Everything is held as ether between calls; WETH appears only where a venue or the vault wants it. Ether and
/// wstETH that others send are told apart by `idleEth` and `idleLst`, liquidity that others add by `liquidity`.
/// Several positions would need several adapters: one range each.
abstract contract ConcentratedAdapter is AdapterBase, IRangeAdapter, IHarvestAdapter {
    uint256 internal constant WAD = 1e18;
    uint256 private constant BPS = 1e4;
    /// @dev Fees are hundredths of a basis point.
    uint256 private constant FEE_UNIT = 1e6;
    uint256 private constant MAX_BAND_BPS = 500;
    /// @dev Tick steps a depth reading may take; depth beyond them does not count.
    uint256 private constant MAX_STEPS = 64;
    /// @dev Liquidity by which the two legs' proportion is measured: large enough for 18 digits.
    uint256 private constant REFERENCE = 1 << 100;
    /// @dev Below this much ether a leg or a rest is not worth a call to the venue, wei.
    uint256 private constant DUST = 1e9;

    IWstETH public immutable lst;
    IStETH public immutable stEth;
    /// @notice Distance of the floor price below the protocol's rate, and of the highest entry price above, basis
    /// points.
    uint256 public immutable bandBps;
    /// @inheritdoc IRangeAdapter
    int24 public immutable tickSpacing;
    /// @dev True where the pool counts ether as token0.
    bool internal immutable isAssetToken0;

    /// @inheritdoc IRangeAdapter
    int24 public tickLower;
    /// @inheritdoc IRangeAdapter
    int24 public tickUpper;
    /// @notice The position's NFT; 0 before the first.
    uint256 public tokenId;
    /// @notice Liquidity that this adapter added itself.
    uint128 public liquidity;
    /// @notice Ether that is the position's but not in the pool.
    uint256 public idleEth;
    /// @notice wstETH that is the position's but not in the pool.
    uint256 public idleLst;
    /// @dev Rate when the position was last empty, so that entering anew is no jump.
    uint256 private _restingRate = WAD;

    /// @param foreignEth Ether on this contract that is not the position's.
    /// @param foreignLst wstETH on this contract that is not the position's.
    struct Foreign {
        uint256 foreignEth;
        uint256 foreignLst;
    }

    constructor(IWstETH lst_, bool isAssetToken0_, int24 spacing, uint256 fee, uint256 bandBps_) {
        _requireCode(address(lst_));
        lst = lst_;
        stEth = IStETH(lst_.stETH());
        _requireCode(address(stEth));
        isAssetToken0 = isAssetToken0_;
        tickSpacing = spacing;
        // The sale pays the fee and needs as much again to move the price.
        uint256 least = Math.ceilDiv(2 * fee, 100);
        require(
            bandBps_ >= Math.max(least, 1) && bandBps_ <= MAX_BAND_BPS,
            Errors.Adapter_BadBand(bandBps_, least, MAX_BAND_BPS)
        );
        bandBps = bandBps_;
    }

    /// @dev Ether comes from unwrapping WETH and from the venue. Must fit in WETH's stipend of 2,300 gas.
    receive() external payable {
        require(msg.sender == asset || _paysEther(msg.sender), Errors.Adapter_UnexpectedEther(msg.sender));
    }

    // VIEWS

    /// @notice Worth of a unit at the floor price, WAD. Units are minted and burnt at this rate, so neither entering,
    /// leaving nor moving the range makes it jump.
    function rate() external view returns (uint256 wad) {
        wad = _rate();
        require(wad != 0, Errors.Adapter_RateZero());
    }

    /// @notice Where a unit's worth can be read: here alone, for the pool knows no rate. Its history starts with this
    /// contract.
    function rateSource() external view returns (address) {
        return address(this);
    }

    /// @notice Ether and wstETH of the position: in the range if the pool stood at the floor price, owed as fees,
    /// and idle.
    function holdings() external view returns (uint256 eth, uint256 lstAmount) {
        return _holdings(_sqrtPrice(_floorPrice()));
    }

    /// @notice wstETH that others' liquidity in this pool would buy at or above the floor price now.
    function exitDepth() external view returns (uint256 lstAmount) {
        return _depth();
    }

    // VAULT

    /// @inheritdoc IRangeAdapter
    function reposition(int24 lower, int24 upper, uint256 minValue) external onlyVault returns (uint256 value) {
        uint256 before = _liquid();
        _requireInBand();
        Foreign memory foreign = _foreign();
        if (liquidity != 0) _removeLiquidity(liquidity);
        liquidity = 0;
        tokenId = 0;
        _setRange(lower, upper);
        _supply(foreign, true);
        _bookIdle(foreign);
        value = _liquid();
        require(value >= minValue, Errors.Adapter_ValueTooLow(value, minValue));
        emit Repositioned(lower, upper, before, value);
    }

    /// @inheritdoc IHarvestAdapter
    /// @dev Collects the fees and sells nothing, so no price of the pool decides what anyone gets: their ether goes to
    /// the vault, their wstETH stays, idle and earning, until the next entry or move puts it into the range. Units
    /// leave with the ether as in an exit, so that a unit's worth stays what it was.
    function harvest() external onlyVault returns (uint256 received) {
        if (liquidity == 0) return 0;
        uint256 total = _liquid();
        Foreign memory foreign = _foreign();
        _removeLiquidity(0);
        uint256 paid = address(this).balance - foreign.foreignEth - idleEth;
        if (paid != 0) {
            // Fees were counted at their amount, so `paid` is at most `total`.
            units -= Math.mulDiv(units, paid, total);
            uint256 before = IERC20(asset).balanceOf(address(this));
            IWETH9(asset).deposit{value: paid}();
            received = _payVault(before);
        }
        _bookIdle(foreign);
    }

    // INTERNAL, the base's hooks

    function _liquid() internal view override returns (uint256) {
        uint256 floorPrice = _floorPrice();
        (uint256 eth, uint256 lstAmount) = _holdings(_sqrtPrice(floorPrice));
        return eth + Math.mulDiv(lstAmount, floorPrice, WAD);
    }

    function _allocate(uint256 assets) internal override {
        _requireInBand();
        uint256 before = _liquid();
        uint256 beforeRate = _rate();
        Foreign memory foreign = _foreign();
        IWETH9(asset).withdraw(assets);
        if (liquidity != 0) _removeLiquidity(0);
        _supply(foreign, false);
        _bookIdle(foreign);
        uint256 added = Math.saturatingSub(_liquid(), before);
        units += units == 0 || before == 0 ? Math.mulDiv(added, WAD, beforeRate) : Math.mulDiv(units, added, before);
    }

    /// @dev Pays its share of everything, at least `assets`: what the sale fetches above the floor price goes to the
    /// vault, so that a unit's worth stays what it was.
    function _deallocate(uint256 assets) internal override {
        uint256 total = _liquid();
        if (total - assets < DUST) assets = total;
        (uint256 feeEth, uint256 feeLst) = _feesOwed();
        Foreign memory foreign = _foreign();
        // Forgotten with a rate that the next entry starts from.
        if (assets == total) _restingRate = _rate();
        uint128 part = _partOf(liquidity, assets, total);
        if (liquidity != 0) _removeLiquidity(part);
        liquidity -= part;
        uint256 rest = total - assets;
        // A pool may pay a wei less in fees than it owes.
        uint256 pay = Math.saturatingSub(
            address(this).balance - foreign.foreignEth,
            Math.mulDiv(idleEth + feeEth, rest, total)
        );
        uint256 sale = Math.saturatingSub(
            lst.balanceOf(address(this)) - foreign.foreignLst,
            Math.mulDiv(idleLst + feeLst, rest, total)
        );
        units -= assets == total ? units : Math.mulDiv(units, assets, total);
        if (sale != 0) pay += _sell(sale);
        IWETH9(asset).deposit{value: pay}();
        _bookIdle(foreign);
    }

    /// @dev Lido's stake limit, because the range may need wstETH; none while the pool's price is out of the band.
    function _maxAllocate() internal view override returns (uint256) {
        (uint160 price, , ) = _poolState();
        (uint160 low, uint160 high) = _band();
        if (price < low || price > high || stEth.isStakingPaused()) return 0;
        return stEth.getCurrentStakeLimit();
    }

    /// @dev All, or the part whose wstETH others would buy at the floor price or better.
    function _maxDeallocate() internal view override returns (uint256) {
        uint256 total = _liquid();
        (uint160 price, , ) = _poolState();
        (, uint256 lstAmount) = _holdings(price);
        if (lstAmount == 0) return total;
        uint256 depth = _depth();
        return lstAmount <= depth ? total : Math.mulDiv(total, depth, lstAmount);
    }

    // INTERNAL, shared with venues

    function _setRange(int24 lower, int24 upper) internal {
        int24 limit = RangeMath.MAX_TICK;
        bool isGood = lower < upper && lower >= -limit && upper <= limit;
        isGood = isGood && lower % tickSpacing == 0 && upper % tickSpacing == 0;
        require(isGood, Errors.Adapter_BadRange(lower, upper, tickSpacing));
        tickLower = lower;
        tickUpper = upper;
    }

    /// @dev token0 and token1 of an amount of ether and of wstETH, and the other way round.
    function _sorted(uint256 eth, uint256 lstAmount) internal view returns (uint256, uint256) {
        return isAssetToken0 ? (eth, lstAmount) : (lstAmount, eth);
    }

    // PRIVATE

    function _rate() private view returns (uint256) {
        return units == 0 ? _restingRate : Math.mulDiv(_liquid(), WAD, units);
    }

    /// @dev Ether per wstETH at the protocol.
    function _protocolPrice() private view returns (uint256 price) {
        price = lst.stEthPerToken();
        require(price != 0, Errors.Adapter_RateZero());
    }

    function _floorPrice() private view returns (uint256) {
        return Math.mulDiv(_protocolPrice(), BPS - bandBps, BPS);
    }

    /// @dev The pool's price at which a sale stops: its fee on top of the floor price.
    function _limitPrice() private view returns (uint160) {
        return _sqrtPrice(Math.mulDiv(_floorPrice(), FEE_UNIT, FEE_UNIT - _swapFee(), Math.Rounding.Ceil));
    }

    function _sqrtPrice(uint256 price) private view returns (uint160) {
        return RangeMath.sqrtPriceOf(price, isAssetToken0);
    }

    function _band() private view returns (uint160 low, uint160 high) {
        low = _limitPrice();
        high = _sqrtPrice(Math.mulDiv(_protocolPrice(), BPS + bandBps, BPS));
        if (isAssetToken0) (low, high) = (high, low);
    }

    function _requireInBand() private view {
        (uint160 price, , ) = _poolState();
        (uint160 low, uint160 high) = _band();
        require(price >= low && price <= high, Errors.Adapter_PoolPriceOutOfBand(price, low, high));
    }

    function _rangePrices() private view returns (uint160, uint160) {
        return (RangeMath.sqrtPriceAtTick(tickLower), RangeMath.sqrtPriceAtTick(tickUpper));
    }

    /// @dev Everything the position has if the pool stood at `price`.
    function _holdings(uint160 price) private view returns (uint256 eth, uint256 lstAmount) {
        (eth, lstAmount) = (idleEth, idleLst);
        if (liquidity == 0) return (eth, lstAmount);
        (uint160 lower, uint160 upper) = _rangePrices();
        (uint256 amount0, uint256 amount1) = RangeMath.amountsOf(price, lower, upper, liquidity);
        (uint256 inEth, uint256 inLst) = _sorted(amount0, amount1);
        (uint256 feeEth, uint256 feeLst) = _feesOwed();
        return (eth + inEth + feeEth, lstAmount + inLst + feeLst);
    }

    function _feesOwed() private view returns (uint256 feeEth, uint256 feeLst) {
        if (liquidity == 0) return (0, 0);
        (uint256 fee0, uint256 fee1) = _fees();
        return _sorted(fee0, fee1);
    }

    function _partOf(uint128 whole, uint256 assets, uint256 total) private pure returns (uint128) {
        // At most `whole`, for assets <= total.
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint128(Math.mulDiv(whole, assets, total, Math.Rounding.Ceil));
    }

    function _foreign() private view returns (Foreign memory) {
        return Foreign(address(this).balance - idleEth, lst.balanceOf(address(this)) - idleLst);
    }

    function _bookIdle(Foreign memory foreign) private {
        idleEth = address(this).balance - foreign.foreignEth;
        idleLst = lst.balanceOf(address(this)) - foreign.foreignLst;
    }

    /// @dev Brings the two legs into the range's proportion and adds them; what does not fit stays idle.
    function _supply(Foreign memory foreign, bool canSell) private {
        (uint160 price, , ) = _poolState();
        (uint160 lower, uint160 upper) = _rangePrices();
        _balanceLegs(foreign, canSell, price, lower, upper);
        (price, , ) = _poolState();
        uint256 eth = address(this).balance - foreign.foreignEth;
        uint256 lstAmount = lst.balanceOf(address(this)) - foreign.foreignLst;
        (uint256 amount0, uint256 amount1) = _sorted(eth, lstAmount);
        uint128 fits = RangeMath.liquidityFor(price, lower, upper, amount0, amount1);
        if (fits != 0) liquidity += _addLiquidity(fits, eth, lstAmount);
    }

    function _balanceLegs(Foreign memory foreign, bool canSell, uint160 price, uint160 lower, uint160 upper) private {
        (uint256 amount0, uint256 amount1) = RangeMath.amountsOf(price, lower, upper, REFERENCE);
        (uint256 perEth, uint256 perLst) = _sorted(amount0, amount1);
        uint256 lstPrice = _protocolPrice();
        uint256 eth = address(this).balance - foreign.foreignEth;
        uint256 lstAmount = lst.balanceOf(address(this)) - foreign.foreignLst;
        uint256 total = eth + Math.mulDiv(lstAmount, lstPrice, WAD);
        uint256 wanted = Math.mulDiv(total, perLst, perEth + Math.mulDiv(perLst, lstPrice, WAD));
        if (wanted > lstAmount) {
            uint256 stake = Math.min(Math.mulDiv(wanted - lstAmount, lstPrice, WAD), eth);
            // wstETH stakes what it receives and mints the exact shares.
            if (stake >= DUST) Address.sendValue(payable(address(lst)), stake);
        } else if (canSell && lstAmount - wanted >= DUST) {
            _sell(lstAmount - wanted);
        }
    }

    function _sell(uint256 lstAmount) private returns (uint256 eth) {
        uint256 before = address(this).balance;
        uint256 held = lst.balanceOf(address(this));
        _sellLst(lstAmount, _limitPrice());
        uint256 sold = held - lst.balanceOf(address(this));
        require(sold == lstAmount, Errors.Adapter_SwapIncomplete(lstAmount, sold));
        return address(this).balance - before;
    }

    /// @dev Walks from the pool's price to the limit, one tick step at a time, and adds up what others' liquidity
    /// buys.
    /// Own liquidity does not count: it leaves before the sale.
    function _depth() private view returns (uint256 lstAmount) {
        (uint160 price, int24 tick, uint256 active) = _poolState();
        uint160 limit = _limitPrice();
        bool goesUp = isAssetToken0;
        int24 spacing = tickSpacing;
        // The step's lower end; division rounds towards zero, a step towards minus infinity.
        int24 from = (tick / spacing) * spacing;
        if (tick < 0 && tick % spacing != 0) from -= spacing;
        for (uint256 i; i < MAX_STEPS && (goesUp ? price < limit : price > limit); ++i) {
            int24 edge = goesUp ? from + spacing : from;
            uint160 next = RangeMath.sqrtPriceAtTick(edge);
            uint160 stop = goesUp ? (next < limit ? next : limit) : (next > limit ? next : limit);
            uint256 others = active - (from >= tickLower && from < tickUpper ? liquidity : 0);
            // Rounded down twice, so that the pool never stops a wei short of it.
            if (goesUp && stop > price)
                lstAmount += Math.saturatingSub(RangeMath.amount1Between(price, stop, others), 1);
            if (!goesUp && stop < price)
                lstAmount += Math.saturatingSub(RangeMath.amount0Between(stop, price, others), 1);
            if (stop == limit) break;
            int256 net = _liquidityNet(edge);
            active = uint256(goesUp ? int256(active) + net : int256(active) - net);
            from = goesUp ? edge : edge - spacing;
            price = next;
        }
        return Math.mulDiv(lstAmount, FEE_UNIT, FEE_UNIT - _swapFee());
    }

    // INTERNAL, by venue

    /// @dev True for accounts that pay this adapter in ether.
    function _paysEther(address from) internal view virtual returns (bool);

    /// @dev Price, tick and active liquidity of the pool at this moment. Never a measure of worth.
    function _poolState() internal view virtual returns (uint160 price, int24 tick, uint128 active);

    /// @dev Liquidity that becomes active when the price crosses `tick` upwards.
    function _liquidityNet(int24 tick) internal view virtual returns (int128);

    /// @dev What a sale of wstETH pays in fees now, hundredths of a basis point.
    function _swapFee() internal view virtual returns (uint256);

    /// @dev Fees that the position is owed, token0 and token1.
    function _fees() internal view virtual returns (uint256 fee0, uint256 fee1);

    /// @dev Adds up to the given amounts to the range, to the present NFT or, where `tokenId` is 0, a new one.
    /// Ether that
    /// does not fit is back on this contract. Returns the liquidity added.
    function _addLiquidity(uint128 fits, uint256 eth, uint256 lstAmount) internal virtual returns (uint128 added);

    /// @dev Takes `part` and all fees out, as ether and wstETH on this contract.
    function _removeLiquidity(uint128 part) internal virtual;

    /// @dev Sells wstETH for ether, no lower than `limit`.
    function _sellLst(uint256 lstAmount, uint160 limit) internal virtual;
}

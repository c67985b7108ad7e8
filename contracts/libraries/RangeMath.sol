// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Errors} from "./Errors.sol";

/// @title RangeMath
/// @notice Arithmetic of a concentrated position: prices at ticks, amounts of a liquidity, liquidity of amounts.
/// Prices
/// are square roots of token1 per token0 with 96 binary digits (Q64.96), as the pools of Uniswap v3 and v4 keep them.
/// @dev `sqrtPriceAtTick` is `TickMath.getSqrtPriceAtTick` of github.com/Uniswap/v4-core (MIT), to the bit; the tests
/// hold it against the pool's own initialization. Amounts round down, towards what a pool pays out.
library RangeMath {
    int24 internal constant MAX_TICK = 887_272;
    uint256 internal constant Q96 = 1 << 96;
    uint256 private constant WAD = 1e18;

    /// @notice sqrt(1.0001^tick) in Q64.96.
    function sqrtPriceAtTick(int24 tick) internal pure returns (uint160 sqrtPriceX96) {
        require(tick >= -MAX_TICK && tick <= MAX_TICK, Errors.Adapter_BadRange(tick, tick, 0));
        uint256 absTick = tick < 0 ? uint256(-int256(tick)) : uint256(int256(tick));
        // 1 / sqrt(1.0001)^(2^i) in Q128.128 for each bit i, rounded to nearest.
        uint256[20] memory factors = [
            uint256(0xfffcb933bd6fad37aa2d162d1a594001),
            0xfff97272373d413259a46990580e213a,
            0xfff2e50f5f656932ef12357cf3c7fdcc,
            0xffe5caca7e10e4e61c3624eaa0941cd0,
            0xffcb9843d60f6159c9db58835c926644,
            0xff973b41fa98c081472e6896dfb254c0,
            0xff2ea16466c96a3843ec78b326b52861,
            0xfe5dee046a99a2a811c461f1969c3053,
            0xfcbe86c7900a88aedcffc83b479aa3a4,
            0xf987a7253ac413176f2b074cf7815e54,
            0xf3392b0822b70005940c7a398e4b70f3,
            0xe7159475a2c29b7443b29c7fa6e889d9,
            0xd097f3bdfd2022b8845ad8f792aa5825,
            0xa9f746462d870fdf8a65dc1f90e061e5,
            0x70d869a156d2a1b890bb3df62baf32f7,
            0x31be135f97d08fd981231505542fcfa6,
            0x9aa508b5b7a84e1c677de54f3e99bc9,
            0x5d6af8dedb81196699c329225ee604,
            0x2216e584f5fa1ea926041bedfe98,
            0x48a170391f7dc42444e8fa2
        ];
        uint256 price = 1 << 128;
        for (uint256 i; absTick >> i != 0; ++i) {
            if ((absTick >> i) & 1 != 0) price = (price * factors[i]) >> 128;
        }
        if (tick > 0) price = type(uint256).max / price;
        // From Q128.128 to Q64.96, rounded up as the pools do; fits 160 bits for every tick allowed.
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint160((price + type(uint32).max) >> 32);
    }

    /// @notice Square root of a price in WAD of asset per unit of the other token. `assetIsToken0` inverts it.
    function sqrtPriceOf(uint256 priceWad, bool assetIsToken0) internal pure returns (uint160) {
        uint256 ratio = assetIsToken0 ? Math.mulDiv(WAD, 1 << 192, priceWad) : Math.mulDiv(priceWad, 1 << 192, WAD);
        // The root of a 256-bit number has 128 bits.
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint160(Math.sqrt(ratio));
    }

    /// @notice Tokens of `liquidity` between `lower` and `upper` while the price is `price`, rounded down.
    function amountsOf(
        uint160 price,
        uint160 lower,
        uint160 upper,
        uint256 liquidity
    ) internal pure returns (uint256 amount0, uint256 amount1) {
        if (price < upper) amount0 = amount0Between(price < lower ? lower : price, upper, liquidity);
        if (price > lower) amount1 = amount1Between(lower, price > upper ? upper : price, liquidity);
    }

    /// @notice token0 of `liquidity` between two prices in ascending order, rounded down.
    function amount0Between(uint160 low, uint160 high, uint256 liquidity) internal pure returns (uint256) {
        return Math.mulDiv(liquidity << 96, high - low, high) / low;
    }

    /// @notice token1 of `liquidity` between two prices in ascending order, rounded down.
    function amount1Between(uint160 low, uint160 high, uint256 liquidity) internal pure returns (uint256) {
        return Math.mulDiv(liquidity, high - low, Q96);
    }

    /// @notice Most liquidity that both amounts pay for at `price`.
    function liquidityFor(
        uint160 price,
        uint160 lower,
        uint160 upper,
        uint256 amount0,
        uint256 amount1
    ) internal pure returns (uint128) {
        uint256 liquidity = type(uint128).max;
        if (price < upper) {
            uint160 low = price < lower ? lower : price;
            uint256 per = Math.mulDiv(low, upper, Q96);
            liquidity = Math.min(liquidity, Math.mulDiv(amount0, per, upper - low));
        }
        if (price > lower) {
            uint160 high = price > upper ? upper : price;
            liquidity = Math.min(liquidity, Math.mulDiv(amount1, Q96, high - lower));
        }
        // Bounded by the first line.
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint128(liquidity);
    }
}

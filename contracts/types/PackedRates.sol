// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {OracleKind} from "./Strategy.sol";

/// @notice Everything the guard keeps of a strategy without a market feed, in one word: kind (8 bits), recovering (8),
/// growth cap (16) and slash budget (16) in basis points, time of the growth snapshot (32), snapshot rate (80), last
/// rate (80), from the low end. Times last until 2106, rates up to 1.2 million assets per unit.
type PackedRates is uint256;

using PackedRatesLib for PackedRates global;

/// @title PackedRatesLib
/// @notice Reads and changes single fields; whoever changes one checks that it fits.
library PackedRatesLib {
    uint256 private constant KIND = 0xff;
    uint256 private constant RECOVERING = 0xff << 8;
    uint256 private constant SNAPSHOT = ((1 << 112) - 1) << 48;
    uint256 private constant LAST_RATE = ((1 << 80) - 1) << 160;

    function pack(
        OracleKind kind_,
        uint16 maxRateGrowthBps_,
        uint16 slashBudgetBps_,
        uint256 time,
        uint256 rate
    ) internal pure returns (PackedRates) {
        uint256 word = uint256(kind_) | (uint256(maxRateGrowthBps_) << 16) | (uint256(slashBudgetBps_) << 32);
        return PackedRates.wrap(word).withSnapshot(time, rate).withLastRate(rate);
    }

    function kind(PackedRates rates) internal pure returns (OracleKind) {
        return OracleKind(uint8(PackedRates.unwrap(rates)));
    }

    /// @notice True for the kinds without a market feed, AssetDenominated and RateOnly.
    function isRateOnly(PackedRates rates) internal pure returns (bool) {
        uint256 raw = PackedRates.unwrap(rates) & KIND;
        return raw == uint256(OracleKind.AssetDenominated) || raw == uint256(OracleKind.RateOnly);
    }

    function recovering(PackedRates rates) internal pure returns (bool) {
        return PackedRates.unwrap(rates) & RECOVERING != 0;
    }

    function maxRateGrowthBps(PackedRates rates) internal pure returns (uint16) {
        return uint16(PackedRates.unwrap(rates) >> 16);
    }

    function slashBudgetBps(PackedRates rates) internal pure returns (uint16) {
        return uint16(PackedRates.unwrap(rates) >> 32);
    }

    function snapshotAt(PackedRates rates) internal pure returns (uint32) {
        return uint32(PackedRates.unwrap(rates) >> 48);
    }

    function snapshotRate(PackedRates rates) internal pure returns (uint80) {
        return uint80(PackedRates.unwrap(rates) >> 80);
    }

    function lastRate(PackedRates rates) internal pure returns (uint80) {
        return uint80(PackedRates.unwrap(rates) >> 160);
    }

    function closed(PackedRates rates) internal pure returns (PackedRates) {
        return PackedRates.wrap(PackedRates.unwrap(rates) & ~KIND);
    }

    function withRecovering(PackedRates rates, bool value) internal pure returns (PackedRates) {
        uint256 cleared = PackedRates.unwrap(rates) & ~RECOVERING;
        return PackedRates.wrap(value ? cleared | (1 << 8) : cleared);
    }

    function withSnapshot(PackedRates rates, uint256 time, uint256 rate) internal pure returns (PackedRates) {
        return PackedRates.wrap((PackedRates.unwrap(rates) & ~SNAPSHOT) | (time << 48) | (rate << 80));
    }

    function withLastRate(PackedRates rates, uint256 rate) internal pure returns (PackedRates) {
        return PackedRates.wrap((PackedRates.unwrap(rates) & ~LAST_RATE) | (rate << 160));
    }
}

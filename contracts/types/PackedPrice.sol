// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {PriceStatus} from "./Strategy.sol";

/// @notice What a sync says of one strategy: status (8 bits), sell factor (64), sell factor of the sync before (64),
/// from the low end; factors in WAD. Zero is a strategy that was not asked: Closed.
type PackedPrice is uint256;

using PackedPrices for PackedPrice global;

/// @title PackedPrices
/// @notice One word instead of three return values: the prices of all strategies cross from guard to vault in one
/// answer.
library PackedPrices {
    function pack(PriceStatus status_, uint256 sellFactor_, uint256 lastFactor_) internal pure returns (PackedPrice) {
        // Factors are at most 1e18.
        return PackedPrice.wrap(uint256(status_) | (sellFactor_ << 8) | (lastFactor_ << 72));
    }

    function status(PackedPrice price) internal pure returns (PriceStatus) {
        return PriceStatus(uint8(PackedPrice.unwrap(price)));
    }

    /// @notice True in the bands in which an exit may run: Normal, NoInflow and ExitOnly.
    function isUsable(PackedPrice price) internal pure returns (bool) {
        uint256 raw = uint8(PackedPrice.unwrap(price));
        return raw >= uint256(PriceStatus.Normal) && raw <= uint256(PriceStatus.ExitOnly);
    }

    /// @notice WAD factor on the liquid part; the last good one where there is no price.
    function sellFactor(PackedPrice price) internal pure returns (uint256) {
        return uint64(PackedPrice.unwrap(price) >> 8);
    }

    /// @notice Factor of the previous sync: what moved between the two is the market's doing.
    function lastFactor(PackedPrice price) internal pure returns (uint256) {
        return uint64(PackedPrice.unwrap(price) >> 72);
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title WithdrawalOrder
/// @notice Ids of strategies in one word, first in the lowest byte; a zero byte ends the list.
library WithdrawalOrder {
    /// @notice The list without `id`, the rest in its order.
    function without(uint256 order, uint256 id) internal pure returns (uint256 rest) {
        uint256 shift;
        for (; order != 0; order >>= 8) {
            uint256 next = uint8(order);
            if (next == id) continue;
            rest |= next << shift;
            shift += 8;
        }
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title BitSet32
/// @notice Sets of strategies and of risk ids, one bit each. Walk one with
/// `for (uint256 rest = set; rest != 0; rest &= rest - 1) lowest(rest)`.
library BitSet32 {
    /// @dev A de Bruijn sequence of order 5: the isolated bit shifts one of its 32 distinct five-bit windows to the
    /// top.
    uint256 private constant SEQUENCE = 0x077cb531;
    /// @dev Which bit each window stands for, one byte each.
    uint256 private constant POSITIONS = 0x00011c021d0e18031e16140f191104081f1b0d17151310071a0c12060b050a09;

    /// @notice Index of the lowest bit set; 0 for an empty set.
    function lowest(uint256 set) internal pure returns (uint256 index) {
        uint256 sequence = SEQUENCE;
        uint256 positions = POSITIONS;
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            let isolated := and(set, sub(0, set))
            index := byte(and(shr(27, mul(isolated, sequence)), 31), positions)
        }
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title BoundedCall
/// @notice Reads contracts that may be broken. A typed `try` still reverts in the caller when the answer is too short,
/// and copies an answer of any length; these reads do neither, and refuse an address without code.
library BoundedCall {
    /// @notice Most bytes copied of an answer or of a revert reason: five words, the longest answer read (a feed's round).
    uint256 internal constant RETURN_LIMIT = 160;

    /// @notice Calls a view; `ok` is false when the target has no code or reverts. `answer` is cut at RETURN_LIMIT.
    function tryStaticCall(address target, bytes memory data) internal view returns (bool ok, bytes memory answer) {
        if (target.code.length == 0) return (false, "");
        uint256 limit = RETURN_LIMIT;
        assembly ("memory-safe") {
            ok := staticcall(gas(), target, add(data, 0x20), mload(data), 0, 0)
            let size := returndatasize()
            if gt(size, limit) {
                size := limit
            }
            answer := mload(0x40)
            mstore(answer, size)
            returndatacopy(add(answer, 0x20), 0, size)
            mstore(0x40, and(add(add(answer, 0x3f), size), not(0x1f)))
        }
    }

    /// @notice The i-th 32-byte word; the caller has checked the length.
    function word(bytes memory answer, uint256 i) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := mload(add(add(answer, 0x20), mul(i, 0x20)))
        }
    }
}

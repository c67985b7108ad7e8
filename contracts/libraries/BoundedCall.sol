// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Errors} from "./Errors.sol";

/// @title BoundedCall
/// @notice Reads contracts that may be broken. A typed `try` still reverts in the caller when the answer is too short,
/// copies an answer of any length and hands over nearly all gas; these reads do none of it, and refuse an address
/// without code.
library BoundedCall {
    /// @notice Most bytes copied of an answer or of a revert reason: five words, the longest answer read (a feed's
    /// round).
    uint256 internal constant RETURN_LIMIT = 160;
    /// @notice Most gas one read may burn, so that a gas bomb behind one adapter cannot block the others. An honest
    /// read
    /// of sixteen open exit requests stays far below.
    uint256 internal constant READ_GAS = 3_000_000;

    /// @notice Calls a view without arguments that answers up to three words. `ok` is false when the target has no
    /// code,
    /// reverts, burns READ_GAS or answers less than `words` words.
    /// @dev Nothing is allocated: the answer goes to memory beyond the free pointer and is read from there.
    function tryRead(
        address target,
        bytes4 selector,
        uint256 words
    ) internal view returns (bool ok, uint256 first, uint256 second, uint256 third) {
        uint256 available = gasleft();
        uint256 stipend = READ_GAS;
        // An address without code answers nothing, hence too little.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            let pointer := mload(0x40)
            mstore(pointer, selector)
            ok := staticcall(stipend, target, pointer, 4, pointer, 96)
            if ok {
                ok := iszero(lt(returndatasize(), mul(words, 32)))
                first := mload(pointer)
                second := mload(add(pointer, 32))
                third := mload(add(pointer, 64))
            }
        }
        if (!ok) _refuseStarved(available);
    }

    /// @notice Calls a view; `answer` is cut at RETURN_LIMIT. `ok` as in {tryRead}, without a least length.
    function tryStaticCall(address target, bytes memory data) internal view returns (bool ok, bytes memory answer) {
        if (target.code.length == 0) return (false, "");
        uint256 available = gasleft();
        uint256 stipend = READ_GAS;
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            ok := staticcall(stipend, target, add(data, 0x20), mload(data), 0, 0)
        }
        answer = lastAnswer();
        if (!ok) _refuseStarved(available);
    }

    /// @notice Calls a function that moves something; false when it fails in any way. Copies nothing back.
    /// @dev Too little gas fails like anything else: only for calls whose failure hurts none but the caller.
    function tryCall(address target, bytes memory data) internal returns (bool ok) {
        if (target.code.length == 0) return false;
        uint256 stipend = READ_GAS;
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            ok := call(stipend, target, 0, add(data, 0x20), mload(data), 0, 0)
        }
    }

    /// @notice {tryCall} that refuses to take a caller's lack of gas for the target's failure: for calls whose failure
    /// leaves a mark.
    function tryCallFunded(address target, bytes memory data) internal returns (bool ok) {
        uint256 available = gasleft();
        ok = tryCall(target, data);
        if (!ok) _refuseStarved(available);
    }

    /// @notice What the last call answered, cut at RETURN_LIMIT.
    function lastAnswer() internal pure returns (bytes memory answer) {
        uint256 limit = RETURN_LIMIT;
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
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
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            value := mload(add(add(answer, 0x20), mul(i, 0x20)))
        }
    }

    /// @dev A caller who sends too little gas must not make a healthy target look broken: the EVM forwards at most
    /// 63/64 of what is left, and a failure under less than the full stipend proves nothing.
    function _refuseStarved(uint256 available) private pure {
        uint256 given = available - available / 64;
        require(given >= READ_GAS, Errors.BoundedCall_GasTooLow(given, READ_GAS));
    }
}

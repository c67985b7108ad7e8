// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title AnswerShellDouble
/// @notice Code to put over a venue: answers one function as a test wants, everything else with the venue's own code on its own
/// storage. For answers that the genuine code, or its double, cannot be brought to give.
contract AnswerShellDouble {
    bytes4 private immutable _selector;
    /// @dev Its code, after the first byte, is the answer; an account without code means a revert without reason.
    address private immutable _answer;
    address private immutable _code;

    constructor(bytes4 selector_, address answer_, address code_) {
        _selector = selector_;
        _answer = answer_;
        _code = code_;
    }

    receive() external payable {
        _run();
    }

    fallback() external payable {
        _run();
    }

    function _run() private {
        if (msg.sig == _selector && msg.data.length >= 4) {
            address answer = _answer;
            assembly ("memory-safe") {
                let size := extcodesize(answer)
                if iszero(size) {
                    revert(0, 0)
                }
                let free := mload(0x40)
                extcodecopy(answer, free, 1, sub(size, 1))
                return(free, sub(size, 1))
            }
        }
        (bool ok, bytes memory result) = _code.delegatecall(msg.data);
        assembly ("memory-safe") {
            if ok {
                return(add(result, 0x20), mload(result))
            }
            revert(add(result, 0x20), mload(result))
        }
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title BatchDouble
/// @notice An account that does several things in one transaction: what a venue forbids there shows only so.
contract BatchDouble {
    struct Call {
        address target;
        bytes data;
    }

    function approve(address token, address spender) external {
        IERC20(token).approve(spender, type(uint256).max);
    }

    /// @notice All or nothing; the first failure is passed on as it came.
    function run(Call[] calldata calls) external {
        for (uint256 i; i < calls.length; ++i) {
            (bool ok, bytes memory answer) = calls[i].target.call(calls[i].data);
            if (ok) continue;
            assembly ("memory-safe") {
                revert(add(answer, 0x20), mload(answer))
            }
        }
    }
}

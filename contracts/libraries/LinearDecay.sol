// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title LinearDecay
/// @notice What is left of an amount that fades linearly to zero over a window. A window that slides with time has no
/// midnight: two full budgets never fit into two neighbouring blocks.
library LinearDecay {
    /// @notice Window of the loss limit and of the inflow budgets, seconds.
    uint256 internal constant WINDOW = 24 hours;

    /// @notice Remainder of `amount` recorded at `since`, rounded up, against whoever spends next.
    /// @dev Adding to a remainder and restarting its clock fades slower than two separate amounts would: stricter.
    function remainingUp(uint256 amount, uint256 since) internal view returns (uint256) {
        uint256 elapsed = block.timestamp - since;
        if (elapsed >= WINDOW) return 0;
        return Math.mulDiv(amount, WINDOW - elapsed, WINDOW, Math.Rounding.Ceil);
    }
}

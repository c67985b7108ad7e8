// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title Valuation
/// @notice The one formula that turns a position into the value the vault counts; guard and vault share it.
library Valuation {
    uint256 internal constant WAD = 1e18;

    /// @notice liquid x sellFactor + pending + claimable, rounded down. What waits at the protocol pays the protocol's
    /// rate, so only the part that would be sold on the market carries the market's discount.
    function valueDown(
        uint256 liquid,
        uint256 pending,
        uint256 claimable,
        uint256 sellFactor
    ) internal pure returns (uint256) {
        if (sellFactor != WAD) liquid = Math.mulDiv(liquid, sellFactor, WAD);
        return liquid + pending + claimable;
    }
}

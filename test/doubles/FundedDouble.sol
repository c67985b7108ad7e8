// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {OwnedDouble} from "./OwnedDouble.sol";

/// @title FundedDouble
/// @notice A double whose assets can be set to an exact amount: the owner pays what is missing, and needs to have
/// approved it, or gets back what is too much. So a gain is always backed and a loss is really gone.
abstract contract FundedDouble is OwnedDouble {
    using SafeERC20 for IERC20;

    /// @dev Brings `current` of `token` to `target`.
    function _settle(IERC20 token, uint256 current, uint256 target) internal {
        if (target > current) token.safeTransferFrom(msg.sender, address(this), target - current);
        else if (target < current) token.safeTransfer(msg.sender, current - target);
    }
}

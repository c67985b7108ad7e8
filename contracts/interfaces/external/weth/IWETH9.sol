// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";

/// @title IWETH9
/// @notice Wrapped ether. Source: `contracts/WETH9.sol` of npm canonical-weth 1.4.0.
interface IWETH9 is IERC20Metadata {
    /// @notice Wraps the ETH sent.
    function deposit() external payable;

    /// @notice Unwraps; pays ETH with 2,300 gas.
    function withdraw(uint256 amount) external;
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title IWETH9
/// @notice What WETH adds to ERC-20.
interface IWETH9 {
    function deposit() external payable;
    function withdraw(uint256 wad) external;
}

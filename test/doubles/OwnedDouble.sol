// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title OwnedDouble
/// @notice The deployer of a double drives its market side: rates, finalization, pauses, limits.
abstract contract OwnedDouble {
    error OwnedDouble_NotOwner(address caller, address owner);

    address public immutable owner = msg.sender;

    modifier onlyOwner() {
        require(msg.sender == owner, OwnedDouble_NotOwner(msg.sender, owner));
        _;
    }
}

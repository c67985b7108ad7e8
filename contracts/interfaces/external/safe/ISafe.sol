// SPDX-License-Identifier: LGPL-3.0-only
pragma solidity ^0.8.28;

/// @title ISafe
/// @notice What the ProposalModule asks a Safe, identical in 1.4.1 and 1.5.0.
interface ISafe {
    /// @notice How many owners must confirm.
    function getThreshold() external view returns (uint256);

    /// @notice Its owners.
    function getOwners() external view returns (address[] memory);

    /// @notice Reverts unless `requiredSignatures` distinct owners, in ascending order, confirmed `dataHash`.
    /// @dev The caller counts as having confirmed where it is itself an owner. 1.4.1 hands `data` to contract owners
    /// and
    /// requires keccak256(data) == dataHash there; 1.5.0 ignores it.
    function checkNSignatures(
        bytes32 dataHash,
        bytes calldata data,
        bytes calldata signatures,
        uint256 requiredSignatures
    ) external view;
}

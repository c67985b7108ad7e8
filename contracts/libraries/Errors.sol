// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Errors
/// @notice Every custom error of the project, prefixed by the contract that throws it, with the numbers that
/// explain it.
library Errors {
    // ADAPTERS

    /// @notice The caller is not the adapter's vault.
    error Adapter_NotVault(address caller, address vault);
    /// @notice A constructor argument has no code or does not fit.
    error Adapter_BadTarget(address target);
    /// @notice The venue's unit or asset is not the vault's asset.
    error Adapter_AssetMismatch(address target, address expected, address actual);
    /// @notice The adapter does not hold the assets it was told to allocate.
    error Adapter_NotFunded(uint256 assets, uint256 balance);
    /// @notice Allocating or requesting added less value than the signed minimum.
    error Adapter_ValueTooLow(uint256 value, uint256 minValue);
    /// @notice Deallocating paid less than the signed minimum.
    error Adapter_ReceivedTooLow(uint256 received, uint256 minReceived);
    /// @notice More than the venue can pay or take at this moment.
    error Adapter_LimitExceeded(uint256 assets, uint256 limit);
    /// @notice The venue has no asynchronous exit.
    error Adapter_NoAsyncExit();
    /// @notice Too many exit requests are open; claim finished ones first.
    error Adapter_TooManyRequests(uint256 open, uint256 limit);
    /// @notice The venue's rate is zero.
    error Adapter_RateZero();
    /// @notice Ether arrived from an account that never pays this adapter.
    error Adapter_UnexpectedEther(address from);
    /// @notice The venue takes no exit request this small.
    error Adapter_BelowMinimum(uint256 assets, uint256 minimum);
    /// @notice An ERC-721 arrived that is not an exit request minted to this adapter.
    error Adapter_UnexpectedToken(address collection, address from);
}

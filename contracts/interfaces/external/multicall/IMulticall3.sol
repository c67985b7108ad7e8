// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title IMulticall3
/// @notice The two functions of Multicall3 the keeper reads through. Source: mds1/multicall3, `src/Multicall3.sol`; on
/// mainnet at 0xcA11bde05977b3631167028862bE2a173976CA11 from block 14,353,601.
interface IMulticall3 {
    /// @param target Contract to call.
    /// @param allowFailure False: a failing call reverts the whole batch.
    /// @param callData Selector and arguments.
    struct Call3 {
        address target;
        bool allowFailure;
        bytes callData;
    }

    /// @param success Whether the call returned; also true for an address without code, with empty data.
    /// @param returnData What it returned, or the revert data.
    struct Result {
        bool success;
        bytes returnData;
    }

    /// @notice Runs the calls in order.
    function aggregate3(Call3[] calldata calls) external payable returns (Result[] memory returnData);

    /// @notice Timestamp of the block the call runs in, Unix seconds.
    function getCurrentBlockTimestamp() external view returns (uint256 timestamp);
}

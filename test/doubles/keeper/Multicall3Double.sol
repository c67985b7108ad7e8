// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IMulticall3} from "../../../contracts/interfaces/external/multicall/IMulticall3.sol";

/// @title Multicall3Double
/// @notice Stands for Multicall3, whose bytecode no npm package carries: same signatures, same outcome for a reverting call
/// and for an address without code.
contract Multicall3Double is IMulticall3 {
    error Multicall3CallFailed(uint256 index);

    function aggregate3(Call3[] calldata calls) external payable returns (Result[] memory returnData) {
        returnData = new Result[](calls.length);
        for (uint256 i; i < calls.length; ++i) {
            (bool success, bytes memory data) = calls[i].target.call(calls[i].callData);
            if (!success && !calls[i].allowFailure) revert Multicall3CallFailed(i);
            returnData[i] = Result(success, data);
        }
    }

    function getCurrentBlockTimestamp() external view returns (uint256 timestamp) {
        return block.timestamp;
    }
}

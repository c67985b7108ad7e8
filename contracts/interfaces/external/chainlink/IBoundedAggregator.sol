// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title IBoundedAggregator
/// @notice What a Chainlink proxy says of the aggregator behind it, and what OCR aggregators say of their own bounds.
/// Source: AggregatorProxy.sol (v0.6) of smartcontractkit/chainlink; OffchainAggregator.sol and OCR2Aggregator.sol of
/// smartcontractkit/libocr.
interface IBoundedAggregator {
    /// @notice The present aggregator of a proxy.
    function aggregator() external view returns (address);

    /// @notice Number of that aggregator; the upper bits of every round id.
    function phaseId() external view returns (uint16);

    /// @notice The aggregator answers this for every price at or below.
    function minAnswer() external view returns (int192);

    /// @notice The aggregator answers this for every price at or above.
    function maxAnswer() external view returns (int192);
}

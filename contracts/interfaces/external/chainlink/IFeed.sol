// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title IFeed
/// @notice What the keeper reads from a Chainlink proxy at past blocks. Source: smartcontractkit/chainlink,
/// `AggregatorV3Interface.sol`.
interface IFeed {
    /// @notice Decimals of the answers.
    function decimals() external view returns (uint8);

    /// @notice The last round; reverts after a feed's shutdown.
    function latestRoundData()
        external
        view
        returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound);
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title IEtherFiRates
/// @notice What the keeper reads from weETH at past blocks. Source: etherfi-protocol/smart-contracts, `WeETH.sol`.
interface IEtherFiRates {
    /// @notice eETH per weETH, WAD; one eETH redeems for one ETH.
    function getRate() external view returns (uint256);
}

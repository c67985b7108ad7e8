// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title IStaderStakePoolsManager
/// @notice Source: `contracts/StaderStakePoolsManager.sol` of github.com/stader-labs/ethx.
interface IStaderStakePoolsManager {
    /// @notice Mints ETHx for the ETH sent, which must lie between minimum and maximum.
    function deposit(address receiver) external payable returns (uint256 shares);

    /// @notice ETH of one ETHx, WAD; moves only with an oracle report.
    function getExchangeRate() external view returns (uint256);

    /// @notice ETH of `ethXAmount` ETHx, rounded down: what a request expects.
    function previewWithdraw(uint256 ethXAmount) external view returns (uint256);

    /// @notice ETHx of `assets` of ETH, rounded down.
    function convertToShares(uint256 assets) external view returns (uint256);

    /// @notice Smallest deposit; 0 while the vault is unhealthy or paused.
    function minDeposit() external view returns (uint256);

    /// @notice Largest single deposit; 0 while the vault is unhealthy or paused.
    function maxDeposit() external view returns (uint256);
    function paused() external view returns (bool);
    function staderConfig() external view returns (address);
}

/// @title IStaderUserWithdrawalManager
/// @notice Source: `contracts/UserWithdrawalManager.sol` of github.com/stader-labs/ethx.
interface IStaderUserWithdrawalManager {
    /// @notice Pulls ETHx and makes a request of `owner`'s, whoever asks. At most `maxNonRedeemedUserRequestCount` may
    /// be open per owner, claimed or not.
    function requestWithdraw(uint256 ethXAmount, address owner) external returns (uint256 requestId);

    /// @notice Pays a finalized request to its owner, who must be the caller, and deletes it. Never paused.
    function claim(uint256 requestId) external;

    /// @param ethExpected Requested, wei; never more is paid.
    /// @param ethFinalized What `claim` pays, once the request is below `nextRequestIdToFinalize`.
    function userWithdrawRequests(
        uint256 requestId
    )
        external
        view
        returns (address owner, uint256 ethXAmount, uint256 ethExpected, uint256 ethFinalized, uint256 requestBlock);
    function nextRequestIdToFinalize() external view returns (uint256);
}

/// @title IStaderConfig
/// @notice Source: `contracts/StaderConfig.sol` of github.com/stader-labs/ethx.
interface IStaderConfig {
    function getETHxToken() external view returns (address);
    function getStakePoolManager() external view returns (address);
    function getUserWithdrawManager() external view returns (address);

    /// @notice Smallest request, wei of ETH.
    function getMinWithdrawAmount() external view returns (uint256);

    /// @notice Largest request, wei of ETH.
    function getMaxWithdrawAmount() external view returns (uint256);
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title IKelpDepositPool
/// @notice Source: `contracts/LRTDepositPool.sol` of github.com/Kelp-DAO/LRT-rsETH. `asset` is the pseudo-address
/// 0xEeee...EEeE for ETH.
interface IKelpDepositPool {
    /// @notice Mints rsETH for the ETH sent at the stored price.
    function depositETH(uint256 minRSETHAmountExpected, string calldata referralId) external payable;

    /// @notice rsETH that `amount` mints now.
    function getRsETHAmountToMint(address asset, uint256 amount) external view returns (uint256);

    /// @notice Room below the deposit limit of `asset`.
    function getAssetCurrentLimit(address asset) external view returns (uint256);
    function minAmountToDeposit() external view returns (uint256);
    function paused() external view returns (bool);
    function lrtConfig() external view returns (address);
}

/// @title IKelpWithdrawalManager
/// @notice Source: `contracts/LRTWithdrawalManager.sol` of github.com/Kelp-DAO/LRT-rsETH.
interface IKelpWithdrawalManager {
    /// @notice Pulls rsETH and queues a request of the caller's under the nonce `nextUnusedNonce(asset)`.
    function initiateWithdrawal(address asset, uint256 rsETHUnstaked, string calldata referralId) external;

    /// @notice Pays the caller's oldest request and deletes it; reverts unless unlocked and past the delay. Kelp's
    /// operator may do the same for any user.
    function completeWithdrawal(address asset, string calldata referralId) external;

    /// @notice Assets that `amount` rsETH is worth now, by Kelp's own oracle.
    function getExpectedAssetAmount(address asset, uint256 amount) external view returns (uint256);

    /// @notice Assets not yet promised to other requests: more cannot be requested.
    function getAvailableAssetAmount(address asset) external view returns (uint256);
    function minRsEthAmountToWithdraw(address asset) external view returns (uint256);
    function nextUnusedNonce(address asset) external view returns (uint256);

    /// @notice Requests below this nonce are unlocked.
    function nextLockedNonce(address asset) external view returns (uint256);
    function withdrawalDelayBlocks() external view returns (uint256);
    function getRequestId(address asset, uint256 requestIndex) external pure returns (bytes32);

    /// @param expectedAssetAmount Requested; once unlocked, what will be paid.
    function withdrawalRequests(
        bytes32 requestId
    ) external view returns (uint256 rsETHUnstaked, uint256 expectedAssetAmount, uint256 withdrawalStartBlock);
    function paused() external view returns (bool);
    function lrtConfig() external view returns (address);
}

/// @title IKelpConfig
/// @notice Source: `contracts/LRTConfig.sol` of github.com/Kelp-DAO/LRT-rsETH.
interface IKelpConfig {
    function rsETH() external view returns (address);
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title IRenzoRestakeManager
/// @notice Source: `contracts/RestakeManager.sol` of github.com/Renzo-Protocol/contracts-public.
interface IRenzoRestakeManager {
    /// @notice Mints ezETH for the ETH sent, at the value of the whole protocol.
    function depositETH() external payable;

    /// @notice Value of every operator and token; `totalTVL` is the worth of all ezETH, wei of ETH. Walks all
    /// operators
    /// and collateral tokens, and reverts while the feed of one of them is older than a day and a minute.
    function calculateTVLs()
        external
        view
        returns (uint256[][] memory operatorTokenTVLs, uint256[] memory operatorTVLs, uint256 totalTVL);
    function paused() external view returns (bool);

    /// @notice Most the protocol takes in all, wei; 0 for no limit.
    function maxDepositTVL() external view returns (uint256);
    function ezETH() external view returns (address);
}

/// @title IRenzoWithdrawQueue
/// @notice Source: `contracts/Withdraw/WithdrawQueue.sol` and `WithdrawQueueStorage.sol` of
/// github.com/Renzo-Protocol/contracts-public.
interface IRenzoWithdrawQueue {
    /// @notice Pulls ezETH and appends a request to the caller's list.
    function withdraw(uint256 amount, address assetOut) external;

    /// @notice Pays request `withdrawRequestIndex` of `user` to `user`; anyone may call. The last request of the list
    /// takes its place.
    function claim(uint256 withdrawRequestIndex, address user) external;

    /// @param amountToRedeem Most that will be paid, wei.
    /// @param ezETHLocked What it is worth at the claim bounds it, too.
    function withdrawRequests(
        address user,
        uint256 index
    )
        external
        view
        returns (
            address collateralToken,
            uint256 withdrawRequestID,
            uint256 amountToRedeem,
            uint256 ezETHLocked,
            uint256 createdAt
        );
    function getOutstandingWithdrawRequests(address user) external view returns (uint256);

    /// @notice Id of the last request made.
    function withdrawRequestNonce() external view returns (uint256);

    /// @notice Where a request that found the buffer too small stands; the key is keccak256(abi.encode(request,
    /// user)).
    function withdrawQueued(bytes32 withdrawHash) external view returns (bool queued, uint256 fillAt);
    function ethWithdrawQueue() external view returns (uint256 queuedWithdrawToFill, uint256 queuedWithdrawFilled);

    /// @notice What `amount` ezETH would be paid now, wei of ETH for the pseudo-address of ETH.
    function calculateAmountToRedeem(
        uint256 amount,
        address assetOut
    ) external view returns (uint256[][] memory operatorTokenTVLs, uint256 amountToRedeem);

    /// @notice 0 where an asset cannot be asked for.
    function withdrawalBufferTarget(address asset) external view returns (uint256);
    function coolDownPeriod() external view returns (uint256);
    function paused() external view returns (bool);
    function riskOracleMiddleware() external view returns (address);
    function ezETH() external view returns (address);
    function restakeManager() external view returns (address);
}

/// @title IRenzoRiskOracle
/// @notice Source: `contracts/Oracle/RiskOracle/IRiskOracleMiddleware.sol` of
/// github.com/Renzo-Protocol/contracts-public, as WithdrawQueue uses it.
interface IRenzoRiskOracle {
    function depositPaused() external view returns (bool);
    function withdrawClaimPaused() external view returns (bool);

    /// @notice A longer cool-down takes the place of the queue's own.
    function withdrawCooldownPeriod() external view returns (uint256);
}

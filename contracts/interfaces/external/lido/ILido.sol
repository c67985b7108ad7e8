// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title IStETH
/// @notice Source: `contracts/0.4.24/Lido.sol` and `StETH.sol` of github.com/lidofinance/core.
interface IStETH is IERC20 {
    /// @notice Stakes the ETH sent. The balance added can be 1-2 wei short of it.
    function submit(address referral) external payable returns (uint256 shares);
    function getPooledEthByShares(uint256 shares) external view returns (uint256);
    function getSharesByPooledEth(uint256 pooledEth) external view returns (uint256);
    function isStakingPaused() external view returns (bool);

    /// @notice ETH that may still be staked now; 0 when paused, the maximum of uint256 when there is no limit.
    function getCurrentStakeLimit() external view returns (uint256);
}

/// @title IWstETH
/// @notice Source: `contracts/0.6.12/WstETH.sol` of github.com/lidofinance/core. ETH sent to it is staked and wrapped.
interface IWstETH is IERC20 {
    function wrap(uint256 stEthAmount) external returns (uint256);
    function unwrap(uint256 wstEthAmount) external returns (uint256);
    function getStETHByWstETH(uint256 wstEthAmount) external view returns (uint256);
    function getWstETHByStETH(uint256 stEthAmount) external view returns (uint256);
    function stEthPerToken() external view returns (uint256);
    function stETH() external view returns (address);
}

/// @title ILidoWithdrawalQueue
/// @notice Source: `contracts/0.8.9/WithdrawalQueue.sol` and `WithdrawalQueueBase.sol` of github.com/lidofinance/core.
interface ILidoWithdrawalQueue {
    /// @param amountOfStETH stETH requested; never more is paid.
    /// @param amountOfShares Its shares at the time of the request.
    struct WithdrawalRequestStatus {
        uint256 amountOfStETH;
        uint256 amountOfShares;
        address owner;
        uint256 timestamp;
        bool isFinalized;
        bool isClaimed;
    }

    /// @notice True while no new request is taken; finished ones are still paid.
    function isPaused() external view returns (bool);

    /// @notice True while losses are spread over all requests and finalization is slowed down.
    function isBunkerModeActive() external view returns (bool);
    function MIN_STETH_WITHDRAWAL_AMOUNT() external view returns (uint256);
    function MAX_STETH_WITHDRAWAL_AMOUNT() external view returns (uint256);
    function WSTETH() external view returns (address);

    /// @notice Reverts while paused; claims go on.
    function requestWithdrawalsWstETH(
        uint256[] calldata amounts,
        address owner
    ) external returns (uint256[] memory requestIds);
    function getWithdrawalStatus(
        uint256[] calldata requestIds
    ) external view returns (WithdrawalRequestStatus[] memory);
    function getLastCheckpointIndex() external view returns (uint256);

    /// @notice `requestIds` ascending; indices from 1.
    function findCheckpointHints(
        uint256[] calldata requestIds,
        uint256 firstIndex,
        uint256 lastIndex
    ) external view returns (uint256[] memory hintIds);
    function getClaimableEther(
        uint256[] calldata requestIds,
        uint256[] calldata hints
    ) external view returns (uint256[] memory);
    function claimWithdrawals(uint256[] calldata requestIds, uint256[] calldata hints) external;
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";

/// @title IPufferVault
/// @notice Source: `mainnet-contracts/src/PufferVaultV5.sol` of github.com/PufferFinance/puffer-contracts. Every
/// entry and
/// exit is `restricted`: the AccessManager at `authority` can close it, and no limit says so.
interface IPufferVault is IERC4626 {
    function authority() external view returns (address);

    /// @notice Fee of `withdraw` and `redeem`, basis points; at most 500. The queue charges none.
    function getTotalExitFeeBasisPoints() external view returns (uint256);
}

/// @title IPufferWithdrawalManager
/// @notice Source: `mainnet-contracts/src/PufferWithdrawalManager.sol` of the same repository.
interface IPufferWithdrawalManager {
    /// @param pufETHToETHExchangeRate Rate when it was requested, WAD.
    /// @param recipient Zero once it is paid.
    struct Withdrawal {
        uint128 pufETHAmount;
        uint128 pufETHToETHExchangeRate;
        address recipient;
    }

    /// @param pufETHToETHExchangeRate Rate when it was finalized, WAD.
    struct WithdrawalBatch {
        uint64 pufETHToETHExchangeRate;
        uint88 toBurn;
        uint96 toTransfer;
        uint128 withdrawalsClaimed;
        uint128 amountClaimed;
    }

    /// @notice Queues pufETH of the caller; once per transaction, whoever calls. Its index is the former length.
    function requestWithdrawal(uint128 pufETHAmount, address recipient) external;

    /// @notice Pays a finalized withdrawal in WETH to its recipient, whoever calls, and deletes it.
    function completeQueuedWithdrawal(uint256 withdrawalIdx) external;
    function getWithdrawalsLength() external view returns (uint256);
    function getWithdrawal(uint256 withdrawalIdx) external view returns (Withdrawal memory);
    function getBatch(uint256 batchIdx) external view returns (WithdrawalBatch memory);
    function getFinalizedWithdrawalBatch() external view returns (uint256);
    function getMaxWithdrawalAmount() external view returns (uint256);
    function MIN_WITHDRAWAL_AMOUNT() external view returns (uint256);
    function BATCH_SIZE() external view returns (uint256);
    function PUFFER_VAULT() external view returns (address);
    function authority() external view returns (address);
}

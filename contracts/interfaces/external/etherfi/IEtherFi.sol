// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title IEtherFiPausable
/// @notice Source: `src/governance/utils/PausableUntil.sol` of github.com/etherfi-protocol/smart-contracts.
interface IEtherFiPausable {
    function paused() external view returns (bool);

    /// @notice Unix seconds of the last second of a pause that ends by itself. Since 2026.
    function pausedUntil() external view returns (uint256);
}

/// @title IEtherFiBlacklister
/// @notice Source: `src/governance/Blacklister.sol` of github.com/etherfi-protocol/smart-contracts, since 2026.
interface IEtherFiBlacklister {
    /// @notice Reverts while `user` is listed.
    function nonBlacklisted(address user) external view;
}

/// @title IEtherFiLiquidityPool
/// @notice Source: `src/LiquidityPool.sol`, since 2026 `src/core/LiquidityPool.sol`, of
/// github.com/etherfi-protocol/smart-contracts.
interface IEtherFiLiquidityPool is IEtherFiPausable {
    /// @notice Stakes the ETH sent and mints eETH; returns shares.
    function deposit() external payable returns (uint256 shares);

    /// @notice Pulls `amount` eETH and mints a request to `recipient`; `amount` must fit uint96.
    function requestWithdraw(address recipient, uint256 amount) external returns (uint256 requestId);
    function amountForShare(uint256 share) external view returns (uint256);
    function sharesForAmount(uint256 amount) external view returns (uint256);
    function eETH() external view returns (address);
    function withdrawRequestNFT() external view returns (address);

    /// @notice Bounds of one request, wei. Since 2026.
    function minWithdrawAmount() external view returns (uint256);
    function maxWithdrawAmount() external view returns (uint256);

    /// @notice Since 2026.
    function blacklister() external view returns (address);
}

/// @title IWeETH
/// @notice Source: `src/WeETH.sol` of github.com/etherfi-protocol/smart-contracts.
interface IWeETH is IERC20 {
    function wrap(uint256 eEthAmount) external returns (uint256 weEthAmount);
    function unwrap(uint256 weEthAmount) external returns (uint256 eEthAmount);
    function getEETHByWeETH(uint256 weEthAmount) external view returns (uint256);
    function getWeETHByeETH(uint256 eEthAmount) external view returns (uint256);
    function getRate() external view returns (uint256);
    function eETH() external view returns (address);
    function liquidityPool() external view returns (address);
}

/// @title IEtherFiWithdrawRequestNFT
/// @notice Source: `src/WithdrawRequestNFT.sol` of github.com/etherfi-protocol/smart-contracts.
interface IEtherFiWithdrawRequestNFT {
    /// @param isValid False when the protocol has invalidated the request: it cannot be claimed then.
    struct WithdrawRequest {
        uint96 amountOfEEth;
        uint96 shareOfEEth;
        bool isValid;
        uint32 feeGwei;
    }

    function getRequest(uint256 requestId) external view returns (WithdrawRequest memory);
    function isFinalized(uint256 requestId) external view returns (bool);

    /// @notice Reverts unless finalized and not claimed.
    function getClaimableAmount(uint256 requestId) external view returns (uint256);

    /// @notice Burns the request and pays ETH to its owner, who must be the caller.
    function claimWithdraw(uint256 requestId) external;
    function ownerOf(uint256 requestId) external view returns (address);
}

/// @title IEtherFiRedemptionManager
/// @notice Source: `src/withdrawals/EtherFiRedemptionManager.sol` of github.com/etherfi-protocol/smart-contracts at its
/// state of July 2026. Builds before October 2025 know no output token.
interface IEtherFiRedemptionManager is IEtherFiPausable {
    /// @notice A bucket that refills by the second, in units of 1e12 wei.
    struct Limit {
        uint64 capacity;
        uint64 remaining;
        uint64 lastRefill;
        uint64 refillRate;
    }

    /// @notice The output token that stands for ether.
    function ETH_ADDRESS() external view returns (address);
    function weEth() external view returns (address);
    function liquidityPool() external view returns (address);

    /// @notice Pulls `weEthAmount`, keeps the exit fee of its eETH and pays the rest in `outputToken`.
    function redeemWeEth(uint256 weEthAmount, address receiver, address outputToken) external;

    /// @notice Most eETH that can be redeemed now, before the fee: what the bucket holds, and what the pool has above
    /// its low watermark.
    function totalRedeemableAmount(address outputToken) external view returns (uint256);
    function tokenToRedemptionInfo(
        address outputToken
    )
        external
        view
        returns (
            Limit memory limit,
            uint16 exitFeeSplitToTreasuryInBps,
            uint16 exitFeeInBps,
            uint16 lowWatermarkInBpsOfTvl
        );
}

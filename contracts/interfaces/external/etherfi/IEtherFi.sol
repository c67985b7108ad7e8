// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title IEtherFiLiquidityPool
/// @notice Source: `src/LiquidityPool.sol` of github.com/etherfi-protocol/smart-contracts.
interface IEtherFiLiquidityPool {
    /// @notice Stakes the ETH sent and mints eETH; returns shares.
    function deposit() external payable returns (uint256 shares);

    /// @notice Pulls `amount` eETH and mints a request to `recipient`; `amount` must fit uint96.
    function requestWithdraw(address recipient, uint256 amount) external returns (uint256 requestId);
    function amountForShare(uint256 share) external view returns (uint256);
    function sharesForAmount(uint256 amount) external view returns (uint256);
    function paused() external view returns (bool);
    function eETH() external view returns (address);
    function withdrawRequestNFT() external view returns (address);
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

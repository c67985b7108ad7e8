// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title ISwellToken
/// @notice What swETH and rswETH share. Sources: `contracts/lst/contracts/implementations/swETH.sol` and
/// `contracts/lrt/contracts/implementations/RswETH.sol` of github.com/SwellNetwork/v3-core-public.
interface ISwellToken is IERC20 {
    /// @notice Mints at the stored rate for the ETH sent. Refused while core methods are paused, or where a whitelist
    /// is enabled and the caller is not on it.
    function deposit() external payable;

    /// @notice ETH of one token, WAD; moves only when Swell's bot reprices.
    function getRate() external view returns (uint256);
    function AccessControlManager() external view returns (address);
    function whitelistEnabled() external view returns (bool);
    function whitelistedAddresses(address account) external view returns (bool);
}

/// @title ISwellExit
/// @notice What swEXIT and rswEXIT share: requests are ERC-721 tokens. Sources: `IswEXIT.sol`, `swEXIT.sol`,
/// `IrswEXIT.sol` and `RswEXIT.sol` of github.com/SwellNetwork/v3-core-public.
interface ISwellExit {
    /// @notice Burns `amount` of the token and mints a request to the caller by a safe mint. Same whitelist rule as a
    /// deposit; `amount` must lie between minimum and maximum.
    function createWithdrawRequest(uint256 amount) external;

    /// @notice Burns a processed request and pays its owner, who must be the caller.
    function finalizeWithdrawal(uint256 tokenId) external;

    /// @param amount Tokens burnt.
    /// @param lastTokenIdProcessed Last request processed when this one was made.
    /// @param rateWhenCreated Rate of that moment; a request never pays more.
    function withdrawalRequests(
        uint256 tokenId
    ) external view returns (uint256 amount, uint256 lastTokenIdProcessed, uint256 rateWhenCreated);

    /// @notice True with a rate also for requests that do not exist.
    function getProcessedRateForTokenId(uint256 tokenId) external view returns (bool isProcessed, uint256 rate);
    function getLastTokenIdCreated() external view returns (uint256);
    function withdrawRequestMinimum() external view returns (uint256);
    function withdrawRequestMaximum() external view returns (uint256);
    function ownerOf(uint256 tokenId) external view returns (address);
    function AccessControlManager() external view returns (address);
    function whitelistEnabled() external view returns (bool);
    function whitelistedAddresses(address account) external view returns (bool);
}

/// @title ISwellAccessControl
/// @notice Source: `AccessControlManager.sol` of github.com/SwellNetwork/v3-core-public.
interface ISwellAccessControl {
    /// @notice Deposits are paused.
    function coreMethodsPaused() external view returns (bool);

    /// @notice Requests and claims are paused.
    function withdrawalsPaused() external view returns (bool);
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title IBedrockStaking
/// @notice Source: `src/contracts/rockx_staking.sol` of github.com/Bedrock-Technology/stake (its contract `Staking`).
interface IBedrockStaking {
    /// @notice Mints uniETH for the ETH sent; at least `minToMint`, strictly before `deadline`.
    function mint(uint256 minToMint, uint256 deadline) external payable returns (uint256 minted);

    /// @notice Burns uniETH and queues a debt of `ethersToRedeem`, a whole multiple of 32 ETH, to the caller.
    function redeemFromValidators(
        uint256 ethersToRedeem,
        uint256 maxToBurn,
        uint256 deadline
    ) external returns (uint256 burned);

    /// @notice Burns up to `tokenAmount` uniETH against ether that waits to be staked, and pays it at once.
    function instantSwap(uint256 tokenAmount) external;
    function previewInstantSwap(
        uint256 tokenAmount
    ) external view returns (uint256 maxEthersToSwap, uint256 maxTokensToBurn);

    /// @notice ETH of one uniETH, WAD.
    function exchangeRatio() external view returns (uint256);

    /// @notice ETH behind all uniETH, debts deducted.
    function currentReserve() external view returns (uint256);

    /// @notice What is left of a debt; no account once it is paid in full.
    function checkDebt(uint256 index) external view returns (address account, uint256 amount);

    /// @notice First unpaid debt and last debt made; debts are paid in this order, the first in parts.
    function getDebtQueue() external view returns (uint256 first, uint256 last);
    function xETHAddress() external view returns (address);
    function redeemContract() external view returns (address);
    function paused() external view returns (bool);
}

/// @title IBedrockRedeem
/// @notice Source: `src/contracts/rockx_redeem.sol` of github.com/Bedrock-Technology/stake. Holds what debts were
/// paid.
interface IBedrockRedeem {
    function balanceOf(address account) external view returns (uint256);

    /// @notice Pays `amount` of the caller's balance to `to`.
    function claim(address to, uint256 amount) external returns (bool);
}

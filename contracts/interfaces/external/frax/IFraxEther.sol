// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";

/// @title IFraxEtherMinter
/// @notice Source: verified source of FraxEtherMinter (frxETH v2) at 0x7Bc6bad540453360F744666D625fec0ee1320cA3. The
/// minter of v1 names its pause `submitPaused` and is not meant here.
interface IFraxEtherMinter {
    /// @notice Mints frxETH for the ETH sent, one to one, and deposits it into sfrxETH for `recipient`.
    function submitAndDeposit(address recipient) external payable returns (uint256 shares);
    function mintFrxEthPaused() external view returns (bool);
    function frxEthToken() external view returns (address);
    function sfrxEthToken() external view returns (address);
}

/// @title ISfrxEth
/// @notice Source: `src/sfrxETH.sol` of github.com/FraxFinance/frxETH-public, an xERC4626: rewards sent in enter
/// the price
/// linearly over the cycle after the next `syncRewards`.
interface ISfrxEth is IERC4626 {
    function pricePerShare() external view returns (uint256);
    function syncRewards() external;
    function rewardsCycleEnd() external view returns (uint32);
}

/// @title IFraxEtherRedemptionQueueV2
/// @notice Source: verified source of FraxEtherRedemptionQueueV2 at 0xfDC69e6BE352BD5644C438302DE4E311AAD5565b. The
/// first
/// queue, `burnRedemptionTicketNft`, no longer pays.
interface IFraxEtherRedemptionQueueV2 {
    /// @notice Takes frxETH and mints a ticket to `recipient`, safely; at most `MAX_FRXETH_PER_NFT`.
    function enterRedemptionQueue(address recipient, uint120 amountToRedeem) external returns (uint256 nftId);

    /// @notice Burns a mature ticket of the caller and pays it in ETH less its fee.
    function fullRedeemNft(
        uint256 nftId,
        address payable recipient
    ) external returns (uint120 amountEtherPaidToUser, uint120 redemptionFeeAmount);

    /// @param partialAmount 0 asks for all of it.
    /// @return isRedeemable Mature, its turn, and the ether is there.
    function canRedeem(
        uint256 nftId,
        uint120 partialAmount,
        bool revertIfFalse
    ) external view returns (bool isRedeemable, uint120 maxAmountRedeemable);

    /// @return hasBeenRedeemed Whether it is paid.
    /// @return maturity Unix seconds.
    /// @return amount frxETH of the ticket before its fee.
    /// @return redemptionFee Fee fixed at the request, 1e6 is 100 %.
    /// @return ttlEthRequestedSnapshot ETH requested before it, ever.
    function nftInformation(
        uint256 nftId
    )
        external
        view
        returns (
            bool hasBeenRedeemed,
            uint64 maturity,
            uint120 amount,
            uint64 redemptionFee,
            uint120 ttlEthRequestedSnapshot
        );

    function redemptionQueueState()
        external
        view
        returns (
            uint64 nextNftId,
            uint64 queueLengthSecs,
            uint64 redemptionFee,
            uint120 ttlEthRequested,
            uint120 ttlEthServed
        );
    function MAX_FRXETH_PER_NFT() external view returns (uint120);
    function FRX_ETH() external view returns (address);
    function SFRX_ETH() external view returns (address);
    function ownerOf(uint256 nftId) external view returns (address);
}

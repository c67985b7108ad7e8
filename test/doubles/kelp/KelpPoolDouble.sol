// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {MintableDouble} from "../MintableDouble.sol";
import {OwnedDouble} from "../OwnedDouble.sol";

/// @title KelpPoolDouble
/// @notice Double of Kelp's LRTDepositPool together with its LRTConfig and the stored price of its LRTOracle, NOT the
/// protocol. Follows `contracts/LRTDepositPool.sol`, `LRTConfig.sol` and `LRTOracle.sol` of github.com/Kelp-DAO/LRT-rsETH:
/// minting at the stored price, a minimum deposit, a limit that for ETH is checked after the ether has arrived.
/// @dev Left out: other assets, node delegators, roles. ETH deposited stays here and pays requests.
///
/// Market side (owner): `setPrice` (what `updateRSETHPrice` would store), `pause`, `unpause`, `setLimits`, `payOut`.
contract KelpPoolDouble is OwnedDouble {
    event ETHDeposit(address indexed depositor, uint256 depositAmount, uint256 rsethMintAmount, string referralId);

    error InvalidAmountToDeposit();
    error MaximumDepositLimitReached();
    error MinimumAmountToReceiveNotMet();
    error AssetNotSupported();
    error KelpPoolDouble_NotIssuer(address caller);

    address public constant ETH_TOKEN = 0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE;

    MintableDouble public immutable rsETH;
    uint256 public rsETHPrice = 1e18;
    uint256 public minAmountToDeposit = 1e14;
    uint256 public depositLimit = 10_000_000 ether;
    /// @notice Ether of the protocol that is not here, wei.
    uint256 public restaked;
    bool public paused;

    constructor(MintableDouble rsETH_, uint256 restaked_) {
        rsETH = rsETH_;
        restaked = restaked_;
    }

    receive() external payable {}

    modifier onlySupported(address asset) {
        if (asset != ETH_TOKEN) revert AssetNotSupported();
        _;
    }

    // MARKET

    function setPrice(uint256 priceWad) external onlyOwner {
        rsETHPrice = priceWad;
    }

    function setLimits(uint256 minimum, uint256 limit) external onlyOwner {
        (minAmountToDeposit, depositLimit) = (minimum, limit);
    }

    function setRestaked(uint256 amount) external onlyOwner {
        restaked = amount;
    }

    function pause() external onlyOwner {
        paused = true;
    }

    function unpause() external onlyOwner {
        paused = false;
    }

    /// @notice Ether for unlocked requests, as LRTUnstakingVault gives it.
    function payOut(address payable to, uint256 amount) external {
        require(msg.sender == owner || rsETH.isIssuer(msg.sender), KelpPoolDouble_NotIssuer(msg.sender));
        (bool sent, ) = to.call{value: amount}("");
        require(sent, "ETH transfer failed");
    }

    // HOLDER

    function depositETH(uint256 minRSETHAmountExpected, string calldata referralId) external payable {
        require(!paused, "Pausable: paused");
        if (msg.value == 0 || msg.value < minAmountToDeposit) revert InvalidAmountToDeposit();
        if (getTotalAssetDeposits(ETH_TOKEN) > depositLimit) revert MaximumDepositLimitReached();
        uint256 amount = getRsETHAmountToMint(ETH_TOKEN, msg.value);
        if (amount < minRSETHAmountExpected) revert MinimumAmountToReceiveNotMet();
        rsETH.mint(msg.sender, amount);
        emit ETHDeposit(msg.sender, msg.value, amount, referralId);
    }

    // VIEWS

    function lrtConfig() external view returns (address) {
        return address(this);
    }

    function getAssetPrice(address asset) public pure onlySupported(asset) returns (uint256) {
        return 1e18;
    }

    function getRsETHAmountToMint(address asset, uint256 amount) public view returns (uint256) {
        return (amount * getAssetPrice(asset)) / rsETHPrice;
    }

    function getTotalAssetDeposits(address asset) public view onlySupported(asset) returns (uint256) {
        return address(this).balance + restaked;
    }

    function getAssetCurrentLimit(address asset) external view returns (uint256) {
        uint256 deposits = getTotalAssetDeposits(asset);
        return deposits > depositLimit ? 0 : depositLimit - deposits;
    }
}

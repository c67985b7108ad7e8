// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {MintableDouble} from "../MintableDouble.sol";
import {OwnedDouble} from "../OwnedDouble.sol";
import {StaderWithdrawalDouble} from "./StaderWithdrawalDouble.sol";

/// @title StaderPoolDouble
/// @notice Double of Stader's StaderStakePoolsManager together with its StaderConfig and the rate of its oracle, NOT the
/// protocol. Follows `contracts/StaderStakePoolsManager.sol`, `StaderConfig.sol` and `StaderOracle.sol` of
/// github.com/stader-labs/ethx: the rate is that of the last report (balance / supply), so minting and burning do not
/// move it; a report of zero balance or a pause makes the vault unhealthy, and then both deposit limits read 0.
/// @dev Left out: pools, validators, roles. ETH deposited stays here and pays requests.
///
/// Market side (owner): `report(balance, supply)`, `setRate`, `pause`, `unpause`, `setSafeMode`, the limits, `withdrawEther`.
contract StaderPoolDouble is OwnedDouble {
    event Deposited(address indexed caller, address indexed owner, uint256 assets, uint256 shares);

    error InvalidDepositAmount();
    error TransferFailed();
    error StaderPoolDouble_NotQueue(address caller);

    MintableDouble public immutable getETHxToken;
    StaderWithdrawalDouble public getUserWithdrawManager;
    uint256 public totalETHBalance;
    uint256 public totalETHXSupply;
    bool public paused;
    bool public safeMode;
    uint256 public getMinDepositAmount = 1e14;
    uint256 public getMaxDepositAmount = 10_000 ether;
    uint256 public getMinWithdrawAmount = 1e14;
    uint256 public getMaxWithdrawAmount = 10_000 ether;
    uint256 public getMinBlockDelayToFinalizeWithdrawRequest = 600;

    constructor(MintableDouble ethX, uint256 reportedSupply) {
        getETHxToken = ethX;
        (totalETHBalance, totalETHXSupply) = (reportedSupply, reportedSupply);
    }

    receive() external payable {}

    // MARKET

    function setQueue(StaderWithdrawalDouble queue) external onlyOwner {
        getUserWithdrawManager = queue;
    }

    function report(uint256 ethBalance, uint256 ethXSupply) public onlyOwner {
        (totalETHBalance, totalETHXSupply) = (ethBalance, ethXSupply);
    }

    /// @notice A report whose rate is exactly `rateWad`, given at least 1e18 of reported supply.
    function setRate(uint256 rateWad) external onlyOwner {
        report((totalETHXSupply * rateWad + 1e18 - 1) / 1e18, totalETHXSupply);
    }

    function pause() external onlyOwner {
        paused = true;
    }

    function unpause() external onlyOwner {
        paused = false;
    }

    function setSafeMode(bool isSafeMode) external onlyOwner {
        safeMode = isSafeMode;
    }

    function setDepositLimits(uint256 minimum, uint256 maximum) external onlyOwner {
        (getMinDepositAmount, getMaxDepositAmount) = (minimum, maximum);
    }

    function setWithdrawLimits(uint256 minimum, uint256 maximum) external onlyOwner {
        (getMinWithdrawAmount, getMaxWithdrawAmount) = (minimum, maximum);
    }

    function withdrawEther(address payable to, uint256 amount) external onlyOwner {
        _send(to, amount);
    }

    // CONFIG

    function staderConfig() external view returns (address) {
        return address(this);
    }

    function getStakePoolManager() external view returns (address) {
        return address(this);
    }

    // HOLDER

    function deposit(address receiver) external payable returns (uint256 shares) {
        require(!paused, "Pausable: paused");
        if (msg.value > maxDeposit() || msg.value < minDeposit()) revert InvalidDepositAmount();
        shares = convertToShares(msg.value);
        getETHxToken.mint(receiver, shares);
        emit Deposited(msg.sender, receiver, msg.value, shares);
    }

    function transferETHToUserWithdrawManager(uint256 amount) external {
        require(msg.sender == address(getUserWithdrawManager), StaderPoolDouble_NotQueue(msg.sender));
        require(!paused, "Pausable: paused");
        _send(payable(msg.sender), amount);
    }

    // VIEWS

    function isVaultHealthy() public view returns (bool) {
        return (totalETHBalance > 0 || totalETHXSupply == 0) && !paused;
    }

    function minDeposit() public view returns (uint256) {
        return isVaultHealthy() ? getMinDepositAmount : 0;
    }

    function maxDeposit() public view returns (uint256) {
        return isVaultHealthy() ? getMaxDepositAmount : 0;
    }

    function getExchangeRate() external view returns (uint256) {
        return totalETHXSupply == 0 ? 1e18 : (totalETHBalance * 1e18) / totalETHXSupply;
    }

    function convertToShares(uint256 assets) public view returns (uint256) {
        return assets == 0 || totalETHXSupply == 0 ? assets : (assets * totalETHXSupply) / totalETHBalance;
    }

    function previewWithdraw(uint256 shares) public view returns (uint256) {
        return totalETHXSupply == 0 ? shares : (shares * totalETHBalance) / totalETHXSupply;
    }

    function _send(address payable to, uint256 amount) private {
        (bool sent, ) = to.call{value: amount}("");
        if (!sent) revert TransferFailed();
    }
}

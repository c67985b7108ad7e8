// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {MintableDouble} from "../MintableDouble.sol";
import {OwnedDouble} from "../OwnedDouble.sol";
import {BedrockRedeemDouble} from "./BedrockRedeemDouble.sol";

/// @title BedrockStakingDouble
/// @notice Double of Bedrock's staking contract, NOT the protocol. Follows `src/contracts/rockx_staking.sol` of
/// github.com/Bedrock-Technology/stake: minting before a deadline at reserve over supply, whole 32 ETH redeemed into a
/// queue of debts that is paid in order and in parts, instant swaps up to the ether that waits to be staked.
/// @dev Left out: validators, the oracle, fees, vector clock, roles. Staked ether stays here as if it were gone.
///
/// Market side (owner): `setRate` to an exact value, `stopValidators` with ether (pays debts first), `addPending` with
/// ether, `setDepositSize` (a size of 1 leaves no ether waiting), `pause`, `unpause`.
contract BedrockStakingDouble is OwnedDouble {
    struct Debt {
        address account;
        uint256 amount;
    }

    event DebtQueued(address creditor, uint256 amountEther);

    uint256 private constant MULTIPLIER = 1e18;
    uint256 private constant DEPOSIT_SIZE = 32 ether;

    MintableDouble public immutable xETHAddress;
    BedrockRedeemDouble public immutable redeemContract;
    bool public paused;
    uint256 public depositSize = DEPOSIT_SIZE;
    uint256 public getPendingEthers;
    uint256 public getTotalStaked;
    uint256 public getCurrentDebts;
    /// @dev Rewards less slashings.
    int256 private _revenue;
    uint256 private _firstDebt = 1;
    uint256 private _lastDebt;
    mapping(uint256 index => Debt debt) public checkDebt;
    mapping(address account => uint256 amount) public debtOf;

    constructor(MintableDouble uniEth, BedrockRedeemDouble redeem, uint256 staked) {
        xETHAddress = uniEth;
        redeemContract = redeem;
        getTotalStaked = staked;
    }

    modifier whenNotPaused() {
        require(!paused, "Pausable: paused");
        _;
    }

    // MARKET

    /// @notice One uniETH is worth exactly `rateWad` afterwards, given at least 1e18 in all.
    function setRate(uint256 rateWad) external onlyOwner {
        uint256 target = (xETHAddress.totalSupply() * rateWad + MULTIPLIER - 1) / MULTIPLIER;
        _revenue += int256(target) - int256(currentReserve());
    }

    function setDepositSize(uint256 size) external onlyOwner {
        depositSize = size;
    }

    /// @notice Ether that waits to be staked, as rewards that are restaked.
    function addPending() external payable onlyOwner {
        getPendingEthers += msg.value;
        _revenue -= int256(msg.value);
    }

    /// @notice What the debts up to `index` still lack, wei.
    function debtUpTo(uint256 index) external view returns (uint256 amount) {
        for (uint256 i = _firstDebt; i <= index; ++i) amount += checkDebt[i].amount;
    }

    /// @notice Validators return the ether sent: debts first, the rest waits to be staked.
    function stopValidators() external payable onlyOwner {
        uint256 left = msg.value;
        while (left != 0 && _firstDebt <= _lastDebt) {
            Debt storage debt = checkDebt[_firstDebt];
            uint256 part = debt.amount < left ? debt.amount : left;
            debt.amount -= part;
            left -= part;
            debtOf[debt.account] -= part;
            redeemContract.pay{value: part}(debt.account);
            if (debt.amount == 0) delete checkDebt[_firstDebt++];
        }
        getCurrentDebts -= msg.value - left;
        getTotalStaked -= msg.value;
        getPendingEthers += left;
    }

    function pause() external onlyOwner {
        paused = true;
    }

    function unpause() external onlyOwner {
        paused = false;
    }

    // HOLDER

    function mint(uint256 minToMint, uint256 deadline) external payable whenNotPaused returns (uint256 minted) {
        require(block.timestamp < deadline, "USR001");
        require(msg.value > 0, "USR002");
        uint256 reserve = currentReserve();
        minted = reserve == 0 ? msg.value : (xETHAddress.totalSupply() * msg.value) / reserve;
        require(minted >= minToMint, "USR004");
        xETHAddress.mint(msg.sender, minted);
        getPendingEthers += msg.value;
        uint256 staked = (getPendingEthers / depositSize) * depositSize;
        getPendingEthers -= staked;
        getTotalStaked += staked;
    }

    function instantSwap(uint256 tokenAmount) external whenNotPaused {
        (uint256 amount, uint256 burnt) = previewInstantSwap(tokenAmount);
        xETHAddress.burnFrom(msg.sender, burnt);
        getPendingEthers -= amount;
        (bool sent, ) = msg.sender.call{value: amount}("");
        require(sent, "Address: unable to send value, recipient may have reverted");
    }

    /// @dev Not paused with the rest, as in the original.
    function redeemFromValidators(
        uint256 ethersToRedeem,
        uint256 maxToBurn,
        uint256 deadline
    ) external returns (uint256 burned) {
        require(block.timestamp < deadline, "USR001");
        require(ethersToRedeem % DEPOSIT_SIZE == 0 && ethersToRedeem > 0, "USR005");
        burned = (xETHAddress.totalSupply() * ethersToRedeem) / currentReserve();
        require(burned <= maxToBurn, "USR004");
        xETHAddress.burnFrom(msg.sender, burned);
        checkDebt[++_lastDebt] = Debt(msg.sender, ethersToRedeem);
        debtOf[msg.sender] += ethersToRedeem;
        getCurrentDebts += ethersToRedeem;
        emit DebtQueued(msg.sender, ethersToRedeem);
    }

    // VIEWS

    function currentReserve() public view returns (uint256) {
        return uint256(int256(getPendingEthers + getTotalStaked) + _revenue - int256(getCurrentDebts));
    }

    function exchangeRatio() external view returns (uint256) {
        uint256 supply = xETHAddress.totalSupply();
        return supply == 0 ? MULTIPLIER : (currentReserve() * MULTIPLIER) / supply;
    }

    function previewInstantSwap(uint256 tokenAmount) public view returns (uint256 amount, uint256 burnt) {
        uint256 supply = xETHAddress.totalSupply();
        uint256 reserve = currentReserve();
        amount = (tokenAmount * reserve) / supply;
        if (amount > getPendingEthers) amount = getPendingEthers;
        burnt = (supply * amount) / reserve;
    }

    function getDebtQueue() external view returns (uint256 first, uint256 last) {
        return (_firstDebt, _lastDebt);
    }
}

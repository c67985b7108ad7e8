// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {FundedDouble} from "../FundedDouble.sol";

/// @title BeefyStrategyDouble
/// @notice Double of a Beefy V7 strategy, NOT the protocol. Follows `contracts/BIFI/interfaces/beefy/IStrategyV7.sol` and
/// `contracts/BIFI/strategies/Common/StratFeeManagerInitializable.sol` of github.com/beefyfinance/beefy-contracts: a fee
/// on exit that is 0 while paused, rewards that enter the price in one jump when anyone harvests, or at the next deposit
/// when so set.
/// @dev Instead of a farm it holds the tokens itself. Left out: swaps, the fee on harvests, retirement.
///
/// Market side (owner): `setRewards` puts aside what the next harvest brings, `setRate` sets the price of a share
/// exactly, `setPaused`, `setWithdrawalFee`, `setDepositFee` (of the farm), `setHarvestOnDeposit`.
contract BeefyStrategyDouble is FundedDouble {
    using SafeERC20 for IERC20;

    event StratHarvest(address indexed harvester, uint256 wantHarvested, uint256 tvl);
    event Deposit(uint256 tvl);
    event Withdraw(uint256 tvl);

    uint256 public constant WITHDRAWAL_MAX = 10_000;
    uint256 public constant WITHDRAWAL_FEE_CAP = 50;

    address public immutable vault;
    IERC20 public immutable want;
    bool public paused;
    bool public harvestOnDeposit;
    uint256 public withdrawalFee;
    uint256 public depositFee;
    uint256 public rewardsAvailable;
    uint256 private _working;

    constructor(address vault_, IERC20 want_) {
        vault = vault_;
        want = want_;
    }

    modifier onlyVault() {
        require(msg.sender == vault, "!vault");
        _;
    }

    // MARKET

    function setRewards(uint256 amount) external onlyOwner {
        _settle(want, rewardsAvailable, amount);
        rewardsAvailable = amount;
    }

    /// @notice One share is worth exactly `rateWad` afterwards, given at least 1e18 shares.
    function setRate(uint256 rateWad) external onlyOwner {
        uint256 worth = Math.mulDiv(IERC20(vault).totalSupply(), rateWad, 1e18, Math.Rounding.Ceil);
        uint256 target = worth - want.balanceOf(vault);
        _settle(want, _working, target);
        _working = target;
    }

    function setPaused(bool isPaused) external onlyOwner {
        paused = isPaused;
    }

    function setWithdrawalFee(uint256 fee) external onlyOwner {
        require(fee <= WITHDRAWAL_FEE_CAP, "!cap");
        withdrawalFee = fee;
    }

    function setDepositFee(uint256 fee) external onlyOwner {
        depositFee = fee;
    }

    function setHarvestOnDeposit(bool isOn) external onlyOwner {
        harvestOnDeposit = isOn;
    }

    // ANYONE

    function harvest() external {
        require(!paused, "Pausable: paused");
        _harvest();
    }

    /// @notice Puts to work what lies here beyond what works already.
    function deposit() public {
        require(!paused, "Pausable: paused");
        uint256 added = want.balanceOf(address(this)) - _working - rewardsAvailable;
        uint256 fee = (added * depositFee) / WITHDRAWAL_MAX;
        if (fee != 0) want.safeTransfer(owner, fee);
        _working += added - fee;
        emit Deposit(balanceOf());
    }

    // VAULT

    function beforeDeposit() external onlyVault {
        if (harvestOnDeposit) _harvest();
    }

    function withdraw(uint256 amount) external onlyVault {
        uint256 paid = Math.min(amount, _working);
        uint256 fee = (paid * withdrawFee()) / WITHDRAWAL_MAX;
        _working -= paid - fee;
        want.safeTransfer(vault, paid - fee);
        emit Withdraw(balanceOf());
    }

    // VIEWS

    function balanceOf() public view returns (uint256) {
        return _working;
    }

    function withdrawFee() public view returns (uint256) {
        return paused ? 0 : withdrawalFee;
    }

    function _harvest() private {
        uint256 amount = rewardsAvailable;
        rewardsAvailable = 0;
        _working += amount;
        emit StratHarvest(msg.sender, amount, balanceOf());
    }
}

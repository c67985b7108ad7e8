// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {OwnedDouble} from "../OwnedDouble.sol";
import {BlacklisterDouble} from "./BlacklisterDouble.sol";
import {EEthDouble} from "./EEthDouble.sol";
import {PausableUntilDouble} from "./PausableUntilDouble.sol";
import {WithdrawRequestNftDouble} from "./WithdrawRequestNftDouble.sol";

/// @title LiquidityPoolDouble
/// @notice Double of ether.fi's LiquidityPool, NOT the protocol. Follows `src/core/LiquidityPool.sol` of
/// github.com/etherfi-protocol/smart-contracts at its state of July 2026: claims are paid by the request contract, the
/// pool only burns for them; the RedemptionManager is paid from the pool's ether.
/// @dev Left out: validators, membership, roles, the cap of a rebase. ETH staked stays here.
///
/// Market side (owner): `setTotalPooledEther` and `setRate` move the rate to an exact value, up or down; `pauseContract`,
/// `unPauseContract`, `pauseUntil`; `setWithdrawAmounts` bounds one request; `withdrawEther` takes staked ether away, as validators do.
contract LiquidityPoolDouble is PausableUntilDouble {
    event Deposit(address indexed sender, uint256 amount, address referral);
    event Withdraw(address indexed sender, address recipient, uint256 amount);

    error IncorrectCaller();
    error InvalidAmount();
    error InvalidWithdrawalAmount();
    error InsufficientLiquidity();
    error SendFail();

    /// @dev Holder of the first stake.
    address private constant INITIAL_HOLDER = 0x000000000000000000000000000000000000dEaD;

    EEthDouble public eETH;
    WithdrawRequestNftDouble public withdrawRequestNFT;
    BlacklisterDouble public blacklister;
    address public etherFiRedemptionManager;
    uint256 public minWithdrawAmount;
    uint256 public maxWithdrawAmount = type(uint96).max;
    uint256 private _totalPooledEther;

    modifier nonBlacklisted() {
        blacklister.nonBlacklisted(msg.sender);
        _;
    }

    /// @notice Ether that comes back from validators or from claims; it is booked as stake already.
    receive() external payable {}

    // MARKET

    /// @notice Once, after eETH and the request contract exist.
    /// @param totalPooledEther First stake, wei, booked without ether behind it, as validators hold it.
    /// @param totalShares Shares of the first stake.
    function initialize(
        EEthDouble eETH_,
        WithdrawRequestNftDouble withdrawRequestNFT_,
        BlacklisterDouble blacklister_,
        uint256 totalPooledEther,
        uint256 totalShares
    ) external onlyOwner {
        require(address(eETH) == address(0) && totalPooledEther != 0 && totalShares != 0, InvalidAmount());
        eETH = eETH_;
        withdrawRequestNFT = withdrawRequestNFT_;
        blacklister = blacklister_;
        _totalPooledEther = totalPooledEther;
        eETH_.mintShares(INITIAL_HOLDER, totalShares);
    }

    function setRedemptionManager(address manager) external onlyOwner {
        etherFiRedemptionManager = manager;
    }

    function setWithdrawAmounts(uint256 least, uint256 most) external onlyOwner {
        (minWithdrawAmount, maxWithdrawAmount) = (least, most);
    }

    /// @notice Rebase: sets the ether of all shares to exactly `totalPooledEther`, wei.
    function setTotalPooledEther(uint256 totalPooledEther) external onlyOwner {
        _totalPooledEther = totalPooledEther;
    }

    /// @notice Rebase by rate: one share is worth exactly `rateWad` afterwards, given at least 1e18 shares in all.
    function setRate(uint256 rateWad) external onlyOwner {
        _totalPooledEther = (eETH.totalShares() * rateWad + 1e18 - 1) / 1e18;
    }

    function withdrawEther(address payable to, uint256 amount) external onlyOwner {
        _send(to, amount);
    }

    // HOLDER

    function deposit() external payable returns (uint256) {
        return _deposit(address(0));
    }

    function deposit(address referral) external payable returns (uint256) {
        return _deposit(referral);
    }

    function requestWithdraw(
        address recipient,
        uint256 amount
    ) external whenNotPaused nonBlacklisted returns (uint256 requestId) {
        blacklister.nonBlacklisted(recipient);
        if (amount < minWithdrawAmount || amount > maxWithdrawAmount) revert InvalidWithdrawalAmount();
        uint256 share = sharesForAmount(amount);
        if (amount > type(uint96).max || amount == 0 || share == 0) revert InvalidAmount();
        eETH.transferFrom(msg.sender, address(withdrawRequestNFT), amount);
        requestId = withdrawRequestNFT.requestWithdraw(uint96(amount), uint96(share), recipient);
        emit Withdraw(msg.sender, recipient, amount);
    }

    /// @notice Burns shares of the RedemptionManager at the present rate and pays `recipient` from the pool.
    function withdraw(address recipient, uint256 amount) external whenNotPaused returns (uint256 share) {
        share = sharesForWithdrawalAmount(amount);
        if (msg.sender != etherFiRedemptionManager) revert IncorrectCaller();
        if (totalValueInLp() < amount || eETH.balanceOf(msg.sender) < amount) revert InsufficientLiquidity();
        if (amount == 0 || share == 0) revert InvalidAmount();
        _totalPooledEther -= amount;
        eETH.burnShares(msg.sender, share);
        _send(recipient, amount);
    }

    /// @notice Burns all shares of a claimed request; the request contract pays.
    function withdraw(uint256 amount, uint256 share) external {
        if (msg.sender != address(withdrawRequestNFT)) revert IncorrectCaller();
        if (amount == 0 || share == 0) revert InvalidAmount();
        _totalPooledEther -= amount;
        eETH.burnShares(msg.sender, share);
    }

    /// @notice Burns shares of the exit fee, which lifts the rate of the others.
    function burnEEthShares(uint256 share) external {
        if (msg.sender != etherFiRedemptionManager) revert IncorrectCaller();
        eETH.burnShares(msg.sender, share);
    }

    // VIEWS

    function getTotalPooledEther() external view returns (uint256) {
        return _totalPooledEther;
    }

    /// @dev The original keeps a counter, which no gift moves.
    function totalValueInLp() public view returns (uint256) {
        return address(this).balance;
    }

    function getTotalEtherClaimOf(address user) external view returns (uint256) {
        return amountForShare(eETH.shares(user));
    }

    function sharesForAmount(uint256 amount) public view returns (uint256) {
        return _totalPooledEther == 0 ? 0 : (amount * eETH.totalShares()) / _totalPooledEther;
    }

    /// @dev Rounded up, against who leaves.
    function sharesForWithdrawalAmount(uint256 amount) public view returns (uint256) {
        return (amount * eETH.totalShares() + _totalPooledEther - 1) / _totalPooledEther;
    }

    /// @notice Ether of 1e18 shares, rounded up: the rate that a finalized request keeps.
    function amountPerShareCeil() external view returns (uint256) {
        return Math.mulDiv(1e18, _totalPooledEther, eETH.totalShares(), Math.Rounding.Ceil);
    }

    function amountForShare(uint256 share) public view returns (uint256) {
        uint256 totalShares = eETH.totalShares();
        return totalShares == 0 ? 0 : (share * _totalPooledEther) / totalShares;
    }

    // INTERNAL

    function _deposit(address referral) private nonBlacklisted whenNotPaused returns (uint256 share) {
        share = sharesForAmount(msg.value);
        if (msg.value > type(uint128).max || msg.value == 0 || share == 0) revert InvalidAmount();
        _totalPooledEther += msg.value;
        eETH.mintShares(msg.sender, share);
        emit Deposit(msg.sender, msg.value, referral);
    }

    function _send(address to, uint256 amount) private {
        (bool sent, ) = to.call{value: amount}("");
        if (!sent) revert SendFail();
    }
}

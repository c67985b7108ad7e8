// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {OwnedDouble} from "../OwnedDouble.sol";
import {EEthDouble} from "./EEthDouble.sol";
import {WithdrawRequestNftDouble} from "./WithdrawRequestNftDouble.sol";

/// @title LiquidityPoolDouble
/// @notice Double of ether.fi's LiquidityPool, NOT the protocol. Follows `src/LiquidityPool.sol` of
/// github.com/etherfi-protocol/smart-contracts at its state of 2024, which pays claims from the pool's own balance.
/// @dev Left out: validators, whitelists, membership, roles. ETH staked stays here and pays claims; more can be sent in.
///
/// Market side (owner): `setTotalPooledEther` and `setRate` move the rate to an exact value, up or down; `pauseContract`,
/// `unPauseContract`; `withdrawEther` takes staked ether away, as validators do; `setBlacklisted` shuts an account out, which the
/// protocol's later versions can.
contract LiquidityPoolDouble is OwnedDouble {
    event Deposit(address indexed sender, uint256 amount, address referral);
    event Withdraw(address indexed sender, address recipient, uint256 amount);

    error IncorrectCaller();
    error InvalidAmount();
    error InsufficientLiquidity();
    error SendFail();
    error LiquidityPoolDouble_Blacklisted(address account);

    /// @dev Holder of the first stake.
    address private constant INITIAL_HOLDER = 0x000000000000000000000000000000000000dEaD;

    EEthDouble public eETH;
    WithdrawRequestNftDouble public withdrawRequestNFT;
    bool public paused;
    mapping(address account => bool isOut) public blacklisted;
    uint256 private _totalPooledEther;

    modifier notBlacklisted(address account) {
        require(!blacklisted[account], LiquidityPoolDouble_Blacklisted(account));
        _;
    }

    modifier whenNotPaused() {
        require(!paused, "Pausable: paused");
        _;
    }

    /// @notice Ether that pays later claims; not booked as stake.
    receive() external payable {}

    // MARKET

    /// @notice Once, after eETH and the request contract exist.
    /// @param totalPooledEther First stake, wei, booked without ether behind it, as validators hold it.
    /// @param totalShares Shares of the first stake.
    function initialize(
        EEthDouble eETH_,
        WithdrawRequestNftDouble withdrawRequestNFT_,
        uint256 totalPooledEther,
        uint256 totalShares
    ) external onlyOwner {
        require(address(eETH) == address(0) && totalPooledEther != 0 && totalShares != 0, InvalidAmount());
        eETH = eETH_;
        withdrawRequestNFT = withdrawRequestNFT_;
        _totalPooledEther = totalPooledEther;
        eETH_.mintShares(INITIAL_HOLDER, totalShares);
    }

    /// @notice Rebase: sets the ether of all shares to exactly `totalPooledEther`, wei.
    function setTotalPooledEther(uint256 totalPooledEther) external onlyOwner {
        _totalPooledEther = totalPooledEther;
    }

    /// @notice Rebase by rate: one share is worth exactly `rateWad` afterwards, given at least 1e18 shares in all.
    function setRate(uint256 rateWad) external onlyOwner {
        _totalPooledEther = (eETH.totalShares() * rateWad + 1e18 - 1) / 1e18;
    }

    function pauseContract() external onlyOwner {
        paused = true;
    }

    function unPauseContract() external onlyOwner {
        paused = false;
    }

    function setBlacklisted(address account, bool isOut) external onlyOwner {
        blacklisted[account] = isOut;
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
    ) external whenNotPaused notBlacklisted(msg.sender) returns (uint256 requestId) {
        uint256 share = sharesForAmount(amount);
        if (amount > type(uint96).max || amount == 0 || share == 0) revert InvalidAmount();
        eETH.transferFrom(msg.sender, address(withdrawRequestNFT), amount);
        requestId = withdrawRequestNFT.requestWithdraw(uint96(amount), uint96(share), recipient, 0);
        emit Withdraw(msg.sender, recipient, amount);
    }

    /// @notice Burns the request contract's shares and pays `recipient`.
    function withdraw(
        address recipient,
        uint256 amount
    ) external whenNotPaused notBlacklisted(recipient) returns (uint256 share) {
        share = sharesForWithdrawalAmount(amount);
        if (msg.sender != address(withdrawRequestNFT)) revert IncorrectCaller();
        if (address(this).balance < amount || eETH.balanceOf(msg.sender) < amount) revert InsufficientLiquidity();
        if (amount == 0 || share == 0) revert InvalidAmount();
        _totalPooledEther -= amount;
        eETH.burnShares(msg.sender, share);
        _send(recipient, amount);
    }

    // VIEWS

    function getTotalPooledEther() external view returns (uint256) {
        return _totalPooledEther;
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

    function amountForShare(uint256 share) public view returns (uint256) {
        uint256 totalShares = eETH.totalShares();
        return totalShares == 0 ? 0 : (share * _totalPooledEther) / totalShares;
    }

    // INTERNAL

    function _deposit(address referral) private notBlacklisted(msg.sender) whenNotPaused returns (uint256 share) {
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

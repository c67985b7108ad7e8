// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {OwnedDouble} from "../OwnedDouble.sol";

/// @title StEthDouble
/// @notice Double of Lido's stETH, NOT the protocol. Follows `contracts/0.4.24/StETH.sol` and `Lido.sol` of
/// github.com/lidofinance/core in names, signatures, revert reasons and arithmetic: balances are shares of the pooled
/// ether, both conversions round down, so a transfer or stake arrives up to 2 wei short.
/// @dev Left out: validators, oracle, fees, roles, permit. ETH staked stays here until the owner takes it out with
/// `withdrawBufferedEther`, as the protocol does to finance finalization.
///
/// Market side (owner): `setTotalPooledEther` and `setShareRate` move the rate to an exact value, up or down; `pauseStaking`,
/// `resumeStaking`, `setStakingLimit`, `removeStakingLimit` as in Lido.
contract StEthDouble is OwnedDouble {
    event Transfer(address indexed from, address indexed to, uint256 value);
    event Approval(address indexed owner, address indexed spender, uint256 value);
    event TransferShares(address indexed from, address indexed to, uint256 sharesValue);
    event Submitted(address indexed sender, uint256 amount, address referral);

    error StEthDouble_NotQueue(address caller, address queue);

    /// @dev Lido's own holder of the first stake.
    address private constant INITIAL_TOKEN_HOLDER = 0x000000000000000000000000000000000000dEaD;

    string public constant name = "Liquid staked Ether 2.0 (double)";
    string public constant symbol = "stETH";
    uint8 public constant decimals = 18;

    address public withdrawalQueue;
    uint256 private _totalPooledEther;
    uint256 private _totalShares;
    mapping(address account => uint256 shares) private _shares;
    mapping(address account => mapping(address spender => uint256 amount)) private _allowances;

    bool public isStakingPaused;
    uint256 private _limitMax;
    uint256 private _limitPerBlock;
    uint256 private _limitPrevious;
    uint256 private _limitBlock;

    /// @param totalPooledEther First stake, wei: must be above 0; booked without ether behind it, as validators hold it.
    /// @param totalShares Shares of the first stake.
    constructor(uint256 totalPooledEther, uint256 totalShares) {
        require(totalPooledEther != 0 && totalShares != 0, "EMPTY_INIT_BALANCE");
        _totalPooledEther = totalPooledEther;
        _mintShares(INITIAL_TOKEN_HOLDER, totalShares);
    }

    // MARKET

    /// @notice Names the queue whose finalization burns shares.
    function setWithdrawalQueue(address queue) external onlyOwner {
        withdrawalQueue = queue;
    }

    /// @notice Rebase: sets the pooled ether of all shares to exactly `totalPooledEther`, wei.
    function setTotalPooledEther(uint256 totalPooledEther) external onlyOwner {
        _totalPooledEther = totalPooledEther;
    }

    /// @notice Rebase by rate: one share is worth exactly `rateWad` afterwards, given at least 1e18 shares in all.
    function setShareRate(uint256 rateWad) external onlyOwner {
        // Rounded up, because the view rounds down: its result is then exact.
        _totalPooledEther = (_totalShares * rateWad + 1e18 - 1) / 1e18;
    }

    function pauseStaking() external onlyOwner {
        isStakingPaused = true;
    }

    function resumeStaking() external onlyOwner {
        isStakingPaused = false;
    }

    /// @notice At most `max` wei may be staked at once; what was used grows back by `perBlock`.
    function setStakingLimit(uint256 max, uint256 perBlock) external onlyOwner {
        (_limitMax, _limitPerBlock, _limitPrevious, _limitBlock) = (max, perBlock, max, block.number);
    }

    function removeStakingLimit() external onlyOwner {
        _limitMax = 0;
    }

    /// @notice Takes staked ether out of the buffer.
    function withdrawBufferedEther(address payable to, uint256 amount) external onlyOwner {
        (bool success, ) = to.call{value: amount}("");
        require(success, "TRANSFER_FAILED");
    }

    /// @notice The queue paid `etherAmount` for `shares` it holds: both leave the pool.
    function burnFinalized(uint256 shares, uint256 etherAmount) external {
        require(msg.sender == withdrawalQueue, StEthDouble_NotQueue(msg.sender, withdrawalQueue));
        uint256 held = _shares[msg.sender];
        // A stETH transfer may have arrived one share short.
        uint256 burnt = shares < held ? shares : held;
        _shares[msg.sender] = held - burnt;
        _totalShares -= burnt;
        _totalPooledEther -= etherAmount;
        emit TransferShares(msg.sender, address(0), burnt);
    }

    // STAKING

    receive() external payable {
        _submit(address(0));
    }

    function submit(address referral) external payable returns (uint256) {
        return _submit(referral);
    }

    function getCurrentStakeLimit() public view returns (uint256) {
        if (isStakingPaused) return 0;
        if (_limitMax == 0) return type(uint256).max;
        uint256 grown = _limitPrevious + (block.number - _limitBlock) * _limitPerBlock;
        return grown < _limitMax ? grown : _limitMax;
    }

    function _submit(address referral) private returns (uint256 sharesAmount) {
        require(msg.value != 0, "ZERO_DEPOSIT");
        require(!isStakingPaused, "STAKING_PAUSED");
        if (_limitMax != 0) {
            uint256 limit = getCurrentStakeLimit();
            require(msg.value <= limit, "STAKE_LIMIT");
            (_limitPrevious, _limitBlock) = (limit - msg.value, block.number);
        }
        sharesAmount = getSharesByPooledEth(msg.value);
        _mintShares(msg.sender, sharesAmount);
        _totalPooledEther += msg.value;
        emit Submitted(msg.sender, msg.value, referral);
        emit Transfer(address(0), msg.sender, getPooledEthByShares(sharesAmount));
    }

    // SHARES

    function getTotalShares() external view returns (uint256) {
        return _totalShares;
    }

    function getTotalPooledEther() external view returns (uint256) {
        return _totalPooledEther;
    }

    function sharesOf(address account) external view returns (uint256) {
        return _shares[account];
    }

    function getSharesByPooledEth(uint256 ethAmount) public view returns (uint256) {
        return (ethAmount * _totalShares) / _totalPooledEther;
    }

    function getPooledEthByShares(uint256 sharesAmount) public view returns (uint256) {
        return (sharesAmount * _totalPooledEther) / _totalShares;
    }

    function transferShares(address recipient, uint256 sharesAmount) external returns (uint256 tokensAmount) {
        _moveShares(msg.sender, recipient, sharesAmount);
        tokensAmount = getPooledEthByShares(sharesAmount);
        emit Transfer(msg.sender, recipient, tokensAmount);
    }

    // ERC-20

    function totalSupply() external view returns (uint256) {
        return _totalPooledEther;
    }

    function balanceOf(address account) external view returns (uint256) {
        return getPooledEthByShares(_shares[account]);
    }

    function allowance(address account, address spender) external view returns (uint256) {
        return _allowances[account][spender];
    }

    function approve(address spender, uint256 amount) external returns (bool) {
        _allowances[msg.sender][spender] = amount;
        emit Approval(msg.sender, spender, amount);
        return true;
    }

    function transfer(address recipient, uint256 amount) external returns (bool) {
        _transfer(msg.sender, recipient, amount);
        return true;
    }

    function transferFrom(address sender, address recipient, uint256 amount) external returns (bool) {
        uint256 allowed = _allowances[sender][msg.sender];
        if (allowed != type(uint256).max) {
            require(allowed >= amount, "ALLOWANCE_EXCEEDED");
            _allowances[sender][msg.sender] = allowed - amount;
        }
        _transfer(sender, recipient, amount);
        return true;
    }

    function _transfer(address sender, address recipient, uint256 amount) private {
        _moveShares(sender, recipient, getSharesByPooledEth(amount));
        emit Transfer(sender, recipient, amount);
    }

    function _moveShares(address sender, address recipient, uint256 sharesAmount) private {
        require(recipient != address(0), "TRANSFER_TO_ZERO_ADDR");
        require(recipient != address(this), "TRANSFER_TO_STETH_CONTRACT");
        require(sharesAmount <= _shares[sender], "BALANCE_EXCEEDED");
        _shares[sender] -= sharesAmount;
        _shares[recipient] += sharesAmount;
        emit TransferShares(sender, recipient, sharesAmount);
    }

    function _mintShares(address recipient, uint256 sharesAmount) private {
        _totalShares += sharesAmount;
        _shares[recipient] += sharesAmount;
        emit TransferShares(address(0), recipient, sharesAmount);
    }
}

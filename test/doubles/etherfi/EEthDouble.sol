// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {LiquidityPoolDouble} from "./LiquidityPoolDouble.sol";

/// @title EEthDouble
/// @notice Double of ether.fi's eETH, NOT the protocol. Follows `src/EETH.sol` of
/// github.com/etherfi-protocol/smart-contracts: balances are shares of the pool's ether, rounded down at each transfer.
/// @dev Left out: permit, pausing of single users, recovery.
contract EEthDouble {
    event Transfer(address indexed from, address indexed to, uint256 value);
    event Approval(address indexed owner, address indexed spender, uint256 value);
    event TransferShares(address indexed from, address indexed to, uint256 sharesValue);

    string public constant name = "ether.fi ETH (double)";
    string public constant symbol = "eETH";
    uint8 public constant decimals = 18;

    LiquidityPoolDouble public immutable liquidityPool;
    uint256 public totalShares;
    mapping(address account => uint256 amount) public shares;
    mapping(address account => mapping(address spender => uint256 amount)) public allowance;

    constructor(LiquidityPoolDouble liquidityPool_) {
        liquidityPool = liquidityPool_;
    }

    modifier onlyPool() {
        require(msg.sender == address(liquidityPool), "Only pool contract function");
        _;
    }

    function mintShares(address user, uint256 share) external onlyPool {
        shares[user] += share;
        totalShares += share;
        emit TransferShares(address(0), user, share);
    }

    function burnShares(address user, uint256 share) external onlyPool {
        require(shares[user] >= share, "BURN_AMOUNT_EXCEEDS_BALANCE");
        shares[user] -= share;
        totalShares -= share;
        emit TransferShares(user, address(0), share);
    }

    function totalSupply() external view returns (uint256) {
        return liquidityPool.getTotalPooledEther();
    }

    function balanceOf(address user) external view returns (uint256) {
        return liquidityPool.amountForShare(shares[user]);
    }

    function approve(address spender, uint256 amount) external returns (bool) {
        allowance[msg.sender][spender] = amount;
        emit Approval(msg.sender, spender, amount);
        return true;
    }

    function transfer(address recipient, uint256 amount) external returns (bool) {
        _transfer(msg.sender, recipient, amount);
        return true;
    }

    /// @dev As in the original, an unlimited allowance is reduced too.
    function transferFrom(address sender, address recipient, uint256 amount) external returns (bool) {
        uint256 allowed = allowance[sender][msg.sender];
        require(allowed >= amount, "TRANSFER_AMOUNT_EXCEEDS_ALLOWANCE");
        allowance[sender][msg.sender] = allowed - amount;
        _transfer(sender, recipient, amount);
        return true;
    }

    function _transfer(address sender, address recipient, uint256 amount) private {
        uint256 moved = liquidityPool.sharesForAmount(amount);
        require(recipient != address(0), "TRANSFER_TO_THE_ZERO_ADDRESS");
        require(moved <= shares[sender], "TRANSFER_AMOUNT_EXCEEDS_BALANCE");
        shares[sender] -= moved;
        shares[recipient] += moved;
        emit Transfer(sender, recipient, amount);
        emit TransferShares(sender, recipient, moved);
    }
}

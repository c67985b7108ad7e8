// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title BedrockRedeemDouble
/// @notice Double of Bedrock's redeem contract, NOT the protocol. Follows `src/contracts/rockx_redeem.sol` of
/// github.com/Bedrock-Technology/stake: balances that anyone can pay into and only their owner can claim.
contract BedrockRedeemDouble {
    event Paied(address account, uint256 amount);
    event Claimed(address indexed _from, address indexed _to, uint256 _value);

    mapping(address account => uint256 amount) public balanceOf;
    uint256 public totalSupply;

    function pay(address account) external payable {
        balanceOf[account] += msg.value;
        totalSupply += msg.value;
        emit Paied(account, msg.value);
    }

    function claim(address to, uint256 amount) external returns (bool) {
        require(balanceOf[msg.sender] >= amount, "INSUFFICIENT_BALANCE");
        balanceOf[msg.sender] -= amount;
        totalSupply -= amount;
        (bool sent, ) = to.call{value: amount}("");
        require(sent, "Address: unable to send value, recipient may have reverted");
        emit Claimed(msg.sender, to, amount);
        return true;
    }
}

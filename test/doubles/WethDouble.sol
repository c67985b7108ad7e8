// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title WethDouble
/// @notice WETH9's behaviour for Solidity tests, which cannot link the 0.4 original; mocha tests deploy the original.
/// Like it: exact transfers, no callback, and 2300 gas for the ether it pays out.
contract WethDouble is ERC20("Wrapped Ether", "WETH") {
    error TransferFailed();

    receive() external payable {
        deposit();
    }

    function deposit() public payable {
        _mint(msg.sender, msg.value);
    }

    function withdraw(uint256 wad) external {
        _burn(msg.sender, wad);
        (bool ok, ) = msg.sender.call{value: wad, gas: 2300}("");
        if (!ok) revert TransferFailed();
    }
}

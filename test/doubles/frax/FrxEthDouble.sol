// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {OwnedDouble} from "../OwnedDouble.sol";

/// @title FrxEthDouble
/// @notice Double of frxETH, NOT the protocol. Follows `src/frxETH.sol` and `src/ERC20/ERC20PermitPermissionedMint.sol`
/// of github.com/FraxFinance/frxETH-public: minters mint, holders burn.
///
/// Market side (owner): `addMinter`.
contract FrxEthDouble is ERC20("Frax Ether (double)", "frxETH"), OwnedDouble {
    mapping(address account => bool isMinter) public minters;

    modifier onlyMinters() {
        require(minters[msg.sender], "Only minters");
        _;
    }

    function addMinter(address minter) external onlyOwner {
        minters[minter] = true;
    }

    function minter_mint(address to, uint256 amount) external onlyMinters {
        _mint(to, amount);
    }

    function burn(uint256 amount) external {
        _burn(msg.sender, amount);
    }
}

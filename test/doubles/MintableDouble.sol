// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {OwnedDouble} from "./OwnedDouble.sol";

/// @title MintableDouble
/// @notice Double of a staking token whose supply its protocol's contracts move (ETHx, ezETH, uniETH, rsETH), NOT the
/// token. Only the deployer and the accounts it names mint and burn.
contract MintableDouble is ERC20, OwnedDouble {
    error MintableDouble_NotIssuer(address caller);

    mapping(address account => bool isIssuer) public isIssuer;

    constructor(string memory name_, string memory symbol_) ERC20(name_, symbol_) {}

    modifier onlyIssuer() {
        require(msg.sender == owner || isIssuer[msg.sender], MintableDouble_NotIssuer(msg.sender));
        _;
    }

    function setIssuer(address account) external onlyOwner {
        isIssuer[account] = true;
    }

    function mint(address to, uint256 amount) external onlyIssuer {
        _mint(to, amount);
    }

    /// @notice Burns by an issuer without allowance.
    function burn(address from, uint256 amount) external onlyIssuer {
        _burn(from, amount);
    }

    /// @notice Burns against an allowance.
    function burnFrom(address from, uint256 amount) external {
        _spendAllowance(from, msg.sender, amount);
        _burn(from, amount);
    }
}

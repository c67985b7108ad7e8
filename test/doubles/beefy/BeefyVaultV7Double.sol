// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {OwnedDouble} from "../OwnedDouble.sol";
import {BeefyStrategyDouble} from "./BeefyStrategyDouble.sol";

/// @title BeefyVaultV7Double
/// @notice Double of a Beefy V7 vault, NOT the protocol. Follows `contracts/BIFI/vaults/BeefyVaultV7.sol` of
/// github.com/beefyfinance/beefy-contracts: no return values, shares by balance difference, tokens sent to the vault
/// count for all holders, and the payment that forgets the strategy's fee while the vault holds tokens itself.
/// @dev Left out: replacing the strategy, rescuing tokens. The market side is the strategy's.
contract BeefyVaultV7Double is ERC20, OwnedDouble {
    using SafeERC20 for IERC20;

    BeefyStrategyDouble public strategy;

    constructor() ERC20("Moo WETH (double)", "mooDOUBLE") {}

    function initialize(BeefyStrategyDouble strategy_) external onlyOwner {
        strategy = strategy_;
    }

    // HOLDER

    function depositAll() external {
        deposit(want().balanceOf(msg.sender));
    }

    function deposit(uint256 amount) public {
        strategy.beforeDeposit();
        uint256 pool = balance();
        want().safeTransferFrom(msg.sender, address(this), amount);
        earn();
        uint256 added = balance() - pool;
        _mint(msg.sender, totalSupply() == 0 ? added : (added * totalSupply()) / pool);
    }

    function earn() public {
        want().safeTransfer(address(strategy), available());
        strategy.deposit();
    }

    function withdrawAll() external {
        withdraw(balanceOf(msg.sender));
    }

    function withdraw(uint256 shares) public {
        uint256 owed = (balance() * shares) / totalSupply();
        _burn(msg.sender, shares);
        uint256 held = available();
        if (held < owed) {
            uint256 missing = owed - held;
            strategy.withdraw(missing);
            uint256 current = available();
            if (current < missing) owed = current;
        }
        want().safeTransfer(msg.sender, owed);
    }

    // VIEWS

    function want() public view returns (IERC20) {
        return strategy.want();
    }

    function balance() public view returns (uint256) {
        return available() + strategy.balanceOf();
    }

    function available() public view returns (uint256) {
        return want().balanceOf(address(this));
    }

    function getPricePerFullShare() external view returns (uint256) {
        return totalSupply() == 0 ? 1e18 : (balance() * 1e18) / totalSupply();
    }
}

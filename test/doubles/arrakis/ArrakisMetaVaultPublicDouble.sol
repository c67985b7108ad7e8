// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {OwnedDouble} from "../OwnedDouble.sol";
import {ArrakisModuleDouble} from "./ArrakisModuleDouble.sol";

/// @title ArrakisMetaVaultPublicDouble
/// @notice Double of a public Arrakis modular vault, NOT the protocol. Follows `src/ArrakisMetaVaultPublic.sol` and
/// `src/abstracts/ArrakisMetaVault.sol` of github.com/ArrakisFinance/arrakis-modular: a share is minted for a proportion
/// of what is there, in 18 digits, rounded against who enters and who leaves.
/// @dev The first shares are the owner's, for what the module was given (`initialize`), where the original asks for
/// `getInits`. Left out: managers, replacing the module.
contract ArrakisMetaVaultPublicDouble is ERC20, OwnedDouble {
    event LogMint(uint256 shares, address receiver, uint256 amount0, uint256 amount1);
    event LogBurn(uint256 shares, address receiver, uint256 amount0, uint256 amount1);

    error AddressZero(string property);
    error MintZero();
    error BurnZero();

    uint256 private constant BASE = 1e18;

    address public immutable token0;
    address public immutable token1;
    ArrakisModuleDouble public module;

    constructor(address token0_, address token1_) ERC20("Arrakis vault (double)", "ARRAKIS") {
        token0 = token0_;
        token1 = token1_;
    }

    // MARKET

    function initialize(ArrakisModuleDouble module_, uint256 shares) external onlyOwner {
        module = module_;
        _mint(msg.sender, shares);
    }

    // HOLDER

    function mint(uint256 shares, address receiver) external payable returns (uint256 amount0, uint256 amount1) {
        require(shares != 0, MintZero());
        require(receiver != address(0), AddressZero("Receiver"));
        uint256 proportion = Math.mulDiv(shares, BASE, totalSupply(), Math.Rounding.Ceil);
        _mint(receiver, shares);
        (amount0, amount1) = module.deposit(msg.sender, proportion);
        emit LogMint(shares, receiver, amount0, amount1);
    }

    function burn(uint256 shares, address receiver) external returns (uint256 amount0, uint256 amount1) {
        require(shares != 0, BurnZero());
        require(receiver != address(0), AddressZero("Receiver"));
        uint256 proportion = Math.mulDiv(shares, BASE, totalSupply());
        _burn(msg.sender, shares);
        (amount0, amount1) = module.withdraw(receiver, proportion);
        emit LogBurn(shares, receiver, amount0, amount1);
    }

    // VIEWS

    function totalUnderlying() external view returns (uint256 amount0, uint256 amount1) {
        return module.totalUnderlying();
    }

    function totalUnderlyingAtPrice(uint160 priceX96) external view returns (uint256 amount0, uint256 amount1) {
        return module.totalUnderlyingAtPrice(priceX96);
    }
}

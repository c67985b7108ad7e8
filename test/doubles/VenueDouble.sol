// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/interfaces/IERC20.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC4626} from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";

/// @title VenueDouble
/// @notice An ERC-4626 lending market whose holdings a test can raise, cut and lock up: what stands behind a genuine
/// Erc4626Adapter in Solidity tests. Cutting sends the assets to a sink, as bad debt would.
contract VenueDouble is ERC4626 {
    error VenueDouble_Halted();

    address private constant SINK = address(0xdead);
    bool public halted;

    constructor(IERC20 asset_) ERC20("Venue", "VEN") ERC4626(asset_) {}

    function setHalted(bool value) external {
        halted = value;
    }

    function cut(uint256 assets) external {
        IERC20(asset()).transfer(SINK, assets);
    }

    function maxDeposit(address receiver) public view override returns (uint256) {
        return halted ? 0 : super.maxDeposit(receiver);
    }

    function maxWithdraw(address owner) public view override returns (uint256) {
        return halted ? 0 : super.maxWithdraw(owner);
    }

    function _deposit(address caller, address receiver, uint256 assets, uint256 shares) internal override {
        if (halted) revert VenueDouble_Halted();
        super._deposit(caller, receiver, assets, shares);
    }

    function _withdraw(
        address caller,
        address receiver,
        address owner,
        uint256 assets,
        uint256 shares
    ) internal override {
        if (halted) revert VenueDouble_Halted();
        super._withdraw(caller, receiver, owner, assets, shares);
    }
}

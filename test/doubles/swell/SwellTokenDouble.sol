// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {SwellAccessDouble, SwellWhitelistDouble} from "./SwellAccessDouble.sol";

/// @title SwellTokenDouble
/// @notice Double of swETH and rswETH, NOT the protocol. Follows `swETH.sol` and `RswETH.sol` of
/// github.com/SwellNetwork/v3-core-public: minting at the inverse of the stored rate, rounded to 18 digits first.
/// @dev Left out: repricing from reserves, fees, referrals. ETH deposited stays here.
///
/// Market side (owner): `setRate` to an exact value; `withdrawEther`.
contract SwellTokenDouble is ERC20, SwellWhitelistDouble {
    event ETHDepositReceived(
        address indexed from,
        uint256 amount,
        uint256 minted,
        uint256 newTotalETHDeposited,
        address indexed referral
    );

    error CoreMethodsPaused();
    error InvalidETHDeposit();

    uint256 public totalETHDeposited;
    uint256 private _rate = 1e18;

    constructor(
        string memory symbol_,
        SwellAccessDouble manager
    ) ERC20(string.concat(symbol_, " (double)"), symbol_) SwellWhitelistDouble(manager) {}

    // MARKET

    function setRate(uint256 rateWad) external onlyOwner {
        _rate = rateWad;
    }

    // HOLDER

    function deposit() external payable checkWhitelist(msg.sender) {
        if (AccessControlManager.coreMethodsPaused()) revert CoreMethodsPaused();
        if (msg.value == 0) revert InvalidETHDeposit();
        uint256 minted = (msg.value * (1e36 / _rate)) / 1e18;
        _mint(msg.sender, minted);
        totalETHDeposited += msg.value;
        emit ETHDepositReceived(msg.sender, msg.value, minted, totalETHDeposited, address(0));
    }

    function burn(uint256 amount) external {
        _burn(msg.sender, amount);
    }

    // VIEWS

    function getRate() external view returns (uint256) {
        return _rate;
    }

    function swETHToETHRate() external view returns (uint256) {
        return _rate;
    }

    function rswETHToETHRate() external view returns (uint256) {
        return _rate;
    }
}

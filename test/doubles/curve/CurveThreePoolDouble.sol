// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title CurveThreePoolDouble
/// @notice Double of the outside of a Curve pool of three coins, NOT the protocol. It exists to be refused.
contract CurveThreePoolDouble {
    address[3] private _coins;

    constructor(address coin0, address coin1, address coin2) {
        _coins = [coin0, coin1, coin2];
    }

    function coins(uint256 i) external view returns (address) {
        return _coins[i];
    }

    function calc_withdraw_one_coin(uint256 burnAmount, int128) external pure returns (uint256) {
        return burnAmount;
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title CurveCryptoPoolDouble
/// @notice Double of the outside of a two-coin pool of Curve's crypto family, NOT the protocol: coin indices are uint256
/// (`contracts/two/CurveCryptoSwap2.vy` of github.com/curvefi/curve-crypto-contract). It exists to be refused, so it holds
/// nothing and quotes one for one.
contract CurveCryptoPoolDouble {
    address[2] private _coins;

    constructor(address coin0, address coin1) {
        _coins = [coin0, coin1];
    }

    function coins(uint256 i) external view returns (address) {
        return _coins[i];
    }

    function get_virtual_price() external pure returns (uint256) {
        return 10 ** 18;
    }

    function calc_withdraw_one_coin(uint256 burnAmount, uint256) external pure returns (uint256) {
        return burnAmount;
    }
}

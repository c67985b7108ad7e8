// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ICurveNgPool} from "../../../contracts/interfaces/external/curve/ICurve.sol";
import {IWETH9} from "../../../contracts/interfaces/external/weth/IWETH9.sol";
import {MintableDouble} from "../MintableDouble.sol";

/// @title CurveLegacyPoolDouble
/// @notice Double of the outside of a pool of Curve's old family, NOT the protocol: ether as 0xEeee..., fixed arrays, an LP
/// token of its own, and a lock that the reading functions do not know (`contracts/pools/steth/StableSwapSTETH.vy` of
/// github.com/curvefi/curve-contract). Its mathematics are those of the NG double behind it, which holds the coins.
/// @dev Inside its callback the virtual price is right here and wrong there; test/fork has the genuine one.
contract CurveLegacyPoolDouble {
    address private constant CURVE_ETHER = 0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE;

    ICurveNgPool private immutable _inner;
    IWETH9 private immutable _weth;
    MintableDouble public immutable lpToken;
    /// @notice 1 where ether is the second coin.
    uint256 private immutable _etherAt;
    bool private _locked;

    error Refused();

    modifier nonreentrant() {
        require(!_locked, Refused());
        _locked = true;
        _;
        _locked = false;
    }

    /// @param inner An NG double of WETH, at index `etherAt`, and a staking token.
    constructor(ICurveNgPool inner, IWETH9 weth, uint256 etherAt) {
        (_inner, _weth, _etherAt) = (inner, weth, etherAt);
        lpToken = new MintableDouble("Curve old family (double)", "crvOld");
        IERC20(inner.coins(etherAt)).approve(address(inner), type(uint256).max);
    }

    receive() external payable {}

    function coins(uint256 i) external view returns (address) {
        return i == _etherAt ? CURVE_ETHER : _inner.coins(i);
    }

    function get_virtual_price() external view returns (uint256) {
        return _inner.get_virtual_price();
    }

    function calc_withdraw_one_coin(uint256 burnAmount, int128 i) external view returns (uint256) {
        return _inner.calc_withdraw_one_coin(burnAmount, i);
    }

    /// @notice Ether only.
    function add_liquidity(
        uint256[2] calldata amounts,
        uint256 minMintAmount
    ) external payable nonreentrant returns (uint256 minted) {
        require(amounts[_etherAt] == msg.value && amounts[1 - _etherAt] == 0, Refused());
        _weth.deposit{value: msg.value}();
        uint256[] memory dynamic = new uint256[](2);
        dynamic[_etherAt] = msg.value;
        uint256 before = IERC20(address(_inner)).balanceOf(address(this));
        _inner.add_liquidity(dynamic, minMintAmount);
        minted = IERC20(address(_inner)).balanceOf(address(this)) - before;
        lpToken.mint(msg.sender, minted);
    }

    function remove_liquidity(
        uint256 amount,
        uint256[2] calldata minAmounts
    ) external nonreentrant returns (uint256[2] memory amounts) {
        uint256[] memory least = new uint256[](2);
        (least[0], least[1]) = (minAmounts[0], minAmounts[1]);
        uint256[] memory paid = _inner.remove_liquidity(amount, least);
        amounts = [paid[0], paid[1]];
        _payEther(paid[_etherAt]);
        IERC20(_inner.coins(1 - _etherAt)).transfer(msg.sender, paid[1 - _etherAt]);
        lpToken.burn(msg.sender, amount);
    }

    function remove_liquidity_one_coin(
        uint256 burnAmount,
        int128 i,
        uint256 minAmount
    ) external nonreentrant returns (uint256 paid) {
        require(i == (_etherAt == 0 ? int128(0) : int128(1)), Refused());
        paid = _inner.remove_liquidity_one_coin(burnAmount, i, minAmount);
        lpToken.burn(msg.sender, burnAmount);
        _payEther(paid);
    }

    function _payEther(uint256 amount) private {
        _weth.withdraw(amount);
        (bool ok, ) = msg.sender.call{value: amount}("");
        require(ok, Refused());
    }
}

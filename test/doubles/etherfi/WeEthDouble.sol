// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {EEthDouble} from "./EEthDouble.sol";
import {LiquidityPoolDouble} from "./LiquidityPoolDouble.sol";

/// @title WeEthDouble
/// @notice Double of ether.fi's weETH, NOT the protocol. Follows `src/WeETH.sol` of
/// github.com/etherfi-protocol/smart-contracts: one weETH is one eETH share.
contract WeEthDouble is ERC20("Wrapped eETH (double)", "weETH") {
    EEthDouble public immutable eETH;
    LiquidityPoolDouble public immutable liquidityPool;

    constructor(EEthDouble eETH_) {
        eETH = eETH_;
        liquidityPool = eETH_.liquidityPool();
    }

    function wrap(uint256 eETHAmount) external returns (uint256 weEthAmount) {
        require(eETHAmount > 0, "weETH: can't wrap zero eETH");
        weEthAmount = liquidityPool.sharesForAmount(eETHAmount);
        _mint(msg.sender, weEthAmount);
        eETH.transferFrom(msg.sender, address(this), eETHAmount);
    }

    function unwrap(uint256 weETHAmount) external returns (uint256 eETHAmount) {
        require(weETHAmount > 0, "Cannot unwrap a zero amount");
        eETHAmount = liquidityPool.amountForShare(weETHAmount);
        _burn(msg.sender, weETHAmount);
        eETH.transfer(msg.sender, eETHAmount);
    }

    function getWeETHByeETH(uint256 eETHAmount) external view returns (uint256) {
        return liquidityPool.sharesForAmount(eETHAmount);
    }

    function getEETHByWeETH(uint256 weETHAmount) public view returns (uint256) {
        return liquidityPool.amountForShare(weETHAmount);
    }

    function getRate() external view returns (uint256) {
        return getEETHByWeETH(1 ether);
    }
}

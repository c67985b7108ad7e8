// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {RedeemQueue} from "../../../contracts/RedeemQueue.sol";
import {CoreFixture} from "./CoreFixture.sol";

/// @notice Two holders of 100 ether each, 80 of it in strategy 1, and a queue with batches of six hours.
abstract contract QueueFixture is CoreFixture {
    uint40 internal constant BATCH = 6 hours;
    RedeemQueue internal queue;

    function setUp() public override {
        super.setUp();
        queue = new RedeemQueue(address(vault), BATCH);
        vault.bindRedeemQueue(address(queue));
        deposit(ALICE, 100 ether);
        deposit(BOB, 100 ether);
        allocate(1, 80 ether);
        pass(1 hours);
    }

    function request(address who, uint256 shares) internal returns (uint256 id) {
        vm.startPrank(who);
        vault.approve(address(queue), shares);
        id = queue.requestRedeem(shares, who, who);
        vm.stopPrank();
    }

    function toEnd(uint256 id) internal {
        uint256 end = queue.batch(id).end;
        pass(end - block.timestamp);
    }
}

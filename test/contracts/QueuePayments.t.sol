// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ILiquidityVault, RebalanceResult} from "../../contracts/interfaces/ILiquidityVault.sol";
import {QueueFixture} from "./support/QueueFixture.sol";

/// @notice What priced requests are paid from, and what happens where that is not enough.
contract QueuePaymentsTest is QueueFixture {
    /// @dev 100 ether are asked for and reported on; 30 are idle, and strategy 1 is what the rest comes from.
    function _askForMoreThanIdle() private {
        allocate(4, 90 ether);
        vault.setWithdrawalOrder(idList(1));
        pass(1 hours);
        uint256 id = request(ALICE, vault.balanceOf(ALICE));
        toEnd(id);
        uint8[] memory both = idList(1, 4);
        vault.report(both);
    }

    function test_TheQueueIsPaidFromTheWithdrawalOrderToo() public {
        _askForMoreThanIdle();
        queue.price();
        eq(vault.queueLiabilities(), 0, "30 idle and 70 from strategy 1");
        near(vault.debtOf(1), 10 ether, 1, "debt fell");
    }

    /// @dev Nobody's claim may hang on one venue's word: what the first holds back, the second pays.
    function test_AVenueThatPaysShortIsPassedOver() public {
        allocate(4, 60 ether);
        pass(1 hours);
        uint8[] memory both = idList(1, 4);
        vault.setWithdrawalOrder(both);
        uint256 id = request(ALICE, vault.balanceOf(ALICE));
        toEnd(id);
        vault.report(both);
        adapters[1].setOutcome(10_000, 9_999, 10_000, 0);
        ok(queue.canPrice(), "nothing else is in the way");
        vm.expectEmit(true, false, false, true, address(vault));
        emit ILiquidityVault.PullFailed(1, 40 ether, 39.996 ether);
        queue.price();
        near(queue.funded(), 100 ether, 1, "60 idle and 40 from strategy 4");
        near(vault.debtOf(1), 80 ether, 1, "the first keeps what it has");
        near(adapters[1].liquid(), 80 ether, 1, "its position is as it was");
        near(vault.debtOf(4), 20 ether, 1, "the second pays");
        checkBooks();
    }

    function test_WhereEveryVenuePaysShortIdlePaysWhatItHolds() public {
        vault.setWithdrawalOrder(idList(1));
        uint256 id = request(ALICE, vault.balanceOf(ALICE));
        request(BOB, vault.balanceOf(BOB));
        toEnd(id);
        vault.report(idList(1));
        adapters[1].setOutcome(10_000, 9_999, 10_000, 0);
        queue.price();
        eq(queue.funded(), 120 ether, "all that is idle");
        eq(vault.idle(), 0, "all of it");
        near(vault.queueLiabilities(), 80 ether, 1, "the rest is owed");
        adapters[1].setOutcome(10_000, 10_000, 10_000, 0);
        queue.fund();
        eq(vault.queueLiabilities(), 0, "and paid once the venue keeps its word");
    }

    /// @dev The NAV ends at zero, the loss does not: what a leg costs is the claimants' then, and may not go unseen.
    function test_AnExecutionsLossShowsWhereTheQueueIsOwedAllThereIs() public {
        allocate(4, 60 ether);
        pass(1 hours);
        uint256 id = request(ALICE, vault.balanceOf(ALICE));
        request(BOB, vault.balanceOf(BOB));
        toEnd(id);
        uint8[] memory both = idList(1, 4);
        vault.report(both);
        queue.price();
        near(vault.queueLiabilities(), 140 ether, 1, "owed: all that is not idle");
        adapters[1].setOutcome(10_000, 9_990, 10_000, 0);
        lose(4, 0.1 ether);
        vault.report(idList(4));
        eq(vault.nav(), 0, "less than the queue is owed");
        nextBlock();
        RebalanceResult memory result = run(one(exitLeg(1, 40 ether)));
        eq(result.loss, 0.04 ether, "a thousandth of it");
        eq(result.navAfter, 0, "and still nothing for holders");
        eq(vault.lockedProfit(), 0, "no gain");
        checkBooks();
    }

    function test_AVenueThatPaysTheQueueCannotCallBack() public {
        _askForMoreThanIdle();
        pass(1 hours);
        adapters[1].setCallback(address(vault), abi.encodeCall(vault.report, (idList(4))));
        queue.price();
        eq(vault.queueLiabilities(), 0, "paid");
        ok(
            adapters[1].callbackRevert() == ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector,
            "and refused while it paid"
        );
    }

    function test_AnExitOfNothingPullsNothing() public {
        adapters[1].setInstant(0);
        vault.setWithdrawalOrder(idList(1));
        uint256 id = request(ALICE, vault.balanceOf(ALICE));
        request(BOB, vault.balanceOf(BOB));
        toEnd(id);
        vault.report(idList(1));
        queue.price();
        near(vault.queueLiabilities(), 80 ether, 1, "what the venue holds back");
        adapters[1].setInstant(type(uint256).max);
        vault.withdraw(0, ALICE, ALICE);
        near(vault.debtOf(1), 80 ether, 1, "nobody asked the venue");
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {RedeemQueue} from "../../contracts/RedeemQueue.sol";
import {Errors} from "../../contracts/libraries/Errors.sol";
import {QueueFixture} from "./support/QueueFixture.sol";

/// @notice Requests wait for a later report, get its price, and are paid before anyone else.
contract RedeemQueueTest is QueueFixture {
    function tooOld(uint256 id) internal {
        vm.expectRevert(
            abi.encodeWithSelector(
                Errors.RedeemQueue_ReportTooOld.selector,
                id,
                vault.navTimestamp(),
                queue.batch(id).end
            )
        );
        queue.price();
    }

    // LIFE OF A REQUEST

    function test_ARequestIsPricedByALaterReportAndClaimed() public {
        uint256 shares = vault.balanceOf(ALICE);
        uint256 id = request(ALICE, shares);
        eq(vault.balanceOf(address(queue)), shares, "escrow");
        eq(queue.pendingRedeemRequest(id, ALICE), shares, "pending");
        eq(queue.claimableRedeemRequest(id, ALICE), 0, "not claimable");
        vault.report(idList(1));
        tooOld(id);
        toEnd(id);
        ok(!queue.canPrice(), "no report since the end");
        tooOld(id);
        vault.report(idList(1));
        ok(queue.canPrice(), "now");
        (uint256 priced, uint256 assets) = queue.price();
        eq(priced, id, "id");
        near(assets, 100 ether, 1, "assets");
        eq(queue.pendingRedeemRequest(id, ALICE), 0, "no longer pending");
        eq(queue.claimableRedeemRequest(id, ALICE), shares, "claimable");
        eq(queue.maxRedeem(ALICE), shares, "max redeem");
        eq(queue.maxWithdraw(ALICE), assets, "max withdraw");
        vm.prank(ALICE);
        eq(queue.redeem(shares, BOB, ALICE), assets, "claimed");
        eq(weth.balanceOf(BOB), assets, "paid");
        eq(vault.nav(), 200 ether - assets, "nav");
        eq(queue.maxRedeem(ALICE), 0, "done");
        checkBooks();
    }

    /// A batch is half-open: a request in the second of its end belongs to the next one.
    function test_ARequestAtTheEndBelongsToTheNextBatch() public {
        uint256 first = request(ALICE, 1e24);
        toEnd(first);
        uint256 second = request(BOB, 1e24);
        eq(second, first + 1, "next batch");
        vault.report(idList(1));
        queue.price();
        ok(!queue.batch(second).priced, "a report of the same second prices only what came before");
        tooOld(second);
        eq(queue.batch(first).end % BATCH, 0, "ends lie on a grid");
    }

    function test_AGainReportedAfterTheRequestIsInThePriceAndALossToo() public {
        uint256 id = request(ALICE, vault.balanceOf(ALICE));
        toEnd(id);
        lose(1, 0.2 ether);
        vault.report(idList(1));
        (, uint256 assets) = queue.price();
        near(assets, 99.9 ether, 1, "half of the loss is hers");
    }

    function test_CancelUntilPricedThenNeverAgain() public {
        uint256 id = request(ALICE, 10e24);
        vm.startPrank(ALICE);
        vm.expectRevert(
            abi.encodeWithSelector(Errors.RedeemQueue_ExceedsPending.selector, id, 10e24 + 1, uint256(10e24))
        );
        queue.cancelRedeemRequest(id, 10e24 + 1, ALICE, ALICE);
        queue.cancelRedeemRequest(id, 4e24, ALICE, BOB);
        vm.stopPrank();
        eq(vault.balanceOf(BOB), 104e24, "shares back, where she wants them");
        eq(queue.pendingRedeemRequest(id, ALICE), 6e24, "rest");
        toEnd(id);
        vault.report(idList(1));
        queue.price();
        vm.prank(ALICE);
        vm.expectRevert(abi.encodeWithSelector(Errors.RedeemQueue_AlreadyPriced.selector, id));
        queue.cancelRedeemRequest(id, 1, ALICE, ALICE);
    }

    function test_AnEmptiedBatchPricesToNothingAndDoesNotBlock() public {
        uint256 first = request(ALICE, 1e24);
        vm.prank(ALICE);
        queue.cancelRedeemRequest(first, 1e24, ALICE, ALICE);
        vm.expectRevert(
            abi.encodeWithSelector(
                Errors.RedeemQueue_ReportTooOld.selector,
                first,
                block.timestamp,
                queue.batch(first).end
            )
        );
        queue.price();
        eq(request(ALICE, 2e24), first, "it still takes requests until its end");
        vm.prank(ALICE);
        queue.cancelRedeemRequest(first, 2e24, ALICE, ALICE);
        toEnd(first);
        (, uint256 assets) = queue.price();
        eq(assets, 0, "nothing");
        vm.expectRevert(abi.encodeWithSelector(Errors.RedeemQueue_NothingToPrice.selector, first + 1));
        queue.price();
        // The emptied request does not hide the next one.
        uint256 second = request(ALICE, 3e24);
        toEnd(second);
        vault.report(idList(1));
        queue.price();
        eq(queue.maxRedeem(ALICE), 3e24, "oldest that holds shares");
    }

    // LIABILITIES

    function test_LiabilitiesComeBeforeEveryoneElse() public {
        allocate(4, 90 ether);
        pass(1 hours);
        uint256 id = request(ALICE, vault.balanceOf(ALICE));
        toEnd(id);
        uint8[] memory both = idList(1, 4);
        vault.report(both);
        (, uint256 assets) = queue.price();
        // 30 were idle and went to the queue at once.
        eq(queue.funded(), 30 ether, "funded");
        eq(vault.queueLiabilities(), assets - 30 ether, "the rest is owed");
        eq(vault.idle(), 0, "no idle");
        near(vault.nav(), 100 ether, 1, "what is owed is nobody else's");
        eq(vault.maxWithdraw(BOB), 0, "nobody is faster");
        eq(queue.claimableRedeemRequest(id, ALICE), 0, "not paid yet");
        vm.prank(ALICE);
        vm.expectRevert(abi.encodeWithSelector(Errors.RedeemQueue_ExceedsClaimable.selector, ALICE, uint256(1e24), 0));
        queue.redeem(1e24, ALICE, ALICE);
        eq(vault.minimumIdle(), (vault.nav() * 500 + 9_999) / 10_000 + assets - 30 ether, "reserved");

        nextBlock();
        run(one(exitLeg(1, 78 ether)));
        nextBlock();
        eq(vault.idle(), 78 ether, "exits refill idle");
        near(vault.maxWithdraw(BOB), 8 ether, 1, "only what is above the liability");
        vm.prank(ALICE);
        eq(queue.claimRequest(id, ALICE, ALICE), assets, "the claim fetches what it is owed");
        eq(vault.queueLiabilities(), 0, "settled");
        checkBooks();
    }

    /// @dev The queue is owed 70 that strategies hold, not idle: half of the shares that stayed are worth half of the NAV,
    /// not half of the debts.
    function test_AnInKindExitBearsItsPartOfWhatTheQueueIsOwed() public {
        allocate(4, 90 ether);
        pass(1 hours);
        uint256 id = request(ALICE, vault.balanceOf(ALICE));
        toEnd(id);
        uint8[] memory both = idList(1, 4);
        vault.report(both);
        queue.price();
        near(vault.queueLiabilities(), 70 ether, 1, "owed beyond idle");
        vault.freeze();
        uint256 half = vault.balanceOf(BOB) / 2;
        vm.prank(BOB);
        uint256 paid = vault.redeemInKind(half, BOB, BOB, 0);
        near(paid, 50 ether, 1_000, "half of the NAV");
        near(vault.nav(), 50 ether, 1_000, "the other half stays");
        near(vault.queueLiabilities(), 70 ether, 1, "and the queue is owed what it was");
        eq(vault.idle() + vault.totalDebt() - vault.queueLiabilities(), vault.nav(), "the books agree");
    }

    function testFuzz_ManyPartialClaimsNeverTakeMoreThanTheBatch(uint256 a, uint256 b, uint256 part) public {
        a = bound(a, 1, 50e24);
        b = bound(b, 1, 50e24);
        uint256 id = request(ALICE, a);
        request(BOB, b);
        toEnd(id);
        earn(1, 3 ether);
        vault.report(idList(1));
        (, uint256 assets) = queue.price();
        part = bound(part, 1, a);
        vm.startPrank(ALICE);
        uint256 got = queue.redeem(part, ALICE, ALICE);
        if (part != a) got += queue.redeem(a - part, ALICE, ALICE);
        vm.stopPrank();
        vm.prank(BOB);
        uint256 other = queue.redeem(b, BOB, BOB);
        atMost(got + other, assets, "never more than priced");
        near(got + other, assets, 3, "and all but dust");
        atMost(assets, vault.convertToAssets(a + b) + 1, "at the price");
        checkBooks();
    }

    function test_WithdrawTakesSharesRoundedUp() public {
        uint256 id = request(ALICE, 10e24);
        toEnd(id);
        lose(1, 0.1 ether);
        vault.report(idList(1));
        queue.price();
        uint256 limit = queue.maxWithdraw(ALICE);
        vm.startPrank(ALICE);
        uint256 shares = queue.withdraw(1 ether, ALICE, ALICE);
        ok(queue.batch(id).assets * shares >= 1 ether * uint256(queue.batch(id).shares), "up");
        uint256 rest = queue.maxWithdraw(ALICE);
        atMost(rest, limit - 1 ether, "less");
        queue.withdraw(rest, ALICE, ALICE);
        vm.expectPartialRevert(Errors.RedeemQueue_ExceedsClaimable.selector);
        queue.withdraw(2 ether, ALICE, ALICE);
        vm.stopPrank();
    }

    // FREEZE, OPERATORS, BOUNDS

    function test_AFreezeStopsPricingAndNotClaims() public {
        uint256 id = request(ALICE, 10e24);
        toEnd(id);
        vault.report(idList(1));
        queue.price();
        uint256 later = request(ALICE, 1e24);
        vault.freeze();
        vm.prank(ALICE);
        queue.redeem(10e24, ALICE, ALICE);
        toEnd(later);
        vault.report(idList(1));
        ok(!queue.canPrice(), "closed");
        vm.expectPartialRevert(Errors.LiquidityVault_ExitsClosed.selector);
        queue.price();
        vm.prank(ALICE);
        queue.cancelRedeemRequest(later, 1e24, ALICE, ALICE);
    }

    function test_OperatorsActAndStrangersDoNot() public {
        vm.startPrank(ALICE);
        vault.approve(address(queue), 10e24);
        vm.expectRevert(abi.encodeWithSelector(Errors.RedeemQueue_SelfOperator.selector, ALICE));
        queue.setOperator(ALICE, true);
        vm.stopPrank();
        vm.startPrank(BOB);
        bytes memory denied = abi.encodeWithSelector(Errors.RedeemQueue_NotOperator.selector, BOB, ALICE);
        vm.expectRevert(denied);
        queue.requestRedeem(10e24, BOB, ALICE);
        vm.stopPrank();
        vm.prank(ALICE);
        queue.setOperator(BOB, true);
        vm.startPrank(BOB);
        uint256 id = queue.requestRedeem(10e24, ALICE, ALICE);
        queue.cancelRedeemRequest(id, 1e24, ALICE, ALICE);
        vm.stopPrank();
        vm.prank(ALICE);
        queue.setOperator(BOB, false);
        vm.startPrank(BOB);
        vm.expectRevert(denied);
        queue.cancelRedeemRequest(id, 1e24, ALICE, BOB);
        vm.expectRevert(denied);
        queue.redeem(1e24, BOB, ALICE);
        vm.expectRevert(denied);
        queue.withdraw(1, BOB, ALICE);
        vm.expectRevert(denied);
        queue.claimRequest(id, BOB, ALICE);
        vm.stopPrank();
    }

    function test_RevertWhen_BoundsAreMissed() public {
        vm.expectRevert(abi.encodeWithSelector(Errors.RedeemQueue_ZeroShares.selector));
        queue.requestRedeem(0, address(this), address(this));
        vm.expectRevert(abi.encodeWithSelector(Errors.RedeemQueue_BadSetting.selector, 0, 1));
        new RedeemQueue(address(vault), 0);
        vm.expectRevert(abi.encodeWithSelector(Errors.RedeemQueue_BadSetting.selector, uint160(BOB), 0));
        new RedeemQueue(BOB, BATCH);
        vm.expectRevert(abi.encodeWithSelector(Errors.RedeemQueue_NoPreview.selector));
        queue.previewRedeem(1);
        vm.expectRevert(abi.encodeWithSelector(Errors.RedeemQueue_NoPreview.selector));
        queue.previewWithdraw(1);
        bytes memory denied = abi.encodeWithSelector(
            Errors.LiquidityVault_NotQueue.selector,
            address(this),
            address(queue)
        );
        vm.expectRevert(denied);
        vault.settleRedeem(1);
        vm.expectRevert(denied);
        vault.fundQueue();
        vm.expectRevert(abi.encodeWithSelector(Errors.LiquidityVault_AlreadyBound.selector, address(queue)));
        vault.bindRedeemQueue(address(queue));
        ok(queue.supportsInterface(0x620ee8e4) && queue.supportsInterface(0xe3bc4e65), "ERC-7540");
        ok(!queue.supportsInterface(0xffffffff), "not everything");
        eq(queue.share(), address(vault), "share");
    }

    /// Dust that others put into a controller's list cannot hide its own request.
    /// @dev One controller's requests against a plain list: made by himself and in his name, cancelled, priced, claimed in
    /// parts, over several words of the index.
    function testFuzz_RequestsOfAControllerAreAPlainList(uint256 seed) public {
        uint256[] memory model = new uint256[](2_401);
        for (uint256 step; step < 60; ++step) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint256 act = seed % 6;
            uint256 id = queue.lastRequestId();
            if (act < 2) {
                uint256 shares = 1 + ((seed >> 8) % 1e24);
                vm.startPrank(act == 0 ? ALICE : BOB);
                vault.approve(address(queue), shares);
                id = queue.requestRedeem(shares, ALICE, act == 0 ? ALICE : BOB);
                vm.stopPrank();
                model[id] += shares;
            } else if (act == 2) {
                // Empty batches between, so that ids reach other words soon.
                for (uint256 i; i < (seed >> 8) % 40; ++i) {
                    uint256 dust = request(BOB, 1);
                    toEnd(dust);
                }
            } else if (act == 3) {
                _priceAll();
            } else if (act == 4 && id != 0) {
                id = 1 + ((seed >> 8) % id);
                if (queue.batch(id).priced) continue;
                uint256 part = model[id] == 0 ? 0 : 1 + ((seed >> 64) % model[id]);
                vm.prank(ALICE);
                queue.cancelRedeemRequest(id, part, ALICE, ALICE);
                model[id] -= part;
            } else {
                uint256 most = queue.maxRedeem(ALICE);
                if (most == 0) continue;
                uint256 oldest = _oldestOf(model);
                uint256 part = (seed >> 8) % 2 == 0 ? most : 1 + ((seed >> 16) % most);
                vm.prank(ALICE);
                queue.redeem(part, ALICE, ALICE);
                model[oldest] -= part;
            }
            _sameAs(model);
        }
    }

    function _priceAll() private {
        uint256 last = queue.lastRequestId();
        if (last == 0) return;
        if (queue.batch(last).end > block.timestamp) toEnd(last);
        vault.report(idList(1));
        while (queue.canPrice()) queue.price();
        queue.fund();
    }

    function _oldestOf(uint256[] memory model) private view returns (uint256) {
        for (uint256 id = 1; id <= queue.lastRequestId(); ++id) if (model[id] != 0) return id;
        return 0;
    }

    function _sameAs(uint256[] memory model) private view {
        uint256 last = queue.lastRequestId();
        for (uint256 id = 1; id <= last; ++id) {
            uint256 held = queue.pendingRedeemRequest(id, ALICE) + queue.claimableRedeemRequest(id, ALICE);
            if (model[id] != held) eq(held, model[id], "shares of a request");
        }
        uint256 oldest = _oldestOf(model);
        eq(queue.maxRedeem(ALICE), queue.claimableRedeemRequest(oldest, ALICE), "the oldest");
    }

    function test_APaddedListDoesNotBlockItsOwner() public {
        for (uint256 i; i < 3; ++i) {
            vm.startPrank(BOB);
            vault.approve(address(queue), 1);
            uint256 dust = queue.requestRedeem(1, ALICE, BOB);
            vm.stopPrank();
            toEnd(dust);
        }
        uint256 id = request(ALICE, 5e24);
        toEnd(id);
        vault.report(idList(1));
        for (uint256 i; i < 4; ++i) queue.price();
        vm.prank(ALICE);
        near(queue.claimRequest(id, ALICE, ALICE), 5 ether, 1, "by id");
    }

    /// @dev A word of the bitmap holds 256 requests: the oldest is found across words, emptied ones are not.
    function test_TheOldestRequestIsFoundAcrossWords() public {
        uint256[] memory ids = new uint256[](300);
        vm.prank(ALICE);
        vault.approve(address(queue), type(uint256).max);
        for (uint256 i; i < 300; ++i) {
            vm.prank(ALICE);
            ids[i] = queue.requestRedeem(1e18 + i, ALICE, ALICE);
            pass(BATCH);
        }
        for (uint256 i; i < 255; ++i) {
            if (i == 7) continue;
            vm.prank(ALICE);
            queue.cancelRedeemRequest(ids[i], 1e18 + i, ALICE, ALICE);
        }
        vault.report(idList(1));
        for (uint256 i; i < 300; ++i) queue.price();
        queue.fund();
        eq(queue.maxRedeem(ALICE), 1e18 + 7, "the oldest that holds shares");
        vm.prank(ALICE);
        queue.redeem(1e18 + 7, ALICE, ALICE);
        eq(ids[255], 256, "the first place of the second word");
        eq(queue.maxRedeem(ALICE), 1e18 + 255, "the next lies there");
        vm.startPrank(ALICE);
        queue.redeem(1e18 + 200, ALICE, ALICE);
        eq(queue.maxRedeem(ALICE), 55, "a part is left");
        queue.redeem(55, ALICE, ALICE);
        vm.stopPrank();
        eq(queue.maxRedeem(ALICE), 1e18 + 256, "and then the one after");
    }
}

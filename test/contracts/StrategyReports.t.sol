// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ILiquidityVault} from "../../contracts/interfaces/ILiquidityVault.sol";
import {Errors} from "../../contracts/libraries/Errors.sol";
import {PriceStatus, StrategyState} from "../../contracts/types/Strategy.sol";
import {AdapterDouble} from "../doubles/AdapterDouble.sol";
import {CoreFixture} from "./support/CoreFixture.sol";

/// @notice Reports and claims: gains wait, losses count, a large loss freezes, a broken adapter changes nothing.
contract StrategyReportsTest is CoreFixture {
    function setUp() public override {
        super.setUp();
        deposit(ALICE, 100 ether);
        allocate(1, 40 ether);
        allocate(4, 20 ether);
        pass(2 hours);
    }

    function state(uint8 id) internal view returns (StrategyState) {
        return registry.strategy(id).state;
    }

    function testFuzz_AGainUnlocksLinearly(uint256 gain, uint256 elapsed) public {
        gain = bound(gain, 1e6, 10 ether);
        elapsed = bound(elapsed, 0, 6 days);
        earn(1, gain);
        vault.report(idList(1));
        eq(vault.nav(), 100 ether + gain, "nav has it");
        eq(vault.totalAssets(), 100 ether, "the price does not");
        uint256 reported = block.timestamp;
        pass(elapsed);
        uint256 locked = elapsed >= 5 days ? 0 : gain - (gain * elapsed) / 5 days;
        near(vault.lockedProfit(), locked, 1, "locked");
        near(vault.totalAssets(), 100 ether + gain - locked, 1, "total assets");
        ok(reported + elapsed == block.timestamp, "time");
        checkBooks();
    }

    function testFuzz_ASmallNewGainHardlyDelaysALargeOldOne(uint256 old, uint256 fresh) public {
        old = bound(old, 1 ether, 10 ether);
        fresh = bound(fresh, 1, old / 1000);
        earn(1, old);
        vault.report(idList(1));
        pass(4 days);
        earn(1, fresh);
        vault.report(idList(1));
        // One day was left. The weighted end moves by at most fresh / (locked + fresh) of the other four.
        uint256 locked = vault.lockedProfit();
        pass(1 days);
        atMost(vault.lockedProfit(), locked / 40, "all but a few per cent is out");
        pass(4 days);
        eq(vault.lockedProfit(), 0, "nothing waits longer than a full period");
    }

    function testFuzz_ALossCountsAtOnceAndIsNotHiddenByLockedProfit(uint256 gain, uint256 loss) public {
        gain = bound(gain, 1, 5 ether);
        // Below the trip of 50 bps.
        loss = bound(loss, 1, 0.09 ether);
        earn(1, gain);
        vault.report(idList(1));
        uint256 locked = vault.lockedProfit();
        lose(4, loss);
        vault.report(idList(4));
        eq(vault.lockedProfit(), locked, "lock untouched");
        eq(vault.totalAssets(), 100 ether - loss, "price fell");
        ok(state(4) == StrategyState.Active, "still active");
        checkBooks();
    }

    function test_ALossAboveTheTripFreezesAndStillCounts() public {
        lose(1, 0.21 ether);
        uint64 epoch = registry.epoch();
        vm.expectEmit(true, true, true, true, address(vault));
        emit ILiquidityVault.TripLoss(1, 0.21 ether, 40 ether);
        vault.report(idList(1));
        ok(state(1) == StrategyState.Frozen, "frozen");
        eq(vault.totalAssets(), 100 ether - 0.21 ether, "counted");
        eq(registry.epoch(), epoch + 1, "old signatures die");
    }

    function test_ALossAtTheTripDoesNotFreeze() public {
        lose(1, 0.2 ether);
        vault.report(idList(1));
        ok(state(1) == StrategyState.Active, "still active");
    }

    function test_ABrokenAdapterKeepsDebtAndTime() public {
        uint256 before = vault.reportedAt(1);
        for (uint8 mode = 1; mode <= 4; ++mode) {
            adapters[1].setReading(AdapterDouble.Reading(mode));
            vault.report(idList(1));
            eq(vault.debtOf(1), 40 ether, "debt");
            eq(vault.reportedAt(1), before, "time");
        }
        // One broken strategy does not keep the other from being reported in the same call.
        uint8[] memory both = idList(1, 4);
        earn(4, 1 ether);
        vault.report(both);
        eq(vault.debtOf(4), 21 ether, "the other was reported");
        checkBooks();
    }

    function test_ReportsAreRateLimitedPerStrategyWithoutRevert() public {
        earn(1, 1 ether);
        vault.report(idList(1));
        earn(1, 1 ether);
        pass(1 hours - 1);
        vault.report(idList(1));
        eq(vault.debtOf(1), 41 ether, "too early");
        pass(1);
        vault.report(idList(1));
        eq(vault.debtOf(1), 42 ether, "due");
    }

    function test_AGiftToAStrategyWithoutDebtCreatesNone() public {
        earn(2, 1 ether);
        vault.report(idList(2));
        eq(vault.debtOf(2), 0, "no debt");
        pass(2 days);
        uint8[] memory held = idList(1, 4);
        vault.report(held);
        ok(vault.maxWithdraw(ALICE) != 0, "exits do not wait for strategy 2");
    }

    function test_RevertWhen_TheStrategyIsUnknown() public {
        vm.expectRevert(abi.encodeWithSelector(Errors.StrategyRegistry_UnknownStrategy.selector, 9, 4));
        vault.report(idList(9));
    }

    function test_ADeadFeedLowersButNeverRaisesAndRefreshesTheTime() public {
        // No new round: the feed goes stale.
        nextBlock();
        vm.warp(block.timestamp + 26 hours);
        earn(4, 1 ether);
        uint8[] memory held = idList(1, 4);
        vault.report(held);
        eq(vault.debtOf(4), 20 ether, "not raised");
        eq(vault.reportedAt(4), block.timestamp, "but reported");
        ok(vault.maxWithdraw(ALICE) != 0, "withdrawals go on");

        nextBlock();
        vm.warp(block.timestamp + 2 hours);
        lose(4, 1.05 ether);
        vault.report(idList(4));
        eq(vault.debtOf(4), 19.95 ether, "lowered");
    }

    function test_AMarketDiscountLowersTheDebtOfAMarketStrategyOnly() public {
        rebasingFeed.updateAnswer(0.996e8);
        vault.report(idList(4));
        eq(vault.debtOf(4), 19.92 ether, "valued at the market");
        rebasingFeed.updateAnswer(1.004e8);
        pass(2 hours);
        vault.report(idList(4));
        eq(vault.debtOf(4), 20 ether, "never above redemption");
        eq(vault.lockedProfit(), 0.08 ether, "the way back is a gain");
    }

    /// An ordinary market move is above the trip of 50 bps, and still only a price: the strategy redeems in full.
    function test_AMarketMoveAboveTheTripDoesNotFreeze() public {
        rebasingFeed.updateAnswer(0.994e8);
        vault.report(idList(4));
        eq(vault.debtOf(4), 19.88 ether, "the NAV counts the market");
        eq(vault.totalAssets(), 99.88 ether, "at once");
        ok(state(4) == StrategyState.Active, "not frozen");
        ok(guard.quote(4).status == PriceStatus.NoInflow, "but nothing may enter");
    }

    function testFuzz_TheTripSeesTheRedemptionLossThroughAnyMarketMove(
        uint256 before,
        uint256 later,
        uint256 loss
    ) public {
        before = bound(before, 0.971e8, 1.02e8);
        later = bound(later, 0.971e8, 1.02e8);
        loss = bound(loss, 0, 0.5 ether);
        rebasingFeed.updateAnswer(int256(before));
        vault.report(idList(4));
        pass(2 hours);
        rebasingFeed.updateAnswer(int256(later));
        if (loss != 0) lose(4, loss);
        vault.report(idList(4));
        // 50 bps of what was counted; the market's part is held still on both sides.
        uint256 factor = before > 1e8 ? 1e8 : before;
        bool trips = (loss * factor) / 1e8 > (((20 ether * factor) / 1e8) * 50) / 10_000 + 2;
        bool clear = (loss * factor) / 1e8 + 2 < (((20 ether * factor) / 1e8) * 50) / 10_000;
        if (trips) ok(state(4) == StrategyState.Frozen, "a loss above the trip freezes");
        if (clear) ok(state(4) == StrategyState.Active, "a market move does not");
        checkBooks();
    }

    /// A market that recovers in the same report does not hide a slashing.
    function test_ARisingMarketDoesNotHideASlashing() public {
        rebasingFeed.updateAnswer(0.99e8);
        vault.report(idList(4));
        pass(2 hours);
        rebasingFeed.updateAnswer(1e8);
        lose(4, 0.15 ether);
        vault.report(idList(4));
        eq(vault.debtOf(4), 19.85 ether, "higher than before");
        ok(state(4) == StrategyState.Frozen, "and frozen all the same");
    }

    function test_AClaimTurnsAFinishedExitIntoIdle() public {
        run(one(requestLeg(1, 15 ether)));
        eq(vault.debtOf(1), 40 ether, "debt stays while the exit is pending");
        eq(vault.idle(), 40 ether, "idle unchanged");
        adapters[1].finishExits();
        pass(1 minutes);
        vm.prank(BOB);
        uint256 received = vault.claim(idList(1));
        eq(received, 15 ether, "received");
        eq(vault.idle(), 55 ether, "idle");
        eq(vault.debtOf(1), 25 ether, "debt");
        eq(vault.nav(), 100 ether, "nav");
        vault.claim(idList(1));
        eq(vault.idle(), 55 ether, "idempotent");
        checkBooks();
    }

    function test_TheNavIsAsOldAsItsOldestReport() public {
        uint256 oldest = vault.reportedAt(1);
        vault.report(idList(4));
        eq(vault.navTimestamp(), oldest, "strategy 1 is older");
        pass(3 hours);
        uint256 fourth = vault.reportedAt(4);
        vault.report(idList(1));
        eq(vault.navTimestamp(), fourth, "now strategy 4 is");
        run(one(exitLeg(4, 20 ether)));
        eq(vault.navTimestamp(), block.timestamp, "a closed debt has no age");
    }

    function test_AClaimAboveTheDebtIsAGainThatWaits() public {
        run(one(requestLeg(1, 40 ether)));
        adapters[1].finishExits();
        vm.deal(address(this), 1 ether);
        weth.deposit{value: 1 ether}();
        weth.transfer(address(adapters[1]), 1 ether);
        adapters[1].setPosition(0, 0, 41 ether);
        vault.claim(idList(1));
        eq(vault.nav(), 101 ether, "nav");
        eq(vault.totalAssets(), 100 ether, "locked");
        eq(vault.debtOf(1), 0, "closed");
        checkBooks();
    }

    /// Shares worth nothing beside a locked profit: a deposit at that price would take the profit.
    function test_DepositsCloseWhileOnlyLockedProfitIsLeft() public {
        earn(1, 30 ether);
        vault.report(idList(1));
        lose(1, 70 ether);
        lose(4, 20 ether);
        registry.setLimits(1, limits(1_000 ether, 1_000 ether, 5_000, 10_000));
        pass(1 hours);
        uint8[] memory held = idList(1, 4);
        uint256 available = vault.maxWithdraw(ALICE);
        vm.prank(ALICE);
        vault.withdraw(available, ALICE, ALICE);
        earn(1, 20 ether);
        vault.report(held);
        eq(vault.totalAssets(), 0, "worth nothing");
        ok(vault.nav() != 0 && vault.totalSupply() != 0, "but not empty");
        eq(vault.maxDeposit(BOB), 0, "closed");
    }

    function test_AClaimIsMeasuredByBalanceNotByWord() public {
        run(one(requestLeg(1, 15 ether)));
        adapters[1].finishExits();
        adapters[1].setLie(1_000 ether);
        eq(vault.claim(idList(1)), 15 ether, "measured");
        eq(vault.idle(), 55 ether, "idle");
    }

    function test_TheLastWeiOfAFinishedExitDoesNotFreeze() public {
        run(one(requestLeg(1, 40 ether)));
        adapters[1].finishExits();
        adapters[1].setPosition(0, 0, 40 ether - 1);
        vault.claim(idList(1));
        eq(vault.debtOf(1), 0, "closed");
        ok(state(1) == StrategyState.Active, "one wei of forty ether is no trip");
        eq(vault.nav(), 100 ether - 1, "but it is a loss");
        checkBooks();
    }

    function test_AReentrantAdapterIsRefused() public {
        adapters[1].setCallback(address(vault), abi.encodeCall(vault.report, (idList(4))));
        allocate(1, 1 ether);
        eq(
            uint32(adapters[1].callbackRevert()),
            uint32(bytes4(keccak256("ReentrancyGuardReentrantCall()"))),
            "refused"
        );
    }
}

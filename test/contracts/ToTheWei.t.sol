// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IOracleGuard} from "../../contracts/interfaces/IOracleGuard.sol";
import {IRedeemQueue} from "../../contracts/interfaces/IRedeemQueue.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Errors} from "../../contracts/libraries/Errors.sol";
import {Roles} from "../../contracts/libraries/Roles.sol";
import {Leg, LegKind} from "../../contracts/types/Proposal.sol";
import {PackedPrice} from "../../contracts/types/PackedPrice.sol";
import {PackedRecord} from "../../contracts/types/PackedRecord.sol";
import {OracleConfig, OracleKind, PriceStatus, StrategyState} from "../../contracts/types/Strategy.sol";
import {CoreFixture} from "./support/CoreFixture.sol";
import {ProofFixture} from "./support/ProofFixture.sol";

/// @notice Limits where they bind: at the last wei or second that passes, and at the first that does not. The mutation run moves
/// each comparison and each constant by one; this is where it is noticed.
contract ToTheWeiTest is CoreFixture {
    // PRICES

    /// @dev A budget that forgives any fall does not forgive a rate of nothing.
    function test_ARateOfZeroIsNoRateWhateverTheBudget() public {
        OracleConfig memory config = rateConfig(OracleKind.RateOnly);
        config.slashBudgetBps = 10_000;
        guard.setOracle(2, config);
        adapters[2].setRate(1);
        eq(uint8(guard.quote(2).status), uint8(PriceStatus.Normal), "any fall");
        adapters[2].setRate(0);
        eq(uint8(guard.quote(2).status), uint8(PriceStatus.Frozen), "but not to nothing");
        adapters[2].setRate(type(uint80).max);
        guard.setOracle(2, config);
        eq(uint8(guard.quote(2).status), uint8(PriceStatus.Normal), "the largest rate there is");
        adapters[2].setRate(0);
        vm.expectPartialRevert(Errors.OracleGuard_Unpriceable.selector);
        guard.setOracle(2, config);
    }

    function _band(int256 answer, PriceStatus expected) private {
        rebasingFeed.updateAnswer(answer);
        eq(uint8(guard.quote(4).status), uint8(expected), "band");
    }

    function test_BandsEndWhereTheySay() public {
        _band(0.995e8, PriceStatus.Normal);
        _band(1.005e8, PriceStatus.Normal);
        _band(0.995e8 - 1, PriceStatus.NoInflow);
        _band(1.005e8 + 1, PriceStatus.NoInflow);
        _band(0.99e8, PriceStatus.NoInflow);
        _band(1.01e8, PriceStatus.NoInflow);
        _band(0.99e8 - 1, PriceStatus.ExitOnly);
        _band(1.01e8 + 1, PriceStatus.ExitOnly);
        _band(0.97e8, PriceStatus.ExitOnly);
        _band(1.03e8, PriceStatus.ExitOnly);
        _band(0.97e8 - 1, PriceStatus.Frozen);
        _band(1.03e8 + 1, PriceStatus.Frozen);
    }

    function test_AnswersEndWhereTheySay() public {
        _band(0.5e8, PriceStatus.Frozen);
        eq(guard.quote(4).marketWad, 0, "refused");
        _band(0.5e8 + 1, PriceStatus.Frozen);
        eq(guard.quote(4).marketWad, 0.5e18 + 1e10, "read");
        _band(2e8, PriceStatus.Frozen);
        eq(guard.quote(4).marketWad, 0, "refused");
        _band(2e8 - 1, PriceStatus.Frozen);
        eq(guard.quote(4).marketWad, 2e18 - 1e10, "read");
        rebasingFeed.updateRoundData(9, 1e8, block.timestamp, block.timestamp);
        eq(uint8(guard.quote(4).status), uint8(PriceStatus.Normal), "now is not the future");
    }

    /// @dev The guard tells the world exactly when something moved.
    function test_ASyncIsAnEventOnlyWhenSomethingMoved() public {
        adapters[1].setRate(1.001e18);
        PackedRecord[] memory list = registry.records(idList(1));
        vm.prank(address(vault));
        vm.expectEmit(true, true, true, true, address(guard));
        emit IOracleGuard.SyncRate(1, 1.001e18, 1e18, PriceStatus.Normal);
        guard.syncAll(list);
        (PriceStatus status, uint256 factor, uint256 last) = _sync(1);
        eq(uint8(status), uint8(PriceStatus.Normal), "status");
        eq(factor, 1e18, "factor");
        eq(last, 1e18, "last factor");
        rebasingFeed.updateAnswer(0.999e8);
        (, factor, last) = _sync(4);
        eq(factor, 0.999e18, "the new one");
        eq(last, 1e18, "the one before");
        (, factor, last) = _sync(4);
        eq(last, 0.999e18, "remembered");
    }

    function _sync(uint8 id) private returns (PriceStatus, uint256, uint256) {
        PackedRecord[] memory list = registry.records(idList(id));
        vm.prank(address(vault));
        PackedPrice price = guard.syncAll(list)[0];
        return (price.status(), price.sellFactor(), price.lastFactor());
    }

    /// @dev The snapshot of the rate moves once in seven days, and only then.
    function test_TheGrowthSnapshotIsAWeekOld() public {
        // 20 % a year allow 0.3835 % in a week.
        uint256 week = (uint256(1e18) * 2_000 * 7 days) / (365 days * 10_000);
        vm.warp(START + 7 days - 1);
        adapters[1].setRate(1e18 + week);
        _sync(1);
        adapters[1].setRate(1e18 + week + 1e12);
        eq(uint8(guard.quote(1).status), uint8(PriceStatus.Frozen), "the snapshot is the old one");
        adapters[1].setRate(1e18 + week);
        vm.warp(START + 7 days);
        _sync(1);
        adapters[1].setRate(1e18 + week + 1e12);
        eq(uint8(guard.quote(1).status), uint8(PriceStatus.Normal), "a week later it is the new one");
    }

    // REPORTS

    function test_ALossOfOneWeiTripsWhereItIsAboveTheTrip() public {
        deposit(ALICE, 10_000);
        allocate(1, 200);
        pass(2 hours);
        lose(1, 1);
        vault.report(idList(1));
        ok(registry.strategy(1).state == StrategyState.Active, "50 of 10000 is not above 50");
        adapters[2].setPosition(0, 0, 0);
        allocate(2, 199);
        pass(2 hours);
        lose(2, 1);
        vault.report(idList(2));
        ok(registry.strategy(2).state == StrategyState.Frozen, "one of 199 is");
    }

    function test_EachPartMayReachTheLimitAlone() public {
        deposit(ALICE, 100 ether);
        allocate(1, 10 ether);
        uint256 most = type(uint88).max;
        for (uint256 i; i < 3; ++i) {
            pass(2 hours);
            adapters[1].setPosition(i == 0 ? most : 0, i == 1 ? most : 0, i == 2 ? most : 0);
            vault.report(idList(1));
            eq(vault.debtOf(1), most, "the limit");
            pass(2 hours);
            adapters[1].setPosition(i == 0 ? most + 1 : 0, i == 1 ? most + 1 : 0, i == 2 ? most + 1 : 0);
            vault.report(idList(1));
            eq(vault.debtOf(1), most, "unreadable above it: the debt stays");
            eq(vault.reportedAt(1), block.timestamp - 2 hours, "and so does its time");
        }
    }

    function test_AReportIsDueToTheSecond() public {
        deposit(ALICE, 100 ether);
        allocate(1, 10 ether);
        earn(1, 1 ether);
        vm.warp(block.timestamp + 1 hours - 1);
        vault.report(idList(1));
        eq(vault.debtOf(1), 10 ether, "not yet");
        vm.warp(block.timestamp + 1);
        vault.report(idList(1));
        eq(vault.debtOf(1), 11 ether, "now");
    }

    function test_TheNavIsStaleToTheSecond() public {
        deposit(ALICE, 100 ether);
        allocate(1, 10 ether);
        allocate(2, 10 ether);
        pass(12 hours);
        vault.report(idList(2));
        vm.warp(vault.reportedAt(1) + 1 days);
        nextBlock();
        ok(vault.exitsOpen(), "a day old");
        // An execution on 3 leaves 1 and 2 alone while they are fresh.
        tokenFeed.updateAnswer(1.05e18);
        earn(1, 1 ether);
        allocate(3, 1 ether);
        eq(vault.debtOf(1), 10 ether, "not reported");
        vm.warp(block.timestamp + 1);
        nextBlock();
        ok(!vault.exitsOpen(), "a second later not");
        allocate(3, 1 ether);
        eq(vault.debtOf(1), 11 ether, "the stale one was reported first");
        eq(vault.reportedAt(2), START + 12 hours, "the fresh one was not");
    }

    function test_InKindOpensASecondAfterAWeek() public {
        deposit(ALICE, 100 ether);
        ok(!vault.isInKindOpen(), "no debt, no need");
        allocate(1, 10 ether);
        vm.warp(START + 7 days);
        ok(!vault.isInKindOpen(), "a week");
        vm.warp(START + 7 days + 1);
        ok(vault.isInKindOpen(), "a week and a second");
        vault.report(idList(1));
        ok(!vault.isInKindOpen(), "reported");
        registry.restrict(1, StrategyState.Frozen);
        ok(vault.isInKindOpen(), "a frozen strategy with debt");
        registry.reactivate(1);
        registry.restrict(2, StrategyState.Frozen);
        ok(!vault.isInKindOpen(), "a frozen one without debt is nobody's trouble");
    }

    // LOCKED PROFIT

    function test_ProfitUnlocksToTheSecondAndRoundsUp() public {
        deposit(ALICE, 100 ether);
        allocate(1, 10 ether);
        pass(2 hours);
        earn(1, 432_001);
        vault.report(idList(1));
        eq(vault.lockedProfit(), 432_001, "all of it");
        uint256 at = block.timestamp;
        vm.warp(at + 1);
        eq(vault.lockedProfit(), 432_000, "a second's part, rounded up by 1 / 432000");
        vm.warp(at + 216_000);
        eq(vault.lockedProfit(), 216_001, "half, rounded up");
        vm.warp(at + 432_000 - 1);
        eq(vault.lockedProfit(), 2, "the last second");
        vm.warp(at + 432_000);
        eq(vault.lockedProfit(), 0, "unlocked");
    }

    function test_ANewGainMovesTheEndByItsWeight() public {
        deposit(ALICE, 100 ether);
        allocate(1, 10 ether);
        pass(2 hours);
        earn(1, 3 ether);
        vault.report(idList(1));
        pass(216_000);
        earn(1, 0.5 ether);
        vault.report(idList(1));
        eq(vault.lockedProfit(), 2 ether, "1.5 old and 0.5 new");
        // (1.5 x 216000 + 0.5 x 432000) / 2 = 270000 seconds.
        vm.warp(block.timestamp + 135_000);
        eq(vault.lockedProfit(), 1 ether, "half of it half way");
        vm.warp(block.timestamp + 135_000 - 1);
        ok(vault.lockedProfit() != 0, "the last second");
        vm.warp(block.timestamp + 1);
        eq(vault.lockedProfit(), 0, "the weighted end");
    }

    // CAPS

    function _placeAtMost(uint8 id, uint256 most) private {
        Leg[] memory legs = one(allocateLeg(id, most + 1));
        uint256 nav = vault.nav();
        vm.expectPartialRevert(Errors.LiquidityVault_CapExceeded.selector);
        vault.rebalance(legs, nav, 10_000);
        run(one(allocateLeg(id, most)));
        eq(vault.debtOf(id), most, "to the wei");
    }

    function test_CapsBindToTheWei() public {
        deposit(ALICE, 100 ether);
        registry.setLimits(1, limits(30 ether, 1_000 ether, 5_000, 50));
        _placeAtMost(1, 30 ether);
        registry.setLimits(2, limits(1_000 ether, 1_000 ether, 3_000, 50));
        _placeAtMost(2, 30 ether);
    }

    function test_RiskCapsBindToTheWei() public {
        deposit(ALICE, 100 ether);
        registry.setRiskCap(1, 20 ether, 10_000);
        Leg[] memory legs = new Leg[](2);
        (legs[0], legs[1]) = (allocateLeg(2, 10 ether), allocateLeg(3, 10 ether + 1));
        vm.expectRevert(
            abi.encodeWithSelector(Errors.LiquidityVault_RiskCapExceeded.selector, 1, 20 ether + 1, 20 ether)
        );
        vault.rebalance(legs, 100 ether, 10_000);
        legs[1].amount = 10 ether;
        run(legs);
        eq(vault.riskDebt(1), 20 ether, "to the wei");
        eq(vault.riskDebt(0), 10 ether, "by its own ids only");
    }

    function test_TheInflowBudgetAndTheBufferBindToTheWei() public {
        deposit(ALICE, 100 ether);
        registry.setLimits(1, limits(1_000 ether, 10 ether, 5_000, 50));
        Leg[] memory legs = one(allocateLeg(1, 10 ether + 1));
        vm.expectRevert(
            abi.encodeWithSelector(Errors.StrategyRegistry_InflowBudgetExceeded.selector, 1, 10 ether + 1, 10 ether)
        );
        vault.rebalance(legs, 100 ether, 10_000);
        allocate(1, 10 ether);
        registry.setLimits(2, limits(1_000 ether, 1_000 ether, 10_000, 50));
        registry.setRiskCap(0, 2_000 ether, 10_000);
        registry.setRiskCap(1, 2_000 ether, 10_000);
        nextBlock();
        legs = one(allocateLeg(2, 85 ether + 1));
        vm.expectRevert(abi.encodeWithSelector(Errors.LiquidityVault_IdleTooLow.selector, 5 ether - 1, 5 ether));
        vault.rebalance(legs, 100 ether, 10_000);
        allocate(2, 85 ether);
        eq(vault.idle(), vault.minimumIdle(), "the buffer is all that is left");
    }

    function test_TheNavToleranceBindsToTheWei() public {
        deposit(ALICE, 101 ether);
        Leg[] memory legs = one(allocateLeg(1, 1 ether));
        vm.expectRevert(
            abi.encodeWithSelector(Errors.LiquidityVault_NavOutOfTolerance.selector, 101 ether, 100 ether, 99)
        );
        vault.rebalance(legs, 100 ether, 99);
        vm.expectRevert(
            abi.encodeWithSelector(Errors.LiquidityVault_NavOutOfTolerance.selector, 101 ether, 102.1 ether, 107)
        );
        vault.rebalance(legs, 102.1 ether, 107);
        vault.rebalance(legs, 102.1 ether, 108);
        vault.rebalance(legs, 100 ether, 100);
        eq(vault.debtOf(1), 2 ether, "both at the edge");
    }

    function test_SignedMinimaBindToTheWei() public {
        deposit(ALICE, 100 ether);
        adapters[1].setOutcome(9_990, 9_990, 9_990, 0);
        LegKind[3] memory kinds = [LegKind.Allocate, LegKind.Deallocate, LegKind.RequestExit];
        bytes4[3] memory errors = [
            Errors.LiquidityVault_ValueTooLow.selector,
            Errors.LiquidityVault_ReceivedTooLow.selector,
            Errors.LiquidityVault_RequestedTooLow.selector
        ];
        for (uint256 i; i < 3; ++i) {
            uint128 amount = i == 0 ? 40 ether : 10 ether;
            uint128 outcome = (amount * 9_990) / 10_000;
            Leg[] memory legs = one(Leg(1, kinds[i], amount, outcome + 1, 0, 0));
            uint256 nav = vault.nav();
            vm.expectRevert(abi.encodeWithSelector(errors[i], 1, outcome, outcome + 1));
            vault.rebalance(legs, nav, 10_000);
            legs[0].minValue = outcome;
            vault.rebalance(legs, nav, 10_000);
        }
        eq(vault.idle(), 60 ether + 9.99 ether, "what the exit paid");
        eq(adapters[1].pending(), 9.99 ether, "what was requested");
    }

    // FEES

    function test_OneAccrualTakesAtMostHalf() public {
        deposit(ALICE, 100 ether);
        vault.setFeeRecipient(BOB);
        vault.setFees(200, 0);
        pass(60 * 365 days);
        vault.setFees(200, 0);
        near(vault.convertToAssets(vault.balanceOf(BOB)), 50 ether, 1e6, "half, though 120 % were due");
    }
}

/// @notice The queue at its edges.
contract QueueToTheWeiTest is ProofFixture {
    function _request(address who, uint256 shares) private returns (uint256 id) {
        vm.startPrank(who);
        vault.approve(address(queue), shares);
        id = queue.requestRedeem(shares, who, who);
        vm.stopPrank();
    }

    function test_ASingleShareIsPricedLikeAnyOther() public {
        deposit(ALICE, 100 ether);
        _request(ALICE, 1);
        uint256 supply = vault.totalSupply();
        pass(6 hours);
        queue.price();
        eq(vault.totalSupply(), supply - 1, "burnt");
        ok(queue.batch(1).priced, "priced");
        eq(queue.batch(1).assets, 0, "a millionth of a wei is nothing");
    }

    function test_ABatchClosesToTheSecond() public {
        deposit(ALICE, 100 ether);
        uint256 first = _request(ALICE, 1e24);
        uint256 end = queue.batch(first).end;
        eq(end % 6 hours, 0, "on the grid");
        vm.warp(end - 1);
        eq(_request(ALICE, 1e24), first, "the last second");
        ok(!queue.canPrice(), "still open");
        vm.expectRevert(abi.encodeWithSelector(Errors.RedeemQueue_ReportTooOld.selector, first, end - 1, end));
        queue.price();
        vm.warp(end);
        ok(queue.canPrice(), "closed");
        eq(_request(ALICE, 1e24), first + 1, "the next batch");
        (uint256 id, uint256 assets) = queue.price();
        eq(id, first, "in turn");
        eq(assets, 2 ether, "both requests");
        eq(queue.batch(first).owedUpTo, 2 ether, "owed so far");
        eq(queue.funded(), 2 ether, "and paid at once");
    }

    function test_ClaimsInPartsPayTheWholeAndNoMore() public {
        deposit(ALICE, 100 ether);
        uint256 id = _request(ALICE, 3e24 + 1);
        pass(6 hours);
        queue.price();
        vm.startPrank(ALICE);
        uint256 whole = queue.batch(id).assets;
        eq(queue.maxRedeem(ALICE), 3e24 + 1, "all");
        eq(queue.maxWithdraw(ALICE), whole, "all");
        vm.expectRevert(
            abi.encodeWithSelector(Errors.RedeemQueue_ExceedsClaimable.selector, ALICE, 3e24 + 2, 3e24 + 1)
        );
        queue.redeem(3e24 + 2, ALICE, ALICE);
        vm.expectRevert(abi.encodeWithSelector(Errors.RedeemQueue_ExceedsClaimable.selector, ALICE, 0, 3e24 + 1));
        queue.redeem(0, ALICE, ALICE);
        eq(queue.redeem(1e24, BOB, ALICE), (whole * 1e24) / (3e24 + 1), "a third, rounded down");
        uint256 burned = queue.withdraw(1 ether, BOB, ALICE);
        atMost(1e24, burned, "rounded against the leaver");
        uint256 rest = queue.maxRedeem(ALICE);
        queue.redeem(rest, BOB, ALICE);
        vm.stopPrank();
        near(weth.balanceOf(BOB), whole, 2, "the whole");
        atMost(weth.balanceOf(BOB), whole, "and no more");
        eq(queue.pendingRedeemRequest(id, ALICE), 0, "nothing waits");
        eq(queue.claimableRedeemRequest(id, ALICE), 0, "nothing is left");
    }

    function test_OnlyTheLastRequestsOfABatchMayBeTakenBackAndOnlyBefore() public {
        deposit(ALICE, 100 ether);
        uint256 id = _request(ALICE, 2e24);
        vm.startPrank(ALICE);
        vm.expectRevert(abi.encodeWithSelector(Errors.RedeemQueue_ExceedsPending.selector, id, 2e24 + 1, 2e24));
        queue.cancelRedeemRequest(id, 2e24 + 1, ALICE, ALICE);
        queue.cancelRedeemRequest(id, 2e24, ALICE, BOB);
        eq(vault.balanceOf(BOB), 2e24, "to whom he says");
        vault.approve(address(queue), 1e24);
        queue.requestRedeem(1e24, ALICE, ALICE);
        vm.stopPrank();
        _asOperator(id);
        pass(6 hours);
        queue.price();
        vm.prank(ALICE);
        vm.expectRevert(abi.encodeWithSelector(Errors.RedeemQueue_AlreadyPriced.selector, id));
        queue.cancelRedeemRequest(id, 1, ALICE, ALICE);
        IRedeemQueue.Batch memory batch = queue.batch(id);
        eq(batch.shares, 1e24, "what was left");
    }

    function test_AnEmptiedBatchNeedsNoReportAndASingleShareDoes() public {
        deposit(ALICE, 100 ether);
        vm.prank(address(module));
        vault.rebalance(one(allocateLeg(1, 10 ether)), 100 ether, 10_000);
        nextBlock();
        uint256 id = _request(ALICE, 1);
        pass(6 hours);
        ok(!queue.canPrice(), "one share waits for a report");
        vm.expectPartialRevert(Errors.RedeemQueue_ReportTooOld.selector);
        queue.price();
        vm.prank(ALICE);
        queue.cancelRedeemRequest(id, 1, ALICE, ALICE);
        ok(queue.canPrice(), "no share does not");
        queue.price();
        eq(queue.nextToPrice(), id + 1, "passed over");
        ok(!queue.canPrice(), "there is no other");
    }

    function test_PricingWaitsForOpenExits() public {
        deposit(ALICE, 100 ether);
        _request(ALICE, 1e24);
        pass(6 hours);
        vm.prank(GUARDIAN);
        vault.freeze();
        ok(!queue.canPrice(), "frozen");
        vm.expectPartialRevert(Errors.LiquidityVault_ExitsClosed.selector);
        queue.price();
    }

    /// @dev Adapters that were given every role still find each door of the vault shut while an execution runs.
    function test_ARoleDoesNotOpenADoorDuringAnExecution() public {
        deposit(ALICE, 100 ether);
        manager.grantRole(manager.ADMIN_ROLE(), address(adapters[1]), 0);
        manager.grantRole(Roles.CURATOR, address(adapters[1]), 0);
        manager.grantRole(Roles.GUARDIAN, address(adapters[1]), 0);
        bytes[6] memory calls = [
            abi.encodeCall(vault.forceRevoke, (2)),
            abi.encodeCall(vault.setFees, (1, 1)),
            abi.encodeCall(vault.lowerFees, (0, 0)),
            abi.encodeCall(vault.setFeeRecipient, (BOB)),
            abi.encodeCall(vault.redeemInKind, (1, BOB, ALICE, 0)),
            abi.encodeCall(vault.collectInKind, (idList(1), BOB))
        ];
        for (uint256 i; i < calls.length; ++i) {
            adapters[1].setCallback(address(vault), calls[i]);
            asModule(one(allocateLeg(1, 1 ether)));
            ok(adapters[1].callbackRevert() == ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector, "shut");
            nextBlock();
        }
    }

    function _asOperator(uint256 id) private {
        vm.prank(BOB);
        vm.expectRevert(abi.encodeWithSelector(Errors.RedeemQueue_NotOperator.selector, BOB, ALICE));
        queue.cancelRedeemRequest(id, 1, ALICE, BOB);
        vm.startPrank(ALICE);
        vm.expectRevert(abi.encodeWithSelector(Errors.RedeemQueue_SelfOperator.selector, ALICE));
        queue.setOperator(ALICE, true);
        ok(queue.setOperator(BOB, true), "answers");
        ok(queue.isOperator(ALICE, BOB), "named");
        queue.setOperator(BOB, false);
        vm.stopPrank();
        ok(!queue.isOperator(ALICE, BOB), "and taken back");
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {RebalanceResult} from "../../contracts/interfaces/ILiquidityVault.sol";
import {Errors} from "../../contracts/libraries/Errors.sol";
import {Leg, LegKind} from "../../contracts/types/Proposal.sol";
import {PriceStatus, StrategyState} from "../../contracts/types/Strategy.sol";
import {AdapterDouble} from "../doubles/AdapterDouble.sol";
import {CoreFixture} from "./support/CoreFixture.sol";

/// @notice Legs: measured, bounded, capped; a trip aborts instead of reverting.
contract RebalancerTest is CoreFixture {
    uint128 internal constant REMAINDER = type(uint128).max;

    function setUp() public override {
        super.setUp();
        deposit(ALICE, 100 ether);
        nextBlock();
    }

    function two(Leg memory a, Leg memory b) internal pure returns (Leg[] memory legs) {
        legs = new Leg[](2);
        (legs[0], legs[1]) = (a, b);
    }

    function revertsWith(bytes memory reason, Leg[] memory legs) internal {
        uint256 refNav = vault.nav();
        vm.expectRevert(reason);
        vault.rebalance(legs, refNav, 10_000);
    }

    // WHAT LEGS DO

    function testFuzz_AllocateAndDeallocateKeepTheBooks(uint256 a, uint256 b, uint256 out) public {
        a = bound(a, 1, 40 ether);
        b = bound(b, 1, 40 ether);
        out = bound(out, 1, a);
        RebalanceResult memory result = run(two(allocateLeg(1, a), allocateLeg(4, b)));
        eq(result.navAfter, result.navBefore, "an honest venue loses nothing");
        eq(vault.debtOf(1), a, "debt 1");
        eq(vault.debtOf(4), b, "debt 4");
        checkBooks();
        run(two(exitLeg(1, out), allocateLeg(4, 1)));
        eq(vault.debtOf(1), a - out, "debt after exit");
        checkBooks();
    }

    function testFuzz_ExecutionLossIsImmediateAndReturned(uint256 amount, uint256 keptBps) public {
        amount = bound(amount, 1 ether, 40 ether);
        keptBps = bound(keptBps, 9_000, 10_000);
        adapters[1].setOutcome(keptBps, 10_000, 10_000, 0);
        RebalanceResult memory result = allocate(1, amount);
        eq(result.navBefore - result.navAfter, amount - (amount * keptBps) / 10_000, "loss");
        eq(vault.totalAssets(), result.navAfter, "counted at once");
        checkBooks();
    }

    function test_AMarketDiscountBoughtIsALossOfTheExecution() public {
        rebasingFeed.updateAnswer(0.997e8);
        RebalanceResult memory result = allocate(4, 10 ether);
        eq(result.navBefore - result.navAfter, 0.03 ether, "valued at the market at once");
    }

    function test_AnExecutionGainIsLocked() public {
        adapters[1].setOutcome(10_100, 10_000, 10_000, 0);
        RebalanceResult memory result = allocate(1, 10 ether);
        eq(result.navAfter - result.navBefore, 0.1 ether, "gain");
        eq(vault.lockedProfit(), 0.1 ether, "locked");
        eq(vault.totalAssets(), 100 ether, "price unchanged");
    }

    function test_TheGainOfOneLegDoesNotHideTheLossOfAnother() public {
        adapters[1].setOutcome(10_100, 10_000, 10_000, 0);
        adapters[2].setOutcome(9_900, 10_000, 10_000, 0);
        RebalanceResult memory result = run(two(allocateLeg(1, 10 ether), allocateLeg(2, 10 ether)));
        eq(result.navAfter, result.navBefore, "net nothing");
        eq(result.loss, 0.1 ether, "loss");
        eq(vault.lockedProfit(), 0.1 ether, "gain locked");
        eq(vault.totalAssets(), 99.9 ether, "the loss counts at once");
    }

    /// Starting an exit at a discount lifts the part that now waits for the protocol's rate: a gain that must not buy room
    /// for a loss elsewhere, and that must not be paid to whoever leaves first.
    function test_TheLiftOfARequestedExitIsLocked() public {
        allocate(4, 20 ether);
        pass(2 hours);
        rebasingFeed.updateAnswer(0.996e8);
        vault.report(idList(4));
        uint256 assets = vault.totalAssets();
        RebalanceResult memory result = run(one(requestLeg(4, 10 ether)));
        eq(result.navAfter - result.navBefore, 0.04 ether, "lift");
        eq(vault.totalAssets(), assets, "locked");
    }

    function test_TheRemainderTakesAllIdleAboveTheBuffer() public {
        Leg[] memory legs = two(allocateLeg(1, 50 ether), allocateLeg(4, REMAINDER));
        run(legs);
        eq(vault.idle(), 5 ether, "the buffer stays");
        eq(vault.debtOf(4), 45 ether, "the rest went in");
    }

    function test_WhatAVenueHandsBackStaysIdle() public {
        adapters[1].setOutcome(10_000, 10_000, 10_000, 2_500);
        allocate(1, 20 ether);
        eq(vault.idle(), 85 ether, "a quarter came back");
        eq(vault.debtOf(1), 15 ether, "debt");
        checkBooks();
    }

    function test_ARequestedExitKeepsItsDebtAsPending() public {
        allocate(1, 20 ether);
        run(one(requestLeg(1, 20 ether)));
        eq(vault.debtOf(1), 20 ether, "debt");
        eq(adapters[1].pending(), 20 ether, "pending");
    }

    function test_ReturnValuesOfAdaptersAreNotTrusted() public {
        adapters[1].setLie(1_000 ether);
        allocate(1, 10 ether);
        eq(vault.debtOf(1), 10 ether, "measured in");
        run(one(exitLeg(1, 4 ether)));
        eq(vault.idle(), 94 ether, "measured out");
        adapters[1].setOutcome(10_000, 9_000, 10_000, 0);
        Leg memory leg = exitLeg(1, 4 ether);
        leg.minValue = 4 ether;
        revertsWith(
            abi.encodeWithSelector(Errors.LiquidityVault_ReceivedTooLow.selector, 1, 3.6 ether, 4 ether),
            one(leg)
        );
    }

    function test_RevertWhen_ASignedMinimumIsMissed() public {
        adapters[1].setOutcome(9_990, 10_000, 9_000, 0);
        Leg memory leg = allocateLeg(1, 10 ether);
        leg.minValue = 9.991 ether;
        revertsWith(
            abi.encodeWithSelector(Errors.LiquidityVault_ValueTooLow.selector, 1, 9.99 ether, 9.991 ether),
            one(leg)
        );
        leg.minValue = 9.99 ether;
        run(one(leg));
        leg = requestLeg(1, 5 ether);
        leg.minValue = 4.6 ether;
        revertsWith(
            abi.encodeWithSelector(Errors.LiquidityVault_RequestedTooLow.selector, 1, 4.5 ether, 4.6 ether),
            one(leg)
        );
    }

    // SHAPE

    function test_RevertWhen_TheShapeOfTheLegsIsWrong() public {
        Leg[] memory legs = new Leg[](0);
        revertsWith(abi.encodeWithSelector(Errors.Legs_BadCount.selector, 0, 16), legs);
        legs = new Leg[](17);
        revertsWith(abi.encodeWithSelector(Errors.Legs_BadCount.selector, 17, 16), legs);
        revertsWith(abi.encodeWithSelector(Errors.Legs_ExitTooLate.selector, 1), two(allocateLeg(1, 1), exitLeg(2, 1)));
        revertsWith(
            abi.encodeWithSelector(Errors.Legs_NotAscending.selector, 1, 1, 1),
            two(allocateLeg(1, 1), allocateLeg(1, 1))
        );
        revertsWith(
            abi.encodeWithSelector(Errors.Legs_NotAscending.selector, 1, 1, 2),
            two(exitLeg(2, 1), exitLeg(1, 1))
        );
        revertsWith(abi.encodeWithSelector(Errors.Legs_BadStrategyId.selector, 0, 0), one(allocateLeg(0, 1)));
        revertsWith(abi.encodeWithSelector(Errors.Legs_BadStrategyId.selector, 0, 33), one(allocateLeg(33, 1)));
        revertsWith(
            abi.encodeWithSelector(Errors.StrategyRegistry_UnknownStrategy.selector, 5, 4),
            one(allocateLeg(5, 1))
        );
        revertsWith(abi.encodeWithSelector(Errors.Legs_ZeroAmount.selector, 0), one(allocateLeg(1, 0)));
        revertsWith(abi.encodeWithSelector(Errors.Legs_RemainderNotLast.selector, 0), one(exitLeg(1, REMAINDER)));
        revertsWith(
            abi.encodeWithSelector(Errors.Legs_RemainderNotLast.selector, 0),
            two(allocateLeg(1, REMAINDER), allocateLeg(2, 1))
        );
        Leg memory leg = allocateLeg(1, 1);
        leg.tickLower = -10;
        revertsWith(abi.encodeWithSelector(Errors.Legs_TicksUnsupported.selector, 0), one(leg));
    }

    function test_OneStrategyMayBothPayAndRequestInOneProposal() public {
        allocate(1, 20 ether);
        run(two(exitLeg(1, 5 ether), requestLeg(1, 5 ether)));
        eq(vault.debtOf(1), 15 ether, "debt");
        eq(adapters[1].pending(), 5 ether, "pending");
    }

    // LIMITS

    function test_RevertWhen_NavIsOutOfTolerance() public {
        Leg[] memory legs = one(allocateLeg(1, 1 ether));
        vm.expectRevert(
            abi.encodeWithSelector(Errors.LiquidityVault_NavOutOfTolerance.selector, 100 ether, 99 ether, 100)
        );
        vault.rebalance(legs, 99 ether, 100);
        vault.rebalance(legs, 99.1 ether, 100);
    }

    function test_RevertWhen_ACapIsExceeded() public {
        registry.setLimits(1, limits(30 ether, 1_000 ether, 5_000, 50));
        revertsWith(
            abi.encodeWithSelector(Errors.LiquidityVault_CapExceeded.selector, 1, 30 ether + 1, 30 ether),
            one(allocateLeg(1, 30 ether + 1))
        );
        registry.setLimits(1, limits(1_000 ether, 1_000 ether, 2_500, 50));
        revertsWith(
            abi.encodeWithSelector(Errors.LiquidityVault_CapExceeded.selector, 1, 25 ether + 1, 25 ether),
            one(allocateLeg(1, 25 ether + 1))
        );
        allocate(1, 25 ether);
        // Two strategies of risk id 0: 25 + 16 of 40.
        registry.setRiskCap(0, 40 ether, 10_000);
        revertsWith(
            abi.encodeWithSelector(Errors.LiquidityVault_RiskCapExceeded.selector, 0, 41 ether, 40 ether),
            one(allocateLeg(2, 16 ether))
        );
        registry.setRiskCap(1, 1_000 ether, 1_000);
        revertsWith(
            abi.encodeWithSelector(Errors.LiquidityVault_RiskCapExceeded.selector, 1, 11 ether, 10 ether),
            one(allocateLeg(2, 11 ether))
        );
        allocate(2, 10 ether);
    }

    function test_ACapNeverStopsAnExit() public {
        allocate(1, 40 ether);
        registry.lowerLimits(1, limits(0, 0, 0, 0));
        registry.lowerRiskCap(0, 0, 0);
        run(one(exitLeg(1, 10 ether)));
        eq(vault.debtOf(1), 30 ether, "left above a cap of zero");
        // Nor beside an allocation elsewhere: risk id 2 has room.
        run(two(exitLeg(1, 5 ether), allocateLeg(4, 5 ether)));
        eq(vault.debtOf(1), 25 ether, "still above, still leaving");
    }

    function test_TheBufferBindsAllocationsAndNotExits() public {
        revertsWith(
            abi.encodeWithSelector(Errors.LiquidityVault_IdleTooLow.selector, 5 ether - 1, 5 ether),
            two(allocateLeg(1, 50 ether), allocateLeg(4, 45 ether + 1))
        );
        run(two(allocateLeg(1, 50 ether), allocateLeg(4, 45 ether)));
        nextBlock();
        vm.prank(ALICE);
        vault.withdraw(5 ether, ALICE, ALICE);
        run(one(exitLeg(1, 1 ether)));
        eq(vault.idle(), 1 ether, "an exit may leave idle below the buffer");
    }

    function test_TheInflowBudgetFadesLinearly() public {
        registry.setLimits(1, limits(1_000 ether, 10 ether, 5_000, 50));
        allocate(1, 10 ether);
        run(one(exitLeg(1, 10 ether)));
        revertsWith(
            abi.encodeWithSelector(Errors.StrategyRegistry_InflowBudgetExceeded.selector, 1, 1, 0),
            one(allocateLeg(1, 1))
        );
        pass(12 hours);
        eq(registry.inflowLeft(1), 5 ether, "half a day, half the budget");
        revertsWith(
            abi.encodeWithSelector(Errors.StrategyRegistry_InflowBudgetExceeded.selector, 1, 5 ether + 1, 5 ether),
            one(allocateLeg(1, 5 ether + 1))
        );
        allocate(1, 5 ether);
    }

    // STATES AND PRICES

    function test_RestrictedStrategiesLetOutAndNotIn() public {
        allocate(1, 20 ether);
        registry.restrict(1, StrategyState.ReduceOnly);
        revertsWith(
            abi.encodeWithSelector(Errors.LiquidityVault_StateForbids.selector, 1, StrategyState.ReduceOnly),
            one(allocateLeg(1, 1 ether))
        );
        run(one(exitLeg(1, 1 ether)));
        registry.restrict(1, StrategyState.Frozen);
        revertsWith(
            abi.encodeWithSelector(Errors.LiquidityVault_StateForbids.selector, 1, StrategyState.Frozen),
            one(allocateLeg(1, 1 ether))
        );
        run(one(requestLeg(1, 1 ether)));
        run(one(exitLeg(1, 1 ether)));
    }

    function test_PriceBandsDecideWhatMayMove() public {
        allocate(4, 20 ether);
        registry.setLimits(4, limits(1_000 ether, 1_000 ether, 5_000, 10_000));
        rebasingFeed.updateAnswer(0.994e8);
        revertsWith(
            abi.encodeWithSelector(
                Errors.OracleGuard_NoInflow.selector,
                4,
                PriceStatus.NoInflow,
                1e18,
                0.994e18,
                block.timestamp
            ),
            one(allocateLeg(4, 1 ether))
        );
        run(one(exitLeg(4, 1 ether)));
        rebasingFeed.updateAnswer(0.98e8);
        run(one(exitLeg(4, 1 ether)));
        rebasingFeed.updateAnswer(0.96e8);
        revertsWith(
            abi.encodeWithSelector(
                Errors.OracleGuard_NotPriced.selector,
                4,
                PriceStatus.Frozen,
                1e18,
                0.96e18,
                block.timestamp
            ),
            one(exitLeg(4, 1 ether))
        );
        guard.disable(4);
        revertsWith(
            abi.encodeWithSelector(Errors.OracleGuard_NotPriced.selector, 4, PriceStatus.Closed, 0, 0, 0),
            one(exitLeg(4, 1 ether))
        );
    }

    // TRIPS AND BROKEN ADAPTERS

    function test_ATripAbortsFreezesAndKeepsTheLoss() public {
        allocate(1, 40 ether);
        pass(1 hours);
        lose(1, 1 ether);
        RebalanceResult memory result = run(two(exitLeg(1, 10 ether), allocateLeg(4, 10 ether)));
        ok(result.aborted, "aborted");
        eq(result.trippedStrategy, 1, "which");
        eq(vault.debtOf(1), 39 ether, "the loss is kept");
        eq(vault.debtOf(4), 0, "no leg ran");
        ok(registry.strategy(1).state == StrategyState.Frozen, "frozen");
        checkBooks();

        // The frozen strategy goes on losing, and can be left all the same.
        lose(1, 5 ether);
        result = run(one(exitLeg(1, 10 ether)));
        ok(!result.aborted, "a frozen strategy does not trip again");
        eq(vault.debtOf(1), 24 ether, "left");
    }

    function test_ATripOfAStaleUntouchedStrategyAborts() public {
        run(two(allocateLeg(1, 20 ether), allocateLeg(4, 20 ether)));
        pass(1 days + 1);
        lose(4, 1 ether);
        RebalanceResult memory result = allocate(1, 1 ether);
        ok(result.aborted, "aborted");
        eq(result.trippedStrategy, 4, "which");
    }

    function test_ATripIsKeptEvenWhenAnotherTouchedAdapterIsBroken() public {
        run(two(allocateLeg(1, 20 ether), allocateLeg(4, 20 ether)));
        lose(4, 1 ether);
        adapters[1].setReading(AdapterDouble.Reading.Reverting);
        RebalanceResult memory result = run(two(exitLeg(1, 1 ether), exitLeg(4, 1 ether)));
        ok(result.aborted, "aborted, not reverted");
        ok(registry.strategy(4).state == StrategyState.Frozen, "frozen");
    }

    function test_RevertWhen_ATouchedAdapterCannotBeValued() public {
        allocate(1, 20 ether);
        adapters[1].setReading(AdapterDouble.Reading.Short);
        revertsWith(
            abi.encodeWithSelector(Errors.LiquidityVault_ReportFailed.selector, 1, address(adapters[1])),
            one(exitLeg(1, 1 ether))
        );
    }

    function test_ADeadUntouchedVenueDoesNotStopTheOthersButCountsForNothing() public {
        run(two(allocateLeg(1, 50 ether), allocateLeg(4, 10 ether)));
        pass(1 days + 1);
        adapters[1].setReading(AdapterDouble.Reading.Reverting);
        registry.setLimits(4, limits(1_000 ether, 1_000 ether, 2_500, 50));
        // 25 % of the 50 that are known, not of the 100 in the books.
        revertsWith(
            abi.encodeWithSelector(Errors.LiquidityVault_CapExceeded.selector, 4, 12.6 ether, 12.5 ether),
            one(allocateLeg(4, 2.6 ether))
        );
        allocate(4, 2.5 ether);
        eq(vault.debtOf(1), 50 ether, "its debt waits");
    }

    function test_RevertWhen_AVenueRefusesTheMove() public {
        adapters[1].setMovesRevert(true);
        revertsWith(abi.encodeWithSelector(AdapterDouble.VenueBroken.selector, "moves"), one(allocateLeg(1, 1 ether)));
        eq(vault.idle(), 100 ether, "nothing left");
    }

    // RANDOM SEQUENCES

    /// Any sequence of moves, yields, losses, reports, exits and deposits keeps the books, and the price falls only when
    /// a report or an execution lost.
    function testFuzz_RandomLifeKeepsTheBooks(uint256 seed) public {
        for (uint256 step; step < 24; ++step) {
            seed = uint256(keccak256(abi.encode(seed, step)));
            uint8 id = uint8(1 + ((seed >> 8) % 4));
            uint256 amount = 1 + ((seed >> 16) % 20 ether);
            uint256 price = vault.convertToAssets(1e24);
            uint256 kind = seed % 7;
            if (kind == 0) {
                try this.tryRun(allocateLeg(id, amount)) {} catch {}
            } else if (kind == 1) {
                try this.tryRun(exitLeg(id, amount)) {} catch {}
            } else if (kind == 2) {
                try this.tryRun(requestLeg(id, amount)) {} catch {}
                adapters[id].finishExits();
            } else if (kind == 3) {
                earn(id, amount / 100);
            } else if (kind == 4) {
                uint256 held = adapters[id].liquid();
                if (held > 1000) lose(id, (amount % held) / 100);
            } else if (kind == 5) {
                deposit(BOB, amount);
            } else {
                uint256 limit = vault.maxWithdraw(ALICE);
                vm.prank(ALICE);
                if (limit != 0) vault.withdraw((amount % limit) + 1, ALICE, ALICE);
            }
            if (kind > 2) ok(vault.convertToAssets(1e24) >= price, "users never lower the price");
            checkBooks();
            pass(2 hours);
            vault.report(idList(id));
            vault.claim(idList(id));
            checkBooks();
        }
    }

    function tryRun(Leg memory leg) external {
        vault.rebalance(one(leg), vault.nav(), 10_000);
    }
}

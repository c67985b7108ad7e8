// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Errors} from "../../contracts/libraries/Errors.sol";
import {StrategyState} from "../../contracts/types/Strategy.sol";
import {AdapterDouble} from "../doubles/AdapterDouble.sol";
import {CoreFixture} from "./support/CoreFixture.sol";

/// @notice The exit that needs no price: everyone's part stays what it was, whatever the positions turn out to be worth.
contract InKindTest is CoreFixture {
    function setUp() public override {
        super.setUp();
        deposit(ALICE, 60 ether);
        deposit(BOB, 40 ether);
        allocate(1, 40 ether);
        allocate(2, 30 ether);
        pass(1 hours);
    }

    function leave(address who, uint256 shares) internal returns (uint256 paid) {
        vm.prank(who);
        paid = vault.redeemInKind(shares, who, who, 0);
    }

    function collect(address who, uint8 id) internal returns (uint256) {
        vm.prank(who);
        return vault.collectInKind(idList(id), who);
    }

    function test_RevertWhen_NothingIsWrong() public {
        vm.prank(ALICE);
        vm.expectRevert(
            abi.encodeWithSelector(Errors.LiquidityVault_InKindClosed.selector, vault.navTimestamp(), block.timestamp)
        );
        vault.redeemInKind(1e24, ALICE, ALICE, 0);
    }

    function test_ItOpensWithAStaleNavOrAFrozenStrategyWithDebt() public {
        vm.warp(vault.navTimestamp() + 7 days);
        ok(!vault.isInKindOpen(), "seven days");
        vm.warp(block.timestamp + 1);
        ok(vault.isInKindOpen(), "and a second");
        vault.report(idList(1));
        vault.report(idList(2));
        ok(!vault.isInKindOpen(), "fresh again");
        registry.restrict(4, StrategyState.Frozen);
        ok(!vault.isInKindOpen(), "no debt there");
        registry.restrict(2, StrategyState.Frozen);
        ok(vault.isInKindOpen(), "debt there");
    }

    function test_LiquidStrategiesPayInCash() public {
        vault.freeze();
        uint256 paid = leave(ALICE, vault.balanceOf(ALICE));
        near(paid, 60 ether, 1_000, "everything was liquid");
        near(vault.nav(), 40 ether, 1_000, "Bob's part is whole");
        eq(vault.inKindUnits(1, ALICE), 0, "no rest");
        checkBooks();
    }

    function test_WhatCannotPayBecomesUnitsThatEarnWhatComesOut() public {
        adapters[1].setInstant(0);
        adapters[2].setMovesRevert(true);
        vault.freeze();
        uint256 paid = leave(ALICE, vault.balanceOf(ALICE));
        near(paid, 18 ether, 1_000, "her part of idle");
        near(vault.inKindUnits(1, ALICE), 0.6e18, 1_000, "and of strategy 1");
        near(vault.inKindUnits(2, ALICE), 0.6e18, 1_000, "and of strategy 2");
        near(vault.nav(), 40 ether, 2_000, "Bob's");
        vault.unfreeze();
        // The venue opens and pays half.
        adapters[1].setInstant(type(uint256).max);
        run(one(exitLeg(1, 20 ether)));
        near(vault.strategyReport(1).inKindUnpaid, 12 ether, 1_000, "set aside for her");
        near(collect(ALICE, 1), 12 ether, 1_000, "60 % of the cash is hers");
        near(vault.strategyReport(1).inKindUnpaid, 0, 1_000, "and no longer set aside");
        near(vault.idle(), 20 ether, 2_000, "12 idle of before and 8 of it");
        near(vault.debtOf(1), 8 ether, 1_000, "and the vault's part of the rest");
        eq(collect(ALICE, 1), 0, "once");
        // A loss hits both alike.
        lose(1, 10 ether);
        registry.setLimits(1, limits(1_000 ether, 1_000 ether, 5_000, 10_000));
        nextBlock();
        run(one(exitLeg(1, 10 ether)));
        near(collect(ALICE, 1), 6 ether, 1_000, "60 % of what was left");
        checkBooks();
    }

    function test_NewMoneyDoesNotEnterAPositionThatIsPartlySomeoneElses() public {
        adapters[1].setInstant(0);
        vault.freeze();
        leave(ALICE, 10e24);
        vault.unfreeze();
        nextBlock();
        uint256 nav = vault.nav();
        uint256 units = vault.inKindUnits(1, ALICE);
        vm.expectRevert(abi.encodeWithSelector(Errors.LiquidityVault_InKindClaimsOpen.selector, 1, units));
        vault.rebalance(one(allocateLeg(1, 1 ether)), nav, 10_000);
        vault.setWithdrawalOrder(idList(1));
        adapters[1].setInstant(type(uint256).max);
        eq(vault.availableLiquidity(), vault.idle(), "nor does a sync exit pull from it");
    }

    function test_RevertWhen_LessThanTheLeaverAsksOrAStrangerAsks() public {
        vault.freeze();
        adapters[1].setInstant(0);
        vm.prank(ALICE);
        vm.expectPartialRevert(Errors.LiquidityVault_TooFewAssets.selector);
        vault.redeemInKind(10e24, ALICE, ALICE, 10 ether);
        vm.prank(BOB);
        vm.expectPartialRevert(bytes4(keccak256("ERC20InsufficientAllowance(address,uint256,uint256)")));
        vault.redeemInKind(10e24, BOB, ALICE, 0);
    }

    function test_AnUnreadableOrBombingAdapterNeverBlocks() public {
        adapters[1].setReading(AdapterDouble.Reading.Bomb);
        adapters[2].setReading(AdapterDouble.Reading.Short);
        vault.freeze();
        near(leave(ALICE, vault.balanceOf(ALICE)), 18 ether, 1_000, "idle");
        near(vault.inKindUnits(1, ALICE), 0.6e18, 1_000, "units of the bomb");
        near(vault.inKindUnits(2, ALICE), 0.6e18, 1_000, "units of the mute");
    }

    /// Units share in all cash that leaves, so who left first may be paid earlier, never more: without a later loss each
    /// ends with its part, whatever the venue pays at once.
    function testFuzz_TheOrderOfLeavingChangesNoSum(uint256 instant, bool aliceFirst) public {
        bothLeave(bound(instant, 0, 40 ether), 0, aliceFirst);
    }

    /// What nobody could take at once is lost for all alike, whenever they left.
    function testFuzz_ALossAfterLeavingHitsAllAlike(uint256 lost, bool aliceFirst) public {
        bothLeave(0, bound(lost, 0, 40 ether), aliceFirst);
    }

    function bothLeave(uint256 instant, uint256 lost, bool aliceFirst) private {
        adapters[1].setInstant(instant);
        adapters[2].setInstant(0);
        vault.freeze();
        (address first, address second) = aliceFirst ? (ALICE, BOB) : (BOB, ALICE);
        uint256 firstPart = aliceFirst ? 60 : 40;
        uint256 a = leave(first, vault.balanceOf(first));
        uint256 b = leave(second, vault.balanceOf(second));
        if (lost != 0) lose(1, lost);
        vault.unfreeze();
        // Whatever is left comes out.
        adapters[1].setPosition(0, 0, adapters[1].liquid());
        vault.claim(idList(1));
        a += collect(first, 1);
        b += collect(second, 1);
        uint256 total = 30 ether + 40 ether - lost;
        near(a, (total * firstPart) / 100, 1e6, "first");
        near(b, (total * (100 - firstPart)) / 100, 1e6, "second");
        atMost(a + b, total, "no more than there was");
        checkBooks();
    }
}

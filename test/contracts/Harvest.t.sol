// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ILiquidityVault} from "../../contracts/interfaces/ILiquidityVault.sol";
import {Errors} from "../../contracts/libraries/Errors.sol";
import {OracleKind, StrategyState} from "../../contracts/types/Strategy.sol";
import {RangeAdapterDouble} from "../doubles/RangeAdapterDouble.sol";
import {CoreFixture} from "./support/CoreFixture.sol";

/// @notice Rewards: anyone may fetch them, nobody can buy them, and an adapter that fails stops nobody.
contract HarvestTest is CoreFixture {
    uint8 internal constant REWARDED = 5;
    RangeAdapterDouble internal rewarded;

    function setUp() public override {
        super.setUp();
        rewarded = new RangeAdapterDouble(address(vault), address(weth));
        registry.registerStrategy(address(rewarded), 4);
        registry.setLimits(REWARDED, limits(1_000 ether, 1_000 ether, 5_000, 50));
        guard.setOracle(REWARDED, rateConfig(OracleKind.RateOnly));
        deposit(ALICE, 100 ether);
        nextBlock();
        allocate(1, 20 ether);
        pass(1 hours);
        allocate(REWARDED, 40 ether);
        pass(2 hours);
    }

    function fund(uint256 assets) internal {
        vm.deal(address(this), assets);
        weth.deposit{value: assets}();
        weth.transfer(address(rewarded), assets);
    }

    function reward(uint256 payout, uint256 compound, uint256 cost) internal {
        fund(payout + compound);
        rewarded.setHarvest(payout, compound, cost, false);
    }

    // WHAT IT BRINGS

    function testFuzz_CashAndCompoundedRewardsAreALockedGain(uint256 payout, uint256 compound) public {
        payout = bound(payout, 0, 60 ether);
        compound = bound(compound, 0, 60 ether);
        reward(payout, compound, 0);
        (uint256 total, uint256 idle, uint256 price) = (vault.totalAssets(), vault.idle(), vault.convertToAssets(1e24));
        vm.prank(BOB);
        eq(vault.harvest(idList(REWARDED)), payout, "received");
        eq(vault.idle(), idle + payout, "idle");
        eq(vault.debtOf(REWARDED), 40 ether + compound, "debt");
        eq(vault.lockedProfit(), payout + compound, "locked");
        eq(vault.totalAssets(), total, "nothing at once");
        eq(vault.convertToAssets(1e24), price, "price");
        eq(vault.harvestedAt(REWARDED), block.timestamp, "time");
        eq(vault.nav(), vault.idle() + vault.totalDebt(), "nav");
        pass(5 days);
        eq(vault.lockedProfit(), 0, "unlocked");
        eq(vault.totalAssets(), total + payout + compound, "over days");
    }

    /// @dev Fees that the position already counted turn into cash: neither gain nor loss.
    function testFuzz_WhatWasCountedAlreadyIsNoGain(uint256 fees) public {
        fees = bound(fees, 0, 40 ether);
        rewarded.setHarvest(fees, 0, fees, false);
        uint256 nav = vault.nav();
        vault.harvest(idList(REWARDED));
        eq(vault.nav(), nav, "nav");
        eq(vault.lockedProfit(), 0, "no gain");
        eq(vault.debtOf(REWARDED), 40 ether - fees, "debt became idle");
        if (fees == 40 ether) eq(vault.navTimestamp(), vault.reportedAt(1), "the other strategy is the oldest now");
    }

    function testFuzz_ASandwichOfAHarvestPaysNothing(uint256 stake, uint256 payout) public {
        stake = bound(stake, 1 gwei, 1_000 ether);
        payout = bound(payout, 1, 30 ether);
        reward(payout, 0, 0);
        uint256 shares = deposit(BOB, stake);
        vm.prank(BOB);
        vault.harvest(idList(REWARDED));
        vm.startPrank(BOB);
        uint256 out = vault.redeem(vault.maxRedeem(BOB), BOB, BOB);
        vm.stopPrank();
        atMost(out, stake, "no profit");
        atMost(1, shares, "he had shares");
    }

    // RATE AND SCOPE

    function test_OncePerIntervalAndAReportDoesNotHoldItOff() public {
        reward(1 ether, 0, 0);
        vault.report(idList(REWARDED));
        vault.harvest(idList(REWARDED));
        eq(rewarded.harvests(), 1, "a report just before does not matter");
        fund(1 ether);
        pass(1 hours - 1);
        eq(vault.harvest(idList(REWARDED)), 0, "too early");
        eq(rewarded.harvests(), 1, "skipped");
        vm.warp(block.timestamp + 1);
        eq(vault.harvest(idList(REWARDED)), 1 ether, "due");
        uint8[] memory twice = idList(REWARDED, REWARDED);
        pass(1 hours);
        fund(1 ether);
        eq(vault.harvest(twice), 1 ether, "once, however often it is named");
    }

    function test_SkipsWhatIsEmptyRestrictedOrUnpriced() public {
        reward(1 ether, 0, 0);
        registry.restrict(REWARDED, StrategyState.Frozen);
        eq(vault.harvest(idList(REWARDED)), 0, "frozen");
        registry.reactivate(REWARDED);
        registry.restrict(REWARDED, StrategyState.ReduceOnly);
        eq(vault.harvest(idList(REWARDED)), 1 ether, "reduce-only strategies have rewards too");
        pass(2 hours);
        fund(1 ether);
        rewarded.setRate(2e18);
        eq(vault.harvest(idList(REWARDED)), 0, "a rate out of range");
        rewarded.setRate(1e18);
        run(one(exitLeg(REWARDED, 40 ether)));
        eq(vault.harvest(idList(REWARDED)), 0, "no debt");
        eq(rewarded.harvests(), 1, "called once");
    }

    function test_AnAdapterThatFailsOrHasNoRewardsStopsNobody() public {
        reward(1 ether, 0, 0);
        uint8[] memory both = idList(1, REWARDED);
        vm.expectEmit(true, true, true, true, address(vault));
        emit ILiquidityVault.HarvestFailed(1);
        vm.expectEmit(true, true, true, true, address(vault));
        emit ILiquidityVault.Harvest(REWARDED, 1 ether);
        eq(vault.harvest(both), 1 ether, "the other one is harvested");
        pass(2 hours);
        rewarded.setHarvest(1 ether, 0, 0, true);
        uint256 nav = vault.nav();
        vm.expectEmit(true, true, true, true, address(vault));
        emit ILiquidityVault.HarvestFailed(REWARDED);
        eq(vault.harvest(idList(REWARDED)), 0, "failed");
        eq(vault.nav(), nav, "nothing moved");
    }

    // WHAT IS REFUSED

    function test_RevertWhen_AHarvestLoses() public {
        reward(1 ether, 0, 1 ether + 1e9 + 1);
        vm.expectRevert(
            abi.encodeWithSelector(Errors.LiquidityVault_HarvestLost.selector, REWARDED, 40 ether, 40 ether - 1e9 - 1)
        );
        vault.harvest(idList(REWARDED));
        rewarded.setHarvest(1 ether, 0, 1 ether + 1e9, false);
        vault.harvest(idList(REWARDED));
        eq(vault.nav(), 100 ether - 1e9, "what rounding takes is a loss at once");
    }

    function test_RevertWhen_TheVaultIsFrozen() public {
        vault.freeze();
        vm.expectRevert(abi.encodeWithSelector(Errors.LiquidityVault_Frozen.selector));
        vault.harvest(idList(REWARDED));
    }

    function test_RevertWhen_TheAdapterCannotBeReadAfterwards() public {
        rewarded.setHarvest(0, type(uint88).max, 0, false);
        vm.expectRevert(
            abi.encodeWithSelector(Errors.LiquidityVault_ReportFailed.selector, REWARDED, address(rewarded))
        );
        vault.harvest(idList(REWARDED));
    }

    /// @dev A failure for lack of gas would use up the interval: it is refused instead.
    function test_RevertWhen_GasIsTooLowToTellAFailure() public {
        rewarded.setHarvest(0, 0, 0, true);
        (bool done, bytes memory reason) = address(vault).call{gas: 1_000_000}(
            abi.encodeCall(ILiquidityVault.harvest, (idList(REWARDED)))
        );
        ok(!done && bytes4(reason) == Errors.BoundedCall_GasTooLow.selector, "refused");
        eq(vault.harvestedAt(REWARDED), 0, "still due");
    }

    function test_AHarvestCannotCallBack() public {
        rewarded.setCallback(address(vault), abi.encodeCall(ILiquidityVault.harvest, (idList(REWARDED))));
        vault.harvest(idList(REWARDED));
        ok(rewarded.callbackRevert() != bytes4(0), "refused");
        eq(rewarded.harvests(), 1, "once");
    }
}

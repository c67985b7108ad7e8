// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {StrategyRegistry} from "../../contracts/StrategyRegistry.sol";
import {Errors} from "../../contracts/libraries/Errors.sol";
import {StrategyInfo, StrategyLimits, StrategyState} from "../../contracts/types/Strategy.sol";
import {AdapterDouble} from "../doubles/AdapterDouble.sol";
import {CoreFixture} from "./support/CoreFixture.sol";

/// @notice The list, its limits and its states. Closed until opened; lowering never raises.
contract StrategyRegistryTest is CoreFixture {
    function test_ANewStrategyIsActiveAndClosed() public {
        AdapterDouble adapter = new AdapterDouble(address(vault), address(weth));
        uint64 epoch = registry.epoch();
        uint8 id = registry.registerStrategy(address(adapter), 5);
        StrategyInfo memory info = registry.strategy(id);
        eq(id, 5, "next id");
        eq(registry.count(), 5, "count");
        eq(registry.idOf(address(adapter)), 5, "by adapter");
        eq(registry.adapterOf(5), address(adapter), "adapter");
        eq(info.riskIds, 5, "risk ids");
        eq(info.limits.absoluteCap, 0, "closed");
        eq(info.limits.dailyInflowBudget, 0, "closed");
        eq(registry.epoch(), epoch + 1, "epoch");
        eq(registry.adapterOf(99), address(0), "unknown");
    }

    function test_RevertWhen_TheAdapterDoesNotFit() public {
        vm.expectRevert(abi.encodeWithSelector(Errors.StrategyRegistry_AdapterWithoutCode.selector, BOB));
        registry.registerStrategy(BOB, 1);
        vm.expectRevert(
            abi.encodeWithSelector(Errors.StrategyRegistry_AlreadyRegistered.selector, address(adapters[1]))
        );
        registry.registerStrategy(address(adapters[1]), 1);
        AdapterDouble foreign = new AdapterDouble(BOB, address(weth));
        vm.expectRevert(
            abi.encodeWithSelector(
                Errors.StrategyRegistry_AdapterOfOtherVault.selector,
                address(foreign),
                address(vault),
                BOB
            )
        );
        registry.registerStrategy(address(foreign), 1);
        AdapterDouble other = new AdapterDouble(address(vault), BOB);
        vm.expectRevert(
            abi.encodeWithSelector(
                Errors.StrategyRegistry_AdapterOfOtherAsset.selector,
                address(other),
                address(weth),
                BOB
            )
        );
        registry.registerStrategy(address(other), 1);
    }

    function test_RevertWhen_NoVaultIsBoundOrItHasNoCode() public {
        StrategyRegistry fresh = new StrategyRegistry(address(manager));
        vm.expectRevert(abi.encodeWithSelector(Errors.StrategyRegistry_BadVault.selector, address(0)));
        fresh.registerStrategy(address(adapters[1]), 1);
        vm.expectRevert(abi.encodeWithSelector(Errors.StrategyRegistry_BadVault.selector, BOB));
        fresh.bindVault(BOB);
    }

    function test_RevertWhen_TheRegistryIsFull() public {
        for (uint8 id = 5; id <= 32; ++id) {
            registry.registerStrategy(address(new AdapterDouble(address(vault), address(weth))), 1);
        }
        AdapterDouble last = new AdapterDouble(address(vault), address(weth));
        vm.expectRevert(abi.encodeWithSelector(Errors.StrategyRegistry_Full.selector, 32, 32));
        registry.registerStrategy(address(last), 1);
        // The highest id works in the vault's books, too.
        guardAndAllocate(32);
    }

    function guardAndAllocate(uint8 id) private {
        registry.setLimits(id, limits(10 ether, 10 ether, 10_000, 50));
        guard.setOracle(id, guard.oracle(1));
        deposit(ALICE, 10 ether);
        allocate(id, 1 ether);
        eq(vault.debtOf(id), 1 ether, "debt");
        eq(vault.reportedAt(id), block.timestamp, "report");
        eq(vault.riskDebt(0), 1 ether, "risk debt");
        pass(1 days + 1);
        eq(vault.maxWithdraw(ALICE), 0, "stale");
        vault.report(idList(id));
        eq(vault.maxWithdraw(ALICE), 9 ether, "fresh");
    }

    function testFuzz_LoweringNeverRaises(uint128 cap, uint128 budget, uint16 relative, uint16 trip) public {
        StrategyLimits memory before = registry.strategy(1).limits;
        StrategyLimits memory wanted = limits(cap, budget, relative, trip);
        bool lower =
            cap <= before.absoluteCap &&
                budget <= before.dailyInflowBudget &&
                relative <= before.relativeCapBps &&
                trip <= before.lossTripBps;
        if (!lower) vm.expectPartialRevert(Errors.StrategyRegistry_NotLower.selector);
        registry.lowerLimits(1, wanted);
        StrategyLimits memory got = registry.strategy(1).limits;
        eq(got.absoluteCap, lower ? cap : before.absoluteCap, "cap");
        eq(got.dailyInflowBudget, lower ? budget : before.dailyInflowBudget, "budget");
        eq(got.relativeCapBps, lower ? relative : before.relativeCapBps, "relative");
        eq(got.lossTripBps, lower ? trip : before.lossTripBps, "trip");
    }

    function test_RevertWhen_ARiskCapIsRaisedByLowering() public {
        vm.expectRevert(abi.encodeWithSelector(Errors.StrategyRegistry_NotLower.selector, 0, 2_001 ether, 2_000 ether));
        registry.lowerRiskCap(0, 2_001 ether, 0);
        vm.expectRevert(abi.encodeWithSelector(Errors.StrategyRegistry_NotLower.selector, 1, 8_001, 8_000));
        registry.lowerRiskCap(0, 0, 8_001);
        registry.lowerRiskCap(0, 1 ether, 1);
        (uint128 absolute, uint16 relative) = registry.riskCap(0);
        eq(absolute, 1 ether, "absolute");
        eq(relative, 1, "relative");
    }

    function test_TheLastRiskIdHasACap() public {
        registry.setRiskCap(31, 1 ether, 1);
        (uint128 absolute, uint16 relative) = registry.riskCap(31);
        eq(absolute, 1 ether, "absolute");
        eq(relative, 1, "relative");
    }

    function test_RevertWhen_AShareOrARiskIdIsOutOfRange() public {
        vm.expectRevert(abi.encodeWithSelector(Errors.StrategyRegistry_BadBps.selector, 10_001, 10_000));
        registry.setLimits(1, limits(1, 1, 10_001, 1));
        vm.expectRevert(abi.encodeWithSelector(Errors.StrategyRegistry_BadBps.selector, 10_001, 10_000));
        registry.setLimits(1, limits(1, 1, 1, 10_001));
        vm.expectRevert(abi.encodeWithSelector(Errors.StrategyRegistry_BadRiskId.selector, 32));
        registry.setRiskCap(32, 1, 1);
        vm.expectRevert(abi.encodeWithSelector(Errors.StrategyRegistry_UnknownStrategy.selector, 7, 4));
        registry.setLimits(7, limits(1, 1, 1, 1));
    }

    /// Every pair of states: only Active -> ReduceOnly -> Frozen and Active -> Frozen restrict.
    function testFuzz_RestrictingOnlyTightens(uint8 from, uint8 to) public {
        from = uint8(bound(from, 1, 3));
        to = uint8(bound(to, 0, 4));
        if (from != 1) registry.restrict(1, StrategyState(from));
        bool tightens = to > from && to <= 3;
        if (!tightens) {
            vm.expectRevert(abi.encodeWithSelector(Errors.StrategyRegistry_BadTransition.selector, 1, from, to));
        }
        registry.restrict(1, StrategyState(to));
        eq(uint8(registry.strategy(1).state), tightens ? to : from, "state");
    }

    function test_ReactivateBringsBackOnlyWhatWasRestricted() public {
        vm.expectRevert(
            abi.encodeWithSelector(
                Errors.StrategyRegistry_BadTransition.selector,
                1,
                StrategyState.Active,
                StrategyState.Active
            )
        );
        registry.reactivate(1);
        registry.restrict(1, StrategyState.Frozen);
        registry.reactivate(1);
        eq(uint8(registry.strategy(1).state), uint8(StrategyState.Active), "active");
    }

    function test_RevertWhen_NotTheVaultRecordsOrFreezes() public {
        bytes memory denied = abi.encodeWithSelector(
            Errors.StrategyRegistry_NotVault.selector,
            address(this),
            address(vault)
        );
        vm.expectRevert(denied);
        registry.recordInflows(new uint256[](0), 0, 0);
        vm.expectRevert(denied);
        registry.tripFreeze(1);
        vm.expectRevert(denied);
        registry.revoke(1);
    }

    /// @dev INV-12: what lowers risk needs no answer of a venue, whatever the venue does when it is asked.
    function test_NoActOfTheGuardianAsksAVenue() public {
        deposit(ALICE, 100 ether);
        allocate(1, 10 ether);
        for (uint8 how = uint8(AdapterDouble.Reading.Reverting); how <= uint8(type(AdapterDouble.Reading).max); ++how) {
            if (how == uint8(AdapterDouble.Reading.Bomb)) continue;
            for (uint8 id = 1; id <= 4; ++id) adapters[id].setReading(AdapterDouble.Reading(how));
            registry.lowerLimits(1, limits(900 ether - how, 900 ether, 4_000, 40));
            registry.lowerRiskCap(0, 1_900 ether - how, 7_000);
        }
        registry.restrict(1, StrategyState.ReduceOnly);
        registry.restrict(1, StrategyState.Frozen);
        guard.disable(3);
        vault.freeze();
        eq(uint8(registry.strategy(1).state), uint8(StrategyState.Frozen), "frozen all the same");
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {PackedPrice} from "../../contracts/types/PackedPrice.sol";
import {PackedRecord} from "../../contracts/types/PackedRecord.sol";
import {PriceStatus, StrategyState} from "../../contracts/types/Strategy.sol";
import {AdapterDouble} from "../doubles/AdapterDouble.sol";
import {CoreFixture} from "./support/CoreFixture.sol";

/// @notice Answers to faults that a mutation run found unnoticed.
contract SurvivorsTest is CoreFixture {
    /// @dev Prices of one call share a scratch entry: nothing of one strategy may be left for the next.
    function test_AClosedStrategyBehindAnOpenOneStaysClosed() public {
        guard.disable(4);
        uint8[] memory ids = new uint8[](2);
        (ids[0], ids[1]) = (3, 4);
        PackedRecord[] memory list = registry.records(ids);
        vm.prank(address(vault));
        PackedPrice[] memory prices = guard.syncAll(list);
        eq(uint8(prices[0].status()), uint8(PriceStatus.Normal), "open");
        eq(uint8(prices[1].status()), uint8(PriceStatus.Closed), "closed");
    }

    function test_AStrategyIsReturnedWhole() public view {
        eq(registry.strategy(2).adapter, address(adapters[2]), "adapter");
        eq(registry.strategy(2).riskIds, 3, "risk ids");
        ok(registry.strategy(2).state == StrategyState.Active, "state");
    }

    /// @dev A strategy that may not be drawn on is not even asked.
    function test_AFrozenStrategyOfTheOrderIsNotCalled() public {
        deposit(ALICE, 100 ether);
        allocate(1, 30 ether);
        allocate(2, 30 ether);
        pass(1 hours);
        uint8[] memory order = new uint8[](2);
        (order[0], order[1]) = (1, 2);
        vault.setWithdrawalOrder(order);
        registry.restrict(1, StrategyState.Frozen);
        adapters[1].setCallback(address(adapters[3]), abi.encodeCall(AdapterDouble.setInstant, (7)));
        vm.prank(ALICE);
        vault.withdraw(60 ether, ALICE, ALICE);
        eq(vault.debtOf(1), 30 ether, "kept");
        eq(adapters[3].instant(), type(uint256).max, "not called");
    }
}

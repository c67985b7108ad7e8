// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
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
        uint8[] memory ids = idList(3, 4);
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
        uint8[] memory order = idList(1, 2);
        vault.setWithdrawalOrder(order);
        registry.restrict(1, StrategyState.Frozen);
        adapters[1].setCallback(address(adapters[3]), abi.encodeCall(AdapterDouble.setInstant, (7)));
        vm.prank(ALICE);
        vault.withdraw(60 ether, ALICE, ALICE);
        eq(vault.debtOf(1), 30 ether, "kept");
        eq(adapters[3].instant(), type(uint256).max, "not called");
    }

    /// @dev A synchronous exit that takes the last of the strategy reported longest ago leaves a younger NAV behind.
    function test_AnExitThatEmptiesTheOldestStrategyRenewsTheNavTime() public {
        deposit(ALICE, 100 ether);
        allocate(1, 30 ether);
        uint256 first = block.timestamp;
        pass(2 hours);
        allocate(2, 30 ether);
        uint256 second = block.timestamp;
        eq(vault.navTimestamp(), first, "the oldest report");
        uint8[] memory order = idList(1, 2);
        vault.setWithdrawalOrder(order);
        pass(1 hours);
        vm.prank(ALICE);
        vault.withdraw(69 ether, ALICE, ALICE);
        eq(vault.debtOf(1), 1 ether, "a part is left");
        eq(vault.navTimestamp(), first, "and its report is still the oldest");
        vm.prank(ALICE);
        vault.withdraw(1 ether, ALICE, ALICE);
        eq(vault.debtOf(1), 0, "nothing is left");
        eq(vault.navTimestamp(), second, "renewed");
    }

    /// @dev Cash of a strategy with any debt has it valued anew, of one without none: a position nobody lent is no NAV.
    function test_CashValuesAStrategyFromOneWeiOfDebtOn() public {
        deposit(ALICE, 100 ether);
        earn(1, 3 ether);
        adapters[1].setPosition(2 ether, 0, 1 ether);
        vault.claim(idList(1));
        eq(vault.debtOf(1), 0, "not valued");
        eq(vault.lockedProfit(), 1 ether, "the cash is a gain");
        allocate(2, 1);
        earn(2, 3 ether);
        adapters[2].setPosition(2 ether, 0, 1 ether);
        vault.claim(idList(2));
        eq(vault.debtOf(2), 2 ether, "valued");
        eq(vault.lockedProfit(), 1 ether + 3 ether - 1, "cash and value are gains");
        checkBooks();
    }

    /// @dev The least fee that can be set is a fee.
    function test_ABasisPointIsCharged() public {
        address treasury = address(0x7EA);
        deposit(ALICE, 100 ether);
        allocate(1, 40 ether);
        vault.setFeeRecipient(treasury);
        vault.setFees(1, 0);
        pass(365 days);
        vault.report(idList(1));
        near(vault.convertToAssets(vault.balanceOf(treasury)), 0.01 ether, 1e6, "of 100, a year");
        vault.setFees(0, 1);
        uint256 shares = vault.balanceOf(treasury);
        earn(1, 10 ether);
        pass(2 hours);
        vault.report(idList(1));
        pass(5 days);
        vault.report(idList(1));
        // The mark is still the first price, 0.01 ether above the assets that the management fee left.
        near(vault.convertToAssets(vault.balanceOf(treasury) - shares), 0.000999 ether, 1e9, "of 10 less 0.01");
    }

    /// @dev Terms set before anybody came: only what is earned above the first price is a gain.
    function test_TermsOfAnEmptyVaultChargeNoDeposit() public {
        address treasury = address(0x7EA);
        vault.setFeeRecipient(treasury);
        vault.setFees(0, 2_000);
        deposit(ALICE, 100 ether);
        allocate(1, 40 ether);
        pass(2 hours);
        vault.report(idList(1));
        eq(vault.balanceOf(treasury), 0, "a deposit is no gain");
        // The first accrual counts the supply at the one before; from here on it is hers.
        earn(1, 10 ether);
        pass(2 hours);
        vault.report(idList(1));
        pass(5 days);
        vault.report(idList(1));
        near(vault.convertToAssets(vault.balanceOf(treasury)), 2 ether, 1e6, "20 % of 10");
    }

    /// @dev The digits of the mark suffice for a vault of a hundred million ether.
    function test_FeesOfTheLargestVaultAreExactToAFewWei() public {
        address treasury = address(0x7EA);
        uint256 size = 1e26;
        uint256 gain = 1e24;
        registry.setLimits(1, limits(uint128(size), uint128(size), 5_000, 50));
        registry.setRiskCap(0, uint128(size), 8_000);
        deposit(ALICE, size);
        allocate(1, size / 4);
        pass(2 hours);
        vault.setFeeRecipient(treasury);
        vault.setFees(0, 2_000);
        for (uint256 i; i < 2; ++i) {
            uint256 before = vault.convertToAssets(vault.balanceOf(treasury));
            uint256 theirs = Math.mulDiv(vault.balanceOf(treasury), gain, vault.totalSupply() + 1e6);
            earn(1, gain);
            pass(2 hours);
            vault.report(idList(1));
            pass(5 days);
            vault.report(idList(1));
            uint256 paid = vault.convertToAssets(vault.balanceOf(treasury)) - before - theirs;
            // The fee's own shares bear their part of the fee.
            uint256 fee = gain / 5 - Math.mulDiv(theirs, gain / 5, gain);
            near(paid, fee, 10, "20 % of the gain");
        }
    }

    /// @dev A rebalance reports what is older than allowed, and nothing that is just as old as allowed.
    function test_ARebalanceReportsOnlyWhatIsTooOld() public {
        deposit(ALICE, 100 ether);
        allocate(1, 10 ether);
        pass(1);
        allocate(2, 10 ether);
        uint256 second = block.timestamp;
        pass(1 days);
        allocate(4, 10 ether);
        eq(vault.strategyReport(1).reportedAt, block.timestamp, "a second too old");
        eq(vault.strategyReport(2).reportedAt, second, "not too old yet");
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ERC4626} from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";
import {ILiquidityVault, StrategyReport} from "../../contracts/interfaces/ILiquidityVault.sol";
import {Errors} from "../../contracts/libraries/Errors.sol";
import {StrategyState} from "../../contracts/types/Strategy.sol";
import {VaultOperations} from "../../contracts/vault/VaultOperations.sol";
import {AdapterDouble} from "../doubles/AdapterDouble.sol";
import {CoreFixture} from "./support/CoreFixture.sol";

/// @notice Exits that idle cannot pay: pulled from strategies, in kind, and from a vault that is frozen or written off.
contract VaultExitsTest is CoreFixture {
    function setUp() public override {
        super.setUp();
        deposit(ALICE, 60 ether);
        deposit(BOB, 40 ether);
        allocate(1, 40 ether);
        allocate(2, 30 ether);
        pass(1 hours);
    }

    function order(uint8 a, uint8 b) internal {
        uint8[] memory ids = idList(a, b);
        vault.setWithdrawalOrder(ids);
    }

    // PULLING

    function testFuzz_MaxWithdrawIsExactAcrossStrategies(uint256 first, uint256 second, uint256 part) public {
        order(2, 1);
        adapters[1].setInstant(bound(first, 0, 40 ether));
        adapters[2].setInstant(bound(second, 0, 30 ether));
        uint256 available = vault.availableLiquidity();
        eq(available, 30 ether + adapters[1].maxDeallocate() + adapters[2].maxDeallocate(), "available");
        uint256 limit = vault.maxWithdraw(ALICE);
        eq(limit, available < 60 ether ? available : 60 ether, "limit");
        vm.startPrank(ALICE);
        vm.expectRevert(abi.encodeWithSelector(ERC4626.ERC4626ExceededMaxWithdraw.selector, ALICE, limit + 1, limit));
        vault.withdraw(limit + 1, ALICE, ALICE);
        uint256 asked = bound(part, 1, limit);
        uint256 price = vault.convertToAssets(1e24);
        vault.withdraw(asked, ALICE, ALICE);
        eq(weth.balanceOf(ALICE), asked, "paid");
        ok(vault.convertToAssets(1e24) >= price, "the others lost nothing");
        vault.withdraw(vault.maxWithdraw(ALICE), ALICE, ALICE);
        near(weth.balanceOf(ALICE), limit, 1, "all that was promised");
        vm.stopPrank();
        checkBooks();
    }

    function test_MaxRedeemIsExactAcrossStrategies() public {
        order(1, 2);
        adapters[1].setInstant(10 ether);
        adapters[2].setInstant(5 ether);
        uint256 limit = vault.maxRedeem(ALICE);
        eq(limit, 45e24, "shares worth 45");
        vm.startPrank(ALICE);
        vm.expectRevert(abi.encodeWithSelector(ERC4626.ERC4626ExceededMaxRedeem.selector, ALICE, limit + 1e7, limit));
        vault.redeem(limit + 1e7, ALICE, ALICE);
        eq(vault.redeem(limit, ALICE, ALICE), 45 ether, "paid");
        vm.stopPrank();
        eq(vault.debtOf(1), 30 ether, "first in order");
        eq(vault.debtOf(2), 25 ether, "then the second");
    }

    function test_OnlyPricedAndUnfrozenStrategiesPay() public {
        order(1, 2);
        eq(vault.availableLiquidity(), 100 ether, "all");
        registry.restrict(1, StrategyState.ReduceOnly);
        eq(vault.availableLiquidity(), 100 ether, "reduce-only may be left");
        registry.restrict(1, StrategyState.Frozen);
        eq(vault.availableLiquidity(), 60 ether, "frozen may not");
        guard.disable(2);
        eq(vault.availableLiquidity(), 30 ether, "closed price may not");
        vm.prank(ALICE);
        vault.withdraw(30 ether, ALICE, ALICE);
        eq(vault.maxWithdraw(ALICE), 0, "empty");
    }

    function test_ABrokenAdapterIsPassedOver() public {
        order(1, 2);
        adapters[1].setMovesRevert(true);
        vm.prank(ALICE);
        vault.withdraw(50 ether, ALICE, ALICE);
        eq(vault.debtOf(1), 40 ether, "kept");
        eq(vault.debtOf(2), 10 ether, "paid by the second");
    }

    function test_AShortPayerIsPassedOverAndNamedWhereNobodyElsePays() public {
        order(1, 2);
        adapters[1].setOutcome(10_000, 9_999, 10_000, 0);
        vm.expectEmit(true, false, false, true, address(vault));
        emit ILiquidityVault.PullFailed(1, 20 ether, 19.998 ether);
        vm.prank(ALICE);
        vault.withdraw(50 ether, ALICE, ALICE);
        eq(vault.debtOf(1), 40 ether, "the first keeps what it has");
        eq(vault.debtOf(2), 10 ether, "the second pays");
        adapters[2].setOutcome(10_000, 9_999, 10_000, 0);
        vm.prank(ALICE);
        vm.expectRevert(
            abi.encodeWithSelector(Errors.LiquidityVault_ReceivedTooLow.selector, 2, 4.9995 ether, 5 ether)
        );
        vault.withdraw(5 ether, ALICE, ALICE);
        checkBooks();
    }

    /// @dev Each of them costs one more attempt, and idle still pays what it holds.
    function test_AnOrderOfShortPayersCostsBoundedGas() public {
        uint8[] memory ids = new uint8[](4);
        for (uint8 id = 1; id <= 4; ++id) {
            ids[id - 1] = id;
            if (vault.debtOf(id) == 0) allocate(id, 1 ether);
            adapters[id].setOutcome(10_000, 9_999, 10_000, 0);
        }
        pass(1 hours);
        vault.setWithdrawalOrder(ids);
        vm.prank(ALICE);
        uint256 before = gasleft();
        try vault.withdraw(60 ether, ALICE, ALICE) {
            ok(false, "idle holds less");
        } catch (bytes memory reason) {
            eq(uint32(bytes4(reason)), uint32(Errors.LiquidityVault_ReceivedTooLow.selector), "reason");
        }
        atMost(before - gasleft(), 1_000_000, "bounded");
        vm.prank(ALICE);
        vault.withdraw(28 ether, ALICE, ALICE);
    }

    function test_AGasBombCostsItsStipendAndNothingElse() public {
        order(1, 2);
        adapters[1].setReading(AdapterDouble.Reading.Bomb);
        eq(vault.availableLiquidity(), 60 ether, "without the bomb");
        uint8[] memory both = idList(1, 2);
        earn(2, 1 ether);
        uint256 before = gasleft();
        vault.report(both);
        atMost(before - gasleft(), 4_000_000, "bounded");
        eq(vault.debtOf(2), 31 ether, "the other was reported");
        eq(vault.debtOf(1), 40 ether, "the bomb keeps its debt");
    }

    /// Whoever starves a report of gas must not make a healthy adapter look broken.
    function test_RevertWhen_AReadIsStarvedOfGas() public {
        adapters[1].setReading(AdapterDouble.Reading.Bomb);
        (bool success, bytes memory reason) = address(vault).call{gas: 1_000_000}(
            abi.encodeCall(vault.report, (idList(1)))
        );
        ok(!success, "refused");
        // Either the read's own error or plain exhaustion: never a report of failure.
        if (reason.length >= 4) eq(uint32(bytes4(reason)), uint32(Errors.BoundedCall_GasTooLow.selector), "reason");
    }

    function test_RevertWhen_TheWithdrawalOrderIsBad() public {
        uint8[] memory ids = new uint8[](9);
        vm.expectRevert(abi.encodeWithSelector(Errors.LiquidityVault_BadSetting.selector, 9, 8));
        vault.setWithdrawalOrder(ids);
        vm.expectRevert(abi.encodeWithSelector(Errors.LiquidityVault_BadSetting.selector, 1, 1));
        this.setOrder(1, 1);
        vm.expectRevert(abi.encodeWithSelector(Errors.StrategyRegistry_UnknownStrategy.selector, 9, 4));
        this.setOrder(1, 9);
        order(2, 1);
        eq(vault.withdrawalOrder().length, 2, "length");
        eq(vault.withdrawalOrder()[0], 2, "first");
    }

    function setOrder(uint8 a, uint8 b) external {
        order(a, b);
    }

    function test_OperationsAnswerNobodyDirectly() public {
        VaultOperations operations = VaultOperations(vault.operations());
        vm.expectRevert(abi.encodeWithSelector(Errors.LiquidityVault_NotDelegated.selector, address(operations)));
        operations.forceRevoke(1);
        vm.expectRevert(abi.encodeWithSelector(Errors.LiquidityVault_NotDelegated.selector, address(operations)));
        operations.pull(1, 1);
    }

    // FREEZE AND WRITE-OFF

    function test_AFreezeStopsEverythingButReportsClaimsAndInKindExits() public {
        vault.freeze();
        ok(vault.frozen(), "frozen");
        eq(vault.maxDeposit(BOB), 0, "no deposit");
        eq(vault.maxWithdraw(ALICE), 0, "no withdrawal");
        eq(vault.maxRedeem(ALICE), 0, "no redemption");
        eq(vault.availableLiquidity(), 0, "nothing");
        uint256 nav = vault.nav();
        vm.expectRevert(abi.encodeWithSelector(Errors.LiquidityVault_Frozen.selector));
        vault.rebalance(one(exitLeg(1, 1)), nav, 100);
        earn(1, 1 ether);
        vault.report(idList(1));
        eq(vault.debtOf(1), 41 ether, "reports go on");
        ok(vault.isInKindOpen(), "in kind");
        vault.unfreeze();
        ok(vault.maxWithdraw(ALICE) != 0, "open again");
        ok(!vault.isInKindOpen(), "in kind closed");
    }

    function test_AWriteOffNeedsNoCallAndWhatComesBackIsAGain() public {
        adapters[1].setReading(AdapterDouble.Reading.Bomb);
        adapters[1].setMovesRevert(true);
        vault.forceRevoke(1);
        ok(registry.strategy(1).state == StrategyState.Revoked, "revoked");
        eq(vault.nav(), 60 ether, "written off");
        eq(vault.totalAssets(), 60 ether, "at once");
        eq(vault.debtOf(1), 0, "no debt");
        checkBooks();
        vm.expectRevert(
            abi.encodeWithSelector(
                Errors.StrategyRegistry_BadTransition.selector,
                1,
                StrategyState.Revoked,
                StrategyState.Revoked
            )
        );
        vault.forceRevoke(1);
        // The venue recovers.
        adapters[1].setReading(AdapterDouble.Reading.Honest);
        adapters[1].setMovesRevert(false);
        vault.report(idList(1));
        eq(vault.debtOf(1), 0, "its word counts for nothing");
        run(one(exitLeg(1, 40 ether)));
        eq(vault.idle(), 70 ether, "but its cash does");
        eq(vault.totalAssets(), 60 ether, "as a gain that unlocks");
        eq(vault.debtOf(1), 0, "still none");
        uint256 nav = vault.nav();
        vm.expectRevert(abi.encodeWithSelector(Errors.LiquidityVault_StateForbids.selector, 1, StrategyState.Revoked));
        vault.rebalance(one(allocateLeg(1, 1 ether)), nav, 100);
        checkBooks();
    }

    function test_TheReportOfAStrategyIsOneCall() public view {
        StrategyReport memory r = vault.strategyReport(1);
        eq(r.debt, 40 ether, "debt");
        eq(r.reportedAt, block.timestamp - 1 hours, "time");
        eq(r.inKindUnits, 0, "units");
        eq(vault.strategyReport(9).debt, 0, "none");
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {FeeTerms} from "../../contracts/interfaces/ILiquidityVault.sol";
import {Errors} from "../../contracts/libraries/Errors.sol";
import {CoreFixture} from "./support/CoreFixture.sol";

/// @notice Fees are shares, bounded, never retroactive, never on what just came in, and paid once per second at most.
contract VaultFeesTest is CoreFixture {
    address internal constant TREASURY = address(0x7EA);

    function setUp() public override {
        super.setUp();
        deposit(ALICE, 100 ether);
        allocate(1, 40 ether);
        pass(2 hours);
    }

    function feeWorth() internal view returns (uint256) {
        return vault.convertToAssets(vault.balanceOf(TREASURY));
    }

    function test_NoRecipientNoFee() public {
        vault.setFees(200, 2_000);
        pass(365 days);
        vault.report(idList(1));
        eq(vault.totalSupply(), 100e24, "no share was made");
    }

    function test_AYearOfManagementCostsItsRate() public {
        vault.setFeeRecipient(TREASURY);
        vault.setFees(200, 0);
        // A fee reaches back to the moment it was set, not further.
        vault.report(idList(1));
        eq(vault.balanceOf(TREASURY), 0, "nothing yet");
        pass(365 days);
        vault.report(idList(1));
        near(feeWorth(), 2 ether, 1e6, "2 % of 100");
        near(vault.convertToAssets(vault.balanceOf(ALICE)), 98 ether, 1e6, "the rest is hers");
        uint256 shares = vault.balanceOf(TREASURY);
        vault.report(idList(1));
        eq(vault.balanceOf(TREASURY), shares, "once per timestamp");
        eq(vault.fees().accruedAt, block.timestamp, "accrued");
    }

    function test_PerformanceIsPaidAboveTheHighWaterMarkOnly() public {
        vault.setFeeRecipient(TREASURY);
        vault.setFees(0, 2_000);
        earn(1, 10 ether);
        vault.report(idList(1));
        eq(vault.balanceOf(TREASURY), 0, "locked profit is no performance yet");
        pass(5 days);
        vault.report(idList(1));
        near(feeWorth(), 2 ether, 1e6, "20 % of 10");
        uint256 shares = vault.balanceOf(TREASURY);
        registry.setLimits(1, limits(1_000 ether, 1_000 ether, 5_000, 10_000));
        lose(1, 5 ether);
        pass(2 hours);
        vault.report(idList(1));
        earn(1, 5 ether);
        pass(2 hours);
        vault.report(idList(1));
        pass(5 days);
        vault.report(idList(1));
        eq(vault.balanceOf(TREASURY), shares, "the way back is not paid for twice");
        earn(1, 1 ether);
        pass(2 hours);
        vault.report(idList(1));
        pass(5 days);
        vault.report(idList(1));
        ok(vault.balanceOf(TREASURY) > shares, "new ground is");
    }

    /// Whoever came after the last accrual is not charged for the time before, by the smaller supply.
    function testFuzz_ANewcomerAddsNothingToTheFee(uint256 assets, uint256 elapsed) public {
        assets = bound(assets, 1 ether, 10_000 ether);
        elapsed = bound(elapsed, 1 hours, 365 days);
        vault.setFeeRecipient(TREASURY);
        vault.setFees(200, 0);
        pass(elapsed);
        deposit(BOB, assets);
        vault.report(idList(1));
        // 100 ether for the time, whatever came in.
        near(feeWorth(), (100 ether * 200 * elapsed) / (10_000 * 365 days), 1e9, "fee");
    }

    function testFuzz_FeesNeverExceedTheirRates(
        uint256 gain,
        uint256 elapsed,
        uint16 management,
        uint16 performance
    ) public {
        management = uint16(bound(management, 0, 200));
        performance = uint16(bound(performance, 0, 2_000));
        gain = bound(gain, 0, 5 ether);
        elapsed = bound(elapsed, 5 days, 3 * 365 days);
        vault.setFeeRecipient(TREASURY);
        vault.setFees(management, performance);
        if (gain != 0) earn(1, gain);
        vault.report(idList(1));
        pass(elapsed);
        vault.report(idList(1));
        uint256 most =
            ((100 ether + gain) * management * elapsed) / (10_000 * 365 days) + (gain * performance) / 10_000;
        atMost(feeWorth(), most + 1, "at most");
        eq(vault.nav(), 100 ether + gain, "never in assets");
        checkBooks();
    }

    function test_LoweringIsInstantRaisingIsNotPossibleThere() public {
        vault.setFeeRecipient(TREASURY);
        vault.setFees(100, 1_000);
        vm.expectRevert(abi.encodeWithSelector(Errors.LiquidityVault_FeeTooHigh.selector, 101, 100));
        vault.lowerFees(101, 0);
        vm.expectRevert(abi.encodeWithSelector(Errors.LiquidityVault_FeeTooHigh.selector, 1_001, 1_000));
        vault.lowerFees(0, 1_001);
        vault.lowerFees(50, 500);
        FeeTerms memory terms = vault.fees();
        eq(terms.managementBps, 50, "management");
        eq(terms.performanceBps, 500, "performance");
        vm.expectRevert(abi.encodeWithSelector(Errors.LiquidityVault_FeeTooHigh.selector, 201, 200));
        vault.setFees(201, 0);
        vm.expectRevert(abi.encodeWithSelector(Errors.LiquidityVault_FeeTooHigh.selector, 2_001, 2_000));
        vault.setFees(0, 2_001);
        vm.expectRevert(abi.encodeWithSelector(Errors.LiquidityVault_BadTarget.selector, address(vault)));
        vault.setFeeRecipient(address(vault));
    }

    function test_AChangeAccruesAtTheOldTermsFirst() public {
        vault.setFeeRecipient(TREASURY);
        vault.setFees(100, 0);
        pass(365 days);
        vault.setFees(200, 0);
        near(feeWorth(), 1 ether, 1e6, "a year at 1 %");
    }

    function test_RevertWhen_AStrangerTouchesFeesOrFreezes() public {
        vm.startPrank(BOB);
        bytes memory denied = abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, BOB);
        vm.expectRevert(denied);
        vault.setFees(0, 0);
        vm.expectRevert(denied);
        vault.lowerFees(0, 0);
        vm.expectRevert(denied);
        vault.setFeeRecipient(BOB);
        vm.expectRevert(denied);
        vault.freeze();
        vm.expectRevert(denied);
        vault.unfreeze();
        vm.expectRevert(denied);
        vault.forceRevoke(1);
        vm.expectRevert(denied);
        vault.setWithdrawalOrder(idList(1));
        vm.expectRevert(denied);
        vault.bindRedeemQueue(BOB);
        vm.stopPrank();
    }
}

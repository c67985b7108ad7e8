// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ILiquidityVault, RebalanceResult} from "../../contracts/interfaces/ILiquidityVault.sol";
import {Errors} from "../../contracts/libraries/Errors.sol";
import {Leg, LegKind} from "../../contracts/types/Proposal.sol";
import {OracleKind, PriceStatus, StrategyState} from "../../contracts/types/Strategy.sol";
import {RangeAdapterDouble} from "../doubles/RangeAdapterDouble.sol";
import {CoreFixture} from "./support/CoreFixture.sol";

/// @notice A leg that moves a range: measured at the guard's value, a loss of the execution, for open strategies only.
contract RepositionTest is CoreFixture {
    uint8 internal constant RANGE = 5;
    RangeAdapterDouble internal range;

    function setUp() public override {
        super.setUp();
        range = new RangeAdapterDouble(address(vault), address(weth));
        registry.registerStrategy(address(range), 4);
        registry.setLimits(RANGE, limits(1_000 ether, 1_000 ether, 5_000, 50));
        guard.setOracle(RANGE, feedConfig(OracleKind.MarketOfUnderlying, address(rebasingFeed), 0.5e8, 2e8));
        deposit(ALICE, 100 ether);
        nextBlock();
        allocate(RANGE, 40 ether);
        pass(1 hours);
    }

    function move(int24 lower, int24 upper, uint256 minValue) internal pure returns (Leg memory) {
        return Leg(RANGE, LegKind.Reposition, 0, uint128(minValue), lower, upper);
    }

    function revertsWith(bytes memory reason, Leg[] memory legs) internal {
        uint256 refNav = vault.nav();
        vm.expectRevert(reason);
        vault.rebalance(legs, refNav, 10_000);
    }

    // WHAT A MOVE DOES

    function testFuzz_AMoveKeepsTheBooksAndLosesWhatItCosts(uint256 keepBps, int24 lower, int24 upper) public {
        keepBps = bound(keepBps, 9_960, 10_000);
        vm.assume(lower < upper);
        range.setKeepBps(keepBps);
        uint256 kept = (40 ether * keepBps) / 10_000;
        uint256 idle = vault.idle();
        vm.expectEmit(true, true, true, true, address(vault));
        emit ILiquidityVault.Reposition(RANGE, lower, upper, 40 ether, kept);
        RebalanceResult memory result = run(one(move(lower, upper, kept)));
        eq(uint256(int256(range.tickLower())), uint256(int256(lower)), "lower tick");
        eq(uint256(int256(range.tickUpper())), uint256(int256(upper)), "upper tick");
        eq(result.loss, 40 ether - kept, "loss of the execution");
        eq(result.navBefore - result.navAfter, result.loss, "and of the NAV");
        eq(vault.debtOf(RANGE), kept, "debt");
        eq(vault.idle(), idle, "idle");
        eq(weth.allowance(address(vault), address(range)), 0, "no allowance");
        eq(vault.totalDebt(), kept, "total debt");
        eq(vault.riskDebt(2), kept, "risk debt");
    }

    function test_AMoveIsCountedAtTheMarketsDiscount() public {
        rebasingFeed.updateAnswer(0.996e8);
        vault.report(idList(RANGE));
        eq(vault.debtOf(RANGE), 39.84 ether, "reported at the discount");
        range.setKeepBps(9_990);
        RebalanceResult memory result = run(one(move(-10, 10, 0)));
        eq(vault.debtOf(RANGE), (39.96 ether * 996) / 1_000, "kept at the discount");
        eq(result.loss, 39.84 ether - vault.debtOf(RANGE), "loss at the discount");
    }

    function test_AGainOfAMoveIsLocked() public {
        uint256 total = vault.totalAssets();
        range.setKeepBps(10_100);
        RebalanceResult memory result = run(one(move(-10, 10, 0)));
        eq(result.loss, 0, "no loss");
        eq(vault.lockedProfit(), 0.4 ether, "locked");
        eq(vault.totalAssets(), total, "nobody can buy it");
    }

    function test_AnEmptyStrategyMayGetItsRange() public {
        run(one(exitLeg(RANGE, 40 ether)));
        pass(1 hours);
        RebalanceResult memory result = run(one(move(-20, 20, 0)));
        eq(result.loss, 0, "nothing to lose");
        eq(uint256(int256(range.tickUpper())), 20, "range set");
    }

    function test_AMoveStandsBetweenExitsAndAllocations() public {
        Leg[] memory legs = new Leg[](3);
        (legs[0], legs[1], legs[2]) = (exitLeg(RANGE, 10 ether), move(-10, 10, 30 ether), allocateLeg(RANGE, 5 ether));
        RebalanceResult memory result = run(legs);
        eq(result.loss, 0, "loss");
        eq(vault.debtOf(RANGE), 35 ether, "debt");
        eq(range.lastMinValue(), 30 ether, "the adapter gets the minimum too");
    }

    // WHAT IS REFUSED

    function test_RevertWhen_TooLittleIsKept() public {
        range.setKeepBps(9_999);
        revertsWith(
            abi.encodeWithSelector(Errors.LiquidityVault_KeptTooLow.selector, RANGE, 39.996 ether, 39.996 ether + 1),
            one(move(-10, 10, 39.996 ether + 1))
        );
        run(one(move(-10, 10, 39.996 ether)));
    }

    function test_RevertWhen_TheAdapterHoldsNoRange() public {
        allocate(1, 1 ether);
        Leg memory leg = move(-10, 10, 0);
        leg.strategyId = 1;
        revertsWith(
            abi.encodeWithSelector(Errors.LiquidityVault_NotARange.selector, 1, address(adapters[1])),
            one(leg)
        );
    }

    function test_RevertWhen_TheStrategyIsNotOpen() public {
        registry.restrict(RANGE, StrategyState.ReduceOnly);
        revertsWith(
            abi.encodeWithSelector(Errors.LiquidityVault_StateForbids.selector, RANGE, StrategyState.ReduceOnly),
            one(move(-10, 10, 0))
        );
        registry.reactivate(RANGE);
        rebasingFeed.updateAnswer(0.993e8);
        revertsWith(
            abi.encodeWithSelector(
                Errors.OracleGuard_NoInflow.selector,
                RANGE,
                PriceStatus.NoInflow,
                1e18,
                0.993e18,
                block.timestamp
            ),
            one(move(-10, 10, 0))
        );
    }

    function test_AMoveCannotCallBack() public {
        range.setCallback(address(vault), abi.encodeCall(ILiquidityVault.report, (idList(RANGE))));
        run(one(move(-10, 10, 0)));
        ok(range.callbackRevert() != bytes4(0), "refused");
    }

    function test_RevertWhen_TheShapeOfLegsIsWrong() public {
        Leg[] memory two = new Leg[](2);
        (two[0], two[1]) = (move(-10, 10, 0), exitLeg(1, 1));
        revertsWith(abi.encodeWithSelector(Errors.Legs_ExitTooLate.selector, 1), two);
        (two[0], two[1]) = (allocateLeg(1, 1), move(-10, 10, 0));
        revertsWith(abi.encodeWithSelector(Errors.Legs_RepositionAfterAllocate.selector, 1), two);
        (two[0], two[1]) = (move(-10, 10, 0), move(-20, 20, 0));
        revertsWith(abi.encodeWithSelector(Errors.Legs_NotAscending.selector, 1, RANGE, RANGE), two);
        Leg memory leg = move(-10, 10, 0);
        leg.amount = 1;
        revertsWith(abi.encodeWithSelector(Errors.Legs_AmountOnReposition.selector, 0, 1), one(leg));
        revertsWith(abi.encodeWithSelector(Errors.Legs_BadTicks.selector, 0, 10, 10), one(move(10, 10, 0)));
        revertsWith(abi.encodeWithSelector(Errors.Legs_BadTicks.selector, 0, 11, 10), one(move(11, 10, 0)));
    }

    /// @dev Words that no typed encoder writes: the library reads them raw.
    function test_RevertWhen_RawWordsFitNoType() public {
        bytes memory data = abi.encodeCall(vault.rebalance, (one(move(-10, 10, 0)), vault.nav(), 10_000));
        refused(data, 1, 4, abi.encodeWithSelector(Errors.Legs_BadKind.selector, 0, 4));
        refused(data, 4, 1 << 23, abi.encodeWithSelector(Errors.Legs_BadTicks.selector, 0, int256(1 << 23), 10));
        refused(data, 5, 1 << 23, abi.encodeWithSelector(Errors.Legs_BadTicks.selector, 0, -10, int256(1 << 23)));
        uint256 tooLow = uint256(int256(type(int24).min) - 1);
        refused(data, 4, tooLow, abi.encodeWithSelector(Errors.Legs_BadTicks.selector, 0, int256(tooLow), 10));
    }

    /// @dev Sends `data` with one word of its only leg replaced: selector, three arguments and the length come before.
    function refused(bytes memory data, uint256 word, uint256 value, bytes memory reason) private {
        bytes memory changed = bytes.concat(data);
        uint256 at = 32 + 4 + 32 * (4 + word);
        assembly {
            mstore(add(changed, at), value)
        }
        (bool done, bytes memory answer) = address(vault).call(changed);
        ok(!done, "refused");
        ok(keccak256(answer) == keccak256(reason), "with its reason");
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IOracleGuard} from "../../contracts/interfaces/IOracleGuard.sol";
import {Errors} from "../../contracts/libraries/Errors.sol";
import {PackedRecord} from "../../contracts/types/PackedRecord.sol";
import {OracleConfig, OracleKind, PriceStatus} from "../../contracts/types/Strategy.sol";
import {BoundedAggregatorDouble, BoundedFeedDouble} from "../doubles/BoundedFeedDouble.sol";
import {CoreFixture} from "./support/CoreFixture.sol";

/// @notice An aggregator that has reached its own bound answers the bound: such an answer is no price.
contract OracleBoundsTest is CoreFixture {
    BoundedFeedDouble internal feed;

    function setUp() public override {
        super.setUp();
        feed = new BoundedFeedDouble(address(new BoundedAggregatorDouble(1.0e18, 1.1e18)), 1.05e18);
        guard.setOracle(3, feedConfig(OracleKind.MarketOfToken, address(feed), 0.5e18, 2e18));
    }

    function bounds(uint256 low, uint256 high) internal view {
        OracleConfig memory config = guard.oracle(3);
        eq(config.minAnswer, low, "lower bound in force");
        eq(config.maxAnswer, high, "upper bound in force");
    }

    function sync() internal {
        PackedRecord[] memory infos = registry.records(idList(3));
        vm.prank(address(vault));
        guard.syncAll(infos);
    }

    function isDead(int256 answer) internal {
        feed.setAnswer(answer);
        eq(uint8(guard.quote(3).status), uint8(PriceStatus.Frozen), "no price");
    }

    function testFuzz_AnAnswerAtOrBeyondABoundIsDead(uint256 low, uint256 high, uint256 answer) public {
        low = bound(low, 0.9e18, 1.049e18);
        high = bound(high, 1.051e18, 1.2e18);
        answer = bound(answer, 0.5e18 + 1, 2e18 - 1);
        feed.replace(address(new BoundedAggregatorDouble(int192(int256(low)), int192(int256(high)))));
        guard.setOracle(3, feedConfig(OracleKind.MarketOfToken, address(feed), 0.5e18, 2e18));
        bounds(low, high);
        feed.setAnswer(int256(answer));
        uint256 distance = answer > 1.05e18 ? answer - 1.05e18 : 1.05e18 - answer;
        bool isPrice = answer > low && answer < high && distance * 10_000 <= 1.05e18 * 300;
        eq(guard.quote(3).status == PriceStatus.Frozen ? 1 : 0, isPrice ? 0 : 1, "a price, or none");
    }

    function test_TheBoundsThemselvesAreDead() public {
        bounds(1.0e18, 1.1e18);
        isDead(1.0e18);
        isDead(1.1e18);
        isDead(-1);
        feed.setAnswer(1.05e18);
        eq(uint8(guard.quote(3).status), uint8(PriceStatus.Normal), "between them is a price");
    }

    function test_TheNarrowerOfBothBoundsHolds() public {
        guard.setOracle(3, feedConfig(OracleKind.MarketOfToken, address(feed), 1.04e18, 1.06e18));
        bounds(1.04e18, 1.06e18);
    }

    function test_ANewAggregatorBringsItsBoundsAtOnce() public {
        feed.replace(address(new BoundedAggregatorDouble(1.049e18, 1.2e18)));
        isDead(1.049e18);
        bounds(1.0e18, 1.1e18);
        vm.expectEmit(true, true, true, true, address(guard));
        emit IOracleGuard.SetBounds(3, 1.049e18, 1.1e18, 2);
        sync();
        bounds(1.049e18, 1.1e18);
        isDead(1.1e18);
        feed.replace(address(new BoundedAggregatorDouble(0.9e18, 1.3e18)));
        sync();
        bounds(1.049e18, 1.1e18);
    }

    /// @dev What a replaced aggregator narrowed, only the owner's delayed setter opens again.
    function test_OnlySetOracleWidensBoundsAgain() public {
        feed.replace(address(new BoundedAggregatorDouble(1.049e18, 1.06e18)));
        sync();
        bounds(1.049e18, 1.06e18);
        feed.replace(address(new BoundedAggregatorDouble(0.9e18, 1.3e18)));
        sync();
        feed.setAnswer(1.07e18);
        bounds(1.049e18, 1.06e18);
        eq(uint8(guard.quote(3).status), uint8(PriceStatus.Frozen), "beyond the bound that was");
        feed.setAnswer(1.05e18);
        guard.setOracle(3, feedConfig(OracleKind.MarketOfToken, address(feed), 0.5e18, 2e18));
        bounds(0.9e18, 1.3e18);
        feed.setAnswer(1.07e18);
        eq(uint8(guard.quote(3).status), uint8(PriceStatus.ExitOnly), "a price again, two percent off");
    }

    /// @dev Bounds are read from the venue once for each phase: a sync in the same phase tells nothing new.
    function test_BoundsAreTakenOncePerPhase() public {
        sync();
        feed.replace(address(new BoundedAggregatorDouble(1.02e18, 1.09e18)));
        for (uint256 i; i < 3; ++i) {
            vm.recordLogs();
            sync();
            eq(vm.getRecordedLogs().length, i == 0 ? 1 : 0, "told at the first sync of the phase only");
        }
        bounds(1.02e18, 1.09e18);
    }

    /// @dev A price set anew away from par has the whole way back before it, whatever the one before had counted.
    function test_ASourceSetAwayFromParStartsItsRecoveryAnew() public {
        OracleConfig memory config = feedConfig(OracleKind.MarketOfToken, address(feed), 0.5e18, 2e18);
        feed.setAnswer(1.058e18);
        sync();
        feed.setAnswer(1.05e18);
        for (uint256 i; i < 2; ++i) {
            pass(1 hours);
            sync();
        }
        eq(uint8(guard.quote(3).status), uint8(PriceStatus.Normal), "counted to the end");
        feed.setAnswer(1.058e18);
        guard.setOracle(3, config);
        feed.setAnswer(1.05e18);
        eq(uint8(guard.quote(3).status), uint8(PriceStatus.NoInflow), "recovering");
        pass(1 hours);
        sync();
        eq(uint8(guard.quote(3).status), uint8(PriceStatus.NoInflow), "one sync of two");
        pass(1 hours);
        sync();
        eq(uint8(guard.quote(3).status), uint8(PriceStatus.Normal), "both");
    }

    /// @dev A claim on the asset itself counts to the wei, however large.
    function test_AssetDenominatedCountsToTheWei() public view {
        eq(guard.quote(1).sellFactor, 1e18, "factor");
        eq(guard.value(1, 3e26, 2, 1), 3e26 + 3, "liquid, pending, claimable");
    }

    function test_AnAggregatorThatAllowsNothingLeavesNoPrice() public {
        feed.replace(address(new BoundedAggregatorDouble(type(int192).min, -1)));
        isDead(1.05e18);
        feed.replace(address(new BoundedAggregatorDouble(type(int192).max, type(int192).max)));
        isDead(1.05e18);
        OracleConfig memory config = feedConfig(OracleKind.MarketOfToken, address(feed), 0.5e18, 2e18);
        vm.expectPartialRevert(Errors.OracleGuard_Unpriceable.selector);
        guard.setOracle(3, config);
    }

    /// @dev A feed without a proxy, and one whose aggregator says nothing of bounds: the configured ones hold.
    function test_WithoutBoundsTheConfiguredOnesHold() public {
        guard.setOracle(3, feedConfig(OracleKind.MarketOfToken, address(tokenFeed), 0.5e18, 2e18));
        bounds(0.5e18, 2e18);
        feed.replace(address(tokenFeed));
        guard.setOracle(3, feedConfig(OracleKind.MarketOfToken, address(feed), 0.5e18, 2e18));
        bounds(0.5e18, 2e18);
        feed.replace(address(0xdead));
        guard.setOracle(3, feedConfig(OracleKind.MarketOfToken, address(feed), 0.5e18, 2e18));
        bounds(0.5e18, 2e18);
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {Errors} from "../../contracts/libraries/Errors.sol";
import {PackedRecord} from "../../contracts/types/PackedRecord.sol";
import {OracleConfig, OracleKind, PriceStatus, Quote} from "../../contracts/types/Strategy.sol";
import {CoreFixture} from "./support/CoreFixture.sol";

/// @dev A feed address whose contract answers too little.
contract ShortFeedDouble {
    bool public broken;

    function setBroken(bool value) external {
        broken = value;
    }

    function decimals() external pure returns (uint8) {
        return 18;
    }

    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        if (!broken) return (1, 1e18, block.timestamp, block.timestamp, 1);
        assembly {
            return(0, 64)
        }
    }
}

/// @dev A feed that reverts, as a proxy without an aggregator does.
contract DeadFeedDouble {
    error NoDataPresent();

    bool public dead;

    function kill() external {
        dead = true;
    }

    function decimals() external pure returns (uint8) {
        return 18;
    }

    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        if (dead) revert NoDataPresent();
        return (1, 1e18, block.timestamp, block.timestamp, 1);
    }
}

/// @notice Prices: bands, hysteresis, dead feeds, rates out of range. `quote` answers in every case.
contract OracleGuardTest is CoreFixture {
    function status(uint8 id) internal view returns (PriceStatus) {
        return guard.quote(id).status;
    }

    function isStatus(uint8 id, PriceStatus expected, string memory what) internal view {
        eq(uint8(status(id)), uint8(expected), what);
    }

    function records(uint8 id) internal view returns (PackedRecord[] memory list) {
        return registry.records(idList(id));
    }

    function sync(uint8 id) internal returns (Quote memory) {
        PackedRecord[] memory list = records(id);
        vm.prank(address(vault));
        guard.syncAll(list);
        return guard.quote(id);
    }

    function testFuzz_BandsAndFactorsOfARebasingToken(uint256 answer) public {
        answer = bound(answer, 0.51e8, 1.99e8);
        rebasingFeed.updateAnswer(int256(answer));
        Quote memory q = guard.quote(4);
        uint256 distance = answer > 1e8 ? answer - 1e8 : 1e8 - answer;
        PriceStatus expected =
            distance <= 0.005e8
                ? PriceStatus.Normal
                : distance <= 0.01e8
                    ? PriceStatus.NoInflow
                    : distance <= 0.03e8
                        ? PriceStatus.ExitOnly
                        : PriceStatus.Frozen;
        eq(uint8(q.status), uint8(expected), "band");
        eq(q.sellFactor, answer < 1e8 ? answer * 1e10 : 1e18, "sell at the lower");
        eq(q.buyFactor, answer > 1e8 ? answer * 1e10 : 1e18, "buy at the higher");
        eq(guard.value(4, 10 ether, 2 ether, 1 ether), 10 * q.sellFactor + 3 ether, "value");
    }

    function testFuzz_ATokensMarketIsComparedWithItsRate(uint256 answer) public {
        answer = bound(answer, 0.6e18, 1.9e18);
        tokenFeed.updateAnswer(int256(answer));
        Quote memory q = guard.quote(3);
        eq(q.marketWad, answer, "market");
        eq(q.sellFactor, answer < 1.05e18 ? (answer * 1e18) / 1.05e18 : 1e18, "sell factor");
    }

    function testFuzz_QuoteNeverReverts(int256 answer, uint256 updatedAt, uint256 rate) public {
        tokenFeed.updateRoundData(7, answer, updatedAt, updatedAt);
        adapters[3].setRate(rate);
        guard.quote(3);
        sync(3);
        guard.value(3, 1 ether, 0, 0);
    }

    function test_BadAnswersFreezeWithTheLastGoodFactor() public {
        tokenFeed.updateAnswer(1.04e18);
        sync(3);
        uint256 good = guard.quote(3).sellFactor;
        eq(good, (uint256(1.04e18) * 1e18) / 1.05e18, "the discount of the last sync");
        int256[6] memory answers = [int256(0), -1, type(int256).min, 0.5e18, 2e18, type(int256).max];
        for (uint256 i; i < answers.length; ++i) {
            tokenFeed.updateAnswer(answers[i]);
            isStatus(3, PriceStatus.Frozen, "bad answer");
            eq(guard.quote(3).sellFactor, good, "last good factor");
            sync(3);
        }
        tokenFeed.updateRoundData(9, 1.05e18, 0, 0);
        isStatus(3, PriceStatus.Frozen, "never updated");
        tokenFeed.updateRoundData(9, 1.05e18, block.timestamp + 1, 0);
        isStatus(3, PriceStatus.Frozen, "from the future");
        tokenFeed.updateRoundData(9, 1.05e18, block.timestamp - 25 hours, 0);
        isStatus(3, PriceStatus.NoInflow, "at the limit of age, recovering");
        tokenFeed.updateRoundData(9, 1.05e18, block.timestamp - 25 hours - 1, 0);
        isStatus(3, PriceStatus.Frozen, "stale");
        eq(guard.quote(3).sellFactor, good, "still the last good factor");
    }

    function test_RevertingAndShortFeedsFreezeOnlyTheirOwnStrategy() public {
        DeadFeedDouble dead = new DeadFeedDouble();
        ShortFeedDouble short = new ShortFeedDouble();
        guard.setOracle(3, feedConfig(OracleKind.MarketOfUnderlying, address(dead), 0.5e18, 2e18));
        guard.setOracle(4, feedConfig(OracleKind.MarketOfUnderlying, address(short), 0.5e18, 2e18));
        isStatus(3, PriceStatus.Normal, "alive");
        dead.kill();
        isStatus(3, PriceStatus.Frozen, "dead");
        isStatus(4, PriceStatus.Normal, "the other lives");
        short.setBroken(true);
        isStatus(4, PriceStatus.Frozen, "short");
        sync(3);
        sync(4);
        isStatus(1, PriceStatus.Normal, "strategies without a feed go on");
    }

    function test_ARateThatCannotBeReadFreezes() public {
        adapters[1].setRateReverts(true);
        isStatus(1, PriceStatus.Frozen, "reverts");
        adapters[1].setRateReverts(false);
        adapters[1].setRate(0);
        isStatus(1, PriceStatus.Frozen, "zero");
        adapters[1].setRate(uint256(type(uint80).max) + 1);
        isStatus(1, PriceStatus.Frozen, "absurd");
    }

    function testFuzz_ARateAboveTheGrowthCapFreezes(uint256 elapsed) public {
        elapsed = bound(elapsed, 0, 400 days);
        vm.warp(START + elapsed);
        uint256 counted = elapsed > 7 days ? elapsed : 7 days;
        // 20 % a year.
        uint256 highest = 1e18 + (1e18 * 2_000 * counted) / (365 days * 10_000);
        adapters[1].setRate(highest);
        isStatus(1, PriceStatus.Normal, "at the cap");
        adapters[1].setRate(highest + 1);
        isStatus(1, PriceStatus.Frozen, "above the cap");
    }

    function test_SyncingOftenDoesNotStretchTheGrowthCap() public {
        uint256 rate = 1e18;
        uint256 accepted = rate;
        // A rate that pushes to the limit at every sync, every six hours for a year.
        for (uint256 i; i < 1460; ++i) {
            vm.warp(block.timestamp + 6 hours);
            rate = accepted + accepted / 1_000;
            adapters[1].setRate(rate);
            if (status(1) == PriceStatus.Normal) {
                sync(1);
                accepted = rate;
            } else {
                adapters[1].setRate(accepted);
                sync(1);
            }
        }
        // 20 % a year compounded weekly is below e^0.2, and one window may be ahead.
        atMost(accepted, 1.2214e18 + 0.0047e18, "one year's growth");
    }

    function test_ASlashWithinTheBudgetIsAPriceAndBeyondItFreezesForGood() public {
        adapters[1].setRate(0.95e18);
        isStatus(1, PriceStatus.Normal, "5 % is the budget");
        adapters[1].setRate(0.95e18 - 1);
        isStatus(1, PriceStatus.Frozen, "beyond");
        sync(1);
        vm.warp(block.timestamp + 30 days);
        sync(1);
        isStatus(1, PriceStatus.Frozen, "time does not heal it");
        guard.setOracle(1, rateConfig(OracleKind.AssetDenominated));
        isStatus(1, PriceStatus.Normal, "the curator does");
    }

    function test_InflowReopensAfterTwoSpacedNormalSyncs() public {
        rebasingFeed.updateAnswer(0.994e8);
        sync(4);
        rebasingFeed.updateAnswer(1e8);
        isStatus(4, PriceStatus.NoInflow, "not yet");
        sync(4);
        sync(4);
        sync(4);
        isStatus(4, PriceStatus.NoInflow, "calls in one block count once");
        vm.warp(block.timestamp + 1 hours - 1);
        sync(4);
        isStatus(4, PriceStatus.NoInflow, "too close");
        vm.warp(block.timestamp + 1);
        Quote memory q = sync(4);
        eq(uint8(q.status), uint8(PriceStatus.Normal), "open");
        isStatus(4, PriceStatus.Normal, "open");
    }

    function test_ARelapseStartsTheCountAgain() public {
        rebasingFeed.updateAnswer(0.994e8);
        sync(4);
        rebasingFeed.updateAnswer(1e8);
        sync(4);
        vm.warp(block.timestamp + 2 hours);
        rebasingFeed.updateAnswer(0.98e8);
        sync(4);
        vm.warp(block.timestamp + 2 hours);
        rebasingFeed.updateAnswer(1e8);
        sync(4);
        isStatus(4, PriceStatus.NoInflow, "one of two");
        vm.warp(block.timestamp + 2 hours);
        sync(4);
        isStatus(4, PriceStatus.Normal, "two of two");
    }

    function test_ADeepDiscountIsRememberedWhenTheFeedDiesAfterIt() public {
        rebasingFeed.updateAnswer(0.9e8);
        sync(4);
        isStatus(4, PriceStatus.Frozen, "frozen");
        eq(guard.quote(4).sellFactor, 0.9e18, "valued at the market all the same");
        rebasingFeed.updateAnswer(0);
        eq(guard.quote(4).sellFactor, 0.9e18, "remembered");
    }

    function test_DisabledIsClosedAndKeepsTheFactor() public {
        rebasingFeed.updateAnswer(0.98e8);
        sync(4);
        uint64 epoch = guard.epoch();
        guard.disable(4);
        eq(guard.epoch(), epoch + 1, "old signatures die");
        isStatus(4, PriceStatus.Closed, "closed");
        eq(guard.quote(4).sellFactor, 0.98e18, "still worth something");
        eq(uint8(guard.oracle(4).kind), uint8(OracleKind.None), "no source");
        vm.expectRevert(abi.encodeWithSelector(Errors.OracleGuard_NoInflow.selector, 4, PriceStatus.Closed, 0, 0, 0));
        guard.requireInflow(4);
        vm.expectRevert(abi.encodeWithSelector(Errors.OracleGuard_NotPriced.selector, 4, PriceStatus.Closed, 0, 0, 0));
        guard.requirePriced(4);
    }

    function test_AnUnknownStrategyIsClosedAndWorthNothing() public view {
        isStatus(9, PriceStatus.Closed, "closed");
        eq(guard.value(9, 1 ether, 0, 0), 0, "no factor");
    }

    function test_ConfigurationIsReturnedAsSet() public view {
        OracleConfig memory config = guard.oracle(3);
        eq(config.feed, address(tokenFeed), "feed");
        eq(config.heartbeat, 24 hours, "heartbeat");
        eq(config.margin, 1 hours, "margin");
        eq(config.maxRateGrowthBps, 2_000, "growth");
        eq(config.slashBudgetBps, 500, "slash");
        eq(config.minAnswer, 0.5e18, "min");
        eq(config.maxAnswer, 2e18, "max");
    }

    function test_TheLongestHeartbeatThatCanBeStoredIsTaken() public {
        OracleConfig memory config = guard.oracle(3);
        config.heartbeat = type(uint24).max;
        guard.setOracle(3, config);
        eq(guard.oracle(3).heartbeat, type(uint24).max, "to the second");
    }

    function badConfig(OracleConfig memory config, uint256 field, uint256 value) internal {
        vm.expectRevert(abi.encodeWithSelector(Errors.OracleGuard_BadConfig.selector, 3, field, value));
        guard.setOracle(3, config);
    }

    function test_RevertWhen_TheConfigurationIsBad() public {
        OracleConfig memory c = feedConfig(OracleKind.MarketOfToken, address(tokenFeed), 0.5e18, 2e18);
        c.kind = OracleKind.None;
        badConfig(c, 0, 0);
        c.kind = OracleKind.RateOnly;
        badConfig(c, 1, uint160(address(tokenFeed)));
        c.kind = OracleKind.MarketOfToken;
        c.feed = BOB;
        badConfig(c, 1, uint160(BOB));
        c.feed = address(tokenFeed);
        c.heartbeat = 0;
        badConfig(c, 2, 0);
        c.heartbeat = uint32(type(uint24).max) + 1;
        badConfig(c, 2, c.heartbeat);
        c.heartbeat = 1 days;
        c.maxRateGrowthBps = 0;
        badConfig(c, 4, 0);
        c.maxRateGrowthBps = 1;
        c.slashBudgetBps = 10_001;
        badConfig(c, 5, 10_001);
        c.slashBudgetBps = 0;
        c.minAnswer = 2e18;
        badConfig(c, 6, 2e18);
        c.maxAnswer = type(uint128).max;
        badConfig(c, 7, type(uint128).max);
        vm.expectRevert(abi.encodeWithSelector(Errors.OracleGuard_UnknownStrategy.selector, 9));
        guard.setOracle(9, c);
        tokenFeed.updateAnswer(0);
        c.maxAnswer = 3e18;
        vm.expectPartialRevert(Errors.OracleGuard_Unpriceable.selector);
        guard.setOracle(3, c);
    }

    function test_RevertWhen_AnyoneSyncsOrSets() public {
        PackedRecord[] memory asked = records(3);
        vm.expectRevert(abi.encodeWithSelector(Errors.OracleGuard_NotVault.selector, address(this), address(vault)));
        guard.syncAll(asked);
        vm.startPrank(BOB);
        bytes memory denied = abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, BOB);
        vm.expectRevert(denied);
        guard.disable(3);
        vm.expectRevert(denied);
        guard.setOracle(3, rateConfig(OracleKind.RateOnly));
        vm.stopPrank();
    }
}

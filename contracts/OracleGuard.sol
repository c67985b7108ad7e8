// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {AggregatorV3Interface} from "@chainlink/contracts/src/v0.8/shared/interfaces/AggregatorV3Interface.sol";
import {IBoundedAggregator} from "./interfaces/external/chainlink/IBoundedAggregator.sol";
import {IOracleGuard} from "./interfaces/IOracleGuard.sol";
import {IStrategyAdapter} from "./interfaces/IStrategyAdapter.sol";
import {IStrategyRegistry} from "./interfaces/IStrategyRegistry.sol";
import {BoundedCall} from "./libraries/BoundedCall.sol";
import {Errors} from "./libraries/Errors.sol";
import {Valuation} from "./libraries/Valuation.sol";
import {PackedPrice, PackedPrices} from "./types/PackedPrice.sol";
import {PackedRates, PackedRatesLib} from "./types/PackedRates.sol";
import {PackedRecord} from "./types/PackedRecord.sol";
import {OracleConfig, OracleKind, PriceStatus, Quote} from "./types/Strategy.sol";

/// @title OracleGuard
/// @notice See {IOracleGuard}. Two independent witnesses per strategy: the protocol's own rate, held between a growth
/// cap
/// and a slash budget, and a market feed, held by age and bounds. Where they disagree the milder use is refused first.
///
/// Assumptions: adapters and feeds are reviewed before the curator names them; they may still break later.
contract OracleGuard is IOracleGuard, AccessManaged {
    using BoundedCall for bytes;

    /// @dev Three words. The first is all that a strategy without a market feed needs; the other two are read with a
    /// feed only. Ages as uint24 last 194 days and margins as uint16 18 hours; `setOracle` refuses what does not fit.
    /// `minAnswer` and `maxAnswer` are the narrower of the configured bounds and of those of the feed's aggregator in
    /// its phase `phase`.
    struct Source {
        PackedRates rates;
        address feed;
        uint64 sellFactor;
        uint24 heartbeat;
        uint8 feedDecimals;
        uint112 minAnswer;
        uint112 maxAnswer;
        uint16 margin;
        uint16 phase;
    }

    /// @dev Read only while a strategy recovers, so that the normal path does not pay for it.
    struct Recovery {
        uint40 countedAt;
        uint8 normalSyncs;
    }

    /// @dev `rateGood` and `marketGood` tell a broken witness from one that reports a bad price.
    /// `renewed` is true when the feed has a new aggregator, whose bounds are then in `bounds`.
    struct Assessment {
        Quote quote;
        bool rateGood;
        bool renewed;
        Bounds bounds;
    }

    /// @dev Answers at or beyond are refused, in the feed's units; `phase` counts the feed's aggregators.
    struct Bounds {
        uint256 minAnswer;
        uint256 maxAnswer;
        uint256 phase;
    }

    // CONSTANTS

    uint256 private constant WAD = 1e18;
    uint256 private constant BPS = 10_000;
    uint256 private constant YEAR = 365 days;
    uint256 private constant MAX_DECIMALS = 18;
    /// @dev A proxy's round id holds the number of its aggregator above the aggregator's own round.
    uint256 private constant PHASE_AT = 64;
    uint256 private constant NORMAL_BPS = 50;
    uint256 private constant NO_INFLOW_BPS = 100;
    uint256 private constant EXIT_BPS = 300;
    /// @notice A growth snapshot is kept this long, and growth is allowed for at least this long: rebases come in
    /// daily
    /// steps, so a younger snapshot would take an honest step for a jump. Compounded growth still stays under the cap.
    uint256 public constant GROWTH_WINDOW = 7 days;
    /// @notice Syncs inside the normal band, apart from each other, before inflow reopens.
    uint256 public constant RECOVERY_SYNCS = 2;
    /// @notice Least time between two syncs that count, seconds: otherwise two calls in one block would do.
    uint256 public constant RECOVERY_SPACING = 1 hours;

    // IMMUTABLES

    IStrategyRegistry public immutable registry;

    // STORAGE

    /// @inheritdoc IOracleGuard
    address public vault;
    /// @inheritdoc IOracleGuard
    uint64 public epoch;
    mapping(uint8 id => Source) private _sources;
    mapping(uint8 id => Recovery) private _recoveries;

    constructor(address authority_, address registry_) AccessManaged(authority_) {
        require(registry_.code.length != 0, Errors.OracleGuard_BadTarget(registry_));
        registry = IStrategyRegistry(registry_);
    }

    // VIEWS

    /// @inheritdoc IOracleGuard
    function oracle(uint8 id) external view returns (OracleConfig memory config) {
        Source storage source = _sources[id];
        PackedRates rates = source.rates;
        config.kind = rates.kind();
        if (config.kind == OracleKind.None) return config;
        config.feed = source.feed;
        config.heartbeat = source.heartbeat;
        config.margin = source.margin;
        config.maxRateGrowthBps = rates.maxRateGrowthBps();
        config.slashBudgetBps = rates.slashBudgetBps();
        config.minAnswer = source.minAnswer;
        config.maxAnswer = source.maxAnswer;
    }

    /// @inheritdoc IOracleGuard
    function quote(uint8 id) public view returns (Quote memory current) {
        return _quote(id, registry.adapterOf(id));
    }

    /// @inheritdoc IOracleGuard
    function statusOf(PackedRecord info) external view returns (PriceStatus) {
        return _quote(info.id(), info.adapter()).status;
    }

    /// @inheritdoc IOracleGuard
    function value(uint8 id, uint256 liquid, uint256 pending, uint256 claimable) external view returns (uint256) {
        return Valuation.valueDown(liquid, pending, claimable, quote(id).sellFactor);
    }

    /// @inheritdoc IOracleGuard
    function requireInflow(uint8 id) external view {
        Quote memory q = quote(id);
        require(
            q.status == PriceStatus.Normal,
            Errors.OracleGuard_NoInflow(id, q.status, q.rate, q.marketWad, q.updatedAt)
        );
    }

    /// @inheritdoc IOracleGuard
    function requirePriced(uint8 id) external view {
        Quote memory q = quote(id);
        require(
            q.status != PriceStatus.Closed && q.status != PriceStatus.Frozen,
            Errors.OracleGuard_NotPriced(id, q.status, q.rate, q.marketWad, q.updatedAt)
        );
    }

    // OWNER, once

    /// @inheritdoc IOracleGuard
    function bindVault(address vault_) external restricted {
        require(vault == address(0), Errors.OracleGuard_AlreadyBound(vault));
        require(vault_.code.length != 0, Errors.OracleGuard_BadTarget(vault_));
        vault = vault_;
        emit BindVault(vault_);
    }

    // VAULT

    /// @inheritdoc IOracleGuard
    function syncAll(PackedRecord[] calldata infos) external returns (PackedPrice[] memory prices) {
        address caller = vault;
        if (msg.sender != caller) revert Errors.OracleGuard_NotVault(msg.sender, caller);
        prices = new PackedPrice[](infos.length);
        // One scratch entry for all: memory is cheaper to write again than to allocate.
        Assessment memory scratch;
        for (uint256 i; i < infos.length; ++i) {
            prices[i] = _sync(infos[i], scratch);
        }
    }

    // CURATOR, delayed

    /// @inheritdoc IOracleGuard
    function setOracle(uint8 id, OracleConfig calldata config) external restricted {
        require(registry.adapterOf(id) != address(0), Errors.OracleGuard_UnknownStrategy(id));
        uint8 feedDecimals = _checkConfig(id, config);

        // The curator vouches, after the delay, for the rate of this moment as the new anchor.
        address adapter = registry.adapterOf(id);
        (bool readable, uint256 rate) = _readRate(adapter);
        PackedRates rates = PackedRatesLib.pack(
            config.kind,
            config.maxRateGrowthBps,
            config.slashBudgetBps,
            block.timestamp,
            rate
        );
        Source storage source = _sources[id];
        source.rates = rates;
        source.feed = config.feed;
        source.heartbeat = uint24(config.heartbeat);
        source.feedDecimals = feedDecimals;
        source.margin = uint16(config.margin);
        if (config.feed != address(0)) {
            _storeBounds(id, source, _narrow(config.feed, config.minAnswer, config.maxAnswer));
        }

        Assessment memory first;
        _assess(first, adapter, source, rates);
        Quote memory q = first.quote;
        require(
            readable && q.status != PriceStatus.Frozen,
            Errors.OracleGuard_Unpriceable(id, rate, q.marketWad, q.updatedAt)
        );
        source.sellFactor = uint64(q.sellFactor);
        source.rates = rates.withRecovering(q.status != PriceStatus.Normal);
        delete _recoveries[id];
        ++epoch;
        emit SetOracle(id, config);
    }

    // GUARDIAN, instant

    /// @inheritdoc IOracleGuard
    function disable(uint8 id) external restricted {
        // The last good factor stays: the position is still worth something to whoever reports it.
        Source storage source = _sources[id];
        source.rates = source.rates.closed();
        source.feed = address(0);
        ++epoch;
        OracleConfig memory none;
        emit SetOracle(id, none);
    }

    // INTERNAL

    function _sync(PackedRecord info, Assessment memory a) private returns (PackedPrice) {
        uint8 id = info.id();
        Source storage source = _sources[id];
        PackedRates rates = source.rates;
        if (rates.isRateOnly()) {
            (bool isGood, uint256 found) = _readGoodRate(info.adapter(), rates);
            PriceStatus state = isGood ? PriceStatus.Normal : PriceStatus.Frozen;
            return _remember(id, source, rates, state, isGood, found, WAD, WAD);
        }
        _assess(a, info.adapter(), source, rates);
        Quote memory q = a.quote;
        (uint256 sellFactor, uint256 lastFactor) = (q.sellFactor, source.sellFactor);
        if (q.status == PriceStatus.Closed) return PackedPrices.pack(q.status, sellFactor, lastFactor);
        if (a.renewed) _storeBounds(id, source, a.bounds);
        // A deep discount is a known price: it is remembered, so that a feed that dies afterwards cannot undo it.
        if (sellFactor != lastFactor) source.sellFactor = uint64(sellFactor);
        return _remember(id, source, rates, q.status, a.rateGood, q.rate, sellFactor, lastFactor);
    }

    function _remember(
        uint8 id,
        Source storage source,
        PackedRates rates,
        PriceStatus status,
        bool rateGood,
        uint256 rate,
        uint256 sellFactor,
        uint256 lastFactor
    ) private returns (PackedPrice) {
        bool moved = sellFactor != lastFactor;
        PackedRates next = rates;
        if (rateGood) {
            // Fits: `_readRate` refuses a rate above uint80.
            if (rate != rates.lastRate()) (next, moved) = (rates.withLastRate(rate), true);
            if (block.timestamp - rates.snapshotAt() >= GROWTH_WINDOW) next = next.withSnapshot(block.timestamp, rate);
        }
        if (status != PriceStatus.Normal || rates.recovering()) {
            (next, status) = _recover(id, next, status);
            moved = true;
        }
        if (PackedRates.unwrap(next) != PackedRates.unwrap(rates)) source.rates = next;
        // A sync that changed nothing leaves no event: the vault's Report tells that it happened.
        if (moved) emit SyncRate(id, rate, sellFactor, status);
        return PackedPrices.pack(status, sellFactor, lastFactor);
    }

    /// @dev Counts the way back into the normal band; any other status starts it again.
    function _recover(uint8 id, PackedRates rates, PriceStatus status) private returns (PackedRates, PriceStatus) {
        if (status != PriceStatus.Normal) {
            delete _recoveries[id];
            return (rates.withRecovering(true), status);
        }
        Recovery storage recovery = _recoveries[id];
        if (block.timestamp >= recovery.countedAt + RECOVERY_SPACING) {
            recovery.countedAt = uint40(block.timestamp);
            if (++recovery.normalSyncs >= RECOVERY_SYNCS) return (rates.withRecovering(false), status);
        }
        return (rates, PriceStatus.NoInflow);
    }

    function _quote(uint8 id, address adapter) private view returns (Quote memory current) {
        Source storage source = _sources[id];
        PackedRates rates = source.rates;
        Assessment memory a;
        _assess(a, adapter, source, rates);
        current = a.quote;
        if (current.status == PriceStatus.Normal && rates.recovering()) current.status = PriceStatus.NoInflow;
    }

    /// @dev Writes the price before hysteresis to `a`, every field of it. Never reverts.
    function _assess(Assessment memory a, address adapter, Source storage source, PackedRates rates) private view {
        Quote memory q = a.quote;
        (q.status, q.rate, q.marketWad, q.updatedAt) = (PriceStatus.Closed, 0, 0, 0);
        q.buyFactor = WAD;
        (a.rateGood, a.renewed) = (false, false);
        OracleKind kind = rates.kind();
        bool isRateOnly = rates.isRateOnly();
        q.sellFactor = isRateOnly ? WAD : source.sellFactor;
        if (kind == OracleKind.None) return;

        q.status = PriceStatus.Frozen;
        (a.rateGood, q.rate) = _readGoodRate(adapter, rates);
        if (isRateOnly) {
            if (a.rateGood) q.status = PriceStatus.Normal;
            return;
        }

        bool answered = _readFeed(a, source);
        if (!answered || !a.rateGood) return;
        uint256 redemption = kind == OracleKind.MarketOfToken ? q.rate : WAD;
        if (q.marketWad < redemption) q.sellFactor = Math.mulDiv(q.marketWad, WAD, redemption);
        else q.sellFactor = WAD;
        if (q.marketWad > redemption) q.buyFactor = Math.mulDiv(q.marketWad, WAD, redemption, Math.Rounding.Ceil);
        q.status = _band(q.marketWad, redemption);
    }

    function _band(uint256 market, uint256 redemption) private pure returns (PriceStatus) {
        uint256 distance = (market > redemption ? market - redemption : redemption - market) * BPS;
        if (distance <= redemption * NORMAL_BPS) return PriceStatus.Normal;
        if (distance <= redemption * NO_INFLOW_BPS) return PriceStatus.NoInflow;
        if (distance <= redemption * EXIT_BPS) return PriceStatus.ExitOnly;
        return PriceStatus.Frozen;
    }

    /// @dev The adapter's rate, and whether it is readable and inside what it may have become since it was last good.
    function _readGoodRate(address adapter, PackedRates rates) private view returns (bool isGood, uint256 rate) {
        (isGood, rate) = _readRate(adapter);
        isGood = isGood && _rateInRange(rates, rate);
    }

    function _readRate(address adapter) private view returns (bool readable, uint256 rate) {
        (readable, rate, , ) = BoundedCall.tryRead(adapter, IStrategyAdapter.rate.selector, 1);
        if (!readable || rate == 0 || rate > type(uint80).max) return (false, 0);
    }

    /// @dev Nothing here can overflow: rates have 80 bits, basis points 16 and times 32.
    function _rateInRange(PackedRates rates, uint256 rate) private view returns (bool) {
        unchecked {
            if (rate * BPS < uint256(rates.lastRate()) * (BPS - rates.slashBudgetBps())) return false;
            uint256 base = rates.snapshotRate();
            if (rate <= base) return true;
            uint256 elapsed = Math.max(block.timestamp - rates.snapshotAt(), GROWTH_WINDOW);
            return rate <= base + (base * rates.maxRateGrowthBps() * elapsed) / (YEAR * BPS);
        }
    }

    /// @dev True when the feed's answer is fresh and inside its bounds. Writes price, time and, in a new phase of the
    /// feed, its new bounds to `a`.
    function _readFeed(Assessment memory a, Source storage source) private view returns (bool) {
        (bool ok, bytes memory answer) = BoundedCall.tryStaticCall(
            source.feed,
            abi.encodeCall(AggregatorV3Interface.latestRoundData, ())
        );
        if (!ok || answer.length < 160) return false;
        Quote memory q = a.quote;
        (uint256 low, uint256 high) = (source.minAnswer, source.maxAnswer);
        if (uint16(answer.word(0) >> PHASE_AT) != source.phase) {
            a.renewed = true;
            a.bounds = _narrow(source.feed, low, high);
            (low, high) = (a.bounds.minAnswer, a.bounds.maxAnswer);
        }
        // The answer is an int256: a negative one is above every allowed maximum when read unsigned.
        uint256 price = answer.word(1);
        q.updatedAt = answer.word(3);
        if (price == 0 || price <= low || price >= high) return false;
        // Fits: the price is below uint112 and the factor at most 1e18.
        q.marketWad = price * 10 ** (MAX_DECIMALS - source.feedDecimals);
        if (q.updatedAt == 0 || q.updatedAt > block.timestamp) return false;
        return block.timestamp - q.updatedAt <= uint256(source.heartbeat) + source.margin;
    }

    /// @dev The narrower of the given bounds and of those of the aggregator behind the feed, where it has any: an
    /// aggregator that reached its own bound answers the bound, not the price. A new aggregator with wider bounds does
    /// not widen those in force: only {setOracle} does, which is delayed.
    function _narrow(address feed, uint256 low, uint256 high) private view returns (Bounds memory bounds) {
        (bool isProxy, uint256 target, , ) = BoundedCall.tryRead(feed, IBoundedAggregator.aggregator.selector, 1);
        address source = isProxy && target <= type(uint160).max ? address(uint160(target)) : feed;
        (bool hasPhase, uint256 phase, , ) = BoundedCall.tryRead(feed, IBoundedAggregator.phaseId.selector, 1);
        if (hasPhase) bounds.phase = uint16(phase);
        (bool hasMin, uint256 least, , ) = BoundedCall.tryRead(source, IBoundedAggregator.minAnswer.selector, 1);
        (bool hasMax, uint256 most, , ) = BoundedCall.tryRead(source, IBoundedAggregator.maxAnswer.selector, 1);
        // Both are int192: a negative minimum binds nobody, a negative maximum leaves no answer.
        if (hasMin && int256(least) > 0) low = Math.min(Math.max(low, least), type(uint112).max);
        if (hasMax) high = int256(most) > 0 ? Math.min(high, most) : 0;
        (bounds.minAnswer, bounds.maxAnswer) = (low, high);
    }

    function _storeBounds(uint8 id, Source storage source, Bounds memory bounds) private {
        source.minAnswer = uint112(bounds.minAnswer);
        source.maxAnswer = uint112(bounds.maxAnswer);
        source.phase = uint16(bounds.phase);
        emit SetBounds(id, bounds.minAnswer, bounds.maxAnswer, bounds.phase);
    }

    function _checkConfig(uint8 id, OracleConfig calldata config) private view returns (uint8 feedDecimals) {
        OracleKind kind = config.kind;
        require(kind != OracleKind.None, Errors.OracleGuard_BadConfig(id, 0, uint8(kind)));
        require(config.maxRateGrowthBps != 0, Errors.OracleGuard_BadConfig(id, 4, 0));
        require(config.slashBudgetBps <= BPS, Errors.OracleGuard_BadConfig(id, 5, config.slashBudgetBps));
        uint256 feed = uint160(config.feed);
        if (kind == OracleKind.AssetDenominated || kind == OracleKind.RateOnly) {
            require(feed == 0, Errors.OracleGuard_BadConfig(id, 1, feed));
            return 0;
        }
        require(
            config.heartbeat != 0 && config.heartbeat <= type(uint24).max,
            Errors.OracleGuard_BadConfig(id, 2, config.heartbeat)
        );
        require(config.margin <= type(uint16).max, Errors.OracleGuard_BadConfig(id, 3, config.margin));
        require(config.minAnswer < config.maxAnswer, Errors.OracleGuard_BadConfig(id, 6, config.minAnswer));
        require(config.maxAnswer <= type(uint112).max, Errors.OracleGuard_BadConfig(id, 7, config.maxAnswer));
        (bool ok, bytes memory answer) = BoundedCall.tryStaticCall(
            config.feed,
            abi.encodeCall(AggregatorV3Interface.decimals, ())
        );
        require(ok && answer.length >= 32 && answer.word(0) <= MAX_DECIMALS, Errors.OracleGuard_BadConfig(id, 1, feed));
        feedDecimals = uint8(answer.word(0));
    }
}

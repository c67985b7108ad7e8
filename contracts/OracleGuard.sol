// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {AggregatorV3Interface} from "@chainlink/contracts/src/v0.8/shared/interfaces/AggregatorV3Interface.sol";
import {IOracleGuard} from "./interfaces/IOracleGuard.sol";
import {IStrategyAdapter} from "./interfaces/IStrategyAdapter.sol";
import {IStrategyRegistry} from "./interfaces/IStrategyRegistry.sol";
import {BoundedCall} from "./libraries/BoundedCall.sol";
import {Errors} from "./libraries/Errors.sol";
import {Valuation} from "./libraries/Valuation.sol";
import {OracleConfig, OracleKind, PriceStatus, Quote} from "./types/Strategy.sol";

/// @title OracleGuard
/// @notice See {IOracleGuard}. Two independent witnesses per strategy: the protocol's own rate, held between a growth
/// cap
/// and a slash budget, and a market feed, held by age and bounds. Where they disagree the milder use is refused first.
///
/// Assumptions: adapters and feeds are reviewed before the curator names them; they may still break later.
contract OracleGuard is IOracleGuard, AccessManaged {
    using BoundedCall for bytes;

    /// @dev Three words; the second is read with a market feed only. Ages as uint24 last 194 days and margins as
    /// uint16
    /// 18 hours, times as uint32 until 2106, rates as uint80 up to 1.2 million assets per unit; `setOracle` and the
    /// rate
    /// check refuse what does not fit.
    struct Source {
        OracleKind kind;
        address feed;
        uint24 heartbeat;
        uint16 margin;
        uint16 maxRateGrowthBps;
        uint16 slashBudgetBps;
        uint8 feedDecimals;
        bool recovering;
        uint120 minAnswer;
        uint120 maxAnswer;
        uint80 lastRate;
        uint80 snapshotRate;
        uint64 sellFactor;
        uint32 snapshotAt;
    }

    /// @dev Read only while a strategy recovers, so that the normal path does not pay for it.
    struct Recovery {
        uint40 countedAt;
        uint8 normalSyncs;
    }

    /// @dev `rateGood` and `marketGood` tell a broken witness from one that reports a bad price.
    struct Assessment {
        Quote quote;
        bool rateGood;
        bool marketGood;
    }

    // CONSTANTS

    uint256 private constant WAD = 1e18;
    uint256 private constant BPS = 10_000;
    uint256 private constant YEAR = 365 days;
    uint256 private constant MAX_DECIMALS = 18;
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
        if (source.kind == OracleKind.None) return config;
        config.kind = source.kind;
        config.feed = source.feed;
        config.heartbeat = source.heartbeat;
        config.margin = source.margin;
        config.maxRateGrowthBps = source.maxRateGrowthBps;
        config.slashBudgetBps = source.slashBudgetBps;
        config.minAnswer = source.minAnswer;
        config.maxAnswer = source.maxAnswer;
    }

    /// @inheritdoc IOracleGuard
    function quote(uint8 id) public view returns (Quote memory) {
        Source storage source = _sources[id];
        Quote memory current = _assess(registry.adapterOf(id), source).quote;
        if (current.status == PriceStatus.Normal && source.recovering) current.status = PriceStatus.NoInflow;
        return current;
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
    function sync(
        uint8 id,
        address adapter
    ) external returns (PriceStatus status, uint256 sellFactor, uint256 lastFactor) {
        require(msg.sender == vault, Errors.OracleGuard_NotVault(msg.sender, vault));
        Source storage source = _sources[id];
        lastFactor = source.sellFactor;
        Assessment memory assessment = _assess(adapter, source);
        Quote memory current = assessment.quote;
        sellFactor = current.sellFactor;
        if (current.status == PriceStatus.Closed) return (PriceStatus.Closed, sellFactor, lastFactor);
        bool moved;
        if (assessment.rateGood) moved = _rememberRate(source, current.rate);
        // A deep discount is a known price: it is remembered, so that a feed that dies afterwards cannot undo it.
        if (assessment.marketGood && sellFactor != lastFactor) {
            source.sellFactor = uint64(sellFactor);
            moved = true;
        }
        status = current.status;
        if (status != PriceStatus.Normal || source.recovering) {
            status = _recover(id, source, status);
            moved = true;
        }
        // A sync that changed nothing leaves no event: the vault's Report tells that it happened.
        if (moved) emit SyncRate(id, current.rate, sellFactor, status);
    }

    // CURATOR, delayed

    /// @inheritdoc IOracleGuard
    function setOracle(uint8 id, OracleConfig calldata config) external restricted {
        require(registry.adapterOf(id) != address(0), Errors.OracleGuard_UnknownStrategy(id));
        uint8 feedDecimals = _checkConfig(id, config);

        Source storage source = _sources[id];
        source.kind = config.kind;
        source.feed = config.feed;
        source.heartbeat = uint24(config.heartbeat);
        source.margin = uint16(config.margin);
        source.maxRateGrowthBps = config.maxRateGrowthBps;
        source.slashBudgetBps = config.slashBudgetBps;
        source.minAnswer = uint120(config.minAnswer);
        source.maxAnswer = uint120(config.maxAnswer);
        source.feedDecimals = feedDecimals;
        // The curator vouches, after the delay, for the rate of this moment as the new anchor.
        address adapter = registry.adapterOf(id);
        (bool readable, uint256 rate) = _readRate(adapter);
        source.lastRate = uint80(rate);
        source.snapshotRate = uint80(rate);
        source.snapshotAt = uint32(block.timestamp);

        Quote memory first = _assess(adapter, source).quote;
        require(
            readable && first.status != PriceStatus.Frozen,
            Errors.OracleGuard_Unpriceable(id, rate, first.marketWad, first.updatedAt)
        );
        source.sellFactor = uint64(first.sellFactor);
        source.recovering = first.status != PriceStatus.Normal;
        delete _recoveries[id];
        ++epoch;
        emit SetOracle(id, config);
    }

    // GUARDIAN, instant

    /// @inheritdoc IOracleGuard
    function disable(uint8 id) external restricted {
        // The last good factor stays: the position is still worth something to whoever reports it.
        Source storage source = _sources[id];
        source.kind = OracleKind.None;
        source.feed = address(0);
        ++epoch;
        OracleConfig memory none;
        emit SetOracle(id, none);
    }

    // INTERNAL

    /// @dev Counts the way back into the normal band; any other status starts it again.
    function _recover(uint8 id, Source storage source, PriceStatus status) private returns (PriceStatus) {
        if (status != PriceStatus.Normal) {
            source.recovering = true;
            delete _recoveries[id];
            return status;
        }
        if (!source.recovering) return status;
        Recovery storage recovery = _recoveries[id];
        if (block.timestamp >= recovery.countedAt + RECOVERY_SPACING) {
            recovery.countedAt = uint40(block.timestamp);
            if (++recovery.normalSyncs >= RECOVERY_SYNCS) {
                source.recovering = false;
                return PriceStatus.Normal;
            }
        }
        return PriceStatus.NoInflow;
    }

    /// @dev The price before hysteresis. Never reverts.
    function _assess(address adapter, Source storage source) private view returns (Assessment memory a) {
        Quote memory q = a.quote;
        q.sellFactor = source.sellFactor;
        q.buyFactor = WAD;
        OracleKind kind = source.kind;
        if (kind == OracleKind.None) return a;

        q.status = PriceStatus.Frozen;
        bool readable;
        (readable, q.rate) = _readRate(adapter);
        a.rateGood = readable && _rateInRange(source, q.rate);
        if (kind == OracleKind.AssetDenominated || kind == OracleKind.RateOnly) {
            if (!a.rateGood) return a;
            q.sellFactor = WAD;
            q.status = PriceStatus.Normal;
            a.marketGood = true;
            return a;
        }

        bool answered;
        (answered, q.marketWad, q.updatedAt) = _readFeed(source);
        if (!answered || !a.rateGood) return a;
        a.marketGood = true;
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

    /// @dev Writes only what changed; true when anything did.
    function _rememberRate(Source storage source, uint256 rate) private returns (bool moved) {
        // Fits: `_readRate` refuses a rate above uint80.
        if (rate != source.lastRate) {
            source.lastRate = uint80(rate);
            moved = true;
        }
        if (block.timestamp - source.snapshotAt >= GROWTH_WINDOW) {
            source.snapshotRate = uint80(rate);
            source.snapshotAt = uint32(block.timestamp);
        }
    }

    function _readRate(address adapter) private view returns (bool readable, uint256 rate) {
        (readable, rate, , ) = BoundedCall.tryRead(adapter, IStrategyAdapter.rate.selector, 1);
        if (!readable || rate == 0 || rate > type(uint80).max) return (false, 0);
    }

    function _rateInRange(Source storage source, uint256 rate) private view returns (bool) {
        if (rate * BPS < uint256(source.lastRate) * (BPS - source.slashBudgetBps)) return false;
        uint256 elapsed = Math.max(block.timestamp - source.snapshotAt, GROWTH_WINDOW);
        uint256 highest =
            source.snapshotRate +
                Math.mulDiv(uint256(source.snapshotRate) * source.maxRateGrowthBps, elapsed, YEAR * BPS);
        return rate <= highest;
    }

    function _readFeed(Source storage source) private view returns (bool ok, uint256 marketWad, uint256 updatedAt) {
        bytes memory answer;
        (ok, answer) = BoundedCall.tryStaticCall(
            source.feed,
            abi.encodeCall(AggregatorV3Interface.latestRoundData, ())
        );
        if (!ok || answer.length < 160) return (false, 0, 0);
        // The answer is an int256: a negative one is above every allowed maximum when read unsigned.
        uint256 price = answer.word(1);
        updatedAt = answer.word(3);
        if (price == 0 || price <= source.minAnswer || price >= source.maxAnswer) return (false, 0, updatedAt);
        // Fits: the price is below uint120 and the factor at most 1e18.
        marketWad = price * 10 ** (MAX_DECIMALS - source.feedDecimals);
        if (updatedAt == 0 || updatedAt > block.timestamp) return (false, marketWad, updatedAt);
        ok = block.timestamp - updatedAt <= uint256(source.heartbeat) + source.margin;
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
        require(config.maxAnswer <= type(uint120).max, Errors.OracleGuard_BadConfig(id, 7, config.maxAnswer));
        (bool ok, bytes memory answer) = BoundedCall.tryStaticCall(
            config.feed,
            abi.encodeCall(AggregatorV3Interface.decimals, ())
        );
        require(ok && answer.length >= 32 && answer.word(0) <= MAX_DECIMALS, Errors.OracleGuard_BadConfig(id, 1, feed));
        feedDecimals = uint8(answer.word(0));
    }
}

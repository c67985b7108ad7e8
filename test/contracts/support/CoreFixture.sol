// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {MockV3Aggregator} from "@chainlink/contracts/src/v0.8/shared/mocks/MockV3Aggregator.sol";
import {LiquidityVault} from "../../../contracts/LiquidityVault.sol";
import {OracleGuard} from "../../../contracts/OracleGuard.sol";
import {StrategyRegistry} from "../../../contracts/StrategyRegistry.sol";
import {VaultSettings} from "../../../contracts/vault/VaultBooks.sol";
import {Leg, LegKind} from "../../../contracts/types/Proposal.sol";
import {OracleConfig, OracleKind, StrategyLimits} from "../../../contracts/types/Strategy.sol";
import {RebalanceResult} from "../../../contracts/interfaces/ILiquidityVault.sol";
import {AdapterDouble} from "../../doubles/AdapterDouble.sol";
import {WethDouble} from "../../doubles/WethDouble.sol";
import {Checks} from "./Vm.sol";

/// @notice The core with four strategies. The test contract is the AccessManager's admin and the vault's proposal module:
/// roles and signatures have their own tests.
///
/// Strategy 1 and 2: claims on the asset, risk id 0 and {0, 1}. Strategy 3: a token with a market feed, risk id 1.
/// Strategy 4: a rebasing token with a market feed, risk id 2.
abstract contract CoreFixture is Checks {
    uint256 internal constant ETH = 1e18;
    uint256 internal constant START = 1_800_000_000;
    address internal constant ALICE = address(0xA11CE);
    address internal constant BOB = address(0xB0B);

    AccessManager internal manager;
    WethDouble internal weth;
    StrategyRegistry internal registry;
    OracleGuard internal guard;
    LiquidityVault internal vault;
    AdapterDouble[5] internal adapters;
    MockV3Aggregator internal tokenFeed;
    MockV3Aggregator internal rebasingFeed;

    function setUp() public virtual {
        vm.warp(START);
        vm.roll(1000);
        manager = new AccessManager(address(this));
        weth = new WethDouble();
        registry = new StrategyRegistry(address(manager));
        guard = new OracleGuard(address(manager), address(registry));
        vault = new LiquidityVault(
            address(weth),
            "Amplified ETH",
            "aETH",
            address(manager),
            address(registry),
            address(guard),
            VaultSettings({bufferBps: 500, unlockSeconds: 5 days, minReportInterval: 1 hours, maxNavAge: 1 days})
        );
        registry.bindVault(address(vault));
        guard.bindVault(address(vault));
        vault.bindProposalModule(moduleToBind());
        tokenFeed = new MockV3Aggregator(18, 1.05e18);
        rebasingFeed = new MockV3Aggregator(8, 1e8);

        uint32[5] memory risks = [uint32(0), 1, 3, 2, 4];
        for (uint8 id = 1; id <= 4; ++id) {
            adapters[id] = new AdapterDouble(address(vault), address(weth));
            registry.registerStrategy(address(adapters[id]), risks[id]);
            registry.setLimits(id, limits(1_000 ether, 1_000 ether, 5_000, 50));
        }
        for (uint8 riskId; riskId < 3; ++riskId) {
            registry.setRiskCap(riskId, 2_000 ether, 8_000);
        }
        adapters[3].setRate(1.05e18);
        guard.setOracle(1, rateConfig(OracleKind.AssetDenominated));
        guard.setOracle(2, rateConfig(OracleKind.RateOnly));
        guard.setOracle(3, feedConfig(OracleKind.MarketOfToken, address(tokenFeed), 0.5e18, 2e18));
        guard.setOracle(4, feedConfig(OracleKind.MarketOfUnderlying, address(rebasingFeed), 0.5e8, 2e8));
    }

    /// @dev The test contract plays the proposal module unless a suite brings the genuine one.
    function moduleToBind() internal virtual returns (address) {
        return address(this);
    }

    // BUILDERS

    function limits(
        uint128 absolute,
        uint128 inflow,
        uint16 relative,
        uint16 trip
    ) internal pure returns (StrategyLimits memory) {
        return StrategyLimits(absolute, inflow, relative, trip);
    }

    function rateConfig(OracleKind kind) internal pure returns (OracleConfig memory config) {
        config.kind = kind;
        config.maxRateGrowthBps = 2_000;
        config.slashBudgetBps = 500;
    }

    function feedConfig(
        OracleKind kind,
        address feed,
        uint128 low,
        uint128 high
    ) internal pure returns (OracleConfig memory config) {
        config = rateConfig(kind);
        config.feed = feed;
        config.heartbeat = 24 hours;
        config.margin = 1 hours;
        config.minAnswer = low;
        config.maxAnswer = high;
    }

    function one(Leg memory leg) internal pure returns (Leg[] memory legs) {
        legs = new Leg[](1);
        legs[0] = leg;
    }

    function allocateLeg(uint8 id, uint256 amount) internal pure returns (Leg memory) {
        return Leg(id, LegKind.Allocate, uint128(amount), 0, 0, 0);
    }

    function exitLeg(uint8 id, uint256 amount) internal pure returns (Leg memory) {
        return Leg(id, LegKind.Deallocate, uint128(amount), 0, 0, 0);
    }

    function requestLeg(uint8 id, uint256 amount) internal pure returns (Leg memory) {
        return Leg(id, LegKind.RequestExit, uint128(amount), 0, 0, 0);
    }

    function idList(uint8 id) internal pure returns (uint8[] memory ids) {
        ids = new uint8[](1);
        ids[0] = id;
    }

    function idList(uint8 first, uint8 second) internal pure returns (uint8[] memory ids) {
        ids = new uint8[](2);
        (ids[0], ids[1]) = (first, second);
    }

    // ACTS

    function deposit(address from, uint256 assets) internal returns (uint256 shares) {
        vm.deal(from, assets);
        vm.startPrank(from);
        weth.deposit{value: assets}();
        weth.approve(address(vault), assets);
        shares = vault.deposit(assets, from);
        vm.stopPrank();
    }

    /// @dev Runs legs with the present NAV as reference and a wide tolerance.
    function run(Leg[] memory legs) internal returns (RebalanceResult memory) {
        return vault.rebalance(legs, vault.nav(), 10_000);
    }

    function allocate(uint8 id, uint256 amount) internal returns (RebalanceResult memory) {
        return run(one(allocateLeg(id, amount)));
    }

    function nextBlock() internal {
        vm.roll(block.number + 1);
    }

    /// @dev Moves time; feeds keep answering what they answered.
    function pass(uint256 duration) internal {
        nextBlock();
        vm.warp(block.timestamp + duration);
        tokenFeed.updateAnswer(tokenFeed.latestAnswer());
        rebasingFeed.updateAnswer(rebasingFeed.latestAnswer());
    }

    /// @dev Yield arrives: the adapter holds the assets and says so.
    function earn(uint8 id, uint256 assets) internal {
        vm.deal(address(this), assets);
        weth.deposit{value: assets}();
        weth.transfer(address(adapters[id]), assets);
        AdapterDouble adapter = adapters[id];
        adapter.setPosition(adapter.liquid() + assets, adapter.pending(), adapter.claimable());
    }

    function lose(uint8 id, uint256 assets) internal {
        AdapterDouble adapter = adapters[id];
        adapter.setPosition(adapter.liquid() - assets, adapter.pending(), adapter.claimable());
    }

    /// @dev What must hold at any moment between transactions.
    function checkBooks() internal view {
        uint256 sum;
        uint256[3] memory byRisk;
        uint32[5] memory risks = [uint32(0), 1, 3, 2, 4];
        for (uint8 id = 1; id <= 4; ++id) {
            uint256 debt = vault.debtOf(id);
            sum += debt;
            for (uint8 r; r < 3; ++r) {
                if (risks[id] & (uint32(1) << r) != 0) byRisk[r] += debt;
            }
        }
        eq(vault.totalDebt(), sum, "total debt");
        for (uint8 r; r < 3; ++r) {
            eq(vault.riskDebt(r), byRisk[r], "risk debt");
        }
        (uint256 gross, uint256 owed) = (vault.idle() + sum, vault.queueLiabilities());
        eq(vault.nav(), gross > owed ? gross - owed : 0, "nav");
        atMost(vault.idle(), weth.balanceOf(address(vault)), "idle is held");
        atMost(vault.totalAssets(), vault.nav(), "total assets");
    }
}

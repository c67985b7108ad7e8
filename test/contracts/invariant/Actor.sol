// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {LiquidityVault} from "../../../contracts/LiquidityVault.sol";
import {ILiquidityVault} from "../../../contracts/interfaces/ILiquidityVault.sol";
import {IStrategyAdapter} from "../../../contracts/interfaces/IStrategyAdapter.sol";
import {OracleConfig, OracleKind, StrategyLimits, StrategyState} from "../../../contracts/types/Strategy.sol";
import {AdapterDouble} from "../../doubles/AdapterDouble.sol";
import {Core} from "../support/ProofFixture.sol";
import {Checks} from "../support/Vm.sol";

/// @notice Cheatcodes for reading events.
interface VmLogs {
    struct Log {
        bytes32[] topics;
        bytes data;
        address emitter;
    }

    function recordLogs() external;
    function getRecordedLogs() external returns (Log[] memory);
}

/// @notice What handlers know of the past that the chain does not store.
contract Ledger {
    /// @notice WETH that someone sent to the vault outside its functions.
    uint256 public donated;
    /// @notice Acts that went through, by name: a campaign in which nothing happens proves nothing.
    mapping(bytes32 act => uint256) public done;
    /// @notice Handlers that may write here.
    mapping(address => bool) public isHandler;
    address private immutable _deployer = msg.sender;

    error Ledger_NotHandler(address caller);

    function admit(address handler) external {
        require(msg.sender == _deployer, Ledger_NotHandler(msg.sender));
        isHandler[handler] = true;
    }

    function donate(uint256 assets) external {
        require(isHandler[msg.sender], Ledger_NotHandler(msg.sender));
        donated += assets;
    }

    function note(bytes32 act) external {
        require(isHandler[msg.sender], Ledger_NotHandler(msg.sender));
        ++done[act];
    }
}

/// @notice Common to all handlers. A handler checks what its own act may change and reverts with the invariant's number;
/// campaigns run with `failOnRevert`, so an unexpected revert of an act is a failure too.
abstract contract Actor is Checks {
    VmLogs internal constant vmLogs = VmLogs(address(uint160(uint256(keccak256("hevm cheat code")))));
    address internal constant CURATOR = address(0xC0);
    address internal constant GUARDIAN = address(0x6A);
    address internal constant KEEPER = address(0xBE);
    address internal constant DONOR = address(0xD0);
    uint8 internal constant GENUINE = 5;
    uint8 internal constant RANGE = 6;
    uint256 internal constant ACTORS = 3;
    uint256 internal constant VIRTUAL_SHARES = 1e6;

    struct Before {
        uint256 idle;
        uint256 nav;
        uint256 gross;
        uint256 assets;
        uint256 supply;
        uint256 locked;
        uint256 balance;
        uint256 time;
        uint256 owed;
        uint256 setAside;
    }

    Core internal core;
    Ledger internal ledger;
    LiquidityVault internal vault;

    constructor(Core memory core_, Ledger ledger_) {
        core = core_;
        ledger = ledger_;
        vault = core_.vault;
    }

    /// @dev Fuzzed numbers are often small: the decisions that are drawn from high bits of one would always be the same.
    function mixed(uint256 seed) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed)));
    }

    function actor(uint256 seed) internal pure returns (address) {
        return address(uint160(0xA11CE000 + (seed % ACTORS)));
    }

    function strategyId(uint256 seed) internal view returns (uint8) {
        return uint8(1 + (seed % core.registry.count()));
    }

    function allIds() internal view returns (uint8[] memory ids) {
        ids = new uint8[](core.registry.count());
        for (uint8 i; i < ids.length; ++i) ids[i] = i + 1;
    }

    function adapterOf(uint8 id) internal view returns (IStrategyAdapter) {
        return IStrategyAdapter(core.registry.adapterOf(id));
    }

    /// @dev Every strategy but the genuine adapter's is a double.
    function doubleOf(uint8 id) internal view returns (AdapterDouble) {
        return id == RANGE ? AdapterDouble(address(core.range)) : core.adapters[id];
    }

    function doubleId(uint256 seed) internal pure returns (uint8 id) {
        id = uint8(1 + (seed % 5));
        if (id == GENUINE) id = RANGE;
    }

    /// @dev The other venue is whole again; losses stay.
    function heal(uint8 id) internal {
        if (id == GENUINE) {
            core.venue.setHalted(false);
            return;
        }
        AdapterDouble adapter = doubleOf(id);
        adapter.setMovesRevert(false);
        adapter.setRateReverts(false);
        adapter.setReading(AdapterDouble.Reading.Honest);
    }

    /// @dev False when a venue of the withdrawal order would pay less than was asked of it, without refusing.
    function venuesKeepTheirWord() internal view returns (bool) {
        uint8[] memory order = vault.withdrawalOrder();
        for (uint256 i; i < order.length; ++i) {
            // The genuine adapter reads its limit from the venue, and a halted one says zero.
            if (order[i] == GENUINE) continue;
            AdapterDouble adapter = doubleOf(order[i]);
            // A broken reading does not matter here: it makes the limit zero, and nothing is asked.
            bool isFunded = core.weth.balanceOf(address(adapter)) >= adapter.liquid();
            if (adapter.movesRevert() || !isFunded || adapter.payBps() < 10_000) return false;
        }
        return true;
    }

    function healEverything() internal {
        for (uint8 id = 1; id <= core.registry.count(); ++id) heal(id);
        core.tokenFeed.updateAnswer(1.05e18);
        core.rebasingFeed.updateAnswer(1e8);
    }

    /// @dev What the curator does after an incident: unpauses, reactivates, sets limits and price sources anew.
    function reopenEverything(uint128 limit, uint16 relative, uint16 riskRelative) internal {
        vm.startPrank(CURATOR);
        vault.unpauseDeposits();
        vault.unfreeze();
        core.module.unpause();
        for (uint8 risk; risk < 3; ++risk) core.registry.setRiskCap(risk, 2 * limit, riskRelative);
        for (uint8 id = 1; id <= core.registry.count(); ++id) {
            StrategyState state = core.registry.strategy(id).state;
            if (state == StrategyState.ReduceOnly || state == StrategyState.Frozen) core.registry.reactivate(id);
            core.registry.setLimits(id, StrategyLimits(limit, limit, relative, 50));
            // A source that cannot be read now cannot be set; that is the guard's rule, not a failure.
            quiet(address(core.guard), abi.encodeCall(core.guard.setOracle, (id, oracleOf(id))));
        }
        vm.stopPrank();
    }

    function oracleOf(uint8 id) internal view returns (OracleConfig memory config) {
        config.maxRateGrowthBps = 2_000;
        config.slashBudgetBps = 500;
        config.kind = OracleKind.AssetDenominated;
        if (id == 2) config.kind = OracleKind.RateOnly;
        if (id != 3 && id != 4 && id != RANGE) return config;
        config.heartbeat = 24 hours;
        config.margin = 1 hours;
        config.kind = id == 3 ? OracleKind.MarketOfToken : OracleKind.MarketOfUnderlying;
        config.feed = id == 3 ? address(core.tokenFeed) : address(core.rebasingFeed);
        config.minAnswer = id == 3 ? 0.5e18 : 0.5e8;
        config.maxAnswer = id == 3 ? 2e18 : 2e8;
    }

    /// @dev What reports found while logs were recorded.
    function reported(VmLogs.Log[] memory logs) internal pure returns (uint256 gain, uint256 loss) {
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].topics[0] != ILiquidityVault.Report.selector) continue;
            (, , uint256 more, uint256 less) = abi.decode(logs[i].data, (uint256, uint256, uint256, uint256));
            gain += more;
            loss += less;
        }
    }

    function look() internal view returns (Before memory b) {
        b.idle = vault.idle();
        b.nav = vault.nav();
        b.gross = gross();
        b.assets = vault.totalAssets();
        b.supply = vault.totalSupply();
        b.locked = vault.lockedProfit();
        b.balance = core.weth.balanceOf(address(vault));
        b.time = block.timestamp;
        b.owed = vault.queueLiabilities();
        b.setAside = setAside();
    }

    /// @dev All there is. The NAV ends at zero, where the queue is owed more than that.
    function gross() internal view returns (uint256) {
        return vault.idle() + vault.totalDebt();
    }

    /// @dev Cash that belongs to holders of in-kind units.
    function setAside() internal view returns (uint256 sum) {
        uint8 count = core.registry.count();
        for (uint8 id = 1; id <= count; ++id) sum += vault.strategyReport(id).inKindUnpaid;
    }

    /// @dev Idle that no priced request is owed.
    function freeIdle() internal view returns (uint256) {
        (uint256 held, uint256 owed) = (vault.idle(), vault.queueLiabilities());
        return held > owed ? held - owed : 0;
    }

    /// @dev (assets + 1) / (supply + virtual shares), compared exactly by cross-multiplication.
    function priceKept(Before memory b, uint256 allowedLoss) internal view {
        priceKept(b, allowedLoss, 0);
    }

    /// @param feeShares Minted by the act; fees are the other thing that may lower the price, and are bounded by INV-28.
    function priceKept(Before memory b, uint256 allowedLoss, uint256 feeShares) internal view {
        uint256 now_ = (vault.totalAssets() + allowedLoss + 1) * (b.supply + VIRTUAL_SHARES);
        uint256 then = (b.assets + 1) * (vault.totalSupply() - feeShares + VIRTUAL_SHARES);
        atMost(then, now_, "INV-07 the share price fell without a loss that explains it");
    }

    /// @dev Nothing a depositor, a donor or a role holder does to the books may move them.
    function booksKept(Before memory b, string memory what) internal view {
        eq(vault.idle(), b.idle, what);
        eq(vault.nav(), b.nav, what);
        eq(vault.totalAssets(), b.assets, what);
        eq(vault.totalSupply(), b.supply, what);
        eq(vault.lockedProfit(), b.locked, what);
    }

    /// @dev Between reports what is locked only shrinks.
    function lockNotRaised(Before memory b) internal view {
        atMost(vault.lockedProfit(), b.locked, "INV-14 locked profit rose without a report");
    }

    function fund(address who, uint256 assets) internal {
        vm.deal(who, assets);
        vm.startPrank(who);
        core.weth.deposit{value: assets}();
        core.weth.approve(address(vault), type(uint256).max);
        vm.stopPrank();
    }

    function moveBlock(uint256 duration) internal {
        vm.roll(block.number + 1);
        vm.warp(block.timestamp + duration);
    }

    function refreshFeeds() internal {
        core.tokenFeed.updateAnswer(core.tokenFeed.latestAnswer());
        core.rebasingFeed.updateAnswer(core.rebasingFeed.latestAnswer());
    }

    function quiet(address target, bytes memory data) internal returns (bool ok) {
        (ok, ) = target.call(data);
    }
}

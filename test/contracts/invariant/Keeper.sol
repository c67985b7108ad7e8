// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ILiquidityVault} from "../../../contracts/interfaces/ILiquidityVault.sol";
import {IOracleGuard} from "../../../contracts/interfaces/IOracleGuard.sol";
import {IProposalModule} from "../../../contracts/interfaces/IProposalModule.sol";
import {IStrategyRegistry} from "../../../contracts/interfaces/IStrategyRegistry.sol";
import {LinearDecay} from "../../../contracts/libraries/LinearDecay.sol";
import {Leg, LegKind, Proposal, ProposalState} from "../../../contracts/types/Proposal.sol";
import {PriceStatus, StrategyInfo, StrategyState} from "../../../contracts/types/Strategy.sol";
import {Core} from "../support/ProofFixture.sol";
import {Ledger, VmLogs} from "./Actor.sol";
import {Proposer} from "./Proposer.sol";

/// @notice The keeper proposes, the owners sign or do not, anyone executes, now or later, once or again. The handler keeps its
/// own account of which proposals may run, what flowed in and what was lost, and compares after each execution.
contract Keeper is Proposer {
    struct Known {
        bytes32 id;
        bytes encoded;
    }

    struct Event_ {
        uint256 at;
        uint256 amount;
    }

    /// @dev What was true before an execution and can no longer be read after it.
    struct Expectation {
        bool eligible;
        uint256 epoch;
        uint256 supply;
        uint256 window;
        StrategyState[33] states;
        PriceStatus[33] prices;
        uint256[33] adapterAllowance;
    }

    Known[] public known;
    uint256 public lastExecution;
    mapping(bytes32 id => bool) public isOver;
    mapping(uint256 nonce => bool) public isSpent;
    mapping(uint8 id => Event_[]) private _inflows;
    Event_[] private _losses;
    uint256 private _nonce;

    constructor(Core memory core_, Ledger ledger_) Proposer(core_, ledger_) {}

    // ACTS

    /// @notice Draws legs, proposes, mostly signs, and mostly executes at once.
    function rebalance(uint256 seed, uint256 amount, bool sign, bool byApproval, bool later) public {
        (seed, amount) = (mixed(seed), mixed(amount));
        if (seed % 4 != 0) _comeToWork(seed);
        Proposal memory proposal = _draw(seed, amount);
        if (proposal.legs.length == 0) return;
        bytes32 id = propose(proposal);
        known.push(Known(id, abi.encode(proposal)));
        ledger.note("propose");
        if (sign || seed % 4 != 0) {
            signed(id, byApproval);
        }
        if (!later || seed % 3 != 0) _execute(proposal, id);
    }

    /// @notice A day of the keeper's: each proposal after the cooldown of the last, so that budgets and the loss window fill.
    function day(uint256 seed, uint256 amount) external {
        (seed, amount) = (mixed(seed) >> 8, mixed(amount) >> 8);
        for (uint256 i; i < 4; ++i) rebalance(seed + i, amount + i, true, i % 2 == 0, false);
    }

    /// @notice Tries any proposal ever made: spent, cancelled, expired, unsigned and old ones among them.
    function executeKnown(uint256 which) external {
        if (known.length == 0) return;
        // Half of the time one of the last few: the older ones are all out of time.
        uint256 among = which % 2 == 0 && known.length > 4 ? 4 : known.length;
        Known storage chosen = known[known.length - 1 - (mixed(which) % among)];
        moveBlock(12);
        _execute(abi.decode(chosen.encoded, (Proposal)), chosen.id);
    }

    /// @notice The owners change their mind.
    function unsign(uint256 which) external {
        if (known.length == 0) return;
        core.approver.sign(known[which % known.length].id, false);
    }

    /// @notice A proposal whose struct was altered after it was signed is another proposal.
    function executeForged(uint256 which, uint128 amount) external {
        if (known.length == 0) return;
        Known storage chosen = known[which % known.length];
        Proposal memory proposal = abi.decode(chosen.encoded, (Proposal));
        if (proposal.legs[0].amount == amount) return;
        proposal.legs[0].amount = amount;
        bool done = quiet(address(core.module), abi.encodeCall(IProposalModule.execute, (proposal, "")));
        ok(!done, "INV-11 a forged proposal ran");
    }

    /// @notice The guardian kills a proposal, made or not: always possible while it is alive.
    function cancel(uint256 which) external {
        if (known.length == 0) return;
        Known storage chosen = known[which % known.length];
        Proposal memory proposal = abi.decode(chosen.encoded, (Proposal));
        if (core.module.stateOf(chosen.id) != ProposalState.Proposed) return;
        Before memory b = look();
        vm.prank(GUARDIAN);
        core.module.cancel(proposal);
        isOver[chosen.id] = true;
        isSpent[proposal.nonce] = true;
        booksKept(b, "INV-12 a cancellation moved the books");
        ledger.note("cancel");
    }

    /// @dev Mostly after the cooldown, with feeds that answer, and often after the curator has reopened what stood still.
    function _comeToWork(uint256 seed) private {
        uint256 next = core.module.nextExecutionAt();
        moveBlock(block.timestamp < next ? next - block.timestamp : 12);
        if ((seed >> 96) % 3 != 0) healEverything();
        if ((seed >> 104) % 2 == 0) reopenEverything(1_000 ether, 5_000, 8_000);
        refreshFeeds();
    }

    // DRAWING

    /// @dev Exits, a move of the range, allocations; any of them may be missing.
    function _draw(uint256 seed, uint256 amount) private returns (Proposal memory proposal) {
        Leg[] memory buffer = new Leg[](4);
        uint256 count;
        uint8 exit = uint8(seed % (core.registry.count() + 1));
        // Async exits exist at the doubles only.
        LegKind kind = exit != GENUINE && (seed >> 8) % 3 == 0 ? LegKind.RequestExit : LegKind.Deallocate;
        if (exit != 0 && _exitable(exit) != 0) {
            uint256 most = _exitable(exit);
            uint256 part = bound(amount, 1, most);
            if ((seed >> 10) % 4 == 0) part = most;
            buffer[count++] = Leg(exit, kind, uint128(part), 0, 0, 0);
        }
        if ((seed >> 12) % 3 == 0) buffer[count++] = _move(amount);
        uint8 first = uint8(1 + ((seed >> 16) % core.registry.count()));
        uint256 idle = vault.idle();
        if ((seed >> 24) % 4 != 0 && idle > 1 ether) {
            uint256 part = bound(amount >> 64, 1, idle / 2);
            buffer[count++] = Leg(first, LegKind.Allocate, uint128(part), 0, 0, 0);
            if (first < core.registry.count() && (seed >> 32) % 3 == 0) {
                uint128 second = (seed >> 40) % 2 == 0 ? type(uint128).max : uint128(bound(amount >> 128, 1, idle / 2));
                buffer[count++] = Leg(first + 1, LegKind.Allocate, second, 0, 0, 0);
            }
        }
        proposal.legs = new Leg[](count);
        for (uint256 i; i < count; ++i) proposal.legs[i] = buffer[i];
        // Now and then a nonce that another proposal carries too.
        proposal.nonce = (seed >> 48) % 8 == 0 ? _nonce : ++_nonce;
        if (core.module.isNonceUsed(proposal.nonce)) proposal.nonce = ++_nonce;
        fill(proposal);
        if ((seed >> 56) % 4 == 0) proposal.notBefore += 20 minutes;
        proposal.evidence = keccak256(abi.encode(seed, amount, known.length));
    }

    /// @dev A new range, half of the time with a minimum of 99.5 % of the debt, which costly moves do not keep.
    function _move(uint256 amount) private view returns (Leg memory leg) {
        uint256 debt = vault.debtOf(RANGE);
        uint256 least = amount % 2 == 0 ? (debt * 995) / 1_000 : 0;
        int24 lower = int24(int256((amount >> 8) % 1_000)) * 10 - 5_000;
        leg = Leg(
            RANGE,
            LegKind.Reposition,
            0,
            uint128(least),
            lower,
            lower + 10 + int24(int256((amount >> 24) % 100)) * 10
        );
    }

    function _exitable(uint8 id) private view returns (uint256) {
        return id == GENUINE ? core.genuine.maxDeallocate() : doubleOf(id).liquid();
    }

    // EXECUTING

    function _execute(Proposal memory proposal, bytes32 id) private {
        Before memory b = look();
        Expectation memory e = _expect(proposal, id);
        vmLogs.recordLogs();
        bool done = quiet(address(core.module), abi.encodeCall(IProposalModule.execute, (proposal, "")));
        VmLogs.Log[] memory logs = vmLogs.getRecordedLogs();
        if (!done) {
            booksKept(b, "INV-11 a refused execution moved the books");
            return;
        }
        ok(e.eligible, "INV-11 a proposal ran that may not run");
        ok(!isOver[id] && !isSpent[proposal.nonce], "INV-11 a proposal ran twice");
        isOver[id] = true;
        isSpent[proposal.nonce] = true;
        eq(vault.totalSupply(), b.supply, "INV-18 an execution changed the supply");
        (uint256 gain, uint256 reportLoss) = reported(logs);
        uint256 executionLoss = _lossOf(logs);
        priceKept(b, reportLoss + executionLoss);
        bool isAborted = core.module.stateOf(id) == ProposalState.Aborted;
        ok(isAborted || !_tripped(logs), "INV-21 an execution ran on after a strategy had tripped");
        if (isAborted) {
            eq(vault.idle(), b.idle, "INV-21 an aborted execution moved assets");
            eq(core.weth.balanceOf(address(vault)), b.balance, "INV-21 an aborted execution moved WETH");
            ledger.note("abort");
            return;
        }
        lastExecution = block.timestamp;
        _afterLoss(executionLoss, proposal);
        for (uint256 i; i < proposal.legs.length; ++i) _afterLeg(proposal.legs[i], e, logs);
        _afterLimits(proposal.legs);
        _afterMove(proposal.legs, b, gain, reportLoss, executionLoss, logs);
        _blockIsClosed();
        ledger.note("execute");
    }

    function _expect(Proposal memory proposal, bytes32 id) private view returns (Expectation memory e) {
        bool signed = core.approver.isSigned(id) || core.module.isApproved(id);
        bool inTime = block.timestamp >= proposal.notBefore && block.timestamp <= proposal.deadline;
        bool cooled = lastExecution == 0 || block.timestamp >= lastExecution + core.module.policy().cooldown;
        e.epoch = uint256(core.registry.epoch()) + core.guard.epoch();
        e.eligible =
            signed &&
            inTime &&
            cooled &&
            !isOver[id] &&
            !isSpent[proposal.nonce] &&
            !core.module.paused() &&
            proposal.configEpoch == core.module.configEpoch();
        for (uint256 i; i < proposal.legs.length; ++i) {
            uint8 leg = proposal.legs[i].strategyId;
            e.states[leg] = core.registry.strategy(leg).state;
            e.prices[leg] = core.guard.quote(leg).status;
        }
    }

    /// @dev Only a trip changes a state inside an execution.
    function _tripped(VmLogs.Log[] memory logs) private pure returns (bool) {
        for (uint256 i; i < logs.length; ++i) if (logs[i].topics[0] == IStrategyRegistry.SetState.selector) return true;
        return false;
    }

    function _lossOf(VmLogs.Log[] memory logs) private pure returns (uint256 loss) {
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].topics[0] != IProposalModule.Execute.selector) continue;
            (, , loss, ) = abi.decode(logs[i].data, (uint256, uint256, uint256, uint256));
        }
    }

    /// @dev Each single loss fades by itself here; the module's window fades slower, so this account is the milder one and
    /// must hold whatever the module did.
    function _afterLoss(uint256 loss, Proposal memory proposal) private {
        uint256 nav = vault.nav() + loss;
        IProposalModule.Policy memory policy = core.module.policy();
        atMost(loss, proposal.maxLoss, "INV-10 an execution lost more than was signed");
        // Gains of other legs may have raised the NAV since, never by more than themselves: a basis of NAV plus loss.
        atMost(loss, (nav * policy.maxLossBps) / 10_000 + 1, "INV-10 an execution lost more than the policy allows");
        if (loss == 0) return;
        ledger.note("lossy");
        _losses.push(Event_(block.timestamp, loss));
        atMost(
            _faded(_losses),
            (nav * policy.windowLossBps) / 10_000 + 1,
            "INV-10 the losses of a day exceed the window"
        );
    }

    function _afterLeg(Leg memory leg, Expectation memory e, VmLogs.Log[] memory logs) private {
        uint8 id = leg.strategyId;
        if (leg.kind != LegKind.Allocate && leg.kind != LegKind.Reposition) {
            ledger.note("exit");
            return;
        }
        ok(e.states[id] == StrategyState.Active, "INV-19 inflow into a strategy that is not active");
        // The guard decides when the execution reports the strategy. Where that moved its word, it said so in the log.
        ok(
            e.prices[id] == PriceStatus.Normal || _becameNormal(id, logs),
            "INV-19 inflow at a price that is not normal"
        );
        if (leg.kind == LegKind.Reposition) return;
        uint256 gross;
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].topics[0] != ILiquidityVault.Allocate.selector || uint256(logs[i].topics[1]) != id) continue;
            (gross, ) = abi.decode(logs[i].data, (uint256, uint256));
        }
        _inflows[id].push(Event_(block.timestamp, gross));
        atMost(
            _faded(_inflows[id]),
            core.registry.strategy(id).limits.dailyInflowBudget,
            "INV-09 a strategy took more than its daily budget"
        );
        eq(core.weth.allowance(address(vault), address(adapterOf(id))), 0, "INV-17 the vault left an allowance");
        ledger.note("allocate");
    }

    /// @dev True when the last sync of this execution ended a recovery.
    function _becameNormal(uint8 id, VmLogs.Log[] memory logs) private pure returns (bool normal) {
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].topics[0] != IOracleGuard.SyncRate.selector || uint256(logs[i].topics[1]) != id) continue;
            (, , PriceStatus status) = abi.decode(logs[i].data, (uint256, uint256, PriceStatus));
            normal = status == PriceStatus.Normal;
        }
    }

    function _afterLimits(Leg[] memory legs) private view {
        if (legs[legs.length - 1].kind != LegKind.Allocate) return;
        uint256 nav = vault.nav();
        atMost(vault.minimumIdle(), vault.idle(), "INV-08 the buffer was spent");
        uint256 riskIds;
        for (uint256 i; i < legs.length; ++i) {
            if (legs[i].kind != LegKind.Allocate) continue;
            StrategyInfo memory info = core.registry.strategy(legs[i].strategyId);
            riskIds |= info.riskIds;
            uint256 debt = vault.debtOf(legs[i].strategyId);
            atMost(debt, info.limits.absoluteCap, "INV-08 debt above the absolute cap");
            atMost(debt, (nav * info.limits.relativeCapBps) / 10_000, "INV-08 debt above the relative cap");
        }
        for (uint8 risk; risk < 32; ++risk) {
            if (riskIds & (uint256(1) << risk) == 0) continue;
            (uint128 cap, uint16 relative) = core.registry.riskCap(risk);
            atMost(vault.riskDebt(risk), cap, "INV-08 risk debt above the absolute cap");
            atMost(vault.riskDebt(risk), (nav * relative) / 10_000, "INV-08 risk debt above the relative cap");
        }
    }

    /// @dev A move of the range keeps the minimum that was signed and what the venue holds, and puts the range where it was
    /// signed to be. Alone in an execution it moves no number but by its loss or gain.
    function _afterMove(
        Leg[] memory legs,
        Before memory b,
        uint256 gain,
        uint256 reportLoss,
        uint256 executionLoss,
        VmLogs.Log[] memory logs
    ) private {
        uint256 at;
        while (at < legs.length && legs[at].kind != LegKind.Reposition) ++at;
        if (at == legs.length) return;
        (uint256 before, uint256 kept) = _moved(logs);
        atMost(legs[at].minValue, kept, "INV-30 a move kept less than was signed");
        if (before > kept) atMost(before - kept, executionLoss, "INV-30 a move hid a loss");
        bool isSigned = core.range.tickLower() == legs[at].tickLower && core.range.tickUpper() == legs[at].tickUpper;
        ok(isSigned, "INV-30 the range is not the signed one");
        ledger.note("move");
        if (before > kept) ledger.note("costly move");
        if (legs.length != 1) return;
        atMost(
            vault.debtOf(RANGE),
            core.range.liquid() + core.range.pending() + core.range.claimable(),
            "INV-30 a move left debt that is not there"
        );
        eq(vault.debtOf(RANGE), kept, "INV-30 a move left another debt than it said");
        eq(vault.idle(), b.idle, "INV-30 a move touched idle");
        eq(core.weth.balanceOf(address(vault)), b.balance, "INV-30 a move touched WETH");
        if (kept > before) gain += kept - before;
        eq(gross() + reportLoss + executionLoss, b.gross + gain, "INV-30 a move moved the books by something else");
        eq(vault.lockedProfit(), b.locked + gain, "INV-30 a move locked something else than its gain");
    }

    function _moved(VmLogs.Log[] memory logs) private pure returns (uint256 before, uint256 kept) {
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].topics[0] != ILiquidityVault.Reposition.selector) continue;
            (, , before, kept) = abi.decode(logs[i].data, (int24, int24, uint256, uint256));
        }
    }

    function _blockIsClosed() private view {
        eq(vault.maxDeposit(address(this)), 0, "INV-20 deposits are open in the block of an execution");
        eq(vault.availableLiquidity(), 0, "INV-20 exits are open in the block of an execution");
    }

    function _faded(Event_[] storage events) private view returns (uint256 sum) {
        for (uint256 i = events.length; i > 0; --i) {
            Event_ storage e = events[i - 1];
            uint256 age = block.timestamp - e.at;
            if (age >= LinearDecay.WINDOW) break;
            sum += (e.amount * (LinearDecay.WINDOW - age)) / LinearDecay.WINDOW;
        }
    }
}

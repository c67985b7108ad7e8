// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IProposalModule} from "../../../contracts/interfaces/IProposalModule.sol";
import {Leg, LegKind, Proposal} from "../../../contracts/types/Proposal.sol";
import {PriceStatus, StrategyInfo, StrategyLimits, StrategyState} from "../../../contracts/types/Strategy.sol";
import {AdapterDouble} from "../../doubles/AdapterDouble.sol";
import {Core} from "../support/ProofFixture.sol";
import {Ledger} from "./Actor.sol";
import {Proposer} from "./Proposer.sol";

/// @notice A rule of the core, broken alone.
enum Rule {
    None,
    Unsigned,
    Altered,
    RunTwice,
    NonceOfAnother,
    Cancelled,
    Paused,
    TooEarly,
    TooLate,
    InCooldown,
    OldEpoch,
    OtherNav,
    LossAboveSigned,
    LossAbovePolicy,
    LossAboveWindow,
    BufferSpent,
    AboveCap,
    AboveRelativeCap,
    AboveRiskCap,
    AboveBudget,
    NotActive,
    NoPrice,
    KeptTooLittle
}

/// @notice Plays an execution to its end and takes everything back by reverting with how it ended. The world is mended first,
/// so that the proposal runs; then one rule is broken by the smallest step there is. What stops it is that rule or nothing.
contract Rehearsal is Proposer {
    error Rehearsed(bool ready, bytes4 reason);

    uint256 private constant DAY_AND_MORE = 25 hours;

    constructor(Core memory core_, Ledger ledger_) Proposer(core_, ledger_) {}

    function play(Rule rule, uint256 seed, uint256 amount) external {
        _mend();
        // Shares that a write-off left without any worth close deposits, and there is nothing else to place.
        if (vault.totalAssets() == 0 && vault.totalSupply() != 0) revert Rehearsed(false, 0);
        _payIn();
        uint8 id = _open(rule, seed);
        uint256 room = vault.idle() - vault.minimumIdle();
        uint256 part = bound(amount, 1 ether, room / 3);
        if (id == 0) revert Rehearsed(false, 0);
        revert Rehearsed(true, _break(rule, id, part, seed));
    }

    // THE WORLD

    /// @dev Venues whole, everything reported, losses and inflows of the day faded, and idle to place.
    function _mend() private {
        healEverything();
        for (uint8 id = 1; id <= core.registry.count(); ++id) {
            if (id != GENUINE) doubleOf(id).setOutcome(10_000, 10_000, 10_000, 0);
        }
        core.range.setKeepBps(10_000);
        moveBlock(DAY_AND_MORE);
        refreshFeeds();
        // Before the report, or a gain that nobody could vouch for would come with the execution; after it, for what tripped.
        reopenEverything(type(uint128).max / 2, 10_000, 10_000);
        vault.report(allIds());
        reopenEverything(type(uint128).max / 2, 10_000, 10_000);
    }

    function _payIn() private {
        uint256 assets = vault.nav() + 1_000 ether;
        fund(DONOR, assets);
        vm.prank(DONOR);
        vault.deposit(assets, DONOR);
    }

    /// @return id A strategy that takes inflow now, or 0.
    function _open(Rule rule, uint256 seed) private view returns (uint8 id) {
        uint8 count = core.registry.count();
        for (uint256 i; i < count; ++i) {
            id = uint8(1 + ((seed + i) % count));
            if (rule == Rule.KeptTooLittle) id = RANGE;
            // Losses to the wei are a double's.
            if (id == GENUINE && rule >= Rule.LossAboveSigned) continue;
            if (core.registry.strategy(id).state != StrategyState.Active) continue;
            if (core.guard.quote(id).status != PriceStatus.Normal) continue;
            if (vault.strategyReport(id).inKindUnits == 0 && !_hasUnbooked(id)) return id;
        }
        return 0;
    }

    /// @dev What came to a strategy without debt is in no report, and would come as a gain with the execution.
    function _hasUnbooked(uint8 id) private view returns (bool) {
        if (vault.debtOf(id) != 0) return false;
        (uint256 liquid, uint256 pending, uint256 claimable) = adapterOf(id).realAssets();
        return liquid + pending + claimable != 0;
    }

    function _drawn(uint8 id, uint256 amount, uint256 salt) private view returns (Proposal memory proposal) {
        proposal.legs = new Leg[](1);
        proposal.legs[0] = Leg(id, LegKind.Allocate, uint128(amount), 0, 0, 0);
        proposal.nonce = uint256(keccak256(abi.encode(address(this), salt)));
        proposal.evidence = bytes32(salt);
        fill(proposal);
    }

    function _run(Proposal memory proposal) private returns (bytes4) {
        signed(propose(proposal), uint256(proposal.evidence) % 2 == 0);
        return tryExecute(proposal);
    }

    function _runs(Proposal memory proposal) private {
        ok(_run(proposal) == bytes4(0), "the rehearsal's own proposal does not run");
    }

    function _wait(uint256 until) private {
        vm.roll(block.number + 1);
        vm.warp(until);
        refreshFeeds();
    }

    function _cooled() private view returns (uint256) {
        return block.timestamp + core.module.policy().cooldown;
    }

    // THE RULES

    function _break(Rule rule, uint8 id, uint256 amount, uint256 seed) private returns (bytes4) {
        if (rule < Rule.LossAboveSigned) return _breakTerms(rule, _drawn(id, amount, seed), seed);
        if (rule < Rule.BufferSpent) return _breakLoss(rule, id, amount, seed);
        if (rule == Rule.KeptTooLittle) return _breakMove(seed);
        return _breakLimit(rule, id, amount, seed);
    }

    /// @dev Who signed, what, for when.
    function _breakTerms(Rule rule, Proposal memory proposal, uint256 seed) private returns (bytes4) {
        if (rule == Rule.TooEarly) proposal.notBefore += 20 minutes;
        if (rule == Rule.OtherNav) {
            proposal.refNav = (proposal.refNav * 10_000) / (10_000 - proposal.navToleranceBps) + 2;
            proposal.navToleranceBps -= 1;
        }
        if (rule == Rule.InCooldown) {
            _runs(_drawn(proposal.legs[0].strategyId, 1 ether, seed + 1));
            fill(proposal);
        }
        bytes32 id = propose(proposal);
        if (rule != Rule.Unsigned) signed(id, seed % 2 == 0);
        if (rule == Rule.Altered) proposal.legs[0].amount += 1;
        if (rule == Rule.Cancelled) {
            vm.prank(GUARDIAN);
            core.module.cancel(proposal);
        }
        if (rule == Rule.Paused) {
            vm.prank(GUARDIAN);
            core.module.pause();
        }
        if (rule == Rule.OldEpoch) _raiseEpoch(proposal.legs[0].strategyId, seed);
        if (rule == Rule.NonceOfAnother) {
            Proposal memory twin = _drawn(proposal.legs[0].strategyId, 1 ether, seed + 1);
            twin.nonce = proposal.nonce;
            _runs(twin);
            _wait(_cooled());
        }
        if (rule == Rule.RunTwice) {
            ok(tryExecute(proposal) == bytes4(0), "the rehearsal's own proposal does not run");
            _wait(_cooled());
        }
        if (rule == Rule.TooEarly) _wait(proposal.notBefore - 1);
        if (rule == Rule.TooLate) _wait(uint256(proposal.deadline) + 1);
        if (rule == Rule.InCooldown) _wait(core.module.nextExecutionAt() - 1);
        // The last second there is.
        if (rule == Rule.None && seed % 3 == 0) _wait(proposal.deadline);
        return tryExecute(proposal);
    }

    /// @dev One of the three parts of the epoch moves, and nothing else: policy, limits or price source as they were.
    function _raiseEpoch(uint8 id, uint256 seed) private {
        vm.startPrank(CURATOR);
        if (seed % 3 == 0) core.module.setPolicy(core.module.policy());
        else if (seed % 3 == 1) core.registry.setLimits(id, core.registry.strategy(id).limits);
        else core.guard.setOracle(id, oracleOf(id));
        vm.stopPrank();
    }

    /// @dev Losses that are one wei, or one execution, above what the signers, the policy or the day allow.
    function _breakLoss(Rule rule, uint8 id, uint256 amount, uint256 seed) private returns (bytes4) {
        IProposalModule.Policy memory policy = core.module.policy();
        AdapterDouble venue = doubleOf(id);
        venue.setOutcome(9_990, 10_000, 10_000, 0);
        if (rule == Rule.LossAboveSigned) {
            Proposal memory signedFor = _drawn(id, amount, seed);
            signedFor.maxLoss = uint128(amount - (amount * 9_990) / 10_000 - 1);
            return _run(signedFor);
        }
        // One basis point for an execution and for a day; a thousandth of what goes in is lost.
        (policy.maxLossBps, policy.windowLossBps) = (1, 1);
        vm.prank(CURATOR);
        core.module.setPolicy(policy);
        uint256 nav = vault.nav();
        if (rule == Rule.LossAbovePolicy) {
            // The signed limit is of the NAV they saw, which may be higher; the policy's is of the NAV that is.
            Proposal memory highNav = _drawn(id, nav / 10 + nav / 1_000, seed);
            highNav.refNav = (nav * 103) / 100;
            highNav.maxLoss = uint128(highNav.refNav / 10_000);
            return _run(highNav);
        }
        _runs(_drawn(id, (nav * 6) / 100, seed));
        _wait(_cooled());
        return _run(_drawn(id, (nav * 6) / 100, seed + 1));
    }

    /// @dev Limits one wei too low for what the proposal moves; the buffer, of which it would take one wei.
    function _breakLimit(Rule rule, uint8 id, uint256 amount, uint256 seed) private returns (bytes4) {
        StrategyInfo memory info = core.registry.strategy(id);
        StrategyLimits memory limits = info.limits;
        uint256 debt = vault.debtOf(id) + amount;
        if (rule == Rule.BufferSpent) amount = vault.idle() - vault.minimumIdle() + 1;
        if (rule == Rule.AboveCap) limits.absoluteCap = uint128(debt - 1);
        if (rule == Rule.AboveRelativeCap) limits.relativeCapBps = uint16((debt * 10_000 - 1) / vault.nav());
        if (rule == Rule.AboveBudget) limits.dailyInflowBudget = uint128(amount - 1);
        if (rule == Rule.NoPrice) {
            vm.prank(GUARDIAN);
            core.guard.disable(id);
        }
        if (rule == Rule.NotActive) {
            vm.prank(GUARDIAN);
            core.registry.restrict(id, seed % 2 == 0 ? StrategyState.ReduceOnly : StrategyState.Frozen);
        }
        vm.startPrank(CURATOR);
        core.registry.setLimits(id, limits);
        if (rule == Rule.AboveRiskCap) {
            uint8 risk = id == 2 && seed % 2 == 0 ? 1 : _lowest(info.riskIds);
            core.registry.setRiskCap(risk, uint128(vault.riskDebt(risk) + amount - 1), 10_000);
        }
        vm.stopPrank();
        return _run(_drawn(id, amount, seed));
    }

    function _lowest(uint32 riskIds) private pure returns (uint8 risk) {
        while (riskIds & (uint32(1) << risk) == 0) ++risk;
    }

    /// @dev A move that keeps a wei less than was signed.
    function _breakMove(uint256 seed) private returns (bytes4) {
        _runs(_drawn(RANGE, 10 ether, seed));
        _wait(_cooled());
        core.range.setKeepBps(9_990);
        uint256 kept = (core.range.liquid() * 9_990) / 10_000 + core.range.pending() + core.range.claimable();
        Proposal memory proposal = _drawn(RANGE, 0, seed + 1);
        proposal.legs[0] = Leg(RANGE, LegKind.Reposition, 0, uint128(kept + 1), -100, 100);
        return _run(proposal);
    }
}

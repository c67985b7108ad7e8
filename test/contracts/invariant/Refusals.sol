// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Errors} from "../../../contracts/libraries/Errors.sol";
import {Core} from "../support/ProofFixture.sol";
import {Actor, Ledger} from "./Actor.sol";
import {Rehearsal, Rule} from "./Rehearsal.sol";

/// @notice Whoever tries what must not run: from any state a campaign reaches, a proposal that runs as it is, and the same one
/// with one rule broken, which has to be refused for that rule and no other.
contract Refusals is Actor {
    uint256 private constant AT_ONCE = 6;
    Rehearsal public immutable rehearsal;
    uint256 private _next;

    constructor(Core memory core_, Ledger ledger_, Rehearsal rehearsal_) Actor(core_, ledger_) {
        rehearsal = rehearsal_;
    }

    /// @notice Some of the rules, in turn: all of them in four acts.
    function breakRules(uint256 seed, uint256 amount) external {
        seed = mixed(seed);
        Before memory b = look();
        (bool ready, bytes4 reason) = _play(Rule.None, seed, amount);
        if (!ready) {
            ledger.note("nothing is open");
            return;
        }
        ok(reason == bytes4(0), "INV-11 a proposal that may run was refused");
        uint256 rules = uint256(type(Rule).max);
        for (uint256 i; i < AT_ONCE; ++i) breakRule(Rule(1 + ((_next + i) % rules)), seed, amount);
        _next += AT_ONCE;
        booksKept(b, "INV-13 a refused act moved the books");
        ledger.note("refusals");
    }

    function breakRule(Rule rule, uint256 seed, uint256 amount) private {
        (bool ready, bytes4 reason) = _play(rule, seed, amount);
        if (ready) ok(reason == _reasonOf(rule), _meaning(rule));
    }

    /// @dev Time is no state that a revert takes back.
    function _play(Rule rule, uint256 seed, uint256 amount) private returns (bool ready, bytes4 reason) {
        (uint256 time, uint256 number) = (block.timestamp, block.number);
        try rehearsal.play(rule, seed, amount) {
            ok(false, "a rehearsal takes everything back");
        } catch (bytes memory answer) {
            vm.warp(time);
            vm.roll(number);
            if (bytes4(answer) != Rehearsal.Rehearsed.selector) {
                assembly {
                    revert(add(answer, 32), mload(answer))
                }
            }
            assembly {
                ready := mload(add(answer, 36))
                reason := mload(add(answer, 68))
            }
        }
    }

    function _reasonOf(Rule rule) private pure returns (bytes4) {
        if (rule == Rule.Unsigned) return Errors.ProposalModule_NotApproved.selector;
        if (rule == Rule.Altered || rule == Rule.RunTwice) return Errors.ProposalModule_WrongState.selector;
        if (rule == Rule.Cancelled) return Errors.ProposalModule_WrongState.selector;
        if (rule == Rule.NonceOfAnother) return Errors.ProposalModule_NonceUsed.selector;
        if (rule == Rule.Paused) return Errors.ProposalModule_Paused.selector;
        if (rule == Rule.TooEarly) return Errors.ProposalModule_NotYet.selector;
        if (rule == Rule.TooLate) return Errors.ProposalModule_Expired.selector;
        if (rule == Rule.InCooldown) return Errors.ProposalModule_Cooldown.selector;
        if (rule == Rule.OldEpoch) return Errors.ProposalModule_OldEpoch.selector;
        if (rule == Rule.OtherNav) return Errors.LiquidityVault_NavOutOfTolerance.selector;
        if (rule == Rule.LossAboveSigned || rule == Rule.LossAbovePolicy) {
            return Errors.ProposalModule_LossTooHigh.selector;
        }
        if (rule == Rule.LossAboveWindow) return Errors.ProposalModule_LossWindowExceeded.selector;
        if (rule == Rule.BufferSpent) return Errors.LiquidityVault_IdleTooLow.selector;
        if (rule == Rule.AboveCap || rule == Rule.AboveRelativeCap) return Errors.LiquidityVault_CapExceeded.selector;
        if (rule == Rule.AboveRiskCap) return Errors.LiquidityVault_RiskCapExceeded.selector;
        if (rule == Rule.AboveBudget) return Errors.StrategyRegistry_InflowBudgetExceeded.selector;
        if (rule == Rule.NotActive) return Errors.LiquidityVault_StateForbids.selector;
        if (rule == Rule.NoPrice) return Errors.OracleGuard_NoInflow.selector;
        return Errors.LiquidityVault_KeptTooLow.selector;
    }

    function _meaning(Rule rule) private pure returns (string memory) {
        if (rule == Rule.Unsigned) return "INV-11 what nobody signed was not refused for that";
        if (rule == Rule.Altered) return "INV-11 altered terms were not refused for that";
        if (rule == Rule.RunTwice) return "INV-11 a second run was not refused for that";
        if (rule == Rule.NonceOfAnother) return "INV-11 a used nonce was not refused for that";
        if (rule == Rule.Cancelled) return "INV-11 a cancelled proposal was not refused for that";
        if (rule == Rule.Paused) return "INV-11 a paused module did not refuse for that";
        if (rule == Rule.TooEarly) return "INV-11 a run before its time was not refused for that";
        if (rule == Rule.TooLate) return "INV-11 a run after its deadline was not refused for that";
        if (rule == Rule.InCooldown) return "INV-11 a run in the cooldown was not refused for that";
        if (rule == Rule.OldEpoch) return "INV-11 a run in another epoch was not refused for that";
        if (rule == Rule.OtherNav) return "INV-11 a run at another NAV was not refused for that";
        if (rule == Rule.LossAboveSigned) return "INV-10 a loss above what was signed was not refused for that";
        if (rule == Rule.LossAbovePolicy) return "INV-10 a loss above the policy was not refused for that";
        if (rule == Rule.LossAboveWindow) return "INV-10 a loss above the day's window was not refused for that";
        if (rule == Rule.BufferSpent) return "INV-08 a wei of the buffer was not refused for that";
        if (rule == Rule.AboveCap) return "INV-08 a wei above the cap was not refused for that";
        if (rule == Rule.AboveRelativeCap) return "INV-08 debt above the relative cap was not refused for that";
        if (rule == Rule.AboveRiskCap) return "INV-08 a wei above the risk cap was not refused for that";
        if (rule == Rule.AboveBudget) return "INV-09 a wei above the budget was not refused for that";
        if (rule == Rule.NotActive) return "INV-19 inflow into a closed strategy was not refused for that";
        if (rule == Rule.NoPrice) return "INV-19 inflow without a price was not refused for that";
        return "INV-30 a move that keeps a wei too little was not refused for that";
    }
}

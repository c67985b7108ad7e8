// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ILiquidityVault} from "../../../contracts/interfaces/ILiquidityVault.sol";
import {IProposalModule} from "../../../contracts/interfaces/IProposalModule.sol";
import {StrategyRegistry} from "../../../contracts/StrategyRegistry.sol";
import {Leg, Proposal} from "../../../contracts/types/Proposal.sol";
import {StrategyLimits, StrategyState} from "../../../contracts/types/Strategy.sol";
import {AdapterDouble} from "../../doubles/AdapterDouble.sol";
import {Core} from "../support/ProofFixture.sol";
import {Actor, Ledger, VmLogs} from "./Actor.sol";

/// @notice Guardian, curator, whoever reports, and a stranger who tries what is not his.
contract RoleHolders is Actor {
    /// @dev What rounding may take of a position that is sold and bought in parts, wei.
    uint256 private constant HARVEST_DUST = 1e9;

    constructor(Core memory core_, Ledger ledger_) Actor(core_, ledger_) {}

    // GUARDIAN: whatever state venues and feeds are in, an act that lowers risk goes through and moves no money.

    function restrict(uint256 which, bool freeze) external {
        uint8 id = strategyId(which);
        StrategyState state = core.registry.strategy(id).state;
        if (state == StrategyState.Frozen || state == StrategyState.Revoked) return;
        if (state == StrategyState.ReduceOnly) freeze = true;
        Before memory b = look();
        vm.prank(GUARDIAN);
        core.registry.restrict(id, freeze ? StrategyState.Frozen : StrategyState.ReduceOnly);
        booksKept(b, "INV-12 a restriction moved the books");
        ledger.note("guardian");
    }

    function lower(uint256 which, uint256 part, bool riskCap) external {
        Before memory b = look();
        part = bound(part, 1, 100);
        if (riskCap) {
            (uint128 absolute, uint16 relative) = core.registry.riskCap(uint8(which % 3));
            vm.prank(GUARDIAN);
            core.registry.lowerRiskCap(
                uint8(which % 3),
                uint128((absolute * part) / 100),
                uint16((relative * part) / 100)
            );
        } else {
            uint8 id = uint8(1 + (which % core.registry.count()));
            StrategyLimits memory l = core.registry.strategy(id).limits;
            l.absoluteCap = uint128((l.absoluteCap * part) / 100);
            l.dailyInflowBudget = uint128((l.dailyInflowBudget * part) / 100);
            vm.prank(GUARDIAN);
            core.registry.lowerLimits(id, l);
        }
        booksKept(b, "INV-12 lowering moved the books");
        ledger.note("guardian");
    }

    function disablePrice(uint256 which) external {
        uint8 id = strategyId(which);
        Before memory b = look();
        vm.prank(GUARDIAN);
        core.guard.disable(id);
        booksKept(b, "INV-12 disabling a price moved the books");
    }

    function stop(bool deposits) external {
        Before memory b = look();
        vm.prank(GUARDIAN);
        if (deposits) {
            vault.pauseDeposits();
        } else {
            core.module.pause();
            vm.prank(GUARDIAN);
            vault.freeze();
        }
        booksKept(b, "INV-12 a pause moved the books");
    }

    // CURATOR

    /// @notice Brings everything back to open, so that a campaign does not end in a world where nothing can happen.
    function reopen() external {
        reopenEverything(1_000 ether, 5_000, 8_000);
    }

    function setLimits(uint256 which, uint128 cap, uint128 budget, uint16 relative) external {
        uint8 id = strategyId(which);
        Before memory b = look();
        vm.prank(CURATOR);
        core.registry.setLimits(
            id,
            StrategyLimits(
                uint128(bound(cap, 0, 500 ether)),
                uint128(bound(budget, 0, 500 ether)),
                uint16(relative % 10_001),
                50
            )
        );
        booksKept(b, "INV-12 new limits moved the books");
    }

    /// @notice The curator writes a strategy off, rarely: it is for good.
    function writeOff(uint256 which) external {
        if (which % 16 != 0) return;
        uint8 id = strategyId(which >> 8);
        if (core.registry.strategy(id).state == StrategyState.Revoked) return;
        Before memory b = look();
        uint256 debt = vault.debtOf(id);
        vm.prank(CURATOR);
        vault.forceRevoke(id);
        eq(vault.debtOf(id), 0, "INV-19 a revoked strategy has debt");
        priceKept(b, debt);
        ledger.note("write-off");
    }

    function terms(uint256 management, uint256 performance) external {
        Before memory b = look();
        vm.prank(CURATOR);
        vault.setFees(uint16(management % 201), uint16(performance % 2_001));
        _fees(b);
    }

    /// @dev Fees are shares of the named recipient only, worth at most 2 % a year and 20 % of everything.
    function _fees(Before memory b) private view {
        uint256 minted = vault.totalSupply() - b.supply;
        if (minted == 0) return;
        uint256 worth = vault.convertToAssets(minted);
        atMost(worth, b.nav / 4, "INV-28 fees took a quarter of everything");
    }

    // ANYONE

    /// @notice A report moves each debt to its value: losses count at once, gains wait.
    function report(uint256 which, bool all) external {
        uint8[] memory ids = all ? allIds() : _one(strategyId(which));
        uint256[] memory debts = new uint256[](ids.length);
        for (uint256 i; i < ids.length; ++i) debts[i] = vault.debtOf(ids[i]);
        Before memory b = look();
        vault.report(ids);
        uint256 loss;
        uint256 gain;
        for (uint256 i; i < ids.length; ++i) {
            uint256 debt = vault.debtOf(ids[i]);
            if (debt < debts[i]) loss += debts[i] - debt;
            else gain += debt - debts[i];
        }
        _fees(b);
        priceKept(b, loss, vault.totalSupply() - b.supply);
        eq(gross() + loss, b.gross + gain, "INV-03 a report moved the books by something else than gains and losses");
        eq(vault.idle(), b.idle, "INV-02 a report moved idle");
        eq(vault.lockedProfit(), b.locked + gain, "INV-14 a report locked something else than its gain");
        ledger.note("report");
    }

    /// @notice A claim turns debt into idle; what remains is reported.
    function claim(uint256 which) external {
        uint8 id = strategyId(which);
        uint256 debt = vault.debtOf(id);
        Before memory b = look();
        bool done = quiet(address(vault), abi.encodeCall(vault.claim, (_one(id))));
        if (!done) {
            booksKept(b, "INV-13 a refused claim moved the books");
            return;
        }
        uint256 got = core.weth.balanceOf(address(vault)) - b.balance;
        uint256 own = got - (setAside() - b.setAside);
        eq(vault.idle(), b.idle + own, "INV-02 a claim lands idle, but for what in-kind claims own");
        uint256 rest = debt > own ? debt - own : 0;
        uint256 after_ = vault.debtOf(id);
        priceKept(b, rest > after_ ? rest - after_ : 0);
        if (got == 0) booksKept(b, "INV-13 an empty claim moved the books");
        else ledger.note("claim");
    }

    /// @notice Anyone fetches rewards. What vault and venue hold together does not fall, but for what rounding takes; what
    /// comes is a locked gain, and what the market says of the position counts as in any report.
    function harvest(bool all) external {
        uint8[] memory ids = all ? allIds() : _one(RANGE);
        (uint256 held, uint256 debt) = (_heldWith(RANGE), vault.debtOf(RANGE));
        uint256 count = core.range.harvests();
        Before memory b = look();
        vmLogs.recordLogs();
        bool done = quiet(address(vault), abi.encodeCall(vault.harvest, (ids)));
        VmLogs.Log[] memory logs = vmLogs.getRecordedLogs();
        if (!done) {
            booksKept(b, "INV-31 a refused harvest moved the books");
            return;
        }
        if (core.range.harvests() == count) {
            // Fees that are due are taken with or without a harvest.
            _fees(b);
            eq(vault.nav(), b.nav, "INV-31 a harvest that was not due moved the NAV");
            eq(vault.idle(), b.idle, "INV-31 a harvest that was not due moved idle");
            eq(vault.lockedProfit(), b.locked, "INV-31 a harvest that was not due locked something");
            return;
        }
        atMost(held, _heldWith(RANGE) + HARVEST_DUST, "INV-31 a harvest left vault and venue with less");
        (uint256 gain, uint256 loss) = reported(logs);
        uint256 own = core.weth.balanceOf(address(vault)) - b.balance - (setAside() - b.setAside);
        eq(vault.idle(), b.idle + own, "INV-31 rewards in cash are not idle");
        // Cash first turns debt into idle; above the debt it was never counted, and the position is then valued without it.
        gain += own > debt ? own - debt : 0;
        eq(vault.lockedProfit(), b.locked + gain, "INV-31 a harvest locked something else than its gain");
        eq(gross() + loss, b.gross + gain, "INV-31 a harvest moved the books by something else than gains and losses");
        _fees(b);
        priceKept(b, loss, vault.totalSupply() - b.supply);
        ledger.note("harvest");
    }

    /// @dev What a venue says it holds and the vault's WETH.
    function _heldWith(uint8 id) private view returns (uint256 sum) {
        AdapterDouble adapter = doubleOf(id);
        return adapter.liquid() + adapter.pending() + adapter.claimable() + core.weth.balanceOf(address(vault));
    }

    /// @notice A stranger, the keeper and a depositor fail at everything that is not theirs.
    function trespass(uint256 who, uint256 what, uint256 number) external {
        address caller =
            who % 4 == 0
                ? KEEPER
                : who % 4 == 1
                    ? address(0xBAD)
                    : actor(who);
        uint8 id = strategyId(number);
        (address target, bytes memory data) = _forbidden(what % 15, id, caller, number);
        Before memory b = look();
        vm.prank(caller);
        ok(!quiet(target, data), "INV-22 an act of another role went through");
        booksKept(b, "INV-22 a refused act moved the books");
    }

    function _forbidden(
        uint256 what,
        uint8 id,
        address caller,
        uint256 number
    ) private view returns (address target, bytes memory data) {
        StrategyRegistry r = core.registry;
        StrategyLimits memory wide = StrategyLimits(type(uint128).max, type(uint128).max, 10_000, 10_000);
        Leg[] memory none;
        Proposal memory proposal;
        if (what == 0) return (address(r), abi.encodeCall(r.setLimits, (id, wide)));
        if (what == 1) return (address(r), abi.encodeCall(r.setRiskCap, (0, type(uint128).max, 10_000)));
        if (what == 2) return (address(r), abi.encodeCall(r.reactivate, (id)));
        if (what == 3) return (address(r), abi.encodeCall(r.restrict, (id, StrategyState.Frozen)));
        if (what == 4) return (address(r), abi.encodeCall(r.recordInflows, (new uint256[](1), 0, number)));
        if (what == 5) return (address(r), abi.encodeCall(r.tripFreeze, (id)));
        if (what == 6) return (address(r), abi.encodeCall(r.bindVault, (caller)));
        if (what == 7) return (address(core.guard), abi.encodeCall(core.guard.syncAll, (r.records(_one(id)))));
        if (what == 8) return (address(core.guard), abi.encodeCall(core.guard.setOracle, (id, oracleOf(id))));
        if (what == 9) return (address(core.guard), abi.encodeCall(core.guard.disable, (id)));
        if (what == 10) return (address(vault), abi.encodeCall(ILiquidityVault.rebalance, (none, number, 10_000)));
        if (what == 11) return (address(vault), abi.encodeCall(ILiquidityVault.bindProposalModule, (address(vault))));
        if (what == 12) return (address(core.module), abi.encodeCall(IProposalModule.approve, (bytes32(number))));
        if (what == 13) {
            return (
                address(adapterOf(id)),
                abi.encodeWithSignature("deallocate(uint256,uint256)", number % 10 ether, 0)
            );
        }
        proposal.nonce = number;
        return (address(core.module), abi.encodeCall(IProposalModule.execute, (proposal, "")));
    }

    function _one(uint8 id) private pure returns (uint8[] memory ids) {
        ids = new uint8[](1);
        ids[0] = id;
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AdapterDouble} from "../../doubles/AdapterDouble.sol";
import {Core} from "../support/ProofFixture.sol";
import {Actor, Ledger} from "./Actor.sol";

/// @notice Time, venues, feeds, donors: what nobody in the protocol decides. None of it may move the books by itself.
contract Surroundings is Actor {
    constructor(Core memory core_, Ledger ledger_) Actor(core_, ledger_) {}

    function pass(uint256 duration, bool feedsAlive) external {
        Before memory b = look();
        moveBlock(bound(duration, 12, 40 hours));
        if (feedsAlive) refreshFeeds();
        eq(vault.nav(), b.nav, "INV-03 time moved the NAV");
        priceKept(b, 0);
        lockNotRaised(b);
    }

    function passABlock() external {
        Before memory b = look();
        moveBlock(12);
        refreshFeeds();
        priceKept(b, 0);
        lockNotRaised(b);
    }

    /// @notice Yield, up to 1 % of the position.
    function earn(uint256 which, uint256 bps) external {
        uint8 id = strategyId(which);
        Before memory b = look();
        uint256 gain = (vault.debtOf(id) * bound(bps, 0, 100)) / 10_000;
        fund(address(this), gain);
        if (id == GENUINE) {
            core.weth.transfer(address(core.venue), gain);
        } else {
            AdapterDouble adapter = doubleOf(id);
            core.weth.transfer(address(adapter), gain);
            adapter.setPosition(adapter.liquid() + gain, adapter.pending(), adapter.claimable());
        }
        booksKept(b, "INV-13 unreported yield moved the books");
    }

    /// @notice A loss of up to 2 %, of liquid or pending assets; now and then a large one.
    function lose(uint256 which, uint256 bps, bool large, bool ofPending) external {
        uint8 id = strategyId(which);
        Before memory b = look();
        uint256 share = bound(bps, 0, large && bps % 7 == 0 ? 9_000 : 200);
        if (id == GENUINE) {
            core.venue.cut((core.weth.balanceOf(address(core.venue)) * share) / 10_000);
        } else {
            AdapterDouble adapter = doubleOf(id);
            (uint256 liquid, uint256 pending) = (adapter.liquid(), adapter.pending());
            if (ofPending) pending -= (pending * share) / 10_000;
            else liquid -= (liquid * share) / 10_000;
            adapter.setPosition(liquid, pending, adapter.claimable());
        }
        booksKept(b, "INV-13 an unreported loss moved the books");
    }

    function finishExits(uint256 which) external {
        doubleOf(doubleId(which)).finishExits();
    }

    /// @notice A venue breaks in one of the ways views and moves can break.
    function breakVenue(uint256 which, uint256 how) external {
        uint8 id = strategyId(which);
        if (id == GENUINE) {
            core.venue.setHalted(true);
            return;
        }
        AdapterDouble adapter = doubleOf(id);
        how %= 6;
        if (how == 0) adapter.setMovesRevert(true);
        else if (how == 1) adapter.setRateReverts(true);
        else adapter.setReading(AdapterDouble.Reading(how - 1));
    }

    function healVenue(uint256 which) external {
        heal(strategyId(which));
    }

    function healAll() external {
        healEverything();
    }

    /// @notice A venue keeps a little of what goes in, or pays a little less than asked.
    function charge(uint256 which, uint256 keptIn, uint256 paid, uint256 refund) external {
        doubleOf(doubleId(which)).setOutcome(
            bound(keptIn, 9_950, 10_010),
            bound(paid, 9_950, 10_000),
            bound(keptIn, 9_980, 10_010),
            bound(refund, 0, 500)
        );
    }

    function moveMarket(uint256 answer, bool token) external {
        if (token) core.tokenFeed.updateAnswer(int256(bound(answer, 1.01e18, 1.07e18)));
        else core.rebasingFeed.updateAnswer(int256(bound(answer, 0.96e8, 1.02e8)));
    }

    function killFeed(bool token) external {
        if (token) core.tokenFeed.updateAnswer(0);
        else core.rebasingFeed.updateAnswer(-1);
    }

    /// @notice WETH pushed onto the vault moves no number.
    function donate(uint256 assets) external {
        assets = bound(assets, 1, 1_000 ether);
        fund(DONOR, assets);
        Before memory b = look();
        vm.prank(DONOR);
        core.weth.transfer(address(vault), assets);
        ledger.donate(assets);
        booksKept(b, "INV-13 a donation moved the books");
        ledger.note("donation");
    }

    /// @notice Ether forced onto the vault, as by a block's coinbase, moves no number and is in nobody's way.
    function forceEther(uint256 amount) external {
        Before memory b = look();
        vm.deal(address(vault), address(vault).balance + bound(amount, 1, 10 ether));
        booksKept(b, "INV-13 forced ether moved the books");
    }

    /// @notice WETH sent to an adapter outside of any function: not booked, for the genuine adapter too.
    function donateToAdapter(uint256 which, uint256 assets) external {
        uint8 id = strategyId(which);
        assets = bound(assets, 1, 10 ether);
        fund(DONOR, assets);
        Before memory b = look();
        address adapter = address(adapterOf(id));
        vm.prank(DONOR);
        core.weth.transfer(adapter, assets);
        booksKept(b, "INV-13 a gift to an adapter moved the books");
    }

    /// @notice Moving the range costs up to 1 % from now on, or brings a little.
    function moveCosts(uint256 keepBps) external {
        core.range.setKeepBps(bound(keepBps, 9_900, 10_010));
    }

    /// @notice Rewards wait at the venue: cash, more of the position, or a venue that sells badly or fails.
    function payRewards(uint256 payout, uint256 compound, uint256 cost, bool fails) external {
        payout = bound(payout, 0, 5 ether);
        compound = bound(compound, 0, 5 ether);
        fund(address(this), payout + compound);
        core.weth.transfer(address(core.range), payout + compound);
        uint256 most = core.range.liquid();
        core.range.setHarvest(
            payout,
            compound,
            bound(cost, 0, most < 7 ether ? most : 7 ether),
            fails && cost % 4 == 0
        );
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IRedeemQueue} from "../../../contracts/interfaces/IRedeemQueue.sol";
import {RedeemQueue} from "../../../contracts/RedeemQueue.sol";
import {Core} from "../support/ProofFixture.sol";
import {Actor, Ledger} from "./Actor.sol";

/// @notice People who leave through the queue or in kind, and whoever prices and pays.
contract Queuer is Actor {
    /// @dev Holds half of the vault: more than idle and the withdrawal order pay.
    address private constant LARGEST = address(0xA11CE);

    /// @notice Assets that left the queue.
    uint256 public paidOut;
    RedeemQueue internal queue;

    constructor(Core memory core_, Ledger ledger_) Actor(core_, ledger_) {
        queue = core_.queue;
    }

    function request(uint256 who, uint256 part) external {
        _request(actor(who), bound(part, 1, 60));
    }

    /// @notice A batch from its request to its price: most of what one person holds, the end of the batch, a report.
    function wholeBatch(uint256 who, uint256 part) external {
        _request(who % 2 == 0 ? LARGEST : actor(who), bound(part, 50, 100));
        moveBlock(7 hours);
        refreshFeeds();
        vault.report(allIds());
        price();
        if (vault.queueLiabilities() != 0) ledger.note("owed");
    }

    function _request(address user, uint256 percent) private {
        uint256 shares = (vault.balanceOf(user) * percent) / 100;
        if (shares == 0) return;
        Before memory b = look();
        vm.startPrank(user);
        vault.approve(address(queue), shares);
        uint256 id = queue.requestRedeem(shares, user, user);
        vm.stopPrank();
        booksKept(b, "INV-13 a request moved the books");
        ok(queue.batch(id).end > block.timestamp, "INV-27 a request joined a batch that has ended");
        ledger.note("request");
    }

    function cancel(uint256 who, uint256 part) external {
        address user = actor(who);
        uint256 id = queue.lastRequestId();
        uint256 shares = (queue.pendingRedeemRequest(id, user) * bound(part, 1, 100)) / 100;
        if (shares == 0) return;
        Before memory b = look();
        uint256 held = vault.balanceOf(user);
        vm.prank(user);
        queue.cancelRedeemRequest(id, shares, user, user);
        eq(vault.balanceOf(user), held + shares, "INV-26 a cancelled request came back short");
        booksKept(b, "INV-13 a cancellation moved the books");
        ledger.note("cancel request");
    }

    /// @notice Prices the next batch, after a report or without.
    function price() public {
        uint256 id = queue.nextToPrice();
        IRedeemQueue.Batch memory batch = queue.batch(id);
        Before memory b = look();
        uint256 reported = vault.navTimestamp();
        bool expected = queue.canPrice();
        uint256 worth = vault.previewRedeem(batch.shares);
        bool done = quiet(address(queue), abi.encodeCall(IRedeemQueue.price, ()));
        ok(done == expected, "INV-27 canPrice is not what price does");
        if (!done) {
            booksKept(b, "INV-27 a refused pricing moved the books");
            return;
        }
        if (batch.shares == 0) return;
        atMost(batch.end, reported, "INV-27 a batch was priced by a report older than its requests");
        eq(queue.batch(id).assets, worth, "INV-27 a batch was priced at another price");
        priceKept(b, 0);
        ledger.note("price");
    }

    function fund() external {
        Before memory b = look();
        uint256 before = queue.funded();
        // Whatever venues do: who pays short is passed over.
        queue.fund();
        uint256 received = queue.funded() - before;
        eq(vault.queueLiabilities() + received, b.owed, "INV-25 funding paid something else than what is owed");
        eq(vault.nav(), b.nav, "INV-25 funding moved the NAV");
        priceKept(b, 0);
    }

    /// @notice Claims every request of one person that is paid for.
    function claimAll(uint256 who) external {
        address user = actor(who);
        uint256 last = queue.lastRequestId();
        for (uint256 id = last > 12 ? last - 12 : 1; id <= last; ++id) {
            uint256 shares = queue.claimableRedeemRequest(id, user);
            if (shares == 0) continue;
            IRedeemQueue.Batch memory batch = queue.batch(id);
            uint256 held = core.weth.balanceOf(user);
            vm.prank(user);
            uint256 assets = queue.claimRequest(id, user, user);
            eq(core.weth.balanceOf(user), held + assets, "INV-26 a claim paid short");
            atMost(assets * batch.shares, batch.assets * shares, "INV-26 a claim paid above its batch");
            paidOut += assets;
            ledger.note("paid");
        }
    }

    /// @notice Leaves in kind where that is open: whoever stays keeps the price, but for a wei per strategy.
    function leaveInKind(uint256 who, uint256 part) external {
        if (!vault.isInKindOpen()) return;
        address user = actor(who);
        uint256 shares = (vault.balanceOf(user) * bound(part, 1, 50)) / 100;
        if (shares == 0) return;
        Before memory b = look();
        vm.prank(user);
        vault.redeemInKind(shares, user, user, 0);
        priceKept(b, core.registry.count());
        eq(vault.queueLiabilities(), b.owed, "INV-25 an exit in kind changed what the queue is owed");
        ledger.note("in kind");
    }

    function collect(uint256 who) external {
        Before memory b = look();
        address user = actor(who);
        uint256 held = core.weth.balanceOf(user);
        uint8[] memory ids = allIds();
        vm.prank(user);
        vault.collectInKind(ids, user);
        eq(core.weth.balanceOf(user) - held + setAside(), b.setAside, "INV-29 in-kind cash went elsewhere");
        booksKept(b, "INV-29 collecting in-kind cash moved the books");
    }
}

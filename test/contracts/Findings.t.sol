// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Errors} from "../../contracts/libraries/Errors.sol";
import {StrategyState} from "../../contracts/types/Strategy.sol";
import {AdapterDouble} from "../doubles/AdapterDouble.sol";
import {ShortAdapterDouble} from "../doubles/HostileAdapters.sol";
import {ProofFixture} from "./support/ProofFixture.sol";

/// @notice Findings of other vaults' audits, replayed here by their number in docs/INVARIANTS.md.
contract FindingsTest is ProofFixture {
    address internal constant ATTACKER = address(0xBAD);

    function setUp() public override {
        super.setUp();
        deposit(ALICE, 60 ether);
        deposit(BOB, 40 ether);
    }

    function _place(uint8 id, uint256 amount) private {
        asModule(one(allocateLeg(id, amount)));
        nextBlock();
    }

    function _freeze(bool on) private {
        vm.prank(on ? GUARDIAN : CURATOR);
        on ? vault.freeze() : vault.unfreeze();
    }

    function _request(address who, uint256 shares) private returns (uint256 id) {
        vm.startPrank(who);
        vault.approve(address(queue), shares);
        id = queue.requestRedeem(shares, who, who);
        vm.stopPrank();
    }

    /// @dev F7: whoever leaves while one market is dead takes his part of the dead one with him. Those who stay keep their part
    /// of the good one, and what the dead one pays later is shared as before.
    function testFuzz_F7_LeavingFromGoodMarketsLeavesNobodyTheBad(uint256 part, uint256 recovered) public {
        _place(1, 40 ether);
        _place(2, 30 ether);
        adapters[2].setMovesRevert(true);
        adapters[2].setInstant(0);
        _freeze(true);
        part = bound(part, 1, 100);
        uint256 shares = (vault.balanceOf(ALICE) * part) / 100;
        uint256 bobBefore = vault.convertToAssets(vault.balanceOf(BOB));
        vm.prank(ALICE);
        uint256 cash = vault.redeemInKind(shares, ALICE, ALICE, 0);
        // 70 of 100 are good: nobody takes more of them than his part.
        atMost(cash, (70 ether * 60 * part) / 10_000, "more than her part of what pays");
        near(vault.convertToAssets(vault.balanceOf(BOB)), bobBefore, 100, "who stays keeps his part");
        // The dead market pays a part of what it owes after all.
        _freeze(false);
        recovered = bound(recovered, 1 ether, 30 ether);
        adapters[2].setMovesRevert(false);
        adapters[2].setInstant(type(uint256).max);
        adapters[2].setPosition(recovered, 0, 0);
        // The loss freezes it, which closes the way in only.
        pass(2 hours);
        vault.report(idList(2));
        asModule(one(exitLeg(2, recovered)));
        vm.prank(ALICE);
        uint256 later = vault.collectInKind(idList(2), ALICE);
        near(later, (recovered * 60 * part) / 10_000, 1e6, "her part of it, and no more");
    }

    /// @dev F9: a strategy that lost everything is not registered a second time beside itself; brought back, it counts once.
    function test_F9_AMarketAfterATotalLossIsCountedOnce() public {
        _place(1, 40 ether);
        pass(2 hours);
        lose(1, 40 ether);
        vault.report(idList(1));
        eq(vault.nav(), 60 ether, "lost");
        vm.startPrank(CURATOR);
        vm.expectRevert(
            abi.encodeWithSelector(Errors.StrategyRegistry_AlreadyRegistered.selector, address(adapters[1]))
        );
        registry.registerStrategy(address(adapters[1]), 1);
        registry.reactivate(1);
        vm.stopPrank();
        _place(1, 10 ether);
        eq(vault.totalDebt(), 10 ether, "once");
        eq(vault.riskDebt(0), 10 ether, "once by risk");
        eq(vault.nav(), 60 ether, "once in the NAV");
        vm.prank(CURATOR);
        vault.forceRevoke(1);
        vm.prank(CURATOR);
        vm.expectRevert(
            abi.encodeWithSelector(Errors.StrategyRegistry_AlreadyRegistered.selector, address(adapters[1]))
        );
        registry.registerStrategy(address(adapters[1]), 1);
    }

    /// @dev F13: a deposit of any size, however it is undone, leaves every strategy's debt and time where they were.
    function testFuzz_F13_AFlashDepositSteersNothing(uint256 amount) public {
        _place(1, 40 ether);
        _place(5, 10 ether);
        amount = bound(amount, 1, 100_000_000 ether);
        uint256[4] memory before = [vault.debtOf(1), vault.debtOf(5), vault.reportedAt(1), vault.navTimestamp()];
        uint256 held = weth.balanceOf(address(venue));
        uint256 shares = deposit(ATTACKER, amount);
        vm.prank(ATTACKER);
        atMost(vault.redeem(shares, ATTACKER, ATTACKER), amount, "not even a wei");
        eq(vault.debtOf(1), before[0], "first debt");
        eq(vault.debtOf(5), before[1], "second debt");
        eq(vault.reportedAt(1), before[2], "report");
        eq(vault.navTimestamp(), before[3], "NAV time");
        eq(weth.balanceOf(address(venue)), held, "the venue saw nothing");
    }

    /// @dev F22: no leg names a target, nothing is approved, and prices change behind the curator's door only.
    function test_F22_NoTargetIsNamedAndNothingIsApproved() public {
        _place(5, 10 ether);
        pass(2 hours);
        asModule(one(exitLeg(5, 4 ether)));
        eq(weth.allowance(address(vault), address(genuine)), 0, "vault to adapter");
        eq(weth.allowance(address(genuine), address(venue)), 0, "adapter to venue");
        eq(address(genuine.venue()), address(venue), "the venue is part of the code");
        vm.prank(KEEPER);
        vm.expectPartialRevert(bytes4(keccak256("AccessManagedUnauthorized(address)")));
        guard.disable(5);
    }

    /// @dev F23: a request made while a loss is known but unreported is priced after the report, so it bears the loss in full; and
    /// what is deposited afterwards buys at the price after the loss.
    function testFuzz_F23_LeavingThroughTheQueueBearsTheLoss(uint256 loss, uint256 part) public {
        _place(1, 40 ether);
        loss = bound(loss, 1 gwei, 39 ether);
        part = bound(part, 1, 100);
        uint256 shares = (vault.balanceOf(BOB) * part) / 100;
        lose(1, loss);
        uint256 id = _request(BOB, shares);
        pass(6 hours);
        vault.report(idList(1));
        queue.price();
        uint256 fair = ((100 ether - loss) * shares) / vault.convertToShares(100 ether - loss);
        uint256 got = queue.batch(id).assets;
        atMost(got, ((100 ether - loss) * 40 * part) / 10_000 + 1, "more than his part after the loss");
        near(got, ((100 ether - loss) * 40 * part) / 10_000, 1e6, "his part");
        ok(fair != 0, "priced");
        uint256 again = deposit(BOB, got);
        near(again, shares, 1e12, "back in at the same price: nothing avoided");
    }

    /// @dev F26: a batch is half open, a fee accrues once a timestamp, a token two wei short costs two wei, and a gift of an asset
    /// the vault does not know is in nobody's way.
    function test_F26_EdgesOfBatchesFeesAndShortTokens() public {
        uint256 first = _request(ALICE, 1e24);
        uint256 end = queue.batch(first).end;
        vm.warp(end - 1);
        eq(_request(ALICE, 1e24), first, "before the end: in");
        vm.warp(end);
        eq(_request(BOB, 1e24), first + 1, "at the end: the next");
        queue.price();
        vm.expectRevert(
            abi.encodeWithSelector(Errors.RedeemQueue_ReportTooOld.selector, first + 1, end, end + 6 hours)
        );
        queue.price();
        vault.setFeeRecipient(FEES);
        vm.prank(CURATOR);
        vault.setFees(200, 0);
        pass(30 days);
        vault.report(idList(1));
        uint256 fee = vault.balanceOf(FEES);
        ok(fee != 0, "a month's fee");
        vault.report(idList(2));
        vault.report(idList(1));
        eq(vault.balanceOf(FEES), fee, "once a timestamp");
        vm.startPrank(CURATOR);
        uint8 id = registry.registerStrategy(address(new ShortAdapterDouble(address(vault), address(weth), 2)), 1);
        registry.setLimits(id, limits(1_000 ether, 1_000 ether, 5_000, 50));
        guard.setOracle(id, guard.oracle(2));
        vm.stopPrank();
        uint256 nav = vault.nav();
        _place(id, 10 ether);
        eq(vault.nav(), nav - 2, "two wei in");
        pass(2 hours);
        asModule(one(exitLeg(id, 5 ether)));
        nextBlock();
        eq(vault.nav(), nav - 4, "two wei out");
        eq(vault.idle(), weth.balanceOf(address(vault)), "idle is what is held");
        // Vault shares of another vault, here the venue's, pushed onto vault and queue.
        deposit(ATTACKER, 1);
        vm.deal(ATTACKER, 1 ether);
        vm.startPrank(ATTACKER);
        weth.deposit{value: 1 ether}();
        weth.approve(address(venue), 1 ether);
        venue.deposit(1 ether, ATTACKER);
        venue.transfer(address(vault), 1);
        venue.transfer(address(queue), 1);
        vm.stopPrank();
        nextBlock();
        vm.prank(ALICE);
        vault.withdraw(1 ether, ALICE, ALICE);
        vm.prank(ALICE);
        ok(queue.claimRequest(first, ALICE, ALICE) != 0, "redemptions go on");
    }

    /// @dev F27: at a price older than the maximum age nobody leaves at once, and what the queue is owed is paid before anyone.
    function test_F27_SyncExitsNeitherUseOldPricesNorOvertakeTheQueue() public {
        _place(1, 40 ether);
        vm.prank(CURATOR);
        vault.setWithdrawalOrder(idList(1));
        uint256 id = _request(BOB, vault.balanceOf(BOB));
        pass(25 hours);
        eq(vault.maxWithdraw(ALICE), 0, "too old a price");
        vm.prank(ALICE);
        vm.expectPartialRevert(bytes4(keccak256("ERC4626ExceededMaxWithdraw(address,uint256,uint256)")));
        vault.withdraw(1, ALICE, ALICE);
        vm.expectPartialRevert(Errors.RedeemQueue_ReportTooOld.selector);
        queue.price();
        adapters[1].setInstant(0);
        vault.report(idList(1));
        // 60 are idle. Alice takes 50 before Bob is priced, as she may: nothing is owed yet.
        vm.prank(ALICE);
        vault.withdraw(50 ether, ALICE, ALICE);
        queue.price();
        eq(vault.queueLiabilities(), 30 ether, "10 of 40 were there");
        eq(vault.maxWithdraw(ALICE), 0, "now the queue is first");
        deposit(address(0xD), 20 ether);
        eq(vault.maxWithdraw(ALICE), 0, "new money is the queue's first as well");
        deposit(address(0xD), 15 ether);
        eq(vault.maxWithdraw(ALICE), 5 ether, "what is above it is free");
        queue.fund();
        vm.prank(BOB);
        eq(queue.claimRequest(id, BOB, BOB), 40 ether, "paid in full");
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Core} from "../support/ProofFixture.sol";
import {Actor, Ledger} from "./Actor.sol";

/// @notice Three people who deposit, withdraw and pass shares on, and an attacker among them. Every act within the limits
/// that the vault announces must succeed, every act above them must not.
contract Depositor is Actor {
    address internal constant ATTACKER = address(0xBAD);

    constructor(Core memory core_, Ledger ledger_) Actor(core_, ledger_) {}

    function deposit(uint256 who, uint256 assets) external {
        address user = actor(who);
        assets = bound(assets, 1, 300 ether);
        fund(user, assets);
        Before memory b = look();
        uint256 limit = vault.maxDeposit(user);
        uint256 expected = vault.previewDeposit(assets);
        vm.prank(user);
        try vault.deposit(assets, user) returns (uint256 shares) {
            ok(assets <= limit && shares != 0, "INV-15 a deposit above the limit went through");
            atMost(expected, shares, "INV-16 previewDeposit promised more");
            eq(vault.idle(), b.idle + assets, "INV-02 a deposit lands idle");
            priceKept(b, 0);
            ledger.note("deposit");
        } catch {
            ok(assets > limit || expected == 0, "INV-15 a deposit within the limit failed");
        }
        lockNotRaised(b);
    }

    function mint(uint256 who, uint256 shares) external {
        address user = actor(who);
        shares = bound(shares, 1, 100e24);
        uint256 cost = vault.previewMint(shares);
        if (cost > 1_000 ether) return;
        fund(user, cost);
        Before memory b = look();
        uint256 limit = vault.maxMint(user);
        vm.prank(user);
        try vault.mint(shares, user) returns (uint256 paid) {
            atMost(shares, limit, "INV-15 a mint above the limit went through");
            atMost(paid, cost, "INV-16 previewMint promised less");
            priceKept(b, 0);
            ledger.note("mint");
        } catch {
            ok(shares > limit, "INV-15 a mint within the limit failed");
        }
        lockNotRaised(b);
    }

    function depositEth(uint256 who, uint256 assets) external {
        address user = actor(who);
        assets = bound(assets, 1 gwei, 100 ether);
        if (vault.maxDeposit(user) < assets || vault.previewDeposit(assets) == 0) return;
        vm.deal(user, assets);
        Before memory b = look();
        vm.prank(user);
        vault.depositEth{value: assets}(user);
        eq(vault.idle(), b.idle + assets, "INV-02 ether lands idle");
        priceKept(b, 0);
    }

    function withdraw(uint256 who, uint256 part, bool tooMuch) external {
        address user = actor(who);
        uint256 limit = vault.maxWithdraw(user);
        uint256 assets = tooMuch ? limit + 1 + (part % 1 ether) : (limit * (part % 101)) / 100;
        Before memory b = look();
        uint256 expected = vault.previewWithdraw(assets);
        vm.prank(user);
        try vault.withdraw(assets, user, user) returns (uint256 burned) {
            atMost(assets, limit, "INV-15 a withdrawal above maxWithdraw went through");
            atMost(burned, expected, "INV-16 previewWithdraw promised less");
            _afterExit(b, assets);
            if (assets != 0) ledger.note("withdraw");
        } catch {
            // Nothing is nothing also where exits are closed; there it is refused.
            bool closed = assets == 0 && !vault.exitsOpen();
            ok(assets > limit || closed || _mayFail(assets), "INV-15 a withdrawal within maxWithdraw failed");
        }
        lockNotRaised(b);
    }

    function redeem(uint256 who, uint256 part, bool tooMuch, bool asEther) external {
        address user = actor(who);
        uint256 limit = vault.maxRedeem(user);
        uint256 shares = tooMuch ? limit + 1 + (part % 1e24) : (limit * (part % 101)) / 100;
        Before memory b = look();
        uint256 expected = vault.previewRedeem(shares);
        bool payable_ = vault.exitsOpen() && shares <= vault.balanceOf(user) && expected <= vault.availableLiquidity();
        uint256 held = user.balance + core.weth.balanceOf(user);
        vm.prank(user);
        bool done = quiet(
            address(vault),
            asEther
                ? abi.encodeCall(vault.redeemEth, (shares, user, user))
                : abi.encodeCall(vault.redeem, (shares, user, user))
        );
        // A share is a millionth of a wei, so the exact line runs between amounts of assets, and maxRedeem stays below it.
        ok(!done || payable_, "INV-15 a redemption of more than can be paid went through");
        ok(done || !payable_ || _mayFail(expected), "INV-15 a redemption that can be paid failed");
        ok(payable_ || shares > limit || shares == 0, "INV-15 maxRedeem promises what cannot be paid");
        if (done) {
            uint256 got = user.balance + core.weth.balanceOf(user) - held;
            atMost(expected, got, "INV-16 previewRedeem promised more");
            _afterExit(b, got);
            if (shares != 0) ledger.note("redeem");
        }
        lockNotRaised(b);
    }

    function transferShares(uint256 from, uint256 to, uint256 part) external {
        Before memory b = look();
        address sender = actor(from);
        uint256 shares = (vault.balanceOf(sender) * (part % 101)) / 100;
        vm.prank(sender);
        vault.transfer(actor(to), shares);
        booksKept(b, "INV-13 a transfer of shares moved the books");
    }

    /// @notice In and out inside one transaction, also around a report: never a wei more than was put in.
    function roundTrip(uint256 assets, bool reportBetween, bool claimBetween) external {
        assets = bound(assets, 1, 500 ether);
        if (vault.maxDeposit(ATTACKER) < assets || vault.previewDeposit(assets) == 0) return;
        fund(ATTACKER, assets);
        uint256 held = core.weth.balanceOf(ATTACKER);
        vm.prank(ATTACKER);
        vault.deposit(assets, ATTACKER);
        if (reportBetween) vault.report(allIds());
        if (claimBetween) quiet(address(vault), abi.encodeCall(vault.claim, (allIds())));
        uint256 shares = _redeemable(ATTACKER);
        if (shares != 0) {
            vm.prank(ATTACKER);
            vault.redeem(shares, ATTACKER, ATTACKER);
        }
        atMost(core.weth.balanceOf(ATTACKER), held, "INV-06 a round trip paid");
        // What could not leave at once stays the attacker's, and must not be worth more than what is missing.
        uint256 rest = vault.convertToAssets(vault.balanceOf(ATTACKER));
        atMost(core.weth.balanceOf(ATTACKER) + rest, held, "INV-06 a round trip left value behind");
        if (shares != 0) ledger.note("round trip");
        // The next trip starts from nothing.
        uint256 stuck = vault.balanceOf(ATTACKER);
        vm.prank(ATTACKER);
        vault.transfer(actor(0), stuck);
    }

    /// @notice The other way round: shares sold and bought back with what they paid.
    function reverseTrip(uint256 who, uint256 part) external {
        address user = actor(who);
        uint256 shares = (_redeemable(user) * (part % 101)) / 100;
        if (vault.previewRedeem(shares) == 0) return;
        vm.startPrank(user);
        uint256 assets = vault.redeem(shares, user, user);
        core.weth.approve(address(vault), assets);
        if (vault.maxDeposit(user) >= assets && vault.previewDeposit(assets) != 0) {
            uint256 again = vault.deposit(assets, user);
            atMost(again, shares, "INV-06 selling and buying back paid");
        }
        vm.stopPrank();
    }

    /// @dev Only where idle does not reach, and only when a venue of the withdrawal order pays less than it promises.
    function _mayFail(uint256 assets) private view returns (bool) {
        return assets > freeIdle() && !venuesKeepTheirWord();
    }

    /// @dev What idle alone pays: venues that refuse have their own act.
    function _redeemable(address who) private view returns (uint256 shares) {
        shares = vault.maxRedeem(who);
        uint256 fromIdle = vault.convertToShares(freeIdle());
        if (fromIdle < shares) shares = fromIdle;
    }

    /// @dev Strategies may have been drawn on, at book value; what the queue is owed was not touched.
    function _afterExit(Before memory b, uint256 paid) private view {
        eq(vault.nav() + paid, b.nav, "INV-03 an exit took something else than it paid from the NAV");
        eq(
            core.weth.balanceOf(address(vault)) + b.idle,
            b.balance + vault.idle(),
            "INV-02 an exit left the books behind"
        );
        if (paid != 0) atMost(vault.queueLiabilities(), vault.idle(), "INV-25 an exit spent what the queue is owed");
        eq(vault.queueLiabilities(), b.owed, "INV-25 an exit changed what the queue is owed");
        priceKept(b, 0);
    }
}

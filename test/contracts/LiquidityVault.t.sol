// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ERC4626} from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {Errors} from "../../contracts/libraries/Errors.sol";
import {CoreFixture} from "./support/CoreFixture.sol";

/// @notice Depositors: shares, ether, limits, bounds, donations.
contract LiquidityVaultTest is CoreFixture {
    function testFuzz_DepositThenRedeemNeverGains(uint256 first, uint256 second, uint256 part) public {
        first = bound(first, 1, 1_000_000 ether);
        second = bound(second, 1, 1_000_000 ether);
        deposit(BOB, first);
        uint256 shares = deposit(ALICE, second);
        part = bound(part, 0, shares);
        vm.prank(ALICE);
        uint256 got = vault.redeem(part, ALICE, ALICE);
        atMost(got, second, "redeemed");
        near(got, (second * part) / shares, 1, "pro rata");
        eq(vault.idle(), first + second - got, "idle");
        checkBooks();
    }

    function testFuzz_MaxWithdrawAndMaxRedeemAreExact(uint256 assets, uint256 placed) public {
        assets = bound(assets, 1 ether, 500 ether);
        deposit(ALICE, assets);
        placed = bound(placed, 1, (assets * 49) / 100);
        allocate(1, placed);
        nextBlock();
        uint256 limit = vault.maxWithdraw(ALICE);
        eq(limit, vault.idle(), "the whole idle");
        uint256 shareLimit = vault.maxRedeem(ALICE);
        vm.prank(ALICE);
        vm.expectRevert(abi.encodeWithSelector(ERC4626.ERC4626ExceededMaxWithdraw.selector, ALICE, limit + 1, limit));
        vault.withdraw(limit + 1, ALICE, ALICE);
        vm.prank(ALICE);
        uint256 burnt = vault.withdraw(limit / 2, ALICE, ALICE);
        atMost(burnt, shareLimit, "shares");
        uint256 rest = vault.maxRedeem(ALICE);
        vm.prank(ALICE);
        vault.redeem(rest, ALICE, ALICE);
        atMost(vault.idle(), 1, "idle is spent");
        checkBooks();
    }

    function testFuzz_DonationMovesNothing(uint256 donated) public {
        donated = bound(donated, 1, 1e27);
        uint256 shares = deposit(ALICE, 10 ether);
        uint256 worth = vault.previewRedeem(shares);
        vm.deal(address(this), donated);
        weth.deposit{value: donated}();
        weth.transfer(address(vault), donated);
        eq(vault.nav(), 10 ether, "nav");
        eq(vault.previewRedeem(shares), worth, "share price");
        eq(vault.maxWithdraw(ALICE), worth, "max withdraw");
    }

    function testFuzz_InflationAttackCostsTheAttacker(uint256 seed, uint256 gift, uint256 victim) public {
        seed = bound(seed, 1, 1 ether);
        gift = bound(gift, 1, 100_000 ether);
        victim = bound(victim, 1e9, 1_000 ether);
        uint256 attackerShares = deposit(BOB, seed);
        vm.deal(address(this), gift);
        weth.deposit{value: gift}();
        weth.transfer(address(vault), gift);
        uint256 shares = deposit(ALICE, victim);
        near(vault.previewRedeem(shares), victim, 1, "the victim keeps everything");
        atMost(vault.previewRedeem(attackerShares), seed, "the attacker gains nothing");
    }

    /// The other door of the attack: a gift to the adapter of a strategy with debt does become NAV, but slowly.
    function test_GiftToAnAdapterIsLockedAndCannotRobTheNextDepositor() public {
        deposit(BOB, 1 ether);
        allocate(1, 0.1 ether);
        earn(1, 1_000 ether);
        pass(2 hours);
        vault.report(idList(1));
        eq(vault.totalAssets(), 1 ether, "price unchanged");
        uint256 shares = deposit(ALICE, 1 ether);
        near(vault.previewRedeem(shares), 1 ether, 1, "the depositor keeps everything");
    }

    function test_EtherInAndOut() public {
        vm.deal(ALICE, 5 ether);
        vm.prank(ALICE);
        uint256 shares = vault.depositEth{value: 5 ether}(ALICE);
        eq(shares, 5e24, "six more decimals");
        eq(weth.balanceOf(address(vault)), 5 ether, "wrapped");
        vm.prank(ALICE);
        uint256 assets = vault.redeemEth(shares, BOB, ALICE);
        eq(BOB.balance, assets, "paid in ether");
        eq(assets, 5 ether, "all of it");
        eq(vault.totalSupply(), 0, "burnt");
    }

    function test_RevertWhen_AStrangerRedeemsEther() public {
        uint256 shares = deposit(ALICE, 1 ether);
        vm.prank(BOB);
        vm.expectPartialRevert(bytes4(keccak256("ERC20InsufficientAllowance(address,uint256,uint256)")));
        vault.redeemEth(shares, BOB, ALICE);
    }

    function test_RevertWhen_EtherIsSentPlainly() public {
        vm.deal(address(this), 1 ether);
        (bool sent, bytes memory reason) = address(vault).call{value: 1 ether}("");
        ok(!sent, "refused");
        eq(uint32(bytes4(reason)), uint32(Errors.LiquidityVault_UnexpectedEther.selector), "reason");
    }

    function test_RevertWhen_BoundsOfTheCallerAreMissed() public {
        vm.deal(ALICE, 3 ether);
        vm.startPrank(ALICE);
        weth.deposit{value: 3 ether}();
        weth.approve(address(vault), 3 ether);
        vm.expectRevert(abi.encodeWithSelector(Errors.LiquidityVault_Expired.selector, START - 1, START));
        vault.depositWithMin(1 ether, ALICE, 0, START - 1);
        vm.expectRevert(abi.encodeWithSelector(Errors.LiquidityVault_TooFewShares.selector, 1e24, 1e24 + 1));
        vault.depositWithMin(1 ether, ALICE, 1e24 + 1, START);
        uint256 shares = vault.depositWithMin(1 ether, ALICE, 1e24, START);
        vm.expectRevert(abi.encodeWithSelector(Errors.LiquidityVault_TooFewAssets.selector, 1 ether, 1 ether + 1));
        vault.redeemWithMin(shares, ALICE, ALICE, 1 ether + 1, START);
        eq(vault.redeemWithMin(shares, ALICE, ALICE, 1 ether, START), 1 ether, "redeemed");
        vm.stopPrank();
    }

    function test_RevertWhen_ADepositBuysNoShare() public {
        vm.prank(ALICE);
        vm.expectRevert(abi.encodeWithSelector(Errors.LiquidityVault_ZeroShares.selector, 0));
        vault.deposit(0, ALICE);
        vm.expectRevert(abi.encodeWithSelector(Errors.LiquidityVault_ZeroShares.selector, 0));
        vault.depositEth(ALICE);
    }

    function test_PausedDepositsLeaveWithdrawalsOpen() public {
        deposit(ALICE, 2 ether);
        vault.pauseDeposits();
        eq(vault.maxDeposit(ALICE), 0, "max deposit");
        eq(vault.maxMint(ALICE), 0, "max mint");
        vm.deal(BOB, 1 ether);
        vm.prank(BOB);
        vm.expectRevert(abi.encodeWithSelector(ERC4626.ERC4626ExceededMaxDeposit.selector, BOB, 1 ether, 0));
        vault.depositEth{value: 1 ether}(BOB);
        vm.prank(ALICE);
        vault.withdraw(1 ether, ALICE, ALICE);
        vault.unpauseDeposits();
        deposit(BOB, 1 ether);
    }

    function test_PermitReplacesAnApproval() public {
        uint256 key = 0xBEEF;
        address owner = vm.addr(key);
        uint256 shares = deposit(owner, 1 ether);
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"),
                owner,
                BOB,
                shares,
                0,
                START
            )
        );
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(
            key,
            keccak256(abi.encodePacked(hex"1901", vault.DOMAIN_SEPARATOR(), structHash))
        );
        vault.permit(owner, BOB, shares, START, v, r, s);
        vm.prank(BOB);
        eq(vault.redeem(shares, BOB, owner), 1 ether, "redeemed by permit");
    }

    function test_NothingEntersOrLeavesInTheBlockOfARebalance() public {
        deposit(ALICE, 10 ether);
        allocate(1, 1 ether);
        eq(vault.maxDeposit(BOB), 0, "max deposit");
        eq(vault.maxMint(BOB), 0, "max mint");
        eq(vault.maxWithdraw(ALICE), 0, "max withdraw");
        eq(vault.maxRedeem(ALICE), 0, "max redeem");
        eq(vault.availableLiquidity(), 0, "available");
        vm.prank(ALICE);
        vm.expectRevert(abi.encodeWithSelector(ERC4626.ERC4626ExceededMaxWithdraw.selector, ALICE, 1, 0));
        vault.withdraw(1, ALICE, ALICE);
        nextBlock();
        deposit(BOB, 1 ether);
        vm.prank(ALICE);
        vault.withdraw(1 ether, ALICE, ALICE);
    }

    function test_SyncExitsStopAtAStaleNavAndReopenWithAReport() public {
        deposit(ALICE, 10 ether);
        allocate(1, 1 ether);
        pass(1 days);
        eq(vault.maxWithdraw(ALICE), 9 ether, "at the limit of age");
        pass(1);
        eq(vault.maxWithdraw(ALICE), 0, "stale");
        eq(vault.maxRedeem(ALICE), 0, "stale");
        vault.report(idList(1));
        eq(vault.navTimestamp(), block.timestamp, "fresh");
        eq(vault.maxWithdraw(ALICE), 9 ether, "open");
    }

    function test_WithoutDebtTheNavIsNeverStale() public {
        deposit(ALICE, 10 ether);
        pass(400 days);
        eq(vault.maxWithdraw(ALICE), 10 ether, "idle needs no report");
        eq(vault.navTimestamp(), block.timestamp, "now");
    }

    function test_RevertWhen_BoundTwiceOrToNothing() public {
        vm.expectRevert(abi.encodeWithSelector(Errors.LiquidityVault_AlreadyBound.selector, address(this)));
        vault.bindProposalModule(BOB);
        vm.expectRevert(abi.encodeWithSelector(Errors.StrategyRegistry_AlreadyBound.selector, address(vault)));
        registry.bindVault(address(this));
        vm.expectRevert(abi.encodeWithSelector(Errors.OracleGuard_AlreadyBound.selector, address(vault)));
        guard.bindVault(address(this));
    }

    function test_RevertWhen_RestrictedFunctionsAreCalledByAnyone() public {
        vm.startPrank(BOB);
        bytes memory denied = abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, BOB);
        vm.expectRevert(denied);
        vault.pauseDeposits();
        vm.expectRevert(denied);
        vault.unpauseDeposits();
        vm.expectRevert(denied);
        vault.bindProposalModule(address(this));
        vm.expectRevert(abi.encodeWithSelector(Errors.LiquidityVault_NotModule.selector, BOB, address(this)));
        vault.rebalance(one(allocateLeg(1, 1)), 0, 0);
        vm.stopPrank();
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Errors} from "../../contracts/libraries/Errors.sol";
import {CoreFixture} from "./support/CoreFixture.sol";

/// @notice What ERC-4626 promises to integrators, as properties, in the manner of a16z's suite and written anew: previews
/// against acts, limits, round trips, allowances, zero. Each concrete suite below runs all of them in another state.
abstract contract Erc4626Properties is CoreFixture {
    address internal constant CALLER = address(0xCA11);
    address internal constant OWNER = address(0x0E4);
    address internal constant RECEIVER = address(0x4EC);

    function setUp() public virtual override {
        super.setUp();
        prepare();
    }

    /// @dev Brings the vault into the state under test, with exits open.
    function prepare() internal virtual;

    // VIEWS

    function test_AssetIsTheToken() public view {
        eq(vault.asset(), address(weth), "asset");
        eq(vault.decimals(), 24, "decimals are the asset's plus the offset");
    }

    function testFuzz_TotalAssetsCoversEveryShare(uint256 shares) public view {
        shares = bound(shares, 0, vault.totalSupply());
        atMost(vault.convertToAssets(shares), vault.totalAssets(), "shares are worth more than there is");
    }

    /// @dev Nobody's account may change what a conversion says.
    function testFuzz_ConversionsIgnoreTheCaller(uint256 amount, address a, address b) public {
        amount = bound(amount, 0, 1e30);
        vm.prank(a);
        uint256 shares = vault.convertToShares(amount);
        vm.prank(b);
        eq(vault.convertToShares(amount), shares, "shares by caller");
        vm.prank(a);
        uint256 assets = vault.convertToAssets(amount);
        vm.prank(b);
        eq(vault.convertToAssets(amount), assets, "assets by caller");
    }

    function testFuzz_ConversionsRoundDown(uint256 amount) public view {
        amount = bound(amount, 0, 1e27);
        atMost(vault.convertToAssets(vault.convertToShares(amount)), amount, "assets there and back");
        atMost(vault.convertToShares(vault.convertToAssets(amount)), amount, "shares there and back");
    }

    function testFuzz_PreviewsRoundForTheVault(uint256 amount) public view {
        amount = bound(amount, 1, 1e27);
        atMost(vault.previewDeposit(amount), vault.convertToShares(amount), "deposit gives too much");
        atMost(vault.convertToShares(amount), vault.previewWithdraw(amount), "withdraw burns too little");
        atMost(vault.previewRedeem(amount), vault.convertToAssets(amount), "redeem pays too much");
        atMost(vault.convertToAssets(amount), vault.previewMint(amount), "mint costs too little");
    }

    function testFuzz_LimitsNeverRevert(address who) public view {
        vault.maxDeposit(who);
        vault.maxMint(who);
        vault.maxWithdraw(who);
        vault.maxRedeem(who);
    }

    // ACTS

    function testFuzz_DepositGivesAtLeastItsPreview(uint256 assets) public {
        assets = bound(assets, 1, 1_000 ether);
        fund(CALLER, assets);
        uint256 expected = vault.previewDeposit(assets);
        if (expected == 0) return;
        uint256 before = weth.balanceOf(CALLER);
        vm.prank(CALLER);
        uint256 shares = vault.deposit(assets, RECEIVER);
        atMost(expected, shares, "preview");
        eq(vault.balanceOf(RECEIVER), shares, "the receiver's shares");
        eq(before - weth.balanceOf(CALLER), assets, "the caller's assets");
    }

    function testFuzz_MintCostsAtMostItsPreview(uint256 shares) public {
        shares = bound(shares, 1, 500e24);
        uint256 expected = vault.previewMint(shares);
        fund(CALLER, expected);
        vm.prank(CALLER);
        uint256 assets = vault.mint(shares, RECEIVER);
        atMost(assets, expected, "preview");
        eq(vault.balanceOf(RECEIVER), shares, "the receiver's shares");
    }

    function testFuzz_WithdrawPaysExactlyAndBurnsAtMostItsPreview(uint256 assets) public {
        hold(OWNER, 100 ether);
        assets = bound(assets, 0, vault.maxWithdraw(OWNER));
        uint256 expected = vault.previewWithdraw(assets);
        uint256 shares = vault.balanceOf(OWNER);
        vm.prank(OWNER);
        uint256 burned = vault.withdraw(assets, RECEIVER, OWNER);
        atMost(burned, expected, "preview");
        eq(weth.balanceOf(RECEIVER), assets, "the receiver's assets");
        eq(shares - vault.balanceOf(OWNER), burned, "the owner's shares");
    }

    function testFuzz_RedeemPaysAtLeastItsPreview(uint256 shares) public {
        hold(OWNER, 100 ether);
        shares = bound(shares, 0, vault.maxRedeem(OWNER));
        uint256 expected = vault.previewRedeem(shares);
        uint256 held = vault.balanceOf(OWNER);
        vm.prank(OWNER);
        uint256 assets = vault.redeem(shares, RECEIVER, OWNER);
        atMost(expected, assets, "preview");
        eq(weth.balanceOf(RECEIVER), assets, "the receiver's assets");
        eq(held - vault.balanceOf(OWNER), shares, "the owner's shares");
    }

    // LIMITS

    function testFuzz_TheLimitsAreReachable(uint256 assets) public {
        assets = bound(assets, 1 gwei, 500 ether);
        hold(OWNER, assets);
        uint256 limit = vault.maxWithdraw(OWNER);
        uint256 burned = vault.previewWithdraw(limit);
        vm.prank(OWNER);
        eq(vault.withdraw(limit, OWNER, OWNER), burned, "all that may leave, leaves");
    }

    function testFuzz_AboveTheLimitsNothingPasses(uint256 over) public {
        hold(OWNER, 50 ether);
        over = bound(over, 1, 1e30);
        uint256 assets = vault.maxWithdraw(OWNER);
        uint256 shares = vault.maxRedeem(OWNER);
        vm.startPrank(OWNER);
        vm.expectPartialRevert(bytes4(keccak256("ERC4626ExceededMaxWithdraw(address,uint256,uint256)")));
        vault.withdraw(assets + over, OWNER, OWNER);
        vm.expectPartialRevert(bytes4(keccak256("ERC4626ExceededMaxRedeem(address,uint256,uint256)")));
        vault.redeem(shares + over, OWNER, OWNER);
        vm.stopPrank();
    }

    // ROUND TRIPS

    function testFuzz_DepositRedeem(uint256 assets) public {
        assets = bound(assets, 1, 1_000 ether);
        if (vault.previewDeposit(assets) == 0) return;
        hold(OWNER, assets);
        uint256 shares = vault.maxRedeem(OWNER);
        vm.prank(OWNER);
        uint256 back = vault.redeem(shares, OWNER, OWNER);
        atMost(back + vault.convertToAssets(vault.balanceOf(OWNER)), assets, "deposit, redeem");
    }

    function testFuzz_DepositWithdraw(uint256 assets) public {
        assets = bound(assets, 1, 1_000 ether);
        uint256 given = vault.previewDeposit(assets);
        if (given == 0) return;
        hold(OWNER, assets);
        if (vault.maxWithdraw(OWNER) < assets) return;
        uint256 needed = vault.previewWithdraw(assets);
        atMost(given, needed, "deposit, withdraw");
    }

    function testFuzz_MintRedeem(uint256 shares) public {
        shares = bound(shares, 1, 500e24);
        uint256 cost = vault.previewMint(shares);
        fund(OWNER, cost);
        vm.startPrank(OWNER);
        vault.mint(shares, OWNER);
        uint256 back = vault.redeem(smaller(shares, vault.maxRedeem(OWNER)), OWNER, OWNER);
        vm.stopPrank();
        atMost(back, cost, "mint, redeem");
    }

    function testFuzz_RedeemDepositGivesNoMoreShares(uint256 part) public {
        hold(OWNER, 80 ether);
        uint256 shares = (vault.maxRedeem(OWNER) * bound(part, 1, 100)) / 100;
        vm.startPrank(OWNER);
        uint256 assets = vault.redeem(shares, OWNER, OWNER);
        weth.approve(address(vault), assets);
        if (vault.previewDeposit(assets) != 0) atMost(vault.deposit(assets, OWNER), shares, "redeem, deposit");
        vm.stopPrank();
    }

    // ALLOWANCES

    function testFuzz_AStrangerSpendsExactlyHisAllowance(uint256 part, bool byAssets) public {
        hold(OWNER, 60 ether);
        uint256 shares = (vault.maxRedeem(OWNER) * bound(part, 1, 100)) / 100;
        uint256 assets = vault.previewRedeem(shares);
        uint256 needed = byAssets ? vault.previewWithdraw(assets) : shares;
        vm.prank(OWNER);
        vault.approve(CALLER, needed);
        vm.prank(CALLER);
        if (byAssets) vault.withdraw(assets, RECEIVER, OWNER);
        else vault.redeem(shares, RECEIVER, OWNER);
        eq(vault.allowance(OWNER, CALLER), 0, "the allowance is spent");
    }

    function testFuzz_RevertWhen_TheAllowanceIsAWeiShort(uint256 part, bool byAssets) public {
        hold(OWNER, 60 ether);
        uint256 shares = (vault.maxRedeem(OWNER) * bound(part, 1, 100)) / 100;
        uint256 assets = vault.previewRedeem(shares);
        uint256 needed = byAssets ? vault.previewWithdraw(assets) : shares;
        vm.prank(OWNER);
        vault.approve(CALLER, needed - 1);
        vm.expectPartialRevert(bytes4(keccak256("ERC20InsufficientAllowance(address,uint256,uint256)")));
        vm.prank(CALLER);
        if (byAssets) vault.withdraw(assets, RECEIVER, OWNER);
        else vault.redeem(shares, RECEIVER, OWNER);
    }

    // ZERO

    function test_ZeroChangesNothing() public {
        hold(OWNER, 10 ether);
        uint256 supply = vault.totalSupply();
        uint256 assets = vault.totalAssets();
        vm.startPrank(OWNER);
        eq(vault.withdraw(0, OWNER, OWNER), 0, "withdraw");
        eq(vault.redeem(0, OWNER, OWNER), 0, "redeem");
        // Refused rather than taken: a deposit that buys nothing would be a gift.
        vm.expectPartialRevert(Errors.LiquidityVault_ZeroShares.selector);
        vault.mint(0, OWNER);
        vm.expectPartialRevert(Errors.LiquidityVault_ZeroShares.selector);
        vault.deposit(0, OWNER);
        vm.stopPrank();
        eq(vault.totalSupply(), supply, "supply");
        eq(vault.totalAssets(), assets, "assets");
        eq(
            vault.previewDeposit(0) + vault.previewMint(0) + vault.previewWithdraw(0) + vault.previewRedeem(0),
            0,
            "previews"
        );
    }

    // HELPERS

    function fund(address who, uint256 assets) internal {
        vm.deal(who, assets);
        vm.startPrank(who);
        weth.deposit{value: assets}();
        weth.approve(address(vault), assets);
        vm.stopPrank();
    }

    function hold(address who, uint256 assets) internal {
        deposit(who, assets);
    }

    function smaller(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }
}

contract Erc4626EmptyTest is Erc4626Properties {
    function prepare() internal override {}
}

contract Erc4626IdleTest is Erc4626Properties {
    function prepare() internal override {
        deposit(ALICE, 333 ether + 7);
    }
}

contract Erc4626LockedProfitTest is Erc4626Properties {
    function prepare() internal override {
        deposit(ALICE, 400 ether);
        allocate(1, 150 ether);
        pass(2 hours);
        earn(1, 3 ether + 11);
        vault.report(idList(1));
        pass(31 hours);
        vault.report(idList(1));
        ok(vault.lockedProfit() > 1 ether, "profit is locked");
    }
}

contract Erc4626DebtTest is Erc4626Properties {
    function prepare() internal override {
        deposit(ALICE, 200 ether + 3);
        allocate(1, 90 ether);
        nextBlock();
        allocate(2, 60 ether);
        nextBlock();
        ok(vault.totalDebt() > vault.idle(), "most is placed");
    }
}

contract Erc4626LossTest is Erc4626Properties {
    function prepare() internal override {
        deposit(ALICE, 200 ether);
        allocate(1, 90 ether);
        pass(2 hours);
        lose(1, 17 ether + 1);
        vault.report(idList(1));
        ok(vault.convertToAssets(1e24) < 1 ether, "the price fell");
    }
}

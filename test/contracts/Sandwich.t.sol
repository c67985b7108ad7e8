// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ProofFixture} from "./support/ProofFixture.sol";

/// @notice Whoever enters just before something happens and leaves just after it has no more than he brought, whatever happens,
/// whatever he gives away meanwhile, and through whichever door he leaves. No time passes inside a sandwich: what unlocks with
/// time is yield, and `testFuzz_BuyingAReportPaysAtMostTheUnlock` bounds it.
contract SandwichTest is ProofFixture {
    address internal constant ATTACKER = address(0xBAD);
    /// @dev Everything the attacker ever put in, gifts included.
    uint256 private _spent;

    function setUp() public override {
        super.setUp();
        deposit(ALICE, 300 ether);
        deposit(BOB, 100 ether);
        vault.setFeeRecipient(FEES);
        vm.startPrank(CURATOR);
        vault.setFees(200, 2_000);
        vault.setWithdrawalOrder(idList(1));
        vm.stopPrank();
        _run(1, 150 ether);
        _run(2, 100 ether);
        pass(2 hours);
    }

    function _run(uint8 id, uint256 amount) private {
        asModule(one(allocateLeg(id, amount)));
        nextBlock();
    }

    function _enter(uint256 stake) private returns (uint256 shares) {
        shares = deposit(ATTACKER, stake);
        _spent += stake;
    }

    /// @dev To the vault, the queue or an adapter, by the attacker.
    function _gift(uint256 seed) private {
        uint256 amount = (seed >> 8) % 50 ether;
        if (seed % 2 == 0 || amount == 0) return;
        address[3] memory targets = [address(vault), address(queue), address(adapters[1])];
        vm.deal(ATTACKER, amount);
        vm.startPrank(ATTACKER);
        weth.deposit{value: amount}();
        weth.transfer(targets[(seed >> 4) % 3], amount);
        vm.stopPrank();
        _spent += amount;
    }

    /// @dev Sells all he can at once; the rest counts at its full worth.
    function _leave() private returns (uint256 got) {
        uint256 most = vault.maxRedeem(ATTACKER);
        vm.startPrank(ATTACKER);
        if (most != 0) vault.redeem(most, ATTACKER, ATTACKER);
        vm.stopPrank();
        return weth.balanceOf(ATTACKER) + vault.convertToAssets(vault.balanceOf(ATTACKER));
    }

    function _change(uint256 seed, uint256 amount) private {
        if (seed % 3 == 0) earn(1, bound(amount, 1, 20 ether));
        else if (seed % 3 == 1) lose(1, bound(amount, 1, 20 ether));
    }

    function testFuzz_AroundAReport(uint256 stake, uint256 seed, uint256 amount) public {
        stake = bound(stake, 1 gwei, 100_000 ether);
        _change(seed, amount);
        _gift(seed >> 32);
        _enter(stake);
        _gift(seed >> 64);
        vault.report(idList(1));
        _gift(seed >> 96);
        atMost(_leave(), _spent, "a report was sandwiched");
    }

    function testFuzz_AroundAClaim(uint256 stake, uint256 seed, uint256 amount) public {
        stake = bound(stake, 1 gwei, 100_000 ether);
        asModule(one(requestLeg(1, 50 ether)));
        nextBlock();
        adapters[1].finishExits();
        _change(seed, amount);
        _enter(stake);
        _gift(seed >> 64);
        vault.claim(idList(1));
        _gift(seed >> 96);
        atMost(_leave(), _spent, "a claim was sandwiched");
    }

    function testFuzz_AroundAnExecution(uint256 stake, uint256 seed, uint256 amount) public {
        stake = bound(stake, 1 gwei, 1_000 ether);
        _change(seed, amount);
        _enter(stake);
        _gift(seed >> 64);
        // The venues keep a little, or give a little.
        adapters[1].setOutcome(10_000, bound(seed >> 128, 9_900, 10_000), 10_000, 0);
        adapters[2].setOutcome(bound(seed >> 160, 9_900, 10_100), 10_000, 10_000, 0);
        asModule((seed >> 200) % 2 == 0 ? one(exitLeg(1, 30 ether)) : one(allocateLeg(2, 20 ether)));
        eq(vault.maxRedeem(ATTACKER) + vault.maxDeposit(ATTACKER), 0, "the block is closed");
        nextBlock();
        _gift(seed >> 96);
        atMost(_leave(), _spent, "an execution was sandwiched");
    }

    /// @dev A flash deposit around the pricing of others, before or after the report that prices them.
    function testFuzz_AroundThePricingOfTheQueue(uint256 stake, uint256 seed, uint256 amount) public {
        stake = bound(stake, 1 gwei, 100_000 ether);
        uint256 leaving = (vault.balanceOf(BOB) * bound(seed >> 224, 1, 100)) / 100;
        vm.startPrank(BOB);
        vault.approve(address(queue), leaving);
        queue.requestRedeem(leaving, BOB, BOB);
        vm.stopPrank();
        pass(6 hours);
        _change(seed, amount);
        uint8[] memory both = idList(1, 2);
        bool early = (seed >> 16) % 2 == 0;
        if (early) _enter(stake);
        _gift(seed >> 32);
        vault.report(both);
        if (!early) _enter(stake);
        _gift(seed >> 64);
        queue.price();
        _gift(seed >> 96);
        queue.fund();
        atMost(_leave(), _spent, "the pricing of the queue was sandwiched");
    }

    /// @dev In by deposit, out by the queue: the attacker asks in the batch that a known gain will price.
    function testFuzz_ThroughTheQueueOnlyWhatUnlocksIsEarned(uint256 stake, uint256 seed, uint256 amount) public {
        stake = bound(stake, 1 ether, 1_000 ether);
        uint256 supply = vault.totalSupply();
        uint256 shares = _enter(stake);
        vm.startPrank(ATTACKER);
        vault.approve(address(queue), shares);
        uint256 id = queue.requestRedeem(shares, ATTACKER, ATTACKER);
        vm.stopPrank();
        pass(6 hours);
        _change(seed, amount);
        uint8[] memory both = idList(1, 2);
        vault.report(both);
        queue.price();
        // Nothing was locked before; the gain of now is locked whole. Fees only lower it.
        atMost(queue.batch(id).assets, stake, "a gain not yet unlocked was paid out");
        ok(vault.totalSupply() >= supply, "those who stay are there");
    }
}

/// @notice Fees through any life: paid in shares, to one account, within their terms, never twice for the same height.
contract FeeLifeTest is ProofFixture {
    uint256 private constant PRICE = 1e27;

    function setUp() public override {
        super.setUp();
        deposit(ALICE, 300 ether);
        asModule(one(allocateLeg(1, 150 ether)));
        pass(2 hours);
        vault.setFeeRecipient(FEES);
    }

    function _price() private view returns (uint256) {
        return (vault.totalAssets() * PRICE) / vault.totalSupply();
    }

    function testFuzz_FeesThroughAnyLifeStayWithinTheirTerms(
        uint256 seed,
        uint16 management,
        uint16 performance
    ) public {
        management = uint16(bound(management, 0, 200));
        performance = uint16(bound(performance, 0, 2_000));
        vm.startPrank(CURATOR);
        vault.setFees(management, performance);
        registry.setLimits(1, limits(1_000 ether, 1_000 ether, 5_000, 10_000));
        vm.stopPrank();
        uint256 highest = _price();
        for (uint256 i; i < 8; ++i) {
            uint256 r = uint256(keccak256(abi.encode(seed, i)));
            if (r % 4 == 0) earn(1, bound(r >> 8, 0, 10 ether));
            else if (r % 4 == 1) lose(1, bound(r >> 8, 0, 10 ether));
            else if (r % 4 == 2) deposit(BOB, bound(r >> 8, 1 gwei, 500 ether));
            uint256 elapsed = bound(r >> 128, 1 hours, 60 days);
            pass(elapsed);
            highest = _accrue(management, performance, elapsed, highest);
        }
    }

    function _accrue(
        uint256 management,
        uint256 performance,
        uint256 elapsed,
        uint256 highest
    ) private returns (uint256) {
        uint256 supply = vault.totalSupply();
        uint256 held = vault.balanceOf(FEES);
        uint256 nav = vault.nav();
        uint256 debt = vault.debtOf(1);
        vault.report(idList(1));
        uint256 fee = vault.balanceOf(FEES) - held;
        eq(vault.totalSupply(), supply + fee, "shares were made for somebody else");
        eq(vault.nav() + debt, nav + vault.debtOf(1), "a fee took assets");
        uint256 before = (vault.totalAssets() * PRICE) / supply;
        uint256 most = (vault.totalAssets() * management * elapsed) / (10_000 * 365 days);
        if (before > highest) most += ((((before - highest) * supply) / PRICE) * performance) / 10_000;
        atMost(vault.convertToAssets(fee), most + 2, "more than the terms allow");
        if (before <= highest && management == 0) eq(fee, 0, "performance below the mark");
        uint256 now_ = _price();
        // Rounding of the mark, one unit of 1e-27 of an asset a share.
        return now_ > highest ? now_ : highest;
    }
}

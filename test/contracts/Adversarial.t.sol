// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ILiquidityVault, RebalanceResult} from "../../contracts/interfaces/ILiquidityVault.sol";
import {IOracleGuard} from "../../contracts/interfaces/IOracleGuard.sol";
import {IProposalModule} from "../../contracts/interfaces/IProposalModule.sol";
import {IStrategyRegistry} from "../../contracts/interfaces/IStrategyRegistry.sol";
import {Errors} from "../../contracts/libraries/Errors.sol";
import {Leg, Proposal} from "../../contracts/types/Proposal.sol";
import {OracleKind, StrategyState} from "../../contracts/types/Strategy.sol";
import {AdapterDouble} from "../doubles/AdapterDouble.sol";
import {GasBombDouble, ShortAdapterDouble} from "../doubles/HostileAdapters.sol";
import {ProofFixture} from "./support/ProofFixture.sol";

/// @notice Adapters that revert, lie, pay short, call back and burn gas, and people who trade around what they know.
contract AdversarialTest is ProofFixture {
    address internal constant ATTACKER = address(0xBAD);
    uint256 private _nonce;

    function setUp() public override {
        super.setUp();
        deposit(ALICE, 400 ether);
    }

    // CALLING BACK

    /// @dev Every function of vault and module that changes state, from inside each kind of move.
    function test_AnAdapterCannotReenterVaultOrModule() public {
        execute(one(allocateLeg(1, 40 ether)));
        Proposal memory waiting = propose(one(allocateLeg(2, 1 ether)));
        bytes[10] memory calls = [
            abi.encodeCall(vault.deposit, (1, address(adapters[1]))),
            abi.encodeCall(vault.mint, (1, address(adapters[1]))),
            abi.encodeCall(vault.withdraw, (1, address(adapters[1]), ALICE)),
            abi.encodeCall(vault.redeem, (1, address(adapters[1]), ALICE)),
            abi.encodeCall(vault.depositEth, (address(adapters[1]))),
            abi.encodeCall(vault.redeemEth, (1, address(adapters[1]), ALICE)),
            abi.encodeCall(vault.report, (idList(2))),
            abi.encodeCall(vault.claim, (idList(2))),
            abi.encodeCall(ILiquidityVault.depositWithMin, (1, address(adapters[1]), 0, type(uint256).max)),
            abi.encodeCall(vault.redeemWithMin, (1, address(adapters[1]), ALICE, 0, type(uint256).max))
        ];
        for (uint256 i; i < calls.length; ++i) _expectRefused(address(vault), calls[i], guardError());
        _expectRefused(address(module), abi.encodeCall(IProposalModule.execute, (waiting, "")), guardError());
        Leg[] memory legs = one(exitLeg(1, 1 ether));
        _expectRefused(address(vault), abi.encodeCall(ILiquidityVault.rebalance, (legs, 0, 0)), guardError());
    }

    function test_AnAdapterCannotCallRegistryOrGuardInTheVaultsName() public {
        execute(one(allocateLeg(1, 40 ether)));
        _expectRefused(
            address(registry),
            abi.encodeCall(IStrategyRegistry.recordInflows, (new uint256[](1), 0, 1)),
            Errors.StrategyRegistry_NotVault.selector
        );
        _expectRefused(
            address(registry),
            abi.encodeCall(IStrategyRegistry.tripFreeze, (2)),
            Errors.StrategyRegistry_NotVault.selector
        );
        _expectRefused(
            address(guard),
            abi.encodeCall(IOracleGuard.syncAll, (registry.records(idList(2)))),
            Errors.OracleGuard_NotVault.selector
        );
    }

    // LYING

    /// @dev A venue that claims too much raises nothing at once, whatever it claims: nobody can sell the claim.
    function testFuzz_ALieUpwardsIsNotPaidOutAtOnce(uint256 lie, uint256 stake) public {
        execute(one(allocateLeg(1, 100 ether)));
        pass(2 hours);
        stake = bound(stake, 1 gwei, 1_000 ether);
        lie = bound(lie, 1, 1_000_000 ether);
        uint256 shares = deposit(ATTACKER, stake);
        adapters[1].setPosition(100 ether + lie, 0, 0);
        vault.report(idList(1));
        uint256 most = vault.maxRedeem(ATTACKER);
        vm.prank(ATTACKER);
        uint256 got = vault.redeem(most < shares ? most : shares, ATTACKER, ATTACKER);
        atMost(got, stake, "a lie was paid out");
    }

    /// @dev A venue that claims too little lowers the price for whoever leaves, never raises it for whoever stays; the trip
    /// freezes it, so that one report is all it gets.
    function testFuzz_ALieDownwardsFreezesAndPaysNobody(uint256 lie) public {
        execute(one(allocateLeg(1, 100 ether)));
        pass(2 hours);
        lie = bound(lie, 0.6 ether, 100 ether);
        adapters[1].setPosition(100 ether - lie, 0, 0);
        uint256 before = vault.totalAssets();
        vault.report(idList(1));
        eq(vault.totalAssets(), before - lie, "the loss counts at once");
        ok(registry.strategy(1).state == StrategyState.Frozen, "frozen");
        // Back to the truth: the recovery is a gain and waits, so nobody who bought at the low price can sell it at once.
        uint256 stake = 50 ether;
        uint256 shares = deposit(ATTACKER, stake);
        pass(1 hours);
        adapters[1].setPosition(100 ether, 0, 0);
        vault.report(idList(1));
        uint256 most = vault.maxRedeem(ATTACKER);
        vm.prank(ATTACKER);
        atMost(vault.redeem(most < shares ? most : shares, ATTACKER, ATTACKER), stake, "a recovery was paid out");
    }

    function testFuzz_WhatAMoveReturnsIsIgnored(uint256 lie) public {
        adapters[1].setLie(bound(lie, 1, type(uint128).max));
        execute(one(allocateLeg(1, 40 ether)));
        eq(vault.debtOf(1), 40 ether, "debt by reading");
        pass(2 hours);
        execute(one(exitLeg(1, 10 ether)));
        eq(vault.idle(), weth.balanceOf(address(vault)), "idle by balance");
        eq(vault.debtOf(1), 30 ether, "debt by reading");
    }

    // SHORT

    function testFuzz_ATokenThatDropsWeiCostsExactlyThoseWei(uint256 short, uint256 amount, uint256 part) public {
        short = bound(short, 1, 2);
        uint8 id = _addShort(short);
        amount = bound(amount, 10, 100 ether);
        (, uint256 loss) = execute(one(allocateLeg(id, amount)));
        eq(loss, short, "the way in");
        eq(vault.debtOf(id), amount - short, "debt");
        pass(2 hours);
        part = bound(part, 3, vault.debtOf(id));
        (, loss) = execute(one(exitLeg(id, part)));
        eq(loss, short, "the way out");
        eq(vault.idle(), weth.balanceOf(address(vault)), "idle is what is held");
    }

    function test_RevertWhen_TheDroppedWeiBreakASignedMinimum() public {
        uint8 id = _addShort(2);
        Leg memory leg = allocateLeg(id, 10 ether);
        leg.minValue = 10 ether - 1;
        Proposal memory proposal = propose(one(leg));
        vm.expectRevert(
            abi.encodeWithSelector(Errors.LiquidityVault_ValueTooLow.selector, id, 10 ether - 2, 10 ether - 1)
        );
        module.execute(proposal, "");
    }

    // BREAKING

    /// @dev Nothing a depositor or a guardian needs asks a venue.
    function test_ABombStopsNeitherDepositorsNorTheGuardian() public {
        (uint8 id, GasBombDouble bomb) = _addBomb();
        execute(one(allocateLeg(id, 40 ether)));
        nextBlock();
        bomb.arm(true);
        deposit(BOB, 5 ether);
        vm.prank(BOB);
        vault.withdraw(1 ether, BOB, BOB);
        vm.startPrank(GUARDIAN);
        registry.restrict(id, StrategyState.Frozen);
        registry.lowerLimits(id, limits(0, 0, 0, 0));
        guard.disable(id);
        vault.pauseDeposits();
        module.pause();
        vm.stopPrank();
        vault.report(idList(id));
        eq(vault.debtOf(id), 40 ether, "an unreadable strategy keeps its debt");
    }

    function test_ABombThatWasReportedRecentlyDoesNotStopOtherMoves() public {
        (uint8 id, GasBombDouble bomb) = _addBomb();
        execute(one(allocateLeg(id, 40 ether)));
        pass(2 hours);
        bomb.arm(true);
        execute(one(allocateLeg(1, 10 ether)));
        eq(vault.debtOf(1), 10 ether, "another strategy");
    }

    /// @dev A venue that blacklisted its adapter refuses every move: exits fail alone, the rest of the vault lives on.
    function test_ABlacklistedVenueStopsOnlyItself() public {
        execute(one(allocateLeg(1, 40 ether)));
        pass(2 hours);
        adapters[1].setMovesRevert(true);
        Proposal memory stuck = propose(one(exitLeg(1, 1 ether)));
        vm.expectRevert(abi.encodeWithSelector(AdapterDouble.VenueBroken.selector, "moves"));
        module.execute(stuck, "");
        execute(one(allocateLeg(2, 10 ether)));
        nextBlock();
        vm.prank(ALICE);
        vault.withdraw(100 ether, ALICE, ALICE);
        vault.report(idList(1));
        eq(vault.debtOf(1), 40 ether, "still valued");
    }

    // TRADING AROUND WHAT IS KNOWN

    /// @dev Deposit, let the gain be reported, hold, leave: at most the share of what unlocked meanwhile.
    function testFuzz_BuyingAReportPaysAtMostTheUnlock(uint256 gain, uint256 stake, uint256 held) public {
        execute(one(allocateLeg(1, 190 ether)));
        pass(2 hours);
        gain = bound(gain, 1 gwei, 5 ether);
        stake = bound(stake, 1 ether, 10_000 ether);
        held = bound(held, 0, 20 hours);
        earn(1, gain);
        uint256 shares = deposit(ATTACKER, stake);
        vault.report(idList(1));
        uint256 locked = vault.lockedProfit();
        pass(held);
        uint256 unlocked = locked - vault.lockedProfit();
        uint256 worth = vault.convertToAssets(shares);
        uint256 share = (unlocked * stake) / (400 ether + stake);
        atMost(worth, stake + share + 2, "more than the share of what unlocked");
        if (held == 0) atMost(worth, stake, "an instant gain");
    }

    /// @dev The block of an execution is closed, so nobody can be both before and after it in one block.
    function testFuzz_SandwichingAnExecutionPaysNothing(uint256 keptBps, uint256 stake) public {
        stake = bound(stake, 1 ether, 1_000 ether);
        adapters[1].setOutcome(bound(keptBps, 9_990, 10_100), 10_000, 10_000, 0);
        uint256 shares = deposit(ATTACKER, stake);
        uint256 worth = vault.convertToAssets(shares);
        execute(one(allocateLeg(1, 40 ether)));
        eq(vault.maxRedeem(ATTACKER), 0, "no exit in the block of an execution");
        eq(vault.maxDeposit(ATTACKER), 0, "no entry in the block of an execution");
        atMost(vault.convertToAssets(shares), worth, "an execution's gain was priced at once");
        nextBlock();
        vm.prank(ATTACKER);
        atMost(vault.redeem(shares, ATTACKER, ATTACKER), stake, "a sandwich paid");
    }

    /// @dev F5 and F23, the part that remains: who sees a loss before it is reported may leave at the old price, from idle only
    /// and only while the report is fresh. What he avoids is bounded by his share of the loss.
    function testFuzz_LeavingBeforeALossAvoidsAtMostTheOwnShare(uint256 loss, uint256 stake) public {
        stake = bound(stake, 1 ether, 200 ether);
        uint256 shares = deposit(ATTACKER, stake);
        execute(one(allocateLeg(1, 190 ether)));
        pass(2 hours);
        loss = bound(loss, 1 gwei, 10 ether);
        lose(1, loss);
        uint256 nav = vault.nav();
        uint256 most = vault.maxRedeem(ATTACKER);
        vm.prank(ATTACKER);
        uint256 got = vault.redeem(most < shares ? most : shares, ATTACKER, ATTACKER);
        vault.report(idList(1));
        uint256 fair = stake - (loss * stake) / nav;
        atMost(got, fair + (loss * stake) / nav + 1, "more than the avoided share");
        // After a report the same exit pays the loss.
        pass(23 hours);
        vm.prank(ALICE);
        atMost(vault.redeem(1e24, ALICE, ALICE), 1 ether - ((loss * 1 ether) / nav) / 2, "the loss is priced");
    }

    /// @dev The same knowledge is worthless once the report is due: exits are closed until it happened.
    function test_AnOldReportClosesExitsUntilTheLossIsIn() public {
        execute(one(allocateLeg(1, 190 ether)));
        pass(25 hours);
        lose(1, 10 ether);
        eq(vault.maxWithdraw(ALICE), 0, "closed");
        vault.report(idList(1));
        ok(vault.maxWithdraw(ALICE) != 0, "open at the new price");
        atMost(vault.convertToAssets(vault.balanceOf(ALICE)), 390 ether, "the loss is priced");
    }

    /// @dev A gift at any moment of a life changes no number that money is priced by.
    function testFuzz_GiftsAtEveryStepChangeNothing(uint256 gift, bool toAdapter) public {
        gift = bound(gift, 1, 10_000 ether);
        uint256[6] memory without = _life(0, toAdapter);
        setUp();
        _nonce = 0;
        uint256[6] memory withGift = _life(gift, toAdapter);
        for (uint256 i; i < 6; ++i) eq(withGift[i], without[i], "a gift changed a number");
    }

    // HELPERS

    function guardError() private pure returns (bytes4) {
        return ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector;
    }

    function _expectRefused(address target, bytes memory data, bytes4 reason) private {
        pass(2 hours);
        adapters[1].setCallback(target, data);
        execute(one(allocateLeg(1, 1 ether)));
        ok(adapters[1].callbackRevert() == reason, "refused during allocate");
        pass(2 hours);
        execute(one(exitLeg(1, 1 ether)));
        ok(adapters[1].callbackRevert() == reason, "refused during deallocate");
        pass(2 hours);
        execute(one(requestLeg(1, 1 ether)));
        ok(adapters[1].callbackRevert() == reason, "refused during requestExit");
        adapters[1].finishExits();
        vault.claim(idList(1));
        ok(adapters[1].callbackRevert() == reason || target != address(vault), "refused during claim");
        adapters[1].setCallback(address(0), "");
        eq(vault.idle(), weth.balanceOf(address(vault)), "the books hold");
    }

    function _life(uint256 gift, bool toAdapter) private returns (uint256[6] memory numbers) {
        address target = toAdapter ? address(adapters[1]) : address(vault);
        _give(target, gift);
        execute(one(allocateLeg(1, 100 ether)));
        _give(target, gift);
        pass(2 hours);
        lose(1, 0.1 ether);
        _give(target, gift);
        vault.report(idList(1));
        pass(3 hours);
        earn(1, 1 ether);
        vault.report(idList(1));
        _give(target, gift);
        pass(1 hours);
        execute(one(exitLeg(1, 30 ether)));
        nextBlock();
        _give(target, gift);
        numbers[0] = deposit(BOB, 7 ether);
        vm.prank(BOB);
        numbers[1] = vault.redeem(numbers[0] / 2, BOB, BOB);
        (numbers[2], numbers[3]) = (vault.nav(), vault.totalAssets());
        (numbers[4], numbers[5]) = (vault.idle(), vault.lockedProfit());
    }

    function _give(address target, uint256 gift) private {
        if (gift == 0) return;
        vm.deal(address(this), gift);
        weth.deposit{value: gift}();
        weth.transfer(target, gift);
    }

    function propose(Leg[] memory legs) private returns (Proposal memory proposal) {
        proposal.legs = legs;
        proposal.nonce = ++_nonce;
        proposal.notBefore = uint64(block.timestamp);
        proposal.deadline = uint64(block.timestamp + 4 hours);
        proposal.configEpoch = module.configEpoch();
        proposal.refNav = vault.nav();
        proposal.navToleranceBps = 500;
        proposal.maxLoss = uint128(vault.nav() / 50);
        vm.prank(KEEPER);
        bytes32 id = module.propose(proposal);
        approver.sign(id, true);
    }

    /// @dev Loss as the module's window took it up.
    function execute(Leg[] memory legs) private returns (RebalanceResult memory none, uint256 loss) {
        Proposal memory proposal = propose(legs);
        uint256 next = module.nextExecutionAt();
        if (block.timestamp < next) pass(next - block.timestamp);
        uint256 before = module.lossWindow();
        module.execute(proposal, "");
        loss = module.lossWindow() - before;
    }

    function _addShort(uint256 short) private returns (uint8) {
        return _open(address(new ShortAdapterDouble(address(vault), address(weth), short)));
    }

    function _addBomb() private returns (uint8 id, GasBombDouble bomb) {
        bomb = new GasBombDouble(address(vault), address(weth));
        id = _open(address(bomb));
    }

    function _open(address adapter) private returns (uint8 id) {
        vm.startPrank(CURATOR);
        id = registry.registerStrategy(adapter, 1);
        registry.setLimits(id, limits(1_000 ether, 1_000 ether, 5_000, 50));
        guard.setOracle(id, rateConfig(OracleKind.RateOnly));
        vm.stopPrank();
    }
}

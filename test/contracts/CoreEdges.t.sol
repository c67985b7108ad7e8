// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {LiquidityVault} from "../../contracts/LiquidityVault.sol";
import {OracleGuard} from "../../contracts/OracleGuard.sol";
import {RedeemQueue} from "../../contracts/RedeemQueue.sol";
import {Errors} from "../../contracts/libraries/Errors.sol";
import {Legs} from "../../contracts/libraries/Legs.sol";
import {Leg} from "../../contracts/types/Proposal.sol";
import {OracleConfig, OracleKind, PriceStatus, StrategyState} from "../../contracts/types/Strategy.sol";
import {VaultSettings} from "../../contracts/vault/VaultBooks.sol";
import {AdapterDouble} from "../doubles/AdapterDouble.sol";
import {ProofFixture} from "./support/ProofFixture.sol";
import {CoreFixture} from "./support/CoreFixture.sol";

interface VmCode {
    function etch(address target, bytes calldata code) external;
}

/// @notice Deployment with wrong parts, and states that ordinary lives never reach but an audit asks about.
contract CoreEdgesTest is CoreFixture {
    VmCode private constant vmCode = VmCode(address(uint160(uint256(keccak256("hevm cheat code")))));

    // DEPLOYMENT

    function _settings() private pure returns (VaultSettings memory) {
        return VaultSettings({bufferBps: 500, unlockSeconds: 5 days, minReportInterval: 1 hours, maxNavAge: 1 days});
    }

    function _vault(address asset, address rules, address prices, VaultSettings memory s) private returns (address) {
        return address(new LiquidityVault(asset, "n", "s", address(manager), rules, prices, s));
    }

    function test_RevertWhen_TheVaultIsDeployedOnNothing() public {
        VaultSettings memory s = _settings();
        bytes memory bad = abi.encodeWithSelector(Errors.LiquidityVault_BadTarget.selector, BOB);
        vm.expectRevert(bad);
        _vault(BOB, address(registry), address(guard), s);
        vm.expectRevert(bad);
        _vault(address(weth), BOB, address(guard), s);
        vm.expectRevert(bad);
        _vault(address(weth), address(registry), BOB, s);
    }

    function test_RevertWhen_TheVaultsSettingsAreBad() public {
        VaultSettings memory s = _settings();
        s.bufferBps = 10_001;
        _refuse(s, 10_001, 10_000);
        s = _settings();
        s.unlockSeconds = 1 hours - 1;
        _refuse(s, 1 hours - 1, 1 hours);
        s = _settings();
        s.minReportInterval = s.maxNavAge;
        _refuse(s, 1 days, 1 days);
        // The edges.
        s = VaultSettings(10_000, 1 hours, 1 days - 1, 1 days);
        LiquidityVault edge = LiquidityVault(payable(_vault(address(weth), address(registry), address(guard), s)));
        eq(edge.bufferBps(), 10_000, "buffer");
        eq(edge.unlockSeconds(), 1 hours, "unlock");
        eq(edge.minReportInterval(), 1 days - 1, "interval");
        eq(edge.maxNavAge(), 1 days, "age");
        eq(address(edge.registry()), address(registry), "registry");
        eq(address(edge.guard()), address(guard), "guard");
    }

    function _refuse(VaultSettings memory s, uint256 value, uint256 limit) private {
        vm.expectRevert(abi.encodeWithSelector(Errors.LiquidityVault_BadSetting.selector, value, limit));
        _vault(address(weth), address(registry), address(guard), s);
    }

    function test_RevertWhen_APartWithoutCodeIsBound() public {
        LiquidityVault fresh = LiquidityVault(
            payable(_vault(address(weth), address(registry), address(guard), _settings()))
        );
        bytes memory bad = abi.encodeWithSelector(Errors.LiquidityVault_BadTarget.selector, BOB);
        vm.expectRevert(bad);
        fresh.bindProposalModule(BOB);
        vm.expectRevert(bad);
        fresh.bindRedeemQueue(BOB);
        fresh.bindProposalModule(address(this));
        fresh.bindRedeemQueue(address(this));
        eq(fresh.proposalModule(), address(this), "module");
        eq(fresh.redeemQueue(), address(this), "queue");
        vm.expectRevert(abi.encodeWithSelector(Errors.LiquidityVault_AlreadyBound.selector, address(this)));
        fresh.bindProposalModule(address(weth));
        vm.expectRevert(abi.encodeWithSelector(Errors.LiquidityVault_AlreadyBound.selector, address(this)));
        fresh.bindRedeemQueue(address(weth));
        vm.expectRevert(abi.encodeWithSelector(Errors.LiquidityVault_BadTarget.selector, address(this)));
        fresh.setFeeRecipient(address(this));
        vm.expectRevert(abi.encodeWithSelector(Errors.OracleGuard_BadTarget.selector, BOB));
        new OracleGuard(address(manager), BOB);
        OracleGuard unbound = new OracleGuard(address(manager), address(registry));
        vm.expectRevert(abi.encodeWithSelector(Errors.OracleGuard_BadTarget.selector, BOB));
        unbound.bindVault(BOB);
        vm.expectRevert(abi.encodeWithSelector(Errors.RedeemQueue_BadSetting.selector, uint160(BOB), 0));
        new RedeemQueue(BOB, 1);
        vm.expectRevert(abi.encodeWithSelector(Errors.RedeemQueue_BadSetting.selector, 0, 1));
        new RedeemQueue(address(vault), 0);
    }

    // VIEWS

    function test_ViewsBeyondTheListAreZero() public {
        deposit(ALICE, 100 ether);
        allocate(1, 10 ether);
        eq(vault.debtOf(0) + vault.debtOf(33), 0, "debt");
        eq(vault.riskDebt(32), 0, "risk debt");
        eq(vault.reportedAt(0) + vault.reportedAt(33), 0, "report");
        eq(vault.reportedAt(1), block.timestamp, "the first is there");
        eq(vault.riskDebt(0), 10 ether, "risk debt");
        ok(!vault.depositsPaused(), "open");
        vault.pauseDeposits();
        ok(vault.depositsPaused(), "paused");
        ok(!vault.frozen(), "not frozen");
        eq(vault.decimals(), 24, "six more than the asset");
    }

    function test_AGoodPriceIsNoReasonToRefuse() public view {
        guard.requireInflow(1);
        guard.requirePriced(1);
    }

    function test_AMarginBeyondItsWordIsRefused() public {
        OracleConfig memory c = feedConfig(OracleKind.MarketOfToken, address(tokenFeed), 0.5e18, 2e18);
        c.margin = uint32(type(uint16).max) + 1;
        vm.expectRevert(abi.encodeWithSelector(Errors.OracleGuard_BadConfig.selector, 3, 3, c.margin));
        guard.setOracle(3, c);
        c.margin = type(uint16).max;
        guard.setOracle(3, c);
        eq(guard.oracle(3).margin, type(uint16).max, "the largest that fits");
    }

    // REGISTRY

    function test_ABudgetLoweredBelowWhatWasUsedLeavesNothing() public {
        deposit(ALICE, 100 ether);
        allocate(1, 10 ether);
        eq(registry.inflowLeft(1), 990 ether, "the rest of the day");
        registry.lowerLimits(1, limits(1_000 ether, 5 ether, 5_000, 50));
        eq(registry.inflowLeft(1), 0, "more was used than is allowed now");
        nextBlock();
        Leg[] memory legs = one(allocateLeg(1, 1));
        uint256 nav = vault.nav();
        vm.expectRevert(abi.encodeWithSelector(Errors.StrategyRegistry_InflowBudgetExceeded.selector, 1, 1, 0));
        vault.rebalance(legs, nav, 10_000);
        vm.warp(block.timestamp + 12 hours);
        eq(registry.inflowLeft(1), 0, "5 of 10 are left of the use");
        vm.warp(block.timestamp + 6 hours);
        eq(registry.inflowLeft(1), 2.5 ether, "then it opens again");
    }

    function test_ATripFreezesOnceAndNothingIsNotAnInflow() public {
        vm.startPrank(address(vault));
        registry.tripFreeze(1);
        uint64 epoch = registry.epoch();
        registry.tripFreeze(1);
        eq(registry.epoch(), epoch, "a frozen one stays as it is");
        uint256[] memory none = new uint256[](1);
        // Strategy 2 in the lowest byte, no assets above it.
        none[0] = 2;
        uint256[] memory caps = registry.recordInflows(none, 0, 100 ether);
        vm.stopPrank();
        eq(caps[0], 50 ether, "the cap is told");
        eq(registry.inflowLeft(2), 1_000 ether, "and nothing is charged");
        ok(registry.strategy(1).state == StrategyState.Frozen, "frozen");
    }

    // ADAPTERS THAT TURN DURING AN EXECUTION

    function test_RevertWhen_APriceHealsOnlyDuringTheExecution() public {
        deposit(ALICE, 100 ether);
        allocate(1, 10 ether);
        allocate(2, 10 ether);
        pass(2 hours);
        adapters[2].setRateReverts(true);
        adapters[1].setCallback(address(adapters[2]), abi.encodeCall(AdapterDouble.setRateReverts, (false)));
        Leg[] memory legs = new Leg[](2);
        (legs[0], legs[1]) = (exitLeg(1, 1 ether), exitLeg(2, 1 ether));
        uint256 nav = vault.nav();
        vm.expectRevert(abi.encodeWithSelector(Errors.LiquidityVault_PriceForbids.selector, 2, PriceStatus.Frozen));
        vault.rebalance(legs, nav, 10_000);
    }

    function test_RevertWhen_AnAdapterFallsSilentDuringItsLeg() public {
        deposit(ALICE, 100 ether);
        adapters[1].setCallback(
            address(adapters[1]),
            abi.encodeCall(AdapterDouble.setReading, (AdapterDouble.Reading.Reverting))
        );
        Leg[] memory legs = one(allocateLeg(1, 1 ether));
        vm.expectRevert(abi.encodeWithSelector(Errors.LiquidityVault_ReportFailed.selector, 1, address(adapters[1])));
        vault.rebalance(legs, 100 ether, 10_000);
    }

    /// @dev No path of the contracts takes WETH past the books; here a cheat does, and the next execution notices.
    function test_RevertWhen_TheVaultHoldsLessThanItsBooks() public {
        deposit(ALICE, 100 ether);
        vm.prank(address(vault));
        weth.transfer(BOB, 1);
        Leg[] memory legs = one(allocateLeg(1, 10 ether));
        vm.expectRevert(abi.encodeWithSelector(Errors.LiquidityVault_BooksBroken.selector, 90 ether, 90 ether - 1));
        vault.rebalance(legs, 100 ether, 10_000);
    }

    function test_RevertWhen_NothingRemainsAboveTheReserve() public {
        deposit(ALICE, 100 ether);
        registry.setLimits(1, limits(1_000 ether, 1_000 ether, 10_000, 50));
        registry.setRiskCap(0, 2_000 ether, 10_000);
        allocate(1, 95 ether);
        nextBlock();
        Leg[] memory legs = one(allocateLeg(2, Legs.REMAINDER));
        vm.expectRevert(abi.encodeWithSelector(Errors.LiquidityVault_IdleTooLow.selector, 5 ether, 5 ether));
        vault.rebalance(legs, 100 ether, 10_000);
    }

    function test_PartsThatEachFitButNotTogetherAreUnreadable() public {
        deposit(ALICE, 100 ether);
        allocate(1, 10 ether);
        pass(2 hours);
        uint256 most = type(uint88).max;
        adapters[1].setPosition(most, 1, 0);
        vault.report(idList(1));
        eq(vault.debtOf(1), 10 ether, "the sum is absurd");
        adapters[1].setPosition(most - 1, 0, 1);
        vault.report(idList(1));
        eq(vault.debtOf(1), most, "the largest that is not");
    }

    // EXITS

    function test_AClaimAboveTheDebtIsAGain() public {
        deposit(ALICE, 100 ether);
        allocate(1, 10 ether);
        run(one(requestLeg(1, 10 ether)));
        pass(2 hours);
        earn(1, 1 ether);
        adapters[1].setPosition(0, 0, 11 ether);
        eq(vault.claim(idList(1)), 11 ether, "received");
        eq(vault.idle(), 101 ether, "idle");
        eq(vault.debtOf(1), 0, "no debt");
        eq(vault.lockedProfit(), 1 ether, "the gain waits");
        eq(vault.totalAssets(), 100 ether, "price unchanged");
    }

    function _order(uint8 a, uint8 b) private {
        uint8[] memory ids = idList(a, b);
        vault.setWithdrawalOrder(ids);
    }

    function test_APullPassesOverWhatHoldsNothingAndKeepsAnExcess() public {
        deposit(ALICE, 100 ether);
        _order(2, 1);
        allocate(1, 40 ether);
        pass(1 hours);
        // Strategy 2 has no debt; strategy 1 pays a tenth more than asked.
        adapters[1].setOutcome(10_000, 11_000, 10_000, 0);
        earn(1, 4 ether);
        vm.prank(ALICE);
        vault.withdraw(100 ether, ALICE, ALICE);
        eq(vault.debtOf(1), 0, "all of it");
        eq(vault.idle(), 4 ether, "the excess stays");
        eq(vault.lockedProfit(), 4 ether, "and waits");
    }

    function test_RevertWhen_NoStrategyOfTheOrderPays() public {
        deposit(ALICE, 100 ether);
        _order(1, 2);
        allocate(1, 40 ether);
        pass(1 hours);
        adapters[1].setMovesRevert(true);
        vm.prank(ALICE);
        vm.expectPartialRevert(bytes4(keccak256("ERC4626ExceededMaxWithdraw(address,uint256,uint256)")));
        vault.withdraw(61 ether, ALICE, ALICE);
    }

    function test_AnAdapterWithoutCodeIsLeftInKindAsUnits() public {
        deposit(ALICE, 100 ether);
        allocate(1, 40 ether);
        nextBlock();
        vault.freeze();
        vmCode.etch(address(adapters[1]), "");
        uint256 shares = vault.balanceOf(ALICE) / 2;
        vm.prank(ALICE);
        uint256 paid = vault.redeemInKind(shares, ALICE, ALICE, 0);
        near(paid, 30 ether, 1e6, "half of idle");
        near(vault.inKindUnits(1, ALICE), 0.5e18, 1e6, "half of the position");
    }

    function test_OpenUnitsCloseTheirStrategyAndNoOther() public {
        deposit(ALICE, 100 ether);
        allocate(1, 40 ether);
        allocate(2, 10 ether);
        nextBlock();
        adapters[1].setInstant(0);
        vault.freeze();
        uint256 shares = vault.balanceOf(ALICE) / 2;
        vm.prank(ALICE);
        vault.redeemInKind(shares, ALICE, ALICE, 0);
        vault.unfreeze();
        pass(2 hours);
        uint256 units = vault.strategyReport(1).inKindUnits;
        near(units, 0.5e18, 1e6, "half");
        eq(vault.strategyReport(2).inKindUnits, 0, "the other paid in cash");
        allocate(2, 1 ether);
        nextBlock();
        uint256 nav = vault.nav();
        Leg[] memory legs = one(allocateLeg(1, 1 ether));
        vm.expectRevert(abi.encodeWithSelector(Errors.LiquidityVault_InKindClaimsOpen.selector, 1, units));
        vault.rebalance(legs, nav, 10_000);
    }

    function test_SharesOfAnEmptyVaultAreBurntForNothing() public {
        deposit(ALICE, 100 ether);
        registry.setLimits(1, limits(1_000 ether, 1_000 ether, 10_000, 50));
        registry.setRiskCap(0, 2_000 ether, 10_000);
        allocate(1, 95 ether);
        nextBlock();
        vm.prank(ALICE);
        vault.withdraw(5 ether, ALICE, ALICE);
        vault.forceRevoke(1);
        eq(vault.nav(), 0, "nothing is left");
        vault.freeze();
        uint256 shares = vault.balanceOf(ALICE);
        vm.prank(ALICE);
        eq(vault.redeemInKind(shares, ALICE, ALICE, 0), 0, "nothing is paid");
        eq(vault.totalSupply(), 0, "burnt");
    }

    // FEES

    function test_TermsSetBeforeAnySharesExist() public {
        vault.setFeeRecipient(BOB);
        vault.setFees(100, 1_000);
        pass(30 days);
        vault.report(idList(1));
        eq(vault.totalSupply(), 0, "no fee on nothing");
        eq(vault.fees().accruedAt, block.timestamp, "accrued all the same");
        deposit(ALICE, 100 ether);
        allocate(1, 10 ether);
        pass(2 hours);
        earn(1, 1 ether);
        vault.report(idList(1));
        pass(6 days);
        vault.report(idList(1));
        ok(vault.balanceOf(BOB) != 0, "the mark was the first price");
    }

    /// @dev With few shares worth much each, what is due can be less than one share: it is not taken.
    function test_AFeeBelowOneShareIsNotTaken() public {
        deposit(ALICE, 100);
        registry.setLimits(1, limits(1_000 ether, 1_000 ether, 10_000, 50));
        allocate(1, 50);
        pass(2 hours);
        earn(1, 1e12);
        vault.report(idList(1));
        pass(5 days);
        vault.setFeeRecipient(BOB);
        vault.setFees(1, 0);
        pass(1);
        vault.setFees(2, 0);
        eq(vault.balanceOf(BOB), 0, "3 wei of a trillion");
        pass(30 days);
        vault.setFees(1, 0);
        ok(vault.balanceOf(BOB) != 0, "more is");
    }
}

/// @notice The queue where it owes more than the vault holds, and lists longer than one call walks.
contract QueueEdgesTest is ProofFixture {
    function setUp() public override {
        super.setUp();
        deposit(ALICE, 60 ether);
        deposit(BOB, 40 ether);
    }

    function _legs(uint8 id, uint256 amount) private {
        vm.prank(address(module));
        vault.rebalance(one(allocateLeg(id, amount)), 100 ether, 10_000);
    }

    function _request(address who, uint256 shares) private {
        vm.startPrank(who);
        vault.approve(address(queue), shares);
        queue.requestRedeem(shares, who, who);
        vm.stopPrank();
    }

    function _owe() private {
        vm.startPrank(CURATOR);
        registry.setLimits(1, limits(1_000 ether, 1_000 ether, 10_000, 50));
        registry.setRiskCap(0, 2_000 ether, 10_000);
        vm.stopPrank();
        _legs(1, 90 ether);
        nextBlock();
        _request(BOB, vault.balanceOf(BOB));
        pass(6 hours);
        vault.report(idList(1));
        queue.price();
        eq(vault.queueLiabilities(), 30 ether, "idle went to the queue, the rest is owed");
    }

    function test_ASyncExitPullsWhatTheQueueIsOwedFirst() public {
        _owe();
        vm.prank(CURATOR);
        vault.setWithdrawalOrder(idList(1));
        adapters[1].setInstant(50 ether);
        eq(vault.availableLiquidity(), 20 ether, "what the queue is owed is not available");
        eq(vault.maxWithdraw(ALICE), 20 ether, "promised");
        vm.prank(ALICE);
        vault.withdraw(20 ether, ALICE, ALICE);
        eq(vault.idle(), 30 ether, "the queue's part is there");
        eq(vault.debtOf(1), 40 ether, "50 were pulled");
        eq(queue.fund(), 30 ether, "and funds it");
        vm.prank(BOB);
        eq(queue.claimRequest(1, BOB, BOB), 40 ether, "all of his");
    }

    function test_RevertWhen_TheNavIsBelowWhatIsUnreadable() public {
        vm.startPrank(CURATOR);
        registry.setLimits(1, limits(1_000 ether, 1_000 ether, 10_000, 50));
        registry.setRiskCap(0, 2_000 ether, 10_000);
        vm.stopPrank();
        _legs(1, 95 ether);
        nextBlock();
        _request(BOB, vault.balanceOf(BOB));
        pass(6 hours);
        vault.report(idList(1));
        queue.price();
        deposit(address(0xD), 10 ether);
        pass(1 days + 1);
        adapters[1].setReading(AdapterDouble.Reading.Reverting);
        uint256 nav = vault.nav();
        uint256 reserve = vault.minimumIdle();
        vm.prank(address(module));
        vm.expectRevert(abi.encodeWithSelector(Errors.LiquidityVault_IdleTooLow.selector, 9 ether, reserve));
        vault.rebalance(one(allocateLeg(2, 1 ether)), nav, 10_000);
    }

    /// @dev Emptied requests, however many, stand between nobody and his claim.
    function test_EmptiedRequestsAreInNobodysWay() public {
        uint256 each = 1e18;
        vm.prank(ALICE);
        vault.approve(address(queue), type(uint256).max);
        for (uint256 i; i < 270; ++i) {
            vm.startPrank(ALICE);
            uint256 id = queue.requestRedeem(each, ALICE, ALICE);
            queue.cancelRedeemRequest(id, each, ALICE, ALICE);
            vm.stopPrank();
            pass(6 hours);
            queue.price();
        }
        eq(queue.maxRedeem(ALICE) + queue.maxWithdraw(ALICE), 0, "nothing is hers");
        vm.startPrank(ALICE);
        uint256 last = queue.requestRedeem(1e24, ALICE, ALICE);
        vm.stopPrank();
        ok(last > 256, "beyond the first word");
        pass(6 hours);
        queue.price();
        eq(queue.maxRedeem(ALICE), 1e24, "found at once");
        vm.startPrank(ALICE);
        eq(queue.redeem(0.4e24, ALICE, ALICE), 0.4 ether, "a part");
        eq(queue.withdraw(0.6 ether, ALICE, ALICE), 0.6e24, "the rest");
        vm.expectRevert(abi.encodeWithSelector(Errors.RedeemQueue_ExceedsClaimable.selector, ALICE, 1, 0));
        queue.redeem(1, ALICE, ALICE);
        vm.stopPrank();
    }
}

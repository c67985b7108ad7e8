// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {StrategyReport} from "../../../contracts/interfaces/ILiquidityVault.sol";
import {IRedeemQueue} from "../../../contracts/interfaces/IRedeemQueue.sol";
import {IStrategyAdapter} from "../../../contracts/interfaces/IStrategyAdapter.sol";
import {Leg} from "../../../contracts/types/Proposal.sol";
import {ProofFixture} from "../support/ProofFixture.sol";
import {Ledger} from "./Actor.sol";
import {Depositor} from "./Depositor.sol";
import {Keeper} from "./Keeper.sol";
import {RoleHolders} from "./RoleHolders.sol";
import {Queuer} from "./Queuer.sol";
import {Refusals} from "./Refusals.sol";
import {Rehearsal} from "./Rehearsal.sol";
import {Surroundings} from "./Surroundings.sol";

/// @notice Stateful campaign: every actor, every order. Handlers check what single acts may do; here stands what holds
/// between any two acts. The numbers are those of docs/INVARIANTS.md.
contract BooksInvariantTest is ProofFixture {
    Ledger internal ledger;
    address[] private _targets;

    function setUp() public override {
        super.setUp();
        openRange();
        ledger = new Ledger();
        Keeper keeper = new Keeper(sharedCore(), ledger);
        _targets.push(address(keeper));
        _targets.push(address(new Depositor(sharedCore(), ledger)));
        _targets.push(address(new RoleHolders(sharedCore(), ledger)));
        _targets.push(address(new Surroundings(sharedCore(), ledger)));
        _targets.push(address(new Queuer(sharedCore(), ledger)));
        Rehearsal rehearsal = new Rehearsal(sharedCore(), ledger);
        _targets.push(address(new Refusals(sharedCore(), ledger, rehearsal)));
        for (uint256 i; i < _targets.length; ++i) ledger.admit(_targets[i]);
        approver.admit(address(keeper));
        approver.admit(address(rehearsal));
        // A vault that is in use: most sequences are too short to build one up.
        deposit(ALICE, 300 ether);
        for (uint160 i; i < 3; ++i) deposit(address(0xA11CE000 + i), 100 ether);
        Leg[] memory legs = new Leg[](registry.count());
        for (uint8 i; i < legs.length; ++i) legs[i] = allocateLeg(i + 1, 84 ether);
        asModule(legs);
        pass(2 hours);
        vault.setFeeRecipient(FEES);
        vm.startPrank(CURATOR);
        vault.setFees(100, 1_000);
        vault.setWithdrawalOrder(idList(5, 1));
        vm.stopPrank();
    }

    function targetContracts() external view returns (address[] memory) {
        return _targets;
    }

    /// @notice A campaign in which nothing happens proves nothing: one seeded life reaches every act.
    function test_ASeededLifeReachesEveryAct() external {
        Keeper keeper = Keeper(_targets[0]);
        Depositor depositor = Depositor(_targets[1]);
        RoleHolders holders = RoleHolders(_targets[2]);
        Surroundings world = Surroundings(_targets[3]);
        Queuer queuer = Queuer(_targets[4]);
        Refusals refusals = Refusals(_targets[5]);
        for (uint256 i; i < 500; ++i) {
            uint256 r = uint256(keccak256(abi.encode("life", i)));
            uint256 n = r >> 64;
            uint256 act = r % 22;
            if (act < 3) keeper.rebalance(n, n >> 8, true, n % 2 == 0, n % 5 == 0);
            else if (act == 3) keeper.executeKnown(n);
            else if (act == 4) n % 4 == 0 ? keeper.cancel(n) : keeper.executeForged(n, uint128(n));
            else if (act == 5) depositor.deposit(n, n >> 8);
            else if (act == 6) n % 2 == 0 ? depositor.withdraw(n, n >> 8, n % 3 == 0) : depositor.mint(n, n >> 8);
            else if (act == 7)
                n % 2 == 0 ? depositor.redeem(n, n >> 8, n % 3 == 0, n % 5 == 0) : depositor.depositEth(n, n);
            else if (act == 8) depositor.roundTrip(n, n % 2 == 0, n % 3 == 0);
            else if (act == 9) n % 2 == 0 ? world.earn(n, n >> 8) : world.lose(n, n >> 8, n % 3 == 0, n % 5 == 0);
            else if (act == 10) n % 4 == 0 ? world.breakVenue(n, n >> 8) : world.healAll();
            else if (act == 11) n % 8 == 0 ? holders.restrict(n, n % 3 == 0) : holders.reopen();
            else if (act == 12) holders.report(n, n % 2 == 0);
            else if (act == 13) {
                world.finishExits((n >> 8) % 4);
                holders.claim((n >> 8) % 4);
            } else if (act == 14) world.donate(n);
            else if (act == 15) queuer.request(n, n >> 8);
            else if (act == 16) n % 4 == 0 ? queuer.cancel(n, n >> 8) : queuer.price();
            else if (act == 18) {
                world.payRewards(n, n >> 8, n >> 16, n % 3 == 0);
                holders.harvest(n % 2 == 0);
            } else if (act == 19) world.moveCosts(n);
            else if (act == 20) n % 4 == 0 ? queuer.wholeBatch(n, n >> 8) : queuer.fund();
            else if (act == 21) world.forceEther(n);
            else if (act == 17) n % 2 == 0 ? queuer.claimAll(n) : queuer.leaveInKind(n, n >> 8);
            else world.pass(n, true);
            if (i % 8 == 0) this.invariant_Books();
            // All rules once; a failure is traced step by step, and more steps than that are too many to hold.
            if (i % 125 == 124) refusals.breakRules(n, n >> 8);
        }
        string[26] memory acts = [
            "deposit",
            "mint",
            "withdraw",
            "redeem",
            "round trip",
            "donation",
            "propose",
            "execute",
            "allocate",
            "abort",
            "cancel",
            "guardian",
            "report",
            "claim",
            "exit",
            "request",
            "price",
            "paid",
            "in kind",
            "cancel request",
            "harvest",
            "move",
            "costly move",
            "lossy",
            "owed",
            "refusals"
        ];
        for (uint256 i; i < acts.length; ++i) ok(ledger.done(bytes32(bytes(acts[i]))) != 0, acts[i]);
    }

    function invariant_Books() external view {
        uint256 sum;
        uint256 unpaid;
        uint256[32] memory byRisk;
        uint8 count = registry.count();
        for (uint8 id = 1; id <= count; ++id) {
            uint256 debt = vault.debtOf(id);
            sum += debt;
            StrategyReport memory report = vault.strategyReport(id);
            unpaid += report.inKindUnpaid;
            atMost(report.inKindUnits, 1e18, "INV-29 in-kind claims own more than the position");
            uint32 risks = registry.strategy(id).riskIds;
            for (uint8 r; r < 32; ++r) {
                if (risks & (uint32(1) << r) != 0) byRisk[r] += debt;
            }
        }
        eq(vault.totalDebt(), sum, "INV-01 total debt is not the sum of debts");
        eq(
            weth.balanceOf(address(vault)),
            vault.idle() + ledger.donated() + unpaid,
            "INV-02 the vault's WETH is not idle, donations and what in-kind claims own"
        );
        uint256 owed = vault.queueLiabilities();
        uint256 gross = vault.idle() + sum;
        eq(
            vault.nav(),
            gross > owed ? gross - owed : 0,
            "INV-03 NAV is not idle plus debt less what the queue is owed"
        );
        uint256 locked = vault.lockedProfit();
        eq(vault.totalAssets(), vault.nav() > locked ? vault.nav() - locked : 0, "INV-04 total assets");
        for (uint8 r; r < 32; ++r)
            eq(vault.riskDebt(r), byRisk[r], "INV-05 risk debt is not the sum of its strategies");
        _times(count);
        _promises(gross, sum, owed);
        _supply();
        _allowances(count);
        _queue();
    }

    /// @dev Every strategy beyond the list has no debt, and no report lies in the future.
    function _times(uint8 count) private view {
        uint256 oldest = type(uint256).max;
        for (uint8 id = 1; id <= count; ++id) {
            uint256 at = vault.reportedAt(id);
            atMost(at, block.timestamp, "INV-23 a report lies in the future");
            if (vault.debtOf(id) != 0 && at < oldest) oldest = at;
        }
        if (oldest == type(uint256).max) oldest = block.timestamp;
        eq(vault.navTimestamp(), oldest, "INV-23 the NAV's age is not that of its oldest report");
    }

    /// @dev Exits are promised idle and the debts of the withdrawal order, less what the queue is owed.
    function _promises(uint256 gross, uint256 debts, uint256 owed) private view {
        uint256 most = gross - debts;
        uint8[] memory order = vault.withdrawalOrder();
        for (uint256 i; i < order.length; ++i) most += vault.debtOf(order[i]);
        uint256 available = vault.availableLiquidity();
        atMost(available, most > owed ? most - owed : 0, "INV-25 exits are promised what the queue is owed");
        uint256 worth = vault.convertToAssets(vault.maxRedeem(ALICE));
        atMost(worth, available, "INV-15 maxRedeem promises more than can be paid");
    }

    function _supply() private view {
        uint256 sum = vault.balanceOf(ALICE) + vault.balanceOf(address(0xBAD)) + vault.balanceOf(FEES);
        sum += vault.balanceOf(address(queue));
        uint256 worth;
        for (uint256 i; i < 3; ++i) {
            uint256 shares = vault.balanceOf(address(uint160(0xA11CE000 + i)));
            sum += shares;
            worth += vault.convertToAssets(shares);
        }
        eq(vault.totalSupply(), sum, "INV-18 somebody holds shares that were never issued to them");
        worth += vault.convertToAssets(vault.balanceOf(ALICE));
        atMost(worth, vault.totalAssets(), "INV-04 shares are worth more than there is");
    }

    /// @dev Every priced asset is funded or owed, and every unpriced share is in escrow.
    function _queue() private view {
        uint256 next = queue.nextToPrice();
        uint256 last = queue.lastRequestId();
        uint256 priced = next > 1 ? queue.batch(next - 1).owedUpTo : 0;
        eq(priced, queue.funded() + vault.queueLiabilities(), "INV-26 priced requests are neither funded nor owed");
        uint256 escrow;
        for (uint256 id = next; id <= last; ++id) {
            IRedeemQueue.Batch memory batch = queue.batch(id);
            ok(!batch.priced, "INV-27 a batch was priced out of turn");
            escrow += batch.shares;
        }
        eq(vault.balanceOf(address(queue)), escrow, "INV-26 the escrow is not what was requested");
        eq(
            weth.balanceOf(address(queue)) + Queuer(_targets[4]).paidOut(),
            queue.funded(),
            "INV-26 the queue lost assets"
        );
        atMost(vault.queueLiabilities(), vault.minimumIdle(), "INV-25 liabilities are not reserved");
    }

    function _allowances(uint8 count) private view {
        for (uint8 id = 1; id <= count; ++id) {
            address adapter = address(IStrategyAdapter(registry.adapterOf(id)));
            eq(weth.allowance(address(vault), adapter), 0, "INV-17 the vault left an allowance");
        }
        eq(weth.allowance(address(vault), address(module)), 0, "INV-17 the vault left an allowance");
        eq(weth.allowance(address(vault), address(queue)), 0, "INV-17 the vault left an allowance");
        eq(weth.allowance(address(genuine), address(venue)), 0, "INV-17 an adapter left an allowance");
        eq(weth.balanceOf(address(module)), 0, "INV-24 the module holds assets");
        eq(weth.balanceOf(address(registry)) + weth.balanceOf(address(guard)), 0, "INV-24 a rule book holds assets");
    }
}

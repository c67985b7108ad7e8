// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import {Leg} from "../types/Proposal.sol";

/// @notice What a rebalance did.
/// @param aborted True when a touched or stale strategy's loss tripped: it is frozen now and no leg ran.
/// @param trippedStrategy The strategy that tripped, else 0.
/// @param navBefore NAV after reports and before legs, asset units.
/// @param navAfter NAV after legs, asset units.
/// @param loss Sum of what single legs lost, asset units: the gain of one leg does not hide the loss of another.
struct RebalanceResult {
    bool aborted;
    uint8 trippedStrategy;
    uint256 navBefore;
    uint256 navAfter;
    uint256 loss;
}

/// @notice Fee terms, in one storage word.
/// @param recipient Receives the fee shares; zero means that no fee accrues.
/// @param managementBps Basis points of assets a year, at most 200.
/// @param performanceBps Basis points of the gain above the high-water mark, at most 2,000.
/// @param accruedAt Time of the last accrual, Unix seconds.
struct FeeTerms {
    address recipient;
    uint16 managementBps;
    uint16 performanceBps;
    uint40 accruedAt;
}

/// @notice What the books say of one strategy.
/// @param debt Assets put there and last accounted; the vault's part only.
/// @param reportedAt Time of the last report, Unix seconds.
/// @param inKindUnits WAD share of the position that belongs to in-kind claims.
/// @param inKindUnpaid Assets set aside for those claims and not yet collected.
struct StrategyReport {
    uint256 debt;
    uint40 reportedAt;
    uint256 inKindUnits;
    uint256 inKindUnpaid;
}

/// @title ILiquidityVault
/// @notice ERC-4626 vault on WETH whose deposits never call a strategy. `nav` = idle + cached debt of all strategies -
/// what priced requests of the queue are owed; `totalAssets` = nav - locked profit. Donations move neither.
interface ILiquidityVault is IERC4626 {
    event Report(uint8 indexed id, uint256 previousDebt, uint256 debt, uint256 gain, uint256 loss);
    event TripLoss(uint8 indexed id, uint256 loss, uint256 debt);
    event ReportFailed(uint8 indexed id, bytes reason);
    event Claim(uint8 indexed id, uint256 received);
    event Harvest(uint8 indexed id, uint256 received);
    event HarvestFailed(uint8 indexed id);
    event Allocate(uint8 indexed id, uint256 assets, uint256 value);
    event Deallocate(uint8 indexed id, uint256 assets, uint256 received);
    event PullFailed(uint8 indexed id, uint256 assets, uint256 received);
    event RequestExit(uint8 indexed id, uint256 assets, uint256 requested);
    event Reposition(uint8 indexed id, int24 tickLower, int24 tickUpper, uint256 debtBefore, uint256 debt);
    event BindProposalModule(address indexed module);
    event SetDepositsPaused(bool paused);
    event LockProfit(uint256 locked, uint256 unlockTime);
    event BindRedeemQueue(address indexed queue);
    event SetFrozen(bool frozen);
    event SetWithdrawalOrder(uint8[] ids);
    event SetFees(address indexed recipient, uint256 managementBps, uint256 performanceBps);
    event AccrueFees(address indexed recipient, uint256 management, uint256 performance, uint256 shares);
    event SettleRedeem(uint256 shares, uint256 assets);
    event ForceRevoke(uint8 indexed id, uint256 loss);
    event ExitInKind(uint8 indexed id, address indexed receiver, uint256 paid, uint256 units);
    event RedeemInKind(
        address indexed caller,
        address indexed receiver,
        address indexed owner,
        uint256 shares,
        uint256 assets
    );

    // VIEWS

    /// @notice Assets held by the vault itself, by its own books.
    function idle() external view returns (uint256 assets);

    /// @notice Sum of all strategies' debts.
    function totalDebt() external view returns (uint256 assets);

    /// @notice Debt of one strategy: assets put there and last accounted.
    function debtOf(uint8 id) external view returns (uint256 assets);

    /// @notice Debt that strategies of one risk id share.
    function riskDebt(uint8 riskId) external view returns (uint256 assets);

    /// @notice idle + totalDebt - queueLiabilities, not below zero.
    function nav() external view returns (uint256 assets);

    /// @notice Profit that has not unlocked yet.
    function lockedProfit() external view returns (uint256 assets);

    /// @notice Time of the last report of a strategy, Unix seconds.
    function reportedAt(uint8 id) external view returns (uint40);

    /// @notice Time of the last harvest of a strategy, Unix seconds; 0 before the first.
    function harvestedAt(uint8 id) external view returns (uint256);

    /// @notice Time of the oldest report among strategies with debt, Unix seconds.
    function navTimestamp() external view returns (uint40);

    /// @notice The books of one strategy; zeros where there is none.
    function strategyReport(uint8 id) external view returns (StrategyReport memory);

    /// @notice Idle assets that must remain after a rebalance: the buffer and what the queue is owed.
    function minimumIdle() external view returns (uint256 assets);

    /// @notice Assets that priced requests of the queue are still owed. Reserved from idle before anyone else.
    function queueLiabilities() external view returns (uint256 assets);

    /// @notice Strategies that sync exits pull from when idle is short, in this order.
    function withdrawalOrder() external view returns (uint8[] memory ids);

    /// @notice The fee terms.
    function fees() external view returns (FeeTerms memory);

    /// @notice True while the guardian's freeze holds: no deposits, no rebalances, no sync exits, no pricing.
    function frozen() external view returns (bool);

    /// @notice True while exits can be priced: not frozen, every debt reported recently, no rebalance in this block.
    function exitsOpen() external view returns (bool);

    /// @notice True while {redeemInKind} is open: the vault is frozen, or a strategy with debt is, or the oldest
    /// report
    /// is older than seven days.
    function isInKindOpen() external view returns (bool);

    /// @notice WAD share of a strategy's position that belongs to an account's in-kind claims.
    function inKindUnits(uint8 id, address account) external view returns (uint256 units);

    /// @notice Assets that sync exits can pay at this moment: free idle and what the withdrawal order pays at once.
    /// 0 while frozen, while the NAV is stale and in the block of a rebalance. Never reverts for a broken adapter.
    function availableLiquidity() external view returns (uint256 assets);

    /// @notice True while the guardian's stop holds.
    function depositsPaused() external view returns (bool);

    /// @notice The only caller of `rebalance`; zero until bound.
    function proposalModule() external view returns (address);

    /// @notice The only caller of `settleRedeem` and `fundQueue`; zero until bound.
    function redeemQueue() external view returns (address);

    // DEPOSITOR

    /// @notice Deposits the ETH sent.
    function depositEth(address receiver) external payable returns (uint256 shares);

    /// @notice Redeems `shares` and pays ETH.
    function redeemEth(uint256 shares, address receiver, address owner) external returns (uint256 assets);

    /// @notice `deposit` with a bound and a deadline.
    function depositWithMin(
        uint256 assets,
        address receiver,
        uint256 minShares,
        uint256 deadline
    ) external returns (uint256 shares);

    /// @notice `redeem` with a bound and a deadline.
    function redeemWithMin(
        uint256 shares,
        address receiver,
        address owner,
        uint256 minAssets,
        uint256 deadline
    ) external returns (uint256 assets);

    /// @notice Leaves without any price: burns `shares` and takes their proportion of everything. What can be paid at
    /// once is paid in assets; of each strategy that cannot pay, the account gets units, a share of the position,
    /// which
    /// earns the same share of all cash that later comes out of it.
    ///
    /// Notes:
    /// - Nobody's proportion changes: a position that turns out worthless is worthless for the leaver as well.
    /// - Units share in all cash that leaves a strategy, also by later in-kind exits: leaving first may mean being
    /// paid
    ///   earlier, never being paid more of the same.
    /// - Finished exits count as units unless {claim} has turned them into idle before.
    /// - An adapter that reverts is passed over; its whole part becomes units.
    ///
    /// Requirements:
    /// - {isInKindOpen};
    /// - at least `minAssets` are paid, else {Errors.LiquidityVault_TooFewAssets}.
    function redeemInKind(
        uint256 shares,
        address receiver,
        address owner,
        uint256 minAssets
    ) external returns (uint256 assets);

    /// @notice Sends what the caller's units of these strategies have earned. Always open.
    function collectInKind(uint8[] calldata ids, address receiver) external returns (uint256 assets);

    // ANYONE

    /// @notice Accounts the present value of strategies. Gains unlock over days; losses count at once; a loss above
    /// the
    /// strategy's trip freezes it. An adapter that reverts is reported as failed and keeps its debt and its old
    /// timestamp.
    function report(uint8[] calldata ids) external;

    /// @notice Collects finished asynchronous exits into idle.
    function claim(uint8[] calldata ids) external returns (uint256 received);

    /// @notice Collects rewards of strategies that have any; see {IHarvestAdapter}. What arrives becomes idle, what the
    /// position is then worth its debt; a gain unlocks over days like a reported one, so that nobody can buy it.
    ///
    /// Notes:
    /// - Each strategy at most once per `minReportInterval`; what is not due, not Active or ReduceOnly, or not priced
    ///   in the normal band is skipped. A report in between does not count, so that nobody can hold a harvest off.
    /// - An adapter that reverts is passed over with {HarvestFailed}.
    ///
    /// Requirements:
    /// - the vault is not frozen, else {Errors.LiquidityVault_Frozen};
    /// - a harvest loses nothing, else {Errors.LiquidityVault_HarvestLost}.
    ///
    /// @return received Assets that became idle.
    function harvest(uint8[] calldata ids) external returns (uint256 received);

    // PROPOSAL MODULE

    /// @notice Reports touched and stale strategies, checks NAV, prices and limits, and runs the legs, all or nothing
    /// except for a tripped loss, which is kept and returned as `aborted`.
    /// @param legs See {Leg}.
    /// @param refNav NAV the signers saw, asset units.
    /// @param navToleranceBps Allowed distance from it, basis points.
    function rebalance(
        Leg[] calldata legs,
        uint256 refNav,
        uint16 navToleranceBps
    ) external returns (RebalanceResult memory result);

    // REDEEM QUEUE

    /// @notice Burns the queue's `shares` at the present price and owes it the assets. The queue has checked that
    /// every
    /// report is later than the requests.
    function settleRedeem(uint256 shares) external returns (uint256 assets);

    /// @notice Pays the queue as much of what it is owed as idle and the withdrawal order hold.
    function fundQueue() external returns (uint256 paid);

    // OWNER, once

    /// @notice Names the proposal module, for good.
    function bindProposalModule(address module) external;

    /// @notice Names the redeem queue, for good.
    function bindRedeemQueue(address queue) external;

    // OWNER

    /// @notice Names who receives fee shares; zero stops all fees. Accrues first.
    function setFeeRecipient(address recipient) external;

    // GUARDIAN or CURATOR, instant

    /// @notice Stops deposits at once; withdrawals go on.
    function pauseDeposits() external;

    /// @notice Stops deposits, rebalances, sync exits and pricing at once. Reports, claims, priced requests and
    /// in-kind
    /// exits stay open.
    function freeze() external;

    /// @notice Lowers fees; each at most the present one. Accrues first.
    function lowerFees(uint16 managementBps, uint16 performanceBps) external;

    // CURATOR, delayed

    /// @notice Opens deposits again.
    function unpauseDeposits() external;

    /// @notice Ends a freeze.
    function unfreeze() external;

    /// @notice Sets fees, in either direction: management at most 200, performance at most 2,000 basis points. Accrues
    /// first at the old terms; the high-water mark never falls.
    function setFees(uint16 managementBps, uint16 performanceBps) external;

    /// @notice Sets the strategies that sync exits pull from, at most eight, distinct.
    function setWithdrawalOrder(uint8[] calldata ids) external;

    /// @notice Writes a strategy off without calling its adapter: its debt becomes a loss at once, its state Revoked
    /// for
    /// good. What comes out later is a gain.
    /// @dev The curator's and delayed, never the guardian's: a write-off moves value from those who leave to those who
    /// stay, and whoever could write off at once could leave others behind. Until then the guardian has {freeze}.
    function forceRevoke(uint8 id) external;
}

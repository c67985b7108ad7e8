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

/// @title ILiquidityVault
/// @notice ERC-4626 vault on WETH whose deposits never call a strategy. `nav` = idle + cached debt of all strategies;
/// `totalAssets` = nav - locked profit. Donations move neither.
interface ILiquidityVault is IERC4626 {
    event Report(uint8 indexed id, uint256 previousDebt, uint256 debt, uint256 gain, uint256 loss);
    event TripLoss(uint8 indexed id, uint256 loss, uint256 debt);
    event ReportFailed(uint8 indexed id, bytes reason);
    event Claim(uint8 indexed id, uint256 received);
    event Allocate(uint8 indexed id, uint256 assets, uint256 value);
    event Deallocate(uint8 indexed id, uint256 assets, uint256 received);
    event RequestExit(uint8 indexed id, uint256 assets, uint256 requested);
    event BindProposalModule(address indexed module);
    event SetDepositsPaused(bool paused);
    event LockProfit(uint256 locked, uint256 unlockTime);

    // VIEWS

    /// @notice Assets held by the vault itself, by its own books.
    function idle() external view returns (uint256 assets);

    /// @notice Sum of all strategies' debts.
    function totalDebt() external view returns (uint256 assets);

    /// @notice Debt of one strategy: assets put there and last accounted.
    function debtOf(uint8 id) external view returns (uint256 assets);

    /// @notice Debt that strategies of one risk id share.
    function riskDebt(uint8 riskId) external view returns (uint256 assets);

    /// @notice idle + totalDebt.
    function nav() external view returns (uint256 assets);

    /// @notice Profit that has not unlocked yet.
    function lockedProfit() external view returns (uint256 assets);

    /// @notice Time of the last report of a strategy, Unix seconds.
    function reportedAt(uint8 id) external view returns (uint40);

    /// @notice Time of the oldest report among strategies with debt, Unix seconds.
    function navTimestamp() external view returns (uint40);

    /// @notice Idle assets that must remain after a rebalance.
    function minimumIdle() external view returns (uint256 assets);

    /// @notice Assets that sync exits can pay at this moment.
    function availableLiquidity() external view returns (uint256 assets);

    /// @notice True while the guardian's stop holds.
    function depositsPaused() external view returns (bool);

    /// @notice The only caller of `rebalance`; zero until bound.
    function proposalModule() external view returns (address);

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

    // ANYONE

    /// @notice Accounts the present value of strategies. Gains unlock over days; losses count at once; a loss above
    /// the
    /// strategy's trip freezes it. An adapter that reverts is reported as failed and keeps its debt and its old
    /// timestamp.
    function report(uint8[] calldata ids) external;

    /// @notice Collects finished asynchronous exits into idle.
    function claim(uint8[] calldata ids) external returns (uint256 received);

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

    // OWNER, once

    /// @notice Names the proposal module, for good.
    function bindProposalModule(address module) external;

    // GUARDIAN

    /// @notice Stops deposits at once; withdrawals are never paused.
    function pauseDeposits() external;

    // CURATOR, delayed

    /// @notice Opens deposits again.
    function unpauseDeposits() external;
}

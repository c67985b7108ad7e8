// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ProposalState} from "../types/Proposal.sol";
import {PriceStatus, StrategyState} from "../types/Strategy.sol";

/// @title Errors
/// @notice Every custom error of the project, prefixed by the contract that throws it, with the numbers that
/// explain it.
library Errors {
    // ADAPTERS

    /// @notice The caller is not the adapter's vault.
    error Adapter_NotVault(address caller, address vault);
    /// @notice A constructor argument has no code or does not fit.
    error Adapter_BadTarget(address target);
    /// @notice The venue's unit or asset is not the vault's asset.
    error Adapter_AssetMismatch(address target, address expected, address actual);
    /// @notice The adapter does not hold the assets it was told to allocate.
    error Adapter_NotFunded(uint256 assets, uint256 balance);
    /// @notice Allocating or requesting added less value than the signed minimum.
    error Adapter_ValueTooLow(uint256 value, uint256 minValue);
    /// @notice Deallocating paid less than the signed minimum.
    error Adapter_ReceivedTooLow(uint256 received, uint256 minReceived);
    /// @notice More than the venue can pay or take at this moment.
    error Adapter_LimitExceeded(uint256 assets, uint256 limit);
    /// @notice The venue has no asynchronous exit.
    error Adapter_NoAsyncExit();
    /// @notice Too many exit requests are open; claim finished ones first.
    error Adapter_TooManyRequests(uint256 open, uint256 limit);
    /// @notice The venue's rate is zero.
    error Adapter_RateZero();
    /// @notice Ether arrived from an account that never pays this adapter.
    error Adapter_UnexpectedEther(address from);
    /// @notice The venue takes no exit request this small.
    error Adapter_BelowMinimum(uint256 assets, uint256 minimum);
    /// @notice An ERC-721 arrived that is not an exit request minted to this adapter.
    error Adapter_UnexpectedToken(address collection, address from);
    /// @notice The exit request is this adapter's own: it leaves through `claim`, not as someone else's gift.
    error Adapter_OwnRequest(uint256 id);
    /// @notice The venue takes no deposit this small.
    error Adapter_DepositTooSmall(uint256 assets, uint256 minimum);

    // BOUNDED CALL

    /// @notice A read failed with less gas than a healthy one may need: send more.
    error BoundedCall_GasTooLow(uint256 gasGiven, uint256 gasNeeded);
    /// @notice The venue paid another token than the asset; nothing here could sell it.
    error Adapter_PaidInOtherToken(uint256 received, uint256 expected);
    /// @notice The venue is private: only its owner may enter, and leave.
    error Adapter_PrivateVault(address venue);
    /// @notice Ticks do not ascend, are outside the pool's limits, or are no multiples of its spacing.
    error Adapter_BadRange(int24 tickLower, int24 tickUpper, int24 tickSpacing);
    /// @notice A band is zero, above its limit, or leaves no room for the venue's fee.
    error Adapter_BadBand(uint256 bandBps, uint256 minBps, uint256 maxBps);
    /// @notice The pool's square-root price is too far from the protocol's rate to put assets in.
    error Adapter_PoolPriceOutOfBand(uint160 price, uint160 low, uint160 high);
    /// @notice The pool did not take the whole amount at the lowest price allowed.
    error Adapter_SwapIncomplete(uint256 amount, uint256 sold);
    /// @notice A callback came from an account that is not the pool, or outside a swap of this adapter.
    error Adapter_UnexpectedCallback(address caller);
    /// @notice The pool's hook is not one that this adapter accepts; only pools without hooks are.
    error Adapter_HookNotAllowed(address hook);
    /// @notice The venue is in the middle of a call and its figures cannot be trusted.
    error Adapter_VenueReentered(address venue);
    /// @notice The venue's price oracle cannot answer for the window yet.
    error Adapter_OracleNotReady(address market, uint32 window, uint16 cardinalityRequired);
    /// @notice The market is past its maturity.
    error Adapter_Expired(address market, uint256 expiry);

    // LEGS

    /// @notice A proposal has no legs or too many.
    error Legs_BadCount(uint256 count, uint256 limit);
    /// @notice No leg is of this kind.
    error Legs_BadKind(uint256 index, uint256 kind);
    /// @notice An amount does not fit its type.
    error Legs_Malformed(uint256 index, uint256 amount, uint256 minValue);
    /// @notice Exits must come before repositions and allocations.
    error Legs_ExitTooLate(uint256 index);
    /// @notice Repositions must come before allocations.
    error Legs_RepositionAfterAllocate(uint256 index);
    /// @notice The strategy id is outside 1..32.
    error Legs_BadStrategyId(uint256 index, uint256 strategyId);
    /// @notice Inside one kind, strategy ids must ascend strictly.
    error Legs_NotAscending(uint256 index, uint256 strategyId, uint256 previousId);
    /// @notice A leg moves nothing.
    error Legs_ZeroAmount(uint256 index);
    /// @notice Only the last leg, and only an Allocate, may take the remainder.
    error Legs_RemainderNotLast(uint256 index);
    /// @notice Ticks were signed on a leg that does not read them; only a reposition does.
    error Legs_TicksUnsupported(uint256 index);
    /// @notice Ticks of a reposition must ascend and fit int24.
    error Legs_BadTicks(uint256 index, int256 tickLower, int256 tickUpper);
    /// @notice A reposition moves the whole position: its amount must be zero.
    error Legs_AmountOnReposition(uint256 index, uint256 amount);

    // STRATEGY REGISTRY

    /// @notice The vault is bound already, for good.
    error StrategyRegistry_AlreadyBound(address vault);
    /// @notice No vault is bound yet, or the address has no code.
    error StrategyRegistry_BadVault(address vault);
    /// @notice The caller is not the bound vault.
    error StrategyRegistry_NotVault(address caller, address vault);
    /// @notice No strategy has this id.
    error StrategyRegistry_UnknownStrategy(uint8 id, uint8 count);
    /// @notice The registry is full.
    error StrategyRegistry_Full(uint8 count, uint8 limit);
    /// @notice The adapter has no code.
    error StrategyRegistry_AdapterWithoutCode(address adapter);
    /// @notice The adapter belongs to another vault.
    error StrategyRegistry_AdapterOfOtherVault(address adapter, address expected, address actual);
    /// @notice The adapter's asset is not the vault's.
    error StrategyRegistry_AdapterOfOtherAsset(address adapter, address expected, address actual);
    /// @notice The adapter is registered already.
    error StrategyRegistry_AlreadyRegistered(address adapter);
    /// @notice A share above 100 %.
    error StrategyRegistry_BadBps(uint256 bps, uint256 limit);
    /// @notice Risk ids run 0..31.
    error StrategyRegistry_BadRiskId(uint8 riskId);
    /// @notice Lowering may not raise any field.
    error StrategyRegistry_NotLower(uint256 field, uint256 requested, uint256 current);
    /// @notice The state may not change this way.
    error StrategyRegistry_BadTransition(uint8 id, StrategyState current, StrategyState requested);
    /// @notice The inflow would exceed the strategy's decaying 24 h budget.
    error StrategyRegistry_InflowBudgetExceeded(uint8 id, uint256 assets, uint256 left);

    // ORACLE GUARD

    /// @notice The vault is bound already, for good.
    error OracleGuard_AlreadyBound(address vault);
    /// @notice A constructor argument or the bound vault has no code.
    error OracleGuard_BadTarget(address target);
    /// @notice The caller is not the bound vault.
    error OracleGuard_NotVault(address caller, address vault);
    /// @notice The registry has no strategy with this id.
    error OracleGuard_UnknownStrategy(uint8 id);
    /// @notice A configuration value is outside its range; `field` is its place in {OracleConfig}, from 0.
    error OracleGuard_BadConfig(uint8 id, uint256 field, uint256 value);
    /// @notice The configured source gives no usable price now, so it cannot be the anchor of later checks.
    error OracleGuard_Unpriceable(uint8 id, uint256 rate, uint256 marketWad, uint256 updatedAt);
    /// @notice The price allows no inflow.
    error OracleGuard_NoInflow(uint8 id, PriceStatus status, uint256 rate, uint256 marketWad, uint256 updatedAt);
    /// @notice The price allows no move at all.
    error OracleGuard_NotPriced(uint8 id, PriceStatus status, uint256 rate, uint256 marketWad, uint256 updatedAt);

    // LIQUIDITY VAULT

    /// @notice A constructor setting is outside its range.
    error LiquidityVault_BadSetting(uint256 value, uint256 limit);
    /// @notice An address that must be a contract has no code.
    error LiquidityVault_BadTarget(address target);
    /// @notice The proposal module is bound already, for good.
    error LiquidityVault_AlreadyBound(address module);
    /// @notice The caller is not the bound proposal module.
    error LiquidityVault_NotModule(address caller, address module);
    /// @notice Ether comes in through depositEth only.
    error LiquidityVault_UnexpectedEther(address from, uint256 value);
    /// @notice The deadline has passed.
    error LiquidityVault_Expired(uint256 deadline, uint256 timestamp);
    /// @notice Fewer shares than the caller's minimum.
    error LiquidityVault_TooFewShares(uint256 shares, uint256 minShares);
    /// @notice Fewer assets than the caller's minimum.
    error LiquidityVault_TooFewAssets(uint256 assets, uint256 minAssets);
    /// @notice The deposit is too small for one share.
    error LiquidityVault_ZeroShares(uint256 assets);
    /// @notice NAV is too far from what the signers saw.
    error LiquidityVault_NavOutOfTolerance(uint256 nav, uint256 refNav, uint256 toleranceBps);
    /// @notice A strategy that the proposal touches cannot be valued.
    error LiquidityVault_ReportFailed(uint8 id, address adapter);
    /// @notice The strategy's state forbids this leg.
    error LiquidityVault_StateForbids(uint8 id, StrategyState state);
    /// @notice The strategy's price forbids this leg.
    error LiquidityVault_PriceForbids(uint8 id, PriceStatus status);
    /// @notice An exit paid less than the signed minimum.
    error LiquidityVault_ReceivedTooLow(uint8 id, uint256 received, uint256 minReceived);
    /// @notice An exit request moved less into pending than the signed minimum.
    error LiquidityVault_RequestedTooLow(uint8 id, uint256 requested, uint256 minValue);
    /// @notice An allocation added less value than the signed minimum.
    error LiquidityVault_ValueTooLow(uint8 id, uint256 value, uint256 minValue);
    /// @notice The strategy's adapter holds no range that could be moved.
    error LiquidityVault_NotARange(uint8 id, address adapter);
    /// @notice A position was worth less after a reposition than the signed minimum.
    error LiquidityVault_KeptTooLow(uint8 id, uint256 value, uint256 minValue);
    /// @notice After a harvest the vault had less than before: position and cash together, at the protocol's rate.
    error LiquidityVault_HarvestLost(uint8 id, uint256 worthBefore, uint256 worthAfter);
    /// @notice More than the vault holds idle.
    error LiquidityVault_IdleTooLow(uint256 idle, uint256 needed);
    /// @notice The vault holds less than its books say, or its supply moved, during a rebalance.
    error LiquidityVault_BooksBroken(uint256 expected, uint256 actual);
    /// @notice More than a strategy's account has room for.
    error LiquidityVault_DebtTooHigh(uint256 id, uint256 debt, uint256 limit);
    /// @notice The strategy's debt is above its cap.
    error LiquidityVault_CapExceeded(uint8 id, uint256 debt, uint256 cap);
    /// @notice The debt of strategies that share a risk id is above its cap.
    error LiquidityVault_RiskCapExceeded(uint8 riskId, uint256 debt, uint256 cap);

    /// @notice The caller is not the bound redeem queue.
    error LiquidityVault_NotQueue(address caller, address queue);
    /// @notice The guardian has frozen the vault.
    error LiquidityVault_Frozen();
    /// @notice Exits cannot be priced: frozen, a report too old, or a rebalance in this block.
    error LiquidityVault_ExitsClosed(uint256 navTimestamp, uint256 timestamp);
    /// @notice In-kind exits are open only while the vault or a strategy is frozen or the NAV has been stale for long.
    error LiquidityVault_InKindClosed(uint256 navTimestamp, uint256 timestamp);
    /// @notice Part of the strategy's position belongs to in-kind claims: no new money may go in.
    error LiquidityVault_InKindClaimsOpen(uint8 id, uint256 units);
    /// @notice The fee is above what this call allows, basis points.
    error LiquidityVault_FeeTooHigh(uint256 feeBps, uint256 limit);
    /// @notice The vault's second half answers only when the vault runs it.
    error LiquidityVault_NotDelegated(address operations);

    // REDEEM QUEUE

    /// @notice A constructor argument has no code or is out of range.
    error RedeemQueue_BadSetting(uint256 value, uint256 limit);
    /// @notice The caller is neither the account nor its operator.
    error RedeemQueue_NotOperator(address caller, address controller);
    /// @notice Nothing was asked for.
    error RedeemQueue_ZeroShares();
    /// @notice The operator of an account cannot be the account itself.
    error RedeemQueue_SelfOperator(address account);
    /// @notice The batch is priced already: its requests can be claimed, not cancelled.
    error RedeemQueue_AlreadyPriced(uint256 requestId);
    /// @notice More shares than the request still holds.
    error RedeemQueue_ExceedsPending(uint256 requestId, uint256 shares, uint256 pending);
    /// @notice More than is claimable now.
    error RedeemQueue_ExceedsClaimable(address controller, uint256 requested, uint256 claimable);
    /// @notice No batch waits for a price.
    error RedeemQueue_NothingToPrice(uint256 nextId);
    /// @notice The oldest report is not later than every request of the batch.
    error RedeemQueue_ReportTooOld(uint256 requestId, uint256 navTimestamp, uint256 batchEnd);
    /// @notice Asynchronous vaults give no preview of a redeem; see ERC-7540.
    error RedeemQueue_NoPreview();

    // PROPOSAL MODULE

    /// @notice A constructor argument has no code or does not behave as declared.
    error ProposalModule_BadTarget(address target);
    /// @notice A policy value is outside its range.
    error ProposalModule_BadPolicy(uint256 value, uint256 limit);
    /// @notice The proposal is not in the state this needs.
    error ProposalModule_WrongState(bytes32 id, ProposalState state);
    /// @notice The calldata is not the one canonical encoding of the proposal.
    error ProposalModule_NotCanonical(uint256 length, uint256 expected);
    /// @notice A move of this size needs more signers than the Safe's own approval proves.
    error ProposalModule_NeedsSignatures(uint256 movedBps, uint256 required, uint256 threshold);
    /// @notice Signer tiers must ascend and exist for a Safe only.
    error ProposalModule_BadTiers(uint256 smallBps, uint256 largeBps);
    /// @notice The nonce was used.
    error ProposalModule_NonceUsed(uint256 nonce);
    /// @notice The window ends before it starts, has ended, or is longer than the policy allows.
    error ProposalModule_BadWindow(uint256 notBefore, uint256 deadline, uint256 latestDeadline);
    /// @notice Too early.
    error ProposalModule_NotYet(uint256 timestamp, uint256 notBefore);
    /// @notice Too late.
    error ProposalModule_Expired(uint256 timestamp, uint256 deadline);
    /// @notice Risk, oracle or policy configuration changed since the proposal was made.
    error ProposalModule_OldEpoch(uint256 proposed, uint256 current);
    /// @notice The last execution is too recent.
    error ProposalModule_Cooldown(uint256 timestamp, uint256 nextExecutionAt);
    /// @notice Executions are paused.
    error ProposalModule_Paused();
    /// @notice The proposal asks for a wider NAV tolerance than the policy allows.
    error ProposalModule_ToleranceTooWide(uint256 toleranceBps, uint256 limit);
    /// @notice The proposal asks for a larger loss than the policy allows.
    error ProposalModule_MaxLossTooHigh(uint256 maxLoss, uint256 limit);
    /// @notice The approver did not confirm this proposal.
    error ProposalModule_NotApproved(bytes32 id, address approver);
    /// @notice The caller is not the approver.
    error ProposalModule_NotApprover(address caller, address approver);
    /// @notice The caller may not cancel.
    error ProposalModule_CannotCancel(address caller);
    /// @notice The execution lost more than it may.
    error ProposalModule_LossTooHigh(uint256 loss, uint256 limit);
    /// @notice The execution's loss does not fit into the decaying 24 h window.
    error ProposalModule_LossWindowExceeded(uint256 lossWindow, uint256 limit);
}

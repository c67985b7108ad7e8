// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {PackedRecord} from "../types/PackedRecord.sol";
import {StrategyInfo, StrategyLimits, StrategyState} from "../types/Strategy.sol";

/// @title IStrategyRegistry
/// @notice Which strategies exist and how much each may hold. Every tightening is instant (guardian or curator); every
/// loosening is the curator's and waits for the AccessManager's delay. Zero is closed.
interface IStrategyRegistry {
    event RegisterStrategy(uint8 indexed id, address indexed adapter, uint32 riskIds);
    event SetLimits(uint8 indexed id, StrategyLimits limits);
    event SetRiskCap(uint8 indexed riskId, uint128 absoluteCap, uint16 relativeCapBps);
    event SetState(uint8 indexed id, StrategyState previous, StrategyState current);
    event BumpEpoch(uint64 epoch);
    event BindVault(address indexed vault);

    // VIEWS

    /// @notice Most strategies the registry takes.
    function MAX_STRATEGIES() external view returns (uint8);

    /// @notice Counts every change of state, limits, caps or list.
    function epoch() external view returns (uint64);

    /// @notice The vault whose inflows are recorded; the only caller of `recordInflows`, `tripFreeze`
    /// and `revoke`.
    function vault() external view returns (address);

    /// @notice Number of registered strategies; ids run 1..count.
    function count() external view returns (uint8);

    /// @notice A strategy's record; reverts with {Errors.StrategyRegistry_UnknownStrategy} when there is none.
    function strategy(uint8 id) external view returns (StrategyInfo memory);

    /// @notice What reports and legs need of several strategies, in one call. Reverts like {strategy} for an unknown
    /// id.
    function records(uint8[] calldata ids) external view returns (PackedRecord[] memory list);

    /// @notice {records} of one strategy.
    function record(uint8 id) external view returns (PackedRecord);

    /// @notice A strategy's adapter; zero when there is none. Never reverts.
    function adapterOf(uint8 id) external view returns (address);

    /// @notice The id of a registered adapter; zero when there is none.
    function idOf(address adapter) external view returns (uint8);

    /// @notice Caps of a shared risk id: absolute in asset units, relative in basis points of NAV.
    function riskCap(uint8 riskId) external view returns (uint128 absoluteCap, uint16 relativeCapBps);

    /// @notice Assets that may still flow in under the decaying 24 h budget.
    function inflowLeft(uint8 id) external view returns (uint256 assets);

    // OWNER, once

    /// @notice Names the vault, for good; the three contracts know each other, so one of them has to be told later.
    function bindVault(address vault_) external;

    // CURATOR, delayed: raises risk

    /// @notice Adds a strategy, closed (limits zero, state Active). Refuses an adapter without code, of another
    /// vault or
    /// asset, or already registered.
    function registerStrategy(address adapter, uint32 riskIds) external returns (uint8 id);

    /// @notice Sets a strategy's limits, in either direction.
    function setLimits(uint8 id, StrategyLimits calldata limits) external;

    /// @notice Sets the caps of a shared risk id, in either direction.
    function setRiskCap(uint8 riskId, uint128 absoluteCap, uint16 relativeCapBps) external;

    /// @notice Returns a ReduceOnly or Frozen strategy to Active.
    function reactivate(uint8 id) external;

    // GUARDIAN or CURATOR, instant: lowers risk

    /// @notice Lowers limits; each field must be at most the present one.
    function lowerLimits(uint8 id, StrategyLimits calldata limits) external;

    /// @notice Lowers the caps of a risk id; each must be at most the present one.
    function lowerRiskCap(uint8 riskId, uint128 absoluteCap, uint16 relativeCapBps) external;

    /// @notice Active -> ReduceOnly or Frozen, ReduceOnly -> Frozen.
    function restrict(uint8 id, StrategyState state) external;

    // VAULT

    /// @notice Charges gross inflows to the strategies' budgets, reverting with
    /// {Errors.StrategyRegistry_InflowBudgetExceeded} above one, and returns the caps that bind at this NAV.
    /// @dev The vault's own event tells the amount; this emits none.
    /// @param inflows One word per strategy that took inflow: id in the low 8 bits, gross inflow in asset units above.
    /// @param riskIds Bitmap of risk ids whose caps are wanted.
    /// @param nav NAV that relative caps refer to, asset units.
    /// @return caps Most debt of each strategy, then of each wanted risk id, ascending, asset units.
    function recordInflows(
        uint256[] calldata inflows,
        uint256 riskIds,
        uint256 nav
    ) external returns (uint256[] memory caps);

    /// @notice Freezes a strategy whose report breached its loss trip.
    function tripFreeze(uint8 id) external;

    /// @notice Marks a strategy as written off, for good; see {ILiquidityVault.forceRevoke}.
    function revoke(uint8 id) external;
}

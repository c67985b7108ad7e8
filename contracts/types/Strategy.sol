// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice None = unknown (closed). Active: in and out. ReduceOnly: out only. Frozen: exits only, set by the guardian
/// or
/// by a loss above the trip. Revoked: written off for good; its debt stays zero, and what still comes out is a gain.
enum StrategyState {
    None,
    Active,
    ReduceOnly,
    Frozen,
    Revoked
}

/// @notice The risk limits of one strategy. Zero is closed, everywhere.
/// @param absoluteCap Most debt, in asset units.
/// @param dailyInflowBudget Most gross inflow in a decaying 24 h window, in asset units.
/// @param relativeCapBps Most debt as a share of the vault's NAV, basis points.
/// @param lossTripBps A report that shows a larger loss of the strategy's debt freezes it, basis points.
struct StrategyLimits {
    uint128 absoluteCap;
    uint128 dailyInflowBudget;
    uint16 relativeCapBps;
    uint16 lossTripBps;
}

/// @notice A strategy as the registry stores it.
/// @param adapter The adapter contract; fixed once registered.
/// @param state See {StrategyState}.
/// @param riskIds Bitmap of shared risk ids (issuer, dependency, collateral), bit i = risk id i, 0..31.
/// @param limits See {StrategyLimits}.
struct StrategyInfo {
    address adapter;
    StrategyState state;
    uint32 riskIds;
    StrategyLimits limits;
}

/// @notice How a strategy's price is known.
/// - None: unset, closed.
/// - AssetDenominated: the position is a claim on the asset itself (a lending pool); only the rate is checked.
/// - MarketOfToken: the feed prices one rate-bearing token in the asset (weETH/ETH); redemption value = `rate`.
/// - MarketOfUnderlying: the feed prices the rebasing underlying in the asset (stETH/ETH); redemption value = 1.
/// - RateOnly: no market feed exists; rate checks only, and the registry should hold a lower cap.
enum OracleKind {
    None,
    AssetDenominated,
    MarketOfToken,
    MarketOfUnderlying,
    RateOnly
}

/// @notice What may be done with a strategy at its present price, mildest first.
enum PriceStatus {
    Closed,
    Normal,
    NoInflow,
    ExitOnly,
    Frozen
}

/// @notice How to price one strategy.
/// @param kind See {OracleKind}.
/// @param feed Chainlink aggregator proxy, zero for AssetDenominated and RateOnly.
/// @param heartbeat The longest age the publisher promises, seconds.
/// @param margin Grace on top of the heartbeat, seconds.
/// @param maxRateGrowthBps Most growth of the protocol rate per year, basis points; 0 = closed.
/// @param slashBudgetBps Largest fall of the protocol rate between two syncs that still counts as a price, basis
/// points.
/// @param minAnswer Answers at or below are refused, in the feed's units.
/// @param maxAnswer Answers at or above are refused, in the feed's units.
struct OracleConfig {
    OracleKind kind;
    address feed;
    uint32 heartbeat;
    uint32 margin;
    uint16 maxRateGrowthBps;
    uint16 slashBudgetBps;
    uint128 minAnswer;
    uint128 maxAnswer;
}

/// @notice A strategy's price at this moment.
/// @param status What may be done.
/// @param sellFactor WAD factor on the redemption value when we sell or value: min(market, redemption) / redemption.
/// @param buyFactor WAD factor when we buy: max(market, redemption) / redemption.
/// @param rate Protocol rate, WAD of asset per unit, as the adapter reports it.
/// @param marketWad Market price of the feed's unit in the asset, WAD; 0 without a feed.
/// @param updatedAt Time of the feed's round, Unix seconds; 0 without a feed.
struct Quote {
    PriceStatus status;
    uint256 sellFactor;
    uint256 buyFactor;
    uint256 rate;
    uint256 marketWad;
    uint256 updatedAt;
}

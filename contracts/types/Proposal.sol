// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice What a leg does with one strategy.
/// - Deallocate: strategy -> idle, in this transaction.
/// - RequestExit: starts an asynchronous exit at the venue; assets reach idle later through `claim`.
/// - Allocate: idle -> strategy.
/// - Reposition: moves a concentrated position to new ticks; debt leaves neither strategy nor vault.
enum LegKind {
    Deallocate,
    RequestExit,
    Allocate,
    Reposition
}

/// @notice One signed move.
/// @param strategyId The registry's id, 1..32.
/// @param kind What to do.
/// @param amount Assets, in asset units; 0 on a Reposition, which moves the whole position. On the last Allocate leg
/// `type(uint128).max` takes all idle above the reserve.
/// @param minValue The least acceptable outcome in asset units: assets received (Deallocate), value requested
/// (RequestExit), value added (Allocate), debt the position still counts for at the guard's value (Reposition).
/// @param tickLower Lower tick, Reposition only, else 0.
/// @param tickUpper Upper tick, Reposition only, else 0.
struct Leg {
    uint8 strategyId;
    LegKind kind;
    uint128 amount;
    uint128 minValue;
    int24 tickLower;
    int24 tickUpper;
}

/// @notice What the owners of the Safe sign. Its EIP-712 hash is the proposal's id.
/// @param nonce Unordered: bit `nonce & 255` of word `nonce >> 8`. A dead proposal blocks nothing.
/// @param notBefore Earliest execution, Unix seconds.
/// @param deadline Latest execution, Unix seconds.
/// @param configEpoch Must equal `ProposalModule.configEpoch()`: any change of risk, oracle or signer policy kills it.
/// @param refNav The vault's NAV the keeper computed with, in asset units.
/// @param navToleranceBps How far the NAV at execution may be from `refNav`, in basis points.
/// @param maxLoss The most assets the execution may lose, in asset units.
/// @param evidence keccak256 of the evidence report's canonical JSON bytes.
/// @param legs Exits first (Deallocate, RequestExit), then Reposition, then Allocate; at most 16; inside each kind
/// strictly ascending by strategy id.
struct Proposal {
    uint256 nonce;
    uint64 notBefore;
    uint64 deadline;
    uint64 configEpoch;
    uint256 refNav;
    uint16 navToleranceBps;
    uint128 maxLoss;
    bytes32 evidence;
    Leg[] legs;
}

/// @notice A proposal's life. Expiry and a stale epoch are computed from the struct and never need a transaction.
enum ProposalState {
    None,
    Proposed,
    Executed,
    Cancelled,
    Aborted
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {PackedPrice} from "../types/PackedPrice.sol";
import {PackedRecord} from "../types/PackedRecord.sol";
import {OracleConfig, PriceStatus, Quote} from "../types/Strategy.sol";

/// @title IOracleGuard
/// @notice Says what may be done with a strategy at its present price, and what the position counts for. A feed
/// that is
/// dead, stale, zero, negative or out of bounds freezes its own strategy and nothing else; `quote` never reverts.
interface IOracleGuard {
    event SetOracle(uint8 indexed id, OracleConfig config);
    event BindVault(address indexed vault);
    event SetBounds(uint8 indexed id, uint256 minAnswer, uint256 maxAnswer, uint256 phase);
    event SyncRate(uint8 indexed id, uint256 rate, uint256 sellFactor, PriceStatus status);

    // VIEWS

    /// @notice The only caller of `syncAll`.
    function vault() external view returns (address);

    /// @notice Counts every change of configuration.
    function epoch() external view returns (uint64);

    /// @notice The configuration of a strategy; kind None when unset. `minAnswer` and `maxAnswer` are the bounds in
    /// force: the configured ones, or those of the feed's own aggregator where these are narrower.
    function oracle(uint8 id) external view returns (OracleConfig memory);

    /// @notice The strategy's price now. Never reverts: whatever cannot be priced is Frozen, with the last good
    /// factor.
    function quote(uint8 id) external view returns (Quote memory);

    /// @notice What may be done with a strategy now, as {quote} says it, by the record that the caller already has.
    function statusOf(PackedRecord info) external view returns (PriceStatus);

    /// @notice Value the vault may count: liquid x sellFactor + pending + claimable, in asset units, rounded down.
    function value(uint8 id, uint256 liquid, uint256 pending, uint256 claimable) external view returns (uint256);

    /// @notice Reverts with the reason unless the strategy may take inflow (Normal).
    function requireInflow(uint8 id) external view;

    /// @notice Reverts with the reason unless the strategy may be touched at all (Normal, NoInflow or ExitOnly).
    function requirePriced(uint8 id) external view;

    // OWNER, once

    /// @notice Names the vault, the only caller of `syncAll`, for good.
    function bindVault(address vault_) external;

    // VAULT

    /// @notice Takes the prices of several strategies into account, in one call: moves rate snapshots forward,
    /// remembers the last good factors, counts the way back to normal, and takes over the bounds of a feed's new
    /// aggregator. Called on each report.
    /// @param infos The strategies' records, which the vault has just read from the registry.
    /// @return prices In the same order; see {PackedPrice}.
    function syncAll(PackedRecord[] calldata infos) external returns (PackedPrice[] memory prices);

    // CURATOR, delayed

    /// @notice Sets or replaces a strategy's price source.
    function setOracle(uint8 id, OracleConfig calldata config) external;

    // GUARDIAN, instant

    /// @notice Takes the price source away: the strategy is Closed until the curator sets one.
    function disable(uint8 id) external;
}

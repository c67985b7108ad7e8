// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {OracleConfig, PriceStatus, Quote} from "../types/Strategy.sol";

/// @title IOracleGuard
/// @notice Says what may be done with a strategy at its present price, and what the position counts for. A feed
/// that is
/// dead, stale, zero, negative or out of bounds freezes its own strategy and nothing else; `quote` never reverts.
interface IOracleGuard {
    event SetOracle(uint8 indexed id, OracleConfig config);
    event BindVault(address indexed vault);
    event SyncRate(uint8 indexed id, uint256 rate, uint256 sellFactor, PriceStatus status);

    // VIEWS

    /// @notice The only caller of `sync`.
    function vault() external view returns (address);

    /// @notice Counts every change of configuration.
    function epoch() external view returns (uint64);

    /// @notice The configuration of a strategy; kind None when unset.
    function oracle(uint8 id) external view returns (OracleConfig memory);

    /// @notice The strategy's price now. Never reverts: whatever cannot be priced is Frozen, with the last good
    /// factor.
    function quote(uint8 id) external view returns (Quote memory);

    /// @notice Value the vault may count: liquid x sellFactor + pending + claimable, in asset units, rounded down.
    function value(uint8 id, uint256 liquid, uint256 pending, uint256 claimable) external view returns (uint256);

    /// @notice Reverts with the reason unless the strategy may take inflow (Normal).
    function requireInflow(uint8 id) external view;

    /// @notice Reverts with the reason unless the strategy may be touched at all (Normal, NoInflow or ExitOnly).
    function requirePriced(uint8 id) external view;

    // OWNER, once

    /// @notice Names the vault, the only caller of `sync`, for good.
    function bindVault(address vault_) external;

    // VAULT

    /// @notice Takes the price into account: moves the rate snapshot forward, remembers the last good factor, counts
    /// the
    /// way back to normal. Called on each report.
    /// @param adapter The strategy's adapter, which the vault has just read from the registry.
    /// @return status What may be done with the strategy now.
    /// @return sellFactor WAD factor on its liquid part; the last good one where there is no price.
    /// @return lastFactor WAD factor of the previous sync: what moved between the two is the market's doing.
    function sync(
        uint8 id,
        address adapter
    ) external returns (PriceStatus status, uint256 sellFactor, uint256 lastFactor);

    // CURATOR, delayed

    /// @notice Sets or replaces a strategy's price source.
    function setOracle(uint8 id, OracleConfig calldata config) external;

    // GUARDIAN, instant

    /// @notice Takes the price source away: the strategy is Closed until the curator sets one.
    function disable(uint8 id) external;
}

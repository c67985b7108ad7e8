// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title IStrategyAdapter
/// @notice One venue. Holds the position; the vault holds the accounting. Targets are immutable, only the vault
/// calls the
/// state-changing functions, there is no owner, no delegatecall, and no approval survives a call.
/// All amounts are in units of the vault's asset at the *protocol's* rate (redemption value); market prices are the
/// OracleGuard's business.
interface IStrategyAdapter {
    // IMMUTABLES

    /// @notice The only account that may move this adapter's position.
    function vault() external view returns (address);

    /// @notice The asset that goes in and comes out; equals the vault's asset.
    function asset() external view returns (address);

    // VIEWS

    /// @notice The protocol's exchange rate: WAD of asset that one unit of the position redeems for.
    /// @dev Reverts rather than returning a number it cannot vouch for. Grows by yield, falls by slashing.
    function rate() external view returns (uint256 wad);

    /// @notice What the position is worth at the protocol's rate. Never above what exit can pay.
    /// @return liquid Worth of the open position.
    /// @return pending Sum over open exit requests of min(requested, current worth).
    /// @return claimable Assets that `claim` would pay now.
    function realAssets() external view returns (uint256 liquid, uint256 pending, uint256 claimable);

    /// @notice Most assets `allocate` accepts now. 0 when the venue is paused, frozen or full. Never reverts.
    function maxAllocate() external view returns (uint256 assets);

    /// @notice Most assets `deallocate` pays in full in one transaction now. 0 when nothing can leave at once. Never
    /// reverts.
    /// @dev `deallocate` may take more where a venue pays the rest at once for a fee: less arrives then than was asked.
    function maxDeallocate() external view returns (uint256 assets);

    // VAULT

    /// @notice Puts `assets` into the venue.
    ///
    /// Requirements:
    /// - the caller is the vault;
    /// - `assets` have already been transferred to the adapter;
    /// - the value added is at least `minValue`, else {Errors.Adapter_ValueTooLow}.
    ///
    /// @return value Worth added at the protocol's rate, measured as a difference.
    function allocate(uint256 assets, uint256 minValue) external returns (uint256 value);

    /// @notice Takes `assets` out of the venue and sends what arrived to the vault.
    ///
    /// Requirements:
    /// - the caller is the vault;
    /// - at least `minReceived` arrives, else {Errors.Adapter_ReceivedTooLow}.
    ///
    /// @return received Assets sent to the vault, measured as a balance difference.
    function deallocate(uint256 assets, uint256 minReceived) external returns (uint256 received);

    /// @notice Starts an asynchronous exit worth `assets`. Reverts with {Errors.Adapter_NoAsyncExit} where the
    /// venue has none.
    ///
    /// Requirements:
    /// - the caller is the vault;
    /// - fewer than 16 requests are open, else {Errors.Adapter_TooManyRequests};
    /// - the value requested is at least `minValue`, else {Errors.Adapter_ValueTooLow}.
    ///
    /// @return requested Worth now pending.
    function requestExit(uint256 assets, uint256 minValue) external returns (uint256 requested);

    /// @notice Collects every finished exit and sends the assets to the vault. Idempotent: nothing finished pays 0.
    /// @dev Only the vault may call, so that what arrives is accounted; `ILiquidityVault.claim` is open to anyone.
    /// @return received Assets sent to the vault.
    function claim() external returns (uint256 received);
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title IRedeemQueue
/// @notice Asynchronous exits in the shape of ERC-7540's redeem half: request, a price from a later report, claim.
///
/// Requests are gathered in batches, each a half-open stretch of time [start, end). A batch is priced once, by anyone,
/// when
/// every strategy with debt has been reported at or after its end, hence later than each of its requests: whoever asks
/// cannot know the price. Pricing burns the batch's shares and turns them into a liability of the vault, which is
/// reserved
/// from idle before anyone else. Batches are paid in order, whole; claims then need nobody.
///
/// Gas is bounded: no function loops over users; a claim touches one request, pricing one batch.
interface IRedeemQueue {
    event RedeemRequest(
        address indexed controller,
        address indexed owner,
        uint256 indexed requestId,
        address sender,
        uint256 shares
    );
    event CancelRedeemRequest(
        address indexed controller,
        uint256 indexed requestId,
        address sender,
        address receiver,
        uint256 shares
    );
    event PriceBatch(uint256 indexed requestId, uint256 shares, uint256 assets);
    event OperatorSet(address indexed controller, address indexed operator, bool approved);
    event Withdraw(
        address indexed sender,
        address indexed receiver,
        address indexed controller,
        uint256 assets,
        uint256 shares
    );

    /// @notice One batch.
    /// @param end Requests before this time belong to it, Unix seconds; later ones to another.
    /// @param shares Shares requested and not cancelled; fixed once priced.
    /// @param assets What the shares became; 0 until priced.
    /// @param owedUpTo Sum of all batches' assets up to this one.
    struct Batch {
        uint40 end;
        bool priced;
        uint128 shares;
        uint128 assets;
        uint128 owedUpTo;
    }

    // VIEWS

    /// @notice The vault, whose shares are redeemed: ERC-7575's share.
    function share() external view returns (address);

    /// @notice The vault's asset.
    function asset() external view returns (address);

    /// @notice Length of a batch, seconds.
    function batchSeconds() external view returns (uint40);

    /// @notice The batch with this id; ids run 1..lastRequestId.
    function batch(uint256 requestId) external view returns (Batch memory);

    /// @notice The newest batch.
    function lastRequestId() external view returns (uint256);

    /// @notice The batch that is priced next.
    function nextToPrice() external view returns (uint256);

    /// @notice True when {price} would succeed now.
    function canPrice() external view returns (bool);

    /// @notice Assets received from the vault so far, over all batches.
    function funded() external view returns (uint256 assets);

    /// @notice Shares of a request that wait for a price.
    function pendingRedeemRequest(uint256 requestId, address controller) external view returns (uint256 shares);

    /// @notice Shares of a request that are priced and paid for by the vault.
    /// @dev What the vault can pay at once counts as well: claiming asks it first.
    function claimableRedeemRequest(uint256 requestId, address controller) external view returns (uint256 shares);

    /// @notice Shares that {redeem} accepts: of the controller's oldest open request.
    function maxRedeem(address controller) external view returns (uint256 shares);

    /// @notice Assets that {withdraw} accepts: of the controller's oldest open request.
    function maxWithdraw(address controller) external view returns (uint256 assets);

    /// @notice Always reverts, as ERC-7540 asks of asynchronous redemption.
    function previewRedeem(uint256 shares) external pure returns (uint256 assets);

    /// @notice Always reverts, as ERC-7540 asks of asynchronous redemption.
    function previewWithdraw(uint256 assets) external pure returns (uint256 shares);

    /// @notice True when `operator` may act for `controller`.
    function isOperator(address controller, address operator) external view returns (bool);

    /// @notice ERC-165: ERC-7540's operators and redeem.
    function supportsInterface(bytes4 interfaceId) external view returns (bool);

    // DEPOSITOR

    /// @notice Moves `shares` of `owner` into escrow and adds them to the present batch in the name of `controller`.
    ///
    /// Requirements:
    /// - the caller is the owner or the owner's operator;
    /// - this contract has the owner's allowance of shares.
    ///
    /// @return requestId The batch.
    function requestRedeem(uint256 shares, address controller, address owner) external returns (uint256 requestId);

    /// @notice Takes shares of a request back, until its batch is priced.
    function cancelRedeemRequest(uint256 requestId, uint256 shares, address controller, address receiver) external;

    /// @notice Claims `shares` of the controller's oldest open request.
    function redeem(uint256 shares, address receiver, address controller) external returns (uint256 assets);

    /// @notice Claims `assets` of the controller's oldest open request.
    function withdraw(uint256 assets, address receiver, address controller) external returns (uint256 shares);

    /// @notice Claims everything of one request.
    function claimRequest(uint256 requestId, address receiver, address controller) external returns (uint256 assets);

    /// @notice Lets `operator` act for the caller.
    function setOperator(address operator, bool approved) external returns (bool);

    // ANYONE

    /// @notice Prices the next batch.
    ///
    /// Requirements:
    /// - the batch has ended, and every strategy with debt was reported at or after its end;
    /// - the vault's exits are open: not frozen, NAV fresh, no rebalance in this block.
    function price() external returns (uint256 requestId, uint256 assets);

    /// @notice Brings what the vault can pay of its liabilities here.
    function fund() external returns (uint256 received);
}

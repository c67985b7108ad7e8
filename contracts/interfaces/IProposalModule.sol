// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Leg, Proposal, ProposalState} from "../types/Proposal.sol";

/// @title IProposalModule
/// @notice The keeper proposes, the owners of a Safe sign, anyone executes. Holds no funds and is not a Safe module.
interface IProposalModule {
    event Propose(bytes32 indexed id, address indexed proposer, Proposal proposal);
    event Cancel(bytes32 indexed id, address indexed by);
    event Approve(bytes32 indexed id, address indexed by);
    event Execute(
        bytes32 indexed id,
        address indexed by,
        uint256 navBefore,
        uint256 navAfter,
        uint256 loss,
        uint256 lossWindow
    );
    event Abort(bytes32 indexed id, address indexed by, uint8 trippedStrategy);
    event SetPolicy(Policy policy);
    event SetPaused(bool paused);
    event SetSignerTiers(SignerTiers tiers);

    /// @notice Standing limits of every execution.
    /// @param cooldown Least time between two executions, seconds.
    /// @param maxTtl Most time from proposing to deadline, seconds.
    /// @param maxLossBps Most loss of one execution, basis points of NAV.
    /// @param windowLossBps Most loss in the decaying 24 h window, basis points of NAV.
    /// @param maxNavToleranceBps Widest NAV tolerance a proposal may ask for, basis points.
    struct Policy {
        uint32 cooldown;
        uint32 maxTtl;
        uint16 maxLossBps;
        uint16 windowLossBps;
        uint16 maxNavToleranceBps;
    }

    /// @notice How many owners must sign, by the size of a move. Unset (`largeBps` 0): the Safe's threshold. Never
    /// fewer
    /// than the threshold; above `largeBps` all owners. For a Safe only.
    /// @param smallBps Up to this share of NAV moved, basis points, `smallSigners` suffice.
    /// @param smallSigners See `smallBps`.
    /// @param largeBps Up to this share of NAV moved, basis points, `largeSigners` suffice; above, all owners.
    /// @param largeSigners See `largeBps`.
    struct SignerTiers {
        uint16 smallBps;
        uint8 smallSigners;
        uint16 largeBps;
        uint8 largeSigners;
    }

    // VIEWS

    /// @notice The account whose approval counts: a Safe, or any ERC-1271 account.
    function approver() external view returns (address);

    /// @notice True when the approver is a Safe and checks signatures itself; false for an ERC-1271 account.
    function approverIsSafe() external view returns (bool);

    /// @notice True while executions are stopped.
    function paused() external view returns (bool);

    /// @notice registry.epoch + guard.epoch + own policy epoch: any change anywhere changes the sum.
    function configEpoch() external view returns (uint64);

    /// @notice The standing limits.
    function policy() external view returns (Policy memory);

    /// @notice The signer tiers.
    function signerTiers() external view returns (SignerTiers memory);

    /// @notice How many owners must sign these legs now.
    /// @param legs The legs of a proposal; a remainder counts as all idle and all that the exits bring, a reposition as
    /// the strategy's debt.
    /// @param refNav The proposal's NAV, asset units.
    /// @return required Signatures needed: max(tier, threshold), at most the number of owners.
    /// @return threshold The Safe's own threshold now.
    /// @return movedBps Share of `refNav` moved, basis points, rounded up; 0 while no tiers are set.
    function requiredSigners(
        Leg[] calldata legs,
        uint256 refNav
    ) external view returns (uint256 required, uint256 threshold, uint256 movedBps);

    /// @notice The EIP-712 hash of a proposal under this module's domain: its id.
    function proposalId(Proposal calldata proposal) external view returns (bytes32);

    /// @notice A proposal's stored state.
    function stateOf(bytes32 id) external view returns (ProposalState);

    /// @notice True when the Safe itself approved by transaction.
    function isApproved(bytes32 id) external view returns (bool);

    /// @notice True when the nonce was used by an executed, aborted or cancelled proposal.
    function isNonceUsed(uint256 nonce) external view returns (bool);

    /// @notice Loss still counted in the decaying 24 h window, asset units.
    function lossWindow() external view returns (uint256 assets);

    /// @notice Earliest next execution, Unix seconds.
    function nextExecutionAt() external view returns (uint256);

    // PROPOSER

    /// @notice Publishes a proposal. Refuses whatever already breaks a static limit.
    function propose(Proposal calldata proposal) external returns (bytes32 id);

    // APPROVER

    /// @notice Fallback: the Safe approves by an ordinary transaction.
    function approve(bytes32 id) external;

    // ANYONE

    /// @notice Executes an approved proposal. `signatures` are the Safe's, 65 bytes each, ascending by owner; empty
    /// when
    /// the Safe called {approve}.
    function execute(Proposal calldata proposal, bytes calldata signatures) external;

    // GUARDIAN, CURATOR, PROPOSER, APPROVER

    /// @notice Kills a proposal for good.
    function cancel(Proposal calldata proposal) external;

    // GUARDIAN

    /// @notice Stops executions at once.
    function pause() external;

    // CURATOR, delayed

    /// @notice Lets executions run again.
    function unpause() external;

    /// @notice Replaces the standing limits.
    function setPolicy(Policy calldata policy) external;

    /// @notice Replaces the signer tiers; kills every open proposal like any change of policy.
    function setSignerTiers(SignerTiers calldata tiers) external;
}

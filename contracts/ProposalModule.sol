// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ILiquidityVault, RebalanceResult} from "./interfaces/ILiquidityVault.sol";
import {IOracleGuard} from "./interfaces/IOracleGuard.sol";
import {IProposalModule} from "./interfaces/IProposalModule.sol";
import {IStrategyRegistry} from "./interfaces/IStrategyRegistry.sol";
import {ISafe} from "./interfaces/external/safe/ISafe.sol";
import {Errors} from "./libraries/Errors.sol";
import {Legs} from "./libraries/Legs.sol";
import {LinearDecay} from "./libraries/LinearDecay.sol";
import {ProposalHash} from "./libraries/ProposalHash.sol";
import {Roles} from "./libraries/Roles.sol";
import {Leg, LegKind, Proposal, ProposalState} from "./types/Proposal.sol";

/// @title ProposalModule
/// @notice See {IProposalModule}. The Safe stays the only list of owners and the only threshold: signatures are
/// checked by
/// the Safe itself, at execution, so an owner removed after signing no longer counts and a raised threshold binds.
///
/// Assumptions: this module is not an owner of the Safe. `Safe.approveHash(id)` by an owner counts as that owner's
/// signature without any code here.
contract ProposalModule is IProposalModule, EIP712, AccessManaged, ReentrancyGuardTransient {
    using SafeCast for uint256;

    /// @dev One word, which is why {Policy} and {SignerTiers} lie here field by field: a struct inside would take its
    /// own.
    /// `epoch` counts changes of the policy and of the tiers.
    struct Standing {
        uint32 cooldown;
        uint32 maxTtl;
        uint16 maxLossBps;
        uint16 windowLossBps;
        uint16 maxNavToleranceBps;
        uint16 smallBps;
        uint8 smallSigners;
        uint16 largeBps;
        uint8 largeSigners;
        uint32 epoch;
        uint40 executedAt;
        bool paused;
    }

    struct Status {
        ProposalState state;
        bool approved;
    }

    struct Window {
        uint128 loss;
        uint40 at;
    }

    // CONSTANTS

    uint256 private constant BPS = 10_000;
    /// @dev Words of an encoded proposal without its legs: offset, nine fields, number of legs.
    uint256 private constant HEAD_WORDS = 11;
    uint256 private constant LEG_WORDS = 6;

    // IMMUTABLES

    /// @inheritdoc IProposalModule
    address public immutable approver;
    /// @inheritdoc IProposalModule
    bool public immutable approverIsSafe;
    ILiquidityVault public immutable vault;
    IStrategyRegistry public immutable registry;
    IOracleGuard public immutable guard;

    // STORAGE

    Standing private _standing;
    Window private _window;
    mapping(bytes32 id => Status) private _status;
    mapping(uint256 word => uint256 bits) private _nonces;

    /// @param approverIsSafe_ Stated by the deployer and verified: a guess from the code alone could take an account
    /// with
    /// a permissive fallback for a Safe, and then accept anything.
    constructor(
        address authority_,
        address vault_,
        address registry_,
        address guard_,
        address approver_,
        bool approverIsSafe_,
        Policy memory policy_
    ) EIP712("Amplified Liquidity Engine", "1") AccessManaged(authority_) {
        _requireCode(vault_);
        _requireCode(registry_);
        _requireCode(guard_);
        _requireCode(approver_);
        vault = ILiquidityVault(vault_);
        registry = IStrategyRegistry(registry_);
        guard = IOracleGuard(guard_);
        approver = approver_;
        approverIsSafe = approverIsSafe_;
        if (approverIsSafe_) _verifySafe(approver_);
        _setPolicy(policy_);
    }

    // VIEWS

    /// @inheritdoc IProposalModule
    function configEpoch() public view returns (uint64) {
        return registry.epoch() + guard.epoch() + _standing.epoch;
    }

    /// @inheritdoc IProposalModule
    function policy() external view returns (Policy memory) {
        Standing memory s = _standing;
        return Policy(s.cooldown, s.maxTtl, s.maxLossBps, s.windowLossBps, s.maxNavToleranceBps);
    }

    /// @inheritdoc IProposalModule
    function signerTiers() external view returns (SignerTiers memory) {
        Standing memory s = _standing;
        return SignerTiers(s.smallBps, s.smallSigners, s.largeBps, s.largeSigners);
    }

    /// @inheritdoc IProposalModule
    function requiredSigners(
        Leg[] calldata legs,
        uint256 refNav
    ) public view returns (uint256 required, uint256 threshold, uint256 movedBps) {
        if (!approverIsSafe) return (0, 0, 0);
        threshold = ISafe(approver).getThreshold();
        required = threshold;
        Standing storage tiers = _standing;
        if (tiers.largeBps == 0) return (required, threshold, 0);
        movedBps = _movedBps(legs, refNav);
        uint256 tier =
            movedBps <= tiers.smallBps
                ? tiers.smallSigners
                : movedBps <= tiers.largeBps
                    ? tiers.largeSigners
                    : type(uint256).max;
        if (tier <= threshold) return (required, threshold, movedBps);
        // More than there are owners could never sign: all of them then.
        required = Math.max(threshold, Math.min(tier, ISafe(approver).getOwners().length));
    }

    /// @inheritdoc IProposalModule
    function paused() external view returns (bool) {
        return _standing.paused;
    }

    /// @inheritdoc IProposalModule
    function proposalId(Proposal calldata proposal) public view returns (bytes32) {
        return _hashTypedDataV4(ProposalHash.structHash(proposal));
    }

    /// @inheritdoc IProposalModule
    function stateOf(bytes32 id) external view returns (ProposalState) {
        return _status[id].state;
    }

    /// @inheritdoc IProposalModule
    function isApproved(bytes32 id) external view returns (bool) {
        return _status[id].approved;
    }

    /// @inheritdoc IProposalModule
    function isNonceUsed(uint256 nonce) public view returns (bool) {
        return _nonces[nonce >> 8] & (uint256(1) << (nonce & 255)) != 0;
    }

    /// @inheritdoc IProposalModule
    function lossWindow() public view returns (uint256) {
        return LinearDecay.remainingUp(_window.loss, _window.at);
    }

    /// @inheritdoc IProposalModule
    function nextExecutionAt() public view returns (uint256) {
        uint256 last = _standing.executedAt;
        return last == 0 ? 0 : last + _standing.cooldown;
    }

    // PROPOSER

    /// @inheritdoc IProposalModule
    function propose(Proposal calldata proposal) external restricted returns (bytes32 id) {
        _checkStatic(proposal);
        _checkEpoch(proposal.configEpoch);
        if (isNonceUsed(proposal.nonce)) revert Errors.ProposalModule_NonceUsed(proposal.nonce);
        Legs.check(proposal.legs);

        id = proposalId(proposal);
        Status storage status = _status[id];
        ProposalState state = status.state;
        if (state != ProposalState.None) revert Errors.ProposalModule_WrongState(id, state);
        status.state = ProposalState.Proposed;
        _emitPropose(id, proposal.legs.length);
    }

    // APPROVER

    /// @inheritdoc IProposalModule
    function approve(bytes32 id) external {
        require(msg.sender == approver, Errors.ProposalModule_NotApprover(msg.sender, approver));
        ProposalState state = _status[id].state;
        require(state == ProposalState.Proposed, Errors.ProposalModule_WrongState(id, state));
        _status[id].approved = true;
        emit Approve(id, msg.sender);
    }

    // ANYONE

    /// @inheritdoc IProposalModule
    function execute(Proposal calldata proposal, bytes calldata signatures) external nonReentrant {
        bytes32 structHash = ProposalHash.structHash(proposal);
        bytes32 id = _hashTypedDataV4(structHash);
        Status storage status = _status[id];
        (ProposalState state, bool approved) = (status.state, status.approved);
        if (state != ProposalState.Proposed) revert Errors.ProposalModule_WrongState(id, state);
        // Used before any call: whatever is called cannot come back to it.
        status.state = ProposalState.Executed;
        _useNonce(proposal.nonce);

        _checkTime(proposal);
        _checkEpoch(proposal.configEpoch);
        _checkApproval(proposal, approved, id, structHash, signatures);

        RebalanceResult memory result = _rebalance(proposal);
        if (result.aborted) {
            status.state = ProposalState.Aborted;
            emit Abort(id, msg.sender, result.trippedStrategy);
            return;
        }
        _standing.executedAt = uint40(block.timestamp);
        uint256 inWindow = _chargeLoss(result.loss, proposal.maxLoss, result.navBefore);
        emit Execute(id, msg.sender, result.navBefore, result.navAfter, result.loss, inWindow);
    }

    // GUARDIAN, CURATOR, PROPOSER, APPROVER

    /// @inheritdoc IProposalModule
    function cancel(Proposal calldata proposal) external {
        require(_mayCancel(msg.sender), Errors.ProposalModule_CannotCancel(msg.sender));
        bytes32 id = proposalId(proposal);
        ProposalState state = _status[id].state;
        require(
            state == ProposalState.None || state == ProposalState.Proposed,
            Errors.ProposalModule_WrongState(id, state)
        );
        _status[id].state = ProposalState.Cancelled;
        // Two proposals may carry one nonce; the first to end uses it up for both.
        if (!isNonceUsed(proposal.nonce)) _useNonce(proposal.nonce);
        emit Cancel(id, msg.sender);
    }

    // GUARDIAN

    /// @inheritdoc IProposalModule
    function pause() external restricted {
        _standing.paused = true;
        emit SetPaused(true);
    }

    // CURATOR, delayed

    /// @inheritdoc IProposalModule
    function unpause() external restricted {
        _standing.paused = false;
        emit SetPaused(false);
    }

    /// @inheritdoc IProposalModule
    function setPolicy(Policy calldata policy_) external restricted {
        _setPolicy(policy_);
    }

    /// @inheritdoc IProposalModule
    function setSignerTiers(SignerTiers calldata tiers) external restricted {
        bool ascending = tiers.smallBps <= tiers.largeBps && tiers.smallSigners <= tiers.largeSigners;
        require(
            ascending && (approverIsSafe || tiers.largeBps == 0),
            Errors.ProposalModule_BadTiers(tiers.smallBps, tiers.largeBps)
        );
        _standing.smallBps = tiers.smallBps;
        _standing.smallSigners = tiers.smallSigners;
        _standing.largeBps = tiers.largeBps;
        _standing.largeSigners = tiers.largeSigners;
        ++_standing.epoch;
        emit SetSignerTiers(tiers);
    }

    // INTERNAL

    /// @dev What the standing limits allow a proposal to ask for.
    function _checkStatic(Proposal calldata proposal) private view {
        Standing storage limits = _standing;
        uint256 latestDeadline = block.timestamp + limits.maxTtl;
        (uint256 notBefore, uint256 deadline) = (proposal.notBefore, proposal.deadline);
        if (notBefore > deadline || deadline <= block.timestamp || deadline > latestDeadline) {
            revert Errors.ProposalModule_BadWindow(notBefore, deadline, latestDeadline);
        }
        (uint256 tolerance, uint256 widest) = (proposal.navToleranceBps, limits.maxNavToleranceBps);
        if (tolerance > widest) revert Errors.ProposalModule_ToleranceTooWide(tolerance, widest);
        uint256 lossLimit = Math.mulDiv(proposal.refNav, limits.maxLossBps, BPS);
        if (proposal.maxLoss > lossLimit) {
            revert Errors.ProposalModule_MaxLossTooHigh(proposal.maxLoss, lossLimit);
        }
    }

    /// @dev `propose` has one argument, so its calldata after the selector is the event's data, provided that it is
    /// the one
    /// canonical encoding: nobody can slip bytes into the log that the hash does not cover.
    function _emitPropose(bytes32 id, uint256 legs) private {
        uint256 length = msg.data.length - 4;
        uint256 expected = 32 * (HEAD_WORDS + LEG_WORDS * legs);
        uint256 structAt;
        uint256 legsAt;
        bytes32 topic = Propose.selector;
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            structAt := calldataload(4)
            legsAt := calldataload(292)
        }
        if (length != expected || structAt != 32 || legsAt != 288) {
            revert Errors.ProposalModule_NotCanonical(length, expected);
        }
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            let data := mload(0x40)
            calldatacopy(data, 4, length)
            log3(data, length, topic, id, caller())
        }
    }

    function _checkTime(Proposal calldata proposal) private view {
        if (_standing.paused) revert Errors.ProposalModule_Paused();
        (uint256 notBefore, uint256 deadline) = (proposal.notBefore, proposal.deadline);
        if (block.timestamp < notBefore) revert Errors.ProposalModule_NotYet(block.timestamp, notBefore);
        if (block.timestamp > deadline) revert Errors.ProposalModule_Expired(block.timestamp, deadline);
        uint256 next = nextExecutionAt();
        if (block.timestamp < next) revert Errors.ProposalModule_Cooldown(block.timestamp, next);
    }

    /// @dev Hands the legs on as they lie in calldata, which is what was hashed: decoding and encoding each field again
    /// would only cost gas. {Legs.check} in the vault refuses words that are not what their types allow.
    function _rebalance(Proposal calldata proposal) private returns (RebalanceResult memory) {
        Leg[] calldata legs = proposal.legs;
        bytes calldata words;
        uint256 legBytes = LEG_WORDS * 32;
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            words.offset := legs.offset
            words.length := mul(legs.length, legBytes)
        }
        // The legs follow three arguments: where they start, NAV, tolerance.
        bytes memory call = abi.encodePacked(
            ILiquidityVault.rebalance.selector,
            uint256(3 * 32),
            proposal.refNav,
            uint256(proposal.navToleranceBps),
            legs.length,
            words
        );
        return abi.decode(Address.functionCall(address(vault), call), (RebalanceResult));
    }

    function _checkEpoch(uint64 proposed) private view {
        uint64 current = configEpoch();
        if (proposed != current) revert Errors.ProposalModule_OldEpoch(proposed, current);
    }

    function _checkApproval(
        Proposal calldata proposal,
        bool approved,
        bytes32 id,
        bytes32 structHash,
        bytes calldata signatures
    ) private view {
        if (!approverIsSafe) {
            require(
                approved || SignatureChecker.isValidERC1271SignatureNow(approver, id, signatures),
                Errors.ProposalModule_NotApproved(id, approver)
            );
            return;
        }
        (uint256 required, uint256 threshold, uint256 movedBps) = requiredSigners(proposal.legs, proposal.refNav);
        if (approved) {
            // The Safe's own transaction proves its threshold and nothing above it: more owners than that sign.
            if (required <= threshold) return;
            require(
                signatures.length != 0,
                Errors.ProposalModule_NeedsSignatures(movedBps, required, threshold)
            );
        }
        // The preimage, because Safe 1.4.1 hands it to owners that are contracts. Reverts with the Safe's own code.
        ISafe(approver).checkNSignatures(
            id,
            abi.encodePacked(hex"1901", _domainSeparatorV4(), structHash),
            signatures,
            required
        );
    }

    /// @dev The larger of what leaves strategies and what enters them, against the NAV the signers saw. A remainder
    /// counts
    /// as everything it could take: all idle there is and all that the exits bring. Rounded up: towards more signers.
    function _movedBps(Leg[] calldata legs, uint256 refNav) private view returns (uint256) {
        uint256 out;
        uint256 into;
        uint256 repositioned;
        for (uint256 i; i < legs.length; ++i) {
            uint256 amount = legs[i].amount;
            if (legs[i].kind == LegKind.Reposition) repositioned += vault.debtOf(legs[i].strategyId);
            else if (legs[i].kind != LegKind.Allocate) out += amount;
            else if (amount == Legs.REMAINDER) into = Math.max(into, vault.idle() + out);
            else into += amount;
        }
        uint256 moved = Math.max(out, into) + repositioned;
        return refNav == 0 ? type(uint256).max : Math.mulDiv(moved, BPS, refNav, Math.Rounding.Ceil);
    }

    /// @dev Gains never refund the window.
    function _chargeLoss(uint256 loss, uint256 maxLoss, uint256 nav) private returns (uint256 inWindow) {
        inWindow = lossWindow();
        if (loss == 0) return inWindow;
        Standing storage limits = _standing;
        uint256 limit = Math.min(maxLoss, Math.mulDiv(nav, limits.maxLossBps, BPS));
        require(loss <= limit, Errors.ProposalModule_LossTooHigh(loss, limit));
        inWindow += loss;
        limit = Math.mulDiv(nav, limits.windowLossBps, BPS);
        require(inWindow <= limit, Errors.ProposalModule_LossWindowExceeded(inWindow, limit));
        _window = Window(inWindow.toUint128(), uint40(block.timestamp));
    }

    function _useNonce(uint256 nonce) private {
        uint256 word = _nonces[nonce >> 8];
        uint256 bit = uint256(1) << (nonce & 255);
        if (word & bit != 0) revert Errors.ProposalModule_NonceUsed(nonce);
        _nonces[nonce >> 8] = word | bit;
    }

    /// @dev Asked of the AccessManager directly, since a selector can belong to one role only; a delay on the role
    /// does not
    /// matter, for cancelling only lowers risk. The owners may always take back what they signed.
    function _mayCancel(address caller) private view returns (bool) {
        if (caller == approver) return true;
        return _hasRole(Roles.GUARDIAN, caller) || _hasRole(Roles.CURATOR, caller) || _hasRole(Roles.PROPOSER, caller);
    }

    function _hasRole(uint64 role, address account) private view returns (bool isMember) {
        (isMember, ) = IAccessManager(authority()).hasRole(role, account);
    }

    function _setPolicy(Policy memory policy_) private {
        require(policy_.maxTtl != 0, Errors.ProposalModule_BadPolicy(policy_.maxTtl, type(uint32).max));
        require(policy_.windowLossBps <= BPS, Errors.ProposalModule_BadPolicy(policy_.windowLossBps, BPS));
        require(
            policy_.maxLossBps <= policy_.windowLossBps,
            Errors.ProposalModule_BadPolicy(policy_.maxLossBps, policy_.windowLossBps)
        );
        require(policy_.maxNavToleranceBps <= BPS, Errors.ProposalModule_BadPolicy(policy_.maxNavToleranceBps, BPS));
        _standing.cooldown = policy_.cooldown;
        _standing.maxTtl = policy_.maxTtl;
        _standing.maxLossBps = policy_.maxLossBps;
        _standing.windowLossBps = policy_.windowLossBps;
        _standing.maxNavToleranceBps = policy_.maxNavToleranceBps;
        ++_standing.epoch;
        emit SetPolicy(policy_);
    }

    function _requireCode(address target) private view {
        require(target.code.length != 0, Errors.ProposalModule_BadTarget(target));
    }

    /// @dev A Safe has a threshold and refuses an empty list of signatures. An account that accepts the call by
    /// silence
    /// would let anything pass.
    function _verifySafe(address safe) private view {
        require(ISafe(safe).getThreshold() != 0, Errors.ProposalModule_BadTarget(safe));
        try ISafe(safe).checkNSignatures(bytes32(0), "", "", 1) {
            revert Errors.ProposalModule_BadTarget(safe);
        } catch {
            return;
        }
    }
}

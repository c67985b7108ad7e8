// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IStrategyAdapter} from "./interfaces/IStrategyAdapter.sol";
import {IStrategyRegistry} from "./interfaces/IStrategyRegistry.sol";
import {BitSet32} from "./libraries/BitSet32.sol";
import {Errors} from "./libraries/Errors.sol";
import {LinearDecay} from "./libraries/LinearDecay.sol";
import {PackedRecord} from "./types/PackedRecord.sol";
import {StrategyInfo, StrategyLimits, StrategyState} from "./types/Strategy.sol";

/// @title StrategyRegistry
/// @notice See {IStrategyRegistry}. A strategy's adapter and risk ids never change: the vault keeps its debt per risk
/// id in
/// step without asking again. Every change of configuration moves `epoch`, so signatures given before it die.
contract StrategyRegistry is IStrategyRegistry, AccessManaged {
    using BitSet32 for uint256;
    using SafeCast for uint256;

    /// @dev Three words: the first answers every report and exit, as the {PackedRecord} that it is, the second and the
    /// third only inflows.
    struct Record {
        address adapter;
        StrategyState state;
        uint32 riskIds;
        uint16 lossTripBps;
        uint8 id;
        uint16 relativeCapBps;
        uint128 absoluteCap;
        uint128 dailyInflowBudget;
        uint128 inflowUsed;
        uint40 inflowAt;
    }

    struct RiskCap {
        uint128 absoluteCap;
        uint16 relativeCapBps;
    }

    // CONSTANTS

    /// @inheritdoc IStrategyRegistry
    uint8 public constant MAX_STRATEGIES = 32;
    uint256 private constant BPS = 10_000;
    uint256 private constant RISK_IDS = 32;

    // STORAGE

    /// @inheritdoc IStrategyRegistry
    address public vault;
    /// @inheritdoc IStrategyRegistry
    uint64 public epoch;
    /// @inheritdoc IStrategyRegistry
    uint8 public count;
    mapping(uint8 id => Record) private _records;
    mapping(uint8 riskId => RiskCap) private _riskCaps;
    /// @inheritdoc IStrategyRegistry
    mapping(address adapter => uint8 id) public idOf;

    modifier onlyVault() {
        address caller = vault;
        if (msg.sender != caller) revert Errors.StrategyRegistry_NotVault(msg.sender, caller);
        _;
    }

    constructor(address authority_) AccessManaged(authority_) {}

    // VIEWS

    /// @inheritdoc IStrategyRegistry
    function strategy(uint8 id) external view returns (StrategyInfo memory info) {
        Record storage entry = _known(id);
        info.adapter = entry.adapter;
        info.state = entry.state;
        info.riskIds = entry.riskIds;
        info.limits = _limitsOf(entry);
    }

    /// @inheritdoc IStrategyRegistry
    function records(uint8[] calldata ids) external view returns (PackedRecord[] memory list) {
        list = new PackedRecord[](ids.length);
        for (uint256 i; i < ids.length; ++i) {
            list[i] = _packed(ids[i]);
        }
    }

    /// @inheritdoc IStrategyRegistry
    function record(uint8 id) external view returns (PackedRecord) {
        return _packed(id);
    }

    /// @inheritdoc IStrategyRegistry
    function adapterOf(uint8 id) external view returns (address) {
        return _records[id].adapter;
    }

    /// @inheritdoc IStrategyRegistry
    function riskCap(uint8 riskId) external view returns (uint128 absoluteCap, uint16 relativeCapBps) {
        RiskCap storage cap = _riskCaps[riskId];
        return (cap.absoluteCap, cap.relativeCapBps);
    }

    /// @inheritdoc IStrategyRegistry
    function inflowLeft(uint8 id) external view returns (uint256) {
        Record storage entry = _known(id);
        uint256 used = LinearDecay.remainingUp(entry.inflowUsed, entry.inflowAt);
        uint256 budget = entry.dailyInflowBudget;
        return budget > used ? budget - used : 0;
    }

    // OWNER, once

    /// @inheritdoc IStrategyRegistry
    function bindVault(address vault_) external restricted {
        require(vault == address(0), Errors.StrategyRegistry_AlreadyBound(vault));
        require(vault_.code.length != 0, Errors.StrategyRegistry_BadVault(vault_));
        vault = vault_;
        emit BindVault(vault_);
    }

    // CURATOR, delayed: raises risk

    /// @inheritdoc IStrategyRegistry
    function registerStrategy(address adapter, uint32 riskIds) external restricted returns (uint8 id) {
        address boundVault = vault;
        require(boundVault != address(0), Errors.StrategyRegistry_BadVault(boundVault));
        require(count < MAX_STRATEGIES, Errors.StrategyRegistry_Full(count, MAX_STRATEGIES));
        require(adapter.code.length != 0, Errors.StrategyRegistry_AdapterWithoutCode(adapter));
        require(idOf[adapter] == 0, Errors.StrategyRegistry_AlreadyRegistered(adapter));
        address adapterVault = IStrategyAdapter(adapter).vault();
        require(
            adapterVault == boundVault,
            Errors.StrategyRegistry_AdapterOfOtherVault(adapter, boundVault, adapterVault)
        );
        address asset = IERC4626(boundVault).asset();
        address adapterAsset = IStrategyAdapter(adapter).asset();
        require(adapterAsset == asset, Errors.StrategyRegistry_AdapterOfOtherAsset(adapter, asset, adapterAsset));

        id = ++count;
        idOf[adapter] = id;
        Record storage entry = _records[id];
        entry.adapter = adapter;
        entry.state = StrategyState.Active;
        entry.riskIds = riskIds;
        entry.id = id;
        emit RegisterStrategy(id, adapter, riskIds);
        emit SetState(id, StrategyState.None, StrategyState.Active);
        _bumpEpoch();
    }

    /// @inheritdoc IStrategyRegistry
    function setLimits(uint8 id, StrategyLimits calldata limits) external restricted {
        _checkBps(limits.relativeCapBps);
        _checkBps(limits.lossTripBps);
        _store(id, _known(id), limits);
    }

    /// @inheritdoc IStrategyRegistry
    function setRiskCap(uint8 riskId, uint128 absoluteCap, uint16 relativeCapBps) external restricted {
        _checkBps(relativeCapBps);
        _storeRiskCap(riskId, absoluteCap, relativeCapBps);
    }

    /// @inheritdoc IStrategyRegistry
    function reactivate(uint8 id) external restricted {
        Record storage entry = _known(id);
        StrategyState current = entry.state;
        require(
            current == StrategyState.ReduceOnly || current == StrategyState.Frozen,
            Errors.StrategyRegistry_BadTransition(id, current, StrategyState.Active)
        );
        _setState(id, entry, StrategyState.Active);
    }

    // GUARDIAN or CURATOR, instant: lowers risk

    /// @inheritdoc IStrategyRegistry
    function lowerLimits(uint8 id, StrategyLimits calldata limits) external restricted {
        Record storage entry = _known(id);
        _checkLower(0, limits.absoluteCap, entry.absoluteCap);
        _checkLower(1, limits.dailyInflowBudget, entry.dailyInflowBudget);
        _checkLower(2, limits.relativeCapBps, entry.relativeCapBps);
        _checkLower(3, limits.lossTripBps, entry.lossTripBps);
        _store(id, entry, limits);
    }

    /// @inheritdoc IStrategyRegistry
    function lowerRiskCap(uint8 riskId, uint128 absoluteCap, uint16 relativeCapBps) external restricted {
        RiskCap storage cap = _riskCaps[riskId];
        _checkLower(0, absoluteCap, cap.absoluteCap);
        _checkLower(1, relativeCapBps, cap.relativeCapBps);
        _storeRiskCap(riskId, absoluteCap, relativeCapBps);
    }

    /// @inheritdoc IStrategyRegistry
    function restrict(uint8 id, StrategyState state) external restricted {
        Record storage entry = _known(id);
        StrategyState current = entry.state;
        bool lowers =
            (current == StrategyState.Active && (state == StrategyState.ReduceOnly || state == StrategyState.Frozen)) ||
                (current == StrategyState.ReduceOnly && state == StrategyState.Frozen);
        require(lowers, Errors.StrategyRegistry_BadTransition(id, current, state));
        _setState(id, entry, state);
    }

    // VAULT

    /// @inheritdoc IStrategyRegistry
    function recordInflows(
        uint256[] calldata inflows,
        uint256 riskIds,
        uint256 nav
    ) external onlyVault returns (uint256[] memory caps) {
        uint256 length = inflows.length;
        for (uint256 rest = uint32(riskIds); rest != 0; rest &= rest - 1) ++length;
        caps = new uint256[](length);
        length = 0;
        for (; length < inflows.length; ++length) {
            uint8 id = uint8(inflows[length]);
            Record storage entry = _known(id);
            _charge(id, entry, inflows[length] >> 8);
            caps[length] = _cap(entry.absoluteCap, entry.relativeCapBps, nav);
        }
        for (uint256 rest = uint32(riskIds); rest != 0; rest &= rest - 1) {
            RiskCap storage cap = _riskCaps[uint8(rest.lowest())];
            caps[length++] = _cap(cap.absoluteCap, cap.relativeCapBps, nav);
        }
    }

    /// @inheritdoc IStrategyRegistry
    function tripFreeze(uint8 id) external onlyVault {
        Record storage entry = _known(id);
        StrategyState current = entry.state;
        if (current == StrategyState.Active || current == StrategyState.ReduceOnly) {
            _setState(id, entry, StrategyState.Frozen);
        }
    }

    /// @inheritdoc IStrategyRegistry
    function revoke(uint8 id) external onlyVault {
        Record storage entry = _known(id);
        StrategyState current = entry.state;
        require(
            current != StrategyState.Revoked,
            Errors.StrategyRegistry_BadTransition(id, current, StrategyState.Revoked)
        );
        _setState(id, entry, StrategyState.Revoked);
    }

    // INTERNAL

    function _known(uint8 id) private view returns (Record storage entry) {
        entry = _records[id];
        if (entry.adapter == address(0)) revert Errors.StrategyRegistry_UnknownStrategy(id, count);
    }

    /// @dev The first word of a record, as it lies in storage.
    function _packed(uint8 id) private view returns (PackedRecord info) {
        Record storage entry = _records[id];
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            info := sload(entry.slot)
        }
        if (PackedRecord.unwrap(info) == 0) revert Errors.StrategyRegistry_UnknownStrategy(id, count);
    }

    /// @dev The decaying budget: what was used fades linearly over 24 hours.
    function _charge(uint8 id, Record storage entry, uint256 assets) private {
        uint256 used = LinearDecay.remainingUp(entry.inflowUsed, entry.inflowAt);
        uint256 budget = entry.dailyInflowBudget;
        uint256 left = budget > used ? budget - used : 0;
        require(assets <= left, Errors.StrategyRegistry_InflowBudgetExceeded(id, assets, left));
        entry.inflowUsed = (used + assets).toUint128();
        entry.inflowAt = uint40(block.timestamp);
    }

    function _cap(uint256 absoluteCap, uint256 relativeCapBps, uint256 nav) private pure returns (uint256) {
        return Math.min(absoluteCap, (nav * relativeCapBps) / BPS);
    }

    function _limitsOf(Record storage entry) private view returns (StrategyLimits memory limits) {
        limits.absoluteCap = entry.absoluteCap;
        limits.dailyInflowBudget = entry.dailyInflowBudget;
        limits.relativeCapBps = entry.relativeCapBps;
        limits.lossTripBps = entry.lossTripBps;
    }

    function _checkBps(uint256 bps) private pure {
        require(bps <= BPS, Errors.StrategyRegistry_BadBps(bps, BPS));
    }

    function _checkLower(uint256 field, uint256 requested, uint256 current) private pure {
        require(requested <= current, Errors.StrategyRegistry_NotLower(field, requested, current));
    }

    function _store(uint8 id, Record storage entry, StrategyLimits calldata limits) private {
        entry.absoluteCap = limits.absoluteCap;
        entry.dailyInflowBudget = limits.dailyInflowBudget;
        entry.relativeCapBps = limits.relativeCapBps;
        entry.lossTripBps = limits.lossTripBps;
        emit SetLimits(id, limits);
        _bumpEpoch();
    }

    function _storeRiskCap(uint8 riskId, uint128 absoluteCap, uint16 relativeCapBps) private {
        require(riskId < RISK_IDS, Errors.StrategyRegistry_BadRiskId(riskId));
        _riskCaps[riskId] = RiskCap(absoluteCap, relativeCapBps);
        emit SetRiskCap(riskId, absoluteCap, relativeCapBps);
        _bumpEpoch();
    }

    function _setState(uint8 id, Record storage entry, StrategyState state) private {
        emit SetState(id, entry.state, state);
        entry.state = state;
        _bumpEpoch();
    }

    function _bumpEpoch() private {
        emit BumpEpoch(++epoch);
    }
}

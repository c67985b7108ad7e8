// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/interfaces/IERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ILiquidityVault} from "../interfaces/ILiquidityVault.sol";
import {IOracleGuard} from "../interfaces/IOracleGuard.sol";
import {IStrategyRegistry} from "../interfaces/IStrategyRegistry.sol";
import {BitSet32} from "../libraries/BitSet32.sol";
import {Errors} from "../libraries/Errors.sol";

/// @notice The numbers of a vault that are fixed at deployment.
/// @param bufferBps Share of NAV that stays idle after a rebalance, basis points.
/// @param unlockSeconds Time over which a profit unlocks, seconds.
/// @param minReportInterval Least time between two permissionless reports of one strategy, seconds.
/// @param maxNavAge Age of the oldest report at which sync exits stop, seconds.
struct VaultSettings {
    uint16 bufferBps;
    uint32 unlockSeconds;
    uint32 minReportInterval;
    uint32 maxNavAge;
}

/// @title VaultBooks
/// @notice The vault's accounting: idle, debts, their sums, what the queue is owed, locked profit, the age of the NAV.
/// The sums cannot drift: `_setDebt` is the only writer of a debt and of everything derived from it.
///
/// Its storage comes first in both contracts that use it, LiquidityVault and the VaultOperations that the vault runs
/// by
/// delegatecall: neither may inherit a contract with storage before this one, and VaultOperations none at all.
abstract contract VaultBooks {
    using BitSet32 for uint256;
    using SafeCast for uint256;

    /// @dev One word. 32 debts of at most MAX_ASSETS fit into `totalDebt`.
    struct Totals {
        uint96 idle;
        uint96 totalDebt;
        uint32 debtIds;
        bool depositsPaused;
        bool frozen;
        bool owes;
        bool hasInKind;
    }

    /// @dev One word. `profit` unlocks linearly from `since` to `until`.
    struct Clock {
        uint96 profit;
        uint40 since;
        uint40 until;
        uint40 navTimestamp;
        uint32 rebalanceBlock;
    }

    // CONSTANTS

    uint256 internal constant BPS = 10_000;
    uint256 internal constant WAD = 1e18;
    uint256 internal constant STRATEGY_SLOTS = 32;
    /// @dev Highest value a strategy may report and highest NAV deposits may reach, over twice all ether; what a debt
    /// has room for, see `_accounts`.
    uint256 internal constant MAX_ASSETS = type(uint88).max;
    uint256 private constant DEBT_BITS = 88;

    // IMMUTABLES

    /// @notice Share of NAV that must stay idle after a rebalance, basis points.
    uint16 public immutable bufferBps;
    /// @notice Time over which a profit unlocks, seconds.
    uint32 public immutable unlockSeconds;
    /// @notice Least time between two permissionless reports of one strategy, seconds.
    uint32 public immutable minReportInterval;
    /// @notice Age of the oldest report at which sync exits stop, seconds.
    uint32 public immutable maxNavAge;
    /// @notice Which strategies exist and how much each may hold.
    IStrategyRegistry public immutable registry;
    /// @notice What strategies are worth and what may be done with them.
    IOracleGuard public immutable guard;
    IERC20 internal immutable _weth;

    // STORAGE

    Totals internal _totals;
    Clock internal _clock;
    /// @dev Accounts of strategies by id - 1, two to a word: debt in the low 88 bits, time of the last report in the 40
    /// above. One write books both.
    uint256[STRATEGY_SLOTS / 2] private _accounts;
    /// @dev Debts by risk id, two to a word.
    uint256[STRATEGY_SLOTS / 2] private _riskDebts;
    /// @dev Assets that priced requests of the queue are still owed.
    uint128 internal _owed;
    /// @dev Ids that sync exits pull from, first in the lowest byte; a zero byte ends the list.
    uint64 internal _withdrawalOrder;
    /// @dev By id: WAD share of the position that belongs to holders of in-kind claims, not to the vault.
    mapping(uint8 id => InKind) internal _inKind;
    mapping(uint8 id => mapping(address account => InKindClaim)) internal _inKindClaims;

    /// @dev Time of the last harvest by id.
    mapping(uint8 id => uint256 time) internal _harvestedAt;

    /// @param units WAD share of the position; what is left of 1e18 is the vault's.
    /// @param paidPerUnit Assets paid per unit so far, WAD.
    /// @param unpaid Assets received for holders of units and not yet collected.
    struct InKind {
        uint64 units;
        uint192 paidPerUnit;
        uint128 unpaid;
    }

    /// @param units The account's part of {InKind}.units.
    /// @param paidPerUnit {InKind}.paidPerUnit up to which the account has been credited.
    /// @param credit Assets credited and not yet collected.
    struct InKindClaim {
        uint64 units;
        uint192 paidPerUnit;
        uint128 credit;
    }

    constructor(address weth, address registry_, address guard_, VaultSettings memory s) {
        require(weth.code.length != 0, Errors.LiquidityVault_BadTarget(weth));
        require(registry_.code.length != 0, Errors.LiquidityVault_BadTarget(registry_));
        require(guard_.code.length != 0, Errors.LiquidityVault_BadTarget(guard_));
        require(s.bufferBps <= BPS, Errors.LiquidityVault_BadSetting(s.bufferBps, BPS));
        // A shorter unlock could be bought and sold within hours around a report.
        require(s.unlockSeconds >= 1 hours, Errors.LiquidityVault_BadSetting(s.unlockSeconds, 1 hours));
        require(s.minReportInterval < s.maxNavAge, Errors.LiquidityVault_BadSetting(s.minReportInterval, s.maxNavAge));
        bufferBps = s.bufferBps;
        unlockSeconds = s.unlockSeconds;
        minReportInterval = s.minReportInterval;
        maxNavAge = s.maxNavAge;
        _weth = IERC20(weth);
        registry = IStrategyRegistry(registry_);
        guard = IOracleGuard(guard_);
    }

    // INTERNAL, READING

    /// @dev What belongs to holders of shares: queue liabilities are no longer theirs.
    function _nav() internal view returns (uint256) {
        uint256 gross = _gross();
        if (!_totals.owes) return gross;
        return Math.saturatingSub(gross, _owed);
    }

    /// @dev All there is, whoever it belongs to.
    function _gross() internal view returns (uint256) {
        return uint256(_totals.idle) + _totals.totalDebt;
    }

    /// @dev Idle that is nobody's yet: priced requests come before anyone else.
    function _freeIdle() internal view returns (uint256) {
        uint256 held = _totals.idle;
        if (!_totals.owes) return held;
        return Math.saturatingSub(held, _owed);
    }

    function _debtOf(uint8 id) internal view returns (uint256 debt) {
        if (id != 0 && id <= STRATEGY_SLOTS) (debt, ) = _account(id);
    }

    function _riskDebtOf(uint8 riskId) internal view returns (uint256) {
        if (riskId >= STRATEGY_SLOTS) return 0;
        return _half(_riskDebts, riskId);
    }

    function _reportTime(uint8 id) internal view returns (uint256 time) {
        if (id != 0 && id <= STRATEGY_SLOTS) (, time) = _account(id);
    }

    /// @dev Debt and time of the last report of a strategy; ids run 1..32, as the registry gives them.
    function _account(uint256 id) internal view returns (uint256 debt, uint256 time) {
        uint256 mask = MAX_ASSETS;
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            let index := sub(id, 1)
            let word := shr(shl(7, and(index, 1)), sload(add(_accounts.slot, shr(1, index))))
            debt := and(word, mask)
            time := and(shr(88, word), 0xffffffffff)
        }
    }

    /// @dev Rounded up: what is not yet unlocked belongs to those who stay.
    function _lockedProfit() internal view returns (uint256) {
        Clock memory clock = _clock;
        if (block.timestamp >= clock.until) return 0;
        // Fits: a profit of 96 bits times a period of 32.
        return Math.ceilDiv(uint256(clock.profit) * (clock.until - block.timestamp), clock.until - clock.since);
    }

    /// @dev The buffer and what the queue is owed.
    function _minimumIdle() internal view returns (uint256) {
        uint256 buffer = Math.ceilDiv(_nav() * bufferBps, BPS);
        return _totals.owes ? buffer + _owed : buffer;
    }

    function _navTime() internal view returns (uint256) {
        return _totals.debtIds == 0 ? block.timestamp : _clock.navTimestamp;
    }

    /// @dev True when sync exits may be priced: not frozen, every debt reported recently, no rebalance in this block.
    function _exitsOpen() internal view returns (bool) {
        if (_totals.frozen || _clock.rebalanceBlock == uint32(block.number)) return false;
        return _totals.debtIds == 0 || block.timestamp <= uint256(_clock.navTimestamp) + maxNavAge;
    }

    // INTERNAL, WRITING

    function _creditIdle(uint256 assets) internal {
        _totals.idle = (uint256(_totals.idle) + assets).toUint96();
    }

    function _debitIdle(uint256 assets) internal {
        uint256 held = _totals.idle;
        if (assets > held) revert Errors.LiquidityVault_IdleTooLow(held, assets);
        _totals.idle = uint96(held - assets);
    }

    /// @dev The only writer of a debt, of the time of a report and of the sums. `riskIds` never change for a registered
    /// strategy, so the sums by risk id stay in step without a loop over strategies.
    /// @param previous The debt so far.
    /// @param previousTime The time of the last report so far.
    function _setAccount(
        uint256 id,
        uint256 riskIds,
        uint256 previous,
        uint256 previousTime,
        uint256 debt,
        uint256 time
    ) internal {
        if (debt > MAX_ASSETS) revert Errors.LiquidityVault_DebtTooHigh(id, debt, MAX_ASSETS);
        // Differences modulo 2^256: each sum is what it was plus the difference, and no true sum leaves its field.
        unchecked {
            uint256 change = debt - previous;
            _addToHalf(_accounts, id - 1, change + ((time - previousTime) << DEBT_BITS));
            if (change == 0) return;
            Totals storage totals = _totals;
            totals.totalDebt = uint96(totals.totalDebt + change);
            if (previous == 0 || debt == 0) totals.debtIds ^= uint32(1 << (id - 1));
            for (uint256 rest = riskIds; rest != 0; rest &= rest - 1) {
                _addToHalf(_riskDebts, rest.lowest(), change);
            }
        }
    }

    function _setDebt(uint256 id, uint256 riskIds, uint256 debt) internal {
        (uint256 previous, uint256 time) = _account(id);
        _setAccount(id, riskIds, previous, time, debt, time);
    }

    /// @dev Oldest report among strategies with debt, stored so that no user path loops. Has to run after a strategy
    /// whose report was the oldest was reported or lost its debt, and after the first strategy got one; no other act
    /// can move the minimum. Ends at the first strategy that is as old as the oldest was: none can be older.
    function _refreshNavTimestamp() internal {
        uint256 ids = _totals.debtIds;
        uint256 former = _clock.navTimestamp;
        uint256 oldest = ids == 0 ? 0 : type(uint40).max;
        for (uint256 rest = ids; rest != 0; rest &= rest - 1) {
            (, uint256 time) = _account(rest.lowest() + 1);
            if (time == former) return;
            if (time < oldest) oldest = time;
        }
        if (former != oldest) _clock.navTimestamp = uint40(oldest);
    }

    /// @dev Adds a gain and sets the end to the amount-weighted mean of what remains and a full period: a large old
    /// lock is
    /// hardly delayed by a small new gain, and a small old lock does not hurry a large new one.
    function _lockProfit(uint256 gain) internal {
        uint256 locked = _lockedProfit();
        uint256 remaining = locked == 0 ? 0 : _clock.until - block.timestamp;
        uint256 sum = locked + gain;
        // At least one second: the mean of two periods that are each at least one second.
        uint256 period = (locked * remaining + gain * unlockSeconds) / sum;
        _clock.profit = sum.toUint96();
        _clock.since = uint40(block.timestamp);
        _clock.until = uint40(block.timestamp + period);
        emit ILiquidityVault.LockProfit(sum, block.timestamp + period);
    }

    // PRIVATE

    function _half(uint256[STRATEGY_SLOTS / 2] storage words, uint256 index) private view returns (uint256 half) {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            half := and(shr(shl(7, and(index, 1)), sload(add(words.slot, shr(1, index)))), sub(shl(128, 1), 1))
        }
    }

    /// @dev Adds to one half of a word. A negative change, modulo 2^256, borrows nothing from the other half as long as
    /// this half stays what it must be: zero or more and below 2^128. The compiler's own arrays of uint128 cost an
    /// exponentiation and a second read per access.
    function _addToHalf(uint256[STRATEGY_SLOTS / 2] storage words, uint256 index, uint256 change) private {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            let slot := add(words.slot, shr(1, index))
            sstore(slot, add(sload(slot), shl(shl(7, and(index, 1)), change)))
        }
    }
}

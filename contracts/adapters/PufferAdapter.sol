// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IPufferVault, IPufferWithdrawalManager} from "../interfaces/external/puffer/IPuffer.sol";
import {AdapterBase} from "./AdapterBase.sol";
import {QueuedExitAdapter} from "./QueuedExitAdapter.sol";
import {Errors} from "../libraries/Errors.sol";

/// @title PufferAdapter
/// @notice Holds pufETH; a unit is one wei of it. Exits through the withdrawal queue, which charges no fee, takes
/// between 0.01 pufETH and a limit, one request per transaction, and pays in WETH once a full batch of requests is
/// finalized: the lower of the rates then and at the request. The instant exit is not used: its fee of 1 % is beyond
/// what a proposal may lose, and it reverts in a transaction that also deposited.
/// @dev Anyone may complete a finalized withdrawal, which pays this adapter unasked. The adapter remembers what
/// each of
/// its own requests is worth, so such a payment stays claimable and is told apart from a donation. While Puffer's
/// AccessManager has closed completion, finished requests that nobody completed count as pending.
contract PufferAdapter is QueuedExitAdapter {
    using SafeERC20 for IERC20;

    uint256 private constant WAD = 1e18;

    /// @param rate At the request, WAD.
    struct Request {
        uint128 amount;
        uint128 rate;
    }

    IPufferVault public immutable pufEth;
    IPufferWithdrawalManager public immutable manager;
    uint256 private immutable _batchSize;

    mapping(uint256 id => Request request) private _requests;
    /// @dev WETH of own requests that was here before this call, which `_payVault` adds to what the call brought.
    uint256 private transient _paidBefore;

    constructor(address vault_, address weth_, address pufEth_, address manager_) AdapterBase(vault_, weth_) {
        _requireCode(pufEth_);
        _requireCode(manager_);
        _requireSame(pufEth_, weth_, IPufferVault(pufEth_).asset());
        _requireSame(manager_, pufEth_, IPufferWithdrawalManager(manager_).PUFFER_VAULT());
        pufEth = IPufferVault(pufEth_);
        manager = IPufferWithdrawalManager(manager_);
        _batchSize = manager.BATCH_SIZE();
        require(_batchSize != 0, Errors.Adapter_BadTarget(manager_));
    }

    /// @notice WETH of one pufETH, WAD, as the queue pays it.
    function rate() external view returns (uint256 wad) {
        wad = _rate();
        require(wad != 0, Errors.Adapter_RateZero());
    }

    function _liquid() internal view override returns (uint256) {
        return Math.mulDiv(units, _rate(), WAD);
    }

    function _allocate(uint256 assets) internal override {
        uint256 before = pufEth.balanceOf(address(this));
        IERC20(asset).forceApprove(address(pufEth), assets);
        pufEth.deposit(assets, address(this));
        IERC20(asset).forceApprove(address(pufEth), 0);
        _bookUnits(before, pufEth.balanceOf(address(this)));
    }

    function _maxAllocate() internal view override returns (uint256) {
        bool isOpen = _mayCall(pufEth.authority(), address(pufEth), IERC4626.deposit.selector);
        return isOpen ? pufEth.maxDeposit(address(this)) : 0;
    }

    /// @dev The queue pays WETH.
    function _paysExits(address) internal pure override returns (bool) {
        return false;
    }

    function _unitsFor(uint256 assets) internal view override returns (uint256) {
        return Math.mulDiv(assets, WAD, _rate());
    }

    /// @dev A second request in one transaction fails, so an exit above the limit cannot be split here.
    function _request(uint256 exitUnits, uint256 open) internal override returns (uint256[] memory ids) {
        uint256 minimum = manager.MIN_WITHDRAWAL_AMOUNT();
        uint256 maximum = Math.min(manager.getMaxWithdrawalAmount(), type(uint128).max);
        require(exitUnits >= minimum, Errors.Adapter_BelowMinimum(exitUnits, minimum));
        require(exitUnits <= maximum, Errors.Adapter_LimitExceeded(exitUnits, maximum));
        _requireSlots(1, open);
        ids = new uint256[](1);
        ids[0] = manager.getWithdrawalsLength();
        uint256 before = pufEth.balanceOf(address(this));
        IERC20(address(pufEth)).forceApprove(address(manager), exitUnits);
        manager.requestWithdrawal(uint128(exitUnits), address(this));
        _bookUnits(before, pufEth.balanceOf(address(this)));
        IPufferWithdrawalManager.Withdrawal memory made = manager.getWithdrawal(ids[0]);
        require(
            made.recipient == address(this) && made.pufETHAmount == exitUnits,
            Errors.Adapter_BadTarget(address(manager))
        );
        _requests[ids[0]] = Request(made.pufETHAmount, made.pufETHToETHExchangeRate);
    }

    function _exits(uint256[] memory ids) internal view override returns (Exit[] memory exits) {
        exits = new Exit[](ids.length);
        if (ids.length == 0) return exits;
        uint256 finalized = manager.getFinalizedWithdrawalBatch();
        uint256 current = _rate();
        bool mayComplete = _mayCall(
            manager.authority(),
            address(manager),
            IPufferWithdrawalManager.completeQueuedWithdrawal.selector
        );
        for (uint256 i; i < ids.length; ++i) {
            if (ids[i] / _batchSize > finalized) {
                exits[i].pending = _worth(ids[i], current);
                continue;
            }
            uint256 value = _worth(ids[i], manager.getBatch(ids[i] / _batchSize).pufETHToETHExchangeRate);
            if (mayComplete || _isPaid(ids[i])) {
                exits[i].isFinished = true;
                exits[i].claimable = value;
            } else {
                exits[i].pending = value;
            }
        }
    }

    function _claim(uint256[] memory ids) internal override returns (uint256[] memory failed) {
        uint256[] memory unpaid = new uint256[](ids.length);
        uint256 count;
        for (uint256 i; i < ids.length; ++i) {
            if (_isPaid(ids[i])) {
                _paidBefore += _worth(ids[i], manager.getBatch(ids[i] / _batchSize).pufETHToETHExchangeRate);
            } else {
                try manager.completeQueuedWithdrawal(ids[i]) {} catch {
                    unpaid[count++] = ids[i];
                    continue;
                }
            }
            delete _requests[ids[i]];
        }
        return _shorten(unpaid, count);
    }

    /// @dev Never more than lies here: a manager that lies about a payment must not block the claim of the others.
    function _payVault(uint256 before) internal override returns (uint256) {
        uint256 early = Math.min(_paidBefore, before);
        _paidBefore = 0;
        return super._payVault(before - early);
    }

    /// @dev What a request pays when it settles at `settled`.
    function _worth(uint256 id, uint256 settled) private view returns (uint256) {
        Request memory request = _requests[id];
        return Math.mulDiv(request.amount, Math.min(request.rate, settled), WAD);
    }

    function _isPaid(uint256 id) private view returns (bool) {
        return manager.getWithdrawal(id).recipient == address(0);
    }

    function _rate() private view returns (uint256) {
        return pufEth.convertToAssets(WAD);
    }

    function _mayCall(address authority, address target, bytes4 selector) private view returns (bool immediate) {
        (immediate, ) = IAccessManager(authority).canCall(address(this), target, selector);
    }
}

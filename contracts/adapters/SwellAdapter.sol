// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC721Receiver} from "@openzeppelin/contracts/token/ERC721/IERC721Receiver.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ISwellAccessControl, ISwellExit, ISwellToken} from "../interfaces/external/swell/ISwell.sol";
import {AdapterBase} from "./AdapterBase.sol";
import {QueuedExitAdapter} from "./QueuedExitAdapter.sol";
import {Errors} from "../libraries/Errors.sol";

/// @title SwellAdapter
/// @notice Stakes with Swell and holds swETH or rswETH, whichever it was deployed for; a unit is one wei of it. Exits
/// through swEXIT or rswEXIT, whose requests are NFTs that pay min(rate when created, rate when processed). While
/// Swell pauses withdrawals processed requests count as pending, for they cannot be claimed.
/// @dev Swell keeps a whitelist at the token and another at the queue. A position that could not leave is not opened:
/// an account missing on either takes in nothing.
contract SwellAdapter is QueuedExitAdapter, IERC721Receiver {
    using SafeERC20 for IERC20;

    ISwellToken public immutable token;
    ISwellExit public immutable queue;

    uint256 private constant WAD = 1e18;

    constructor(address vault_, address weth_, address token_, address queue_) AdapterBase(vault_, weth_) {
        _requireCode(token_);
        _requireCode(queue_);
        // swEXIT does not say which token it burns; swETH and rswETH have managers of their own.
        _requireSame(queue_, ISwellToken(token_).AccessControlManager(), ISwellExit(queue_).AccessControlManager());
        token = ISwellToken(token_);
        queue = ISwellExit(queue_);
    }

    /// @notice ETH of one token, WAD.
    function rate() external view returns (uint256 wad) {
        wad = token.getRate();
        require(wad != 0, Errors.Adapter_RateZero());
    }

    /// @inheritdoc IERC721Receiver
    /// @dev Requests are minted here; anything else sent here could never leave.
    function onERC721Received(address, address from, uint256, bytes calldata) external view returns (bytes4) {
        require(msg.sender == address(queue) && from == address(0), Errors.Adapter_UnexpectedToken(msg.sender, from));
        return IERC721Receiver.onERC721Received.selector;
    }

    function _liquid() internal view override returns (uint256) {
        return Math.mulDiv(units, token.getRate(), WAD);
    }

    function _allocate(uint256 assets) internal override {
        uint256 limit = _maxAllocate();
        require(assets <= limit, Errors.Adapter_LimitExceeded(assets, limit));
        _unwrap(assets);
        uint256 before = token.balanceOf(address(this));
        token.deposit{value: assets}();
        _bookUnits(before, token.balanceOf(address(this)));
    }

    function _maxAllocate() internal view override returns (uint256) {
        ISwellAccessControl manager = ISwellAccessControl(token.AccessControlManager());
        if (manager.coreMethodsPaused() || manager.withdrawalsPaused()) return 0;
        if (token.whitelistEnabled() && !token.whitelistedAddresses(address(this))) return 0;
        if (queue.whitelistEnabled() && !queue.whitelistedAddresses(address(this))) return 0;
        return type(uint128).max;
    }

    function _paysExits(address from) internal view override returns (bool) {
        return from == address(queue);
    }

    function _unitsFor(uint256 assets) internal view override returns (uint256) {
        return Math.mulDiv(assets, WAD, token.getRate());
    }

    /// @dev Splits evenly, so that no part falls below the queue's minimum when the whole does not.
    function _request(uint256 exitUnits, uint256 open) internal override returns (uint256[] memory ids) {
        uint256 minimum = queue.withdrawRequestMinimum();
        require(exitUnits >= minimum, Errors.Adapter_BelowMinimum(exitUnits, minimum));
        uint256 largest = queue.withdrawRequestMaximum();
        require(largest != 0, Errors.Adapter_LimitExceeded(exitUnits, 0));
        uint256 parts = Math.ceilDiv(exitUnits, largest);
        _requireSlots(parts, open);
        ids = new uint256[](parts);
        uint256 before = token.balanceOf(address(this));
        IERC20(address(token)).forceApprove(address(queue), exitUnits);
        uint256 left = exitUnits;
        for (uint256 i; i < parts; ++i) {
            uint256 amount = left / (parts - i);
            left -= amount;
            queue.createWithdrawRequest(amount);
            ids[i] = queue.getLastTokenIdCreated();
        }
        _bookUnits(before, token.balanceOf(address(this)));
    }

    function _exits(uint256[] memory ids) internal view override returns (Exit[] memory exits) {
        exits = new Exit[](ids.length);
        if (ids.length == 0) return exits;
        bool isPaused = ISwellAccessControl(queue.AccessControlManager()).withdrawalsPaused();
        uint256 current = token.getRate();
        for (uint256 i; i < ids.length; ++i) {
            // Asked first: the queue answers a processed rate for requests that do not exist, too.
            if (!_owns(ids[i])) {
                exits[i].isGone = true;
                continue;
            }
            (uint256 amount, , uint256 created) = queue.withdrawalRequests(ids[i]);
            (bool isProcessed, uint256 processed) = queue.getProcessedRateForTokenId(ids[i]);
            uint256 value = Math.mulDiv(amount, Math.min(created, isProcessed ? processed : current), WAD);
            if (isPaused || !isProcessed) {
                exits[i].pending = value;
            } else {
                exits[i].isFinished = true;
                exits[i].claimable = value;
            }
        }
    }

    /// @dev A request that the queue refuses stays open.
    function _claim(uint256[] memory ids) internal override returns (uint256[] memory failed) {
        uint256[] memory unpaid = new uint256[](ids.length);
        uint256 count;
        for (uint256 i; i < ids.length; ++i) {
            try queue.finalizeWithdrawal(ids[i]) {} catch {
                unpaid[count++] = ids[i];
            }
        }
        return _shorten(unpaid, count);
    }

    function _owns(uint256 id) private view returns (bool) {
        // A burnt request reverts.
        try queue.ownerOf(id) returns (address owner) {
            return owner == address(this);
        } catch {
            return false;
        }
    }
}

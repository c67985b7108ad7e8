// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC721Receiver} from "@openzeppelin/contracts/token/ERC721/IERC721Receiver.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IEtherFiLiquidityPool, IEtherFiWithdrawRequestNFT, IWeETH} from "../interfaces/external/etherfi/IEtherFi.sol";
import {AdapterBase} from "./AdapterBase.sol";
import {QueuedExitAdapter} from "./QueuedExitAdapter.sol";
import {Errors} from "../libraries/Errors.sol";

/// @title EtherFiAdapter
/// @notice Stakes with ether.fi and holds weETH; a unit is one wei of weETH, that is one eETH share. Exits through
/// withdrawal requests, which are NFTs. A request that the protocol invalidates is worth 0 until it is valid again;
/// one that it seizes is forgotten. While the pool is paused finished requests count as pending, for they cannot be
/// claimed.
/// @dev eETH passes through and drops up to one share per transfer, which stays here as dust. weETH sent here is not
/// booked. Instant redemption for a fee (RedemptionManager) is not used: its fee and bucket change without notice.
contract EtherFiAdapter is QueuedExitAdapter, IERC721Receiver {
    using SafeERC20 for IERC20;

    IEtherFiLiquidityPool public immutable liquidityPool;
    IERC20 public immutable eEth;
    IWeETH public immutable weEth;
    IEtherFiWithdrawRequestNFT public immutable requests;

    constructor(address vault_, address weth_, address weEth_) AdapterBase(vault_, weth_) {
        _requireCode(weEth_);
        weEth = IWeETH(weEth_);
        eEth = IERC20(IWeETH(weEth_).eETH());
        liquidityPool = IEtherFiLiquidityPool(IWeETH(weEth_).liquidityPool());
        _requireCode(address(eEth));
        _requireCode(address(liquidityPool));
        _requireSame(address(liquidityPool), address(eEth), liquidityPool.eETH());
        requests = IEtherFiWithdrawRequestNFT(liquidityPool.withdrawRequestNFT());
        _requireCode(address(requests));
    }

    /// @notice eETH of one weETH, WAD.
    function rate() external view returns (uint256 wad) {
        wad = weEth.getRate();
        require(wad != 0, Errors.Adapter_RateZero());
    }

    /// @inheritdoc IERC721Receiver
    /// @dev Requests are minted here; anything else sent here could never leave.
    function onERC721Received(address, address from, uint256, bytes calldata) external view returns (bytes4) {
        require(
            msg.sender == address(requests) && from == address(0),
            Errors.Adapter_UnexpectedToken(msg.sender, from)
        );
        return IERC721Receiver.onERC721Received.selector;
    }

    function _liquid() internal view override returns (uint256) {
        return weEth.getEETHByWeETH(units);
    }

    function _allocate(uint256 assets) internal override {
        _unwrap(assets);
        uint256 shares = liquidityPool.deposit{value: assets}();
        uint256 eEthAmount = liquidityPool.amountForShare(shares);
        uint256 before = weEth.balanceOf(address(this));
        eEth.forceApprove(address(weEth), eEthAmount);
        weEth.wrap(eEthAmount);
        _bookUnits(before, weEth.balanceOf(address(this)));
    }

    /// @dev ether.fi has no deposit limit; a position that still fits one request (uint96) can always leave.
    function _maxAllocate() internal view override returns (uint256) {
        return liquidityPool.paused() ? 0 : Math.saturatingSub(type(uint96).max, _liquid());
    }

    /// @dev Older versions pay from the pool, newer ones from the request contract.
    function _paysExits(address from) internal view override returns (bool) {
        return from == address(liquidityPool) || from == address(requests);
    }

    function _unitsFor(uint256 assets) internal view override returns (uint256) {
        return weEth.getWeETHByeETH(assets);
    }

    function _request(uint256 exitUnits, uint256 open) internal override returns (uint256[] memory ids) {
        _requireSlots(1, open);
        uint256 before = weEth.balanceOf(address(this));
        uint256 eEthAmount = weEth.unwrap(exitUnits);
        _bookUnits(before, weEth.balanceOf(address(this)));
        // A transfer of eETH may arrive 1 wei short of what `unwrap` says.
        eEthAmount = Math.min(eEthAmount, eEth.balanceOf(address(this)));
        eEth.forceApprove(address(liquidityPool), eEthAmount);
        ids = new uint256[](1);
        ids[0] = liquidityPool.requestWithdraw(address(this), eEthAmount);
    }

    function _exits(uint256[] memory ids) internal view override returns (Exit[] memory exits) {
        exits = new Exit[](ids.length);
        if (ids.length == 0) return exits;
        bool isPaused = liquidityPool.paused();
        for (uint256 i; i < ids.length; ++i) {
            if (!_owns(ids[i])) {
                exits[i].isGone = true;
                continue;
            }
            IEtherFiWithdrawRequestNFT.WithdrawRequest memory request = requests.getRequest(ids[i]);
            if (!request.isValid) continue;
            uint256 current = liquidityPool.amountForShare(request.shareOfEEth);
            uint256 value = Math.saturatingSub(
                Math.min(request.amountOfEEth, current),
                uint256(request.feeGwei) * 1 gwei
            );
            if (isPaused || !requests.isFinalized(ids[i])) {
                exits[i].pending = value;
            } else {
                exits[i].isFinished = true;
                exits[i].claimable = value;
            }
        }
    }

    /// @dev A claim fails when the pool has not the ether yet, or this account is blacklisted.
    function _claim(uint256[] memory ids) internal override returns (uint256[] memory failed) {
        uint256[] memory unpaid = new uint256[](ids.length);
        uint256 count;
        for (uint256 i; i < ids.length; ++i) {
            try requests.claimWithdraw(ids[i]) {} catch {
                unpaid[count++] = ids[i];
            }
        }
        return _shorten(unpaid, count);
    }

    function _owns(uint256 id) private view returns (bool) {
        // A burnt request reverts.
        try requests.ownerOf(id) returns (address owner) {
            return owner == address(this);
        } catch {
            return false;
        }
    }
}

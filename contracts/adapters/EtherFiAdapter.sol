// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC721Receiver} from "@openzeppelin/contracts/token/ERC721/IERC721Receiver.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {
    IEtherFiBlacklister,
    IEtherFiLiquidityPool,
    IEtherFiPausable,
    IEtherFiRedemptionManager,
    IEtherFiWithdrawRequestNFT,
    IWeETH
} from "../interfaces/external/etherfi/IEtherFi.sol";
import {AdapterBase} from "./AdapterBase.sol";
import {QueuedExitAdapter} from "./QueuedExitAdapter.sol";
import {Errors} from "../libraries/Errors.sol";

/// @title EtherFiAdapter
/// @notice Stakes with ether.fi and holds weETH; a unit is one wei of weETH, that is one eETH share. Exits through
/// withdrawal requests, which are NFTs and pay in full, so the position is worth what they pay. A request that the
/// protocol invalidates is worth 0 until it is valid again; one that it seizes is forgotten. While the pool is paused
/// finished requests count as pending.
///
/// The RedemptionManager pays at once, for a fee, as far as its bucket and the pool's ether above a low watermark
/// reach. `deallocate` uses it for what finished requests do not cover. `maxDeallocate` counts it only while its fee
/// is 0: sync exits of the vault must not pay it at the cost of those who stay. Above that limit `deallocate` takes
/// what {instantExit} names, and the fee comes off what arrives: only a signed minimum below the amount agrees to it.
/// @dev Written for both generations of ether.fi. Those before 2026 have no blacklist and no pause that ends by
/// itself, and let none but the owner claim. Ether of a claim made by others stays claimable here.
/// eETH passes through and drops up to one share per transfer, which stays here as dust. weETH sent here is not booked.
contract EtherFiAdapter is QueuedExitAdapter, IERC721Receiver {
    using SafeERC20 for IERC20;

    IEtherFiLiquidityPool public immutable liquidityPool;
    IERC20 public immutable eEth;
    IWeETH public immutable weEth;
    IEtherFiWithdrawRequestNFT public immutable requests;
    /// @notice Pays at once for a fee; the zero address where this adapter was deployed without it.
    IEtherFiRedemptionManager public immutable redemption;

    /// @dev What the RedemptionManager calls ether.
    address private constant ETH = 0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE;
    uint256 private constant BPS = 10_000;
    /// @dev Shares that the manager's roundings may take: one from weETH to eETH and back, one from assets to shares.
    uint256 private constant ROUNDING = 2;
    /// @dev Most gas that the question for a flag may burn where the answer is missing.
    uint256 private constant FLAG_GAS = 100_000;
    /// @dev Most gas that a broken manager may burn.
    uint256 private constant INSTANT_GAS = 1_000_000;

    /// @param redemption_ The zero address deploys without instant exits.
    constructor(address vault_, address weth_, address weEth_, address redemption_) AdapterBase(vault_, weth_) {
        _requireCode(weEth_);
        weEth = IWeETH(weEth_);
        eEth = IERC20(IWeETH(weEth_).eETH());
        liquidityPool = IEtherFiLiquidityPool(IWeETH(weEth_).liquidityPool());
        _requireCode(address(eEth));
        _requireCode(address(liquidityPool));
        _requireSame(address(liquidityPool), address(eEth), liquidityPool.eETH());
        requests = IEtherFiWithdrawRequestNFT(liquidityPool.withdrawRequestNFT());
        _requireCode(address(requests));
        redemption = IEtherFiRedemptionManager(redemption_);
        if (redemption_ == address(0)) return;
        _requireCode(redemption_);
        _requireSame(redemption_, weEth_, redemption.weEth());
        _requireSame(redemption_, address(liquidityPool), redemption.liquidityPool());
        try redemption.ETH_ADDRESS() returns (address ether_) {
            _requireSame(redemption_, ETH, ether_);
        } catch {
            // A build that knows no output token.
            revert Errors.Adapter_BadTarget(redemption_);
        }
    }

    /// @notice eETH of one weETH, WAD.
    function rate() external view returns (uint256 wad) {
        wad = weEth.getRate();
        require(wad != 0, Errors.Adapter_RateZero());
    }

    /// @notice What the RedemptionManager would take of this position and pay for it now.
    /// @return exitUnits Of weETH; 0 while it is paused or this account is on ether.fi's blacklist.
    /// @return paid Assets after its fee, as it rounds.
    /// @return feeBps Its fee, basis points of the eETH redeemed.
    function instantExit() public view returns (uint256 exitUnits, uint256 paid, uint256 feeBps) {
        if (address(redemption) == address(0) || _isPaused(address(redemption)) || !_isOpen()) return (0, 0, 0);
        (, , feeBps, ) = redemption.tokenToRedemptionInfo(ETH);
        exitUnits = Math.min(units, weEth.getWeETHByeETH(redemption.totalRedeemableAmount(ETH)));
        uint256 shares = liquidityPool.sharesForAmount(weEth.getEETHByWeETH(exitUnits));
        paid = liquidityPool.amountForShare(Math.mulDiv(shares, BPS - feeBps, BPS));
        // The pool pays no amount of 0.
        if (paid == 0) exitUnits = 0;
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
        return _isOpen() ? Math.saturatingSub(type(uint96).max, _liquid()) : 0;
    }

    /// @dev Finished requests first, the RedemptionManager for the rest.
    function _deallocate(uint256 assets) internal override {
        uint256 before = IERC20(asset).balanceOf(address(this));
        super._deallocate(assets);
        uint256 collected = IERC20(asset).balanceOf(address(this)) - before;
        if (collected < assets) _redeem(assets - collected);
    }

    function _maxDeallocate() internal view override returns (uint256 limit) {
        limit = super._maxDeallocate();
        (, uint256 paid, uint256 feeBps) = _tryInstantExit();
        if (feeBps == 0) limit += paid;
    }

    function _deallocateLimit() internal view override returns (uint256) {
        (uint256 exitUnits, , ) = _tryInstantExit();
        return super._maxDeallocate() + weEth.getEETHByWeETH(exitUnits);
    }

    /// @dev Versions before 2026 pay from the pool, later ones from the request contract.
    function _paysExits(address from) internal view override returns (bool) {
        return from == address(liquidityPool) || from == address(requests) || from == address(redemption);
    }

    /// @dev Since 2026 anyone may claim for the owner. The RedemptionManager pays with too little gas for a write.
    function _paysUnasked(address from) internal view override returns (bool) {
        return from == address(requests);
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
        bool isHalted = _isHalted();
        for (uint256 i; i < ids.length; ++i) {
            if (!_owns(ids[i])) {
                exits[i].isGone = true;
                continue;
            }
            IEtherFiWithdrawRequestNFT.WithdrawRequest memory request = requests.getRequest(ids[i]);
            if (!request.isValid) continue;
            bool isFinalized = requests.isFinalized(ids[i]);
            // Since 2026 a finalized request pays by the rate of that day, whatever happens later.
            uint256 value = isFinalized ? requests.getClaimableAmount(ids[i]) : _waitingWorth(request);
            if (isHalted || !isFinalized) {
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

    /// @dev Redeems what is worth `assets`, or as much as there is; the fee comes off what arrives.
    function _redeem(uint256 assets) private {
        (uint256 limit, , ) = instantExit();
        uint256 exitUnits = Math.min(weEth.getWeETHByeETH(assets) + ROUNDING, limit);
        uint256 etherBefore = address(this).balance;
        uint256 before = weEth.balanceOf(address(this));
        IERC20(address(weEth)).forceApprove(address(redemption), exitUnits);
        redemption.redeemWeEth(exitUnits, address(this), ETH);
        IERC20(address(weEth)).forceApprove(address(redemption), 0);
        _bookUnits(before, weEth.balanceOf(address(this)));
        _wrap(address(this).balance - etherBefore);
    }

    /// @dev A manager that fails leaves what the requests pay.
    function _tryInstantExit() private view returns (uint256 exitUnits, uint256 paid, uint256 feeBps) {
        try this.instantExit{gas: INSTANT_GAS}() returns (uint256 exitUnits_, uint256 paid_, uint256 feeBps_) {
            return (exitUnits_, paid_, feeBps_);
        } catch {
            return (0, 0, 0);
        }
    }

    function _waitingWorth(IEtherFiWithdrawRequestNFT.WithdrawRequest memory request) private view returns (uint256) {
        uint256 current = liquidityPool.amountForShare(request.shareOfEEth);
        return Math.saturatingSub(Math.min(request.amountOfEEth, current), uint256(request.feeGwei) * 1 gwei);
    }

    /// @dev True while ether.fi takes and pays, and this account is not on its blacklist.
    function _isOpen() private view returns (bool) {
        if (_isHalted() || _isPaused(address(weEth))) return false;
        try liquidityPool.blacklister{gas: FLAG_GAS}() returns (address listing) {
            if (listing == address(0)) return true;
            try IEtherFiBlacklister(listing).nonBlacklisted{gas: FLAG_GAS}(address(this)) {} catch {
                return false;
            }
        } catch {}
        return true;
    }

    /// @dev True while claims fail: they burn eETH of the pool.
    function _isHalted() private view returns (bool) {
        return _isPaused(address(liquidityPool)) || _isPaused(address(eEth));
    }

    /// @dev The tokens had no pause of their own before 2026, and nothing a pause that ends by itself.
    function _isPaused(address target) private view returns (bool) {
        try IEtherFiPausable(target).paused{gas: FLAG_GAS}() returns (bool paused) {
            if (paused) return true;
        } catch {}
        try IEtherFiPausable(target).pausedUntil{gas: FLAG_GAS}() returns (uint256 until) {
            return until >= block.timestamp;
        } catch {
            return false;
        }
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

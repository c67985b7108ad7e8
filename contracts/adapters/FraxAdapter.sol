// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC721Receiver} from "@openzeppelin/contracts/token/ERC721/IERC721Receiver.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IFraxEtherMinter, IFraxEtherRedemptionQueueV2, ISfrxEth} from "../interfaces/external/frax/IFraxEther.sol";
import {AdapterBase} from "./AdapterBase.sol";
import {QueuedExitAdapter} from "./QueuedExitAdapter.sol";
import {Errors} from "../libraries/Errors.sol";

/// @title FraxAdapter
/// @notice Mints frxETH at par and holds it as sfrxETH; a unit is one wei of sfrxETH. Exits through the redemption
/// queue in tickets of at most 1,000 frxETH, paid in ETH at par less the queue's fee, which worth leaves out at
/// once. A
/// ticket is frxETH already: it earns nothing more and a lower sfrxETH rate no longer touches it. It is finished when
/// it is mature, at its turn, and the ether is there.
/// @dev Par is the protocol's rate; what frxETH fetches on the market is the OracleGuard's business, with a feed for
/// frxETH in ETH. frxETH and sfrxETH sent here are not booked. Tickets of others are refused.
contract FraxAdapter is QueuedExitAdapter, IERC721Receiver {
    using SafeERC20 for IERC20;

    /// @dev 100 % in the queue's unit for fees.
    uint256 private constant FEE_PRECISION = 1e6;

    IFraxEtherMinter public immutable minter;
    IERC20 public immutable frxEth;
    ISfrxEth public immutable sfrxEth;
    IFraxEtherRedemptionQueueV2 public immutable queue;

    constructor(address vault_, address weth_, address minter_, address queue_) AdapterBase(vault_, weth_) {
        _requireCode(minter_);
        _requireCode(queue_);
        minter = IFraxEtherMinter(minter_);
        queue = IFraxEtherRedemptionQueueV2(queue_);
        frxEth = IERC20(IFraxEtherMinter(minter_).frxEthToken());
        sfrxEth = ISfrxEth(IFraxEtherMinter(minter_).sfrxEthToken());
        _requireCode(address(frxEth));
        _requireCode(address(sfrxEth));
        _requireSame(address(sfrxEth), address(frxEth), sfrxEth.asset());
        _requireSame(queue_, address(frxEth), queue.FRX_ETH());
        _requireSame(queue_, address(sfrxEth), queue.SFRX_ETH());
    }

    /// @notice frxETH of one sfrxETH, WAD, before the fee of the queue.
    function rate() external view returns (uint256 wad) {
        wad = sfrxEth.pricePerShare();
        require(wad != 0, Errors.Adapter_RateZero());
    }

    /// @inheritdoc IERC721Receiver
    /// @dev Tickets are minted here; anything else sent here could never leave.
    function onERC721Received(address, address from, uint256, bytes calldata) external view returns (bytes4) {
        require(msg.sender == address(queue) && from == address(0), Errors.Adapter_UnexpectedToken(msg.sender, from));
        return IERC721Receiver.onERC721Received.selector;
    }

    function _liquid() internal view override returns (uint256) {
        return _afterFee(sfrxEth.convertToAssets(units), _queueFee());
    }

    function _allocate(uint256 assets) internal override {
        _unwrap(assets);
        uint256 before = sfrxEth.balanceOf(address(this));
        minter.submitAndDeposit{value: assets}(address(this));
        _bookUnits(before, sfrxEth.balanceOf(address(this)));
    }

    /// @dev Frax sets no cap; a position must fit the queue's counters with room to spare.
    function _maxAllocate() internal view override returns (uint256) {
        return minter.mintFrxEthPaused() ? 0 : Math.saturatingSub(type(uint96).max, _liquid());
    }

    function _paysExits(address from) internal view override returns (bool) {
        return from == address(queue);
    }

    function _unitsFor(uint256 assets) internal view override returns (uint256) {
        return sfrxEth.convertToShares(Math.mulDiv(assets, FEE_PRECISION, FEE_PRECISION - _queueFee()));
    }

    /// @dev Splits evenly, so that every ticket is within the queue's limit and none is dust.
    function _request(uint256 exitUnits, uint256 open) internal override returns (uint256[] memory ids) {
        uint256 before = sfrxEth.balanceOf(address(this));
        uint256 frxEthBefore = frxEth.balanceOf(address(this));
        sfrxEth.redeem(exitUnits, address(this), address(this));
        _bookUnits(before, sfrxEth.balanceOf(address(this)));
        uint256 left = frxEth.balanceOf(address(this)) - frxEthBefore;
        uint256 parts = Math.ceilDiv(left, queue.MAX_FRXETH_PER_NFT());
        _requireSlots(parts, open);
        frxEth.forceApprove(address(queue), left);
        ids = new uint256[](parts);
        for (uint256 i; i < parts; ++i) {
            uint256 part = left / (parts - i);
            left -= part;
            // Fits: at most MAX_FRXETH_PER_NFT, itself a uint120.
            ids[i] = queue.enterRedemptionQueue(address(this), uint120(part));
        }
    }

    function _exits(uint256[] memory ids) internal view override returns (Exit[] memory exits) {
        exits = new Exit[](ids.length);
        for (uint256 i; i < ids.length; ++i) {
            if (!_owns(ids[i])) {
                exits[i].isGone = true;
                continue;
            }
            (, , uint256 amount, uint256 fee, ) = queue.nftInformation(ids[i]);
            uint256 value = _afterFee(amount, fee);
            if (_isRedeemable(ids[i])) {
                exits[i].isFinished = true;
                exits[i].claimable = value;
            } else {
                exits[i].pending = value;
            }
        }
    }

    /// @dev The ether may have gone to tickets further back meanwhile: those that fail stay open.
    function _claim(uint256[] memory ids) internal override returns (uint256[] memory failed) {
        uint256[] memory unpaid = new uint256[](ids.length);
        uint256 count;
        for (uint256 i; i < ids.length; ++i) {
            try queue.fullRedeemNft(ids[i], payable(address(this))) {} catch {
                unpaid[count++] = ids[i];
            }
        }
        return _shorten(unpaid, count);
    }

    function _owns(uint256 id) private view returns (bool) {
        // A burnt ticket reverts.
        try queue.ownerOf(id) returns (address owner) {
            return owner == address(this);
        } catch {
            return false;
        }
    }

    /// @dev Asks Frax's lending side for ether, which may be broken: then the ticket waits.
    function _isRedeemable(uint256 id) private view returns (bool) {
        try queue.canRedeem(id, 0, false) returns (bool isRedeemable, uint120) {
            return isRedeemable;
        } catch {
            return false;
        }
    }

    function _queueFee() private view returns (uint256 fee) {
        (, , fee, , ) = queue.redemptionQueueState();
    }

    /// @dev As the queue rounds: the fee down.
    function _afterFee(uint256 amount, uint256 fee) private pure returns (uint256) {
        return amount - Math.mulDiv(amount, fee, FEE_PRECISION);
    }
}

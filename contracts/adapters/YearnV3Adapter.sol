// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IYearnV3Strategy, IYearnV3Vault} from "../interfaces/external/yearn/IYearnV3Vault.sol";
import {Erc4626Adapter} from "./Erc4626Adapter.sol";
import {Errors} from "../libraries/Errors.sol";

/// @title YearnV3Adapter
/// @notice Holds shares of a Yearn v3 multi-strategy vault. Its share price leaves out losses that its strategies have
/// made and nobody reported yet, but an exit pays them: the vault takes what it does not hold from its default queue
/// and charges who leaves with the strategy's loss. So worth is what leaving through that queue pays now. Profit needs
/// no care: the vault lets it into the share price over days.
/// @dev An exit names any loss as acceptable to Yearn. Its own default for `withdraw`, none, would lock the position
/// over one wei of a strategy's rounding; how much may be lost is the signed `minReceived`. Where the debt lies
/// outside
/// the default queue it is counted at par and cannot leave.
contract YearnV3Adapter is Erc4626Adapter {
    /// @dev 100 % in Yearn's basis points.
    uint256 private constant ANY_LOSS = 10_000;
    /// @dev Wei between what Yearn says may leave and what is offered: asking, shares and each of up to ten strategies
    /// round, and one wei too much fails the whole exit.
    uint256 private constant ROUNDING = 16;

    /// @dev The queue is asked for, so that a single strategy, which also calls itself version 3, is refused.
    constructor(address vault_, address asset_, address venue_) Erc4626Adapter(vault_, asset_, venue_) {
        bytes memory version = bytes(_vault().apiVersion());
        require(version.length > 1 && version[0] == "3" && version[1] == ".", Errors.Adapter_BadTarget(venue_));
        _vault().get_default_queue();
    }

    function _liquid() internal view override returns (uint256) {
        return _paidFor(venue.previewRedeem(units), false);
    }

    function _deallocate(uint256 assets) internal override {
        uint256 before = venue.balanceOf(address(this));
        uint256 shares = assets == _liquid() ? units : Math.min(venue.previewWithdraw(_askFor(assets)), units);
        _vault().redeem(shares, address(this), address(this), ANY_LOSS);
        _bookUnits(before, venue.balanceOf(address(this)));
    }

    function _maxAllocate() internal view override returns (uint256) {
        return _vault().isShutdown() ? 0 : venue.maxDeposit(address(this));
    }

    /// @dev Yearn's own limit, of the limit module and of its strategies, speaks of what may be asked for.
    function _maxDeallocate() internal view override returns (uint256) {
        uint256 worth = venue.previewRedeem(units);
        uint256 ask = Math.min(_vault().maxWithdraw(address(this), ANY_LOSS), worth);
        uint256 paid = _paidFor(ask, true);
        if (ask != worth) paid = Math.saturatingSub(paid, ROUNDING);
        return Math.min(paid, _paidFor(worth, false));
    }

    /// @dev What an exit asking for `ask` pays: from the vault's own assets in full, from each strategy less its loss.
    /// @param isLimited Whether a strategy pays only what it can pay now.
    function _paidFor(uint256 ask, bool isLimited) private view returns (uint256 paid) {
        paid = Math.min(ask, _vault().totalIdle());
        uint256 left = ask - paid;
        if (left == 0) return paid;
        address[] memory queue = _vault().get_default_queue();
        for (uint256 i; i < queue.length && left != 0; ++i) {
            (, , uint256 debt, ) = _vault().strategies(queue[i]);
            uint256 taken = Math.min(left, debt);
            if (taken == 0) continue;
            uint256 loss = _lossOf(queue[i], taken);
            uint256 worth = taken - loss;
            uint256 limit = isLimited ? _limitOf(queue[i]) : worth;
            if (limit < worth) {
                taken = limit + Math.mulDiv(loss, limit, worth);
                worth = limit;
            }
            paid += worth;
            left -= taken;
        }
        if (!isLimited) paid += left;
    }

    /// @dev What to ask for so that at least `assets` are paid; the reverse of {_paidFor}.
    function _askFor(uint256 assets) private view returns (uint256 ask) {
        ask = Math.min(assets, _vault().totalIdle());
        uint256 left = assets - ask;
        if (left == 0) return ask;
        address[] memory queue = _vault().get_default_queue();
        for (uint256 i; i < queue.length && left != 0; ++i) {
            (, , uint256 debt, ) = _vault().strategies(queue[i]);
            if (debt == 0) continue;
            uint256 worth = debt - _lossOf(queue[i], debt);
            uint256 part = Math.min(left, Math.min(worth, _limitOf(queue[i])));
            if (part == 0) continue;
            ask += part == worth ? debt : Math.mulDiv(part, debt, worth, Math.Rounding.Ceil);
            left -= part;
        }
        ask += left;
    }

    function _lossOf(address strategy, uint256 taken) private view returns (uint256) {
        return Math.min(_vault().assess_share_of_unrealised_losses(strategy, taken), taken);
    }

    function _limitOf(address strategy) private view returns (uint256) {
        return IYearnV3Strategy(strategy).convertToAssets(IYearnV3Strategy(strategy).maxRedeem(address(venue)));
    }

    function _vault() private view returns (IYearnV3Vault) {
        return IYearnV3Vault(address(venue));
    }
}

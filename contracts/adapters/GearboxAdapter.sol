// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IGearboxPoolV3} from "../interfaces/external/gearbox/IGearboxPoolV3.sol";
import {Erc4626Adapter} from "./Erc4626Adapter.sol";
import {Errors} from "../libraries/Errors.sol";

/// @title GearboxAdapter
/// @notice Lends to a Gearbox PoolV3. Its withdrawal fee burns more than arrives, so worth and rate are after the
/// fee; what is lent out cannot leave, and a paused pool neither takes nor pays.
/// @dev Assets sent to the pool are outside its expected liquidity and move nothing.
contract GearboxAdapter is Erc4626Adapter {
    /// @dev PoolV3's own ceiling, `MAX_WITHDRAW_FEE`; another contract at this address would hardly keep it.
    uint16 private constant MAX_WITHDRAW_FEE = 100;

    constructor(address vault_, address asset_, address pool_) Erc4626Adapter(vault_, asset_, pool_) {
        require(IGearboxPoolV3(pool_).withdrawFee() <= MAX_WITHDRAW_FEE, Errors.Adapter_BadTarget(pool_));
    }

    /// @dev `convertToAssets` of PoolV3 leaves the fee out; what a share redeems for does not.
    function _unitValue() internal view override returns (uint256) {
        return venue.previewRedeem(unit);
    }
}

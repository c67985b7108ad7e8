// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IStrategyAdapter} from "../../../contracts/interfaces/IStrategyAdapter.sol";
import {ICurveLegacyPool} from "../../../contracts/interfaces/external/curve/ICurve.sol";

/// @title CurveReadInCallback
/// @notice Somebody who leaves a Curve pool of the old family and looks at an adapter while the pool is paying out ether:
/// the read-only reentrancy, for tests.
contract CurveReadInCallback {
    ICurveLegacyPool private immutable pool;
    IStrategyAdapter private immutable adapter;

    uint256 public virtualPriceInside;
    bool public answered;
    uint256 public maxDeallocateInside;
    bytes public refusal;

    constructor(ICurveLegacyPool pool_, IStrategyAdapter adapter_) {
        pool = pool_;
        adapter = adapter_;
    }

    receive() external payable {
        virtualPriceInside = pool.get_virtual_price();
        maxDeallocateInside = adapter.maxDeallocate();
        try adapter.realAssets() {
            answered = true;
        } catch (bytes memory reason) {
            refusal = reason;
        }
    }

    function run() external payable {
        uint256 minted = pool.add_liquidity{value: msg.value}([msg.value, 0], 0);
        pool.remove_liquidity(minted, [uint256(0), 0]);
    }
}

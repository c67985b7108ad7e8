// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {StrategyState} from "./Strategy.sol";

/// @notice The part of {StrategyInfo} that every report and every leg needs, in one word: adapter (160 bits), state
/// (8),
/// risk ids (32), loss trip in basis points (16), from the low end.
type PackedRecord is uint256;

using PackedRecords for PackedRecord global;

/// @title PackedRecords
/// @notice One word instead of a struct: thirty-two of them cross from registry to vault in one answer.
library PackedRecords {
    function pack(
        address adapter_,
        StrategyState state_,
        uint32 riskIds_,
        uint16 lossTripBps_
    ) internal pure returns (PackedRecord) {
        return
            PackedRecord.wrap(
                uint256(uint160(adapter_)) |
                    (uint256(state_) << 160) |
                    (uint256(riskIds_) << 168) |
                    (uint256(lossTripBps_) << 200)
            );
    }

    function adapter(PackedRecord record) internal pure returns (address) {
        return address(uint160(PackedRecord.unwrap(record)));
    }

    function state(PackedRecord record) internal pure returns (StrategyState) {
        return StrategyState(uint8(PackedRecord.unwrap(record) >> 160));
    }

    function riskIds(PackedRecord record) internal pure returns (uint32) {
        return uint32(PackedRecord.unwrap(record) >> 168);
    }

    function lossTripBps(PackedRecord record) internal pure returns (uint16) {
        return uint16(PackedRecord.unwrap(record) >> 200);
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {StrategyState} from "./Strategy.sol";

/// @notice The part of {StrategyInfo} that every report and every leg needs, as it lies in the registry's storage:
/// adapter (160 bits), state (8), risk ids (32), loss trip in basis points (16), id (8), from the low end. The bits
/// above are the registry's own.
type PackedRecord is uint256;

using PackedRecords for PackedRecord global;

/// @title PackedRecords
/// @notice One word instead of a struct: thirty-two of them cross from registry to vault, and to the guard, in one
/// call.
library PackedRecords {
    function adapter(PackedRecord record) internal pure returns (address) {
        return address(uint160(PackedRecord.unwrap(record)));
    }

    function state(PackedRecord record) internal pure returns (StrategyState) {
        return StrategyState(uint8(PackedRecord.unwrap(record) >> 160));
    }

    function isRevoked(PackedRecord record) internal pure returns (bool) {
        return uint8(PackedRecord.unwrap(record) >> 160) == uint8(StrategyState.Revoked);
    }

    function riskIds(PackedRecord record) internal pure returns (uint32) {
        return uint32(PackedRecord.unwrap(record) >> 168);
    }

    function lossTripBps(PackedRecord record) internal pure returns (uint16) {
        return uint16(PackedRecord.unwrap(record) >> 200);
    }

    function id(PackedRecord record) internal pure returns (uint8) {
        return uint8(PackedRecord.unwrap(record) >> 216);
    }
}

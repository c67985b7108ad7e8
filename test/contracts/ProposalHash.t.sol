// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Leg, LegKind, Proposal} from "../../contracts/types/Proposal.sol";
import {HashDouble} from "../doubles/HashDouble.sol";
import {Checks} from "./support/Vm.sol";

/// @notice The hash taken straight from calldata is the one the compiler's encoder gives, for any proposal.
contract ProposalHashTest is Checks {
    HashDouble private hasher;

    function setUp() public {
        hasher = new HashDouble();
    }

    function testFuzz_TheHashIsThatOfTheEncoder(uint256 seed, uint8 count, bytes32 evidence) public view {
        Proposal memory proposal;
        proposal.nonce = uint256(keccak256(abi.encode(seed, "nonce")));
        (proposal.notBefore, proposal.deadline) = (uint64(seed), uint64(seed >> 64));
        (proposal.configEpoch, proposal.refNav) = (uint64(seed >> 128), seed);
        (proposal.navToleranceBps, proposal.maxLoss) = (uint16(seed >> 192), uint128(seed >> 100));
        proposal.evidence = evidence;
        proposal.legs = new Leg[](count % 17);
        for (uint256 i; i < proposal.legs.length; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            proposal.legs[i] = Leg(
                uint8(seed),
                LegKind((seed >> 8) % 4),
                uint128(seed >> 16),
                uint128(seed >> 100),
                int24(uint24(seed >> 200)),
                int24(uint24(seed >> 224))
            );
        }
        bytes32 expected = hasher.plain(proposal);
        eq(uint256(hasher.fast(proposal)), uint256(expected), "hash");
        if (proposal.legs.length == 0) return;
        proposal.legs[proposal.legs.length - 1].tickUpper ^= 1;
        ok(hasher.fast(proposal) != expected, "every leg counts");
    }
}

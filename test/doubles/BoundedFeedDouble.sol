// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title BoundedAggregatorDouble
/// @notice The bounds of an OCR aggregator, nothing else.
contract BoundedAggregatorDouble {
    int192 public minAnswer;
    int192 public maxAnswer;

    constructor(int192 low, int192 high) {
        (minAnswer, maxAnswer) = (low, high);
    }
}

/// @title BoundedFeedDouble
/// @notice A feed's proxy whose aggregator can be replaced, as Chainlink replaces them: round ids carry the phase.
contract BoundedFeedDouble {
    address public aggregator;
    uint16 public phaseId;
    int256 public answer;
    uint8 public constant decimals = 18;

    constructor(address aggregator_, int256 answer_) {
        (aggregator, phaseId, answer) = (aggregator_, 1, answer_);
    }

    function replace(address aggregator_) external {
        aggregator = aggregator_;
        ++phaseId;
    }

    function setAnswer(int256 value) external {
        answer = value;
    }

    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        uint80 round = uint80((uint256(phaseId) << 64) | 7);
        return (round, answer, block.timestamp, block.timestamp, round);
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title ReentryPlanDouble
/// @notice What a venue that turned hostile tries while an adapter is inside it, and how each try ended. Kept apart from the
/// venue, so that its storage stays its own.
contract ReentryPlanDouble {
    struct Attempt {
        address target;
        bytes data;
    }

    Attempt[] private _attempts;
    uint256 public tried;
    uint256 public succeeded;
    bool public armed;

    function plan(address target, bytes calldata data) external {
        _attempts.push(Attempt(target, data));
    }

    function arm(bool value) external {
        armed = value;
    }

    /// @notice Hands out the attempts once per arming; fails inside a static call, where nothing could be tried anyway.
    function take() external returns (Attempt[] memory attempts) {
        if (!armed) return attempts;
        armed = false;
        return _attempts;
    }

    function record(bool success) external {
        ++tried;
        if (success) ++succeeded;
    }
}

/// @title ReentrantShellDouble
/// @notice Code to put over a venue: makes the planned calls as the venue, then runs the venue's own code on its own storage.
contract ReentrantShellDouble {
    uint256 private constant TAKE_GAS = 120_000;
    ReentryPlanDouble private immutable _plan;
    address private immutable _code;

    constructor(ReentryPlanDouble plan_, address code_) {
        _plan = plan_;
        _code = code_;
    }

    receive() external payable {
        _run();
    }

    fallback() external payable {
        _run();
    }

    function _run() private {
        // Inside a static call asking fails, and takes with it all the gas it was given.
        try _plan.take{gas: TAKE_GAS}() returns (ReentryPlanDouble.Attempt[] memory attempts) {
            for (uint256 i; i < attempts.length; ++i) {
                (bool success, ) = attempts[i].target.call(attempts[i].data);
                _plan.record(success);
            }
        } catch {}
        (bool ok, bytes memory answer) = _code.delegatecall(msg.data);
        assembly ("memory-safe") {
            if ok {
                return(add(answer, 0x20), mload(answer))
            }
            revert(add(answer, 0x20), mload(answer))
        }
    }
}

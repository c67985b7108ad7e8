// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

/// @title ApproverDouble
/// @notice An ERC-1271 account whose owners sign by a call. Approves exactly the hashes it was
/// told, as a Safe does with `approveHash`.
contract ApproverDouble is IERC1271 {
    error ApproverDouble_NotOwner(address caller);

    address public immutable deployer = msg.sender;
    mapping(address account => bool) public isOwner;
    mapping(bytes32 hash => bool) public isSigned;

    constructor() {
        isOwner[msg.sender] = true;
    }

    function admit(address account) external {
        require(msg.sender == deployer, ApproverDouble_NotOwner(msg.sender));
        isOwner[account] = true;
    }

    function sign(bytes32 hash, bool value) external {
        require(isOwner[msg.sender], ApproverDouble_NotOwner(msg.sender));
        isSigned[hash] = value;
    }

    function isValidSignature(bytes32 hash, bytes calldata) external view returns (bytes4) {
        return isSigned[hash] ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
    }
}

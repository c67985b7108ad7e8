// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @title Erc1271Double
/// @notice An account with one signer. Its fallback accepts any other call in silence and answers 1, as some wallets' do:
/// declared a Safe by mistake, it would let everything pass.
contract Erc1271Double is IERC1271 {
    address public immutable signer;

    constructor(address signer_) {
        signer = signer_;
    }

    fallback() external {
        assembly {
            mstore(0, 1)
            return(0, 32)
        }
    }

    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        (address recovered, ECDSA.RecoverError error, ) = ECDSA.tryRecover(hash, signature);
        bool valid = error == ECDSA.RecoverError.NoError && recovered == signer;
        return valid ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
    }
}

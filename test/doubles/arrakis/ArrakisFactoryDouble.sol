// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {OwnedDouble} from "../OwnedDouble.sol";

/// @title ArrakisFactoryDouble
/// @notice Double of the register in Arrakis' factory, NOT the protocol. Follows
/// `src/interfaces/IArrakisMetaVaultFactory.sol` of github.com/ArrakisFinance/arrakis-modular.
///
/// Market side (owner): `register`.
contract ArrakisFactoryDouble is OwnedDouble {
    mapping(address vault => bool isPublic) public isPublicVault;
    mapping(address vault => bool isPrivate) public isPrivateVault;

    function register(address vault, bool isPublic) external onlyOwner {
        isPublicVault[vault] = isPublic;
        isPrivateVault[vault] = !isPublic;
    }
}

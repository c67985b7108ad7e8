// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {OwnedDouble} from "../OwnedDouble.sol";
import {FrxEthDouble} from "./FrxEthDouble.sol";
import {SfrxEthDouble} from "./SfrxEthDouble.sol";

/// @title FraxEtherMinterDouble
/// @notice Double of Frax's minter, NOT the protocol. Follows the verified source of FraxEtherMinter (frxETH v2) at
/// 0x7Bc6bad540453360F744666D625fec0ee1320cA3: frxETH for ETH at par, a pause that anything minting runs into.
/// @dev Instead of the Ether Router, `router` gets the ETH; the queue double plays that part. Left out: roles, recovery.
///
/// Market side (owner): `togglePauseSubmits`.
contract FraxEtherMinterDouble is OwnedDouble {
    event EthSubmitted(address indexed sender, address indexed recipient, uint256 sentEthAmount);
    event MintFrxEthPaused(bool newStatus);

    error CannotMintZero();
    error InvalidEthTransfer();
    error MintFrxEthIsPaused();
    error NoSfrxEthReturned();

    FrxEthDouble public immutable frxEthToken;
    SfrxEthDouble public immutable sfrxEthToken;
    address payable public immutable router;
    bool public mintFrxEthPaused;

    constructor(FrxEthDouble frxEth, SfrxEthDouble sfrxEth, address payable router_) {
        frxEthToken = frxEth;
        sfrxEthToken = sfrxEth;
        router = router_;
    }

    function togglePauseSubmits() external onlyOwner {
        mintFrxEthPaused = !mintFrxEthPaused;
        emit MintFrxEthPaused(mintFrxEthPaused);
    }

    function mintFrxEth() external payable {
        _submit(msg.sender);
    }

    function submitAndDeposit(address recipient) external payable returns (uint256 shares) {
        _submit(address(this));
        frxEthToken.approve(address(sfrxEthToken), msg.value);
        shares = sfrxEthToken.deposit(msg.value, recipient);
        require(shares != 0, NoSfrxEthReturned());
    }

    function _submit(address recipient) private {
        require(!mintFrxEthPaused, MintFrxEthIsPaused());
        require(msg.value != 0, CannotMintZero());
        (bool sent, ) = router.call{value: msg.value}("");
        require(sent, InvalidEthTransfer());
        frxEthToken.minter_mint(recipient, msg.value);
        emit EthSubmitted(msg.sender, recipient, msg.value);
    }
}

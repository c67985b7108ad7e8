// SPDX-License-Identifier: MIT
// Compiled with the genuine PoolV3 by ../gearbox.ts (solc 0.8.23), not by Hardhat.
pragma solidity ^0.8.17;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IACL} from "@gearbox-protocol/core-v3/contracts/interfaces/base/IACL.sol";
import {IContractsRegister} from "@gearbox-protocol/core-v3/contracts/interfaces/base/IContractsRegister.sol";
import {IPoolV3} from "@gearbox-protocol/core-v3/contracts/interfaces/IPoolV3.sol";

/// @title GearboxAclDouble
/// @notice Double of Gearbox's ACL: its deployer is configurator and holds every role. Not the protocol.
contract GearboxAclDouble is IACL {
    address public immutable owner = msg.sender;

    function isConfigurator(address account) external view returns (bool) {
        return account == owner;
    }

    function hasRole(bytes32, address account) external view returns (bool) {
        return account == owner;
    }
}

/// @title GearboxContractsRegisterDouble
/// @notice Double of Gearbox's contracts register with one credit manager. Not the protocol.
contract GearboxContractsRegisterDouble is IContractsRegister {
    address public immutable owner = msg.sender;
    address public creditManager;

    function setCreditManager(address creditManager_) external {
        require(msg.sender == owner, "GearboxContractsRegisterDouble: not owner");
        creditManager = creditManager_;
    }

    function isPool(address) external pure returns (bool) {
        return true;
    }

    function getPools() external pure returns (address[] memory) {
        return new address[](0);
    }

    function isCreditManager(address account) external view returns (bool) {
        return account == creditManager;
    }

    function getCreditManagers() external view returns (address[] memory list) {
        list = new address[](1);
        list[0] = creditManager;
    }
}

/// @title GearboxCreditManagerDouble
/// @notice Double of the borrowing side of Gearbox: one debt that accrues at the pool's base interest index, drawn and
/// repaid through the genuine `lendCreditAccount` and `repayCreditAccount`. It has no accounts, collateral or
/// liquidation. Not the protocol.
contract GearboxCreditManagerDouble {
    address public immutable owner = msg.sender;
    /// @notice PoolV3 asks for it when the debt limit is set.
    address public immutable pool;
    IERC20 private immutable underlying;

    uint256 public principal;
    uint256 private accrued;
    uint256 private indexAtUpdate;

    constructor(address pool_) {
        pool = pool_;
        underlying = IERC20(IPoolV3(pool_).underlyingToken());
        indexAtUpdate = IPoolV3(pool_).baseInterestIndex();
    }

    modifier onlyOwner() {
        require(msg.sender == owner, "GearboxCreditManagerDouble: not owner");
        _;
    }

    /// @notice Base interest owed beside the principal, rounded up against the borrower.
    function interest() public view returns (uint256) {
        uint256 index = IPoolV3(pool).baseInterestIndex();
        return accrued + (principal * (index - indexAtUpdate) + indexAtUpdate - 1) / indexAtUpdate;
    }

    /// @notice Draws `amount` from the pool and pays it to `to`.
    function borrow(uint256 amount, address to) external onlyOwner {
        _touch();
        principal += amount;
        IPoolV3(pool).lendCreditAccount(amount, to);
    }

    /// @notice Repays `amount` from the caller's tokens: interest first, then principal.
    function repay(uint256 amount) external onlyOwner {
        _touch();
        uint256 toInterest = amount < accrued ? amount : accrued;
        uint256 toPrincipal = amount - toInterest;
        require(toPrincipal <= principal, "GearboxCreditManagerDouble: more than the debt");
        accrued -= toInterest;
        principal -= toPrincipal;
        require(underlying.transferFrom(msg.sender, pool, amount), "GearboxCreditManagerDouble: transfer");
        IPoolV3(pool).repayCreditAccount(toPrincipal, 0, 0);
    }

    /// @notice Bad debt: `amount` of principal is given up and the pool books the loss.
    function writeOff(uint256 amount) external onlyOwner {
        _touch();
        principal -= amount;
        IPoolV3(pool).repayCreditAccount(amount, 0, amount);
    }

    function _touch() private {
        accrued = interest();
        indexAtUpdate = IPoolV3(pool).baseInterestIndex();
    }
}

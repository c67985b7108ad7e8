// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {VaultBooks, VaultSettings} from "../../contracts/vault/VaultBooks.sol";

/// @title BooksDouble
/// @notice The vault's books by themselves: any account can be set, with any risk ids.
contract BooksDouble is VaultBooks {
    constructor(
        address weth,
        address registry_,
        address guard_,
        VaultSettings memory settings
    ) VaultBooks(weth, registry_, guard_, settings) {}

    function set(uint256 id, uint256 riskIds, uint256 debt, uint256 time) external {
        (uint256 previous, uint256 previousTime) = _account(id);
        _setAccount(id, riskIds, previous, previousTime, debt, time);
    }

    function refresh() external {
        _refreshNavTimestamp();
    }

    function account(uint256 id) external view returns (uint256 debt, uint256 time) {
        return _account(id);
    }

    function riskDebt(uint8 riskId) external view returns (uint256) {
        return _riskDebtOf(riskId);
    }

    function sums() external view returns (uint256 totalDebt, uint256 debtIds, uint256 navTimestamp) {
        return (_totals.totalDebt, _totals.debtIds, _clock.navTimestamp);
    }
}

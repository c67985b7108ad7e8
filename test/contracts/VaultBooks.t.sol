// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {BitSet32} from "../../contracts/libraries/BitSet32.sol";
import {Errors} from "../../contracts/libraries/Errors.sol";
import {VaultSettings} from "../../contracts/vault/VaultBooks.sol";
import {BooksDouble} from "../doubles/BooksDouble.sol";
import {Checks} from "./support/Vm.sol";

/// @notice Accounts that share words: what is written to one never shows in another, and the sums are the sums.
contract VaultBooksTest is Checks {
    uint256 private constant ROOM = type(uint88).max;

    BooksDouble private books;
    uint256[33] private debts;
    uint256[33] private times;

    function setUp() public {
        address self = address(this);
        books = new BooksDouble(self, self, self, VaultSettings(500, 5 days, 1 hours, 1 days));
    }

    /// @dev Risk ids as the registry fixes them: a function of the id alone.
    function risksOf(uint256 id) private pure returns (uint256) {
        return uint32(uint256(keccak256(abi.encode(id))));
    }

    function set(uint256 id, uint256 debt, uint256 time) private {
        books.set(id, risksOf(id), debt, time);
        (debts[id], times[id]) = (debt, time);
    }

    function check() private view {
        uint256 total;
        uint256 ids;
        uint256 oldest = type(uint256).max;
        for (uint256 id = 1; id <= 32; ++id) {
            (uint256 debt, uint256 time) = books.account(id);
            eq(debt, debts[id], "debt");
            eq(time, times[id], "time");
            total += debt;
            if (debt == 0) continue;
            ids |= 1 << (id - 1);
            if (time < oldest) oldest = time;
        }
        (uint256 totalDebt, uint256 debtIds, uint256 navTimestamp) = books.sums();
        eq(totalDebt, total, "total debt");
        eq(debtIds, ids, "ids with debt");
        eq(navTimestamp, ids == 0 ? 0 : oldest, "oldest report");
        for (uint8 riskId; riskId < 32; ++riskId) {
            uint256 sum;
            for (uint256 id = 1; id <= 32; ++id) {
                if ((risksOf(id) >> riskId) & 1 == 1) sum += debts[id];
            }
            eq(books.riskDebt(riskId), sum, "risk debt");
        }
    }

    function testFuzz_AccountsAndSumsAreWhatWasWritten(uint256 seed) public {
        uint256 now_ = 1_800_000_000;
        for (uint256 step; step < 40; ++step) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint256 id = 1 + (seed % 32);
            uint256 shape = (seed >> 8) % 4;
            uint256 debt =
                shape == 0
                    ? 0
                    : shape == 1
                        ? ROOM
                        : (seed >> 16) & ROOM;
            now_ += (seed >> 128) % 3;
            set(id, debt, now_);
            books.refresh();
        }
        check();
    }

    function test_EveryAccountTakesTheLargestNumbersBesideItsNeighbours() public {
        for (uint256 id = 1; id <= 32; ++id) set(id, ROOM, type(uint40).max - id);
        books.refresh();
        check();
        for (uint256 id = 2; id <= 32; id += 2) set(id, 0, 1);
        books.refresh();
        check();
        for (uint256 id = 1; id <= 32; ++id) set(id, id % 2, type(uint40).max);
        books.refresh();
        check();
    }

    function test_RevertWhen_ADebtHasNoRoom() public {
        vm.expectRevert(abi.encodeWithSelector(Errors.LiquidityVault_DebtTooHigh.selector, 7, ROOM + 1, ROOM));
        books.set(7, 1, ROOM + 1, 1);
    }

    function testFuzz_TheLowestOfASetIsFound(uint32 set_) public pure {
        for (uint256 i; i < 32; ++i) eq(BitSet32.lowest(1 << i), i, "single bit");
        uint256 expected;
        if (set_ != 0) while ((set_ >> expected) & 1 == 0) ++expected;
        eq(BitSet32.lowest(set_), expected, "lowest");
    }
}

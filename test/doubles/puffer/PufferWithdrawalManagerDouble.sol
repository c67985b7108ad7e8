// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IWETH9} from "../../../contracts/interfaces/external/weth/IWETH9.sol";
import {PufferVaultDouble} from "./PufferVaultDouble.sol";

/// @title PufferWithdrawalManagerDouble
/// @notice Double of Puffer's withdrawal queue, NOT the protocol. Follows
/// `mainnet-contracts/src/PufferWithdrawalManager.sol` of github.com/PufferFinance/puffer-contracts: a first batch that
/// is empty, at least 0.01 pufETH, one request per transaction, finalization of full batches at the lower of two rates,
/// completion by anyone in WETH to the recipient, everything `restricted`.
/// @dev Left out: permits, return of excess ether. The market side is the AccessManager's admin: `finalizeWithdrawals`,
/// `changeMaxWithdrawalAmount`, pauses.
contract PufferWithdrawalManagerDouble is AccessManaged {
    struct Withdrawal {
        uint128 pufETHAmount;
        uint128 pufETHToETHExchangeRate;
        address recipient;
    }

    struct WithdrawalBatch {
        uint64 pufETHToETHExchangeRate;
        uint88 toBurn;
        uint96 toTransfer;
        uint128 withdrawalsClaimed;
        uint128 amountClaimed;
    }

    event WithdrawalRequested(
        uint256 indexed withdrawalIdx,
        uint256 indexed batchIdx,
        uint256 pufETHAmount,
        address indexed recipient
    );
    event BatchFinalized(
        uint256 indexed batchIdx,
        uint256 expectedETHAmount,
        uint256 actualEthAmount,
        uint256 pufETHBurnAmount
    );
    event WithdrawalCompleted(
        uint256 indexed withdrawalIdx,
        uint256 ethPayoutAmount,
        uint256 payoutExchangeRate,
        address indexed recipient
    );

    error BatchAlreadyFinalized(uint256 batchIndex);
    error BatchesAreNotFull();
    error MultipleWithdrawalsAreForbidden();
    error NotFinalized();
    error WithdrawalAlreadyCompleted();
    error WithdrawalAmountTooHigh();
    error WithdrawalAmountTooLow();

    uint256 public constant MIN_WITHDRAWAL_AMOUNT = 0.01 ether;

    PufferVaultDouble public immutable PUFFER_VAULT;
    IWETH9 public immutable WETH;
    uint256 public immutable BATCH_SIZE;

    uint256 public getMaxWithdrawalAmount;
    uint256 public getFinalizedWithdrawalBatch;
    Withdrawal[] private _withdrawals;
    mapping(uint256 index => WithdrawalBatch batch) private _batches;
    bool private transient _hasRequested;

    constructor(uint256 batchSize, PufferVaultDouble vault) AccessManaged(vault.authority()) {
        BATCH_SIZE = batchSize;
        PUFFER_VAULT = vault;
        WETH = IWETH9(vault.asset());
        for (uint256 i; i < batchSize; ++i) _withdrawals.push(Withdrawal(0, 0, address(0)));
    }

    receive() external payable {}

    // MARKET

    function changeMaxWithdrawalAmount(uint256 amount) external restricted {
        getMaxWithdrawalAmount = amount;
    }

    function finalizeWithdrawals(uint256 withdrawalBatchIndex) external restricted {
        require(withdrawalBatchIndex < _withdrawals.length / BATCH_SIZE, BatchesAreNotFull());
        require(withdrawalBatchIndex > getFinalizedWithdrawalBatch, BatchAlreadyFinalized(withdrawalBatchIndex));
        for (uint256 i = getFinalizedWithdrawalBatch + 1; i <= withdrawalBatchIndex; ++i) {
            uint256 rate = PUFFER_VAULT.convertToAssets(1 ether);
            WithdrawalBatch storage batch = _batches[i];
            uint256 paid = Math.min(batch.toTransfer, (batch.toBurn * rate) / 1 ether);
            PUFFER_VAULT.transferETH(address(this), paid);
            PUFFER_VAULT.burn(batch.toBurn);
            batch.pufETHToETHExchangeRate = uint64(rate);
            emit BatchFinalized(i, batch.toTransfer, paid, batch.toBurn);
        }
        getFinalizedWithdrawalBatch = withdrawalBatchIndex;
    }

    // ANYONE

    function requestWithdrawal(uint128 pufETHAmount, address recipient) external restricted {
        require(!_hasRequested, MultipleWithdrawalsAreForbidden());
        _hasRequested = true;
        require(pufETHAmount >= MIN_WITHDRAWAL_AMOUNT, WithdrawalAmountTooLow());
        require(pufETHAmount <= getMaxWithdrawalAmount, WithdrawalAmountTooHigh());
        PUFFER_VAULT.transferFrom(msg.sender, address(this), pufETHAmount);
        uint256 index = _withdrawals.length;
        uint256 rate = PUFFER_VAULT.convertToAssets(1 ether);
        WithdrawalBatch storage batch = _batches[index / BATCH_SIZE];
        batch.toBurn += uint88(pufETHAmount);
        batch.toTransfer += uint96((pufETHAmount * rate) / 1 ether);
        _withdrawals.push(Withdrawal(pufETHAmount, uint128(rate), recipient));
        emit WithdrawalRequested(index, index / BATCH_SIZE, pufETHAmount, recipient);
    }

    function completeQueuedWithdrawal(uint256 withdrawalIdx) external restricted {
        WithdrawalBatch storage batch = _batches[withdrawalIdx / BATCH_SIZE];
        require(withdrawalIdx / BATCH_SIZE <= getFinalizedWithdrawalBatch, NotFinalized());
        Withdrawal memory withdrawal = _withdrawals[withdrawalIdx];
        require(withdrawal.recipient != address(0), WithdrawalAlreadyCompleted());
        uint256 rate = Math.min(withdrawal.pufETHToETHExchangeRate, batch.pufETHToETHExchangeRate);
        uint256 payout = (uint256(withdrawal.pufETHAmount) * rate) / 1 ether;
        ++batch.withdrawalsClaimed;
        batch.amountClaimed += uint128(payout);
        delete _withdrawals[withdrawalIdx];
        WETH.deposit{value: payout}();
        WETH.transfer(withdrawal.recipient, payout);
        emit WithdrawalCompleted(withdrawalIdx, payout, rate, withdrawal.recipient);
    }

    // VIEWS

    function getWithdrawalsLength() external view returns (uint256) {
        return _withdrawals.length;
    }

    function getWithdrawal(uint256 withdrawalIdx) external view returns (Withdrawal memory withdrawal) {
        return withdrawalIdx < _withdrawals.length ? _withdrawals[withdrawalIdx] : withdrawal;
    }

    function getBatch(uint256 batchIdx) external view returns (WithdrawalBatch memory) {
        return _batches[batchIdx];
    }
}

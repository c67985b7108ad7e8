// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Roles
/// @notice Role ids of the AccessManager. A selector belongs to exactly one role, so a function open to guardian *or*
/// curator belongs to GUARDIAN, and deployment grants GUARDIAN to the curator too, without delay.
///
/// - ADMIN (the AccessManager's own id 0): the owner Safe. Appoints roles, binds contracts once, names the fee
/// recipient.
/// - CURATOR, granted with an execution delay: StrategyRegistry.{registerStrategy, setLimits, setRiskCap, reactivate},
///   OracleGuard.setOracle, LiquidityVault.{unpauseDeposits, unfreeze, setFees, setWithdrawalOrder, forceRevoke},
///   ProposalModule.{unpause, setPolicy, setSignerTiers}.
/// - GUARDIAN, without delay, only lowers risk: StrategyRegistry.{lowerLimits, lowerRiskCap, restrict},
///   OracleGuard.disable, LiquidityVault.{pauseDeposits, freeze, lowerFees}, ProposalModule.pause.
/// - PROPOSER, without delay: ProposalModule.propose.
library Roles {
    uint64 internal constant ADMIN = 0;
    uint64 internal constant CURATOR = 1;
    uint64 internal constant GUARDIAN = 2;
    uint64 internal constant PROPOSER = 3;
}

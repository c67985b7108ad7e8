/** Who may call what: the table that the deployment writes and `verify.ts` reads back. */
import { InputError } from "../keeper/kernel/errors.ts";
import type { EnginePlan } from "./plan.ts";

/** As in contracts/libraries/Roles.sol. */
export const ROLE = { admin: 0n, curator: 1n, guardian: 2n, proposer: 3n } as const;
export type RoleName = keyof typeof ROLE;

/** Which role calls what. A restricted function that is not listed is ADMIN's: see {@link ADMIN_ONLY}. */
export const CALLERS = {
  curator: {
    StrategyRegistry: ["registerStrategy", "setLimits", "setRiskCap", "reactivate"],
    OracleGuard: ["setOracle"],
    LiquidityVault: ["unpauseDeposits", "unfreeze", "setFees", "setWithdrawalOrder", "forceRevoke"],
    ProposalModule: ["unpause", "setPolicy", "setSignerTiers"],
  },
  guardian: {
    StrategyRegistry: ["lowerLimits", "lowerRiskCap", "restrict"],
    OracleGuard: ["disable"],
    LiquidityVault: ["pauseDeposits", "freeze", "lowerFees"],
    ProposalModule: ["pause"],
  },
  proposer: { ProposalModule: ["propose"] },
} as const;

/** What only the owner may do. A test compares both tables with every `restricted` function of the sources. */
export const ADMIN_ONLY = {
  StrategyRegistry: ["bindVault"],
  OracleGuard: ["bindVault"],
  LiquidityVault: ["bindProposalModule", "bindRedeemQueue", "setFeeRecipient"],
} as const;

export class WithdrawalOrderError extends InputError {
  readonly code = "WITHDRAWAL_ORDER";
  readonly key: string;
  constructor(key: string) {
    super(`The withdrawal order names "${key}", which is no strategy of the plan. Correct withdrawalOrder.`);
    this.key = key;
  }
}

/** Registry ids of the withdrawal order. @throws {WithdrawalOrderError} */
export const withdrawalIds = ({ withdrawalOrder, strategies }: EnginePlan): readonly number[] =>
  withdrawalOrder.map((key) => {
    const index = strategies.findIndex((strategy) => strategy.key === key);
    if (index < 0) throw new WithdrawalOrderError(key);
    return index + 1;
  });

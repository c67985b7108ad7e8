/** Four-byte selectors of the engine's functions, from the compiled ABIs, for the role table of the deployment. */
import { InputError } from "../keeper/kernel/errors.ts";
import { LiquidityVault__factory } from "../types/ethers-contracts/factories/contracts/LiquidityVault__factory.ts";
import { OracleGuard__factory } from "../types/ethers-contracts/factories/contracts/OracleGuard__factory.ts";
import { ProposalModule__factory } from "../types/ethers-contracts/factories/contracts/ProposalModule__factory.ts";
import { StrategyRegistry__factory } from "../types/ethers-contracts/factories/contracts/StrategyRegistry__factory.ts";

export class UnknownFunctionError extends InputError {
  readonly code = "UNKNOWN_FUNCTION";
  constructor(contract: string, functionName: string) {
    super(`${contract} has no function ${functionName}. The role table and the contracts have drifted apart.`);
  }
}

const INTERFACES: Readonly<Record<string, { getFunction(name: string): { readonly selector: string } | null }>> = {
  LiquidityVault: LiquidityVault__factory.createInterface(),
  OracleGuard: OracleGuard__factory.createInterface(),
  ProposalModule: ProposalModule__factory.createInterface(),
  StrategyRegistry: StrategyRegistry__factory.createInterface(),
};

/** @throws {UnknownFunctionError} when the contract has no such function. */
export function selectorOf(contract: string, functionName: string): string {
  const found = INTERFACES[contract]?.getFunction(functionName);
  if (!found) throw new UnknownFunctionError(contract, functionName);
  return found.selector;
}

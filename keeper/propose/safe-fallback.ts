/** Fallback approval: the Safe itself calls `approve(id)` by an ordinary transaction, for owners whose wallets sign nothing else. */

import type { ContractNetworksConfig, Eip1193Provider } from "@safe-global/protocol-kit";
import ProtocolKit from "@safe-global/protocol-kit";
import type { Wallet } from "ethers";
import { IProposalModule__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/IProposalModule__factory.ts";
import { type Address, type Hash, hash } from "../kernel/units.ts";

type KitClass = typeof ProtocolKit.default;
// The package's types describe its CommonJS build, Node loads its ES build: the class sits one level apart in the two.
const classOf = (loaded: KitClass | { readonly default: KitClass }): KitClass =>
  "default" in loaded ? loaded.default : loaded;
const SafeKit = classOf(ProtocolKit);

const moduleInterface = IProposalModule__factory.createInterface();

export interface SafeApproval {
  readonly provider: Eip1193Provider;
  readonly safe: Address;
  readonly module: Address;
  readonly id: Hash;
  /** Owners, at least the threshold; each signs the Safe transaction. */
  readonly owners: readonly Wallet[];
  /** Pays the gas; need not be an owner. */
  readonly executor: Wallet;
  /** Safe's contracts on chains that protocol-kit does not know. */
  readonly contractNetworks?: ContractNetworksConfig;
}

/** Has the Safe approve the proposal on chain; the transaction's hash. */
export async function approveBySafeTransaction(approval: SafeApproval): Promise<Hash> {
  const { provider, safe, module, id, owners, executor, contractNetworks } = approval;
  const connect = (wallet: Wallet) =>
    SafeKit.init({
      provider,
      signer: wallet.privateKey,
      safeAddress: safe,
      ...(contractNetworks === undefined ? {} : { contractNetworks }),
    });
  const kit = await connect(executor);
  const data = moduleInterface.encodeFunctionData("approve", [id]);
  let transaction = await kit.createTransaction({ transactions: [{ to: module, value: "0", data }] });
  for (const owner of owners) transaction = await (await connect(owner)).signTransaction(transaction);
  const result = await kit.executeTransaction(transaction);
  return hash(result.hash);
}

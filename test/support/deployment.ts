/** How an adapter was deployed, read back from its chain, so that a suite can deploy it again with worse arguments. */
import { expect } from "chai";
import type { ContractFactory } from "ethers";
import { PROTOCOL_IDS, type ProtocolId } from "../../keeper/protocols/ids.ts";
import { protocolOf } from "../../keeper/protocols/index.ts";
import type { Connection, Venue } from "./venue.ts";

export interface Deployment {
  readonly id: ProtocolId;
  readonly factory: ContractFactory;
  readonly args: readonly unknown[];
  /** Solidity types of the arguments. */
  readonly types: readonly string[];
  readonly names: readonly string[];
}

async function creationData({ ethers }: Connection, account: string): Promise<string> {
  for (let block = await ethers.provider.getBlockNumber(); block >= 0; block -= 1) {
    const found = await ethers.provider.getBlock(block, true);
    for (const transaction of found?.prefetchedTransactions ?? []) {
      if (transaction.to !== null) continue;
      const receipt = await ethers.provider.getTransactionReceipt(transaction.hash);
      if (receipt?.contractAddress?.toLowerCase() === account.toLowerCase()) return transaction.data;
    }
  }
  return expect.fail(`no transaction created ${account}`);
}

export async function deploymentOf({ adapter, connection }: Venue): Promise<Deployment> {
  const data = await creationData(connection, await adapter.getAddress());
  for (const id of PROTOCOL_IDS) {
    const factory = await connection.ethers.getContractFactory(protocolOf(id).adapterContract);
    if (!data.startsWith(factory.bytecode)) continue;
    const { inputs } = factory.interface.deploy;
    const decoded = factory.interface.getAbiCoder().decode(inputs, `0x${data.slice(factory.bytecode.length)}`);
    return {
      id,
      factory,
      args: [...decoded],
      types: inputs.map(({ type }) => type),
      names: inputs.map(({ name }) => name),
    };
  }
  return expect.fail("the adapter's code is none of the engine's");
}

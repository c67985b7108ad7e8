/** Every published proposal and its state, from the module's own events. */
import { IProposalModule__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/IProposalModule__factory.ts";
import { blockParam, type ChainClient } from "../chain/client.ts";
import { NonArchiveNodeError, RpcAnswerError } from "../chain/errors.ts";
import { bool } from "../chain/fields.ts";
import { readView, view } from "../chain/multicall.ts";
import type { ProposalStateName } from "../chain/proposal.ts";
import type { KeeperConfig } from "../config/schema.ts";
import type { Hash } from "../kernel/units.ts";
import { ProposalNotFoundError } from "./errors.ts";
import { stateOf } from "./publish.ts";
import { findProposals, type PublishedProposal } from "./verify.ts";

export interface ListedProposal {
  readonly published: PublishedProposal;
  readonly state: ProposalStateName;
  readonly isApproved: boolean;
}

const moduleInterface = IProposalModule__factory.createInterface();

/**
 * First block with code at the module: no event of it is older. The configured one, else by halving the chain with
 * `eth_getCode`; 0 where the node keeps no past state to ask, which is correct and slow.
 */
export async function deployedAt(
  client: ChainClient,
  { addresses, deploymentBlock }: Pick<KeeperConfig, "addresses" | "deploymentBlock">,
): Promise<number> {
  if (deploymentBlock !== undefined) return deploymentBlock;
  let low = 0;
  let high = (await client.header("latest")).number;
  try {
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const code = await client.request("eth_getCode", [addresses.module, blockParam(middle)]);
      if (code === "0x") low = middle + 1;
      else high = middle;
    }
    return high;
  } catch (error) {
    if (error instanceof NonArchiveNodeError || error instanceof RpcAnswerError) return 0;
    throw error;
  }
}

/** Oldest first; one when `id` is given. @throws {ProposalNotFoundError} when that one was never published. */
export async function listProposals(
  client: ChainClient,
  config: Pick<KeeperConfig, "addresses" | "deploymentBlock">,
  id: Hash | null,
): Promise<readonly ListedProposal[]> {
  const { module } = config.addresses;
  const found = await findProposals(client, module, id, await deployedAt(client, config));
  if (id !== null && found.length === 0) throw new ProposalNotFoundError(id, module);
  return Promise.all(
    found.map(async (published) => ({
      published,
      state: await stateOf(client, module, published.id),
      isApproved: await readView(
        client,
        view(moduleInterface, module, "isApproved", [published.id], (row) => bool(row, 0)),
        "latest",
      ),
    })),
  );
}

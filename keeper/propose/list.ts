/** Every published proposal and its state, from the module's own events. */
import { IProposalModule__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/IProposalModule__factory.ts";
import type { ChainClient } from "../chain/client.ts";
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

/** Oldest first; one when `id` is given. @throws {ProposalNotFoundError} when that one was never published. */
export async function listProposals(
  client: ChainClient,
  { module }: Pick<KeeperConfig["addresses"], "module">,
  id: Hash | null,
): Promise<readonly ListedProposal[]> {
  const found = await findProposals(client, module, id);
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

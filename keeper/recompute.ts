/** Recomputing a published proposal from chain data alone: the run again, at the block it was made from. */
import { IProposalModule__factory } from "../types/ethers-contracts/factories/contracts/interfaces/IProposalModule__factory.ts";
import type { ChainClient } from "./chain/client.ts";
import { int, struct } from "./chain/fields.ts";
import { readView, view } from "./chain/multicall.ts";
import type { KeeperConfig } from "./config/schema.ts";
import type { PublishedProposal, Recomputation } from "./propose/verify.ts";
import { runCycle } from "./run.ts";

const moduleInterface = IProposalModule__factory.createInterface();

/** Number of the block with exactly this timestamp at or below `highest`; null when there is none. */
export async function blockAtTime(
  client: Pick<ChainClient, "header">,
  timestamp: number,
  highest: number,
): Promise<number | null> {
  let low = 0;
  let high = highest;
  while (low <= high) {
    const middle = Math.floor((low + high) / 2);
    const header = await client.header(middle);
    if (header.timestamp === timestamp) return middle;
    if (header.timestamp < timestamp) low = middle + 1;
    else high = middle - 1;
  }
  return null;
}

/** The keeper's own run at the block the proposal was made from, which its deadline and the configured life reveal. */
export async function recompute(
  client: ChainClient,
  config: KeeperConfig,
  published: PublishedProposal,
): Promise<Recomputation> {
  const before = published.blockNumber - 1;
  const maxTtl = await readView(
    client,
    view(moduleInterface, config.addresses.module, "policy", [], (row) => int(struct(row, 0), "maxTtl")),
    before,
  );
  const madeAt = published.proposal.deadline - Math.min(config.limits.ttlSeconds, maxTtl);
  const block = await blockAtTime(client, madeAt, before);
  if (block === null) {
    return {
      reason: `no block has the time ${madeAt} that the deadline and this configuration's ttlSeconds point to; the keeper used another configuration`,
    };
  }
  const outcome = await runCycle(client, config, block);
  if (outcome.kind === "held")
    return { reason: `this configuration holds at block ${block}: ${outcome.code}, ${outcome.reasons.join("; ")}` };
  return { proposal: outcome.built.proposal };
}

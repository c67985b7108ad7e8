/** Publishing on chain: a free nonce, agreement with the module on the id, and the transaction. */
import { IProposalModule__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/IProposalModule__factory.ts";
import type { ChainClient } from "../chain/client.ts";
import { RpcAnswerError } from "../chain/errors.ts";
import { bool, int, text } from "../chain/fields.ts";
import { multicall, readView, view, viewUint } from "../chain/multicall.ts";
import { PROPOSAL_STATES, type ProposalStateName, toStruct } from "../chain/proposal.ts";
import { type Receipt, type Sender, sendTransaction } from "../chain/send.ts";
import type { KeeperConfig } from "../config/schema.ts";
import type { Proposal, Provenance } from "../kernel/artifacts.ts";
import { type Address, type Hash, hash } from "../kernel/units.ts";
import { nonceCandidate } from "./build.ts";
import { ModuleDisagreesError, NoNonceError } from "./errors.ts";
import { proposalId } from "./typed-data.ts";

const moduleInterface = IProposalModule__factory.createInterface();
/** Candidates per block: an operator who cancels and proposes again on one block needs a second one, hardly a tenth. */
const CANDIDATES = 16;

/** First nonce from the block's candidate upwards that was unused at that block: recomputable by anyone later. */
export async function chooseNonce(
  client: ChainClient,
  addresses: Pick<KeeperConfig["addresses"], "module" | "multicall">,
  provenance: Provenance,
): Promise<bigint> {
  const first = nonceCandidate(provenance);
  const candidates = Array.from({ length: CANDIDATES }, (_, offset) => first + BigInt(offset));
  const calls = candidates.map((nonce) =>
    view(moduleInterface, addresses.module, "isNonceUsed", [nonce], (row) => bool(row, 0)),
  );
  const outcomes = await multicall(client, addresses.multicall, calls, provenance.blockNumber);
  for (const [index, outcome] of outcomes.entries()) {
    if (!outcome.ok) throw new RpcAnswerError("isNonceUsed", 0, outcome.reason);
    const candidate = candidates[index];
    if (!outcome.value && candidate !== undefined) return candidate;
  }
  throw new NoNonceError(CANDIDATES);
}

/** The id as the module computes it. @throws {ModuleDisagreesError} when the keeper's differs. */
export async function agreeOnId(client: ChainClient, module: Address, proposal: Proposal): Promise<Hash> {
  const local = proposalId({ chainId: client.chainId, module }, proposal);
  const call = view(moduleInterface, module, "proposalId", [toStruct(proposal)], (row) => hash(text(row, 0)));
  const onChain = await readView(client, call, "latest");
  if (onChain !== local) throw new ModuleDisagreesError(local, onChain);
  return local;
}

export async function stateOf(client: ChainClient, module: Address, id: Hash): Promise<ProposalStateName> {
  const index = await readView(
    client,
    view(moduleInterface, module, "stateOf", [id], (row) => int(row, 0)),
    "latest",
  );
  const name = PROPOSAL_STATES[index];
  if (name === undefined) throw new RpcAnswerError("stateOf", 0, `state ${index} is beyond the enum`);
  return name;
}

/** The module's configuration epoch now: proposals of an older one can never execute. */
export const readEpoch = (client: ChainClient, module: Address): Promise<bigint> =>
  readView(client, viewUint(moduleInterface, module, "configEpoch"), "latest");

export interface Published {
  readonly id: Hash;
  /** Null when an earlier run had published it already. */
  readonly receipt: Receipt | null;
}

/** Publishes the proposal once, however often it is called. */
export async function proposeOnChain(sender: Sender, module: Address, proposal: Proposal): Promise<Published> {
  const id = await agreeOnId(sender.client, module, proposal);
  if ((await stateOf(sender.client, module, id)) !== "None") return { id, receipt: null };
  const data = moduleInterface.encodeFunctionData("propose", [toStruct(proposal)]);
  return { id, receipt: await sendTransaction(sender, { purpose: `propose ${id}`, to: module, data }) };
}

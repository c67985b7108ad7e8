/** Stage execute: an approved proposal, sent by anyone's key, and what became of it. */
import { ILiquidityVault__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/ILiquidityVault__factory.ts";
import { IProposalModule__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/IProposalModule__factory.ts";
import { CallRevertedError, RpcAnswerError, TransactionRevertedError } from "../chain/errors.ts";
import { bool, int, type Row, text, uint } from "../chain/fields.ts";
import { readView, view } from "../chain/multicall.ts";
import { PROPOSAL_STATES, toStruct } from "../chain/proposal.ts";
import { type Receipt, type Sender, sendTransaction } from "../chain/send.ts";
import type { LegKindName, Proposal } from "../kernel/artifacts.ts";
import { type Address, type Assets, address, assets, type Hash, hash } from "../kernel/units.ts";

const moduleInterface = IProposalModule__factory.createInterface();
const vaultInterface = ILiquidityVault__factory.createInterface();

/** What one leg did, by the vault's event. */
export interface LegOutcome {
  readonly strategyId: number;
  readonly kind: LegKindName;
  readonly amount: Assets;
  /** Received, requested or value added. */
  readonly result: Assets;
}

export type ExecutionOutcome =
  | {
      readonly kind: "executed";
      readonly id: Hash;
      readonly transactionHash: Hash;
      readonly blockNumber: number;
      readonly navBefore: Assets;
      readonly navAfter: Assets;
      readonly loss: Assets;
      readonly lossWindow: Assets;
      readonly gasUsed: bigint;
      readonly legs: readonly LegOutcome[];
    }
  | {
      readonly kind: "aborted";
      readonly id: Hash;
      readonly transactionHash: Hash;
      readonly blockNumber: number;
      readonly trippedStrategy: number;
    }
  /** The contracts refuse it now; `reason` is their decoded error. Nothing was changed. */
  | { readonly kind: "refused"; readonly id: Hash; readonly reason: string }
  /** Too early; try again at `until`, Unix seconds. */
  | { readonly kind: "notReady"; readonly id: Hash; readonly until: number };

export interface ExecuteInput {
  readonly module: Address;
  readonly vault: Address;
  readonly proposal: Proposal;
  /** The proposal's id under the module's domain; compared with the module's own. */
  readonly id: Hash;
  /** Packed signatures; "0x" when the Safe approved by transaction. */
  readonly signatures: string;
}

/** What the chain already says before a simulation is worth its while. */
async function precheck(sender: Sender, { module, proposal, id }: ExecuteInput): Promise<ExecutionOutcome | null> {
  const { client } = sender;
  const read = <T>(fragment: string, args: readonly unknown[], pick: (row: Row) => T): Promise<T> =>
    readView(client, view(moduleInterface, module, fragment, args, pick), "latest");
  const refused = (reason: string): ExecutionOutcome => ({ kind: "refused", id, reason });
  const [head, stateIndex, onChainId, epoch, next, isPaused, used] = await Promise.all([
    client.header("latest"),
    read("stateOf", [id], (row) => int(row, 0)),
    read("proposalId", [toStruct(proposal)], (row) => hash(text(row, 0))),
    read("configEpoch", [], (row) => uint(row, 0)),
    read("nextExecutionAt", [], (row) => int(row, 0)),
    read("paused", [], (row) => bool(row, 0)),
    read("isNonceUsed", [proposal.nonce], (row) => bool(row, 0)),
  ]);
  const state = PROPOSAL_STATES[stateIndex];
  if (state === undefined) throw new RpcAnswerError("stateOf", 0, `state ${stateIndex} is beyond the enum`);
  if (onChainId !== id) return refused(`the module gives this proposal id ${onChainId}, stated is ${id}`);
  if (state !== "Proposed") return refused(`the proposal's state is ${state}, it must be Proposed`);
  if (used) return refused(`nonce ${proposal.nonce} is used`);
  if (head.timestamp > proposal.deadline)
    return refused(`it expired at ${proposal.deadline}, the chain is at ${head.timestamp}`);
  if (epoch !== proposal.configEpoch)
    return refused(`it was made under configuration epoch ${proposal.configEpoch}, now is ${epoch}`);
  if (isPaused) return refused("executions are paused");
  // A transaction sent now lands in the next block, one second later at the least.
  const until = Math.max(proposal.notBefore, next);
  if (head.timestamp + 1 < until)
    return until > proposal.deadline
      ? refused(`the cooldown ends at ${until}, after the deadline`)
      : { kind: "notReady", id, until };
  return null;
}

const LEG_EVENTS = { Allocate: "value", Deallocate: "received", RequestExit: "requested" } as const satisfies Partial<
  Record<LegKindName, string>
>;
type LegEvent = keyof typeof LEG_EVENTS;
const isLegEvent = (name: string): name is LegEvent => Object.hasOwn(LEG_EVENTS, name);

function parseLegs(receipt: Receipt, vault: Address): readonly LegOutcome[] {
  return receipt.logs.flatMap((log) => {
    if (log.address.toLowerCase() !== vault.toLowerCase()) return [];
    const parsed = vaultInterface.parseLog({ topics: [...log.topics], data: log.data });
    if (parsed === null || !isLegEvent(parsed.name)) return [];
    const row: Row = { what: parsed.name, result: parsed.args };
    return [
      {
        strategyId: int(row, "id"),
        kind: parsed.name,
        amount: assets(uint(row, "assets")),
        result: assets(uint(row, LEG_EVENTS[parsed.name])),
      },
    ];
  });
}

/** Reads the outcome out of a receipt; null when it carries neither event of this proposal. */
export function parseOutcome(
  receipt: Receipt,
  { module, vault, id }: Pick<ExecuteInput, "module" | "vault" | "id">,
): ExecutionOutcome | null {
  const { hash: transactionHash, blockNumber, gasUsed } = receipt;
  for (const log of receipt.logs) {
    if (log.address.toLowerCase() !== module.toLowerCase()) continue;
    const parsed = moduleInterface.parseLog({ topics: [...log.topics], data: log.data });
    if (parsed === null || parsed.args.getValue("id") !== id) continue;
    const row: Row = { what: parsed.name, result: parsed.args };
    if (parsed.name === "Abort")
      return { kind: "aborted", id, transactionHash, blockNumber, trippedStrategy: int(row, "trippedStrategy") };
    if (parsed.name === "Execute") {
      return {
        kind: "executed",
        id,
        transactionHash,
        blockNumber,
        navBefore: assets(uint(row, "navBefore")),
        navAfter: assets(uint(row, "navAfter")),
        loss: assets(uint(row, "loss")),
        lossWindow: assets(uint(row, "lossWindow")),
        gasUsed,
        legs: parseLegs(receipt, vault),
      };
    }
  }
  return null;
}

/** Executes an approved proposal, or says why not. Throws only when the chain itself fails. */
export async function executeProposal(sender: Sender, input: ExecuteInput): Promise<ExecutionOutcome> {
  const { module, id, proposal, signatures } = input;
  const early = await precheck(sender, input);
  if (early !== null) return early;
  const data = moduleInterface.encodeFunctionData("execute", [toStruct(proposal), signatures]);
  let receipt: Receipt;
  try {
    receipt = await sendTransaction(sender, { purpose: `execute ${id}`, to: address(module), data });
  } catch (error) {
    // A simulation that reverts cost nothing; a race lost on chain cost gas and changed nothing else.
    if (error instanceof CallRevertedError || error instanceof TransactionRevertedError)
      return { kind: "refused", id, reason: error.reason };
    throw error;
  }
  const outcome = parseOutcome(receipt, input);
  if (outcome === null)
    throw new RpcAnswerError("eth_getTransactionReceipt", 0, `no Execute or Abort of ${id} in ${receipt.hash}`);
  return outcome;
}

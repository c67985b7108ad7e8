/**
 * The clock of the embedded chain. Hardhat lets real time leak into block timestamps; here every transaction that
 * anyone sends, in process or over HTTP, lands exactly one slot after the latest block and pays the base fee of the
 * current hour, so that a run is a function of its seed and its transactions.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { EthereumProvider } from "hardhat/types/providers";
import { z } from "zod";

export const SECONDS_PER_SLOT = 12;

const SENDS = new Set(["eth_sendTransaction", "eth_sendRawTransaction"]);
/** Run in the block to come: its time must not be the machine's, or an estimate would depend on how busy it is. */
const ESTIMATES = new Set(["eth_estimateGas"]);
/** A caller who moves time or fees himself (network-helpers in tests) is not overruled on the next block. */
const TIME_MOVES = new Set(["evm_setNextBlockTimestamp", "evm_increaseTime"]);
const FEE_MOVES = new Set(["hardhat_setNextBlockBaseFeePerGas"]);

const latestBlock = z.object({ timestamp: z.string() });

export const toQuantity = (value: number | bigint): string => `0x${value.toString(16)}`;

export class Pace {
  /** Wei; in force for every transaction until the next hour sets another. */
  baseFee: bigint;
  private timeIsSet = false;
  private feeIsSet = false;
  private queue: Promise<unknown> = Promise.resolve();
  /** Marks the requests of whoever holds the turn, so that they are told apart from a stranger's at the same time. */
  private readonly turn = new AsyncLocalStorage<true>();

  constructor(baseFee: bigint) {
    this.baseFee = baseFee;
  }

  /** Runs `work` while everybody else's transactions wait. Requirements: not called from within itself. */
  async exclusive<T>(work: () => Promise<T>): Promise<T> {
    const result = this.queue.then(() => this.turn.run(true, work));
    this.queue = result.catch(() => undefined);
    return await result;
  }

  /** Wraps one JSON-RPC request; sends take turns, because two at once would claim the same slot. */
  async intercept<T>(provider: EthereumProvider, method: string, forward: () => Promise<T>): Promise<T> {
    if (this.turn.getStore() === true) return await forward();
    if (TIME_MOVES.has(method)) this.timeIsSet = true;
    if (FEE_MOVES.has(method)) this.feeIsSet = true;
    if (!SENDS.has(method) && !ESTIMATES.has(method)) return await forward();
    return await this.exclusive(async () => {
      await this.prepareSlot(provider);
      // What a caller set stays set for the transaction that the estimate is for.
      if (SENDS.has(method)) this.timeIsSet = this.feeIsSet = false;
      return await forward();
    });
  }

  private async prepareSlot(provider: EthereumProvider): Promise<void> {
    if (!this.timeIsSet) {
      const block = latestBlock.parse(
        await provider.request({ method: "eth_getBlockByNumber", params: ["latest", false] }),
      );
      const timestamp = toQuantity(BigInt(block.timestamp) + BigInt(SECONDS_PER_SLOT));
      await provider.request({ method: "evm_setNextBlockTimestamp", params: [timestamp] });
    }
    if (!this.feeIsSet) {
      await provider.request({ method: "hardhat_setNextBlockBaseFeePerGas", params: [toQuantity(this.baseFee)] });
    }
  }
}

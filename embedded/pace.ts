/**
 * The clock of the embedded chain. Hardhat lets real time leak into block timestamps; here every transaction that
 * anyone sends, in process or over HTTP, lands exactly one slot after the latest block and pays the base fee of the
 * current hour, so that a run is a function of its seed and its transactions.
 */
import type { EthereumProvider } from "hardhat/types/providers";
import { z } from "zod";

export const SECONDS_PER_SLOT = 12;

const SENDS = new Set(["eth_sendTransaction", "eth_sendRawTransaction"]);
/** A caller who moves time or fees himself (network-helpers in tests) is not overruled on the next block. */
const TIME_MOVES = new Set(["evm_setNextBlockTimestamp", "evm_increaseTime"]);
const FEE_MOVES = new Set(["hardhat_setNextBlockBaseFeePerGas"]);

const latestBlock = z.object({ timestamp: z.string() });

export const toQuantity = (value: number | bigint): string => `0x${value.toString(16)}`;

export class Pace {
  /** Wei; in force for every transaction until the next hour sets another. */
  baseFee: bigint;
  /** True while a block is assembled by hand: then its maker sets time and fee. */
  isAssembling = false;
  private timeIsSet = false;
  private feeIsSet = false;
  private isOwnRequest = false;
  private queue: Promise<unknown> = Promise.resolve();

  constructor(baseFee: bigint) {
    this.baseFee = baseFee;
  }

  /** Wraps one JSON-RPC request; sends are serialised because two at once would claim the same slot. */
  async intercept<T>(provider: EthereumProvider, method: string, forward: () => Promise<T>): Promise<T> {
    if (this.isOwnRequest || this.isAssembling) return await forward();
    if (TIME_MOVES.has(method)) this.timeIsSet = true;
    if (FEE_MOVES.has(method)) this.feeIsSet = true;
    if (!SENDS.has(method)) return await forward();
    const turn = this.queue.then(async () => {
      await this.prepareSlot(provider);
      return await forward();
    });
    this.queue = turn.catch(() => undefined);
    return await turn;
  }

  private async prepareSlot(provider: EthereumProvider): Promise<void> {
    this.isOwnRequest = true;
    try {
      if (!this.timeIsSet) {
        const block = latestBlock.parse(await provider.request({ method: "eth_getBlockByNumber", params: ["latest", false] }));
        await provider.request({
          method: "evm_setNextBlockTimestamp",
          params: [toQuantity(BigInt(block.timestamp) + BigInt(SECONDS_PER_SLOT))],
        });
      }
      if (!this.feeIsSet) {
        await provider.request({ method: "hardhat_setNextBlockBaseFeePerGas", params: [toQuantity(this.baseFee)] });
      }
    } finally {
      this.isOwnRequest = false;
      this.timeIsSet = false;
      this.feeIsSet = false;
    }
  }
}

/** Past base fees through `eth_feeHistory`, thinned to one per hour. */
import { toQuantity } from "ethers";
import { z } from "zod";
import type { ChainClient, RpcAnswer, RpcCall } from "../chain/client.ts";
import { decodeHeader, headerCall, resultOf } from "../chain/client.ts";
import { feeHistorySchema } from "../chain/fees.ts";
import { SECONDS_PER_DAY } from "../kernel/units.ts";
import { RequiredReadError } from "./errors.ts";
import { anchorBlocks, blockAt, sortTimed, type TimedBlock, timeOf } from "./timeline.ts";

/** Most blocks nodes give per call. */
export const FEE_HISTORY_BLOCKS = 1024;
const HOUR = 3_600;

/** Calls that cover the blocks `from..to`, newest first. */
export function feeHistoryCalls(from: number, to: number): readonly RpcCall[] {
  const calls: RpcCall[] = [];
  for (let newest = to; newest >= from; newest -= FEE_HISTORY_BLOCKS) {
    const count = Math.min(FEE_HISTORY_BLOCKS, newest - from + 1);
    calls.push({ method: "eth_feeHistory", params: [toQuantity(count), toQuantity(newest), []] });
  }
  return calls;
}

/** The base fees of the last `days`, one per hour, without a snapshot: for whoever only wants to know when to send. */
export async function readGasHistory(
  client: Pick<ChainClient, "header" | "batch" | "maxBatch">,
  days: number,
): Promise<GasHistory & { readonly now: TimedBlock & { readonly baseFee: bigint } }> {
  const now = await client.header("latest");
  const anchorCalls = anchorBlocks(now, days, client.maxBatch).map(headerCall);
  const anchors = (await client.batch(anchorCalls)).map((answer, index) => {
    const call = anchorCalls[index];
    if (call === undefined) throw new RequiredReadError(null, "an anchor header", "no answer");
    return decodeHeader(resultOf(call, answer), "latest");
  });
  const points = sortTimed([...anchors, now]);
  const from = blockAt(points, now.timestamp - days * SECONDS_PER_DAY) ?? points[0]?.number ?? now.number;
  const calls = feeHistoryCalls(from, now.number);
  const history = gasHistory(calls, await client.batch(calls), points, { from, to: now.number });
  return { ...history, now };
}

export interface GasHistory {
  readonly timestamps: readonly number[];
  readonly baseFees: readonly bigint[];
}

/** First base fee of each hour, ascending. Times between known blocks are interpolated: slots are 12 s apart, hours are coarse. */
export function gasHistory(
  calls: readonly RpcCall[],
  answers: readonly RpcAnswer[],
  points: readonly TimedBlock[],
  range: { readonly from: number; readonly to: number },
): GasHistory {
  const byBlock = new Map<number, bigint>();
  calls.forEach((call, index) => {
    const answer = answers[index];
    if (answer === undefined) throw new RequiredReadError(null, "the base-fee history", "no answer");
    const parsed = feeHistorySchema.safeParse(resultOf(call, answer));
    if (!parsed.success) throw new RequiredReadError(null, "the base-fee history", z.prettifyError(parsed.error));
    const oldest = Number(parsed.data.oldestBlock);
    parsed.data.baseFeePerGas.forEach((fee, offset) => {
      const block = oldest + offset;
      // The last entry is the block after the newest one: real or still to come, and then not ours to use.
      if (block >= range.from && block <= range.to) byBlock.set(block, fee);
    });
  });
  const timestamps: number[] = [];
  const baseFees: bigint[] = [];
  let hour = -1;
  for (const [block, fee] of [...byBlock.entries()].sort(([a], [b]) => a - b)) {
    const time = timeOf(points, block);
    if (time === null) continue;
    const bucket = Math.floor(time / HOUR);
    if (bucket === hour) continue;
    hour = bucket;
    timestamps.push(time);
    baseFees.push(fee);
  }
  return { timestamps, baseFees };
}

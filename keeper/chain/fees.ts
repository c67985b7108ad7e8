/** What to pay for gas: tip from recent blocks, room for six full blocks of base-fee growth, and a cap that nothing exceeds. */
import { z } from "zod";
import type { ChainClient } from "./client.ts";
import { DecodeError, FeeCapExceededError } from "./errors.ts";

export interface Fees {
  /** Wei per gas. */
  readonly maxFee: bigint;
  readonly tip: bigint;
}

export interface FeeLimits {
  /** Hard cap of maxFeePerGas, wei. */
  readonly cap: bigint;
  /** Clamp of the tip, wei. */
  readonly minTip: bigint;
  readonly maxTip: bigint;
}

const quantity = z
  .string()
  .regex(/^0x[0-9a-fA-F]+$/)
  .transform(BigInt);
export const feeHistorySchema = z.object({
  oldestBlock: quantity,
  baseFeePerGas: z.array(quantity).min(1),
  reward: z.array(z.array(quantity)).nullish(),
});

/** Blocks whose median tips are looked at. */
const LOOKBACK_BLOCKS = 10;

const clamp = (value: bigint, low: bigint, high: bigint): bigint => (value < low ? low : value > high ? high : value);

/** @throws {FeeCapExceededError} when the next block cannot be paid within the cap. */
export async function suggestFees(client: ChainClient, limits: FeeLimits): Promise<Fees> {
  const answer = await client.request("eth_feeHistory", [`0x${LOOKBACK_BLOCKS.toString(16)}`, "latest", [50]]);
  const parsed = feeHistorySchema.safeParse(answer);
  if (!parsed.success) throw new DecodeError("eth_feeHistory", z.prettifyError(parsed.error));
  const tips = (parsed.data.reward ?? [])
    .flatMap((row) => row.slice(0, 1))
    .sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const tip = clamp(tips[Math.floor(tips.length / 2)] ?? limits.minTip, limits.minTip, limits.maxTip);
  const next = parsed.data.baseFeePerGas.at(-1) ?? 0n;
  if (next + tip > limits.cap) throw new FeeCapExceededError(next + tip, limits.cap);
  const wanted = 2n * next + tip;
  return { maxFee: wanted > limits.cap ? limits.cap : wanted, tip };
}

/** Both fees raised by at least 12.5 %, rounded up: geth asks for 10 % on both, and refuses less. */
export function bumpFees(previous: Fees, fresh: Fees, cap: bigint): Fees {
  const raise = (value: bigint): bigint => (value * 1125n + 999n) / 1000n + 1n;
  const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);
  const maxFee = larger(raise(previous.maxFee), fresh.maxFee);
  const tip = larger(raise(previous.tip), fresh.tip);
  if (maxFee > cap) throw new FeeCapExceededError(maxFee, cap);
  return { maxFee, tip };
}

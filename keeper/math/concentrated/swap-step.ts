/**
 * One step of a swap: as far as one liquidity, one target price or the amount reaches. v3 and v4 differ by where the rest of
 * a wei goes when the amount ends inside a step: v3 takes back the input it computes from the new price, v4 keeps the input.
 * Source: Uniswap v3 whitepaper, section 6.2.3; fees are hundredths of a basis point of the input.
 */
import { amount0Between, amount1Between, priceAfterInput, priceAfterOutput } from "./amounts.ts";

export type PoolVersion = "v3" | "v4";
const FEE_UNIT = 1_000_000n;

export interface SwapStep {
  readonly price: bigint;
  readonly amountIn: bigint;
  readonly amountOut: bigint;
  readonly fee: bigint;
}

const inputBetween = (from: bigint, to: bigint, liquidity: bigint, zeroForOne: boolean): bigint =>
  zeroForOne ? amount0Between(to, from, liquidity, true) : amount1Between(from, to, liquidity, true);
const outputBetween = (from: bigint, to: bigint, liquidity: bigint, zeroForOne: boolean): bigint =>
  zeroForOne ? amount1Between(to, from, liquidity, false) : amount0Between(from, to, liquidity, false);

/** `fee` of an input that has it already taken off, rounded up. The whole input as fee happens with no input only. */
const feeOn = (amountIn: bigint, fee: bigint): bigint =>
  fee === FEE_UNIT ? amountIn : (amountIn * fee + FEE_UNIT - fee - 1n) / (FEE_UNIT - fee);

/** @param remaining Input still to give (`exactIn`) or output still to get, never negative. */
export function swapStep(
  version: PoolVersion,
  from: bigint,
  target: bigint,
  liquidity: bigint,
  remaining: bigint,
  exactIn: boolean,
  fee: bigint,
): SwapStep {
  const zeroForOne = from >= target;
  if (exactIn) {
    const net = (remaining * (FEE_UNIT - fee)) / FEE_UNIT;
    const toTarget = inputBetween(from, target, liquidity, zeroForOne);
    if (net >= toTarget) {
      return {
        price: target,
        amountIn: toTarget,
        amountOut: outputBetween(from, target, liquidity, zeroForOne),
        fee: feeOn(toTarget, fee),
      };
    }
    const price = priceAfterInput(from, liquidity, net, zeroForOne);
    const amountOut = outputBetween(from, price, liquidity, zeroForOne);
    // v3 compares prices, not amounts: rounding can end a spent amount exactly at the target.
    if (version === "v3" && price === target)
      return { price, amountIn: toTarget, amountOut, fee: feeOn(toTarget, fee) };
    const amountIn = version === "v3" ? inputBetween(from, price, liquidity, zeroForOne) : net;
    return { price, amountIn, amountOut, fee: remaining - amountIn };
  }
  const toTarget = outputBetween(from, target, liquidity, zeroForOne);
  if (remaining >= toTarget) {
    const amountIn = inputBetween(from, target, liquidity, zeroForOne);
    return { price: target, amountIn, amountOut: toTarget, fee: feeOn(amountIn, fee) };
  }
  const price = priceAfterOutput(from, liquidity, remaining, zeroForOne);
  const amountIn = inputBetween(from, price, liquidity, zeroForOne);
  const computed = outputBetween(from, price, liquidity, zeroForOne);
  // At most what was asked; v3 pays no more than the new price gives, v4 pays what was asked.
  const amountOut = version === "v3" && price !== target && computed < remaining ? computed : remaining;
  return { price, amountIn, amountOut, fee: feeOn(amountIn, fee) };
}

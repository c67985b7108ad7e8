/**
 * Uniswap v3 range of wstETH and WETH. The yield is staking on the wstETH leg plus the pool's fees less what arbitrage
 * takes; none of it can be read at the pool, so the rate's history starts with the adapter. Exits are instant while others'
 * liquidity buys the wstETH leg inside the band, and closed otherwise.
 */
import { UniswapV3Adapter__factory } from "../../types/ethers-contracts/factories/contracts/adapters/UniswapV3Adapter__factory.ts";
import { viewUint } from "../chain/multicall.ts";
import { GAS } from "./gas.ts";
import type { Protocol } from "./protocol.ts";
import { rangeV3 } from "./range-venues.ts";
import { targetAt, targetOf } from "./targets.ts";

const adapterInterface = UniswapV3Adapter__factory.createInterface();

export const uniswapV3 = {
  id: "uniswap-v3",
  adapterContract: "UniswapV3Adapter",
  hasAsyncExit: false,
  exitDelayDays: 0,
  // The wstETH leg follows the stETH feed; the guard applies it to the whole position, which is the cautious side.
  feedPrices: "underlying",
  gas: GAS["uniswap-v3"],
  // An entry counts at the floor price, so it shows up to the band (bandBps of the adapter, 20 in the plan) as missing.
  shortfallBps: { Deallocate: 1, RequestExit: 0, Allocate: 20, Reposition: 20 },
  targets: (adapter) => [targetOf(adapterInterface, adapter, "rateSource")],
  rateAt: (targets) => viewUint(adapterInterface, targetAt("uniswap-v3", targets, 0), "rate"),
  range: rangeV3,
} as const satisfies Protocol;

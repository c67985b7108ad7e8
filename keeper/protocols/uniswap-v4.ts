/**
 * Uniswap v4 range of ether and wstETH in a pool without hooks. The yield is staking on the wstETH leg plus the pool's fees less what arbitrage
 * takes; none of it can be read at the pool, so the rate's history starts with the adapter. Exits are instant while others'
 * liquidity buys the wstETH leg inside the band, and closed otherwise.
 */
import { UniswapV4Adapter__factory } from "../../types/ethers-contracts/factories/contracts/adapters/UniswapV4Adapter__factory.ts";
import { viewUint } from "../chain/multicall.ts";
import { GAS } from "./gas.ts";
import type { Protocol } from "./protocol.ts";
import { rangeV4 } from "./range-venues.ts";
import { targetAt, targetOf } from "./targets.ts";

const adapterInterface = UniswapV4Adapter__factory.createInterface();

export const uniswapV4 = {
  id: "uniswap-v4",
  adapterContract: "UniswapV4Adapter",
  hasAsyncExit: false,
  exitDelayDays: 0,
  // The wstETH leg follows the stETH feed; the guard applies it to the whole position, which is the cautious side.
  feedPrices: "underlying",
  gas: GAS["uniswap-v4"],
  // An entry counts at the floor price, so it shows up to the band (bandBps of the adapter, 20 in the plan) as missing.
  shortfallBps: { Deallocate: 1, RequestExit: 0, Allocate: 20, Reposition: 20 },
  targets: (adapter) => [targetOf(adapterInterface, adapter, "rateSource")],
  rateAt: (targets) => viewUint(adapterInterface, targetAt("uniswap-v4", targets, 0), "rate"),
  range: rangeV4,
} as const satisfies Protocol;

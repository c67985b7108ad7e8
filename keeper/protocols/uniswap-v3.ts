/**
 * Uniswap v3 range of wstETH and WETH. The yield is staking on the wstETH leg plus the pool's fees less what arbitrage
 * takes; none of it can be read at the pool, so the rate's history starts with the adapter. Exits are instant while others'
 * liquidity buys the wstETH leg inside the band, and closed otherwise.
 */
import { UniswapV3Adapter__factory } from "../../types/ethers-contracts/factories/contracts/adapters/UniswapV3Adapter__factory.ts";
import { IUniswapV3Pool__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/uniswap/IUniswapV3.sol/IUniswapV3Pool__factory.ts";
import { addr, signed, uint } from "../chain/fields.ts";
import { type Outcome, view, viewUint } from "../chain/multicall.ts";
import type { Address } from "../kernel/units.ts";
import { GAS, HARVEST_GAS } from "./gas.ts";
import type { Protocol, Reads } from "./protocol.ts";
import { answer, refusal } from "./quotes.ts";
import { type FeeGrowth, growthInside } from "./range-fees.ts";
import { inspectRange, pairOf } from "./range-state.ts";
import { rangeV3 } from "./range-venues.ts";
import { targetAt, targetOf } from "./targets.ts";

const adapterInterface = UniswapV3Adapter__factory.createInterface();

const poolInterface = IUniswapV3Pool__factory.createInterface();

const globals = (reads: Reads, pool: Address): (() => Outcome<FeeGrowth>) => {
  const [first, second] = [
    reads.want(viewUint(poolInterface, pool, "feeGrowthGlobal0X128")),
    reads.want(viewUint(poolInterface, pool, "feeGrowthGlobal1X128")),
  ];
  return () => pairOf(first(), second());
};

const inspect = inspectRange({
  id: "uniswap-v3",
  adapterInterface,
  pool: ({ asset, targets }, now) => {
    const pool = targetAt("uniswap-v3", targets, 1);
    const token0 = now.need(view(poolInterface, pool, "token0", [], (row) => addr(row, 0)));
    return () => ({
      isAssetToken0: token0() === asset,
      sqrtPrice: (reads) => reads.need(view(poolInterface, pool, "slot0", [], (row) => uint(row, "sqrtPriceX96"))),
      active: (reads) => reads.need(viewUint(poolInterface, pool, "liquidity")),
      fee: (reads) => reads.need(viewUint(poolInterface, pool, "fee")),
      liquidityNet: (tick) => view(poolInterface, pool, "ticks", [tick], (row) => signed(row, "liquidityNet")),
      pastPrice: view(poolInterface, pool, "slot0", [], (row) => uint(row, "sqrtPriceX96")),
      feeGrowth: (reads) => globals(reads, pool),
      feeGrowthInside: (reads, lower, upper) => {
        const global = globals(reads, pool);
        const tick = reads.want(view(poolInterface, pool, "slot0", [], (row) => Number(signed(row, "tick"))));
        const [first, second] = [lower, upper].map((end) =>
          reads.want(
            view(poolInterface, pool, "ticks", [end], (row) => ({
              tick: end,
              gross: uint(row, "liquidityGross"),
              outside: [uint(row, "feeGrowthOutside0X128"), uint(row, "feeGrowthOutside1X128")] as const,
            })),
          ),
        );
        return () => {
          const [whole, at, below, above] = [global(), tick(), first?.(), second?.()];
          if (!whole.ok) return whole;
          if (!at.ok) return at;
          if (!below?.ok || !above?.ok) return refusal("the range's ticks are not answered");
          if (below.value.gross === 0n || above.value.gross === 0n) return refusal("the range's ticks were not open");
          return answer(growthInside(whole.value, at.value, below.value, above.value));
        };
      },
    });
  },
});

export const uniswapV3 = {
  id: "uniswap-v3",
  adapterContract: "UniswapV3Adapter",
  hasAsyncExit: false,
  exitDelayDays: 0,
  // The wstETH leg follows the stETH feed; the guard applies it to the whole position, which is the cautious side.
  feedPrices: "underlying",
  gas: GAS["uniswap-v3"],
  harvestGas: HARVEST_GAS["uniswap-v3"],
  // An entry counts at the floor price, so it shows up to the band (bandBps of the adapter, 20 in the plan) as missing.
  shortfallBps: { Deallocate: 1, RequestExit: 0, Allocate: 20, Reposition: 20 },
  targets: (adapter) => ["rateSource", "pool", "lst", "stEth"].map((name) => targetOf(adapterInterface, adapter, name)),
  rateAt: (targets) => viewUint(adapterInterface, targetAt("uniswap-v3", targets, 0), "rate"),
  range: rangeV3,
  inspect,
} as const satisfies Protocol;

/**
 * Uniswap v4 range of ether and wstETH in a pool without hooks. The yield is staking on the wstETH leg plus the pool's fees less what arbitrage
 * takes; none of it can be read at the pool, so the rate's history starts with the adapter. Exits are instant while others'
 * liquidity buys the wstETH leg inside the band, and closed otherwise.
 */
import { UniswapV4Adapter__factory } from "../../types/ethers-contracts/factories/contracts/adapters/UniswapV4Adapter__factory.ts";
import { IV4StateView__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/uniswap/IUniswapV4.sol/IV4StateView__factory.ts";
import { signed, text, uint } from "../chain/fields.ts";
import { view, viewUint } from "../chain/multicall.ts";
import { GAS, HARVEST_GAS } from "./gas.ts";
import type { Protocol } from "./protocol.ts";
import { refusal } from "./quotes.ts";
import { inspectRange } from "./range-state.ts";
import { rangeV4 } from "./range-venues.ts";
import { targetAt, targetOf } from "./targets.ts";

const adapterInterface = UniswapV4Adapter__factory.createInterface();

const stateInterface = IV4StateView__factory.createInterface();
const FEE_UNIT = 1_000_000n;

/** Both fees of a sale of token1: the protocol's comes first. */
const saleFee = (protocolFee: bigint, lpFee: bigint): bigint => {
  const first = protocolFee >> 12n;
  return first + (lpFee * (FEE_UNIT - first) + FEE_UNIT - 1n) / FEE_UNIT;
};

const inspect = inspectRange({
  id: "uniswap-v4",
  adapterInterface,
  pool: ({ adapter, targets }, now) => {
    const reader = targetAt("uniswap-v4", targets, 1);
    const poolId = now.need(view(adapterInterface, adapter, "poolId", [], (row) => text(row, 0)));
    return () => {
      const id = poolId();
      return {
        // Ether is address zero, which comes first.
        isAssetToken0: true,
        sqrtPrice: (reads) =>
          reads.need(view(stateInterface, reader, "getSlot0", [id], (row) => uint(row, "sqrtPriceX96"))),
        active: (reads) => reads.need(viewUint(stateInterface, reader, "getLiquidity", [id])),
        fee: (reads) =>
          reads.need(
            view(stateInterface, reader, "getSlot0", [id], (row) =>
              saleFee(uint(row, "protocolFee"), uint(row, "lpFee")),
            ),
          ),
        liquidityNet: (tick) =>
          view(stateInterface, reader, "getTickLiquidity", [id, tick], (row) => signed(row, "liquidityNet")),
        pastPrice: view(stateInterface, reader, "getSlot0", [id], (row) => uint(row, "sqrtPriceX96")),
        feeGrowthInside: (reads, lower, upper) => {
          const inside = reads.want(
            view(
              stateInterface,
              reader,
              "getFeeGrowthInside",
              [id, lower, upper],
              (row) => [uint(row, 0), uint(row, 1)] as const,
            ),
          );
          const gross = [lower, upper].map((tick) =>
            reads.want(
              view(stateInterface, reader, "getTickLiquidity", [id, tick], (row) => uint(row, "liquidityGross")),
            ),
          );
          return () => {
            const isOpen = gross.every((read) => {
              const liquidity = read();
              return liquidity.ok && liquidity.value > 0n;
            });
            return isOpen ? inside() : refusal("the range's ticks were not open");
          };
        },
        feeGrowth: (reads) =>
          reads.want(
            view(stateInterface, reader, "getFeeGrowthGlobals", [id], (row) => [uint(row, 0), uint(row, 1)] as const),
          ),
      };
    };
  },
});

export const uniswapV4 = {
  id: "uniswap-v4",
  adapterContract: "UniswapV4Adapter",
  hasAsyncExit: false,
  exitDelayDays: 0,
  // The wstETH leg follows the stETH feed; the guard applies it to the whole position, which is the cautious side.
  feedPrices: "underlying",
  gas: GAS["uniswap-v4"],
  harvestGas: HARVEST_GAS["uniswap-v4"],
  // An entry counts at the floor price, so it shows up to the band (bandBps of the adapter, 20 in the plan) as missing.
  shortfallBps: { Deallocate: 1, RequestExit: 0, Allocate: 20, Reposition: 20 },
  targets: (adapter) =>
    ["rateSource", "stateView", "lst", "stEth"].map((name) => targetOf(adapterInterface, adapter, name)),
  rateAt: (targets) => viewUint(adapterInterface, targetAt("uniswap-v4", targets, 0), "rate"),
  range: rangeV4,
  inspect,
} as const satisfies Protocol;

/** Lido stETH held as wstETH: staking rewards by daily oracle reports, exits through the withdrawal queue. */
import { ILidoRates__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/lido/ILidoRates__factory.ts";
import { WAD } from "../kernel/units.ts";
import { viewUint } from "../chain/multicall.ts";
import { GAS } from "./gas.ts";
import type { Protocol } from "./protocol.ts";
import { targetAt, targetOf } from "./targets.ts";

const rates = ILidoRates__factory.createInterface();

export const lido = {
  id: "lido",
  adapterContract: "LidoAdapter",
  hasAsyncExit: true,
  // Usually one to five days, longer in bunker mode: the upper end of the usual range.
  exitDelayDays: 5,
  feedPrices: "underlying",
  gas: GAS.lido,
  // Each wrap and transfer of stETH may lose one or two wei.
  shortfallBps: { Deallocate: 1, RequestExit: 1, Allocate: 1, Reposition: 0 },
  targets: (adapter) => [targetOf(adapter, "stEth")],
  rateAt: (targets) => viewUint(rates, targetAt("lido", targets, 0), "getPooledEthByShares", [WAD]),
} as const satisfies Protocol;

/** Lido stETH held as wstETH: staking rewards by daily oracle reports, exits through the withdrawal queue. */
import { LidoAdapter__factory } from "../../types/ethers-contracts/factories/contracts/adapters/LidoAdapter__factory.ts";
import { IWstETH__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/lido/ILido.sol/IWstETH__factory.ts";
import { viewUint } from "../chain/multicall.ts";
import { GAS } from "./gas.ts";
import type { Protocol } from "./protocol.ts";
import { targetAt, targetOf } from "./targets.ts";

const adapterInterface = LidoAdapter__factory.createInterface();
const venue = IWstETH__factory.createInterface();

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
  targets: (adapter) => [targetOf(adapterInterface, adapter, "wstEth")],
  rateAt: (targets) => viewUint(venue, targetAt("lido", targets, 0), "stEthPerToken"),
} as const satisfies Protocol;

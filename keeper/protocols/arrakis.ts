/**
 * Public Arrakis modular vault of WETH and wstETH: swap fees and half the staking yield. The WETH of the position leaves at
 * once, its wstETH through Lido's queue.
 */
import { ArrakisAdapter__factory } from "../../types/ethers-contracts/factories/contracts/adapters/ArrakisAdapter__factory.ts";
import { viewUint } from "../chain/multicall.ts";
import { GAS } from "./gas.ts";
import type { Protocol } from "./protocol.ts";
import { targetAt, targetOf } from "./targets.ts";

const adapterInterface = ArrakisAdapter__factory.createInterface();

export const arrakis = {
  id: "arrakis",
  adapterContract: "ArrakisAdapter",
  hasAsyncExit: true,
  // Lido's queue, for what is not WETH.
  exitDelayDays: 5,
  feedPrices: "none",
  gas: GAS.arrakis,
  // Rounding while the pool stands at Lido's rate; a pool that was moved away breaks the bound of Allocate on purpose.
  shortfallBps: { Deallocate: 1, RequestExit: 1, Allocate: 1, Reposition: 0 },
  targets: (adapter) => [targetOf(adapterInterface, adapter, "self")],
  // The rate joins Lido's with the pool's holdings at that price, which no single call to the venue answers: it is read from
  // the adapter, so its history begins with the adapter.
  rateAt: (targets) => viewUint(adapterInterface, targetAt("arrakis", targets, 0), "rate"),
} as const satisfies Protocol;

/**
 * Pendle principal tokens of a wstETH market: a yield fixed at purchase, par at maturity. Exits sell (or, past maturity,
 * redeem) for wstETH and wait in Lido's queue.
 */
import { PendleAdapter__factory } from "../../types/ethers-contracts/factories/contracts/adapters/PendleAdapter__factory.ts";
import { viewUint } from "../chain/multicall.ts";
import { GAS } from "./gas.ts";
import type { Protocol } from "./protocol.ts";
import { targetAt, targetOf } from "./targets.ts";

const adapterInterface = PendleAdapter__factory.createInterface();

export const pendle = {
  id: "pendle",
  adapterContract: "PendleAdapter",
  hasAsyncExit: true,
  // Lido's queue, as lido.ts.
  exitDelayDays: 5,
  feedPrices: "underlying",
  gas: GAS.pendle,
  // An entry counts less the adapter's discount (bandBps, 50 in the plan) and the market's fee; an exit request fetches
  // at least what was counted, or is refused.
  shortfallBps: { Deallocate: 1, RequestExit: 1, Allocate: 60, Reposition: 0 },
  // The discount depends on the adapter's own start, so the rate is read there; its history starts with the adapter.
  targets: (adapter) => [targetOf(adapterInterface, adapter, "rateSource")],
  rateAt: (targets) => viewUint(adapterInterface, targetAt("pendle", targets, 0), "rate"),
} as const satisfies Protocol;

/**
 * Pendle principal tokens of a wstETH market: a yield fixed at purchase, par at maturity. Exits sell (or, past maturity,
 * redeem) for wstETH and wait in Lido's queue.
 */
import { PendleAdapter__factory } from "../../types/ethers-contracts/factories/contracts/adapters/PendleAdapter__factory.ts";
import { viewUint } from "../chain/multicall.ts";
import { GAS } from "./gas.ts";
import { assetForPt, ptForAsset, spotPrice } from "./pendle-market.ts";
import { inspectPendle, pendleTargets } from "./pendle-state.ts";
import type { Protocol } from "./protocol.ts";
import { known, NO_FEES, NO_REWARD } from "./quotes.ts";
import { targetAt } from "./targets.ts";

const adapterInterface = PendleAdapter__factory.createInterface();

const inspect = inspectPendle({
  id: "pendle",
  adapterInterface,
  entered: (market, ether) => {
    const pt = ptForAsset(market, ether);
    return pt === null ? null : pt * spotPrice(market);
  },
  left: (market, ether) => assetForPt(market, ether / spotPrice(market)),
  apy: ({ lnImpliedRate }, _staking, _fees, isExpired) => ({
    base: isExpired
      ? known(0, "PT past maturity earn nothing")
      : known(Math.expm1(lnImpliedRate), "the yield fixed by a purchase now: readState.lastLnImpliedRate"),
    fees: NO_FEES,
    reward: NO_REWARD,
  }),
  enterSource:
    "the market's formula on readState for the router, PT at the last trade's rate; the router's search may buy up to a basis point less",
  leaveSource:
    "the market's formula on readState, PT at the last trade's rate; the adapter refuses what is below its counted value",
  expiredSource: "PT past maturity redeem at par",
});

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
  targets: pendleTargets(adapterInterface),
  rateAt: (targets) => viewUint(adapterInterface, targetAt("pendle", targets, 0), "rate"),
  inspect,
} as const satisfies Protocol;

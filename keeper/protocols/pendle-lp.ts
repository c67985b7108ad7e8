/**
 * Pendle liquidity of a wstETH market: about half principal tokens, half SY, and the fees of trades between them. Exits burn
 * it, sell (or, past maturity, redeem) the PT for wstETH and wait in Lido's queue.
 *
 * Its fee yield is measured on the market's own events over the span (pendle-fees.ts), for the market counts none: a compounded
 * yearly fraction of what LP are worth, the treasury's part left out. A run does not read it: what one node tells of logs and
 * another refuses may not change a proposal's evidence, which delegates recompute.
 *
 * The adapter has no `harvest`: fees stay in the market's reserves and grow the LP, and PENDLE, which also accrues, has no
 * price that the engine trusts to sell it at.
 */
import { PendleLpAdapter__factory } from "../../types/ethers-contracts/factories/contracts/adapters/PendleLpAdapter__factory.ts";
import { viewUint } from "../chain/multicall.ts";
import { GAS } from "./gas.ts";
import { marketEvents } from "./pendle-fees.ts";
import { assetForLp, lpForAsset, spotPrice } from "./pendle-market.ts";
import { inspectPendle, pendleTargets } from "./pendle-state.ts";
import type { Protocol } from "./protocol.ts";
import { known, share } from "./quotes.ts";
import { targetAt } from "./targets.ts";

const adapterInterface = PendleLpAdapter__factory.createInterface();

const inspect = inspectPendle({
  id: "pendle-lp",
  adapterInterface,
  entered: lpForAsset,
  left: assetForLp,
  apy: (market, staking, fees, isExpired) => {
    const pt = market.totalPt * spotPrice(market);
    const ptShare = pt / (pt + market.totalAsset);
    const syYield = share(staking, 1 - ptShare, "SY");
    const fixed = isExpired ? 0 : ptShare * Math.expm1(market.lnImpliedRate);
    return {
      base:
        syYield.kind === "missing"
          ? syYield
          : known(
              fixed + syYield.apy,
              `${(ptShare * 100).toFixed(1)} % of it in PT at readState.lastLnImpliedRate; ${syYield.source}`,
            ),
      fees: fees(),
      reward: known(0, "PENDLE accrues unclaimed: it has no price that the engine trusts to sell it at"),
    };
  },
  enterSource:
    "the market's formula on readState for the router's swap of a part for PT, LP at the last trade's rate; the router's search may add up to a basis point less",
  leaveSource:
    "a burn's SY and PT on readState, the PT sold into what is left of the market; the adapter refuses what is below its counted value",
  expiredSource: "LP past maturity burn into SY and PT, which redeem at par",
});

export const pendleLp = {
  id: "pendle-lp",
  adapterContract: "PendleLpAdapter",
  hasAsyncExit: true,
  // Lido's queue, as lido.ts.
  exitDelayDays: 5,
  feedPrices: "underlying",
  gas: GAS["pendle-lp"],
  // As pendle.ts; the swap is of about half.
  shortfallBps: { Deallocate: 1, RequestExit: 1, Allocate: 60, Reposition: 0 },
  // The discount depends on the adapter's own start, so the rate is read there; its history starts with the adapter.
  targets: pendleTargets(adapterInterface),
  rateAt: (targets) => viewUint(adapterInterface, targetAt("pendle-lp", targets, 0), "rate"),
  events: (targets) => marketEvents(targetAt("pendle-lp", targets, 1)),
  inspect,
} as const satisfies Protocol;

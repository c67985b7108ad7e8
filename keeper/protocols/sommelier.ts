/**
 * Sommelier Cellar: shares priced from its positions. Every deposit locks all shares of the holder for up to two days;
 * after that exits are instant as far as the Cellar holds the asset itself. A paused Cellar has no rate.
 */
import { SommelierAdapter__factory } from "../../types/ethers-contracts/factories/contracts/adapters/SommelierAdapter__factory.ts";
import { ICellar__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/sommelier/ICellar__factory.ts";
import { viewUint } from "../chain/multicall.ts";
import { SECONDS_PER_DAY, WAD } from "../kernel/units.ts";
import { GAS } from "./gas.ts";
import type { Protocol } from "./protocol.ts";
import { baseOnly, byQuoter } from "./quotes.ts";
import { targetAt, targetOf, viewBool } from "./targets.ts";

const adapterInterface = SommelierAdapter__factory.createInterface();
const venue = ICellar__factory.createInterface();

const inspect = byQuoter({
  rate: ({ targets }) => viewUint(venue, targetAt("sommelier", targets, 0), "convertToAssets", [WAD]),
  minted: ({ targets }, assets) => viewUint(venue, targetAt("sommelier", targets, 0), "previewDeposit", [assets]),
  paid: ({ targets }, units) => viewUint(venue, targetAt("sommelier", targets, 0), "previewRedeem", [units]),
  enterSource: "Cellar.previewDeposit",
  leaveSource: "Cellar.previewRedeem; an exit that would pay in other tokens is refused by the adapter",
  apy: baseOnly("Cellar.convertToAssets"),
  terms: ({ targets }, now) => {
    const cellar = targetAt("sommelier", targets, 0);
    const isPaused = now.need(viewBool(venue, cellar, "isPaused"));
    const isShutdown = now.need(viewBool(venue, cellar, "isShutdown"));
    const withdrawable = now.want(viewUint(venue, cellar, "totalAssetsWithdrawable"));
    const lock = now.need(viewUint(venue, cellar, "shareLockPeriod"));
    return () => ({
      enterClosed: isPaused() ? "the Cellar is paused" : isShutdown() ? "the Cellar is shut down" : null,
      leaveClosed: isPaused() ? "the Cellar is paused" : null,
      cap: null,
      instant: withdrawable(),
      queued: null,
      delay: {
        days: Number(lock()) / SECONDS_PER_DAY,
        source: "shareLockPeriod after the adapter's last deposit; none where it has passed",
      },
    });
  },
});

export const sommelier = {
  id: "sommelier",
  adapterContract: "SommelierAdapter",
  hasAsyncExit: false,
  // No request to make: the wait is the share lock after the last deposit, which `maxDeallocate` already answers.
  exitDelayDays: 0,
  feedPrices: "none",
  gas: GAS.sommelier,
  // A Cellar converts through USD prices, which costs some wei.
  shortfallBps: { Deallocate: 1, RequestExit: 0, Allocate: 1, Reposition: 0 },
  targets: (adapter) => [targetOf(adapterInterface, adapter, "venue")],
  rateAt: (targets) => viewUint(venue, targetAt("sommelier", targets, 0), "convertToAssets", [WAD]),
  inspect,
} as const satisfies Protocol;

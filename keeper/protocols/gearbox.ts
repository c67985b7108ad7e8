/** Gearbox v3 passive pool: ERC-4626 shares over the asset, lent to credit accounts. */
import { GearboxAdapter__factory } from "../../types/ethers-contracts/factories/contracts/adapters/GearboxAdapter__factory.ts";
import { IGearboxPoolV3__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/gearbox/IGearboxPoolV3__factory.ts";
import { viewUint } from "../chain/multicall.ts";
import { WAD } from "../kernel/units.ts";
import { GAS } from "./gas.ts";
import type { Protocol } from "./protocol.ts";
import { answer, apyOfRay, baseOnly, byQuoter, NO_FEES, NO_REWARD } from "./quotes.ts";
import { targetAt, targetOf, viewBool } from "./targets.ts";

const adapterInterface = GearboxAdapter__factory.createInterface();
const venue = IGearboxPoolV3__factory.createInterface();

const inspect = byQuoter({
  // Before the withdraw fee, so that the curve shows it.
  rate: ({ targets }) => viewUint(venue, targetAt("gearbox", targets, 0), "convertToAssets", [WAD]),
  minted: ({ targets }, assets) => viewUint(venue, targetAt("gearbox", targets, 0), "previewDeposit", [assets]),
  paid: ({ targets }, units) => viewUint(venue, targetAt("gearbox", targets, 0), "previewRedeem", [units]),
  enterSource: "PoolV3.previewDeposit",
  leaveSource: "PoolV3.previewRedeem, withdrawFee included",
  apy: baseOnly("PoolV3.convertToAssets"),
  terms: ({ targets }, now) => {
    const pool = targetAt("gearbox", targets, 0);
    const isPaused = now.need(viewBool(venue, pool, "paused"));
    const liquidity = now.need(viewUint(venue, pool, "availableLiquidity"));
    const supplyRate = now.need(viewUint(venue, pool, "supplyRate"));
    return () => {
      const closed = isPaused() ? "the Gearbox pool is paused" : null;
      return {
        enterClosed: closed,
        leaveClosed: closed,
        cap: null,
        instant: answer(liquidity()),
        queued: null,
        apy: {
          base: apyOfRay(supplyRate(), "PoolV3.supplyRate, compounded"),
          fees: NO_FEES,
          reward: NO_REWARD,
        },
      };
    };
  },
});

export const gearbox = {
  id: "gearbox",
  adapterContract: "GearboxAdapter",
  hasAsyncExit: false,
  exitDelayDays: 0,
  feedPrices: "none",
  gas: GAS.gearbox,
  // Rounding only; a pool that turns on its withdraw fee breaks this bound on purpose, so that owners see it first.
  shortfallBps: { Deallocate: 1, RequestExit: 0, Allocate: 1, Reposition: 0 },
  targets: (adapter) => [targetOf(adapterInterface, adapter, "venue")],
  // Net of the withdraw fee, as the adapter counts it.
  rateAt: (targets) => viewUint(venue, targetAt("gearbox", targets, 0), "previewRedeem", [WAD]),
  inspect,
} as const satisfies Protocol;

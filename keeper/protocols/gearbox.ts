/** Gearbox v3 passive pool: ERC-4626 shares over the asset, lent to credit accounts. */
import { GearboxAdapter__factory } from "../../types/ethers-contracts/factories/contracts/adapters/GearboxAdapter__factory.ts";
import { IGearboxPoolV3__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/gearbox/IGearboxPoolV3__factory.ts";
import { viewUint } from "../chain/multicall.ts";
import { WAD } from "../kernel/units.ts";
import { GAS } from "./gas.ts";
import type { Protocol } from "./protocol.ts";
import { targetAt, targetOf } from "./targets.ts";

const adapterInterface = GearboxAdapter__factory.createInterface();
const venue = IGearboxPoolV3__factory.createInterface();

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
} as const satisfies Protocol;

/**
 * Sommelier Cellar: shares priced from its positions. Every deposit locks all shares of the holder for up to two days;
 * after that exits are instant as far as the Cellar holds the asset itself. A paused Cellar has no rate.
 */
import { SommelierAdapter__factory } from "../../types/ethers-contracts/factories/contracts/adapters/SommelierAdapter__factory.ts";
import { ICellar__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/sommelier/ICellar__factory.ts";
import { viewUint } from "../chain/multicall.ts";
import { WAD } from "../kernel/units.ts";
import { GAS } from "./gas.ts";
import type { Protocol } from "./protocol.ts";
import { targetAt, targetOf } from "./targets.ts";

const adapterInterface = SommelierAdapter__factory.createInterface();
const venue = ICellar__factory.createInterface();

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
} as const satisfies Protocol;

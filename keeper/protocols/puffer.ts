/**
 * Puffer pufETH: restaking rewards, rate pushed by the protocol's oracle, no market feed. Exits through the withdrawal
 * queue, in batches, at the lower of two rates.
 */
import { PufferAdapter__factory } from "../../types/ethers-contracts/factories/contracts/adapters/PufferAdapter__factory.ts";
import { IPufferVault__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/puffer/IPuffer.sol/IPufferVault__factory.ts";
import { viewUint } from "../chain/multicall.ts";
import { WAD } from "../kernel/units.ts";
import { GAS } from "./gas.ts";
import type { Protocol } from "./protocol.ts";
import { targetAt, targetOf } from "./targets.ts";

const adapterInterface = PufferAdapter__factory.createInterface();
const venue = IPufferVault__factory.createInterface();

export const puffer = {
  id: "puffer",
  adapterContract: "PufferAdapter",
  hasAsyncExit: true,
  // A batch waits until it is full and the operator has the ether; the protocol speaks of about two weeks.
  exitDelayDays: 14,
  feedPrices: "none",
  gas: GAS.puffer,
  // The queue keeps 18 digits of the rate; an exit above its limit per request fails as a whole.
  shortfallBps: { Deallocate: 1, RequestExit: 1, Allocate: 1, Reposition: 0 },
  targets: (adapter) => [targetOf(adapterInterface, adapter, "pufEth")],
  rateAt: (targets) => viewUint(venue, targetAt("puffer", targets, 0), "convertToAssets", [WAD]),
} as const satisfies Protocol;

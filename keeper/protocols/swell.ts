/** Swell swETH and rswETH: staking (and restaking) rewards by repricing, exits through swEXIT and rswEXIT requests. */
import { SwellAdapter__factory } from "../../types/ethers-contracts/factories/contracts/adapters/SwellAdapter__factory.ts";
import { ISwellToken__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/swell/ISwell.sol/ISwellToken__factory.ts";
import { viewUint } from "../chain/multicall.ts";
import { GAS } from "./gas.ts";
import type { Protocol } from "./protocol.ts";
import { targetAt, targetOf } from "./targets.ts";

const adapterInterface = SwellAdapter__factory.createInterface();
const venue = ISwellToken__factory.createInterface();

export const swell = {
  id: "swell",
  adapterContract: "SwellAdapter",
  hasAsyncExit: true,
  // One to twelve days as Swell says: the upper end. Set strategies[].exitDelayDays to what is seen.
  exitDelayDays: 12,
  // No feed is known that could be checked: the OracleGuard takes it by its rate alone.
  feedPrices: "none",
  gas: GAS.swell,
  // The inverse rate is rounded to 18 digits: a basis point covers it many times over.
  shortfallBps: { Deallocate: 1, RequestExit: 1, Allocate: 1, Reposition: 0 },
  targets: (adapter) => [targetOf(adapterInterface, adapter, "token")],
  rateAt: (targets) => viewUint(venue, targetAt("swell", targets, 0), "getRate"),
} as const satisfies Protocol;

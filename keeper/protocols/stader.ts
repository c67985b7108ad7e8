/** Stader ETHx: staking rewards by oracle reports, exits through the UserWithdrawalManager. */
import { StaderAdapter__factory } from "../../types/ethers-contracts/factories/contracts/adapters/StaderAdapter__factory.ts";
import { IStaderStakePoolsManager__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/stader/IStader.sol/IStaderStakePoolsManager__factory.ts";
import { viewUint } from "../chain/multicall.ts";
import { GAS } from "./gas.ts";
import type { Protocol } from "./protocol.ts";
import { targetAt, targetOf } from "./targets.ts";

const adapterInterface = StaderAdapter__factory.createInterface();
const venue = IStaderStakePoolsManager__factory.createInterface();

export const stader = {
  id: "stader",
  adapterContract: "StaderAdapter",
  hasAsyncExit: true,
  // Three to ten days as seen: the upper end. Set strategies[].exitDelayDays to what is seen.
  exitDelayDays: 10,
  feedPrices: "token",
  gas: GAS.stader,
  // Rounding only: a wei or two.
  shortfallBps: { Deallocate: 1, RequestExit: 1, Allocate: 1, Reposition: 0 },
  targets: (adapter) => [targetOf(adapterInterface, adapter, "manager")],
  rateAt: (targets) => viewUint(venue, targetAt("stader", targets, 0), "getExchangeRate"),
} as const satisfies Protocol;

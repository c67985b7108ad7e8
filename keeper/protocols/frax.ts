/**
 * Frax frxETH held as sfrxETH: staking rewards enter the price over a weekly cycle, and only once somebody has synced it.
 * Exits through the redemption queue's tickets, at par less its fee.
 */
import { FraxAdapter__factory } from "../../types/ethers-contracts/factories/contracts/adapters/FraxAdapter__factory.ts";
import { ISfrxEth__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/frax/IFraxEther.sol/ISfrxEth__factory.ts";
import { viewUint } from "../chain/multicall.ts";
import { GAS } from "./gas.ts";
import type { Protocol } from "./protocol.ts";
import { targetAt, targetOf } from "./targets.ts";

const adapterInterface = FraxAdapter__factory.createInterface();
const venue = ISfrxEth__factory.createInterface();

export const frax = {
  id: "frax",
  adapterContract: "FraxAdapter",
  hasAsyncExit: true,
  // A ticket matures after the queue's own length, two weeks and more, and then waits for ether.
  exitDelayDays: 15,
  feedPrices: "underlying",
  gas: GAS.frax,
  // Rounding only; a queue that charges a fee breaks the bound of Allocate on purpose, so that owners see it first.
  shortfallBps: { Deallocate: 1, RequestExit: 1, Allocate: 1, Reposition: 0 },
  targets: (adapter) => [targetOf(adapterInterface, adapter, "sfrxEth")],
  rateAt: (targets) => viewUint(venue, targetAt("frax", targets, 0), "pricePerShare"),
} as const satisfies Protocol;
